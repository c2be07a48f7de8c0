//! `serve`: the review page and its routes.

use std::net::SocketAddr;

use clap::Args;
use url::Url;

use crate::cli::{Context, migrate};
use crate::console;
use crate::execution::Refused;
use crate::exit::{Exit, Failure};
use crate::identity::secret;
use crate::route::{self, Door, Shared};

/// Options of `serve`.
#[derive(Clone, Debug, Args)]
pub struct Serve {
    /// Address to listen on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8370")]
    listen: SocketAddr,
    /// The address that people know, where a proxy with TLS stands before it: https://flightplan.example.
    #[arg(long, value_name = "URL", value_parser = origin)]
    origin: Option<Url>,
    /// Nobody signs in: whoever reaches the server is the user of this process. Only on a loopback address.
    #[arg(long)]
    no_login: bool,
    /// With --no-login: who acts when the page approves or runs. Default: the user of this process.
    #[arg(long = "as", alias = "actor", value_name = "NAME", requires = "no_login")]
    actor: Option<String>,
}

fn origin(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let plain = url.has_host() && url.path() == "/" && url.query().is_none() && url.username().is_empty();
    let fits = plain && matches!(url.scheme(), "http" | "https");
    if fits { Ok(url) } else { Err("write it as https://flightplan.example".to_owned()) }
}

/// Serves until Ctrl-C or SIGTERM.
///
/// # Errors
/// An address that cannot be listened on; a control store that cannot be opened.
pub async fn run(context: &Context, command: Serve) -> Result<Exit, Refused> {
    if command.no_login && !command.listen.ip().is_loopback() {
        let message =
            format!("{} is not a loopback address, and without a login everybody there could approve and run.", command.listen);
        return Err(Failure::usage(message, "Leave --no-login out, or listen on 127.0.0.1.").into());
    }
    let store = context.store().await?;
    store.end_all_gone().await?;
    let setup = if command.no_login || store.has_users().await? { None } else { Some(secret::new()?) };
    let listener = tokio::net::TcpListener::bind(command.listen).await.map_err(|error| {
        Failure::usage(format!("{} cannot be listened on: {error}.", command.listen), "Name a free address with --listen.")
    })?;
    let address = listener.local_addr().unwrap_or(command.listen);
    let user = command.actor.or_else(|| context.workspace.user_option()).unwrap_or_else(migrate::user);
    let to = if command.no_login {
        format!("to whoever is at this machine, as {user}, without a login")
    } else {
        "to those who sign in".to_owned()
    };
    console::say(&format!("Flightplan serves http://{address}/ {to} (stop with Ctrl-C)"));
    let here = command.origin.as_ref().map_or_else(|| format!("http://{address}/"), ToString::to_string);
    if let Some(setup) = &setup {
        console::say(&format!("There is no user yet. Make the first admin, once, at {here}setup?token={setup}"));
    }
    if !address.ip().is_loopback() && command.origin.is_none() {
        console::say(&format!(
            "note: {address} is not a loopback address, and this is plain HTTP: put a proxy with TLS before it."
        ));
    }
    let door = Door { user, open: command.no_login, setup, origin: command.origin, providers: context.providers()? };
    let shared = Shared::new(context.workspace.clone(), store, door, address, context.lock_wait);
    route::gates::watch_all(&shared);
    let runs = shared.clone();
    let stop = async move {
        super::progress::wait_for_signal().await;
        runs.stop_all();
    };
    let service = route::router(shared.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, service).with_graceful_shutdown(stop).await;
    shared.settled().await;
    served.map_err(|error| Failure::failed(format!("The server stopped: {error}."), ""))?;
    Ok(Exit::Done)
}

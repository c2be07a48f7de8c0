//! `serve`: the review page and its routes.

use std::net::SocketAddr;

use clap::Args;

use crate::cli::{Context, migrate};
use crate::console;
use crate::execution::Refused;
use crate::exit::{Exit, Failure};
use crate::route::{self, Shared};
use crate::store::Store;

/// Options of `serve`.
#[derive(Clone, Debug, Args)]
pub struct Serve {
    /// Address to listen on. Others than loopback let everybody there approve and run: there is no login.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8370")]
    listen: SocketAddr,
    /// Who acts when the page approves or runs. Default: the user of this process.
    #[arg(long = "as", alias = "actor", value_name = "NAME")]
    actor: Option<String>,
}

/// Serves until Ctrl-C or SIGTERM.
///
/// # Errors
/// An address that cannot be listened on; a control store that cannot be opened.
pub async fn run(context: &Context, command: Serve) -> Result<Exit, Refused> {
    let store = Store::open(&context.workspace.store_path()).await?;
    store.end_all_gone().await?;
    let listener = tokio::net::TcpListener::bind(command.listen).await.map_err(|error| {
        Failure::usage(format!("{} cannot be listened on: {error}.", command.listen), "Name a free address with --listen.")
    })?;
    let address = listener.local_addr().unwrap_or(command.listen);
    let actor = command.actor.or_else(|| context.workspace.user_option()).unwrap_or_else(migrate::user);
    let shared = Shared::new(context.workspace.clone(), store, actor, address, context.lock_wait);
    route::gates::watch_all(&shared).await?;
    console::say(&format!("Flightplan serves http://{address}/ for {} (stop with Ctrl-C)", shared.user()));
    if !address.ip().is_loopback() {
        console::say(&format!("warning: {address} is not a loopback address; everybody who reaches it can approve and run."));
    }
    let runs = shared.clone();
    let stop = async move {
        super::progress::wait_for_signal().await;
        runs.stop_all();
    };
    let served = axum::serve(listener, route::router(shared.clone())).with_graceful_shutdown(stop).await;
    shared.settled().await;
    served.map_err(|error| Failure::failed(format!("The server stopped: {error}."), ""))?;
    Ok(Exit::Done)
}

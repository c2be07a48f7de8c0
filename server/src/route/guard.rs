//! Keeps strangers and foreign pages out: who asks must have signed in, the host name must be ours, and a change needs a
//! header no foreign form can send.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::exit::Exit;
use crate::identity::Identity;
use crate::route::login::{SESSION, cookie};
use crate::route::problem::Rejection;
use crate::route::{Shared, page};

/// The one page that holds something of the store.
pub const ADMIN: &str = "/admin";

/// Lets a request to a route through, with who asks; or answers 401 or 403.
pub async fn check(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    let identity = match identify(&shared, request.headers()).await {
        Ok(identity) => identity,
        Err(rejection) => return rejection.into_response(),
    };
    // A browser sends cookies, and reaches a server on this machine, by itself; a token no page gets at.
    let by_itself = identity.as_ref().is_none_or(|identity| identity.scope.is_none());
    if by_itself && let Err(rejection) = ours(&shared, request.headers(), changes) {
        return rejection.into_response();
    }
    let Some(identity) = identity else {
        let detail = "Sign in at /login, or send a token: Authorization: Bearer TOKEN.";
        let rejection = Rejection::new(StatusCode::UNAUTHORIZED, "Not signed in", detail);
        return ([(header::WWW_AUTHENTICATE, "Bearer")], rejection).into_response();
    };
    request.extensions_mut().insert(identity);
    next.run(request).await
}

/// Lets a request for the page through; leads who has not signed in to the form.
pub async fn page(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    let host = is_our_host(&shared, request.headers());
    match identify(&shared, request.headers()).await {
        // The page itself is the same for everybody; what is read of the store is asked for as strictly as by the routes.
        Ok(Some(identity)) if request.uri().path() != ADMIN || ours(&shared, request.headers(), false).is_ok() => {
            request.extensions_mut().insert(identity);
            next.run(request).await
        }
        _ if host && page::is_public(request.uri().path()) => next.run(request).await,
        _ if !host => Rejection::new(StatusCode::FORBIDDEN, "Foreign host", foreign(&shared)).into_response(),
        _ if request.uri().path().rsplit('/').next().unwrap_or_default().contains('.') => {
            Rejection::new(StatusCode::UNAUTHORIZED, "Not signed in", "Sign in at /login.").into_response()
        }
        _ => {
            let to = request.uri().path_and_query().map_or("/", |path| path.as_str());
            Redirect::to(&format!("/login?next={}", utf8_percent_encode(to, NON_ALPHANUMERIC))).into_response()
        }
    }
}

/// Lets a request for a form through, where it is for this host.
pub async fn forms(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    if is_our_host(&shared, request.headers()) {
        return next.run(request).await;
    }
    Rejection::new(StatusCode::FORBIDDEN, "Foreign host", foreign(&shared)).into_response()
}

/// Who asks: by token, by session, or whoever is at this machine where nobody signs in.
async fn identify(shared: &Shared, headers: &HeaderMap) -> Result<Option<Identity>, Rejection> {
    let bearer =
        headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|text| text.strip_prefix("Bearer "));
    if let Some(token) = bearer {
        let known = shared.0.providers.by_token(&shared.0.store, token).await;
        return known.map(Some).map_err(|failure| match failure.exit {
            Exit::ApprovalMissing => Rejection::new(StatusCode::UNAUTHORIZED, "Token refused", failure.message),
            _ => failure.into(),
        });
    }
    if !shared.signs_in() {
        return Ok(Some(Identity::at_this_machine(&shared.0.user)));
    }
    match cookie(headers, SESSION).filter(|session| !session.is_empty()) {
        Some(session) => Ok(shared.0.store.by_session(&session).await?),
        None => Ok(None),
    }
}

fn foreign(shared: &Shared) -> String {
    format!("Open the page at {}; another host name could be a foreign page's (`serve --origin` names one).", shared.here())
}

/// Refuses what a foreign page could have sent.
fn ours(shared: &Shared, headers: &HeaderMap, changes: bool) -> Result<(), Rejection> {
    if (changes || shared.0.listen.ip().is_loopback()) && !is_our_host(shared, headers) {
        return Err(Rejection::new(StatusCode::FORBIDDEN, "Foreign host", foreign(shared)));
    }
    if changes && headers.get("x-flightplan").is_none_or(|value| value != "1") {
        let detail = "A request that changes something needs the header X-Flightplan: 1.";
        return Err(Rejection::new(StatusCode::FORBIDDEN, "Header missing", detail));
    }
    Ok(())
}

fn is_our_host(shared: &Shared, headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|value| value.to_str().ok()) else { return false };
    let listen = shared.0.listen;
    if host == listen.to_string() || shared.0.origin.as_ref().is_some_and(|origin| origin.authority() == host) {
        return true;
    }
    let (name, port) = host.rsplit_once(':').unwrap_or((host, "80"));
    if port != listen.port().to_string() {
        return false;
    }
    let address = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    if listen.ip().is_loopback() { name == "localhost" } else { address.is_ok() || name == "localhost" }
}

//! Keeps foreign pages out: the host name must be ours, and a change needs a header no foreign form can send.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::route::Shared;
use crate::route::problem::Rejection;

/// Lets a request through, or answers 403.
pub async fn check(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    if (changes || shared.0.listen.ip().is_loopback()) && !is_our_host(&shared, request.headers()) {
        let detail = format!("Open the page at http://{}/; another host name could be a foreign page's.", shared.0.listen);
        return Rejection::new(StatusCode::FORBIDDEN, "Foreign host", detail).into_response();
    }
    if changes && request.headers().get("x-flightplan").is_none_or(|value| value != "1") {
        let detail = "A request that changes something needs the header X-Flightplan: 1.";
        return Rejection::new(StatusCode::FORBIDDEN, "Header missing", detail).into_response();
    }
    next.run(request).await
}

fn is_our_host(shared: &Shared, headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|value| value.to_str().ok()) else { return false };
    let listen = shared.0.listen;
    if host == listen.to_string() {
        return true;
    }
    let (name, port) = host.rsplit_once(':').unwrap_or((host, "80"));
    if port != listen.port().to_string() {
        return false;
    }
    let address = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    if listen.ip().is_loopback() { name == "localhost" } else { address.is_ok() || name == "localhost" }
}

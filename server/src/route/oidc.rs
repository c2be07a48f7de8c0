//! Signing in with a provider: there with a state, back with a code.

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;

use crate::exit::{Exit, Failure, Outcome};
use crate::identity::oidc::{self, Provider, Way};
use crate::identity::secret;
use crate::route::Shared;
use crate::route::form::{Page, escaped};
use crate::route::login::{Next, cookie, inside, see_other, session_cookie};
use crate::route::problem::Rejection;

/// The cookie that says which way somebody went. It comes back from the provider's page, so it is not `SameSite=Strict`.
const WAY: &str = "flightplan_way";

/// How long somebody may take at the provider's page, seconds.
const AWAY_S: u32 = 600;

/// What the provider sends the browser back with.
#[derive(Debug, Default, Deserialize)]
pub struct Back {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    error: String,
}

/// `GET /login/with/{provider}`.
///
/// # Errors
/// A provider that cannot be asked.
pub async fn go(State(shared): State<Shared>, Path(name): Path<String>, Query(next): Query<Next>) -> Result<Response, Rejection> {
    let Some(provider) = people(&shared, &name) else { return Ok(unknown(&name)) };
    let way = match provider.way(&back_to(&shared, &name)).await {
        Ok(way) => way,
        Err(failure) => return Ok(told(&failure)),
    };
    let parts = [&way.state, &way.nonce, &way.verifier, &utf8_percent_encode(&next.next, NON_ALPHANUMERIC).to_string()];
    let value = parts.map(String::as_str).join("~");
    Ok(see_other(&way.to, &[way_cookie(&shared, &value, AWAY_S)]))
}

/// `GET /login/with/{provider}/back`.
///
/// # Errors
/// The store's refusal.
pub async fn back(
    State(shared): State<Shared>,
    Path(name): Path<String>,
    headers: HeaderMap,
    Query(back): Query<Back>,
) -> Result<Response, Rejection> {
    let Some(provider) = people(&shared, &name) else { return Ok(unknown(&name)) };
    let kept = cookie(&headers, WAY).unwrap_or_default();
    let mut parts = kept.split('~').map(str::to_owned);
    let mut part = || parts.next().unwrap_or_default();
    let way = Way { to: String::new(), state: part(), nonce: part(), verifier: part() };
    let next = percent_decode_str(&part()).decode_utf8_lossy().into_owned();
    let mut response = match signed_in(&shared, provider, &name, &back, &way).await {
        Ok(session) => arrived(&shared, &session, inside(&next)),
        Err(failure) => told(&failure),
    };
    // A way is gone once.
    if let Ok(gone) = way_cookie(&shared, "", 0).parse() {
        response.headers_mut().append(header::SET_COOKIE, gone);
    }
    Ok(response)
}

async fn signed_in(shared: &Shared, provider: &std::sync::Arc<Provider>, name: &str, back: &Back, way: &Way) -> Outcome<String> {
    if way.state.is_empty() || !secret::same(&way.state, &back.state) {
        let message = "This browser did not ask to sign in, or did so too long ago.";
        return Err(Failure::new(Exit::ApprovalMissing, message, "Sign in again."));
    }
    if !back.error.is_empty() || back.code.is_empty() {
        let said: String = back.error.chars().take(100).collect();
        return Err(Failure::new(Exit::ApprovalMissing, format!("{name} did not sign you in: {said:?}."), "Sign in again."));
    }
    let user = provider.who(&back.code, &back_to(shared, name), way).await?;
    let known = oidc::enabled(&shared.0.store, name, &user).await?;
    shared.0.store.begin_session(&known.name).await
}

/// A page of ours goes on to the next one: the session's cookie does not go with what another site leads to.
fn arrived(shared: &Shared, session: &str, next: &str) -> Response {
    let next = escaped(next);
    let html = format!("<meta http-equiv=\"refresh\" content=\"0;url={next}\"><p>Signed in. <a href=\"{next}\">Go on</a></p>");
    let mut response = Page::told("Flightplan", &html, StatusCode::OK);
    if let Ok(value) = session_cookie(shared, session).parse() {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

fn people<'a>(shared: &'a Shared, name: &str) -> Option<&'a std::sync::Arc<Provider>> {
    let known = shared.signs_in() && shared.0.providers.for_people().any(|(provider, _)| provider == name);
    shared.0.providers.get(name).filter(|_| known)
}

fn back_to(shared: &Shared, name: &str) -> String {
    format!("{}login/with/{name}/back", shared.here())
}

fn way_cookie(shared: &Shared, value: &str, seconds: u32) -> String {
    let secure = if shared.is_https() { "; Secure" } else { "" };
    format!("{WAY}={value}; Path=/login; HttpOnly; SameSite=Lax{secure}; Max-Age={seconds}")
}

fn unknown(name: &str) -> Response {
    let message = format!("Nobody signs in with {name} here.");
    Page::told("Sign in", &format!("<p role=\"alert\">{}</p>", escaped(&message)), StatusCode::NOT_FOUND)
}

fn told(failure: &Failure) -> Response {
    let status = if failure.exit == Exit::ApprovalMissing { StatusCode::FORBIDDEN } else { StatusCode::BAD_GATEWAY };
    let message = escaped(&format!("{} {}", failure.message, failure.cure));
    Page::told("Sign in", &format!("<p role=\"alert\">{message}</p><p><a href=\"/login\">Sign in</a></p>"), status)
}

//! Signing in and out, and setting up the first user: plain forms, no script, nothing from elsewhere.

use std::net::{IpAddr, SocketAddr};

use axum::Form;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::cli::user::refuse_name;
use crate::exit::{Failure, Outcome};
use crate::identity::{ANY, Grant, Role, password, secret};
use crate::route::Shared;
use crate::route::form::{Field, Page, escaped};
use crate::route::problem::Rejection;
use crate::store::Store;
use crate::store::sessions::SESSION_S;

/// The cookie of a session.
pub const SESSION: &str = "flightplan_session";
/// The cookie that a form's hidden field has to be the same as.
const FORM: &str = "flightplan_form";
/// Wrong passwords for a name in [`WINDOW`] before nobody is listened to under it.
const TRIES: u64 = 5;
/// The same from an address, behind which many people may be.
const TRIES_FROM: u64 = 50;
/// How long wrong passwords count, seconds.
const WINDOW_S: u64 = 15 * 60;

/// Counts a try under its name and from its address; where there were too many: the seconds until the next one is looked at.
async fn count(store: &Store, keys: &[String; 2]) -> Outcome<Option<u64>> {
    let mut waits = None;
    for (key, most) in keys.iter().zip([TRIES, TRIES_FROM]) {
        let (before, since) = store.count_try(key, WINDOW_S).await?;
        if before >= most {
            waits = waits.max(Some(left(&since)));
        }
    }
    if waits.is_some() {
        // Nobody looks at this one.
        for key in keys {
            store.take_try_back(key).await?;
        }
    }
    Ok(waits)
}

/// Seconds until what began then counts no more.
fn left(since: &str) -> u64 {
    let since = OffsetDateTime::parse(since, &Rfc3339).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let gone = u64::try_from((OffsetDateTime::now_utc() - since).whole_seconds()).unwrap_or(0);
    WINDOW_S.saturating_sub(gone) + 1
}

/// The right password: what was counted for this try is taken back, and all wrong ones under the name.
async fn succeeded(store: &Store, [name, address]: &[String; 2]) -> Outcome<()> {
    store.forget_tries(name).await?;
    store.take_try_back(address).await
}

fn by_name(name: &str) -> String {
    format!("name {name}")
}

fn by_address(address: IpAddr) -> String {
    format!("address {address}")
}

/// Where to go on.
#[derive(Debug, Default, Deserialize)]
pub struct Next {
    #[serde(default)]
    pub(super) next: String,
}

/// What a form sends.
#[derive(Deserialize)]
pub struct Sent {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    again: String,
    #[serde(default)]
    token: String,
    #[serde(default)]
    form: String,
    #[serde(default)]
    next: String,
}

/// A place in this server; anything else leads to the start.
pub(super) fn inside(next: &str) -> &str {
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if next.starts_with('/') && !next.starts_with("//") && plain { next } else { "/" }
}

/// The value of a cookie.
#[must_use]
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}

/// A cookie that no script and no other site gets. Without `seconds` it goes with the browser.
fn set_cookie(shared: &Shared, name: &str, value: &str, seconds: Option<u64>) -> String {
    let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let secure = if shared.is_https() { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{age}")
}

pub(super) fn see_other(to: &str, cookies: &[String]) -> Response {
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, to.to_owned())]).into_response();
    for cookie in cookies {
        if let Ok(value) = cookie.parse() {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

/// A form, with a fresh secret in a hidden field and in a cookie.
fn form(shared: &Shared, status: StatusCode, page: &Page<'_>) -> Result<Response, Rejection> {
    let secret = secret::new()?;
    let mut response = page.render(status, &secret);
    if let Ok(value) = set_cookie(shared, FORM, &secret, None).parse() {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(response)
}

/// Whether the form is one that this browser was given.
fn is_ours(headers: &HeaderMap, sent: &Sent) -> bool {
    !sent.form.is_empty() && cookie(headers, FORM).is_some_and(|cookie| secret::same(&cookie, &sent.form))
}

fn login_page<'a>(shared: &'a Shared, next: &'a str, message: &'a str) -> Page<'a> {
    let next = inside(next);
    let query = utf8_percent_encode(next, NON_ALPHANUMERIC);
    let with = |(name, label): (&str, &str)| (format!("/login/with/{name}?next={query}"), format!("Sign in with {label}"));
    Page {
        title: "Sign in",
        message,
        action: "/login",
        fields: vec![Field::text("name", "Name", "username"), Field::password("password", "Password", "current-password")],
        hidden: vec![("next", next)],
        button: "Sign in",
        links: shared.0.providers.for_people().map(with).collect(),
    }
}

fn logout_page(message: &str) -> Page<'_> {
    Page {
        title: "Flightplan",
        message,
        action: "/logout",
        fields: Vec::new(),
        hidden: Vec::new(),
        button: "Sign out",
        links: Vec::new(),
    }
}

fn setup_page<'a>(token: &'a str, message: &'a str) -> Page<'a> {
    Page {
        title: "Set up Flightplan",
        message,
        action: "/setup",
        fields: vec![
            Field::text("name", "Your name, as it will stand in approvals", "username"),
            Field::password("password", "Password, 12 characters or more", "new-password"),
            Field::password("again", "The password again", "new-password"),
        ],
        hidden: vec![("token", token)],
        button: "Make the first admin",
        links: Vec::new(),
    }
}

/// `GET /login`.
///
/// # Errors
/// The store's refusal.
pub async fn show(State(shared): State<Shared>, headers: HeaderMap, Query(next): Query<Next>) -> Result<Response, Rejection> {
    if !shared.signs_in() {
        return Ok(see_other("/", &[]));
    }
    let session = match cookie(&headers, SESSION) {
        Some(session) => shared.0.store.by_session(&session).await?,
        None => None,
    };
    if let Some(identity) = session {
        let message = format!("You are signed in as {}.", identity.name);
        return form(&shared, StatusCode::OK, &logout_page(&message));
    }
    if !shared.0.store.has_users().await? {
        let message = "There is no user yet. Open the address that `flightplan serve` printed.";
        return form(&shared, StatusCode::OK, &login_page(&shared, &next.next, message));
    }
    form(&shared, StatusCode::OK, &login_page(&shared, &next.next, ""))
}

/// `POST /login`.
///
/// # Errors
/// The store's refusal.
pub async fn sign_in(
    State(shared): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Form(sent): Form<Sent>,
) -> Result<Response, Rejection> {
    if !is_ours(&headers, &sent) {
        return form(&shared, StatusCode::FORBIDDEN, &login_page(&shared, &sent.next, "The form was too old. Try again."));
    }
    let keys = [by_name(&sent.name), by_address(peer.ip())];
    // Counted before it is looked at: many at once are as many.
    if let Some(seconds) = count(&shared.0.store, &keys).await? {
        let message = format!("Too many wrong passwords. Try again in {} minutes.", seconds.div_ceil(60));
        let mut response = form(&shared, StatusCode::TOO_MANY_REQUESTS, &login_page(&shared, &sent.next, &message))?;
        if let Ok(value) = seconds.to_string().parse() {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        return Ok(response);
    }
    let hash = shared.0.store.password_of(&sent.name).await?;
    let given = sent.password.clone();
    let fits = tokio::task::spawn_blocking(move || password::verify(&given, hash.as_deref())).await.unwrap_or(false);
    if !fits {
        return form(&shared, StatusCode::UNAUTHORIZED, &login_page(&shared, &sent.next, "Name or password are wrong."));
    }
    succeeded(&shared.0.store, &keys).await?;
    begin(&shared, &sent.name, inside(&sent.next)).await
}

async fn begin(shared: &Shared, name: &str, next: &str) -> Result<Response, Rejection> {
    let session = shared.0.store.begin_session(name).await?;
    Ok(see_other(next, &[session_cookie(shared, &session), set_cookie(shared, FORM, "", Some(0))]))
}

/// The cookie of a session.
pub(super) fn session_cookie(shared: &Shared, session: &str) -> String {
    set_cookie(shared, SESSION, session, Some(SESSION_S))
}

/// `POST /logout`.
///
/// # Errors
/// The store's refusal.
pub async fn sign_out(State(shared): State<Shared>, headers: HeaderMap) -> Result<Response, Rejection> {
    if let Some(session) = cookie(&headers, SESSION) {
        shared.0.store.end_session(&session).await?;
    }
    Ok(see_other("/login", &[set_cookie(&shared, SESSION, "", Some(0))]))
}

/// The token of the set-up address.
#[derive(Debug, Default, Deserialize)]
pub struct Setup {
    #[serde(default)]
    token: String,
}

/// `GET /setup`.
///
/// # Errors
/// The store's refusal.
pub async fn show_setup(State(shared): State<Shared>, Query(setup): Query<Setup>) -> Result<Response, Rejection> {
    if let Some(refused) = refuse_setup(&shared, &setup.token).await? {
        return Ok(refused);
    }
    form(&shared, StatusCode::OK, &setup_page(&setup.token, ""))
}

/// `POST /setup`.
///
/// # Errors
/// The store's refusal.
pub async fn set_up(State(shared): State<Shared>, headers: HeaderMap, Form(sent): Form<Sent>) -> Result<Response, Rejection> {
    if let Some(refused) = refuse_setup(&shared, &sent.token).await? {
        return Ok(refused);
    }
    if !is_ours(&headers, &sent) {
        return form(&shared, StatusCode::FORBIDDEN, &setup_page(&sent.token, "The form was too old. Try again."));
    }
    match first_admin(&shared, &sent).await {
        Ok(()) => {
            shared.used_setup();
            begin(&shared, &sent.name, "/").await
        }
        Err(failure) => {
            let message = format!("{} {}", failure.message, failure.cure);
            form(&shared, StatusCode::UNPROCESSABLE_ENTITY, &setup_page(&sent.token, &message))
        }
    }
}

async fn first_admin(shared: &Shared, sent: &Sent) -> Outcome<()> {
    refuse_name(&sent.name)?;
    if sent.password != sent.again {
        return Err(Failure::usage("The two passwords are not the same.", ""));
    }
    let given = sent.password.clone();
    let hash = tokio::task::spawn_blocking(move || password::hash(&given)).await;
    let hash = hash.map_err(|error| Failure::failed(format!("The password cannot be hashed: {error}."), ""))??;
    let admin = Grant { role: Role::Admin, project: ANY.to_owned(), environment: ANY.to_owned() };
    if shared.0.store.acting_as(&sent.name).add_first_user(&sent.name, &hash, admin).await? {
        return Ok(());
    }
    Err(Failure::usage("Somebody else made the first user in the meantime.", "Ask them for an account, then sign in."))
}

/// A page that says why the address is none; absent: it is the one that was printed.
async fn refuse_setup(shared: &Shared, token: &str) -> Result<Option<Response>, Rejection> {
    let right = shared.setup_token().is_some_and(|printed| secret::same(&printed, token));
    if right && !shared.0.store.has_users().await? {
        return Ok(None);
    }
    let message = "This set-up address does not work (any more). `flightplan serve` prints one while there is no user.";
    Ok(Some(Page::told("Set up Flightplan", &escaped(message), StatusCode::FORBIDDEN)))
}

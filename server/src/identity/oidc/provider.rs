//! One provider: where its pages and keys are, and what it says of somebody.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use url::Url;

use super::keys::{self, Doubt};
use super::refused;
use super::settings::{Settings, is_safe};
use crate::exit::{Failure, Outcome};
use crate::identity::secret;

/// How long keys are taken for the provider's.
const FRESH: Duration = Duration::from_secs(10 * 60);

/// How soon they are asked for again where a token is signed with one that is not among them.
const AGAIN: Duration = Duration::from_secs(10);

/// How long a provider may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of an answer that are read.
const ANSWER: u64 = 1 << 20;

/// A provider, with what it said lately.
#[derive(Debug)]
pub struct Provider {
    pub(super) name: String,
    pub(super) settings: Settings,
    said: Mutex<Option<Said>>,
}

/// What a provider says of itself.
#[derive(Clone, Debug)]
struct Said {
    at: Instant,
    discovery: Value,
    keys: Value,
}

/// A way to the provider's page and back.
#[derive(Clone, Debug)]
pub struct Way {
    /// Its page.
    pub to: String,
    /// Comes back with the browser.
    pub state: String,
    /// Stands in the token.
    pub nonce: String,
    /// Proves that who fetches the token is who asked for it.
    pub verifier: String,
}

impl Provider {
    pub(super) fn new(name: String, settings: Settings) -> Self {
        Self { name, settings, said: Mutex::default() }
    }

    pub(super) fn label(&self) -> &str {
        self.settings.label.as_deref().unwrap_or(&self.name)
    }

    pub(super) fn takes_jobs(&self) -> bool {
        !self.settings.accept.is_empty()
    }

    /// The way to the provider's page, and back to an address of ours.
    ///
    /// # Errors
    /// A provider that cannot be asked, or is for jobs only.
    pub async fn way(self: &Arc<Self>, back: &str) -> Outcome<Way> {
        let client = self.settings.client_id.clone().ok_or_else(|| refused(format!("{} is for jobs.", self.name), ""))?;
        let page = self.place(self.said(None).await?, "authorization_endpoint")?;
        let (state, nonce, verifier) = (secret::new()?, secret::new()?, secret::new()?);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
        let mut to = Url::parse(&page).map_err(|error| self.broken(&error.to_string()))?;
        to.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &client)
            .append_pair("redirect_uri", back)
            .append_pair("scope", "openid email profile")
            .append_pair("state", &state)
            .append_pair("nonce", &nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(Way { to: to.into(), state, nonce, verifier })
    }

    /// Who came back with a code: the name of a user.
    ///
    /// # Errors
    /// A code or a token that is not good, with what is wrong.
    pub async fn who(self: &Arc<Self>, code: &str, back: &str, way: &Way) -> Outcome<String> {
        let client = self.settings.client_id.clone().unwrap_or_default();
        let said = self.said(None).await?;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", back),
            ("client_id", &client),
            ("code_verifier", &way.verifier),
        ];
        let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let (place, secret) = (self.place(said, "token_endpoint")?, self.secret()?);
        let basic = secret.map(|secret| format!("Basic {}", STANDARD.encode(format!("{}:{}", escape(&client), escape(&secret)))));
        let answer = blocking(move || fetch(&place, Some((&form, basic.as_deref())))).await;
        let answer = answer.map_err(|error| self.broken(&error))?;
        let token = answer.get("id_token").and_then(Value::as_str).ok_or_else(|| self.broken("it gave no id_token"))?;
        let claims = self.verified(token, &client).await?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if !text("nonce").is_some_and(|nonce| secret::same(nonce, &way.nonce)) {
            return Err(refused("The token was made for another sign-in.".to_owned(), "Sign in again."));
        }
        if text("azp").is_some_and(|party| party != client) {
            return Err(refused("The token was made for another client.".to_owned(), "Sign in again."));
        }
        let claim = &self.settings.user_claim;
        let name = text(claim).ok_or_else(|| self.broken(&format!("its token has no claim {claim}")))?;
        let unproved = matches!(claims.get("email_verified"), None | Some(Value::Bool(false)));
        if claim == "email" && unproved {
            let cure = "Prove the address there, or let an admin set another user_claim.";
            return Err(refused(format!("{} has not verified the address {name}.", self.name), cure));
        }
        Ok(name.to_owned())
    }

    /// The claims of a token of this provider.
    pub(super) async fn verified(self: &Arc<Self>, token: &str, audience: &str) -> Outcome<Map<String, Value>> {
        let issuer = &self.settings.issuer;
        let said = self.said(None).await?;
        let first = match keys::verify(token, &said.keys, issuer, audience) {
            Err(Doubt::Key) if said.at.elapsed() > AGAIN => {
                keys::verify(token, &self.said(Some(said.at)).await?.keys, issuer, audience)
            }
            answer => answer,
        };
        first.map_err(|doubt| {
            let why = match doubt {
                Doubt::Key => "it is signed with a key that the provider does not show".to_owned(),
                Doubt::Other(why) => why,
            };
            refused(format!("The token of {} is not good: {why}.", self.name), "Ask the provider for a new one.")
        })
    }

    /// What it says of itself; asked again where that is old, or of this moment.
    async fn said(self: &Arc<Self>, old: Option<Instant>) -> Outcome<Said> {
        let kept = self.said.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(said) = kept.filter(|said| said.at.elapsed() < FRESH && Some(said.at) != old) {
            return Ok(said);
        }
        let issuer = self.settings.issuer.clone();
        let said = blocking(move || ask(&issuer)).await.map_err(|error| self.broken(&error))?;
        *self.said.lock().unwrap_or_else(PoisonError::into_inner) = Some(said.clone());
        Ok(said)
    }

    /// An address that it names.
    fn place(&self, said: Said, name: &str) -> Outcome<String> {
        let found = said.discovery.get(name).and_then(Value::as_str).filter(|address| is_safe(address));
        found.map(str::to_owned).ok_or_else(|| self.broken(&format!("it names no {name}")))
    }

    fn secret(&self) -> Outcome<Option<String>> {
        let Some(variable) = &self.settings.client_secret_env else { return Ok(None) };
        let value = std::env::var(variable);
        value.map(Some).map_err(|_| self.broken(&format!("the variable {variable} with the client's secret is not set")))
    }

    fn broken(&self, why: &str) -> Failure {
        let cure = "Look at the provider and at the file of --identity; a password works meanwhile.";
        Failure::failed(format!("Nobody can sign in with {}: {why}.", self.name), cure)
    }
}

/// What a provider says of itself: the document of discovery, and the keys it names.
fn ask(issuer: &str) -> Result<Said, String> {
    let discovery = fetch(&format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/')), None)?;
    let named = discovery.get("issuer").and_then(Value::as_str).unwrap_or_default();
    if named != issuer {
        return Err(format!("{issuer} says that it is {named:?}"));
    }
    let keys = discovery.get("jwks_uri").and_then(Value::as_str).filter(|address| is_safe(address));
    let keys = fetch(keys.ok_or("it names no keys")?, None)?;
    Ok(Said { at: Instant::now(), discovery, keys })
}

type Form<'a> = (&'a [(String, String)], Option<&'a str>);

/// JSON from an address; with a form, the answer to it.
fn fetch(address: &str, form: Option<Form<'_>>) -> Result<Value, String> {
    let limits = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).http_status_as_error(false).max_redirects(0);
    let agent = ureq::Agent::from(limits.build());
    let answer = match form {
        None => agent.get(address).call(),
        Some((fields, authorization)) => {
            let mut asked = agent.post(address).header("Accept", "application/json");
            if let Some(authorization) = authorization {
                asked = asked.header("Authorization", authorization);
            }
            let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
            asked.header("Content-Type", "application/x-www-form-urlencoded").send(body.join("&"))
        }
    };
    // What is wrong with an address is told without its query, which may hold a code.
    let mut answer = answer.map_err(|error| format!("{address} cannot be reached: {error}"))?;
    let status = answer.status();
    let text = answer.body_mut().with_config().limit(ANSWER).read_to_string().map_err(|error| format!("{address}: {error}"))?;
    let json: Value = serde_json::from_str(&text).map_err(|_| format!("{address} answered {status}, and no JSON"))?;
    if status.is_success() {
        return Ok(json);
    }
    let why = json.get("error").and_then(Value::as_str).unwrap_or_default();
    Err(format!("{address} answered {status} {why}").trim_end().to_owned())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, String> + Send + 'static) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(error.to_string()))
}

/// A value in a form.
fn escape(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

//! Providers of identity (OpenID Connect): people sign in at the page with one, and jobs of a CI service come with a token of
//! theirs instead of a secret that somebody has to keep.
//!
//! Who is trusted stands in a file outside of the project (`--identity`), because whoever writes a migration could change a
//! file beside it. A provider only says who somebody is; what they may do is for the users of the control store.

mod keys;
mod provider;
mod settings;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::exit::{Exit, Failure, Outcome};
use crate::identity::{Identity, Scope};
use crate::store::Store;
pub use provider::{Provider, Way};
use settings::Accept;

/// The providers of a server, by name.
#[derive(Clone, Debug, Default)]
pub struct Providers(BTreeMap<String, Arc<Provider>>);

impl Providers {
    /// Reads the file.
    ///
    /// # Errors
    /// [`Exit::Usage`] with file, line and what is wrong there.
    pub fn read(file: &Path) -> Outcome<Self> {
        let all = settings::read(file)?;
        Ok(Self(all.into_iter().map(|(name, one)| (name.clone(), Arc::new(Provider::new(name, one)))).collect()))
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<Provider>> {
        self.0.get(name)
    }

    /// Where people can sign in: name and what stands on the button.
    pub fn for_people(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter(|(_, one)| one.settings.client_id.is_some()).map(|(name, one)| (&**name, one.label()))
    }

    /// Who comes with a token: one of a provider, else one that was made here.
    ///
    /// # Errors
    /// [`Exit::ApprovalMissing`] with what is wrong with it; the message never repeats it.
    pub async fn by_token(&self, store: &Store, token: &str) -> Outcome<Identity> {
        let token = token.trim();
        let Some(issuer) = keys::issuer(token) else { return store.by_token(token).await };
        let ours: Vec<&Arc<Provider>> = self.0.values().filter(|one| one.settings.issuer == issuer && one.takes_jobs()).collect();
        if ours.is_empty() {
            let cure = "Name the provider in the file of --identity, with [[NAME.accept]].";
            return Err(refused(format!("No provider {issuer} is trusted here."), cure));
        }
        let mut last = None;
        for provider in ours {
            match admit(provider, token).await {
                Ok(accept) => return known(store, &provider.name, accept).await,
                Err(failure) => last = Some(failure),
            }
        }
        Err(last.unwrap_or_else(|| refused("The token is not known here.".to_owned(), "")))
    }
}

/// What a job's token is accepted as.
async fn admit(provider: &Arc<Provider>, token: &str) -> Outcome<Accept> {
    let audience = provider.settings.audience.clone().unwrap_or_default();
    let claims = provider.verified(token, &audience).await?;
    let found = provider.settings.accept.iter().find(|accept| fits(&claims, accept)).cloned();
    found.ok_or_else(|| {
        let cure = format!("[[{}.accept]] in the file of --identity says whose tokens are taken.", provider.name);
        let subject = claims.get("sub").and_then(Value::as_str).unwrap_or_default();
        refused(format!("The token of {subject} is one of {}, and nothing accepts it.", provider.name), &cure)
    })
}

/// Whether a token has every claim that is asked for, letter by letter.
fn fits(claims: &Map<String, Value>, accept: &Accept) -> bool {
    accept.claims.iter().all(|(name, wanted)| match claims.get(name) {
        Some(Value::String(text)) => text == wanted,
        Some(Value::Bool(flag)) => flag.to_string() == *wanted,
        Some(Value::Number(number)) => number.to_string() == *wanted,
        _ => false,
    })
}

async fn known(store: &Store, provider: &str, accept: Accept) -> Outcome<Identity> {
    let user = enabled(store, provider, &accept.user).await?;
    Ok(Identity { scope: Some(Scope { permissions: accept.permissions, environment: accept.environment }), ..user })
}

/// The user whom a provider names.
///
/// # Errors
/// [`Exit::ApprovalMissing`] where there is none of that name, or they may not sign in.
pub async fn enabled(store: &Store, provider: &str, name: &str) -> Outcome<Identity> {
    let found = store.users().await?.into_iter().find(|user| user.name == name);
    match found {
        Some(user) if user.enabled => Ok(Identity { name: user.name, grants: user.grants, scope: None }),
        Some(user) => Err(refused(format!("{} is disabled.", user.name), "An admin can change it: flightplan user enable NAME")),
        None => Err(refused(
            format!("{provider} knows you as {name}, and there is no user of that name here."),
            &format!("An admin can add one: flightplan user add {name} --role ROLE"),
        )),
    }
}

fn refused(message: String, cure: &str) -> Failure {
    Failure::new(Exit::ApprovalMissing, format!("{message} Nothing was changed."), cure)
}

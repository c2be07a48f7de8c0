//! The file of providers:
//!
//! ```toml
//! [company]                                   # people sign in with it at the page
//! issuer = "https://login.example.com"
//! client_id = "flightplan"
//! client_secret_env = "OIDC_SECRET"           # absent: a public client
//! user_claim = "email"                        # the claim that names the user
//! label = "Example"                           # on the button
//!
//! [github]                                    # jobs come with a token of it
//! issuer = "https://token.actions.githubusercontent.com"
//! audience = "https://flightplan.example"
//! [[github.accept]]
//! claims = { repository = "acme/shop", ref = "refs/heads/main" }
//! user = "ci"
//! permissions = ["view", "run"]
//! environment = "test"                        # absent: any
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use url::Url;

use crate::exit::{Failure, Outcome};
use crate::identity::{ANY, Permission};

/// A provider as it is configured.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// As it stands in its tokens, letter by letter.
    pub(super) issuer: String,
    /// What this server is called there; people can sign in.
    pub(super) client_id: Option<String>,
    /// The variable with the client's secret.
    pub(super) client_secret_env: Option<String>,
    /// The claim that names the user.
    #[serde(default = "email")]
    pub(super) user_claim: String,
    /// What stands on the button.
    pub(super) label: Option<String>,
    /// What the tokens of jobs are made for.
    pub(super) audience: Option<String>,
    /// Which jobs may come.
    #[serde(default)]
    pub(super) accept: Vec<Accept>,
}

/// Which tokens are taken for whom.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(super) struct Accept {
    /// What must stand in the token.
    pub(super) claims: BTreeMap<String, String>,
    /// The user of the control store.
    pub(super) user: String,
    /// What of this user's rights the token has.
    pub(super) permissions: Vec<Permission>,
    /// Where.
    #[serde(default = "any")]
    pub(super) environment: String,
}

fn email() -> String {
    "email".to_owned()
}

fn any() -> String {
    ANY.to_owned()
}

/// Reads the file.
pub(super) fn read(file: &Path) -> Outcome<BTreeMap<String, Settings>> {
    let place = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::usage(format!("{place} cannot be read: {error}."), "Name a file of providers with --identity.")
    })?;
    if cfg!(not(feature = "oidc")) {
        let cure = "Use one that was built with the feature oidc, or leave --identity out.";
        return Err(Failure::usage("This flightplan was built without OpenID Connect.", cure));
    }
    let all: BTreeMap<String, Settings> = toml::from_str(&text).map_err(|error| {
        Failure::usage(format!("{place} is no list of providers: {}", error.to_string().trim_end()), "See docs/identity.md.")
    })?;
    for (name, one) in &all {
        judge(name, one).map_err(|(what, cure)| Failure::usage(format!("{place}: [{name}]: {what}."), cure))?;
    }
    Ok(all)
}

type Wrong = (String, &'static str);

fn judge(name: &str, one: &Settings) -> Result<(), Wrong> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || !name.chars().all(plain) {
        return Err(("the name stands in addresses".to_owned(), "Use letters, digits, - and _."));
    }
    if !is_safe(&one.issuer) {
        return Err((format!("{:?} is no https:// address", one.issuer), "Write the issuer as it stands in its tokens."));
    }
    if one.client_id.is_none() && one.accept.is_empty() {
        return Err(("nobody can come from it".to_owned(), "Set client_id for people, or [[NAME.accept]] for jobs."));
    }
    if !one.accept.is_empty() && one.audience.as_deref().unwrap_or_default().is_empty() {
        // A token that a job asked for another service would open this one.
        return Err(("accept without audience".to_owned(), "Set audience to what the jobs ask their token for."));
    }
    for accept in &one.accept {
        if accept.claims.is_empty() {
            return Err((
                format!("accept for {} asks for no claim", accept.user),
                "Anybody's job would be taken; name repository, ref, …",
            ));
        }
        if accept.permissions.is_empty() {
            return Err((
                format!("accept for {} gives no permissions", accept.user),
                "Name some: view, comment, approve, run, gate.",
            ));
        }
    }
    Ok(())
}

/// HTTPS, or a provider on this machine.
pub(super) fn is_safe(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(url::Host::Ipv4(host))) => host.is_loopback(),
        ("http", Some(url::Host::Ipv6(host))) => host.is_loopback(),
        ("http", Some(url::Host::Domain(host))) => host == "localhost",
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        let all: BTreeMap<String, Settings> = match toml::from_str(text) {
            Ok(all) => all,
            Err(error) => return error.to_string(),
        };
        all.iter().find_map(|(name, one)| judge(name, one).err()).map(|(what, _)| what).unwrap_or_default()
    }

    #[test]
    fn what_would_let_strangers_in_is_refused() {
        let jobs =
            "[ci]\nissuer = \"https://ci.example\"\naudience = \"us\"\n[[ci.accept]]\nuser = \"ci\"\npermissions = [\"run\"]\n";
        assert_eq!(wrong(&format!("{jobs}claims = {{ repository = \"a/b\" }}\n")), "");
        assert!(wrong(&format!("{jobs}claims = {{}}\n")).contains("asks for no claim"));
        let everywhere = format!("{jobs}claims = {{ repository = \"a/b\" }}\n").replace("audience = \"us\"\n", "");
        assert!(wrong(&everywhere).contains("accept without audience"));
        assert!(wrong("[a]\nissuer = \"http://login.example\"\nclient_id = \"x\"\n").contains("no https://"));
        assert_eq!(wrong("[a]\nissuer = \"http://127.0.0.1:1/\"\nclient_id = \"x\"\n"), "");
        assert!(wrong("[a]\nissuer = \"https://login.example\"\n").contains("nobody can come"));
    }
}

//! Tells people: a webhook with a signature, a channel of Slack or of what speaks its language, mail.
//!
//! Addresses and passwords are in environment variables, and in no message of ours. Each way is tried three times; what
//! nobody could be told is said on the log, and stops nothing.

use std::time::Duration;

use hmac::{Hmac, Mac};
use lettre::message::Mailbox;
use lettre::{Message, SmtpTransport, Transport};
use serde_json::json;
use sha2::Sha256;

use super::{Alert, PATIENCE};

/// Times a receiver is tried.
const TRIES: u32 = 3;

/// Somebody who can be told, in all the ways that are named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receiver {
    /// The variable with the address of a webhook.
    pub webhook_env: Option<String>,
    /// The variable with the key that signs its body.
    pub secret_env: Option<String>,
    /// The variable with the address of an incoming webhook of Slack.
    pub slack_env: Option<String>,
    /// Addresses of mail.
    pub email: Vec<String>,
    /// Its sender.
    pub from: Option<String>,
    /// The variable with the address of the mail server.
    pub smtp_env: Option<String>,
}

impl Receiver {
    /// Tells it; what could not be told, a sentence each.
    pub async fn tell(&self, name: &str, alert: &Alert) -> Vec<String> {
        let (receiver, alert) = (self.clone(), alert.clone());
        let told = tokio::task::spawn_blocking(move || receiver.tell_now(&alert)).await;
        let failed = told.unwrap_or_else(|error| vec![error.to_string()]);
        failed.into_iter().map(|why| format!("[notify.{name}] was not told: {why}.")).collect()
    }

    fn tell_now(&self, alert: &Alert) -> Vec<String> {
        let mut failed = Vec::new();
        if let Some(variable) = &self.webhook_env {
            failed.extend(persist(|| self.webhook(variable, alert)).err());
        }
        if let Some(variable) = &self.slack_env {
            failed.extend(persist(|| slack(variable, alert)).err());
        }
        if !self.email.is_empty() {
            failed.extend(persist(|| self.mail(alert)).err());
        }
        failed
    }

    fn webhook(&self, variable: &str, alert: &Alert) -> Result<(), String> {
        let body = json!({"format": 1, "event": "alert", "alert": alert}).to_string();
        let mut headers = vec![("X-Flightplan-Event", "alert".to_owned())];
        if let Some(secret) = &self.secret_env {
            headers.push(("X-Flightplan-Signature", format!("sha256={}", signature(value(secret)?.as_bytes(), body.as_bytes()))));
        }
        post(variable, &headers, &body)
    }

    fn mail(&self, alert: &Alert) -> Result<(), String> {
        let mailbox = |text: &str| text.parse::<Mailbox>().map_err(|error| format!("{text:?} is no address of mail: {error}"));
        let mut message = Message::builder()
            .from(mailbox(self.from.as_deref().unwrap_or_default())?)
            .subject(format!("Flightplan: {} in {}", alert.alert, alert.environment));
        for address in &self.email {
            message = message.to(mailbox(address)?);
        }
        let message = message.body(text(alert)).map_err(|error| error.to_string())?;
        let variable = self.smtp_env.as_deref().unwrap_or_default();
        // The error of an address that cannot be read may hold its password.
        let server = SmtpTransport::from_url(&value(variable)?)
            .map_err(|_| format!("the variable {variable} holds no smtp:// address"))?;
        server
            .timeout(Some(PATIENCE))
            .build()
            .send(&message)
            .map(drop)
            .map_err(|error| format!("the server in {variable}: {error}"))
    }
}

/// Three tries, with growing pauses.
fn persist(mut attempt: impl FnMut() -> Result<(), String>) -> Result<(), String> {
    let mut result = attempt();
    for more in 1..TRIES {
        if result.is_ok() {
            break;
        }
        std::thread::sleep(Duration::from_millis(500 << more));
        result = attempt();
    }
    result
}

fn value(variable: &str) -> Result<String, String> {
    std::env::var(variable).map_err(|_| format!("the variable {variable} is not set"))
}

fn slack(variable: &str, alert: &Alert) -> Result<(), String> {
    post(variable, &[], &json!({"text": text(alert)}).to_string())
}

fn text(alert: &Alert) -> String {
    let Alert { alert: name, message, run, environment, target, digest, actor, at } = alert;
    format!(
        "{name}: {message}\nenvironment {environment}, database {target}\nrun {run} of plan {}, started by {actor}, {at}\n\
         flightplan --env {environment} runs show {run}",
        digest.get(..12).unwrap_or(digest)
    )
}

/// Sends a body; the address, which may be a secret, is in no error.
fn post(variable: &str, headers: &[(&str, String)], body: &str) -> Result<(), String> {
    let address = value(variable)?;
    let limits = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).http_status_as_error(false);
    let mut asked = ureq::Agent::from(limits.build()).post(&address).header("Content-Type", "application/json");
    for (name, value) in headers {
        asked = asked.header(*name, value.as_str());
    }
    let status = asked.send(body).map_err(|error| format!("the address in {variable}: {}", kind(&error)))?.status().as_u16();
    if (200..300).contains(&status) { Ok(()) } else { Err(format!("the address in {variable} answered with {status}")) }
}

fn kind(error: &ureq::Error) -> &'static str {
    match error {
        ureq::Error::BadUri(_) => "it is no address",
        ureq::Error::Timeout(_) => "no answer in time",
        ureq::Error::HostNotFound => "no such host",
        ureq::Error::ConnectionFailed => "no connection",
        _ => "it cannot be reached",
    }
}

/// HMAC-SHA-256 in hexadecimal.
#[must_use]
pub fn signature(secret: &[u8], body: &[u8]) -> String {
    // A key of any length is taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return String::new() };
    mac.update(body);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    #[test]
    fn the_signature_is_hmac_sha_256() {
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(signature(b"Jefe", b"what do ya want for nothing?"), expected);
    }
}

//! Asks what may open a gate without a person: an address, or the target itself.

use std::time::Duration;

use planner::project::gate_settings::{Probe, ProbeKind};

use crate::target::{DbError, Target};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a probe was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// It opens the gate.
    pub opens: bool,
    /// In words.
    pub said: String,
}

/// Asks; a query needs the target. No answer, or an error, keeps the gate closed.
pub async fn ask(probe: &Probe, target: Option<&mut Target>) -> Answer {
    let answer = match probe.kind {
        ProbeKind::Http => http(probe.ask.clone()).await.map(|status| {
            let wanted = probe.expect.as_deref().map(|text| text.parse::<u16>().ok());
            let opens = wanted.map_or((200..300).contains(&status), |wanted| wanted == Some(status));
            Answer { opens, said: format!("GET {} answered with {status}", probe.ask) }
        }),
        ProbeKind::Sql => value(&probe.ask, target).await.map_err(|error| error.to_string()).map(|value| {
            let opens = value.as_deref().is_some_and(|value| meets(value, probe.expect.as_deref().unwrap_or("true")));
            Answer { opens, said: format!("{} gave {}", probe.ask, value.as_deref().unwrap_or("nothing")) }
        }),
    };
    answer.unwrap_or_else(|error| Answer { opens: false, said: format!("{} could not be asked: {error}", probe.ask) })
}

async fn http(address: String) -> Result<u16, String> {
    let asked = tokio::task::spawn_blocking(move || {
        let limits = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).http_status_as_error(false);
        ureq::Agent::from(limits.build()).get(&address).call().map(|answer| answer.status().as_u16())
    });
    match asked.await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

/// The one value of a query; `None`: NULL, or no row.
async fn value(sql: &str, target: Option<&mut Target>) -> Result<Option<String>, DbError> {
    let target = target.ok_or_else(|| DbError::other("no database is at hand".to_owned()))?;
    let rows = target.read_only(sql, PATIENCE).await?;
    match rows.as_slice() {
        [] => Ok(None),
        [row] if row.len() == 1 => Ok(row.first().cloned().flatten()),
        _ => Err(DbError::other("it gives more than one value".to_owned())),
    }
}

/// Products write true in ways of their own.
fn meets(value: &str, wanted: &str) -> bool {
    let truth = |text: &str| match text.to_ascii_lowercase().as_str() {
        "t" | "true" | "1" => Some(true),
        "f" | "false" | "0" => Some(false),
        _ => None,
    };
    match wanted {
        "true" | "false" => truth(value) == Some(wanted == "true"),
        _ => value == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn true_is_what_a_product_calls_so_and_a_number_is_that_number() {
        assert!(meets("t", "true") && meets("1", "true") && meets("0", "false"));
        assert!(!meets("7", "true") && !meets("0", "true") && !meets("", "true"));
        assert!(meets("0", "0") && !meets("10", "0") && !meets("f", "0"));
    }
}

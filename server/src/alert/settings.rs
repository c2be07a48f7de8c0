//! `[alerts.NAME]` and `[notify.NAME]` of `flightplan.toml`.
//!
//! ```toml
//! [alerts.migration_duration]
//! threshold = 300                         # seconds
//! action = "notify_dba"                   # or a list; notify_NAME, abort_migration, pause_migration, rollback_migration
//!
//! [alerts.lock_wait]
//! threshold = 60                          # seconds somebody waited for a lock of the run
//! action = "abort_migration"
//!
//! [alerts.table_size_change]
//! threshold = 1000                        # MB a table grew
//! action = "notify_dba"
//!
//! [alerts.transaction_volume]
//! threshold = 10000                       # transactions of one run
//! action = "pause_migration"
//!
//! [alerts.error_rate]
//! threshold = 10                          # percent of the run's attempts that failed
//! action = ["notify_dba", "rollback_migration"]
//!
//! [notify.dba]                            # at least one of webhook_env, slack_env, email
//! webhook_env = "DBA_WEBHOOK"             # the variable with the address
//! secret_env = "DBA_WEBHOOK_SECRET"       # signs the body: X-Flightplan-Signature: sha256=HEX
//! slack_env = "DBA_SLACK"                 # an incoming webhook of Slack, Mattermost, Rocket.Chat …
//! email = ["dba@example.org"]
//! from = "flightplan@example.org"
//! smtp_env = "DBA_SMTP"                   # smtps://user:password@host:465, smtp://host:587?tls=required, smtp://host:25
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use planner::project::toml_reader::{TomlReader, entries};
use toml::de::{DeTable, DeValue};

use super::Action;
use super::notify::Receiver;
use crate::sections::{Section, Value};
use crate::trigger::Rule;
use crate::trigger::settings::Trigger;

const METRICS: &[&str] = &["migration_duration", "lock_wait", "table_size_change", "transaction_volume", "error_rate"];
const ALERT: &[&str] = &["threshold", "action"];
const NOTIFY: &[&str] = &["webhook_env", "secret_env", "slack_env", "email", "from", "smtp_env"];
const ACTIONS: &str = "\"notify_NAME\", \"abort_migration\", \"pause_migration\" or \"rollback_migration\", or a list of them";

/// Reads `[alerts]`. A mistake is a finding.
pub fn alerts(reader: &mut TomlReader<'_>, table: &DeTable<'_>) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (name, value) in entries(table) {
        let section = format!("alerts.{}", name.get_ref());
        if !METRICS.contains(&name.get_ref().as_ref()) {
            reader.unknown("[alerts]", name, METRICS, None);
            continue;
        }
        let Some(table) = reader.table(&section, value) else { continue };
        rules.extend(alert(reader, name.get_ref(), (name.span(), table)));
    }
    rules
}

fn alert(reader: &mut TomlReader<'_>, metric: &str, (at, table): Section<'_, '_>) -> Option<Rule> {
    let (mut threshold, mut then) = (None, Vec::new());
    for (key, value) in entries(table) {
        let name = key.get_ref().as_ref();
        match name {
            "threshold" => threshold = Some(reader.number(name, value, 1..=1_000_000_000)),
            "action" => then = actions(reader, name, value),
            _ => reader.unknown(&format!("[alerts.{metric}]"), key, ALERT, None),
        }
    }
    let (Some(threshold), false) = (threshold, then.is_empty()) else {
        let message = format!("[alerts.{metric}] does not say from when on it fires, or what is done then.");
        reader.broken("wrong-setting", at, message, "Write threshold = 300 and action = \"notify_dba\" under it.");
        return None;
    };
    let threshold = threshold?;
    let when = match metric {
        "migration_duration" => Trigger::Run(Duration::from_secs(threshold)),
        "lock_wait" => Trigger::LockWait(Duration::from_secs(threshold)),
        "table_size_change" => Trigger::TableGrowth(threshold),
        "transaction_volume" => Trigger::Transactions(threshold),
        _ => Trigger::ErrorRate(threshold),
    };
    Some(Rule { name: metric.to_owned(), title: format!("The alert {metric}"), when, then })
}

fn actions(reader: &mut TomlReader<'_>, name: &str, value: &Value<'_>) -> Vec<Action> {
    let words = match value.get_ref() {
        DeValue::String(word) => Some(vec![word.to_string()]),
        DeValue::Array(_) => reader.strings(name, value),
        _ => None,
    };
    let actions: Option<Vec<Action>> = words.unwrap_or_default().iter().map(|word| action(word)).collect();
    let actions = actions.unwrap_or_default();
    if actions.is_empty() {
        reader.wrong(name, value, ACTIONS);
    }
    actions
}

fn action(word: &str) -> Option<Action> {
    match word {
        "abort_migration" => Some(Action::Abort),
        "pause_migration" => Some(Action::Pause),
        "rollback_migration" => Some(Action::RollBack),
        _ => word.strip_prefix("notify_").filter(|name| !name.is_empty()).map(|name| Action::Notify(name.to_owned())),
    }
}

/// Reads `[notify]`. A mistake is a finding.
pub fn receivers(reader: &mut TomlReader<'_>, table: &DeTable<'_>) -> BTreeMap<String, Receiver> {
    let mut receivers = BTreeMap::new();
    for (name, value) in entries(table) {
        let section = format!("notify.{}", name.get_ref());
        let Some(table) = reader.table(&section, value) else { continue };
        let before = reader.findings.len();
        let receiver = receiver(reader, &format!("[{section}]"), table);
        let mails = !receiver.email.is_empty();
        if reader.findings.len() > before {
            continue;
        }
        if mails && (receiver.smtp_env.is_none() || receiver.from.is_none()) {
            let message = format!("[{section}] sends mail, and does not say from whom or by which server.");
            reader.broken("wrong-setting", name.span(), message, "Write from = \"…\" and smtp_env = \"VARIABLE\" under it.");
        } else if !mails && receiver.webhook_env.is_none() && receiver.slack_env.is_none() {
            let message = format!("[{section}] does not say how.");
            reader.broken("wrong-setting", name.span(), message, "Write webhook_env, slack_env or email under it.");
        } else {
            receivers.insert(name.get_ref().to_string(), receiver);
        }
    }
    receivers
}

fn receiver(reader: &mut TomlReader<'_>, section: &str, table: &DeTable<'_>) -> Receiver {
    let mut receiver = Receiver::default();
    for (key, value) in entries(table) {
        let name = key.get_ref().as_ref();
        match name {
            "webhook_env" => receiver.webhook_env = reader.word(name, value),
            "secret_env" => receiver.secret_env = reader.word(name, value),
            "slack_env" => receiver.slack_env = reader.word(name, value),
            "email" => receiver.email = reader.strings(name, value).unwrap_or_default(),
            "from" => receiver.from = reader.word(name, value),
            "smtp_env" => receiver.smtp_env = reader.word(name, value),
            _ => reader.unknown(section, key, NOTIFY, None),
        }
    }
    receiver
}

/// Finds alerts that tell somebody whom nobody knows.
pub fn check(reader: &mut TomlReader<'_>, table: &DeTable<'_>, rules: &[Rule], receivers: &BTreeMap<String, Receiver>) {
    for (name, _) in entries(table) {
        let rule = rules.iter().find(|rule| rule.name == name.get_ref().as_ref());
        for action in rule.map(|rule| rule.then.as_slice()).unwrap_or_default() {
            let Action::Notify(who) = action else { continue };
            if !receivers.contains_key(who) {
                let message = format!("[alerts.{}] tells {who}, and there is no [notify.{who}].", name.get_ref());
                reader.broken(
                    "wrong-setting",
                    name.span(),
                    message,
                    format!("Write [notify.{who}] with webhook_env, slack_env or email."),
                );
            }
        }
    }
}

//! `[emergency]` of `flightplan.toml`: how the application is stopped and started, and what tells that it is well.
//!
//! ```toml
//! [emergency]
//! to = "1.9"                              # default: the state before the last run
//! accept_loss = false
//! operators = ["ada"]                     # who may; default: anybody who may roll back
//!
//! [emergency.stop]                        # one of command, http, kubernetes
//! command = "systemctl stop shop"         # sh -c, in the project's folder
//! check = "! systemctl is-active shop"    # succeeds when it has stopped
//! timeout_s = 60
//!
//! [emergency.start]
//! http = "https://deploy.example/start"
//! method = "POST"
//! expect = 202                            # default: any 2xx
//! authorization_env = "DEPLOY_TOKEN"      # the variable with the value of the header Authorization
//! repeatable = true                       # it may be asked twice where nobody knows whether it was
//!
//! [emergency.health]                      # one of http, sql
//! http = "https://shop.example/health"
//! times = 3                               # in a row
//! timeout_s = 120
//! ```

use std::ops::Range;
use std::time::Duration;

use planner::project::gate_settings::{self, Probe};
use planner::project::toml_reader::{TomlReader, entries};
use planner::project::url;
use toml::de::DeTable;

use crate::sections::{Section, Value};

const KEYS: &[&str] = &["to", "accept_loss", "operators", "stop", "start", "health"];
const HOOK: &[&str] = &[
    "command",
    "http",
    "method",
    "expect",
    "authorization_env",
    "kubernetes",
    "namespace",
    "context",
    "replicas",
    "check",
    "repeatable",
    "timeout_s",
];
const HEALTH: &[&str] = &["http", "sql", "expect", "times", "timeout_s"];
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// The playbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Playbook {
    /// The schema to go back to; absent: the state before the last run.
    pub to: Option<String>,
    /// What is lost may be lost.
    pub accept_loss: bool,
    /// Who may; nobody named: anybody who may roll back.
    pub operators: Vec<String>,
    /// How the application is stopped.
    pub stop: Hook,
    /// How it is started.
    pub start: Hook,
    /// What tells that it is well.
    pub health: Health,
}

/// Something done to the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// What is done.
    pub action: Action,
    /// A command that succeeds when it is in effect.
    pub check: Option<String>,
    /// It may be done twice; absent: as [`Action::may_repeat`] says.
    pub repeatable: Option<bool>,
    /// How long it may take to be in effect.
    pub timeout: Duration,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `sh -c` in the project's folder.
    Command(String),
    /// A request.
    Http {
        /// Its method.
        method: String,
        /// Its address.
        address: String,
        /// The status that means done; absent: any 2xx.
        expect: Option<u16>,
        /// The environment variable with the value of the header `Authorization`.
        authorization_env: Option<String>,
    },
    /// `kubectl scale`.
    Kubernetes {
        /// `deployment/shop`.
        workload: String,
        /// `--namespace`.
        namespace: Option<String>,
        /// `--context`.
        context: Option<String>,
        /// How many; absent: none to stop, as many as before to start.
        replicas: Option<u32>,
    },
}

impl Action {
    /// Whether doing it twice comes to the same by its kind: HTTP says so of these methods.
    #[must_use]
    pub fn may_repeat(&self) -> bool {
        match self {
            Self::Command(_) => false,
            Self::Http { method, .. } => matches!(method.as_str(), "GET" | "PUT" | "DELETE"),
            Self::Kubernetes { .. } => true,
        }
    }
}

/// What tells that the application is well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// The question.
    pub probe: Probe,
    /// How often in a row it has to be answered well.
    pub times: u32,
    /// How long that may take.
    pub timeout: Duration,
}

/// Reads the section. A mistake is a finding.
pub fn read(reader: &mut TomlReader<'_>, at: Range<usize>, table: &DeTable<'_>) -> Option<Playbook> {
    let (mut to, mut accept_loss, mut operators) = (None, false, Vec::new());
    let (mut stop, mut start, mut health) = (None, None, None);
    let before = reader.findings.len();
    for (key, value) in entries(table) {
        let name = key.get_ref().as_ref();
        match name {
            "to" => to = reader.scalar(name, value),
            "accept_loss" => accept_loss = reader.boolean(name, value).unwrap_or_default(),
            "operators" => operators = reader.strings(name, value).unwrap_or_default(),
            "stop" | "start" => {
                let section = format!("[emergency.{name}]");
                let read = reader.table(&format!("emergency.{name}"), value);
                let read = read.and_then(|table| hook(reader, &section, (key.span(), table)));
                if name == "stop" { stop = read } else { start = read }
            }
            "health" => {
                let read = reader.table("emergency.health", value);
                health = read.and_then(|table| self::health(reader, (key.span(), table)));
            }
            _ => reader.unknown("[emergency]", key, KEYS, None),
        }
    }
    if reader.findings.len() > before {
        return None;
    }
    let (Some(stop), Some(start), Some(health)) = (&stop, &start, &health) else {
        let missing = [("stop", stop.is_none()), ("start", start.is_none()), ("health", health.is_none())];
        let missing: Vec<String> =
            missing.iter().filter(|(_, missing)| *missing).map(|(name, _)| format!("[emergency.{name}]")).collect();
        let message = format!("[emergency] lacks {}.", missing.join(" and "));
        let cure = "Say how the application is stopped and started (command, http or kubernetes), and what tells that it is \
                    well (http or sql).";
        reader.broken("wrong-setting", at, message, cure);
        return None;
    };
    Some(Playbook { to, accept_loss, operators, stop: stop.clone(), start: start.clone(), health: health.clone() })
}

/// What a hook's keys say, before it is known which belong together.
#[derive(Default)]
struct Keys {
    command: Option<String>,
    http: Option<String>,
    kubernetes: Option<String>,
    method: Option<String>,
    expect: Option<u16>,
    authorization_env: Option<String>,
    namespace: Option<String>,
    context: Option<String>,
    replicas: Option<u32>,
}

fn hook(reader: &mut TomlReader<'_>, section: &str, (at, table): Section<'_, '_>) -> Option<Hook> {
    let before = reader.findings.len();
    let mut keys = Keys::default();
    let (mut check, mut repeatable, mut timeout) = (None, None, 60);
    for (key, value) in entries(table) {
        let name = key.get_ref().as_ref();
        match name {
            "command" => keys.command = reader.word(name, value),
            "http" => keys.http = address(reader, value),
            "kubernetes" => keys.kubernetes = workload(reader, value),
            "method" => keys.method = method(reader, value),
            "expect" => keys.expect = reader.number(name, value, 100..=599).and_then(|status| u16::try_from(status).ok()),
            "authorization_env" => keys.authorization_env = reader.word(name, value),
            "namespace" => keys.namespace = reader.word(name, value),
            "context" => keys.context = reader.word(name, value),
            "replicas" => keys.replicas = reader.count(name, value, 0..=10_000),
            "check" => check = reader.word(name, value),
            "repeatable" => repeatable = reader.boolean(name, value),
            "timeout_s" => timeout = reader.number(name, value, 1..=86_400).unwrap_or(timeout),
            _ => reader.unknown(section, key, HOOK, None),
        }
    }
    if reader.findings.len() > before {
        return None;
    }
    let Some(action) = action(keys) else {
        let message = format!("{section} does not say one thing to do.");
        let cure = "Write command = \"…\", or http = \"https://…\" (with method, expect, authorization_env), or kubernetes = \
                    \"deployment/NAME\" (with namespace, context, replicas) under it.";
        reader.broken("wrong-setting", at, message, cure);
        return None;
    };
    Some(Hook { action, check, repeatable, timeout: Duration::from_secs(timeout) })
}

/// The one thing the keys say; `None`: none, several, or keys that do not belong to it.
fn action(keys: Keys) -> Option<Action> {
    let of_http = keys.method.is_some() || keys.expect.is_some() || keys.authorization_env.is_some();
    let of_kubernetes = keys.namespace.is_some() || keys.context.is_some() || keys.replicas.is_some();
    match (keys.command, keys.http, keys.kubernetes) {
        (Some(command), None, None) if !of_http && !of_kubernetes => Some(Action::Command(command)),
        (None, Some(address), None) if !of_kubernetes => Some(Action::Http {
            method: keys.method.unwrap_or_else(|| "POST".to_owned()),
            address,
            expect: keys.expect,
            authorization_env: keys.authorization_env,
        }),
        (None, None, Some(workload)) if !of_http => {
            Some(Action::Kubernetes { workload, namespace: keys.namespace, context: keys.context, replicas: keys.replicas })
        }
        _ => None,
    }
}

/// An address without a secret. The message never repeats it.
fn address(reader: &mut TomlReader<'_>, value: &Value<'_>) -> Option<String> {
    let text = reader.word("http", value)?;
    if url::has_password(&text) {
        let cure = "Name the environment variable that holds the value of the header Authorization with authorization_env.";
        reader.broken("password-in-url", value.span(), "This address holds a password, and the report would show it.", cure);
        return None;
    }
    if !text.starts_with("http://") && !text.starts_with("https://") {
        reader.wrong("http", value, "an address that begins with http:// or https://");
        return None;
    }
    Some(text)
}

fn workload(reader: &mut TomlReader<'_>, value: &Value<'_>) -> Option<String> {
    let text = reader.word("kubernetes", value)?;
    let plain =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    if text.split_once('/').is_none_or(|(kind, name)| !plain(kind) || !plain(name) || kind.starts_with('-')) {
        reader.wrong("kubernetes", value, "kind and name: \"deployment/shop\"");
        return None;
    }
    Some(text)
}

fn method(reader: &mut TomlReader<'_>, value: &Value<'_>) -> Option<String> {
    let text = reader.word("method", value)?.to_ascii_uppercase();
    if !METHODS.contains(&text.as_str()) {
        reader.wrong("method", value, "GET, POST, PUT, PATCH or DELETE");
        return None;
    }
    Some(text)
}

fn health(reader: &mut TomlReader<'_>, (at, table): Section<'_, '_>) -> Option<Health> {
    let (mut times, mut timeout) = (3, 120);
    let before = reader.findings.len();
    for (key, value) in entries(table) {
        match key.get_ref().as_ref() {
            "times" => times = reader.count("times", value, 1..=1000).unwrap_or(times),
            "timeout_s" => timeout = reader.number("timeout_s", value, 1..=86_400).unwrap_or(timeout),
            _ => {}
        }
    }
    let probe = gate_settings::probe(reader, "[emergency.health]", at, table, HEALTH)?;
    (reader.findings.len() == before).then_some(Health { probe, times, timeout: Duration::from_secs(timeout) })
}

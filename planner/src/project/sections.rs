//! The sections of `flightplan.toml`, each read into its type.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::alembic_section::alembic;
use super::batch_policy::{self, BatchPolicy};
use super::gate_settings::{self, Probe};
use super::path::join;
use super::rule_settings::{self, RuleSettings};
use super::settings::{AlembicSettings, FlywaySettings, Templates, UndoRecord};
use super::toml_reader::{TomlReader, entries};
use super::url;
use crate::dialect::{Dialect, ServerVersion};
use crate::migration::SourceKind;
use crate::span::Span;

type Value<'i> = Spanned<DeValue<'i>>;

/// Longest time a PostgreSQL timeout setting can hold, ms.
const LONGEST_MS: u64 = 2_147_483_647;

/// A `flightplan.toml`, read.
#[derive(Default)]
pub(super) struct Sections {
    pub(super) name: Option<String>,
    pub(super) default_environment: Option<(String, Span)>,
    pub(super) flyway: Option<FlywaySettings>,
    pub(super) alembic: Option<AlembicSettings>,
    pub(super) templates: Templates,
    pub(super) rules: RuleSettings,
    pub(super) gates: BTreeMap<String, Probe>,
    /// In file order.
    pub(super) environments: Vec<Environment>,
}

/// One `[environments.NAME]`.
#[derive(Clone)]
pub(super) struct Environment {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) source: Option<SourceKind>,
    pub(super) dialect: Option<Dialect>,
    pub(super) server_version: Option<ServerVersion>,
    pub(super) url_env: Option<String>,
    pub(super) url: Option<String>,
    pub(super) replica_url_envs: Vec<String>,
    pub(super) approvals: Option<u32>,
    pub(super) rehearsal: Option<bool>,
    pub(super) lock_timeout_ms: Option<u64>,
    pub(super) statement_timeout_ms: Option<u64>,
    pub(super) batch: BatchPolicy,
}

/// What only the executor needs, it reads itself.
const EXECUTOR: &[&str] = &[
    "alerts",
    "approvers",
    "emergency",
    "freezes",
    "incident",
    "notify",
    "on_failure",
    "policies",
    "preflight",
    "recovery",
    "store",
    "triggers",
    "verify",
    "windows",
];
const TOP: &[&str] = &["project", "flyway", "alembic", "environments", "new", "rules", "gates"];
const NEW: &[&str] = &["versioned", "undo", "repeatable", "baseline"];
const PROJECT: &[&str] = &["name", "default_environment"];
const FLYWAY: &[&str] = &[
    "locations",
    "table",
    "default_schema",
    "placeholders",
    "placeholder_replacement",
    "placeholder_prefix",
    "placeholder_suffix",
    "versioned_prefix",
    "undo_prefix",
    "repeatable_prefix",
    "baseline_prefix",
    "separator",
    "suffixes",
    "undo_record",
    "mixed",
    "out_of_order",
    "baseline_version",
    "baseline_on_migrate",
    "validate_migration_naming",
    "encoding",
];
const ENVIRONMENT: &[&str] = &[
    "source",
    "dialect",
    "server_version",
    "url_env",
    "url",
    "replica_url_envs",
    "approvals",
    "rehearsal",
    "lock_timeout_ms",
    "statement_timeout_ms",
];

/// Reads all sections. `folder` is the one the file stands in: paths are relative to it.
pub(super) fn read(reader: &mut TomlReader<'_>, folder: &str) -> Sections {
    let root = reader.parse();
    let mut sections = Sections::default();
    for (key, value) in entries(&root) {
        let name = key.get_ref().as_ref();
        let ours = TOP.contains(&name);
        if !ours && !EXECUTOR.contains(&name) {
            reader.unknown("flightplan.toml", key, &[TOP, EXECUTOR].concat(), None);
            continue;
        }
        let Some(table) = reader.table(name, value).filter(|_| ours) else { continue };
        match name {
            "project" => project(reader, table, &mut sections),
            "gates" => sections.gates = gate_settings::read(reader, table),
            "rules" => sections.rules = rule_settings::read(reader, table, folder),
            "new" => sections.templates = templates(reader, table, folder),
            "flyway" => sections.flyway = Some(flyway(reader, table, folder)),
            "alembic" => sections.alembic = Some(alembic(reader, table, folder)),
            _ => {
                for (name, value) in entries(table) {
                    let span = reader.span(name.span());
                    let shown = format!("environments.{}", name.get_ref());
                    if let Some(table) = reader.table(&shown, value) {
                        let environment = environment(reader, name.get_ref(), span, table);
                        sections.environments.push(environment);
                    }
                }
            }
        }
    }
    sections
}

fn project(reader: &mut TomlReader<'_>, table: &DeTable<'_>, sections: &mut Sections) {
    for (key, value) in entries(table) {
        match key.get_ref().as_ref() {
            "name" => sections.name = reader.word("name", value),
            "default_environment" => {
                let span = reader.span(value.span());
                sections.default_environment = reader.word("default_environment", value).map(|name| (name, span));
            }
            _ => reader.unknown("[project]", key, PROJECT, None),
        }
    }
}

fn templates(reader: &mut TomlReader<'_>, table: &DeTable<'_>, folder: &str) -> Templates {
    let mut templates = Templates::default();
    for (key, value) in entries(table) {
        let name = key.get_ref().as_ref();
        let place = match name {
            "versioned" => &mut templates.versioned,
            "undo" => &mut templates.undo,
            "repeatable" => &mut templates.repeatable,
            "baseline" => &mut templates.baseline,
            _ => {
                reader.unknown("[new]", key, NEW, None);
                continue;
            }
        };
        *place = reader.word(name, value).map(|path| join(folder, &path));
    }
    templates
}

/// Stores a value that was read without a mistake.
pub(super) fn put<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn flyway(reader: &mut TomlReader<'_>, table: &DeTable<'_>, folder: &str) -> FlywaySettings {
    let mut settings = FlywaySettings { locations: vec![folder.to_owned()], ..FlywaySettings::default() };
    for (key, value) in entries(table) {
        let name = key.get_ref().as_ref();
        match name {
            "locations" => {
                let list =
                    reader.strings(name, value).map(|list| list.iter().map(|one| location(folder, one)).collect::<Vec<_>>());
                if list.as_ref().is_some_and(Vec::is_empty) {
                    reader.wrong(name, value, "at least one folder: locations = [\"flyway\"]");
                }
                put(&mut settings.locations, list);
            }
            "placeholders" => put(&mut settings.placeholders, placeholders(reader, value)),
            "suffixes" => put(&mut settings.suffixes, reader.strings(name, value)),
            "baseline_version" => put(&mut settings.baseline_version, version(reader, value)),
            "default_schema" => settings.default_schema = reader.word(name, value),
            "table" => put(&mut settings.table, reader.word(name, value)),
            "encoding" => put(&mut settings.encoding, reader.word(name, value)),
            "separator" => put(&mut settings.separator, reader.word(name, value)),
            "placeholder_prefix" => put(&mut settings.placeholder_prefix, reader.word(name, value)),
            "placeholder_suffix" => put(&mut settings.placeholder_suffix, reader.word(name, value)),
            "versioned_prefix" => put(&mut settings.versioned_prefix, reader.string(name, value)),
            "undo_prefix" => put(&mut settings.undo_prefix, reader.word(name, value)),
            "repeatable_prefix" => put(&mut settings.repeatable_prefix, reader.word(name, value)),
            "baseline_prefix" => put(&mut settings.baseline_prefix, reader.word(name, value)),
            "placeholder_replacement" => put(&mut settings.placeholder_replacement, reader.boolean(name, value)),
            "undo_record" => put(&mut settings.undo_record, undo_record(reader, value)),
            "mixed" => put(&mut settings.mixed, reader.boolean(name, value)),
            "out_of_order" => put(&mut settings.out_of_order, reader.boolean(name, value)),
            "baseline_on_migrate" => put(&mut settings.baseline_on_migrate, reader.boolean(name, value)),
            "validate_migration_naming" => put(&mut settings.validate_migration_naming, reader.boolean(name, value)),
            _ => reader.unknown("[flyway]", key, FLYWAY, flyway_word(name)),
        }
    }
    settings
}

fn undo_record(reader: &mut TomlReader<'_>, value: &Value<'_>) -> Option<UndoRecord> {
    let record = value.get_ref().as_str().and_then(UndoRecord::parse);
    if record.is_none() {
        reader.wrong("undo_record", value, "\"DELETE\" or \"UNDO_SQL\"");
    }
    record
}

/// Flyway's own names of settings that bear another name here.
fn flyway_word(key: &str) -> Option<String> {
    let ours = match key.replace('_', "").to_ascii_lowercase().as_str() {
        "sqlmigrationprefix" => "versioned_prefix",
        "undosqlmigrationprefix" => "undo_prefix",
        "repeatablesqlmigrationprefix" => "repeatable_prefix",
        "baselinemigrationprefix" => "baseline_prefix",
        "sqlmigrationseparator" => "separator",
        "sqlmigrationsuffixes" => "suffixes",
        "schemas" => "default_schema",
        _ => return None,
    };
    Some(format!("Write {ours}."))
}

/// A location without `filesystem:`, relative to the project's root.
pub(super) fn location(folder: &str, written: &str) -> String {
    join(folder, written.strip_prefix("filesystem:").unwrap_or(written))
}

fn placeholders(reader: &mut TomlReader<'_>, value: &Value<'_>) -> Option<BTreeMap<String, String>> {
    let table = reader.table("flyway.placeholders", value)?;
    let mut all = BTreeMap::new();
    for (key, value) in entries(table) {
        if key.get_ref().to_lowercase().starts_with("flyway:") {
            let message = format!("The placeholder {:?} is Flyway's own.", key.get_ref());
            reader.broken("wrong-setting", key.span(), message, "Give it a name that does not begin with flyway:.");
        } else if let Some(text) = reader.scalar(key.get_ref(), value) {
            all.insert(key.get_ref().to_string(), text);
        }
    }
    Some(all)
}

fn version(reader: &mut TomlReader<'_>, value: &Value<'_>) -> Option<String> {
    let text = reader.scalar("baseline_version", value)?;
    let right = text.split(['.', '_']).all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    if !right {
        reader.wrong("baseline_version", value, "a version such as \"1\" or \"2.1\"");
    }
    right.then_some(text)
}

fn environment(reader: &mut TomlReader<'_>, name: &str, span: Span, table: &DeTable<'_>) -> Environment {
    let mut read = Environment {
        name: name.to_owned(),
        span,
        source: None,
        dialect: None,
        server_version: None,
        url_env: None,
        url: None,
        replica_url_envs: Vec::new(),
        approvals: None,
        rehearsal: None,
        lock_timeout_ms: None,
        statement_timeout_ms: None,
        batch: BatchPolicy::default(),
    };
    let section = format!("[environments.{name}]");
    for (key, value) in entries(table) {
        let name = key.get_ref().as_ref();
        match name {
            "source" => read.source = source(reader, value),
            "dialect" => read.dialect = dialect(reader, value),
            "server_version" => read.server_version = server_version(reader, value),
            "url_env" => read.url_env = reader.word(name, value),
            "url" => read.url = address(reader, value),
            "replica_url_envs" => read.replica_url_envs = reader.strings(name, value).unwrap_or_default(),
            "approvals" => read.approvals = reader.count(name, value, 0..=100),
            "rehearsal" => read.rehearsal = reader.boolean(name, value),
            "lock_timeout_ms" => read.lock_timeout_ms = reader.number(name, value, 0..=LONGEST_MS),
            "statement_timeout_ms" => read.statement_timeout_ms = reader.number(name, value, 0..=LONGEST_MS),
            _ if batch_policy::read(reader, name, value, &mut read.batch) => {}
            _ => reader.unknown(&section, key, &[ENVIRONMENT, &batch_policy::KEYS].concat(), None),
        }
    }
    if let (Some(_), Some((key, _))) = (&read.url_env, table.iter().find(|(key, _)| key.get_ref() == "url")) {
        reader.broken("wrong-setting", key.span(), format!("{section} has url and url_env."), "Keep one of them.");
    }
    read
}

fn source(reader: &mut TomlReader<'_>, value: &Value<'_>) -> Option<SourceKind> {
    match value.get_ref().as_str() {
        Some("flyway") => Some(SourceKind::Flyway),
        Some("alembic") => Some(SourceKind::Alembic),
        _ => {
            reader.wrong("source", value, "\"flyway\" or \"alembic\"");
            None
        }
    }
}

fn dialect(reader: &mut TomlReader<'_>, value: &Value<'_>) -> Option<Dialect> {
    let dialect = value.get_ref().as_str().and_then(|text| text.parse().ok());
    if dialect.is_none() {
        reader.wrong("dialect", value, "\"postgres\", \"mysql\", \"mariadb\" or \"sqlite\"");
    }
    dialect
}

fn server_version(reader: &mut TomlReader<'_>, value: &Value<'_>) -> Option<ServerVersion> {
    let version = reader.scalar("server_version", value)?.parse().ok();
    if version.is_none() {
        reader.wrong("server_version", value, "the server's version, such as \"15\" or \"10.11\"");
    }
    version
}

/// A URL without a password. The message never repeats the URL.
fn address(reader: &mut TomlReader<'_>, value: &Value<'_>) -> Option<String> {
    let text = reader.word("url", value)?;
    if url::has_password(&text) {
        reader.broken(
            "password-in-url",
            value.span(),
            "This URL holds a password, and a file in a repository is no place for one.",
            "Put the URL into an environment variable and name that with url_env; then change the password.",
        );
        return None;
    }
    if url::dialect(&text).is_none() {
        reader.broken(
            "wrong-setting",
            value.span(),
            "This URL names no database that Flightplan knows.",
            "Begin it with postgres://, mysql://, mariadb:// or sqlite:",
        );
        return None;
    }
    Some(text)
}

//! Flyway's own configuration: `flyway.conf` (properties) and `flyway.toml`.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::near::nearest;
use super::path::{folder, inside, join};
use super::properties;
use super::settings::FlywaySettings;
use super::toml_reader::{TomlReader, entries};
use super::url::has_password;
use super::{Project, ProjectFile};
use crate::finding::{Finding, Severity};
use crate::span::{LineIndex, Span};

/// What the file says of the migrations.
pub(super) struct FlywayConf {
    pub(super) settings: FlywaySettings,
    /// The target, if it holds no password.
    pub(super) url: Option<String>,
    pub(super) findings: Vec<Finding>,
}

/// Settings that decide nothing the planner looks at, or that belong to the run.
const PASSED_OVER: &[&str] = &[
    "user",
    "password",
    "driver",
    "callbacks",
    "resolvers",
    "skipDefaultResolvers",
    "cleanOnValidationError",
    "loggers",
    "outputQueryResults",
    "scriptPlaceholderPrefix",
    "scriptPlaceholderSuffix",
    "jarDirs",
    "stream",
    "batch",
    "detectEncoding",
    "environment",
    "postgresql",
    "plugins",
    "jdbcProperties",
    "errorOverrides",
    "dryRunOutput",
    "licenseKey",
    "configFiles",
    "workingDirectory",
    "reportEnabled",
    "reportFilename",
];
const READ: &[&str] = &[
    "url",
    "locations",
    "table",
    "defaultSchema",
    "schemas",
    "placeholders",
    "placeholderReplacement",
    "placeholderPrefix",
    "placeholderSuffix",
    "sqlMigrationPrefix",
    "undoSqlMigrationPrefix",
    "repeatableSqlMigrationPrefix",
    "baselineMigrationPrefix",
    "sqlMigrationSeparator",
    "sqlMigrationSuffixes",
    "mixed",
    "outOfOrder",
    "baselineVersion",
    "baselineOnMigrate",
    "validateMigrationNaming",
    "encoding",
    "target",
    "group",
    "executeInTransaction",
    "validateOnMigrate",
    "cleanDisabled",
    "createSchemas",
    "failOnMissingLocations",
    "ignoreMigrationPatterns",
    "installedBy",
    "initSql",
    "baselineDescription",
    "lockRetryCount",
    "connectRetries",
    "connectRetriesInterval",
    "tablespace",
    "cherryPick",
    "skipExecutingMigrations",
    "skipDefaultCallbacks",
    "placeholderSeparator",
];

/// Reads a file named `flyway.conf` or `flyway.toml`. A setting that hangs on an environment variable is
/// passed over with a finding: the planner knows no environment.
pub(super) fn read(project: &Project, file: &ProjectFile) -> FlywayConf {
    let text = String::from_utf8_lossy(&file.content);
    let index = LineIndex::new(&text);
    let mut conf = FlywayConf {
        settings: FlywaySettings { locations: Vec::new(), ..FlywaySettings::default() },
        url: None,
        findings: Vec::new(),
    };
    if file.path.ends_with(".toml") {
        let (values, findings) = toml_values(&file.path, &text);
        conf.findings = findings;
        for (key, value, span) in values {
            conf.set(project, file, &key, &value, span);
        }
    } else {
        for property in properties::read(&text) {
            let span = index.span(&file.path, &text, property.range.clone());
            match property.key.strip_prefix("flyway.") {
                Some(key) => conf.set(project, file, key, &property.value, span),
                None => conf.unknown(&property.key, span),
            }
        }
    }
    conf
}

/// Puts settings of the caller (Flyway's `-key=value`) over `settings`.
pub(super) fn overlay(project: &Project, values: &BTreeMap<String, String>, settings: &mut FlywaySettings) -> Vec<Finding> {
    let place = ProjectFile { path: "command line".to_owned(), content: Vec::new() };
    let mut conf = FlywayConf { settings: settings.clone(), url: None, findings: Vec::new() };
    for (key, value) in values {
        conf.set(project, &place, key, value, Span::file(&place.path));
    }
    *settings = conf.settings;
    conf.findings
}

/// Keys below `[flyway]` and the URL of the environment it names; lists joined by commas.
fn toml_values(path: &str, text: &str) -> (Vec<(String, String, Span)>, Vec<Finding>) {
    let mut reader = TomlReader::new(path, text);
    let root = reader.parse();
    let mut values = Vec::new();
    for (key, value) in entries(&root) {
        if let (Some(table), true) = (value.get_ref().as_table(), key.get_ref() == "flyway") {
            flatten(table, &reader, &mut values);
        }
    }
    let named = values.iter().find(|(key, ..)| key == "environment").map_or("default".to_owned(), |(_, name, _)| name.clone());
    let environments = entries(&root).into_iter().find(|(key, _)| key.get_ref() == "environments");
    let environments = environments.and_then(|(_, value)| value.get_ref().as_table());
    let chosen = environments.into_iter().flat_map(entries).find(|(key, _)| *key.get_ref() == named);
    for (key, value) in chosen.and_then(|(_, value)| value.get_ref().as_table()).into_iter().flat_map(entries) {
        if matches!(key.get_ref().as_ref(), "url" | "schemas") {
            values.push((key.get_ref().to_string(), scalar(value.get_ref()), reader.span(value.span())));
        }
    }
    (values, reader.findings)
}

/// The keys of `[flyway]`, and of one level below it with a dot: `[flyway.placeholders]`.
fn flatten(table: &DeTable<'_>, reader: &TomlReader<'_>, values: &mut Vec<(String, String, Span)>) {
    for (key, value) in entries(table) {
        let Some(inner) = value.get_ref().as_table() else {
            values.push((key.get_ref().to_string(), scalar(value.get_ref()), reader.span(key.span())));
            continue;
        };
        for (name, value) in entries(inner) {
            let key = format!("{}.{}", key.get_ref(), name.get_ref());
            values.push((key, scalar(value.get_ref()), reader.span(name.span())));
        }
    }
}

fn scalar(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(answer) => answer.to_string(),
        DeValue::Array(list) => {
            list.iter().filter_map(|item| item.get_ref().as_str().map(str::to_owned)).collect::<Vec<_>>().join(",")
        }
        DeValue::Datetime(_) | DeValue::Table(_) => String::new(),
    }
}

impl FlywayConf {
    fn set(&mut self, project: &Project, file: &ProjectFile, key: &str, value: &str, span: Span) {
        if let Some(name) = key.strip_prefix("placeholders.") {
            if self.knowable(key, value, &span) {
                self.settings.placeholders.insert(name.to_owned(), value.to_owned());
            }
            return;
        }
        let top = key.split('.').next().unwrap_or(key);
        if !READ.contains(&key) {
            if !PASSED_OVER.contains(&top) {
                self.unknown(key, span);
            }
            return;
        }
        // Before 10 an empty value meant "not set", but for prefixes, which some projects leave out, and patterns.
        let may_be_empty = key.ends_with("Prefix") || key == "ignoreMigrationPatterns";
        if key == "url" {
            self.url = Some(value.to_owned()).filter(|url| !url.contains("${") && !url.is_empty() && !has_password(url));
        } else if self.knowable(key, value, &span) && (may_be_empty || !value.is_empty()) {
            self.apply(project, file, key, value, span);
        }
    }

    fn apply(&mut self, project: &Project, file: &ProjectFile, key: &str, value: &str, span: Span) {
        let settings = &mut self.settings;
        let list = || value.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned);
        let switch = match value {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        };
        let place: Option<&mut bool> = match key {
            "placeholderReplacement" => Some(&mut settings.placeholder_replacement),
            "mixed" => Some(&mut settings.mixed),
            "outOfOrder" => Some(&mut settings.out_of_order),
            "baselineOnMigrate" => Some(&mut settings.baseline_on_migrate),
            "validateMigrationNaming" => Some(&mut settings.validate_migration_naming),
            "group" => Some(&mut settings.group),
            "executeInTransaction" => Some(&mut settings.execute_in_transaction),
            "validateOnMigrate" => Some(&mut settings.validate_on_migrate),
            "cleanDisabled" => Some(&mut settings.clean_disabled),
            "createSchemas" => Some(&mut settings.create_schemas),
            "failOnMissingLocations" => Some(&mut settings.fail_on_missing_locations),
            "skipExecutingMigrations" => Some(&mut settings.skip_executing_migrations),
            "skipDefaultCallbacks" => Some(&mut settings.skip_default_callbacks),
            _ => None,
        };
        match (place, switch) {
            (Some(place), Some(switch)) => *place = switch,
            (Some(_), None) => {
                let message = format!("flyway.{key} cannot be {value:?}.");
                self.findings.push(Finding::broken("wrong-setting", Some(span), message, "Write true or false."));
            }
            (None, _) => match key {
                "locations" => settings.locations = list().map(|one| locate(project, &file.path, &one)).collect(),
                "schemas" => {
                    settings.schemas = list().collect();
                    settings.default_schema = settings.default_schema.take().or_else(|| list().next());
                }
                "target" => settings.target = Some(value.to_owned()),
                "ignoreMigrationPatterns" => settings.ignore_migration_patterns = list().collect(),
                "installedBy" => settings.installed_by = Some(value.to_owned()),
                "initSql" => settings.init_sql = Some(value.to_owned()),
                "baselineDescription" => value.clone_into(&mut settings.baseline_description),
                "lockRetryCount" => settings.lock_retry_count = value.parse().ok(),
                "connectRetries" => settings.connect_retries = value.parse().unwrap_or(0),
                "connectRetriesInterval" => settings.connect_retries_interval = value.parse().unwrap_or(120),
                "tablespace" => settings.tablespace = Some(value.to_owned()),
                "cherryPick" => settings.cherry_pick = list().collect(),
                "placeholderSeparator" => value.clone_into(&mut settings.placeholder_separator),
                "defaultSchema" => settings.default_schema = Some(value.to_owned()),
                "sqlMigrationSuffixes" => settings.suffixes = list().collect(),
                "table" => value.clone_into(&mut settings.table),
                "placeholderPrefix" => value.clone_into(&mut settings.placeholder_prefix),
                "placeholderSuffix" => value.clone_into(&mut settings.placeholder_suffix),
                "sqlMigrationPrefix" => value.clone_into(&mut settings.versioned_prefix),
                "undoSqlMigrationPrefix" => value.clone_into(&mut settings.undo_prefix),
                "repeatableSqlMigrationPrefix" => value.clone_into(&mut settings.repeatable_prefix),
                "baselineMigrationPrefix" => value.clone_into(&mut settings.baseline_prefix),
                "sqlMigrationSeparator" => value.clone_into(&mut settings.separator),
                "baselineVersion" => value.clone_into(&mut settings.baseline_version),
                "encoding" => value.clone_into(&mut settings.encoding),
                _ => {}
            },
        }
    }

    /// `false` with a finding: the value hangs on an environment variable.
    fn knowable(&mut self, key: &str, value: &str, span: &Span) -> bool {
        let variable = value.split_once("${").and_then(|(_, rest)| rest.split_once('}'));
        let prefix = matches!(key, "placeholderPrefix");
        let Some((variable, _)) = variable.filter(|_| !prefix) else { return true };
        let broken = Finding::broken(
            "environment-variable",
            Some(span.clone()),
            format!("flyway.{key} hangs on the environment variable {variable}, which a plan cannot know."),
            "Write the value into flightplan.toml under [flyway].",
        );
        let effect = "The setting is passed over.".to_owned();
        self.findings.push(Finding { severity: Severity::Warning, effect, blocking: false, ..broken });
        false
    }

    fn unknown(&mut self, key: &str, span: Span) {
        let known: Vec<&str> = READ.iter().chain(PASSED_OVER).copied().collect();
        let cure = match nearest(key, &known) {
            Some(near) => format!("Write flyway.{near}."),
            None => "Remove it: Flyway refuses to start with a setting it does not know.".to_owned(),
        };
        let broken = Finding::broken("unknown-setting", Some(span), format!("Flyway has no setting flyway.{key}."), cure);
        let effect = "Flyway itself would refuse to start; here the setting is passed over.".to_owned();
        self.findings.push(Finding { severity: Severity::Warning, effect, blocking: false, ..broken });
    }
}

/// The folder a location means: beside the file, in the project's root, or (`classpath:`) where a build puts
/// resources on the class path.
fn locate(project: &Project, conf: &str, written: &str) -> String {
    let (plain, classpath) = match written.split_once(':') {
        Some(("filesystem", path)) => (path, false),
        Some(("classpath", path)) => (path, true),
        _ => (written, true),
    };
    let root = |path: &str| path.split(['*', '?']).next().unwrap_or("").trim_end_matches('/').to_owned();
    let holds = |path: &str| project.files.iter().any(|file| inside(&file.path, &root(path)).is_some());
    let beside = join(folder(conf), plain);
    let resources = join("src/main/resources", plain);
    let first: [String; 3] = [beside.clone(), join(folder(folder(conf)), plain), join("", plain)];
    let candidates = first.into_iter().chain(classpath.then_some(resources));
    if let Some(found) = candidates.into_iter().find(|path| holds(path)) {
        return found;
    }
    let tail = format!("/{}/", join("", plain));
    let deep: BTreeMap<usize, String> = project
        .files
        .iter()
        .filter_map(|file| file.path.find(&tail).and_then(|at| file.path.get(..at + tail.len() - 1)))
        .map(|path| (path.len(), path.to_owned()))
        .rev()
        .collect();
    deep.into_values().next().filter(|_| classpath).unwrap_or(beside)
}

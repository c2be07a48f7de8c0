//! Brings the layers together: one value a setting, the one of the highest layer that has it.

use std::collections::BTreeSet;

use litemap::LiteMap;

use super::super::properties;
use super::super::toml_reader::TomlReader;
use super::super::{Project, ProjectFile, Request, path, spring};
use super::layer::{self, Origin};
use super::toml;
use crate::finding::{Finding, Severity};
use crate::span::{LineIndex, Span};

/// One setting, wherever it was written.
#[derive(Clone, Debug)]
pub(in crate::project) struct Setting {
    /// Flyway's key without `flyway.`; before the choice of an environment in full.
    pub(in crate::project) key: String,
    /// The value, variables replaced.
    pub(in crate::project) value: String,
    /// Where it is written.
    pub(in crate::project) span: Span,
    /// The folder that locations are relative to.
    pub(in crate::project) base: String,
    /// What the value hangs on and nobody knows: a variable, a secret store.
    pub(in crate::project) hangs_on: Option<String>,
}

/// All settings of a project.
#[derive(Clone, Debug, Default)]
pub(in crate::project) struct Gathered {
    /// One setting a key, in the order of the keys.
    pub(in crate::project) settings: Vec<Setting>,
    /// Environments of `flyway.toml`, or Spring's profiles.
    pub(in crate::project) environments: Vec<String>,
    /// The environment the settings are of, where there are several.
    pub(in crate::project) environment: Option<String>,
    /// The project has a file of Flyway's or Spring's configuration.
    pub(in crate::project) configured: bool,
    /// What is wrong or worth knowing.
    pub(in crate::project) findings: Vec<Finding>,
}

/// Whether the project's own files and the user's home count, or only what the caller said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::project) enum Reach {
    /// All layers.
    All,
    /// Named files, environment variables and the command line: another file took the place of the others.
    Caller,
}

/// Gathers the settings.
pub(in crate::project) fn gather(project: &Project, request: &Request, reach: Reach) -> Gathered {
    let mut gathered = Gathered::default();
    let modern = is_modern(project, request);
    let mut all = Vec::new();
    if reach == Reach::All {
        all.extend(outside(request, Origin::Home, modern));
        let own = own(project, request, modern, &mut gathered);
        all.extend(own);
    }
    all.extend(outside(request, Origin::Named, modern));
    all.extend(outside(request, Origin::Environment, modern));
    all.extend(request.flyway.iter().map(|(key, value)| Setting {
        key: if key.starts_with("environments.") { key.clone() } else { format!("flyway.{key}") },
        value: value.clone(),
        span: Span::file("command line"),
        base: String::new(),
        hangs_on: None,
    }));
    choose(all, request, reach, &mut gathered);
    gathered
}

/// Whether TOML is read and `.conf` is not: what the caller names decides, else a TOML file that is there.
fn is_modern(project: &Project, request: &Request) -> bool {
    let mut named = request.layers.iter().filter(|layer| layer.origin == Origin::Named).peekable();
    if named.peek().is_some() {
        return named.any(|layer| layer.file.ends_with(".toml"));
    }
    let at_home = request.layers.iter().any(|layer| layer.origin == Origin::Home && layer.file.ends_with(".toml"));
    at_home || shallowest(project, "flyway.toml").or_else(|| shallowest(project, "flyway.user.toml")).is_some()
}

/// The file of that name nearest to the root.
pub(in crate::project) fn shallowest<'a>(project: &'a Project, wanted: &str) -> Option<&'a ProjectFile> {
    let files = project.files.iter().filter(|file| path::name(&file.path) == wanted);
    files.min_by_key(|file| (file.path.matches('/').count(), file.path.as_str()))
}

fn outside(request: &Request, origin: Origin, modern: bool) -> Vec<Setting> {
    let layers = request.layers.iter().filter(|layer| layer.origin == origin);
    let layers = layers.filter(|layer| origin == Origin::Environment || layer.file.ends_with(".toml") == modern);
    let setting = |file: &str, one: &layer::OutsideSetting| Setting {
        key: one.key.clone(),
        value: one.value.clone(),
        span: Span { line: one.line, end_line: one.line, ..Span::file(file) },
        base: String::new(),
        hangs_on: None,
    };
    layers.flat_map(|layer| layer.settings.iter().map(|one| setting(&layer.file, one))).collect()
}

/// The settings of the project's own files: `flyway.toml` and `flyway.user.toml`, or `flyway.conf`, or Spring's.
fn own(project: &Project, request: &Request, modern: bool, gathered: &mut Gathered) -> Vec<Setting> {
    let wanted: &[&str] = if modern { &["flyway.toml", "flyway.user.toml"] } else { &["flyway.conf"] };
    let files: Vec<&ProjectFile> = wanted.iter().filter_map(|name| shallowest(project, name)).collect();
    gathered.configured = !files.is_empty();
    if files.is_empty() {
        return spring::settings(project, request, gathered);
    }
    files.into_iter().flat_map(|file| of_file(file, request, gathered)).collect()
}

fn of_file(file: &ProjectFile, request: &Request, gathered: &mut Gathered) -> Vec<Setting> {
    let text = String::from_utf8_lossy(&file.content);
    let base = path::folder(&file.path).to_owned();
    let setting = |key: String, value: (String, Option<String>), span| Setting {
        key,
        value: value.0,
        span,
        base: base.clone(),
        hangs_on: value.1,
    };
    if file.path.ends_with(".toml") {
        let mut reader = TomlReader::new(&file.path, &text);
        let root = reader.parse();
        let flat = toml::flatten(&root).into_iter();
        let settings = flat.map(|one| setting(one.key, resolved(&one.value, request), reader.span(one.key_range))).collect();
        gathered.findings.append(&mut reader.findings);
        return settings;
    }
    let index = LineIndex::new(&text);
    let mut settings = Vec::new();
    for property in properties::read(&text) {
        let span = index.span(&file.path, &text, property.range.clone());
        let value = expanded(&property, request);
        if property.key.starts_with("flyway.") {
            settings.push(setting(property.key, value, span));
        } else if super::keys::of(&property.key).is_some() {
            gathered.findings.push(not_read(&property.key, span));
        }
    }
    settings
}

/// A variable that is not set is empty, as in Flyway; but an address with a hole in it is none.
fn expanded(property: &properties::Property, request: &Request) -> (String, Option<String>) {
    let missing = |name: &str| request.variables.as_ref().is_none_or(|known| !known.contains_key(name));
    let hole = || layer::variables(&property.value).find(|name| missing(name)).map(str::to_owned);
    match &request.variables {
        Some(variables) if property.key != "flyway.url" => (layer::expand(&property.value, variables), None),
        Some(variables) if hole().is_none() => (layer::expand(&property.value, variables), None),
        _ => (property.value.clone(), hole()),
    }
}

/// `${env.NAME}` of a TOML file, or what else the value hangs on: `${vault.…}`, `${localSecret.…}`.
fn resolved(value: &str, request: &Request) -> (String, Option<String>) {
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, inner)) = rest.split_once("${") {
        let Some((name, after)) = inner.split_once('}').filter(|(name, _)| name.contains('.')) else {
            text.push_str(before);
            text.push_str("${");
            rest = inner;
            continue;
        };
        let variable = name.strip_prefix("env.").filter(|_| request.variables.is_some());
        let Some(variable) = variable else { return (value.to_owned(), Some(name.to_owned())) };
        text.push_str(before);
        text.push_str(request.variables.as_ref().and_then(|known| known.get(variable)).map_or("", String::as_str));
        rest = after;
    }
    text.push_str(rest);
    (text, None)
}

fn not_read(key: &str, span: Span) -> Finding {
    let message = format!("{key} is not read: Flyway's settings begin with flyway.");
    let broken = Finding::broken("unknown-setting", Some(span), message, format!("Write flyway.{key}."));
    Finding {
        severity: Severity::Warning,
        effect: "Flyway passes the line over, and so is done here.".into(),
        blocking: false,
        ..broken
    }
}

/// Keys of an environment that stand beside its `[environments.NAME.flyway]`.
const ENVIRONMENT: &[&str] = &[
    "url",
    "user",
    "password",
    "driver",
    "displayName",
    "schemas",
    "connectRetries",
    "connectRetriesInterval",
    "initSql",
    "jdbcProperties",
    "provisioner",
    "resolvers",
];

/// Takes the settings of one environment and lets the later ones win. What stands in `[environments.NAME.flyway]` wins
/// over everything, the command line included (`ClassicConfiguration.java`, `getEnvironmentOverrides`).
fn choose(all: Vec<Setting>, request: &Request, reach: Reach, gathered: &mut Gathered) {
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut selected = "default".to_owned();
    for setting in &all {
        if let Some((name, _)) = setting.key.strip_prefix("environments.").and_then(|rest| rest.split_once('.')) {
            names.insert(name.to_owned());
        } else if setting.key == "flyway.environment" && !setting.value.is_empty() {
            selected.clone_from(&setting.value);
        }
    }
    if let Some(asked) = request.environment.as_ref().filter(|asked| names.contains(*asked)) {
        selected.clone_from(asked);
    }
    let (mut merged, mut overrides) = (LiteMap::new(), Vec::new());
    for setting in all {
        if let Some(key) = setting.key.strip_prefix("flyway.") {
            put(&mut merged, Setting { key: key.to_owned(), ..setting });
            continue;
        }
        let Some((name, key)) = setting.key.strip_prefix("environments.").and_then(|rest| rest.split_once('.')) else { continue };
        if name != selected {
            continue;
        }
        if let Some(key) = key.strip_prefix("flyway.") {
            overrides.push(Setting { key: key.to_owned(), ..setting });
        } else if ENVIRONMENT.contains(&key.split('.').next().unwrap_or(key)) {
            put(&mut merged, Setting { key: key.to_owned(), ..setting });
        } else {
            gathered.findings.push(unknown_in_environment(&setting.key, key, setting.span));
        }
    }
    for setting in overrides {
        put(&mut merged, setting);
    }
    let missing = selected != "default" && !names.contains(&selected) && gathered.environments.is_empty();
    if missing && reach == Reach::All {
        let said = merged.get("environment").map(|setting: &Setting| setting.span.clone());
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        gathered.findings.push(Finding::broken(
            "unknown-environment",
            said,
            format!("Flyway's configuration has no environment {selected:?}."),
            if known.is_empty() {
                format!("Add [environments.{selected}] to flyway.toml.")
            } else {
                format!("It has: {}.", known.join(", "))
            },
        ));
    }
    if gathered.environments.is_empty() && !names.is_empty() {
        gathered.environment = Some(selected);
        gathered.environments = names.into_iter().collect();
    }
    gathered.settings = merged.into_iter().map(|(_, setting)| setting).collect();
}

/// The later setting of a key wins; names of placeholders have no case.
fn put(merged: &mut LiteMap<String, Setting>, setting: Setting) {
    let key = if setting.key.starts_with("placeholders.") { setting.key.to_lowercase() } else { setting.key.clone() };
    merged.insert(key, setting);
}

fn unknown_in_environment(full: &str, key: &str, span: Span) -> Finding {
    let cure = super::super::near::advice(key, ENVIRONMENT);
    let broken = Finding::broken("unknown-setting", Some(span), format!("Flyway has no setting {full}."), cure);
    Finding {
        severity: Severity::Warning,
        effect: "Flyway passes it over, and so is done here.".into(),
        blocking: false,
        ..broken
    }
}

//! `spring.flyway.*` of a Spring Boot application: read where the project has no configuration of Flyway's own.
//!
//! `application.yml`, `.yaml` and `.properties` of the main resources, with their profiles (`application-prod.yml`,
//! documents with `spring.config.activate.on-profile`). The profile is the environment asked for, else
//! `spring.profiles.active`. Keys are bound as loosely as Spring binds them: `sqlMigrationPrefix` is
//! `sql-migration-prefix`.

mod file;
mod resolve;

use std::collections::{BTreeMap, BTreeSet};

use litemap::LiteMap;

use super::flyway::gather::{Gathered, Setting};
use super::flyway::{keys, locate};
use super::path::{folder, inside, name};
use super::{Project, ProjectFile, Request};
use crate::finding::{Finding, Severity};
use crate::sort::{Gather, Sort};
use crate::span::Span;
pub(super) use file::is_configuration;
use file::{Document, Value};
pub(super) use resolve::variable;

/// Where Flyway looks when nothing else is said.
const DEFAULT_LOCATION: &str = "db/migration";

/// All values of an application under their loose keys.
type Properties = LiteMap<String, Value>;

/// Flyway's settings of the project's one Spring application, if it has one.
pub(super) fn settings(project: &Project, request: &Request, gathered: &mut Gathered) -> Vec<Setting> {
    let mut modules: Vec<Module> = modules(project, gathered);
    if modules.len() > 1 {
        let paths: Vec<&str> = modules.iter().map(|module| module.folder.as_str()).collect();
        let broken = Finding::broken(
            "several-configurations",
            None,
            format!("{} Spring applications of the project configure Flyway: {}.", paths.len(), paths.join(", ")),
            "Open one module with --project, or name its migrations with --source flyway:DIR.",
        );
        gathered.findings.push(broken);
        return Vec::new();
    }
    let Some(module) = modules.pop() else { return Vec::new() };
    let profiles: BTreeSet<String> = module.documents.iter().flat_map(|one| one.profiles.iter().cloned()).gather();
    let active = active(&module, request, &profiles);
    let properties = bound(&module, &active);
    gathered.configured = true;
    gathered.environment = Some(if active.is_empty() { "default".to_owned() } else { active.join(",") });
    gathered.environments = ["default".to_owned()].into_iter().chain(profiles).collect();
    let mut settings = Vec::new();
    for (key, value) in &properties {
        if let Some(key) = flyway_key(key) {
            settings.push(setting(key, value, &properties, request));
        }
    }
    connection(&properties, request, &mut settings);
    gathered.findings.push(note(&module, &active, &settings));
    gathered.findings.extend(switched_off(&properties));
    // As far as Spring goes the default is a setting like the others.
    if !settings.iter().any(|setting| setting.key == "flyway.locations") {
        let value = Value { text: format!("classpath:{DEFAULT_LOCATION}"), ..module.first.clone() };
        settings.push(setting("locations".to_owned(), &value, &properties, request));
    }
    for setting in &mut settings {
        module.folder.clone_into(&mut setting.base);
    }
    settings
}

/// The configuration of one application.
struct Module {
    /// The folder of its resources.
    folder: String,
    /// Its documents, from low to high.
    documents: Vec<Document>,
    /// Where it begins, for what is said of it as a whole.
    first: Value,
}

/// The applications that configure Flyway, or hold migrations where Flyway looks by itself.
fn modules(project: &Project, gathered: &mut Gathered) -> Vec<Module> {
    let mut by_folder: BTreeMap<&str, Vec<&ProjectFile>> = BTreeMap::new();
    for file in project.files.iter().filter(|file| file::is_configuration(&file.path)) {
        let folder = folder(&file.path);
        by_folder.entry(folder.strip_suffix("/config").unwrap_or(folder)).or_default().push(file);
    }
    let mut modules = Vec::new();
    for (folder, mut files) in by_folder {
        // Profiles over the base, properties over YAML, as Spring has it.
        files.order_by_key(|file| (name(&file.path).contains('-'), file.path.ends_with(".properties"), file.path.as_str()));
        let mut findings = Vec::new();
        let documents: Vec<Document> = files.iter().flat_map(|file| file::read(file, &mut findings)).collect();
        let says = documents.iter().any(|one| one.values.keys().any(|key| key.starts_with("spring.flyway.")));
        let migrations = format!("{folder}/{DEFAULT_LOCATION}");
        let silent = documents.iter().any(|one| one.values.contains_key("spring.datasource.url"))
            && project.files.iter().any(|file| inside(&file.path, &migrations).is_some());
        if says || silent {
            gathered.findings.append(&mut findings);
            let span = files.first().map_or_else(Span::default, |file| Span::file(&file.path));
            modules.push(Module { folder: folder.to_owned(), documents, first: Value { text: String::new(), span } });
        }
    }
    modules
}

/// The profiles in force.
fn active(module: &Module, request: &Request, known: &BTreeSet<String>) -> Vec<String> {
    if let Some(asked) = &request.environment {
        return if known.contains(asked) { vec![asked.clone()] } else { Vec::new() };
    }
    let base = module.documents.iter().filter(|one| one.profiles.is_empty());
    let said = base.filter_map(|one| one.values.get("spring.profiles.active")).next_back();
    said.map_or_else(Vec::new, |value| {
        value.text.split(',').map(str::trim).filter(|name| known.contains(*name)).map(str::to_owned).collect()
    })
}

fn bound(module: &Module, active: &[String]) -> Properties {
    let mut properties = Properties::new();
    for document in module.documents.iter().filter(|document| document.is_active(active)) {
        properties.extend(document.values.iter().map(|(key, value)| (key.clone(), value.clone())));
    }
    properties
}

/// Flyway's name of a `spring.flyway.` key.
fn flyway_key(key: &str) -> Option<String> {
    let rest = key.strip_prefix("spring.flyway.")?;
    for map in ["placeholders.", "jdbcproperties."] {
        if let Some(name) = rest.strip_prefix(map) {
            let top = if map == "placeholders." { "placeholders" } else { "jdbcProperties" };
            return Some(format!("{top}.{name}"));
        }
    }
    let ours = match rest {
        // What only Spring knows.
        "enabled" | "driverclassname" | "checklocation" | "checklocations" | "sqlscriptencoding" => return None,
        "initsqls" => "initSql",
        "postgresql.transactionallock" => "postgresql.transactional.lock",
        _ => keys::ALL.iter().map(|(name, _)| *name).find(|name| file::loose(name) == rest).unwrap_or(rest),
    };
    Some(ours.to_owned())
}

fn setting(key: String, value: &Value, properties: &Properties, request: &Request) -> Setting {
    let (text, hangs_on) = match resolve::resolve(&value.text, properties, request.variables.as_ref()) {
        Ok(text) => (text, None),
        Err(name) => (value.text.clone(), Some(name)),
    };
    let text = match key.as_str() {
        // A duration of Spring's: 120s.
        "connectRetriesInterval" => text.trim_end_matches(['s', 'S']).trim_start_matches("PT").to_owned(),
        "initSql" => text.replace(file::BETWEEN, ";\n"),
        _ => text.replace(file::BETWEEN, ","),
    };
    Setting { key: format!("flyway.{key}"), value: text, span: value.span.clone(), base: String::new(), hangs_on }
}

/// Without an address of its own Flyway uses the application's.
fn connection(properties: &Properties, request: &Request, settings: &mut Vec<Setting>) {
    if settings.iter().any(|setting| setting.key == "flyway.url") {
        return;
    }
    for (theirs, ours) in [("url", "url"), ("username", "user"), ("password", "password")] {
        let own = settings.iter().any(|setting| setting.key == format!("flyway.{ours}"));
        if let Some(value) = properties.get(&format!("spring.datasource.{theirs}")).filter(|_| !own) {
            settings.push(setting(ours.to_owned(), value, properties, request));
        }
    }
}

/// Says which files and keys were used.
fn note(module: &Module, active: &[String], settings: &[Setting]) -> Finding {
    let files: BTreeSet<&str> = settings.iter().map(|setting| setting.span.file.as_str()).gather();
    let files: Vec<&str> = if files.is_empty() { vec![module.first.span.file.as_str()] } else { files.into_iter().collect() };
    let names: Vec<&str> = settings.iter().filter_map(|setting| setting.key.strip_prefix("flyway.")).collect();
    let profile = if active.is_empty() { String::new() } else { format!(" (profile {})", active.join(", ")) };
    let what = if names.is_empty() { "no setting, so Flyway's defaults hold".to_owned() } else { names.join(", ") };
    let message = format!("Flyway's settings come from Spring's {}{profile}: {what}.", files.join(", "));
    let cure = "Nothing has to be done; a flightplan.toml or flyway.conf would take their place.";
    let broken = Finding::broken("spring-configuration", Some(Span::file(files.first().unwrap_or(&""))), message, cure);
    let effect = "The application's own settings decide this plan.".into();
    Finding { severity: Severity::Info, effect, blocking: false, ..broken }
}

fn switched_off(properties: &Properties) -> Option<Finding> {
    let value = properties.get("spring.flyway.enabled").filter(|value| value.text == "false")?;
    let message = "The application does not run Flyway itself: spring.flyway.enabled is false.";
    let broken = Finding::broken("spring-configuration", Some(value.span.clone()), message, "Nothing has to be done.");
    let effect = "Its other settings are read all the same.".into();
    Some(Finding { severity: Severity::Info, effect, blocking: false, ..broken })
}

/// The default location, where a build puts the project's resources on the class path.
pub(super) fn default_location(project: &Project) -> Vec<String> {
    let found = locate::classpath(project, "", DEFAULT_LOCATION);
    found.into_iter().filter(|path| project.files.iter().any(|file| inside(&file.path, path).is_some())).collect()
}

//! `flightplan.toml`: environments, sources, limits, merged with the request.
//!
//! ```toml
//! [project]
//! name = "coreos"                          # shown in plans; default: none
//! default_environment = "development"      # default: the first by name
//!
//! [flyway]                                 # paths are relative to the folder of flightplan.toml
//! locations = ["flyway"]                   # default: that folder itself
//! table = "schema_version"                 # default: flyway_schema_history
//! default_schema = "public"                # default: the connection's own
//! placeholders = { owner = "coreos" }
//! mixed = false                            # and out_of_order, baseline_version, baseline_on_migrate,
//!                                          # validate_migration_naming, placeholder_replacement, placeholder_prefix,
//!                                          # placeholder_suffix, versioned_prefix, undo_prefix, repeatable_prefix,
//!                                          # baseline_prefix, separator, suffixes, encoding
//! [alembic]
//! script_location = "alembic"              # the folder with env.py
//! version_locations = []                   # default: <script_location>/versions
//! recursive = false
//! version_table = "alembic_version"
//! version_table_schema = "public"          # default: the connection's own
//!
//! [rules]                                  # see super::rule_settings
//! drop-column = "warning"                  # off, info, warning, error
//!
//! [gates.blue-drained]                     # see super::gate_settings
//! sql = "SELECT …"                         # or http = "https://…"
//! expect = 0
//!
//! [emergency]                              # and [incident], [on_failure], [recovery], [triggers.NAME], [verify]:
//!                                          # read by the executor
//!
//! [environments.production]
//! source = "flyway"                        # or "alembic"; default: the only one there is
//! dialect = "postgres"                     # default: from the URL's scheme
//! server_version = "15"
//! url_env = "COREOS_PRODUCTION_URL"        # or url = "sqlite:coreos.db", which may hold no password
//! approvals = 1
//! lock_timeout_ms = 5000
//! statement_timeout_ms = 0
//! batch_from_rows = 10000                  # and batch_size, batch_most, batch_pause_ms, batch_target_ms,
//!                                          # batch_replica_lag_ms, batch_vacuum_wait_ms, batch_budget_ms, batch_window
//! replica_url_envs = ["COREOS_REPLICA_URL"] # what large data changes wait for, beside what the server itself knows
//! ```
//!
//! Unknown keys, wrong types and wrong values are blocking findings with their line and the nearest right word.
//! Without the file the tools' own configuration and folders decide: see [`super::detect`].

use super::alembic_env;
use super::alembic_ini;
use super::alembic_section::alembic;
use super::detect;
use super::flyway::gather::{Reach, gather};
use super::flyway::{apply, locate};
use super::path::{self, folder, join};
use super::sections::{self, Environment, Sections};
use super::settings::{AlembicSettings, FlywaySettings, Settings};
use super::toml_reader::TomlReader;
use super::url;
use super::{Project, ProjectFile, Request};
use crate::dialect::Dialect;
use crate::finding::{Finding, Severity};
use crate::migration::SourceKind;
use crate::sort::Sort;
use crate::span::Span;

/// Name of the file.
const FILE: &str = "flightplan.toml";

/// Merges the project's `flightplan.toml` and the request. Wrong keys and values are findings.
#[must_use]
pub fn resolve(project: &Project, request: &Request) -> (Settings, Vec<Finding>) {
    let (settings, findings, _) = resolved(project, request);
    (settings, findings)
}

/// As [`resolve`], and how far Flyway's own configuration counts.
pub(super) fn resolved(project: &Project, request: &Request) -> (Settings, Vec<Finding>, Reach) {
    let (mut settings, mut findings, reach) = from_files(project, request);
    if reach == Reach::Caller {
        overlay(project, request, &mut settings, &mut findings);
    }
    if settings.source == SourceKind::Alembic {
        findings.extend(alembic_env::overlay(project, &mut settings.alembic));
    }
    for location in &mut settings.flyway.locations {
        *location = locate::within(request, std::mem::take(location));
    }
    (settings, findings, reach)
}

/// What the caller said, over what the project says. A folder named by `--source` stays the location.
fn overlay(project: &Project, request: &Request, settings: &mut Settings, findings: &mut Vec<Finding>) {
    let gathered = gather(project, request, Reach::Caller);
    let before = settings.flyway.locations.clone();
    let conf = apply(project, request, std::mem::take(&mut settings.flyway), &gathered.settings);
    settings.flyway = conf.settings;
    if request.source.is_some() {
        settings.flyway.locations = before;
    }
    findings.extend(gathered.findings);
    findings.extend(conf.findings);
}

fn from_files(project: &Project, request: &Request) -> (Settings, Vec<Finding>, Reach) {
    if let Some(spec) = &request.source {
        let folder = join("", &spec.folder);
        let mut settings = Settings { source: spec.kind, ..Settings::default() };
        let mut findings = Vec::new();
        match spec.kind {
            SourceKind::Flyway => settings.flyway.locations = vec![folder],
            SourceKind::Alembic => {
                settings.flyway.locations.clear();
                (settings.alembic, findings) = beside_named(project, folder);
            }
        }
        return (overridden(settings, None, request), findings, Reach::Caller);
    }
    let files = nearest_first(project);
    let Some(file) = files.first() else {
        let (settings, findings) = unconfigured(project, request);
        return (settings, findings, Reach::All);
    };
    let rivals = files.iter().filter(|other| other.path.matches('/').count() == file.path.matches('/').count()).count();
    let text = String::from_utf8_lossy(&file.content);
    let mut reader = TomlReader::new(&file.path, &text);
    let sections = sections::read(&mut reader, folder(&file.path));
    let mut findings = reader.findings;
    if rivals > 1 {
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        findings.push(Finding::broken(
            "several-configurations",
            Some(Span::file(&file.path)),
            format!("The project has {} of {FILE}: {}.", files.len(), paths.join(", ")),
            "Open the folder of one of them as the project.",
        ));
    }
    let reach = if reads_own_files(&sections) { Reach::All } else { Reach::Caller };
    let settings = configured(project, request, &sections, &mut findings);
    (settings, findings, reach)
}

/// Every `flightplan.toml`, the one nearest to the project's root first.
#[must_use]
pub fn nearest_first(project: &Project) -> Vec<&ProjectFile> {
    let mut files: Vec<&ProjectFile> = project.files.iter().filter(|file| path::name(&file.path) == FILE).collect();
    files.order_by_key(|file| (file.path.matches('/').count(), file.path.clone()));
    files
}

/// `[alembic]` beside a script folder that the caller names: all of it where it is about that folder, else only what words of
/// the project's Python mean.
fn beside_named(project: &Project, named: String) -> (AlembicSettings, Vec<Finding>) {
    let own = AlembicSettings { script_location: named, ..AlembicSettings::default() };
    let Some(file) = nearest_first(project).into_iter().next() else { return (own, Vec::new()) };
    let text = String::from_utf8_lossy(&file.content);
    let mut reader = TomlReader::new(&file.path, &text);
    let root = reader.parse();
    let Some(table) = root.get("alembic").and_then(|value| value.get_ref().as_table()) else { return (own, reader.findings) };
    let given = alembic(&mut reader, table, folder(&file.path));
    let same = given.script_location == own.script_location;
    let settings = if same { given } else { AlembicSettings { types: given.types, constants: given.constants, ..own } };
    (settings, reader.findings)
}

/// The settings without `flightplan.toml`.
fn unconfigured(project: &Project, request: &Request) -> (Settings, Vec<Finding>) {
    let detected = detect::detect(project, request);
    let mut findings = detected.findings;
    let mut names: Vec<String> = detected.environments;
    if names.is_empty() {
        names.push("default".to_owned());
    }
    if let Some(name) = request.environment.as_ref().filter(|name| *name != "default" && !names.contains(name)) {
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        findings.push(unknown_environment(name, &known, None));
    }
    let settings = Settings {
        environment: detected.environment.unwrap_or_else(|| "default".to_owned()),
        environments: names,
        source: detected.source,
        flyway: detected.flyway,
        alembic: detected.alembic,
        url: detected.url,
        ..Settings::default()
    };
    (overridden(settings, detected.dialect, request), findings)
}

/// The dialect and version: the request's, else the configuration's, else the defaults.
fn overridden(mut settings: Settings, dialect: Option<Dialect>, request: &Request) -> Settings {
    settings.dialect = request.dialect.or(dialect).unwrap_or_default();
    settings.server_version = request.server_version.unwrap_or(settings.dialect.default_version());
    settings.alembic.mysql_url = (settings.dialect, request.alembic.url_dialect) == (Dialect::MariaDb, Some(Dialect::MySql));
    settings.alembic.offline = request.alembic.offline;
    settings
}

fn configured(project: &Project, request: &Request, sections: &Sections, findings: &mut Vec<Finding>) -> Settings {
    let names: Vec<String> = sections.environments.iter().map(|environment| environment.name.clone()).collect();
    let chosen = choose(request, sections, findings);
    let mut settings = Settings {
        project: sections.name.clone().unwrap_or_default(),
        templates: sections.templates.clone(),
        rules: sections.rules.clone(),
        gates: sections.gates.clone(),
        environment: request.environment.clone().unwrap_or_else(|| "default".to_owned()),
        environments: if names.is_empty() { vec!["default".to_owned()] } else { names },
        ..Settings::default()
    };
    sources(project, request, sections, &mut settings, findings);
    let flyway_dialect = |environment: &Environment| source_of(environment, sections) == Some(SourceKind::Flyway);
    settings.flyway.dialect = sections.environments.iter().find(|one| flyway_dialect(one)).and_then(dialect_of);
    let Some(environment) = chosen else {
        return overridden(settings, None, request);
    };
    settings.environment.clone_from(&environment.name);
    match source_of(environment, sections) {
        Some(source) => settings.source = source,
        None => findings.push(Finding::broken(
            "missing-source",
            Some(environment.span.clone()),
            format!("[environments.{}] does not say which source it runs.", environment.name),
            "Write source = \"flyway\" or source = \"alembic\" under it.",
        )),
    }
    let dialect = dialect_of(environment);
    if dialect.is_none() && request.dialect.is_none() {
        findings.push(assumed_dialect(environment));
    }
    settings = overridden(settings, dialect, request);
    if let (None, None, Some(version)) = (request.server_version, request.dialect, environment.server_version) {
        settings.server_version = version;
    }
    limits(environment, &mut settings);
    settings
}

/// The environment asked for, else the default one, else the first by name.
fn choose<'s>(request: &Request, sections: &'s Sections, findings: &mut Vec<Finding>) -> Option<&'s Environment> {
    let names: Vec<&str> = sections.environments.iter().map(|environment| environment.name.as_str()).collect();
    let find = |name: &str| sections.environments.iter().find(|environment| environment.name == name);
    let default = sections.default_environment.as_ref();
    if let Some((name, span)) = default.filter(|(name, _)| find(name).is_none()) {
        findings.push(unknown_environment(name, &names, Some(span.clone())));
    }
    if let Some(name) = &request.environment {
        let found = find(name);
        if found.is_none() && !(names.is_empty() && name == "default") {
            findings.push(unknown_environment(name, &names, None));
        }
        return found;
    }
    match default {
        Some((name, _)) => find(name),
        None => sections.environments.iter().min_by(|a, b| a.name.cmp(&b.name)),
    }
}

fn unknown_environment(name: &str, known: &[&str], span: Option<Span>) -> Finding {
    let cure = if known.is_empty() {
        format!("Add a section [environments.{name}] to {FILE}.")
    } else {
        super::near::nearest(name, known).map_or_else(String::new, |near| format!("Did you mean {near}? "))
            + &format!("The project has: {}.", known.join(", "))
    };
    Finding::broken("unknown-environment", span, format!("There is no environment {name:?}."), cure)
}

fn names_source(sections: &Sections, kind: SourceKind) -> bool {
    sections.environments.iter().any(|environment| environment.source == Some(kind))
}

/// Whether Flyway's own files say how Flyway runs: `[flyway]` is missing, and it is not Alembic's project alone.
fn reads_own_files(sections: &Sections) -> bool {
    sections.flyway.is_none() && (sections.alembic.is_none() || names_source(sections, SourceKind::Flyway))
}

/// Puts the sources' settings in place: the file's, else what is found beside it for environments that need it.
fn sources(project: &Project, request: &Request, sections: &Sections, settings: &mut Settings, findings: &mut Vec<Finding>) {
    let named = |kind| names_source(sections, kind);
    let none = sections.flyway.is_none() && sections.alembic.is_none();
    let detected = (none || named(SourceKind::Flyway) || named(SourceKind::Alembic)).then(|| detect::detect(project, request));
    settings.flyway = match (&sections.flyway, &detected) {
        (Some(flyway), _) => flyway.clone(),
        (None, Some(detected)) if none || named(SourceKind::Flyway) => {
            let says = sections.environments.iter().any(|environment| environment.source.is_some());
            findings.extend(detected.findings.iter().filter(|finding| !(says && finding.rule == "several-sources")).cloned());
            detected.flyway.clone()
        }
        _ => FlywaySettings { locations: Vec::new(), ..FlywaySettings::default() },
    };
    settings.alembic = match (&sections.alembic, &detected) {
        (Some(given), _) => match alembic_ini::read(project, &request.alembic) {
            Some((own, more)) => {
                findings.extend(more);
                alembic_ini::beneath(own, given)
            }
            None => given.clone(),
        },
        (None, Some(detected)) if none || named(SourceKind::Alembic) => detected.alembic.clone(),
        _ => AlembicSettings::default(),
    };
    if let Some(detected) = detected.filter(|_| none) {
        settings.source = detected.source;
    } else if sections.flyway.is_none() && sections.alembic.is_some() {
        settings.source = SourceKind::Alembic;
    }
}

/// The source an environment runs: the one it names, else the only one configured.
fn source_of(environment: &Environment, sections: &Sections) -> Option<SourceKind> {
    environment.source.or(match (&sections.flyway, &sections.alembic) {
        (Some(_), None) => Some(SourceKind::Flyway),
        (None, Some(_)) => Some(SourceKind::Alembic),
        _ => None,
    })
}

fn dialect_of(environment: &Environment) -> Option<Dialect> {
    environment.dialect.or_else(|| environment.url.as_deref().and_then(url::dialect))
}

fn assumed_dialect(environment: &Environment) -> Finding {
    let broken = Finding::broken(
        "assumed-dialect",
        Some(environment.span.clone()),
        format!("[environments.{}] does not say which database it is; PostgreSQL is assumed.", environment.name),
        "Write dialect = \"postgres\", \"mysql\", \"mariadb\" or \"sqlite\" under it.",
    );
    let effect = "On another database the statements would be read by the wrong rules.".into();
    Finding { severity: Severity::Warning, effect, blocking: false, ..broken }
}

fn limits(environment: &Environment, settings: &mut Settings) {
    settings.url_env.clone_from(&environment.url_env);
    settings.url.clone_from(&environment.url);
    settings.replica_url_envs.clone_from(&environment.replica_url_envs);
    settings.approvals = environment.approvals.unwrap_or(settings.approvals);
    settings.rehearsal = environment.rehearsal.unwrap_or(settings.rehearsal);
    settings.lock_timeout_ms = environment.lock_timeout_ms.unwrap_or(settings.lock_timeout_ms);
    settings.statement_timeout_ms = environment.statement_timeout_ms.unwrap_or(settings.statement_timeout_ms);
    settings.batch.clone_from(&environment.batch);
}

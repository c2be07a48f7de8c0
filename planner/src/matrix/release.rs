//! `releases.toml`: the versions of the application.
//!
//! ```toml
//! [[release]]
//! version = "2.0.0"
//! schema = "20230815123000"          # Flyway version it was built for
//! revisions = ["a7d19e40c2b8"]       # Alembic revisions it was built for
//! requires = ["api >= 2"]
//! breaking_changes = ["display_name is required when a user is created"]
//! queries = ["queries/2.0.0.sql"]    # what it sends: .sql, sqlx's folder, an export of pg_stat_statements, a log
//! supported = true                   # false: it is not live any more
//! ```
//!
//! `tags = 10` on top: how many of the newest version tags of the repository are releases too; `false` for none. What the
//! file says of a version counts.

use serde::{Deserialize, Serialize};
use toml::de::{DeTable, DeValue};

use crate::finding::{Finding, Severity};
use crate::project::Project;
use crate::span::Span;

/// A release of the application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Version.
    pub version: String,
    /// Flyway version it was built for.
    #[serde(default)]
    pub schema: Option<String>,
    /// Alembic revisions it was built for.
    #[serde(default)]
    pub revisions: Vec<String>,
    /// What it requires: `api >= 2`, `worker 1.9`.
    #[serde(default)]
    pub requires: Vec<String>,
    /// Breaking changes its authors documented.
    #[serde(default)]
    pub breaking_changes: Vec<String>,
    /// Files and folders that hold the queries it sends, from the folder of `releases.toml`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queries: Vec<String>,
    /// It may still be live.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub supported: bool,
    /// It is a tag of the repository, and nobody has written it down.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inferred: bool,
    /// Ids of exactly the migrations that it holds, where they are known from its tag.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<String>,
}

const fn yes() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
const fn is_true(value: &bool) -> bool {
    *value
}

impl Default for Release {
    fn default() -> Self {
        Self {
            version: String::new(),
            schema: None,
            revisions: Vec::new(),
            requires: Vec::new(),
            breaking_changes: Vec::new(),
            queries: Vec::new(),
            supported: true,
            inferred: false,
            holds: Vec::new(),
        }
    }
}

impl Release {
    /// Whether it was built for a schema of that name.
    #[must_use]
    pub fn is_of(&self, schema: &str) -> bool {
        self.schema.as_deref() == Some(schema) || (!self.revisions.is_empty() && self.revisions.join(", ") == schema)
    }
}

/// Name of the file.
const FILE: &str = "releases.toml";
/// Keys of a release.
const KEYS: &[&str] = &["version", "schema", "revisions", "requires", "breaking_changes", "queries", "supported"];

/// Reads the file beside `flightplan.toml`, oldest release first as written. Without one there are no releases.
#[must_use]
pub fn load(project: &Project) -> (Vec<Release>, Vec<Finding>) {
    let home = home(project);
    let path = format!("{home}{FILE}");
    let Some(file) = project.files.iter().find(|file| file.path == path) else { return (Vec::new(), Vec::new()) };
    match std::str::from_utf8(&file.content) {
        Ok(text) => parse(&path, text),
        Err(error) => {
            let message = format!("{path} is no UTF-8 text (byte {}).", error.valid_up_to());
            (Vec::new(), vec![broken(Some(Span::file(&path)), message, "Save it as UTF-8.")])
        }
    }
}

/// How many of the repository's newest version tags are releases, where the file does not say.
const TAGS: usize = 10;

/// How many of the repository's newest version tags are releases.
#[must_use]
pub fn tags(project: &Project) -> usize {
    let path = format!("{}{FILE}", home(project));
    let file = project.files.iter().find(|file| file.path == path);
    let Some(text) = file.and_then(|file| std::str::from_utf8(&file.content).ok()) else { return TAGS };
    let Ok(table) = DeTable::parse(text) else { return TAGS };
    table.get_ref().get("tags").and_then(|value| count(value.get_ref())).unwrap_or(TAGS)
}

fn count(value: &DeValue<'_>) -> Option<usize> {
    match value {
        DeValue::Boolean(false) => Some(0),
        DeValue::Boolean(true) => Some(TAGS),
        DeValue::Integer(number) => number.as_str().parse().ok(),
        _ => None,
    }
}

/// The releases of the file with those found elsewhere, each where its version belongs. What the file says counts.
#[must_use]
pub fn merge(listed: Vec<Release>, found: &[Release]) -> Vec<Release> {
    let mut all = listed;
    for release in found {
        if let Some(known) = all.iter_mut().find(|known| known.version == release.version) {
            if known.schema.is_none() && known.revisions.is_empty() {
                (known.schema, known.revisions) = (release.schema.clone(), release.revisions.clone());
                known.holds.clone_from(&release.holds);
            }
            continue;
        }
        let at = all.iter().position(|known| order(&known.version) > order(&release.version)).unwrap_or(all.len());
        all.insert(at, release.clone());
    }
    all
}

/// What versions of an application are ordered by: their numbers; behind equal ones, a version with words before one without.
#[must_use]
pub fn order(version: &str) -> (Vec<u64>, bool, &str) {
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len());
    let (numbers, words) = version.split_at(end);
    let mut numbers: Vec<u64> = numbers.split('.').filter_map(|number| number.parse().ok()).collect();
    while numbers.last() == Some(&0) {
        numbers.pop();
    }
    (numbers, words.is_empty(), words)
}

/// The folder of the file, empty or with a slash at its end.
pub(super) fn home(project: &Project) -> String {
    let configured = project.files.iter().filter_map(|file| file.path.strip_suffix("flightplan.toml"));
    let folder = configured.into_iter().find(|folder| folder.is_empty() || folder.ends_with('/'));
    folder.unwrap_or_default().to_owned()
}

pub(super) fn broken(span: Option<Span>, message: String, workaround: &str) -> Finding {
    Finding {
        rule: "invalid-releases".to_owned(),
        severity: Severity::Error,
        span,
        migration: None,
        message,
        effect: "What the file says there is left out of the matrix and of the gates.".into(),
        workaround: workaround.to_owned().into(),
        fix: None,
        blocking: false,
    }
}

/// Reads without serde, whose part of the TOML reader nothing else brings into the page.
fn parse(path: &str, text: &str) -> (Vec<Release>, Vec<Finding>) {
    let span = |range| Some(Span::of(path, text, range));
    let table = match DeTable::parse(text) {
        Ok(table) => table.into_inner(),
        Err(error) => {
            let place = error.span().map_or_else(|| Some(Span::file(path)), span);
            let finding = broken(place, format!("{path}: {}.", error.message()), "Write it as TOML; see the documentation.");
            return (Vec::new(), vec![finding]);
        }
    };
    let mut findings = Vec::new();
    let mut releases: Vec<Release> = Vec::new();
    for (key, value) in &table {
        let (problem, cure) = match key.get_ref().as_ref() {
            "release" => continue,
            "tags" if count(value.get_ref()).is_some() => continue,
            "tags" => ("tags is no number".to_owned(), "Write how many tags are releases, or false."),
            other => (format!("{path} has the unknown key {other:?}"), "Each release is a [[release]] table."),
        };
        findings.push(broken(span(key.span()), format!("{problem}."), cure));
    }
    for entry in table.get("release").and_then(|value| value.get_ref().as_array()).into_iter().flatten() {
        let mut release = Release::default();
        let problem = match entry.get_ref() {
            DeValue::Table(fields) => {
                for key in fields.keys().filter(|key| !KEYS.contains(&key.get_ref().as_ref())) {
                    let message = format!("A release has the unknown key {:?}.", key.get_ref());
                    let cure = "Use version, schema, revisions, requires, breaking_changes, queries and supported.";
                    findings.push(broken(span(key.span()), message, cure));
                }
                fill(&mut release, fields)
            }
            _ => Err("it is no table".to_owned()),
        };
        match problem {
            Err(problem) => {
                let message = format!("A release cannot be read: {problem}.");
                findings.push(broken(span(entry.span()), message, "Give it a version, and lists where lists belong."));
            }
            Ok(()) if releases.iter().any(|known| known.version == release.version) => {
                let message = format!("Release {} is there twice.", release.version);
                let version = entry.get_ref().as_table().and_then(|fields| fields.get("version"));
                findings.push(broken(span(version.unwrap_or(entry).span()), message, "Take one of them away."));
            }
            Ok(()) => releases.push(release),
        }
    }
    (releases, findings)
}

/// Reads the known keys.
fn fill(release: &mut Release, fields: &DeTable<'_>) -> Result<(), String> {
    let text = |key: &str, value: &DeValue<'_>| value.as_str().map(str::to_owned).ok_or_else(|| format!("{key} is no text"));
    let texts = |key: &str| -> Result<Vec<String>, String> {
        let Some(value) = fields.get(key) else { return Ok(Vec::new()) };
        let list = value.get_ref().as_array().ok_or_else(|| format!("{key} is no list"))?;
        list.iter().map(|item| text(key, item.get_ref())).collect()
    };
    let version = fields.get("version").ok_or("missing field `version`")?;
    release.version = text("version", version.get_ref())?;
    release.schema = fields.get("schema").map(|schema| text("schema", schema.get_ref())).transpose()?;
    release.revisions = texts("revisions")?;
    release.requires = texts("requires")?;
    release.breaking_changes = texts("breaking_changes")?;
    release.queries = texts("queries")?;
    if let Some(supported) = fields.get("supported") {
        release.supported = supported.get_ref().as_bool().ok_or("supported is neither true nor false")?;
    }
    Ok(())
}

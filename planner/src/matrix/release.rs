//! `releases.toml`: the versions of the application.
//!
//! ```toml
//! [[release]]
//! version = "2.0.0"
//! schema = "20230815123000"          # Flyway version it was built for
//! revisions = ["a7d19e40c2b8"]       # Alembic revisions it was built for
//! requires = ["api >= 2"]
//! breaking_changes = ["display_name is required when a user is created"]
//! ```

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::build::Built;
use crate::finding::{Finding, Severity};
use crate::migration::Migration;
use crate::project::Project;
use crate::span::Span;

/// A release of the application.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
}

/// Name of the file.
const FILE: &str = "releases.toml";
/// Keys of a release.
const KEYS: &[&str] = &["version", "schema", "revisions", "requires", "breaking_changes"];

/// Reads the file beside `flightplan.toml`, oldest release first as written. Without one there are no releases.
#[must_use]
pub fn load(project: &Project) -> (Vec<Release>, Vec<Finding>) {
    let home = project
        .files
        .iter()
        .filter_map(|file| file.path.strip_suffix("flightplan.toml"))
        .find(|folder| folder.is_empty() || folder.ends_with('/'))
        .unwrap_or_default();
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

fn broken(span: Option<Span>, message: String, workaround: &str) -> Finding {
    Finding {
        rule: "invalid-releases".to_owned(),
        severity: Severity::Error,
        span,
        migration: None,
        message,
        effect: "What the file says there is left out of the matrix and of the gates.".to_owned(),
        workaround: workaround.to_owned(),
        fix: None,
        blocking: false,
    }
}

fn parse(path: &str, text: &str) -> (Vec<Release>, Vec<Finding>) {
    let table: toml::Table = match toml::from_str(text) {
        Ok(table) => table,
        Err(error) => {
            let span = error.span().map_or_else(|| Span::file(path), |range| Span::of(path, text, range));
            let finding = broken(Some(span), format!("{path}: {}.", error.message()), "Write it as TOML; see the documentation.");
            return (Vec::new(), vec![finding]);
        }
    };
    let mut findings = Vec::new();
    let mut releases: Vec<Release> = Vec::new();
    for key in table.keys().filter(|key| *key != "release") {
        let span = Some(line_of(path, text, key, 0));
        findings.push(broken(span, format!("{path} has the unknown key {key:?}."), "Each release is a [[release]] table."));
    }
    let entries = table.get("release").and_then(toml::Value::as_array).cloned().unwrap_or_default();
    let heads: Vec<usize> = text.match_indices("[[release]]").map(|(at, _)| at).collect();
    let mut versions = BTreeSet::new();
    for (at, entry) in entries.iter().enumerate() {
        let start = heads.get(at).copied().unwrap_or(0);
        for key in entry.as_table().into_iter().flat_map(toml::Table::keys).filter(|key| !KEYS.contains(&key.as_str())) {
            let message = format!("A release has the unknown key {key:?}.");
            findings.push(broken(
                Some(line_of(path, text, key, start)),
                message,
                "Use version, schema, revisions, requires and breaking_changes.",
            ));
        }
        match entry.clone().try_into::<Release>() {
            Ok(release) if !versions.insert(release.version.clone()) => {
                let message = format!("Release {} is there twice.", release.version);
                findings.push(broken(Some(line_of(path, text, "version", start)), message, "Take one of them away."));
            }
            Ok(release) => releases.push(release),
            Err(error) => {
                let span = Some(line_of(path, text, "[[release]]", start));
                let message = format!("A release cannot be read: {}.", error.message());
                findings.push(broken(span, message, "Give it a version, and lists where lists belong."));
            }
        }
    }
    (releases, findings)
}

/// The line where `needle` first stands at or behind `start`.
fn line_of(path: &str, text: &str, needle: &str, start: usize) -> Span {
    let at = text.get(start..).and_then(|rest| rest.find(needle)).map_or(start, |at| start + at);
    Span::of(path, text, at..at + needle.len())
}

/// What must be true before a contract step: no release from before it is live any more.
///
/// The first release built for a schema that holds the migration can live with it; older ones cannot. `built` are the
/// schemas of `releases`.
#[must_use]
pub fn gate(releases: &[Release], built: &[Option<Built>], migration: &Migration) -> Option<String> {
    let holds = |built: &Option<Built>| built.as_ref().is_some_and(|built| built.migrations.contains(&migration.id));
    match (built.iter().position(holds), releases.last()) {
        (Some(0), _) => None,
        (Some(at), _) => releases.get(at).map(|release| format!("No release older than {} is live any more.", release.version)),
        (None, Some(last)) => {
            Some(format!("No release up to {} is live any more: none of them was built for this schema.", last.version))
        }
        (None, None) => Some("No release that uses what this step takes away or tightens is live any more.".to_owned()),
    }
}

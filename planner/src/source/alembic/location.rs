//! Which files of the project are revisions: version locations, their order, recursion.

use std::collections::BTreeSet;

use crate::finding::Finding;
use crate::migration::SourceKind;
use crate::project::settings::Settings;
use crate::project::{Project, ProjectFile, Request};
use crate::sort::Sort;

use super::revision_file::counts;

/// A revision file and its path relative to its version location.
pub(super) struct Candidate<'p> {
    pub(super) file: &'p ProjectFile,
    pub(super) script: String,
}

/// The files Alembic would load, in its order: location by location, sorted by name, a folder's own files before
/// those of its sub-folders. `None`: the project has no Alembic source.
pub(super) fn candidates<'p>(
    project: &'p Project,
    settings: &Settings,
    request: &Request,
) -> Option<(Vec<Candidate<'p>>, Vec<Finding>)> {
    let locations = locations(project, settings, request)?;
    let (mut found, mut findings) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for location in &locations {
        let prefix = if location.is_empty() { String::new() } else { format!("{location}/") };
        let mut inside: Vec<(&ProjectFile, &str)> =
            project.files.iter().filter_map(|file| Some((file, file.path.strip_prefix(prefix.as_str())?))).collect();
        if inside.is_empty() {
            findings.push(missing(location));
            continue;
        }
        inside.retain(|(_, script)| is_revision(script, settings.alembic.recursive));
        inside.order_by_key(|(_, script)| walk_order(script));
        for (file, script) in inside {
            if seen.insert(file.path.as_str()) {
                found.push(Candidate { file, script: script.to_owned() });
            }
        }
    }
    if found.is_empty() && findings.is_empty() {
        findings.push(empty(&locations));
    }
    Some((found, findings))
}

/// The version locations: folders in the project. `None`: it has no Alembic source.
#[must_use]
pub fn locations(project: &Project, settings: &Settings, request: &Request) -> Option<Vec<String>> {
    if let Some(source) = &request.source {
        if source.kind != SourceKind::Alembic {
            return None;
        }
        let folder = source.folder.trim_matches('/');
        let versions = join(folder, "versions");
        let inside = format!("{versions}/");
        let has_versions = project.files.iter().any(|file| file.path.starts_with(&inside));
        return Some(vec![if has_versions { versions } else { folder.to_owned() }]);
    }
    let alembic = &settings.alembic;
    if !alembic.version_locations.is_empty() {
        return Some(alembic.version_locations.iter().map(|location| location.trim_matches('/').to_owned()).collect());
    }
    if alembic.script_location.is_empty() && settings.source != SourceKind::Alembic {
        return None;
    }
    Some(vec![join(alembic.script_location.trim_matches('/'), "versions")])
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn is_revision(script: &str, recursive: bool) -> bool {
    let (folder, name) = script.rsplit_once('/').unwrap_or(("", script));
    counts(name) && (folder.is_empty() || (recursive && !folder.split('/').any(|part| part == "__pycache__")))
}

/// `os.walk` top-down with sorted folders: at each level files come before sub-folders.
fn walk_order(script: &str) -> Vec<(bool, String)> {
    let parts: Vec<&str> = script.split('/').collect();
    let last = parts.len().saturating_sub(1);
    parts.iter().enumerate().map(|(at, part)| (at != last, (*part).to_owned())).collect()
}

fn missing(location: &str) -> Finding {
    Finding::broken(
        "missing-location",
        None,
        format!("the Alembic version location `{location}` is not in the project, or has no files"),
        "Set script_location or version_locations in [alembic] of flightplan.toml, relative to its folder, or correct them where \
         Alembic reads them.",
    )
}

fn empty(locations: &[String]) -> Finding {
    Finding::broken(
        "empty-source",
        None,
        format!("no revision file in {}", locations.iter().map(|at| format!("`{at}`")).collect::<Vec<_>>().join(", ")),
        "Write a first revision, or correct the location; revisions in sub-folders need `recursive_version_locations = true`.",
    )
}

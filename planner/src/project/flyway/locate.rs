//! Which folders of the project a location means.

use std::collections::BTreeSet;

use super::super::path::{folder, inside, join};
use super::super::{Project, Request};
use super::gather::Setting;
use super::value::list;
use crate::dialect::Dialect;
use crate::finding::{Finding, Severity};

/// The folders, and what is wrong with the locations.
pub(in crate::project) struct Located {
    pub(in crate::project) folders: Vec<String>,
    pub(in crate::project) findings: Vec<Finding>,
}

/// Folders that a build puts on the class path, best first.
const RESOURCES: &[&str] = &["src/main/resources", "src/main/java", "src/main/kotlin", "resources"];
/// Folders that a build writes.
const BUILT: &[&str] = &["target", "build", "out", "bin", "node_modules"];

/// All locations of a setting, between commas. `{vendor}` is Spring's word for the product.
pub(in crate::project) fn all(project: &Project, request: &Request, setting: &Setting, dialect: Dialect) -> Located {
    let mut located = Located { folders: Vec::new(), findings: Vec::new() };
    for written in list(&setting.value) {
        let written = written.replace("{vendor}", vendor(dialect));
        let folders = match written.split_once(':') {
            Some(("filesystem", path)) => vec![filesystem(project, request, &setting.base, path).0],
            Some(("classpath", path)) => classpath(project, &setting.base, path),
            Some((store @ ("s3" | "gcs"), _)) => {
                located.findings.push(in_the_cloud(setting, &written, store));
                continue;
            }
            // Flyway reads this from the class path; its command line finds folders too.
            _ => match filesystem(project, request, &setting.base, &written) {
                (found, true) => vec![found],
                (missing, false) => {
                    let found = classpath(project, &setting.base, &written);
                    if holds(project, found.first().map_or("", String::as_str)) { found } else { vec![missing] }
                }
            },
        };
        if folders.len() > 1 {
            located.findings.push(several(setting, &written, &folders));
        }
        located.folders.extend(folders.into_iter().filter(|folder| !folder.is_empty() || written.ends_with([':', '.', '/'])));
    }
    let mut seen = BTreeSet::new();
    located.folders.retain(|folder| seen.insert(folder.clone()));
    located
}

/// The name of a product in Spring's `{vendor}` (`DatabaseDriver.getId`).
const fn vendor(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "postgresql",
        Dialect::MySql => "mysql",
        Dialect::MariaDb => "mariadb",
        Dialect::Sqlite => "sqlite",
    }
}

/// The part of a location before its first wildcard.
fn fixed(path: &str) -> &str {
    let wild = path.find(['*', '?']);
    wild.map_or(path, |at| path.get(..at).unwrap_or("").rsplit_once('/').map_or("", |(before, _)| before))
}

fn holds(project: &Project, location: &str) -> bool {
    project.files.iter().any(|file| inside(&file.path, fixed(location)).is_some())
}

/// A folder beside the configuration, above it or in the project's root, and whether it holds anything.
fn filesystem(project: &Project, request: &Request, base: &str, written: &str) -> (String, bool) {
    let near = [join(base, written), join(folder(base), written), join("", written)];
    let candidates: Vec<String> = near.into_iter().map(|path| within(request, path)).collect();
    match candidates.iter().find(|path| holds(project, path)) {
        Some(found) => (found.clone(), true),
        None => (candidates.into_iter().next().unwrap_or_default(), false),
    }
}

/// An absolute path below the project's root is one of the project.
pub(in crate::project) fn within(request: &Request, path: String) -> String {
    let root = request.root.as_deref().map(|root| root.trim_end_matches('/'));
    match root {
        Some(root) if path == root => String::new(),
        Some(root) => inside(&path, root).map(str::to_owned).unwrap_or(path),
        None => path,
    }
}

/// Every module's folder of that name among its resources; where none has one, the topmost folder so named.
pub(in crate::project) fn classpath(project: &Project, base: &str, written: &str) -> Vec<String> {
    let plain = join("", written.trim_start_matches('/'));
    let root = fixed(&plain);
    let rest = plain.get(root.len()..).unwrap_or("");
    for resources in RESOURCES {
        let found = modules(project, &join(resources, root));
        if !found.is_empty() {
            return found.into_iter().map(|module| format!("{module}{rest}")).collect();
        }
    }
    let own = [join(base, &plain), plain.clone()];
    if let Some(found) = own.iter().find(|path| holds(project, path)) {
        return vec![found.clone()];
    }
    let all = modules(project, root);
    let main = all.iter().filter(|path| !path.contains("src/test/")).min_by_key(|path| path.len());
    match main {
        Some(found) => vec![format!("{found}{rest}")],
        None if base.ends_with("src/main/resources") => vec![join(base, &plain)],
        None => vec![join("src/main/resources", &plain)],
    }
}

/// Folders of the project whose path is `wanted`, or ends with it, and that hold files.
fn modules(project: &Project, wanted: &str) -> BTreeSet<String> {
    let (start, middle) = (format!("{wanted}/"), format!("/{wanted}/"));
    let mut found = BTreeSet::new();
    for file in &project.files {
        let end = if file.path.starts_with(&start) {
            Some(wanted.len())
        } else {
            file.path.find(&middle).map(|at| at + middle.len() - 1)
        };
        let Some(module) = end.and_then(|end| file.path.get(..end)) else { continue };
        if !module.split('/').any(|part| BUILT.contains(&part) || part.starts_with('.')) {
            found.insert(module.to_owned());
        }
    }
    found
}

fn in_the_cloud(setting: &Setting, written: &str, store: &str) -> Finding {
    Finding::broken(
        "unreachable-location",
        Some(setting.span.clone()),
        format!("The location {written} is in a cloud store ({store}:), which Flightplan does not read."),
        "Copy the migrations into the project and name their folder: locations=filesystem:….",
    )
}

fn several(setting: &Setting, written: &str, folders: &[String]) -> Finding {
    let message = format!("The location {written} is found in {} modules: {}.", folders.len(), folders.join(", "));
    let cure = "Name one of them with --source flyway:DIR, or open that module with --project, if they do not belong together.";
    let broken = Finding::broken("several-modules", Some(setting.span.clone()), message, cure);
    let effect = "All of them are read, as from one class path.".into();
    Finding { severity: Severity::Info, effect, blocking: false, ..broken }
}

//! What a project without `flightplan.toml` is: Flyway's and Alembic's own configuration, else their folders.

use std::collections::BTreeSet;

use super::alembic_ini;
use super::flyway::gather::{Reach, gather};
use super::flyway::{FlywayConf, apply};
use super::path::{folder, inside, name};
use super::settings::{AlembicSettings, FlywaySettings};
use super::{Project, ProjectFile, Request, spring};
use crate::dialect::Dialect;
use crate::finding::{Finding, Severity};
use crate::migration::SourceKind;
use crate::sort::Gather;

/// What was found.
#[derive(Clone, Debug)]
pub struct Detected {
    /// The source to run: Flyway's where both are found.
    pub source: SourceKind,
    /// Without locations: no Flyway source.
    pub flyway: FlywaySettings,
    /// Without a script location: no Alembic source.
    pub alembic: AlembicSettings,
    /// Target URL of Flyway's configuration, if it holds no password.
    pub url: Option<String>,
    /// The product that URL names, password or not.
    pub dialect: Option<Dialect>,
    /// Environments of `flyway.toml`, or Spring's profiles; empty: there is only the default one.
    pub environments: Vec<String>,
    /// The one of them that was read.
    pub environment: Option<String>,
    /// What is unclear.
    pub findings: Vec<Finding>,
}

/// Looks at the project's files. Nothing found gives a finding `no-source`.
#[must_use]
pub fn detect(project: &Project, request: &Request) -> Detected {
    let mut gathered = gather(project, request, Reach::All);
    let settings = FlywaySettings { locations: Vec::new(), ..FlywaySettings::default() };
    let FlywayConf { settings, url, dialect, findings } = apply(project, request, settings, &gathered.settings);
    let mut detected = Detected {
        source: SourceKind::Flyway,
        flyway: settings,
        alembic: AlembicSettings::default(),
        url,
        dialect,
        environments: std::mem::take(&mut gathered.environments),
        environment: gathered.environment,
        findings: gathered.findings.into_iter().chain(findings).collect(),
    };
    let located = gathered.settings.iter().any(|setting| setting.key == "locations");
    if detected.flyway.locations.is_empty() && !located {
        detected.flyway.locations = flyway_folders(project, &detected.flyway);
        if detected.flyway.locations.len() > 1 {
            // The class path's default is one location, however many modules it is spread over.
            let default = spring::default_location(project);
            let all = |path: &String| default.iter().any(|found| path == found || inside(path, found).is_some());
            match detected.flyway.locations.iter().all(all) && gathered.configured {
                true => detected.flyway.locations = default,
                false => several_folders(&mut detected),
            }
        }
    }
    let mut alembic = true;
    if let Some((settings, findings)) = alembic_ini::read(project, &request.alembic) {
        detected.findings.extend(findings);
        if request.alembic.config.is_none() {
            detected.findings.extend(alembic_ini::rivals(project, &settings));
        }
        detected.alembic = settings;
    } else if let Some(script_location) = alembic_folder(project) {
        detected.alembic.script_location = script_location;
    } else {
        alembic = false;
    }
    conclude(&mut detected, alembic);
    detected
}

fn conclude(detected: &mut Detected, alembic: bool) {
    let flyway = !detected.flyway.locations.is_empty();
    match (flyway, alembic) {
        (false, true) => detected.source = SourceKind::Alembic,
        (true, true) => {
            let broken = Finding::broken(
                "several-sources",
                None,
                "The project has Flyway and Alembic migrations; the plan is for Flyway's.",
                "Say in flightplan.toml which environment runs which, or name one with --source.",
            );
            let effect = "Alembic's revisions are read but not planned.".into();
            detected.findings.push(Finding { severity: Severity::Warning, effect, blocking: false, ..broken });
        }
        (false, false) => detected.findings.push(Finding::broken(
            "no-source",
            None,
            "No Flyway and no Alembic migrations were found in the project.",
            "Open the folder that holds V1__….sql files, alembic.ini or flightplan.toml, or name it with --source.",
        )),
        (true, false) => {}
    }
}

/// The topmost folders that hold files named like versioned migrations.
fn flyway_folders(project: &Project, settings: &FlywaySettings) -> Vec<String> {
    let is_versioned = |file: &str| {
        let rest = file.strip_prefix(&settings.versioned_prefix);
        rest.is_some_and(|rest| {
            rest.starts_with(|c: char| c.is_ascii_digit())
                && rest.contains(&settings.separator)
                && settings.suffixes.iter().any(|suffix| file.to_ascii_lowercase().ends_with(&suffix.to_ascii_lowercase()))
        })
    };
    let visible = |path: &str| !folder(path).split('/').any(|part| part.starts_with('.'));
    let folders: BTreeSet<&str> = project
        .files
        .iter()
        .map(|file| file.path.as_str())
        .filter(|path| visible(path) && is_versioned(name(path)))
        .map(folder)
        .gather();
    // Sorted, so that a folder comes before what lies in it.
    let mut topmost: Vec<String> = Vec::new();
    for folder in folders {
        if !topmost.iter().any(|top| inside(folder, top).is_some()) {
            topmost.push(folder.to_owned());
        }
    }
    topmost
}

fn several_folders(detected: &mut Detected) {
    let folders = &detected.flyway.locations;
    if folders.len() > 1 {
        detected.findings.push(Finding::broken(
            "ambiguous-source",
            None,
            format!("Flyway migrations lie in {} folders: {}.", folders.len(), folders.join(", ")),
            "Name the ones that belong together as locations in [flyway] of flightplan.toml, or one with --source flyway:DIR.",
        ));
    }
}

/// The folder above a `versions` folder with revisions.
fn alembic_folder(project: &Project) -> Option<String> {
    let is_revision = |file: &&ProjectFile| {
        let word = b"revision";
        file.path.ends_with(".py")
            && name(folder(&file.path)) == "versions"
            && file.content.windows(word.len()).any(|part| part == word)
    };
    let versions = project.files.iter().filter(is_revision).map(|file| folder(&file.path));
    let found = versions.min_by_key(|path| (path.matches('/').count(), *path));
    found.map(|path| folder(path).to_owned())
}

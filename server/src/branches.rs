//! The migrations there are: in this folder and on the project's main branch.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use planner::migration::{Migration, MigrationKind};
use planner::project::settings::{FlywaySettings, Settings};
use planner::project::{Project, ProjectFile, path};
use planner::source::flyway;

use crate::workspace::Workspace;

/// Names of a main branch, here and at its origin.
const MAIN: &[&str] = &["origin/HEAD", "origin/main", "origin/master", "main", "master"];

/// What is known of versions.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The migrations of this folder, in their order.
    pub here: Vec<Migration>,
    /// Those of the main branch.
    pub there: Vec<Migration>,
    /// The branches that were read; empty: there is no git, or no main branch.
    pub compared: Vec<&'static str>,
}

/// Reads names only: what the files hold does not matter.
#[must_use]
pub fn migrations(workspace: &Workspace, settings: &Settings) -> Known {
    let here = flyway::load_names(&workspace.project, settings, &workspace.request, workspace.machine()).migrations;
    let mut known = Known { here, ..Known::default() };
    let mut files = BTreeSet::new();
    for branch in MAIN {
        if let Some(found) = files_of(&workspace.root, branch) {
            known.compared.push(branch);
            files.extend(found);
        }
    }
    let files = files.into_iter().map(|path| ProjectFile { path, content: Vec::new() }).collect();
    known.there = flyway::load_names(&Project { files }, settings, &workspace.request, workspace.machine()).migrations;
    known
}

/// Files of a branch below `root`, relative to it.
pub(crate) fn files_of(root: &Path, branch: &str) -> Option<Vec<String>> {
    let text = git(root, &["ls-tree", "-r", "-z", "--name-only", branch, "--", "."])?;
    Some(text.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
}

/// What git says in a folder; absent where there is none or it says no.
pub(crate) fn git(root: &Path, words: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    git.arg("-C").arg(root).args(words).stdin(Stdio::null()).stderr(Stdio::null());
    let output = git.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

impl Known {
    /// The versions as they stand in the names of the files.
    #[must_use]
    pub fn versions(&self, settings: &FlywaySettings) -> Vec<String> {
        let written = |migration: &Migration| {
            let prefix = match migration.kind {
                MigrationKind::Versioned => &settings.versioned_prefix,
                MigrationKind::Baseline => &settings.baseline_prefix,
                MigrationKind::Repeatable | MigrationKind::Revision => return None,
            };
            let rest = path::name(&migration.path).strip_prefix(prefix.as_str())?;
            let version = rest.split_once(settings.separator.as_str()).map(|(version, _)| version.to_owned());
            version.or_else(|| migration.version.clone())
        };
        self.here.iter().chain(&self.there).filter_map(written).collect()
    }

    /// The file beside which a new one belongs.
    #[must_use]
    pub fn neighbour(&self, repeatable: bool) -> Option<&str> {
        let kind = |wanted| move |migration: &&Migration| (migration.kind == MigrationKind::Repeatable) == wanted;
        let newest = |wanted| self.here.iter().rfind(kind(wanted)).map(|migration| migration.path.as_str());
        newest(repeatable).or_else(|| newest(!repeatable))
    }

    /// What was looked at, as a sentence.
    #[must_use]
    pub fn said(&self) -> String {
        match self.compared.as_slice() {
            [] => "No main branch was found to compare with.".to_owned(),
            branches => format!("It is free here and on {}.", branches.join(", ")),
        }
    }
}

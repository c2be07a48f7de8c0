//! Reads an Alembic script folder without Python: revision files, their graph, and the SQL of their directives.
//!
//! What Alembic does was read in its source and run (`facts/alembic.md`); section numbers refer to that file.

pub mod book;
mod direction;
mod environment;
pub mod frame;
mod interpreter;
pub mod level;
pub mod listing;
mod location;
mod mako;
mod map_check;
pub mod new_file;
pub mod offline;
mod order;
pub mod python_text;
mod render;
mod revision_file;
mod revision_map;
pub mod stamp;
mod target;
pub mod version_rows;

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::Finding;
use crate::migration::{Migration, MigrationId, MigrationKind, Script, SourceKind};
use crate::project::alembic_env;
use crate::project::settings::Settings;
use crate::project::{Project, ProjectFile, Request};
use crate::sort::Gather;
use interpreter::library::{Library, Modules};
pub use location::locations;
use render::Renderer;
use revision_file::{Located, RevisionFile};
use revision_map::RevisionMap;

/// Reads the revisions in Alembic's upgrade order, base to heads, rendered for `settings.dialect`.
///
/// Nothing where the project has no Alembic source; a finding where one is configured and cannot be read.
#[must_use]
pub fn load(project: &Project, settings: &Settings, request: &Request) -> (Vec<Migration>, Vec<Finding>) {
    let Some((files, mut findings)) = book::files(project, settings, request) else { return (Vec::new(), Vec::new()) };
    let mut migrations: Vec<Migration> = files.iter().enumerate().map(|(at, file)| migration(at, file)).collect();
    let order = upgrade_order(&migrations);
    let mut renderer = Renderer::new(settings, environment::naming(project, settings));
    renderer.hooks = files.iter().find_map(hook).or_else(|| project.files.iter().find_map(attach_hook));
    let library = Library::new(project);
    let env = alembic_env::file(project, &settings.alembic).map(|file| file.path.as_str());
    let modules = Modules::new(&library, &request.alembic.arguments, &settings.alembic.constants, env);
    for at in &order {
        if let (Some(file), Some(migration)) = (files.get(*at), migrations.get_mut(*at)) {
            migration.up = direction::up(file, &mut renderer, &modules, &mut findings);
            migration.undo = direction::down(file, &renderer, &modules, &mut findings);
            findings.extend(direction::assumptions(file, migration));
        }
    }
    (sorted(migrations, &order), findings)
}

fn migration(load_order: usize, file: &RevisionFile) -> Migration {
    let ids = |texts: &[Located]| texts.iter().map(|located| MigrationId(located.text.clone())).collect();
    Migration {
        id: file.migration_id(),
        source: SourceKind::Alembic,
        kind: MigrationKind::Revision,
        version: Some(file.id.text.clone()),
        description: file.description.clone(),
        script: file.script.clone(),
        path: file.path.clone(),
        checksum: None,
        parents: ids(&file.parents),
        depends_on: ids(&file.depends_on),
        labels: file.labels.iter().map(|label| label.text.clone()).collect(),
        load_order,
        up: Script { path: file.path.clone(), script: file.script.clone(), ..Script::default() },
        undo: None,
    }
}

/// A listener or compiler that a revision file registers when it is imported: it works for all revisions of a run.
fn hook(file: &RevisionFile) -> Option<String> {
    let words = ["@compiles(", ".compiles(", "listens_for(", "event.listen("];
    let at = file.text.lines().position(|line| words.iter().any(|word| line.contains(word)))?;
    Some(format!("{}:{}", file.path, at + 1))
}

/// A listener of the models that changes constraints as they are made; `env.py` imports the models.
fn attach_hook(file: &ProjectFile) -> Option<String> {
    const WORD: &str = "parent_attach";
    if !file.path.ends_with(".py") {
        return None;
    }
    let text = String::from_utf8_lossy(&file.content);
    // Most files have it nowhere.
    if !text.contains(WORD) {
        return None;
    }
    let at = text.lines().position(|line| line.contains("listen") && line.contains(WORD))?;
    Some(format!("{}:{}", file.path, at + 1))
}

/// Indexes in the order `upgrade heads` on an empty database runs them; what a cycle hides comes last, in file order.
fn upgrade_order(migrations: &[Migration]) -> Vec<usize> {
    let references: Vec<&Migration> = migrations.iter().collect();
    let map = RevisionMap::new(&references);
    let all: BTreeSet<usize> = (0..map.revisions.len()).gather();
    let mut ids: Vec<&str> = order::topological(&map, &all, &map.real_heads()).iter().rev().map(|at| map.id(*at)).collect();
    let placed: BTreeSet<&str> = ids.iter().copied().gather();
    ids.extend(map.revisions.iter().map(|revision| revision.id.as_str()).filter(|id| !placed.contains(id)));
    // Of two files with one id the first counts.
    let places: BTreeMap<&str, usize> =
        migrations.iter().enumerate().rev().map(|(at, migration)| (migration.id.0.as_str(), at)).gather();
    ids.iter().filter_map(|id| places.get(id).copied()).collect()
}

/// One migration an id: a second file of the same id is a finding, not a second node.
fn sorted(migrations: Vec<Migration>, order: &[usize]) -> Vec<Migration> {
    let mut slots: Vec<Option<Migration>> = migrations.into_iter().map(Some).collect();
    order.iter().filter_map(|at| slots.get_mut(*at)?.take()).collect()
}

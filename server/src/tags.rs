//! Releases that nobody has written down: the version tags of the repository, each with the migrations in its tree.

use std::collections::BTreeSet;
use std::path::Path;

use planner::matrix::release::{Release, load, order, tags};
use planner::migration::{Migration, MigrationKind, SourceKind};
use planner::project::path;

use crate::branches::{files_of, git};
use crate::workspace::Workspace;

/// The newest version tags as releases, oldest first. Without git, a repository or such tags there are none.
#[must_use]
pub fn releases(workspace: &Workspace) -> Vec<Release> {
    let most = tags(&workspace.project);
    let (listed, _) = load(&workspace.project);
    let listed: BTreeSet<&str> = listed.iter().map(|release| release.version.as_str()).collect();
    let mut names = if most == 0 { Vec::new() } else { versions(&workspace.root, &listed) };
    if names.is_empty() {
        return Vec::new();
    }
    let (settings, _) = workspace.settings(&workspace.request);
    let loaded = planner::source::load(&workspace.project, &settings, &workspace.request, workspace.machine());
    let own: Vec<&Migration> = loaded.migrations.iter().filter(|migration| migration.source == settings.source).collect();
    let older = names.len().saturating_sub(most);
    let mut at = 0;
    names.retain(|(version, _)| {
        at += 1;
        at > older || listed.contains(version.as_str())
    });
    names.into_iter().filter_map(|(version, tag)| release(&workspace.root, version, &tag, &own, settings.source)).collect()
}

/// Versions with their tags, oldest first. Where there are finished versions, those with words behind them (`-rc1`) are none,
/// unless `releases.toml` lists them.
fn versions(root: &Path, listed: &BTreeSet<&str>) -> Vec<(String, String)> {
    let tags = git(root, &["for-each-ref", "--format=%(refname:short)", "refs/tags"]).unwrap_or_default();
    let mut all: Vec<(String, String)> =
        tags.lines().filter_map(|tag| Some((version(tag)?.to_owned(), tag.to_owned()))).collect();
    if all.iter().any(|(version, _)| order(version).1) {
        all.retain(|(version, _)| order(version).1 || listed.contains(version.as_str()));
    }
    all.sort_by(|(a, _), (b, _)| order(a).cmp(&order(b)));
    all.dedup_by(|(a, _), (b, _)| a == b);
    all
}

/// The version in a tag's name: `v2.1.0`, `release-2.1`, `app/2.1.0`, `app@2.1.0`.
fn version(tag: &str) -> Option<&str> {
    let name = tag.rsplit(['/', '@']).next()?;
    let start = name.find(|c: char| c.is_ascii_digit())?;
    let (before, version) = name.split_at(start);
    let plain = before.is_empty() || before.ends_with(['v', 'V', '-', '_']);
    // One number alone is a date, a build or an issue, unless it says that it is a version.
    let numbered = order(version).0.len() > 1 || version.contains('.') || matches!(before, "v" | "V");
    (plain && numbered).then_some(version)
}

/// A tag that holds migrations of this project.
fn release(root: &Path, version: String, tag: &str, own: &[&Migration], source: SourceKind) -> Option<Release> {
    let tree = files_of(root, &format!("refs/tags/{tag}"))?;
    let paths: BTreeSet<&str> = tree.iter().map(String::as_str).collect();
    let counts = |migration: &&&Migration| {
        matches!(migration.kind, MigrationKind::Versioned | MigrationKind::Revision) && migration.id.0 != "base"
    };
    let mut held: Vec<&Migration> =
        own.iter().filter(counts).filter(|migration| paths.contains(migration.path.as_str())).copied().collect();
    if held.is_empty() {
        // The folder had another name then.
        let names: BTreeSet<&str> = paths.iter().map(|path| path::name(path)).collect();
        held = own.iter().filter(counts).filter(|migration| names.contains(path::name(&migration.path))).copied().collect();
    }
    let last = held.last()?;
    let mut release = Release { version, inferred: true, ..Release::default() };
    match source {
        SourceKind::Flyway => {
            let before = own.iter().filter(counts).take_while(|migration| migration.id != last.id).count();
            let lacks = (before + 1).saturating_sub(held.len());
            let schema = last.version.clone().unwrap_or_default();
            release.schema = Some(if lacks == 0 { schema } else { format!("{schema} without {lacks} before it") });
            release.holds = held.iter().map(|migration| migration.id.0.clone()).collect();
        }
        SourceKind::Alembic => {
            let parents: BTreeSet<&str> = held.iter().flat_map(|one| &one.parents).map(|id| id.0.as_str()).collect();
            let heads = held.iter().filter(|one| !parents.contains(one.id.0.as_str()));
            release.revisions = heads.map(|one| one.id.0.clone()).collect();
        }
    }
    Some(release)
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn tags_that_look_like_versions() {
        let cases = [
            ("v2.1.0", Some("2.1.0")),
            ("2.1", Some("2.1")),
            ("release-2.1.0-rc1", Some("2.1.0-rc1")),
            ("app/v3.0", Some("3.0")),
            ("app@1.2.3", Some("1.2.3")),
            ("v12", Some("12")),
            ("20240101", None),
            ("build-77", None),
            ("lint-verified", None),
            ("mp3.0", None),
        ];
        for (tag, expected) in cases {
            assert_eq!(version(tag), expected, "{tag}");
        }
    }
}

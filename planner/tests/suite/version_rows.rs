//! Paths and version rows of Alembic revisions, held against what the real Alembic did (`tests/version_rows/alembic.txt`).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use planner::migration::{Migration, MigrationId};
use planner::project::settings::Settings;
use planner::project::{Project, ProjectFile, Request, SourceSpec};
use planner::source::alembic;
use planner::source::alembic::version_rows::{apply_downgrade, apply_upgrade, downgrade_path, upgrade_path};

const RECORDED: &str = include_str!("../version_rows/alembic.txt");

/// Where we refuse on purpose what Alembic does: with several rows it warns and takes back from the first row of an
/// unordered SELECT.
fn refused_on_purpose(rows: &BTreeSet<String>, target: &str) -> bool {
    rows.len() > 1 && target.starts_with('-')
}

fn revisions() -> Vec<Migration> {
    let (graph, _) = RECORDED.split_once("\n\n").unwrap();
    let files = graph.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let fields: Vec<&str> = line.split('|').map(str::trim).collect();
        let tuple = |ids: &str| ids.split_whitespace().map(|id| format!("'{id}',")).collect::<String>();
        let or_none = |ids: &str| if ids.is_empty() { "None".to_owned() } else { format!("({})", tuple(ids)) };
        let content = format!(
            "revision = '{}'\ndown_revision = {}\nbranch_labels = {}\ndepends_on = {}\ndef upgrade():\n    pass\n",
            fields[0],
            or_none(fields[1]),
            or_none(fields[2]),
            or_none(fields[3])
        );
        ProjectFile { path: format!("db/versions/{}_x.py", fields[0]), content: content.into_bytes() }
    });
    let project = Project { files: files.collect() };
    let source = Some(SourceSpec { kind: planner::migration::SourceKind::Alembic, folder: "db".to_owned() });
    let (migrations, _) = alembic::load(&project, &Settings::default(), &Request { source, ..Request::default() });
    assert_eq!(migrations.len(), 13);
    migrations
}

/// What the planner would run, in the recording's form. The revisions come in upgrade order, as `load` gives them.
fn outcome(revisions: &[&Migration], rows: &BTreeSet<String>, verb: &str, target: &str) -> String {
    let up = verb == "upgrade";
    let path = if up { upgrade_path(revisions, rows, Some(target)) } else { downgrade_path(revisions, rows, target) };
    let Ok(path) = path else { return "refused".to_owned() };
    let mut rows = rows.clone();
    let steps: Vec<String> = path.iter().map(|id| step(revisions, id, &mut rows, up)).collect();
    if steps.is_empty() { "nothing".to_owned() } else { steps.join(" ; ") }
}

/// Applies one revision; the rows named as going and coming have to be the difference.
fn step(revisions: &[&Migration], id: &MigrationId, rows: &mut BTreeSet<String>, up: bool) -> String {
    let before = rows.clone();
    let (gone, come) = if up { apply_upgrade(revisions, id, rows) } else { apply_downgrade(revisions, id, rows) };
    let gone: BTreeSet<String> = gone.into_iter().collect();
    assert!(gone.is_subset(&before), "{id} removes {gone:?}, which {before:?} does not have");
    let expected: BTreeSet<String> = before.difference(&gone).cloned().chain(come).collect();
    assert_eq!(*rows, expected, "{id}: the rows are not those before with the change");
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    format!("{id}: {}", rows.join(" ")).trim_end().to_owned()
}

#[test]
fn paths_and_rows_are_those_of_alembic() {
    let revisions = revisions();
    let revisions: Vec<&Migration> = revisions.iter().collect();
    let (_, runs) = RECORDED.split_once("\n\n").unwrap();
    let (mut wrong, mut count) = (Vec::new(), 0);
    for line in runs.lines().filter(|line| !line.starts_with('#')) {
        let [start, command, expected] = line.splitn(3, " | ").collect::<Vec<_>>().try_into().unwrap();
        let rows: BTreeSet<String> = start.split(' ').filter(|row| *row != "-").map(str::to_owned).collect();
        let (verb, target) = command.split_once(' ').unwrap();
        let expected = if verb == "downgrade" && refused_on_purpose(&rows, target) { "refused" } else { expected };
        let actual = outcome(&revisions, &rows, verb, target);
        if actual != expected {
            wrong.push(format!("{start} | {command}\n  alembic {expected}\n  planner {actual}"));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 2000, "{count} runs were recorded");
}

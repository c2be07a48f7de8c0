//! What brings a scratch database to where the target is: what the target has, by its own migrations.

use std::collections::BTreeSet;

use planner::Report;
use planner::migration::{Migration, MigrationId, MigrationKind, SourceKind};
use planner::plan::build::applied;
use planner::project::Request;
use planner::source::flyway::version::Version;

/// The requests that do it, in order; none where the target has nothing.
pub(super) fn requests(asked: &Request, observed: &Request, report: &Report) -> Vec<Request> {
    let up_to = |to: String| Request { up_to: Some(to), ..asked.clone() };
    match report.settings.source {
        SourceKind::Alembic => observed.applied.alembic.iter().cloned().map(up_to).collect(),
        SourceKind::Flyway => match picks(observed, report) {
            Some(picks) if picks.is_empty() => Vec::new(),
            Some(picks) => {
                let mut request = Request { up_to: None, out_of_order: true, ..asked.clone() };
                request.flyway.insert("cherryPick".to_owned(), picks.join(","));
                vec![request]
            }
            None => newest(observed).map(up_to).into_iter().collect(),
        },
    }
}

/// What the target has as `cherryPick` names it, in the order it came; a repeatable that will run again is left for the way up.
/// `None`: a baseline stands for some of it.
fn picks(observed: &Request, report: &Report) -> Option<Vec<String>> {
    let own: Vec<&Migration> = report.migrations.iter().filter(|one| one.source == SourceKind::Flyway).collect();
    let held = applied(&own, &report.settings, observed);
    let pending: BTreeSet<&MigrationId> = report.plan.steps.iter().map(|step| &step.migration).collect();
    let mut found: Vec<(usize, String)> = Vec::new();
    for migration in own.into_iter().filter(|one| held.contains(&one.id) && !pending.contains(&one.id)) {
        if migration.kind == MigrationKind::Baseline {
            return None;
        }
        let version = migration.version.as_deref().and_then(Version::parse);
        let row = observed.applied.flyway.iter().rposition(|row| match &version {
            Some(version) => row.version.as_deref().and_then(Version::parse).as_ref() == Some(version),
            None => row.version.is_none() && row.description == migration.description,
        });
        let name = migration.version.clone().unwrap_or_else(|| migration.description.clone());
        // Below a baseline it has no row; a comma ends a name.
        match row {
            Some(row) if !name.contains(',') => found.push((row, name)),
            Some(_) if migration.version.is_none() => {}
            _ => return None,
        }
    }
    found.sort();
    Some(found.into_iter().map(|(_, name)| name).collect())
}

fn newest(observed: &Request) -> Option<String> {
    let rows = observed.applied.flyway.iter().filter(|row| row.success);
    let versions = rows.filter_map(|row| Version::parse(row.version.as_deref()?));
    versions.max().map(|version| version.display().to_owned())
}

//! What has to be taken back so that nothing of what a run applied is left.

use std::collections::BTreeSet;

use planner::Report;
use planner::graph::order::ancestors;
use planner::migration::{Migration, MigrationId, SourceKind};
use planner::project::Request;

use super::versions;
use crate::exit::{Exit, Failure, Outcome};

/// Newest first: what is left of `made`, and whatever was applied on top of it. Repeatable migrations stay.
///
/// # Errors
/// A version in the way has no file any more.
pub fn since<'a>(report: &'a Report, request: &Request, made: &BTreeSet<MigrationId>) -> Outcome<Vec<&'a Migration>> {
    match report.settings.source {
        SourceKind::Flyway => {
            let rows: Vec<_> = versions(report, request).collect();
            // A history row of a file that is gone is known by its version.
            let is_made = |row: &super::Applied<'_>| match row.migration {
                Some(migration) => made.contains(&migration.id),
                None => made.contains(&MigrationId(format!("V{}", row.version))),
            };
            let count = rows.iter().rposition(is_made).map_or(0, |last| last + 1);
            rows.iter().take(count).map(super::Applied::file).collect()
        }
        SourceKind::Alembic => {
            let own: Vec<&Migration> = report.migrations.iter().filter(|one| one.source == SourceKind::Alembic).collect();
            let applied = ancestors(&own, request.applied.alembic.iter().map(|row| MigrationId(row.clone())).collect());
            let mut goes = BTreeSet::new();
            let mut found = Vec::new();
            // Revisions stand behind what they build on.
            for revision in own.into_iter().filter(|revision| applied.contains(&revision.id)) {
                let stands_on = revision.parents.iter().chain(&revision.depends_on).any(|below| goes.contains(below));
                if stands_on || made.contains(&revision.id) {
                    goes.insert(revision.id.clone());
                    found.push(revision);
                }
            }
            found.reverse();
            Ok(found)
        }
    }
}

/// The same under the lock: nothing may have been applied or taken back since it was shown.
///
/// # Errors
/// [`Exit::Stale`] where it is not the same any more.
pub(super) fn still<'a>(report: &'a Report, request: &Request, run: &str, these: &[MigrationId]) -> Outcome<Vec<&'a Migration>> {
    let now = since(report, request, &these.iter().cloned().collect())?;
    if now.iter().map(|migration| &migration.id).eq(these) {
        return Ok(now);
    }
    let list = |ids: Vec<&MigrationId>| ids.iter().map(|id| id.0.as_str()).collect::<Vec<_>>().join(", ");
    Err(Failure::new(
        Exit::Stale,
        format!(
            "What there is to take back changed meanwhile: it was {}, now it is {}. Nothing was changed.",
            list(these.iter().collect()),
            list(now.iter().map(|migration| &migration.id).collect())
        ),
        format!("Look again with `flightplan rollback --run {run} --dry-run`."),
    ))
}

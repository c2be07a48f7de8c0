//! The tables of the store, brought about by Flightplan's own executor from the migrations in `server/migrations`.
//!
//! A file that a version before 14 made has no history table: its version stands in `user_version`, and becomes its baseline.

use std::sync::Arc;
use std::time::Duration;

use planner::migration::SourceKind;
use planner::project::{Project, ProjectFile, Request, SourceSpec};
use rust_embed::Embed;

use crate::actor::user;
use crate::approval::quorum::Enclosed;
use crate::event::{Silence, StopSwitch};
use crate::execution::{self, Mandate, Order};
use crate::exit::{Failure, Outcome};
use crate::failpoint;
use crate::store::place::Place;
use crate::store::product::words;
use crate::url::TargetUrl;
use crate::workspace::Workspace;

/// Version of the newest migration.
const SCHEMA_VERSION: i64 = 14;

/// Writes it where versions before 14 look for it.
pub(super) const NOTE_VERSION: &str = "PRAGMA user_version = 14";

/// The history table.
pub(super) const HISTORY: &str = "flyway_schema_history";

/// How long to wait for another node that makes the tables.
const WAIT: Duration = Duration::from_secs(60);

/// Files of both products, and of each in its folder.
#[derive(Embed)]
#[folder = "migrations"]
struct Files;

/// Whether migrations are missing.
///
/// # Errors
/// The store is of a later version.
pub(super) fn is_missing(place: &Place, version: i64) -> Outcome<bool> {
    if version > SCHEMA_VERSION {
        return Err(Failure::usage(
            format!(
                "The control store {place} cannot be opened: it was written by a later version (tables {version}, this one \
                 knows {SCHEMA_VERSION})."
            ),
            "Use that version of Flightplan, or name another store with --store.",
        ));
    }
    Ok(version < SCHEMA_VERSION)
}

/// Runs what is missing, all of it in one transaction. `version` is what a SQLite file says of itself.
///
/// # Errors
/// [`Exit::Locked`](crate::exit::Exit::Locked) where another node is at it for too long; the store's refusal.
pub(super) async fn run(place: &Place, url: TargetUrl, version: Option<i64>) -> Outcome<()> {
    let mut request = request(&url);
    if let Some(version) = version.filter(|version| *version > 0) {
        request.flyway.insert("baselineOnMigrate".to_owned(), "true".to_owned());
        request.flyway.insert("baselineVersion".to_owned(), version.to_string());
    }
    if let Some(schema) = &url.schema {
        request.flyway.insert("defaultSchema".to_owned(), schema.clone());
    }
    let workspace = Workspace::in_memory(project(&url), request.clone(), TargetUrl { schema: None, ..url });
    let order = Order {
        id: execution::new_run_id(),
        request,
        mandate: Mandate::AtOnce,
        actor: user(),
        lock_wait: WAIT,
        store: None,
        enclosed: Enclosed::default(),
        listener: Box::new(Silence),
        changed: Arc::default(),
        switch: StopSwitch::default(),
    };
    let _elsewhere = failpoint::rest();
    let done = Box::pin(execution::once(&workspace, order)).await;
    done.map(drop).map_err(|refused| {
        let failure = refused.failure;
        let found = refused.findings.first().map(|finding| format!(" {}", finding.message)).unwrap_or_default();
        Failure::new(
            failure.exit,
            format!("The control store {place} cannot be opened: {}{found}", failure.message),
            failure.cure,
        )
    })
}

fn request(url: &TargetUrl) -> Request {
    let (source, dialect) = (SourceSpec { kind: SourceKind::Flyway, folder: "sql".to_owned() }, url.dialect);
    let flyway = [("group", "true"), ("table", HISTORY)];
    let text = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
    Request {
        source: Some(source),
        dialect: Some(dialect),
        placeholders: words(dialect).into_iter().map(text).collect(),
        flyway: flyway.into_iter().map(text).collect(),
        ..Request::default()
    }
}

/// What both products share, and what is of this one.
fn project(url: &TargetUrl) -> Project {
    let own = format!("{}/", url.dialect.name());
    let files = Files::iter().filter_map(|name| {
        let short = name.strip_prefix(&own).unwrap_or(&name);
        let content = Files::get(&name).filter(|_| !short.contains('/'))?.data.into_owned();
        Some(ProjectFile { path: format!("sql/{short}"), content })
    });
    Project { files: files.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_file_is_the_version_of_the_schema() {
        let version = |name: &str| name.rsplit('/').next()?.strip_prefix('V')?.split("__").next()?.parse::<i64>().ok();
        assert_eq!(Files::iter().filter_map(|name| version(&name)).max(), Some(SCHEMA_VERSION));
        assert!(NOTE_VERSION.ends_with(&format!(" {SCHEMA_VERSION}")));
    }
}

//! What keeps a command from beginning.

use std::borrow::Borrow;
use std::sync::Arc;

use planner::dialect::Dialect;
use planner::finding::Finding;
use planner::migration::SourceKind;
use planner::project::settings::{COMPUTED_VERSION_TABLE, Settings};
use planner::source::flyway::state;

use crate::execution::{Mandate, Order, Refused};
use crate::exit::{Exit, Failure, Outcome};
use crate::observe::Observed;
use crate::url::TargetUrl;

/// Refuses findings that keep anything from running.
///
/// # Errors
/// [`Exit::Usage`] with the blocking findings; [`Exit::Failed`] where it is Flyway's validation that failed.
pub fn refuse_blocking(findings: &[impl Borrow<Finding>]) -> Result<(), Refused> {
    let blocking: Vec<Arc<Finding>> =
        findings.iter().map(Borrow::borrow).filter(|finding| finding.blocking).cloned().map(Arc::new).collect();
    let message = match blocking.as_slice() {
        [] => return Ok(()),
        [_] => "Nothing was changed: 1 problem has to be mended first.".to_owned(),
        many => format!("Nothing was changed: {} problems have to be mended first.", many.len()),
    };
    let verdicts = blocking.iter().all(|finding| state::is_verdict(finding));
    let failure = Failure::new(if verdicts { Exit::Failed } else { Exit::Usage }, message, "");
    Err(Refused { failure, findings: blocking })
}

/// Refuses to write into a version table whose name only Python knows: with another one than Alembic's, revisions that are
/// applied would run again. Reading goes on without it, and warns.
///
/// # Errors
/// [`Exit::Usage`] with the findings that name the keys to set.
pub fn refuse_computed_table(settings: &Settings, findings: &[impl Borrow<Finding>]) -> Result<(), Refused> {
    let computed = |finding: &&Finding| finding.rule == COMPUTED_VERSION_TABLE;
    let asked: Vec<Arc<Finding>> = findings
        .iter()
        .map(Borrow::borrow)
        .filter(computed)
        .map(|it| Arc::new(Finding { blocking: true, ..it.clone() }))
        .collect();
    if settings.source == SourceKind::Alembic { refuse_blocking(&asked) } else { Ok(()) }
}

/// Nothing goes forth while an emergency takes the database back.
pub(super) async fn refuse_in_emergency(order: &Order, settings: &Settings, url: &TargetUrl) -> Outcome<()> {
    let Some(store) = order.store.as_ref().filter(|_| !matches!(order.mandate, Mandate::TakeBack(_))) else { return Ok(()) };
    let Some(open) = store.open_emergency(&settings.environment, &url.identity()).await? else { return Ok(()) };
    let again = format!("flightplan --env {} rollback --emergency", settings.environment);
    Err(Failure::new(
        Exit::Locked,
        format!("Emergency {}, begun by {} at {}, is not over. Nothing was changed.", open.id, open.actor, open.started_at),
        format!("Go on with it: {again}; or end it where it is: {again} --give-up"),
    ))
}

/// Refuses a database that is in use and has no history.
///
/// # Errors
/// [`Exit::Usage`], unless a baseline is allowed.
pub fn refuse_unmanaged(settings: &Settings, observed: &Observed) -> Outcome<()> {
    if !observed.unmanaged || observed.baseline.is_some() {
        return Ok(());
    }
    let tables: Vec<&str> = observed.schema.tables.iter().map(|table| table.name.as_str()).take(5).collect();
    Err(Failure::usage(
        format!(
            "Found non-empty schema(s) {} but no schema history table. Use baseline() or set baselineOnMigrate to true to \
             initialize the schema history table.",
            non_empty(settings, observed)
        ),
        format!(
            "The schema is not empty (it has {}) and has no {}. Point at an empty schema, or set baselineOnMigrate=true (and \
             baselineVersion) to start from what is there.",
            if tables.is_empty() { "views, sequences, types or functions".to_owned() } else { tables.join(", ") },
            settings.flyway.table
        ),
    ))
}

/// The schemas that hold something, quoted.
fn non_empty(settings: &Settings, observed: &Observed) -> String {
    let quote = if matches!(observed.schema.dialect, Dialect::MySql | Dialect::MariaDb) { '`' } else { '"' };
    let mut names: Vec<String> = observed.schema.tables.iter().filter_map(|table| table.schema.clone()).collect();
    names.extend(observed.schema.views.iter().filter_map(|view| view.schema.clone()));
    names.sort();
    names.dedup();
    if names.is_empty() {
        let identity = observed.request.target.as_ref().map(|target| target.identity.as_str());
        let database = identity.and_then(|identity| identity.rsplit('/').next()).filter(|_| quote == '`').unwrap_or("main");
        names.push(settings.flyway.default_schema.clone().unwrap_or_else(|| database.to_owned()));
    }
    names.iter().map(|name| format!("{quote}{name}{quote}")).collect::<Vec<_>>().join(",")
}

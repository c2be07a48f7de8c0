//! What is seen of the target before anything runs, and what is held against it.

use std::sync::Arc;

use planner::Report;
use planner::finding::Finding;
use planner::migration::{Migration, SourceKind};
use planner::name::ObjectName;
use planner::plan::Plan;
use planner::project::{AlembicAsked, Request, TargetIdentity};
use planner::source::flyway::callback::Event;
use planner::source::flyway::state;

use crate::execution::right::check;
use crate::execution::{Mandate, Order, Refused, refuse_blocking, refuse_unmanaged};
use crate::exit::{Failure, Outcome};
use crate::history::History;
use crate::journal::Journal;
use crate::observe::{self, Observed};
use crate::preflight::{self, Note};
use crate::run::callback::Callbacks;
use crate::target::Target;
use crate::url::TargetUrl;
use crate::workspace::Workspace;

/// The target and what the planner makes of it.
pub(super) struct Sight {
    pub(super) observed: Observed,
    pub(super) report: Report,
}

pub(super) async fn look(workspace: &Workspace, order: &Order, url: &TargetUrl, target: &mut Target) -> Result<Sight, Refused> {
    let (settings, _) = workspace.settings(&order.request);
    let observed = observe::observe(target, url, &settings, &order.request).await?;
    refuse_unmanaged(&settings, &observed)?;
    let report = workspace.analyze_pending(&observed.request);
    Ok(Sight { observed, report })
}

/// Whether there is anything to do, found out from names, checksums and history alone: no schema is read, no row counted.
pub(super) async fn up_to_date(
    workspace: &Workspace,
    asked: &Request,
    url: &TargetUrl,
    history: &History,
    target: &mut Target,
) -> Outcome<Option<(Request, Report)>> {
    let request = Request {
        dialect: Some(target.dialect()),
        server_version: Some(asked.server_version.unwrap_or(target.version())),
        target: Some(TargetIdentity { identity: url.identity(), fingerprint: String::new() }),
        applied: history.applied(target).await?,
        alembic: AlembicAsked { url_dialect: Some(url.dialect), ..asked.alembic.clone() },
        ..asked.clone()
    };
    Ok(workspace.up_to_date(&request).map(|report| (request, report)))
}

/// What Flyway's `migrate` does first: `validateOnMigrate` with its callbacks. `true`: callbacks ran, by right of the order.
///
/// # Errors
/// Anything that keeps the plan from running, before anything is changed.
pub(super) async fn validate(
    workspace: &Workspace,
    order: &Order,
    url: &TargetUrl,
    history: &History,
    target: &mut Target,
    sight: &mut Sight,
) -> Result<bool, Refused> {
    let events = [Event::BeforeValidate, Event::AfterValidate, Event::AfterValidateError];
    let callbacks = Callbacks::planned(&sight.report.plan.callbacks, &sight.report);
    let place = history.table.schema.clone().unwrap_or_default();
    if !events.iter().any(|event| callbacks.has(*event)) || !target.has_schema(&place).await.map_err(Failure::from)? {
        refuse_blocking(&sight.report.plan.findings)?;
        refuse_blocking(&sight.report.findings)?;
        return Ok(false);
    }
    let broken: Vec<Arc<Finding>> = sight.report.findings.iter().filter(|finding| !state::is_verdict(finding)).cloned().collect();
    refuse_blocking(&broken)?;
    let granted = check(workspace, order, history, target, &sight.report.plan).await?;
    let callbacks = Callbacks::planned(&granted.callbacks, &sight.report);
    callbacks.fire(target, Event::BeforeValidate).await?;
    *sight = look(workspace, order, url, target).await?;
    let valid = refuse_blocking(&sight.report.plan.findings).and_then(|()| refuse_blocking(&sight.report.findings));
    if let Err(refused) = valid {
        let failure = callbacks.after_failure(target, &[Event::AfterValidateError], refused.failure).await;
        return Err(Refused { failure, findings: refused.findings });
    }
    callbacks.fire(target, Event::AfterValidate).await?;
    Ok(true)
}

pub(super) fn callback_findings(report: &Report) -> Vec<Arc<Finding>> {
    report.findings.iter().filter(|finding| finding.rule.ends_with("-callback")).cloned().collect()
}

/// How many files and rows were compared before the run.
pub(super) fn validated(mandate: &Mandate, report: &Report, request: &Request) -> Option<usize> {
    let compared = report.settings.source == SourceKind::Flyway && report.settings.flyway.validate_on_migrate;
    if !compared || matches!(mandate, Mandate::TakeBack(_) | Mandate::Rehearsal(_)) {
        return None;
    }
    let files: Vec<&Migration> = report.migrations.iter().filter(|file| file.source == SourceKind::Flyway).collect();
    Some(state::validation(&files, &report.settings, request, true).0.count)
}

/// What is looked at when the plan is known and nothing has run: whether it is the time, and whether the server is ready.
///
/// # Errors
/// [`Exit::ApprovalMissing`] outside a window; [`Exit::Findings`] where something stops the run.
pub(super) async fn before(
    workspace: &Workspace,
    order: &Order,
    target: &mut Target,
    (url, history): (&TargetUrl, &History),
    (plan, request): (&Plan, &Request),
) -> Outcome<Vec<Note>> {
    let rehearses = matches!(order.mandate, Mandate::Rehearsal(_));
    if plan.steps.is_empty() || rehearses {
        return Ok(Vec::new());
    }
    if !matches!(order.mandate, Mandate::TakeBack(_)) {
        workspace.sections().windows.refuse(&plan.environment, chrono::Utc::now())?;
    }
    let journal = Journal::beside(&history.table);
    let bookkeeping: Vec<ObjectName> = std::iter::once(history.table.clone()).chain(journal.tables()).collect();
    let settings = &workspace.sections().preflight;
    let asked = preflight::Asked { url, settings, plan, statistics: &request.statistics, bookkeeping: &bookkeeping };
    let notes = preflight::look(target, &asked).await;
    preflight::refuse(&notes)?;
    Ok(notes)
}

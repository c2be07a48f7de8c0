//! The plan from its parts.

use std::sync::Arc;

use super::build::Course;
use super::estimate::totals;
use super::simulate::Simulation;
use super::{Plan, PlanTarget, PlannedCallback, PlannedStatement, Rollout, Step};
use crate::finding::Finding;
use crate::migration::MigrationId;
use crate::places::Places;
use crate::project::Request;
use crate::project::settings::Settings;
use crate::statement::reading::{Machine, both};

/// What is executed.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// In order.
    pub steps: Vec<Step>,
    /// Whether they are one transaction.
    pub group: bool,
    /// What runs around them.
    pub callbacks: Vec<PlannedCallback>,
    /// The releases they are for.
    pub rollout: Option<Rollout>,
}

/// The plan, but for its digest.
#[must_use]
pub fn finish(
    machine: &dyn Machine,
    settings: &Settings,
    request: &Request,
    course: &Course,
    simulation: &Simulation,
    run: Run,
    findings: &[Arc<Finding>],
) -> Plan {
    let Run { steps, group, callbacks, rollout } = run;
    let work = |step: &Step, statement: &PlannedStatement| {
        let judged = simulation.migrations.get(&step.migration).filter(|_| statement.callback.is_none())?;
        let number: usize = statement.id.rsplit(':').next()?.parse().ok()?;
        judged.statements.get(number.checked_sub(1)?)?.work_ms
    };
    let concerning = || -> Vec<Arc<Finding>> {
        let pending = Places::of(course.pending.iter());
        let of_plan = |id: &MigrationId| pending.contains(id);
        let concerns = |finding: &&Arc<Finding>| finding.blocking || finding.migration.as_ref().is_none_or(of_plan);
        findings.iter().filter(concerns).cloned().collect()
    };
    let (estimate, findings) = both(machine, || totals(&steps, &request.statistics, work), concerning);
    Plan {
        format: 1,
        digest: String::new(),
        project: settings.project.clone(),
        environment: settings.environment.clone(),
        target: PlanTarget {
            dialect: settings.dialect,
            server_version: settings.server_version,
            identity: request.target.as_ref().map(|target| target.identity.clone()),
            fingerprint: request.target.as_ref().map(|target| target.fingerprint.clone()),
        },
        from: course.from.clone(),
        to: course.to.clone(),
        estimate,
        steps,
        group,
        callbacks,
        rollout,
        findings,
        approvals: settings.approvals,
        rehearsal: settings.rehearsal,
    }
}

//! The whole pipeline: one line a migration, step and finding.

use super::Case;

pub(crate) fn render(case: &Case) -> String {
    let report = planner::analyze(&case.project, &case.request);
    let mut lines = Vec::new();
    for migration in &report.migrations {
        lines.push(format!("migration {} {:?} {}", migration.id, migration.checksum, migration.description));
    }
    for step in &report.plan.steps {
        lines.push(format!("step {} {:?} {:?} {}", step.id, step.phase, step.transaction, step.description));
    }
    for finding in &report.findings {
        let place = finding.span.as_ref().map(|span| format!("{}:{}", span.file, span.line)).unwrap_or_default();
        lines.push(format!("{:?} {} {place} {}", finding.severity, finding.rule, finding.message));
    }
    lines.join("\n")
}

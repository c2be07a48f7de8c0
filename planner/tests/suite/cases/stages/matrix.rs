//! The matrix as its Markdown, and what is wrong with `releases.toml`.

use super::Case;

pub(crate) fn render(case: &Case) -> String {
    let report = planner::analyze(&case.project, &case.request);
    let mut text = planner::matrix::markdown(&report.matrix);
    for finding in report.findings.iter().filter(|finding| finding.rule.contains("release")) {
        let line = finding.span.as_ref().map(|span| span.line).unwrap_or_default();
        text.push_str(&format!("{} line {line}: {}\n", finding.rule, finding.message));
    }
    for step in &report.plan.steps {
        text.push_str(&format!("{} {}\n", step.id, step.gate.as_ref().map_or("no gate", |gate| &gate.waits_for)));
    }
    text
}

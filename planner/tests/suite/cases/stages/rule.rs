//! Findings of the rules, with place, words and fix.

use super::Case;

pub(crate) fn render(case: &Case) -> String {
    let report = planner::analyze(&case.project, &case.request);
    let mut lines = Vec::new();
    for finding in &report.findings {
        let place = finding.span.as_ref().map(|span| format!("{}:{}:{}", span.file, span.line, span.column)).unwrap_or_default();
        let blocking = if finding.blocking { " blocking" } else { "" };
        lines.push(format!("{:?}{blocking} {} {place} {}", finding.severity, finding.rule, finding.message));
        for edit in finding.fix.iter().flat_map(|fix| &fix.edits) {
            lines.push(format!("  insert {:?} at {}:{}", edit.text, edit.span.line, edit.span.column));
        }
    }
    lines.join("\n")
}

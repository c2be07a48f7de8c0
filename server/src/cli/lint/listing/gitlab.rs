//! GitLab's code quality report.

use planner::finding::{Finding, Severity};
use serde_json::{Value, json};

use super::{Listing, fingerprints};

/// The report: a list of findings.
pub(in crate::cli::lint) fn render(listing: &Listing<'_>) -> Value {
    let names = fingerprints(listing.findings);
    listing.findings.iter().zip(names).map(|(finding, name)| item(listing, finding, &name)).collect()
}

fn item(listing: &Listing<'_>, finding: &Finding, fingerprint: &str) -> Value {
    let severity = match finding.severity {
        _ if finding.blocking => "blocker",
        Severity::Info => "info",
        Severity::Warning => "major",
        Severity::Error => "critical",
    };
    let span = finding.span.clone().unwrap_or_default();
    // GitLab wants a place; a finding about the project as a whole has none.
    let path = if span.file.is_empty() { "." } else { span.file.as_str() };
    json!({
        "description": format!("{} {}", finding.message, finding.workaround).trim(),
        "check_name": finding.rule,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": listing.path(path), "lines": {"begin": span.line.max(1), "end": span.end_line.max(span.line).max(1)}},
    })
}

//! Markdown for a comment under a merge request.

use super::{Listing, place, summary};

/// A table with a row a finding, and their number.
pub(in crate::cli::lint) fn render(listing: &Listing<'_>) -> String {
    if listing.findings.is_empty() {
        return "No findings.\n".to_owned();
    }
    let cell = |text: &str| text.replace('\\', "\\\\").replace('|', "\\|").replace('\n', " ").replace('<', "&lt;");
    let mut text = "| Where | Severity | Finding | Workaround |\n|---|---|---|---|\n".to_owned();
    for finding in listing.findings {
        text.push_str(&format!(
            "| {} | {} | **{}** {} {} | {} |\n",
            cell(&place(finding)),
            finding.severity.name(),
            finding.rule,
            cell(&finding.message),
            cell(&finding.effect),
            cell(&finding.workaround)
        ));
    }
    text.push_str(&format!("\n{}\n", summary(listing.findings)));
    text
}

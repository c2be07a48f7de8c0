//! GitHub's workflow commands: an annotation at each place.

use planner::finding::Severity;

use super::{Listing, sentences};

/// One command a finding.
pub(in crate::cli::lint) fn render(listing: &Listing<'_>) -> String {
    let mut text = String::new();
    for finding in listing.findings {
        let command = match finding.severity {
            Severity::Info => "notice",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        let mut properties = Vec::new();
        if let Some(span) = &finding.span {
            properties.push(format!("file={}", property(&listing.path(&span.file))));
            properties.push(format!("line={}", span.line));
            // A column means something to GitHub only within one line.
            if span.line == span.end_line && span.column < span.end_column {
                properties.push(format!("col={},endColumn={}", span.column, span.end_column));
            } else if span.line < span.end_line {
                properties.push(format!("endLine={}", span.end_line));
            }
        }
        properties.push(format!("title={}", property(&finding.rule)));
        text.push_str(&format!("::{command} {}::{}\n", properties.join(","), data(&sentences(finding))));
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_the_command_are_escaped() {
        assert_eq!(data("50 %\nof it: a, b"), "50 %25%0Aof it: a, b");
        assert_eq!(property("a:b,c"), "a%3Ab%2Cc");
    }
}

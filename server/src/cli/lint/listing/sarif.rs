//! SARIF 2.1.0, which code hosts and editors read.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use planner::finding::{Edit, Fix, Severity};
use planner::rule::{self, Rule};
use planner::span::Span;
use serde_json::{Value, json};

use super::{Listing, fingerprints};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What may stand in the path of a URI as it is.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The log, with one run.
pub(in crate::cli::lint) fn render(listing: &Listing<'_>) -> Value {
    // Findings about the input have ids too, without a text of their own.
    let mut ids: Vec<&str> = rule::ALL.iter().map(|rule| rule.id).collect();
    ids.extend(listing.findings.iter().map(|finding| finding.rule.as_str()));
    ids.sort_unstable();
    ids.dedup();
    let rules: Vec<Value> = ids.iter().map(|id| rule::find(id).map_or_else(|| json!({"id": id}), descriptor)).collect();
    let names = fingerprints(listing.findings);
    let results = listing.findings.iter().zip(&names).map(|(finding, name)| {
        let mut result = json!({
            "ruleId": finding.rule,
            "ruleIndex": ids.binary_search(&finding.rule.as_str()).ok(),
            "level": level(finding.severity),
            "message": {"text": format!("{} {} {}", finding.message, finding.effect, finding.workaround).trim()},
            "partialFingerprints": {"flightplan/v1": name},
        });
        if let Some(span) = &finding.span {
            result["locations"] =
                json!([{"physicalLocation": {"artifactLocation": artifact(listing, &span.file), "region": region(span)}}]);
        }
        if let Some(fix) = &finding.fix {
            result["fixes"] = json!([fix_of(listing, fix)]);
        }
        result
    });
    let results: Vec<Value> = results.collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "Flightplan",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

fn descriptor(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": {"text": rule.condition},
        "fullDescription": {"text": format!("{} {}", rule.condition, rule.effect)},
        "help": {"text": rule.workaround},
        "defaultConfiguration": {"level": level(rule.severity)},
    })
}

fn artifact(listing: &Listing<'_>, file: &str) -> Value {
    json!({"uri": utf8_percent_encode(&listing.path(file), PATH).to_string()})
}

fn region(span: &Span) -> Value {
    json!({
        "startLine": span.line.max(1), "startColumn": span.column.max(1),
        "endLine": span.end_line.max(span.line).max(1), "endColumn": span.end_column.max(1),
    })
}

fn fix_of(listing: &Listing<'_>, fix: &Fix) -> Value {
    let replacement = |edit: &Edit| json!({"deletedRegion": region(&edit.span), "insertedContent": {"text": edit.text}});
    let change =
        |edit: &Edit| json!({"artifactLocation": artifact(listing, &edit.span.file), "replacements": [replacement(edit)]});
    json!({"description": {"text": fix.title}, "artifactChanges": fix.edits.iter().map(change).collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_reference_without_blanks() {
        assert_eq!(utf8_percent_encode("db/V1__add é 100%.sql", PATH).to_string(), "db/V1__add%20%C3%A9%20100%25.sql");
    }
}

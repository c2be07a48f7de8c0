//! `lint --format json`.

use std::io::{self, BufWriter, Write};
use std::sync::{Arc, OnceLock};

use planner::finding::{Finding, Fix, Severity};
use planner::migration::MigrationId;
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{Formatter, PrettyFormatter};

use crate::cli::output;
use crate::console;
use crate::exit::{Failure, Outcome};
use crate::machine;

/// Findings whose text is there at a time: of ten thousand it is eight megabytes.
const WINDOW: usize = 1024;

/// Writes the findings.
pub(super) fn print(findings: &[Arc<Finding>]) -> Outcome<()> {
    if findings.is_empty() {
        return output::print_json(&whole(findings));
    }
    let mut out = BufWriter::with_capacity(1 << 16, console::Results);
    match write(findings, &mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(Failure::failed(format!("The result is no JSON: {error}."), ""))
        }
        // A reader that went away (`| head`) is no failure.
        _ => Ok(()),
    }
}

/// The findings as one value.
pub(super) fn whole(findings: &[Arc<Finding>]) -> Findings<'_> {
    Findings { format: 1, findings: findings.iter().map(|finding| flat(finding)).collect() }
}

/// The same text as of [`whole`]; each finding is turned to text by itself, on every core.
fn write(findings: &[Arc<Finding>], out: &mut impl Write) -> io::Result<()> {
    let mut between: &[u8] = b"{\n  \"format\": 1,\n  \"findings\": [\n    ";
    for window in findings.chunks(WINDOW) {
        let texts: Vec<OnceLock<Result<Vec<u8>, serde_json::Error>>> = window.iter().map(|_| OnceLock::new()).collect();
        machine::each(window.len(), &|at| {
            if let (Some(slot), Some(finding)) = (texts.get(at), window.get(at)) {
                slot.get_or_init(|| text(finding));
            }
        });
        for made in texts.into_iter().filter_map(OnceLock::into_inner) {
            out.write_all(between)?;
            out.write_all(&made.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?)?;
            between = b",\n    ";
        }
    }
    out.write_all(b"\n  ]\n}\n")
}

/// A finding, indented as it stands in the list.
fn text(finding: &Finding) -> Result<Vec<u8>, serde_json::Error> {
    let mut text = Vec::with_capacity(1024);
    let mut formatter = PrettyFormatter::new();
    formatter.begin_object(&mut text).map_err(serde_json::Error::io)?;
    formatter.begin_array(&mut text).map_err(serde_json::Error::io)?;
    text.clear();
    flat(finding).serialize(&mut Serializer::with_formatter(&mut text, formatter))?;
    Ok(text)
}

/// Findings as `lint --format json` writes them.
#[derive(Debug, Serialize)]
pub(super) struct Findings<'a> {
    format: u32,
    findings: Vec<Flat<'a>>,
}

/// A finding as `lint --format json` writes it: every field is there, but for `fix`.
#[derive(Debug, Serialize)]
struct Flat<'a> {
    rule: &'a str,
    severity: Severity,
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    message: &'a str,
    effect: &'a str,
    workaround: &'a str,
    blocking: bool,
    migration: Option<&'a MigrationId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<&'a Fix>,
}

fn flat(finding: &Finding) -> Flat<'_> {
    let place = finding.span.as_ref().map(|span| (span.file.as_str(), [span.line, span.column, span.end_line, span.end_column]));
    let (file, [line, column, end_line, end_column]) = place.unwrap_or_default();
    Flat {
        rule: &finding.rule,
        severity: finding.severity,
        file,
        line,
        column,
        end_line,
        end_column,
        message: &finding.message,
        effect: &finding.effect,
        workaround: &finding.workaround,
        blocking: finding.blocking,
        migration: finding.migration.as_ref(),
        fix: finding.fix.as_ref(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use planner::finding::Edit;
    use planner::span::Span;

    use super::*;

    #[test]
    fn the_pieces_are_the_text_of_the_whole() {
        let edit = Edit { span: Span::file("a.sql"), text: "x\ny".to_owned() };
        let fix = Fix { title: "t".to_owned(), edits: vec![edit] };
        let bare = Finding::broken("r", None, "m \"n\"", "w");
        let full =
            Finding { fix: Some(fix), migration: Some("V1".into()), ..Finding::broken("r", Some(Span::file("a.sql")), "m", "w") };
        let findings: Vec<Arc<Finding>> = [bare, full].into_iter().cycle().take(WINDOW + 1).map(Arc::new).collect();
        let mut pieces = Vec::new();
        write(&findings, &mut pieces).unwrap();
        assert_eq!(String::from_utf8(pieces).unwrap(), serde_json::to_string_pretty(&whole(&findings)).unwrap() + "\n");
    }
}

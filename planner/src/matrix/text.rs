//! The matrix as Markdown.

use std::fmt::Write;

use super::{Matrix, Verdict};

/// The guide's three columns, then the verdicts, then the reasons with their places.
#[must_use]
pub fn markdown(matrix: &Matrix) -> String {
    let mut out = String::from("| Version | Breaking Changes | Dependencies |\n|---|---|---|\n");
    for row in &matrix.rows {
        let list = |items: &[String]| {
            if items.is_empty() {
                "None".to_owned()
            } else {
                items.iter().map(|item| escape(item)).collect::<Vec<_>>().join("<br>")
            }
        };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "| {} | {} | {} |", escape(&row.version), list(&row.breaking_changes), list(&row.dependencies));
    }
    if matrix.schemas.is_empty() {
        return out;
    }
    let _ =
        writeln!(out, "\n| Release | {} |", matrix.schemas.iter().map(|schema| escape(schema)).collect::<Vec<_>>().join(" | "));
    let _ = writeln!(out, "|---|{}", "---|".repeat(matrix.schemas.len()));
    for release in &matrix.releases {
        let words: Vec<&str> =
            matrix.cells.iter().filter(|cell| cell.release == release.version).map(|cell| word(cell.verdict)).collect();
        let _ = writeln!(out, "| {} | {} |", escape(&release.version), words.join(" | "));
    }
    for cell in matrix.cells.iter().filter(|cell| !cell.reasons.is_empty()) {
        let _ = writeln!(out, "\n{} on schema {} {}:\n", cell.release, cell.schema, word(cell.verdict));
        for reason in &cell.reasons {
            let place = match (&reason.file, reason.line) {
                (Some(file), Some(line)) => format!(" ({file}:{line})"),
                _ => String::new(),
            };
            let _ = writeln!(out, "- {}{place}", escape(&reason.change));
        }
    }
    out
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Works => "works",
        Verdict::Degraded => "degraded",
        Verdict::Unknown => "unknown",
        Verdict::Breaks => "breaks",
    }
}

fn escape(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

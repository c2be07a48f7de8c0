//! The matrix as Markdown.

use std::fmt::Write;

use super::{Matrix, Reason, Verdict};

/// The guide's three columns, then the verdicts, then the reasons with their places.
#[must_use]
pub fn markdown(matrix: &Matrix) -> String {
    let mut out = String::from("| Version | Breaking Changes | Dependencies |\n|---|---|---|\n");
    for row in &matrix.rows {
        let list = |items: Vec<String>| if items.is_empty() { "None".to_owned() } else { items.join("<br>") };
        let changes = list(row.breaking_changes(matrix).map(|item| escape(&item)).collect());
        let dependencies = list(row.dependencies.iter().map(|item| escape(item)).collect());
        // Writing to a String cannot fail.
        let _ = writeln!(out, "| {} | {changes} | {dependencies} |", escape(&row.version));
    }
    if matrix.schemas.is_empty() {
        return out;
    }
    let _ =
        writeln!(out, "\n| Release | {} |", matrix.schemas.iter().map(|schema| escape(schema)).collect::<Vec<_>>().join(" | "));
    let _ = writeln!(out, "|---|{}", "---|".repeat(matrix.schemas.len()));
    for (place, release) in matrix.releases.iter().enumerate() {
        let cells = (0..matrix.schemas.len()).map(|schema| matrix.cell(place, schema).map_or("", |cell| word(cell.verdict)));
        let _ = writeln!(out, "| {} | {} |", escape(&release.version), cells.collect::<Vec<_>>().join(" | "));
    }
    for cell in matrix.explained().filter(|cell| !cell.reasons.is_empty()) {
        let (release, schema) = matrix.names(cell);
        let _ = writeln!(out, "\n{release} on schema {schema} {}:\n", word(cell.verdict));
        for reason in matrix.reasons(&cell.reasons) {
            let _ = writeln!(out, "- {}{}", escape(&reason.change), escape(&places(reason)));
        }
        if cell.more > 0 {
            let _ = writeln!(out, "- and {} more", cell.more);
        }
    }
    out
}

/// ` (migration.sql:3)`, and the query with its own place.
fn places(reason: &Reason) -> String {
    let at = |file: &Option<String>, line: Option<u32>| match (file, line) {
        (Some(file), Some(line)) => format!(" ({file}:{line})"),
        _ => String::new(),
    };
    let mut text = at(&reason.file, reason.line);
    if let Some(query) = &reason.query {
        let words: Vec<&str> = query.split_whitespace().collect();
        let query: String = words.join(" ").chars().take(200).collect();
        text.push_str(&format!(" — {query}{}", at(&reason.query_file, reason.query_line)));
    }
    text
}

/// The word of a verdict.
#[must_use]
pub const fn word(verdict: Verdict) -> &'static str {
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

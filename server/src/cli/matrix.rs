//! `matrix`: which release of the application works with which schema.

use planner::matrix::{Matrix, Verdict};

use crate::cli::{Context, Format, output};
use crate::execution::Refused;
use crate::exit::Exit;

/// Runs the command.
///
/// # Errors
/// Blocking findings, after the matrix of what could be read.
pub fn run(context: &Context) -> Result<Exit, Refused> {
    context.allow(&[Format::Markdown])?;
    let report = context.workspace.analyze(&context.workspace.request);
    match context.format {
        Format::Json => output::print_json(&output::with_format(&report.matrix)?)?,
        Format::Markdown => output::print(&markdown(&report.matrix)),
        _ => output::print(&text(&report.matrix)),
    }
    crate::execution::refuse_blocking(&report.findings)?;
    Ok(Exit::Done)
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Works => "works",
        Verdict::Degraded => "degraded",
        Verdict::Unknown => "unknown",
        Verdict::Breaks => "breaks",
    }
}

fn text(matrix: &Matrix) -> String {
    if matrix.releases.is_empty() {
        return "No releases: list them in releases.toml.\n".to_owned();
    }
    let header: Vec<&str> = ["Release"].into_iter().chain(matrix.schemas.iter().map(String::as_str)).collect();
    let verdict = |release: &str, schema: &String| {
        let cell = matrix.cells.iter().find(|cell| cell.release == release && cell.schema == *schema);
        cell.map_or("", |cell| word(cell.verdict)).to_owned()
    };
    let rows: Vec<Vec<String>> = matrix
        .releases
        .iter()
        .map(|release| {
            let cells = matrix.schemas.iter().map(|schema| verdict(&release.version, schema));
            [release.version.clone()].into_iter().chain(cells).collect()
        })
        .collect();
    let mut text = output::table(&header, &rows, "");
    for cell in matrix.cells.iter().filter(|cell| cell.verdict != Verdict::Works) {
        text.push_str(&format!("\n{} on {}: {}\n", cell.release, cell.schema, word(cell.verdict)));
        for reason in &cell.reasons {
            let query = reason.query.as_ref().map(|query| format!(" (query {query})")).unwrap_or_default();
            let place = reason.file.as_ref().map(|file| format!(" [{file}:{}]", reason.line.unwrap_or(1))).unwrap_or_default();
            text.push_str(&format!("  {}: {}{query}{place}\n", reason.object, reason.change));
        }
    }
    text
}

/// The guide's three columns.
fn markdown(matrix: &Matrix) -> String {
    let cell = |list: &[String]| if list.is_empty() { "None".to_owned() } else { list.join("; ").replace('|', "\\|") };
    let mut text = "| Version | Breaking Changes | Dependencies |\n|---|---|---|\n".to_owned();
    for row in &matrix.rows {
        text.push_str(&format!("| {} | {} | {} |\n", row.version, cell(&row.breaking_changes), cell(&row.dependencies)));
    }
    text
}

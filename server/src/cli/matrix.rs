//! `matrix`: which release of the application works with which schema.

use std::fmt::Write as _;

use clap::Args;
use planner::analyze_releases;
use planner::effect::Reversibility;
use planner::matrix::{Cell, Loss, Matrix, Reason, Release, Row, Verdict, markdown, word};
use planner::protocol::SeenEnvironment;
use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::{Context, Format, output};
use crate::deployed;
use crate::execution::Refused;
use crate::exit::Exit;
use crate::tags;

/// Options of `matrix`.
#[derive(Clone, Debug, Default, Args)]
pub struct Options {
    /// End with 3 when the newest migrations break a release that is still supported.
    #[arg(long)]
    check: bool,
    /// With --check: end with 3 also where something opaque decides.
    #[arg(long, requires = "check")]
    strict: bool,
}

/// Runs the command.
///
/// # Errors
/// Blocking findings, after the matrix of what could be read.
pub async fn run(context: &Context, options: &Options) -> Result<Exit, Refused> {
    context.allow(&[Format::Markdown])?;
    let workspace = &context.workspace;
    let found = tags::releases(workspace);
    let report = analyze_releases(workspace.machine(), &workspace.project, &workspace.request, &found);
    let matrix = &report.matrix;
    let known = !options.check && !matrix.releases.is_empty();
    let seen = if known { deployed::all(&context.workspace).await } else { Vec::new() };
    let broken = if options.check { broken(matrix, options.strict) } else { Vec::new() };
    match context.format {
        Format::Json => output::print_json(&document(matrix, &seen))?,
        Format::Markdown => output::print(&format!("{}{}", markdown(matrix), environments_markdown(matrix, &seen))),
        _ if options.check => output::print(&verdict(matrix, &broken)),
        _ => output::print(&format!("{}{}", text(matrix), environments(matrix, &seen))),
    }
    for finding in report.findings.iter().filter(|finding| finding.rule == "invalid-releases") {
        context.warn(&format!("{} {}", finding.message, finding.workaround));
    }
    crate::execution::refuse_blocking(&report.findings)?;
    Ok(if broken.is_empty() { Exit::Done } else { Exit::Findings })
}

/// How many releases the newest schema was held against, and the reasons, as a text, why it breaks some of them.
#[must_use]
pub(super) fn newest(context: &Context) -> (usize, String) {
    let workspace = &context.workspace;
    let found = tags::releases(workspace);
    let report = analyze_releases(workspace.machine(), &workspace.project, &workspace.request, &found);
    let mut text = String::new();
    for cell in broken(&report.matrix, false) {
        explain(&mut text, &report.matrix, cell);
    }
    (report.matrix.releases.len(), text)
}

/// Cells of the newest schema that a supported release must not be in.
fn broken(matrix: &Matrix, strict: bool) -> Vec<&Cell> {
    let last = matrix.schemas.len().checked_sub(1);
    let bad = |cell: &&Cell| {
        let wrong = |verdict| verdict == Verdict::Breaks || (strict && verdict == Verdict::Unknown);
        Some(cell.schema as usize) == last && wrong(cell.verdict) && !was_so(matrix, cell)
    };
    matrix.cells.iter().filter(bad).collect()
}

/// Whether the newest release has brought that already: nobody has said that a release of which only the tag is known is
/// still live, so that it is held only against what comes on top.
fn was_so(matrix: &Matrix, cell: &Cell) -> bool {
    let inferred = matrix.releases.get(cell.release as usize).is_some_and(|release| release.inferred);
    let released = (0..matrix.releases.len()).filter_map(|release| matrix.own(release)).max();
    let before = released.and_then(|schema| matrix.cell(cell.release as usize, schema));
    inferred
        && before
            .is_some_and(|before| before.verdict >= cell.verdict && before.reasons == cell.reasons && before.more == cell.more)
}

fn verdict(matrix: &Matrix, broken: &[&Cell]) -> String {
    let Some(newest) = matrix.schemas.last() else { return text(matrix) };
    if broken.is_empty() {
        return format!("Every supported release works with schema {newest}.\n");
    }
    let mut out = String::new();
    for cell in broken {
        explain(&mut out, matrix, cell);
    }
    out.push_str("\nKeep what they use until they are gone, or mark them `supported = false` in releases.toml.\n");
    out
}

/// The matrix with every reason where it belongs, for tools.
#[derive(Serialize)]
struct Document<'a> {
    format: u8,
    releases: &'a [Release],
    schemas: &'a [String],
    cells: Vec<CellShown<'a>>,
    rows: Vec<Value>,
    losses: Vec<Value>,
    environments: &'a [SeenEnvironment],
}

/// A cell by its names. A large matrix has many, so that none becomes a value first.
#[derive(Serialize)]
struct CellShown<'a> {
    release: &'a str,
    schema: &'a str,
    verdict: Verdict,
    reasons: Vec<&'a Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rollback: Option<Reversibility>,
}

fn document<'a>(matrix: &'a Matrix, environments: &'a [SeenEnvironment]) -> Document<'a> {
    let cell = |cell: &'a Cell| {
        let (release, schema) = matrix.names(cell);
        let more = Some(cell.more).filter(|more| *more > 0);
        let reasons = cell.reasons.iter().filter_map(|at| matrix.reasons.get(*at as usize)).collect();
        CellShown { release, schema, verdict: cell.verdict, reasons, more, rollback: cell.back }
    };
    let row = |row: &Row| {
        let derived: Vec<&Reason> = matrix.reasons(&row.derived).collect();
        let changes: Vec<String> = row.breaking_changes(matrix).collect();
        json!({"version": row.version, "breaking_changes": changes, "documented": row.documented, "derived": derived,
            "dependencies": row.dependencies})
    };
    let loss = |loss: &Loss| {
        let schema = matrix.schemas.get(loss.schema as usize);
        json!({"migration": loss.migration, "schema": schema, "cost": loss.cost, "notes": loss.notes, "file": loss.file,
            "line": loss.line})
    };
    Document {
        format: 1,
        releases: &matrix.releases,
        schemas: &matrix.schemas,
        cells: matrix.cells.iter().map(cell).collect(),
        rows: matrix.rows.iter().map(row).collect(),
        losses: matrix.losses.iter().map(loss).collect(),
        environments,
    }
}

fn text(matrix: &Matrix) -> String {
    if matrix.releases.is_empty() {
        return "No releases: list them in releases.toml.\n".to_owned();
    }
    let header: Vec<&str> = ["Release"].into_iter().chain(matrix.schemas.iter().map(String::as_str)).collect();
    let row = |(place, release): (usize, &Release)| {
        let own = matrix.own(place);
        let cells = (0..matrix.schemas.len()).map(|schema| match matrix.cell(place, schema) {
            Some(cell) if own == Some(schema) => format!("[{}]", word(cell.verdict)),
            Some(cell) => word(cell.verdict).to_owned(),
            None => "-".to_owned(),
        });
        [release.version.clone()].into_iter().chain(cells).collect()
    };
    let rows: Vec<Vec<String>> = matrix.releases.iter().enumerate().map(row).collect();
    let mut text = output::table(&header, &rows, "");
    text.push_str("\n[ ] the schema the release was built for\n\n");
    let list = |items: Vec<String>| if items.is_empty() { "None".to_owned() } else { items.join("; ") };
    let rows: Vec<Vec<String>> = matrix
        .rows
        .iter()
        .map(|row| vec![row.version.clone(), list(row.breaking_changes(matrix).collect()), list(row.dependencies.clone())])
        .collect();
    text.push_str(&output::table(&["Version", "Breaking Changes", "Dependencies"], &rows, ""));
    for cell in matrix.explained().filter(|cell| cell.verdict != Verdict::Works) {
        explain(&mut text, matrix, cell);
    }
    if matrix.explained().count() < matrix.cells.len() {
        text.push_str("\nOnly the newest schema is explained here; --format json has every cell's worst reasons.\n");
    }
    text
}

/// What is deployed, and what going back from there loses now.
fn environments(matrix: &Matrix, seen: &[SeenEnvironment]) -> String {
    if seen.is_empty() {
        return String::new();
    }
    let (header, rows) = deployed_rows(matrix, seen);
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut out =
        format!("\nDeployed ([ ]: the schema the release was built for is there)\n\n{}", output::table(&header, &rows, ""));
    for one in seen {
        for back in &one.back {
            let word = if back.lossless { "nothing is lost now" } else { "not lossless:" };
            let _ = writeln!(out, "\n{} back to the schema of {}: {word}", one.environment, back.release);
            for line in &back.loses {
                let _ = writeln!(out, "  {line}");
            }
        }
    }
    out
}

fn environments_markdown(matrix: &Matrix, seen: &[SeenEnvironment]) -> String {
    if seen.is_empty() {
        return String::new();
    }
    let (header, rows) = deployed_rows(matrix, seen);
    let line =
        |cells: &[String]| format!("| {} |\n", cells.iter().map(|cell| cell.replace('|', "\\|")).collect::<Vec<_>>().join(" | "));
    let rows: String = rows.iter().map(|row| line(row)).collect();
    format!("\n{}{}{rows}", line(&header), "|---".repeat(header.len()) + "|\n")
}

/// Environment, where it is, and each supported release there.
fn deployed_rows(matrix: &Matrix, seen: &[SeenEnvironment]) -> (Vec<String>, Vec<Vec<String>>) {
    let supported: Vec<&str> =
        matrix.releases.iter().filter(|release| release.supported).map(|release| release.version.as_str()).collect();
    let header = ["Environment", "At"].into_iter().chain(supported.iter().copied()).map(str::to_owned).collect();
    let row = |one: &SeenEnvironment| {
        let at = match (&one.at, &one.problem) {
            (Some(at), _) if at.is_empty() => "nothing applied".to_owned(),
            (Some(at), _) => at.clone(),
            (None, Some(problem)) => format!("not read: {problem}"),
            (None, None) => "not known".to_owned(),
        };
        let cell = |version: &&str| {
            let standing = one.releases.iter().find(|standing| standing.release == **version);
            standing.map_or_else(
                || "-".to_owned(),
                |standing| {
                    if standing.held { format!("[{}]", word(standing.verdict)) } else { word(standing.verdict).to_owned() }
                },
            )
        };
        [one.environment.clone(), at].into_iter().chain(supported.iter().map(cell)).collect()
    };
    (header, seen.iter().map(row).collect())
}

const fn way_back(back: Reversibility) -> &'static str {
    match back {
        Reversibility::Lossless => "lossless",
        Reversibility::Lossy => "lossy",
        Reversibility::None => "impossible",
        Reversibility::Opaque => "unknown",
    }
}

/// A cell with its reasons, each down to the statement and the query.
fn explain(out: &mut String, matrix: &Matrix, cell: &Cell) {
    let (release, schema) = matrix.names(cell);
    let _ = writeln!(out, "\n{release} on {schema}: {}", word(cell.verdict));
    for reason in matrix.reasons(&cell.reasons) {
        let place = reason.file.as_ref().map(|file| format!(" [{file}:{}]", reason.line.unwrap_or(1))).unwrap_or_default();
        let _ = writeln!(out, "  {}: {}{place}", reason.object, reason.change);
        if let Some(query) = &reason.query {
            let file = reason.query_file.as_deref().unwrap_or_default();
            let line = reason.query_line.unwrap_or(1);
            let words: Vec<&str> = query.split_whitespace().collect();
            let short: String = words.join(" ").chars().take(160).collect();
            let _ = writeln!(out, "    {file}:{line}: {short}");
        }
    }
    if cell.more > 0 {
        let _ = writeln!(out, "  and {} more", cell.more);
    }
    if let Some(back) = cell.back.filter(|back| *back != Reversibility::Lossless) {
        let _ = writeln!(out, "  Taking the schema back from here is {}.", way_back(back));
    }
}

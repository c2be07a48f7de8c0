//! `explain`: what each statement of a file does to a live database.

mod story;

use clap::Args;
use planner::Report;
use planner::effect::Lock;
use planner::phase::Phase;
use planner::plan::{PlannedStatement, Step};
use planner::project::{Applied, Request};
use serde_json::{Value, json};

use crate::cli::{Context, Format, lint, output, stats};
use crate::execution::Refused;
use crate::exit::{Exit, Failure};

/// Options of `explain`.
#[derive(Clone, Debug, Args)]
pub struct Explain {
    /// Files, as paths in the project or their ends.
    #[arg(required = true)]
    files: Vec<String>,
}

/// Runs the command. The schema before each file comes from the migrations before it.
///
/// # Errors
/// A file that is no migration of the source; blocking findings.
pub async fn run(context: &Context, command: &Explain) -> Result<Exit, Refused> {
    context.allow(&[])?;
    // As if nothing were applied, so that every migration is in the plan.
    let request = Request { applied: Applied::default(), up_to: None, ..context.workspace.request.clone() };
    let report = context.workspace.analyze(&stats::known(context, &request).await?);
    let mut found = Vec::new();
    for file in &command.files {
        let statements = statements(&report, file);
        if statements.is_empty() && !report.migrations.iter().any(|migration| names(file, &migration.path)) {
            let blocking: Vec<_> = report.findings.iter().filter(|finding| finding.blocking).cloned().collect();
            let failure = Failure::usage(
                format!("{file} is no migration of this source."),
                "Name a file below the source's folder; see `flightplan info`.",
            );
            return Err(Refused { failure, findings: blocking });
        }
        found.extend(statements);
    }
    match context.format {
        Format::Json => {
            let statements: Vec<Value> = found.iter().map(|(step, statement)| json_of(&report, step, statement)).collect();
            output::print_json(&json!({"format": 1, "statements": statements}))?;
        }
        _ => output::print(&found.iter().map(|(_, statement)| story::text(&report, statement)).collect::<String>()),
    }
    let blocking: Vec<_> = report.findings.iter().filter(|finding| finding.blocking).cloned().collect();
    match lint::gate(&blocking, None) {
        Ok(exit) => Ok(exit),
        Err(refused) => Err(Refused { findings: blocking, ..refused }),
    }
}

/// Whether a file as the caller names it is the one at a path of the project.
fn names(file: &str, path: &str) -> bool {
    let name = file.trim_start_matches("./");
    path == name || path.ends_with(&format!("/{name}")) || name.ends_with(&format!("/{path}"))
}

/// The statements of one file, each with its step.
fn statements<'r>(report: &'r Report, file: &str) -> Vec<(&'r Step, &'r PlannedStatement)> {
    let all = report.plan.steps.iter().flat_map(|step| step.statements.iter().map(move |statement| (step, statement)));
    all.filter(|(_, statement)| names(file, &statement.file)).collect()
}

/// What `--format json` says of one file's statements.
#[must_use]
pub fn explained(report: &Report, file: &str) -> Vec<Value> {
    statements(report, file).into_iter().map(|(step, statement)| json_of(report, step, statement)).collect()
}

fn json_of(report: &Report, step: &Step, statement: &PlannedStatement) -> Value {
    let effect = &statement.effect;
    let operation = operation(report, statement);
    let (old_app, new_app) = applications(step.phase, effect.opaque.is_some());
    json!({
        "file": statement.file, "line": statement.line, "sql": statement.sql, "operation": operation,
        "locks": effect.locks.iter().map(lock).collect::<Vec<_>>(), "rewrites": effect.rewrites, "scans": effect.scans, "builds": effect.builds,
        "blocks": effect.blocks, "transactional": effect.transactional, "error": effect.error, "opaque": effect.opaque,
        "undo": effect.undo, "old_app": old_app, "new_app": new_app, "summary": statement.summary,
        "batched": statement.batch.is_some(), "lock_ms": effect.lock_ms, "rests_on": effect.rests_on,
    })
}

/// A lock in the words of its product: MySQL and MariaDB name the algorithm with it.
fn lock(lock: &Lock) -> Value {
    match lock.mode.mysql_word() {
        Some(word) => json!({"object": lock.object, "algorithm": lock.algorithm, "lock": word}),
        None => json!({"object": lock.object, "mode": lock.mode}),
    }
}

/// The tag of the operation the statement came down to.
fn operation(report: &Report, statement: &PlannedStatement) -> Option<String> {
    let statements = report.migrations.iter().flat_map(|migration| &migration.up.statements);
    let source = statements.into_iter().find(|it| it.span.file == statement.file && it.span.line == statement.line)?;
    let value = serde_json::to_value(source.operations.first()?).ok()?;
    value.get("operation")?.as_str().map(str::to_owned)
}

/// What a phase means for the two releases that may be live around it.
const fn applications(phase: Phase, opaque: bool) -> (&'static str, &'static str) {
    match (opaque, phase) {
        (true, _) => ("unknown", "unknown"),
        (false, Phase::Expand | Phase::Migrate) => ("works", "works"),
        (false, Phase::Contract) => ("breaks", "works"),
    }
}

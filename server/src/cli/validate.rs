//! `validate`: files against history, in Flyway's words and with its codes.

use std::sync::Arc;
use std::time::Instant;

use planner::finding::Finding;
use planner::migration::{Migration, SourceKind};
use planner::source::flyway::callback::Event;
use planner::source::flyway::state;
use planner::source::flyway::validation::{Invalid, Validation};
use serde_json::{Value, json};

use crate::cli::look::{self, Look};
use crate::cli::words::FLYWAY_VERSION;
use crate::cli::{Context, Format, output};
use crate::execution::Refused;
use crate::exit::{Exit, Failure};

/// Runs the command. Unlike Flyway's it ends with 1 in JSON too where something does not match.
///
/// # Errors
/// [`Exit::Failed`] where something does not match, as Flyway does; findings that make the files unreadable.
pub async fn run(context: &Context) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let started = Instant::now();
    let answer = |seen: &Look| match validation(seen, false).0.invalid.is_empty() {
        true => Event::AfterValidate,
        false => Event::AfterValidateError,
    };
    let seen = look::look_around(context, Event::BeforeValidate, answer).await?;
    crate::execution::refuse_blocking(&unreadable(&seen))?;
    let (validation, problems) = validation(&seen, false);
    crate::execution::refuse_blocking(&problems)?;
    let warnings = warnings(&validation);
    if context.format == Format::Json {
        context.give(json_of(context, &seen, &validation, &warnings));
        return Ok(if validation.invalid.is_empty() { Exit::Done } else { Exit::Failed });
    }
    if !validation.invalid.is_empty() {
        return Err(failure(&validation.invalid).into());
    }
    context.say(&success(validation.count, started));
    warnings.iter().for_each(|warning| context.warn(warning));
    Ok(Exit::Done)
}

/// What keeps the files from being compared with the history at all: not what the history itself says.
fn unreadable(seen: &Look) -> Vec<Arc<Finding>> {
    const NAMES: [&str; 5] = ["duplicate-version", "duplicate-repeatable", "duplicate-undo", "invalid-name", "missing-location"];
    let blocks = |finding: &&Arc<Finding>| {
        finding.blocking && (NAMES.contains(&finding.rule.as_str()) || seen.report.migrations.is_empty())
    };
    seen.report.findings.iter().filter(blocks).cloned().collect()
}

/// What Flyway would say. Alembic's revisions have no checksums: there is nothing to compare.
pub(super) fn validation(seen: &Look, pending: bool) -> (Validation, Vec<Arc<Finding>>) {
    let settings = &seen.report.settings;
    if settings.source == SourceKind::Alembic {
        let problems = seen.report.findings.iter().filter(|finding| finding.blocking).cloned().collect();
        return (Validation { count: seen.report.migrations.len(), invalid: Vec::new() }, problems);
    }
    let migrations: Vec<&Migration> = seen.report.migrations.iter().filter(|it| it.source == SourceKind::Flyway).collect();
    // A failed migration that can be gone on with is failed all the same, but no reason not to go on.
    let request = if pending { seen.request.clone() } else { seen.as_recorded() };
    let (validation, problems) = state::validation(&migrations, settings, &request, pending);
    (validation, problems.into_iter().map(Arc::new).collect())
}

fn warnings(validation: &Validation) -> Vec<String> {
    let none = validation.count == 0 && validation.invalid.is_empty();
    none.then(|| "No migrations found. Are your locations set up correctly?".to_owned()).into_iter().collect()
}

/// Flyway's line.
pub(super) fn success(count: usize, started: Instant) -> String {
    let word = if count == 1 { "migration" } else { "migrations" };
    let time = output::duration(started.elapsed().as_millis());
    format!("Successfully validated {count} {word} (execution time {time})")
}

/// Flyway's exception.
pub(super) fn failure(invalid: &[Invalid]) -> Failure {
    let all: Vec<&str> = invalid.iter().map(|invalid| invalid.message.as_str()).collect();
    Failure::failed(format!("Validate failed: Migrations have failed validation\n{}", all.join("\n")), "")
}

fn json_of(context: &Context, seen: &Look, validation: &Validation, warnings: &[String]) -> Value {
    let path = |invalid: &Invalid| {
        let file = seen.report.migrations.iter().find(|file| Some(&file.id) == invalid.migration.as_ref());
        file.map(|file| context.workspace.root.join(&file.path).to_string_lossy().into_owned()).unwrap_or_default()
    };
    let invalid: Vec<Value> = validation
        .invalid
        .iter()
        .map(|one| {
            let details = json!({"errorCode": one.code, "errorMessage": one.message});
            json!({"version": one.version, "description": one.description, "filepath": path(one), "errorDetails": details})
        })
        .collect();
    let details = (!invalid.is_empty())
        .then(|| json!({"errorCode": "VALIDATE_ERROR", "errorMessage": "Migrations have failed validation"}));
    json!({
        "format": 1,
        "errorDetails": details,
        "invalidMigrations": invalid,
        "validationSuccessful": validation.invalid.is_empty(),
        "validateCount": if validation.invalid.is_empty() { validation.count } else { 0 },
        "flywayVersion": FLYWAY_VERSION,
        "database": seen.live.as_ref().map(|(url, _)| output::catalog(url)),
        "warnings": warnings,
        "operation": "validate",
    })
}

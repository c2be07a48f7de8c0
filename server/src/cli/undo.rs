//! `undo`: the author's way back of what is applied, newest first.

use serde_json::{Value, json};

use crate::cli::migrate::{Done, done, file};
use crate::cli::words::FLYWAY_VERSION;
use crate::cli::{Context, Format, migrate, output};
use crate::execution::{Executed, Refused};
use crate::exit::Exit;
use crate::run::undo::Back;

/// Runs the command.
///
/// # Errors
/// [`Exit::Usage`] where there is no way back, saying why.
pub async fn run(context: &Context) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let (settings, _) = context.workspace.settings(&context.workspace.request);
    let target = context.workspace.request.up_to.clone().or(settings.flyway.target);
    let back = target.filter(|target| target != "latest").map_or(Back::Newest, Back::To);
    let result = migrate::take_back(context, back).await;
    report(context, result)
}

pub(super) fn report(context: &Context, result: Result<Executed, Refused>) -> Result<Exit, Refused> {
    match result {
        Ok(executed) => {
            if context.format == Format::Json {
                context.give(outcome(context, Some(&executed)));
            } else {
                context.say(&summary(context, &executed));
            }
            Ok(Exit::Done)
        }
        Err(refused) => {
            let begun = context.told.lock().is_ok_and(|told| told.plan.is_some());
            if context.format == Format::Json && begun {
                let mut value = outcome(context, None);
                value["error"] = output::error_item(&refused, &context.workspace.root);
                context.give(value);
            }
            Err(refused)
        }
    }
}

fn summary(context: &Context, executed: &Executed) -> String {
    let Ok(told) = context.told.lock() else { return String::new() };
    let done = done(&told);
    if done.is_empty() {
        return format!("Schema {} has no migration to undo.", told.schema);
    }
    let word = if done.len() == 1 { "migration" } else { "migrations" };
    let now = match executed.plan.to.as_str() {
        "" => ", which has no version left".to_owned(),
        version => format!(", now at version v{version}"),
    };
    let time = output::duration(told.started.map_or(0, |started| started.elapsed().as_millis()));
    format!("Successfully undid {} {word} to schema {}{now} (execution time {time})", done.len(), told.schema)
}

/// What was taken back, in Flyway's shape. Without `executed` it did not get through.
fn outcome(context: &Context, executed: Option<&Executed>) -> Value {
    let (settings, _) = context.workspace.settings(&context.workspace.request);
    let Ok(told) = context.told.lock() else { return Value::Null };
    let item = |one: &Done<'_>| {
        json!({
            "version": one.version.clone().unwrap_or_default(), "description": one.description,
            "filepath": file(context, one.step), "executionTime": one.ms,
        })
    };
    let undone: Vec<Value> = done(&told).iter().map(item).collect();
    let from = told.plan.as_ref().map(|plan| plan.from.clone()).filter(|from| !from.is_empty());
    json!({
        "format": 1,
        "initialSchemaVersion": from,
        "targetSchemaVersion": executed.map(|executed| executed.plan.to.clone()).filter(|to| !to.is_empty()),
        "schemaName": settings.flyway.schemas.join(", "),
        "migrationsUndone": undone.len(),
        "undoneMigrations": undone,
        "flywayVersion": FLYWAY_VERSION,
        "database": context.workspace.url(&settings).ok().flatten().map(|url| output::catalog(&url)),
        "warnings": told.warnings,
        "operation": "undo",
    })
}

//! `migrate`: plan and run at once, where the environment asks for no approval.

use std::sync::Arc;

use planner::plan::{HistoryEntry, Plan};
use planner::project::Request;
use serde_json::{Value, json};

use crate::cli::{Context, Format, output, progress};
use crate::execution::{self, Executed, Mandate, Order, Refused};
use crate::exit::Exit;
use crate::run::undo::Back;
use crate::store::Store;

/// Runs the command.
///
/// # Errors
/// See [`execution::execute`].
pub async fn run(context: &Context) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let result = execute(context, context.workspace.request.clone(), Mandate::AtOnce, None).await;
    report(context, result)
}

/// Runs a request from the command line.
///
/// # Errors
/// See [`execution::execute`].
pub async fn execute(context: &Context, request: Request, mandate: Mandate, store: Option<Store>) -> Result<Executed, Refused> {
    let order = Order {
        id: execution::new_run_id(),
        request,
        mandate,
        actor: user(),
        lock_wait: context.lock_wait,
        store: match store {
            Some(store) => Some(store),
            None => optional_store(context).await,
        },
        listener: Box::new(progress::Terminal::default()),
        changed: Arc::default(),
        stop: progress::stop_on_signal(),
    };
    execution::execute(&context.workspace, order).await
}

/// Runs the way back. `--target` says how far, so it does not bound the plan of the way forward.
///
/// # Errors
/// See [`crate::run::undo::plan`] and [`execution::execute`].
pub async fn take_back(context: &Context, back: Back) -> Result<Executed, Refused> {
    let request = Request { up_to: None, ..context.workspace.request.clone() };
    execute(context, request, Mandate::TakeBack(back), None).await
}

/// A migration does not need the control store: without one its story is only told, not kept.
async fn optional_store(context: &Context) -> Option<Store> {
    match Store::open(&context.workspace.store_path()).await {
        Ok(store) => Some(store),
        Err(failure) => {
            eprintln!("note: {failure}\n  This run is not recorded there.");
            None
        }
    }
}

/// Who acts: `FLIGHTPLAN_USER`, else the user of the operating system.
#[must_use]
pub fn user() -> String {
    let named = std::env::var("FLIGHTPLAN_USER").ok().filter(|name| !name.is_empty());
    named.or_else(|| whoami::fallible::username().ok()).unwrap_or_else(|| "unknown".to_owned())
}

/// Says what was done, in words or in Flyway's JSON.
///
/// # Errors
/// The refusal, after its JSON.
pub fn report(context: &Context, result: Result<Executed, Refused>) -> Result<Exit, Refused> {
    match result {
        Ok(executed) if context.format == Format::Json => {
            output::print_json(&json_of(&executed))?;
            Ok(Exit::Done)
        }
        Ok(executed) => {
            output::print(&executed.run.message);
            Ok(Exit::Done)
        }
        Err(refused) => {
            if context.format == Format::Json {
                let error = json!({"errorCode": format!("{:?}", refused.failure.exit).to_uppercase(), "message": refused.failure.message, "cure": refused.failure.cure});
                output::print_json(
                    &json!({"format": 1, "operation": "migrate", "success": false, "error": error, "findings": refused.findings}),
                )?;
            }
            Err(refused)
        }
    }
}

fn json_of(executed: &Executed) -> Value {
    let Executed { plan, settings, run } = executed;
    let migrations = migrations(plan);
    json!({
        "format": 1,
        "operation": "migrate",
        "run": run.id,
        "digest": plan.digest,
        "database": run.target,
        "schemaName": settings.flyway.default_schema.clone().unwrap_or_default(),
        "initialSchemaVersion": Some(&plan.from).filter(|text| !text.is_empty()),
        "targetSchemaVersion": Some(&plan.to).filter(|text| !text.is_empty()),
        "migrationsExecuted": migrations.len(),
        "migrations": migrations,
        "success": true,
        "warnings": [],
    })
}

fn migrations(plan: &Plan) -> Vec<Value> {
    let recorded = plan.steps.iter().filter_map(|step| Some((step, step.history.as_ref()?)));
    recorded
        .map(|(step, history)| {
            let (version, description, kind) = match history {
                HistoryEntry::Flyway { version, description, kind, .. } => (version.clone(), description.clone(), kind.clone()),
                HistoryEntry::Alembic { .. } => (Some(step.migration.0.clone()), step.description.clone(), "ALEMBIC".to_owned()),
            };
            let category = if version.is_some() { "Versioned" } else { "Repeatable" };
            let file = step.statements.first().map(|statement| statement.file.clone()).unwrap_or_default();
            json!({"category": category, "version": version.unwrap_or_default(), "description": description, "type": kind, "filepath": file})
        })
        .collect()
}

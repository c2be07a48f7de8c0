//! `migrate`: plan and run at once, where the environment asks for no approval.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use planner::migration::{MigrationId, SourceKind};
use planner::plan::{HistoryEntry, Step};
use planner::project::Request;
use planner::protocol::Run;
use serde_json::{Value, json};

pub use crate::actor::user;
use crate::approval::quorum::Enclosed;
use crate::cli::story::{Story, Told};
use crate::cli::words::FLYWAY_VERSION;
use crate::cli::{Context, Format, check, look, output, progress, validate};
use crate::console;
use crate::event::StopSwitch;
use crate::execution::{self, Executed, Mandate, Order, Refused};
use crate::exit::{Exit, Failure, Outcome};
use crate::identity::Permission;
use crate::run::undo::Back;
use crate::store::Store;
use crate::store::place::Place;
use crate::waiting::{LOOK, Seen, Watch};

/// Runs the command.
///
/// # Errors
/// See [`execution::execute`].
pub async fn run(context: &Context) -> Result<Exit, Refused> {
    context.allow(&[])?;
    if let Some(file) = &context.words.dry_run_output {
        return check::migrate_to_file(context, file).await;
    }
    let result = execute(context, context.workspace.request.clone(), Mandate::AtOnce, None, Enclosed::default()).await;
    let result = match result {
        Err(refused) if output::is_validation(&refused) => Err(in_flyways_words(context, refused).await),
        other => other,
    };
    report(context, result)
}

/// What `validate` says of a history that keeps the run from starting.
async fn in_flyways_words(context: &Context, refused: Refused) -> Refused {
    let Ok(seen) = look::look(&context.workspace, &context.workspace.request).await else { return refused };
    let (validation, _) = validate::validation(&seen, true);
    if validation.invalid.is_empty() {
        return refused;
    }
    let message = validate::failure(&validation.invalid).message;
    let cure = format!("{} `flightplan info` shows where it stands.", refused.failure.message);
    Refused { failure: Failure { message, cure, ..refused.failure }, ..refused }
}

/// Runs a request from the command line.
///
/// # Errors
/// See [`execution::execute`].
pub async fn execute(
    context: &Context,
    request: Request,
    mandate: Mandate,
    store: Option<Store>,
    enclosed: Enclosed,
) -> Result<Executed, Refused> {
    let (settings, _) = context.workspace.settings(&request);
    context.require(Permission::Run, &settings.environment)?;
    let undo = matches!(mandate, Mandate::TakeBack(_));
    let store = match store {
        Some(store) => Some(store),
        None => optional_store(context).await?,
    };
    let (switch, until) = (progress::stop_on_signal(), Instant::now() + context.gate_wait);
    loop {
        let order = Order {
            id: execution::new_run_id(),
            request: request.clone(),
            mandate: mandate.clone(),
            actor: user(),
            lock_wait: context.lock_wait,
            store: store.clone(),
            enclosed: enclosed.clone(),
            listener: Box::new(Story::new(&context.told, context.format, context.words.quiet, undo)),
            changed: Arc::default(),
            switch: switch.clone(),
        };
        let result = execution::execute(&context.workspace, order).await;
        let waits = context.told.lock().ok().and_then(|told| told.waiting.clone());
        match (&result, waits, &store) {
            (Err(refused), Some(run), Some(store)) if opens(context, store, &run, refused, &switch, until).await? => {}
            _ => return result,
        }
    }
}

/// Waits at a closed gate as long as `--gate-wait` says; `true`: it is open.
async fn opens(
    context: &Context,
    store: &Store,
    run: &Run,
    refused: &Refused,
    switch: &StopSwitch,
    until: Instant,
) -> Outcome<bool> {
    if Instant::now() >= until {
        return Ok(false);
    }
    console::say(&format!("{} Waiting.", refused.failure));
    let mut watch = Watch::of(&context.workspace, store, &run.id);
    let mut stop = switch.signal();
    while Instant::now() < until && !stop.asked() {
        match watch.look().await? {
            Seen::Open => return Ok(true),
            Seen::Over => return Ok(false),
            Seen::Closed => stop.sleep(LOOK).await,
        }
    }
    Ok(false)
}

/// Runs the way back. `--target` says how far, so it does not bound the plan of the way forward.
///
/// # Errors
/// See [`crate::run::undo::plan`] and [`execution::execute`].
pub async fn take_back(context: &Context, back: Back) -> Result<Executed, Refused> {
    let request = Request { up_to: None, ..context.workspace.request.clone() };
    execute(context, request, Mandate::TakeBack(back), None, Enclosed::default()).await
}

/// A migration does not need a control store of its own: without one its story is only told, not kept. One that several nodes
/// share is not passed over: others may have stopped there what is about to run here.
///
/// # Errors
/// A shared store that cannot be opened.
pub(super) async fn optional_store(context: &Context) -> Outcome<Option<Store>> {
    let place = context.workspace.store()?;
    match Store::open(&place).await {
        Ok(store) => Ok(Some(store)),
        Err(failure) if matches!(place, Place::Server { .. }) => Err(failure),
        Err(failure) => {
            console::say(&format!("note: {failure}\n  This run is not recorded there."));
            Ok(None)
        }
    }
}

/// Says what was done, in words or in Flyway's JSON.
///
/// # Errors
/// The refusal, after its JSON.
pub fn report(context: &Context, result: Result<Executed, Refused>) -> Result<Exit, Refused> {
    let executed = match result {
        Ok(executed) => executed,
        Err(refused) => {
            if let (Format::Json, Some(mut value)) = (context.format, outcome(context)) {
                value["success"] = false.into();
                value["error"] = output::error_item(&refused, &context.workspace.root);
                context.give(value);
            }
            return Err(refused);
        }
    };
    if context.format == Format::Json {
        let mut value = outcome(context).unwrap_or_default();
        value["run"] = executed.run.id.clone().into();
        value["digest"] = executed.plan.digest.clone().into();
        context.give(value);
    } else if executed.settings.source == SourceKind::Flyway {
        context.say(&summary(context, &executed));
    } else {
        context.say(&executed.run.message);
    }
    Ok(Exit::Done)
}

/// Flyway's last line.
fn summary(context: &Context, executed: &Executed) -> String {
    let Ok(told) = context.told.lock() else { return String::new() };
    let schema = match (told.schema.as_str(), &executed.settings.flyway.default_schema) {
        ("", Some(schema)) => format!("\"{schema}\""),
        (told, _) => told.to_owned(),
    };
    let done = done(&told);
    if done.is_empty() {
        return format!("Schema {schema} is up to date. No migration necessary.");
    }
    let word = if done.len() == 1 { "migration" } else { "migrations" };
    let now = reached(&done).map(|version| format!(", now at version v{version}")).unwrap_or_default();
    let time = output::duration(told.started.map_or(0, |started| started.elapsed().as_millis()));
    format!("Successfully applied {} {word} to schema {schema}{now} (execution time {time})", done.len())
}

/// Last version among what ran.
fn reached(done: &[Done<'_>]) -> Option<String> {
    done.iter().rev().find_map(|one| one.version.clone())
}

/// A migration that ran.
pub(super) struct Done<'a> {
    pub(super) version: Option<String>,
    pub(super) description: String,
    pub(super) kind: String,
    pub(super) step: &'a Step,
    /// Milliseconds of all its steps.
    pub(super) ms: u64,
}

/// The migrations that were recorded.
pub(super) fn done(told: &Told) -> Vec<Done<'_>> {
    let Some(plan) = &told.plan else { return Vec::new() };
    let mut times: BTreeMap<&MigrationId, u64> = BTreeMap::new();
    for step in &plan.steps {
        *times.entry(&step.migration).or_default() += told.done.get(&step.id).copied().unwrap_or_default();
    }
    let recorded = plan.steps.iter().filter(|step| told.done.contains_key(&step.id));
    recorded
        .filter_map(|step| {
            let (version, description, kind) = match step.history.as_ref()? {
                HistoryEntry::Flyway { version, description, kind, .. } => (version.clone(), description.clone(), kind.clone()),
                HistoryEntry::Forget { version, description } => (version.clone(), description.clone(), "DELETE".to_owned()),
                HistoryEntry::Alembic { .. } => (Some(step.migration.0.clone()), step.description.clone(), "ALEMBIC".to_owned()),
            };
            let ms = times.get(&step.migration).copied().unwrap_or_default();
            Some(Done { version, description, kind, step, ms })
        })
        .collect()
}

/// The file a step comes from, as an absolute path.
pub(super) fn file(context: &Context, step: &Step) -> String {
    let own = step.statements.iter().find(|statement| statement.callback.is_none());
    let file = own.map(|statement| statement.file.as_str());
    file.map(|file| context.workspace.root.join(file).to_string_lossy().into_owned()).unwrap_or_default()
}

/// What a run came to, in Flyway's shape; absent: it never came to a plan.
fn outcome(context: &Context) -> Option<Value> {
    let told = context.told.lock().ok()?;
    let plan = told.plan.as_ref()?;
    let done = done(&told);
    let migrations: Vec<Value> = done
        .iter()
        .map(|one| {
            let category = if one.version.is_some() { "Versioned" } else { "Repeatable" };
            json!({
                "category": category, "version": one.version.clone().unwrap_or_default(), "description": one.description,
                "type": one.kind, "filepath": file(context, one.step), "executionTime": one.ms,
            })
        })
        .collect();
    let (settings, _) = context.workspace.settings(&context.workspace.request);
    let failed = plan.steps.iter().any(|step| !told.done.contains_key(&step.id));
    let mut outcome = json!({
        "format": 1,
        "initialSchemaVersion": Some(&plan.from).filter(|text| !text.is_empty()),
        "targetSchemaVersion": reached(&done).filter(|_| !failed),
        "schemaName": settings.flyway.schemas.join(", "),
        "migrationsExecuted": migrations.len(),
        "migrations": migrations,
        "success": true,
        "flywayVersion": FLYWAY_VERSION,
        "database": context.workspace.url(&settings).ok().flatten().map(|url| output::catalog(&url)),
        "warnings": told.warnings,
        "operation": "migrate",
    });
    if !told.notes.is_empty() {
        outcome["preflight"] = json!(told.notes);
    }
    Some(outcome)
}

//! What Flyway does before the first migration: missing schemas, and a baseline where `baselineOnMigrate` asks for one.

use planner::migration::SourceKind;
use planner::project::AppliedFlyway;
use planner::project::settings::Settings;
use planner::source::flyway::callback::Event;

use crate::exit::Outcome;
use crate::failpoint;
use crate::history::{History, Ran, flyway};
use crate::run::callback::Callbacks;
use crate::target::{DbError, Target};

/// Creates the missing ones of `schemas` with their row of rank 0, in one transaction.
///
/// # Errors
/// A failing `createSchema` callback; the server's refusal.
pub async fn schemas(target: &mut Target, history: &History, settings: &Settings, callbacks: &Callbacks) -> Outcome<()> {
    if settings.source != SourceKind::Flyway || !settings.flyway.create_schemas {
        return Ok(());
    }
    callbacks.fire(target, Event::CreateSchema).await?;
    let missing = missing(target, history, settings).await?;
    if missing.is_empty() {
        return Ok(());
    }
    failpoint::reach("schemas.before");
    target.begin().await?;
    let made = async {
        for schema in &missing {
            target.create_schema(schema).await?;
        }
        history.create(target).await?;
        target.execute(&flyway::schema_row_statement(target, history, &missing).sql()).await?;
        target.commit().await
    };
    if let Err(error) = made.await {
        target.rollback().await;
        return Err(error.into());
    }
    Ok(())
}

/// The managed schemas that `createSchemas` has to make.
///
/// # Errors
/// The server's refusal.
pub async fn missing(target: &mut Target, history: &History, settings: &Settings) -> Result<Vec<String>, DbError> {
    let mut missing = Vec::new();
    if settings.source != SourceKind::Flyway || !settings.flyway.create_schemas {
        return Ok(missing);
    }
    for schema in managed(target, history, settings) {
        if !target.has_schema(&schema).await? {
            missing.push(schema);
        }
    }
    Ok(missing)
}

/// The schemas Flyway looks after: that of the history table first, then the configured ones. None where the product has
/// no schemas.
#[must_use]
pub fn managed(target: &Target, history: &History, settings: &Settings) -> Vec<String> {
    if target.current_schema().is_none() {
        return Vec::new();
    }
    let mut managed = settings.flyway.schemas.clone();
    if let Some(schema) = history.table.schema.as_ref().filter(|schema| !managed.contains(schema)) {
        managed.insert(0, schema.clone());
    }
    managed
}

/// Writes the baseline row, with its callbacks around it.
///
/// # Errors
/// A failing callback; the server's refusal.
pub async fn baseline(target: &mut Target, history: &History, row: &AppliedFlyway, callbacks: &Callbacks) -> Outcome<()> {
    callbacks.fire(target, Event::BeforeBaseline).await?;
    let new = flyway::NewRow {
        version: row.version.as_deref(),
        description: &row.description,
        kind: "BASELINE",
        script: &row.script,
        checksum: None,
    };
    target.begin().await?;
    let written = async {
        if target.has_table(&history.table).await? {
            flyway::insert(target, history, &new, Ran { duration_ms: 0, success: true }).await?;
        } else {
            history.create_with(target, Some(&new)).await?;
        }
        target.commit().await
    };
    if let Err(error) = written.await {
        target.rollback().await;
        return Err(callbacks.after_failure(target, &[Event::AfterBaselineError], error.into()).await);
    }
    callbacks.fire(target, Event::AfterBaseline).await
}

//! `info`: state of every migration, in Flyway's words.

use planner::migration::{Migration, SourceKind};
use planner::source::flyway::state::{self, InfoRow};
use serde_json::{Value, json};

use crate::cli::look::{self, Look};
use crate::cli::{Context, Format, output};
use crate::execution::Refused;
use crate::exit::Exit;

/// Runs the command.
///
/// # Errors
/// A target that cannot be reached, or blocking findings.
pub async fn run(context: &Context) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let seen = look::look(context, &context.workspace.request).await?;
    // A project that cannot be read has no state; findings of single statements do not matter here.
    let unreadable: Vec<_> = seen.report.findings.iter().filter(|finding| finding.blocking).cloned().collect();
    let rows = rows(&seen);
    if rows.is_empty() {
        crate::execution::refuse_blocking(&unreadable)?;
    }
    match context.format {
        Format::Json => output::print_json(&json_of(context, &seen, &rows))?,
        _ => output::print(&text_of(&seen, &rows)),
    }
    Ok(Exit::Done)
}

/// Lines in Flyway's order; Alembic's revisions in the order they run.
fn rows(seen: &Look) -> Vec<InfoRow> {
    let source = seen.report.settings.source;
    let migrations: Vec<&Migration> = seen.report.migrations.iter().filter(|it| it.source == source).collect();
    match source {
        SourceKind::Flyway => state::info(&migrations, &seen.report.settings, &seen.request),
        SourceKind::Alembic => migrations.into_iter().map(|revision| revision_row(revision, seen)).collect(),
    }
}

fn revision_row(revision: &Migration, seen: &Look) -> InfoRow {
    let node = seen.report.graph.nodes.iter().find(|node| node.id == revision.id);
    let applied = node.is_some_and(|node| node.applied);
    InfoRow {
        migration: Some(revision.id.clone()),
        category: "Versioned".to_owned(),
        version: revision.id.0.clone(),
        description: revision.description.clone(),
        kind: "ALEMBIC".to_owned(),
        installed_on: String::new(),
        state: if applied { state::State::Success } else { state::State::Pending },
        undoable: Some(revision.undo.as_ref().is_some_and(|undo| undo.opaque.is_empty())),
        script: revision.script.clone(),
        checksum: None,
        installed_by: String::new(),
        execution_time: 0,
        rank: None,
    }
}

/// The state as Flyway writes it.
fn state_word(row: &InfoRow) -> String {
    serde_json::to_value(row.state).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Highest applied version, or the current revisions.
fn schema_version(seen: &Look, rows: &[InfoRow]) -> Option<String> {
    if seen.report.settings.source == SourceKind::Alembic {
        let revisions: Vec<&str> = seen.request.applied.alembic.iter().map(String::as_str).collect();
        return Some(revisions.join(", ")).filter(|text| !text.is_empty());
    }
    let from = seen.report.plan.from.clone();
    let applied = |row: &&InfoRow| {
        row.rank.is_some()
            && !row.version.is_empty()
            && matches!(state_word(row).as_str(), "Success" | "Baseline" | "Out of Order")
    };
    Some(from).filter(|text| !text.is_empty()).or_else(|| rows.iter().rfind(applied).map(|row| row.version.clone()))
}

fn text_of(seen: &Look, rows: &[InfoRow]) -> String {
    let version = schema_version(seen, rows).unwrap_or_else(|| "<< Empty Schema >>".to_owned());
    let header = ["Category", "Version", "Description", "Type", "Installed On", "State", "Undoable"];
    if rows.is_empty() {
        return format!("Schema version: {version}\n\nNo migrations found\n");
    }
    let undoable = |row: &InfoRow| row.undoable.map_or("", |undoable| if undoable { "Yes" } else { "No" }).to_owned();
    let time = |row: &InfoRow| row.installed_on.replace('T', " ").chars().take(19).collect::<String>();
    let lines: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let InfoRow { category, version, description, kind, .. } = row.clone();
            vec![category, version, description, kind, time(row), state_word(row), undoable(row)]
        })
        .collect();
    format!("Schema version: {version}\n\n{}", output::table(&header, &lines))
}

fn json_of(context: &Context, seen: &Look, rows: &[InfoRow]) -> Value {
    let path = |row: &InfoRow| {
        let migration = seen.report.migrations.iter().find(|it| Some(&it.id) == row.migration.as_ref());
        migration.map(|it| context.workspace.root.join(&it.path).to_string_lossy().into_owned()).unwrap_or_default()
    };
    let undo_path = |row: &InfoRow| {
        let migration = seen.report.migrations.iter().find(|it| Some(&it.id) == row.migration.as_ref());
        let undo = migration.and_then(|it| it.undo.as_ref());
        undo.map(|it| context.workspace.root.join(&it.path).to_string_lossy().into_owned()).unwrap_or_default()
    };
    let migrations: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "category": row.category, "version": row.version, "description": row.description, "type": row.kind,
                "installedOnUTC": row.installed_on, "state": state_word(row),
                "undoable": row.undoable.map_or("", |undoable| if undoable { "Yes" } else { "No" }),
                "filepath": path(row), "undoFilepath": undo_path(row), "installedBy": row.installed_by,
                "executionTime": row.execution_time, "script": row.script, "checksum": row.checksum,
            })
        })
        .collect();
    json!({
        "format": 1,
        "schemaVersion": schema_version(seen, rows),
        "schemaName": seen.report.settings.flyway.default_schema.clone().unwrap_or_default(),
        "migrations": migrations,
        "allSchemasEmpty": seen.live.as_ref().is_none_or(|(_, observed)| observed.schema.tables.is_empty()),
        "database": seen.live.as_ref().map(|(url, _)| url.identity()),
        "warnings": [],
        "operation": "info",
    })
}

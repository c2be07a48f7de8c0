//! `info`: state of every migration, in Flyway's words.

use std::collections::BTreeMap;

use planner::migration::{Migration, MigrationId, SourceKind};
use planner::source::flyway::callback::Event;
use planner::source::flyway::state::{self, InfoRow, State};
use planner::source::flyway::version::Version;
use serde_json::{Value, json};

use crate::cli::info_filter::Filter;
use crate::cli::look::{self, Look};
use crate::cli::words::FLYWAY_VERSION;
use crate::cli::{Context, Format, output};
use crate::execution::Refused;
use crate::exit::Exit;
use crate::observe;

/// Runs the command.
///
/// # Errors
/// A target that cannot be reached, blocking findings, a filter of another form.
pub async fn run(context: &Context) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let filter = Filter::read(&context.words)?;
    let seen = look::look_around(context, Event::BeforeInfo, |_| Event::AfterInfo).await?;
    // Where files could not be read the states would be wrong; findings of single statements do not matter here.
    let all = rows(&seen);
    let blocking = seen.report.findings.iter().filter(|finding| finding.blocking);
    let unreadable: Vec<_> = blocking.filter(|finding| all.is_empty() || look::is_unread(finding)).cloned().collect();
    crate::execution::refuse_blocking(&unreadable)?;
    let version = schema_version(&seen, &all);
    let rows: Vec<InfoRow> = all.into_iter().filter(|row| filter.matches(row)).collect();
    if context.words.migration_ids {
        let name = |row: &InfoRow| if row.version.is_empty() { row.description.clone() } else { row.version.clone() };
        output::print(&rows.iter().map(name).collect::<Vec<_>>().join(","));
    } else if context.format == Format::Json {
        context.give(json_of(context, &seen, &rows, version));
    } else {
        context.say(&text_of(&seen, &rows, version));
    }
    Ok(Exit::Done)
}

/// Lines in Flyway's order; Alembic's revisions in the order they run.
fn rows(seen: &Look) -> Vec<InfoRow> {
    let source = seen.report.settings.source;
    let migrations: Vec<&Migration> = seen.report.migrations.iter().filter(|it| it.source == source).collect();
    match source {
        SourceKind::Flyway => state::info(&migrations, &seen.report.settings, &seen.as_recorded()),
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
        state: if applied { State::Success } else { State::Pending },
        undoable: Some(revision.undo.as_ref().is_some_and(|undo| undo.opaque.is_empty())),
        script: revision.script.clone(),
        checksum: None,
        installed_by: String::new(),
        execution_time: 0,
        rank: None,
    }
}

/// Highest applied version as Flyway counts it, failed ones included; Alembic: the current revisions.
fn schema_version(seen: &Look, rows: &[InfoRow]) -> Option<String> {
    if seen.report.settings.source == SourceKind::Alembic {
        let revisions: Vec<&str> = seen.request.applied.alembic.iter().map(String::as_str).collect();
        return Some(revisions.join(", ")).filter(|text| !text.is_empty());
    }
    let mark = |row: &InfoRow| row.kind == "DELETE" || row.category == "Undo";
    let counts = |row: &&InfoRow| row.rank.is_some() && !mark(row) && !matches!(row.state, State::Deleted | State::Undone);
    let versions = rows.iter().filter(counts).filter_map(|row| Version::parse(&row.version));
    // Of equal versions the first one counts.
    let highest = versions.fold(None, |best: Option<Version>, version| match best {
        Some(best) if best >= version => Some(best),
        _ => Some(version),
    });
    highest.map(|version| version.display().to_owned())
}

/// `Yes`, `No`, or nothing where the question makes no sense. `-` marks deleted rows off, which only the table does.
fn undoable(row: &InfoRow, files: &BTreeMap<&MigrationId, &Migration>, table: bool) -> (&'static str, Option<String>) {
    let alembic = row.kind == "ALEMBIC";
    let none = row.version.is_empty()
        || row.kind.starts_with("UNDO")
        || row.state == State::Undone
        || (table && (row.kind == "DELETE" || row.state == State::Deleted));
    if none {
        return ("", None);
    }
    if alembic {
        return (if row.undoable == Some(true) { "Yes" } else { "No" }, None);
    }
    let failed = matches!(row.state, State::Failed | State::FailedFuture | State::FailedMissing);
    let version = Version::parse(&row.version);
    let same = |file: &&&Migration| file.version.as_deref().and_then(Version::parse) == version;
    let undo = files.values().filter(same).find_map(|file| file.undo.as_ref()).filter(|_| !failed);
    undo.map_or(("No", None), |undo| ("Yes", Some(undo.path.clone())))
}

fn files(seen: &Look) -> BTreeMap<&MigrationId, &Migration> {
    seen.report.migrations.iter().map(|migration| (&migration.id, migration)).collect()
}

fn text_of(seen: &Look, rows: &[InfoRow], version: Option<String>) -> String {
    let version = version.unwrap_or_else(|| "<< Empty Schema >>".to_owned());
    let header = ["Category", "Version", "Description", "Type", "Installed On", "State", "Undoable"];
    let files = files(seen);
    let time = |row: &InfoRow| row.installed_on.replace('T', " ").chars().take(19).collect::<String>();
    let lines: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let InfoRow { category, version, description, kind, .. } = row.clone();
            let undoable = undoable(row, &files, true).0.to_owned();
            vec![category, version, description, kind, time(row), row.state.label().to_owned(), undoable]
        })
        .collect();
    format!("Schema version: {version}\n\n{}", output::table(&header, &lines, "No migrations found"))
}

fn json_of(context: &Context, seen: &Look, rows: &[InfoRow], version: Option<String>) -> Value {
    let files = files(seen);
    let absolute = |path: &str| context.workspace.root.join(path).to_string_lossy().into_owned();
    let migrations: Vec<Value> = rows
        .iter()
        .map(|row| {
            let file = row.migration.as_ref().and_then(|id| files.get(id));
            let (undoable, undo) = undoable(row, &files, false);
            let category = if row.category == "Baseline" { "Versioned" } else { &row.category };
            json!({
                "category": category, "version": row.version, "description": row.description, "type": row.kind,
                "installedOnUTC": instant(&row.installed_on), "state": row.state.label(), "undoable": undoable,
                "filepath": file.map(|file| absolute(&file.path)).unwrap_or_default(),
                "undoFilepath": undo.map(|path| absolute(&path)).unwrap_or_default(),
                "installedBy": row.installed_by, "executionTime": row.execution_time,
                "script": row.script, "checksum": row.checksum,
            })
        })
        .collect();
    json!({
        "format": 1,
        "schemaVersion": version,
        "schemaName": seen.report.settings.flyway.schemas.join(", "),
        "migrations": migrations,
        "allSchemasEmpty": seen.live.as_ref().is_none_or(|(_, observed)| observe::is_empty(&observed.schema, &seen.report.settings.flyway.schemas) && seen.request.applied.flyway.is_empty()),
        "flywayVersion": FLYWAY_VERSION,
        // Here, and only here, Flyway writes an empty text for a database without a name.
        "database": seen.live.as_ref().map(|(url, _)| output::catalog(url).as_str().unwrap_or_default().to_owned()),
        "warnings": [],
        "operation": "info",
    })
}

/// A moment as Java writes it: no fraction, three digits or six.
fn instant(text: &str) -> String {
    let Some((whole, fraction)) = text.trim_end_matches('Z').split_once('.') else { return text.to_owned() };
    let digits: String = fraction.chars().chain("000000".chars()).take(6).collect();
    match digits.strip_suffix("000") {
        Some("000") => format!("{whole}Z"),
        Some(millis) => format!("{whole}.{millis}Z"),
        None => format!("{whole}.{digits}Z"),
    }
}

#[cfg(test)]
mod tests {
    use super::instant;

    #[test]
    fn moments_are_written_as_java_writes_them() {
        assert_eq!(instant("2026-01-02T03:04:05.123456Z"), "2026-01-02T03:04:05.123456Z");
        assert_eq!(instant("2026-01-02T03:04:05.120000Z"), "2026-01-02T03:04:05.120Z");
        assert_eq!(instant("2026-01-02T03:04:05.5Z"), "2026-01-02T03:04:05.500Z");
        assert_eq!(instant("2026-01-02T03:04:05.000000Z"), "2026-01-02T03:04:05Z");
        assert_eq!(instant(""), "");
    }
}

//! `repair`: mends the history. Failed rows go, missing migrations are marked as deleted, rows follow their files.
//!
//! Tables of the application are not touched. Flyway takes no lock for it; this does.

use std::time::Instant;

use planner::finding::Finding;
use planner::migration::{Migration, SourceKind};
use planner::project::{AppliedFlyway, Request};
use planner::source::flyway::repair::{Alignment, Repairs};
use planner::source::flyway::state;
use serde_json::{Value, json};

use crate::cli::locked::{self, Locked};
use crate::cli::words::FLYWAY_VERSION;
use crate::cli::{Context, Format, look, output};
use crate::execution::Refused;
use crate::exit::{Exit, Failure, Outcome};
use crate::history::{Ran, flyway, old};
use crate::target::Target;

/// What was done.
#[derive(Debug, Default)]
struct Repaired {
    /// There is a history at all.
    there: bool,
    removed: Vec<AppliedFlyway>,
    repairs: Repairs,
}

/// Runs the command.
///
/// # Errors
/// A target that cannot be reached; files that cannot be read; a history of Alembic.
pub async fn run(context: &Context) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let started = Instant::now();
    let settings = locked::flyway_settings(context, "repair")?;
    locked::with(context, settings, "repair", async |locked| {
        let repaired = repair(context, locked).await?;
        match context.format {
            Format::Json => context.give(json_of(context, locked, &repaired)),
            _ => tell(context, locked, &repaired, started),
        }
        Ok(())
    })
    .await?;
    Ok(Exit::Done)
}

/// One transaction: the history is mended as a whole or not at all.
async fn repair(context: &Context, locked: &mut Locked) -> Outcome<Repaired> {
    let Locked { target, history, .. } = locked;
    if !target.has_table(&history.table).await? {
        return Ok(Repaired::default());
    }
    target.begin().await?;
    let mut rows = flyway::rows(target, &history.table).await?;
    let removed: Vec<AppliedFlyway> = rows.iter().filter(|row| !row.success).cloned().collect();
    if !removed.is_empty() {
        flyway::delete_failed(target, &history.table).await?;
        rows.retain(|row| row.success);
    }
    let repairs = wanted(context, target, rows)?;
    if !repairs.deleted.is_empty() {
        old::refuse(target, history).await?;
    }
    for row in &repairs.deleted {
        let marker = flyway::NewRow {
            version: row.version.as_deref(),
            description: &row.description,
            kind: "DELETE",
            script: &row.script,
            checksum: row.checksum,
        };
        flyway::insert(target, history, &marker, Ran { duration_ms: 0, success: row.success }).await?;
    }
    for Alignment { row, description, kind, checksum, .. } in &repairs.aligned {
        flyway::align(target, &history.table, row.rank, description, kind, *checksum).await?;
    }
    target.commit().await?;
    Ok(Repaired { there: true, removed, repairs })
}

/// What the planner finds to mend, whatever `target` and `outOfOrder` say.
fn wanted(context: &Context, target: &Target, rows: Vec<AppliedFlyway>) -> Outcome<Repairs> {
    let mut request = Request {
        dialect: Some(target.dialect()),
        server_version: Some(target.version()),
        up_to: Some("latest".to_owned()),
        out_of_order: true,
        ..context.workspace.request.clone()
    };
    request.applied.flyway = rows;
    let report = context.workspace.analyze(&request);
    let files: Vec<&Migration> = report.migrations.iter().filter(|file| file.source == SourceKind::Flyway).collect();
    let (repairs, mut problems) = state::repairs(&files, &report.settings, &request);
    // Without its files every migration would look deleted.
    problems.extend(
        report.findings.iter().filter(|finding| look::is_unread(finding) || finds_nothing(finding)).map(|it| Finding::clone(it)),
    );
    match problems.into_iter().find(|finding| finding.blocking) {
        Some(finding) => Err(Failure::usage(format!("Nothing was changed: {}", finding.message), finding.workaround)),
        None => Ok(repairs),
    }
}

fn finds_nothing(finding: &Finding) -> bool {
    matches!(finding.rule.as_str(), "missing-location" | "empty-source")
}

fn tell(context: &Context, locked: &Locked, repaired: &Repaired, started: Instant) {
    let Repaired { there, removed, repairs } = repaired;
    if removed.is_empty() {
        let why = if *there { ". No failed migration detected." } else { " as table doesn't exist." };
        let table = locked.table();
        context.say(&format!("Repair of failed migration in Schema History table {table} not necessary{why}"));
    }
    for row in removed {
        let name = row.version.as_ref().map_or_else(|| format!("{:?}", row.description), |version| format!("version {version}"));
        context.say(&format!("Removed the failed row {} ({name}) from {}", row.rank, locked.table()));
    }
    for row in &repairs.deleted {
        let name = match &row.version {
            Some(version) => format!("version \"{version}\""),
            None => format!("description \"{}\"", row.description),
        };
        context.say(&format!("Repairing Schema History table for {name} (Marking as DELETED)  ..."));
    }
    for Alignment { row, description, kind, checksum, .. } in &repairs.aligned {
        let text = |value: Option<String>| value.unwrap_or_else(|| "null".to_owned());
        context.say(&format!(
            "Repairing Schema History table for version {} (Description: {description}, Type: {kind}, Checksum: {})  ...",
            text(row.version.clone()),
            text(checksum.map(|checksum| checksum.to_string()))
        ));
    }
    context.say(&format!(
        "Successfully repaired schema history table {} (execution time {}).",
        locked.table(),
        output::duration(started.elapsed().as_millis())
    ));
    if !repairs.deleted.is_empty() {
        context.say(
            "Please ensure the previous contents of the deleted migrations are removed from the database, or moved into an \
             existing migration.",
        );
    }
    if !removed.is_empty() && !locked.target.dialect().transactional_ddl() {
        context.say("Manual cleanup of the remaining effects of the failed migration may still be required.");
    }
}

fn json_of(context: &Context, locked: &Locked, repaired: &Repaired) -> Value {
    let Repaired { removed, repairs, .. } = repaired;
    let item = |row: &AppliedFlyway, path: String| json!({"version": row.version.clone().unwrap_or_default(), "description": row.description, "filepath": path});
    let plain = |rows: &[AppliedFlyway]| rows.iter().map(|row| item(row, String::new())).collect::<Vec<_>>();
    let workspace = &context.workspace;
    let files =
        planner::source::flyway::load_names(&workspace.project, &locked.settings, &workspace.request, workspace.machine())
            .migrations;
    let path = |alignment: &Alignment| {
        let file = files.iter().find(|file| file.id == alignment.migration);
        file.map(|file| context.workspace.root.join(&file.path).to_string_lossy().into_owned()).unwrap_or_default()
    };
    let actions = [
        (!removed.is_empty(), "Removed failed migrations"),
        (!repairs.deleted.is_empty(), "Deleted missing migrations"),
        (!repairs.aligned.is_empty(), "Aligned applied migration checksums"),
    ];
    json!({
        "format": 1,
        "repairActions": actions.iter().filter(|(done, _)| *done).map(|(_, text)| *text).collect::<Vec<_>>(),
        "migrationsRemoved": plain(removed),
        "migrationsDeleted": plain(&repairs.deleted),
        "migrationsAligned": repairs.aligned.iter().map(|one| item(&one.row, path(one))).collect::<Vec<_>>(),
        "flywayVersion": FLYWAY_VERSION,
        "database": output::catalog(&locked.url),
        "warnings": [],
        "operation": "repair",
    })
}

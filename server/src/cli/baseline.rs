//! `baseline`: starts the history of a database that exists already.

use planner::project::AppliedFlyway;
use planner::source::flyway::version::Version;
use serde_json::json;

use crate::cli::locked::{self, Locked};
use crate::cli::words::FLYWAY_VERSION;
use crate::cli::{Context, Format, output};
use crate::execution::Refused;
use crate::exit::{Exit, Failure, Outcome};
use crate::history::flyway;

/// Runs the command. A database that has the same baseline already is left as it is.
///
/// # Errors
/// A version that is none; a history that holds migrations or another baseline.
pub async fn run(context: &Context) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let settings = locked::flyway_settings(context, "baseline")?;
    let text = settings.flyway.baseline_version.clone();
    let Some(version) = Version::parse(&text) else {
        let cure = "Numbers separated by dots or underscores, such as -baselineVersion=1.2.";
        return Err(Failure::usage(format!("baselineVersion {text:?} is no version."), cure).into());
    };
    locked::with(context, settings, "baseline", async |locked| {
        let said = baseline(context, locked, &version).await?;
        match context.format {
            Format::Json => context.give(json!({
                "format": 1,
                "successfullyBaselined": true,
                "baselineVersion": version.display(),
                "flywayVersion": FLYWAY_VERSION,
                "database": output::catalog(&locked.url),
                "warnings": [],
                "operation": "baseline",
            })),
            _ => context.say(&said),
        }
        Ok(())
    })
    .await?;
    Ok(Exit::Done)
}

/// Writes the row, unless it is there.
async fn baseline(context: &Context, locked: &mut Locked, version: &Version) -> Outcome<String> {
    let description = locked.settings.flyway.baseline_description.clone();
    if locked.target.has_table(&locked.history.table).await? {
        let rows = flyway::rows(&mut locked.target, &locked.history.table).await?;
        return existing(&locked.table(), &rows, version, &description);
    }
    context.tell(&format!("Creating Schema History table {} with baseline ...", locked.table()));
    let row = flyway::NewRow {
        version: Some(version.display()),
        description: &description,
        kind: "BASELINE",
        script: &description,
        checksum: None,
    };
    let Locked { target, history, .. } = locked;
    target.begin().await?;
    history.create_with(target, Some(&row)).await?;
    target.commit().await?;
    Ok(format!("Successfully baselined schema with version: {version}"))
}

/// A table that is there is only right if it holds this very baseline.
fn existing(table: &str, rows: &[AppliedFlyway], version: &Version, description: &str) -> Outcome<String> {
    // Behind the row of created schemas, if there is one, a baseline is the first.
    if let Some(marker) = rows.iter().take(2).find(|row| row.kind == "BASELINE") {
        let same = marker.version.as_deref().and_then(Version::parse).as_ref() == Some(version);
        let shown = marker.version.clone().unwrap_or_default();
        if same && marker.description == description {
            return Ok(format!("Schema history table {table} already initialized with ({version},{description}). Skipping."));
        }
        return Err(Failure::failed(
            format!(
                "Unable to baseline schema history table {table} with ({version},{description}) as it has already been baselined \
                 with ({shown},{})",
                marker.description
            ),
            "A baseline is set once. To begin anew, drop the history table and run baseline again.",
        ));
    }
    let zero = Version::parse("0").as_ref() == Some(version);
    if zero && rows.iter().any(|row| row.kind == "SCHEMA") {
        let message = format!(
            "Unable to baseline schema history table {table} with version 0 as this version was used for schema creation"
        );
        return Err(Failure::failed(message, "Choose a higher -baselineVersion."));
    }
    let (message, cure) = if rows.is_empty() {
        ("as it already exists, and is empty.", "Delete the schema history table, and run baseline again.")
    } else if rows.iter().any(|row| !matches!(row.kind.as_str(), "SCHEMA" | "BASELINE" | "DELETE")) {
        ("as it already contains migrations", "The database is under migration already: run info to see where it stands.")
    } else {
        ("as it already contains migrations.", "Delete the schema history table, and run baseline again.")
    };
    Err(Failure::failed(format!("Unable to baseline schema history table {table} {message}"), cure))
}

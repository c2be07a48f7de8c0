//! `repair`: removes the records of failed migrations, so that they can be tried again.

use planner::migration::SourceKind;

use crate::cli::{Context, Format, output};
use crate::execution::Refused;
use crate::exit::{Exit, Failure};
use crate::history::{History, flyway};
use crate::observe;
use crate::run::lock;
use crate::target::Access;

/// Runs the command. Tables of the application are not touched.
///
/// # Errors
/// A target that cannot be reached; a history of Alembic, which records no failures.
pub async fn run(context: &Context) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let (settings, _) = context.workspace.settings(&context.workspace.request);
    if settings.source != SourceKind::Flyway {
        return Err(Failure::usage("Alembic's history holds no failed migrations.", "There is nothing to repair.").into());
    }
    let url = context.workspace.require_url(&settings)?;
    let mut target = observe::connect(&url, &settings, "flightplan repair", Access::Write).await?;
    let history = History::of(&settings, &target);
    lock::acquire(&mut target, &history.table, context.lock_wait).await?;
    let removed = async {
        if target.has_table(&history.table).await? { flyway::delete_failed(&mut target, &history.table).await } else { Ok(0) }
    };
    let removed = removed.await.map_err(Failure::from);
    target.unlock(&history.table).await;
    target.close().await;
    let removed = removed?;
    match context.format {
        Format::Json => output::print_json(&serde_json::json!({
            "format": 1, "operation": "repair", "migrationsRemovedCount": removed, "migrationsRemoved": [],
            "migrationsDeleted": [], "migrationsAligned": [],
        }))?,
        _ => output::print(&format!("Removed {removed} failed row(s) from {}.", history.table)),
    }
    Ok(Exit::Done)
}

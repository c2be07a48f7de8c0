//! Alembic's own words: `upgrade`, `downgrade`, `current`, `heads`, `history`.

use clap::Args;
use planner::graph::Node;
use planner::migration::SourceKind;
use planner::project::Request;
use serde_json::json;

use crate::cli::{Context, Format, look, migrate, output};
use crate::execution::{self, Mandate, Refused};
use crate::exit::{Exit, Failure};
use crate::run::undo::Back;

/// Options of `upgrade`.
#[derive(Clone, Debug, Args)]
pub struct Upgrade {
    /// A revision, the beginning of one, or `heads`.
    #[arg(default_value = "heads")]
    revision: String,
}

/// Options of `downgrade`.
#[derive(Clone, Debug, Args)]
pub struct Downgrade {
    /// A revision, `-N` or `base`.
    #[arg(allow_hyphen_values = true)]
    revision: String,
}

/// `upgrade`.
///
/// # Errors
/// See [`execution::execute`].
pub async fn upgrade(context: &Context, command: &Upgrade) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let up_to = Some(command.revision.clone()).filter(|revision| revision != "heads" && revision != "head");
    let request = Request { up_to, ..context.workspace.request.clone() };
    let result = migrate::execute(context, request, Mandate::AtOnce, None).await;
    migrate::report(context, result)
}

/// `downgrade`.
///
/// # Errors
/// [`Exit::Usage`] where there is no way back, saying why.
pub async fn downgrade(context: &Context, command: &Downgrade) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let result = migrate::take_back(context, Back::To(command.revision.clone())).await;
    migrate::report(context, result)
}

/// `current`.
///
/// # Errors
/// A target that cannot be reached.
pub async fn current(context: &Context) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let (settings, _) = context.workspace.settings(&context.workspace.request);
    context.workspace.require_url(&settings)?;
    let seen = look::look(context, &context.workspace.request).await?;
    if seen.report.settings.source == SourceKind::Flyway {
        return Err(Failure::usage("This environment's source is Flyway.", "See `flightplan info`.").into());
    }
    let revisions: Vec<&String> = seen.request.applied.alembic.iter().collect();
    match context.format {
        Format::Json => output::print_json(&json!({"format": 1, "revisions": revisions}))?,
        _ => {
            let is_head = |id: &str| seen.report.graph.nodes.iter().any(|node| node.head && node.id.0 == id);
            let line = |id: &&String| format!("{id}{}\n", if is_head(id) { " (head)" } else { "" });
            output::print(&revisions.iter().map(line).collect::<String>());
        }
    }
    Ok(Exit::Done)
}

/// `heads`.
///
/// # Errors
/// Blocking findings.
pub fn heads(context: &Context) -> Result<Exit, Refused> {
    list(context, |node| node.head)
}

/// `history`.
///
/// # Errors
/// Blocking findings.
pub fn history(context: &Context) -> Result<Exit, Refused> {
    list(context, |_| true)
}

fn list(context: &Context, wanted: impl Fn(&Node) -> bool) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let report = context.workspace.analyze(&context.workspace.request);
    let nodes: Vec<&Node> =
        report.graph.nodes.iter().rev().filter(|node| node.source == SourceKind::Alembic && wanted(node)).collect();
    match context.format {
        Format::Json => output::print_json(&json!({"format": 1, "revisions": nodes}))?,
        _ => {
            let parents = |node: &Node| -> String {
                let revision = report.migrations.iter().find(|migration| migration.id == node.id);
                let ids: Vec<&str> = revision.map(|it| it.parents.iter().map(|id| id.0.as_str()).collect()).unwrap_or_default();
                if ids.is_empty() { "<base>".to_owned() } else { ids.join(", ") }
            };
            let line = |node: &&Node| {
                format!("{} -> {}{}, {}\n", parents(node), node.id, if node.head { " (head)" } else { "" }, node.description)
            };
            output::print(&nodes.iter().map(line).collect::<String>());
        }
    }
    execution::refuse_blocking(&report.findings)?;
    Ok(Exit::Done)
}

//! Alembic's own words, and `upgrade` and `downgrade` among them.

use std::path::Path;

use clap::{Args, Subcommand};
use planner::finding::Finding;
use planner::migration::Migration;
use planner::project::{AlembicAsked, Request};
use planner::source::alembic::offline;

use crate::approval::quorum::Enclosed;
use crate::cli::{Context, alembic_coverage, alembic_file, alembic_list, alembic_stamp, migrate, output};
use crate::execution::{self, Mandate, Refused};
use crate::exit::{Exit, Failure};
use crate::run::undo::Back;

/// Alembic's commands.
#[derive(Clone, Debug, Subcommand)]
pub enum AlembicCommand {
    /// Alembic: run revisions up to one, or to the heads.
    Upgrade(Upgrade),
    /// Alembic: take revisions back down to one (`-1`, `base`, or an id).
    Downgrade(Downgrade),
    /// Alembic: revisions the database is at.
    Current(alembic_list::Current),
    /// Alembic: revisions nothing comes after.
    Heads(alembic_list::Heads),
    /// Alembic: all revisions, newest first.
    History(alembic_list::HistoryCommand),
    /// Alembic: revisions that several others follow.
    Branches(alembic_list::Branches),
    /// Alembic: all that is known of a revision.
    Show(alembic_list::Show),
    /// Alembic: write revisions into the version table without running them.
    Stamp(alembic_stamp::Stamp),
    /// Alembic: write a revision file that joins several heads.
    Merge(alembic_file::Merge),
    /// Alembic: write a new revision file.
    Revision(alembic_file::RevisionCommand),
    /// Alembic: make the version table.
    #[command(name = "ensure_version")]
    EnsureVersion(alembic_stamp::EnsureVersion),
    /// How many revisions of script folders can be read, by level and verdict.
    #[command(hide = true)]
    AlembicCoverage(alembic_coverage::Coverage),
}

/// Alembic's global options.
#[derive(Clone, Debug, Args)]
pub struct AlembicOptions {
    /// Alembic: the configuration file, relative to the project.
    #[arg(short = 'c', long = "config", global = true, value_name = "FILE", env = "ALEMBIC_CONFIG", hide_short_help = true)]
    config: Option<String>,
    /// Alembic: the section of alembic.ini.
    #[arg(short = 'n', long = "name", global = true, value_name = "NAME", hide_short_help = true)]
    section: Option<String>,
    /// Alembic: an argument for env.py.
    #[arg(short = 'x', global = true, value_name = "NAME=VALUE", hide_short_help = true)]
    arguments: Vec<String>,
    /// Alembic: let the project's own Python run a revision that cannot be read.
    #[arg(long, global = true)]
    allow_python: bool,
}

impl AlembicOptions {
    /// What they ask of the planner. A configuration named by its whole path becomes one relative to the project.
    #[must_use]
    pub fn asked(&self, project: &Path) -> AlembicAsked {
        let inside = |config: &String| {
            let (path, root) = (Path::new(config).canonicalize().ok()?, project.canonicalize().ok()?);
            Some(path.strip_prefix(root).ok()?.to_str()?.to_owned())
        };
        let whole = |config: &&String| Path::new(config).is_absolute();
        let config = self.config.as_ref().filter(whole).and_then(inside).or_else(|| self.config.clone());
        AlembicAsked {
            config,
            section: self.section.clone(),
            arguments: self.arguments.clone(),
            allow_python: self.allow_python,
            ..AlembicAsked::default()
        }
    }
}

/// Options of `upgrade`.
#[derive(Clone, Debug, Args)]
pub struct Upgrade {
    /// A revision, the beginning of one, `head`, `heads`, `label@head`, `+N`, or with --sql a range `FROM:TO`.
    #[arg(default_value = "heads", allow_hyphen_values = true)]
    revision: String,
    /// Print the statements instead of running them.
    #[arg(long)]
    sql: bool,
    /// For env.py; Flightplan does not need it.
    #[arg(long, hide = true)]
    tag: Option<String>,
}

/// Options of `downgrade`.
#[derive(Clone, Debug, Args)]
pub struct Downgrade {
    /// A revision, `-N`, `label@-N`, `base`, or with --sql a range `FROM:TO`.
    #[arg(allow_hyphen_values = true)]
    revision: String,
    /// Print the statements instead of running them.
    #[arg(long)]
    sql: bool,
    /// For env.py; Flightplan does not need it.
    #[arg(long, hide = true)]
    tag: Option<String>,
}

/// Runs one of them.
///
/// # Errors
/// See each.
pub async fn run(context: &Context, command: &AlembicCommand) -> Result<Exit, Refused> {
    match command {
        AlembicCommand::Upgrade(command) => upgrade(context, command).await,
        AlembicCommand::Downgrade(command) => downgrade(context, command).await,
        AlembicCommand::Current(command) => alembic_list::current(context, command).await,
        AlembicCommand::Heads(command) => alembic_list::heads(context, command),
        AlembicCommand::History(command) => alembic_list::history(context, command).await,
        AlembicCommand::Branches(command) => alembic_list::branches(context, command),
        AlembicCommand::Show(command) => alembic_list::show(context, command).await,
        AlembicCommand::Stamp(command) => alembic_stamp::stamp(context, command).await,
        AlembicCommand::Merge(command) => alembic_file::merge(context, command),
        AlembicCommand::Revision(command) => alembic_file::revision(context, command),
        AlembicCommand::AlembicCoverage(command) => alembic_coverage::run(command),
        AlembicCommand::EnsureVersion(command) => alembic_stamp::ensure_version(context, command).await,
    }
}

/// `upgrade`.
///
/// # Errors
/// See [`crate::execution::execute`].
async fn upgrade(context: &Context, command: &Upgrade) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let settings = alembic_list::require_alembic(context)?;
    if command.sql {
        let range = command.revision.split_once(':');
        let (from, to) = range.map_or((None, command.revision.as_str()), |(from, to)| (Some(from), to));
        return script(context, |revisions| offline::upgrade(revisions, &settings, from, to));
    }
    no_range(&command.revision)?;
    let up_to = Some(command.revision.clone()).filter(|revision| revision != "heads");
    let request = Request { up_to, ..context.workspace.request.clone() };
    let result = migrate::execute(context, request, Mandate::AtOnce, None, Enclosed::default()).await;
    migrate::report(context, result)
}

/// `downgrade`.
///
/// # Errors
/// [`Exit::Usage`] where there is no way back, saying why.
async fn downgrade(context: &Context, command: &Downgrade) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let settings = alembic_list::require_alembic(context)?;
    if command.sql {
        let Some((from, to)) = command.revision.split_once(':') else {
            let cure = "A script does not know where the database is: say from where to where.";
            return Err(Failure::usage("downgrade with --sql requires <fromrev>:<torev>", cure).into());
        };
        return script(context, |revisions| offline::downgrade(revisions, &settings, from, to));
    }
    no_range(&command.revision)?;
    let result = migrate::take_back(context, Back::To(command.revision.clone())).await;
    migrate::report(context, result)
}

/// Prints the script of `--sql`, whole or not at all.
fn script(context: &Context, write: impl FnOnce(&[&Migration]) -> Result<String, Box<Finding>>) -> Result<Exit, Refused> {
    let workspace = &context.workspace;
    let mut request = workspace.request.clone();
    request.alembic.offline = true;
    let (settings, _) = workspace.settings(&request);
    let (revisions, findings) = planner::source::alembic::load(&workspace.project, &settings, &request);
    execution::refuse_blocking(&findings)?;
    let revisions: Vec<&Migration> = revisions.iter().collect();
    let script = write(&revisions).map_err(|finding| Refused {
        failure: Failure::usage(finding.message.clone(), finding.workaround.clone()),
        findings: Vec::new(),
    })?;
    output::print(&script);
    Ok(Exit::Done)
}

fn no_range(revision: &str) -> Result<(), Failure> {
    if revision.contains(':') {
        return Err(Failure::usage("Range revision not allowed", "FROM:TO is for --sql; a database knows where it is."));
    }
    Ok(())
}

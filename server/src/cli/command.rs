//! The commands, and which code runs each.

use clap::Subcommand;

use crate::cli::words::{Then, Word};
use crate::cli::{
    Context, alembic, apply, approve, audit, baseline, check, clean, comment, ddl_log, doctor, explain, gate, graph, incident,
    info, key, lint, matrix, migrate, new, plan, privileges, rehearse, repair, resolve, rollback, rules, runs, schema, serve,
    split, squash, stats, token, undo, user, validate, verify, words,
};
use crate::execution::Refused;
use crate::exit::Exit;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// State of every migration.
    Info(Then),
    /// Check files against the history.
    Validate(Then),
    /// Plan and run at once, where no approval is asked for.
    Migrate(Then),
    /// Take back the newest applied migration that has a way back, or all above --target.
    Undo(undo::Undo),
    /// Mend the history: failed rows go, missing migrations are marked as deleted, checksums follow the files.
    Repair(Then),
    /// Write the history table for a database that exists already, at baselineVersion.
    Baseline(Then),
    /// Drop all objects of the managed schemas; off unless cleanDisabled=false.
    Clean(Then),
    /// What would run (-dryrun), what it changes (-changes), what others changed (-drift).
    Check(check::Check),
    /// Settle a migration that failed half-way or ended with an unknown outcome, after a look at the catalog.
    Resolve(resolve::Resolve),
    #[command(hide = true)]
    Snapshot,
    #[command(hide = true)]
    Diff,
    #[command(hide = true)]
    Generate,
    #[command(hide = true)]
    Model,
    #[command(hide = true)]
    Prepare,
    /// Write an empty migration: right place, free version, with its U file.
    New(new::New),
    /// A migration that mixes phases or breaks a live release, as files that can run one by one.
    Split(split::Split),
    /// Write old migrations as one baseline file, for databases that start empty.
    Squash(squash::Squash),
    /// What the rules say about the migrations.
    Lint(lint::Lint),
    /// The rules, or what one of them is about.
    Rules(rules::Rules),
    /// Who must come before whom, and why.
    Graph,
    /// Which release of the application works with which schema.
    Matrix(matrix::Options),
    /// The schema after all migrations, or the live one with --url.
    Schema,
    /// What each statement of these files does.
    Explain(explain::Explain),
    /// Measure a database: sizes, indexes, activity; a file for --stats.
    Stats(stats::Stats),
    /// Make a plan that can be reviewed.
    Plan(plan::PlanCommand),
    /// Approve a plan.
    Approve(approve::Approve),
    /// Keys that approvers sign with.
    Key(key::KeyCommand),
    /// Say something about a plan or one of its steps, or read what was said.
    Comment(comment::CommentCommand),
    /// Execute an approved plan.
    Apply(apply::Apply),
    /// How far back nothing is lost, counted on the live data; go there with --to.
    Rollback(rollback::Rollback),
    /// Verify schema, data, performance, ways back and, where one is named, staging; for before and after a deployment.
    Verify(verify::Verify),
    /// The report on the newest emergency or failed run, in Markdown.
    Incident(incident::Incident),
    /// Run what is pending up, down and up again on a scratch database, and compare schema and rows at each return.
    Rehearse,
    /// Who changed the schema outside Flightplan (PostgreSQL); --install begins to note it.
    DdlLog(ddl_log::DdlLog),
    /// What is wrong with the database now: who blocks whom, room, rows, indexes, runs; each with what to type next.
    Doctor,
    /// The least a role needs for what is pending, as GRANT and REVOKE; whether this connection has that and not more.
    Privileges(privileges::Privileges),
    /// The gates that runs wait at, and opening them.
    Gate(gate::GateCommand),
    /// What ran and what runs; pause, resume or cancel a run.
    Runs(runs::Runs),
    /// Who did what and when; export it, and check that nobody changed it.
    Audit(audit::AuditCommand),
    /// Who may sign in, and what they may do.
    User(user::UserCommand),
    /// What programs sign in with (FLIGHTPLAN_TOKEN).
    Token(token::TokenCommand),
    /// Serve the review page.
    Serve(serve::Serve),
    #[command(flatten)]
    Alembic(alembic::AlembicCommand),
}

/// Runs a command.
///
/// # Errors
/// What it refuses.
pub(super) async fn dispatch(context: &Context, command: &Command) -> Result<Exit, Refused> {
    match command {
        Command::Info(_) => info::run(context).await,
        Command::Validate(_) => validate::run(context).await,
        Command::Migrate(_) => migrate::run(context).await,
        Command::Undo(command) => undo::run(context, command).await,
        Command::Repair(_) => repair::run(context).await,
        Command::Baseline(_) => baseline::run(context).await,
        Command::Clean(_) => clean::run(context).await,
        Command::Check(command) => check::run(context, command).await,
        Command::Resolve(command) => resolve::run(context, command).await,
        Command::Snapshot => Err(words::elsewhere("snapshot").into()),
        Command::Diff => Err(words::elsewhere("diff").into()),
        Command::Generate => Err(words::elsewhere("generate").into()),
        Command::Model => Err(words::elsewhere("model").into()),
        Command::Prepare => Err(words::elsewhere("prepare").into()),
        Command::New(command) => new::run(context, command),
        Command::Split(command) => split::run(context, command).await,
        Command::Squash(command) => squash::run(context, command),
        Command::Lint(command) => lint::run(context, command).await,
        Command::Rules(command) => Ok(rules::run(context.format, command)?),
        Command::Graph => graph::run(context),
        Command::Matrix(options) => matrix::run(context, options).await,
        Command::Schema => schema::run(context).await,
        Command::Explain(command) => explain::run(context, command).await,
        Command::Stats(command) => stats::run(context, command).await,
        Command::Plan(command) => plan::run(context, command).await,
        Command::Approve(command) => approve::run(context, command).await,
        Command::User(command) => user::run(context, command).await,
        Command::Token(command) => token::run(context, command).await,
        Command::Audit(command) => audit::run(context, command).await,
        Command::Key(command) => Ok(key::run(context.format, command)?),
        Command::Comment(command) => comment::run(context, command).await,
        Command::Apply(command) => apply::run(context, command).await,
        Command::Rollback(command) => rollback::run(context, command).await,
        Command::Verify(command) => verify::run(context, command).await,
        Command::Incident(command) => incident::run(context, command).await,
        Command::Rehearse => rehearse::run(context).await,
        Command::DdlLog(command) => ddl_log::run(context, command).await,
        Command::Doctor => doctor::run(context).await,
        Command::Privileges(command) => privileges::run(context, command).await,
        Command::Gate(command) => gate::run(context, command).await,
        Command::Runs(command) => runs::run(context, command).await,
        Command::Serve(command) => serve::run(context, command.clone()).await,
        Command::Alembic(command) => alembic::run(context, command).await,
    }
}

impl Command {
    /// Flyway's commands that follow.
    pub(super) fn then(&self) -> Vec<Word> {
        match self {
            Self::Info(more) | Self::Validate(more) | Self::Migrate(more) => more.then.clone(),
            Self::Repair(more) | Self::Baseline(more) | Self::Clean(more) => more.then.clone(),
            Self::Undo(command) => command.then(),
            _ => Vec::new(),
        }
    }

    /// Whether it only looks at the project. What changes a database reads every script anew.
    pub(super) const fn only_looks(&self) -> bool {
        matches!(self, Self::Lint(_) | Self::Graph | Self::Matrix(_) | Self::Schema | Self::Explain(_) | Self::Plan(_))
    }

    /// Whether it answers as Flyway does, errors included.
    pub(super) fn is_flyways(&self) -> bool {
        matches!(
            self,
            Self::Info(_)
                | Self::Validate(_)
                | Self::Migrate(_)
                | Self::Undo(_)
                | Self::Repair(_)
                | Self::Baseline(_)
                | Self::Clean(_)
                | Self::Check(_)
                | Self::Resolve(_)
        )
    }
}

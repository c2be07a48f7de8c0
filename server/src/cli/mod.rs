//! The command line: one file a command.

pub mod alembic;
pub mod alembic_coverage;
pub mod alembic_file;
pub mod alembic_list;
pub mod alembic_stamp;
pub mod apply;
pub mod approve;
pub mod argv;
pub mod audit;
pub mod baseline;
pub mod check;
pub mod clean;
pub mod comment;
pub mod confirm;
pub mod context;
pub mod ddl_log;
pub mod diagnostic;
pub mod doctor;
pub mod dry_run;
pub mod emergency;
pub mod emergency_rehearsal;
pub mod emergency_step;
pub mod explain;
pub mod gate;
pub mod graph;
pub mod incident;
pub mod info;
pub mod info_filter;
pub mod key;
pub mod lint;
pub mod locked;
pub mod look;
pub mod matrix;
pub mod migrate;
pub mod new;
pub mod output;
pub mod plan;
pub mod privileges;
pub mod progress;
pub mod rehearse;
pub mod repair;
pub mod resolve;
pub mod reviewed;
pub mod rollback;
pub mod rules;
pub mod runs;
pub mod schema;
pub mod serve;
pub mod split;
pub mod squash;
pub mod stats;
pub mod story;
pub mod token;
pub mod undo;
pub mod undo_write;
pub mod user;
pub mod validate;
pub mod verify;
mod view_drift;
pub mod way_back;
pub mod words;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use planner::dialect::{Dialect, ServerVersion};
use planner::project::Request;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::console;
use crate::execution::Refused;
use crate::exit::{Exit, Failure, Outcome};
use crate::workspace::{Asked, Workspace};
pub use context::Context;
use words::{Then, Word, Words};

/// Plans, reviews and executes Flyway and Alembic migrations.
#[derive(Debug, Parser)]
#[command(name = "flightplan", version, about, after_help = EXIT_CODES)]
struct Arguments {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 findings at or above the gate, \
4 approval missing, 5 plan is stale, 6 stopped part-way (resumable), 7 lock not obtained.
Flyway's spelling works too: flightplan -url=jdbc:postgresql://host/db -locations=filesystem:sql migrate";

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Folder of the project.
    #[arg(long, global = true, value_name = "DIR", default_value = ".", env = "FLIGHTPLAN_PROJECT")]
    project: PathBuf,
    /// Environment of flightplan.toml.
    #[arg(long, global = true, value_name = "NAME")]
    env: Option<String>,
    /// Database: postgres://…, sqlite:FILE, or a jdbc: spelling.
    #[arg(long, global = true, value_name = "URL", hide_env_values = true)]
    url: Option<String>,
    /// Plan a bare folder: flyway:DIR or alembic:DIR.
    #[arg(long, global = true, value_name = "TOOL:DIR")]
    source: Option<String>,
    /// postgres, mysql, mariadb or sqlite.
    #[arg(long, global = true, value_name = "NAME")]
    dialect: Option<Dialect>,
    /// Version of the server, when it is not asked itself.
    #[arg(long, global = true, value_name = "VERSION")]
    server_version: Option<ServerVersion>,
    /// How results are written.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Last version or revision to plan, inclusive.
    #[arg(long, global = true, value_name = "VERSION")]
    target: Option<String>,
    /// Run versions lower than the highest applied one too.
    #[arg(long, global = true)]
    out_of_order: bool,
    /// A value for Flyway's ${NAME}.
    #[arg(long, global = true, value_name = "NAME=VALUE")]
    placeholder: Vec<String>,
    /// Control store (approvals, runs). Default: .flightplan/control.db in the project.
    #[arg(long, global = true, value_name = "FILE")]
    store: Option<PathBuf>,
    /// Keys of approvers, instead of those in flightplan.toml: a file that the author of a migration cannot change with it.
    #[arg(long, global = true, value_name = "FILE", env = "FLIGHTPLAN_TRUSTED_KEYS")]
    trusted_keys: Option<PathBuf>,
    /// What `stats` has measured, where no database is asked.
    #[arg(long, global = true, value_name = "FILE")]
    stats: Option<PathBuf>,
    /// Read every script anew, and keep nothing of it for the next run.
    #[arg(long, global = true)]
    no_cache: bool,
    /// How long to wait for the migration lock.
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 60)]
    lock_wait: u64,
    /// How long to wait where a run comes to a closed gate, without a connection and without the lock.
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 0)]
    gate_wait: u64,
    #[command(flatten)]
    alembic: alembic::AlembicOptions,
    /// Database user.
    #[arg(long, global = true, hide = true)]
    user: Option<String>,
    /// Database password. Better in FLIGHTPLAN_PASSWORD: others can see command lines.
    #[arg(long, global = true, hide = true)]
    password: Option<String>,
    /// A setting in Flyway's spelling.
    #[arg(long, global = true, hide = true)]
    flyway: Vec<String>,
    #[command(flatten)]
    words: Words,
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For tools.
    Json,
    /// Graphviz (graph).
    Dot,
    /// Mermaid (graph).
    Mermaid,
    /// Markdown (matrix, lint).
    Markdown,
    /// SARIF 2.1.0 (lint).
    Sarif,
    /// JUnit's XML (lint).
    Junit,
    /// Annotations of a GitHub workflow (lint).
    Github,
    /// GitLab's code quality report (lint).
    Gitlab,
}

#[derive(Debug, Subcommand)]
enum Command {
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

/// Runs the command line.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments = match Arguments::try_parse_from(argv::rewrite(arguments)) {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Done };
        }
    };
    let words = &arguments.options.words;
    let json = arguments.options.format == Format::Json;
    if let Err(failure) = console::set_up(words.color, words.output_file.as_deref(), json) {
        return complain(&failure);
    }
    let level = if arguments.options.words.debug { "warn,server=debug,sqlx=off" } else { "warn,sqlx=off" };
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| level.into()))
        .with_writer(|| console::Log)
        .with_ansi(console::colours(&std::io::stderr()))
        .init();
    // Before there are threads: the local time zone cannot be asked for beside them.
    let started = started();
    // Only the page serves several at once. Elsewhere one thread waits for the database itself: with more of them each
    // answer would have to wake another.
    let mut builder = match arguments.command {
        Command::Serve(_) => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = match builder.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            console::say(&format!("error: the runtime cannot start: {error}"));
            return Exit::Failed;
        }
    };
    runtime.block_on(run(arguments, &started))
}

/// The start of the command in local time, as `${flyway:timestamp}` has it.
fn started() -> String {
    let now = OffsetDateTime::now_local().unwrap_or_else(|_| OffsetDateTime::now_utc());
    now.format(format_description!("[year]-[month]-[day] [hour]:[minute]:[second]")).unwrap_or_default()
}

async fn run(arguments: Arguments, started: &str) -> Exit {
    let Arguments { options, command } = arguments;
    // It needs no project, and the folder at hand may be anything.
    if let Command::Rules(command) = &command {
        return rules::run(options.format, command).unwrap_or_else(|failure| complain(&failure));
    }
    if let Command::Key(command) = &command {
        return key::run(options.format, command).unwrap_or_else(|failure| complain(&failure));
    }
    let opened = options.asked().and_then(|mut asked| {
        // A plan that people approve must not change with the clock.
        if command.is_flyways() {
            asked.request.built_in.insert("timestamp".to_owned(), started.to_owned());
        }
        asked.remembers = !options.no_cache && command.only_looks();
        Workspace::open(asked)
    });
    let workspace = match opened {
        Ok(workspace) => workspace,
        Err(failure) => {
            if options.format == Format::Json && command.is_flyways() {
                console::print(
                    &output::json_text(&output::error_json(&failure.clone().into(), &options.project)).unwrap_or_default(),
                );
            }
            return complain(&failure);
        }
    };
    let mut context = Context::new(workspace, &options, !command.then().is_empty());
    if let Err(failure) = context.sign_in().await {
        return complain(&failure);
    }
    let result = all(&context, &command).await;
    context.workspace.machine().keep();
    if let Err(refused) = &result
        && options.format == Format::Json
        && command.is_flyways()
    {
        context.give_error(refused);
    }
    let flushed = context.flush();
    match result.and_then(|exit| flushed.map(|()| exit).map_err(Refused::from)) {
        Ok(exit) => exit,
        Err(refused) => {
            let colours = console::colours(&std::io::stderr());
            console::put(&diagnostic::render(&refused.findings, &context.workspace.project, colours));
            if let (Some(refusal), true) = (&refused.failure.refusal, options.format != Format::Json) {
                console::say(&format!("ERROR: {}", output::block(refusal, &context.workspace.root)));
            }
            complain(&refused.failure)
        }
    }
}

fn complain(failure: &Failure) -> Exit {
    console::say(&format!("error: {failure}"));
    failure.exit
}

/// As Flyway does, a command of its own does not begin with a configuration that has a mistake in it. That there are no
/// migrations is for the command to judge.
fn configured(context: &Context) -> Result<(), Refused> {
    let (_, mut findings) = context.workspace.settings(&context.workspace.request);
    findings.retain(|finding| finding.rule != "no-source");
    crate::execution::refuse_blocking(&findings)
}

/// The command, then the others that were named; the first that fails ends it.
async fn all(context: &Context, command: &Command) -> Result<Exit, Refused> {
    crate::execution::refuse_blocking(&context.workspace.sections().findings)?;
    if command.is_flyways() {
        configured(context)?;
    }
    let mut exit = dispatch(context, command).await?;
    for word in command.then() {
        if exit != Exit::Done {
            break;
        }
        exit = match word {
            Word::Info => info::run(context).await,
            Word::Validate => validate::run(context).await,
            Word::Migrate => migrate::run(context).await,
            Word::Undo => undo::run(context, &undo::Undo::default()).await,
            Word::Repair => repair::run(context).await,
            Word::Baseline => baseline::run(context).await,
            Word::Clean => clean::run(context).await,
        }?;
    }
    Ok(exit)
}

async fn dispatch(context: &Context, command: &Command) -> Result<Exit, Refused> {
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
    fn then(&self) -> Vec<Word> {
        match self {
            Self::Info(more) | Self::Validate(more) | Self::Migrate(more) => more.then.clone(),
            Self::Repair(more) | Self::Baseline(more) | Self::Clean(more) => more.then.clone(),
            Self::Undo(command) => command.then(),
            _ => Vec::new(),
        }
    }

    /// Whether it only looks at the project. What changes a database reads every script anew.
    const fn only_looks(&self) -> bool {
        matches!(self, Self::Lint(_) | Self::Graph | Self::Matrix(_) | Self::Schema | Self::Explain(_) | Self::Plan(_))
    }

    /// Whether it answers as Flyway does, errors included.
    fn is_flyways(&self) -> bool {
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

/// What `${flyway:workingDirectory}` stands for.
fn working_directory(project: &Path) -> BTreeMap<String, String> {
    let folder = project.canonicalize().ok().map(|folder| folder.to_string_lossy().into_owned());
    folder.map(|folder| ("workingdirectory".to_owned(), folder)).into_iter().collect()
}

impl Options {
    fn asked(&self) -> Outcome<Asked> {
        let mut placeholders = BTreeMap::new();
        for text in &self.placeholder {
            let (name, value) = text.split_once('=').ok_or_else(|| {
                Failure::usage(format!("--placeholder {text:?} has no value."), "Write --placeholder NAME=VALUE.")
            })?;
            placeholders.insert(name.to_owned(), value.to_owned());
        }
        let request = Request {
            environment: self.env.clone(),
            dialect: self.dialect,
            server_version: self.server_version,
            up_to: self.target.clone(),
            out_of_order: self.out_of_order,
            placeholders,
            built_in: working_directory(&self.project),
            alembic: self.alembic.asked(&self.project),
            statistics: self.stats.as_deref().map(stats::read).transpose()?.unwrap_or_default(),
            ..Request::default()
        };
        Ok(Asked {
            root: self.project.clone(),
            request,
            source: self.source.clone(),
            url: self.url.clone(),
            user: self.user.clone(),
            password: self.password.clone(),
            flyway: self.flyway.clone(),
            store: self.store.clone(),
            trusted_keys: self.trusted_keys.clone(),
            remembers: false,
        })
    }
}

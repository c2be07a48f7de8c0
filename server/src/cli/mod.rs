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
mod command;
pub mod comment;
pub mod confirm;
pub mod context;
pub mod ddl_log;
pub mod diagnostic;
pub mod doctor;
pub mod dry_run;
pub mod emergency;
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
mod options;
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
pub mod words;

use std::ffi::OsString;

use clap::Parser;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::console;
use crate::execution::Refused;
use crate::exit::{Exit, Failure};
use crate::workspace::Workspace;
use command::{Command, dispatch};
pub use context::Context;
pub use options::{Format, Options};
use words::Word;

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

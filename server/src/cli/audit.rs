//! `audit`: who did what, and the proof that nobody changed what it says.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use planner::audit::export::Export;
use planner::audit::verify::compare;
use serde_json::json;

use crate::approval::key::PublicKey;
use crate::audit::trusted::Trusted;
use crate::audit::{Row, verify};
use crate::cli::{Context, Format, output};
use crate::console;
use crate::execution::Refused;
use crate::exit::{Exit, Failure, Outcome};
use crate::store::Store;

/// Options of `audit`.
#[derive(Clone, Debug, Args)]
pub struct AuditCommand {
    #[command(subcommand)]
    asked: Option<Asked>,
    #[command(flatten)]
    filter: Filter,
}

#[derive(Clone, Debug, Subcommand)]
enum Asked {
    /// Write the log as JSON lines, a signed checkpoint last.
    Export {
        /// The file; - is standard output.
        file: PathBuf,
    },
    /// Check every row, their order, their signatures and the end; with FILE those of an export, and where it differs from
    /// the store. Ends with 1 where anything is wrong.
    Verify {
        /// An export. Default: the control store.
        file: Option<PathBuf>,
        /// A key the log may be signed with. Default: this machine's.
        #[arg(long, value_name = "KEY")]
        public_key: Vec<PublicKey>,
    },
    /// The public key that this machine signs the log with.
    Key,
}

#[derive(Clone, Debug, Args)]
struct Filter {
    /// Only what this person did.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Only actions that begin so: plan, run.started.
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// Only what was done with a plan: the beginning of its digest.
    #[arg(long, value_name = "DIGEST")]
    plan: Option<String>,
    /// Only what came at or after this time: 2026-11-27, or 2026-11-27T10:00.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only the last so many.
    #[arg(long, value_name = "COUNT")]
    last: Option<usize>,
}

impl Filter {
    fn takes(&self, row: &Row) -> bool {
        self.by.as_ref().is_none_or(|by| *by == row.actor)
            && self.action.as_ref().is_none_or(|action| row.action.starts_with(action.as_str()))
            && self.plan.as_ref().is_none_or(|plan| row.digest.starts_with(plan.as_str()))
            && self.since.as_ref().is_none_or(|since| row.at.as_str() >= since.as_str())
    }
}

/// Runs the command.
///
/// # Errors
/// [`Exit::Failed`] where the log is not as it was written.
pub async fn run(context: &Context, command: &AuditCommand) -> Result<Exit, Refused> {
    context.allow(&[])?;
    match &command.asked {
        Some(Asked::Verify { file: Some(file), public_key }) => return Ok(verify_export(context, file, public_key).await?),
        Some(Asked::Verify { file: None, public_key }) => return Ok(verify_store(context, public_key).await?),
        _ => {}
    }
    let store = open(context).await?;
    match &command.asked {
        Some(Asked::Export { file }) => export(&store, file).await?,
        Some(Asked::Key) => output::print(&store.audit_key()?.to_string()),
        _ => list(context, &command.filter, store.audit().await?),
    }
    Ok(Exit::Done)
}

/// The store, which must be there: an empty one would prove nothing.
async fn open(context: &Context) -> Outcome<Store> {
    let place = context.workspace.store()?;
    match Store::open_existing(&place).await? {
        Some(store) => Ok(store),
        None => {
            let message = format!("There is no control store {place}.");
            Err(Failure::usage(message, "Name it with --store, or the project with --project."))
        }
    }
}

fn list(context: &Context, filter: &Filter, rows: Vec<Row>) {
    let mut rows: Vec<Row> = rows.into_iter().filter(|row| filter.takes(row)).collect();
    let skipped = filter.last.map_or(0, |last| rows.len().saturating_sub(last));
    rows.drain(..skipped);
    if context.format == Format::Json {
        context.give(json!({"format": 1, "rows": rows}));
        return;
    }
    let mut text = String::new();
    for row in &rows {
        let _ = write!(text, "{:>5}  {}  {}  {}", row.sequence, row.at, row.actor, row.action);
        for (name, value) in [("", &row.subject), ("on ", &row.environment), ("plan ", &short(&row.digest))] {
            if !value.is_empty() {
                let _ = write!(text, "  {name}{value}");
            }
        }
        for value in [&row.reason, &row.detail].into_iter().filter(|value| !value.is_empty()) {
            let _ = write!(text, "  ({value})");
        }
        text.push('\n');
    }
    context.say(if text.is_empty() { "The audit log holds nothing of that kind.\n" } else { &text });
}

fn short(digest: &str) -> String {
    digest.chars().take(12).collect()
}

async fn export(store: &Store, file: &Path) -> Outcome<()> {
    let rows = store.audit().await?;
    let end = rows.last().map(|last| store.checkpoint(last)).transpose()?;
    let text = Export { rows, end }.write();
    let text = text.map_err(|error| Failure::failed(format!("A row is no JSON: {error}."), ""))?;
    if file == Path::new("-") {
        output::print(text.trim_end());
        return Ok(());
    }
    std::fs::write(file, text)
        .map_err(|error| Failure::usage(format!("{}: cannot be written: {error}.", file.display()), "Name another file."))
}

async fn verify_store(context: &Context, keys: &[PublicKey]) -> Outcome<Exit> {
    let store = open(context).await?;
    let trusted = trusted(Some(&store), keys)?;
    let (rows, head) = (store.audit().await?, store.audit_head().await?);
    let mut wrong = verify(&rows, &trusted, head.as_ref());
    for guard in store.missing_guards().await? {
        wrong.push(format!("The trigger {guard}, which keeps rows from being changed, is gone from the store."));
    }
    let unseen = head.is_none() && !rows.is_empty();
    if unseen {
        console::say(
            "note: nothing outside of the store says how far the log had come on this machine; a missing end would not show.",
        );
    }
    report(context, &rows, wrong)
}

async fn verify_export(context: &Context, file: &Path, keys: &[PublicKey]) -> Outcome<Exit> {
    let store = Store::open_existing(&context.workspace.store()?).await?;
    let trusted = trusted(store.as_ref(), keys)?;
    let export = read(file)?;
    let mut wrong = export.faults(&Trusted(&trusted));
    if let Some(store) = &store {
        let here = store.audit().await?;
        if here.first().map(|row| &row.chain) == export.rows.first().map(|row| &row.chain) {
            wrong.extend(compare(&here, &export.rows));
        }
    }
    report(context, &export.rows, wrong)
}

/// The keys a log may be signed with.
fn trusted(store: Option<&Store>, keys: &[PublicKey]) -> Outcome<Vec<PublicKey>> {
    match (keys, store) {
        ([], Some(store)) => Ok(vec![store.audit_key()?]),
        ([], None) => Err(Failure::usage(
            "Without the store nobody knows the key of this log.",
            "Name it with --public-key; `flightplan audit key` prints it where the log was written.",
        )),
        (keys, _) => Ok(keys.to_vec()),
    }
}

fn read(file: &Path) -> Outcome<Export> {
    let name = file.display();
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|error| {
        Failure::usage(format!("{name}: cannot be read: {error}."), "Write one with `flightplan audit export FILE`.")
    })?;
    Export::read(&text).map_err(|line| {
        let message = format!("{name}:{line}: this is no row of an audit log.");
        Failure::failed(message, "The line was changed, or the file is no export.")
    })
}

fn report(context: &Context, rows: &[Row], wrong: Vec<String>) -> Outcome<Exit> {
    if context.format == Format::Json {
        let (count, intact) = (rows.len(), wrong.is_empty());
        let last = rows.last().map(|row| &row.hash);
        context.give(json!({"format": 1, "rows": count, "intact": intact, "last": last, "problems": wrong}));
        return Ok(if intact { Exit::Done } else { Exit::Failed });
    }
    if wrong.is_empty() {
        let last = rows.last().map(|row| format!(", the last {}", row.hash)).unwrap_or_default();
        context.say(&format!("The audit log is intact: {} rows{last}.\n", rows.len()));
        return Ok(Exit::Done);
    }
    Err(Failure::failed(
        format!("The audit log is not as it was written:\n  {}", wrong.join("\n  ")),
        "Compare with an export: flightplan audit verify FILE",
    ))
}

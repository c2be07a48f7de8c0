//! `doctor`: what is wrong with the database now, each with the command to type next.

use serde_json::json;

use crate::cli::{Context, Format};
use crate::doctor::{self, Complaint, Examination, Patient, Severity};
use crate::execution::Refused;
use crate::exit::{Exit, Failure};
use crate::history::History;
use crate::observe;
use crate::target::Access;

/// How long a question may wait for a lock, ms.
const LOCK_MS: u64 = 1_000;

/// How long it may take, ms.
const STATEMENT_MS: u64 = 30_000;

/// Runs the command; [`Exit::Findings`] where something does not work.
///
/// # Errors
/// A target that cannot be reached.
pub async fn run(context: &Context) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let (settings, _) = context.workspace.settings(&context.workspace.request);
    let url = context.workspace.require_url(&settings)?;
    let mut target = observe::connect(&url, &settings, "flightplan doctor", Access::Read).await?;
    // What is locked is what this is about: nothing here may wait behind it.
    target.prepare_step(LOCK_MS, STATEMENT_MS).await.map_err(Failure::from)?;
    let history = History::of(&settings, &target);
    let observed = observe::observe(&mut target, &url, &settings, &context.workspace.request).await?;
    let report = context.workspace.analyze(&observed.request);
    let store = context.store().await.ok();
    if let Some(store) = &store {
        store.end_all_gone().await?;
    }
    let mut patient = Patient {
        target: &mut target,
        url: &url,
        history: &history,
        schema: &observed.schema,
        report: &report,
        settings: &context.workspace.sections().preflight,
        store: store.as_ref(),
    };
    let examination = doctor::examine(&mut patient).await;
    target.close().await;
    let errors = examination.complaints.iter().any(|complaint| complaint.severity == Severity::Error);
    if context.format == Format::Json {
        context.give(json!({
            "format": 1, "healthy": !errors, "complaints": examination.complaints, "not_asked": examination.not_asked,
        }));
    } else {
        context.say(&text(&examination));
    }
    Ok(if errors { Exit::Findings } else { Exit::Done })
}

fn text(examination: &Examination) -> String {
    let mut text: String = examination.complaints.iter().map(entry).collect();
    for question in &examination.not_asked {
        text.push_str(&format!("not asked  {question}\n"));
    }
    if text.is_empty() { "Nothing is wrong.\n".to_owned() } else { text }
}

fn entry(complaint: &Complaint) -> String {
    let word = match complaint.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let rows: String = complaint.rows.iter().map(|row| format!("    {row}\n")).collect();
    format!("{word}  {}: {}\n{rows}  next: {}\n\n", complaint.about, complaint.message, complaint.next)
}

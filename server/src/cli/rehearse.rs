//! `rehearse`: what is pending up, down and up again on a scratch database, compared at each return.

use std::fmt::Write as _;

use planner::catalog::compare::Difference;
use serde_json::json;

use crate::cli::{Context, Format, output};
use crate::execution::Refused;
use crate::exit::Exit;
use crate::rehearsal::{Rehearsal, Verdict, rehearse};

/// Differences that are shown of each return.
const SHOWN: usize = 20;

/// Runs the command.
///
/// # Errors
/// See [`rehearse`].
pub async fn run(context: &Context) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let rehearsal = rehearse(&context.workspace).await?;
    if !rehearsal.digest.is_empty() && !rehearsal.migrations.is_empty() {
        let store = context.store().await?;
        let result = json!(rehearsal).to_string();
        store.keep_rehearsal(&rehearsal.digest, rehearsal.verdict == Verdict::Returns, &result).await?;
    }
    let exit = match rehearsal.verdict {
        Verdict::Returns | Verdict::Nothing => Exit::Done,
        Verdict::Differs | Verdict::Failed => Exit::Failed,
    };
    if context.format == Format::Json {
        context.give(output::with_format(&json!(rehearsal))?);
    } else {
        context.say(&text(&rehearsal));
    }
    Ok(exit)
}

fn text(rehearsal: &Rehearsal) -> String {
    let mut out = String::new();
    let what = if rehearsal.copied { "a copy of the target" } else { "a scratch database" };
    // Writing to a String cannot fail.
    let _ = writeln!(out, "Rehearsed on {what}: {}", rehearsal.scratch);
    list(&mut out, "It was not what the target is", &rehearsal.unlike_target);
    let ids: Vec<&str> = rehearsal.migrations.iter().map(|id| id.0.as_str()).collect();
    let _ = writeln!(out, "Migrations: {}", if ids.is_empty() { "none is pending".to_owned() } else { ids.join(", ") });
    if !rehearsal.stays.is_empty() {
        let stays: Vec<&str> = rehearsal.stays.iter().map(|id| id.0.as_str()).collect();
        let _ = writeln!(
            out,
            "Down, these stay as they are now, for a repeatable migration has no state before: {}",
            stays.join(", ")
        );
    }
    if rehearsal.seeded > 0 {
        let _ = writeln!(out, "Rows were put into {} empty table(s).", rehearsal.seeded);
    }
    for (name, ms) in ["up", "down", "up again"].iter().zip(&rehearsal.ms) {
        let _ = writeln!(out, "  {name}: {ms} ms");
    }
    list(&mut out, "Down, it is not what it was before", &rehearsal.down);
    list(&mut out, "Up again, it is not what it was", &rehearsal.up_again);
    if let Some((way, words)) = &rehearsal.failure {
        let _ = writeln!(out, "Failed on the way {way}: {words}");
    }
    let _ = writeln!(
        out,
        "{}",
        match rehearsal.verdict {
            Verdict::Returns => "It comes back: schema and rows are the same at each return.",
            Verdict::Differs => "It does NOT come back.",
            Verdict::Failed => "The rehearsal FAILED. The target was not touched.",
            Verdict::Nothing => "There is nothing to rehearse.",
        }
    );
    out
}

fn list(out: &mut String, head: &str, differences: &[Difference]) {
    if differences.is_empty() {
        return;
    }
    let _ = writeln!(out, "{head}:");
    let told = |text: &str| if text.is_empty() { "nothing".to_owned() } else { text.replace('\n', " ") };
    for difference in differences.iter().take(SHOWN) {
        let _ = writeln!(out, "  {}: was {}, is {}", difference.object, told(&difference.first), told(&difference.second));
    }
    if differences.len() > SHOWN {
        let _ = writeln!(out, "  and {} more", differences.len() - SHOWN);
    }
}

//! `plan`: what would run, for review.

mod report;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use planner::effect::Blocks;
use planner::finding::Severity;
use planner::plan::canonical::sha256_hex;
use planner::plan::{Gate, Plan, Rollout, Step, TransactionMode};
use planner::project::{BatchChoice, Request};

use crate::approval::document::{self, Margin};
use crate::approval::quorum;
use crate::cli::{Context, Format, approve, diagnostic, lint, look, migrate, output};
use crate::console;
use crate::execution::Refused;
use crate::exit::{Exit, Failure, Outcome};
use crate::store::from_now;
use crate::store::plans::{Choices, Made};

/// Options of `plan`.
#[derive(Clone, Debug, Args)]
pub struct PlanCommand {
    /// Write the plan as JSON into this file.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Rows per batch of a statement: ID=SIZE[,pause=MS], or ID=whole.
    #[arg(long, value_name = "ID=SIZE")]
    batch: Vec<String>,
    /// A release that is live, beside those that releases.toml calls supported and the database has the schema of.
    #[arg(long, value_name = "RELEASE")]
    live: Vec<String>,
    /// The release that comes: the plan ends at its schema.
    #[arg(long, value_name = "RELEASE")]
    next: Option<String>,
    /// Who makes the plan; their approval of it does not count. Default: FLIGHTPLAN_USER, else the user of this process.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// How long the plan is good: 90s, 30m, 72h, 7d. Default: as the policy of the environment says, else for ever.
    #[arg(long, value_name = "TIME", value_parser = approve::time)]
    valid_for: Option<u64>,
    /// Exit with 3 from this severity on.
    #[arg(long, value_name = "SEVERITY", value_parser = lint::severity)]
    gate: Option<Severity>,
}

/// Runs the command.
///
/// # Errors
/// A target that cannot be read; blocking findings; findings at the gate.
pub async fn run(context: &Context, command: &PlanCommand) -> Result<Exit, Refused> {
    context.allow(&[Format::Html])?;
    let (settings, _) = context.workspace.settings(&context.workspace.request);
    let usual = BatchChoice { size: settings.batch.size, pause_ms: settings.batch.pause_ms, ..BatchChoice::default() };
    let batches = batches(&command.batch, usual)?;
    let (live, next) = (command.live.clone(), command.next.clone());
    let request = Request { batches, live, next, ..context.workspace.request.clone() };
    let seen = look::look(&context.workspace, &request).await?;
    let plan = &seen.report.plan;
    let known = |id: &String| plan.steps.iter().any(|step| step.statements.iter().any(|statement| statement.id == *id));
    if let Some(id) = request.batches.keys().find(|id| !known(id)) {
        return Err(Failure::usage(
            format!("--batch names {id}, which is no statement of this plan."),
            "See the ids in the plan.",
        )
        .into());
    }
    let margin = margin(context, command, plan);
    let document = document::text(plan, &margin)?;
    if seen.live.is_some() {
        // Who only looks at a plan has not made it, and may approve it.
        let author = if command.output.is_some() || command.by.is_some() { margin.author.clone() } else { String::new() };
        let made = Made { author, valid_until: margin.valid_until.clone() };
        keep(context, (plan, &made), &request, &sha256_hex(document.as_bytes())).await;
    } else {
        console::say("note: planned without a database; this plan can be read but not applied.");
    }
    if let Some(file) = &command.output {
        std::fs::write(file, &document).map_err(|error| {
            Failure::usage(format!("{}: cannot be written: {error}.", file.display()), "Name another file with --output.")
        })?;
    }
    match context.format {
        Format::Json => output::print(document.trim_end()),
        Format::Html => {
            output::print(report::html(plan, &margin, &quorum::wanted(context.workspace.sections(), plan)).trim_end())
        }
        _ => output::print(&text(context, plan, &margin)),
    }
    let mut findings = plan.findings.clone();
    findings.extend(seen.report.findings.iter().filter(|finding| finding.blocking).cloned());
    findings.sort();
    findings.dedup();
    if context.format == Format::Text && !findings.is_empty() {
        let colours = output::colours(&std::io::stderr());
        console::put(&diagnostic::render(&findings, &context.workspace.project, colours));
    }
    lint::gate(&findings, command.gate)
}

/// Who makes the plan, how long it is good, and how risky it is.
fn margin(context: &Context, command: &PlanCommand, plan: &Plan) -> Margin {
    let author = command.by.as_deref().map(str::trim).filter(|by| !by.is_empty()).map_or_else(migrate::user, str::to_owned);
    let policy = context.workspace.sections().policy(&plan.environment).valid_for_s;
    Margin::of(plan, &author, command.valid_for.into_iter().chain(policy).min().map(from_now))
}

/// A kept plan can be approved and applied by its digest alone; a store that cannot be written is no reason not to plan.
async fn keep(context: &Context, (plan, made): (&Plan, &Made), request: &Request, sha256: &str) {
    let choices = Choices::of(request, &plan.environment);
    let kept = async {
        let store = context.store().await?;
        store.keep_plan(plan, &choices, made).await?;
        store.know_file(&plan.digest, sha256).await?;
        store.see_policy(&plan.environment, &context.workspace.sections().policy(&plan.environment).fingerprint()).await?;
        store.rehearsal(&plan.digest).await
    };
    match kept.await {
        Ok(Some(last)) if last.returns => console::say(&format!("note: rehearsed at {}: it comes back.", last.at)),
        Ok(Some(last)) => console::say(&format!("note: rehearsed at {}: it does NOT come back.", last.at)),
        Ok(None) if plan.rehearsal => console::say("note: it has to be rehearsed before it is approved: flightplan rehearse"),
        Ok(None) => {}
        Err(failure) => {
            console::say(&format!("note: {failure}\n  The plan is not kept there; use --output to keep it in a file."))
        }
    }
}

/// `ID=SIZE[,pause=MS][,most=ROWS][,target=MS]` or `ID=whole`. What is left out is as the environment says.
fn batches(texts: &[String], usual: BatchChoice) -> Outcome<BTreeMap<String, BatchChoice>> {
    let wrong = |text: &str| {
        Failure::usage(
            format!("--batch {text:?} is not understood."),
            "Write ID=SIZE, ID=SIZE,pause=MS,most=ROWS,target=MS or ID=whole.",
        )
    };
    let mut batches = BTreeMap::new();
    for text in texts {
        let (id, value) = text.split_once('=').ok_or_else(|| wrong(text))?;
        let mut parts = value.split(',');
        let size = parts.next().unwrap_or_default();
        let mut choice = BatchChoice { whole: size == "whole", ..usual };
        if !choice.whole {
            choice.size = size.parse().ok().filter(|size| (1..=1_000_000).contains(size)).ok_or_else(|| wrong(text))?;
        }
        for part in parts {
            let (key, value) = part.split_once('=').ok_or_else(|| wrong(text))?;
            let value: u32 = value.trim_end_matches("ms").parse().map_err(|_| wrong(text))?;
            match key {
                "pause" => choice.pause_ms = value,
                "most" => choice.most = Some(value),
                "target" => choice.target_ms = Some(value),
                _ => return Err(wrong(text)),
            }
        }
        batches.insert(id.to_owned(), choice);
    }
    Ok(batches)
}

/// Who has to wait, in words.
#[must_use]
pub const fn blocks(blocks: Blocks) -> &'static str {
    match blocks {
        Blocks::Nothing => "nobody",
        Blocks::SchemaChanges => "other schema changes",
        Blocks::Writes => "writes",
        Blocks::ReadsAndWrites => "reads and writes",
        Blocks::Unknown => "possibly anyone",
    }
}

fn text(context: &Context, plan: &Plan, margin: &Margin) -> String {
    let target = plan.target.identity.clone().unwrap_or_else(|| "no database".to_owned());
    let from = if plan.from.is_empty() { "nothing applied" } else { plan.from.as_str() };
    let mut text = format!(
        "Plan {}\n  environment {} on {target} ({} {})\n  from {from} to {}\n",
        plan.digest,
        plan.environment,
        plan.target.dialect.title(),
        plan.target.server_version,
        plan.to
    );
    if plan.steps.is_empty() {
        text.push_str("\nNothing to do: the database is up to date.\n");
        return text;
    }
    if let Some(rollout) = &plan.rollout {
        text.push_str(&rollout_text(plan, rollout));
    }
    for step in &plan.steps {
        text.push_str(&step_text(step));
    }
    let total = plan.estimate.duration_ms.map(range).unwrap_or_else(|| "unknown without statistics".to_owned());
    let lock = plan.estimate.longest_lock_ms.map(range).unwrap_or_else(|| "unknown without statistics".to_owned());
    let wanted = quorum::wanted(context.workspace.sections(), plan).replacen(" approval(s)", "", 1);
    text.push_str(&format!("\nDuration {total}; longest lock {lock}; approvals needed: {wanted}.\n"));
    let because = if margin.risk.because.is_empty() { String::new() } else { format!(" ({})", margin.risk.because.join("; ")) };
    text.push_str(&format!("Risk: {}{because}.\n", margin.risk.class));
    if let Some(until) = &margin.valid_until {
        text.push_str(&format!("Good until {until}.\n"));
    }
    text.push_str(&format!("{}\n", plan.estimate.rests_on));
    if plan.estimate.opaque_statements > 0 {
        text.push_str(&format!(
            "{} statement(s) are opaque: nothing certain can be said about them.\n",
            plan.estimate.opaque_statements
        ));
    }
    text
}

/// Who is live, who comes, and the order of steps and gates in one line.
fn rollout_text(plan: &Plan, rollout: &Rollout) -> String {
    let live = if rollout.live.is_empty() { "no release".to_owned() } else { rollout.live.join(", ") };
    let next = rollout.next.as_ref().map(|next| format!("; {next} comes")).unwrap_or_default();
    let mut parts: Vec<(String, usize)> = Vec::new();
    for step in &plan.steps {
        if let Some(gate) = &step.gate {
            parts.push((format!("gate {}", gate.name), 0));
        }
        match parts.last_mut() {
            Some((phase, count)) if *count > 0 && phase == step.phase.name() => *count += 1,
            _ => parts.push((step.phase.name().to_owned(), 1)),
        }
    }
    let part = |(word, count): (String, usize)| match count {
        0 => format!("[{word}]"),
        count => format!("{count} {word}"),
    };
    let order: Vec<String> = parts.into_iter().map(part).collect();
    format!("  {live} may be live{next}\n  order: {}\n", order.join(" > "))
}

fn gate_text(gate: &Gate) -> String {
    let mut text = format!("\n  -- gate {}: {}\n", gate.name, gate.waits_for);
    for reason in &gate.because {
        text.push_str(&format!("     {reason}\n"));
    }
    if let Some(probe) = &gate.probe {
        text.push_str(&format!("     opens by itself when {}\n", probe.sentence()));
    }
    text
}

fn step_text(step: &Step) -> String {
    let phase = step.phase.name();
    let mode = match step.transaction {
        TransactionMode::Transactional => "one transaction",
        TransactionMode::Autocommit => "statement by statement",
        TransactionMode::Batched => "in batches",
    };
    let mut text = step.gate.as_ref().map(gate_text).unwrap_or_default();
    text.push_str(&format!("\n{:>3}. {} {} [{phase}, {mode}]\n", step.number, step.id, step.description));
    for statement in &step.statements {
        text.push_str(&format!("     {}  {}; blocks {}\n", statement.id, statement.summary, blocks(statement.effect.blocks)));
        if let Some(batch) = &statement.batch {
            let count = batch.batches.map(|count| format!("{count} batches of ")).unwrap_or_default();
            text.push_str(&format!("        {count}{} rows, {} ms pause\n", batch.size, batch.pause_ms));
        }
        if let Some(reason) = &statement.effect.opaque {
            text.push_str(&format!("        unknown: {reason}\n"));
        }
    }
    if !step.undo.note.is_empty() {
        text.push_str(&format!("     way back: {}\n", step.undo.note));
    }
    text
}

pub(super) fn range((low, high): (u64, u64)) -> String {
    let unit = |ms: u64| if ms < 1000 { format!("{ms} ms") } else { format!("{}.{} s", ms / 1000, ms % 1000 / 100) };
    format!("{} to {}", unit(low), unit(high))
}

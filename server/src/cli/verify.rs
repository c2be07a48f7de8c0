//! `verify`: is the schema what releases and migrations expect, are the data whole, does what is pending keep to its
//! limits, is there a way back, does it run on staging?

use std::collections::BTreeSet;
use std::fmt::Write as _;

use clap::Args;
use planner::effect::Reversibility;
use planner::matrix::Verdict;
use planner::migration::{Migration, MigrationKind};
use serde::Serialize;
use serde_json::json;

use crate::cli::{Context, Format, check, look, matrix, output};
use crate::execution::{self, Refused};
use crate::exit::{Exit, Failure, Outcome};
use crate::history::History;
use crate::integrity::{self, constraints};
use crate::journal::Journal;
use crate::observe;
use crate::rehearsal::{self, Verdict as Rehearsed};
use crate::run::undo;
use crate::target::Access;
use crate::url::TargetUrl;

/// Lines of one kind that are shown of each part.
const SHOWN: usize = 20;

/// Options of `verify`.
#[derive(Clone, Debug, Args)]
pub struct Verify {
    /// Database of the staging run: what is pending there goes up, down and up again beside it, on a scratch database.
    /// Default: the variable that staging_url_env of [verify] names.
    #[arg(long, value_name = "URL")]
    staging: Option<String>,
}

/// One part of the report.
#[derive(Clone, Debug, Default, Serialize)]
struct Part {
    /// What was looked at.
    name: &'static str,
    /// Nothing is wrong.
    holds: bool,
    /// Why it was left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<String>,
    /// What is wrong, as sentences.
    faults: Vec<String>,
    /// What else is worth knowing.
    notes: Vec<String>,
}

impl Part {
    fn of(name: &'static str, faults: Vec<String>, notes: Vec<String>) -> Self {
        Self { name, holds: faults.is_empty(), left_out: None, faults, notes }
    }

    fn left_out(name: &'static str, why: &str) -> Self {
        Self { name, holds: true, left_out: Some(why.to_owned()), ..Self::default() }
    }
}

/// Runs the command.
///
/// # Errors
/// Files or a database that cannot be read. What does not hold is the report's, and makes it end with 1.
pub async fn run(context: &Context, command: &Verify) -> Result<Exit, Refused> {
    context.allow(&[Format::Markdown])?;
    let seen = look::look(&context.workspace, &context.workspace.request).await?;
    execution::refuse_blocking(&seen.report.findings.iter().filter(|one| look::is_unread(one)).cloned().collect::<Vec<_>>())?;
    let parts = [
        compatibility(context, &seen).await?,
        data(context, &seen).await?,
        performance(context, &seen),
        way_back(&seen),
        staging(context, command.staging.as_deref()).await?,
    ];
    let holds = parts.iter().all(|part| part.holds);
    match context.format {
        Format::Json => {
            let target = seen.live.as_ref().map(|(url, _)| url.identity());
            let environment = &seen.report.settings.environment;
            let value = json!({"environment": environment, "target": target, "holds": holds, "parts": parts});
            context.give(output::with_format(&value)?);
        }
        format => context.say(&text(&parts, holds, format == Format::Markdown)),
    }
    Ok(if holds { Exit::Done } else { Exit::Failed })
}

fn text(parts: &[Part], holds: bool, markdown: bool) -> String {
    let mut out = String::new();
    for part in parts {
        let word = match (&part.left_out, part.holds) {
            (Some(why), _) => format!("left out: {why}"),
            (None, true) => "holds".to_owned(),
            (None, false) => "does NOT hold".to_owned(),
        };
        // Writing to a String cannot fail.
        let _ = if markdown { writeln!(out, "## {}\n\n{word}\n", part.name) } else { writeln!(out, "{}: {word}", part.name) };
        let (fault, note) = if markdown { ("- **wrong**: ", "- ") } else { ("  wrong: ", "  ") };
        for (head, lines) in [(fault, &part.faults), (note, &part.notes)] {
            for line in lines.iter().take(SHOWN) {
                let _ = writeln!(out, "{head}{}", line.trim().replace('\n', "\n    "));
            }
            if lines.len() > SHOWN {
                let _ = writeln!(out, "{head}and {} more: --format json tells all", lines.len() - SHOWN);
            }
        }
        if markdown {
            out.push('\n');
        }
    }
    out.push_str(if holds { "Verified.\n" } else { "NOT verified.\n" });
    out
}

/// Drift, the releases on the newest schema, and those that may be live on what the database has.
async fn compatibility(context: &Context, seen: &look::Look) -> Outcome<Part> {
    let (mut faults, mut notes) = (Vec::new(), Vec::new());
    if seen.live.is_some() {
        let schemas = planner::pipeline::schemas(&seen.report, &seen.request);
        let drift = check::drift(seen, &schemas.before).await?;
        let words = ["added", "missing", "different"];
        if !drift.by_callbacks.is_empty() {
            notes.push(format!("{} object(s) are as callbacks make them, which no migration does.", drift.by_callbacks.len()));
        }
        if drift.certain.is_empty() {
            notes.push("The live schema is what the applied migrations make.".to_owned());
        } else {
            let lines = check::lines(&drift.certain, words);
            faults.push(format!("The live schema is not what the applied migrations make:\n{lines}"));
        }
        if !drift.uncertain.is_empty() {
            notes
                .push(format!("{} difference(s) cannot be judged: `flightplan check -drift` shows them.", drift.uncertain.len()));
        }
    } else {
        notes.push("No database is named, so drift was not looked for.".to_owned());
    }
    let (releases, broken) = matrix::newest(context);
    match (releases, broken.is_empty()) {
        (0, _) => notes.push("No releases are known, so there is no matrix.".to_owned()),
        (count, true) => notes.push(format!("The newest schema breaks none of {count} release(s) that is supported.")),
        (_, false) => faults.push(format!("The newest schema breaks a supported release:{broken}")),
    }
    for standing in seen.report.matrix.deployed.iter().flat_map(|deployed| &deployed.releases) {
        if standing.held && standing.verdict == Verdict::Breaks {
            let why: Vec<String> = standing.reasons.iter().map(|one| format!("{}: {}", one.object, one.change)).collect();
            faults.push(format!("Release {} does not work on the database as it is: {}", standing.release, why.join("; ")));
        }
    }
    Ok(Part::of("Schema compatibility", faults, notes))
}

/// Rows, constraints, the project's own checks.
async fn data(context: &Context, seen: &look::Look) -> Outcome<Part> {
    let name = "Data integrity";
    let Some((url, observed)) = &seen.live else { return Ok(Part::left_out(name, "no database is named")) };
    let (mut faults, mut notes) = (Vec::new(), Vec::new());
    let mut target = observe::connect(url, &seen.settings, "flightplan verify", Access::Read).await?;
    let rows = integrity::count(&mut target, &observed.schema).await;
    let asked = constraints::hold(&mut target, &observed.schema).await;
    let own = integrity::ask(&mut target, &context.workspace.sections().verify.checks).await;
    let history = History::of(&seen.settings, &target);
    let half = Journal::beside(&history.table).half_applied(&mut target).await?;
    target.close().await;
    faults
        .extend(half.map(|id| format!("{id} is half applied: run it to its end, take back what is done with `flightplan rollback --failed`, or settle it with \
                 `flightplan resolve {id}`.")));
    notes.push(format!("{} table(s), {} row(s).", rows.counts.len(), rows.counts.values().sum::<u64>()));
    notes.extend(rows.not_counted.iter().map(|why| format!("Not counted: {why}.")));
    compare_rows(context, (url, &seen.report.settings.environment), &rows, &mut notes).await;
    notes.push(format!("{} constraint(s) asked.", asked.len()));
    for check in asked.iter().chain(&own) {
        let sentence = format!("{}: {}", check.name, check.said);
        let place = if check.holds { &mut notes } else { &mut faults };
        if !check.holds || !check.said.starts_with("Every row keeps to it.") {
            place.push(sentence);
        }
    }
    Ok(Part::of(name, faults, notes))
}

/// What became more or less since the last `verify`. An application writes meanwhile, so that nothing of it is a fault.
async fn compare_rows(
    context: &Context,
    (url, environment): (&TargetUrl, &str),
    rows: &integrity::Rows,
    notes: &mut Vec<String>,
) {
    let kept = async {
        let store = context.store().await?;
        let before = store.row_counts(environment, &url.identity()).await?;
        store.keep_row_counts(environment, &url.identity(), &rows.counts).await?;
        Ok::<_, Failure>(before)
    };
    match kept.await {
        Ok(None) => notes.push("Rows were not counted before; the next verify compares.".to_owned()),
        Ok(Some((at, before))) => {
            let [changed, _] = integrity::changed(&before, &rows.counts, &BTreeSet::new());
            notes.push(format!("{} table(s) have other rows than at {at}.", changed.len()));
            notes.extend(changed);
        }
        Err(failure) => notes.push(format!("Rows are not compared: {}", failure.message)),
    }
}

/// What is pending against the limits.
fn performance(context: &Context, seen: &look::Look) -> Part {
    let name = "Performance";
    let (plan, limits) = (&seen.report.plan, &context.workspace.sections().verify);
    if plan.steps.is_empty() {
        return Part::of(name, Vec::new(), vec!["Nothing is pending.".to_owned()]);
    }
    let (mut faults, mut notes) = (Vec::new(), Vec::new());
    let lock = limits.longest_lock_ms.unwrap_or(seen.report.settings.lock_timeout_ms);
    let asked = [
        ("One lock keeps others waiting", plan.estimate.longest_lock_ms, Some(lock)),
        ("All of it takes", plan.estimate.duration_ms, limits.longest_run_ms),
    ];
    for (what, estimate, limit) in asked {
        match (estimate, limit) {
            (Some((low, high)), Some(limit)) if high > limit => {
                faults.push(format!("{what} {low} to {high} ms; the limit is {limit} ms."));
            }
            (Some((low, high)), _) => notes.push(format!("{what} {low} to {high} ms.")),
            (None, _) => notes.push(format!("{what} nobody knows how long: no statistics are at hand.")),
        }
    }
    if plan.estimate.opaque_statements > 0 {
        faults.push(format!(
            "{} pending statement(s) cannot be read: what they lock is not known.",
            plan.estimate.opaque_statements
        ));
    }
    notes.push(plan.estimate.rests_on.clone());
    notes.retain(|note| !note.is_empty());
    Part::of(name, faults, notes)
}

/// Whether each migration, applied or pending, has a way back, or a word that there is none.
fn way_back(seen: &look::Look) -> Part {
    let (report, settings) = (&seen.report, &seen.report.settings);
    let derived = undo::derived(report, &seen.request);
    let (mut faults, mut notes, mut known) = (Vec::new(), Vec::new(), [0_usize; 3]);
    let counts = |one: &&Migration| {
        one.source == settings.source && matches!(one.kind, MigrationKind::Versioned | MigrationKind::Revision)
    };
    for migration in report.migrations.iter().filter(counts) {
        let [authors, ours, none] = &mut known;
        match (&migration.undo, derived.get(&migration.id)) {
            (Some(script), _) => match script.opaque.first() {
                Some(part) => faults.push(format!(
                    "{}: its author's way back cannot be known ({}:{}: {}).",
                    migration.id, part.span.file, part.span.line, part.reason
                )),
                None => *authors += 1,
            },
            (None, Some(way)) if way.possible() => {
                *ours += 1;
                if way.reversibility == Reversibility::Lossy {
                    notes.push(format!("{}: its way back loses something: {}", migration.id, way.notes.join(" ")));
                }
            }
            (None, Some(way)) if !way.notes.is_empty() => {
                *none += 1;
                notes.push(format!("{}: there is no way back: {}", migration.id, way.notes.join(" ")));
            }
            (None, _) => faults.push(format!("{}: whether there is a way back is not known.", migration.id)),
        }
    }
    for finding in report.findings.iter().filter(|finding| finding.rule == "wrong-undo") {
        let id = finding.migration.as_ref().map(|id| format!("{id}: ")).unwrap_or_default();
        faults.push(format!("{id}{}", finding.message));
    }
    let [authors, ours, none] = known;
    notes.insert(0, format!("{authors} way(s) back by the author, {ours} derived, {none} with a word why there is none."));
    Part::of("Rollback procedure", faults, notes)
}

/// What is pending on staging, up, down and up again beside it.
async fn staging(context: &Context, named: Option<&str>) -> Result<Part, Refused> {
    let name = "Staging run";
    let variable = context.workspace.sections().verify.staging_url_env.clone();
    let text = match (named, &variable) {
        (Some(text), _) => text.to_owned(),
        (None, None) => return Ok(Part::left_out(name, "no staging database is named (--staging URL)")),
        (None, Some(variable)) => match std::env::var(variable).ok().filter(|text| !text.is_empty()) {
            Some(text) => text,
            None => return Ok(Part::left_out(name, &format!("{variable} is not set"))),
        },
    };
    let url = TargetUrl::parse(&text, &context.workspace.root)?;
    let rehearsal = match rehearsal::rehearse(&context.workspace.at(&url)).await {
        Ok(rehearsal) => rehearsal,
        Err(refused) => {
            let mut faults = vec![refused.failure.to_string()];
            faults.extend(refused.findings.iter().map(|finding| finding.message.clone()));
            return Ok(Part::of(name, faults, Vec::new()));
        }
    };
    let ids: Vec<&str> = rehearsal.migrations.iter().map(|id| id.0.as_str()).collect();
    let ms: Vec<String> =
        ["up", "down", "up again"].iter().zip(&rehearsal.ms).map(|(way, ms)| format!("{way} {ms} ms")).collect();
    let notes = match rehearsal.verdict {
        Rehearsed::Nothing => vec![format!("Nothing is pending on {}.", url.identity())],
        _ => vec![format!("{} beside {}: {}.", ids.join(", "), url.identity(), ms.join(", "))],
    };
    let mut faults = Vec::new();
    faults.extend(rehearsal.failure.map(|(way, words)| format!("It failed on the way {way}: {words}")));
    let returns = [("down", rehearsal.down), ("up again", rehearsal.up_again)];
    for (way, differences) in returns {
        faults
            .extend(differences.iter().map(|one| format!("{way}, {} was {:?} and is {:?}.", one.object, one.first, one.second)));
    }
    if faults.is_empty() && matches!(rehearsal.verdict, Rehearsed::Differs | Rehearsed::Failed) {
        faults.push("It does not come back.".to_owned());
    }
    Ok(Part::of(name, faults, notes))
}

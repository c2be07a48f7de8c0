//! Gates: what has to be true before a step, because a release that may be live would break on it.
//!
//! Which gates a plan needs is what the verdicts say of the schemas the plan goes through. A step that breaks no release
//! that may be live has none. Three things make a release count as live: `releases.toml` calls it supported, and the
//! target's history holds the schema it was built for; or the caller named it; or, where no target is known at all, its
//! schema comes by on the way.

use std::collections::BTreeSet;

use fixedbitset::FixedBitSet;
use litemap::LiteMap;
use serde::{Deserialize, Serialize};

use super::course::Course;
use super::judged::{Judged, bad};
use super::{Matrix, Reason, Verdict};
use crate::finding::{Finding, Severity};
use crate::migration::{Migration, MigrationId};
use crate::project::Project;
use crate::project::gate_settings::{BLUE_DRAINED, GREEN_DEPLOYED, Probe};
use crate::sort::Gather;
use crate::statement::operation::Operation;

/// Reasons of one release that a gate tells.
const TOLD: usize = 3;

/// Stands before a step: closed until somebody or something opens it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// `green-deployed` or `blue-drained`.
    pub name: String,
    /// What it waits for, as a sentence.
    pub waits_for: String,
    /// Why it is there, as sentences with file and line.
    pub because: Vec<String>,
    /// The releases it is there for.
    pub releases: Vec<String>,
    /// What opens it without a person, as the project's configuration has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probe: Option<Probe>,
}

/// Which releases a plan was made for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollout {
    /// Those that may be live when it starts.
    pub live: Vec<String>,
    /// The one that comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The gates of a plan.
#[derive(Clone, Debug, Default)]
pub struct Gates {
    /// Whom it is for; absent: nothing is known of what is live.
    pub rollout: Option<Rollout>,
    /// By the migration they stand before.
    pub by_migration: LiteMap<MigrationId, Gate>,
    /// Where no order lets both releases live.
    pub findings: Vec<Finding>,
}

/// The gates of a plan for a target whose history is known: each schema on the way is judged.
#[must_use]
pub fn on_target(project: &Project, course: &Course<'_>) -> Gates {
    let way = course.way();
    let Some(held) = way.first().filter(|_| way.len() > 1) else { return Gates::default() };
    let next = course.next(&way);
    let mut live: Vec<usize> = course.live(held).into_iter().filter(|at| Some(*at) != next).collect();
    if live.is_empty() && next.is_none() {
        return Gates::default();
    }
    let judged = Judged::new(project, course, &live, next, &way);
    live.retain(|at| course.is_named(*at) || !judged.is_broken_by_what_is_there(*at));
    if live.is_empty() && next.is_none() {
        return Gates::default();
    }
    let name = |at: &usize| course.release(*at).to_owned();
    let rollout = Rollout { live: live.iter().map(name).collect(), next: next.map(|at| name(&at)) };
    let mut gates = Gates { rollout: Some(rollout), ..Gates::default() };
    let comes = next.filter(|at| !course.is_held(*at, held));
    let mut deployed = comes.is_none();
    for (step, (before, (_, migration))) in way.iter().zip(course.pending()).enumerate() {
        // Once its schema is there, the one that comes may be live as well.
        let arrived = next.filter(|at| course.is_held(*at, before));
        let breaks: Vec<(usize, Vec<&Reason>)> = live
            .iter()
            .chain(&arrived)
            .map(|at| (*at, judged.new_at(*at, step + 1)))
            .filter(|(_, reasons)| !reasons.is_empty())
            .collect();
        let early = comes.filter(|at| !judged.breaks(*at, step));
        if !breaks.is_empty() {
            if let (Some(comes), None) = (comes, early) {
                gates.findings.push(no_order(course, migration, &breaks, comes, &judged.bad(comes, step)));
            }
            live.retain(|at| !breaks.iter().any(|(broken, _)| broken == at));
            deployed |= live.is_empty();
            let serves = next.filter(|next| !breaks.iter().any(|(broken, _)| broken == next));
            gates.by_migration.insert(migration.id.clone(), drained(course, &breaks, serves));
        } else if let (false, Some(comes)) = (deployed, early) {
            let unfilled = unfilled(course, migration, &live, before);
            if !unfilled.is_empty() {
                deployed = true;
                gates.by_migration.insert(migration.id.clone(), green(course, &live, comes, unfilled));
            }
        }
    }
    gates
}

/// The gates of a plan for no target: what the matrix says of each schema that comes by, without repeats.
#[must_use]
pub fn on_the_way(course: &Course<'_>, matrix: &Matrix) -> Gates {
    let mut gates = Gates::default();
    let held: Vec<Option<&FixedBitSet>> = matrix.schemas.iter().map(|label| course.held(label)).collect();
    // Releases no gate has been set for yet, with the schemas they were built for.
    let own = |at: usize| Some((at, matrix.own(at)?));
    let mut live: Vec<(usize, usize)> = (0..matrix.releases.len()).filter_map(own).collect();
    for (at, migration) in course.pending() {
        let Some(schema) = held.iter().position(|held| held.is_none_or(|held| held.contains(at))) else { continue };
        let files: BTreeSet<&str> = migration.up.statements.iter().map(|one| one.span.file.as_str()).gather();
        let mut breaks = Vec::new();
        for &(release, _) in live.iter().filter(|(_, own)| *own < schema) {
            let from_here = |reason: &&Reason| reason.file.as_deref().is_some_and(|file| files.contains(file));
            let mut reasons: Vec<&Reason> = bad(matrix, release, Some(schema)).into_iter().filter(from_here).collect();
            if let Some(before) = schema.checked_sub(1).filter(|_| !reasons.is_empty()) {
                let known = bad(matrix, release, Some(before));
                reasons.retain(|reason| !known.contains(reason));
            }
            if !reasons.is_empty() {
                breaks.push((release, reasons));
            }
        }
        if !breaks.is_empty() {
            live.retain(|(at, _)| !breaks.iter().any(|(broken, _)| broken == at));
            gates.by_migration.insert(migration.id.clone(), drained(course, &breaks, course.first_with(at)));
        }
    }
    gates
}

fn drained(course: &Course<'_>, breaks: &[(usize, Vec<&Reason>)], next: Option<usize>) -> Gate {
    let live: Vec<&str> = breaks.iter().map(|(at, _)| course.release(*at)).collect();
    let serves = next.map(|at| format!("{} serves everything, and no", course.release(at)));
    let waits_for = format!("{} instance of {} is live any more.", serves.as_deref().unwrap_or("No"), list(&live, "or"));
    let because = breaks.iter().flat_map(|(at, reasons)| told(course.release(*at), reasons)).collect();
    gate(course, BLUE_DRAINED, waits_for, because, &live, next)
}

fn green(course: &Course<'_>, live: &[usize], next: usize, because: Vec<String>) -> Gate {
    let live: Vec<&str> = live.iter().map(|at| course.release(*at)).collect();
    let waits_for = format!("{} is deployed and runs beside {}.", course.release(next), list(&live, "and"));
    gate(course, GREEN_DEPLOYED, waits_for, because, &live, Some(next))
}

fn gate(course: &Course<'_>, name: &str, waits_for: String, because: Vec<String>, live: &[&str], next: Option<usize>) -> Gate {
    let probe = course.settings.gates.get(name).map(|probe| probe.of(live, next.map(|at| course.release(at))));
    let releases = live.iter().map(|version| (*version).to_owned()).collect();
    Gate { name: name.to_owned(), waits_for, because, releases, probe }
}

/// The reasons of one release as sentences, with their places.
fn told(release: &str, reasons: &[&Reason]) -> Vec<String> {
    let place = |file: &Option<String>, line: Option<u32>| file.as_ref().map(|file| format!("{file}:{}", line.unwrap_or(1)));
    let mut all: Vec<String> = reasons
        .iter()
        .take(TOLD)
        .map(|reason| {
            let query = place(&reason.query_file, reason.query_line);
            let places: Vec<String> = place(&reason.file, reason.line).into_iter().chain(query).collect();
            let word = if reason.verdict == Verdict::Breaks { "breaks" } else { "may break" };
            let places = if places.is_empty() { String::new() } else { format!(" [{}]", places.join(", ")) };
            format!("{release} {word}: {}{places}", reason.change)
        })
        .collect();
    if reasons.len() > TOLD {
        all.push(format!("{release}: and {} more", reasons.len() - TOLD));
    }
    all
}

/// `1.8.0, 1.9.0 or 2.0.0`.
fn list(all: &[&str], word: &str) -> String {
    match all {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} {word} {last}", first.join(", ")),
    }
}

/// What a data step fills that a live release does not write: what it adds afterwards would stay as it is.
fn unfilled(course: &Course<'_>, migration: &Migration, live: &[usize], before: &FixedBitSet) -> Vec<String> {
    let mut found = Vec::new();
    for at in live {
        let fresh: Vec<&Migration> = course.behind(*at, before).chain([migration]).collect();
        for statement in &migration.up.statements {
            let mut operations = statement.operations.iter().flat_map(|operation| match operation {
                Operation::Guarded { operations, .. } => operations.as_slice(),
                other => std::slice::from_ref(other),
            });
            let Some(what) = operations.find_map(|operation| fills(operation, &fresh)) else { continue };
            found.push(format!(
                "{} does not write {what}: rows it adds after this step would stay unfilled [{}:{}]",
                course.release(*at),
                statement.span.file,
                crate::rule::edit::body_span(statement).line
            ));
        }
    }
    found
}

/// The column or table that a change of rows fills, where one of these migrations made it.
fn fills(operation: &Operation, fresh: &[&Migration]) -> Option<String> {
    let (change, insert) = match operation {
        Operation::Update(change) => (change, false),
        // What is written out in full is no copy of older rows.
        Operation::Insert(change) if !change.reads.is_empty() => (change, true),
        _ => return None,
    };
    let made = |operation: &Operation| match operation {
        Operation::AddColumn { table, column, .. } if table.name == change.table.name => {
            change.columns.contains(&column.name).then(|| format!("{}.{}", table.name, column.name))
        }
        Operation::CreateTable(create) if insert && create.table.name == change.table.name => Some(change.table.name.clone()),
        _ => None,
    };
    let statements = fresh.iter().flat_map(|migration| &migration.up.statements);
    statements.flat_map(|statement| &statement.operations).find_map(made)
}

/// Neither can be deployed before a step nor live on behind it.
fn no_order(
    course: &Course<'_>,
    migration: &Migration,
    breaks: &[(usize, Vec<&Reason>)],
    next: usize,
    early: &[&Reason],
) -> Finding {
    let live: Vec<&str> = breaks.iter().map(|(at, _)| course.release(*at)).collect();
    let (old, new, id) = (list(&live, "and"), course.release(next), &migration.id);
    let why = early.first().map(|reason| format!(" ({})", reason.change.trim_end_matches('.'))).unwrap_or_default();
    Finding {
        rule: "rollout-order".to_owned(),
        severity: Severity::Warning,
        span: migration.up.statements.first().map(|statement| statement.span.clone()),
        migration: Some(migration.id.clone()),
        message: format!("{id} breaks {old}, and {new} does not work before it{why}: no schema lets both live."),
        effect: format!("From the last instance of {old} to the first of {new} nothing is live.").into(),
        workaround: format!("Split {id}: what {new} needs first, what {old} uses last. Or plan the outage.").into(),
        fix: None,
        blocking: false,
    }
}

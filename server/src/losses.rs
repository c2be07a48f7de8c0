//! What a way back would lose, counted on the live data.

use std::time::{Duration, Instant};

use planner::Report;
use planner::effect::Reversibility;
use planner::matrix::Loss;
use planner::migration::{Migration, MigrationId, MigrationKind};
use planner::project::Request;
use planner::undo::Derived;
use serde::Serialize;

use crate::target::Target;

/// How long one count may take, and all of them.
const LIMITS: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(30)];

/// A migration that a way back takes back.
#[derive(Clone, Debug, Serialize)]
pub struct Back {
    /// Its id.
    pub migration: MigrationId,
    /// Its version, where it has one; else its revision.
    pub version: String,
    /// There is a way back that can be run.
    pub way: bool,
    /// It is derived, for its author wrote none.
    pub derived: bool,
    /// What it loses.
    pub losses: Vec<Counted>,
}

/// What going back over a statement loses.
#[derive(Clone, Debug, Serialize)]
pub struct Counted {
    /// As sentences.
    pub notes: Vec<String>,
    /// File of the statement that went forward.
    pub file: String,
    /// Its line; 0: it is about the migration as a whole.
    pub line: u32,
    /// The query that counts; absent: what is lost is gone already, or no query tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Rows now; absent: not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Why it was not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl Counted {
    /// What would be lost is taken back already.
    pub(crate) fn gone(&mut self) {
        (self.query, self.rows) = (None, Some(0));
    }
}

impl Back {
    /// Whether it can be taken back and nothing is lost now.
    #[must_use]
    pub fn is_lossless(&self) -> bool {
        self.way && self.losses.iter().all(|loss| loss.rows == Some(0))
    }

    /// What stands in the way or is lost, as lines.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.way {
            lines.push("its author wrote no way back that can be read, and none can be derived".to_owned());
        }
        for loss in self.losses.iter().filter(|loss| loss.rows != Some(0)) {
            let count = match (loss.rows, &loss.problem) {
                (Some(1), _) => "1 row now: ".to_owned(),
                (Some(rows), _) => format!("{rows} rows now: "),
                (None, Some(problem)) => format!("not counted ({problem}): "),
                (None, None) => String::new(),
            };
            let place = if loss.line == 0 { loss.file.clone() } else { format!("{}:{}", loss.file, loss.line) };
            lines.push(format!("{count}{} [{place}]", loss.notes.join(" ")));
        }
        lines
    }
}

/// The applied migrations, newest first, with what going back over each loses; nothing is counted yet.
#[must_use]
pub fn ways(report: &Report, request: &Request) -> Vec<Back> {
    let own: Vec<&Migration> = report.migrations.iter().filter(|one| one.source == report.settings.source).collect();
    let applied = planner::plan::build::applied(&own, &report.settings, request);
    let counts = |one: &&&Migration| matches!(one.kind, MigrationKind::Versioned | MigrationKind::Revision);
    let derived = crate::run::undo::derived(report, request);
    let held = own.iter().filter(counts).filter(|one| applied.contains(&one.id)).rev();
    held.map(|migration| {
        // Without a note its way back has nothing to lose: it goes with what the migration made itself.
        let of = |loss: &&Loss| loss.migration == migration.id && loss.cost > Reversibility::Lossless && !loss.notes.is_empty();
        let mut losses: Vec<Counted> = report.matrix.losses.iter().filter(of).map(uncounted).collect();
        let derived = derived.get(&migration.id).filter(|_| migration.undo.is_none());
        if let Some(way) = derived.filter(|way| way.reversibility == Reversibility::Lossy && losses.is_empty()) {
            let (notes, file) = (way.notes.clone(), migration.path.clone());
            losses.push(Counted { notes, file, line: 0, query: None, rows: None, problem: None });
        }
        Back {
            migration: migration.id.clone(),
            version: migration.version.clone().unwrap_or_else(|| migration.id.0.clone()),
            way: match &migration.undo {
                Some(script) => script.opaque.is_empty(),
                None => derived.is_some_and(Derived::possible),
            },
            derived: derived.is_some(),
            losses,
        }
    })
    .collect()
}

fn uncounted(loss: &Loss) -> Counted {
    let (notes, file) = (loss.notes.clone(), loss.file.clone());
    Counted { notes, file, line: loss.line, query: loss.count.clone(), rows: None, problem: None }
}

/// Counts, newest first, as long as the time lasts.
pub async fn count(target: &mut Target, ways: &mut [Back]) {
    let [one, all] = LIMITS;
    let begun = Instant::now();
    for loss in ways.iter_mut().flat_map(|back| &mut back.losses) {
        let Some(query) = &loss.query else { continue };
        if begun.elapsed() > all {
            loss.problem = Some("it would take too long".to_owned());
            continue;
        }
        match target.read_only(query, one).await {
            Ok(rows) => loss.rows = rows.into_iter().flatten().flatten().next().and_then(|text| text.parse().ok()),
            Err(error) => loss.problem = Some(error.to_string()),
        }
    }
}

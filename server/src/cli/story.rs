//! The story of a run in Flyway's words, on stderr, and what is kept of it for the result.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use planner::finding::Finding;
use planner::migration::{MigrationId, SourceKind};
use planner::plan::{HistoryEntry, Plan, Step, TransactionMode};
use planner::protocol::{Run, RunEvent, RunEventKind, RunState};
use planner::source::flyway::version::Version;

use crate::cli::progress::Terminal;
use crate::cli::{Format, output};
use crate::console;
use crate::event::{Briefing, Listener};
use crate::preflight::Note;

/// What a run has told so far.
#[derive(Debug, Default)]
pub struct Told {
    /// What was to run; absent: it never came to that.
    pub plan: Option<Plan>,
    /// The schema as Flyway writes it: `"public"`.
    pub schema: String,
    /// Milliseconds of each step that is done.
    pub done: BTreeMap<String, u64>,
    /// Warnings for the result.
    pub warnings: Vec<String>,
    /// What was found before it.
    pub notes: Vec<Note>,
    /// The run, where it waits at a gate.
    pub waiting: Option<Run>,
    /// When the plan was ready.
    pub started: Option<Instant>,
}

/// Tells it to the terminal and keeps it.
pub struct Story {
    told: Arc<Mutex<Told>>,
    terminal: Terminal,
    /// Flyway's lines are written.
    lines: bool,
    /// It goes backwards.
    undo: bool,
    /// Of each step that begins a migration or a part of one: what it does in words, and whether all of it can be taken
    /// back.
    texts: BTreeMap<String, (String, bool)>,
    /// The text of what is under way.
    current: Option<(String, bool)>,
}

impl Story {
    /// A story that is kept in `told`.
    #[must_use]
    pub fn new(told: &Arc<Mutex<Told>>, format: Format, quiet: bool, undo: bool) -> Self {
        if let Ok(mut told) = told.lock() {
            *told = Told::default();
        }
        Self {
            told: Arc::clone(told),
            terminal: Terminal::default(),
            lines: format != Format::Json && !quiet,
            undo,
            texts: BTreeMap::new(),
            current: None,
        }
    }

    fn line(&self, text: &str) {
        if self.lines {
            console::say(text);
        }
    }

    fn begin(&mut self, step: &str) -> bool {
        let Some((text, whole)) = self.texts.remove(step) else { return false };
        self.line(&format!("{} {text}", if self.undo { "Undoing migration of" } else { "Migrating" }));
        self.current = Some((text, whole));
        true
    }
}

/// What each step of a plan does, in words.
fn texts(plan: &Plan, schema: &str, undo: bool) -> BTreeMap<String, (String, bool)> {
    let mut parts: BTreeMap<&MigrationId, Vec<&Step>> = BTreeMap::new();
    for step in &plan.steps {
        parts.entry(&step.migration).or_default().push(step);
    }
    let whole = |step: &Step| step.transaction == TransactionMode::Transactional;
    let of = |parts: &Vec<&Step>, step: &Step| {
        migration_text(plan, parts, step, schema, undo).map(|text| (step.id.clone(), (text, whole(step))))
    };
    parts.values().flat_map(|parts| parts.iter().filter_map(|step| of(parts, step)).collect::<Vec<_>>()).collect()
}

/// Flyway's name of what a step does; only the first part of a migration has one.
fn migration_text(plan: &Plan, parts: &[&Step], step: &Step, schema: &str, undo: bool) -> Option<String> {
    if parts.first().is_none_or(|first| first.id != step.id) {
        return Some(format!("schema {schema}, {}: {}", step.id, step.description));
    }
    let entry = parts.iter().find_map(|part| part.history.as_ref())?;
    let (HistoryEntry::Flyway { version, description, .. } | HistoryEntry::Forget { version, description }) = entry else {
        return None;
    };
    // Where schema changes commit by themselves Flyway calls everything transactional.
    let own = plan.target.dialect.transactional_ddl();
    let alone = own && parts.iter().any(|part| part.transaction != TransactionMode::Transactional);
    let mark = if alone { " [non-transactional]" } else { "" };
    let Some(version) = version else {
        return Some(format!("schema {schema} with repeatable migration \"{description}\"{mark}"));
    };
    let late = !undo && Version::parse(version) < Version::parse(&plan.from) && !plan.from.is_empty();
    let late = if late { " [out of order]" } else { "" };
    let dash = if description.is_empty() { String::new() } else { format!(" - {description}") };
    Some(format!("schema {schema} to version \"{version}{dash}\"{late}{mark}"))
}

/// What the run itself has to tell, rather than a rule about the files: a database ahead of them, a walk back cut short.
fn of_the_run(plan: &Plan) -> impl Iterator<Item = &Arc<Finding>> {
    let rule = |finding: &&Arc<Finding>| planner::rule::ALL.iter().any(|rule| rule.id == finding.rule);
    plan.findings.iter().filter(move |finding| !finding.blocking && finding.span.is_none() && !rule(finding))
}

impl Listener for Story {
    fn brief(&mut self, briefing: &Briefing<'_>) {
        let settings = briefing.settings;
        let mut told = Told {
            plan: Some(briefing.plan.clone()),
            schema: briefing.schema.clone(),
            started: Some(Instant::now()),
            ..Told::default()
        };
        if settings.source == SourceKind::Flyway {
            if let Some(count) = briefing.validated {
                self.line(&super::validate::success(count, briefing.since));
            }
            let from = &briefing.plan.from;
            let version = if from.is_empty() { "<< Empty Schema >>" } else { from };
            self.line(&format!("Current version of schema {}: {version}", briefing.schema));
            if !self.undo && (settings.flyway.out_of_order || briefing.request.out_of_order) {
                let text = format!("outOfOrder mode is active. Migration of schema {} may not be reproducible.", briefing.schema);
                self.line(&format!("WARNING: {text}"));
                told.warnings.push(text);
            }
        }
        for finding in of_the_run(briefing.plan) {
            self.line(&format!("WARNING: {} {}", finding.message, finding.effect));
            told.warnings.push(finding.message.clone());
        }
        for note in briefing.notes {
            self.line(&format!("WARNING: {}", note.text()));
            told.notes.push(note.clone());
        }
        self.texts = texts(briefing.plan, &briefing.schema, self.undo);
        if let Ok(mut place) = self.told.lock() {
            *place = told;
        }
    }

    fn hear(&mut self, run: &Run, event: &RunEvent) {
        match &event.kind {
            RunEventKind::StepStarted { step, .. } if self.begin(step) => self.terminal.begin(run, event),
            RunEventKind::StepDone { step, duration_ms } => {
                if let Ok(mut told) = self.told.lock() {
                    told.done.insert(step.clone(), *duration_ms);
                }
                self.current = None;
                tracing::debug!("{step} done in {}", output::duration(u128::from(*duration_ms)));
                self.terminal.advance();
            }
            RunEventKind::AtGate { .. } => {
                self.terminal.hear(run, event);
                if let Ok(mut told) = self.told.lock() {
                    told.waiting = Some(run.clone());
                }
            }
            RunEventKind::Finished { state, .. } => {
                self.terminal.hear(run, event);
                if let (RunState::Failed, Some((text, whole))) = (state, &self.current) {
                    let rest = if *whole { " Changes successfully rolled back." } else { "" };
                    self.line(&format!("ERROR: Migration of {text} failed!{rest}"));
                }
            }
            _ => self.terminal.hear(run, event),
        }
    }
}

//! What happens in a run, as its server tells it.

use serde::{Deserialize, Serialize};

use super::{BatchProgress, RunState};

/// Something that happened in a run. In JSON the fields of its kind stand among its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "FlatEvent")]
pub struct RunEvent {
    /// The run.
    pub run: String,
    /// Number inside the run, from 1, without gaps.
    pub sequence: u64,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// What.
    #[serde(flatten)]
    pub kind: RunEventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RunEventKind {
    /// The run began.
    Started {
        /// Steps to do.
        steps: u32,
    },
    /// A step began.
    StepStarted {
        /// Its id.
        step: String,
        /// Its number.
        number: u32,
        /// In words.
        description: String,
    },
    /// A batch was committed.
    Batch(BatchProgress),
    /// It waits for a lock, or will try again.
    Waiting {
        /// Its step.
        step: String,
        /// For what, as a sentence.
        reason: String,
    },
    /// A batched change is done, and its rows were counted before and behind it.
    Checked {
        /// Its step.
        step: String,
        /// Its statement.
        statement: String,
        /// Rows it was to change at the beginning, where they could be counted.
        before: Option<u64>,
        /// Rows it changed.
        changed: u64,
        /// Rows it would still change, where that means something.
        after: Option<u64>,
    },
    /// A way back restored old values, and left the rows that others had changed meanwhile.
    Kept {
        /// Its step.
        step: String,
        /// The side table, which holds their old values still.
        table: String,
        /// How many.
        rows: u64,
        /// Keys of the first of them.
        keys: Vec<String>,
    },
    /// Statements that the project's own Python sent in a step, in order.
    Captured {
        /// Its step.
        step: String,
        /// SQL with SQLAlchemy's placeholders.
        statements: Vec<String>,
    },
    /// It has come to a closed gate, and ends here until the gate is open.
    AtGate {
        /// The step behind it.
        step: String,
        /// Its name.
        gate: String,
        /// What it waits for, as a sentence.
        reason: String,
    },
    /// A gate was opened.
    GateOpened {
        /// The step behind it.
        step: String,
        /// Its name.
        gate: String,
        /// A person, or the probe.
        by: String,
        /// Why.
        reason: String,
    },
    /// A step is done and recorded.
    StepDone {
        /// Its id.
        step: String,
        /// Milliseconds.
        duration_ms: u64,
    },
    /// The run ended.
    Finished {
        /// How.
        state: RunState,
        /// In words.
        message: String,
    },
}

/// An event as its JSON has it. serde's own reading of flattened and tagged fields costs the page dear.
#[derive(Deserialize)]
struct FlatEvent {
    run: String,
    sequence: u64,
    at: String,
    event: EventName,
    #[serde(default)]
    step: String,
    steps: Option<u32>,
    number: Option<u32>,
    description: Option<String>,
    reason: Option<String>,
    statements: Option<Vec<String>>,
    duration_ms: Option<u64>,
    state: Option<RunState>,
    message: Option<String>,
    statement: Option<String>,
    batch: Option<u64>,
    batches: Option<u64>,
    rows: Option<u64>,
    last_ms: Option<u64>,
    eta_ms: Option<(u64, u64)>,
    #[serde(default)]
    size: u32,
    #[serde(default)]
    visited: u64,
    left: Option<u64>,
    #[serde(default)]
    waiting: u32,
    before: Option<u64>,
    changed: Option<u64>,
    after: Option<u64>,
    #[serde(default)]
    gate: String,
    by: Option<String>,
    table: Option<String>,
    keys: Option<Vec<String>>,
}

/// The kinds by name.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EventName {
    Started,
    StepStarted,
    Batch,
    Waiting,
    Checked,
    Kept,
    Captured,
    AtGate,
    GateOpened,
    StepDone,
    Finished,
}

impl TryFrom<FlatEvent> for RunEvent {
    type Error = &'static str;

    fn try_from(flat: FlatEvent) -> Result<Self, Self::Error> {
        let FlatEvent { run, sequence, at, event, .. } = &flat;
        let (run, sequence, at, event) = (run.clone(), *sequence, at.clone(), *event);
        let kind = kind(event, flat).ok_or("an event lacks a field of its kind")?;
        Ok(Self { run, sequence, at, kind })
    }
}

fn kind(event: EventName, flat: FlatEvent) -> Option<RunEventKind> {
    let FlatEvent { step, batches, eta_ms, gate, .. } = flat;
    Some(match event {
        EventName::Started => RunEventKind::Started { steps: flat.steps? },
        EventName::StepStarted => RunEventKind::StepStarted { step, number: flat.number?, description: flat.description? },
        EventName::Batch => RunEventKind::Batch(BatchProgress {
            statement: flat.statement?,
            batch: flat.batch?,
            batches,
            rows: flat.rows?,
            last_ms: flat.last_ms?,
            eta_ms,
            size: flat.size,
            visited: flat.visited,
            left: flat.left,
            waiting: flat.waiting,
        }),
        EventName::Waiting => RunEventKind::Waiting { step, reason: flat.reason? },
        EventName::Checked => RunEventKind::Checked {
            step,
            statement: flat.statement?,
            before: flat.before,
            changed: flat.changed?,
            after: flat.after,
        },
        EventName::Kept => RunEventKind::Kept { step, table: flat.table?, rows: flat.rows?, keys: flat.keys? },
        EventName::Captured => RunEventKind::Captured { step, statements: flat.statements? },
        EventName::AtGate => RunEventKind::AtGate { step, gate, reason: flat.reason? },
        EventName::GateOpened => RunEventKind::GateOpened { step, gate, by: flat.by?, reason: flat.reason? },
        EventName::StepDone => RunEventKind::StepDone { step, duration_ms: flat.duration_ms? },
        EventName::Finished => RunEventKind::Finished { state: flat.state?, message: flat.message? },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_read_as_it_was_written() {
        let (step, reason) = ("V1".to_owned(), "r".to_owned());
        for kind in [
            RunEventKind::Started { steps: 2 },
            RunEventKind::StepStarted { step: step.clone(), number: 1, description: "d".to_owned() },
            RunEventKind::Batch(BatchProgress {
                batch: 3,
                batches: Some(9),
                eta_ms: Some((1, 2)),
                left: Some(7),
                size: 5,
                ..BatchProgress::default()
            }),
            RunEventKind::Batch(BatchProgress::default()),
            RunEventKind::Waiting { step: step.clone(), reason },
            RunEventKind::Checked { step: step.clone(), statement: "V1:1".to_owned(), before: Some(4), changed: 3, after: None },
            RunEventKind::Kept { step: step.clone(), table: "t".to_owned(), rows: 2, keys: vec!["7".to_owned()] },
            RunEventKind::Captured { step: step.clone(), statements: vec!["SELECT 1".to_owned()] },
            RunEventKind::AtGate { step: step.clone(), gate: "g".to_owned(), reason: "w".to_owned() },
            RunEventKind::GateOpened { step: step.clone(), gate: "g".to_owned(), by: "b".to_owned(), reason: "w".to_owned() },
            RunEventKind::StepDone { step, duration_ms: 5 },
            RunEventKind::Finished { state: RunState::Stopped, message: "m".to_owned() },
        ] {
            let event = RunEvent { run: "r".to_owned(), sequence: 1, at: "now".to_owned(), kind };
            let text = serde_json::to_string(&event).unwrap_or_default();
            assert_eq!(serde_json::from_str::<RunEvent>(&text).ok(), Some(event), "{text}");
        }
        assert!(serde_json::from_str::<RunEvent>(r#"{"run":"r","sequence":1,"at":"","event":"finished"}"#).is_err());
    }
}

//! The derived way back of each operation, and what it would lose.
//!
//! What is derived restores the schema as the catalog knew it before the operation. Data that the operation
//! destroyed does not come back; the note says so. An operation without a way back makes the whole migration
//! one without a way back, for half an undo is worse than none.

mod column;
pub(crate) mod ddl;
mod derive;
mod elsewhere;
mod given_up;
mod inserted;
mod known;
mod nothing;
mod object;
pub mod returned;
mod sequence;
mod table;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::effect::Reversibility;

pub use derive::derive;
pub(crate) use elsewhere::elsewhere;
pub use known::{Known, Made};

/// The way back of one operation or of several.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Derived {
    /// SQL in the order it has to run; empty where nothing has to be done or nothing can.
    pub statements: Vec<String>,
    /// What it costs.
    pub reversibility: Reversibility,
    /// What it would lose, or why there is none: sentences.
    pub notes: Vec<String>,
}

impl Derived {
    fn lossless(statement: String) -> Self {
        Self::steps(vec![statement])
    }

    /// Lossless, in the order they have to run.
    fn steps(statements: Vec<String>) -> Self {
        Self { statements, ..Self::default() }
    }

    fn lossy(statement: String, note: impl Into<String>) -> Self {
        Self::lossless(statement).losing(note)
    }

    /// The same, with what it loses.
    fn losing(self, note: impl Into<String>) -> Self {
        Self { reversibility: self.reversibility.max(Reversibility::Lossy), notes: vec![note.into()], ..self }
    }

    fn none(note: impl Into<String>) -> Self {
        Self { statements: Vec::new(), reversibility: Reversibility::None, notes: vec![note.into()] }
    }

    pub(crate) fn opaque(note: impl Into<String>) -> Self {
        Self { statements: Vec::new(), reversibility: Reversibility::Opaque, notes: vec![note.into()] }
    }

    /// Whether the schema can be brought back.
    #[must_use]
    pub fn possible(&self) -> bool {
        self.reversibility <= Reversibility::Lossy
    }
}

/// Text from its parts: less code than `format!` for the page's download.
pub(crate) fn sql(parts: &[&str]) -> String {
    parts.concat()
}

/// Joins the ways back of operations given in the order they ran: the last is undone first.
#[must_use]
pub fn join(parts: &[Derived]) -> Derived {
    let reversibility = parts.iter().map(|part| part.reversibility).max().unwrap_or_default();
    let mut notes: Vec<String> = Vec::new();
    let mut known = BTreeSet::new();
    for note in
        parts.iter().filter(|part| part.possible() == (reversibility <= Reversibility::Lossy)).flat_map(|part| &part.notes)
    {
        if known.insert(note) {
            notes.push(note.clone());
        }
    }
    let statements = match reversibility {
        Reversibility::Lossless | Reversibility::Lossy => {
            parts.iter().rev().flat_map(|part| part.statements.iter().cloned()).collect()
        }
        Reversibility::None | Reversibility::Opaque => Vec::new(),
    };
    Derived { statements, reversibility, notes }
}

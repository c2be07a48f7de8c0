//! What the planner has to say about the input: broken files, hazards, things it cannot know.

use serde::{Deserialize, Serialize};

use crate::migration::MigrationId;
use crate::span::Span;

/// How much a finding matters. The order is the order of the gate (`--gate warning`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing is at risk.
    Info,
    /// Somebody may wait, or an older release may notice.
    Warning,
    /// Somebody will wait long, data is lost, a live release breaks, or the input is broken.
    Error,
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The severity of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Info, Self::Warning, Self::Error].into_iter().find(|severity| severity.name() == word)
    }
}

/// One thing a person should know, with what happens and what to do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// Stable kebab-case id: the rule's, or the input error's (`duplicate-version`, `invalid-utf8`).
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// Where; absent for findings about the project as a whole.
    #[serde(flatten)]
    pub span: Option<Span>,
    /// The migration it is about, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub migration: Option<MigrationId>,
    /// One sentence: what was found, naming the object.
    pub message: String,
    /// One sentence: what happens if it stays.
    pub effect: String,
    /// One sentence: the cure.
    pub workaround: String,
    /// Edits that cure it, where a machine can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// The input cannot be planned or run as it is: `migrate` and `apply` refuse (exit code 2).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blocking: bool,
}

/// A cure a machine can apply.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fix {
    /// What it does, as a button label.
    pub title: String,
    /// Non-overlapping edits, in file order.
    pub edits: Vec<Edit>,
}

/// Replaces the text of a span.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edit {
    /// What is replaced; an empty span inserts.
    pub span: Span,
    /// The new text.
    pub text: String,
}

impl Finding {
    /// A blocking error of the input: file, line and cure are the caller's duty.
    #[must_use]
    pub fn broken(rule: &str, span: Option<Span>, message: impl Into<String>, workaround: impl Into<String>) -> Self {
        Self {
            rule: rule.to_owned(),
            severity: Severity::Error,
            span,
            migration: None,
            message: message.into(),
            effect: "Nothing can run until this is mended.".to_owned(),
            workaround: workaround.into(),
            fix: None,
            blocking: true,
        }
    }

    /// The same finding, tied to a migration.
    #[must_use]
    pub fn of(mut self, migration: &MigrationId) -> Self {
        self.migration = Some(migration.clone());
        self
    }
}

//! What the planner has to say about the input: broken files, hazards, things it cannot know.

use std::borrow::Cow;

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

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

/// One thing a person should know, with what happens and what to do. In JSON the fields of the span stand among its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(from = "Flat")]
pub struct Finding {
    /// Stable kebab-case id: the rule's, or the input error's (`duplicate-version`, `invalid-utf8`).
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// Where; absent for findings about the project as a whole.
    pub span: Option<Span>,
    /// The migration it is about, where there is one.
    pub migration: Option<MigrationId>,
    /// One sentence: what was found, naming the object.
    pub message: String,
    /// One sentence: what happens if it stays.
    pub effect: Cow<'static, str>,
    /// One sentence: the cure.
    pub workaround: Cow<'static, str>,
    /// Edits that cure it, where a machine can.
    pub fix: Option<Fix>,
    /// The input cannot be planned or run as it is: `migrate` and `apply` refuse (exit code 2).
    pub blocking: bool,
}

/// A finding as its JSON has it. serde's own `flatten` reads every field twice, which costs the page dear.
#[derive(Deserialize)]
struct Flat {
    rule: String,
    severity: Severity,
    file: Option<String>,
    #[serde(default)]
    start: u32,
    #[serde(default)]
    end: u32,
    #[serde(default)]
    line: u32,
    #[serde(default)]
    column: u32,
    #[serde(default)]
    end_line: u32,
    #[serde(default)]
    end_column: u32,
    migration: Option<MigrationId>,
    message: String,
    effect: String,
    workaround: String,
    fix: Option<Fix>,
    #[serde(default)]
    blocking: bool,
}

impl From<Flat> for Finding {
    fn from(flat: Flat) -> Self {
        let Flat { rule, severity, start, end, line, column, end_line, end_column, .. } = flat;
        Self {
            rule,
            severity,
            span: flat.file.map(|file| Span { file, start, end, line, column, end_line, end_column }),
            migration: flat.migration,
            message: flat.message,
            effect: flat.effect.into(),
            workaround: flat.workaround.into(),
            fix: flat.fix,
            blocking: flat.blocking,
        }
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let absent = [self.migration.is_none(), self.fix.is_none(), !self.blocking].iter().filter(|absent| **absent).count();
        let mut out = serializer.serialize_struct("Finding", 8 + 7 * usize::from(self.span.is_some()) - absent)?;
        out.serialize_field("rule", &self.rule)?;
        out.serialize_field("severity", &self.severity)?;
        if let Some(span) = &self.span {
            out.serialize_field("file", &span.file)?;
            let Span { start, end, line, column, end_line, end_column, .. } = span;
            let names = ["start", "end", "line", "column", "end_line", "end_column"];
            for (name, number) in names.into_iter().zip([start, end, line, column, end_line, end_column]) {
                out.serialize_field(name, number)?;
            }
        }
        if let Some(migration) = &self.migration {
            out.serialize_field("migration", migration)?;
        }
        out.serialize_field("message", &self.message)?;
        out.serialize_field("effect", &self.effect)?;
        out.serialize_field("workaround", &self.workaround)?;
        if let Some(fix) = &self.fix {
            out.serialize_field("fix", fix)?;
        }
        if self.blocking {
            out.serialize_field("blocking", &true)?;
        }
        out.end()
    }
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
            effect: "Nothing can run until this is mended.".into(),
            workaround: Cow::Owned(workaround.into()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_span_stands_among_the_fields() {
        let mut finding = Finding::broken("a-rule", Some(Span::file("a.sql")), "m", "w");
        for (with_span, text) in [
            (
                true,
                r#"{"rule":"a-rule","severity":"error","file":"a.sql","start":0,"end":0,"line":1,"column":1,"end_line":1,"end_column":1,"message":"m","effect":"Nothing can run until this is mended.","workaround":"w","blocking":true}"#,
            ),
            (
                false,
                r#"{"rule":"a-rule","severity":"error","message":"m","effect":"Nothing can run until this is mended.","workaround":"w","blocking":true}"#,
            ),
        ] {
            finding.span = finding.span.filter(|_| with_span);
            assert_eq!(serde_json::to_string(&finding).ok().as_deref(), Some(text));
            assert_eq!(serde_json::from_str::<Finding>(text).ok().as_ref(), Some(&finding));
        }
        let whole = finding.of(&"V1".into());
        let text = serde_json::to_string(&whole).unwrap_or_default();
        assert!(text.contains(r#""migration":"V1""#), "{text}");
        assert_eq!(serde_json::from_str::<Finding>(&text).ok(), Some(whole));
    }
}

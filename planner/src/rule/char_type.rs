//! Text padded with blanks.

use super::{Check, Rule, columns};
use crate::finding::Severity;

/// Text padded with blanks.
///
/// Row 90 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "char-type",
    severity: Severity::Info,
    condition: "A column gets the type char(n).",
    effect: "Values are filled up with blanks, which comparisons and lengths pass over in surprising ways; nothing is saved by it.",
    workaround: "Use text, with a CHECK on the length where one is meant.",
    check: Check::Statement(|context| {
        columns::of_type(
            context,
            |column| column.data_type == "character" || column.data_type.starts_with("character("),
            "Text padded with blanks",
        )
    }),
};

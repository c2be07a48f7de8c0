//! A limit on the length of text.

use super::{Check, Rule, columns};
use crate::finding::Severity;

/// A limit on the length of text.
///
/// Row 90 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "length-limit",
    severity: Severity::Info,
    condition: "A column gets the type varchar(n).",
    effect: "Nothing is saved by it; a longer limit later breaks prepared statements once, a shorter one writes the table anew.",
    workaround: "Use text, with a CHECK on the length where one is meant.",
    check: Check::Statement(|context| {
        columns::of_type(context, |column| column.data_type.starts_with("character varying("), "Text with a limit of its own")
    }),
};

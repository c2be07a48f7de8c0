//! A moment without a time zone.

use super::{Check, Rule, columns};
use crate::finding::Severity;

/// A moment without a time zone.
///
/// Row 90 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "timestamp-without-zone",
    severity: Severity::Info,
    condition: "A column gets the type timestamp without time zone.",
    effect: "Which moment a value means depends on who reads it, and a session in another zone writes another one.",
    workaround: "Use timestamptz; it stores UTC and takes no more space.",
    check: Check::Statement(|context| {
        columns::of_type(
            context,
            |column| column.data_type.starts_with("timestamp") && !column.data_type.contains("with time zone"),
            "Moments without a time zone",
        )
    }),
};

//! A serial column.

use super::{Check, Rule, columns};
use crate::finding::Severity;

/// A serial column.
///
/// Row 90 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "serial-type",
    severity: Severity::Info,
    condition: "A column gets the type serial, bigserial or smallserial.",
    effect: "The default and its sequence are objects of their own, with their own rights, and anyone can write over the number.",
    workaround: "Use bigint GENERATED ALWAYS AS IDENTITY, in the standard and one object.",
    check: Check::Statement(|context| {
        columns::of_type(context, |column| column.serial, "Numbered by serial instead of IDENTITY")
    }),
};

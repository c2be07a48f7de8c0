//! Text that only looks like data.

use super::{Check, Rule, columns};
use crate::finding::Severity;

/// Text that only looks like data.
///
/// Row 11 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "json-type",
    severity: Severity::Info,
    condition: "A column gets the type json.",
    effect: "It has no equality, so DISTINCT, GROUP BY and UNION over it fail, and every read parses it again.",
    workaround: "Use jsonb, unless blanks and the order of keys have to be kept.",
    check: Check::Statement(|context| columns::of_type(context, |column| column.data_type == "json", "json instead of jsonb")),
};

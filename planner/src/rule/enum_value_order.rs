//! An enum value without a place.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::rule::edit;
use crate::statement::operation::{EnumPosition, Operation};

/// An enum value without a place.
///
/// Row 69 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "enum-value-order",
    severity: Severity::Info,
    condition: "ALTER TYPE ... ADD VALUE without BEFORE or AFTER.",
    effect: "It sorts behind all others, and its place cannot be changed later.",
    workaround: "Say BEFORE or AFTER which value it comes.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::AddEnumValue { name, value, position: EnumPosition::Last, .. } = operation else { return None };
    let known = context.before.enums.get(&context.before.resolve(name));
    if known.is_some_and(|values| values.contains(value)) {
        return None;
    }
    let Some(last) = known.and_then(|values| values.last()) else {
        return Some(Hit::new(format!("Value '{value}' of {name} comes behind all others.")));
    };
    let hit = Hit::new(format!("Value '{value}' of {name} comes behind '{last}'."));
    let text = format!(" AFTER '{}'", last.replace('\'', "''"));
    Some(hit.fixed(edit::append(context, &text, "Say so")))
}

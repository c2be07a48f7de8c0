//! A function that is no longer what it was.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::statement::operation::{Operation, Volatility};

/// A function that is no longer what it was.
///
/// Row 96 of `facts/safety.md` §1.2.
pub(super) const RULE: Rule = Rule {
    id: "function-volatility",
    severity: Severity::Warning,
    condition: "CREATE OR REPLACE FUNCTION that promises less: no longer IMMUTABLE, or VOLATILE.",
    effect: "Indexes, generated columns and plans made with the old promise stay, and give wrong rows where it no longer holds.",
    workaround: "Make a function of another name, move its users over, and REINDEX what was built on the old one.",
    check: Check::Statement(|context| context.postgres(check)),
};

fn check(context: &StatementContext<'_>, operation: &Operation) -> Option<Hit> {
    let Operation::CreateFunction { name, arguments, replace: true, volatility, .. } = operation else { return None };
    let old = context.before.functions.get(&context.before.resolve(name))?;
    // Overloads share an entry: only a lone one is known to be replaced.
    let same = old.overloads.len() == 1 && old.overloads.keys().any(|own| blank(own).eq(blank(arguments)));
    let less = matches!(
        (old.volatility, volatility),
        (Volatility::Immutable, Volatility::Stable | Volatility::Volatile) | (Volatility::Stable, Volatility::Volatile)
    );
    (same && less).then(|| Hit::new(format!("{name} was {}, and is {} from here on.", word(old.volatility), word(*volatility))))
}

fn blank(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase())
}

const fn word(volatility: Volatility) -> &'static str {
    match volatility {
        Volatility::Volatile => "VOLATILE",
        Volatility::Stable => "STABLE",
        Volatility::Immutable => "IMMUTABLE",
    }
}

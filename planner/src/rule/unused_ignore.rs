//! An ignore that silences nothing.

use super::directive::{directives, ignored};
use super::judge::Silenced;
use super::{Check, Hit, MigrationContext, Rule};
use crate::finding::Severity;

/// An ignore that silences nothing.
pub(super) const RULE: Rule = Rule {
    id: "unused-ignore",
    severity: Severity::Warning,
    condition: "A flightplan:ignore stands at a statement on which the rule does not fire.",
    effect: "It would silence the rule there if a later edit made it fire, and nobody would have asked for that.",
    workaround: "Take the comment out.",
    check: Check::Directives(check),
};

fn check(context: &MigrationContext<'_>, silenced: &Silenced) -> Vec<Hit> {
    let mut hits = Vec::new();
    // Where sizes are known a rule may be quiet that speaks on another database.
    if !context.statistics.is_empty() {
        return hits;
    }
    for (at, statement) in context.migration.up.statements.iter().enumerate() {
        for text in directives(statement) {
            let Some((id, reason)) = ignored(text) else { continue };
            let Some(rule) = super::find(id).filter(|_| !reason.is_empty()) else { continue };
            let off = context.settings.rules.rules.get(id).is_some_and(|setting| setting.off);
            // What is found across migrations is found later.
            if !off && !matches!(rule.check, Check::Project(_)) && !silenced.contains(&(at, rule.id)) {
                hits.push(Hit::new(format!("flightplan:ignore {id} silences nothing here.")).at(at));
            }
        }
    }
    hits
}

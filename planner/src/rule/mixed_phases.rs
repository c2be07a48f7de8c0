//! What must run before a release beside what must run after it.

use super::{Check, Hit, MigrationContext, Rule};
use crate::finding::Severity;
use crate::phase::Phase;

/// What must run before a release beside what must run after it.
pub(super) const RULE: Rule = Rule {
    id: "mixed-phases",
    severity: Severity::Warning,
    condition: "A migration holds both what adds or moves data and what takes away or tightens.",
    effect: "There is no moment at which it is right for both the old and the new release: before the deployment it breaks the \
             old one, after it the new one misses what it needs.",
    workaround: "Split it: what adds goes first, what moves data next, what takes away or tightens last, when the old release is \
                 gone.",
    check: Check::Migration(check),
};

fn check(context: &MigrationContext<'_>) -> Vec<Hit> {
    let mut phases = [Phase::Expand, Phase::Migrate, Phase::Contract].to_vec();
    phases.retain(|phase| context.phases.iter().flatten().any(|own| own == phase));
    if !phases.contains(&Phase::Contract) || phases.len() < 2 {
        return Vec::new();
    }
    let names: Vec<&str> = phases.iter().map(|phase| phase.name()).collect();
    let id = &context.migration.id;
    let hit = Hit::new(format!("{id} mixes the phases {}.", names.join(", "))).at(0);
    vec![hit.cure(format!("Split it, in this order; flightplan split {id} shows the files, and --write saves them."))]
}

//! A version outside the style of its project.

use super::{Check, Hit, MigrationContext, Rule};
use crate::finding::Severity;
use crate::migration::SourceKind;
use crate::rule::option::RuleOption;

/// A version outside the style of its project.
pub(super) const RULE: Rule = Rule {
    id: "version-style",
    severity: Severity::Warning,
    condition: "The version in a Flyway file name looks like a time and is none, or is not of the form that the option style \
                asks for.",
    effect: "Versions run in the order of their numbers: one of another form runs before or after all others.",
    workaround: "Let `flightplan new` name the file; rename it only before it is applied anywhere.",
    check: Check::Migration(check),
};

fn check(context: &MigrationContext<'_>) -> Vec<Hit> {
    let migration = context.migration;
    let Some(version) = migration.version.as_deref().filter(|_| migration.source == SourceKind::Flyway) else {
        return Vec::new();
    };
    let digits: String = version.chars().filter(|c| *c != '.' && *c != '_').collect();
    let timed = is_time(&digits);
    let looks = matches!(digits.len(), 12 | 14) && (digits.starts_with("19") || digits.starts_with("20"));
    let wrong = match STYLE.of(context.settings).first() {
        Some(&"timestamp") if !timed => Some("is no time"),
        Some(&"number") if timed => Some("is a time, and not the next number"),
        _ if looks && !timed => Some("looks like a time and is none"),
        _ => None,
    };
    wrong.map(|wrong| Hit::new(format!("The version {version} {wrong}."))).into_iter().collect()
}

/// `YYYYMMDD`, with `HHMM` or `HHMMSS` behind it.
fn is_time(digits: &str) -> bool {
    let part = |from: usize, to: usize| digits.get(from..to).and_then(|text| text.parse::<u32>().ok());
    let within = |from: usize, to: usize, low: u32, high: u32| {
        digits.len() < to || part(from, to).is_some_and(|number| (low..=high).contains(&number))
    };
    matches!(digits.len(), 8 | 12 | 14)
        && part(0, 4).is_some_and(|year| (1990..2100).contains(&year))
        && within(4, 6, 1, 12)
        && within(6, 8, 1, 31)
        && within(8, 10, 0, 23)
        && within(10, 12, 0, 59)
        && within(12, 14, 0, 59)
}

/// What versions are made of.
pub(super) const STYLE: RuleOption = RuleOption {
    rule: RULE.id,
    name: "style",
    default: &["any"],
    words: &["any", "timestamp", "number"],
    meaning: "What versions are: a timestamp (YYYYMMDDHHMMSS, also cut after minutes or days), a number, or any.",
};

//! A comment to Flightplan that says nothing.

use super::directive::{batch, directives, ignored};
use super::{Check, Hit, MigrationContext, Rule};
use crate::finding::Severity;
use crate::project::near::nearest;

/// A comment to Flightplan that says nothing.
pub(super) const RULE: Rule = Rule {
    id: "invalid-directive",
    severity: Severity::Warning,
    condition: "A flightplan: comment names no rule that exists, gives no reason, or is no directive.",
    effect: "The comment has no effect: silence that nobody asked for is never granted.",
    workaround: "Write -- flightplan:ignore <rule> <reason>.",
    check: Check::Migration(check),
};

fn check(context: &MigrationContext<'_>) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (at, statement) in context.migration.up.statements.iter().enumerate() {
        let mut wrong = |message: String, cure: Option<String>| {
            let hit = Hit::new(message).at(at);
            hits.push(match cure {
                Some(cure) => hit.cure(cure),
                None => hit,
            });
        };
        for text in directives(statement) {
            match ignored(text) {
                Some(("", _)) => wrong("flightplan:ignore names no rule.".to_owned(), None),
                Some((id, _)) if super::find(id).is_none() => wrong(format!("There is no rule {id:?} to ignore."), near(id)),
                Some((id, "")) => wrong(format!("flightplan:ignore {id} gives no reason."), None),
                Some(_) => {}
                None if text.starts_with("batch") || text.starts_with("check ") => {}
                None => {
                    let cure = "Use flightplan:ignore, flightplan:batch or flightplan:check.".to_owned();
                    wrong(format!("flightplan:{text} is no directive."), Some(cure));
                }
            }
        }
        if let Err(message) = batch(statement) {
            wrong(message, Some("Write -- flightplan:batch key=id size=5000 pause=50ms.".to_owned()));
        }
    }
    hits
}

fn near(id: &str) -> Option<String> {
    let ids: Vec<&str> = super::ALL.iter().map(|rule| rule.id).collect();
    nearest(id, &ids).map(|near| format!("Write flightplan:ignore {near} and the reason."))
}

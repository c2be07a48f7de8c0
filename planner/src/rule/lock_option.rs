//! A lock or a copy asked for (MySQL, MariaDB).

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;

/// A lock or a copy asked for (MySQL, MariaDB).
pub(super) const RULE: Rule = Rule {
    id: "lock-option",
    severity: Severity::Warning,
    condition: "A statement on a table that is not new says LOCK=SHARED, LOCK=EXCLUSIVE or ALGORITHM=COPY.",
    effect: "Everyone who writes to the table waits, with LOCK=EXCLUSIVE the readers too, even where the server could do it \
             online.",
    workaround: "Write LOCK=NONE, and ALGORITHM=INSTANT or INPLACE: the server then refuses what it cannot do online.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let Some(table) = context.altered_table() else { return Vec::new() };
    let words = context.words();
    let mut asked = words.windows(2).filter_map(|pair| match pair {
        [key, value] if key == "lock" && (value == "shared" || value == "exclusive") => Some(format!("LOCK={value}")),
        [key, value] if key == "algorithm" && value == "copy" => Some(format!("ALGORITHM={value}")),
        _ => None,
    });
    let hit =
        asked.next().map(|asked| Hit::new(format!("{} keeps everyone who writes to {table} waiting.", asked.to_uppercase())));
    hit.into_iter().collect()
}

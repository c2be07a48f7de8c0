//! Whether the data of a database is whole: rows of each table, constraints that do not hold, the project's own checks.

pub mod constraints;
pub mod settings;
pub mod touched;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use planner::catalog::schema::{Schema, TableSchema};
use planner::name::ObjectName;
use planner::project::gate_settings::Probe;
use serde::Serialize;

use crate::probe;
use crate::target::Target;

/// How long one question may take, and all of one kind.
pub(crate) const LIMITS: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(120)];

/// Rows of each table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Rows {
    /// By the table's name, with its schema where the product has schemas.
    pub counts: BTreeMap<String, u64>,
    /// What was not counted, and why.
    pub not_counted: Vec<String>,
}

/// Something that was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// It holds.
    pub holds: bool,
    /// What was seen, as a sentence.
    pub said: String,
}

/// The table of a schema, as the server knows it.
pub(crate) fn name_of(table: &TableSchema) -> ObjectName {
    ObjectName { schema: table.schema.clone(), name: table.name.clone() }
}

/// Counts the rows of every table.
pub async fn count(target: &mut Target, schema: &Schema) -> Rows {
    let [one, all] = LIMITS;
    let begun = Instant::now();
    let mut rows = Rows::default();
    for table in &schema.tables {
        let name = name_of(table);
        if begun.elapsed() > all {
            rows.not_counted.push(format!("{name}: it would take too long"));
            continue;
        }
        let sql = format!("SELECT count(*) FROM {}", target.quoted(&name));
        match target.read_only(&sql, one).await {
            Ok(found) => {
                let count = found.into_iter().flatten().flatten().next().and_then(|text| text.parse().ok());
                rows.counts.extend(count.map(|count| (name.to_string(), count)));
            }
            Err(error) => rows.not_counted.push(format!("{name}: {error}")),
        }
    }
    rows
}

/// Tables with other numbers of rows than before, as sentences: first those that should have kept theirs, then those that
/// were `touched`.
#[must_use]
pub fn changed(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>, touched: &BTreeSet<String>) -> [Vec<String>; 2] {
    let mut found = [Vec::new(), Vec::new()];
    for (table, old) in before {
        let sentence = match after.get(table) {
            Some(new) if new == old => continue,
            Some(new) => format!("{table} had {old} rows, and has {new}."),
            None => format!("{table} had {old} rows, and is gone."),
        };
        let [kept, changed] = &mut found;
        if touched.contains(table) { changed.push(sentence) } else { kept.push(sentence) }
    }
    found
}

/// Asks the project's own questions.
pub async fn ask(target: &mut Target, checks: &BTreeMap<String, Probe>) -> Vec<Check> {
    let mut found = Vec::new();
    for (name, check) in checks {
        let answer = probe::ask(check, Some(target)).await;
        found.push(Check { name: name.clone(), holds: answer.opens, said: format!("{}.", answer.said) });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_should_have_stayed_is_a_fault() {
        let counts = |rows: &[(&str, u64)]| rows.iter().map(|(table, count)| ((*table).to_owned(), *count)).collect();
        let touched = BTreeSet::from(["b".to_owned(), "d".to_owned()]);
        let [kept, changed] = changed(
            &counts(&[("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 5)]),
            &counts(&[("a", 1), ("b", 1), ("c", 2), ("f", 9)]),
            &touched,
        );
        assert_eq!(kept, ["c had 3 rows, and has 2.", "e had 5 rows, and is gone."]);
        assert_eq!(changed, ["b had 2 rows, and has 1.", "d had 4 rows, and is gone."]);
    }
}

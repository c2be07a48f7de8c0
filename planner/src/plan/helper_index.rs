//! A helper index: one that holds only the rows a change in batches is about, so that the walk visits these and not the whole
//! table. The author makes it in a migration before and drops it in one behind; it is proposed where it pays.

use super::estimate::{self, matching};
use super::key::KeyColumn;
use crate::catalog::Table;
use crate::dialect::Dialect;
use crate::name::{ObjectName, quote};
use crate::project::TableStatistics;
use crate::rule::context::HelperIndex;
use crate::statement::operation::IndexPart;
use crate::statement::split::tokens;

/// More words than this has no filter that an index is made for.
const WORDS: usize = 200;

/// Whether a table has an index by the walk's key over the rows of the filter and no others. PostgreSQL and SQLite.
#[must_use]
pub fn stands(table: &Table, key: &[KeyColumn], filter: &str, dialect: Dialect) -> bool {
    let wanted = words(filter, dialect);
    let whole = wanted.len() < WORDS;
    whole
        && table.indexes.values().any(|index| {
            let by_key = index.columns.len() >= key.len()
                && key.iter().zip(&index.columns).all(|(own, part)| matches!(part, IndexPart::Column(name) if *name == own.name));
            index.valid && by_key && index.predicate.as_deref().is_some_and(|predicate| words(predicate, dialect) == wanted)
        })
}

/// The index that would spare a change of `table` most of its way, where by the measured costs it pays: by a quarter of the
/// time and a minute at the least. The server takes it only over a filter that is the same at any moment, so not over one
/// that calls something.
#[must_use]
pub fn proposed(
    table: &ObjectName,
    key: &[KeyColumn],
    filter: &str,
    measured: &TableStatistics,
    batch: (u32, u32, u32),
) -> Option<HelperIndex> {
    let called = words(filter, Dialect::Postgres);
    let changing = |word: &String| word == "(" || word.starts_with("current_") || word == "localtime" || word == "localtimestamp";
    if called.iter().any(changing) {
        return None;
    }
    let changed = matching(Some(filter), measured);
    let visiting = |rows: u64| estimate::walk_beside_ms(rows, batch);
    let read = estimate::read_ms(measured);
    // A concurrent build reads the table twice, and waits in between.
    let with_ms = (visiting(changed.0).0 + 2 * read.0, visiting(changed.1).1 + 2 * read.1);
    let without_ms = (visiting(measured.rows).0 + read.0, visiting(measured.rows).1 + read.1);
    let middle = |range: (u64, u64)| range.0.midpoint(range.1);
    let saved = middle(without_ms).saturating_sub(middle(with_ms));
    if saved < 60_000 || saved < middle(without_ms) / 4 {
        return None;
    }
    let dialect = Dialect::Postgres;
    let name = ["tmp_", &table.name.chars().take(40).collect::<String>(), "_backfill"].concat();
    let index = ObjectName { schema: table.schema.clone(), name };
    let columns: Vec<String> = key.iter().map(|column| quote(&column.name, dialect)).collect();
    Some(HelperIndex {
        create_sql: format!(
            "CREATE INDEX CONCURRENTLY {} ON {} ({}) WHERE {}",
            quote(&index.name, dialect),
            table.sql(dialect),
            columns.join(", "),
            filter.trim()
        ),
        drop_sql: format!("DROP INDEX CONCURRENTLY {}", index.sql(dialect)),
        without_ms,
        with_ms,
        matching: changed.1,
    })
}

/// The words of a filter in one spelling, without brackets around the whole.
fn words(filter: &str, dialect: Dialect) -> Vec<String> {
    let plain = |word: &str| if word.starts_with(['\'', '"', '`']) { word.to_owned() } else { word.to_ascii_lowercase() };
    let mut words: Vec<String> = tokens(filter, dialect, WORDS).into_iter().map(plain).collect();
    while wrapped(&words) {
        words.pop();
        words.remove(0);
    }
    words
}

/// Whether the first bracket is closed by the last.
fn wrapped(words: &[String]) -> bool {
    let mut depth = 0_usize;
    let closes = words.iter().position(|word| {
        match word.as_str() {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    });
    words.first().is_some_and(|word| word == "(") && closes == Some(words.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_the_same_in_any_spelling() {
        let same = |a, b| words(a, Dialect::Postgres) == words(b, Dialect::Postgres);
        assert!(same("(status = 'Pending')", "STATUS='Pending'"));
        assert!(same("((a) IS NULL)", "(a) is null"));
        assert!(!same("status = 'pending'", "status = 'Pending'"));
        assert!(!same("(a) OR (b)", "a) OR (b"));
    }
}

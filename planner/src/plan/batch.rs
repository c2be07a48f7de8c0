//! A data change cut into transactions by key: the SQL of each part.
//!
//! Keyset by rows: a batch is `lo < key <= hi`, where `hi` is the key of the n-th next row. The author's filter is
//! repeated in every batch, so that a row another session changed meanwhile is judged anew and no update is lost
//! (`facts/safety.md` §5.1). The executor sends cursor values as text, so every parameter is cast to the key's type ([`super::key`]).
//! The author's text is followed by a line end: it may close with a line comment.

use super::key::{Cast, KeyColumn};
use super::row_source::RowSource;
use super::{Batch, ends};
use crate::dialect::Dialect;
use crate::name::quote;
use crate::statement::operation::DataChange;

/// Name of the table in the statements that look for the next key; qualified names keep `ORDER BY` from meaning the
/// text that is selected.
const ROWS: &str = "batch_rows";

/// What is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// `UPDATE`.
    Update(&'a DataChange),
    /// `DELETE`.
    Delete(&'a DataChange),
    /// `INSERT … SELECT`; the change names what is written.
    Insert(&'a DataChange, &'a RowSource),
}

/// What the walk goes along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Along<'a> {
    /// A key, in key order.
    Key(&'a [KeyColumn]),
    /// The pages of a PostgreSQL table without a key, from 14 on. Rows that others move meanwhile may be missed, so only
    /// for changes that may be gone over again.
    Pages,
}

/// Which rows a walk counts for its batches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Visits {
    /// All of the table.
    #[default]
    All,
    /// Those of the filter, which an index by the key holds ([`super::helper_index`]).
    Matching,
}

/// The SQL of a batched statement. `sql` is the statement as its author wrote it; absent where more is meant than is written.
/// Sizes and estimates are the caller's.
#[must_use]
pub fn build(change: Change<'_>, sql: Option<&str>, along: Along<'_>, visits: Visits, dialect: Dialect) -> Batch {
    let cutter = Cutter { change, along, visits, dialect };
    let key = match along {
        Along::Key(columns) => columns.iter().map(|column| quote(&column.name, dialect)).collect(),
        Along::Pages => vec!["ctid".to_owned()],
    };
    Batch {
        table: cutter.written().table.sql(dialect),
        key,
        bound_sql: cutter.bound(true),
        first_bound_sql: cutter.bound(false),
        range_sql: cutter.range(),
        span_sql: cutter.span(),
        batch_sql: cutter.change(true, true),
        first_batch_sql: cutter.change(false, true),
        last_sql: cutter.change(true, false),
        only_sql: sql.map_or_else(|| cutter.change(false, false), str::to_owned),
        count_sql: cutter.count(),
        ends: match change {
            Change::Update(change) => ends::proved(change, dialect),
            Change::Delete(_) => true,
            Change::Insert(..) => false,
        },
        ..Batch::default()
    }
}

/// `a > ? OR (a = ? AND b > ?)`: these servers walk an index by it, and scan for the comparison of whole rows (measured on
/// MariaDB 10.11). The parameters are each prefix of the key, the shortest first ([`Batch::parameters`]).
fn prefixes(columns: &[String], values: &[String], operator: &str) -> String {
    let strict = operator.trim_end_matches('=');
    let pairs: Vec<(&String, &String)> = columns.iter().zip(values).collect();
    let terms = (1..=pairs.len()).map(|length| {
        let (equal, last) = pairs.get(..length).unwrap_or_default().split_at(length - 1);
        let compared = if length == pairs.len() { operator } else { strict };
        let equal = equal.iter().map(|(column, value)| format!("{column} = {value}"));
        let last = last.iter().map(|(column, value)| format!("{column} {compared} {value}"));
        equal.chain(last).collect::<Vec<_>>().join(" AND ")
    });
    format!("({})", terms.map(|term| format!("({term})")).collect::<Vec<_>>().join(" OR "))
}

/// The range of MySQL and MariaDB, which read the whole index where its ends come from a query (MariaDB 10.11, 290 us a row in
/// `cargo xtask bench backfill`), and one place of it where they are parameters. Behind a gap it finds nothing.
fn one_place(table: &str, column: &str, read: &str) -> String {
    let parts = [
        "SELECT CAST(max(",
        column,
        ") AS CHAR) AS key_1 FROM ",
        table,
        " AS ",
        ROWS,
        " WHERE ",
        column,
        " > CAST(?",
        read,
        " AND ",
        column,
        " <= CAST(?",
        read,
        " + ? HAVING key_1 IS NOT NULL",
    ];
    parts.concat()
}

/// Writes the parts of the statements.
#[derive(Clone, Copy)]
pub(super) struct Cutter<'a> {
    pub(super) change: Change<'a>,
    pub(super) along: Along<'a>,
    pub(super) visits: Visits,
    pub(super) dialect: Dialect,
}

impl<'a> Cutter<'a> {
    /// The table that is written.
    pub(super) const fn written(&self) -> &'a DataChange {
        match self.change {
            Change::Update(change) | Change::Delete(change) | Change::Insert(change, _) => change,
        }
    }

    /// The table that is walked.
    fn walked(&self) -> String {
        match self.change {
            Change::Update(change) | Change::Delete(change) => change.table.sql(self.dialect),
            Change::Insert(_, source) => source.table.sql(self.dialect),
        }
    }

    const fn predicate(&self) -> Option<&'a String> {
        match self.change {
            Change::Update(change) | Change::Delete(change) => change.predicate.as_ref(),
            Change::Insert(_, source) => source.predicate.as_ref(),
        }
    }

    /// What the walked rows are called in the statement.
    pub(super) fn called(&self) -> String {
        let name = match self.change {
            Change::Update(change) | Change::Delete(change) => change.alias.as_ref().unwrap_or(&change.table.name),
            Change::Insert(_, source) => &source.called,
        };
        quote(name, self.dialect)
    }

    /// What the walked rows are called where the next key is looked for.
    fn rows(&self) -> String {
        if self.visits == Visits::All { ROWS.to_owned() } else { self.called() }
    }

    /// The walked table there.
    fn visited(&self) -> String {
        if self.visits == Visits::All { format!("{} AS {ROWS}", self.walked()) } else { self.as_called() }
    }

    /// The walked table by the name that the author's filter knows. Without an alias of its own it may be named with its
    /// schema there.
    fn as_called(&self) -> String {
        let (table, called) = (self.walked(), self.called());
        let own = table == called || table.ends_with(&format!(".{called}"));
        if own { table } else { format!("{table} AS {called}") }
    }

    fn bound(&self, cursor: bool) -> String {
        let Along::Key(key) = self.along else { return self.page_bound(cursor) };
        let (table, rows) = (self.visited(), self.rows());
        // The filter in front, in the author's words: the server finds the index over the same ones.
        let filter = self.predicate().filter(|_| self.visits == Visits::Matching);
        let mut conditions: Vec<String> = filter.into_iter().map(|predicate| format!("({predicate}\n)")).collect();
        if cursor {
            conditions.push(self.compare(&rows, ">", 0));
        }
        conditions.extend(key.iter().filter_map(|column| match column.cast {
            Cast::Standard { storage: Some(class), .. } => Some(format!("typeof({}) = '{class}'", self.column(&rows, column))),
            _ => None,
        }));
        let filter = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
        let texts: Vec<String> =
            key.iter().enumerate().map(|(at, column)| format!("{} AS key_{}", self.text(&rows, column), at + 1)).collect();
        let texts = texts.join(", ");
        let order: Vec<String> = key.iter().map(|column| self.column(&rows, column)).collect();
        let order = order.join(", ");
        let size = if cursor { key.len() } else { 0 };
        match self.dialect {
            Dialect::Postgres => {
                format!("SELECT {texts} FROM {table}{filter} ORDER BY {order} LIMIT 1 OFFSET ${}::bigint - 1", size + 1)
            }
            Dialect::Sqlite => {
                format!("SELECT {texts} FROM {table}{filter} ORDER BY {order} LIMIT 1 OFFSET CAST(? AS INTEGER) - 1")
            }
            // OFFSET takes no expression here, so the caller takes one off.
            Dialect::MySql | Dialect::MariaDb => {
                format!("SELECT {texts} FROM {table}{filter} ORDER BY {order} LIMIT 1 OFFSET ?")
            }
        }
    }

    /// The column of a key that is one whole number, and how a parameter is read as one.
    fn number(&self) -> Option<(String, &'static str)> {
        let (Along::Key([column]), Visits::All) = (self.along, self.visits) else { return None };
        let read = match &column.cast {
            Cast::Postgres(to) if matches!(to.as_str(), "smallint" | "integer" | "bigint") => "::text::bigint",
            Cast::Standard { to: "INTEGER", .. } => " AS INTEGER)",
            Cast::Standard { to: "SIGNED", .. } => " AS SIGNED)",
            Cast::Standard { to: "UNSIGNED", .. } => " AS UNSIGNED)",
            _ => return None,
        };
        Some((self.column(ROWS, column), read))
    }

    fn range(&self) -> Option<String> {
        let (column, read) = self.number()?;
        let table = self.walked();
        if matches!(self.dialect, Dialect::MySql | Dialect::MariaDb) {
            return Some(one_place(&table, &column, read));
        }
        let cursor = match self.dialect {
            Dialect::Postgres => ["$1", read, " AS low, $2::bigint AS size"].concat(),
            _ => ["CAST(?", read, " AS low, CAST(?", read, " AS size"].concat(),
        };
        let rows = [" FROM ", &table, " AS ", ROWS, " WHERE ", &column].concat();
        // The size is taken off first where the sum could be more than the type holds.
        let parts = [
            "SELECT CAST(found.bound AS text) AS key_1 FROM (SELECT COALESCE((SELECT max(",
            &column,
            ")",
            &rows,
            " > ends.low AND ",
            &column,
            " <= ends.high), (SELECT min(",
            &column,
            ")",
            &rows,
            " > ends.high)) AS bound FROM (SELECT low, CASE WHEN low > 9223372036854775807 - size THEN 9223372036854775807 ELSE \
             low + size END AS high FROM (SELECT ",
            &cursor,
            ") AS given) AS ends) AS found WHERE found.bound IS NOT NULL",
        ];
        Some(parts.concat())
    }

    fn span(&self) -> Option<String> {
        let (column, _) = self.number()?;
        let table = self.walked();
        Some(["SELECT max(", &column, ") - min(", &column, ") + 1 FROM ", &table, " AS ", ROWS].concat())
    }

    /// The page before which the next batch ends: as many pages as hold the rows of a batch, by the server's own estimate;
    /// fifty rows a page where it has none.
    fn page_bound(&self, cursor: bool) -> String {
        let (from, rows) = if cursor { ("$1::text::bigint", "$2::bigint") } else { ("0", "$1::bigint") };
        let table = self.walked().replace('\'', "''");
        format!(
            "SELECT walk.page::text AS key_1 FROM (SELECT {from} + greatest(1, CASE WHEN c.reltuples > 0 AND c.relpages > 0 \
             THEN ({rows} * c.relpages / c.reltuples)::bigint ELSE {rows} / 50 END) AS page, \
             pg_relation_size(c.oid) / current_setting('block_size')::bigint AS pages \
             FROM pg_class AS c WHERE c.oid = '{table}'::regclass) AS walk WHERE walk.page < walk.pages"
        )
    }

    fn count(&self) -> String {
        let filter = self.predicate().map(|predicate| format!(" WHERE {predicate}\n")).unwrap_or_default();
        format!("SELECT count(*) FROM {}{filter}", self.as_called())
    }

    fn change(&self, lower: bool, upper: bool) -> String {
        let conditions = self.conditions(lower, upper);
        match self.change {
            Change::Update(change) => {
                let assignments = change.assignments.as_deref().unwrap_or_default();
                format!("UPDATE {} SET {assignments}\nWHERE {conditions}", self.target())
            }
            Change::Delete(_) => format!("DELETE FROM {} WHERE {conditions}", self.target()),
            Change::Insert(_, source) => format!("{}\nWHERE {conditions} {}", source.head, source.tail).trim_end().to_owned(),
        }
    }

    /// The written table with its alias.
    pub(super) fn target(&self) -> String {
        let change = self.written();
        let table = change.table.sql(self.dialect);
        change.alias.as_ref().map_or_else(|| table.clone(), |alias| format!("{table} AS {}", quote(alias, self.dialect)))
    }

    /// The author's filter and the range of the key.
    pub(super) fn conditions(&self, lower: bool, upper: bool) -> String {
        let filter = self.predicate().map(|predicate| format!("({predicate}\n)"));
        filter.into_iter().chain(self.range_of(&self.called(), lower, upper)).collect::<Vec<_>>().join(" AND ")
    }

    /// The key of `rows` between the parameters.
    pub(super) fn range_of(&self, rows: &str, lower: bool, upper: bool) -> Vec<String> {
        let width = if let Along::Key(key) = self.along { key.len() } else { 1 };
        let low = lower.then(|| self.compare(rows, ">", 0));
        let high = upper.then(|| self.compare(rows, "<=", if lower { width } else { 0 }));
        low.into_iter().chain(high).collect()
    }

    /// The key compared with parameters, the first of which has the number `skip + 1`.
    fn compare(&self, rows: &str, operator: &str, skip: usize) -> String {
        let Along::Key(key) = self.along else {
            // The cursor is the first page that is not done.
            let operator = if operator == ">" { ">=" } else { "<" };
            return format!("{rows}.ctid {operator} ('(' || ${}::text || ',0)')::tid", skip + 1);
        };
        let columns: Vec<String> = key.iter().map(|column| self.column(rows, column)).collect();
        let values: Vec<String> = key.iter().enumerate().map(|(at, column)| self.parameter(column, skip + at + 1)).collect();
        match (columns.as_slice(), values.as_slice()) {
            ([column], [value]) => format!("{column} {operator} {value}"),
            _ if matches!(self.dialect, Dialect::MySql | Dialect::MariaDb) => prefixes(&columns, &values, operator),
            _ => format!("({}) {operator} ({})", columns.join(", "), values.join(", ")),
        }
    }

    fn column(&self, rows: &str, column: &KeyColumn) -> String {
        format!("{rows}.{}", quote(&column.name, self.dialect))
    }

    fn parameter(&self, column: &KeyColumn, number: usize) -> String {
        match &column.cast {
            Cast::Postgres(to) => format!("${number}::text::{to}"),
            // With a CAST it would have a collation of its own, which the server refuses to mix with the column's.
            Cast::Standard { to: "CHAR", .. } => "?".to_owned(),
            Cast::Standard { to, .. } => format!("CAST(? AS {to})"),
        }
    }

    fn text(&self, rows: &str, column: &KeyColumn) -> String {
        let name = self.column(rows, column);
        match self.dialect {
            Dialect::Postgres => format!("{name}::text"),
            Dialect::Sqlite => format!("CAST({name} AS TEXT)"),
            Dialect::MySql | Dialect::MariaDb => format!("CAST({name} AS CHAR)"),
        }
    }
}

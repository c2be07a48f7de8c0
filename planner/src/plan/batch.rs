//! A data change cut into transactions by key: the SQL of each part.
//!
//! Keyset by rows: a batch is `lo < key <= hi`, where `hi` is the key of the n-th next row. The author's filter is
//! repeated in every batch, so that a row another session changed meanwhile is judged anew and no update is lost
//! (`facts/safety.md` §5.1). The executor sends cursor values as text, so every parameter is cast to the key's type.
//! The author's text is followed by a line end: it may close with a line comment.

use super::Batch;
use crate::dialect::Dialect;
use crate::name::quote;
use crate::statement::operation::DataChange;

/// Name of the table in the statements that look for the next key; qualified names keep `ORDER BY` from meaning the
/// text that is selected.
const ROWS: &str = "batch_rows";

/// A column of the key and how its text becomes a value again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyColumn {
    /// Name, folded.
    pub name: String,
    /// How a parameter is read.
    pub cast: Cast,
}

/// How text becomes a key value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cast {
    /// PostgreSQL: a cast to this type.
    Postgres(String),
    /// `CAST(? AS …)`, with SQLite's storage class of a well-typed value where rows may hold another one.
    Standard {
        /// Target type.
        to: &'static str,
        /// What `typeof` says of a well-typed value; absent: rows cannot hold anything else.
        storage: Option<&'static str>,
    },
}

/// How a column of this type can be a cursor; `None` where its text does not bring back the same value in the same order.
#[must_use]
pub fn cast(data_type: &str, rowid: bool, dialect: Dialect) -> Option<Cast> {
    let lower = data_type.to_ascii_lowercase();
    let base = lower.split('(').next().unwrap_or_default().trim();
    match dialect {
        Dialect::Postgres => postgres_type(&lower, base).then(|| Cast::Postgres(lower.clone())),
        Dialect::Sqlite if rowid => Some(Cast::Standard { to: "INTEGER", storage: None }),
        Dialect::Sqlite => sqlite_affinity(&lower),
        Dialect::MySql | Dialect::MariaDb => mysql_cast(base, &lower),
    }
}

fn postgres_type(full: &str, base: &str) -> bool {
    const ORDERED: &[&str] = &[
        "smallint",
        "integer",
        "bigint",
        "numeric",
        "text",
        "character varying",
        "character",
        "uuid",
        "date",
        "timestamp without time zone",
        "timestamp with time zone",
        "bytea",
        "oid",
    ];
    let timestamp = full.starts_with("timestamp(") && (full.ends_with("time zone"));
    ORDERED.contains(&base) && !full.ends_with(']') || timestamp
}

/// Source: SQLite's "Datatypes" page, 3.1. NUMERIC, REAL and BLOB values do not survive the way through text.
fn sqlite_affinity(lower: &str) -> Option<Cast> {
    if lower.contains("int") {
        return Some(Cast::Standard { to: "INTEGER", storage: Some("integer") });
    }
    let text = ["char", "clob", "text"].iter().any(|word| lower.contains(word));
    text.then_some(Cast::Standard { to: "TEXT", storage: Some("text") })
}

fn mysql_cast(base: &str, lower: &str) -> Option<Cast> {
    let to = match base {
        _ if lower.contains("unsigned") => "UNSIGNED",
        "tinyint" | "smallint" | "mediumint" | "int" | "integer" | "bigint" => "SIGNED",
        "char" | "varchar" | "tinytext" | "text" => "CHAR",
        "date" => "DATE",
        "datetime" => "DATETIME(6)",
        _ => return None,
    };
    Some(Cast::Standard { to, storage: None })
}

/// Which statement is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `UPDATE`.
    Update,
    /// `DELETE`.
    Delete,
}

/// The SQL of a batched statement. `sql` is the statement as its author wrote it; sizes and estimates are the caller's.
#[must_use]
pub fn build(verb: Verb, change: &DataChange, sql: &str, key: &[KeyColumn], dialect: Dialect) -> Batch {
    let cutter = Cutter { verb, change, key, dialect };
    Batch {
        table: change.table.sql(dialect),
        key: key.iter().map(|column| quote(&column.name, dialect)).collect(),
        bound_sql: cutter.bound(true),
        first_bound_sql: cutter.bound(false),
        batch_sql: cutter.change(true, true),
        first_batch_sql: cutter.change(false, true),
        last_sql: cutter.change(true, false),
        only_sql: sql.to_owned(),
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

struct Cutter<'a> {
    verb: Verb,
    change: &'a DataChange,
    key: &'a [KeyColumn],
    dialect: Dialect,
}

impl Cutter<'_> {
    fn bound(&self, cursor: bool) -> String {
        let table = self.change.table.sql(self.dialect);
        let mut conditions = Vec::new();
        if cursor {
            conditions.push(self.compare(ROWS, ">", 0));
        }
        conditions.extend(self.key.iter().filter_map(|column| match column.cast {
            Cast::Standard { storage: Some(class), .. } => Some(format!("typeof({}) = '{class}'", self.column(ROWS, column))),
            _ => None,
        }));
        let filter = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
        let texts: Vec<String> =
            self.key.iter().enumerate().map(|(at, column)| format!("{} AS key_{}", self.text(column), at + 1)).collect();
        let texts = texts.join(", ");
        let order: Vec<String> = self.key.iter().map(|column| self.column(ROWS, column)).collect();
        let order = order.join(", ");
        let size = if cursor { self.key.len() } else { 0 };
        match self.dialect {
            Dialect::Postgres => {
                format!("SELECT {texts} FROM {table} AS {ROWS}{filter} ORDER BY {order} LIMIT 1 OFFSET ${}::bigint - 1", size + 1)
            }
            Dialect::Sqlite => {
                format!("SELECT {texts} FROM {table} AS {ROWS}{filter} ORDER BY {order} LIMIT 1 OFFSET CAST(? AS INTEGER) - 1")
            }
            // OFFSET takes no expression here, so the caller takes one off.
            Dialect::MySql | Dialect::MariaDb => {
                format!("SELECT {texts} FROM {table} AS {ROWS}{filter} ORDER BY {order} LIMIT 1 OFFSET ?")
            }
        }
    }

    fn change(&self, lower: bool, upper: bool) -> String {
        let table = self.change.table.sql(self.dialect);
        let alias = self.change.alias.as_ref().map(|alias| quote(alias, self.dialect));
        let target = alias.as_ref().map_or_else(|| table.clone(), |alias| format!("{table} AS {alias}"));
        let rows = alias.unwrap_or_else(|| quote(&self.change.table.name, self.dialect));
        let mut conditions = Vec::new();
        if let Some(predicate) = &self.change.predicate {
            conditions.push(format!("({predicate}\n)"));
        }
        if lower {
            conditions.push(self.compare(&rows, ">", 0));
        }
        if upper {
            conditions.push(self.compare(&rows, "<=", if lower { self.key.len() } else { 0 }));
        }
        let conditions = conditions.join(" AND ");
        match self.verb {
            Verb::Update => {
                let assignments = self.change.assignments.as_deref().unwrap_or_default();
                format!("UPDATE {target} SET {assignments}\nWHERE {conditions}")
            }
            Verb::Delete => format!("DELETE FROM {target} WHERE {conditions}"),
        }
    }

    /// The key compared with parameters, the first of which has the number `skip + 1`.
    fn compare(&self, rows: &str, operator: &str, skip: usize) -> String {
        let columns: Vec<String> = self.key.iter().map(|column| self.column(rows, column)).collect();
        let values: Vec<String> = self.key.iter().enumerate().map(|(at, column)| self.parameter(column, skip + at + 1)).collect();
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

    fn text(&self, column: &KeyColumn) -> String {
        let name = self.column(ROWS, column);
        match self.dialect {
            Dialect::Postgres => format!("{name}::text"),
            Dialect::Sqlite => format!("CAST({name} AS TEXT)"),
            Dialect::MySql | Dialect::MariaDb => format!("CAST({name} AS CHAR)"),
        }
    }
}

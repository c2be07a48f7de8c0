//! The key that a data change is cut by: which types can be a cursor, and how their text becomes a value again.

use crate::dialect::Dialect;

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

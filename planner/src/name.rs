//! Identifiers: folding and quoting by dialect, schema-qualified names.

use std::fmt;
use std::sync::LazyLock;

use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};

use crate::dialect::Dialect;

/// A possibly schema-qualified name, already folded as the server stores it.
///
/// `schema` is `None` where the text names none *and* the search path decides; the catalog resolves
/// it (PostgreSQL: `public` by default; SQLite and MySQL: always `None` for the one database).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectName {
    /// Schema, folded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Name, folded.
    pub name: String,
}

impl ObjectName {
    /// A name without a schema.
    #[must_use]
    pub fn bare(name: impl Into<String>) -> Self {
        Self { schema: None, name: name.into() }
    }

    /// A name in a schema.
    #[must_use]
    pub fn qualified(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self { schema: Some(schema.into()), name: name.into() }
    }

    /// The name as SQL text of a dialect, quoted only where needed.
    #[must_use]
    pub fn sql(&self, dialect: Dialect) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", quote(schema, dialect), quote(&self.name, dialect)),
            None => quote(&self.name, dialect),
        }
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// Folds an identifier as written in SQL text (with or without quotes) to what the server stores.
/// PostgreSQL folds unquoted names to lower case; the others keep the spelling.
#[must_use]
pub fn fold(written: &str, dialect: Dialect) -> String {
    if let Some(inner) = unquote(written) {
        return inner;
    }
    match dialect {
        Dialect::Postgres => written.to_lowercase(),
        Dialect::MySql | Dialect::MariaDb | Dialect::Sqlite => written.to_owned(),
    }
}

/// The text inside double quotes, backticks or brackets, with doubled quotes undone.
fn unquote(written: &str) -> Option<String> {
    let mut chars = written.chars();
    let (first, last) = (chars.next()?, chars.next_back()?);
    let inner = chars.as_str();
    match (first, last) {
        ('"', '"') => Some(inner.replace("\"\"", "\"")),
        ('`', '`') => Some(inner.replace("``", "`")),
        ('[', ']') => Some(inner.to_owned()),
        _ => None,
    }
}

/// Quotes an identifier for SQL text, only where the dialect would not read it back unquoted.
#[must_use]
pub fn quote(name: &str, dialect: Dialect) -> String {
    if is_plain(name, dialect) {
        return name.to_owned();
    }
    match dialect {
        Dialect::MySql | Dialect::MariaDb => format!("`{}`", name.replace('`', "``")),
        Dialect::Postgres | Dialect::Sqlite => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

fn is_plain(name: &str, dialect: Dialect) -> bool {
    let starts_well = name.chars().next().is_some_and(|c| c.is_ascii_lowercase() || c == '_');
    let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    starts_well && plain && !reserved(name, dialect)
}

/// Words that cannot stand as a column or table name without quotes.
/// Source: PostgreSQL manual, appendix C ("reserved"); `MySQL` manual 11.3; SQLite `lang_keywords`.
fn reserved(name: &str, dialect: Dialect) -> bool {
    const EVERYWHERE: &str = "all and as between by case check collate column constraint create cross default delete desc distinct drop else \
        exists foreign from group having in index insert into is join key left like limit not null on or order outer \
        primary references select set table then to union unique update using values when where with";
    const POSTGRES: &str = "analyse analyze any array asc asymmetric both cast current_date current_role current_time current_timestamp \
        current_user deferrable do end except false fetch for grant initially intersect lateral leading localtime \
        localtimestamp offset only placing returning session_user some symmetric system_user trailing true user \
        variadic window authorization binary concurrently freeze full ilike inner isnull natural notnull overlaps \
        right similar tablesample verbose";
    const NOT_IN_POSTGRES: &str = "between by delete drop exists index insert is key set update values";
    static OF_POSTGRES: LazyLock<FxHashSet<&str>> = LazyLock::new(|| {
        let free: FxHashSet<&str> = NOT_IN_POSTGRES.split(' ').collect();
        EVERYWHERE.split(' ').filter(|word| !free.contains(word)).chain(POSTGRES.split(' ')).collect()
    });
    static OF_OTHERS: LazyLock<FxHashSet<&str>> = LazyLock::new(|| EVERYWHERE.split(' ').collect());
    if dialect == Dialect::Postgres { OF_POSTGRES.contains(name) } else { OF_OTHERS.contains(name) }
}

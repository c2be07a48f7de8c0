//! Names and values as SQL text.

use std::fmt::Write as _;

use planner::name::ObjectName;

use crate::target::Target;

impl Target {
    /// An SQL string literal this product reads back as the same text.
    #[must_use]
    pub fn literal(&self, text: &str) -> String {
        match self {
            Self::Postgres(_) | Self::Sqlite(_) => literal(text),
            Self::MySql(_) => mysql_literal(text),
        }
    }

    /// An SQL string literal, or NULL.
    #[must_use]
    pub fn literal_or_null(&self, text: Option<&str>) -> String {
        text.map_or_else(|| "NULL".to_owned(), |text| self.literal(text))
    }

    /// A name that is always quoted, the way Flyway writes its history table.
    #[must_use]
    pub fn quoted(&self, name: &ObjectName) -> String {
        match self {
            Self::Postgres(_) | Self::Sqlite(_) => quoted(name),
            Self::MySql(_) => backticked(name),
        }
    }

    /// A name without a schema, always quoted.
    #[must_use]
    pub fn quoted_bare(&self, name: &str) -> String {
        self.quoted(&ObjectName::bare(name))
    }
}

/// An SQL string literal of PostgreSQL and SQLite. Both read doubled quotes; PostgreSQL with
/// `standard_conforming_strings`, its default.
#[must_use]
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// An SQL string literal of MySQL and MariaDB. Whether a backslash stands for itself depends on `sql_mode`, and what
/// bytes above 127 mean depends on `SET NAMES`, both of which a migration may change: such texts go as hexadecimal.
#[must_use]
pub fn mysql_literal(text: &str) -> String {
    if text.is_ascii() && !text.contains('\\') {
        return literal(text);
    }
    let mut hex = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02X}");
    }
    format!("CONVERT(X'{hex}' USING utf8mb4)")
}

/// A name in double quotes: `"public"."flyway_schema_history"`.
#[must_use]
pub fn quoted(name: &ObjectName) -> String {
    in_quotes(name, '"')
}

/// A name in backticks: `` `shop`.`flyway_schema_history` ``.
#[must_use]
pub fn backticked(name: &ObjectName) -> String {
    in_quotes(name, '`')
}

fn in_quotes(name: &ObjectName, mark: char) -> String {
    let quote = |part: &str| format!("{mark}{}{mark}", part.replace(mark, &format!("{mark}{mark}")));
    match &name.schema {
        Some(schema) => format!("{}.{}", quote(schema), quote(&name.name)),
        None => quote(&name.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_does_not_depend_on_the_sql_mode() {
        assert_eq!(mysql_literal("it's"), "'it''s'");
        assert_eq!(mysql_literal("a\\"), "CONVERT(X'615C' USING utf8mb4)");
        assert_eq!(mysql_literal("é"), "CONVERT(X'C3A9' USING utf8mb4)");
    }

    #[test]
    fn quotes_in_names_are_doubled() {
        assert_eq!(backticked(&ObjectName::qualified("a`b", "c")), "`a``b`.`c`");
        assert_eq!(quoted(&ObjectName::bare("a\"b")), "\"a\"\"b\"");
    }
}

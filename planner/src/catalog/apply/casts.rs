//! Which values PostgreSQL casts by itself when a column gets another type, and which only with `USING`.
//!
//! Source: PostgreSQL 15, asked of each of 43 types; `server/tests/suite/oracle_refusals.rs` asks again.

use super::Outcome;
use super::drop::type_name;
use crate::catalog::Catalog;
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::Operation;

const TEXTS: &[&str] = &["text", "character varying", "character", "name"];

/// Types and what their values are cast to in an assignment, beside texts.
const CASTS: &[(&str, &[&str])] = &[
    ("smallint", &["integer", "bigint", "numeric", "real", "double precision", "oid"]),
    ("integer", &["smallint", "bigint", "numeric", "real", "double precision", "oid", "money"]),
    ("bigint", &["smallint", "integer", "numeric", "real", "double precision", "oid", "money"]),
    ("numeric", &["smallint", "integer", "bigint", "real", "double precision", "money"]),
    ("real", &["smallint", "integer", "bigint", "numeric", "double precision"]),
    ("double precision", &["smallint", "integer", "bigint", "numeric", "real"]),
    ("money", &["numeric"]),
    ("oid", &["integer", "bigint"]),
    ("text", &["\"char\""]),
    ("character varying", &["\"char\""]),
    ("character", &["\"char\""]),
    ("name", &[]),
    ("\"char\"", &[]),
    ("date", &["timestamp without time zone", "timestamp with time zone"]),
    ("timestamp without time zone", &["date", "timestamp with time zone", "time without time zone"]),
    ("timestamp with time zone", &["date", "timestamp without time zone", "time without time zone", "time with time zone"]),
    ("time without time zone", &["time with time zone", "interval"]),
    ("time with time zone", &["time without time zone"]),
    ("interval", &["time without time zone"]),
    ("inet", &["cidr"]),
    ("cidr", &["inet"]),
    ("macaddr", &["macaddr8"]),
    ("macaddr8", &["macaddr"]),
    ("bit", &["bit varying"]),
    ("bit varying", &["bit"]),
    ("json", &["jsonb"]),
    ("jsonb", &["json"]),
    ("uuid", &[]),
    ("boolean", &[]),
    ("bytea", &[]),
    ("xml", &[]),
    ("tsvector", &[]),
    ("int4range", &[]),
    ("point", &[]),
];

/// A type as far as casts go.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Known(&'static str),
    Enum(ObjectName),
    Array(Box<Self>),
}

/// Domains on domains, arrays in arrays: a domain that was renamed to what it is made of would never end.
const DEEPEST: usize = 16;

fn kind(catalog: &Catalog, written: &str) -> Option<Kind> {
    kind_within(catalog, written, DEEPEST)
}

fn kind_within(catalog: &Catalog, written: &str, left: usize) -> Option<Kind> {
    let left = left.checked_sub(1)?;
    if let Some(element) = written.strip_suffix("[]") {
        return kind_within(catalog, element, left).map(|element| Kind::Array(Box::new(element)));
    }
    let plain = super::key_types::without_length(written);
    if let Some((name, _)) = CASTS.iter().find(|(name, _)| *name == plain) {
        return Some(Kind::Known(name));
    }
    let name = type_name(written);
    if let Some(key) = catalog.find(&name, |key| catalog.enums.contains_key(key)) {
        return Some(Kind::Enum(key));
    }
    // A domain is cast as what it is made of.
    let key = catalog.find(&name, |key| catalog.types.contains_key(key))?;
    kind_within(catalog, catalog.types.get(&key)?.base.as_deref()?, left)
}

fn is_cast(from: &Kind, to: &Kind) -> bool {
    match (from, to) {
        (_, Kind::Known(to)) if TEXTS.contains(to) => true,
        (Kind::Array(from), Kind::Array(to)) => is_cast(from, to),
        (Kind::Known(from), Kind::Known(to)) => {
            from == to || CASTS.iter().any(|(name, casts)| name == from && casts.contains(to))
        }
        (from, to) => from == to,
    }
}

/// The type of a default, where it is plain: `'a'` has the column's.
fn of_default<'a>(default: &str, column: &'a str) -> Option<&'a str> {
    let text = default.trim_start().to_ascii_lowercase();
    match text.as_str() {
        "true" | "false" => Some("boolean"),
        number if number.starts_with(|c: char| c.is_ascii_digit()) && !number.contains('.') => Some("integer"),
        next if next.starts_with("nextval(") => Some("bigint"),
        literal if literal.starts_with('\'') && !literal.contains("||") => Some(column),
        _ => None,
    }
}

/// Refuses a new type that the column's values, or its default, are not cast to.
pub(super) fn check(before: &Catalog, operations: &[Operation], operation: &Operation) -> Outcome {
    let Operation::AlterColumnType { table, column, data_type, using, .. } = operation else { return Ok(()) };
    if before.dialect != Dialect::Postgres || before.own_casts {
        return Ok(());
    }
    let Some(stored) = before.table(table).and_then(|table| table.column(column)) else { return Ok(()) };
    let (Some(from), Some(to)) = (kind(before, &stored.data_type), kind(before, data_type)) else { return Ok(()) };
    if using.is_none() && !is_cast(&from, &to) {
        return Err(format!("column \"{column}\" cannot be cast automatically to type {data_type}"));
    }
    // Defaults go before types change, whatever order the statement has.
    let goes = |other: &Operation| matches!(other, Operation::DropDefault { column: own, .. } if own == column);
    let default = stored.default.as_deref().filter(|_| !operations.iter().any(goes));
    let default = default.and_then(|default| kind(before, of_default(default, &stored.data_type)?));
    match default {
        Some(own) if !is_cast(&own, &to) => {
            Err(format!("default for column \"{column}\" cannot be cast automatically to type {data_type}"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::UserType;

    #[test]
    fn a_domain_made_of_itself_ends() {
        let mut catalog = Catalog::new(Dialect::Postgres, Dialect::Postgres.default_version());
        let key = ObjectName::qualified("public".to_owned(), "d".to_owned());
        catalog.types.insert(key, UserType { base: Some("d".to_owned()), constrained: false });
        assert_eq!(kind(&catalog, "d"), None);
        assert_eq!(kind(&catalog, "integer[]"), Some(Kind::Array(Box::new(Kind::Known("integer")))));
    }
}

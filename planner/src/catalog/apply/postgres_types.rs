//! PostgreSQL's types: which values are cast by themselves when a column gets another type, and which types a foreign key joins.

use super::drop::type_name;
use crate::catalog::Catalog;
use crate::name::ObjectName;

const TEXTS: &[&str] = &["text", "character varying", "character", "name"];

/// A type, what its keys may refer to beside their own type, and what its values are cast to in an assignment beside that and
/// texts.
type Row = (&'static str, &'static [&'static str], &'static [&'static str]);

/// Source: PostgreSQL 15, asked for each type with each; `server/tests/suite/oracle_refusals.rs` asks again.
const TYPES: &[Row] = &[
    ("smallint", &["integer", "bigint", "numeric", "real", "double precision", "oid"], &[]),
    ("integer", &["smallint", "bigint", "numeric", "real", "double precision", "oid"], &["money"]),
    ("bigint", &["smallint", "integer", "numeric", "real", "double precision", "oid"], &["money"]),
    ("numeric", &["real", "double precision"], &["smallint", "integer", "bigint", "money"]),
    ("real", &["double precision"], &["smallint", "integer", "bigint", "numeric"]),
    ("double precision", &["real"], &["smallint", "integer", "bigint", "numeric"]),
    ("money", &[], &["numeric"]),
    ("oid", &[], &["integer", "bigint"]),
    ("text", &["character varying", "character", "name"], &["\"char\""]),
    ("character varying", &["text", "character", "name"], &["\"char\""]),
    ("character", &["text", "character varying", "name"], &["\"char\""]),
    ("name", &["text", "character varying"], &[]),
    ("\"char\"", &["text", "character varying"], &[]),
    ("date", &["timestamp without time zone", "timestamp with time zone"], &[]),
    ("timestamp without time zone", &["date", "timestamp with time zone"], &["time without time zone"]),
    ("timestamp with time zone", &["date", "timestamp without time zone"], &["time without time zone", "time with time zone"]),
    ("time without time zone", &["time with time zone", "interval"], &[]),
    ("time with time zone", &[], &["time without time zone"]),
    ("interval", &[], &["time without time zone"]),
    ("inet", &["cidr"], &[]),
    ("cidr", &["inet"], &[]),
    ("macaddr", &["macaddr8"], &[]),
    ("macaddr8", &["macaddr"], &[]),
    ("bit", &["bit varying"], &[]),
    ("bit varying", &["bit"], &[]),
    ("json", &[], &["jsonb"]),
    ("jsonb", &[], &["json"]),
    ("uuid", &[], &[]),
    ("boolean", &[], &[]),
    ("bytea", &[], &[]),
    ("xml", &[], &[]),
    ("tsvector", &[], &[]),
    ("int4range", &[], &[]),
    ("point", &[], &[]),
];

/// A type as far as casts and comparisons go.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Known(&'static Row),
    Enum(ObjectName),
    Array(Box<Self>),
}

/// Domains on domains, arrays in arrays: a domain that was renamed to what it is made of would never end.
const DEEPEST: usize = 16;

/// The kind of a type as it is written; none where it is not known here.
pub(super) fn kind(catalog: &Catalog, written: &str) -> Option<Kind> {
    kind_within(catalog, written, DEEPEST)
}

fn kind_within(catalog: &Catalog, written: &str, left: usize) -> Option<Kind> {
    let left = left.checked_sub(1)?;
    if let Some(element) = written.strip_suffix("[]") {
        return kind_within(catalog, element, left).map(|element| Kind::Array(Box::new(element)));
    }
    let plain = without_length(written);
    if let Some(row) = TYPES.iter().find(|(name, ..)| *name == plain) {
        return Some(Kind::Known(row));
    }
    let name = type_name(written);
    if let Some(key) = catalog.find(&name, |key| catalog.enums.contains_key(key)) {
        return Some(Kind::Enum(key));
    }
    // A domain is cast and compared as what it is made of.
    let key = catalog.find(&name, |key| catalog.types.contains_key(key))?;
    kind_within(catalog, catalog.types.get(&key)?.base.as_deref()?, left)
}

/// `timestamp(3) without time zone` without its `(3)`.
fn without_length(name: &str) -> String {
    match (name.find('('), name.find(')')) {
        (Some(open), Some(close)) if open < close => {
            [name.get(..open).unwrap_or_default(), name.get(close + 1..).unwrap_or_default()].concat()
        }
        _ => name.to_owned(),
    }
}

/// Whether values are cast in an assignment, without `USING`.
pub(super) fn is_cast(from: &Kind, to: &Kind) -> bool {
    match (from, to) {
        (_, Kind::Known((to, ..))) if TEXTS.contains(to) => true,
        (Kind::Array(from), Kind::Array(to)) => is_cast(from, to),
        (Kind::Known((_, _, casts)), Kind::Known((name, ..))) => casts.contains(name) || is_joined(from, to),
        (from, to) => from == to,
    }
}

/// Whether an operator compares a foreign key of one type with a key of the other.
pub(super) fn is_joined(own: &Kind, key: &Kind) -> bool {
    match (own, key) {
        (Kind::Known((_, joined, _)), Kind::Known((name, ..))) => own == key || joined.contains(name),
        (own, key) => own == key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::UserType;
    use crate::dialect::Dialect;

    #[test]
    fn a_domain_made_of_itself_ends() {
        let mut catalog = Catalog::new(Dialect::Postgres, Dialect::Postgres.default_version());
        let key = ObjectName::qualified("public".to_owned(), "d".to_owned());
        catalog.types.insert(key, UserType { base: Some("d".to_owned()), constrained: false });
        assert_eq!(kind(&catalog, "d"), None);
        assert!(
            matches!(kind(&catalog, "integer[]"), Some(Kind::Array(element)) if matches!(*element, Kind::Known(("integer", ..))))
        );
    }
}

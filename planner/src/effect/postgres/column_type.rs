//! `ALTER COLUMN … TYPE`: free, checked again, or the whole table written anew.
//!
//! Source: `facts/safety.md` §2.1 (measured), and the oracle test.

use crate::catalog::Table;
use crate::catalog::apply::{constraint_uses, index_uses, type_name};
use crate::dialect::Dialect;
use crate::effect::LockMode::AccessExclusiveLock;
use crate::effect::draft::Draft;
use crate::name::ObjectName;
use crate::statement::operation::{ConstraintKind, IndexPart};

pub(super) fn run(
    draft: &mut Draft<'_>,
    table: &ObjectName,
    column: &str,
    to: &str,
    using: Option<&str>,
    collation: Option<&str>,
) {
    let key = draft.key(table);
    draft.lock_family(&key, AccessExclusiveLock);
    let Some(stored) = draft.before.tables.get(&key) else { return };
    let Some(from) = stored.column(column).map(|own| own.data_type.clone()) else { return };
    let rewrites = needs_rewrite(draft, column, &from, to, using);
    if rewrites {
        draft.rewrite(&key);
    }
    for member in draft.family(&key) {
        let Some(stored) = draft.before.tables.get(&member) else { continue };
        let compares_otherwise = rewrites || family(draft, &from) != family(draft, to);
        foreign_keys(draft, &member, stored, column, compares_otherwise);
        if !rewrites && reads_again(draft, stored, column, &from, to, collation) {
            draft.scans.insert(member);
        }
    }
}

/// Whether a metadata-only change still reads the table: checks are made again, and an index is rebuilt over another
/// collation or operator family, or whose expressions or predicate the server does not compare.
fn reads_again(draft: &Draft<'_>, stored: &Table, column: &str, from: &str, to: &str, collation: Option<&str>) -> bool {
    let own = stored.column(column);
    let same_collation = collation.is_none_or(|name| own.and_then(|own| own.collation.as_deref()) == Some(name));
    let checks = stored.constraints.iter().any(|constraint| {
        constraint.validated
            && matches!(constraint.kind, ConstraintKind::Check { .. })
            && constraint_uses(constraint, column, Dialect::Postgres)
    });
    let keys = stored
        .constraints
        .iter()
        .any(|constraint| constraint.has_index() && constraint_uses(constraint, column, Dialect::Postgres));
    let used: Vec<_> = stored.indexes.values().filter(|index| index_uses(index, column, Dialect::Postgres)).collect();
    let complex = used
        .iter()
        .any(|index| index.predicate.is_some() || index.columns.iter().any(|part| matches!(part, IndexPart::Expression(_))));
    let other_family = family(draft, from) != family(draft, to);
    checks || complex || ((!used.is_empty() || keys) && (!same_collation || other_family))
}

/// Types whose B-tree operators are one family.
fn family(draft: &Draft<'_>, data_type: &str) -> String {
    let base = base(draft, data_type);
    let name = parts(&base).name;
    match name.as_str() {
        "character varying" | "text" | "xml" => "text".to_owned(),
        "cidr" | "inet" => "inet".to_owned(),
        "smallint" | "integer" | "bigint" => "integer".to_owned(),
        _ => name,
    }
}

/// Foreign keys are dropped and made again: the other side is locked, and read where values compare by another operator.
fn foreign_keys(draft: &mut Draft<'_>, key: &ObjectName, stored: &Table, column: &str, changed: bool) {
    for constraint in &stored.constraints {
        if let ConstraintKind::ForeignKey { columns, ref_table, .. } = &constraint.kind
            && columns.iter().any(|own| own == column)
        {
            draft.lock_family(ref_table, AccessExclusiveLock);
            if changed && constraint.validated {
                draft.scan(key);
                draft.scan(ref_table);
            }
        }
    }
    let children: Vec<(ObjectName, bool)> = draft
        .before
        .references_to(key)
        .filter(|(_, own)| {
            matches!(&own.kind, ConstraintKind::ForeignKey { ref_columns, .. } if ref_columns.iter().any(|used| used == column))
        })
        .map(|(child, own)| (child.clone(), own.validated))
        .collect();
    for (child, validated) in children {
        draft.lock_family(&child, AccessExclusiveLock);
        if changed && validated {
            draft.scan(&child);
            draft.scan(key);
        }
    }
}

fn needs_rewrite(draft: &mut Draft<'_>, column: &str, from: &str, to: &str, using: Option<&str>) -> bool {
    match using.map(|text| cast_of(text, column)) {
        None | Some(Using::Column) => !is_free(draft, from, to),
        Some(Using::Cast(between)) => !(is_free(draft, from, &between) && is_free(draft, &between, to)),
        Some(Using::Expression) => true,
    }
}

/// What `USING` says.
enum Using {
    Column,
    Cast(String),
    Expression,
}

fn cast_of(text: &str, column: &str) -> Using {
    let mut text = text.trim();
    while let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        if inner.contains(['(', ')']) {
            break;
        }
        text = inner.trim();
    }
    let is_column = |text: &str| {
        let bare = text.trim().trim_matches(['(', ')', ' ']);
        crate::name::fold(bare, Dialect::Postgres) == column
    };
    if is_column(text) {
        return Using::Column;
    }
    let canonical = |written: &str| crate::statement::parse::type_name::canonical(written, Dialect::Postgres).name;
    if let Some((own, written)) = text.split_once("::")
        && is_column(own)
        && !written.contains("::")
    {
        return Using::Cast(canonical(written.trim()));
    }
    let inside = text.get(..4).filter(|word| word.eq_ignore_ascii_case("cast")).and_then(|_| text.get(4..));
    let inside = inside.and_then(|rest| rest.trim().strip_prefix('(')?.strip_suffix(')'));
    let lower = inside.map(str::to_ascii_lowercase);
    if let (Some(inside), Some(at)) = (inside, lower.and_then(|text| text.find(" as "))) {
        let (own, written) = (inside.get(..at).unwrap_or_default(), inside.get(at + 4..).unwrap_or_default());
        if is_column(own) {
            return Using::Cast(canonical(written.trim()));
        }
    }
    Using::Expression
}

/// A type taken apart: its words without the modifiers, and these.
struct Parts {
    name: String,
    modifiers: Vec<u32>,
    array: bool,
}

fn parts(data_type: &str) -> Parts {
    let (bare, array) = data_type.strip_suffix("[]").map_or((data_type, false), |bare| (bare, true));
    let Some((head, rest)) = bare.split_once('(') else {
        return Parts { name: bare.trim().to_owned(), modifiers: Vec::new(), array };
    };
    let (inside, tail) = rest.split_once(')').unwrap_or((rest, ""));
    let modifiers = inside.split(',').filter_map(|number| number.trim().parse().ok()).collect();
    Parts { name: format!("{}{tail}", head.trim()), modifiers, array }
}

/// The base type of an unconstrained domain, or the type itself.
fn base(draft: &Draft<'_>, data_type: &str) -> String {
    let key = draft.before.find(&type_name(data_type), |key| draft.before.types.contains_key(key));
    let base = key.and_then(|key| draft.before.types.get(&key)).and_then(|domain| domain.base.clone());
    base.filter(|_| !data_type.ends_with("[]")).unwrap_or_else(|| data_type.to_owned())
}

fn is_constrained_domain(draft: &Draft<'_>, data_type: &str) -> bool {
    let key = draft.before.find(&type_name(data_type), |key| draft.before.types.contains_key(key));
    key.and_then(|key| draft.before.types.get(&key)).is_some_and(|domain| domain.constrained)
}

/// Whether the stored bytes of one type are valid ones of the other without a look at them.
fn is_free(draft: &mut Draft<'_>, from: &str, to: &str) -> bool {
    if from == to {
        return true;
    }
    if is_constrained_domain(draft, to) {
        return false;
    }
    let (from, to) = (base(draft, from), base(draft, to));
    if from == to {
        return true;
    }
    let (a, b) = (parts(&from), parts(&to));
    if a.array || b.array {
        // Elements are converted one by one, unless only the length limit goes.
        return a.array && b.array && a.name == b.name && b.modifiers.is_empty();
    }
    match (a.name.as_str(), b.name.as_str()) {
        ("character varying" | "text" | "xml", "text") => true,
        ("text", "character varying") | ("xml", "character varying") => b.modifiers.is_empty(),
        ("character varying", "character varying")
        | ("bit varying", "bit varying")
        | ("interval", "interval")
        | ("timestamp without time zone", "timestamp without time zone")
        | ("timestamp with time zone", "timestamp with time zone")
        | ("time without time zone", "time without time zone")
        | ("time with time zone", "time with time zone") => widens(&a.modifiers, &b.modifiers, &b.name),
        ("numeric", "numeric") => match (a.modifiers.as_slice(), b.modifiers.as_slice()) {
            (_, []) => true,
            ([p1, s1], [p2, s2]) => p2 >= p1 && s1 == s2,
            _ => false,
        },
        ("cidr", "inet") | ("integer", "oid") | ("oid", "integer") => true,
        ("timestamp without time zone", "timestamp with time zone")
        | ("timestamp with time zone", "timestamp without time zone") => {
            widens(&a.modifiers, &b.modifiers, &b.name) && zone_is_utc(draft)
        }
        _ => false,
    }
}

/// Whether the length or precision does not shrink. Without one, text has no limit and times have six digits.
fn widens(from: &[u32], to: &[u32], name: &str) -> bool {
    let is_text = matches!(name, "character varying" | "bit varying");
    match (from.first(), to.first()) {
        (_, None) => true,
        (None, Some(limit)) => !is_text && *limit >= 6,
        (Some(old), Some(new)) => new >= old,
    }
}

/// With UTC as the session's time zone both kinds of timestamp are the same bytes; the server knows since 12.
fn zone_is_utc(draft: &mut Draft<'_>) -> bool {
    if draft.before.version.major < 12 {
        return false;
    }
    match draft.before.time_zone.as_deref() {
        Some(zone) => matches!(zone.to_ascii_uppercase().as_str(), "UTC" | "ETC/UTC" | "GMT" | "ETC/GMT" | "ZULU" | "UCT" | "0"),
        None => {
            draft.assume("the session's time zone is not UTC; with SET timezone = 'UTC' before it the table is not rewritten");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::dialect::ServerVersion;

    #[test]
    fn widening_is_free_and_narrowing_is_not() {
        let catalog = Catalog::new(Dialect::Postgres, ServerVersion::new(15, 0));
        let mut draft = Draft::new(&catalog);
        let cases = [
            ("character varying(50)", "character varying(100)", true),
            ("character varying(50)", "character varying(20)", false),
            ("character varying(50)", "text", true),
            ("text", "character varying(9)", false),
            ("numeric(10,2)", "numeric(12,2)", true),
            ("numeric(10,2)", "numeric(12,4)", false),
            ("timestamp(3) without time zone", "timestamp without time zone", true),
            ("timestamp without time zone", "timestamp(3) without time zone", false),
            ("integer", "bigint", false),
            ("character(3)", "character varying(3)", false),
        ];
        for (from, to, free) in cases {
            assert_eq!(is_free(&mut draft, from, to), free, "{from} to {to}");
        }
    }

    #[test]
    fn a_cast_of_the_column_alone_is_no_expression() {
        assert!(matches!(cast_of("a", "a"), Using::Column));
        assert!(matches!(cast_of("(a)::varchar(3)", "a"), Using::Cast(to) if to == "character varying(3)"));
        assert!(matches!(cast_of("CAST(a AS int)", "a"), Using::Cast(to) if to == "integer"));
        assert!(matches!(cast_of("upper(a)", "a"), Using::Expression));
    }
}

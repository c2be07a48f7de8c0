//! Which types a foreign key joins.

use super::Outcome;
use super::postgres_types::{is_joined, kind};
use crate::catalog::characters::{charset, collation, default_collation, plain};
use crate::catalog::{Catalog, Table};
use crate::dialect::ServerVersion;
use crate::name::ObjectName;
use crate::statement::operation::{ColumnDefinition, Constraint, ConstraintKind};

/// PostgreSQL: whether a foreign key joins columns that can be compared.
pub(super) fn implementable(catalog: &Catalog, key: &ObjectName, table: &Table, constraint: &Constraint) -> Outcome {
    let ConstraintKind::ForeignKey { columns, ref_table, ref_columns, .. } = &constraint.kind else { return Ok(()) };
    // An implicit cast of somebody's own joins what has no operator.
    if catalog.own_casts {
        return Ok(());
    }
    let parent = if ref_table == key { table } else { catalog.tables.get(ref_table).map_or(table, AsRef::as_ref) };
    let kind = |table: &Table, column: &str| kind(catalog, &table.column(column)?.data_type);
    let refused = |(own, key): (&String, &String)| match (kind(table, own), kind(parent, key)) {
        (Some(own), Some(key)) => !is_joined(&own, &key),
        _ => false,
    };
    if columns.iter().zip(ref_columns).any(refused) {
        let name = constraint.name.as_deref().unwrap_or_default();
        return Err(format!("foreign key constraint \"{name}\" cannot be implemented"));
    }
    Ok(())
}

/// How `InnoDB` keeps a value: a foreign key joins two columns that are kept alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    Integer { bytes: u8, unsigned: bool },
    Float,
    Double,
    Bytes,
    Text,
}

/// Source: asked of MariaDB 10.11 for each of 36 types; `server/tests/suite/oracle_refusals.rs` asks again.
fn kept(data_type: &str) -> Option<Kept> {
    let name = data_type.split(['(', ' ']).next().unwrap_or_default().to_ascii_lowercase();
    let rest = data_type.to_ascii_lowercase();
    let unsigned = rest.contains(" unsigned") || rest.contains(" zerofill");
    let integer = |bytes| Some(Kept::Integer { bytes, unsigned });
    match name.as_str() {
        "tinyint" => integer(1),
        "smallint" => integer(2),
        "mediumint" => integer(3),
        "int" => integer(4),
        "bigint" => integer(8),
        "date" => Some(Kept::Integer { bytes: 3, unsigned: false }),
        "year" => Some(Kept::Integer { bytes: 1, unsigned: true }),
        "float" => Some(Kept::Float),
        "double" => Some(Kept::Double),
        "decimal" | "binary" | "varbinary" | "datetime" | "timestamp" | "time" | "bit" | "uuid" | "inet6" => Some(Kept::Bytes),
        "char" | "varchar" => Some(Kept::Text),
        // How many values they have decides.
        _ => None,
    }
}

/// A column with the table it is in, which may say the character set.
pub(super) type Column<'a> = (&'a Table, &'a ColumnDefinition);

/// Whether `InnoDB` keeps two columns otherwise, so that no foreign key joins them; false where that is not known.
pub(super) fn innodb_refuses(own: Column<'_>, key: Column<'_>, version: ServerVersion) -> bool {
    match (kept(&own.1.data_type), kept(&key.1.data_type)) {
        (Some(Kept::Text), Some(Kept::Text)) => other_collation(own, key, version),
        (Some(a), Some(b)) => a != b,
        _ => false,
    }
}

/// Whether a column of a foreign key is no longer what it was.
pub(super) fn innodb_changed(before: Column<'_>, after: Column<'_>, version: ServerVersion) -> bool {
    let (old, new) = (kept(&before.1.data_type), kept(&after.1.data_type));
    match (old, new) {
        (Some(Kept::Integer { .. }), Some(Kept::Integer { .. })) => old != new,
        (Some(Kept::Text), Some(Kept::Text)) => {
            before.1.data_type != after.1.data_type || other_collation(before, after, version)
        }
        (Some(_), Some(_)) => before.1.data_type != after.1.data_type,
        _ => false,
    }
}

/// Whether a `varchar` only becomes longer.
pub(super) fn is_lengthened(before: &str, after: &str) -> bool {
    let length = |text: &str| text.strip_prefix("varchar(")?.strip_suffix(')')?.parse::<u32>().ok();
    matches!((length(before), length(after)), (Some(before), Some(after)) if before <= after)
}

fn other_collation(a: Column<'_>, b: Column<'_>, version: ServerVersion) -> bool {
    // Which collation a character set begins with can be set since 11.5.
    let known = (version.major, version.minor) < (11, 5);
    let of = |(table, column): Column<'_>| {
        let said = collation(Some(table), column);
        let by_set = || charset(Some(table), column).map(|set| format!("{set}_{}", default_collation(&set, true)));
        said.or_else(|| by_set().filter(|_| known)).map(|name| plain(&name))
    };
    matches!((of(a), of(b)), (Some(a), Some(b)) if a != b)
}

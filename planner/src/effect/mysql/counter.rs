//! What MySQL and MariaDB ask of a table as a statement leaves it: a column that counts itself up is the only one and comes
//! first in a key, and a column stays.
//!
//! Source: MariaDB 10.11, asked; `server/tests/suite/oracle_queries.rs` asks again. MySQL by its manual.

use crate::catalog::apply::apply_all;
use crate::catalog::{Catalog, Table};
use crate::name::ObjectName;
use crate::statement::Statement;
use crate::statement::operation::{ConstraintKind, Identity, IndexPart, Operation};

/// The server's refusal; none where the statement is refused for something else.
pub(in crate::effect) fn refusal(statement: &Statement, before: &Catalog) -> Option<String> {
    let tables: Vec<&ObjectName> = statement.operations.iter().filter_map(changed).collect();
    if before.opaque || tables.is_empty() {
        return None;
    }
    let mut after = before.clone();
    if !apply_all(&mut after, &statement.operations).is_empty() {
        return None;
    }
    tables.into_iter().find_map(|name| {
        let table = after.table(name)?;
        if table.columns.is_empty() && !table.columns_unknown {
            return Some("You can't delete all columns with ALTER TABLE; use DROP TABLE instead".to_owned());
        }
        let message = "Incorrect table definition; there can be only one auto column and it must be defined as a key";
        (!counts_well(&after, table)).then(|| message.to_owned())
    })
}

/// Tables whose keys, columns or counters an operation changes.
fn changed(operation: &Operation) -> Option<&ObjectName> {
    match operation {
        Operation::CreateTable(create) if create.columns.iter().any(|column| column.identity.is_some()) => Some(&create.table),
        Operation::AddColumn { table, column, .. } if column.identity.is_some() => Some(table),
        Operation::ModifyColumn { table, to, .. } if to.identity.is_some() => Some(table),
        Operation::DropColumn { table, .. } | Operation::DropConstraint { table, .. } => Some(table),
        Operation::DropIndex { table, .. } => table.as_ref(),
        _ => None,
    }
}

fn counts_well(catalog: &Catalog, table: &Table) -> bool {
    let mut counters = table.columns.iter().filter(|column| column.identity == Some(Identity::AutoIncrement));
    let Some(counter) = counters.next() else { return true };
    // Other engines count within the columns before it.
    let innodb = table.options.get("engine").is_none_or(|engine| engine.eq_ignore_ascii_case("innodb"));
    let is = |name: &str| catalog.same(name, &counter.name);
    let leads = |columns: &[String]| columns.first().is_some_and(|first| is(first));
    let of_key = |kind: &ConstraintKind| match kind {
        ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns, .. } => leads(columns),
        _ => false,
    };
    let of_index = |parts: &[IndexPart]| matches!(parts.first(), Some(IndexPart::Column(first)) if is(first));
    let keyed = table.constraints.iter().any(|own| of_key(&own.kind)) || table.indexes.values().any(|own| of_index(&own.columns));
    counters.next().is_none() && (keyed || !innodb)
}

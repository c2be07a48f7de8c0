//! The tables whose rows statements may change.

use std::collections::BTreeSet;

use planner::catalog::schema::{Schema, TableSchema};
use planner::dialect::Dialect;
use planner::name::ObjectName;
use planner::statement::operation::Operation;
use planner::statement::parse::parse;
use planner::statement::touches::{ObjectRef, writes};

use super::name_of;

/// Every table of the schema that one of the statements writes, makes anew or drops, and those that lose rows with it. All
/// of them where a statement cannot be read.
#[must_use]
pub fn touched<'s>(schema: &Schema, statements: impl Iterator<Item = &'s str>, dialect: Dialect) -> BTreeSet<String> {
    let all = || schema.tables.iter().map(|table| name_of(table).to_string()).collect();
    let mut named = Vec::new();
    for sql in statements {
        let (operations, _) = parse(sql, dialect);
        if operations.iter().any(|operation| matches!(operation, Operation::Opaque { .. })) {
            return all();
        }
        named.extend(operations.iter().flat_map(writes).filter_map(|object| match object {
            ObjectRef::Table(name) | ObjectRef::Column(name, _) | ObjectRef::Constraint(name, _) => Some(name),
            _ => None,
        }));
    }
    let mut found: BTreeSet<String> = BTreeSet::new();
    // A row that goes takes along what hangs on it.
    loop {
        let more = schema.tables.iter().filter(|table| {
            let hangs =
                |name: &ObjectName| table.foreign_keys.iter().any(|key| key.on_delete.is_some() && key.ref_table == name.name);
            let cascades =
                schema.tables.iter().any(|other| found.contains(&name_of(other).to_string()) && hangs(&name_of(other)));
            named.iter().any(|name| is(table, name)) || cascades
        });
        let more: BTreeSet<String> = more.map(|table| name_of(table).to_string()).collect();
        if more == found {
            return found;
        }
        found = more;
    }
}

fn is(table: &TableSchema, name: &ObjectName) -> bool {
    let schema =
        name.schema.as_ref().is_none_or(|schema| table.schema.as_ref().is_none_or(|own| own.eq_ignore_ascii_case(schema)));
    schema && table.name.eq_ignore_ascii_case(&name.name)
}

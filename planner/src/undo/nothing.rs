//! Operations that leave nothing to take back: they pass over what is there already, or work on what goes with an object
//! that the migration made itself.

use super::known::Known;
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::{CommentKind, ConstraintKind, DataChange, IndexPart, Operation, TableOption};

/// Whether nothing has to be done to be back behind it.
pub(super) fn to_take_back(operation: &Operation, known: &Known<'_>) -> bool {
    goes_with_what_is_new(operation, known) || (!known.before.opaque && passes_over(operation, known))
}

/// Whether it changes nothing as far as the schema is known, which an unread part before it leaves open.
pub(super) fn perhaps(operation: &Operation, known: &Known<'_>) -> bool {
    known.before.opaque && !goes_with_what_is_new(operation, known) && passes_over(operation, known)
}

fn goes_with_what_is_new(operation: &Operation, known: &Known<'_>) -> bool {
    table_of(operation).is_some_and(|table| goes_with(operation, table, known))
}

/// The table an operation works on and nothing else.
fn table_of(operation: &Operation) -> Option<&ObjectName> {
    match operation {
        Operation::AddColumn { table, .. }
        | Operation::DropColumn { table, cascade: false, .. }
        | Operation::RenameColumn { table, .. }
        | Operation::AlterColumnType { table, .. }
        | Operation::SetNotNull { table, .. }
        | Operation::DropNotNull { table, .. }
        | Operation::SetDefault { table, .. }
        | Operation::DropDefault { table, .. }
        | Operation::SetIdentity { table, .. }
        | Operation::ModifyColumn { table, .. }
        | Operation::AlterColumnOption { table, .. }
        | Operation::AddConstraint { table, .. }
        | Operation::DropConstraint { table, cascade: false, .. }
        | Operation::ValidateConstraint { table, .. }
        | Operation::RenameConstraint { table, .. }
        | Operation::AlterConstraint { table, .. }
        | Operation::Truncate { table, cascade: false }
        | Operation::Policy { table, .. }
        | Operation::CreateTrigger { table, .. }
        | Operation::DropTrigger { table: Some(table), .. }
        | Operation::Copy { table }
        | Operation::Comment { kind: CommentKind::Table | CommentKind::Column, object: table, .. } => Some(table),
        Operation::AlterTableOption { table, option } => {
            // These join two tables.
            (!matches!(option, TableOption::Inherit { .. } | TableOption::Partitions { .. })).then_some(table)
        }
        Operation::CreateIndex(create) => Some(&create.table),
        Operation::DropIndex { table: Some(table), .. } => Some(table),
        Operation::Insert(change) | Operation::Update(change) | Operation::Delete(change) => Some(&change.table),
        Operation::Grant { objects, .. } => match objects.as_slice() {
            [only] => Some(only),
            _ => None,
        },
        _ => None,
    }
}

/// Whether rows it writes do something that is not known here: by triggers or functions.
fn acts_beside(operation: &Operation, key: &ObjectName, known: &Known<'_>) -> bool {
    let calls = |change: &DataChange| !change.calls.is_empty();
    let rows = matches!(operation, Operation::Insert(_) | Operation::Update(_) | Operation::Delete(_) | Operation::Copy { .. });
    let fires = known.before.triggers.iter().any(|((owner, _), _)| owner == key);
    rows && (fires || matches!(operation, Operation::Insert(change) if calls(change)))
}

/// Whether it fills a table of its migration with rows that keep older tables' new rows from being deleted.
pub(super) fn holds_seeded(operation: &Operation, table: &ObjectName, known: &Known<'_>) -> bool {
    matches!(operation, Operation::Insert(_) | Operation::Copy { .. })
        && known.new.has_table(table, known.before)
        && known.new.refers_to_seeded(table, known.before)
        && !acts_beside(operation, &known.before.resolve(table), known)
}

/// Whether it goes with a table or column that the migration made.
fn goes_with(operation: &Operation, name: &ObjectName, known: &Known<'_>) -> bool {
    let before = known.before;
    let key = before.resolve(name);
    let table = before.tables.get(&key);
    if table.is_some_and(|table| table.temporary) {
        return true;
    }
    if acts_beside(operation, &key, known) {
        return false;
    }
    if known.new.has_table(name, before) && !holds_seeded(operation, name, known) {
        // An older index of its name comes back before the table goes.
        if matches!(operation, Operation::CreateIndex(create) if create.name.as_ref().is_some_and(|name| known.new.freed.contains(name)))
        {
            return false;
        }
        // On PostgreSQL these may use a function or type that is newer than the table, and that goes before it.
        let uses = matches!(
            operation,
            Operation::AddColumn { .. }
                | Operation::AddConstraint { .. }
                | Operation::AlterColumnType { .. }
                | Operation::SetDefault { .. }
                | Operation::CreateTrigger { .. }
                | Operation::CreateIndex(_)
                | Operation::Policy { .. }
        );
        return !uses || before.dialect != Dialect::Postgres;
    }
    let new = |column: &str| known.new.has_column(name, column, before);
    let mysql = matches!(before.dialect, Dialect::MySql | Dialect::MariaDb);
    match operation {
        Operation::SetNotNull { column, .. }
        | Operation::DropNotNull { column, .. }
        | Operation::SetDefault { column, .. }
        | Operation::DropDefault { column, .. }
        | Operation::AlterColumnType { column, .. }
        | Operation::SetIdentity { column, .. }
        | Operation::Comment { column: Some(column), .. } => new(column),
        Operation::Update(change) => {
            let touched =
                mysql && table.is_none_or(|table| table.columns.iter().any(|column| column.stamps_itself(before.dialect)));
            !touched && !change.columns.is_empty() && change.calls.is_empty() && change.columns.iter().all(|column| new(column))
        }
        // MySQL takes a dropped column out of its keys, and a key that has none left is gone.
        Operation::AddConstraint { constraint, .. } if mysql => match &constraint.kind {
            // An older key comes back before the column goes, and there is room for one only.
            ConstraintKind::PrimaryKey { .. } if known.new.unkeyed.contains(&key) => false,
            ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns, .. } => {
                columns.iter().all(|column| new(column))
            }
            _ => false,
        },
        Operation::CreateIndex(create) if mysql => {
            create.columns.iter().all(|part| matches!(part, IndexPart::Column(column) if new(column)))
        }
        _ => false,
    }
}

/// Whether `IF EXISTS` or `IF NOT EXISTS` keeps it from doing anything, or it asks for what is so already.
fn passes_over(operation: &Operation, known: &Known<'_>) -> bool {
    let before = known.before;
    let column = |table: &ObjectName, name: &str| {
        let table = before.tables.get(&before.resolve(table))?;
        table.columns.iter().find(|column| before.same(&column.name, name))
    };
    let has = |name: &ObjectName, column_name: &str| column(name, column_name).is_some();
    match operation {
        Operation::CreateTable(create) => create.if_not_exists && before.has_table(&create.table),
        Operation::CreateTableAs { table, if_not_exists, .. } => *if_not_exists && before.has_table(table),
        Operation::DropTable { table, if_exists, .. } => *if_exists && !before.has_table(table),
        Operation::AddColumn { table, column, if_not_exists, .. } => *if_not_exists && has(table, &column.name),
        Operation::DropColumn { table, column, if_exists, .. } => *if_exists && !has(table, column),
        Operation::DropConstraint { table, constraint, if_exists, .. } => {
            let known = before.table(table).is_some_and(|table| table.constraint(constraint).is_some());
            *if_exists && !known
        }
        Operation::SetNotNull { table, column: name } => column(table, name).is_some_and(|column| !column.nullable),
        Operation::DropNotNull { table, column: name } => column(table, name).is_some_and(|column| column.nullable),
        Operation::CreateIndex(create) => {
            let index =
                create.name.as_ref().map(|name| ObjectName { schema: before.resolve(&create.table).schema, name: name.clone() });
            create.if_not_exists && index.is_some_and(|index| known.index(&index, Some(&create.table)).is_some())
        }
        Operation::DropIndex { index, table, if_exists, .. } => *if_exists && known.index(index, table.as_ref()).is_none(),
        Operation::CreateView(create) => create.if_not_exists && before.view_key(&create.view).is_some(),
        Operation::DropView { view, if_exists, .. } => *if_exists && before.view_key(view).is_none(),
        Operation::CreateSequence { sequence, if_not_exists, .. } => {
            *if_not_exists && before.sequences.contains_key(&before.resolve(sequence))
        }
        Operation::DropSequence { sequence, if_exists, .. } => {
            *if_exists && !before.sequences.contains_key(&before.resolve(sequence))
        }
        Operation::AddEnumValue { name, value, if_not_exists, .. } => {
            let known = before.enums.get(&before.resolve(name)).is_some_and(|values| values.contains(value));
            *if_not_exists && known
        }
        Operation::DropType { name, if_exists, .. } => {
            let key = before.resolve(name);
            *if_exists && !before.enums.contains_key(&key) && !before.types.contains_key(&key)
        }
        Operation::DropFunction { name, if_exists, .. } => *if_exists && !before.functions.contains_key(&before.resolve(name)),
        Operation::DropTrigger { table, name, if_exists } => {
            let owner = table.as_ref().map(|table| before.resolve(table));
            let own = |(on, own): &(ObjectName, String)| before.same(own, name) && owner.as_ref().is_none_or(|owner| owner == on);
            *if_exists && !before.triggers.keys().any(own)
        }
        Operation::Policy { table, name, change: crate::statement::operation::PolicyChange::Drop { if_exists: true } } => {
            before.table(table).is_none_or(|table| !table.policies.contains(name))
        }
        Operation::CreateSchema { schema, if_not_exists } => *if_not_exists && before.schemas.contains(schema),
        Operation::DropSchema { schema, if_exists, .. } => *if_exists && !before.schemas.contains(schema),
        Operation::CreateExtension { name, if_not_exists } => *if_not_exists && before.extensions.contains(name),
        Operation::DropExtension { name, if_exists } => *if_exists && !before.extensions.contains(name),
        _ => false,
    }
}

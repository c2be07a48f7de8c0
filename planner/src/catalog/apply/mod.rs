//! The only writer of a catalog.
//!
//! Every operation checks everything the server would check first, in the server's order, and only
//! then writes: a refused operation leaves the catalog as it was, without a copy being made.

mod attached;
mod casts;
mod column;
mod constraint;
mod create;
mod create_as;
mod default_mysql;
mod default_postgres;
mod definition;
mod drop;
mod drop_constraint;
mod index;
mod index_method;
mod innodb;
mod key_types;
mod known_types;
mod like;
mod naming;
pub(crate) mod not_null;
mod object;
mod only;
mod option;
mod postgres_types;
mod rename;
mod rename_type;
mod rows;
mod session;
mod view;

pub(crate) use column::{constraint_uses, index_uses, sqlite_refuses_with_rows};
pub(crate) use drop::{columns_of_type, type_name};
pub(crate) use index::needing as standing_on_index;
pub(in crate::catalog) use naming::shortened;
pub(crate) use object::defaults_using;
pub(crate) use only::passes_over;
pub(crate) use rows::{extended, is_system_column, missing, no_column};
pub(crate) use session::dropped_statistics;

use crate::sort::Gather;
use std::collections::BTreeSet;

use crate::catalog::{Catalog, call};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::{Guard, Operation, TableOption};
use crate::statement::parse::changes_rows_only;

/// What the server would refuse an operation with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogError {
    /// As a sentence in the server's words: `column "x" of relation "t" does not exist`.
    pub message: String,
    /// False where something opaque before it may have made the missing object.
    pub certain: bool,
}

/// Done, or the server's words of refusal.
type Outcome = Result<(), String>;

/// Objects that one statement drops together, by stored name: they are no obstacle to each other.
type Together = BTreeSet<ObjectName>;

/// Changes the catalog as the server would. Errors leave the catalog as it was. What MySQL and MariaDB judge by a whole
/// statement is not looked at.
pub fn apply(catalog: &mut Catalog, operation: &Operation) -> Vec<CatalogError> {
    let how = How { together: Together::new(), follows: true };
    let operations = std::slice::from_ref(operation);
    let outcome = only::check(catalog, operations, operation).and_then(|()| casts::check(catalog, operations, operation));
    refused(catalog.opaque, outcome.and_then(|()| run(catalog, operation, &how))).into_iter().collect()
}

/// Applies all operations of one statement, or none: an error leaves the catalog as it was.
pub fn apply_all(catalog: &mut Catalog, operations: &[Operation]) -> Vec<CatalogError> {
    if let ([operation], false) = (operations, innodb::applies(catalog.dialect)) {
        return apply(catalog, operation);
    }
    let before = catalog.clone();
    let outcome = all(catalog, operations, true);
    let error = refused(catalog.opaque, outcome);
    if error.is_some() {
        *catalog = before;
    }
    error.into_iter().collect()
}

/// As [`apply_all`] for what [`call::brought_about`] gave: calls and triggers in it have been followed, and an error leaves
/// what was done before it.
pub(crate) fn apply_followed(catalog: &mut Catalog, operations: &[Operation]) -> Result<(), String> {
    all(catalog, operations, false)
}

/// The operations of one statement, until one is refused.
fn all(catalog: &mut Catalog, operations: &[Operation], follows: bool) -> Outcome {
    if only::passes_over(catalog, operations) {
        return Ok(());
    }
    let how = How { together: dropped_together(catalog, operations), follows };
    let before = catalog.clone();
    let whole = innodb::applies(catalog.dialect);
    // MySQL and MariaDB judge a statement as a whole: a column may go in front of the foreign key it is in.
    let drops = |operation: &Operation| matches!(operation, Operation::DropConstraint { .. } | Operation::DropIndex { .. });
    let first = |operation: &&Operation| whole && drops(operation);
    let (first, rest): (Vec<&Operation>, Vec<&Operation>) = operations.iter().partition(first);
    for operation in first.into_iter().chain(rest) {
        only::check(&before, operations, operation)?;
        casts::check(&before, operations, operation)?;
        run(catalog, operation, &how)?;
    }
    only::spare_descendants(catalog, &before, operations);
    if whole {
        innodb::check(&before, catalog, operations).inspect_err(|_| catalog.clone_from(&before))?;
    }
    Ok(())
}

fn refused(opaque: bool, outcome: Outcome) -> Option<CatalogError> {
    outcome.err().map(|message| CatalogError { message, certain: !opaque })
}

/// Stored names of everything a statement drops or empties: `DROP TABLE a, b` lets `a` go although `b` refers to it.
pub(crate) fn dropped_together(catalog: &Catalog, operations: &[Operation]) -> Together {
    let names = operations.iter().filter_map(|operation| match operation {
        Operation::DropTable { table: name, .. }
        | Operation::Truncate { table: name, .. }
        | Operation::DropView { view: name, .. }
        | Operation::DropType { name, .. }
        | Operation::DropSequence { sequence: name, .. } => Some(catalog.resolve(name)),
        _ => None,
    });
    names.gather()
}

/// What of the statement around it an operation needs to know.
struct How {
    together: Together,
    /// Calls and triggers are followed.
    follows: bool,
}

/// One operation of a statement.
fn run(catalog: &mut Catalog, operation: &Operation, how: &How) -> Outcome {
    use Operation as O;
    let together = &how.together;
    match operation {
        O::CreateTable(create) => create::table(catalog, create),
        O::CreateTableAs { .. } => create_as::table(catalog, operation),
        O::DropTable { table, if_exists, cascade } => drop::table(catalog, table, *if_exists, *cascade, together),
        O::RenameTable { table, to } => rename::relation(catalog, table, to),
        O::SetTableSchema { table, schema } => rename::set_schema(catalog, table, schema),
        O::Truncate { table, cascade } => {
            rows::truncate(catalog, table, *cascade, together)?;
            follow(catalog, operation, how)
        }
        O::AddColumn { table, column, constraints, if_not_exists } => {
            column::add(catalog, table, column, constraints, *if_not_exists)
        }
        O::DropColumn { table, column, if_exists, cascade } => column::drop(catalog, table, column, *if_exists, *cascade),
        O::RenameColumn { table, column, to } => rename::column(catalog, table, column, to),
        O::AlterColumnType { table, column, data_type, using: _, collation } => {
            column::set_type(catalog, table, column, data_type, collation.as_deref())
        }
        O::SetNotNull { table, column } => not_null::set(catalog, table, column),
        O::DropNotNull { table, column } => not_null::drop(catalog, table, column),
        O::SetDefault { table, column, expression } => column::set_default(catalog, table, column, Some(expression)),
        O::DropDefault { table, column } => column::set_default(catalog, table, column, None),
        O::SetIdentity { table, column, identity } => column::set_identity(catalog, table, column, *identity),
        O::ModifyColumn { table, column, to } => column::modify(catalog, table, column, to),
        O::AlterColumnOption { table, column, option } => column::set_option(catalog, table, column, option),
        O::AddConstraint { table, constraint } => constraint::add(catalog, table, constraint),
        O::DropConstraint { table, constraint, if_exists, cascade } => {
            drop_constraint::drop(catalog, table, constraint, *if_exists, *cascade)
        }
        O::ValidateConstraint { table, constraint } => constraint::validate(catalog, table, constraint),
        O::RenameConstraint { table, constraint, to } => constraint::rename(catalog, table, constraint, to),
        O::AlterConstraint { table, constraint, enforced: _ } => constraint::exists(catalog, table, constraint),
        O::AlterTableOption { table, option: TableOption::Inherit { parent, remove } } => {
            attached::inherit(catalog, table, parent, *remove)
        }
        O::AlterTableOption { table, option } => option::apply(catalog, table, option),
        O::AttachPartition { table, partition, bound } => attached::attach(catalog, table, partition, bound),
        O::DetachPartition { table, partition, concurrently: _ } => attached::detach(catalog, table, partition),
        O::CreateIndex(create) => index::create(catalog, create),
        O::DropIndex { index, table, concurrently: _, if_exists, cascade } => {
            index::drop(catalog, index, table.as_ref(), *if_exists, *cascade)
        }
        O::RenameIndex { index, table, to } => index::rename(catalog, index, table.as_ref(), to),
        O::Reindex { kind, name, concurrently: _ } => index::reindex(catalog, *kind, name),
        O::CreateView(create) => view::create(catalog, create),
        O::DropView { view, materialized, if_exists, cascade } => {
            view::drop(catalog, view, *materialized, *if_exists, *cascade, together)
        }
        O::RefreshView { view, concurrently: _ } => view::refresh(catalog, view),
        O::CreateSequence { .. } | O::AlterSequence { .. } | O::DropSequence { .. } => {
            object::sequence(catalog, operation, together)
        }
        O::CreateEnum { .. } | O::AddEnumValue { .. } | O::RenameEnumValue { .. } => object::enumeration(catalog, operation),
        O::CreateType { .. } | O::CreateDomain { .. } => object::create_type(catalog, operation),
        O::DropType { name, if_exists, cascade } => drop::user_type(catalog, name, *if_exists, *cascade),
        O::RenameType { name, to } => rename_type::user_type(catalog, name, to),
        O::CreateFunction { .. } => {
            call::analysed(catalog, operation).iter().try_for_each(|inside| rows::named(catalog, inside))?;
            object::create_function(catalog, operation)
        }
        O::RenameFunction { name, to } => object::rename_function(catalog, name, to),
        O::DropFunction { name, if_exists, cascade } => object::drop_function(catalog, name, *if_exists, *cascade),
        O::CreateTrigger { .. } => object::create_trigger(catalog, operation),
        O::DropTrigger { table, name, if_exists } => object::drop_trigger(catalog, table.as_ref(), name, *if_exists),
        O::Policy { table, name, change } => attached::policy(catalog, table, name, change),
        O::CreateSchema { schema, if_not_exists } => object::create_schema(catalog, schema, *if_not_exists),
        O::RenameSchema { schema, to } => rename_type::schema(catalog, schema, to),
        O::DropSchema { schema, if_exists, cascade } => drop::schema(catalog, schema, *if_exists, *cascade),
        O::CreateExtension { name, if_not_exists } => object::create_extension(catalog, name, *if_not_exists),
        O::DropExtension { name, if_exists } => object::drop_extension(catalog, name, *if_exists),
        // MySQL and MariaDB grant on tables to come, and so name them by their database.
        O::Grant { objects, .. } if catalog.dialect == Dialect::Postgres => rows::relations(catalog, objects),
        O::AlterScope { .. } | O::Grant { .. } | O::Role { .. } | O::Transaction { .. } => Ok(()),
        O::Other { what, tables } => session::other(catalog, what, tables),
        O::Comment { kind, object, column, text } => rows::comment(catalog, *kind, object, column.as_deref(), text.as_deref()),
        O::Insert(_) | O::Update(_) | O::Delete(_) => {
            rows::named(catalog, operation)?;
            follow(catalog, operation, how)
        }
        O::Copy { table } => {
            rows::relation(catalog, table)?;
            follow(catalog, operation, how)
        }
        O::Call { calls, .. } => {
            call::missing(catalog, calls, operation)?;
            follow(catalog, operation, how)
        }
        O::Prepare { name, text } => {
            call::prepare(catalog, name, text.as_deref());
            Ok(())
        }
        O::LockTable { table, mode: _ } => rows::relation(catalog, table).map(drop_value),
        O::Select { .. } => rows::named(catalog, operation),
        O::SetParameter { name, value, local: _ } => session::set(catalog, name, value),
        O::Maintain { verb: _, table } => match table {
            Some(table) => rows::relation(catalog, table).map(drop_value),
            None => Ok(()),
        },
        O::Guarded { operations, by, reason: _ } => {
            guarded(catalog, operations, *by, how);
            Ok(())
        }
        O::Opaque { reason } => {
            catalog.opaque |= !changes_rows_only(reason);
            Ok(())
        }
    }
}

fn drop_value<T>(_: T) {}

/// What an operation brings about elsewhere: bodies that it calls, triggers that it fires.
fn follow(catalog: &mut Catalog, operation: &Operation, how: &How) -> Outcome {
    let statements = if how.follows { call::brought_about(catalog, operation) } else { Vec::new() };
    if statements.is_empty() {
        return Ok(());
    }
    let mut after = catalog.clone();
    for operations in &statements {
        apply_followed(&mut after, operations)?;
    }
    *catalog = after;
    Ok(())
}

/// What is done already is refused here as the guard keeps it from running there. Where rows decide, nobody knows the
/// schema behind it.
fn guarded(catalog: &mut Catalog, operations: &[Operation], by: Guard, how: &How) {
    let ran = operations.iter().take_while(|operation| run(catalog, operation, how).is_ok()).count();
    let schema = |operation: &Operation| {
        use Operation as O;
        let rows = matches!(operation, O::Insert(_) | O::Update(_) | O::Delete(_) | O::Copy { .. } | O::Truncate { .. });
        let looks = matches!(operation, O::Select { .. } | O::RefreshView { .. } | O::LockTable { .. } | O::Maintain { .. });
        // These have said for themselves what becomes of the schema.
        let own = matches!(operation, O::Guarded { .. } | O::Opaque { .. });
        !rows && !looks && !own && !matches!(operation, O::SetParameter { .. })
    };
    catalog.opaque |= by == Guard::Unknown && operations.iter().take(ran + 1).any(schema);
}

impl Catalog {
    /// Takes a table out with everything that cannot be without it.
    pub(in crate::catalog) fn remove_table(&mut self, key: &ObjectName) {
        drop::remove_table(self, key);
    }
}

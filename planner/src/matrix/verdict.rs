//! Catalog differences to verdicts.
//!
//! A difference is read from what a release was built for to what is there. Source of the classes: `facts/safety.md`
//! §7.2, where each was executed on PostgreSQL.

use super::{Reason, Verdict};
use crate::catalog::Catalog;
use crate::catalog::diff::Change;
use crate::name::ObjectName;
use crate::phase::{widens, widens_after_cut};
use crate::statement::touches::ObjectRef;

/// What one difference means to a release; `None` where it notices nothing. `later`: the schema is newer than the release.
#[must_use]
pub fn judge(change: &Change, actual: &Catalog, later: bool) -> Option<(ObjectRef, Reason)> {
    let gone = if later { "is gone" } else { "is not there yet" };
    let of_table = |table: &ObjectName| ObjectRef::Table(table.clone());
    let of_column = |table: &ObjectName, column: &str| ObjectRef::Column(table.clone(), column.to_owned());
    let (object, verdict, sentence) = match change {
        Change::TableDropped { table } => (of_table(table), Verdict::Breaks, format!("Table {} {gone}.", plain(table))),
        Change::ColumnDropped { table, column } => {
            (of_column(table, column), Verdict::Breaks, format!("Column {}.{column} {gone}.", plain(table)))
        }
        Change::ColumnAdded { table, column, required: true } => (
            of_column(table, column),
            Verdict::Breaks,
            format!("Column {}.{column} must be given: the release's INSERTs do not know it.", plain(table)),
        ),
        Change::TypeChanged { table, column, from, to } => {
            let (verdict, words) = type_change(from, to);
            let sentence = format!("Column {}.{column} is {to} instead of {from}: {words}.", plain(table));
            (of_column(table, column), verdict, sentence)
        }
        Change::MadeNotNull { table, column } => {
            let default = actual.table(table).and_then(|table| table.column(column)).is_some_and(|column| !column.is_required());
            let (verdict, words) = if default {
                (Verdict::Degraded, "writes of NULL are refused")
            } else {
                (Verdict::Breaks, "INSERTs that leave it out and writes of NULL are refused")
            };
            (of_column(table, column), verdict, format!("Column {}.{column} is NOT NULL: {words}.", plain(table)))
        }
        Change::MadeNullable { table, column } => (
            of_column(table, column),
            Verdict::Degraded,
            format!("Column {}.{column} may be NULL: the release may meet values it does not expect.", plain(table)),
        ),
        Change::DefaultChanged { table, column, from, to } => {
            let (verdict, sentence) = default_change(table, column, from.as_deref(), to.as_deref(), actual)?;
            (of_column(table, column), verdict, sentence)
        }
        Change::ConstraintAdded { table, constraint, kind } => (
            ObjectRef::Constraint(table.clone(), constraint.clone()),
            Verdict::Degraded,
            format!("{} has the {kind} constraint {constraint}: writes that violate it are refused.", plain(table)),
        ),
        Change::ViewDropped { view } => (of_table(view), Verdict::Breaks, format!("View {} {gone}.", plain(view))),
        Change::ViewChanged { view } => {
            (of_table(view), Verdict::Degraded, format!("View {} shows something else.", plain(view)))
        }
        Change::EnumValueAdded { name, value } => (
            ObjectRef::Type(name.clone()),
            Verdict::Degraded,
            format!("Enum {} has the value {value}, which the release does not know.", plain(name)),
        ),
        Change::EnumValueDropped { name, value } => {
            (ObjectRef::Type(name.clone()), Verdict::Breaks, format!("Value {value} of enum {} {gone}.", plain(name)))
        }
        Change::FunctionDropped { name } => {
            (ObjectRef::Function(name.clone()), Verdict::Breaks, format!("Function {} {gone}.", plain(name)))
        }
        Change::SequenceDropped { name } => {
            (ObjectRef::Sequence(name.clone()), Verdict::Breaks, format!("Sequence {} {gone}.", plain(name)))
        }
        // More than a release knows of does not disturb it, and indexes and lost constraints make no error.
        Change::TableAdded { .. }
        | Change::ColumnAdded { required: false, .. }
        | Change::ConstraintDropped { .. }
        | Change::IndexAdded { .. }
        | Change::IndexDropped { .. }
        | Change::ViewAdded { .. } => return None,
    };
    let named = crate::graph::touch::plain(object);
    let reason = Reason::new(short(&named), sentence, verdict);
    Some((named, reason))
}

fn type_change(from: &str, to: &str) -> (Verdict, &'static str) {
    if widens(from, to) {
        (Verdict::Degraded, "prepared statements fail once and are prepared again")
    } else if widens_after_cut(from, to) {
        (Verdict::Degraded, "values that do not fit are refused")
    } else {
        (Verdict::Breaks, "values are read and written in another form")
    }
}

fn default_change(
    table: &ObjectName,
    column: &str,
    from: Option<&str>,
    to: Option<&str>,
    actual: &Catalog,
) -> Option<(Verdict, String)> {
    // A default where the release expects none only fills what the release gives anyway.
    let from = from?;
    let Some(to) = to else {
        let required = actual.table(table).and_then(|table| table.column(column)).is_some_and(|column| column.is_required());
        let verdict = if required { Verdict::Breaks } else { Verdict::Degraded };
        let words = if required { "are refused" } else { "write NULL" };
        let table = plain(table);
        return Some((verdict, format!("Column {table}.{column} has no default {from}: INSERTs that leave it out {words}.")));
    };
    let table = plain(table);
    Some((Verdict::Degraded, format!("Column {table}.{column} has the default {to} instead of {from}.")))
}

/// A name without the schema every name is in.
pub(super) fn plain(name: &ObjectName) -> String {
    match name.schema.as_deref() {
        Some("public") | None => name.name.clone(),
        Some(_) => name.to_string(),
    }
}

pub(super) fn short(object: &ObjectRef) -> String {
    match object {
        ObjectRef::Column(table, column) => format!("{table}.{column}"),
        ObjectRef::Constraint(table, constraint) => format!("{table}.{constraint}"),
        ObjectRef::Type(name)
        | ObjectRef::Table(name)
        | ObjectRef::Index(name)
        | ObjectRef::Sequence(name)
        | ObjectRef::Function(name) => name.to_string(),
        ObjectRef::Trigger(_, name) | ObjectRef::Schema(name) | ObjectRef::Extension(name) | ObjectRef::Role(name) => {
            name.clone()
        }
    }
}

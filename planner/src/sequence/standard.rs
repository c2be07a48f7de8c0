//! Which changes have a standard sequence, and what it is made of.

use super::{Values, column, not_null, sqlite, table};
use crate::catalog::{Catalog, Table};
use crate::dialect::Dialect;
use crate::name::{ObjectName, quote};
use crate::phase::{Phase, widens};
use crate::statement::operation::{ColumnDefinition, Operation};

/// One file's worth of a sequence.
#[derive(Clone, Debug, Default)]
pub(super) struct Stage {
    pub(super) phase: Phase,
    /// What it does, as a comment.
    pub(super) title: String,
    pub(super) statements: Vec<String>,
    /// The way back from here to the stage before; `None`: it was not worked out.
    pub(super) undo: Option<Vec<String>>,
    /// No transaction around it.
    pub(super) alone: bool,
}

impl Stage {
    pub(super) fn new(phase: Phase, title: impl Into<String>, statements: Vec<String>, undo: Vec<String>) -> Self {
        Self { phase, title: title.into(), statements, undo: Some(undo), alone: false }
    }

    /// One that nobody takes back by itself: what it drops is gone.
    pub(super) fn last(title: impl Into<String>, statements: Vec<String>) -> Self {
        Self { undo: None, ..Self::new(Phase::Contract, title, statements, Vec::new()) }
    }
}

/// A table whose change is spread out.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) catalog: &'a Catalog,
    /// As stored.
    pub(super) key: &'a ObjectName,
    /// As the author wrote it.
    pub(super) written: &'a ObjectName,
    pub(super) table: &'a Table,
    pub(super) values: &'a Values,
}

impl Subject<'_> {
    pub(super) const fn dialect(&self) -> Dialect {
        self.catalog.dialect
    }

    pub(super) fn name(&self) -> String {
        self.written.sql(self.dialect())
    }

    pub(super) fn quote(&self, name: &str) -> String {
        quote(name, self.dialect())
    }

    /// A name beside the table, in its schema, short enough for every server.
    pub(super) fn beside(&self, words: &[&str]) -> String {
        let name = ObjectName { schema: self.written.schema.clone(), name: short(words) };
        name.sql(self.dialect())
    }

    /// The value that rows without one get: what the caller says, else the column's default.
    pub(super) fn value(&self, column: &ColumnDefinition) -> Option<String> {
        let named = self.values.get(&format!("{}.{}", self.written.name, column.name));
        named.cloned().or_else(|| column.default.clone())
    }
}

/// The words as one name that no server cuts.
pub(super) fn short(words: &[&str]) -> String {
    let name = words.join("_");
    let end = (0..=name.len().min(60)).rev().find(|at| name.is_char_boundary(*at)).unwrap_or(0);
    name.get(..end).unwrap_or_default().to_owned()
}

/// The sequence in place of an operation on a table that was there before; `None` where the operation needs none.
///
/// # Errors
/// Why this case has no sequence, as a clause.
pub(super) fn stages(operation: &Operation, catalog: &Catalog, values: &Values) -> Result<Option<Vec<Stage>>, String> {
    let Some(written) = operation.subject() else { return Ok(None) };
    let Some(key) = catalog.table_key(written) else { return Ok(None) };
    let Some(table) = catalog.table(written) else { return Ok(None) };
    let subject = Subject { catalog, key: &key, written, table, values };
    let column = |name: &str| table.columns.iter().find(|own| catalog.same(&own.name, name));
    match operation {
        Operation::RenameTable { to, .. } => table::rename(&subject, to).map(Some),
        Operation::RenameColumn { column: from, to, .. } => {
            let Some(from) = column(from) else { return Ok(None) };
            rename(&subject, from, &ColumnDefinition { name: to.clone(), ..from.clone() })
        }
        Operation::SetNotNull { column: name, .. } => match column(name).filter(|column| column.nullable) {
            Some(column) => set_not_null(&subject, column).map(Some),
            None => Ok(None),
        },
        Operation::AlterColumnType { column: name, data_type, using, collation, .. } => {
            let Some(from) = column(name).filter(|column| !widens(&column.data_type, data_type)) else { return Ok(None) };
            let to = ColumnDefinition { data_type: data_type.clone(), collation: collation.clone(), ..from.clone() };
            retype(&subject, from, &to, using.as_deref())
        }
        Operation::ModifyColumn { column: name, to, .. } => {
            let Some(from) = column(name) else { return Ok(None) };
            match (from.name == to.name, from.data_type.eq_ignore_ascii_case(&to.data_type)) {
                (true, true) if from.nullable && !to.nullable => set_not_null(&subject, from).map(Some),
                (true, false) if !widens(&from.data_type, &to.data_type) => retype(&subject, from, to, None),
                (false, true) if from.nullable == to.nullable => rename(&subject, from, to),
                (false, _) => Err("it renames a column and changes it otherwise in one go".to_owned()),
                _ => Ok(None),
            }
        }
        _ => Ok(None),
    }
}

fn rename(subject: &Subject<'_>, from: &ColumnDefinition, to: &ColumnDefinition) -> Result<Option<Vec<Stage>>, String> {
    if subject.dialect() == Dialect::Sqlite { sqlite::rename(subject, from, to) } else { column::rename(subject, from, to) }
        .map(Some)
}

fn retype(
    subject: &Subject<'_>,
    from: &ColumnDefinition,
    to: &ColumnDefinition,
    using: Option<&str>,
) -> Result<Option<Vec<Stage>>, String> {
    if subject.dialect() == Dialect::Sqlite {
        sqlite::retype(subject, from, to, using)
    } else {
        column::retype(subject, from, to, using)
    }
    .map(Some)
}

fn set_not_null(subject: &Subject<'_>, column: &ColumnDefinition) -> Result<Vec<Stage>, String> {
    if subject.dialect() == Dialect::Sqlite { sqlite::not_null(subject, column) } else { not_null::stages(subject, column) }
}

//! `CREATE INDEX`, `DROP INDEX`, `REINDEX`.

use std::collections::BTreeMap;

use super::option;
use super::token::{Cursor, Kind};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::{CreateIndex, IndexPart, Operation, ReindexKind, TableOption};

/// The bracketed key parts that stand here.
pub(super) fn parts(cursor: &mut Cursor<'_>) -> Option<Vec<IndexPart>> {
    cursor.brackets()?.split().into_iter().map(part).collect()
}

fn part(mut cursor: Cursor<'_>) -> Option<IndexPart> {
    let written = cursor.until(|token| ["collate", "asc", "desc"].iter().any(|word| token.is(word)));
    let mut ahead = written.clone();
    let name = ahead.ident();
    let length = ahead.peek().is_some_and(|token| token.is("(")) && {
        let mut inner = ahead.clone();
        // `a(10)` is the first ten characters of a column, `lower(a)` an expression.
        inner.brackets().is_some_and(|inner| inner.rest().iter().all(|token| token.kind == Kind::Number) && !inner.is_done())
    };
    if let (Some(name), true) = (name, ahead.is_done() || (length && cursor.dialect != Dialect::Sqlite)) {
        return Some(IndexPart::Column(name));
    }
    let mut brackets = written.clone();
    let inner = brackets.brackets().filter(|_| brackets.is_done());
    let text = inner.map_or(written.text(), |inner| inner.text());
    if text.is_empty() { None } else { Some(IndexPart::Expression(text.to_owned())) }
}

/// `CREATE [UNIQUE|FULLTEXT|SPATIAL] INDEX`, behind `CREATE`.
pub(super) fn create(cursor: &mut Cursor<'_>) -> Option<Vec<Operation>> {
    let unique = cursor.eat(&["unique"]);
    let kind = ["fulltext", "spatial"].into_iter().find(|kind| cursor.eat(&[kind]));
    if !cursor.eat(&["index"]) {
        return None;
    }
    let if_not_exists = cursor.eat(&["if", "not", "exists"]);
    let name = cursor.object()?;
    let mut method = kind.map(str::to_owned);
    if cursor.eat(&["using"]) {
        method = cursor.ident().map(|method| method.to_lowercase());
    }
    if !cursor.eat(&["on"]) {
        return None;
    }
    let mut table = cursor.object()?;
    // SQLite writes the schema at the index, not at the table.
    table.schema = table.schema.or(name.schema);
    let columns = parts(cursor)?;
    let predicate = if cursor.eat(&["where"]) { Some(cursor.text().to_owned()) } else { None };
    // `ALGORITHM=…` and `LOCK=…` stand behind the key parts, without a comma.
    let option = if predicate.is_none() { how(&table, cursor) } else { None };
    let index = Operation::CreateIndex(CreateIndex {
        name: Some(name.name),
        table,
        unique,
        if_not_exists,
        method,
        columns,
        predicate,
        ..CreateIndex::default()
    });
    Some(std::iter::once(index).chain(option).collect())
}

/// `ALGORITHM=…` and `LOCK=…` of a statement about an index; options of the index itself are stepped over.
fn how(table: &ObjectName, cursor: &mut Cursor<'_>) -> Option<Operation> {
    let mut options = BTreeMap::new();
    while !cursor.is_done() {
        match option::read(cursor) {
            Some(found) => options.extend(found),
            None => drop_value(cursor.next()),
        }
    }
    options.retain(|option, _| matches!(option.as_str(), "algorithm" | "lock"));
    let option = TableOption::Set { options };
    let said = matches!(&option, TableOption::Set { options } if !options.is_empty());
    said.then(|| Operation::AlterTableOption { table: table.clone(), option })
}

fn drop_value<T>(_: T) {}

/// `DROP INDEX`, behind these words.
pub(super) fn drop(cursor: &mut Cursor<'_>) -> Option<Vec<Operation>> {
    let if_exists = cursor.eat(&["if", "exists"]);
    let index = cursor.object()?;
    let table = if cursor.eat(&["on"]) { Some(cursor.object()?) } else { None };
    let option = table.as_ref().and_then(|table| how(table, cursor));
    let drop = Operation::DropIndex { index, table, concurrently: false, if_exists, cascade: false };
    Some(std::iter::once(drop).chain(option).collect())
}

/// SQLite's `REINDEX [name]`: a table, an index or a collation; the text does not say which.
pub(super) fn reindex(cursor: &mut Cursor<'_>) -> Operation {
    match cursor.object() {
        Some(name) => Operation::Reindex { kind: ReindexKind::Table, name, concurrently: false },
        None => Operation::Reindex { kind: ReindexKind::Many, name: ObjectName::default(), concurrently: false },
    }
}

//! `CREATE TABLE`, `DROP TABLE`, `TRUNCATE`, `RENAME TABLE`.

use super::definition::{Item, item};
use super::token::Cursor;
use super::{option, query};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::sort::Gather;
use crate::statement::operation::{ColumnDefinition, ConstraintKind, CreateTable, Like, Operation};
use crate::statement::parse::opaque;

/// `CREATE [TEMPORARY] TABLE`, from these words on.
pub(super) fn create(cursor: &mut Cursor<'_>) -> Option<Vec<Operation>> {
    let temporary = cursor.eat(&["temp"]) || cursor.eat(&["temporary"]);
    if !cursor.eat(&["table"]) {
        return None;
    }
    let if_not_exists = cursor.eat(&["if", "not", "exists"]);
    let mut table = CreateTable { table: cursor.object()?, if_not_exists, temporary, ..CreateTable::default() };
    if cursor.eat(&["like"]) {
        table.like.push(everything(cursor.object()?));
        return Some(vec![Operation::CreateTable(table)]);
    }
    if cursor.at(&["as"]) || cursor.at(&["select"]) || cursor.at(&["with"]) {
        return Some(vec![of_query(cursor, &table)]);
    }
    let inner = cursor.brackets()?;
    if inner.at(&["like"]) {
        let mut inner = inner;
        inner.eat(&["like"]);
        table.like.push(everything(inner.object()?));
        return Some(vec![Operation::CreateTable(table)]);
    }
    let mut indexes = Vec::new();
    let mut at_columns = Vec::new();
    for mut part in inner.split() {
        match item(&mut part)? {
            Item::Column(column, constraints) => {
                table.columns.push(column);
                at_columns.extend(constraints);
            }
            Item::Constraint(constraint) => table.constraints.push(constraint),
            Item::Index(mut index) => {
                index.table = table.table.clone();
                indexes.push(Operation::CreateIndex(index));
            }
        }
    }
    table.constraints.extend(at_columns);
    let strict = options(cursor, &mut table);
    not_null(&mut table, cursor.dialect != Dialect::Sqlite || strict);
    if cursor.at(&["as"]) || cursor.at(&["select"]) {
        return Some(vec![opaque(format!("table {} has columns of its own and those of a query", table.table))]);
    }
    let mut found = vec![Operation::CreateTable(table)];
    found.extend(indexes);
    Some(found)
}

/// `CREATE VIRTUAL TABLE`, behind these words. The modules that come with SQLite name their columns.
pub(super) fn create_virtual(cursor: &mut Cursor<'_>) -> Option<Operation> {
    let if_not_exists = cursor.eat(&["if", "not", "exists"]);
    let name = cursor.object()?;
    if !cursor.eat(&["using"]) {
        return None;
    }
    let module = cursor.ident()?.to_lowercase();
    if !matches!(module.as_str(), "fts3" | "fts4" | "fts5" | "rtree" | "rtree_i32") {
        return Some(opaque(format!("virtual table {name}: module {module} decides what it holds")));
    }
    let arguments = cursor.brackets().map(|inner| inner.split()).unwrap_or_default();
    let columns = arguments.into_iter().filter(|part| !part.rest().iter().any(|token| token.is("=")));
    let column =
        |mut part: Cursor<'_>| Some(ColumnDefinition { name: part.ident()?, nullable: true, ..ColumnDefinition::default() });
    let columns = columns.filter_map(column).collect();
    let options = std::iter::once(("module".to_owned(), module)).gather();
    Some(Operation::CreateTable(CreateTable { table: name, if_not_exists, columns, options, ..CreateTable::default() }))
}

/// What MySQL's and MariaDB's `LIKE` takes over.
fn everything(table: ObjectName) -> Like {
    Like { table, including: vec!["ALL".to_owned()] }
}

/// Options behind the brackets. Whether the table is `STRICT` or `WITHOUT ROWID`.
fn options(cursor: &mut Cursor<'_>, table: &mut CreateTable) -> bool {
    let mut strict = false;
    let mysql = cursor.dialect != Dialect::Sqlite;
    while !cursor.is_done() && !cursor.at(&["as"]) && !cursor.at(&["select"]) {
        if cursor.eat(&["partition", "by"]) {
            table.partition_by = Some(cursor.text().to_owned());
            cursor.until(|_| false);
        } else if let Some(options) = mysql.then(|| option::read(cursor)).flatten() {
            table.options.extend(options);
        } else {
            strict |= cursor.at(&["strict"]) || cursor.at(&["without", "rowid"]);
            cursor.next();
        }
    }
    strict
}

/// The columns of a primary key hold no NULL, except in SQLite's ordinary tables.
fn not_null(table: &mut CreateTable, every: bool) {
    for constraint in &table.constraints {
        let ConstraintKind::PrimaryKey { columns } = &constraint.kind else { continue };
        let alone = columns.len() == 1;
        for column in table.columns.iter_mut().filter(|column| columns.contains(&column.name)) {
            if every || (alone && column.data_type.eq_ignore_ascii_case("integer")) {
                column.nullable = false;
            }
        }
    }
}

fn of_query(cursor: &mut Cursor<'_>, table: &CreateTable) -> Operation {
    cursor.eat(&["as"]);
    match query::read(cursor) {
        Ok(read) => Operation::CreateTableAs {
            table: table.table.clone(),
            if_not_exists: table.if_not_exists,
            temporary: table.temporary,
            reads: read.tables,
            outputs: None,
        },
        Err(error) => opaque(format!("the query that fills {} cannot be read: {}", table.table, error.message)),
    }
}

/// `DROP [TEMPORARY] TABLE`, from `TABLE` on.
pub(super) fn drop(cursor: &mut Cursor<'_>) -> Option<Vec<Operation>> {
    let if_exists = cursor.eat(&["if", "exists"]);
    let list = cursor.until(|token| token.is("cascade") || token.is("restrict"));
    let cascade = cursor.at(&["cascade"]);
    let tables = list.split().into_iter().map(|mut part| part.object());
    tables.map(|table| Some(Operation::DropTable { table: table?, if_exists, cascade })).collect()
}

/// `RENAME TABLE a TO b, c TO d`, behind these words.
pub(super) fn rename(cursor: &mut Cursor<'_>) -> Option<Vec<Operation>> {
    // MariaDB passes over a table that is not there.
    let if_exists = cursor.eat(&["if", "exists"]);
    let mut found = Vec::new();
    for mut part in cursor.split() {
        let table = part.object()?;
        if !part.eat(&["to"]) {
            return None;
        }
        let to = part.object()?;
        if to.schema.is_some() && to.schema != table.schema {
            found.push(opaque(format!("table {table} moves to another database, {to}")));
        } else {
            found.push(Operation::RenameTable { table, to: to.name });
        }
    }
    let [Operation::RenameTable { table, .. }] = found.as_slice() else { return (!if_exists).then_some(found) };
    let scope = Operation::AlterScope { table: table.clone(), if_exists, only: false };
    found.extend(if_exists.then_some(scope));
    Some(found)
}

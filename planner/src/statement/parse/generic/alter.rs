//! `ALTER TABLE` of SQLite and `MySQL`: one operation an action.

use super::definition::{self, Item};
use super::option;
use super::token::Cursor;
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::sort::Gather;
use crate::statement::operation::{ColumnDefinition, Constraint, Operation, PartitionVerb, TableOption};
use crate::statement::parse::opaque;

/// Behind `ALTER`. `None`: this is no `ALTER TABLE`.
pub(super) fn operations(cursor: &mut Cursor<'_>) -> Option<Vec<Operation>> {
    let _ = cursor.eat(&["online"]) || cursor.eat(&["ignore"]);
    if !cursor.eat(&["table"]) {
        return None;
    }
    let if_exists = cursor.eat(&["if", "exists"]);
    let table = cursor.object()?;
    // MariaDB says how long to wait for the lock before the actions.
    if cursor.eat(&["wait"]) {
        cursor.next();
    }
    cursor.eat(&["nowait"]);
    if let Some(operation) = partitions(&table, cursor) {
        return Some(vec![operation]);
    }
    let mut found = Vec::new();
    for mut part in cursor.split() {
        let written = part.text().to_owned();
        let operations = action(&table, &mut part).filter(|_| part.is_done());
        found.extend(operations.unwrap_or_else(|| vec![opaque(format!("ALTER TABLE {table} {written} is not modelled"))]));
    }
    found.extend(if_exists.then_some(Operation::AlterScope { table, if_exists, only: false }));
    Some(found)
}

fn action(table: &ObjectName, cursor: &mut Cursor<'_>) -> Option<Vec<Operation>> {
    if cursor.eat(&["add"]) {
        return add(table, cursor);
    }
    let operation = if cursor.eat(&["drop"]) {
        drop(table, cursor)?
    } else if cursor.eat(&["rename"]) {
        rename(table, cursor)?
    } else if cursor.dialect == Dialect::Sqlite {
        return None;
    } else if cursor.eat(&["modify"]) {
        cursor.eat(&["column"]);
        cursor.eat(&["if", "exists"]);
        return modify(table, None, cursor);
    } else if cursor.eat(&["change"]) {
        cursor.eat(&["column"]);
        cursor.eat(&["if", "exists"]);
        let column = cursor.ident()?;
        return modify(table, Some(column), cursor);
    } else if cursor.eat(&["alter"]) {
        alter_part(table, cursor)?
    } else {
        option(table, cursor)?
    };
    Some(vec![operation])
}

fn add(table: &ObjectName, cursor: &mut Cursor<'_>) -> Option<Vec<Operation>> {
    let column = cursor.eat(&["column"]);
    if !column && cursor.eat(&["system", "versioning"]) {
        return Some(vec![set(table, "system_versioning", "on")]);
    }
    if !column && let Some(found) = definition::constraint(cursor) {
        return Some(vec![match found {
            Item::Constraint(constraint) => Operation::AddConstraint { table: table.clone(), constraint },
            Item::Index(mut index) => {
                cursor.until(|_| false);
                index.table = table.clone();
                Operation::CreateIndex(index)
            }
            Item::Column(column, constraints) => added(table, column, constraints, false),
        }]);
    }
    let if_not_exists = cursor.eat(&["if", "not", "exists"]);
    if cursor.at(&["("]) {
        let list = cursor.brackets()?;
        let columns = list.split().into_iter().map(|mut part| definition::column(&mut part));
        return columns
            .map(|found| found.map(|(column, constraints)| added(table, column, constraints, if_not_exists)))
            .collect();
    }
    let (column, constraints) = definition::column(cursor)?;
    Some(vec![added(table, column, constraints, if_not_exists)])
}

fn added(table: &ObjectName, column: ColumnDefinition, constraints: Vec<Constraint>, if_not_exists: bool) -> Operation {
    Operation::AddColumn { table: table.clone(), column, constraints, if_not_exists }
}

fn drop(table: &ObjectName, cursor: &mut Cursor<'_>) -> Option<Operation> {
    let constraint =
        |constraint: String, if_exists| Operation::DropConstraint { table: table.clone(), constraint, if_exists, cascade: false };
    let mysql = cursor.dialect != Dialect::Sqlite;
    if mysql && cursor.eat(&["primary", "key"]) {
        return Some(constraint("PRIMARY".to_owned(), false));
    }
    if mysql && (cursor.eat(&["foreign", "key"]) || cursor.eat(&["constraint"]) || cursor.eat(&["check"])) {
        let if_exists = cursor.eat(&["if", "exists"]);
        return Some(constraint(cursor.ident()?, if_exists));
    }
    if mysql && (cursor.eat(&["index"]) || cursor.eat(&["key"])) {
        let if_exists = cursor.eat(&["if", "exists"]);
        let index = ObjectName::bare(cursor.ident()?);
        return Some(Operation::DropIndex { index, table: Some(table.clone()), concurrently: false, if_exists, cascade: false });
    }
    if mysql && cursor.eat(&["system", "versioning"]) {
        return Some(set(table, "system_versioning", "off"));
    }
    cursor.eat(&["column"]);
    let if_exists = cursor.eat(&["if", "exists"]);
    let column = cursor.ident()?;
    let _ = cursor.eat(&["cascade"]) || cursor.eat(&["restrict"]);
    Some(Operation::DropColumn { table: table.clone(), column, if_exists, cascade: false })
}

fn rename(table: &ObjectName, cursor: &mut Cursor<'_>) -> Option<Operation> {
    let mysql = cursor.dialect != Dialect::Sqlite;
    if mysql && (cursor.eat(&["index"]) || cursor.eat(&["key"])) {
        let index = ObjectName::bare(cursor.ident()?);
        cursor.eat(&["to"]);
        return Some(Operation::RenameIndex { index, table: Some(table.clone()), to: cursor.ident()? });
    }
    if cursor.eat(&["to"]) || (mysql && cursor.eat(&["as"])) {
        return renamed(table, cursor);
    }
    if mysql && cursor.rest().len() == 1 {
        return renamed(table, cursor);
    }
    cursor.eat(&["column"]);
    let column = cursor.ident()?;
    if !cursor.eat(&["to"]) {
        return None;
    }
    Some(Operation::RenameColumn { table: table.clone(), column, to: cursor.ident()? })
}

fn renamed(table: &ObjectName, cursor: &mut Cursor<'_>) -> Option<Operation> {
    let to = cursor.object()?;
    if to.schema.is_some() && to.schema != table.schema {
        return Some(opaque(format!("table {table} moves to another database, {to}")));
    }
    Some(Operation::RenameTable { table: table.clone(), to: to.name })
}

/// `MODIFY` and `CHANGE`; a key written at the column is added apart.
fn modify(table: &ObjectName, column: Option<String>, cursor: &mut Cursor<'_>) -> Option<Vec<Operation>> {
    let (to, constraints) = definition::column(cursor)?;
    let column = column.unwrap_or_else(|| to.name.clone());
    let mut found = vec![Operation::ModifyColumn { table: table.clone(), column, to }];
    found.extend(constraints.into_iter().map(|constraint| Operation::AddConstraint { table: table.clone(), constraint }));
    Some(found)
}

fn alter_part(table: &ObjectName, cursor: &mut Cursor<'_>) -> Option<Operation> {
    let table = table.clone();
    if cursor.eat(&["index"]) || cursor.eat(&["key"]) {
        return Some(other(&table, cursor));
    }
    if cursor.eat(&["check"]) || cursor.eat(&["constraint"]) {
        let constraint = cursor.ident()?;
        let enforced = !cursor.eat(&["not"]);
        let enforced = cursor.eat(&["enforced"]).then_some(enforced);
        return Some(Operation::AlterConstraint { table, constraint, enforced });
    }
    cursor.eat(&["column"]);
    let column = cursor.ident()?;
    if cursor.eat(&["set", "default"]) {
        let expression = cursor.text().to_owned();
        cursor.until(|_| false);
        return Some(Operation::SetDefault { table, column, expression });
    }
    if cursor.eat(&["drop", "default"]) {
        return Some(Operation::DropDefault { table, column });
    }
    (cursor.at(&["set", "visible"]) || cursor.at(&["set", "invisible"])).then(|| other(&table, cursor))
}

/// What is done to partitions: it stands alone but for `ALGORITHM` and `LOCK`, and has commas of its own.
fn partitions(table: &ObjectName, cursor: &mut Cursor<'_>) -> Option<Operation> {
    use PartitionVerb::{Add, Drop, Exchange, Maintain, Reorganize, Whole};
    const VERBS: &[(&[&str], PartitionVerb)] = &[
        (&["add", "partition"], Add),
        (&["drop", "partition"], Drop),
        (&["truncate", "partition"], Drop),
        (&["reorganize", "partition"], Reorganize),
        (&["coalesce", "partition"], Reorganize),
        (&["rebuild", "partition"], Reorganize),
        (&["optimize", "partition"], Reorganize),
        (&["exchange", "partition"], Exchange),
        (&["convert", "partition"], Exchange),
        (&["convert", "table"], Exchange),
        (&["analyze", "partition"], Maintain),
        (&["check", "partition"], Maintain),
        (&["repair", "partition"], Maintain),
        (&["partition", "by"], Whole),
        (&["remove", "partitioning"], Whole),
    ];
    if cursor.dialect == Dialect::Sqlite {
        return None;
    }
    let mut ahead = cursor.clone();
    while option::read(&mut ahead).is_some() || ahead.eat(&[","]) {}
    let (_, verb) = VERBS.iter().find(|(words, _)| ahead.at(words))?;
    let what = ahead.text().to_owned();
    cursor.until(|_| false);
    if *verb == Exchange {
        return Some(opaque(format!("ALTER TABLE {table} {what} swaps the rows of two tables")));
    }
    Some(Operation::AlterTableOption { table: table.clone(), option: TableOption::Partitions { verb: *verb, what } })
}

fn set(table: &ObjectName, option: &str, value: &str) -> Operation {
    let options = std::iter::once((option.to_owned(), value.to_owned())).gather();
    Operation::AlterTableOption { table: table.clone(), option: TableOption::Set { options } }
}

/// Options of the table, and what of it is written anew.
fn option(table: &ObjectName, cursor: &mut Cursor<'_>) -> Option<Operation> {
    if cursor.at(&["discard"]) || cursor.at(&["import"]) {
        let what = cursor.text().to_owned();
        cursor.until(|_| false);
        return Some(opaque(format!("ALTER TABLE {table} {what} takes the rows from or to a file")));
    }
    if cursor.eat(&["convert", "to"]) {
        return convert(table, cursor);
    }
    if let Some(options) = option::read(cursor) {
        return Some(Operation::AlterTableOption { table: table.clone(), option: TableOption::Set { options } });
    }
    if cursor.at(&["force"]) || cursor.at(&["order"]) {
        let what = cursor.text().to_owned();
        cursor.until(|_| false);
        return Some(Operation::AlterTableOption { table: table.clone(), option: TableOption::Rewrite { what } });
    }
    let named = ["disable", "enable", "discard", "import", "with", "without"];
    named.iter().any(|word| cursor.at(&[word])).then(|| other(table, cursor))
}

fn convert(table: &ObjectName, cursor: &mut Cursor<'_>) -> Option<Operation> {
    let _ = cursor.eat(&["character", "set"]) || cursor.eat(&["charset"]) || cursor.eat(&["char", "set"]);
    let charset = if cursor.eat(&["default"]) { None } else { Some(name(cursor)?) };
    let collation = if cursor.eat(&["collate"]) { Some(name(cursor)?) } else { None };
    Some(Operation::AlterTableOption { table: table.clone(), option: TableOption::Convert { charset, collation } })
}

/// The name of a character set or collation, in small letters.
fn name(cursor: &mut Cursor<'_>) -> Option<String> {
    cursor.eat(&["="]);
    cursor.string().or_else(|| cursor.ident()).map(|name| name.to_lowercase())
}

/// An action that is named and keeps all rows.
fn other(table: &ObjectName, cursor: &mut Cursor<'_>) -> Operation {
    let what = cursor.text().to_owned();
    cursor.until(|_| false);
    Operation::AlterTableOption { table: table.clone(), option: TableOption::Other { what } }
}

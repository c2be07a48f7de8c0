//! Views, triggers, settings, transactions and maintenance.

use super::query;
use super::token::Cursor;
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::sort::Sort;
use crate::statement::operation::{Called, CreateView, MaintainVerb, Operation, TransactionVerb};
use crate::statement::parse::opaque;

/// `CREATE [OR REPLACE] VIEW`, behind `CREATE` and `OR REPLACE`.
pub(super) fn create_view(cursor: &mut Cursor<'_>, replace: bool) -> Option<Operation> {
    let temporary = cursor.eat(&["temp"]) || cursor.eat(&["temporary"]);
    // MySQL's ALGORITHM, DEFINER and SQL SECURITY say who runs it, not what it reads.
    if cursor.dialect != Dialect::Sqlite {
        cursor.until(|token| token.is("view"));
    }
    if !cursor.eat(&["view"]) {
        return None;
    }
    let if_not_exists = cursor.eat(&["if", "not", "exists"]);
    let view = cursor.object()?;
    cursor.brackets();
    if !cursor.eat(&["as"]) {
        return None;
    }
    let text = cursor.text().to_owned();
    let read = match query::read(cursor) {
        Ok(read) => read,
        Err(error) => return Some(opaque(format!("the query of view {view} cannot be read: {}", error.message))),
    };
    let mut reads: Vec<ObjectName> = Vec::new();
    for table in read.tables {
        if !reads.contains(&table) {
            reads.push(table);
        }
    }
    let mut columns: Vec<(ObjectName, String)> = Vec::new();
    // One table and no query inside: every name is a column of it.
    if let ([table], 1) = (reads.as_slice(), read.queries) {
        let names = read.columns.into_iter().chain(read.qualified.into_iter().map(|(_, column)| column));
        columns = names.map(|column| (table.clone(), column)).collect();
        columns.order();
        columns.dedup();
    }
    Some(Operation::CreateView(CreateView {
        view,
        replace,
        if_not_exists,
        temporary,
        reads,
        reads_columns: columns,
        query: text,
        ..CreateView::default()
    }))
}

/// `DROP VIEW`, behind these words.
pub(super) fn drop_view(cursor: &mut Cursor<'_>) -> Option<Vec<Operation>> {
    let if_exists = cursor.eat(&["if", "exists"]);
    let list = cursor.until(|token| token.is("cascade") || token.is("restrict"));
    let views = list.split().into_iter().map(|mut part| part.object());
    views.map(|view| Some(Operation::DropView { view: view?, materialized: false, if_exists, cascade: false })).collect()
}

/// `CREATE TRIGGER`, from `TRIGGER` on. The body runs with each row and is not read.
pub(super) fn create_trigger(cursor: &mut Cursor<'_>) -> Option<Operation> {
    if !cursor.eat(&["trigger"]) {
        return None;
    }
    cursor.eat(&["if", "not", "exists"]);
    let trigger = cursor.object()?;
    cursor.until(|token| token.is("on"));
    if !cursor.eat(&["on"]) {
        return None;
    }
    let mut table = cursor.object()?;
    table.schema = table.schema.or(trigger.schema);
    Some(Operation::CreateTrigger { table, name: trigger.name, replace: false, firing: None })
}

/// `DROP TRIGGER`, behind these words.
pub(super) fn drop_trigger(cursor: &mut Cursor<'_>) -> Option<Operation> {
    let if_exists = cursor.eat(&["if", "exists"]);
    Some(Operation::DropTrigger { table: None, name: cursor.object()?.name, if_exists })
}

/// Settings that let a later statement change what no parser sees.
const UNSEEN: &[&str] = &["writable_schema"];
/// Pragmas that look and change nothing.
const LOOKS: &[&str] = &[
    "table_info",
    "table_xinfo",
    "table_list",
    "index_list",
    "index_info",
    "index_xinfo",
    "foreign_key_list",
    "foreign_key_check",
    "integrity_check",
    "quick_check",
    "database_list",
    "collation_list",
    "function_list",
    "compile_options",
    "optimize",
];

/// SQLite's `PRAGMA`, behind the word.
pub(super) fn pragma(cursor: &mut Cursor<'_>) -> Option<Operation> {
    let name = cursor.object()?.name.to_lowercase();
    let value = if cursor.eat(&["="]) {
        cursor.text().to_owned()
    } else {
        cursor.brackets().map(|inner| inner.text().to_owned()).unwrap_or_default()
    };
    if LOOKS.contains(&name.as_str()) {
        return Some(Operation::Select { reads: Vec::new(), calls: Vec::new(), locks: Vec::new() });
    }
    let on = !matches!(value.to_ascii_lowercase().as_str(), "" | "0" | "off" | "false" | "no" | "reset");
    if on && UNSEEN.contains(&name.as_str()) {
        return Some(opaque(format!("PRAGMA {name} lets statements change the schema where no parser sees it")));
    }
    if value.is_empty() {
        return Some(Operation::Select { reads: Vec::new(), calls: Vec::new(), locks: Vec::new() });
    }
    Some(Operation::SetParameter { name, value, local: false })
}

/// MySQL's `SET`, behind the word.
pub(super) fn set(cursor: &mut Cursor<'_>) -> Option<Vec<Operation>> {
    let mut found = Vec::new();
    if cursor.at(&["names"]) || cursor.at(&["character", "set"]) || cursor.at(&["charset"]) {
        let name = cursor.next()?.text.to_lowercase();
        return Some(vec![Operation::SetParameter { name, value: cursor.text().to_owned(), local: false }]);
    }
    if cursor.eat(&["transaction"]) || cursor.eat(&["session", "transaction"]) || cursor.eat(&["global", "transaction"]) {
        let name = "transaction".to_owned();
        return Some(vec![Operation::SetParameter { name, value: cursor.text().to_owned(), local: false }]);
    }
    for mut part in cursor.split() {
        let _ = part.eat(&["session"]) || part.eat(&["global"]) || part.eat(&["local"]) || part.eat(&["persist"]);
        let name = part.until(|token| token.is("=") || token.is(":")).text().to_lowercase();
        part.eat(&[":"]);
        if !part.eat(&["="]) || name.is_empty() {
            return None;
        }
        found.push(Operation::SetParameter { name, value: part.text().to_owned(), local: false });
    }
    Some(found)
}

/// `PREPARE`, `EXECUTE`, `DEALLOCATE PREPARE` of MySQL and MariaDB; MariaDB's `EXECUTE IMMEDIATE` is both at once.
pub(super) fn prepared(cursor: &mut Cursor<'_>) -> Option<Operation> {
    if cursor.eat(&["prepare"]) {
        let name = cursor.ident()?;
        return cursor.eat(&["from"]).then(|| Operation::Prepare { name, text: Some(cursor.text().to_owned()) });
    }
    if cursor.eat(&["deallocate", "prepare"]) {
        return Some(Operation::Prepare { name: cursor.ident()?, text: None });
    }
    if cursor.eat(&["execute", "immediate"]) {
        let body = format!("EXECUTE IMMEDIATE {}", cursor.text());
        let reason = "EXECUTE IMMEDIATE of a text that is put together at run time".to_owned();
        return Some(Operation::Call { calls: vec![Called::Block(body)], reason });
    }
    if cursor.eat(&["execute"]) {
        let name = cursor.ident()?;
        let reason = format!("EXECUTE of prepared statement {name}");
        return Some(Operation::Call { calls: vec![Called::Prepared(name)], reason });
    }
    None
}

/// `SELECT … INTO @name`: the variable takes the query's value; behind several names none is known.
pub(super) fn select_into(cursor: &Cursor<'_>) -> Option<Operation> {
    let mut rest = cursor.clone();
    let before = rest.until(|token| token.is("into"));
    if !rest.eat(&["into"]) || !rest.peek()?.text.starts_with('@') {
        return None;
    }
    let name = rest.next()?.text.to_lowercase();
    let value = match rest.at(&[","]) {
        true => String::new(),
        false => format!("({} {})", before.text(), rest.text()),
    };
    Some(Operation::SetParameter { name, value, local: false })
}

/// MariaDB's compound statements outside a routine.
pub(super) fn compound(cursor: &Cursor<'_>) -> Option<Operation> {
    let starts = [&["begin", "not", "atomic"][..], &["if"], &["while"], &["loop"], &["repeat"], &["case"], &["for"]];
    (cursor.dialect == Dialect::MariaDb && starts.iter().any(|words| cursor.at(words))).then(|| Operation::Call {
        calls: vec![Called::Block(cursor.text().to_owned())],
        reason: "a compound statement".to_owned(),
    })
}

/// Transaction control.
pub(super) fn transaction(cursor: &Cursor<'_>) -> Option<Operation> {
    let verb = if cursor.at(&["start", "transaction"]) || cursor.at(&["begin"]) {
        TransactionVerb::Begin
    } else if cursor.at(&["commit"]) || (cursor.at(&["end"]) && cursor.dialect == Dialect::Sqlite) {
        TransactionVerb::Commit
    } else if cursor.at(&["savepoint"]) || cursor.at(&["release"]) {
        TransactionVerb::Savepoint
    } else if cursor.at(&["rollback"]) {
        let to = cursor.rest().iter().any(|token| token.is("to"));
        if to { TransactionVerb::Savepoint } else { TransactionVerb::Rollback }
    } else {
        return None;
    };
    Some(Operation::Transaction { verb })
}

/// `ANALYZE`, `OPTIMIZE`, `VACUUM`, `CHECK TABLE`.
pub(super) fn maintenance(cursor: &mut Cursor<'_>) -> Option<Vec<Operation>> {
    let verb = if cursor.eat(&["vacuum"]) {
        if cursor.rest().iter().any(|token| token.is("into")) {
            return Some(vec![Operation::Other { what: "copy the database into another file".to_owned(), tables: Vec::new() }]);
        }
        // SQLite writes the whole file anew, under a lock on all of it.
        return Some(vec![Operation::Maintain { verb: MaintainVerb::VacuumFull, table: None }]);
    } else if cursor.eat(&["analyze"]) {
        MaintainVerb::Analyze
    } else if cursor.eat(&["optimize"]) {
        MaintainVerb::Optimize
    } else {
        return None;
    };
    let _ = cursor.eat(&["local"]) || cursor.eat(&["no_write_to_binlog"]);
    cursor.eat(&["table"]);
    if cursor.is_done() {
        return Some(vec![Operation::Maintain { verb, table: None }]);
    }
    let tables = cursor.split().into_iter().map(|mut part| part.object());
    tables.map(|table| Some(Operation::Maintain { verb, table: Some(table?) })).collect()
}

//! SQLite, `MySQL` and `MariaDB` statements: our own recognisers for what changes the schema, `sqlparser`
//! for queries and data changes.

mod alter;
pub(super) mod command;
mod command_change;
mod data;
mod definition;
mod index;
mod option;
mod query;
mod session;
mod table;
mod token;

use super::{SyntaxError, opaque};
use crate::dialect::Dialect;
use crate::statement::operation::{Called, Operation, Volatility};
use token::Cursor;

/// Reads one statement, or what MySQL's script sends as one under a delimiter of its own.
pub(super) fn parse(sql: &str, dialect: Dialect) -> (Vec<Operation>, Vec<SyntaxError>) {
    let tokens = token::tokens(sql, dialect);
    let ends = ends(&tokens, dialect);
    if ends.is_empty() {
        return one(sql, &tokens, dialect);
    }
    let (mut operations, mut errors, mut start) = (Vec::new(), Vec::new(), 0);
    for end in ends.into_iter().chain([sql.len()]) {
        let part = sql.get(start..end).unwrap_or_default();
        let (found, wrong) = one(part, &token::tokens(part, dialect), dialect);
        operations.extend(found);
        errors.extend(wrong.into_iter().map(|error| SyntaxError { offset: start + error.offset, ..error }));
        start = end;
    }
    (operations, errors)
}

/// Where statements end that another follows. One that may have a body goes to the end.
fn ends(tokens: &[token::Token<'_>], dialect: Dialect) -> Vec<usize> {
    const WHOLE: &[&str] = &["create", "alter", "begin", "declare", "if", "while", "case", "for", "loop", "repeat"];
    let mut found = Vec::new();
    let mut last: Option<&token::Token<'_>> = None;
    for token in tokens.iter().filter(|_| dialect != Dialect::Sqlite) {
        if last.is_none_or(|last| last.is(";")) {
            // Behind the end of the one before.
            found.extend(last.filter(|_| !token.is(";")).map(|last| last.start + 1));
            if WHOLE.iter().any(|word| token.is(word)) {
                break;
            }
        }
        last = Some(token);
    }
    found
}

/// Reads one statement.
fn one(sql: &str, tokens: &[token::Token<'_>], dialect: Dialect) -> (Vec<Operation>, Vec<SyntaxError>) {
    let ends = tokens.iter().rev().take_while(|token| token.is(";")).count();
    let tokens = tokens.get(..tokens.len() - ends).unwrap_or_default();
    let cursor = Cursor::new(sql, tokens, dialect);
    if cursor.is_done() {
        return (Vec::new(), Vec::new());
    }
    if let Some(operations) = command(&mut cursor.clone()) {
        return (operations, Vec::new());
    }
    match data::operations(&cursor) {
        Some(found) => found,
        None => (vec![opaque(format!("{} is not modelled", title(&cursor)))], Vec::new()),
    }
}

/// One query or data change as `sqlparser`'s tree.
pub(super) fn statement(sql: &str) -> Result<sqlparser::ast::Statement, SyntaxError> {
    query::statement(sql, Dialect::MySql)
}

/// The first words of a command.
fn title(cursor: &Cursor<'_>) -> String {
    let words = cursor.rest().iter().take(3).map(|token| token.text.to_uppercase());
    words.collect::<Vec<_>>().join(" ")
}

/// Everything but queries and data changes.
fn command(cursor: &mut Cursor<'_>) -> Option<Vec<Operation>> {
    if let Some(block) = session::compound(cursor) {
        return Some(vec![block]);
    }
    if let Some(operation) = session::transaction(cursor) {
        return Some(vec![operation]);
    }
    if cursor.eat(&["create"]) {
        return create(cursor);
    }
    if cursor.eat(&["alter"]) {
        return alter::operations(cursor);
    }
    if cursor.eat(&["drop"]) {
        return drop(cursor);
    }
    match cursor.dialect {
        Dialect::Sqlite => sqlite(cursor),
        _ => mysql(cursor),
    }
}

fn create(cursor: &mut Cursor<'_>) -> Option<Vec<Operation>> {
    if let Some(found) = index::create(&mut cursor.clone()) {
        return Some(found);
    }
    if cursor.eat(&["virtual", "table"]) {
        return table::create_virtual(cursor).map(|found| vec![found]);
    }
    let replace = cursor.eat(&["or", "replace"]);
    if let Some(mut found) = table::create(&mut cursor.clone()) {
        if let Some(table) = found.first().filter(|_| replace).and_then(Operation::subject).cloned() {
            found.insert(0, Operation::DropTable { table, if_exists: true, cascade: false });
        }
        return Some(found);
    }
    let mut trigger = cursor.clone();
    trigger
        .until(|token| ["trigger", "view", "table", "index", "procedure", "function", "event"].iter().any(|word| token.is(word)));
    if let Some(found) = session::create_trigger(&mut trigger.clone()) {
        return Some(vec![found]);
    }
    if trigger.eat(&["procedure"]) || trigger.eat(&["function"]) {
        return routine(&mut trigger, replace);
    }
    if cursor.at(&["database"]) || cursor.at(&["schema"]) {
        cursor.next();
        let if_not_exists = cursor.eat(&["if", "not", "exists"]);
        return Some(vec![Operation::CreateSchema { schema: cursor.ident()?, if_not_exists }]);
    }
    if cursor.eat(&["user"]) || cursor.eat(&["role"]) {
        cursor.eat(&["if", "not", "exists"]);
        return Some(vec![Operation::Role { name: named(cursor) }]);
    }
    session::create_view(cursor, replace).map(|view| vec![view])
}

/// A role: `'app'@'%'`.
fn named(cursor: &mut Cursor<'_>) -> String {
    cursor.string().or_else(|| cursor.ident()).unwrap_or_default()
}

fn routine(cursor: &mut Cursor<'_>, replace: bool) -> Option<Vec<Operation>> {
    cursor.eat(&["if", "not", "exists"]);
    let name = cursor.object()?;
    let arguments = cursor.brackets()?.text().to_owned();
    let body = Some(cursor.text().to_owned());
    let volatility = Volatility::Volatile;
    let language = Some("sql".to_owned());
    Some(vec![Operation::CreateFunction { name, arguments, replace, volatility, body, language, inlined: None }])
}

fn drop(cursor: &mut Cursor<'_>) -> Option<Vec<Operation>> {
    cursor.eat(&["temporary"]);
    if cursor.eat(&["table"]) {
        return table::drop(cursor);
    }
    if cursor.eat(&["view"]) {
        return session::drop_view(cursor);
    }
    if cursor.eat(&["index"]) {
        return index::drop(cursor);
    }
    let operation = if cursor.eat(&["trigger"]) {
        session::drop_trigger(cursor)?
    } else if cursor.eat(&["prepare"]) {
        Operation::Prepare { name: cursor.ident()?, text: None }
    } else if cursor.eat(&["procedure"]) || cursor.eat(&["function"]) {
        let if_exists = cursor.eat(&["if", "exists"]);
        Operation::DropFunction { name: cursor.object()?, if_exists, cascade: false }
    } else if cursor.eat(&["database"]) || cursor.eat(&["schema"]) {
        let if_exists = cursor.eat(&["if", "exists"]);
        Operation::DropSchema { schema: cursor.ident()?, if_exists, cascade: true }
    } else if cursor.eat(&["user"]) || cursor.eat(&["role"]) {
        cursor.eat(&["if", "exists"]);
        Operation::Role { name: named(cursor) }
    } else {
        return None;
    };
    Some(vec![operation])
}

fn sqlite(cursor: &mut Cursor<'_>) -> Option<Vec<Operation>> {
    if cursor.eat(&["pragma"]) {
        return session::pragma(cursor).map(|found| vec![found]);
    }
    if cursor.eat(&["reindex"]) {
        return Some(vec![index::reindex(cursor)]);
    }
    if cursor.at(&["attach"]) || cursor.at(&["detach"]) {
        return Some(vec![opaque("ATTACH and DETACH change which databases later names mean")]);
    }
    session::maintenance(cursor)
}

fn mysql(cursor: &mut Cursor<'_>) -> Option<Vec<Operation>> {
    if cursor.eat(&["set"]) {
        return session::set(cursor);
    }
    if cursor.eat(&["rename", "table"]) {
        return table::rename(cursor);
    }
    if cursor.eat(&["truncate"]) {
        cursor.eat(&["table"]);
        return Some(vec![Operation::Truncate { table: cursor.object()?, cascade: false }]);
    }
    if cursor.eat(&["lock", "tables"]) || cursor.eat(&["lock", "table"]) {
        let locked = |mut part: Cursor<'_>| {
            let table = part.object()?;
            let mode = part.rest().last().map(|token| token.text.to_uppercase()).unwrap_or_default();
            Some(Operation::LockTable { table, mode })
        };
        return cursor.split().into_iter().map(locked).collect();
    }
    if cursor.at(&["unlock", "tables"]) || cursor.at(&["flush"]) {
        return Some(vec![Operation::Other { what: title(cursor), tables: Vec::new() }]);
    }
    if cursor.at(&["grant"]) || cursor.at(&["revoke"]) {
        return grant(cursor);
    }
    if cursor.at(&["use"]) {
        return Some(vec![opaque("USE changes which database later names mean")]);
    }
    if let Some(found) = session::prepared(cursor) {
        return Some(vec![found]);
    }
    if cursor.at(&["select"])
        && let Some(found) = session::select_into(cursor)
    {
        return Some(vec![found]);
    }
    if cursor.at(&["load", "data"]) || cursor.at(&["load", "xml"]) {
        cursor.until(|token| token.is("table"));
        cursor.next();
        return Some(vec![Operation::Copy { table: cursor.object()? }]);
    }
    if cursor.eat(&["call"]) {
        let name = cursor.object()?;
        let arguments = cursor.brackets().map(|list| list.split()).unwrap_or_default();
        let arguments = arguments.iter().map(|argument| argument.text().to_owned()).collect();
        let reason = format!("CALL of procedure {name}");
        return Some(vec![Operation::Call { calls: vec![Called::Routine { name, arguments }], reason }]);
    }
    session::maintenance(cursor)
}

fn grant(cursor: &mut Cursor<'_>) -> Option<Vec<Operation>> {
    let revoke = cursor.next()?.is("revoke");
    let list = cursor.until(|token| ["on", "to", "from"].iter().any(|word| token.is(word)));
    let privileges = list.split().iter().map(|part| part.text().to_uppercase()).collect();
    let mut objects = Vec::new();
    if cursor.eat(&["on"]) {
        cursor.eat(&["table"]);
        let mut on = cursor.until(|token| token.is("to") || token.is("from"));
        let wild = on.rest().iter().any(|token| token.is("*"));
        objects.extend(if wild { None } else { on.object() });
    }
    cursor.next();
    let to = cursor.until(|token| token.is("with"));
    let roles = to.split().iter_mut().map(named).collect();
    Some(vec![Operation::Grant { revoke, privileges, objects, roles }])
}

//! `INSERT`, `REPLACE`, `UPDATE`, `DELETE`, and queries.

use super::query::{self, Read};
use super::token::Cursor;
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::sort::Sort;
use crate::statement::operation::{Called, DataChange, Operation};
use crate::statement::parse::{SyntaxError, opaque};

/// Functions that give another value for each row or each run.
const VOLATILE: &[&str] = &[
    "random",
    "randomblob",
    "rand",
    "uuid",
    "uuid_short",
    "uuid_to_bin",
    "sleep",
    "last_insert_id",
    "last_insert_rowid",
    "changes",
    "total_changes",
    "get_lock",
    "release_lock",
    "row_count",
    "found_rows",
    "sysdate",
    "load_extension",
    "load_file",
    "benchmark",
    "nextval",
    "lastval",
    "setval",
];

/// Functions of the MySQL and MariaDB server that have no effect of their own.
const MYSQL: &str = "abs acos adddate addtime aes_decrypt aes_encrypt any_value ascii asin atan atan2 avg bin bin_to_uuid bit_and \
    bit_count bit_length bit_or cast ceil ceiling char char_length character_length charset coalesce collation concat \
    concat_ws connection_id conv convert convert_tz cos count crc32 cume_dist curdate current_date current_time \
    current_timestamp current_user curtime database date date_add date_format date_sub datediff day dayname dayofmonth \
    dayofweek dayofyear degrees dense_rank elt exp export_set extract field find_in_set first_value floor format \
    from_base64 from_days from_unixtime greatest group_concat hex hour if ifnull inet6_aton inet6_ntoa inet_aton \
    inet_ntoa insert instr isnull json_array json_arrayagg json_contains json_contains_path json_depth json_extract \
    json_insert json_keys json_length json_merge_patch json_merge_preserve json_object json_objectagg json_quote \
    json_remove json_replace json_search json_set json_type json_unquote json_valid json_value lag last_day last_value \
    lcase lead least left length ln localtime localtimestamp locate log log10 log2 lower lpad ltrim make_set makedate \
    maketime max md5 mid min minute mod month monthname now nth_value ntile nullif oct octet_length ord \
    percent_rank period_add period_diff pi position pow power quarter quote radians rank regexp_instr regexp_like \
    regexp_replace regexp_substr repeat replace reverse right round row_number rpad rtrim sec_to_time second sha sha1 \
    sha2 sign sin soundex space sqrt st_geomfromtext st_x st_y std stddev str_to_date strcmp subdate substr substring \
    substring_index subtime sum tan time time_format time_to_sec timediff timestamp timestampadd timestampdiff to_base64 \
    to_days to_seconds trim truncate ucase unhex unix_timestamp upper user utc_date utc_time utc_timestamp values \
    var_pop variance version week weekday weekofyear year yearweek";

/// Reads a data change or a query from its first word on.
pub(super) fn operations(cursor: &Cursor<'_>) -> Option<(Vec<Operation>, Vec<SyntaxError>)> {
    let verb = main_verb(cursor)?;
    let read = match query::read(cursor) {
        Ok(read) => read,
        // Stored functions and triggers of these products change rows only, so that the schema stays known.
        Err(error) => {
            let reason = format!("syntax error in {}: {}", verb.to_uppercase(), error.message);
            return Some((vec![opaque(reason)], vec![error]));
        }
    };
    let operation = match verb {
        "insert" | "replace" => insert(cursor, &read).map_or_else(|| unread(verb), Operation::Insert),
        "update" => update(cursor, &read).map_or_else(|| unread(verb), Operation::Update),
        "delete" => delete(cursor, &read).map_or_else(|| unread(verb), Operation::Delete),
        _ => select(cursor.dialect, read),
    };
    Some((vec![operation], Vec::new()))
}

fn unread(verb: &str) -> Operation {
    opaque(format!("this form of {} is not modelled", verb.to_uppercase()))
}

/// The command behind a `WITH` clause, or at the start.
fn main_verb(cursor: &Cursor<'_>) -> Option<&'static str> {
    const VERBS: [&str; 7] = ["insert", "replace", "update", "delete", "select", "values", "table"];
    let mut ahead = cursor.clone();
    let is_verb = |word: &str| VERBS.into_iter().find(|verb| word.eq_ignore_ascii_case(verb));
    if ahead.at(&["with"]) {
        ahead.until(|token| is_verb(token.text).is_some());
    }
    if ahead.at(&["("]) {
        return Some("select");
    }
    is_verb(ahead.peek()?.text)
}

fn select(dialect: Dialect, read: Read) -> Operation {
    let unknown: Vec<String> = read.calls.iter().filter(|call| is_unknown(call, dialect)).cloned().collect();
    if !unknown.is_empty() {
        let reason = format!("SELECT calls {}(), which may do anything", unknown.join("(), "));
        let routine = |written: String| {
            let (schema, name) = written.split_once('.').map_or((None, written.as_str()), |(schema, name)| (Some(schema), name));
            let name = ObjectName { schema: schema.map(str::to_owned), name: name.to_owned() };
            Called::Routine { name, arguments: Vec::new() }
        };
        return Operation::Call { calls: unknown.into_iter().map(routine).collect(), reason };
    }
    let mut reads = Vec::new();
    for table in read.tables {
        if !reads.contains(&table) {
            reads.push(table);
        }
    }
    Operation::Select { reads, calls: read.calls, locks: Vec::new() }
}

/// SQLite runs no functions but its own and those of the application that opened the file.
fn is_unknown(function: &str, dialect: Dialect) -> bool {
    let known = MYSQL.split_ascii_whitespace().any(|known| known == function) || VOLATILE.contains(&function);
    dialect != Dialect::Sqlite && !known
}

/// The command from its verb on, the `WITH` clause left behind.
fn from_verb<'a>(cursor: &Cursor<'a>, verb: &str) -> Cursor<'a> {
    let mut ahead = cursor.clone();
    ahead.until(|token| token.is(verb));
    ahead.next();
    ahead
}

/// The first reason why rows cannot be changed batch by batch.
fn whole(cursor: &Cursor<'_>, read: &Read, joined: bool, queries: usize) -> Option<String> {
    let has = |word: &str| cursor.clone().until(|token| token.is(word)).rest().len() < cursor.rest().len();
    let reason = if cursor.at(&["with"]) {
        "it has a WITH clause"
    } else if joined {
        "it joins other tables"
    } else if has("returning") {
        "it has RETURNING"
    } else if has("limit") {
        "it has LIMIT"
    } else if read.queries > queries {
        "it has a subquery"
    } else {
        let volatile = |call: &&String| VOLATILE.contains(&call.as_str());
        let found = read.calls.iter().find(volatile).map(|call| format!("{call}() gives another value for each row"));
        let unknown = || read.calls.iter().find(|call| is_unknown(call, cursor.dialect));
        return found.or_else(|| unknown().map(|call| format!("nothing is known of the function {call}()")));
    };
    Some(reason.to_owned())
}

/// What is read besides the written table, which is named once for being written.
fn others(read: &Read, table: &ObjectName) -> Vec<ObjectName> {
    let mut own = false;
    let mut found = Vec::new();
    for named in &read.tables {
        if !own && named == table {
            own = true;
        } else if !found.contains(named) {
            found.push(named.clone());
        }
    }
    found
}

fn insert(cursor: &Cursor<'_>, read: &Read) -> Option<DataChange> {
    let verb = if from_verb(cursor, "insert").is_done() { "replace" } else { "insert" };
    let mut rest = from_verb(cursor, verb);
    rest.until(|token| token.is("into") || !is_modifier(token.text));
    rest.eat(&["into"]);
    let table = rest.object()?;
    let alias = if rest.eat(&["as"]) { rest.ident() } else { None };
    let mut columns = rest.names();
    if rest.eat(&["set"]) {
        let list = rest.until(|token| token.is("on"));
        columns = list.split().into_iter().filter_map(|mut part| part.ident()).collect();
    }
    let values = if rest.eat(&["default", "values"]) {
        Some(1)
    } else if rest.eat(&["values"]) || rest.eat(&["value"]) {
        let rows = rest.until(|token| ["on", "returning", "as"].iter().any(|word| token.is(word)));
        Some(u32::try_from(rows.split().len()).unwrap_or(u32::MAX))
    } else {
        None
    };
    let reads = others(read, &table);
    // The list of values, or the query that fills the table, is a query to the parser.
    let whole_because = whole(cursor, read, false, usize::MAX);
    Some(DataChange { table, alias, columns, reads, values, whole_because, ..DataChange::default() })
}

fn is_modifier(word: &str) -> bool {
    const WORDS: [&str; 9] = ["or", "ignore", "abort", "fail", "rollback", "replace", "low_priority", "high_priority", "delayed"];
    WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

fn update(cursor: &Cursor<'_>, read: &Read) -> Option<DataChange> {
    let mut rest = from_verb(cursor, "update");
    rest.until(|token| !is_modifier(token.text));
    let mut target = rest.until(|token| token.is("set"));
    let tables = named(target.clone());
    let mut table = target.object()?;
    let (mut alias, listed) = alias(&mut target);
    rest.eat(&["set"]);
    let ends = ["where", "from", "order", "limit", "returning"];
    let list = rest.until(|token| ends.iter().any(|word| token.is(word)));
    let joined = listed || rest.at(&["from"]);
    let mut columns = Vec::new();
    let mut owners = Vec::new();
    for mut part in list.split() {
        if part.at(&["("]) {
            columns.extend(part.names());
            continue;
        }
        let column = part.object()?;
        columns.push(column.name);
        owners.push(column.schema);
    }
    if listed {
        // Of several tables the columns' own words say which is written; without them only the server knows.
        let owner = owners.first().cloned().flatten();
        if owners.iter().any(|other| *other != owner) {
            return None;
        }
        match owner {
            Some(owner) => {
                (alias, table) = tables
                    .into_iter()
                    .find(|(called, _)| called.eq_ignore_ascii_case(&owner))
                    .map(|(called, table)| (Some(called), table))?
            }
            None => columns.clear(),
        }
    }
    let mut change = DataChange { table, alias, columns, assignments: Some(list.text().to_owned()), ..DataChange::default() };
    finish(&mut change, cursor, rest, read, joined);
    Some(change)
}

fn delete(cursor: &Cursor<'_>, read: &Read) -> Option<DataChange> {
    let mut rest = from_verb(cursor, "delete");
    rest.until(|token| token.is("from") || !is_modifier(token.text));
    if !rest.eat(&["from"]) {
        return delete_joined(cursor, rest, read);
    }
    let ends = ["where", "using", "order", "limit", "returning"];
    let mut target = rest.until(|token| ends.iter().any(|word| token.is(word)));
    if rest.at(&["using"]) {
        return delete_listed(cursor, target, rest, read);
    }
    let table = target.object()?;
    let (alias, joined) = alias(&mut target);
    let mut change = DataChange { table, alias, ..DataChange::default() };
    finish(&mut change, cursor, rest, read, joined);
    Some(change)
}

/// `MySQL`'s `DELETE t FROM t JOIN u …`.
fn delete_joined(cursor: &Cursor<'_>, mut rest: Cursor<'_>, read: &Read) -> Option<DataChange> {
    let target = rest.until(|token| token.is("from"));
    delete_listed(cursor, target, rest, read)
}

/// The target may be an alias among the tables behind the next word. Several targets are not read.
fn delete_listed(cursor: &Cursor<'_>, mut target: Cursor<'_>, mut rest: Cursor<'_>, read: &Read) -> Option<DataChange> {
    let called = target.object()?;
    rest.next();
    let tables = named(rest.clone().until(|token| token.is("where")));
    let (alias, table) =
        tables.into_iter().find(|(alias, table)| *table == called || alias.eq_ignore_ascii_case(&called.name))?;
    if !target.is_done() {
        return None;
    }
    let mut change = DataChange { table, alias: Some(alias), ..DataChange::default() };
    finish(&mut change, cursor, rest, read, true);
    // The parser takes an alias behind FROM for a table.
    if change.table != called {
        change.reads.retain(|read| *read != called);
    }
    Some(change)
}

/// The tables of a list of joins, each with what it is called there. Queries in brackets are none.
fn named(mut list: Cursor<'_>) -> Vec<(String, ObjectName)> {
    let mut found = Vec::new();
    while !list.is_done() {
        if let Some(table) = list.object() {
            let (called, _) = alias(&mut list);
            found.push((called.unwrap_or_else(|| table.name.clone()), table));
        }
        list.until(|token| [",", "join", "straight_join"].iter().any(|word| token.is(word)));
        list.next();
    }
    found
}

/// The alias behind a table, and whether more than the table is named.
fn alias(target: &mut Cursor<'_>) -> (Option<String>, bool) {
    const JOINS: [&str; 15] = [
        "join",
        "inner",
        "left",
        "right",
        "cross",
        "natural",
        "straight_join",
        ",",
        "on",
        "using",
        "force",
        "use",
        "ignore",
        "indexed",
        "not",
    ];
    target.eat(&["as"]);
    let named = !JOINS.iter().any(|word| target.at(&[word]));
    let alias = if named { target.ident() } else { None };
    (alias, !target.is_done())
}

fn finish(change: &mut DataChange, cursor: &Cursor<'_>, mut rest: Cursor<'_>, read: &Read, joined: bool) {
    rest.until(|token| token.is("where"));
    if rest.eat(&["where"]) {
        let filter = rest.until(|token| ["order", "limit", "returning"].iter().any(|word| token.is(word)));
        change.predicate = Some(filter.text().to_owned());
    }
    change.reads = others(read, &change.table);
    change.whole_because = whole(cursor, read, joined, 0);
    let called = change.alias.clone().unwrap_or_else(|| change.table.name.clone());
    let own = read.qualified.iter().filter(|(before, _)| before.eq_ignore_ascii_case(&called)).map(|(_, column)| column);
    change.uses = own.cloned().collect();
    // With other tables or queries around, an unqualified name may be anyone's.
    if !joined && read.queries == 0 {
        change.uses.extend(read.columns.iter().cloned());
    }
    change.uses.order();
    change.uses.dedup();
}

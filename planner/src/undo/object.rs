//! Views, functions, indexes, policies and what hangs on objects to their inverses, from the texts that made them.

use super::derive::{alter, drop_of, unknown};
use super::known::Known;
use super::{Derived, ddl, sql};
use crate::catalog::apply::apply_all;
use crate::catalog::{Catalog, View};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::{CreateIndex, CreateView, IndexPart, Operation, PolicyChange, TableOption};
use crate::statement::parse::parse;
use crate::statement::split::{between, tokens};

/// The texts that made what the operation drops; none where what depends on it went too.
pub(super) fn made_again(operation: &Operation, name: &ObjectName, more: bool, known: &Known<'_>) -> Derived {
    let mut texts = known.texts(operation);
    if let (true, Operation::DropType { name, .. }) = (texts.is_empty(), operation)
        && let Some(values) = known.before.enums.get(&known.before.resolve(name))
    {
        let values: Vec<String> = values.iter().map(|value| sql(&["'", &value.replace('\'', "''"), "'"])).collect();
        texts.push(sql(&["CREATE TYPE ", &known.name(name), " AS ENUM (", &values.join(", "), ")"]));
    }
    if texts.is_empty() || more { unknown(name) } else { Derived::steps(texts) }
}

/// The older text of what was replaced.
pub(super) fn replaced(operation: &Operation, name: &ObjectName, known: &Known<'_>) -> Derived {
    let mut texts = known.texts(operation);
    match texts.first_mut() {
        Some(first) => *first = or_replace(first),
        None => return unknown(name),
    }
    Derived::steps(texts)
}

/// `CREATE` as `CREATE OR REPLACE`.
fn or_replace(text: &str) -> String {
    let at = text.to_ascii_lowercase().find("create").map_or(0, |at| at + 6);
    let (head, rest) = text.split_at_checked(at).unwrap_or(("", text));
    if rest.trim_start().get(..3).is_some_and(|word| word.eq_ignore_ascii_case("or ")) {
        return text.to_owned();
    }
    sql(&[head, " OR REPLACE", rest])
}

/// Without `CONCURRENTLY`, which was not asked for where the index went.
pub(super) fn at_once(text: &str) -> String {
    match text.to_ascii_lowercase().find("concurrently ") {
        Some(at) => sql(&[text.get(..at).unwrap_or_default(), text.get(at + 13..).unwrap_or_default()]),
        None => text.to_owned(),
    }
}

pub(super) fn created_index(operation: &Operation, create: &CreateIndex, known: &Known<'_>) -> Derived {
    let (before, after) = (known.before, known.behind(operation));
    let owner = before.resolve(&create.table);
    let indexes = |catalog: &Catalog| {
        let table = catalog.tables.get(&owner).map(|table| table.indexes.clone());
        table.or_else(|| catalog.views.get(&owner).map(|view| view.indexes.clone())).unwrap_or_default()
    };
    let (old, new) = (indexes(before), indexes(&after));
    let mut steps = Vec::new();
    let mut given_up: Vec<_> = old.clone().into_iter().filter(|(name, _)| !new.contains_key(name)).collect();
    let column = |part: &IndexPart| match part {
        IndexPart::Column(name) => Some(name.clone()),
        _ => None,
    };
    let columns: Vec<String> = create.columns.iter().map_while(column).collect();
    given_up.extend(super::given_up::given_up(&owner, &columns.iter().map(String::as_str).collect::<Vec<_>>(), known));
    let own = !given_up.is_empty();
    steps.extend(given_up.iter().map(|(name, index)| ddl::index(name, &owner, index, false, before.dialect)));
    let Some(name) = new.keys().find(|name| !old.contains_key(*name)) else { return unknown(&create.table) };
    let concurrently = if create.concurrently && before.dialect == Dialect::Postgres { "CONCURRENTLY " } else { "" };
    steps.push(match before.dialect {
        Dialect::MySql | Dialect::MariaDb => sql(&["DROP INDEX ", &known.quoted(name), " ON ", &known.name(&create.table)]),
        Dialect::Postgres | Dialect::Sqlite => {
            let index = ObjectName { schema: create.table.schema.clone(), name: name.clone() };
            // What the search path finds is the table; the index lies beside it.
            let index = if before.search_path == known.path { index } else { ObjectName { schema: owner.schema, ..index } };
            sql(&["DROP INDEX ", concurrently, &index.sql(before.dialect)])
        }
    });
    super::given_up::told(Derived::steps(steps), own)
}

pub(super) fn created_view(operation: &Operation, create: &CreateView, known: &Known<'_>) -> Derived {
    let before = known.before;
    let key = before.resolve(&create.view);
    if create.temporary {
        return Derived::default();
    }
    let kind = if create.materialized { "MATERIALIZED VIEW" } else { "VIEW" };
    let Some(older) = before.views.get(&key).filter(|_| create.replace) else {
        return Derived::lossless(drop_of(kind, &create.view, known));
    };
    let Some(texts) = again(operation, known) else { return unknown(&create.view) };
    let now = known.behind(operation);
    let same = older.columns.is_some() && now.views.get(&key).is_some_and(|newer| newer.columns == older.columns);
    if same || before.dialect != Dialect::Postgres {
        return replaced(operation, &create.view, known);
    }
    // CREATE OR REPLACE cannot take columns away, so the newer view has to go first.
    if !before.views_reading(&key).is_empty() {
        return unknown(&create.view);
    }
    Derived::steps(std::iter::once(drop_of(kind, &create.view, known)).chain(texts).collect())
}

/// The texts that make a view again, where they make the same: a `*` stands for the columns of its day.
pub(super) fn again(operation: &Operation, known: &Known<'_>) -> Option<Vec<String>> {
    let (Operation::DropView { view: name, .. } | Operation::CreateView(CreateView { view: name, .. })) = operation else {
        return None;
    };
    let key = known.before.resolve(name);
    let view = known.before.views.get(&key)?;
    let texts = known.texts(operation);
    let first = texts.first()?;
    let stars = view.query.replace("(*)", "").contains('*') && known.before.dialect == Dialect::Postgres;
    if !stars {
        return Some(texts);
    }
    let drop_view = Operation::DropView { view: key.clone(), materialized: view.materialized, if_exists: false, cascade: true };
    let mut now = known.after(&drop_view);
    let (operations, _) = parse(first, known.before.dialect);
    drop(apply_all(&mut now, &operations));
    // Those of a query in it are told by what it reads alone.
    let as_it_was = |now: &View| now.columns == view.columns && now.reads_columns == view.reads_columns;
    let same = view.columns.is_some() && now.views.get(&key).is_some_and(as_it_was);
    same.then_some(texts)
}

pub(super) fn created_function(
    operation: &Operation,
    name: &ObjectName,
    arguments: &str,
    replace: bool,
    known: &Known<'_>,
) -> Derived {
    let before = known.before;
    let plain = arguments.split_whitespace().collect::<Vec<_>>().join(" ");
    let older = before.functions.get(&before.resolve(name)).filter(|_| replace);
    let same = older.is_some_and(|older| older.overloads.contains_key(&plain));
    match (older, before.dialect) {
        (Some(older), Dialect::Postgres) if older.overloads.len() > 1 => unknown(name),
        (Some(_), _) if same || before.dialect != Dialect::Postgres => replaced(operation, name, known),
        // Which arguments make it the same function is not always in the text.
        (Some(_), Dialect::Postgres) => unknown(name),
        (_, Dialect::Postgres) => {
            Derived::lossless(sql(&["DROP ROUTINE ", &known.name(name), "(", &without_defaults(arguments), ")"]))
        }
        _ => {
            let kind = if known.says("procedure") { "PROCEDURE" } else { "FUNCTION" };
            Derived::lossless(drop_of(kind, name, known))
        }
    }
}

/// Arguments as `DROP ROUTINE` takes them.
fn without_defaults(arguments: &str) -> String {
    let (mut text, mut depth, mut quoted, mut skips) = (String::new(), 0_i32, false, false);
    let mut rest = arguments;
    while let Some(c) = rest.chars().next() {
        quoted ^= c == '\'';
        if !quoted {
            depth += i32::from(c == '(' || c == '[') - i32::from(c == ')' || c == ']');
            if depth == 0 && c == ',' {
                skips = false;
            }
            let word = rest.get(..9).is_some_and(|word| word.eq_ignore_ascii_case(" default "));
            skips |= depth == 0 && (word || c == '=' || rest.starts_with(":="));
        }
        if !skips {
            text.push(c);
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace(" ,", ",")
}

pub(super) fn policy(operation: &Operation, table: &ObjectName, name: &str, change: &PolicyChange, known: &Known<'_>) -> Derived {
    let bare = ObjectName::bare(name.to_owned());
    let gone = sql(&["DROP POLICY ", &known.quoted(name), " ON ", &known.name(table)]);
    match change {
        PolicyChange::Create => Derived::lossless(gone),
        PolicyChange::Drop { .. } => made_again(operation, &bare, false, known),
        PolicyChange::Rename(to) => alter(
            "POLICY",
            &ObjectName::bare(to.clone()),
            &["ON ", &known.name(table), " RENAME TO ", &known.quoted(name)],
            known,
        ),
        PolicyChange::Alter => {
            let made = Operation::Policy { table: table.clone(), name: name.to_owned(), change: PolicyChange::Create };
            let texts = known.texts(&made);
            if texts.is_empty() {
                return unknown(&bare);
            }
            Derived::steps(std::iter::once(gone).chain(texts).collect())
        }
    }
}

/// What is switched on for the first time was off.
pub(super) fn row_security(operation: &Operation, table: &ObjectName, known: &Known<'_>) -> Derived {
    let forces = |text: &str| text.to_ascii_lowercase().contains("force row");
    let first = known.texts(operation).iter().all(|older| forces(older) != forces(known.sql)) && !known.before.opaque;
    match (known.says("enable"), known.says("force"), known.says("no")) {
        (true, false, _) if first => alter("TABLE", table, &["DISABLE ROW LEVEL SECURITY"], known),
        (false, true, false) if first => alter("TABLE", table, &["NO FORCE ROW LEVEL SECURITY"], known),
        _ => unknown(table),
    }
}

pub(super) fn table_option(table: &ObjectName, option: &TableOption, known: &Known<'_>) -> Derived {
    match option {
        TableOption::Inherit { parent, remove } => {
            let verb = if *remove { "INHERIT " } else { "NO INHERIT " };
            alter("TABLE", table, &[verb, &known.name(parent)], known)
        }
        TableOption::RenameTrigger { trigger, to } => {
            let on = known.name(table);
            Derived::lossless(sql(&["ALTER TRIGGER ", &known.quoted(to), " ON ", &on, " RENAME TO ", &known.quoted(trigger)]))
        }
        TableOption::EnableTrigger { trigger: Some(trigger), enabled } => {
            let key = (known.before.resolve(table), trigger.clone());
            match known.before.triggers.get(&key) {
                Some(now) if now.disabled != *enabled => Derived::default(),
                Some(_) => {
                    let verb = if *enabled { "DISABLE TRIGGER " } else { "ENABLE TRIGGER " };
                    alter("TABLE", table, &[verb, &known.quoted(trigger)], known)
                }
                None => unknown(table),
            }
        }
        TableOption::Owner
        | TableOption::StorageParameter
        | TableOption::RowSecurity
        | TableOption::EnableTrigger { .. }
        | TableOption::ReplicaIdentity
        | TableOption::Set { .. }
        | TableOption::Convert { .. }
        | TableOption::Partitions { .. }
        | TableOption::Other { .. } => unknown(table),
        // The rows are written anew as they are.
        TableOption::Rewrite { .. } => Derived::default(),
    }
}

/// The comment there was before, or none.
pub(super) fn comment(operation: &Operation, object: &ObjectName, known: &Known<'_>) -> Derived {
    let texts = known.texts(operation);
    if !texts.is_empty() {
        return Derived::steps(texts);
    }
    let words = tokens(known.sql, known.before.dialect, usize::MAX);
    match words.iter().position(|word| word.eq_ignore_ascii_case("is")) {
        Some(end) if known.is_first(operation) && known.before.search_path == known.path => {
            Derived::lossless(sql(&[&between(known.sql, &words, 0, end), " IS NULL"]))
        }
        _ => unknown(object),
    }
}

pub(super) fn grant(operation: &Operation, known: &Known<'_>) -> Derived {
    let Operation::Grant { revoke, privileges, objects, roles } = operation else { return Derived::default() };
    if objects.is_empty() || roles.is_empty() {
        return Derived::none("Which privileges there were before is not known.");
    }
    let privileges = if privileges.is_empty() { "ALL PRIVILEGES".to_owned() } else { privileges.join(", ") };
    let objects: Vec<String> = objects.iter().map(|object| known.name(object)).collect();
    // What the objects are stands before the first of them.
    let kind = ["SEQUENCE", "FUNCTION", "SCHEMA", "TYPE", "PROCEDURE"].into_iter().find(|kind| known.says(kind));
    let (verb, preposition) = if *revoke { ("GRANT ", " TO ") } else { ("REVOKE ", " FROM ") };
    let role = |role: &String| if role.eq_ignore_ascii_case("public") { "PUBLIC".to_owned() } else { known.quoted(role) };
    let roles: Vec<String> = roles.iter().map(role).collect();
    let kind = kind.map(|kind| [kind, " "].concat()).unwrap_or_default();
    Derived::lossy(
        sql(&[verb, &privileges, " ON ", &kind, &objects.join(", "), preposition, &roles.join(", ")]),
        "A privilege that was there before this statement is not told from the new one.",
    )
}

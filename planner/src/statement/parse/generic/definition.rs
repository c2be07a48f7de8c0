//! Columns and constraints as SQLite and `MySQL` write them.

use super::index::parts;
use super::token::{Cursor, Kind};
use crate::dialect::Dialect;
use crate::statement::operation::{
    ColumnDefinition, Constraint, ConstraintKind, CreateIndex, Generated, Identity, IndexPart, Place,
};
use crate::statement::parse::type_name::{TypeName, canonical};

/// Words that end a type.
const CLAUSES: &[&str] = &[
    "constraint",
    "not",
    "null",
    "default",
    "primary",
    "unique",
    "key",
    "check",
    "references",
    "collate",
    "generated",
    "as",
    "auto_increment",
    "autoincrement",
    "comment",
    "first",
    "after",
    "on",
    "charset",
    "virtual",
    "stored",
    "persistent",
    "invisible",
    "visible",
    "storage",
    "column_format",
    "srid",
    "with",
    "without",
    "ref_system_id",
];

/// One item between the brackets of `CREATE TABLE`.
pub(super) enum Item {
    Column(ColumnDefinition, Vec<Constraint>),
    Constraint(Constraint),
    Index(CreateIndex),
}

/// A column or constraint. `None`: something else stands here.
pub(super) fn item(cursor: &mut Cursor<'_>) -> Option<Item> {
    if let Some(found) = constraint(cursor) {
        return Some(found);
    }
    let (column, constraints) = column(cursor)?;
    Some(Item::Column(column, constraints))
}

/// A column with the constraints written at it, to the end of the cursor.
pub(super) fn column(cursor: &mut Cursor<'_>) -> Option<(ColumnDefinition, Vec<Constraint>)> {
    let name = cursor.ident()?;
    let (data_type, charset) = data_type(cursor);
    let mut column = ColumnDefinition {
        name,
        nullable: !data_type.serial,
        data_type: data_type.name,
        serial: data_type.serial,
        charset,
        ..ColumnDefinition::default()
    };
    let mut constraints = Vec::new();
    while !cursor.is_done() {
        clause(cursor, &mut column, &mut constraints)?;
    }
    // Of both written at one column MariaDB keeps the primary key.
    if cursor.dialect == Dialect::MariaDb && constraints.iter().any(|own| matches!(own.kind, ConstraintKind::PrimaryKey { .. })) {
        constraints.retain(|own| !matches!(own.kind, ConstraintKind::Unique { .. }));
    }
    Some((column, constraints))
}

/// The type, and the character set written behind it.
fn data_type(cursor: &mut Cursor<'_>) -> (TypeName, Option<String>) {
    let mut written = cursor.until(|token| token.kind == Kind::Word && CLAUSES.iter().any(|word| token.is(word)));
    if cursor.dialect == Dialect::Sqlite {
        return (canonical(written.text(), Dialect::Sqlite), None);
    }
    let plain = written.until(|token| ["character", "binary", "ascii", "unicode"].iter().any(|word| token.is(word)));
    // `CHARACTER VARYING(20)` begins with the word that elsewhere begins `CHARACTER SET`.
    let text = if plain.is_done() { written.text() } else { plain.text() };
    let charset = if written.eat(&["character", "set"]) { written.string().or_else(|| written.ident()) } else { None };
    let first = text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let national = ["national", "nchar", "nvarchar"].iter().any(|word| first.eq_ignore_ascii_case(word));
    let charset = charset.or_else(|| national.then(|| "utf8mb3".to_owned()));
    (canonical(text, cursor.dialect), charset.map(|name| name.to_lowercase()))
}

/// One clause behind a column's type. `None`: it is not understood.
fn clause(cursor: &mut Cursor<'_>, column: &mut ColumnDefinition, constraints: &mut Vec<Constraint>) -> Option<()> {
    let name = if cursor.eat(&["constraint"]) { cursor.ident() } else { None };
    let own = vec![column.name.clone()];
    let mysql = cursor.dialect != Dialect::Sqlite;
    if cursor.eat(&["not", "null"]) {
        column.nullable = false;
        conflict(cursor);
    } else if cursor.eat(&["null"]) {
        column.nullable = true;
    } else if cursor.eat(&["default"]) {
        column.default = Some(expression(cursor));
    } else if cursor.eat(&["primary", "key"]) || cursor.eat(&["key"]) {
        let _ = cursor.eat(&["asc"]) || cursor.eat(&["desc"]);
        conflict(cursor);
        if cursor.dialect != Dialect::Sqlite || column.data_type.eq_ignore_ascii_case("integer") {
            column.nullable = false;
        }
        constraints.push(plain(name, ConstraintKind::PrimaryKey { columns: own }));
    } else if cursor.eat(&["unique"]) {
        cursor.eat(&["key"]);
        conflict(cursor);
        constraints.push(plain(name, ConstraintKind::Unique { columns: own, nulls_distinct: true }));
    } else if cursor.eat(&["check"]) {
        // MariaDB calls it by its column.
        let name = name.or_else(|| (cursor.dialect == Dialect::MariaDb).then(|| column.name.clone()));
        constraints.push(check(cursor, name)?);
    } else if cursor.at(&["references"]) {
        constraints.push(references(cursor, name, own)?);
    } else if cursor.eat(&["collate"]) {
        cursor.eat(&["="]);
        column.collation = cursor.string().or_else(|| cursor.ident());
    } else if mysql && (cursor.eat(&["charset"]) || cursor.eat(&["character", "set"])) {
        cursor.eat(&["="]);
        column.charset = cursor.string().or_else(|| cursor.ident()).map(|name| name.to_lowercase());
    } else if cursor.eat(&["on", "update"]) {
        column.on_update = Some(expression(cursor));
    } else if cursor.eat(&["comment"]) {
        cursor.eat(&["="]);
        column.comment = cursor.string();
    } else if cursor.eat(&["auto_increment"]) || cursor.eat(&["autoincrement"]) {
        column.identity = Some(Identity::AutoIncrement);
        column.nullable = false;
    } else if cursor.eat(&["generated", "always", "as"]) || cursor.eat(&["as"]) {
        let expression = cursor.brackets()?.text().to_owned();
        let stored = cursor.eat(&["stored"]) || cursor.eat(&["persistent"]);
        let _ = stored || cursor.eat(&["virtual"]);
        column.generated = Some(Generated { expression, stored });
    } else if cursor.eat(&["first"]) {
        column.place = Some(Place::First);
    } else if cursor.eat(&["after"]) {
        column.place = Some(Place::After(cursor.ident()?));
    } else if !skipped(cursor) {
        return None;
    }
    Some(())
}

/// Clauses that change neither type nor rows: visibility, storage.
fn skipped(cursor: &mut Cursor<'_>) -> bool {
    if cursor.eat(&["storage"]) || cursor.eat(&["column_format"]) || cursor.eat(&["srid"]) {
        return cursor.next().is_some();
    }
    ["invisible", "visible", "binary", "ascii", "unicode"].iter().any(|word| cursor.eat(&[word]))
}

fn conflict(cursor: &mut Cursor<'_>) {
    if cursor.eat(&["on", "conflict"]) {
        cursor.next();
    }
}

/// A default: a bracketed expression, a signed literal, or a name with its arguments.
fn expression(cursor: &mut Cursor<'_>) -> String {
    let start = cursor.clone();
    let _ = cursor.eat(&["-"]) || cursor.eat(&["+"]);
    if cursor.at(&["("]) {
        cursor.brackets();
    } else {
        let prefix = cursor.next().map(|token| token.text.to_ascii_lowercase());
        // `b'0'`, `x'ff'`, and a character set in front of its text.
        if prefix.is_some_and(|word| matches!(word.as_str(), "b" | "x" | "n") || word.starts_with('_')) {
            let _ = cursor.string();
        }
        if cursor.at(&["("]) {
            cursor.brackets();
        }
    }
    before(&start, cursor)
}

/// The text that `cursor` has gone over since `start`.
fn before(start: &Cursor<'_>, cursor: &Cursor<'_>) -> String {
    let gone = start.rest().len() - cursor.rest().len();
    let tokens = start.rest().get(..gone).unwrap_or_default();
    Cursor::new(start.sql, tokens, start.dialect).text().to_owned()
}

fn plain(name: Option<String>, kind: ConstraintKind) -> Constraint {
    Constraint { name, kind, validated: true, enforced: true, using_index: None, deferrable: false }
}

fn check(cursor: &mut Cursor<'_>, name: Option<String>) -> Option<Constraint> {
    let expression = cursor.brackets()?.text().to_owned();
    let mut constraint = plain(name, ConstraintKind::Check { expression });
    constraint.enforced = !cursor.eat(&["not", "enforced"]);
    cursor.eat(&["enforced"]);
    Some(constraint)
}

/// `REFERENCES parent (columns) ON DELETE …`.
fn references(cursor: &mut Cursor<'_>, name: Option<String>, columns: Vec<String>) -> Option<Constraint> {
    cursor.eat(&["references"]);
    let ref_table = cursor.object()?;
    let ref_columns = cursor.names();
    let (mut on_delete, mut on_update, mut deferrable) = (None, None, false);
    loop {
        if cursor.eat(&["on", "delete"]) {
            on_delete = Some(action(cursor)?);
        } else if cursor.eat(&["on", "update"]) {
            on_update = Some(action(cursor)?);
        } else if cursor.eat(&["match"]) {
            cursor.next();
        } else if cursor.eat(&["not", "deferrable"]) {
            deferrable = false;
        } else if cursor.eat(&["deferrable"]) {
            deferrable = true;
        } else if cursor.eat(&["initially"]) {
            cursor.next();
        } else {
            break;
        }
    }
    let kind = ConstraintKind::ForeignKey { columns, ref_table, ref_columns, on_delete, on_update };
    Some(Constraint { deferrable, ..plain(name, kind) })
}

fn action(cursor: &mut Cursor<'_>) -> Option<String> {
    for (words, name) in [
        (["set", "null"].as_slice(), "SET NULL"),
        (&["set", "default"], "SET DEFAULT"),
        (&["no", "action"], "NO ACTION"),
        (&["cascade"], "CASCADE"),
        (&["restrict"], "RESTRICT"),
    ] {
        if cursor.eat(words) {
            return Some(name.to_owned());
        }
    }
    None
}

/// A constraint or index of a table, if one stands here. The cursor stays where it is otherwise.
pub(super) fn constraint(cursor: &mut Cursor<'_>) -> Option<Item> {
    let mut ahead = cursor.clone();
    let named = ahead.eat(&["constraint"]);
    let begins = |cursor: &Cursor<'_>| ["primary", "unique", "foreign", "check"].iter().any(|word| cursor.at(&[word]));
    let mut name = if named && !begins(&ahead) { ahead.ident() } else { None };
    let found = if ahead.eat(&["primary", "key"]) {
        using(&mut ahead);
        Item::Constraint(plain(name, ConstraintKind::PrimaryKey { columns: ahead.names() }))
    } else if ahead.eat(&["unique"]) {
        let _ = ahead.eat(&["key"]) || ahead.eat(&["index"]);
        let if_not_exists = ahead.eat(&["if", "not", "exists"]);
        if !ahead.at(&["("]) && !ahead.at(&["using"]) {
            name = ahead.ident().or(name);
        }
        using(&mut ahead);
        let mut list = ahead.clone();
        if if_not_exists || parts(&mut list)?.iter().any(|part| matches!(part, IndexPart::Expression(_))) {
            return index(&mut ahead, cursor, CreateIndex { name, unique: true, if_not_exists, ..CreateIndex::default() });
        }
        Item::Constraint(plain(name, ConstraintKind::Unique { columns: ahead.names(), nulls_distinct: true }))
    } else if ahead.eat(&["foreign", "key"]) {
        ahead.eat(&["if", "not", "exists"]);
        if !ahead.at(&["("]) {
            name = name.or(ahead.ident());
        }
        let columns = ahead.names();
        Item::Constraint(references(&mut ahead, name, columns)?)
    } else if ahead.at(&["check", "("]) {
        ahead.eat(&["check"]);
        Item::Constraint(check(&mut ahead, name)?)
    } else if !named && cursor.dialect != Dialect::Sqlite {
        return mysql_index(&mut ahead, cursor);
    } else {
        return None;
    };
    conflict(&mut ahead);
    *cursor = ahead;
    Some(found)
}

fn using(cursor: &mut Cursor<'_>) -> Option<String> {
    if cursor.eat(&["using"]) { cursor.ident().map(|method| method.to_lowercase()) } else { None }
}

/// `[FULLTEXT|SPATIAL] {KEY|INDEX} [name] (…)`.
fn mysql_index<'a>(ahead: &mut Cursor<'a>, cursor: &mut Cursor<'a>) -> Option<Item> {
    let method = ["fulltext", "spatial"]
        .into_iter()
        .find(|kind| (ahead.at(&[kind, "key"]) || ahead.at(&[kind, "index"]) || ahead.at(&[kind, "("])) && ahead.eat(&[kind]));
    let mut ahead = ahead.clone();
    let keyword = ahead.eat(&["key"]) || ahead.eat(&["index"]);
    if !keyword && method.is_none() {
        return None;
    }
    let if_not_exists = ahead.eat(&["if", "not", "exists"]);
    let name = if ahead.at(&["("]) || ahead.at(&["using"]) { None } else { ahead.ident() };
    let method = using(&mut ahead).or(method.map(str::to_owned));
    index(&mut ahead, cursor, CreateIndex { name, if_not_exists, method, ..CreateIndex::default() })
}

/// The index with the columns that stand here.
fn index<'a>(ahead: &mut Cursor<'a>, cursor: &mut Cursor<'a>, index: CreateIndex) -> Option<Item> {
    let columns = parts(ahead)?;
    *cursor = ahead.clone();
    Some(Item::Index(CreateIndex { columns, ..index }))
}

//! Type names as the server writes them.
//!
//! PostgreSQL: the words of `format_type` (measured on 15, see the test table). SQLite keeps what was
//! written. `MySQL` and `MariaDB`: the words of `information_schema.columns.column_type`.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use crate::dialect::Dialect;
use crate::name::{ObjectName, fold, quote};

/// A type in the server's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeName {
    /// The canonical name: `character varying(20)`, `bigint`, `text[]`.
    pub name: String,
    /// Written as `serial` or one of its sizes: an owned sequence, a default and NOT NULL come with it.
    pub serial: bool,
}

/// Canonical form of a type as written in SQL text. Unknown types are user types: folded and quoted.
#[must_use]
pub fn canonical(written: &str, dialect: Dialect) -> TypeName {
    match dialect {
        Dialect::Postgres => postgres(written),
        Dialect::Sqlite => TypeName { name: collapse(written), serial: false },
        Dialect::MySql | Dialect::MariaDb => mysql(written),
    }
}

fn collapse(written: &str) -> String {
    written.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Word(String),
    Quoted(String),
    Mark(char),
    Modifiers(String),
}

fn pieces(written: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut chars = written.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        let mut end = at + c.len_utf8();
        let mut take = |while_true: &mut dyn FnMut(char) -> bool| {
            while let Some((next, c)) = chars.next_if(|(_, c)| while_true(*c)) {
                end = next + c.len_utf8();
            }
            written.get(at..end).unwrap_or_default().to_owned()
        };
        let piece = match c {
            '"' => {
                let mut open = true;
                // A doubled quote closes and opens again, so the state stays right.
                let text = take(&mut |c| match (c, open) {
                    ('"', true) => {
                        open = false;
                        true
                    }
                    ('"', false) => {
                        open = true;
                        true
                    }
                    (_, open) => open,
                });
                Piece::Quoted(text)
            }
            '(' => {
                let mut depth = 1_u32;
                let text = take(&mut |c| {
                    if depth == 0 {
                        return false;
                    }
                    match c {
                        '(' => depth += 1,
                        ')' => depth -= 1,
                        _ => {}
                    }
                    true
                });
                let inner = text.strip_prefix('(').map_or(text.as_str(), |t| t.strip_suffix(')').unwrap_or(t));
                Piece::Modifiers(inner.split(',').map(str::trim).collect::<Vec<_>>().join(","))
            }
            c if c.is_alphanumeric() || c == '_' => Piece::Word(take(&mut |c| c.is_alphanumeric() || c == '_' || c == '$')),
            c => Piece::Mark(c),
        };
        found.push(piece);
    }
    found
}

fn postgres(written: &str) -> TypeName {
    let pieces = pieces(written);
    let mut words: Vec<String> = Vec::new();
    let mut modifiers = None;
    let mut array = false;
    let mut quoted = false;
    let mut schema = None;
    for piece in pieces {
        match piece {
            Piece::Mark('[') => array = true,
            Piece::Mark('.') => schema = words.pop(),
            Piece::Mark(_) => {}
            Piece::Modifiers(text) => modifiers = Some(text),
            Piece::Quoted(text) => {
                quoted = true;
                words.push(fold(&text, Dialect::Postgres));
            }
            Piece::Word(text) if !quoted && text.eq_ignore_ascii_case("array") => array = true,
            Piece::Word(text) if array && text.chars().all(|c| c.is_ascii_digit()) => {}
            Piece::Word(text) => words.push(text.to_lowercase()),
        }
    }
    if words.first().is_some_and(|word| word == "setof") {
        words.remove(0);
    }
    let own = schema.as_deref().is_none_or(|schema| schema == "pg_catalog" || schema == "public");
    let schema = if own { None } else { schema };
    let phrase = words.join(" ");
    // The server's own name of an array type: `_int4`.
    if let Some(element) = phrase.strip_prefix('_').filter(|element| schema.is_none() && modifiers.is_none() && is_own(element)) {
        let element = builtin(element, None, false).map_or_else(|| element.to_owned(), |(name, _)| name);
        return TypeName { name: element + "[]", serial: false };
    }
    let known = if schema.is_some() { None } else { builtin(&phrase, modifiers.as_deref(), quoted) };
    let (mut name, serial) = known.unwrap_or_else(|| (user_type(schema.as_deref(), &phrase, modifiers.as_deref()), false));
    if array {
        name.push_str("[]");
    }
    TypeName { name, serial }
}

fn is_own(name: &str) -> bool {
    builtin(name, None, false).is_some() || user_defined(name).is_none()
}

fn user_type(schema: Option<&str>, name: &str, modifiers: Option<&str>) -> String {
    let mut text = schema.map(|schema| format!("{}.", quote(schema, Dialect::Postgres))).unwrap_or_default();
    text.push_str(&quote(name, Dialect::Postgres));
    if let Some(modifiers) = modifiers {
        text.push('(');
        text.push_str(modifiers);
        text.push(')');
    }
    text
}

/// The server's words for a built-in type, and whether it was `serial`.
fn builtin(phrase: &str, modifiers: Option<&str>, quoted: bool) -> Option<(String, bool)> {
    let with = |name: &str| match modifiers {
        Some(modifiers) => format!("{name}({modifiers})"),
        None => name.to_owned(),
    };
    // Quoted names are looked up in the catalog as they stand, where the SQL standard's words do not exist.
    if quoted {
        return match phrase {
            "char" => Some(("\"char\"".to_owned(), false)),
            "int2" | "int4" | "int8" | "float4" | "float8" | "bool" | "varchar" | "timestamptz" | "timetz" | "varbit"
            | "numeric" | "text" | "date" | "uuid" | "jsonb" | "json" | "bytea" => builtin(phrase, modifiers, false),
            "timestamp" => Some(("timestamp without time zone".to_owned(), false)),
            "time" => Some(("time without time zone".to_owned(), false)),
            _ => None,
        };
    }
    let name = match phrase {
        "int" | "int4" | "integer" => with("integer"),
        "int8" | "bigint" => with("bigint"),
        "int2" | "smallint" => with("smallint"),
        "serial" | "serial4" => return Some(("integer".to_owned(), true)),
        "bigserial" | "serial8" => return Some(("bigint".to_owned(), true)),
        "smallserial" | "serial2" => return Some(("smallint".to_owned(), true)),
        "bool" | "boolean" => with("boolean"),
        "float4" | "real" => with("real"),
        "float" => match modifiers.map(str::parse) {
            Some(Ok(1..=24)) => "real".to_owned(),
            None | Some(Ok(25..=53)) => "double precision".to_owned(),
            Some(_) => with("double precision"),
        },
        "float8" | "double precision" => with("double precision"),
        "numeric" | "decimal" | "dec" => match modifiers {
            Some(precision) if !precision.contains(',') => format!("numeric({precision},0)"),
            _ => with("numeric"),
        },
        "varchar"
        | "character varying"
        | "char varying"
        | "national character varying"
        | "national char varying"
        | "nchar varying" => with("character varying"),
        "char" | "character" | "nchar" | "national char" | "national character" => {
            format!("character({})", modifiers.unwrap_or("1"))
        }
        "bpchar" if modifiers.is_some() => with("character"),
        "bit" => format!("bit({})", modifiers.unwrap_or("1")),
        "varbit" | "bit varying" => with("bit varying"),
        "timestamptz" | "timestamp with time zone" => with("timestamp") + " with time zone",
        "timestamp" | "timestamp without time zone" => with("timestamp") + " without time zone",
        "timetz" | "time with time zone" => with("time") + " with time zone",
        "time" | "time without time zone" => with("time") + " without time zone",
        interval if interval == "interval" || interval.starts_with("interval ") => with(interval),
        _ => return None,
    };
    Some((name, false))
}

/// Without space before and inside brackets, strings apart.
fn tighten(text: &str) -> String {
    let mut tight = String::new();
    let mut in_string = false;
    for c in text.chars() {
        if c == '\'' {
            in_string = !in_string;
        }
        if !in_string && matches!(c, '(' | ')' | ',') {
            tight.truncate(tight.trim_end().len());
        }
        if in_string || c != ' ' || !tight.ends_with(['(', ',']) {
            tight.push(c);
        }
    }
    tight
}

fn mysql(written: &str) -> TypeName {
    let text = tighten(&collapse(written));
    let (head, rest) = text.split_at(text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len()));
    let (modifiers, tail) = match rest.strip_prefix('(').and_then(|inner| inner.rfind(')').map(|at| inner.split_at(at))) {
        Some((inside, after)) => (Some(inside.to_owned()), after.strip_prefix(')').unwrap_or(after).trim().to_owned()),
        None => (None, rest.trim().to_owned()),
    };
    let head = head.to_lowercase();
    let tail = tail.to_lowercase();
    // Two words for one type: the modifiers stand behind the second.
    if let Some(length) = tail.strip_prefix("varying").filter(|_| head != "bit") {
        return mysql(&format!("varchar{length}"));
    }
    if head == "national" {
        return mysql(&match &modifiers {
            Some(length) => format!("{tail}({length})"),
            None => tail,
        });
    }
    // An old spelling of the medium sizes.
    if head == "long" {
        let binary = tail.starts_with("varbinary");
        return TypeName { name: if binary { "mediumblob" } else { "mediumtext" }.to_owned(), serial: false };
    }
    if head == "serial" {
        return TypeName { name: "bigint unsigned".to_owned(), serial: true };
    }
    let name = match (head.as_str(), modifiers.as_deref()) {
        ("bool" | "boolean", _) => "tinyint(1)".to_owned(),
        // Display widths mean nothing; MySQL 8.0.19 stopped showing them, tinyint(1) apart.
        ("tinyint", Some("1")) => "tinyint(1)".to_owned(),
        ("integer" | "int" | "int4", _) => "int".to_owned(),
        ("tinyint" | "smallint" | "mediumint" | "bigint", _) => head,
        ("dec" | "decimal" | "numeric" | "fixed", modifiers) => match modifiers {
            Some(both) if both.contains(',') => format!("decimal({both})"),
            Some(precision) => format!("decimal({precision},0)"),
            None => "decimal(10,0)".to_owned(),
        },
        ("real", None) => "double".to_owned(),
        ("double", None) => "double".to_owned(),
        ("nvarchar", Some(length)) => format!("varchar({length})"),
        ("char" | "character" | "nchar", modifiers) => format!("char({})", modifiers.unwrap_or("1")),
        ("binary", modifiers) => format!("binary({})", modifiers.unwrap_or("1")),
        ("bit", modifiers) if tail.is_empty() => format!("bit({})", modifiers.unwrap_or("1")),
        // The smallest type that holds so many; a character is taken to be of four bytes.
        ("text" | "blob", Some(length)) => {
            let bytes = length.parse().unwrap_or(0_u64).saturating_mul(if head == "text" { 4 } else { 1 });
            let size = match bytes {
                1..=0xff => "tiny",
                0..=0xffff => "",
                0x1_0000..=0xff_ffff => "medium",
                _ => "long",
            };
            format!("{size}{head}")
        }
        (head, Some(modifiers)) => format!("{head}({modifiers})"),
        (head, None) => head.to_owned(),
    };
    // Of PostgreSQL, so that it can be said.
    if let Some(more) = ["[]", "varying"].iter().find(|more| tail.starts_with(**more)) {
        return TypeName { name: [&name, *more].concat(), serial: false };
    }
    let sign = if tail.contains("zerofill") {
        " unsigned zerofill"
    } else if tail.contains("unsigned") {
        " unsigned"
    } else {
        ""
    };
    // Of the display widths one is left, and only where there is a sign.
    let name = if sign.is_empty() { name } else { name.strip_suffix("int(1)").map_or(name.clone(), |size| format!("{size}int")) };
    TypeName { name: name + sign, serial: false }
}

/// A canonical name without arrays and modifiers.
pub(crate) fn base(canonical: &str) -> &str {
    let name = canonical.trim_end_matches("[]");
    name.split('(').next().unwrap_or(name).trim()
}

/// Whether a type of PostgreSQL's own begins with this word in its canonical name.
pub(crate) fn is_builtin(word: &str) -> bool {
    /// Types of `pg_catalog` that a column may have, as `format_type` writes them. Source: `pg_type` of PostgreSQL 15.
    const BUILTIN: &str = "\"char\" bigint bit boolean box bpchar bytea cid cidr circle date datemultirange daterange \
        double float gtsvector inet integer int4multirange int4range int8multirange int8range interval json jsonb jsonpath line lseg \
        macaddr macaddr8 money name numeric nummultirange numrange oid path pg_lsn pg_snapshot point polygon real refcursor \
        regclass regcollation regconfig regdictionary regnamespace regoper regoperator regproc regprocedure regrole \
        regtype smallint text tid time timestamp tsmultirange tsquery tsrange tstzmultirange tstzrange tsvector \
        txid_snapshot uuid xid xid8 xml character";
    static KNOWN: LazyLock<FxHashSet<&str>> = LazyLock::new(|| BUILTIN.split_ascii_whitespace().collect());
    KNOWN.contains(word)
}

/// The user's type in a canonical name: absent for the server's own types. Arrays and modifiers are taken off.
#[must_use]
pub fn user_defined(canonical: &str) -> Option<ObjectName> {
    /// Types of MySQL and MariaDB that are none of PostgreSQL's.
    const MYSQL: &str = "int tinyint mediumint varchar char blob longtext mediumtext tinytext datetime year decimal enum set \
        binary varbinary longblob mediumblob tinyblob";
    static OTHERS: LazyLock<FxHashSet<&str>> = LazyLock::new(|| MYSQL.split_ascii_whitespace().collect());
    let name = base(canonical);
    let first = name.split(' ').next().unwrap_or(name);
    if first.is_empty() || is_builtin(first) || OTHERS.contains(first) {
        return None;
    }
    let mut parts = Vec::new();
    for piece in pieces(name) {
        match piece {
            Piece::Word(word) => parts.push(word),
            Piece::Quoted(word) => parts.push(fold(&word, Dialect::Postgres)),
            Piece::Mark(_) | Piece::Modifiers(_) => {}
        }
    }
    let name = parts.pop()?;
    Some(ObjectName { schema: parts.pop(), name })
}

#[cfg(test)]
mod tests;

//! The queries a release sends, from the forms people have them in.
//!
//! A `.sql` file; sqlx's `query-*.json`; an export of `pg_stat_statements` as CSV or JSON; a log. Parameters may be written
//! in the spelling of any driver: they become those of the server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Release, log};
use crate::dialect::Dialect;
use crate::finding::Finding;
use crate::project::Project;
use crate::sort::Gather;
use crate::span::Span;
use crate::statement::command::Command;
use crate::statement::parse::command;
use crate::statement::split::{split, tokens};

/// A query with where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Its text, with the server's own parameters.
    pub sql: String,
    /// File.
    pub file: String,
    /// Line, from one.
    pub line: u32,
    /// What it names, or why it cannot be read.
    pub command: Result<Arc<Command>, String>,
}

/// The queries of each release, and what is wrong with where it says they are. Paths start at the folder of `releases.toml`.
#[must_use]
pub fn load(project: &Project, releases: &[Release], dialect: Dialect) -> (Vec<Vec<Query>>, Vec<Finding>) {
    let home = &super::release::home(project);
    let mut read: BTreeMap<&str, Vec<Query>> = BTreeMap::new();
    let mut findings = Vec::new();
    let mut all = Vec::new();
    for release in releases {
        let (mut queries, mut known) = (Vec::new(), BTreeSet::new());
        for written in &release.queries {
            let path = crate::project::path::join(home, written);
            let folder = format!("{}/", path.trim_end_matches('/'));
            let files = || project.files.iter().filter(|file| file.path == path || file.path.starts_with(&folder));
            let before = queries.len();
            for file in files() {
                let found = read.entry(&file.path).or_insert_with(|| of_file(&file.path, &file.content, dialect));
                queries.extend(found.iter().filter(|query| known.insert(query.sql.clone())).cloned());
            }
            if queries.len() == before && files().next().is_none() {
                findings.push(super::release::broken(
                    Some(Span::file(&format!("{home}releases.toml"))),
                    format!("Release {} has its queries in {written}, which is not there.", release.version),
                    "Name a file or folder beside releases.toml: .sql, .json, .csv or a log.",
                ));
            }
        }
        all.push(queries);
    }
    (all, findings)
}

/// Files and folders that releases name, from the folder of `releases.toml`: what has to be read besides migrations.
#[must_use]
pub fn named(project: &Project) -> Vec<String> {
    let home = super::release::home(project);
    let (releases, _) = super::release::load(project);
    let paths: BTreeSet<String> =
        releases.iter().flat_map(|release| &release.queries).map(|path| crate::project::path::join(&home, path)).gather();
    paths.into_iter().collect()
}

fn of_file(path: &str, content: &[u8], dialect: Dialect) -> Vec<Query> {
    let text = String::from_utf8_lossy(content);
    let ending = path.rsplit('.').next().unwrap_or_default().to_lowercase();
    let found = match ending.as_str() {
        "sql" => of_script(&text, dialect),
        "json" => of_json(&text),
        "csv" => of_csv(&text),
        "log" | "txt" | "out" => log::queries(&text, dialect),
        _ => Vec::new(),
    };
    let mut known = BTreeSet::new();
    let query = |(line, sql): (u32, String)| {
        let sql = parameters(&sql, dialect);
        let command = command(&sql, dialect).map(Arc::new).map_err(|error| error.message);
        Query { sql, file: path.to_owned(), line, command }
    };
    found.into_iter().filter(|(_, sql)| known.insert(sql.clone())).map(query).collect()
}

/// The statements of a script, without the comments before them.
fn of_script(text: &str, dialect: Dialect) -> Vec<(u32, String)> {
    let (pieces, _) = split(text, dialect);
    let mut found = Vec::new();
    for piece in pieces {
        let Some(sql) = text.get(piece.range.clone()) else { continue };
        let Some(first) = tokens(sql, dialect, 1).first().map(|token| offset(sql, token)) else { continue };
        let start = piece.range.start + first;
        let line = text.get(..start).unwrap_or_default().matches('\n').count() + 1;
        found.push((super::build::index(line), sql.get(first..).unwrap_or_default().to_owned()));
    }
    found
}

/// Where a part of a text begins in it.
fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

/// Every `query` of a JSON document, or of lines of them.
fn of_json(text: &str) -> Vec<(u32, String)> {
    let mut found = Vec::new();
    match serde_json::from_slice::<serde_json::Value>(text.as_bytes()) {
        Ok(value) => collect(&value, 1, &mut found),
        Err(_) => {
            for (at, line) in text.lines().enumerate() {
                if let Ok(value) = serde_json::from_slice(line.as_bytes()) {
                    collect(&value, super::build::index(at + 1), &mut found);
                }
            }
        }
    }
    found.retain(|(_, sql)| log::is_query(sql));
    found
}

fn collect(value: &serde_json::Value, line: u32, found: &mut Vec<(u32, String)>) {
    match value {
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, line, found)),
        serde_json::Value::Object(fields) => match fields.get("query").and_then(serde_json::Value::as_str) {
            Some(sql) => found.push((line, sql.to_owned())),
            None => fields.values().for_each(|item| collect(item, line, found)),
        },
        _ => {}
    }
}

/// The column `query` of a table with a header.
fn of_csv(text: &str) -> Vec<(u32, String)> {
    let first = text.lines().next().unwrap_or_default();
    let separator = ['\t', ';'].into_iter().find(|mark| first.contains(*mark) && !first.contains(',')).unwrap_or(',');
    let mut rows = csv(text, separator).into_iter();
    let header = rows.next().map(|(_, fields)| fields).unwrap_or_default();
    let Some(column) = header.iter().position(|name| name.trim().eq_ignore_ascii_case("query")) else { return Vec::new() };
    let query = |(line, fields): (u32, Vec<String>)| fields.get(column).map(|sql| (line, sql.trim().to_owned()));
    rows.filter_map(query).filter(|(_, sql)| log::is_query(sql)).collect()
}

/// Rows with the lines they begin at. A quote is doubled inside quotes.
fn csv(text: &str, separator: char) -> Vec<(u32, Vec<String>)> {
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut line, mut begun) = (false, 1, 1);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        line += u32::from(c == '\n');
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => field.extend(chars.next()),
            '"' => quoted = !quoted,
            c if quoted => field.push(c),
            '\r' => {}
            '\n' => {
                row.push(std::mem::take(&mut field));
                rows.push((begun, std::mem::take(&mut row)));
                begun = line;
            }
            c if c == separator => row.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(field);
        rows.push((begun, row));
    }
    rows
}

/// The text with the server's own parameters: those of JDBC, of ORMs and of templates are replaced in the order of the text.
#[must_use]
pub fn parameters(sql: &str, dialect: Dialect) -> String {
    // To MySQL the mark of MyBatis begins a comment.
    let plain = if dialect == Dialect::Postgres { None } else { without_marks(sql) };
    let sql = plain.as_deref().unwrap_or(sql);
    let words = tokens(sql, dialect, usize::MAX);
    let mut out = String::with_capacity(sql.len());
    let mut names: Vec<String> = Vec::new();
    let (mut from, mut before) = (0, "");
    for (at, word) in words.iter().enumerate() {
        let start = offset(sql, word);
        if start < from {
            continue;
        }
        let rest = sql.get(start..).unwrap_or_default();
        let next = words.get(at + 1).copied().unwrap_or_default();
        let held = sql.get(..start).and_then(|text| text.chars().next_back());
        if let Some((length, name)) = parameter(rest, held, before, next, dialect) {
            out.push_str(sql.get(from..start).unwrap_or_default());
            from = start + length;
            if dialect == Dialect::Postgres {
                let known = name.and_then(|name| names.iter().position(|known| known == name));
                let place = known.unwrap_or(names.len());
                if known.is_none() {
                    names.push(name.unwrap_or_default().to_owned());
                }
                out.push_str(&format!("${}", place + 1));
            } else {
                out.push('?');
            }
        }
        before = word;
    }
    out.push_str(sql.get(from..).unwrap_or_default());
    out
}

/// `#{name}` as `?`.
fn without_marks(sql: &str) -> Option<String> {
    let (first, rest) = sql.split_once("#{")?;
    let (_, behind) = rest.split_once('}')?;
    let text = format!("{first}?{behind}");
    Some(without_marks(&text).unwrap_or(text))
}

/// Length of a foreign parameter at the start of a text, and its name where it has one. `held` is the character before.
fn parameter<'a>(
    rest: &'a str,
    held: Option<char>,
    before: &str,
    next: &str,
    dialect: Dialect,
) -> Option<(usize, Option<&'a str>)> {
    let named = |skip: usize, end: &str| {
        let name = rest.get(skip..)?;
        let length = name.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.'))).unwrap_or(name.len());
        let closes = name.get(length..).is_some_and(|tail| tail.starts_with(end));
        let word = name.get(..length).filter(|name| name.starts_with(|c: char| c.is_alphabetic() || c == '_'))?;
        closes.then_some((skip + length + end.len(), Some(word)))
    };
    let touches = held.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | ')' | ']' | ':' | '@'));
    match rest.chars().next()? {
        '#' if rest.starts_with("#{") => named(2, "}"),
        '%' if rest.starts_with("%(") => named(2, ")s"),
        '%' if rest.starts_with("%s") => Some((2, None)),
        ':' if dialect == Dialect::Postgres && !touches && !rest.starts_with("::") && !rest.starts_with(":=") => named(1, ""),
        '@' if dialect == Dialect::Postgres && !touches => named(1, ""),
        // In PostgreSQL it is an operator of jsonb, too.
        '?' if dialect == Dialect::Postgres && !rest.starts_with("?|") && !rest.starts_with("?&") => {
            let opens = before.is_empty() || before.chars().all(|c| "=<>(,+-*/|~".contains(c)) || is_keyword(before);
            let ends = next.is_empty() || matches!(next, ")" | "," | ";") || is_keyword(next);
            (opens || ends).then_some((1, None))
        }
        _ => None,
    }
}

fn is_keyword(word: &str) -> bool {
    const WORDS: [&str; 24] = [
        "like", "ilike", "limit", "offset", "values", "and", "or", "between", "when", "then", "else", "set", "any", "interval",
        "select", "not", "in", "on", "by", "where", "from", "order", "group", "end",
    ];
    WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_other_drivers_become_the_servers_own() {
        let postgres = |sql: &str| parameters(sql, Dialect::Postgres);
        assert_eq!(
            postgres("SELECT a::text FROM t WHERE b = ? AND c LIKE ?"),
            "SELECT a::text FROM t WHERE b = $1 AND c LIKE $2"
        );
        assert_eq!(postgres("SELECT ':x' FROM t WHERE b = :id AND c = :id"), "SELECT ':x' FROM t WHERE b = $1 AND c = $1");
        assert_eq!(postgres("SELECT d ? 'key' FROM t"), "SELECT d ? 'key' FROM t");
        assert_eq!(postgres("VALUES (%(a)s, %s, #{b.c})"), "VALUES ($1, $2, $3)");
        assert_eq!(parameters("SELECT 1 FROM t WHERE a = #{x}", Dialect::MySql), "SELECT 1 FROM t WHERE a = ?");
    }

    #[test]
    fn a_quoted_field_holds_separators_and_lines() {
        let text = "calls,query\n3,\"SELECT a,\n\"\"b\"\" FROM t\"\n4,BEGIN\n5,SELECT 2\n";
        assert_eq!(of_csv(text), [(2, "SELECT a,\n\"b\" FROM t".to_owned()), (5, "SELECT 2".to_owned())]);
    }
}

//! Where the rows of a change come from, read from the text: `INSERT … SELECT` over one table, and the loop body
//! `WHERE id IN (SELECT id FROM … LIMIT n)`.
//!
//! Token by token and on every product alike. What is not exactly of these forms is left alone.

use std::ops::Range;

use crate::catalog::expression::{calls, token_ranges};
use crate::dialect::Dialect;
use crate::name::{ObjectName, fold};
use crate::statement::operation::DataChange;
use crate::statement::words::is_aggregate;

/// An `INSERT … SELECT` whose rows each come from one row of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowSource {
    /// The table that is read.
    pub table: ObjectName,
    /// What its rows are called in the query.
    pub called: String,
    /// The text up to the end of `FROM`.
    pub head: String,
    /// `WHERE` as written, without `WHERE`.
    pub predicate: Option<String>,
    /// The text behind the query: `ON CONFLICT …`.
    pub tail: String,
}

/// Words that make the result of a query depend on more than one row.
const MANY: &[&str] = &[
    "distinct",
    "join",
    "group",
    "having",
    "order",
    "limit",
    "offset",
    "fetch",
    "union",
    "intersect",
    "except",
    "window",
    "over",
    "for",
    "returning",
    "lateral",
    "with",
    "into",
    "tablesample",
    "only",
];

/// Reads an `INSERT … SELECT`; an error says why its rows cannot be told apart.
///
/// # Errors
/// A reason as the rest of a sentence.
pub fn insert_select(sql: &str, dialect: Dialect) -> Result<RowSource, String> {
    let text = Text::read(sql).ok_or("its text is not read")?;
    if !text.is(0, "insert") || !text.is(1, "into") {
        return Err("it does not begin with INSERT INTO".to_owned());
    }
    let select = text.find(2, "select").ok_or("it has no SELECT of its own")?;
    let from = text.find(select, "from").ok_or("its SELECT has no FROM")?;
    if let Some(word) = (select + 1..text.len()).find_map(|at| text.one_of(at, MANY)) {
        return Err(format!("its SELECT has {}", word.to_ascii_uppercase()));
    }
    let projection = text.between(select + 1, from);
    if let Some(call) = calls(projection, dialect).into_iter().find(|call| is_aggregate(call)) {
        return Err(format!("its SELECT has {call}()"));
    }
    if projection.to_ascii_lowercase().contains("select") {
        return Err("it has a subquery".to_owned());
    }
    let (table, mut at) = text.object(from + 1, dialect).ok_or("its FROM names no table")?;
    let mut called = table.name.clone();
    let ends = ["where", "on"];
    if text.is(at, "as") {
        at += 1;
    }
    if at < text.len() && text.one_of(at, &ends).is_none() {
        called = text.name(at, dialect).ok_or("it joins other tables")?;
        at += 1;
    }
    let tail = text.find(at, "on").unwrap_or(text.len());
    let predicate = match text.is(at, "where") {
        true => Some(text.between(at + 1, tail).trim().to_owned()),
        false if at == tail => None,
        false => return Err("it joins other tables".to_owned()),
    };
    if predicate.as_ref().is_some_and(|predicate| predicate.to_ascii_lowercase().contains("select")) {
        return Err("it has a subquery".to_owned());
    }
    Ok(RowSource {
        table,
        called,
        head: text.between(0, at).trim_end().to_owned(),
        predicate,
        tail: text.between(tail, text.len()).to_owned(),
    })
}

/// The condition inside `key IN (SELECT key FROM the same table WHERE … LIMIT n)`; `None`: it is another form.
#[must_use]
pub fn limited(change: &DataChange, dialect: Dialect) -> Option<String> {
    let predicate = change.predicate.as_deref()?;
    let text = Text::read(predicate)?;
    let key = text.name(0, dialect)?;
    let select = text.is(1, "in") && text.sign(2, "(") && text.is(3, "select");
    if !select || text.name(4, dialect)? != key || !text.is(5, "from") || !text.sign(text.len() - 1, ")") {
        return None;
    }
    let (table, mut at) = text.object(6, dialect)?;
    if table.name != change.table.name || text.find_anywhere(4, "select").is_some() {
        return None;
    }
    if !text.is(at, "where") {
        return None;
    }
    at += 1;
    let end = (at..text.len()).find(|at| text.one_of(*at, &["order", "limit", "fetch", "for"]).is_some())?;
    text.find_anywhere(end, "limit").or_else(|| text.find_anywhere(end, "fetch"))?;
    let inner = text.between(at, end).trim();
    // The parser has judged the functions of the whole only as far as the subquery.
    calls(inner, dialect).is_empty().then(|| inner.to_owned())
}

/// A text and its tokens.
struct Text<'a> {
    sql: &'a str,
    tokens: Vec<Range<usize>>,
}

impl<'a> Text<'a> {
    /// `None` where comments in the middle, dollar quotes or backslashes would need a real lexer.
    fn read(sql: &'a str) -> Option<Self> {
        let sql = crate::rule::directive::without_leading_comments(sql).trim_end().trim_end_matches(';');
        if sql.contains(['$', '\\', '#']) || sql.contains("/*") || sql.contains("--") {
            return None;
        }
        Some(Self { sql, tokens: token_ranges(sql) })
    }

    fn len(&self) -> usize {
        self.tokens.len()
    }

    fn token(&self, at: usize) -> &'a str {
        self.tokens.get(at).and_then(|range| self.sql.get(range.clone())).unwrap_or_default()
    }

    fn is(&self, at: usize, word: &str) -> bool {
        self.token(at).eq_ignore_ascii_case(word)
    }

    fn sign(&self, at: usize, sign: &str) -> bool {
        self.token(at) == sign
    }

    fn one_of(&self, at: usize, words: &[&'static str]) -> Option<&'static str> {
        words.iter().copied().find(|word| self.is(at, word))
    }

    /// The first place of a word outside of parentheses, from a place on.
    fn find(&self, from: usize, word: &str) -> Option<usize> {
        let mut depth = 0_i32;
        (from..self.len()).find(|at| {
            match self.token(*at) {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            depth == 0 && self.is(*at, word)
        })
    }

    fn find_anywhere(&self, from: usize, word: &str) -> Option<usize> {
        (from..self.len()).find(|at| self.is(*at, word))
    }

    /// The text from one token up to another.
    fn between(&self, from: usize, to: usize) -> &'a str {
        let start = |at: usize| self.tokens.get(at).map_or(self.sql.len(), |range| range.start);
        self.sql.get(start(from)..start(to)).unwrap_or_default()
    }

    fn name(&self, at: usize, dialect: Dialect) -> Option<String> {
        let token = self.token(at);
        let first = token.chars().next()?;
        (first.is_alphabetic() || matches!(first, '_' | '"' | '`')).then(|| fold(token, dialect))
    }

    /// `name` or `schema.name`, and the place behind it.
    fn object(&self, at: usize, dialect: Dialect) -> Option<(ObjectName, usize)> {
        let first = self.name(at, dialect)?;
        if !self.sign(at + 1, ".") {
            return Some((ObjectName::bare(first), at + 1));
        }
        Some((ObjectName::qualified(first, self.name(at + 2, dialect)?), at + 3))
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn an_insert_from_one_table_is_taken_apart() {
        let read = |sql| insert_select(sql, Dialect::Postgres);
        let source =
            read("INSERT INTO log (id, t) SELECT u.id, lower(u.name) FROM app.users AS u WHERE u.ok ON CONFLICT DO NOTHING;")
                .expect("it is one");
        assert_eq!(source.table, ObjectName::qualified("app", "users"));
        assert_eq!(source.called, "u");
        assert_eq!(source.head, "INSERT INTO log (id, t) SELECT u.id, lower(u.name) FROM app.users AS u");
        assert_eq!(source.predicate.as_deref(), Some("u.ok"));
        assert_eq!(source.tail, "ON CONFLICT DO NOTHING");
        let source = read("insert into log select id from users").expect("it is one");
        assert_eq!((source.called.as_str(), source.predicate, source.tail.as_str()), ("users", None, ""));
    }

    #[test]
    fn what_needs_more_than_one_row_is_left_whole() {
        for sql in [
            "INSERT INTO a SELECT count(*) FROM b",
            "INSERT INTO a SELECT b.id FROM b JOIN c ON c.id = b.id",
            "INSERT INTO a SELECT b.id FROM b, c",
            "INSERT INTO a SELECT DISTINCT id FROM b",
            "INSERT INTO a SELECT id FROM b ORDER BY id LIMIT 5",
            "INSERT INTO a SELECT id FROM b UNION SELECT id FROM c",
            "INSERT INTO a SELECT id FROM b WHERE id IN (SELECT id FROM c)",
            "INSERT INTO a SELECT (SELECT max(id) FROM c) FROM b",
            "INSERT INTO a VALUES (1)",
            "INSERT INTO a SELECT id FROM (SELECT 1 AS id) b",
            "INSERT INTO a SELECT id FROM generate_series(1, 5) g",
            "REPLACE INTO a SELECT id FROM b",
            "INSERT IGNORE INTO a SELECT id FROM b",
        ] {
            assert!(insert_select(sql, Dialect::MySql).is_err(), "{sql}");
        }
    }

    #[test]
    fn the_body_of_a_loop_is_known() {
        let of = |predicate: &str| {
            let table = ObjectName::bare("users");
            let change = DataChange { table, predicate: Some(predicate.to_owned()), ..DataChange::default() };
            limited(&change, Dialect::Postgres)
        };
        let plain = "id IN (SELECT id FROM users WHERE status = 'pending' LIMIT 1000)";
        assert_eq!(of(plain).as_deref(), Some("status = 'pending'"));
        let locked = "id in (select id from users where a = 1 and b = 2 order by id limit 10 for update skip locked)";
        assert_eq!(of(locked).as_deref(), Some("a = 1 and b = 2"));
        for other in [
            "id IN (SELECT id FROM users WHERE status = 'pending')",
            "id IN (SELECT id FROM others WHERE status = 'pending' LIMIT 5)",
            "id IN (SELECT user_id FROM users WHERE status = 'pending' LIMIT 5)",
            "id IN (SELECT id FROM users WHERE x IN (SELECT 1) LIMIT 5)",
            "id IN (SELECT id FROM users WHERE random() < 1 LIMIT 5)",
            "id IN (SELECT id FROM users WHERE a = 1 LIMIT 5) AND b",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}

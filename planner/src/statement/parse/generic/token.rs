//! Tokens of SQLite and `MySQL` text, and a cursor over them. Texts are slices of what was written.

use crate::dialect::Dialect;
use crate::name::{ObjectName, fold};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword or a name without quotes.
    Word,
    /// A quoted name.
    Quoted,
    /// A string.
    Text,
    /// A number.
    Number,
    /// A single mark.
    Mark,
}

/// One token with its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    pub(super) start: usize,
}

impl Token<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// The keyword or mark, whatever its case.
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Mark) && self.text.eq_ignore_ascii_case(word)
    }

    fn is_name(&self, dialect: Dialect) -> bool {
        matches!(self.kind, Kind::Word | Kind::Quoted) || (self.kind == Kind::Text && dialect == Dialect::Sqlite)
    }
}

/// Cuts a statement. Comments are left out, but the text inside `MySQL`'s `/*! … */` is read, as the server does.
pub(super) fn tokens(sql: &str, dialect: Dialect) -> Vec<Token<'_>> {
    let mysql = dialect != Dialect::Sqlite;
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = sql.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(first) = rest.chars().next() else { break };
        if let Some(length) = blank(rest, first, dialect) {
            at += length.max(1);
            continue;
        }
        let (kind, length) = match first {
            '\'' => (Kind::Text, quoted(rest, '\'', mysql)),
            '"' if mysql => (Kind::Text, quoted(rest, '"', true)),
            '"' | '`' => (Kind::Quoted, quoted(rest, first, false)),
            '[' if !mysql => (Kind::Quoted, rest.find(']').map_or(rest.len(), |end| end + 1)),
            c if c.is_ascii_digit() => (Kind::Number, run(rest, |c| c.is_alphanumeric() || c == '.' || c == '_')),
            c if c.is_alphabetic() || c == '_' || c == '@' || c == '$' => {
                (Kind::Word, run(rest, |c| c.is_alphanumeric() || matches!(c, '_' | '$' | '@')))
            }
            c => (Kind::Mark, c.len_utf8()),
        };
        found.push(Token { kind, text: rest.get(..length).unwrap_or(rest), start: at });
        at += length.max(1);
    }
    found
}

/// Length of the space or comment that begins here.
fn blank(rest: &str, first: char, dialect: Dialect) -> Option<usize> {
    let mysql = dialect != Dialect::Sqlite;
    let line = |rest: &str| rest.find('\n').map_or(rest.len(), |end| end + 1);
    match first {
        c if c.is_whitespace() => Some(c.len_utf8()),
        '#' if mysql => Some(line(rest)),
        '-' if rest.starts_with("--") => Some(line(rest)),
        '/' if dialect.executes_comment(rest.as_bytes()) => {
            let mark = if rest.starts_with("/*!") { 3 } else { 4 };
            Some(mark + rest.get(mark..).map_or(0, |version| run(version, |c| c.is_ascii_digit())))
        }
        '*' if mysql && rest.starts_with("*/") => Some(2),
        '/' if rest.starts_with("/*") => Some(rest.find("*/").map_or(rest.len(), |end| end + 2)),
        _ => None,
    }
}

fn run(rest: &str, inside: impl Fn(char) -> bool) -> usize {
    rest.find(|c| !inside(c)).unwrap_or(rest.len())
}

/// Length of a quoted token; a doubled quote stands for itself, and a backslash escapes in `MySQL` strings.
fn quoted(rest: &str, quote: char, escapes: bool) -> usize {
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && escapes {
            chars.next();
        } else if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return at + c.len_utf8();
        }
    }
    rest.len()
}

/// A place in a list of tokens.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    pub(super) sql: &'a str,
    pub(super) dialect: Dialect,
    tokens: &'a [Token<'a>],
}

impl<'a> Cursor<'a> {
    pub(super) fn new(sql: &'a str, tokens: &'a [Token<'a>], dialect: Dialect) -> Self {
        Self { sql, dialect, tokens }
    }

    /// The tokens from here on.
    pub(super) fn rest(&self) -> &'a [Token<'a>] {
        self.tokens
    }

    pub(super) fn peek(&self) -> Option<&'a Token<'a>> {
        self.tokens.first()
    }

    pub(super) fn is_done(&self) -> bool {
        self.tokens.is_empty()
    }

    pub(super) fn next(&mut self) -> Option<&'a Token<'a>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    /// Whether these words stand here.
    pub(super) fn at(&self, words: &[&str]) -> bool {
        self.tokens.len() >= words.len() && words.iter().zip(self.tokens).all(|(word, token)| token.is(word))
    }

    /// Steps over these words if they stand here.
    pub(super) fn eat(&mut self, words: &[&str]) -> bool {
        let found = self.at(words);
        if found {
            self.tokens = self.tokens.get(words.len()..).unwrap_or_default();
        }
        found
    }

    /// A name, folded.
    pub(super) fn ident(&mut self) -> Option<String> {
        let token = self.peek().filter(|token| token.is_name(self.dialect))?;
        self.next();
        Some(match token.kind {
            Kind::Text => token.text.trim_matches('\'').to_owned(),
            _ => fold(token.text, self.dialect),
        })
    }

    /// A name that may have a schema. SQLite's `main` is the one database there is.
    pub(super) fn object(&mut self) -> Option<ObjectName> {
        let first = self.ident()?;
        if !self.eat(&["."]) {
            return Some(ObjectName::bare(first));
        }
        let name = self.ident()?;
        let own = self.dialect == Dialect::Sqlite && first.eq_ignore_ascii_case("main");
        Some(ObjectName { schema: if own { None } else { Some(first) }, name })
    }

    /// A cursor over what stands between the brackets that open here; this one goes behind them.
    pub(super) fn brackets(&mut self) -> Option<Self> {
        if !self.at(&["("]) {
            return None;
        }
        let mut depth = 0_usize;
        let end = self.tokens.iter().position(|token| {
            match token.text {
                "(" if token.kind == Kind::Mark => depth += 1,
                ")" if token.kind == Kind::Mark => depth -= 1,
                _ => {}
            }
            depth == 0
        })?;
        let inner = self.tokens.get(1..end)?;
        self.tokens = self.tokens.get(end + 1..)?;
        Some(Self { sql: self.sql, dialect: self.dialect, tokens: inner })
    }

    /// The parts between commas that stand in no brackets.
    pub(super) fn split(&self) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut rest = self.clone();
        while !rest.is_done() {
            let part = rest.until(|token| token.is(","));
            rest.next();
            parts.push(part);
        }
        parts
    }

    /// What stands before the first token outside brackets for which `stop` holds; this cursor goes there.
    pub(super) fn until(&mut self, stop: impl Fn(&Token<'_>) -> bool) -> Self {
        let mut depth = 0_usize;
        let end = self.tokens.iter().position(|token| {
            if depth == 0 && stop(token) {
                return true;
            }
            match token.text {
                "(" if token.kind == Kind::Mark => depth += 1,
                ")" if token.kind == Kind::Mark => depth = depth.saturating_sub(1),
                _ => {}
            }
            false
        });
        let (before, after) = self.tokens.split_at(end.unwrap_or(self.tokens.len()));
        self.tokens = after;
        Self { sql: self.sql, dialect: self.dialect, tokens: before }
    }

    /// The text from here to the end, as written.
    pub(super) fn text(&self) -> &'a str {
        match (self.tokens.first(), self.tokens.last()) {
            (Some(first), Some(last)) => self.sql.get(first.start..last.end()).unwrap_or_default(),
            _ => "",
        }
    }

    /// The names in a bracketed list; lengths and sort orders behind them are left out.
    pub(super) fn names(&mut self) -> Vec<String> {
        let parts = self.brackets().map(|list| list.split()).unwrap_or_default();
        parts.into_iter().filter_map(|mut part| part.ident()).collect()
    }

    /// The value of a string.
    pub(super) fn string(&mut self) -> Option<String> {
        let token = self.peek().filter(|token| token.kind == Kind::Text)?;
        self.next();
        let inner = token.text.get(1..token.text.len().saturating_sub(1)).unwrap_or_default();
        let quote = if token.text.starts_with('"') { "\"" } else { "'" };
        let text = inner.replace(&quote.repeat(2), quote);
        Some(if self.dialect == Dialect::Sqlite || !text.contains('\\') { text } else { unescaped(&text) })
    }
}

/// A string of MySQL's without its backslashes (MySQL 8.4 manual 9.1.1). Two quotes that were one stay one.
fn unescaped(text: &str) -> String {
    let mut found = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        let escaped = if letter == '\\' { letters.next() } else { None };
        found.push(match escaped {
            Some('n') => '\n',
            Some('t') => '\t',
            Some('r') => '\r',
            Some('0') => '\0',
            Some(other) => other,
            None => letter,
        });
    }
    found
}

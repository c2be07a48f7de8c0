//! Tokens of SQL text as the servers' lexers see them, as far as cutting needs them.
//!
//! Sources: PostgreSQL `src/backend/parser/scan.l`; `MySQL` 8.0 manual 9.1.1 and 9.7; SQLite `tokenize.c`.

use super::SplitError;
use crate::dialect::Dialect;

/// What stands at a place of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// White space.
    Space,
    /// A comment the server ignores.
    Comment,
    /// A string or quoted identifier.
    Quoted,
    /// An identifier, keyword or number.
    Word,
    /// `/*!50003` of MySQL: what follows is code.
    OpenVersionComment,
    /// The `*/` of such a comment.
    CloseVersionComment,
    /// Any other byte.
    Symbol(u8),
}

/// White space of the servers' lexers.
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

const fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

const fn is_word(byte: u8) -> bool {
    is_word_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

/// Reads tokens of one text.
pub(super) struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    dialect: Dialect,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(text: &'a str, dialect: Dialect) -> Self {
        Self { text, bytes: text.as_bytes(), dialect }
    }

    const fn is_mysql(&self) -> bool {
        matches!(self.dialect, Dialect::MySql | Dialect::MariaDb)
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// First place at or behind `from` where `test` holds, else the end of the text.
    fn find(&self, from: usize, test: impl Fn(u8) -> bool) -> usize {
        let rest = self.bytes.get(from..).unwrap_or(&[]);
        rest.iter().position(|byte| test(*byte)).map_or(self.bytes.len(), |at| from + at)
    }

    /// The token at `at` and the offset behind it. `in_version_comment`: inside MySQL's `/*! */`;
    /// `fresh_line`: nothing of the statement stands before `at` on its line.
    pub(super) fn token(&self, at: usize, in_version_comment: bool, fresh_line: bool) -> Result<(Token, usize), SplitError> {
        let byte = self.byte(at);
        let next = self.byte(at + 1);
        match byte {
            _ if is_space(byte) => Ok((Token::Space, self.find(at, |byte| !is_space(byte)))),
            b'-' if next == b'-' && self.dash_comment(at, fresh_line) => Ok((Token::Comment, self.line_end(at))),
            b'#' if self.is_mysql() => Ok((Token::Comment, self.line_end(at))),
            b'/' if next == b'*' => self.block_comment(at),
            b'*' if next == b'/' && in_version_comment => Ok((Token::CloseVersionComment, at + 2)),
            b'\'' => self.quoted(at, at, self.is_mysql()),
            b'"' => self.quoted(at, at, self.is_mysql()),
            b'`' if self.dialect != Dialect::Postgres => self.quoted(at, at, false),
            b'[' if self.dialect == Dialect::Sqlite => self.bracketed(at),
            b'$' if self.dialect == Dialect::Postgres => self.dollar(at),
            _ if is_word_start(byte) => self.word(at),
            _ if byte.is_ascii_digit() => Ok((Token::Word, self.find(at, |byte| !is_word(byte)))),
            _ => Ok((Token::Symbol(byte), at + 1)),
        }
    }

    /// MySQL wants white space behind `--`. Where nothing of a statement stands before it, it is taken as a
    /// comment even without, as Flyway does: in the middle of a line (`5--1`) it is two operators.
    fn dash_comment(&self, at: usize, fresh_line: bool) -> bool {
        !self.is_mysql() || fresh_line || at + 2 >= self.bytes.len() || self.byte(at + 2) <= b' '
    }

    /// End of a line comment: PostgreSQL also ends it at a lone `\r`.
    fn line_end(&self, at: usize) -> usize {
        let postgres = self.dialect == Dialect::Postgres;
        self.find(at, |byte| byte == b'\n' || (postgres && byte == b'\r'))
    }

    fn block_comment(&self, at: usize) -> Result<(Token, usize), SplitError> {
        if self.dialect.executes_comment(self.bytes.get(at..).unwrap_or_default()) {
            let digits = at + if self.byte(at + 2) == b'!' { 3 } else { 4 };
            return Ok((Token::OpenVersionComment, self.find(digits, |byte| !byte.is_ascii_digit())));
        }
        let mut depth = 1_usize;
        let mut here = at + 2;
        while here < self.bytes.len() {
            match (self.byte(here), self.byte(here + 1)) {
                (b'*', b'/') => {
                    depth -= 1;
                    here += 2;
                    if depth == 0 {
                        return Ok((Token::Comment, here));
                    }
                }
                (b'/', b'*') if self.dialect == Dialect::Postgres => {
                    depth += 1;
                    here += 2;
                }
                _ => here += 1,
            }
        }
        let nested = if depth > 1 { " (PostgreSQL comments nest)" } else { "" };
        Err(SplitError::new(
            "unterminated-comment",
            at,
            format!("unterminated comment{nested}"),
            "Close the comment with */ where it ends.",
        ))
    }

    /// A token in quotes whose first quote stands at `quote`; `opens` is where errors point.
    fn quoted(&self, opens: usize, quote: usize, backslash: bool) -> Result<(Token, usize), SplitError> {
        let mark = self.byte(quote);
        let mut here = quote + 1;
        loop {
            here = self.find(here, |byte| byte == mark || (backslash && byte == b'\\'));
            if here >= self.bytes.len() {
                return Err(unterminated_quote(opens, mark));
            }
            // A backslash takes the next byte with it; a doubled quote stands for one.
            if self.byte(here) != mark || self.byte(here + 1) == mark {
                here += 2;
            } else {
                return Ok((Token::Quoted, here + 1));
            }
        }
    }

    fn bracketed(&self, at: usize) -> Result<(Token, usize), SplitError> {
        let end = self.find(at, |byte| byte == b']');
        if end < self.bytes.len() { Ok((Token::Quoted, end + 1)) } else { Err(unterminated_quote(at, b'[')) }
    }

    /// `$tag$ … $tag$`, or the `$` of a parameter.
    fn dollar(&self, at: usize) -> Result<(Token, usize), SplitError> {
        let tag_end = self.find(at + 1, |byte| !(is_word_start(byte) || byte.is_ascii_digit()));
        if self.byte(tag_end) != b'$' || tag_end >= self.bytes.len() || self.byte(at + 1).is_ascii_digit() {
            let end = self.find(at + 1, |byte| !byte.is_ascii_digit());
            return Ok((Token::Symbol(b'$'), end));
        }
        let tag = self.text.get(at..=tag_end).unwrap_or("$$");
        let body = self.text.get(tag_end + 1..).unwrap_or("");
        match body.find(tag) {
            Some(length) => Ok((Token::Quoted, tag_end + 1 + length + tag.len())),
            None => Err(SplitError::new(
                "unterminated-dollar-quote",
                at,
                format!("unterminated dollar quote {tag}"),
                format!("Close the body with {tag}, spelled exactly as where it opens."),
            )),
        }
    }

    /// An identifier, or a string with the escape prefix `E`.
    fn word(&self, at: usize) -> Result<(Token, usize), SplitError> {
        let end = self.find(at, |byte| !is_word(byte));
        let escapes = end == at + 1 && matches!(self.byte(at), b'e' | b'E') && self.dialect == Dialect::Postgres;
        if !(escapes && self.byte(end) == b'\'') {
            return Ok((Token::Word, end));
        }
        let (mut token, mut here) = self.quoted(at, end, true)?;
        // 'a' <newline> 'b' is one string, and the second part keeps the escapes of the first.
        while let Some(quote) = self.continued(here) {
            (token, here) = self.quoted(at, quote, true)?;
        }
        Ok((token, here))
    }

    /// The quote that continues the string ending at `end`, if white space with a line end stands between.
    fn continued(&self, end: usize) -> Option<usize> {
        let quote = self.find(end, |byte| !is_space(byte));
        let between = self.bytes.get(end..quote).unwrap_or(&[]);
        let newline = between.iter().any(|byte| matches!(byte, b'\n' | b'\r'));
        (newline && self.byte(quote) == b'\'').then_some(quote)
    }
}

fn unterminated_quote(at: usize, mark: u8) -> SplitError {
    let mark = char::from(mark);
    let cure = match mark {
        '[' => "Close the name with ].".to_owned(),
        _ => format!("Close it with {mark}, and write a {mark} inside it as {mark}{mark}."),
    };
    SplitError::new("unterminated-quote", at, format!("unterminated quote {mark}"), cure)
}

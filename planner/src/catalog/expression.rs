//! Names inside an SQL expression, without parsing it: which columns it mentions, which functions it
//! calls, and the same text after a rename.
//!
//! A token scan is enough: literals, comments, type names behind `::` and numbers are stepped over. A
//! column that is called like a word of the grammar is the one thing it cannot tell apart; it then
//! says "mentioned", which errs towards more work, never towards less.

use std::ops::Range;

use crate::dialect::Dialect;
use crate::name::{fold, quote};

/// One identifier of an expression.
struct Word {
    range: Range<usize>,
    name: String,
    quoted: bool,
    /// Followed by `(`.
    called: bool,
    /// Stands behind `::`: a type.
    typed: bool,
    /// Followed by `.`: a table or schema.
    qualifier: bool,
}

/// Whether `expression` uses a column of that name.
#[must_use]
pub fn mentions(expression: &str, column: &str, dialect: Dialect) -> bool {
    words(expression, dialect).iter().any(|word| is_column(word) && same(&word.name, column, dialect))
}

/// Functions the expression calls, folded, in order; the SQL words that are functions without
/// parentheses (`CURRENT_TIMESTAMP` …) are left out: none of them is volatile.
#[must_use]
pub fn calls(expression: &str, dialect: Dialect) -> Vec<String> {
    let words = words(expression, dialect);
    words.into_iter().filter(|word| word.called && !word.typed).map(|word| word.name).collect()
}

/// The expression after a column was renamed.
#[must_use]
pub fn rename(expression: &str, from: &str, to: &str, dialect: Dialect) -> String {
    replaced(expression, to, dialect, |word| is_column(word) && same(&word.name, from, dialect))
}

/// The expression after a function was renamed.
#[must_use]
pub fn rename_function(expression: &str, from: &str, to: &str, dialect: Dialect) -> String {
    replaced(expression, to, dialect, |word| word.called && !word.typed && same(&word.name, from, dialect))
}

fn replaced(expression: &str, to: &str, dialect: Dialect, goes: impl Fn(&Word) -> bool) -> String {
    let mut text = String::with_capacity(expression.len());
    let mut done = 0;
    for word in words(expression, dialect).iter().filter(|word| goes(word)) {
        text.push_str(expression.get(done..word.range.start).unwrap_or_default());
        text.push_str(&quote(to, dialect));
        done = word.range.end;
    }
    text.push_str(expression.get(done..).unwrap_or_default());
    text
}

/// The tokens of an expression without blanks and comments; signs stand alone (`<>` is two).
#[must_use]
pub fn tokens(text: &str) -> Vec<&str> {
    token_ranges(text).into_iter().filter_map(|range| text.get(range)).collect()
}

/// Where the [`tokens`] stand.
#[must_use]
pub fn token_ranges(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let end = token_end(bytes, at);
        let token = text.get(at..end).unwrap_or_default();
        let comment = token.starts_with("--") && token.len() > 1;
        if !comment && !token.trim().is_empty() {
            found.push(at..end);
        }
        at = end;
    }
    found
}

fn is_column(word: &Word) -> bool {
    !word.called && !word.typed && !word.qualifier
}

fn same(a: &str, b: &str, dialect: Dialect) -> bool {
    if dialect == Dialect::Postgres { a == b } else { a.eq_ignore_ascii_case(b) }
}

fn words(text: &str, dialect: Dialect) -> Vec<Word> {
    let bytes = text.as_bytes();
    let mut found: Vec<Word> = Vec::new();
    let mut at = 0;
    let mut typed = false;
    while let Some(&byte) = bytes.get(at) {
        let end = token_end(bytes, at);
        match byte {
            b'"' | b'`' | b'[' if is_quote(byte, dialect) => push(&mut found, text, at..end, typed, true, dialect),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => {
                // E'…', B'…', X'…' and N'…' are literals.
                if end == at + 1 && bytes.get(end) == Some(&b'\'') {
                    at = token_end(bytes, end);
                    continue;
                }
                push(&mut found, text, at..end, typed, false, dialect);
            }
            b'(' => mark_last(&mut found, text, at, |word| word.called = true),
            b'.' => mark_last(&mut found, text, at, |word| word.qualifier = true),
            _ => {}
        }
        typed = byte == b':' && bytes.get(at..at + 2) == Some(b"::") || (typed && byte.is_ascii_whitespace());
        at = if byte == b':' && typed { at + 2 } else { end };
    }
    found
}

fn push(found: &mut Vec<Word>, text: &str, range: Range<usize>, typed: bool, quoted: bool, dialect: Dialect) {
    let name = fold(text.get(range.clone()).unwrap_or_default(), dialect);
    found.push(Word { range, name, quoted, called: false, typed, qualifier: false });
}

/// Marks the word that ends where only blanks stand before `at`; `IN (`, `AND (` are no calls.
fn mark_last(found: &mut [Word], text: &str, at: usize, mark: impl FnOnce(&mut Word)) {
    const NO_FUNCTIONS: &[&str] = &[
        "in", "and", "or", "not", "any", "all", "some", "exists", "case", "when", "then", "else", "is", "between", "like",
        "array",
    ];
    let Some(last) = found.last_mut() else { return };
    let between = text.get(last.range.end..at).unwrap_or("x");
    let word = last.name.to_ascii_lowercase();
    if between.trim().is_empty() && (last.quoted || !NO_FUNCTIONS.contains(&word.as_str())) {
        mark(last);
    }
}

const fn is_quote(byte: u8, dialect: Dialect) -> bool {
    match byte {
        b'"' => true,
        b'`' => !matches!(dialect, Dialect::Postgres),
        b'[' => matches!(dialect, Dialect::Sqlite),
        _ => false,
    }
}

/// End of the token that begins at `at`; always behind `at`.
fn token_end(bytes: &[u8], at: usize) -> usize {
    let first = bytes.get(at).copied().unwrap_or_default();
    match first {
        b'\'' => quoted_end(bytes, at, b'\''),
        b'"' => quoted_end(bytes, at, b'"'),
        b'`' => quoted_end(bytes, at, b'`'),
        b'-' if bytes.get(at + 1) == Some(&b'-') => at + until(bytes, at, |byte| byte == b'\n'),
        b'0'..=b'9' => at + until(bytes, at, |byte| !byte.is_ascii_alphanumeric() && byte != b'.').max(1),
        b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => {
            at + until(bytes, at, |byte| !(byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80)).max(1)
        }
        _ => at + 1,
    }
}

fn until(bytes: &[u8], at: usize, stop: impl Fn(u8) -> bool) -> usize {
    bytes.get(at..).unwrap_or_default().iter().position(|byte| stop(*byte)).unwrap_or(bytes.len().saturating_sub(at))
}

/// End of a quoted token; a doubled quote stays inside.
fn quoted_end(bytes: &[u8], at: usize, quote: u8) -> usize {
    let mut end = at + 1;
    while let Some(&byte) = bytes.get(end) {
        end += 1;
        if byte == quote {
            if bytes.get(end) != Some(&quote) {
                return end;
            }
            end += 1;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_types_and_functions_are_no_columns() {
        let text = "lower(name) = 'status' AND t.kind::status IN (1, 2) -- done\n";
        for (column, expected) in
            [("name", true), ("kind", true), ("status", false), ("lower", false), ("t", false), ("done", false)]
        {
            assert_eq!(mentions(text, column, Dialect::Postgres), expected, "{column}");
        }
    }

    #[test]
    fn a_rename_keeps_everything_else() {
        let text = "a > 0 AND \"a\" < f(a, 'a')";
        assert_eq!(rename(text, "a", "order", Dialect::Postgres), "\"order\" > 0 AND \"order\" < f(\"order\", 'a')");
    }

    #[test]
    fn calls_are_words_before_a_parenthesis() {
        assert_eq!(calls("md5(random()::text) || upper (x)", Dialect::Postgres), ["md5", "random", "upper"]);
        assert!(calls("x in (1) and (y)::numeric(3)", Dialect::Postgres).is_empty());
    }

    #[test]
    fn broken_text_ends() {
        for text in ["'", "\"", "é'", "a::", "--", "::", "`x", "[x"] {
            let _ = calls(text, Dialect::Sqlite);
        }
    }
}

//! Refuses text that is nested so deeply that a recursive parser would run out of stack.
//!
//! Both parsers recurse on parentheses, `CASE`, `NOT` and chains of operators. The browser gives a
//! worker far less stack than a native thread has, so the bounds are far below what people write.

use crate::dialect::Dialect;

/// Open brackets at one place.
const BRACKETS: usize = 200;
/// Words and marks that nest an expression without brackets, between two commas or closing brackets.
const CHAIN: usize = 2_000;

/// The offset at which a bound is passed.
pub(super) fn check(sql: &str, dialect: Dialect) -> Result<(), usize> {
    let bytes = sql.as_bytes();
    // Links of the chain at each open bracket, and their sum: the depth that a parser may reach.
    let mut chains: Vec<usize> = vec![0];
    let mut sum = 0_usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let next = match byte {
            b'\'' | b'"' | b'`' => quoted(bytes, at, dialect),
            b'$' if dialect == Dialect::Postgres => dollar(sql, at),
            b'-' if bytes.get(at + 1) == Some(&b'-') => line_end(bytes, at),
            b'/' if bytes.get(at + 1) == Some(&b'*') => block_comment(bytes, at, dialect),
            _ => at + 1,
        };
        match byte {
            b'(' | b'[' => chains.push(0),
            b')' | b']' if chains.len() > 1 => sum -= chains.pop().unwrap_or_default(),
            b',' | b';' => {
                if let Some(links) = chains.last_mut() {
                    sum -= std::mem::take(links);
                }
            }
            _ if next == at + 1 && links(bytes, at) => {
                if let Some(links) = chains.last_mut() {
                    *links += 1;
                    sum += 1;
                }
            }
            _ => {}
        }
        if chains.len() > BRACKETS || sum > CHAIN {
            return Err(at);
        }
        at = next;
    }
    Ok(())
}

/// An operator stands here, or a word that makes the tree one deeper begins here.
fn links(bytes: &[u8], at: usize) -> bool {
    let Some(byte) = bytes.get(at) else { return false };
    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
    let starts = before.is_none_or(|b| !(b.is_ascii_alphanumeric() || *b == b'_' || *b >= 0x80));
    matches!(
        byte,
        b'+' | b'-' | b'*' | b'/' | b'|' | b'=' | b'<' | b'>' | b'~' | b'!' | b'@' | b'#' | b'%' | b'^' | b'&' | b':' | b'.'
    ) || (byte.is_ascii_alphabetic() && starts && opens_word(bytes, at))
}

/// A word that makes the tree one deeper starts here.
fn opens_word(bytes: &[u8], at: usize) -> bool {
    const WORDS: [&[u8]; 11] =
        [b"not", b"and", b"or", b"case", b"union", b"except", b"intersect", b"join", b"is", b"collate", b"else"];
    let word = bytes.get(at..).unwrap_or_default();
    let length = word.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    word.get(..length).is_some_and(|word| WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

fn quoted(bytes: &[u8], start: usize, dialect: Dialect) -> usize {
    let quote = bytes.get(start).copied().unwrap_or_default();
    let escape_string = dialect == Dialect::Postgres
        && quote == b'\''
        && start.checked_sub(1).and_then(|before| bytes.get(before)).is_some_and(|b| b.eq_ignore_ascii_case(&b'e'));
    let escapes = escape_string || (matches!(dialect, Dialect::MySql | Dialect::MariaDb) && quote != b'`');
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        at += match byte {
            b'\\' if escapes => 2,
            b if *b == quote => return at + 1,
            _ => 1,
        };
    }
    bytes.len()
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes.iter().skip(at).position(|b| *b == b'\n').map_or(bytes.len(), |length| at + length)
}

/// Behind a block comment; those of PostgreSQL nest.
fn block_comment(bytes: &[u8], start: usize, dialect: Dialect) -> usize {
    let mut open = 0_usize;
    let mut at = start;
    while at + 1 < bytes.len() {
        match (bytes.get(at), bytes.get(at + 1)) {
            (Some(b'/'), Some(b'*')) if open == 0 || dialect == Dialect::Postgres => {
                open += 1;
                at += 2;
            }
            (Some(b'*'), Some(b'/')) => {
                open -= 1;
                at += 2;
                if open == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Behind `$tag$ … $tag$`, or behind the dollar where it opens nothing.
fn dollar(sql: &str, at: usize) -> usize {
    let rest = sql.get(at + 1..).unwrap_or_default();
    let tag = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
    if !rest.get(tag..).is_some_and(|rest| rest.starts_with('$')) {
        return at + 1;
    }
    let mark = sql.get(at..at + tag + 2).unwrap_or_default();
    let body = at + mark.len();
    sql.get(body..).and_then(|body| body.find(mark)).map_or(sql.len(), |length| body + length + mark.len())
}

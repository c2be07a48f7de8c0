//! Refuses text that is nested so deeply that a recursive parser would run out of stack.
//!
//! Both parsers recurse on parentheses, `CASE`, `NOT` and chains of operators. The browser gives a
//! worker far less stack than a native thread has, so the bounds are far below what people write.

use crate::dialect::Dialect;

/// Open brackets at one place.
const BRACKETS: usize = 200;
/// Words and marks that nest an expression without brackets, between two commas or closing brackets.
/// The tree of `sqlparser` is walked and dropped recursively, which that of squawk is not: it gets an eighth.
const CHAIN: usize = 2_000;

/// Operators in a row without an operand between: `NOT NOT NOT`. Box-drawing rows of `=` and `-` stand in comments.
const PREFIXES: usize = 30;
/// `CASE` inside `CASE`, `BETWEEN` inside `BETWEEN`.
const CASES: usize = 50;

/// What a word or a mark does to the depth.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// `UNION` and its like.
    SetOperator,
    Case,
    End,
    Between,
    And,
    /// Another that makes the tree one deeper.
    Link,
    /// A word or a number that does nothing.
    Word,
    None,
}

impl Part {
    fn of(byte: u8, word: &[u8]) -> Self {
        let mut small = [0; LONGEST];
        let Some(letters) = small.get_mut(..word.len()) else { return Self::Word };
        letters.copy_from_slice(word);
        letters.make_ascii_lowercase();
        match &*letters {
            b"" if is_operator(byte) => Self::Link,
            b"" => Self::None,
            b"union" | b"except" | b"intersect" => Self::SetOperator,
            b"case" => Self::Case,
            b"end" => Self::End,
            b"between" => Self::Between,
            b"and" => Self::And,
            b"not" | b"or" | b"join" | b"is" | b"collate" | b"else" | b"explain" | b"with" | b"at" | b"like" => Self::Link,
            _ => Self::Word,
        }
    }
}

/// Bytes of the longest word that matters.
const LONGEST: usize = 9;

const fn is_operator(byte: u8) -> bool {
    matches!(
        byte,
        b'+' | b'-' | b'*' | b'/' | b'|' | b'=' | b'<' | b'>' | b'~' | b'!' | b'@' | b'#' | b'%' | b'^' | b'&' | b':' | b'.'
    )
}

/// The offset at which a bound is passed.
pub(super) fn check(sql: &str, dialect: Dialect) -> Result<(), usize> {
    let bytes = sql.as_bytes();
    // Links of the chain at each open bracket, and their sum: the depth that a parser may reach.
    let mut chains: Vec<usize> = vec![0];
    let mut sum = 0_usize;
    let chain = if dialect == Dialect::Postgres { CHAIN } else { CHAIN / 8 };
    // The operands of UNION hold commas of their own, which do not end the chain.
    let mut operands = 0_usize;
    let mut prefixes = 0_usize;
    let (mut cases, mut betweens) = (0_usize, 0_usize);
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let next = match byte {
            b'\'' | b'"' | b'`' => quoted(bytes, at, dialect),
            b'$' if dialect == Dialect::Postgres => dollar(sql, at),
            b'-' if bytes.get(at + 1) == Some(&b'-') => line_end(bytes, at),
            b'/' if bytes.get(at + 1) == Some(&b'*') => block_comment(bytes, at, dialect),
            _ => at + 1,
        };
        let word = if next == at + 1 { word_at(bytes, at).unwrap_or_default() } else { &[] };
        let part = if next == at + 1 { Part::of(*byte, word) } else { Part::Word };
        match (byte, part) {
            (b'(' | b'[', _) => {
                prefixes = 0;
                // `a[1][2]` nests without an operator between.
                if let Some(links) = chains.last_mut() {
                    *links += 1;
                    sum += 1;
                }
                chains.push(0);
            }
            (b')' | b']', _) if chains.len() > 1 => sum -= chains.pop().unwrap_or_default(),
            (b',' | b';', _) => {
                if let Some(links) = chains.last_mut() {
                    sum -= std::mem::take(links);
                }
            }
            (_, Part::SetOperator) => operands += 1,
            (_, Part::End) => cases = cases.saturating_sub(1),
            (_, Part::Case | Part::Between | Part::And | Part::Link) => {
                cases += usize::from(part == Part::Case);
                betweens += usize::from(part == Part::Between);
                betweens -= usize::from(betweens > 0 && part == Part::And);
                prefixes += 1;
                if let Some(links) = chains.last_mut() {
                    *links += 1;
                    sum += 1;
                }
            }
            (_, Part::Word) => prefixes = 0,
            (digit, Part::None) if digit.is_ascii_digit() => prefixes = 0,
            (_, Part::None) => {}
        }
        if chains.len() > BRACKETS || sum > chain || operands > chain / 2 || prefixes > PREFIXES || cases.max(betweens) > CASES {
            return Err(at);
        }
        at = next;
    }
    Ok(())
}

/// The word that begins here.
fn word_at(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let within = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
    if at.checked_sub(1).and_then(|before| bytes.get(before)).is_some_and(within) {
        return None;
    }
    let rest = bytes.get(at..)?;
    let length = rest.iter().take_while(|byte| within(byte)).count();
    rest.get(..length).filter(|word| !word.is_empty())
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

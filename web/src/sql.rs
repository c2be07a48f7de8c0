//! Cuts SQL into coloured pieces. It only decides colours: the pieces joined are the text, byte for byte.

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A word of the language.
    Keyword,
    /// A string, dollar-quoted text included.
    Text,
    /// A quoted name.
    Name,
    /// A number.
    Number,
    /// A comment.
    Comment,
    /// Everything else.
    Plain,
}

/// Words that are coloured: what the statement does, not every word of the standard.
const KEYWORDS: &[&str] = &[
    "ADD",
    "ALTER",
    "ALWAYS",
    "AND",
    "AS",
    "ASC",
    "BEGIN",
    "BETWEEN",
    "BY",
    "CASCADE",
    "CASE",
    "CHECK",
    "COLUMN",
    "COMMENT",
    "COMMIT",
    "CONCURRENTLY",
    "CONSTRAINT",
    "COPY",
    "CREATE",
    "CROSS",
    "DEFAULT",
    "DEFERRABLE",
    "DELETE",
    "DESC",
    "DISTINCT",
    "DO",
    "DROP",
    "EACH",
    "ELSE",
    "END",
    "ENUM",
    "EXECUTE",
    "EXISTS",
    "EXTENSION",
    "FOR",
    "FOREIGN",
    "FROM",
    "FULL",
    "FUNCTION",
    "GENERATED",
    "GRANT",
    "GROUP",
    "HAVING",
    "IDENTITY",
    "IF",
    "IN",
    "INDEX",
    "INNER",
    "INSERT",
    "INTO",
    "IS",
    "JOIN",
    "KEY",
    "LANGUAGE",
    "LEFT",
    "LIKE",
    "LIMIT",
    "LOCK",
    "MATERIALIZED",
    "NOT",
    "NULL",
    "OFFSET",
    "ON",
    "ONLY",
    "OR",
    "ORDER",
    "OUTER",
    "PARTITION",
    "PRIMARY",
    "PROCEDURE",
    "REFERENCES",
    "REFRESH",
    "RENAME",
    "REPLACE",
    "RETURN",
    "RETURNING",
    "RETURNS",
    "REVOKE",
    "RIGHT",
    "ROW",
    "ROWS",
    "SCHEMA",
    "SELECT",
    "SEQUENCE",
    "SET",
    "TABLE",
    "THEN",
    "TO",
    "TRIGGER",
    "TRUNCATE",
    "TYPE",
    "UNION",
    "UNIQUE",
    "UPDATE",
    "USING",
    "VALID",
    "VALIDATE",
    "VALUES",
    "VIEW",
    "WHEN",
    "WHERE",
    "WITH",
];

/// The pieces of a text, in order.
#[must_use]
pub fn pieces(text: &str) -> Vec<(Kind, &str)> {
    let mut out: Vec<(Kind, &str)> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (kind, length) = piece(rest, first);
        let (head, tail) = rest.split_at_checked(length.max(first.len_utf8())).unwrap_or((rest, ""));
        out.push((kind, head));
        rest = tail;
    }
    out
}

/// Kind and length in bytes of the piece at the start of `rest`.
fn piece(rest: &str, first: char) -> (Kind, usize) {
    let second = rest.chars().nth(1);
    match (first, second) {
        ('-', Some('-')) => (Kind::Comment, rest.find('\n').unwrap_or(rest.len())),
        ('/', Some('*')) => (Kind::Comment, rest.find("*/").map_or(rest.len(), |at| at + 2)),
        ('\'', _) => (Kind::Text, quoted(rest, '\'')),
        ('"' | '`', _) => (Kind::Name, quoted(rest, first)),
        ('$', _) => dollar_quoted(rest).map_or((Kind::Plain, 1), |length| (Kind::Text, length)),
        _ if first.is_ascii_digit() => (Kind::Number, while_in(rest, |c| c.is_ascii_digit() || c == '.')),
        _ if first.is_alphabetic() || first == '_' => {
            let length = while_in(rest, |c| c.is_alphanumeric() || c == '_');
            let word = rest.get(..length).unwrap_or_default().to_ascii_uppercase();
            (if KEYWORDS.binary_search(&word.as_str()).is_ok() { Kind::Keyword } else { Kind::Plain }, length)
        }
        _ => (Kind::Plain, while_in(rest, |c| !c.is_alphanumeric() && !"_'\"`$-/".contains(c)).max(first.len_utf8())),
    }
}

fn while_in(rest: &str, belongs: impl Fn(char) -> bool) -> usize {
    rest.find(|c| !belongs(c)).unwrap_or(rest.len())
}

/// Up to the closing quote; a doubled quote starts the next piece of the same kind, which looks the same.
fn quoted(rest: &str, quote: char) -> usize {
    rest.char_indices().skip(1).find(|(_, c)| *c == quote).map_or(rest.len(), |(at, _)| at + 1)
}

/// `$tag$ … $tag$`.
fn dollar_quoted(rest: &str) -> Option<usize> {
    let tag_end = rest.get(1..)?.find('$')? + 2;
    let tag = rest.get(..tag_end)?;
    if !tag.trim_matches('$').chars().all(|c| c.is_alphanumeric() || c == '_') {
        return None;
    }
    Some(rest.get(tag_end..)?.find(tag).map_or(rest.len(), |at| tag_end + at + tag.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_are_the_text() {
        for text in ["", "SELECT 1", "'it''s' \"a\"\"b\" $$x$$ $1 -- é\n/* open", "'open", "$a$ b", "é€ƒ`x", "a/b-c 1.5e3", "$$"]
        {
            assert_eq!(pieces(text).iter().map(|(_, piece)| *piece).collect::<String>(), text);
        }
    }

    #[test]
    fn words_in_comments_and_strings_are_no_keywords() {
        let kinds: Vec<_> = pieces("drop 'table' -- add").into_iter().filter(|(kind, _)| *kind == Kind::Keyword).collect();
        assert_eq!(kinds, [(Kind::Keyword, "drop")]);
    }

    #[test]
    fn a_function_body_is_one_piece() {
        assert_eq!(pieces("$b$ BEGIN; END $b$")[0], (Kind::Text, "$b$ BEGIN; END $b$"));
    }

    #[test]
    fn the_words_are_sorted_for_the_search() {
        assert!(KEYWORDS.is_sorted());
    }
}

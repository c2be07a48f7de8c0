//! The words of a text, for what no parser reads: bodies of functions, commands that no operation stands for.

/// Functions of many rows; with any of them a row of the result is not made from one row.
const AGGREGATES: &str = "count sum avg min max every bool_and bool_or bit_and bit_or bit_xor string_agg array_agg json_agg \
    jsonb_agg json_object_agg jsonb_object_agg group_concat json_arrayagg json_objectagg total stddev variance row_number rank \
    dense_rank lag lead";

/// Whether a function takes many rows for one value.
pub(crate) fn is_aggregate(function: &str) -> bool {
    AGGREGATES.split_ascii_whitespace().any(|known| known == function)
}

/// Whether a PL/pgSQL body ends transactions: the word stands there, and not behind ON (`ON COMMIT DROP`).
#[must_use]
pub fn commits(body: &str) -> bool {
    let mut before = String::new();
    words(body).any(|word| {
        let ends = matches!(word.as_str(), "commit" | "rollback") && before != "on";
        before = word;
        ends
    })
}

/// The words of a text in small letters, comments and quoted text left out, dollar quotes open.
pub fn words(sql: &str) -> impl Iterator<Item = String> {
    let mut rest = sql.chars().peekable();
    let mut quoted = false;
    std::iter::from_fn(move || {
        let mut word = String::new();
        while !std::mem::take(&mut quoted) {
            let Some(c) = rest.next() else { return Some(word).filter(|word| !word.is_empty()) };
            if c.is_alphanumeric() || c == '_' {
                word.extend(c.to_lowercase());
                continue;
            }
            match c {
                '-' if rest.peek() == Some(&'-') => while rest.next().is_some_and(|c| c != '\n') {},
                '/' if rest.peek() == Some(&'*') => {
                    let mut last = ' ';
                    while let Some(c) = rest.next().filter(|c| !(last == '*' && *c == '/')) {
                        last = c;
                    }
                }
                '\'' => while rest.next().is_some_and(|c| c != '\'') {},
                '"' => {
                    while rest.next().is_some_and(|c| c != '"') {}
                    quoted = true;
                }
                _ => {}
            }
            if !word.is_empty() {
                return Some(word);
            }
        }
        // A quoted name counts as one word, whatever it says.
        Some("\"\"".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_commits_by_its_words_only() {
        assert!(commits("BEGIN INSERT INTO a VALUES (1); COMMIT; END"));
        assert!(!commits("CREATE TEMP TABLE t ON COMMIT DROP AS SELECT 'commit' -- commit\n /* rollback */"));
        assert!(!commits("SELECT \"commit\" FROM commits"));
        let all = words("a\"b\"c -- d\n'e' /* f */ G\"h\"").collect::<Vec<_>>();
        assert_eq!(all, ["a", "\"\"", "c", "g", "\"\""]);
    }
}

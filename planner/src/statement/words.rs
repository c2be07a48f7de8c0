//! The words of a text, for what no parser reads: bodies of functions, commands that no operation stands for.

/// Whether a PL/pgSQL body ends transactions: the word stands there, and not behind ON (`ON COMMIT DROP`).
#[must_use]
pub fn commits(body: &str) -> bool {
    let words = words(body);
    words.iter().enumerate().any(|(at, word)| {
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        matches!(word.as_str(), "commit" | "rollback") && before.is_none_or(|before| before != "on")
    })
}

/// The words of a text in small letters, comments and quoted text left out, dollar quotes open.
#[must_use]
pub fn words(sql: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut rest = sql.chars().peekable();
    while let Some(c) = rest.next() {
        if c.is_alphanumeric() || c == '_' {
            word.extend(c.to_lowercase());
            continue;
        }
        if !word.is_empty() {
            words.push(std::mem::take(&mut word));
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
            // A quoted name counts as one word, whatever it says.
            '"' => {
                while rest.next().is_some_and(|c| c != '"') {}
                words.push("\"\"".to_owned());
            }
            _ => {}
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_commits_by_its_words_only() {
        assert!(commits("BEGIN INSERT INTO a VALUES (1); COMMIT; END"));
        assert!(!commits("CREATE TEMP TABLE t ON COMMIT DROP AS SELECT 'commit' -- commit\n /* rollback */"));
        assert!(!commits("SELECT \"commit\" FROM commits"));
    }
}

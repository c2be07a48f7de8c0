//! A password, key or token in a script.

use super::{Check, Hit, Rule, StatementContext};
use crate::finding::Severity;
use crate::migration::SourceKind;
use crate::rule::edit;
use crate::statement::words::words;

/// A password, key or token in a script.
pub(super) const RULE: Rule = Rule {
    id: "credentials-in-script",
    severity: Severity::Error,
    condition: "A script holds the password of an account, a token of a known form, or a text that looks random beside a word such \
                as secret.",
    effect: "Everyone who can read the repository, its copies and its history has it, for good.",
    workaround: "Change it wherever it is in use, and put a placeholder in its place whose value comes from the environment.",
    check: Check::Statement(check),
};

/// Beginnings of tokens, and how many characters follow at least.
const TOKENS: &[(&str, usize)] = &[
    ("AKIA", 16),
    ("ASIA", 16),
    ("AIza", 35),
    ("SG.", 40),
    ("dop_v1_", 64),
    ("gho_", 36),
    ("ghp_", 36),
    ("ghr_", 36),
    ("ghs_", 36),
    ("ghu_", 36),
    ("github_pat_", 22),
    ("glpat-", 20),
    ("hf_", 30),
    ("npm_", 36),
    ("pypi-", 50),
    ("rk_live_", 20),
    ("sk-ant-", 20),
    ("sk_live_", 20),
    ("xoxb-", 20),
    ("xoxp-", 20),
];
/// Words beside which a random text is taken for a secret.
const HINTS: &[&str] = &["secret", "token", "password", "passwd", "api_key", "apikey", "access_key", "private_key", "credential"];

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    let sql = &context.statement.sql;
    // A secret is a literal, a long run of letters or a key in lines: nearly no statement has any.
    let quotes = sql.contains('\'');
    if !quotes && runs(sql).next().is_none() && !sql.contains("-----BEGIN") {
        return Vec::new();
    }
    let lower = sql.to_ascii_lowercase();
    // What a placeholder stands for is not in the script.
    let written = context.migration.source == SourceKind::Alembic || edit::is_verbatim(context.statement);
    let found = if sql.contains("-----BEGIN") && sql.contains("PRIVATE KEY-----") {
        Some("a private key")
    } else if written && gives_password(sql, &lower) {
        Some("the password of an account")
    } else {
        let hinted = written && HINTS.iter().any(|hint| lower.contains(hint));
        // A whole literal only: behind a dollar sign stand the parts of a password's hash.
        let random = |before: char, run: &str| hinted && before == '\'' && is_random(run);
        runs(sql).find_map(|(before, run)| token(run).or(random(before, run).then_some("a text that looks like a secret")))
    };
    found.map(|what| Hit::new(format!("This holds {what}."))).into_iter().collect()
}

/// Long runs of the characters that tokens are made of, each with the character before it.
fn runs(sql: &str) -> impl Iterator<Item = (char, &str)> {
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'+' | b'/' | b'=');
    let bytes = sql.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + bytes.get(at..)?.iter().position(inside)?;
            let rest = sql.get(start..)?;
            let length = rest.bytes().position(|byte| !inside(&byte)).unwrap_or(rest.len());
            at = start + length;
            if length >= 20 {
                let before = sql.get(..start).and_then(|text| text.chars().next_back()).unwrap_or(' ');
                return Some((before, rest.get(..length)?));
            }
        }
    })
}

fn token(run: &str) -> Option<&'static str> {
    let long =
        |(start, least): &(&str, usize)| run.strip_prefix(start).is_some_and(|rest| rest.len() >= *least && !is_filler(rest));
    let signed = run.starts_with("eyJ") && run.matches('.').count() == 2 && run.len() > 60;
    (signed || TOKENS.iter().any(long)).then_some("a token of a known form")
}

/// One character over and over, as in an example.
fn is_filler(text: &str) -> bool {
    let first = text.chars().next();
    text.chars().all(|c| Some(c) == first) || text.contains("EXAMPLE") || text.contains("example")
}

/// Letters of both cases and digits by turns, as chance mixes them and people do not. No logarithms: these differ in their
/// last digits from machine to machine.
fn is_random(text: &str) -> bool {
    if text.contains('.') || text.matches(['-', '_', '/']).count() > 3 {
        return false;
    }
    let class = |byte: &u8| (byte.is_ascii_lowercase(), byte.is_ascii_uppercase(), byte.is_ascii_digit());
    let bytes = text.as_bytes();
    let kinds = |kind: fn(&u8) -> bool| usize::from(bytes.iter().any(kind));
    let other = |byte: &u8| !byte.is_ascii_alphanumeric();
    let classes = kinds(u8::is_ascii_lowercase) + kinds(u8::is_ascii_uppercase) + kinds(u8::is_ascii_digit) + kinds(other);
    let changes = bytes.windows(2).filter(|pair| matches!(pair, [a, b] if class(a) != class(b))).count();
    let different = (0..=u8::MAX).filter(|byte| bytes.contains(byte)).count();
    classes >= 3 && different >= 12 && changes * 5 >= bytes.len() * 2
}

/// `CREATE USER … PASSWORD 'x'`, `IDENTIFIED BY 'x'`.
fn gives_password(sql: &str, lower: &str) -> bool {
    const BEHIND: &[&str] = &["password", "identified by"];
    if !BEHIND.iter().any(|words| lower.contains(words)) {
        return false;
    }
    let words: Vec<String> = words(sql).take(8).collect();
    let account = words.first().is_some_and(|word| matches!(word.as_str(), "create" | "alter" | "grant" | "set"))
        && words.iter().any(|word| matches!(word.as_str(), "user" | "role" | "grant" | "password"));
    if !account {
        return false;
    }
    let literal = |behind: &&str| {
        lower.split(*behind).skip(1).any(|rest| {
            let value = rest.trim_start().trim_start_matches('=').trim_start();
            value.strip_prefix('\'').is_some_and(|value| !value.starts_with('\''))
        })
    };
    BEHIND.iter().any(literal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_told_from_words() {
        for random in ["kP3xQ9vLz7RtB2mWc8Ya", "9fJ2kLm4Qx7Zt1Rb8Wv3Yc6Pd5Ns0Gh", "wJalrXUtnFEMI/K7MDENG/bPxRfiCY3kPQ8Lz2"] {
            assert!(is_random(random), "{random}");
        }
        for words in
            ["MySuperSecretToken2023", "com.example.Token2.Provider", "organizationMemberships2", "AbstractTokenService1"]
        {
            assert!(!is_random(words), "{words}");
        }
        assert_eq!(token("AKIAQ3EGRPZ7XK2MN5TB"), Some("a token of a known form"));
        assert_eq!(token("AKIAIOSFODNN7EXAMPLE"), None);
        assert_eq!(token("ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"), None);
    }

    #[test]
    fn an_account_gets_its_password_in_either_spelling() {
        let given = |sql: &str| gives_password(sql, &sql.to_ascii_lowercase());
        assert!(given("CREATE USER 'app'@'%' IDENTIFIED BY 'x'") && given("ALTER ROLE app WITH PASSWORD 'x'"));
        assert!(!given("ALTER ROLE app PASSWORD NULL") && !given("CREATE TABLE users (password text DEFAULT 'x')"));
    }
}

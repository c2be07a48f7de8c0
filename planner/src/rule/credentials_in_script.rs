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
    // What a placeholder stands for is not in the script.
    let written = context.migration.source == SourceKind::Alembic || edit::is_verbatim(context.statement);
    let found = if sql.contains("-----BEGIN") && sql.contains("PRIVATE KEY-----") {
        Some("a private key")
    } else if written && gives_password(sql) {
        Some("the password of an account")
    } else {
        let lower = sql.to_ascii_lowercase();
        let hinted = written && HINTS.iter().any(|hint| lower.contains(hint));
        // A whole literal only: behind a dollar sign stand the parts of a password's hash.
        let random = |before: char, run: &str| hinted && before == '\'' && is_random(run);
        runs(sql).find_map(|(before, run)| token(run).or(random(before, run).then_some("a text that looks like a secret")))
    };
    found.map(|what| Hit::new(format!("This holds {what}."))).into_iter().collect()
}

/// Long runs of the characters that tokens are made of, each with the character before it.
fn runs(sql: &str) -> impl Iterator<Item = (char, &str)> {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '/' | '=');
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + sql.get(at..)?.find(inside)?;
            let rest = sql.get(start..)?;
            let length = rest.find(|c| !inside(c)).unwrap_or(rest.len());
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

/// Letters of both cases and digits in about equal measure: more than 3.7 bits a character.
fn is_random(text: &str) -> bool {
    let has = |of: fn(&char) -> bool| text.chars().any(|c| of(&c));
    let mixed = has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase) && has(char::is_ascii_digit);
    if !mixed || text.contains('.') || text.matches(['-', '_', '/']).count() > 3 {
        return false;
    }
    let length = text.len() as f64;
    let mut counts = [0_u32; 128];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let bits = |count: &u32| -> f64 { -f64::from(*count) / length * (f64::from(*count) / length).log2() };
    counts.iter().filter(|count| **count > 0).map(bits).sum::<f64>() > 3.7
}

/// `CREATE USER … PASSWORD 'x'`, `IDENTIFIED BY 'x'`.
fn gives_password(sql: &str) -> bool {
    let words = words(sql);
    let account = words.first().is_some_and(|word| matches!(word.as_str(), "create" | "alter" | "grant" | "set"))
        && words.iter().take(8).any(|word| matches!(word.as_str(), "user" | "role" | "grant" | "password"));
    if !account {
        return false;
    }
    let lower = sql.to_ascii_lowercase();
    let literal = |behind: &str| {
        lower.split(behind).skip(1).any(|rest| {
            let value = rest.trim_start().trim_start_matches('=').trim_start();
            value.strip_prefix('\'').is_some_and(|value| !value.starts_with('\''))
        })
    };
    ["password", "identified by"].into_iter().any(literal)
}

//! Statements in a few words, for people.

use crate::statement::Statement;

/// What a statement does, in words: the first line of its text without comments, at most 80 characters.
#[must_use]
pub fn summary(statement: &Statement) -> String {
    let body = crate::rule::directive::without_leading_comments(&statement.sql);
    let line = body.lines().next().unwrap_or_default().trim();
    if line.chars().count() <= 80 {
        return line.to_owned();
    }
    line.chars().take(79).chain(['…']).collect()
}

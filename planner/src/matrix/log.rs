//! SQL found in a log: what stands behind a level, a name or `statement:`, up to the next entry.

use crate::dialect::Dialect;
use crate::statement::parse::command;
use crate::statement::split::tokens;

/// Lines that one query may go on over.
const LONG: usize = 200;

/// Words a query or data change begins with.
const VERBS: [&str; 12] =
    ["select", "insert", "update", "delete", "with", "values", "merge", "replace", "table", "call", "truncate", "copy"];

/// Whether the text is what an application asks of a server, and not a command to the session or the schema.
pub(super) fn is_query(sql: &str) -> bool {
    let text = sql.trim_start_matches(|c: char| c == '(' || c.is_whitespace());
    let text = match text.strip_prefix("/*").and_then(|rest| rest.split_once("*/")) {
        Some((_, rest)) => rest.trim_start(),
        None => text,
    };
    let word: String = text.chars().take_while(char::is_ascii_alphabetic).collect();
    VERBS.iter().any(|verb| word.eq_ignore_ascii_case(verb))
}

/// Queries with their lines. Of a place that looks like a query, the longest run of lines that can be read is taken.
pub(super) fn queries(text: &str, dialect: Dialect) -> Vec<(u32, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let Some(start) = begins(line) else {
            at += 1;
            continue;
        };
        let mut sql = line.get(start..).unwrap_or_default().trim_end().to_owned();
        let (mut best, mut end) = (readable(&sql, dialect), at + 1);
        for (next, line) in lines.iter().enumerate().skip(at + 1).take(LONG) {
            if is_entry(line) {
                break;
            }
            sql.push('\n');
            sql.push_str(line.trim_end());
            if let Some(whole) = readable(&sql, dialect) {
                (best, end) = (Some(whole), next + 1);
            }
        }
        if let Some(sql) = best {
            found.push((super::build::index(at + 1), sql));
        }
        at = end;
    }
    found
}

/// Where a query begins in a line: at a verb that follows nothing, a mark or a blank, and is followed by what belongs to it.
fn begins(line: &str) -> Option<usize> {
    let lower = line.to_ascii_lowercase();
    let follows: [(&str, &[&str]); 6] = [
        ("select ", &[]),
        ("insert into ", &[]),
        ("update ", &[" set "]),
        ("delete from ", &[]),
        ("with ", &[" as (", " as materialized ("]),
        ("replace into ", &[]),
    ];
    let places = follows.iter().filter_map(|(verb, then)| {
        let at = lower
            .find(verb)
            .or_else(|| lower.trim_end().ends_with(verb.trim_end()).then(|| lower.trim_end().len() - verb.trim_end().len()))?;
        let before = line.get(..at)?.chars().next_back();
        let alone = before.is_none_or(|c| c.is_whitespace() || matches!(c, ':' | '"' | '\'' | '=' | '[' | '(' | '>' | '|'));
        // In small letters behind a word it is prose.
        let prose = line.get(at..).is_some_and(|rest| rest.starts_with(char::is_lowercase))
            && line.get(..at).is_some_and(|before| before.trim_end().ends_with(char::is_alphanumeric));
        let complete = then.is_empty() || then.iter().any(|word| lower.get(at..).is_some_and(|rest| rest.contains(word)));
        (alone && !prose && (complete || at + verb.len() >= lower.trim_end().len())).then_some(at)
    });
    places.min()
}

/// The query, if all of the text is one, less what logs put behind it.
fn readable(text: &str, dialect: Dialect) -> Option<String> {
    let fits = |sql: &str| {
        let sql = super::queries::parameters(sql, dialect);
        command(&sql, dialect).is_ok() && tokens(&sql, dialect, 3).len() > 1
    };
    let text = text.trim().trim_end_matches(';');
    let tails = ["; args=", " [[", "  [", "\" ", "\", ", "\"", "', ", " -- ", "; parameters", " | ", " rows=", " elapsed="];
    let cut = tails.iter().filter_map(|tail| text.find(tail).and_then(|at| text.get(..at)));
    std::iter::once(text).chain(cut).map(str::trim).find(|sql| fits(sql)).map(str::to_owned)
}

/// A line that begins another entry: with a time, a level or a name in brackets.
fn is_entry(line: &str) -> bool {
    let text = line.trim_start();
    if text.is_empty() {
        return true;
    }
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let dated = digits >= 2 && text.chars().nth(digits).is_some_and(|c| matches!(c, '-' | ':' | '/' | '.'));
    let levels = ["INFO", "DEBUG", "WARN", "ERROR", "TRACE", "LOG:", "DETAIL:", "HINT:", "STATEMENT:", "Hibernate:", "CONTEXT:"];
    dated || text.starts_with('[') || text.starts_with('{') || levels.iter().any(|level| text.starts_with(level))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_of_servers_and_orms_are_found_in_their_logs() {
        let text = "2024-02-01 10:00:00.1 UTC [12] LOG:  statement: SELECT id\n\tFROM users\n\tWHERE id = 1\n\
            2024-02-01 10:00:00.2 UTC [12] LOG:  execute s1: UPDATE users SET name = $1 WHERE id = $2\n\
            2024-02-01 10:00:00.2 UTC [12] DETAIL:  parameters: $1 = 'a', $2 = '3'\n\
            Hibernate: insert into users (id, name) values (?, ?)\n\
            INFO sqlalchemy.engine.Engine SELECT users.id\nFROM users\nINFO sqlalchemy.engine.Engine [cached] (1,)\n\
            please select a file from the list\n\
            (0.001) DELETE FROM users WHERE id = %s; args=(3,)\n";
        let found = queries(text, Dialect::Postgres);
        let lines: Vec<u32> = found.iter().map(|(line, _)| *line).collect();
        let texts: Vec<&str> = found.iter().map(|(_, sql)| sql.as_str()).collect();
        assert_eq!(lines, [1, 4, 6, 7, 11]);
        assert_eq!(texts[0], "SELECT id\n\tFROM users\n\tWHERE id = 1");
        assert_eq!(texts[3], "SELECT users.id\nFROM users");
        assert_eq!(texts[4], "DELETE FROM users WHERE id = %s");
    }
}

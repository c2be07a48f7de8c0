//! What checks that are already there prove, so that the server need not read the table.

use crate::catalog::Table;
use crate::statement::operation::{Constraint, ConstraintKind};

/// Whether a validated check says `column IS NOT NULL`.
pub(super) fn not_null(table: &Table, column: &str) -> bool {
    conjuncts_of(table).iter().any(|conjunct| *conjunct == format!("{column} is not null"))
        || table.constraints.iter().any(|constraint| {
            matches!(&constraint.kind, ConstraintKind::NotNull { column: own } if own == column) && holds(constraint)
        })
}

/// Whether validated checks keep every row of a table inside a partition bound: `FROM (a) TO (b)` with
/// `k >= a AND k < b`, or `IN (…)` with the same list, over one NOT NULL column.
pub(super) fn inside_bound(table: &Table, partition_by: &str, bound: &str) -> bool {
    let Some(column) = single_key(partition_by) else { return false };
    let proven = conjuncts_of(table);
    let says = |conjunct: String| proven.contains(&conjunct);
    let nullable = table.column(&column).is_none_or(|own| own.nullable);
    if nullable && !says(format!("{column} is not null")) {
        return false;
    }
    let bound = normal(bound);
    let bound = bound.strip_prefix("for values ").unwrap_or(&bound);
    if let Some((from, to)) =
        bound.strip_prefix("from").and_then(|rest| rest.split_once(" to ").or_else(|| rest.split_once("to(")))
    {
        let clean = |text: &str| text.trim().trim_matches(['(', ')', ' ']).to_owned();
        let (from, to) = (clean(from), clean(to));
        let low = from == "minvalue" || says(format!("{column} >= {from}"));
        let high = to == "maxvalue" || says(format!("{column} < {to}"));
        return low && high;
    }
    bound.strip_prefix("in").is_some_and(|list| says(format!("{column} in {}", list.trim())))
}

/// The column of `RANGE (k)` or `LIST (k)`.
fn single_key(partition_by: &str) -> Option<String> {
    let inside = partition_by.split_once('(')?.1.rsplit_once(')')?.0.trim();
    let plain = inside.chars().all(|c| c.is_alphanumeric() || c == '_');
    plain.then(|| inside.to_lowercase())
}

const fn holds(constraint: &Constraint) -> bool {
    constraint.validated && constraint.enforced
}

/// The `AND`ed parts of all validated checks, each normalised.
fn conjuncts_of(table: &Table) -> Vec<String> {
    let checks = table.constraints.iter().filter(|constraint| holds(constraint));
    let expressions = checks.filter_map(|constraint| match &constraint.kind {
        ConstraintKind::Check { expression } => Some(expression.as_str()),
        _ => None,
    });
    expressions.flat_map(|expression| conjuncts(&normal(expression))).collect()
}

/// Lower case, single blanks, blanks around comparisons.
fn normal(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len() + 8);
    let mut last = ' ';
    for c in text.chars() {
        let comparison = |c: char| matches!(c, '<' | '>' | '=' | '!');
        if comparison(c) != comparison(last) && c != ' ' && last != ' ' {
            spaced.push(' ');
        }
        if c != '"' {
            spaced.push(c);
        }
        last = c;
    }
    spaced.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Splits at `and` outside of parentheses, after taking off those around the whole. An `or` on the way makes the text
/// one part that nothing equals.
fn conjuncts(text: &str) -> Vec<String> {
    let mut text = text.trim();
    while let Some(inner) = enclosed(text) {
        text = inner.trim();
    }
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 && text.get(at..at + 5) == Some(" and ") => {
                parts.extend(text.get(start..at));
                start = at + 5;
            }
            _ => {}
        }
    }
    if start == 0 {
        return vec![text.to_owned()];
    }
    parts.extend(text.get(start..));
    parts.into_iter().flat_map(conjuncts).collect()
}

/// The inside of parentheses that enclose the whole text.
fn enclosed(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('(')?.strip_suffix(')')?;
    let mut depth = 0_i64;
    for c in inner.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return None;
        }
    }
    Some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conjuncts_are_found_under_parentheses() {
        assert_eq!(conjuncts(&normal("((a>0) AND (\"b\" IS  NOT NULL))")), ["a > 0", "b is not null"]);
        assert_eq!(conjuncts(&normal("a is not null or b > 0")), ["a is not null or b > 0"]);
    }
}

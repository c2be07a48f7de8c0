//! Whether a change makes its own condition false, so that doing it again changes nothing.
//!
//! Such a change may be gone over as often as wanted until no row is left: rows that were missed, or that appeared behind
//! the cursor, are found by the next pass. Only what the text itself proves counts: one condition, joined by `AND`, on a
//! column that is set to a constant which does not meet it.

use crate::catalog::expression::tokens;
use crate::dialect::Dialect;
use crate::name::fold;
use crate::statement::operation::DataChange;

/// Whether an `UPDATE` changes no row a second time. A row that is deleted is gone, so a `DELETE` needs no proof.
#[must_use]
pub fn proved(change: &DataChange, dialect: Dialect) -> bool {
    let (Some(predicate), Some(assignments)) = (&change.predicate, &change.assignments) else { return false };
    let (Some(conditions), Some(assigned)) = (split(&tokens(predicate), "and"), split(&tokens(assignments), ",")) else {
        return false;
    };
    let constants: Vec<(String, Constant<'_>)> = assigned
        .iter()
        .filter_map(|tokens| {
            let at = tokens.iter().position(|token| *token == "=")?;
            let (column, value) = tokens.split_at_checked(at)?;
            Some((column_name(column, dialect)?, Constant::read(value.get(1..)?)?))
        })
        .collect();
    conditions.iter().any(|condition| {
        let Some((column, wanted)) = Wanted::read(condition, dialect) else { return false };
        constants.iter().any(|(name, value)| *name == column && wanted.excludes(value, dialect))
    })
}

/// Splits at a word or sign outside of parentheses; `None` where an `OR`, `CASE` or `BETWEEN` on that level, or a
/// parenthesis without its other half, makes the pieces mean something else.
fn split<'a>(tokens: &[&'a str], at: &str) -> Option<Vec<Vec<&'a str>>> {
    let mut pieces = vec![Vec::new()];
    let mut depth = 0_i32;
    for token in tokens {
        match *token {
            "(" => depth += 1,
            ")" => depth -= 1,
            word if depth == 0 && ["or", "case", "between", "xor", "||"].iter().any(|bad| word.eq_ignore_ascii_case(bad)) => {
                return None;
            }
            word if depth == 0 && word.eq_ignore_ascii_case(at) => {
                pieces.push(Vec::new());
                continue;
            }
            _ => {}
        }
        pieces.last_mut()?.push(*token);
    }
    (depth == 0).then_some(pieces)
}

/// `column` or `alias.column`.
fn column_name(tokens: &[&str], dialect: Dialect) -> Option<String> {
    match tokens {
        [name] | [_, ".", name] if is_name(name) => Some(fold(name, dialect)),
        _ => None,
    }
}

fn is_name(token: &str) -> bool {
    let quoted = token.len() > 2 && token.starts_with(['"', '`']);
    let words = ["null", "true", "false", "not", "default", "current_timestamp", "current_date", "current_user"];
    let plain = token.starts_with(|first: char| first.is_alphabetic() || first == '_');
    quoted || plain && !words.iter().any(|word| token.eq_ignore_ascii_case(word))
}

/// A value that is the same for every row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Constant<'a> {
    Null,
    Boolean(bool),
    Integer(&'a str),
    Text(&'a str),
}

impl<'a> Constant<'a> {
    fn read(tokens: &[&'a str]) -> Option<Self> {
        match tokens {
            [one] if one.eq_ignore_ascii_case("null") => Some(Self::Null),
            [one] if one.eq_ignore_ascii_case("true") => Some(Self::Boolean(true)),
            [one] if one.eq_ignore_ascii_case("false") => Some(Self::Boolean(false)),
            [one] if one.len() < 19 && one.bytes().all(|byte| byte.is_ascii_digit()) => Some(Self::Integer(one)),
            [one] => {
                // A backslash or a doubled quote may stand for another letter.
                let inner = one.strip_prefix('\'')?.strip_suffix('\'')?;
                (!inner.contains(['\\', '\''])).then_some(Self::Text(inner))
            }
            [value, ":", ":", ..] => Self::read(&[value]),
            _ => None,
        }
    }

    /// Whether two constants are certainly told apart by `=`. Collations may not know cases, accents or blanks at the end.
    fn differs(&self, other: &Self, dialect: Dialect) -> bool {
        match (self, other) {
            (Self::Boolean(a), Self::Boolean(b)) => a != b,
            (Self::Integer(a), Self::Integer(b)) => a.parse::<u64>().ok() != b.parse::<u64>().ok(),
            (Self::Text(a), Self::Text(b)) if dialect == Dialect::Postgres || dialect == Dialect::Sqlite => {
                let plain = |text: &str| text.trim_end().to_lowercase();
                plain(a) != plain(b)
            }
            (Self::Text(a), Self::Text(b)) => {
                let plain = |text: &str| text.is_ascii().then(|| text.trim_end().to_ascii_lowercase());
                matches!((plain(a), plain(b)), (Some(a), Some(b)) if a != b)
            }
            _ => false,
        }
    }
}

/// What a condition asks of its column.
enum Wanted<'a> {
    Null,
    NotNull,
    OneOf(Vec<Constant<'a>>),
    NoneOf(Vec<Constant<'a>>),
    /// Neither the value nor, as `<>` would let pass, NULL.
    Distinct(Constant<'a>),
}

impl<'a> Wanted<'a> {
    fn read(tokens: &[&'a str], dialect: Dialect) -> Option<(String, Self)> {
        let tokens = match tokens {
            ["(", inner @ .., ")"] => inner,
            all => all,
        };
        if let [not, column @ ..] = tokens
            && not.eq_ignore_ascii_case("not")
            && let Some(name) = column_name(column, dialect)
        {
            return Some((name, Self::OneOf(vec![Constant::Boolean(false)])));
        }
        let behind = if tokens.get(1) == Some(&".") { 3 } else { 1 };
        let (column, rest) = tokens.split_at_checked(behind)?;
        let name = column_name(column, dialect)?;
        let words: Vec<String> = rest.iter().map(|token| token.to_ascii_lowercase()).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let wanted = match words.as_slice() {
            [] => Self::OneOf(vec![Constant::Boolean(true)]),
            ["is", "null"] => Self::Null,
            ["is", "not", "null"] => Self::NotNull,
            ["is", "distinct", "from", ..] => Self::Distinct(Constant::read(rest.get(3..)?)?),
            ["is", "true"] | ["is", "not", "false"] => Self::Distinct(Constant::Boolean(false)),
            ["is", "false"] | ["is", "not", "true"] => Self::Distinct(Constant::Boolean(true)),
            ["in", "(", .., ")"] => Self::OneOf(list(rest.get(2..rest.len() - 1)?)?),
            ["not", "in", "(", .., ")"] => Self::NoneOf(list(rest.get(3..rest.len() - 1)?)?),
            ["=", ..] => Self::OneOf(vec![Constant::read(rest.get(1..)?)?]),
            ["<", ">", ..] | ["!", "=", ..] => Self::NoneOf(vec![Constant::read(rest.get(2..)?)?]),
            _ => return None,
        };
        Some((name, wanted))
    }

    /// Whether a column with this value certainly does not meet the condition.
    fn excludes(&self, value: &Constant<'a>, dialect: Dialect) -> bool {
        match (self, value) {
            (Self::Null, Constant::Null) | (Self::Distinct(_), Constant::Null) => false,
            (Self::Null, _) | (Self::NotNull | Self::OneOf(_) | Self::NoneOf(_), Constant::Null) => true,
            (Self::NotNull, _) => false,
            (Self::OneOf(all), value) => all.iter().all(|one| one.differs(value, dialect)),
            (Self::NoneOf(all), value) => all.contains(value),
            (Self::Distinct(one), value) => one == value,
        }
    }
}

fn list<'a>(tokens: &[&'a str]) -> Option<Vec<Constant<'a>>> {
    split(tokens, ",")?.iter().map(|tokens| Constant::read(tokens)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(assignments: &str, predicate: &str, dialect: Dialect) -> bool {
        let change = DataChange {
            assignments: Some(assignments.to_owned()),
            predicate: Some(predicate.to_owned()),
            ..DataChange::default()
        };
        proved(&change, dialect)
    }

    #[test]
    fn what_the_text_proves() {
        for (assignments, predicate) in [
            ("status = 'active'", "status = 'pending'"),
            ("status = 'active'::user_status, n = n + 1", "created < now() AND u.status = 'pending'"),
            ("email_ok = true", "email_ok IS NULL"),
            ("email_ok = true", "NOT email_ok"),
            ("email_ok = false", "email_ok"),
            ("kind = 3", "kind IN (1, 2)"),
            ("kind = NULL", "kind = 1"),
            ("kind = 1", "kind <> 1 AND (a = 1 OR b = 2)"),
            ("kind = 1", "kind IS DISTINCT FROM 1"),
            ("\"Kind\" = 1", "\"Kind\" NOT IN (1, 5)"),
        ] {
            assert!(ends(assignments, predicate, Dialect::Postgres), "{assignments} | {predicate}");
        }
    }

    #[test]
    fn what_it_does_not_prove() {
        for (assignments, predicate) in [
            ("status = 'active'", "status = 'pending' OR n = 1"),
            ("status = 'Pending '", "status = 'pending'"),
            ("status = 'active'", "lower(status) = 'pending'"),
            ("status = lower(name)", "status = 'pending'"),
            ("name = lower(name)", "name IS NULL"),
            ("other = 'active'", "status = 'pending'"),
            ("n = n + 1", "n < 5"),
            ("n = 2", "n BETWEEN 1 AND 3 AND n = 1"),
            ("kind = NULL", "kind IS DISTINCT FROM 1"),
            ("kind = 1", "kind = 01"),
            ("kind = '1'", "kind = 2"),
            ("\"kind\" = 1", "\"Kind\" <> 1"),
            ("status = 'it''s'", "status = 'x'"),
        ] {
            assert!(!ends(assignments, predicate, Dialect::Postgres), "{assignments} | {predicate}");
        }
        assert!(!ends("a = 'é'", "a = 'e'", Dialect::MySql), "a collation may take them for the same");
    }
}

//! Whether a row that a command writes passes a `CHECK`, as far as its literals tell.
//!
//! Comparisons, lists, ranges, `IS NULL`, lengths, joined by `AND`, `OR` and `NOT`, in the logic of three values that servers
//! have. Anything else is not known, which is never a yes.

use std::cmp::Ordering;

use crate::catalog::expression::tokens;
use crate::dialect::Dialect;
use crate::name::fold;

/// Nesting that is followed.
const DEEPEST: usize = 40;

/// A value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Null,
    Text(String),
    /// Digits behind the point, and the number without it.
    Number(u32, i128),
    Unknown,
}

impl Known {
    /// The value of a literal as it is written.
    pub(super) fn of(literal: &str) -> Self {
        let literal = literal.trim();
        if literal.eq_ignore_ascii_case("null") {
            return Self::Null;
        }
        match literal.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            Some(text) if !text.contains('\\') => Self::Text(text.replace("''", "'")),
            Some(_) => Self::Unknown,
            None => number(literal).unwrap_or(Self::Unknown),
        }
    }

    /// As a column of a type holds it.
    pub(super) fn stored(self, data_type: &str) -> Self {
        let data_type = data_type.to_ascii_lowercase();
        let is = |words: &[&str]| words.iter().any(|word| data_type.starts_with(word));
        let whole = is(&["int", "bigint", "smallint", "tinyint", "mediumint"]);
        match self {
            // A fraction may be rounded.
            Self::Text(text) if whole || is(&["numeric", "decimal"]) => {
                number(text.trim()).map_or(Self::Unknown, |number| number.stored(&data_type))
            }
            Self::Number(0, number) if whole || is(&["numeric", "decimal"]) => Self::Number(0, number),
            Self::Text(text) if is(&["text", "character varying", "varchar"]) => Self::Text(text),
            Self::Null => Self::Null,
            _ => Self::Unknown,
        }
    }
}

fn number(text: &str) -> Option<Known> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = u32::try_from(fraction.len()).ok().filter(|digits| *digits <= 12)?;
    let fine = fraction.bytes().all(|byte| byte.is_ascii_digit());
    (fine && whole.len() <= 20).then(|| format!("{whole}{fraction}").parse().ok().map(|number| Known::Number(digits, number)))?
}

/// `Some(true)`: the server takes the row; `Some(false)`: it refuses it.
pub(super) fn passes(expression: &str, dialect: Dialect, value: &dyn Fn(&str) -> Known) -> Option<bool> {
    let mut reader = Reader { tokens: tokens(expression), at: 0, dialect, value };
    let truth = reader.any(0)?;
    if reader.at < reader.tokens.len() {
        return None;
    }
    match truth {
        Truth::Yes | Truth::Null => Some(true),
        Truth::No => Some(false),
        Truth::Unknown => None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Truth {
    Yes,
    No,
    Null,
    Unknown,
}

impl Truth {
    const fn of(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }

    const fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            other => other,
        }
    }

    /// Of several, the one that `decides`; else the least certain.
    fn joined(all: &[Self], decides: Self) -> Self {
        [decides, Self::Unknown, Self::Null].into_iter().find(|truth| all.contains(truth)).unwrap_or(decides.not())
    }
}

struct Reader<'a> {
    tokens: Vec<&'a str>,
    at: usize,
    dialect: Dialect,
    value: &'a dyn Fn(&str) -> Known,
}

impl Reader<'_> {
    fn is(&mut self, word: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|token| token.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn must(&mut self, word: &str) -> Option<()> {
        self.is(word).then_some(())
    }

    fn any(&mut self, depth: usize) -> Option<Truth> {
        let mut all = vec![self.every(depth)?];
        while self.is("or") {
            all.push(self.every(depth)?);
        }
        Some(Truth::joined(&all, Truth::Yes))
    }

    fn every(&mut self, depth: usize) -> Option<Truth> {
        let mut all = vec![self.one(depth)?];
        while self.is("and") {
            all.push(self.one(depth)?);
        }
        Some(Truth::joined(&all, Truth::No))
    }

    fn one(&mut self, depth: usize) -> Option<Truth> {
        if depth > DEEPEST {
            return None;
        }
        if self.is("not") {
            return self.one(depth + 1).map(Truth::not);
        }
        let start = self.at;
        if let Some(truth) = self.predicate(depth) {
            return Some(truth);
        }
        self.at = start;
        self.must("(")?;
        let inner = self.any(depth + 1)?;
        self.must(")")?;
        Some(inner)
    }

    fn predicate(&mut self, depth: usize) -> Option<Truth> {
        let left = self.operand(depth)?;
        if self.is("is") {
            let not = self.is("not");
            self.must("null")?;
            let null = match left {
                Known::Unknown => Truth::Unknown,
                known => Truth::of(known == Known::Null),
            };
            return Some(if not { null.not() } else { null });
        }
        let not = self.is("not");
        let truth = if self.is("in") {
            self.must("(")?;
            self.list(&left, ")", depth)?
        } else if self.is("between") {
            let low = self.operand(depth)?;
            self.must("and")?;
            let high = self.operand(depth)?;
            let sides = [self.compare(&left, &low, ">="), self.compare(&left, &high, "<=")];
            Truth::joined(&sides, Truth::No)
        } else if not {
            return None;
        } else {
            self.comparison(&left, depth)?
        };
        Some(if not { truth.not() } else { truth })
    }

    fn comparison(&mut self, left: &Known, depth: usize) -> Option<Truth> {
        let mut operator = String::new();
        while let Some(sign) = self.tokens.get(self.at).filter(|token| ["<", ">", "=", "!"].contains(*token)) {
            operator.push_str(sign);
            self.at += 1;
        }
        if operator == "=" && self.is("any") {
            self.must("(")?;
            let wrapped = self.is("(");
            self.must("array")?;
            self.must("[")?;
            let truth = self.list(left, "]", depth)?;
            if wrapped {
                self.must(")")?;
            }
            self.cast()?;
            self.must(")")?;
            return Some(truth);
        }
        let operator = ["=", "<>", "!=", "<", "<=", ">", ">="].into_iter().find(|known| *known == operator)?;
        let right = self.operand(depth)?;
        Some(self.compare(left, &right, operator))
    }

    /// Whether a value is one of a list.
    fn list(&mut self, left: &Known, end: &str, depth: usize) -> Option<Truth> {
        let mut all = Vec::new();
        loop {
            let right = self.operand(depth)?;
            all.push(self.compare(left, &right, "="));
            if self.is(end) {
                return Some(Truth::joined(&all, Truth::Yes));
            }
            self.must(",")?;
        }
    }

    fn operand(&mut self, depth: usize) -> Option<Known> {
        if depth > DEEPEST {
            return None;
        }
        let token = *self.tokens.get(self.at)?;
        self.at += 1;
        let first = token.chars().next()?;
        let value = if token == "(" {
            let inner = self.operand(depth + 1)?;
            self.must(")")?;
            inner
        } else if token == "-" {
            match self.operand(depth + 1)? {
                Known::Number(digits, number) => Known::Number(digits, number.checked_neg()?),
                _ => Known::Unknown,
            }
        } else if first == '\'' || first.is_ascii_digit() || token.eq_ignore_ascii_case("null") {
            let fraction = self.tokens.get(self.at + 1).filter(|_| self.tokens.get(self.at) == Some(&"."));
            match fraction.filter(|_| first.is_ascii_digit() && !token.contains('.')) {
                Some(fraction) => {
                    self.at += 2;
                    Known::of(&format!("{token}.{fraction}"))
                }
                None => Known::of(token),
            }
        } else if self.is("(") {
            let inner = self.operand(depth + 1)?;
            self.must(")")?;
            self.length(token, &inner)?
        } else if first.is_alphabetic() || matches!(first, '_' | '"' | '`' | '[') {
            const WORDS: &[&str] =
                &["case", "when", "exists", "select", "true", "false", "array", "any", "all", "not", "interval"];
            if WORDS.iter().any(|word| token.eq_ignore_ascii_case(word)) {
                return None;
            }
            (self.value)(&fold(token, self.dialect))
        } else {
            return None;
        };
        self.cast()?;
        Some(value)
    }

    /// The length of a text, in the functions that count characters.
    fn length(&self, function: &str, value: &Known) -> Option<Known> {
        let mysql = matches!(self.dialect, Dialect::MySql | Dialect::MariaDb);
        let counts = ["char_length", "character_length", "length"].iter().any(|name| function.eq_ignore_ascii_case(name));
        if !counts {
            return None;
        }
        Some(match value {
            Known::Null => Known::Null,
            // MySQL's `length` counts bytes.
            Known::Text(text) if !mysql || text.is_ascii() => Known::Number(0, i128::try_from(text.chars().count()).ok()?),
            _ => Known::Unknown,
        })
    }

    /// A cast to a type of text, which changes no text.
    fn cast(&mut self) -> Option<()> {
        while self.tokens.get(self.at) == Some(&":") && self.tokens.get(self.at + 1) == Some(&":") {
            self.at += 2;
            if self.is("character") {
                self.must("varying")?;
            } else if !self.is("text") && !self.is("varchar") {
                return None;
            }
            if self.is("[") {
                self.must("]")?;
            }
        }
        Some(())
    }

    fn compare(&self, left: &Known, right: &Known, operator: &str) -> Truth {
        let order = match (left, right) {
            (Known::Null, _) | (_, Known::Null) => return Truth::Null,
            (Known::Number(a, left), Known::Number(b, right)) => {
                let most = *a.max(b);
                let scaled = |digits: u32, number: i128| number.checked_mul(10_i128.checked_pow(most - digits)?);
                match scaled(*a, *left).zip(scaled(*b, *right)) {
                    Some((left, right)) => left.cmp(&right),
                    None => return Truth::Unknown,
                }
            }
            (Known::Text(left), Known::Text(right)) if left == right => Ordering::Equal,
            // Which text comes first, and whether case and blanks at the end matter, is the collation's business.
            (Known::Text(left), Known::Text(right)) if matches!(operator, "=" | "<>" | "!=") && self.differ(left, right) => {
                return Truth::of(operator != "=");
            }
            _ => return Truth::Unknown,
        };
        Truth::of(match operator {
            "=" => order.is_eq(),
            "<" => order.is_lt(),
            "<=" => order.is_le(),
            ">" => order.is_gt(),
            ">=" => order.is_ge(),
            _ => order.is_ne(),
        })
    }

    /// Whether texts that are not the same are different in every collation that servers come with.
    fn differ(&self, left: &str, right: &str) -> bool {
        match self.dialect {
            Dialect::Postgres => true,
            _ if left.is_ascii() && right.is_ascii() => !left.trim_end().eq_ignore_ascii_case(right.trim_end()),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expression: &str) -> Option<bool> {
        let value = |name: &str| match name {
            "state" => Known::Text("new".to_owned()),
            "amount" => Known::Number(0, -5),
            "gone" => Known::Null,
            _ => Known::Unknown,
        };
        passes(expression, Dialect::Postgres, &value)
    }

    #[test]
    fn what_literals_decide_is_decided_and_nothing_else() {
        assert_eq!(check("state IN ('new', 'old')"), Some(true));
        assert_eq!(check("(state)::text = ANY (ARRAY['old'::text, 'gone'::text])"), Some(false));
        assert_eq!(check("amount >= 0"), Some(false));
        assert_eq!(check("amount > -5.5 AND amount BETWEEN -10 AND 0"), Some(true));
        assert_eq!(check("gone > 3"), Some(true), "unknown to SQL is no refusal");
        assert_eq!(check("gone IS NOT NULL"), Some(false));
        assert_eq!(check("other > 3"), None);
        assert_eq!(check("other > 3 OR amount < 0"), Some(true));
        assert_eq!(check("other > 3 AND amount > 0"), Some(false));
        assert_eq!(check("NOT (state <> 'new') AND char_length(state) <= 2"), Some(false));
        assert_eq!(check("state ~ '^n'"), None);
        assert_eq!(check("state < 'z'"), None);
        assert_eq!(check("lower(state) = 'old'"), None);
        assert_eq!(check(&"(".repeat(10_000)), None);
        assert_eq!(check("amount"), None);
    }

    #[test]
    fn values_are_what_their_column_holds() {
        assert_eq!(Known::of("'5'").stored("integer"), Known::Number(0, 5));
        assert_eq!(Known::of("5.5").stored("integer"), Known::Unknown);
        assert_eq!(Known::of("'a'").stored("character(3)"), Known::Unknown);
        assert_eq!(Known::of("'it''s'").stored("text"), Known::Text("it's".to_owned()));
    }
}

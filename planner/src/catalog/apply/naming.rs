//! The names PostgreSQL, MySQL and MariaDB make up for constraints, indexes and sequences without one.
//!
//! Source: PostgreSQL's documentation says only "the server will choose a name"; the rules here were
//! read off real servers (`server/tests/suite/oracle_catalog.rs` holds them against one).

use std::collections::BTreeSet;

use crate::catalog::diff::bare;
use crate::catalog::expression::mentions;
use crate::catalog::{Catalog, Table};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::sort::Gather;
use crate::statement::operation::{Constraint, ConstraintKind, IndexPart};

/// Longest identifier of PostgreSQL in bytes.
const LIMIT: usize = 63;

/// `first_second_label`, the longer of the first two cut byte by byte until all fit into 63 bytes.
fn joined(first: &str, second: &str, label: &str) -> String {
    let separators = usize::from(!second.is_empty()) + usize::from(!label.is_empty());
    let room = LIMIT.saturating_sub(separators + label.len());
    let (mut a, mut b) = (first.len(), second.len());
    while a + b > room {
        if a > b { a -= 1 } else { b -= 1 }
    }
    let parts = [cut(first, a), cut(second, b), label];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

/// The longest prefix of at most `bytes` bytes that ends between characters.
fn cut(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Cuts a name the way PostgreSQL does when it reads one.
pub(in crate::catalog) fn shortened(name: &str, dialect: Dialect) -> &str {
    if dialect == Dialect::Postgres { cut(name, LIMIT) } else { name }
}

/// Names taken inside one schema, while a statement makes several objects.
pub(super) struct Names<'a> {
    catalog: &'a Catalog,
    schema: Option<String>,
    new: BTreeSet<String>,
}

impl<'a> Names<'a> {
    /// Names of the schema that `table` stands in.
    pub(super) fn beside(catalog: &'a Catalog, table: &ObjectName) -> Self {
        Self { catalog, schema: table.schema.clone(), new: BTreeSet::new() }
    }

    /// Marks a name as taken by the object that is being made.
    pub(super) fn take(&mut self, name: &str) {
        self.new.insert(name.to_owned());
    }

    /// A free name for a sequence.
    pub(super) fn sequence(&mut self, table: &str, column: &str) -> String {
        self.free(table, column, "seq", |names, name| names.relation_taken(name))
    }

    /// A free name for an index that backs no constraint.
    pub(super) fn index(&mut self, table: &str, columns: &[IndexPart], include: &[String]) -> String {
        match self.catalog.dialect {
            Dialect::Postgres => {
                let parts = index_words(columns, include);
                self.free(table, &parts, "idx", |names, name| names.relation_taken(name))
            }
            Dialect::MySql | Dialect::MariaDb | Dialect::Sqlite => {
                let first = index_words(columns.get(..1).unwrap_or_default(), &[]);
                self.numbered(&first)
            }
        }
    }

    /// The name of a constraint: its own, or the server's.
    pub(super) fn constraint(&mut self, key: &ObjectName, table: &Table, constraint: &Constraint) -> Option<String> {
        let name = match (&constraint.name, self.catalog.dialect) {
            (Some(name), dialect) => Some(shortened(name, dialect).to_owned()),
            (None, Dialect::Postgres) => Some(self.postgres(key, table, constraint)),
            (None, Dialect::MySql | Dialect::MariaDb) => Some(self.mysql(key, table, &constraint.kind)),
            (None, Dialect::Sqlite) => None,
        };
        if let Some(name) = &name {
            self.take(name);
        }
        name
    }

    fn postgres(&mut self, key: &ObjectName, table: &Table, constraint: &Constraint) -> String {
        let both = |names: &Self, name: &str| names.relation_taken(name) || names.constraint_taken(name);
        if let Some(index) = &constraint.using_index {
            return index.clone();
        }
        match &constraint.kind {
            ConstraintKind::PrimaryKey { .. } => self.free(&key.name, "", "pkey", both),
            ConstraintKind::Unique { columns, .. } => self.free(&key.name, &columns.join("_"), "key", both),
            ConstraintKind::Exclude { definition } => {
                let words = index_words(&excluded(definition, table), &[]);
                self.free(&key.name, &words, "excl", both)
            }
            ConstraintKind::ForeignKey { columns, .. } => {
                self.free(&key.name, &columns.join("_"), "fkey", |names, name| names.constraint_taken(name))
            }
            ConstraintKind::Check { expression } => {
                let used: Vec<&str> = table
                    .columns
                    .iter()
                    .map(|column| column.name.as_str())
                    .filter(|column| mentions(expression, column, Dialect::Postgres))
                    .collect();
                let column = if let [one] = used.as_slice() { *one } else { "" };
                self.free(&key.name, column, "check", |names, name| names.constraint_taken(name))
            }
            ConstraintKind::NotNull { column } => {
                self.free(&key.name, column, "not_null", |names, name| names.constraint_taken(name))
            }
        }
    }

    fn mysql(&mut self, key: &ObjectName, table: &Table, kind: &ConstraintKind) -> String {
        match kind {
            ConstraintKind::PrimaryKey { .. } => "PRIMARY".to_owned(),
            ConstraintKind::Unique { columns, .. } => {
                let first = columns.first().cloned().unwrap_or_default();
                let taken: BTreeSet<&str> = table.index_names().gather();
                numbers(&first, |name| taken.contains(name) || self.new.contains(name))
            }
            ConstraintKind::ForeignKey { .. } => {
                // InnoDB counts on from the highest number there is.
                let prefix = format!("{}_ibfk_", key.name);
                let number = |name: &str| name.strip_prefix(prefix.as_str()).and_then(|digits| digits.parse::<u32>().ok());
                let held = table.constraints.iter().filter_map(|held| number(held.name.as_deref()?));
                let highest = held.chain(self.new.iter().filter_map(|name| number(name))).max().unwrap_or(0);
                format!("{prefix}{}", highest.saturating_add(1))
            }
            ConstraintKind::Check { .. } | ConstraintKind::NotNull { .. } | ConstraintKind::Exclude { .. } => {
                if self.catalog.dialect == Dialect::MariaDb {
                    self.counted("CONSTRAINT", "_", table)
                } else {
                    let prefix = format!("{}_chk", key.name);
                    self.counted(&prefix, "_", table)
                }
            }
        }
    }

    fn counted(&self, prefix: &str, separator: &str, table: &Table) -> String {
        let mut number = 1_u32;
        loop {
            let name = format!("{prefix}{separator}{number}");
            if table.constraint(&name).is_none() && !self.new.contains(&name) {
                return name;
            }
            number += 1;
        }
    }

    fn numbered(&self, first: &str) -> String {
        numbers(first, |name| self.new.contains(name))
    }

    fn free(&mut self, first: &str, second: &str, label: &str, taken: impl Fn(&Self, &str) -> bool) -> String {
        let mut name = joined(first, second, label);
        let mut pass = 0_u32;
        while taken(self, &name) || self.new.contains(&name) {
            pass += 1;
            name = joined(first, second, &format!("{label}{pass}"));
        }
        self.take(&name);
        name
    }

    fn relation_taken(&self, name: &str) -> bool {
        self.catalog.relation_exists(&ObjectName { schema: self.schema.clone(), name: name.to_owned() })
    }

    fn constraint_taken(&self, name: &str) -> bool {
        self.catalog.constraint_exists(self.schema.as_deref(), name)
    }
}

/// `name`, `name_2`, `name_3` …
fn numbers(first: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut name = first.to_owned();
    let mut number = 2_u32;
    while taken(&name) {
        name = format!("{first}_{number}");
        number += 1;
    }
    name
}

/// The middle of an index name: column names, the function's name for a call, `expr` for another expression; a word
/// that came before gets a number.
fn index_words(columns: &[IndexPart], include: &[String]) -> String {
    let mut words: Vec<String> = Vec::new();
    let parts = columns.iter().map(|part| match part {
        IndexPart::Column(name) => name.clone(),
        IndexPart::Expression(text) => expression_word(text),
    });
    for word in parts.chain(include.iter().cloned()) {
        let mut unique = word.clone();
        let mut number = 1_u32;
        while words.contains(&unique) {
            unique = format!("{word}{number}");
            number += 1;
        }
        words.push(unique);
    }
    words.join("_")
}

/// PostgreSQL looks through casts: `(id::text)` is called after the column, `lower(name)::text` after the function.
fn expression_word(text: &str) -> String {
    let inner = bare(text);
    let inner = match cast(inner) {
        Some(value) => bare(value),
        None => inner,
    };
    let name: String = inner.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.')).collect();
    let rest = inner.get(name.len()..).unwrap_or_default().trim();
    let column = rest.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit());
    let whole_call = rest.starts_with('(') && closes_at_end(rest);
    if (column || whole_call) && !name.is_empty() {
        return name.rsplit('.').next().unwrap_or_default().to_lowercase();
    }
    "expr".to_owned()
}

/// What is cast, where nothing but casts stands behind it.
fn cast(text: &str) -> Option<&str> {
    let at = at_top(text, |rest| rest.starts_with("::"))?;
    let (value, behind) = text.split_at(at);
    let plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '.' | ':' | '(' | ')' | '[' | ']' | ',' | '"');
    let words = |word: &str| matches!(word.to_lowercase().as_str(), "and" | "or" | "is" | "in" | "like");
    (behind.chars().all(plain) && !behind.split(' ').any(words)).then_some(value)
}

/// Whether the parenthesis that `text` begins with is closed by its last character.
fn closes_at_end(text: &str) -> bool {
    // What stands behind the first one is outside of it once it is closed.
    let end = text.get(1..).and_then(closing).map(|at| at + 2);
    text.starts_with('(') && end == Some(text.len())
}

/// Where the parenthesis that was opened before `text` is closed.
fn closing(text: &str) -> Option<usize> {
    walk(text, |depth, rest| depth == 0 && rest.starts_with(')'))
}

/// The first place outside of all parentheses that is as wanted.
fn at_top(text: &str, wanted: impl Fn(&str) -> bool) -> Option<usize> {
    walk(text, |depth, rest| depth == 0 && wanted(rest))
}

/// The first place outside of literals that is as wanted, told by its depth in parentheses and what stands from there on.
fn walk(text: &str, wanted: impl Fn(usize, &str) -> bool) -> Option<usize> {
    let (mut depth, mut literal) = (0_usize, false);
    for (at, c) in text.char_indices() {
        if c == '\'' {
            literal = !literal;
        }
        if literal {
            continue;
        }
        if wanted(depth, text.get(at..).unwrap_or_default()) {
            return Some(at);
        }
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// What an exclusion compares, as the parts of its index.
fn excluded(definition: &str, table: &Table) -> Vec<IndexPart> {
    let list = definition.find('(').and_then(|at| definition.get(at + 1..)).unwrap_or_default();
    let mut parts = Vec::new();
    let mut rest = list;
    loop {
        let with = at_top(rest, |rest| {
            let word = rest.strip_prefix(char::is_whitespace).and_then(|rest| rest.get(..4));
            word.is_some_and(|word| word.eq_ignore_ascii_case("with"))
        });
        let Some((element, behind)) = with.and_then(|at| rest.split_at_checked(at)) else { return parts };
        let element = element.trim();
        let first = element.split_whitespace().next().unwrap_or_default();
        let column =
            table.columns.iter().find(|column| column.name == first.trim_matches('"') || column.name == first.to_lowercase());
        parts.push(match column {
            Some(column) => IndexPart::Column(column.name.clone()),
            None => IndexPart::Expression(element.to_owned()),
        });
        let Some(comma) = at_top(behind, |rest| rest.starts_with(',')) else { return parts };
        rest = behind.get(comma + 1..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_part_is_cut_first() {
        let name = joined(&"t".repeat(60), "customer_id", "fkey");
        assert_eq!((name.len(), name.ends_with("_customer_id_fkey")), (63, true));
        assert_eq!(joined("t", "", "pkey"), "t_pkey");
    }

    #[test]
    fn an_index_over_an_expression_is_called_after_its_function() {
        let parts = [IndexPart::Expression("lower(name)".to_owned()), IndexPart::Expression("(a + b)".to_owned())];
        assert_eq!(index_words(&parts, &[]), "lower_expr");
        let word = |text: &str| expression_word(text);
        assert_eq!(["(id::text)", "(lower(a)::varchar(10))", "((a))"].map(word), ["id", "lower", "a"]);
        assert_eq!(["(a::text || b::text)", "((a) + (b))", "(a::bool AND b)", "(a->>'b')"].map(word), ["expr"; 4]);
    }
}

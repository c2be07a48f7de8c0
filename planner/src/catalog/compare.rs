//! Two schemas side by side: what the migrations make and what a database has, or before and after a run.
//!
//! Expressions are the server's to print. They are compared without blanks, casts, parentheses and case; where they
//! still differ and are more than one value or call, the difference is told as one that cannot be judged.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalog::schema::{ColumnSchema, NamedObject, Schema, TableSchema};
use crate::sort::{Gather, Sort};

/// How an object differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DifferenceKind {
    /// Only the second schema has it.
    Added,
    /// Only the first schema has it.
    Missing,
    /// Both have it, not alike.
    Different,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Difference {
    /// How.
    pub kind: DifferenceKind,
    /// What: `table public.users`, `column public.users.email`.
    pub object: String,
    /// In the first schema; empty where it lacks the object.
    pub first: String,
    /// In the second schema; empty where it lacks the object.
    pub second: String,
    /// False: two expressions that may mean the same.
    pub certain: bool,
}

/// The differences from the first schema to the second, sorted by object.
#[must_use]
pub fn compare(first: &Schema, second: &Schema) -> Vec<Difference> {
    let mut found = Found(Vec::new());
    let name = |table: &TableSchema| qualified(table.schema.as_deref(), &table.name);
    let other: BTreeMap<String, &TableSchema> = second.tables.iter().map(|table| (name(table), table)).gather();
    let own: BTreeMap<String, &TableSchema> = first.tables.iter().map(|table| (name(table), table)).gather();
    for (table, one) in &own {
        match other.get(table) {
            Some(two) => found.tables(table, one, two),
            None => found.push(DifferenceKind::Missing, format!("table {table}"), columns(one), String::new(), true),
        }
    }
    for (table, two) in other.iter().filter(|(table, _)| !own.contains_key(*table)) {
        found.push(DifferenceKind::Added, format!("table {table}"), String::new(), columns(two), true);
    }
    found.named("view", &first.views, &second.views);
    found.named("sequence", &first.sequences, &second.sequences);
    found.named("function", &first.functions, &second.functions);
    let enums = |schema: &Schema| -> BTreeMap<String, String> {
        let values = schema.enums.iter();
        values.map(|one| (qualified(one.schema.as_deref(), &one.name), one.values.join(", "))).gather()
    };
    found.maps("enum", &enums(first), &enums(second), |_| true);
    found.0.order_by(|a, b| (&a.object, a.kind).cmp(&(&b.object, b.kind)));
    found.0
}

struct Found(Vec<Difference>);

impl Found {
    fn push(&mut self, kind: DifferenceKind, object: String, first: String, second: String, certain: bool) {
        self.0.push(Difference { kind, object, first, second, certain });
    }

    fn tables(&mut self, table: &str, first: &TableSchema, second: &TableSchema) {
        for column in &first.columns {
            let object = format!("column {table}.{}", column.name);
            match second.columns.iter().find(|other| other.name == column.name) {
                Some(other) => self.column(object, column, other),
                None => self.push(DifferenceKind::Missing, object, describe(column), String::new(), true),
            }
        }
        for column in second.columns.iter().filter(|column| !first.columns.iter().any(|own| own.name == column.name)) {
            let object = format!("column {table}.{}", column.name);
            self.push(DifferenceKind::Added, object, String::new(), describe(column), true);
        }
        if first.primary_key != second.primary_key {
            let object = format!("primary key of {table}");
            self.either(object, first.primary_key.join(", "), second.primary_key.join(", "));
        }
        self.lists(table, first, second);
        let checks = |table: &TableSchema| table.checks.iter().map(|one| (one.name.clone(), one.expression.clone())).gather();
        let (own, others): (BTreeMap<_, _>, BTreeMap<_, _>) = (checks(first), checks(second));
        self.maps(&format!("check of {table}:"), &own, &others, |(a, b)| simple(a) && simple(b));
        let indexes = |table: &TableSchema| -> BTreeMap<String, String> {
            let text = |index: &crate::catalog::schema::IndexSchema| {
                let filter = index.predicate.as_ref().map(|text| format!(" where {text}")).unwrap_or_default();
                let unique = if index.unique { "unique " } else { "" };
                let ruin = if index.valid { "" } else { ", invalid" };
                format!("{unique}({}){filter}{ruin}", index.columns.join(", "))
            };
            table.indexes.iter().map(|index| (index.name.clone(), text(index))).gather()
        };
        let plain = |text: &str| !text.contains(" where ") && text.matches('(').count() < 2;
        self.maps(&format!("index of {table}:"), &indexes(first), &indexes(second), |(a, b)| plain(a) && plain(b));
    }

    fn column(&mut self, object: String, first: &ColumnSchema, second: &ColumnSchema) {
        let plain = |column: &ColumnSchema| (column.data_type.to_ascii_lowercase(), column.nullable, column.identity.clone());
        // No default is the default NULL.
        let default = |column: &ColumnSchema| column.default.clone().filter(|text| essence(text) != "null");
        let texts = |column: &ColumnSchema| [default(column), column.generated.clone()];
        let same = |a: &Option<String>, b: &Option<String>| match (a, b) {
            (Some(a), Some(b)) => same(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        let pairs: Vec<(Option<String>, Option<String>)> = texts(first).into_iter().zip(texts(second)).collect();
        if plain(first) == plain(second) && pairs.iter().all(|(a, b)| same(a, b)) {
            return;
        }
        // `'epoch'` of a timestamp is shown as the server prints its value.
        let literal = |text: &str| text.trim_start().starts_with('\'');
        let textual = ["char", "text", "enum", "set"].iter().any(|word| plain(first).0.contains(word));
        let judged = |(a, b): &(Option<String>, Option<String>)| match (a, b) {
            (Some(a), Some(b)) => self::same(a, b) || (simple(a) && simple(b) && (textual || !literal(a) || !literal(b))),
            _ => true,
        };
        let certain = plain(first) != plain(second) || pairs.iter().all(judged);
        self.push(DifferenceKind::Different, object, describe(first), describe(second), certain);
    }

    /// Constraints that are known by their columns only.
    fn lists(&mut self, table: &str, first: &TableSchema, second: &TableSchema) {
        let unique = |table: &TableSchema| -> Vec<String> { table.unique.iter().map(|columns| columns.join(", ")).collect() };
        let keys = |table: &TableSchema| -> Vec<String> {
            let text = |key: &crate::catalog::schema::ForeignKeySchema| {
                let parent = qualified(key.ref_schema.as_deref(), &key.ref_table);
                let action = key.on_delete.as_ref().map(|action| format!(" on delete {action}")).unwrap_or_default();
                format!("({}) references {parent} ({}){action}", key.columns.join(", "), key.ref_columns.join(", "))
            };
            table.foreign_keys.iter().map(text).collect()
        };
        for (what, own, others) in
            [("unique constraint", unique(first), unique(second)), ("foreign key", keys(first), keys(second))]
        {
            for one in own.iter().filter(|one| !others.contains(one)) {
                self.push(DifferenceKind::Missing, format!("{what} of {table}: {one}"), one.clone(), String::new(), true);
            }
            for one in others.iter().filter(|one| !own.contains(one)) {
                self.push(DifferenceKind::Added, format!("{what} of {table}: {one}"), String::new(), one.clone(), true);
            }
        }
    }

    fn either(&mut self, object: String, first: String, second: String) {
        let kind = match (first.is_empty(), second.is_empty()) {
            (true, false) => DifferenceKind::Added,
            (false, true) => DifferenceKind::Missing,
            _ => DifferenceKind::Different,
        };
        self.push(kind, object, first, second, true);
    }

    fn named(&mut self, what: &str, first: &[NamedObject], second: &[NamedObject]) {
        let names = |all: &[NamedObject]| -> BTreeMap<String, String> {
            all.iter().map(|one| (qualified(one.schema.as_deref(), &one.name), String::new())).gather()
        };
        self.maps(what, &names(first), &names(second), |_| true);
    }

    fn maps(
        &mut self,
        what: &str,
        first: &BTreeMap<String, String>,
        second: &BTreeMap<String, String>,
        certain: impl Fn((&str, &str)) -> bool,
    ) {
        for (name, one) in first {
            let object = format!("{what} {name}");
            match second.get(name) {
                Some(two) if essence(one) == essence(two) => {}
                Some(two) => self.push(DifferenceKind::Different, object, one.clone(), two.clone(), certain((one, two))),
                None => self.push(DifferenceKind::Missing, object, one.clone(), String::new(), true),
            }
        }
        for (name, two) in second.iter().filter(|(name, _)| !first.contains_key(*name)) {
            self.push(DifferenceKind::Added, format!("{what} {name}"), String::new(), two.clone(), true);
        }
    }
}

fn qualified(schema: Option<&str>, name: &str) -> String {
    schema.map_or_else(|| name.to_owned(), |schema| format!("{schema}.{name}"))
}

fn columns(table: &TableSchema) -> String {
    table.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn describe(column: &ColumnSchema) -> String {
    let mut text = column.data_type.clone();
    if !column.nullable {
        text.push_str(" not null");
    }
    for (word, value) in [("default", &column.default), ("identity", &column.identity), ("generated", &column.generated)] {
        if let Some(value) = value {
            text.push_str(&format!(" {word} {value}"));
        }
    }
    text
}

/// An expression without what a server adds when it prints it: casts, parentheses, blanks, case outside quotes.
fn essence(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        match c {
            '\'' => {
                quoted = !quoted;
                out.push(c);
            }
            _ if quoted => out.push(c),
            ':' if chars.peek() == Some(&':') => {
                chars.next();
                let name = |c: &char| c.is_alphanumeric() || matches!(c, '_' | ' ' | '.' | '"' | '[' | ']');
                while chars.next_if(name).is_some() {}
            }
            '(' | ')' | ' ' | '\n' | '\t' | '"' => {}
            _ => out.extend(c.to_lowercase()),
        }
    }
    if out == "current_timestamp" { "now".to_owned() } else { out }
}

/// Whether two expressions are the same but for what a server adds or rounds when it prints them: MySQL and MariaDB show
/// `true` as 1, `'0'` of a number column without its quotes, and decimals with all their places.
fn same(a: &str, b: &str) -> bool {
    let (a, b) = (essence(a), essence(b));
    let bare = !(a.starts_with('\'') && b.starts_with('\''));
    a == b || (bare && number(&a).is_some() && number(&a) == number(&b))
}

/// A number without quotes and idle zeros.
fn number(essence: &str) -> Option<String> {
    // A bit is shown as b'1'.
    let bits = essence.strip_prefix("b'").and_then(|rest| rest.strip_suffix('\'')).filter(|bits| matches!(*bits, "0" | "1"));
    if let Some(bits) = bits {
        return Some(bits.to_owned());
    }
    let inner = essence.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(essence);
    match inner.to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "on" => return Some("1".to_owned()),
        "false" | "f" | "no" | "n" | "off" => return Some("0".to_owned()),
        _ => {}
    }
    let digits = inner.strip_prefix('-').unwrap_or(inner);
    let plain = digits.starts_with(|c: char| c.is_ascii_digit()) && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    let shown = if inner.contains('.') { inner.trim_end_matches('0').trim_end_matches('.') } else { inner };
    plain.then(|| shown.to_owned())
}

/// One literal, one name or one call without arguments: servers print it as it was written, but for the schema of a function
/// that is outside the search path.
fn simple(text: &str) -> bool {
    let plain = essence(text);
    let literal = plain.starts_with('\'') && plain.ends_with('\'');
    let call = text.contains('(') && (plain.contains('.') || !text.trim_end().ends_with("()"));
    literal || !call && plain.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_adds_to_an_expression_does_not_count() {
        for (a, b) in
            [("'x'", "'x'::character varying"), ("NOW()", "now()"), ("CURRENT_TIMESTAMP", "now()"), ("a > 0", "(a > 0)")]
        {
            assert_eq!(essence(a), essence(b));
        }
        assert_ne!(essence("'A'"), essence("'a'"));
        for (a, b) in
            [("true", "1"), ("'0'", "0.00"), ("1.5", "1.50"), ("-2", "'-2'"), ("0", "b'0'"), ("'f'", "false"), ("'True'", "true")]
        {
            assert!(same(a, b), "{a} {b}");
        }
        assert!(!same("'1.0'", "'1'") && !same("1", "10") && !same("now()", "1"));
        assert!(simple("'x'::text") && simple("-1") && !simple("a > 0"));
    }
}

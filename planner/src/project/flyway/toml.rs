//! `flyway.toml` as flat keys.

use crate::sort::Sort;
use std::ops::Range;

use ::toml::de::{DeTable, DeValue};

use super::super::toml_reader::entries;

/// One value of a file under its full key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::project) struct Flat {
    /// Keys of all tables above it and its own, joined by dots.
    pub(in crate::project) key: String,
    /// The value; parts of a list are joined by commas.
    pub(in crate::project) value: String,
    /// Bytes of the key.
    pub(in crate::project) key_range: Range<usize>,
    /// Bytes of the value, quotes included.
    pub(in crate::project) value_range: Range<usize>,
}

/// All values below a table.
pub(in crate::project) fn flatten(root: &DeTable<'_>) -> Vec<Flat> {
    let mut flat = Vec::new();
    below("", root, &mut flat);
    flat.order_by_key(|one| one.key_range.start);
    flat
}

fn below(prefix: &str, table: &DeTable<'_>, flat: &mut Vec<Flat>) {
    for (key, value) in entries(table) {
        let full = if prefix.is_empty() { key.get_ref().to_string() } else { format!("{prefix}.{}", key.get_ref()) };
        match value.get_ref() {
            DeValue::Table(table) => below(&full, table, flat),
            other => {
                flat.push(Flat { key: full, value: scalar(other), key_range: key.span(), value_range: value.span() });
            }
        }
    }
}

fn scalar(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(answer) => answer.to_string(),
        DeValue::Array(list) => list.iter().map(|item| scalar(item.get_ref())).collect::<Vec<_>>().join(","),
        DeValue::Datetime(date) => date.to_string(),
        DeValue::Table(_) => String::new(),
    }
}

//! Typed reading of a TOML file where every mistake is a finding with its line.

use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::near::advice;
use crate::finding::Finding;
use crate::sort::Sort;
use crate::span::{LineIndex, Span};

/// A file being read.
pub struct TomlReader<'a> {
    path: &'a str,
    text: &'a str,
    index: LineIndex,
    /// Mistakes so far.
    pub findings: Vec<Finding>,
}

/// Keys and values of a table in the order of the file.
pub type Entries<'t, 'i> = Vec<(&'t Spanned<DeString<'i>>, &'t Spanned<DeValue<'i>>)>;

/// A table's entries in the order of the file.
pub fn entries<'t, 'i>(table: &'t DeTable<'i>) -> Entries<'t, 'i> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.order_by_key(|(key, _)| key.span().start);
    entries
}

impl<'a> TomlReader<'a> {
    /// A reader of a text; findings name `path`.
    #[must_use]
    pub fn new(path: &'a str, text: &'a str) -> Self {
        Self { path, text, index: LineIndex::new(text), findings: Vec::new() }
    }

    /// Parses the file; syntax errors are findings, and what is right around them is still read.
    pub fn parse(&mut self) -> DeTable<'a> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            let message = format!("This is no TOML: {}.", error.message().trim_end_matches('.').replace('\n', " "));
            self.broken("config-syntax", span, message, "Correct the line; https://toml.io shows the syntax.");
        }
        table.into_inner()
    }

    /// A part of the text as a place.
    #[must_use]
    pub fn span(&self, range: Range<usize>) -> Span {
        self.index.span(self.path, self.text, range)
    }

    /// A mistake that stops everything.
    pub fn broken(&mut self, rule: &str, range: Range<usize>, message: impl Into<String>, cure: impl Into<String>) {
        let span = Some(self.span(range));
        self.findings.push(Finding::broken(rule, span, message, cure));
    }

    /// A key that `section` does not have. `known` are the keys it has.
    pub fn unknown(&mut self, section: &str, key: &Spanned<DeString<'_>>, known: &[&str], cure: Option<String>) {
        let cure = cure.unwrap_or_else(|| advice(key.get_ref(), known));
        self.broken("unknown-setting", key.span(), format!("{section} has no setting {:?}.", key.get_ref()), cure);
    }

    /// A value that cannot stand there. `wanted` says what can: "a number from 0 to 9".
    pub fn wrong(&mut self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str) {
        let message = format!("{key} cannot be {}.", shown(value.get_ref()));
        self.broken("wrong-setting", value.span(), message, format!("Write {wanted}."));
    }

    /// A text.
    pub fn string(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.wrong(key, value, "a text in quotes");
        }
        text
    }

    /// A text that may not be empty.
    pub fn word(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let text = self.string(key, value)?;
        if text.trim().is_empty() {
            self.wrong(key, value, "a text that is not empty");
            return None;
        }
        Some(text)
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<bool> {
        let answer = value.get_ref().as_bool();
        if answer.is_none() {
            self.wrong(key, value, "true or false");
        }
        answer
    }

    /// A whole number within a range.
    pub fn number(&mut self, key: &str, value: &Spanned<DeValue<'_>>, range: RangeInclusive<u64>) -> Option<u64> {
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|integer| u64::from_str_radix(integer.as_str(), integer.radix()).ok())
            .filter(|number| range.contains(number));
        if number.is_none() {
            self.wrong(key, value, &format!("a number from {} to {}", range.start(), range.end()));
        }
        number
    }

    /// Like [`Self::number`], for settings held in 32 bits.
    pub fn count(&mut self, key: &str, value: &Spanned<DeValue<'_>>, range: RangeInclusive<u32>) -> Option<u32> {
        let range = u64::from(*range.start())..=u64::from(*range.end());
        self.number(key, value, range).and_then(|number| u32::try_from(number).ok())
    }

    /// A list of texts.
    pub fn strings(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Vec<String>> {
        let list = value
            .get_ref()
            .as_array()
            .map(|array| array.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect::<Option<Vec<String>>>());
        let list = list.flatten();
        if list.is_none() {
            self.wrong(key, value, "a list of texts: [\"one\", \"two\"]");
        }
        list
    }

    /// A section.
    pub fn table<'t, 'i>(&mut self, key: &str, value: &'t Spanned<DeValue<'i>>) -> Option<&'t DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong(key, value, &format!("a section: [{key}]"));
        }
        table
    }

    /// A text, number or switch as text: for placeholders and versions, where people leave the quotes out.
    pub fn scalar(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) => Some(number.as_str().to_owned()),
            DeValue::Float(number) => Some(number.as_str().to_owned()),
            DeValue::Boolean(answer) => Some(answer.to_string()),
            _ => {
                self.wrong(key, value, "a text in quotes");
                None
            }
        }
    }
}

/// A value for a message; texts are shortened.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{:?}", text.chars().take(60).collect::<String>()),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(answer) => answer.to_string(),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a section".to_owned(),
    }
}

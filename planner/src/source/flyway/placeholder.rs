//! Replaces Flyway's `${…}`, keeping the way back to the original offsets.
//!
//! Flyway replaces in the character stream before it parses, so also inside comments and strings; keys are
//! case-insensitive and values are not expanded again (`PlaceholderReplacingReader` of 9.16.2).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use litemap::LiteMap;

use crate::project::settings::FlywaySettings;

/// The byte order mark.
const MARK: char = '\u{feff}';

/// What stands for a key.
enum Value {
    Known(String),
    /// Only the run knows it: user, database, time.
    Unknowable,
}

/// The values of one file.
pub(super) struct Placeholders {
    values: LiteMap<String, Value>,
    prefix: String,
    suffix: String,
}

/// Why a placeholder was not replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// No value is configured.
    Unknown,
    /// The closing suffix is missing.
    Unclosed,
    /// Only known when the script runs.
    Unknowable,
}

/// A placeholder that was left as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unreplaced {
    pub(super) name: String,
    /// Bytes in the original text.
    pub(super) range: Range<usize>,
    pub(super) problem: Problem,
}

/// A text after replacement.
pub(super) struct Replaced<'a> {
    /// Not a copy where nothing was replaced: a script may hold a large load.
    pub(super) text: Cow<'a, str>,
    pub(super) unreplaced: Vec<Unreplaced>,
    /// Behind each replacement: offset in the new text, offset in the original.
    anchors: Vec<(usize, usize)>,
    /// Bytes of the new text that stand for a placeholder, with the offset of the placeholder.
    values: Vec<(Range<usize>, usize)>,
}

impl<'a> Replaced<'a> {
    /// The text as it is, where no placeholder is to be replaced; only byte order marks are gone.
    pub(super) fn unchanged(text: &'a str) -> Self {
        if !text.contains(MARK) {
            return Self::of(Cow::Borrowed(text));
        }
        let mut out = Self::of(Cow::Owned(String::with_capacity(text.len())));
        out.keep(text, 0..text.len());
        out
    }

    const fn of(text: Cow<'a, str>) -> Self {
        Self { text, unreplaced: Vec::new(), anchors: Vec::new(), values: Vec::new() }
    }

    /// Takes a part of the original over. Files that were joined have byte order marks inside, and Flyway strips
    /// every one of them (`BomStrippingReader` of 9.16.2).
    fn keep(&mut self, text: &str, range: Range<usize>) {
        let mut here = range.start;
        let part = text.get(range).unwrap_or("");
        for (number, piece) in part.split(MARK).enumerate() {
            if number > 0 {
                here += MARK.len_utf8();
                self.anchors.push((self.text.len(), here));
            }
            self.text.to_mut().push_str(piece);
            here += piece.len();
        }
    }

    /// The offset in the original text of an offset in the new one; inside a value: of its placeholder.
    pub(super) fn original(&self, offset: usize) -> usize {
        let value = self.values.partition_point(|(range, _)| range.end <= offset);
        if let Some((range, original)) = self.values.get(value)
            && range.contains(&offset)
        {
            return *original;
        }
        let anchor = self.anchors.partition_point(|(new, _)| *new <= offset).saturating_sub(1);
        let anchor = self.anchors.get(anchor).filter(|(new, _)| *new <= offset);
        anchor.map_or(offset, |(new, original)| original + offset.saturating_sub(*new))
    }
}

impl Replaced<'_> {
    /// Whether a placeholder was left as it stands in these bytes of the new text.
    pub(super) fn has_unreplaced(&self, range: &Range<usize>) -> bool {
        // The originals are in the order of the text.
        let first = self.unreplaced.partition_point(|one| one.range.end <= self.original(range.start));
        self.unreplaced.get(first).is_some_and(|one| one.range.start < self.original(range.end))
    }
}

impl Placeholders {
    /// The configured values and Flyway's own for a file; `built_in` are those that the caller knows
    /// ([`crate::project::Request::built_in`]).
    pub(super) fn new(
        settings: &FlywaySettings,
        configured: &BTreeMap<String, String>,
        built_in: &BTreeMap<String, String>,
        file_name: &str,
    ) -> Self {
        let mut values = LiteMap::new();
        for (key, value) in configured {
            values.insert(key.to_lowercase(), Value::Known(value.clone()));
        }
        let own = |key: &str| format!("flyway{}{key}", settings.placeholder_separator).to_lowercase();
        for key in ["user", "database", "timestamp", "workingdirectory", "defaultschema"] {
            let value = built_in.get(key).map_or(Value::Unknowable, |value| Value::Known(value.clone()));
            values.insert(own(key), value);
        }
        values.insert(own("filename"), Value::Known(file_name.to_owned()));
        values.insert(own("table"), Value::Known(settings.table.clone()));
        if let Some(schema) = &settings.default_schema {
            values.insert(own("defaultschema"), Value::Known(schema.clone()));
        }
        Self { values, prefix: settings.placeholder_prefix.clone(), suffix: settings.placeholder_suffix.clone() }
    }

    /// Where the next placeholder begins. Flyway takes a failed beginning of the prefix as a whole, with the character
    /// that does not fit: `$${a}` is no placeholder (`PlaceholderReplacingReader` of 9.16.2, measured).
    fn find(&self, text: &str, from: usize) -> Option<usize> {
        let mut here = from;
        loop {
            let at = here + text.get(here..)?.find(self.prefix.chars().next()?)?;
            let mut characters = text.get(at..)?.char_indices();
            let mut wanted = self.prefix.chars();
            loop {
                let Some(expected) = wanted.next() else { return Some(at) };
                let (offset, found) = characters.next()?;
                if found != expected {
                    here = at + offset + found.len_utf8();
                    break;
                }
            }
        }
    }

    /// Replaces all placeholders of a text.
    pub(super) fn replace<'a>(&self, text: &'a str) -> Replaced<'a> {
        if self.prefix.is_empty() || self.suffix.is_empty() || !text.contains(&self.prefix) {
            return Replaced::unchanged(text);
        }
        let mut out = Replaced::of(Cow::Owned(String::with_capacity(text.len())));
        let mut here = 0;
        while let Some(start) = self.find(text, here) {
            out.keep(text, here..start);
            let inner = start + self.prefix.len();
            let Some(length) = text.get(inner..).and_then(|rest| rest.find(&self.suffix)) else {
                let name = text.get(inner..).unwrap_or("").lines().next().unwrap_or("").trim().to_owned();
                out.unreplaced.push(Unreplaced { name, range: start..inner, problem: Problem::Unclosed });
                here = start;
                break;
            };
            let end = inner + length + self.suffix.len();
            let name = text.get(inner..inner + length).unwrap_or("");
            match self.values.get(&name.to_lowercase()) {
                Some(Value::Known(value)) => {
                    let new = out.text.len();
                    out.text.to_mut().push_str(value);
                    out.values.push((new..out.text.len(), start));
                    out.anchors.push((out.text.len(), end));
                }
                other => {
                    let problem = if other.is_some() { Problem::Unknowable } else { Problem::Unknown };
                    out.unreplaced.push(Unreplaced { name: name.to_owned(), range: start..end, problem });
                    out.text.to_mut().push_str(text.get(start..end).unwrap_or(""));
                }
            }
            here = end;
        }
        out.keep(text, here..text.len());
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replace(text: &str) -> Replaced<'_> {
        let configured = BTreeMap::from([("Owner".to_owned(), "app ${x}".to_owned()), ("empty".to_owned(), String::new())]);
        let built_in = BTreeMap::from([("database".to_owned(), "shop".to_owned())]);
        Placeholders::new(&FlywaySettings::default(), &configured, &built_in, "V1__a.sql").replace(text)
    }

    #[test]
    fn keys_have_no_case_and_values_are_not_expanded_again() {
        let replaced = replace("a ${OWNER} -- ${owner}\n'${empty}' ${flyway:filename} ${flyway:TABLE}");
        assert_eq!(replaced.text, "a app ${x} -- app ${x}\n'' V1__a.sql flyway_schema_history");
        assert!(replaced.unreplaced.is_empty());
    }

    #[test]
    fn offsets_find_their_way_back() {
        let text = "a ${OWNER}b${empty}c ${owner} d";
        let replaced = replace(text);
        for mark in ["b", "c", " d"] {
            let (new, old) = (replaced.text.rfind(mark), text.rfind(mark));
            assert_eq!(new.map(|at| replaced.original(at)), old, "{mark}");
        }
        assert_eq!(replaced.original(4), 2, "inside a value");
        assert_eq!(replaced.original(replaced.text.len()), text.len());
    }

    #[test]
    fn byte_order_marks_go_wherever_they_stand() {
        let text = "\u{feff}-- a\n\u{feff}GRANT ${OWNER}\u{feff};";
        let replaced = replace(text);
        assert_eq!(replaced.text, "-- a\nGRANT app ${x};");
        for mark in ["GRANT", ";"] {
            assert_eq!(replaced.text.rfind(mark).map(|at| replaced.original(at)), text.rfind(mark), "{mark}");
        }
    }

    #[test]
    fn a_failed_beginning_takes_the_next_character_with_it() {
        assert_eq!(replace("$${owner} $$${owner} $a${owner} $").text, "$${owner} $$app ${x} $aapp ${x} $");
        assert_eq!(replace("${flyway:database}").text, "shop");
    }

    #[test]
    fn unknown_ones_stay_and_are_told() {
        let replaced = replace("${nope} ${flyway:user} ${open");
        let told: Vec<_> = replaced.unreplaced.iter().map(|one| (one.name.as_str(), one.problem)).collect();
        assert_eq!(told, [("nope", Problem::Unknown), ("flyway:user", Problem::Unknowable), ("open", Problem::Unclosed)]);
        assert_eq!(replaced.text, "${nope} ${flyway:user} ${open");
    }
}

//! One configuration file of a Spring application, as documents of loose keys.

use std::collections::BTreeSet;

use litemap::LiteMap;

use super::super::flyway::Flat;
use super::super::path::{folder, name};
use super::super::{ProjectFile, properties, yaml};
use crate::finding::{Finding, Severity};
use crate::sort::Gather;
use crate::span::{LineIndex, Span};

/// Between the parts of a list; no file holds it.
pub(super) const BETWEEN: char = '\u{1f}';

/// A value and where it is.
#[derive(Clone, Debug)]
pub(super) struct Value {
    /// Parts of a list are separated by [`BETWEEN`].
    pub(super) text: String,
    pub(super) span: Span,
}

/// One document: all of a file, or what stands between `---`.
pub(super) struct Document {
    /// By loose keys; names of placeholders as they are written.
    pub(super) values: LiteMap<String, Value>,
    /// The profiles it is about; empty: all.
    pub(super) profiles: Vec<String>,
    /// Profiles that it is not about.
    excluded: Vec<String>,
}

impl Document {
    /// Whether it counts under these profiles.
    pub(super) fn is_active(&self, active: &[String]) -> bool {
        let named =
            |list: &[String]| list.iter().any(|profile| active.contains(profile) || (profile == "default" && active.is_empty()));
        (self.profiles.is_empty() || named(&self.profiles)) && !named(&self.excluded)
    }
}

/// `application.yml`, `application-prod.properties` … outside tests and builds.
pub(in crate::project) fn is_configuration(path: &str) -> bool {
    let file = name(path);
    let known = [".yml", ".yaml", ".properties"].iter().find_map(|ending| file.strip_suffix(ending));
    let named = known.is_some_and(|stem| stem == "application" || stem.starts_with("application-"));
    named
        && !folder(path)
            .split('/')
            .any(|part| matches!(part, "test" | "target" | "build" | "out" | "bin") || part.starts_with('.'))
}

/// A key as Spring compares it: without case, dashes and underscores.
pub(super) fn loose(key: &str) -> String {
    key.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// Loose but for the names of a map's entries.
fn canonical(key: &str) -> String {
    let parts: Vec<&str> = key.splitn(4, '.').collect();
    match parts.as_slice() {
        [a, b, c, name] if loose(b) == "flyway" && matches!(loose(c).as_str(), "placeholders" | "jdbcproperties") => {
            let name = name.trim_start_matches('[').trim_end_matches(']');
            format!("{}.{}.{}.{name}", loose(a), loose(b), loose(c))
        }
        _ => loose(key),
    }
}

/// Reads a file.
pub(super) fn read(file: &ProjectFile, findings: &mut Vec<Finding>) -> Vec<Document> {
    let text = String::from_utf8_lossy(&file.content);
    let index = LineIndex::new(&text);
    let stem = name(&file.path).rsplit_once('.').map_or("", |(stem, _)| stem);
    let profile = stem.strip_prefix("application-").map(str::to_owned);
    let flats = flats(&file.path, &text, findings, &index);
    flats.into_iter().map(|flat| document(file, &text, &index, flat, profile.as_ref())).collect()
}

fn flats(path: &str, text: &str, findings: &mut Vec<Finding>, index: &LineIndex) -> Vec<Vec<Flat>> {
    if path.ends_with(".properties") {
        return documents_of_properties(text);
    }
    let (documents, error) = yaml::documents(text);
    if let Some((at, words)) = error {
        let span = index.span(path, text, at..at);
        let message = format!("This is no YAML: {words}.");
        let broken = Finding::broken("config-syntax", Some(span), message, "Correct the line.");
        let effect = "What stands below it is not read.".into();
        findings.push(Finding { severity: Severity::Warning, effect, blocking: false, ..broken });
    }
    documents
}

/// Java properties with their escapes; `#---` or `!---` begins the next document.
fn documents_of_properties(text: &str) -> Vec<Vec<Flat>> {
    let mut cuts: Vec<usize> = vec![];
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if matches!(line.trim_end(), "#---" | "!---") {
            cuts.push(at);
        }
        at += line.len();
    }
    let mut documents = vec![Vec::new(); cuts.len() + 1];
    for one in properties::read(text) {
        let number = cuts.iter().filter(|cut| **cut < one.range.start).count();
        let flat = Flat { key: plain(&one.key), value: plain(&one.value), key_range: one.range, value_range: one.value_range };
        documents.get_mut(number).into_iter().for_each(|document| document.push(flat.clone()));
    }
    documents
}

/// `\:`, `\=`, `\t`, `\\` of Java properties.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => plain.extend(chars.next().map(|next| match next {
                't' => '\t',
                'n' => '\n',
                'r' => '\r',
                other => other,
            })),
            other => plain.push(other),
        }
    }
    plain
}

fn document(file: &ProjectFile, text: &str, index: &LineIndex, flat: Vec<Flat>, profile: Option<&String>) -> Document {
    let mut values: LiteMap<String, Value> = LiteMap::new();
    for one in flat {
        let (key, part) = match one.key.strip_suffix(']').and_then(|key| key.rsplit_once('[')) {
            Some((key, number)) if number.parse::<u32>().is_ok() => (key, true),
            _ => (one.key.as_str(), false),
        };
        let span = index.span(&file.path, text, one.key_range.clone());
        match values.get_mut(&canonical(key)).filter(|_| part) {
            Some(list) => {
                list.text.push(BETWEEN);
                list.text.push_str(&one.value);
            }
            None => {
                values.insert(canonical(key), Value { text: one.value, span });
            }
        }
    }
    let said = ["spring.config.activate.onprofile", "spring.profiles"].iter().find_map(|key| values.get(*key));
    let words: BTreeSet<String> = said.map(|value| words(&value.text)).unwrap_or_default();
    let (excluded, named): (Vec<String>, Vec<String>) = words.into_iter().partition(|word| word.starts_with('!'));
    Document {
        values,
        profiles: named.into_iter().chain(profile.cloned()).collect(),
        excluded: excluded.iter().map(|word| word.trim_start_matches('!').to_owned()).collect(),
    }
}

/// The profiles of an expression: `prod | staging`, `!test`, `a, b`.
fn words(expression: &str) -> BTreeSet<String> {
    let cut = |c: char| c.is_whitespace() || matches!(c, ',' | '|' | '&' | '(' | ')' | BETWEEN);
    expression.split(cut).filter(|word| !word.is_empty()).map(str::to_owned).gather()
}

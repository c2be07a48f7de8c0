//! Settings from outside the project, as the caller found them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::properties;
use super::super::toml_reader::TomlReader;
use super::toml;
use crate::finding::Finding;

/// Where a layer stands between the others. The order is Flyway's precedence, from low to high; the project's own file
/// stands after [`Origin::Home`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// `flyway.conf` or `flyway.toml` in the user's home.
    Home,
    /// A file named by `-configFiles=`, or standard input.
    Named,
    /// `FLYWAY_*`.
    Environment,
}

/// The settings of one file or of the environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// Its place.
    pub origin: Origin,
    /// What messages call it: the file's path, or `environment`.
    pub file: String,
    /// The settings in the order of the file.
    pub settings: Vec<OutsideSetting>,
}

/// One setting of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutsideSetting {
    /// The key in full: `flyway.table`, `environments.prod.url`.
    pub key: String,
    /// The value; parts of a list are joined by commas.
    pub value: String,
    /// Line of the file, 1-based; 0: it has none.
    pub line: u32,
}

/// Reads the text of a file outside the project, with what is wrong with its syntax.
#[must_use]
pub fn read(path: &str, text: &str) -> (Vec<OutsideSetting>, Vec<Finding>) {
    if path.ends_with(".toml") {
        let mut reader = TomlReader::new(path, text);
        let root = reader.parse();
        let flat = toml::flatten(&root);
        let settings = flat
            .into_iter()
            .map(|one| OutsideSetting { line: reader.span(one.key_range).line, key: one.key, value: one.value })
            .collect();
        return (settings, reader.findings);
    }
    let index = crate::span::LineIndex::new(text);
    let settings = properties::read(text)
        .into_iter()
        .map(|one| OutsideSetting { line: index.span(path, text, one.range).line, key: one.key, value: one.value })
        .collect();
    (settings, Vec::new())
}

/// Replaces `${NAME}` as Flyway does in a `.conf` file: a variable that is not set is empty.
#[must_use]
pub fn expand(value: &str, variables: &BTreeMap<String, String>) -> String {
    let mut expanded = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, name, after)) = next_variable(rest) {
        expanded.push_str(before);
        expanded.push_str(variables.get(name).map_or("", String::as_str));
        rest = after;
    }
    expanded.push_str(rest);
    expanded
}

/// Replaces `${env.NAME}` of a TOML file; a variable that is not set is empty.
#[must_use]
pub fn expand_toml(value: &str, variables: &BTreeMap<String, String>) -> String {
    let mut expanded = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, inner)) = rest.split_once("${env.") {
        let Some((name, after)) = inner.split_once('}') else { break };
        expanded.push_str(before);
        expanded.push_str(variables.get(name).map_or("", String::as_str));
        rest = after;
    }
    expanded.push_str(rest);
    expanded
}

/// The names of the variables a value names.
pub fn variables(value: &str) -> impl Iterator<Item = &str> {
    let mut rest = value;
    std::iter::from_fn(move || {
        let (_, name, after) = next_variable(rest)?;
        rest = after;
        Some(name)
    })
}

/// Text before the next `${NAME}`, the name, and the text after it. Flyway's names are letters, digits and underscores.
fn next_variable(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some(found) = text.get(from..)?.find("${") {
        let start = from + found;
        let inner = text.get(start + 2..)?;
        let end = inner.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(inner.len());
        if end > 0 && inner.get(end..).is_some_and(|rest| rest.starts_with('}')) {
            return Some((text.get(..start)?, inner.get(..end)?, inner.get(end + 1..)?));
        }
        from = start + 2;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_expanded_and_other_placeholders_stay() {
        let known = BTreeMap::from([("HOST".to_owned(), "db".to_owned())]);
        assert_eq!(expand("jdbc:x://${HOST}:${PORT}/a", &known), "jdbc:x://db:/a");
        assert_eq!(expand("${", &known), "${");
        assert_eq!(expand("${a.b} ${${HOST}", &known), "${a.b} ${db");
        assert_eq!(variables("${A}${b.c}${D}").collect::<Vec<_>>(), ["A", "D"]);
    }
}

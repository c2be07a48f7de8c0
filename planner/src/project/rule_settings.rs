//! `[rules]` of `flightplan.toml`: which rules count, how much, where not, and with which options.
//!
//! Which rules and options there are is known further to the right: [`crate::rule`] holds this against them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::path::join;
use super::toml_reader::{TomlReader, entries};
use crate::finding::Severity;
use crate::span::Span;

type Value<'i> = Spanned<DeValue<'i>>;

/// What a project says about the rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RuleSettings {
    /// By rule id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: BTreeMap<String, RuleSetting>,
    /// Places where rules are silent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignores: Vec<RuleIgnore>,
    /// Path of the file with the findings that are known already; absent: `flightplan-baseline.json` in the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
}

/// What a project says about one rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RuleSetting {
    /// Another severity than the rule's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// The rule does not count.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub off: bool,
    /// Its options by name, each as the list of its texts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, Vec<String>>,
    /// Where the rule and its options are named: the rule under the empty name.
    #[serde(skip)]
    pub places: BTreeMap<String, Span>,
}

/// Where a rule is silent, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RuleIgnore {
    /// Rule id; absent: every rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Files: `*` and `?` inside a folder's or file's name, `**` for any folders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Tables, with or without their schema: `*` and `?` in their names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Why.
    pub reason: String,
}

const IGNORE: &[&str] = &["path", "table", "reason"];

/// Reads the section. `folder` is the one the file stands in.
pub(super) fn read(reader: &mut TomlReader<'_>, table: &DeTable<'_>, folder: &str) -> RuleSettings {
    let mut settings = RuleSettings::default();
    for (key, value) in entries(table) {
        let name = key.get_ref().as_ref();
        match name {
            "baseline" => settings.baseline = reader.word(name, value).map(|path| join(folder, &path)),
            "ignore" => ignores(reader, value, None, folder, &mut settings.ignores),
            _ => {
                let place = reader.span(key.span());
                let mut setting = rule(reader, name, value, folder, &mut settings.ignores);
                setting.places.insert(String::new(), place);
                settings.rules.insert(name.to_owned(), setting);
            }
        }
    }
    settings
}

fn rule(reader: &mut TomlReader<'_>, rule: &str, value: &Value<'_>, folder: &str, found: &mut Vec<RuleIgnore>) -> RuleSetting {
    let mut setting = RuleSetting::default();
    let Some(table) = value.get_ref().as_table() else {
        level(reader, rule, value, &mut setting);
        return setting;
    };
    for (key, value) in entries(table) {
        let name = key.get_ref().as_ref();
        match name {
            "severity" => level(reader, name, value, &mut setting),
            "ignore" => ignores(reader, value, Some(rule), folder, found),
            _ => {
                let texts = match value.get_ref() {
                    DeValue::Array(_) => reader.strings(name, value),
                    _ => reader.scalar(name, value).map(|text| vec![text]),
                };
                setting.places.insert(name.to_owned(), reader.span(key.span()));
                setting.options.insert(name.to_owned(), texts.unwrap_or_default());
            }
        }
    }
    setting
}

fn level(reader: &mut TomlReader<'_>, key: &str, value: &Value<'_>, setting: &mut RuleSetting) {
    match value.get_ref().as_str() {
        Some("off") => setting.off = true,
        Some(word) if Severity::parse(word).is_some() => setting.severity = Severity::parse(word),
        _ => reader.wrong(key, value, "\"off\", \"info\", \"warning\" or \"error\""),
    }
}

/// `[{ path = "db/old/**", table = "tmp_*", reason = "…" }]`.
fn ignores(reader: &mut TomlReader<'_>, value: &Value<'_>, rule: Option<&str>, folder: &str, found: &mut Vec<RuleIgnore>) {
    const WANTED: &str = "a list such as [{ path = \"db/old/**\", reason = \"ran everywhere years ago\" }]";
    let Some(list) = value.get_ref().as_array() else {
        reader.wrong("ignore", value, WANTED);
        return;
    };
    for item in list.iter() {
        let Some(table) = item.get_ref().as_table() else {
            reader.wrong("ignore", item, WANTED);
            continue;
        };
        let mut ignore = RuleIgnore { rule: rule.map(str::to_owned), ..RuleIgnore::default() };
        for (key, value) in entries(table) {
            let name = key.get_ref().as_ref();
            match name {
                "path" => ignore.path = reader.word(name, value).map(|path| join(folder, &path)),
                "table" => ignore.table = reader.word(name, value),
                "reason" => ignore.reason = reader.word(name, value).unwrap_or_default(),
                _ => reader.unknown("ignore", key, IGNORE, None),
            }
        }
        if ignore.reason.is_empty() || (ignore.path.is_none() && ignore.table.is_none()) {
            let message = "This ignore needs a reason, and a path or a table.";
            reader.broken("wrong-setting", item.span(), message, format!("Write {WANTED}."));
        } else {
            found.push(ignore);
        }
    }
}

//! `V2__x.sql.conf`: settings of one script.

use crate::finding::Finding;
use crate::project::near::advice;
use crate::project::properties;
use crate::span::LineIndex;

use super::placeholder::Placeholders;

/// What the file beside a script says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ScriptConf {
    pub(super) execute_in_transaction: Option<bool>,
    pub(super) encoding: Option<String>,
    pub(super) placeholder_replacement: Option<bool>,
    pub(super) should_execute: Option<bool>,
}

const KEYS: &[&str] = &["executeInTransaction", "encoding", "placeholderReplacement", "shouldExecute"];

/// Reads it. Placeholders are expanded in it, as Flyway does.
pub(super) fn read(path: &str, text: &str, placeholders: &Placeholders) -> (ScriptConf, Vec<Finding>) {
    let index = LineIndex::new(text);
    let mut conf = ScriptConf::default();
    let mut findings = Vec::new();
    for property in properties::read(text) {
        let span = Some(index.span(path, text, property.range.clone()));
        let key = property.key.strip_prefix("flyway.").unwrap_or(&property.key);
        if key != property.key && KEYS.contains(&key) {
            let message = format!("{} in a script configuration", property.key);
            findings.push(Finding::broken(
                "unknown-script-setting",
                span,
                message,
                format!("Write it without the prefix: {key}."),
            ));
            continue;
        }
        let value = placeholders.replace(&property.value).text.into_owned();
        let wrong = match key {
            "executeInTransaction" => set(&mut conf.execute_in_transaction, boolean(&value)),
            "placeholderReplacement" => set(&mut conf.placeholder_replacement, boolean(&value)),
            "shouldExecute" => set(&mut conf.should_execute, condition(&value)),
            "encoding" => set(&mut conf.encoding, Some(value.clone()).filter(|value| !value.is_empty())),
            _ => {
                let message = format!("unknown script setting {key:?}");
                findings.push(Finding::broken("unknown-script-setting", span, message, advice(key, KEYS)));
                continue;
            }
        };
        if wrong {
            let cure = match key {
                "encoding" => "Name an encoding, such as UTF-8.",
                "shouldExecute" => "Write true, false, A==B or A!=B.",
                _ => "Write exactly true or false.",
            };
            let message = format!("{key} cannot be {value:?}");
            findings.push(Finding::broken("wrong-script-setting", span, message, cure));
        }
    }
    (conf, findings)
}

/// Stores a value; `true`: there was none to store.
fn set<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    let wrong = value.is_none();
    if !wrong {
        *place = value;
    }
    wrong
}

/// Flyway takes `true` and `false` in exactly this spelling.
fn boolean(value: &str) -> Option<bool> {
    match value {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

fn condition(value: &str) -> Option<bool> {
    if value.contains("&&") || value.contains("||") || value.contains(['(', ')']) {
        return None;
    }
    if let Some((left, right)) = value.split_once("!=") {
        return Some(left.trim() != right.trim());
    }
    if let Some((left, right)) = value.split_once("==") {
        return Some(left.trim() == right.trim());
    }
    boolean(value.trim())
}

//! Options of the rules, and whether `[rules]` of `flightplan.toml` names rules and options that exist.

use crate::finding::Finding;
use crate::project::near::advice;
use crate::project::settings::Settings;

use super::ALL as RULES;
use super::{audit_columns, audit_trail_changed, version_style};

/// An option of a rule.
#[derive(Clone, Copy, Debug)]
pub struct RuleOption {
    /// The rule.
    pub rule: &'static str,
    /// Its name in `flightplan.toml`.
    pub name: &'static str,
    /// What holds where it is not set.
    pub default: &'static [&'static str],
    /// The words it takes; empty: any texts.
    pub words: &'static [&'static str],
    /// What it says, as a sentence.
    pub meaning: &'static str,
}

impl RuleOption {
    /// The texts that hold in a project.
    #[must_use]
    pub fn of<'a>(&'a self, settings: &'a Settings) -> Vec<&'a str> {
        let given = settings.rules.rules.get(self.rule).and_then(|rule| rule.options.get(self.name));
        given.map_or_else(|| self.default.to_vec(), |texts| texts.iter().map(String::as_str).collect())
    }
}

/// Every option, by rule.
pub const ALL: &[&RuleOption] = &[&audit_columns::COLUMNS, &audit_trail_changed::TABLES, &version_style::STYLE];

/// Rules, options and words that `[rules]` names and that do not exist.
#[must_use]
pub fn check(settings: &Settings) -> Vec<Finding> {
    let ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    let mut findings = Vec::new();
    for (id, setting) in &settings.rules.rules {
        let place = |key: &str| setting.places.get(key).cloned();
        if !ids.contains(&id.as_str()) {
            findings.push(Finding::broken("unknown-rule", place(""), format!("There is no rule {id:?}."), advice(id, &ids)));
            continue;
        }
        let own: Vec<&RuleOption> = ALL.iter().copied().filter(|option| option.rule == id).collect();
        for (name, texts) in &setting.options {
            let names: Vec<&str> = ["severity", "ignore"].into_iter().chain(own.iter().map(|option| option.name)).collect();
            let Some(option) = own.iter().find(|option| option.name == name) else {
                let message = format!("The rule {id} has no option {name:?}.");
                findings.push(Finding::broken("unknown-setting", place(name), message, advice(name, &names)));
                continue;
            };
            let wrong = texts.iter().find(|text| !option.words.is_empty() && !option.words.contains(&text.as_str()));
            if let Some(text) = wrong {
                let message = format!("{name} of the rule {id} cannot be {text:?}.");
                findings.push(Finding::broken("wrong-setting", place(name), message, advice(text, option.words)));
            }
        }
    }
    findings
}

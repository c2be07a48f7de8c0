//! `[approvers.NAME]` and `[policies.ENVIRONMENT]` of `flightplan.toml`: whose approvals count, and which are needed.
//!
//! ```toml
//! [approvers.ada]
//! keys = ["ed25519:…"]                    # flightplan key new ada --output ada.key
//! revoked_keys = []                       # keys that were hers: what they signed does not count
//! groups = ["dba"]
//!
//! [policies.production]
//! additive = [{ group = "developers" }]   # count = 1
//! lock_heavy = [{ group = "dba" }, { group = "developers" }]
//! lossy = [{ group = "dba", count = 2 }, { group = "owners" }]
//! four_eyes = true                        # who approves may not run
//! signed = true                           # only signed approvals count
//! valid_for = "72h"                       # how long plans and approvals are good
//! ```

use std::collections::BTreeMap;

use planner::plan::canonical::digest_of;
use planner::project::toml_reader::{TomlReader, entries};
use serde::Serialize;
use toml::de::DeTable;

use crate::approval::key::PublicKey;
use crate::approval::risk::Risk;
use crate::sections::{Section, Value};
use crate::words;

const APPROVER: &[&str] = &["keys", "revoked_keys", "groups"];
const POLICY: &[&str] = &["additive", "lock_heavy", "lossy", "four_eyes", "signed", "valid_for"];
const REQUIREMENT: &[&str] = &["group", "count"];

/// Somebody whose signature counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approver {
    /// Their keys.
    pub keys: Vec<PublicKey>,
    /// Keys that are theirs no more.
    pub revoked: Vec<PublicKey>,
    /// The groups they stand for.
    pub groups: Vec<String>,
}

/// Everybody whose signature counts, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Approvers(pub BTreeMap<String, Approver>);

impl Approvers {
    /// Why a signature is none of this person's, as a sentence.
    ///
    /// # Errors
    /// The sentence.
    pub fn check(&self, who: &str, key: &str, message: &[u8], signature: &str) -> Result<(), String> {
        let Some(approver) = self.0.get(who) else { return Err(format!("{who} is no known approver ([approvers.{who}])")) };
        let named: PublicKey = key.parse().map_err(|wanted| format!("the key of {who}'s approval is not {wanted}"))?;
        if approver.revoked.contains(&named) {
            return Err(format!("the key {named} of {who} is revoked"));
        }
        if !approver.keys.contains(&named) {
            return Err(match self.owner(&named) {
                Some(other) => format!("the key {named} is {other}'s, not {who}'s"),
                None => format!("the key {named} is not known as a key of {who}"),
            });
        }
        if !named.verifies(message, signature) {
            return Err(format!("the signature of {who} does not fit the approval: it was edited, or signed with another key"));
        }
        Ok(())
    }

    /// Whose key it is.
    #[must_use]
    pub fn owner(&self, key: &PublicKey) -> Option<&str> {
        self.0.iter().find(|(_, approver)| approver.keys.contains(key)).map(|(name, _)| name.as_str())
    }

    /// Whose key it was.
    #[must_use]
    pub fn former_owner(&self, key: &PublicKey) -> Option<&str> {
        self.0.iter().find(|(_, approver)| approver.revoked.contains(key)).map(|(name, _)| name.as_str())
    }
}

/// So many people of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Requirement {
    /// The group.
    pub group: String,
    /// How many of it.
    pub count: u32,
}

/// What an environment asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Policy {
    /// The people needed, by risk class.
    pub sets: BTreeMap<Risk, Vec<Requirement>>,
    /// Who approves may not run.
    pub four_eyes: bool,
    /// Only signed approvals count.
    pub signed: bool,
    /// Seconds that plans and approvals are good for; absent: for ever.
    pub valid_for_s: Option<u64>,
}

impl Policy {
    /// What an approval is given under, SHA-256 (hex); empty where there is no policy.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        if *self == Self::default() { String::new() } else { digest_of(self) }
    }
}

/// Reads `[approvers]`. A mistake is a finding.
pub fn approvers(reader: &mut TomlReader<'_>, table: &DeTable<'_>) -> Approvers {
    let mut all = Approvers::default();
    for (name, value) in entries(table) {
        let section = format!("approvers.{}", name.get_ref());
        let Some(table) = reader.table(&section, value) else { continue };
        let mut approver = Approver::default();
        for (key, value) in entries(table) {
            let word = key.get_ref().as_ref();
            match word {
                "keys" => approver.keys = keys(reader, word, value),
                "revoked_keys" => approver.revoked = keys(reader, word, value),
                "groups" => approver.groups = reader.strings(word, value).unwrap_or_default(),
                _ => reader.unknown(&format!("[{section}]"), key, APPROVER, None),
            }
        }
        let shared = approver.keys.iter().find_map(|key| all.owner(key).map(str::to_owned));
        if let Some(other) = shared {
            let cure = "One person, one key: with a shared key nobody can tell who approved.";
            reader.broken("wrong-setting", name.span(), format!("[{section}] has the same key as [approvers.{other}]."), cure);
        }
        all.0.insert(name.get_ref().to_string(), approver);
    }
    all
}

fn keys(reader: &mut TomlReader<'_>, word: &str, value: &Value<'_>) -> Vec<PublicKey> {
    let texts = reader.strings(word, value).unwrap_or_default();
    let mut keys = Vec::new();
    for text in texts {
        match text.parse() {
            Ok(key) => keys.push(key),
            Err(wanted) => reader.wrong(word, value, wanted),
        }
    }
    keys
}

/// Reads `[policies]`. A mistake is a finding.
pub fn policies(reader: &mut TomlReader<'_>, table: &DeTable<'_>) -> BTreeMap<String, Policy> {
    let mut policies = BTreeMap::new();
    for (name, value) in entries(table) {
        let section = format!("policies.{}", name.get_ref());
        let Some(table) = reader.table(&section, value) else { continue };
        policies.insert(name.get_ref().to_string(), policy(reader, &format!("[{section}]"), table));
    }
    policies
}

fn policy(reader: &mut TomlReader<'_>, section: &str, table: &DeTable<'_>) -> Policy {
    let mut policy = Policy::default();
    for (key, value) in entries(table) {
        let word = key.get_ref().as_ref();
        let class = match word {
            "additive" => Some(Risk::Additive),
            "lock_heavy" => Some(Risk::LockHeavy),
            "lossy" => Some(Risk::Lossy),
            _ => None,
        };
        match (class, word) {
            (Some(class), _) => drop(policy.sets.insert(class, requirements(reader, word, value))),
            (_, "four_eyes") => policy.four_eyes = reader.boolean(word, value).unwrap_or_default(),
            (_, "signed") => policy.signed = reader.boolean(word, value).unwrap_or_default(),
            (_, "valid_for") => {
                let text = reader.word(word, value).unwrap_or_default();
                policy.valid_for_s = words::seconds(&text);
                if policy.valid_for_s.is_none() {
                    reader.wrong(word, value, "a time: \"90s\", \"30m\", \"72h\" or \"7d\"");
                }
            }
            _ => reader.unknown(section, key, POLICY, None),
        }
    }
    policy
}

fn requirements(reader: &mut TomlReader<'_>, word: &str, value: &Value<'_>) -> Vec<Requirement> {
    let wanted = "a list of groups: [{ group = \"dba\", count = 2 }, { group = \"owners\" }]";
    let Some(list) = value.get_ref().as_array() else {
        reader.wrong(word, value, wanted);
        return Vec::new();
    };
    let mut all = Vec::new();
    for item in list {
        let Some(table) = item.get_ref().as_table() else {
            reader.wrong(word, item, wanted);
            continue;
        };
        all.extend(requirement(reader, word, (item.span(), table)));
    }
    all
}

fn requirement(reader: &mut TomlReader<'_>, word: &str, (at, table): Section<'_, '_>) -> Option<Requirement> {
    let (mut group, mut count) = (None, 1);
    for (key, value) in entries(table) {
        let name = key.get_ref().as_ref();
        match name {
            "group" => group = reader.word(name, value),
            "count" => count = reader.count(name, value, 1..=20).unwrap_or(count),
            _ => reader.unknown(word, key, REQUIREMENT, None),
        }
    }
    if group.is_none() {
        let cure = "Write { group = \"dba\", count = 1 }.";
        reader.broken("wrong-setting", at, format!("A requirement of {word} names no group."), cure);
    }
    group.map(|group| Requirement { group, count })
}

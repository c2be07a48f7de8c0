//! `[gates.NAME]` of `flightplan.toml`: what opens a gate without a person.
//!
//! ```toml
//! [gates.blue-drained]
//! http = "https://deploy.example/drained?release=${live}"   # opens when it answers with `expect`; default: any 2xx
//! expect = 204
//! # or
//! sql = "SELECT count(*) FROM instances WHERE release IN (${live})"
//! expect = 0                                                # default: true; what the one value has to be
//! ```
//!
//! `${live}` stands for the releases the gate waits for, `${next}` for the one that comes: in SQL as literals, in an
//! address escaped and with commas.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::toml_reader::{TomlReader, entries};
use super::url;

/// What the gates are called, in the order a rollout comes to them.
pub const NAMES: [&str; 2] = [GREEN_DEPLOYED, BLUE_DRAINED];
/// The release that comes runs beside those that are live.
pub const GREEN_DEPLOYED: &str = "green-deployed";
/// The releases that a step breaks are gone.
pub const BLUE_DRAINED: &str = "blue-drained";

const KEYS: &[&str] = &["http", "sql", "expect"];

/// A question whose answer opens a gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// How it is asked.
    pub kind: ProbeKind,
    /// The address, or the query.
    pub ask: String,
    /// The answer that opens: a status, or the one value of the query. Absent: any 2xx, or true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<String>,
}

/// How a probe is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeKind {
    /// A GET.
    Http,
    /// A query to the target, read-only.
    Sql,
}

impl Probe {
    /// The probe with its placeholders filled in.
    #[must_use]
    pub fn of(&self, live: &[&str], next: Option<&str>) -> Self {
        let list = |versions: &[&str]| match self.kind {
            ProbeKind::Sql => {
                let literals: Vec<String> = versions.iter().map(|version| format!("'{}'", version.replace('\'', "''"))).collect();
                literals.join(", ")
            }
            ProbeKind::Http => versions.iter().map(|version| escaped(version)).collect::<Vec<_>>().join(","),
        };
        let next: Vec<&str> = next.into_iter().collect();
        let ask = self.ask.replace("${live}", &list(live)).replace("${next}", &list(&next));
        Self { ask, ..self.clone() }
    }

    /// In words: what is asked and which answer opens.
    #[must_use]
    pub fn sentence(&self) -> String {
        match (self.kind, self.expect.as_deref()) {
            (ProbeKind::Http, None) => format!("GET {} answers with 2xx", self.ask),
            (ProbeKind::Http, Some(status)) => format!("GET {} answers with {status}", self.ask),
            (ProbeKind::Sql, expect) => format!("{} gives {}", self.ask, expect.unwrap_or("true")),
        }
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'.' | b'-' | b'_' | b'~' => out.push(char::from(byte)),
            _ => {
                let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0').to_ascii_uppercase();
                out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
    out
}

pub(super) fn read(reader: &mut TomlReader<'_>, table: &DeTable<'_>) -> BTreeMap<String, Probe> {
    let mut gates = BTreeMap::new();
    for (name, value) in entries(table) {
        if !NAMES.contains(&name.get_ref().as_ref()) {
            reader.unknown("[gates]", name, &NAMES, None);
            continue;
        }
        let Some(table) = reader.table(&format!("gates.{}", name.get_ref()), value) else { continue };
        let section = format!("[gates.{}]", name.get_ref());
        gates.extend(probe(reader, &section, name.span(), table, KEYS).map(|probe| (name.get_ref().to_string(), probe)));
    }
    gates
}

/// The one question of a section, which may have other `keys` beside it that its caller reads.
pub fn probe(reader: &mut TomlReader<'_>, section: &str, at: Range<usize>, table: &DeTable<'_>, keys: &[&str]) -> Option<Probe> {
    let (mut asked, mut expect) = (Vec::new(), None);
    for (key, value) in entries(table) {
        match key.get_ref().as_ref() {
            "http" => asked.push((ProbeKind::Http, address(reader, value))),
            "sql" => asked.push((ProbeKind::Sql, query(reader, value))),
            "expect" => expect = reader.scalar("expect", value).map(|text| (text, value)),
            other if keys.contains(&other) => {}
            _ => reader.unknown(section, key, keys, None),
        }
    }
    let (kind, ask) = match <[_; 1]>::try_from(asked) {
        Ok([(kind, ask)]) => (kind, ask?),
        Err(_) => {
            let cure = "Write http = \"https://…\" or sql = \"SELECT …\" under it, and one of them only.";
            reader.broken("wrong-setting", at, format!("{section} does not ask exactly one question."), cure);
            return None;
        }
    };
    let status = |text: &str| text.parse::<u16>().is_ok_and(|status| (100..600).contains(&status));
    if let Some((_, value)) = expect.as_ref().filter(|(text, _)| kind == ProbeKind::Http && !status(text)) {
        reader.wrong("expect", value, "a status such as 200");
    }
    Some(Probe { kind, ask, expect: expect.map(|(text, _)| text) })
}

/// An address without a secret. The message never repeats it.
fn address(reader: &mut TomlReader<'_>, value: &Spanned<DeValue<'_>>) -> Option<String> {
    let text = reader.word("http", value)?;
    if url::has_password(&text) {
        let cure = "Let the address answer without one, or ask the database with sql.";
        reader.broken("password-in-url", value.span(), "This address holds a password, and the plan would show it.", cure);
        return None;
    }
    if !text.starts_with("http://") && !text.starts_with("https://") {
        reader.wrong("http", value, "an address that begins with http:// or https://");
        return None;
    }
    Some(text)
}

fn query(reader: &mut TomlReader<'_>, value: &Spanned<DeValue<'_>>) -> Option<String> {
    let text = reader.word("sql", value)?;
    let first = text.trim_start().split(|sign: char| !sign.is_ascii_alphabetic()).next().unwrap_or_default();
    if !["select", "with"].iter().any(|word| first.eq_ignore_ascii_case(word)) {
        reader.wrong("sql", value, "one query that only reads: SELECT …");
        return None;
    }
    Some(text.trim().trim_end_matches(';').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_stand_for_the_releases() {
        let probe = |kind, ask: &str| Probe { kind, ask: ask.to_owned(), expect: None };
        let sql = probe(ProbeKind::Sql, "SELECT count(*) FROM i WHERE release IN (${live}) AND release <> ${next}");
        assert_eq!(
            sql.of(&["1.8.0", "1.9'0"], Some("2.0.0")).ask,
            "SELECT count(*) FROM i WHERE release IN ('1.8.0', '1.9''0') AND release <> '2.0.0'"
        );
        let http = probe(ProbeKind::Http, "http://h/drained?release=${live}");
        assert_eq!(http.of(&["1.8.0+b 1", "1.9"], None).ask, "http://h/drained?release=1.8.0%2Bb%201,1.9");
        assert_eq!(http.sentence(), "GET http://h/drained?release=${live} answers with 2xx");
    }
}

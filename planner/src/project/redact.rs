//! Takes the secrets out of configuration files, byte for byte: everything else stays where it is.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::de::DeTable;

use super::flyway::Flat;
use super::flyway::layer::{Layer, variables};
use super::near::nearest;
use super::spring::{is_configuration, variable};
use super::{Project, ProjectFile, flyway, path, properties, yaml};

/// Whether a key holds a secret. Placeholders are part of the migrations, so none of them is one.
#[must_use]
pub fn is_secret(key: &str) -> bool {
    let lower = key.to_lowercase();
    if lower.contains("placeholders.") {
        return false;
    }
    let last = lower.rsplit('.').next().unwrap_or("");
    let bare: String = last.chars().filter(char::is_ascii_alphabetic).collect();
    ["password", "passwd", "pwd", "secret", "token", "licensekey", "accesskey", "apikey", "privatekey", "credential"]
        .iter()
        .any(|word| bare.contains(word))
        || nearest(&bare, &["password", "user", "url", "table"]) == Some("password")
}

/// Overwrites the secrets of a configuration file with the letter x, which every format takes. Other files stay as they are.
pub fn redact(file: &mut ProjectFile) {
    let text = String::from_utf8_lossy(&file.content);
    // Positions count only in a text that is what the file holds.
    if !is_kept(&file.path) || text.len() != file.content.len() {
        return;
    }
    let ranges: Vec<Range<usize>> = flat(&file.path, &text).iter().flat_map(|one| secrets(one, &text)).collect();
    for range in ranges {
        let number = file.content.get(range.clone()).is_some_and(|value| value.iter().all(u8::is_ascii_digit));
        for byte in file.content.get_mut(range).into_iter().flatten() {
            if !matches!(*byte, b'\n' | b'\r' | b' ' | b'\t' | b'|' | b'>') {
                // A bare number in TOML has to stay one.
                *byte = if number { b'1' } else { b'x' };
            }
        }
    }
}

/// Removes the settings of a layer that hold secrets.
pub fn redact_layer(layer: &mut Layer) {
    layer.settings.retain(|setting| !is_secret(&setting.key));
    for setting in &mut layer.settings {
        for range in in_url(&setting.value) {
            let length = range.len();
            setting.value.replace_range(range, &"x".repeat(length));
        }
    }
}

/// Names of the environment variables that the project's configuration files name outside secrets.
#[must_use]
pub fn named_variables(project: &Project) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for file in project.files.iter().filter(|file| is_kept(&file.path)) {
        let text = String::from_utf8_lossy(&file.content);
        for one in flat(&file.path, &text) {
            if is_secret(&one.key) {
                continue;
            }
            let named: Vec<String> = if file.path.ends_with(".conf") {
                variables(&one.value).map(str::to_owned).collect()
            } else {
                references(&one.value)
            };
            // An address may hold a password, and the address is not for the planner.
            let is_url = one.key.to_lowercase().ends_with("url");
            names.extend(named.into_iter().filter(|name| !(is_url && is_secret(name))));
        }
    }
    names
}

/// `${db.host:x}` of Spring and `${env.HOST}` of Flyway's TOML as environment variables.
fn references(value: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in value.split("${").skip(1) {
        let name = part.split([':', '}']).next().unwrap_or("");
        match name.strip_prefix("env.") {
            Some(name) => names.push(name.to_owned()),
            None => names.extend([name.to_owned(), variable(name)]),
        }
    }
    names
}

fn is_kept(file: &str) -> bool {
    let name = path::name(file);
    matches!(name, "flyway.conf" | "flyway.toml" | "flyway.user.toml" | "alembic.ini") || is_configuration(file)
}

fn flat(file: &str, text: &str) -> Vec<Flat> {
    match path::name(file).rsplit_once('.').map_or("", |(_, ending)| ending) {
        "toml" => flyway::flatten(&DeTable::parse_recoverable(text).0.into_inner()),
        "yml" | "yaml" => yaml::documents(text).0.into_iter().flatten().collect(),
        _ => properties::read(text)
            .into_iter()
            .map(|one| Flat { key: one.key, value: one.value, key_range: one.range, value_range: one.value_range })
            .collect(),
    }
}

/// What is to be overwritten of one value: all of it but its quotes, or the password in an address.
fn secrets(one: &Flat, text: &str) -> Vec<Range<usize>> {
    let written = text.get(one.value_range.clone()).unwrap_or("");
    let at = |range: Range<usize>| one.value_range.start + range.start..one.value_range.start + range.end;
    if !is_secret(&one.key) {
        return in_url(written).into_iter().map(at).collect();
    }
    let is_name = written
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
        .is_some_and(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')));
    let quotes = usize::from(written.len() > 1 && written.starts_with(['"', '\'']));
    if is_name { Vec::new() } else { vec![at(quotes..written.len() - quotes)] }
}

/// Passwords inside an address: `//user:secret@`, `?password=secret`.
fn in_url(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let Some(scheme) = text.find("://") else { return found };
    let authority = scheme + 3;
    let end = text.get(authority..).and_then(|rest| rest.find(['?', '"', '\'', ' '])).map_or(text.len(), |at| authority + at);
    if let Some(user) = text.get(authority..end).and_then(|rest| rest.rsplit_once('@')).map(|(user, _)| user)
        && let Some(colon) = user.find(':')
    {
        found.push(authority + colon + 1..authority + user.len());
    }
    let lower = text.to_ascii_lowercase();
    for key in ["password=", "pwd=", "passwd="] {
        for (at, _) in lower.match_indices(key) {
            let start = at + key.len();
            let length = text.get(start..).and_then(|rest| rest.find(['&', ';', '"', '\'', ' '])).unwrap_or(text.len() - start);
            found.push(start..start + length);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(path: &str, text: &str) -> String {
        let mut file = ProjectFile { path: path.to_owned(), content: text.as_bytes().to_vec() };
        redact(&mut file);
        String::from_utf8_lossy(&file.content).into_owned()
    }

    #[test]
    fn secrets_go_and_everything_else_stays() {
        let conf = "flyway.url=jdbc:postgresql://h/db?user=u&password=s3&ssl=true\nflyway.password = s3cret\nflyway.pasword=s3\n\
                    flyway.placeholders.app_password=kept\nflyway.table=t\n";
        let gone = "flyway.url=jdbc:postgresql://h/db?user=u&password=xx&ssl=true\nflyway.password = xxxxxx\nflyway.pasword=xx\n\
                    flyway.placeholders.app_password=kept\nflyway.table=t\n";
        assert_eq!(redacted("flyway.conf", conf), gone);
        let toml = "[environments.a]\npassword = \"s3\"\nurl = \"postgres://u:s3@h/db\"\nuser = '${env.U}'\n";
        let gone = "[environments.a]\npassword = \"xx\"\nurl = \"postgres://u:xx@h/db\"\nuser = '${env.U}'\n";
        assert_eq!(redacted("x/flyway.toml", toml), gone);
        let yaml = "spring:\n  datasource:\n    password: ${DB_PASSWORD}\n  flyway:\n    password: s3\n    locations: a\n";
        let gone = "spring:\n  datasource:\n    password: ${DB_PASSWORD}\n  flyway:\n    password: xx\n    locations: a\n";
        assert_eq!(redacted("src/main/resources/application.yml", yaml), gone);
        assert_eq!(redacted("sql/V1__password.sql", "password=x"), "password=x");
    }
}

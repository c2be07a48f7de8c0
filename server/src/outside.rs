//! Flyway's configuration from outside the project: the user's home, files named by the caller, environment variables.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use planner::project::flyway::keys;
use planner::project::flyway::layer::{self, Layer, Origin, OutsideSetting};

use crate::exit::{Failure, Outcome};

/// The process's environment, as far as it is text.
#[must_use]
pub fn environment() -> BTreeMap<String, String> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))).collect()
}

/// All layers from low to high. `named` is the caller's `-configFiles=`, relative to `root`; without it
/// `FLYWAY_CONFIG_FILES` counts. `encoding` is `-configFileEncoding=`.
///
/// # Errors
/// A named file that cannot be read, or no file of that encoding; TOML with a mistake in its syntax.
pub fn layers(
    root: &Path,
    named: Option<&str>,
    encoding: Option<&str>,
    variables: &BTreeMap<String, String>,
) -> Outcome<Vec<Layer>> {
    let encoding = encoding.or_else(|| variables.get("FLYWAY_CONFIG_FILE_ENCODING").map(String::as_str)).unwrap_or("UTF-8");
    let mut layers = Vec::new();
    for name in ["flyway.conf", "flyway.toml"] {
        let home = variables.get("HOME").or_else(|| variables.get("USERPROFILE"));
        let path = home.map(|home| Path::new(home).join(name)).filter(|path| path.is_file());
        // The project in the home folder itself has the file already.
        if let Some(path) = path.filter(|path| path.parent().and_then(|home| home.canonicalize().ok()).as_deref() != Some(root)) {
            layers.push(file(Origin::Home, &path, encoding, variables)?);
        }
    }
    let named = named.or_else(|| variables.get("FLYWAY_CONFIG_FILES").map(String::as_str)).unwrap_or("");
    for name in named.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if name == "-" {
            layers.push(standard_input(variables)?);
        } else {
            layers.push(file(Origin::Named, &root.join(name), encoding, variables)?);
        }
    }
    let settings: Vec<OutsideSetting> = variables
        .iter()
        .filter_map(|(name, value)| {
            let key = keys::of_variable(name)?;
            Some(OutsideSetting { key: format!("flyway.{key}"), value: value.clone(), line: 0 })
        })
        .collect();
    layers.push(Layer { origin: Origin::Environment, file: "environment".to_owned(), settings });
    Ok(layers)
}

fn file(origin: Origin, path: &Path, encoding: &str, variables: &BTreeMap<String, String>) -> Outcome<Layer> {
    let bytes = std::fs::read(path).map_err(|error| {
        Failure::usage(
            format!("{}: cannot be read: {error}.", path.display()),
            "Correct the path in configFiles, or mend the file.",
        )
    })?;
    let text = decoded(path, bytes, encoding)?;
    read(origin, &path.to_string_lossy(), &text, variables)
}

fn decoded(path: &Path, bytes: Vec<u8>, encoding: &str) -> Outcome<String> {
    match encoding.to_ascii_uppercase().replace('_', "-").as_str() {
        "UTF-8" | "UTF8" | "US-ASCII" | "ASCII" => String::from_utf8(bytes).map_err(|error| {
            let line = 1 + error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(|byte| **byte == b'\n').count();
            Failure::usage(
                format!("{}:{line}: this is no UTF-8.", path.display()),
                "Save it as UTF-8, or name its encoding with -configFileEncoding=.",
            )
        }),
        "ISO-8859-1" | "LATIN1" => Ok(bytes.into_iter().map(char::from).collect()),
        _ => Err(Failure::usage(format!("configFileEncoding={encoding} is not known."), "Use UTF-8 or ISO-8859-1.")),
    }
}

fn standard_input(variables: &BTreeMap<String, String>) -> Outcome<Layer> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(|error| {
        Failure::usage(
            format!("The configuration on standard input cannot be read: {error}."),
            "Send flyway.conf's text, as UTF-8.",
        )
    })?;
    read(Origin::Named, "standard input", &text, variables)
}

fn read(origin: Origin, path: &str, text: &str, variables: &BTreeMap<String, String>) -> Outcome<Layer> {
    let (mut settings, findings) = layer::read(path, text);
    if let Some(finding) = findings.first() {
        let line = finding.span.as_ref().map_or(1, |span| span.line);
        return Err(Failure::usage(format!("{path}:{line}: {}", finding.message), finding.workaround.clone()));
    }
    for setting in settings.iter_mut().filter(|_| !path.ends_with(".toml")) {
        setting.value = layer::expand(&setting.value, variables);
    }
    for setting in settings.iter_mut().filter(|_| path.ends_with(".toml")) {
        setting.value = layer::expand_toml(&setting.value, variables);
    }
    Ok(Layer { origin, file: path.to_owned(), settings })
}

/// The path of a folder as the planner writes paths.
#[must_use]
pub fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

/// The part of a location before its first wildcard.
#[must_use]
pub fn fixed(location: &str) -> PathBuf {
    let wild = location.find(['*', '?']);
    PathBuf::from(wild.map_or(location, |at| location.get(..at).unwrap_or("").rsplit_once('/').map_or("", |(before, _)| before)))
}

//! Flyway's spelling of options, turned into ours before clap reads them.

use std::ffi::OsString;

/// Flyway commands and ours: an argument in Flyway's spelling before one of them is global, as every option of ours is.
#[must_use]
pub fn rewrite(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let alembic = arguments.iter().skip(1).any(|argument| argument.to_str().is_some_and(|word| ALEMBIC.contains(&word)));
    let translated = |argument: &OsString| argument.to_str().filter(|text| !alembic || !is_alembics(text)).and_then(translate);
    arguments.into_iter().flat_map(|argument| translated(&argument).unwrap_or_else(|| vec![argument])).collect()
}

/// Commands that only Alembic has: with one of them `-n` is its option, and not Flyway's flag.
const ALEMBIC: &[&str] =
    &["upgrade", "downgrade", "current", "heads", "history", "branches", "show", "stamp", "merge", "revision", "ensure_version"];

/// Whether an argument is one of Alembic's own options of one letter, its value behind it or not.
fn is_alembics(argument: &str) -> bool {
    let known = |key: &str| ["url", "user", "password", "environment", "outputType", "workingDirectory"].contains(&key);
    !argument.strip_prefix('-').and_then(|rest| rest.split_once('=')).is_some_and(|(key, _)| known(key))
}

/// `-key=value` of Flyway; `None`: not one.
fn translate(argument: &str) -> Option<Vec<OsString>> {
    let plain = argument.strip_prefix('-').filter(|rest| !rest.starts_with('-'))?;
    let Some((key, value)) = plain.split_once('=') else {
        let flag = match plain {
            "X" => "--debug",
            "q" => "--quiet",
            "outOfOrder" => "--out-of-order",
            "?" => "--help",
            "v" => "--version",
            "migrationIds" => "--migration-ids",
            "dryrun" => "--dryrun",
            "changes" => "--changes",
            "drift" => "--drift",
            // Nothing is asked for, and nobody is called, in any case.
            "n" | "skipCheckForUpdate" | "community" => return Some(Vec::new()),
            _ => return None,
        };
        return Some(vec![flag.into()]);
    };
    let option = |name: &str| Some(vec![OsString::from(format!("--{name}={value}"))]);
    match key {
        "url" => option("url"),
        "user" => option("user"),
        "password" => option("password"),
        "target" => option("target"),
        "environment" => option("env"),
        "outputType" => option("format"),
        "workingDirectory" => option("project"),
        "color" => option("color"),
        "outputFile" => option("output-file"),
        "infoSinceDate" => option("info-since-date"),
        "infoUntilDate" => option("info-until-date"),
        "infoSinceVersion" => option("info-since-version"),
        "infoUntilVersion" => option("info-until-version"),
        "infoOfState" => option("info-of-state"),
        "dryRunOutput" => option("dry-run-output"),
        _ => match key.strip_prefix("placeholders.") {
            Some(name) => Some(vec![OsString::from(format!("--placeholder={name}={value}"))]),
            None if key.chars().next().is_some_and(char::is_alphabetic) && key.len() > 1 => {
                Some(vec![OsString::from(format!("--flyway={plain}"))])
            }
            None => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alembics_options_stay_with_its_commands() {
        let given = ["flightplan", "-url=sqlite:a", "-n", "other", "-xk=v", "upgrade", "+1"];
        let wanted = ["flightplan", "--url=sqlite:a", "-n", "other", "-xk=v", "upgrade", "+1"];
        assert_eq!(rewrite(given.map(OsString::from)), wanted.map(OsString::from));
    }

    #[test]
    fn flyways_spelling_becomes_ours_and_ours_stays() {
        let given = [
            "flightplan",
            "-url=sqlite:a",
            "-placeholders.x=1",
            "-locations=filesystem:sql",
            "-X",
            "migrate",
            "--env",
            "e",
            "-table=t",
        ];
        let wanted = [
            "flightplan",
            "--url=sqlite:a",
            "--placeholder=x=1",
            "--flyway=locations=filesystem:sql",
            "--debug",
            "migrate",
            "--env",
            "e",
            "--flyway=table=t",
        ];
        assert_eq!(rewrite(given.map(OsString::from)), wanted.map(OsString::from));
    }
}

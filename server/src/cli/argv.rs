//! Flyway's spelling of options, turned into ours before clap reads them.

use std::ffi::OsString;

/// Flyway commands and ours: an argument in Flyway's spelling before one of them is global, as every option of ours is.
#[must_use]
pub fn rewrite(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    arguments.into_iter().flat_map(|argument| argument.to_str().and_then(translate).unwrap_or_else(|| vec![argument])).collect()
}

/// `-key=value` of Flyway; `None`: not one.
fn translate(argument: &str) -> Option<Vec<OsString>> {
    let plain = argument.strip_prefix('-').filter(|rest| !rest.starts_with('-'))?;
    let Some((key, value)) = plain.split_once('=') else {
        // Flyway's flags for more and less talk have no meaning here, and no effect.
        return matches!(plain, "X" | "q" | "n" | "outOfOrder").then(|| match plain {
            "outOfOrder" => vec!["--out-of-order".into()],
            _ => Vec::new(),
        });
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
        "outOfOrder" => Some(if value == "true" { vec!["--out-of-order".into()] } else { Vec::new() }),
        "locations" if !value.contains(',') => {
            let folder = value.strip_prefix("filesystem:").unwrap_or(value);
            Some(vec![OsString::from(format!("--source=flyway:{folder}"))])
        }
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
            "--source=flyway:sql",
            "migrate",
            "--env",
            "e",
            "--flyway=table=t",
        ];
        assert_eq!(rewrite(given.map(OsString::from)), wanted.map(OsString::from));
    }
}

//! The grammar of Flyway's file names.
//!
//! Source: `ResourceNameParser` of 9.16.2: suffix without case, then the longest prefix that matches with case,
//! then a cut at the first separator.

use super::callback::Event;
use super::version::Version;
use crate::project::settings::FlywaySettings;

/// What a file is by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileName {
    /// `V1__x.sql`.
    Versioned(Version, String),
    /// `U1__x.sql`.
    Undo(Version, String),
    /// `B1__x.sql`.
    Baseline(Version, String),
    /// `R__x.sql`.
    Repeatable(String),
    /// `beforeMigrate.sql`, `afterMigrate__grants.sql`: event and description.
    Callback(Event, String),
    /// A file with a migration suffix that is none of these: why, and the nearest right name.
    Invalid(String, Option<String>),
    /// A file without a migration suffix.
    Other,
}

#[derive(Clone, Copy)]
enum Prefix {
    Versioned,
    Undo,
    Baseline,
    Repeatable,
    Event(Event),
}

/// Reads a file name (without folders).
#[must_use]
pub fn parse(file: &str, settings: &FlywaySettings) -> FileName {
    match grammar(file, settings) {
        FileName::Invalid(reason, _) => FileName::Invalid(reason, nearest(file, settings)),
        name => name,
    }
}

/// The name without the first listed suffix that it ends in, whatever the case.
fn stem<'a>(file: &'a str, settings: &FlywaySettings) -> Option<&'a str> {
    settings.suffixes.iter().find_map(|suffix| {
        let cut = file.len().checked_sub(suffix.len())?;
        file.get(cut..).filter(|end| end.eq_ignore_ascii_case(suffix)).and_then(|_| file.get(..cut))
    })
}

/// The longest prefix that a name begins with; of equals the first.
fn prefix<'a>(stem: &str, settings: &'a FlywaySettings) -> Option<(&'a str, Prefix)> {
    let kinds: [(&str, Prefix); 4] = [
        (&settings.versioned_prefix, Prefix::Versioned),
        (&settings.undo_prefix, Prefix::Undo),
        (&settings.baseline_prefix, Prefix::Baseline),
        (&settings.repeatable_prefix, Prefix::Repeatable),
    ];
    let events = Event::ALL.iter().map(|event| (event.id(), Prefix::Event(*event)));
    let fitting = kinds.into_iter().chain(events).filter(|(prefix, _)| stem.starts_with(prefix));
    fitting.reduce(|longest, next| if next.0.len() > longest.0.len() { next } else { longest })
}

fn grammar(file: &str, settings: &FlywaySettings) -> FileName {
    let Some(stem) = stem(file, settings) else { return FileName::Other };
    let Some((prefix, kind)) = prefix(stem, settings) else {
        return FileName::Invalid("it begins with no prefix that Flyway knows".to_owned(), None);
    };
    let rest = stem.get(prefix.len()..).unwrap_or("");
    let (left, right) = match rest.find(settings.separator.as_str()) {
        Some(at) if !settings.separator.is_empty() => {
            (rest.get(..at).unwrap_or(""), rest.get(at + settings.separator.len()..).unwrap_or(""))
        }
        _ => (rest, ""),
    };
    let description = right.replace('_', " ");
    let separator = &settings.separator;
    match kind {
        Prefix::Event(event) if left.is_empty() => FileName::Callback(event, description),
        Prefix::Repeatable if left.is_empty() && !rest.is_empty() => FileName::Repeatable(description),
        Prefix::Event(_) | Prefix::Repeatable => {
            FileName::Invalid(format!("between {prefix} and {separator} nothing may stand"), None)
        }
        Prefix::Versioned | Prefix::Undo | Prefix::Baseline => match Version::parse(left) {
            Some(version) => match kind {
                Prefix::Undo => FileName::Undo(version, description),
                Prefix::Baseline => FileName::Baseline(version, description),
                _ => FileName::Versioned(version, description),
            },
            None if left.is_empty() => FileName::Invalid(format!("no version stands behind {prefix}"), None),
            None => FileName::Invalid(format!("{left:?} is no version"), None),
        },
    }
}

/// The right name a person most likely meant.
fn nearest(file: &str, settings: &FlywaySettings) -> Option<String> {
    let stem = stem(file, settings)?;
    let suffix = file.get(stem.len()..)?;
    let separator = &settings.separator;
    let named = [&settings.versioned_prefix, &settings.undo_prefix, &settings.baseline_prefix, &settings.repeatable_prefix];
    let prefix = named.into_iter().find(|prefix| {
        let written = stem.get(..prefix.len()).unwrap_or("");
        let behind = stem.get(prefix.len()..).unwrap_or("").chars().next();
        written.eq_ignore_ascii_case(prefix) && behind.is_some_and(|c| c.is_ascii_digit() || matches!(c, '_' | '-' | '.' | ' '))
    });
    let rest = match prefix {
        Some(prefix) => stem.get(prefix.len()..)?,
        None => stem,
    };
    let prefix = prefix.unwrap_or(&settings.versioned_prefix);
    let rest = rest.trim_start_matches(['_', '-', '.', ' ']);
    let version_end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).unwrap_or(rest.len());
    let version = rest.get(..version_end)?.trim_end_matches(['.', '_']);
    let description = rest.get(version.len()..)?.trim_matches(['_', '-', '.', ' ']).replace([' ', '-'], "_");
    let version = if prefix == &settings.repeatable_prefix { "" } else { version };
    let name = format!("{prefix}{version}{separator}{description}{suffix}");
    let right = !description.is_empty() && !matches!(grammar(&name, settings), FileName::Invalid(..) | FileName::Other);
    right.then_some(name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn read(file: &str) -> FileName {
        parse(file, &FlywaySettings::default())
    }

    fn versioned(version: &str, description: &str) -> FileName {
        FileName::Versioned(Version::parse(version).unwrap(), description.to_owned())
    }

    #[test]
    fn names_are_cut_at_the_first_separator() {
        assert_eq!(read("V1__a__b.sql"), versioned("1", "a  b"));
        assert_eq!(read("V5.sql"), versioned("5", ""));
        assert_eq!(read("V1_2__add_x.sql"), versioned("1.2", "add x"));
        assert_eq!(read("V6__x.SQL"), versioned("6", "x"));
        assert_eq!(read("V-9__neg.sql"), versioned("-9", "neg"));
        assert_eq!(read("R__.sql"), FileName::Repeatable(String::new()));
        assert_eq!(read("beforeMigrate.sql"), FileName::Callback(Event::BeforeMigrate, String::new()));
        assert_eq!(read("afterEachMigrateError__x.sql"), FileName::Callback(Event::AfterEachMigrateError, "x".to_owned()));
        assert_eq!(read("V1__x.sql.conf"), FileName::Other);
        assert!(matches!(read("U1__x.sql"), FileName::Undo(..)));
        assert!(matches!(read("B1__x.sql"), FileName::Baseline(..)));
    }

    #[test]
    fn wrong_names_get_the_nearest_right_one() {
        for (wrong, right) in [
            ("v1__x.sql", Some("V1__x.sql")),
            ("V1_x.sql", Some("V1__x.sql")),
            ("V1_2_add_x.sql", Some("V1_2__add_x.sql")),
            ("V8.__x.sql", Some("V8__x.sql")),
            ("V1-x.sql", Some("V1__x.sql")),
            ("R1__y.sql", Some("R__y.sql")),
            ("r__y.sql", Some("R__y.sql")),
            ("001_init.sql", Some("V001__init.sql")),
            ("notes.sql", None),
            ("Vlatest__x.sql", None),
            ("V__x.sql", None),
        ] {
            let FileName::Invalid(reason, nearest) = read(wrong) else { panic!("{wrong} is taken as right") };
            assert!(!reason.is_empty());
            assert_eq!(nearest.as_deref(), right, "{wrong}");
        }
    }

    #[test]
    fn an_empty_prefix_takes_what_no_other_takes() {
        let settings = FlywaySettings { versioned_prefix: String::new(), ..FlywaySettings::default() };
        assert_eq!(parse("20230101__x.sql", &settings), versioned("20230101", "x"));
        assert_eq!(parse("R__x.sql", &settings), FileName::Repeatable("x".to_owned()));
    }
}

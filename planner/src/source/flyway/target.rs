//! Flyway's `target`: how far `migrate` goes.

use super::version::Version;
use crate::finding::Finding;
use crate::project::near::nearest;

/// How far to go. Repeatables run whatever it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// All versions.
    Latest,
    /// No version above the highest applied one.
    Current,
    /// The first pending version.
    Next,
    /// Up to and including a version.
    UpTo(Version),
}

/// Reads the target. A version must be a file's or a row's, unless a `?` follows it.
pub(super) fn read(text: Option<&str>, known: &[&Version]) -> (Target, Option<Finding>) {
    let Some(text) = text.map(str::trim) else { return (Target::Latest, None) };
    match text.to_ascii_lowercase().as_str() {
        "latest" => return (Target::Latest, None),
        "current" => return (Target::Current, None),
        "next" => return (Target::Next, None),
        _ => {}
    }
    let (written, optional) = text.strip_suffix('?').map_or((text, false), |written| (written, true));
    // A migration's id is taken too: V3.
    let version = Version::parse(written).or_else(|| written.strip_prefix(['V', 'v', 'B']).and_then(Version::parse));
    let names: Vec<&str> = known.iter().map(|version| version.display()).collect();
    match version {
        Some(version) if optional || known.contains(&&version) => (Target::UpTo(version), None),
        // Nothing above what is there: a wrong target must not run everything.
        _ => {
            let cure = match nearest(written, &names) {
                Some(near) => format!("Did you mean {near}? Name a version that has a file, latest, current or next."),
                None => "Name a version that has a file, latest, current or next.".to_owned(),
            };
            let message = format!("No migration with the target version {written:?} could be found.");
            (Target::Current, Some(Finding::broken("unknown-target", None, message, cure)))
        }
    }
}

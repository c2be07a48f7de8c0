//! `ignoreMigrationPatterns`: what `validate`, `migrate` and `repair` pass over.
//!
//! Source: `ValidatePattern` of 9.16.2; the types `versioned` and `repeatable` are free here.

use super::state::State;
use crate::finding::Finding;

const TYPES: [&str; 3] = ["*", "repeatable", "versioned"];
const STATES: [&str; 5] = ["*", "missing", "pending", "ignored", "future"];

/// Patterns that could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Patterns(Vec<(String, String)>);

impl Patterns {
    /// Reads `type:state` pairs; a finding for each that is none.
    pub(super) fn read(texts: &[String]) -> (Self, Vec<Finding>) {
        let mut patterns = Vec::new();
        let mut findings = Vec::new();
        for text in texts {
            match parse(text) {
                Ok(pattern) => patterns.push(pattern),
                Err((message, cure)) => findings.push(Finding::broken("wrong-ignore-pattern", None, message, cure)),
            }
        }
        (Self(patterns), findings)
    }

    /// Whether a migration in this state is passed over.
    pub(super) fn matches(&self, versioned: bool, state: State) -> bool {
        self.0.iter().any(|(kind, wanted)| {
            let kind = match kind.as_str() {
                "versioned" => versioned,
                "repeatable" => !versioned,
                _ => true,
            };
            kind && (wanted == "*" || state.label().eq_ignore_ascii_case(wanted))
        })
    }
}

fn parse(text: &str) -> Result<(String, String), (String, String)> {
    let parts: Vec<String> = text.split(':').map(|part| part.trim().to_lowercase()).collect();
    let [kind, state] = parts.as_slice() else {
        let cure = "Write it as <migration_type>:<migration_state>, such as *:missing.".to_owned();
        return Err((format!("Invalid pattern '{text}'."), cure));
    };
    if !TYPES.contains(&kind.as_str()) {
        return Err((format!("Invalid migration type '{kind}'."), format!("Valid types are: {}.", TYPES.join(", "))));
    }
    if !STATES.contains(&state.as_str()) {
        return Err((format!("Invalid migration state '{state}'."), format!("Valid states are: {}.", STATES.join(", "))));
    }
    Ok((kind.clone(), state.clone()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_pattern_has_a_type_and_a_state_in_any_case() {
        let (patterns, findings) = Patterns::read(&["Versioned:Missing".to_owned(), "*:future".to_owned()]);
        assert!(findings.is_empty());
        assert!(patterns.matches(true, State::Missing) && !patterns.matches(false, State::Missing));
        assert!(patterns.matches(false, State::Future) && !patterns.matches(true, State::FailedFuture));
        let (_, findings) = Patterns::read(&["missing".to_owned(), "a:missing".to_owned(), "*:success".to_owned()]);
        let messages: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(messages, ["Invalid pattern 'missing'.", "Invalid migration type 'a'.", "Invalid migration state 'success'."]);
    }
}

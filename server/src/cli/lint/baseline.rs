//! Findings that a project knows already, so that an old one starts green.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use planner::finding::Finding;
use serde::{Deserialize, Serialize};

use crate::cli::output;
use crate::exit::{Failure, Outcome};

/// The file's name where `[rules]` gives no other.
const FILE: &str = "flightplan-baseline.json";

/// The file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Baseline {
    format: u32,
    findings: Vec<Known>,
}

/// A finding by what stays when lines move, and how often it is there.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    file: String,
    rule: String,
    message: String,
    count: usize,
}

/// File, rule and message.
type Key = (String, String, String);

fn key(finding: &Finding) -> Key {
    let file = finding.span.as_ref().map(|span| span.file.clone()).unwrap_or_default();
    (file, finding.rule.clone(), finding.message.clone())
}

/// Where the project keeps it.
pub(super) fn path(root: &Path, configured: Option<&str>) -> PathBuf {
    root.join(configured.unwrap_or(FILE))
}

impl Baseline {
    /// What is found now. What keeps the project from being planned is never known.
    pub(super) fn of(findings: &[Arc<Finding>]) -> Self {
        let mut counts: BTreeMap<Key, usize> = BTreeMap::new();
        for finding in findings.iter().filter(|finding| !finding.blocking) {
            *counts.entry(key(finding)).or_default() += 1;
        }
        Self {
            format: 1,
            findings: counts.into_iter().map(|((file, rule, message), count)| Known { file, rule, message, count }).collect(),
        }
    }

    /// Reads the file; `None`: there is none.
    pub(super) fn read(path: &Path) -> Outcome<Option<Self>> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                let message = format!("{}: cannot be read: {error}.", path.display());
                return Err(Failure::usage(message, "Mend its permissions, or use --baseline ignore."));
            }
        };
        let cure = "Write it anew with `flightplan lint --baseline write`.";
        let baseline: Self = serde_json::from_str(&text).map_err(|error| {
            Failure::usage(format!("{}:{}: this is no baseline: {error}.", path.display(), error.line()), cure)
        })?;
        if baseline.format != 1 {
            let message = format!("{}: format {} is not known.", path.display(), baseline.format);
            return Err(Failure::usage(message, cure));
        }
        Ok(Some(baseline))
    }

    /// Writes the file.
    pub(super) fn write(&self, path: &Path) -> Outcome<()> {
        let text = format!("{}\n", output::json_text(self)?);
        std::fs::write(path, text).map_err(|error| {
            let message = format!("{}: cannot be written: {error}.", path.display());
            Failure::usage(message, "Name another file with `baseline` under [rules] in flightplan.toml.")
        })
    }

    /// Number of findings in it.
    pub(super) fn len(&self) -> usize {
        self.findings.iter().map(|known| known.count).sum()
    }

    /// The findings it does not know, how many it knows, and how many of its own are not found any more.
    pub(super) fn split(self, findings: Vec<Arc<Finding>>) -> (Vec<Arc<Finding>>, usize, usize) {
        let mut left: BTreeMap<Key, usize> = BTreeMap::new();
        for known in self.findings {
            *left.entry((known.file, known.rule, known.message)).or_default() += known.count;
        }
        let all = findings.len();
        let new: Vec<Arc<Finding>> = findings
            .into_iter()
            .filter(|finding| match left.get_mut(&key(finding)) {
                Some(count) if *count > 0 && !finding.blocking => {
                    *count -= 1;
                    false
                }
                _ => true,
            })
            .collect();
        let known = all - new.len();
        (new, known, left.values().sum())
    }
}

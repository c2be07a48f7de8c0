//! Findings for other tools: one file a format.

pub(super) mod github;
pub(super) mod gitlab;
pub(super) mod junit;
pub(super) mod markdown;
pub(super) mod sarif;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use planner::finding::{Finding, Severity};
use planner::plan::canonical::sha256_hex;

use crate::cli::Context;

/// What a format writes.
pub(super) struct Listing<'a> {
    /// The findings in the planner's order.
    pub(super) findings: &'a [Arc<Finding>],
    /// Files of all migrations.
    pub(super) files: &'a [String],
    /// The severity that fails the command.
    pub(super) gate: Severity,
    /// Path of the project inside its repository, with a closing `/`: code hosts count from there.
    prefix: String,
}

impl<'a> Listing<'a> {
    pub(super) fn new(context: &Context, files: &'a [String], findings: &'a [Arc<Finding>], gate: Severity) -> Self {
        Self { findings, files, gate, prefix: prefix(&context.workspace.root) }
    }

    /// The path a code host knows a file by.
    pub(super) fn path(&self, file: &str) -> String {
        if file.starts_with('/') || file.starts_with("..") { file.to_owned() } else { format!("{}{file}", self.prefix) }
    }
}

fn prefix(root: &Path) -> String {
    let Ok(root) = root.canonicalize() else { return String::new() };
    let top = root.ancestors().find(|folder| folder.join(".git").exists());
    let inside = top.and_then(|top| root.strip_prefix(top).ok()).map(|path| path.to_string_lossy().replace('\\', "/"));
    inside.filter(|path| !path.is_empty()).map(|path| path + "/").unwrap_or_default()
}

/// File and line for people; empty for the project as a whole.
pub(super) fn place(finding: &Finding) -> String {
    finding.span.as_ref().map(|span| format!("{}:{}", span.file, span.line)).unwrap_or_default()
}

/// Message, effect and cure as lines.
pub(super) fn sentences(finding: &Finding) -> String {
    let parts = [("", finding.message.as_str()), ("Effect: ", &finding.effect), ("Workaround: ", &finding.workaround)];
    let lines = parts.iter().filter(|(_, text)| !text.is_empty()).map(|(what, text)| format!("{what}{text}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// `3 findings: 1 error, 2 warnings.`
pub(super) fn summary(findings: &[Arc<Finding>]) -> String {
    let counted = |severity: Severity, plural: &str| {
        let count = findings.iter().filter(|finding| finding.severity == severity).count();
        let ending = if count == 1 { "" } else { plural };
        (count > 0).then(|| format!("{count} {}{ending}", severity.name()))
    };
    let parts = [counted(Severity::Error, "s"), counted(Severity::Warning, "s"), counted(Severity::Info, "")];
    let ending = if findings.len() == 1 { "" } else { "s" };
    format!("{} finding{ending}: {}.", findings.len(), parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// A name for each finding that stays when lines move: of rule, file and message, and how many such came before it.
pub(super) fn fingerprints(findings: &[Arc<Finding>]) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let name = |finding: &Arc<Finding>| {
        let file = finding.span.as_ref().map_or("", |span| span.file.as_str());
        let key = [&finding.rule, file, &finding.message].join("\0");
        let count = seen.entry(key.clone()).or_default();
        *count += 1;
        sha256_hex(format!("{key}\0{count}").as_bytes())
    };
    findings.iter().map(name).collect()
}

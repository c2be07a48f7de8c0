//! `lint`: what the rules say, with or without a database.

mod baseline;
mod fix;
mod json;
mod listing;

use std::collections::BTreeMap;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use planner::Report;
use planner::finding::{Finding, Severity};
use serde::{Deserialize, Serialize};

use crate::cli::{Context, Format, diagnostic, look, output, stats};
use crate::execution::Refused;
use crate::exit::{Exit, Failure};
use baseline::Baseline;
use listing::{Listing, github, gitlab, junit, markdown, sarif};

/// Options of `lint`.
#[derive(Clone, Debug, Args)]
pub struct Lint {
    /// Only findings in these files.
    files: Vec<String>,
    /// Exit with 3 from this severity on.
    #[arg(long, value_name = "SEVERITY", value_parser = severity, default_value = "error")]
    gate: Severity,
    /// Write the cures that a machine can apply into the files; never into a migration that is applied.
    #[arg(long)]
    fix: bool,
    /// With --fix: print what would be written as a unified diff, and write nothing.
    #[arg(long, requires = "fix")]
    dry_run: bool,
    /// With --fix and without a database: these migrations have run nowhere yet.
    #[arg(long, requires = "fix")]
    not_applied: bool,
    /// Show every finding: otherwise the text tells only a few of each rule that is merely worth knowing.
    #[arg(long)]
    all: bool,
    /// Findings that the project knows already: use them, write them anew, or show them all.
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = BaselineMode::Use, conflicts_with = "fix")]
    baseline: BaselineMode,
}

/// What `--baseline` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BaselineMode {
    /// Leave out what the baseline file knows, where there is one.
    Use,
    /// Write what is found now into the file.
    Write,
    /// Show what the file knows, too.
    Ignore,
}

/// Reads a severity.
///
/// # Errors
/// Another word.
pub fn severity(text: &str) -> Result<Severity, String> {
    Severity::parse(text).ok_or_else(|| "use info, warning or error".to_owned())
}

/// Runs the command.
///
/// # Errors
/// [`Exit::Findings`] at or above the gate; [`Exit::Usage`] where the input itself is broken; a target that was named and
/// cannot be read; a baseline or a file that cannot be read or written.
pub async fn run(context: &Context, command: &Lint) -> Result<Exit, Refused> {
    context.allow(&[Format::Markdown, Format::Sarif, Format::Junit, Format::Github, Format::Gitlab])?;
    if command.fix {
        return fix::run(context, command).await;
    }
    let request = &stats::known(context, &context.workspace.request).await?;
    let linted = if context.workspace.has_url_option() {
        Linted::of(look::look(&context.workspace, request).await?.report)
    } else {
        context.workspace.remembered("lint", request, Linted::of)
    };
    let mut findings = wanted(linted.findings, &command.files);
    let path = baseline::path(&context.workspace.root, linted.baseline.as_deref());
    if command.baseline == BaselineMode::Write {
        let baseline = Baseline::of(&findings);
        baseline.write(&path)?;
        context.tell(&format!("{} finding(s) are written to {}.", baseline.len(), path.display()));
    }
    if command.baseline != BaselineMode::Ignore
        && let Some(baseline) = Baseline::read(&path)?
    {
        let (new, known, gone) = baseline.split(findings);
        findings = new;
        if known > 0 {
            context.tell(&format!("{known} known finding(s) are left out ({}).", path.display()));
        }
        if gone > 0 && command.files.is_empty() {
            context.tell(&format!("{gone} finding(s) of the baseline are gone; `lint --baseline write` takes them out."));
        }
    }
    let listing = Listing::new(context, &linted.files, &findings, command.gate);
    match context.format {
        Format::Json => json::print(&findings)?,
        Format::Markdown => output::print(&markdown::render(&listing)),
        Format::Sarif => output::print_json(&sarif::render(&listing))?,
        Format::Junit => output::print(&junit::render(&listing)?),
        Format::Github => output::print(&github::render(&listing)),
        Format::Gitlab => output::print_json(&gitlab::render(&listing))?,
        _ => output::print(&text(context, &findings, command.all)),
    }
    let exit = gate(&findings, Some(command.gate));
    // As in `Linted::of`.
    std::mem::forget(findings);
    exit
}

/// What this command needs of a report.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Linted {
    findings: Vec<Arc<Finding>>,
    /// Files of all migrations, in order.
    files: Vec<String>,
    /// Where the settings have the baseline.
    baseline: Option<String>,
}

impl Linted {
    fn of(report: Report) -> Self {
        let Report { migrations, findings, settings, callbacks, graph, matrix, plan, schema } = report;
        let mut files: Vec<String> = migrations.iter().map(|migration| migration.path.clone()).collect();
        files.sort_unstable();
        files.dedup();
        // The process ends with this command: to take ten thousand migrations apart piece by piece would only keep it.
        std::mem::forget((migrations, callbacks, graph, matrix, plan, schema));
        Self { findings, files, baseline: settings.rules.baseline }
    }
}

/// The findings in some files, or all.
fn wanted(mut findings: Vec<Arc<Finding>>, files: &[String]) -> Vec<Arc<Finding>> {
    let asked = |finding: &Arc<Finding>| {
        let file = finding.span.as_ref().map(|span| span.file.as_str()).unwrap_or_default();
        let is_it = |name: &String| {
            let name = name.trim_start_matches("./");
            file == name || file.ends_with(&format!("/{name}")) || name.ends_with(&format!("/{file}"))
        };
        files.is_empty() || files.iter().any(is_it)
    };
    findings.retain(asked);
    findings.dedup();
    findings
}

/// How many findings of a rule that is merely worth knowing are told in full.
const SHOWN: usize = 3;

fn text(context: &Context, findings: &[Arc<Finding>], all: bool) -> String {
    if findings.is_empty() {
        return "No findings.\n".to_owned();
    }
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let shown: Vec<Arc<Finding>> = findings
        .iter()
        .filter(|finding| {
            let count = seen.entry(finding.rule.as_str()).or_default();
            *count += usize::from(finding.severity == Severity::Info && !finding.blocking);
            all || finding.severity != Severity::Info || finding.blocking || *count <= SHOWN
        })
        .cloned()
        .collect();
    let mut text = diagnostic::render(&shown, &context.workspace.project, output::colours(&std::io::stdout()));
    for (rule, count) in seen.into_iter().filter(|(_, count)| !all && *count > SHOWN) {
        text.push_str(&format!("info[{rule}]: {} more; --all shows them.\n", count - SHOWN));
    }
    text.push_str(&listing::summary(findings));
    text.push('\n');
    text
}

/// The exit code of findings.
///
/// # Errors
/// [`Exit::Usage`] for blocking ones, [`Exit::Findings`] for others at or above the gate.
pub fn gate(findings: &[Arc<Finding>], gate: Option<Severity>) -> Result<Exit, Refused> {
    let blocking = findings.iter().filter(|finding| finding.blocking).count();
    if blocking > 0 {
        return Err(Failure::usage(format!("{blocking} finding(s) keep the project from being planned."), "").into());
    }
    let Some(gate) = gate else { return Ok(Exit::Done) };
    let above = findings.iter().filter(|finding| finding.severity >= gate).count();
    if above == 0 {
        return Ok(Exit::Done);
    }
    let message = format!("{above} finding(s) at or above the gate ({}).", gate.name());
    Err(Failure::new(Exit::Findings, message, "Follow their workarounds, or set another --gate.").into())
}

//! `lint`: what the rules say, without a database.

use clap::Args;
use planner::finding::{Finding, Severity};
use serde_json::{Value, json};

use crate::cli::{Context, Format, diagnostic, output, stats};
use crate::execution::Refused;
use crate::exit::{Exit, Failure};

/// Options of `lint`.
#[derive(Clone, Debug, Args)]
pub struct Lint {
    /// Only findings in these files.
    files: Vec<String>,
    /// Exit with 3 from this severity on.
    #[arg(long, value_name = "SEVERITY", value_parser = severity, default_value = "error")]
    gate: Severity,
}

/// Reads a severity.
///
/// # Errors
/// Another word.
pub fn severity(text: &str) -> Result<Severity, String> {
    match text {
        "info" => Ok(Severity::Info),
        "warning" => Ok(Severity::Warning),
        "error" => Ok(Severity::Error),
        _ => Err("use info, warning or error".to_owned()),
    }
}

/// Runs the command.
///
/// # Errors
/// [`Exit::Findings`] at or above the gate; [`Exit::Usage`] where the input itself is broken.
pub async fn run(context: &Context, command: &Lint) -> Result<Exit, Refused> {
    context.allow(&[Format::Markdown])?;
    let report = context.workspace.analyze(&stats::known(context, &context.workspace.request).await?);
    let wanted = |finding: &&Finding| {
        let file = finding.span.as_ref().map(|span| span.file.as_str()).unwrap_or_default();
        command.files.is_empty() || command.files.iter().any(|name| file == name || file.ends_with(&format!("/{name}")))
    };
    let mut findings: Vec<Finding> = report.findings.iter().filter(wanted).cloned().collect();
    findings.dedup();
    match context.format {
        Format::Json => {
            let list: Vec<Value> = findings.iter().map(flat).collect();
            output::print_json(&json!({"format": 1, "findings": list}))?;
        }
        Format::Markdown => output::print(&markdown(&findings)),
        _ if findings.is_empty() => output::print("No findings."),
        _ => output::print(&diagnostic::render(&findings, &context.workspace.project, output::colours(&std::io::stdout()))),
    }
    gate(&findings, Some(command.gate))
}

/// The exit code of findings.
///
/// # Errors
/// [`Exit::Usage`] for blocking ones, [`Exit::Findings`] for others at or above the gate.
pub fn gate(findings: &[Finding], gate: Option<Severity>) -> Result<Exit, Refused> {
    let blocking = findings.iter().filter(|finding| finding.blocking).count();
    if blocking > 0 {
        return Err(Failure::usage(format!("{blocking} finding(s) keep the project from being planned."), "").into());
    }
    let Some(gate) = gate else { return Ok(Exit::Done) };
    let above = findings.iter().filter(|finding| finding.severity >= gate).count();
    if above == 0 {
        return Ok(Exit::Done);
    }
    let message = format!("{above} finding(s) at or above the gate ({}).", word(gate));
    Err(Failure::new(Exit::Findings, message, "Follow their workarounds, or set another --gate.").into())
}

const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// A finding with its place in front and no nesting.
#[must_use]
pub fn flat(finding: &Finding) -> Value {
    let span = finding.span.clone().unwrap_or_default();
    let mut value = json!({
        "rule": finding.rule, "severity": finding.severity, "file": span.file, "line": span.line, "column": span.column,
        "end_line": span.end_line, "end_column": span.end_column, "message": finding.message, "effect": finding.effect,
        "workaround": finding.workaround, "blocking": finding.blocking, "migration": finding.migration,
    });
    if let (Some(fix), Some(object)) = (&finding.fix, value.as_object_mut()) {
        object.insert("fix".to_owned(), json!(fix));
    }
    value
}

fn markdown(findings: &[Finding]) -> String {
    let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
    let mut text = "| Where | Severity | Finding | Workaround |\n|---|---|---|---|\n".to_owned();
    for finding in findings {
        let place = finding.span.as_ref().map(|span| format!("{}:{}", span.file, span.line)).unwrap_or_default();
        text.push_str(&format!(
            "| {place} | {} | **{}** {} {} | {} |\n",
            word(finding.severity),
            finding.rule,
            cell(&finding.message),
            cell(&finding.effect),
            cell(&finding.workaround)
        ));
    }
    text
}

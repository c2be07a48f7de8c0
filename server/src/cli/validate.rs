//! `validate`: files against history, with Flyway's codes.

use planner::finding::Finding;
use planner::migration::{Migration, SourceKind};
use planner::source::flyway::state;
use serde_json::{Value, json};

use crate::cli::{Context, Format, diagnostic, look, output};
use crate::execution::Refused;
use crate::exit::{Exit, Failure};

/// Runs the command.
///
/// # Errors
/// [`Exit::Failed`] where something does not match, as Flyway does.
pub async fn run(context: &Context) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let seen = look::look(context, &context.workspace.request).await?;
    let migrations: Vec<&Migration> = seen.report.migrations.iter().filter(|it| it.source == SourceKind::Flyway).collect();
    let mut findings: Vec<Finding> = seen.report.findings.iter().filter(|finding| finding.blocking).cloned().collect();
    if seen.report.settings.source == SourceKind::Flyway {
        findings.extend(state::validate(&migrations, &seen.report.settings, &seen.request));
    }
    findings.sort();
    findings.dedup();
    let count = if findings.is_empty() { seen.report.migrations.len() } else { 0 };
    if context.format == Format::Json {
        output::print_json(&json_of(&findings, count))?;
    } else if findings.is_empty() {
        output::print(&format!("Validated {count} migrations: files and history agree."));
    }
    if findings.is_empty() {
        return Ok(Exit::Done);
    }
    if context.format == Format::Json {
        return Ok(Exit::Failed);
    }
    output::print(&diagnostic::render(&findings, &context.workspace.project, output::colours(&std::io::stdout())));
    let message = format!("Validation failed: {} of files and history do not agree.", findings.len());
    Err(Failure::failed(message, "Pending migrations count too: run `flightplan migrate`, then validate again.").into())
}

fn json_of(findings: &[Finding], count: usize) -> Value {
    let code = |finding: &Finding| finding.rule.to_uppercase().replace('-', "_");
    let invalid: Vec<Value> = findings
        .iter()
        .map(|finding| {
            json!({
                "version": finding.migration.as_ref().map(|id| id.0.clone()),
                "description": finding.message,
                "filepath": finding.span.as_ref().map(|span| span.file.clone()).unwrap_or_default(),
                "errorDetails": {"errorCode": code(finding), "errorMessage": format!("{} {}", finding.message, finding.workaround)},
            })
        })
        .collect();
    let details = findings
        .first()
        .map(|_| json!({"errorCode": "VALIDATE_ERROR", "errorMessage": "Validate failed: Migrations have failed validation"}));
    json!({
        "format": 1, "errorDetails": details, "invalidMigrations": invalid, "validationSuccessful": findings.is_empty(),
        "validateCount": count, "warnings": [], "operation": "validate",
    })
}

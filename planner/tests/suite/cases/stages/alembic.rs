//! Alembic revisions: graph, rendered SQL of both directions, opaque parts, findings.

use planner::migration::{Migration, Script};
use planner::source::alembic;

use super::Case;

pub(crate) fn render(case: &Case) -> String {
    let (settings, _) = planner::project::flightplan_toml::resolve(&case.project, &case.request);
    let (migrations, findings) = alembic::load(&case.project, &settings, &case.request);
    let mut lines = Vec::new();
    for migration in &migrations {
        lines.push(headline(migration));
        script("up", &migration.up, &mut lines);
        match &migration.undo {
            Some(undo) => script("undo", undo, &mut lines),
            None => lines.push("  no undo".to_owned()),
        }
    }
    for finding in &findings {
        let place = finding.span.as_ref().map(|span| format!("{}:{}:{}", span.file, span.line, span.column)).unwrap_or_default();
        lines.push(format!("{:?} {} {place}\n  {}\n  {}", finding.severity, finding.rule, finding.message, finding.workaround));
    }
    lines.join("\n")
}

fn headline(migration: &Migration) -> String {
    let ids = |ids: &[planner::migration::MigrationId]| ids.iter().map(|id| id.0.clone()).collect::<Vec<_>>().join(", ");
    let mut line = format!("{} <- ({})", migration.id, ids(&migration.parents));
    if !migration.depends_on.is_empty() {
        line += &format!(" needs ({})", ids(&migration.depends_on));
    }
    if !migration.labels.is_empty() {
        line += &format!(" labels ({})", migration.labels.join(", "));
    }
    format!("{line} {}", migration.description)
}

fn script(name: &str, script: &Script, lines: &mut Vec<String>) {
    lines.push(format!("  {name}"));
    for statement in &script.statements {
        let autocommit = if statement.autocommit { " autocommit" } else { "" };
        let sql = statement.sql.replace('\n', "\n         ");
        lines.push(format!("    {:>3}{autocommit}: {sql}", statement.span.line));
    }
    for part in &script.opaque {
        lines.push(format!("    opaque {}:{}-{}: {}", part.span.line, part.span.column, part.span.end_line, part.reason));
    }
    for assumption in &script.assumptions {
        lines.push(format!("    assumes {assumption}"));
    }
}

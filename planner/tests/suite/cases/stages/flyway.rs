//! A Flyway source: its migrations with checksum and statements, and what is wrong with its files.

use planner::migration::Script;
use planner::project::flightplan_toml::resolve;
use planner::source::flyway::load;

use super::Case;

pub(crate) fn render(case: &Case) -> String {
    let (settings, mut findings) = resolve(&case.project, &case.request);
    let planner::source::flyway::Loaded { migrations, callbacks, findings: more } =
        load(&case.project, &settings, &case.request, &planner::Alone);
    findings.extend(more);
    let mut lines = Vec::new();
    for migration in &migrations {
        lines.push(format!("{} {:?} {:?} {}", migration.id, migration.kind, migration.description, migration.path));
        script("up", &migration.up, &mut lines);
        if let Some(undo) = &migration.undo {
            script("undo", undo, &mut lines);
        }
    }
    for callback in &callbacks {
        lines.push(format!("{} {:?}", callback.event.id(), callback.description));
        script("callback", &callback.script, &mut lines);
    }
    lines.extend(findings.iter().map(super::settings::finding));
    lines.join("\n")
}

fn script(name: &str, script: &Script, lines: &mut Vec<String>) {
    let checksum = script.checksum.map_or("none".to_owned(), |checksum| checksum.to_string());
    let raw = script.equivalent_checksum.map(|raw| format!(" raw {raw}")).unwrap_or_default();
    let transaction = script.execute_in_transaction.map(|own| format!(" transaction {own}")).unwrap_or_default();
    let execute = script.should_execute.map(|own| format!(" execute {own}")).unwrap_or_default();
    lines.push(format!("  {name} {} checksum {checksum}{raw}{transaction}{execute}", script.script));
    for statement in &script.statements {
        let span = &statement.span;
        let place = format!("{}:{}-{}:{}", span.line, span.column, span.end_line, span.end_column);
        lines.push(format!("    {place} {}", statement.sql.replace('\n', "⏎").replace('\r', "␍")));
        lines.extend(statement.copy_data.iter().map(|data| format!("      data {data:?}")));
    }
    lines.extend(script.opaque.iter().map(|part| format!("    opaque {}: {}", part.span.line, part.reason)));
}

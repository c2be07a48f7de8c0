//! What each statement does: the files of a case are one migration after the other, in the order written.

use std::collections::BTreeSet;

use planner::catalog::{Catalog, replay};
use planner::dialect::Dialect;
use planner::effect::statement::made_since;
use planner::effect::{Effect, of_statement};
use planner::statement::Statement;
use planner::statement::parse::parse;
use planner::statement::split::split;

use super::Case;

fn statements(text: &str, dialect: Dialect) -> Vec<Statement> {
    let (pieces, _) = split(text, dialect);
    let statement = |sql: &str| Statement { sql: sql.to_owned(), operations: parse(sql, dialect).0, ..Statement::default() };
    pieces.iter().map(|piece| statement(&text[piece.range.clone()])).collect()
}

/// Calls `visit` with the schema before each statement; gives the schema after all files.
pub(super) fn walk(case: &Case, mut visit: impl FnMut(&Statement, &Catalog, &BTreeSet<planner::name::ObjectName>)) -> Catalog {
    let dialect = case.request.dialect.unwrap_or_default();
    let version = case.request.server_version.unwrap_or_else(|| dialect.default_version());
    let mut catalog = Catalog::new(dialect, version);
    for file in &case.project.files {
        let statements = statements(&String::from_utf8_lossy(&file.content), dialect);
        let start = catalog.clone();
        catalog = replay::walk(&start, &statements, |index, before, _| {
            visit(&statements[index], before, &made_since(&start, before));
        });
    }
    catalog
}

pub(crate) fn render(case: &Case) -> String {
    let mut lines = Vec::new();
    walk(case, |statement, before, new| {
        let effect = of_statement(statement, before, &case.request.statistics, new);
        lines.push(statement.sql.lines().last().unwrap_or_default().to_owned());
        lines.extend(shown(&effect));
    });
    lines.join("\n")
}

fn shown(effect: &Effect) -> Vec<String> {
    let locks: Vec<String> = effect.locks.iter().map(|lock| format!("{} {:?}", lock.object, lock.mode)).collect();
    let mut lines = vec![format!("    locks {}; blocks {:?}; undo {:?}", locks.join(", "), effect.blocks, effect.undo)];
    for (word, tables) in [("rewrites", &effect.rewrites), ("scans", &effect.scans), ("builds", &effect.builds)] {
        if !tables.is_empty() {
            lines.push(format!("    {word} {}", tables.join(", ")));
        }
    }
    if !effect.transactional {
        lines.push("    outside a transaction".to_owned());
    }
    lines.extend(effect.lock_ms.map(|(low, high)| format!("    held {low} to {high} ms")));
    lines.extend(effect.error.iter().map(|error| format!("    refused: {error}")));
    lines.extend(effect.opaque.iter().map(|reason| format!("    opaque: {reason}")));
    lines.extend(effect.assumptions.iter().map(|sentence| format!("    assumed: {sentence}")));
    lines
}

//! The plan: steps, statements, batches, ways back.

use super::Case;

pub(crate) fn render(case: &Case) -> String {
    let report = super::planned(case);
    let plan = &report.plan;
    let mut lines = vec![format!("from {:?} to {:?}", plan.from, plan.to)];
    if plan.group {
        lines.push("all steps in one transaction".to_owned());
    }
    for callback in &plan.callbacks {
        let transaction = if callback.transactional { "in a transaction" } else { "outside a transaction" };
        lines.push(format!("callback {} {:?} {} {transaction}", callback.event.id(), callback.description, callback.file));
        lines.extend(callback.statements.iter().map(|it| format!("  {} line {} {}", it.id, it.line, it.sql.replace('\n', "⏎"))));
    }
    for step in &plan.steps {
        lines.push(format!("step {} {} {:?} {:?}", step.number, step.id, step.phase, step.transaction));
        lines.push(format!(
            "  {} (lock {} ms, statement {} ms)",
            step.description, step.lock_timeout_ms, step.statement_timeout_ms
        ));
        if let Some(gate) = &step.gate {
            lines.push(format!("  gate: {} {}", gate.name, gate.waits_for));
        }
        for statement in &step.statements {
            lines.push(format!("  {} {}:{} {}", statement.id, statement.file, statement.line, statement.sql.replace('\n', "⏎")));
            if let Some(batch) = &statement.batch {
                lines.push(format!(
                    "    batch {} by {} size {} pause {} ms",
                    batch.table,
                    batch.key.join(", "),
                    batch.size,
                    batch.pause_ms
                ));
                lines.push(format!(
                    "    rows {:?} batches {:?} ms {:?} lock {:?} wal {:?}",
                    batch.rows, batch.batches, batch.duration_ms, batch.lock_ms, batch.wal_bytes
                ));
                for (name, sql) in [
                    ("first bound", &batch.first_bound_sql),
                    ("bound", &batch.bound_sql),
                    ("first", &batch.first_batch_sql),
                    ("next", &batch.batch_sql),
                    ("last", &batch.last_sql),
                    ("only", &batch.only_sql),
                ] {
                    lines.push(format!("    {name}: {}", sql.replace('\n', "⏎")));
                }
            }
        }
        lines.push(format!("  undo {:?} {:?}: {}", step.undo.origin, step.undo.reversibility, step.undo.note));
        lines.extend(step.undo.statements.iter().map(|sql| format!("    {}", sql.replace('\n', "⏎"))));
        lines.push(match &step.history {
            Some(history) => format!("  history {}", serde_json::to_string(history).unwrap_or_default()),
            None => "  no history yet".to_owned(),
        });
    }
    for finding in plan.findings.iter().filter(|finding| finding.blocking) {
        lines.push(format!("blocking {} {}", finding.rule, finding.message));
    }
    lines.join("\n")
}

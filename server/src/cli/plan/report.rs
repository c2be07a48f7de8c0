//! `plan --format html`: the plan as one file for a pull request: no script, nothing from elsewhere, and it prints.

use std::fmt::Write as _;
use std::sync::Arc;

use planner::finding::Finding;
use planner::phase::Phase;
use planner::plan::{Gate, Plan, PlannedStatement, Step};

use super::{blocks, range};
use crate::approval::document::Margin;
use crate::route::form::escaped;

const STYLE: &str = ":root{color-scheme:light dark;--line:#8888;--soft:#8881}\
body{max-width:62rem;margin:0 auto;padding:1.5rem;font:15px/1.5 system-ui,sans-serif}\
h1{margin:0;font-size:1.5rem}h2{margin:2rem 0 .5rem;font-size:1.15rem}h3{margin:0;font-size:1rem}p{margin:.25rem 0}\
code,pre{font-family:ui-monospace,monospace;font-size:13px;unicode-bidi:isolate;overflow-wrap:anywhere}\
pre{margin:.5rem 0;padding:.5rem .75rem;background:var(--soft);white-space:pre-wrap}\
section{margin:.75rem 0;padding:.75rem 1rem;border:1px solid var(--line);border-radius:4px;break-inside:avoid}\
.gate{border-style:dashed}.finding{margin:.5rem 0;padding:.25rem .75rem;border-left:3px solid var(--line)}\
.quiet{opacity:.75}dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem}dd{margin:0}\
@media print{body{max-width:none;padding:0}a{color:inherit}}";

/// The whole file.
pub(super) fn html(plan: &Plan, margin: &Margin, approvals: &str) -> String {
    let title = format!("Plan {} for {}", plan.digest.get(..12).unwrap_or(&plan.digest), plan.environment);
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>{0}</title><style>{STYLE}</style></head>\n<body><main><h1>{0}</h1>\n",
        escaped(&title)
    );
    head(plan, margin, approvals, &mut text);
    for finding in plan.findings.iter().filter(|finding| finding.span.is_none()) {
        told(finding, &mut text);
    }
    for phase in [Phase::Expand, Phase::Migrate, Phase::Contract] {
        let steps: Vec<&Step> = plan.steps.iter().filter(|step| step.phase == phase).collect();
        if !steps.is_empty() {
            let _ = writeln!(text, "<h2>{} <span class=\"quiet\">{}</span></h2>", phase.name(), count(steps.len(), "step"));
        }
        steps.into_iter().for_each(|step| step_told(step, plan, &mut text));
    }
    text.push_str("</main></body></html>\n");
    text
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn head(plan: &Plan, margin: &Margin, approvals: &str, text: &mut String) {
    let from = if plan.from.is_empty() { "nothing applied" } else { plan.from.as_str() };
    let worst = plan.steps.iter().flat_map(|step| &step.statements).map(|statement| statement.effect.blocks).max();
    let unknown = || "unknown without statistics".to_owned();
    let mut facts = vec![
        ("Digest", plan.digest.clone()),
        ("Database", plan.target.identity.clone().unwrap_or_else(|| "none: this plan can be read, not applied".to_owned())),
        ("Product", format!("{} {}", plan.target.dialect.title(), plan.target.server_version)),
        ("From, to", format!("{from}, {}", plan.to)),
        ("Steps", plan.steps.len().to_string()),
        ("Has to wait", worst.map_or("nobody", blocks).to_owned()),
        ("Duration", plan.estimate.duration_ms.map_or_else(unknown, range)),
        ("Longest lock", plan.estimate.longest_lock_ms.map_or_else(unknown, range)),
        ("Risk", [&[margin.risk.class.to_string()], margin.risk.because.as_slice()].concat().join("; ")),
        ("Approvals", approvals.to_owned()),
    ];
    facts.extend(margin.valid_until.clone().map(|until| ("Good until", until)));
    text.push_str("<dl>");
    for (name, value) in facts {
        let _ = write!(text, "<dt class=\"quiet\">{name}</dt><dd>{}</dd>", escaped(&value));
    }
    let _ = writeln!(text, "</dl><p class=\"quiet\">{}</p>", escaped(&plan.estimate.rests_on));
}

fn gate_told(gate: &Gate, text: &mut String) {
    let because: String = gate.because.iter().map(|reason| format!("<p class=\"quiet\">{}</p>", escaped(reason))).collect();
    let (name, waits) = (escaped(&gate.name), escaped(&gate.waits_for));
    let _ = writeln!(text, "<section class=\"gate\"><strong>Gate {name}:</strong> {waits}{because}</section>");
}

fn step_told(step: &Step, plan: &Plan, text: &mut String) {
    step.gate.iter().for_each(|gate| gate_told(gate, text));
    let (id, description) = (escaped(&step.id), escaped(&step.description));
    let _ = writeln!(text, "<section><h3>{}. {description} <code>{id}</code></h3>", step.number);
    if let Some(fallback) = &step.fallback {
        let (reason, file) = (escaped(&fallback.reason), escaped(&fallback.file));
        let _ = writeln!(text, "<p>Not known before it runs: the project's own Alembic runs <code>{file}</code>. {reason}</p>");
    }
    for statement in &step.statements {
        statement_told(statement, text);
    }
    let of_step = |finding: &&Arc<Finding>| finding.migration.as_ref() == Some(&step.migration) && finding.span.is_some();
    // A migration of several parts tells its findings once.
    let first = plan.steps.iter().find(|other| other.migration == step.migration && other.source == step.source);
    if first.is_some_and(|first| first.number == step.number) {
        plan.findings.iter().filter(of_step).for_each(|finding| told(finding, text));
    }
    let undo: String = step.undo.statements.iter().map(|sql| format!("<pre>{}</pre>", escaped(sql))).collect();
    let note = if step.undo.note.is_empty() && undo.is_empty() { "none" } else { step.undo.note.as_str() };
    let _ = writeln!(text, "<p><strong>Way back:</strong> {}</p>{undo}</section>", escaped(note));
}

fn statement_told(statement: &PlannedStatement, text: &mut String) {
    let effect = &statement.effect;
    let place = format!("{}:{}", statement.file, statement.line);
    let _ = writeln!(
        text,
        "<p>{} <code class=\"quiet\">{}</code></p><pre>{}</pre><p>Has to wait: {}.",
        escaped(&statement.summary),
        escaped(&place),
        escaped(&statement.sql),
        blocks(effect.blocks)
    );
    let locks: Vec<String> = effect.locks.iter().map(|lock| format!("{} ({:?})", lock.object, lock.mode)).collect();
    for (words, objects) in [("Locks", &locks), ("Writes anew", &effect.rewrites), ("Reads in full", &effect.scans)] {
        if !objects.is_empty() {
            let _ = write!(text, " {words}: {}.", escaped(&objects.join(", ")));
        }
    }
    if let Some(batch) = &statement.batch {
        let batches = batch.batches.map(|count| format!("{count} batches of ")).unwrap_or_default();
        let _ = write!(text, " Runs in {batches}{} rows, {} ms pause.", batch.size, batch.pause_ms);
    }
    for (words, reason) in [("Not known", &effect.opaque), ("The server would refuse it", &effect.error)] {
        if let Some(reason) = reason {
            let _ = write!(text, " <strong>{words}: {}</strong>", escaped(reason));
        }
    }
    text.push_str("</p>\n");
}

fn told(finding: &Finding, text: &mut String) {
    let place = finding.span.as_ref().map(|span| format!("{}:{} ", span.file, span.line)).unwrap_or_default();
    let _ = writeln!(
        text,
        "<div class=\"finding\"><p><strong>{}</strong> <code>{}{}</code></p><p>{}</p><p class=\"quiet\">{} {}</p></div>",
        finding.severity.name(),
        escaped(&place),
        escaped(&finding.rule),
        escaped(&finding.message),
        escaped(&finding.effect),
        escaped(&finding.workaround)
    );
}

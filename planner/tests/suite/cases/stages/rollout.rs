//! The steps of a plan around its gates, and what keeps a plan from being made.

use super::Case;

pub(crate) fn render(case: &Case) -> String {
    let report = super::planned(case);
    let plan = &report.plan;
    let mut lines = vec![format!("from {:?} to {:?}", plan.from, plan.to)];
    if let Some(rollout) = &plan.rollout {
        lines.push(format!("live {}; next {}", rollout.live.join(", "), rollout.next.as_deref().unwrap_or("-")));
    }
    for step in &plan.steps {
        if let Some(gate) = &step.gate {
            lines.push(format!("gate {}: {}", gate.name, gate.waits_for));
            lines.extend(gate.because.iter().map(|reason| format!("  {reason}")));
            lines.extend(gate.probe.as_ref().map(|probe| format!("  opens when {}", probe.sentence())));
        }
        lines.push(format!("step {} {}", step.id, step.phase.name()));
    }
    let told = |finding: &&std::sync::Arc<planner::finding::Finding>| finding.blocking || finding.rule == "rollout-order";
    for finding in report.findings.iter().filter(told) {
        let line = finding.span.as_ref().map(|span| format!(" line {}", span.line)).unwrap_or_default();
        lines.push(format!("{}{line}: {} {}", finding.rule, finding.message, finding.workaround));
    }
    lines.join("\n")
}

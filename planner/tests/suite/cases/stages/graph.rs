//! The graph: nodes, edges with their reasons, what contradicts the order.

use super::Case;

pub(crate) fn render(case: &Case) -> String {
    let report = planner::analyze(&case.project, &case.request);
    let mut lines = Vec::new();
    for node in &report.graph.nodes {
        let ends = [(node.base, " base"), (node.head, " head"), (node.applied, " applied")];
        let ends: String = ends.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
        lines.push(format!("{} level {} {}{ends}", node.id, node.level, node.phase.name()));
    }
    for edge in &report.graph.edges {
        lines.push(format!("{} -> {} {:?}: {} {}", edge.from, edge.to, edge.kind, edge.to, edge.reason));
    }
    for finding in report
        .findings
        .iter()
        .filter(|f| matches!(f.rule.as_str(), "used-before-created" | "dependency-cycle" | "revision-cycle"))
    {
        lines.push(format!("{} {}", finding.rule, finding.message));
    }
    lines.join("\n")
}

//! `graph`: who must come before whom, and why.

use planner::graph::{EdgeKind, Graph, Node};
use planner::migration::SourceKind;

use crate::cli::{Context, Format, lint, output};
use crate::execution::Refused;
use crate::exit::Exit;

/// Runs the command.
///
/// # Errors
/// Blocking findings.
pub fn run(context: &Context) -> Result<Exit, Refused> {
    context.allow(&[Format::Dot, Format::Mermaid])?;
    let report = context.workspace.analyze(&context.workspace.request);
    match context.format {
        Format::Json => output::print_json(&output::with_format(&report.graph)?)?,
        Format::Dot => output::print(&dot(&report.graph)),
        Format::Mermaid => output::print(&mermaid(&report.graph)),
        _ => output::print(&text(&report.graph)),
    }
    let blocking: Vec<_> = report.findings.into_iter().filter(|finding| finding.blocking).collect();
    if let Err(refused) = lint::gate(&blocking, None) {
        return Err(Refused { findings: blocking, ..refused });
    }
    Ok(Exit::Done)
}

fn text(graph: &Graph) -> String {
    let mut text = String::new();
    for node in &graph.nodes {
        text.push_str(&format!("{}  {}\n", node.id, node.description));
        for edge in graph.edges.iter().filter(|edge| edge.to == node.id && edge.kind != EdgeKind::Order) {
            text.push_str(&format!("    after {}: {}\n", edge.from, edge.reason));
        }
    }
    if text.is_empty() { "No migrations found.\n".to_owned() } else { text }
}

fn dot(graph: &Graph) -> String {
    let quote = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut text = "digraph migrations {\n  rankdir=TB;\n  node [fontname=\"sans-serif\"];\n".to_owned();
    for node in &graph.nodes {
        let shape = if node.source == SourceKind::Flyway { "box" } else { "ellipse" };
        let label = format!("{}\n{}", node.id, node.description);
        text.push_str(&format!("  {} [shape={shape}, label={}];\n", quote(&node.id.0), quote(&label).replace('\n', "\\n")));
    }
    for edge in &graph.edges {
        let style = match edge.kind {
            EdgeKind::Declared => "solid",
            EdgeKind::Order => "dotted",
            EdgeKind::Object => "dashed",
        };
        let (from, to) = (quote(&edge.from.0), quote(&edge.to.0));
        text.push_str(&format!("  {from} -> {to} [style={style}, tooltip={}];\n", quote(&edge.reason)));
    }
    text.push_str("}\n");
    text
}

fn mermaid(graph: &Graph) -> String {
    let number = |id: &planner::migration::MigrationId| graph.nodes.iter().position(|node| node.id == *id).unwrap_or(0);
    let escape = |text: &str| text.replace('"', "#quot;");
    let box_of = |at: usize, node: &Node| {
        let label = format!("\"{}<br/>{}\"", escape(&node.id.0), escape(&node.description));
        let (open, close) = if node.source == SourceKind::Flyway { ("[", "]") } else { ("([", "])") };
        format!("  m{at}{open}{label}{close}\n")
    };
    let mut text = "graph TD\n".to_owned();
    text.extend(graph.nodes.iter().enumerate().map(|(at, node)| box_of(at, node)));
    for edge in &graph.edges {
        let arrow = if edge.kind == EdgeKind::Declared { "-->" } else { "-.->" };
        text.push_str(&format!("  m{} {arrow} m{}\n", number(&edge.from), number(&edge.to)));
    }
    text
}

//! The graph as DOT and as Mermaid.

use std::fmt::Write;

use super::{EdgeKind, Graph, Node};
use crate::phase::Phase;

/// Graphviz DOT. Solid: declared; bold: the tool's order; dashed: a shared object.
#[must_use]
pub fn dot(graph: &Graph) -> String {
    let mut out = String::from("digraph migrations {\n  rankdir=LR;\n  node [shape=box];\n");
    for node in &graph.nodes {
        let fill = match node.phase {
            Phase::Expand => "palegreen",
            Phase::Migrate => "lightblue",
            Phase::Contract => "lightsalmon",
        };
        let label = escape(&label(node));
        // Writing to a String cannot fail.
        let _ = writeln!(out, "  \"{}\" [label=\"{label}\", style=filled, fillcolor={fill}];", escape(&node.id.0));
    }
    for edge in &graph.edges {
        let style = match edge.kind {
            EdgeKind::Declared => "solid",
            EdgeKind::Order => "bold",
            EdgeKind::Object => "dashed",
        };
        let (from, to, reason) = (escape(&edge.from.0), escape(&edge.to.0), escape(&edge.reason));
        let _ = writeln!(out, "  \"{from}\" -> \"{to}\" [style={style}, tooltip=\"{reason}\"];");
    }
    out.push_str("}\n");
    out
}

fn label(node: &Node) -> String {
    if node.description.is_empty() { node.id.to_string() } else { format!("{}: {}", node.id, node.description) }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', " ")
}

/// A Mermaid flow chart. Object edges are dotted and bear their reason.
#[must_use]
pub fn mermaid(graph: &Graph) -> String {
    let mut out = String::from("flowchart LR\n");
    let place = |id: &crate::migration::MigrationId| graph.nodes.iter().position(|node| node.id == *id);
    for (at, node) in graph.nodes.iter().enumerate() {
        let _ = writeln!(out, "  n{at}[\"{}\"]:::{}", entities(&label(node)), node.phase.name());
    }
    for edge in &graph.edges {
        let (Some(from), Some(to)) = (place(&edge.from), place(&edge.to)) else { continue };
        let _ = match edge.kind {
            EdgeKind::Declared | EdgeKind::Order => writeln!(out, "  n{from} --> n{to}"),
            EdgeKind::Object => writeln!(out, "  n{from} -. \"{}\" .-> n{to}", entities(&edge.reason)),
        };
    }
    out.push_str("  classDef expand fill:#98fb98\n  classDef migrate fill:#add8e6\n  classDef contract fill:#ffa07a\n");
    out
}

fn entities(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', " ")
}

//! A cycle as a list of named edges with their reasons.

use std::collections::BTreeSet;

use petgraph::algo::kosaraju_scc;
use petgraph::visit::EdgeRef;

use super::order::digraph;
use super::{Edge, Graph};
use crate::finding::Finding;
use crate::sort::{Gather, Sort};

/// Every cycle once, as its edges in order.
#[must_use]
pub fn cycles(graph: &Graph) -> Vec<Vec<Edge>> {
    let digraph = digraph(&graph.nodes, &graph.edges);
    let mut found = Vec::new();
    // Not Tarjan's: petgraph's goes as deep as the longest chain, and a browser's worker has little stack.
    for component in kosaraju_scc(&digraph) {
        let members: BTreeSet<_> = component.iter().copied().gather();
        let Some(start) = members.first().copied() else { continue };
        // Walk along edges inside the component until a node comes up again; in a strongly connected one it must.
        let mut path = Vec::new();
        let mut seen = vec![start];
        let mut node = start;
        let cycle = loop {
            let next = digraph.edges(node).filter(|edge| members.contains(&edge.target())).min_by_key(|edge| *edge.weight());
            let Some(next) = next else { break Vec::new() };
            path.push(*next.weight());
            node = next.target();
            if let Some(at) = seen.iter().position(|known| *known == node) {
                break path.split_off(at);
            }
            seen.push(node);
        };
        if !cycle.is_empty() {
            found.push(cycle.into_iter().filter_map(|place| graph.edges.get(place).cloned()).collect());
        }
    }
    found.order();
    found
}

/// A blocking finding for each cycle.
#[must_use]
pub fn findings(graph: &Graph) -> Vec<Finding> {
    let named = |cycle: &Vec<Edge>| {
        let edges: Vec<String> = cycle.iter().map(|edge| format!("{} before {} ({})", edge.from, edge.to, edge.reason)).collect();
        edges.join(", ")
    };
    cycles(graph)
        .iter()
        .filter_map(|cycle| cycle.first().map(|edge| (edge, named(cycle))))
        .map(|(edge, path)| {
            let message = format!("Migrations depend on each other in a circle: {path}.");
            Finding::broken("dependency-cycle", None, message, "Take one of these dependencies away.").of(&edge.to)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{EdgeKind, Node};
    use crate::migration::{MigrationId, MigrationKind, SourceKind};
    use crate::phase::Phase;

    fn node(id: MigrationId) -> Node {
        let (description, checksum) = (String::new(), None);
        let (source, kind, phase) = (SourceKind::Flyway, MigrationKind::Versioned, Phase::default());
        Node { id, source, kind, description, checksum, phase, applied: false, head: false, base: false, level: 0 }
    }

    fn chain(length: usize) -> Graph {
        let id = |at: usize| MigrationId(format!("V{at}"));
        let nodes = (0..length).map(|at| node(id(at))).collect();
        let edge = |at: usize| Edge { from: id(at - 1), to: id(at), kind: EdgeKind::Order, reason: String::new() };
        Graph { nodes, edges: (1..length).map(edge).collect() }
    }

    #[test]
    fn a_long_chain_needs_no_deep_stack() {
        let small = std::thread::Builder::new().stack_size(128 << 10);
        let found = small.spawn(|| cycles(&chain(50_000))).map(std::thread::JoinHandle::join);
        assert!(matches!(&found, Ok(Ok(cycles)) if cycles.is_empty()), "{found:?}");
    }

    #[test]
    fn a_circle_is_named_by_its_edges() {
        let mut graph = chain(4);
        graph.edges.push(Edge { from: MigrationId("V3".to_owned()), to: MigrationId("V1".to_owned()), ..graph.edges[0].clone() });
        let named: Vec<Vec<String>> =
            cycles(&graph).iter().map(|cycle| cycle.iter().map(|edge| edge.to.0.clone()).collect()).collect();
        assert_eq!(named, [["V2", "V3", "V1"]]);
    }
}

//! A cycle as a list of named edges with their reasons.

use std::collections::BTreeSet;

use petgraph::algo::tarjan_scc;
use petgraph::visit::EdgeRef;

use super::order::digraph;
use super::{Edge, Graph};
use crate::finding::Finding;
use crate::sort::{Gather, Sort};

/// Every cycle once, as its edges in order.
#[must_use]
pub fn cycles(graph: &Graph) -> Vec<Vec<Edge>> {
    let digraph = digraph(graph, |_| true);
    let mut found = Vec::new();
    for component in tarjan_scc(&digraph) {
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

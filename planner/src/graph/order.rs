//! Stable topological order, levels, heads and bases. The only place that knows petgraph.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};

use super::{Edge, EdgeKind, Graph, Node};
use crate::migration::{Migration, MigrationId};
use crate::places::Places;
use crate::sort::Gather;

/// The graph as petgraph has it; node weights are places among the nodes, edge weights among the edges.
pub(super) fn digraph(nodes: &[Node], edges: &[Edge]) -> DiGraph<usize, usize> {
    let mut digraph = DiGraph::with_capacity(nodes.len(), edges.len());
    let places = Places::of(nodes.iter().map(|node| &node.id));
    for place in 0..nodes.len() {
        digraph.add_node(place);
    }
    for (place, edge) in edges.iter().enumerate() {
        if let (Some(from), Some(to)) = (places.get(&edge.from), places.get(&edge.to)) {
            digraph.add_edge(NodeIndex::new(from), NodeIndex::new(to), place);
        }
    }
    digraph
}

/// An order in which every edge points forward; among the free ones the node that stands first in the graph comes
/// first. Nodes on a cycle, and what depends on them, are missing.
#[must_use]
pub fn order(graph: &Graph) -> Vec<&MigrationId> {
    let nodes = sorted(&digraph(&graph.nodes, &graph.edges)).into_iter();
    nodes.filter_map(|node| graph.nodes.get(node.index()).map(|node| &node.id)).collect()
}

fn sorted(digraph: &DiGraph<usize, usize>) -> Vec<NodeIndex> {
    let mut waiting: Vec<usize> =
        digraph.node_indices().map(|node| digraph.edges_directed(node, Direction::Incoming).count()).collect();
    let mut free: BinaryHeap<Reverse<usize>> =
        waiting.iter().enumerate().filter(|(_, count)| **count == 0).map(|(node, _)| Reverse(node)).collect();
    let mut order = Vec::with_capacity(waiting.len());
    while let Some(Reverse(node)) = free.pop() {
        let node = NodeIndex::new(node);
        order.push(node);
        for next in digraph.neighbors_directed(node, Direction::Outgoing) {
            if let Some(count) = waiting.get_mut(next.index()) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    free.push(Reverse(next.index()));
                }
            }
        }
    }
    order
}

/// Fills level, head and base of every node. Object edges only inform, so heads and bases do not count them. `false` where
/// edges go in a circle.
pub(super) fn place(nodes: &mut [Node], edges: &[Edge]) -> bool {
    let digraph = digraph(nodes, edges);
    let mut levels = vec![0_u32; nodes.len()];
    let order = sorted(&digraph);
    let placed = order.len() == nodes.len();
    for node in order {
        let before = digraph.neighbors_directed(node, Direction::Incoming).filter_map(|from| levels.get(from.index())).max();
        let level = before.map_or(0, |level| level + 1);
        levels.get_mut(node.index()).into_iter().for_each(|own| *own = level);
    }
    let informs = |place: &usize| edges.get(*place).is_some_and(|edge| edge.kind == EdgeKind::Object);
    let is_end = |node, direction| digraph.edges_directed(node, direction).all(|edge| informs(edge.weight()));
    let ends: Vec<(bool, bool)> =
        digraph.node_indices().map(|node| (is_end(node, Direction::Outgoing), is_end(node, Direction::Incoming))).collect();
    for ((node, level), (head, base)) in nodes.iter_mut().zip(levels).zip(ends) {
        (node.level, node.head, node.base) = (level, head, base);
    }
    placed
}

/// Revisions and all that come before them, `depends_on` included.
#[must_use]
pub fn ancestors(migrations: &[&Migration], mut waiting: Vec<MigrationId>) -> BTreeSet<MigrationId> {
    let by_id: BTreeMap<&MigrationId, &Migration> = migrations.iter().map(|migration| (&migration.id, *migration)).gather();
    let mut seen = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        let Some(migration) = by_id.get(&id) else { continue };
        if seen.insert(id) {
            waiting.extend(migration.parents.iter().chain(&migration.depends_on).cloned());
        }
    }
    seen
}

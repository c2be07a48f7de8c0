//! Stable topological order, levels, heads and bases. The only place that knows petgraph.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};

use super::{Edge, EdgeKind, Graph};
use crate::migration::{Migration, MigrationId};
use crate::sort::Gather;

/// The graph as petgraph has it; node weights are places in [`Graph::nodes`], edge weights in [`Graph::edges`].
pub(super) fn digraph(graph: &Graph, keep: impl Fn(&Edge) -> bool) -> DiGraph<usize, usize> {
    let mut digraph = DiGraph::with_capacity(graph.nodes.len(), graph.edges.len());
    let mut index: BTreeMap<&MigrationId, NodeIndex> = BTreeMap::new();
    for (place, node) in graph.nodes.iter().enumerate() {
        index.insert(&node.id, digraph.add_node(place));
    }
    for (place, edge) in graph.edges.iter().enumerate().filter(|(_, edge)| keep(edge)) {
        if let (Some(from), Some(to)) = (index.get(&edge.from), index.get(&edge.to)) {
            digraph.add_edge(*from, *to, place);
        }
    }
    digraph
}

/// An order in which every edge points forward; among the free ones the node that stands first in the graph comes
/// first. Nodes on a cycle, and what depends on them, are missing.
#[must_use]
pub fn order(graph: &Graph) -> Vec<MigrationId> {
    let digraph = digraph(graph, |_| true);
    let mut waiting: Vec<usize> =
        digraph.node_indices().map(|node| digraph.edges_directed(node, Direction::Incoming).count()).collect();
    let mut free: BinaryHeap<Reverse<usize>> =
        waiting.iter().enumerate().filter(|(_, count)| **count == 0).map(|(node, _)| Reverse(node)).collect();
    let mut ids = Vec::with_capacity(graph.nodes.len());
    while let Some(Reverse(node)) = free.pop() {
        ids.extend(graph.nodes.get(node).map(|node| node.id.clone()));
        for next in digraph.neighbors_directed(NodeIndex::new(node), Direction::Outgoing) {
            if let Some(count) = waiting.get_mut(next.index()) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    free.push(Reverse(next.index()));
                }
            }
        }
    }
    ids
}

/// Fills level, head and base of every node. Object edges only inform, so heads and bases do not count them.
pub(super) fn place(graph: &mut Graph) {
    let tool = digraph(graph, |edge| edge.kind != EdgeKind::Object);
    let ends = |direction| -> Vec<bool> {
        tool.node_indices().map(|node| tool.neighbors_directed(node, direction).next().is_none()).collect()
    };
    let (heads, bases) = (ends(Direction::Outgoing), ends(Direction::Incoming));
    let mut levels: BTreeMap<MigrationId, u32> = BTreeMap::new();
    let mut incoming: BTreeMap<&MigrationId, Vec<&MigrationId>> = BTreeMap::new();
    for edge in &graph.edges {
        incoming.entry(&edge.to).or_default().push(&edge.from);
    }
    for id in order(graph) {
        let before = incoming.get(&id).into_iter().flatten().filter_map(|from| levels.get(*from)).max();
        let level = before.map_or(0, |level| level + 1);
        levels.insert(id, level);
    }
    for (at, node) in graph.nodes.iter_mut().enumerate() {
        node.level = levels.get(&node.id).copied().unwrap_or(0);
        node.head = heads.get(at).copied().unwrap_or(false);
        node.base = bases.get(at).copied().unwrap_or(false);
    }
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

//! Where the nodes of the graph stand: layers from top to bottom. Pure; runs in the worker.

use std::collections::{BTreeMap, BTreeSet};

use planner::graph::{EdgeKind, Graph};
use planner::migration::MigrationId;
use planner::sort::Gather;
use rust_sugiyama::configure::{Config, RankingType};
use serde::{Deserialize, Serialize};

/// Width of a node in the units of the drawing (CSS pixels at zoom 1).
pub const NODE_WIDTH: f64 = 180.0;
/// Height of a node.
pub const NODE_HEIGHT: f64 = 52.0;
/// Room between two nodes.
pub const GAP: f64 = 28.0;
/// Room at the right of each connected part for the bows of edges that pass other nodes.
const BOWS: f64 = 120.0;
/// Above this many edges the crossings are no longer minimised by swapping: it would take seconds.
const TRANSPOSE_BELOW: usize = 250;
/// Above this many nodes and edges the layers are filled in order, which takes no time.
const MINIMISE_BELOW: usize = 1_500;

/// A drawing of the graph.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// Centre of each node.
    pub places: Vec<(f64, f64)>,
    /// Size of the whole.
    pub size: (f64, f64),
    /// Places of the two ends of each edge among the nodes; [`NOWHERE`] where it ends at none.
    pub ends: Vec<(u32, u32)>,
    /// The graph's long chains: places of their migrations among the nodes, from the first to the last.
    pub chains: Vec<Vec<u32>>,
}

/// The place of a node that is not there.
pub const NOWHERE: u32 = u32::MAX;

/// The ends of each edge: [`Layout::ends`].
#[must_use]
pub fn ends(graph: &Graph) -> Vec<(u32, u32)> {
    let numbers: BTreeMap<&MigrationId, u32> = graph.nodes.iter().map(|node| &node.id).zip(0..).gather();
    let number = |id| numbers.get(id).copied().unwrap_or(NOWHERE);
    graph.edges.iter().map(|edge| (number(&edge.from), number(&edge.to))).collect()
}

/// The edges that place the nodes, by the positions of their ends, each pair once, without loops and unknown ends: the tools' own
/// order. Object edges are drawn over it; placed by them too, a project fans out wider than any screen.
#[must_use]
pub fn numbered_edges(graph: &Graph, ends: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let by_objects = graph.edges.iter().all(|edge| edge.kind == EdgeKind::Object);
    let placing = graph.edges.iter().zip(ends).filter(|(edge, _)| by_objects || edge.kind != EdgeKind::Object);
    let pairs = placing.map(|(_, ends)| *ends).filter(|(from, to)| from != to && *from != NOWHERE && *to != NOWHERE);
    let unique: BTreeSet<_> = pairs.gather();
    unique.into_iter().collect()
}

/// Places `nodes` nodes in layers, connected parts side by side.
#[must_use]
pub fn place(nodes: usize, edges: &[(u32, u32)]) -> Layout {
    if nodes == 0 {
        return Layout::default();
    }
    if is_chains(nodes, edges) {
        return place_chains(nodes, edges);
    }
    if nodes + edges.len() > MINIMISE_BELOW {
        return place_by_rank(nodes, edges);
    }
    let config = Config {
        vertex_spacing: GAP,
        ranking_type: RankingType::MinimizeEdgeLength,
        transpose: edges.len() < TRANSPOSE_BELOW,
        ..Config::default()
    };
    let count = u32::try_from(nodes).unwrap_or(u32::MAX);
    let vertices: Vec<_> = (0..count).map(|node| (node, (NODE_WIDTH, NODE_HEIGHT))).collect();
    let parts = rust_sugiyama::from_vertices_and_edges(&vertices, edges, &config);
    side_by_side(nodes, parts.into_iter().map(|(part, _, _)| part))
}

/// Puts the parts next to each other, each with its top left corner at the margin, widest use of few rows.
fn side_by_side(nodes: usize, parts: impl Iterator<Item = Vec<(usize, (f64, f64))>>) -> Layout {
    let mut layout = Layout { places: vec![(0.0, 0.0); nodes], ..Layout::default() };
    let mut left = GAP;
    for part in parts {
        let low_x = part.iter().map(|(_, (x, _))| *x).fold(f64::INFINITY, f64::min);
        let low_y = part.iter().map(|(_, (_, y))| *y).fold(f64::INFINITY, f64::min);
        let mut right = left;
        for (node, (x, y)) in part {
            let place = (x - low_x + left + NODE_WIDTH / 2.0, y - low_y + GAP + NODE_HEIGHT / 2.0);
            right = right.max(place.0 + NODE_WIDTH / 2.0);
            layout.size.1 = layout.size.1.max(place.1 + NODE_HEIGHT / 2.0 + GAP);
            if let Some(slot) = layout.places.get_mut(node) {
                *slot = place;
            }
        }
        left = right + BOWS;
    }
    layout.size.0 = left;
    layout
}

/// Whether no node has two neighbours above or below: then no line can cross another, and there is nothing to minimise.
fn is_chains(nodes: usize, edges: &[(u32, u32)]) -> bool {
    let (mut above, mut below) = (vec![false; nodes], vec![false; nodes]);
    let first = |seen: &mut Vec<bool>, node: u32| seen.get_mut(node as usize).is_some_and(|seen| !std::mem::replace(seen, true));
    edges.iter().all(|&(from, to)| from < to && first(&mut below, from) && first(&mut above, to))
}

/// Every chain in a column of its own, in the order of their first nodes.
fn place_chains(nodes: usize, edges: &[(u32, u32)]) -> Layout {
    let mut before = vec![None; nodes];
    for &(from, to) in edges {
        if let Some(slot) = before.get_mut(to as usize) {
            *slot = Some(from as usize);
        }
    }
    let mut columns = 0;
    let mut cells: Vec<(usize, usize)> = Vec::with_capacity(nodes);
    for before in before {
        let above = before.and_then(|before: usize| cells.get(before).copied());
        let (column, rank) = above.map_or((columns, 0), |(column, rank)| (column, rank + 1));
        columns = columns.max(column + 1);
        cells.push((column, rank));
    }
    let cells = cells.into_iter().map(|(column, rank)| (at(column, NODE_WIDTH), at(rank, NODE_HEIGHT))).enumerate();
    side_by_side(nodes, std::iter::once(cells.collect()))
}

/// Layer = longest path from a base, nodes of a layer in their order. Edges that would close a cycle are ignored.
fn place_by_rank(nodes: usize, edges: &[(u32, u32)]) -> Layout {
    let mut rank = vec![0_usize; nodes];
    // The nodes come in running order, so one pass over the edges sorted by their source is enough.
    for &(from, to) in edges {
        if from < to {
            let next = rank.get(from as usize).map_or(0, |rank| rank + 1);
            if let Some(slot) = rank.get_mut(to as usize) {
                *slot = next.max(*slot);
            }
        }
    }
    let mut filled = BTreeMap::<usize, usize>::new();
    let cells = rank.iter().enumerate().map(|(node, &rank)| {
        let column = filled.entry(rank).or_default();
        *column += 1;
        (node, (at(*column - 1, NODE_WIDTH), at(rank, NODE_HEIGHT)))
    });
    let cells = cells.collect();
    side_by_side(nodes, std::iter::once(cells))
}

fn at(index: usize, size: f64) -> f64 {
    f64::from(u32::try_from(index).unwrap_or(u32::MAX)) * (size + GAP)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlaps(layout: &Layout) -> bool {
        let near = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).abs() < NODE_WIDTH && (a.1 - b.1).abs() < NODE_HEIGHT;
        (0..layout.places.len()).any(|i| (0..i).any(|j| near(layout.places[i], layout.places[j])))
    }

    #[test]
    fn time_flows_down_and_nodes_do_not_overlap() {
        let edges = [(0, 1), (0, 2), (1, 3), (2, 3), (4, 5)];
        let layout = place(7, &edges);
        for (from, to) in edges {
            assert!(layout.places[from as usize].1 < layout.places[to as usize].1, "{from} stands above {to}");
        }
        assert!(!overlaps(&layout), "{layout:?}");
        assert!(layout.places.iter().all(|(x, y)| *x < layout.size.0 && *y < layout.size.1));
    }

    #[test]
    fn a_long_chain_is_placed_by_rank_in_one_column() {
        let edges: Vec<_> = (0..1_999).map(|node| (node, node + 1)).collect();
        let layout = place(2_000, &edges);
        assert!(layout.places.windows(2).all(|pair| pair[0].1 < pair[1].1 && (pair[0].0 - pair[1].0).abs() < 1.0));
    }

    #[test]
    fn chains_need_no_minimising() {
        assert!(is_chains(5, &[(0, 1), (1, 4), (2, 3)]));
        assert!(!is_chains(3, &[(0, 1), (0, 2)]) && !is_chains(3, &[(0, 2), (1, 2)]) && !is_chains(2, &[(1, 0)]));
        let layout = place(5, &[(0, 1), (1, 4), (2, 3)]);
        assert!(!overlaps(&layout), "{layout:?}");
        let columns: Vec<_> = layout.places.iter().map(|(x, _)| *x > 200.0).collect();
        assert_eq!(columns, [false, false, true, true, false], "each chain has its column");
    }

    #[test]
    fn a_cycle_is_drawn_all_the_same() {
        assert!(!overlaps(&place(3, &[(0, 1), (1, 2), (2, 0)])));
    }

    #[test]
    fn no_nodes_no_drawing() {
        assert_eq!(place(0, &[]), Layout::default());
    }
}

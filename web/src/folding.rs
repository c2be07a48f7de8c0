//! Long chains of the graph, each drawn as one until it is opened. Pure.
//!
//! Nothing is placed anew: what stays drawn keeps its column and its order down the page, and levels on which nothing is
//! left are taken out.

use std::collections::BTreeMap;
use std::rc::Rc;

use planner::graph::{EdgeKind, Graph, Node};
use planner::migration::{MigrationId, SourceKind};
use planner::phase::Phase;
use planner::sort::Gather;

use crate::layout::{GAP, Layout, NODE_HEIGHT, numbered_edges};
use crate::message::Answer;
use crate::places::{ByMigration, Counts};
use crate::words;

/// A chain of at most so many is no long one.
const SHORT: usize = 5;

/// Migrations of which each has one parent and one child, by their places among the nodes, in their order.
pub type Chain = Rc<[usize]>;

/// The long chains of a graph, and what folding them needs to know of it.
#[derive(Debug, Default)]
pub struct Chains {
    /// From the first to the last migration.
    pub long: Vec<Chain>,
    /// Places of the two ends of each edge among the nodes.
    ends: Vec<Option<(usize, usize)>>,
}

impl Chains {
    /// Finds them along the edges that place the nodes: objects that two migrations touch make no branch.
    #[must_use]
    pub fn of(graph: &Graph) -> Self {
        let numbers: BTreeMap<&MigrationId, usize> = graph.nodes.iter().map(|node| &node.id).zip(0..).gather();
        let number = |id| numbers.get(id).copied();
        let ends = graph.edges.iter().map(|edge| Some((number(&edge.from)?, number(&edge.to)?))).collect();
        Self { long: long_chains(graph.nodes.len(), &numbered_edges(graph)), ends }
    }

    /// The graph with all long chains folded but the open ones. Of the edges only the kept ones are drawn.
    pub fn fold(&self, graph: &Graph, layout: &Layout, open: impl Fn(&Chain) -> bool, kept: &[bool]) -> Folded {
        let folded: Vec<&Chain> = self.long.iter().filter(|chain| !open(chain)).collect();
        let mut of = vec![None; graph.nodes.len()];
        for chain in &folded {
            chain.iter().for_each(|node| of.get_mut(*node).into_iter().for_each(|slot| *slot = Some(chain)));
        }
        let mut items = Vec::new();
        let mut places = vec![0; graph.nodes.len()];
        for (node, chain) in of.into_iter().enumerate() {
            let place = layout.places.get(node).copied().unwrap_or_default();
            match chain {
                Some(chain) if chain.first() != Some(&node) => continue,
                Some(chain) => {
                    chain.iter().for_each(|node| places.get_mut(*node).into_iter().for_each(|at| *at = items.len()));
                    items.push(Item { nodes: Rc::clone(chain), place });
                }
                None => {
                    places.get_mut(node).into_iter().for_each(|at| *at = items.len());
                    items.push(Item { nodes: [node].into(), place });
                }
            }
        }
        let mut size = layout.size;
        if !folded.is_empty() {
            size.1 = close_up(&mut items);
        }
        Folded { lines: self.lines(graph, &items, &places, kept), items, places, size }
    }

    /// Edges between what is drawn; those of a folded chain to one other of the same kind are one.
    fn lines(&self, graph: &Graph, items: &[Item], places: &[usize], kept: &[bool]) -> Vec<Line> {
        let is_one = |item: usize| items.get(item).is_some_and(|item| item.nodes.len() == 1);
        let mut lines: Vec<Line> = Vec::new();
        let mut joined: BTreeMap<(usize, usize, EdgeKind), usize> = BTreeMap::new();
        for (edge, ends) in self.ends.iter().enumerate().filter(|(edge, _)| kept.get(*edge) != Some(&false)) {
            let Some((Some(&from), Some(&to))) = ends.map(|(from, to)| (places.get(from), places.get(to))) else { continue };
            let Some(kind) = graph.edges.get(edge).map(|edge| edge.kind).filter(|_| from != to) else { continue };
            let folded = !(is_one(from) && is_one(to));
            if folded {
                if let Some(line) = joined.get(&(from, to, kind)).and_then(|line| lines.get_mut(*line)) {
                    line.more += 1;
                    continue;
                }
                joined.insert((from, to, kind), lines.len());
            }
            lines.push(Line { from, to, edge, more: 0, folded });
        }
        lines
    }
}

/// What is drawn of a graph.
#[derive(Debug)]
pub struct Folded {
    /// Migrations and folded chains.
    pub items: Vec<Item>,
    /// What is drawn between them.
    pub lines: Vec<Line>,
    /// The item of each node.
    pub places: Vec<usize>,
    /// Size of the whole.
    pub size: (f64, f64),
}

/// A migration or a folded chain.
#[derive(Debug)]
pub struct Item {
    /// The migration, or those of the chain.
    pub nodes: Chain,
    /// Its centre.
    pub place: (f64, f64),
}

/// An edge between two items, or several of one kind.
#[derive(Debug)]
pub struct Line {
    /// Place of the item it comes from.
    pub from: usize,
    /// Place of the item it leads to.
    pub to: usize,
    /// The first edge.
    pub edge: usize,
    /// How many more.
    pub more: usize,
    /// One of its ends is a folded chain.
    pub folded: bool,
}

/// Chains of more than [`SHORT`] nodes in a graph of numbered nodes.
fn long_chains(nodes: usize, edges: &[(u32, u32)]) -> Vec<Chain> {
    let (mut above, mut below) = (vec![Vec::new(); nodes], vec![Vec::new(); nodes]);
    for &(from, to) in edges {
        below.get_mut(from as usize).into_iter().for_each(|next| next.push(to as usize));
        above.get_mut(to as usize).into_iter().for_each(|next| next.push(from as usize));
    }
    let only = |list: &[Vec<usize>], node: usize| list.get(node).and_then(|next| <[usize; 1]>::try_from(next.as_slice()).ok());
    let is_link = |node: usize| only(&above, node).is_some() && only(&below, node).is_some();
    let begins = |node: &usize| is_link(*node) && only(&above, *node).is_some_and(|[before]| !is_link(before));
    let chain = |first: usize| {
        let next = |node: &usize| only(&below, *node).map(|[next]| next).filter(|next| is_link(*next));
        std::iter::successors(Some(first), next).collect::<Chain>()
    };
    (0..nodes).filter(begins).map(chain).filter(|chain| chain.len() > SHORT).collect()
}

/// Takes out the levels on which nothing stands; the height of what is left.
fn close_up(items: &mut [Item]) -> f64 {
    let mut levels: Vec<f64> = items.iter().map(|item| item.place.1).collect();
    levels.sort_by(f64::total_cmp);
    levels.dedup_by(|one, other| (*one - *other).abs() < 1.0);
    let top = |level: usize| GAP + f64::from(u32::try_from(level).unwrap_or(u32::MAX)) * (NODE_HEIGHT + GAP);
    for item in items {
        let level = levels.partition_point(|level| *level < item.place.1 - 1.0);
        item.place.1 = top(level) + NODE_HEIGHT / 2.0;
    }
    top(levels.len())
}

/// The findings of each node, those of its file included.
#[must_use]
pub fn counts(answer: &Answer) -> Vec<Counts> {
    let found = ByMigration::of(&answer.findings);
    let paths: BTreeMap<(SourceKind, &MigrationId), &str> =
        answer.migrations.iter().map(|migration| ((migration.source, &migration.id), migration.path.as_str())).gather();
    let of = |node: &Node| found.get(&node.id, paths.get(&(node.source, &node.id)).copied().unwrap_or_default());
    answer.graph.nodes.iter().map(of).collect()
}

/// What a folded chain says of what is inside, a line each: how many, from which to which, states, phases, findings.
#[must_use]
pub fn told(graph: &Graph, chain: &Chain, counts: &[Counts]) -> Vec<String> {
    let nodes: Vec<&Node> = chain.iter().filter_map(|at| graph.nodes.get(*at)).collect();
    let (Some(first), Some(last)) = (nodes.first(), nodes.last()) else { return Vec::new() };
    let some = |counted: &[(usize, &str, &str)]| {
        let some = counted.iter().filter(|(many, ..)| *many > 0).map(|(many, one, more)| words::plural(*many, one, more));
        some.collect::<Vec<_>>().join(", ")
    };
    let applied = nodes.iter().filter(|node| node.applied).count();
    let phases = [Phase::Expand, Phase::Migrate, Phase::Contract].map(|phase| {
        let word = words::phase(phase);
        (nodes.iter().filter(|node| node.phase == phase).count(), word, word)
    });
    let all = chain.iter().filter_map(|at| counts.get(*at)).copied().fold(Counts::default(), Counts::and);
    let found = some(&[(all.errors, "error", "errors"), (all.warnings, "warning", "warnings"), (all.notes, "note", "notes")]);
    vec![
        words::plural(nodes.len(), "migration", "migrations"),
        format!("{} to {}", first.id, last.id),
        some(&[(applied, "applied", "applied"), (nodes.len() - applied, "pending", "pending")]),
        some(&phases),
        if found.is_empty() { "no findings".to_owned() } else { found },
    ]
}

#[cfg(test)]
mod tests {
    use planner::graph::Edge;
    use planner::migration::MigrationKind;

    use super::*;
    use crate::layout::place;

    /// Migrations 0, 1, … with edges between them.
    fn graph(nodes: usize, edges: &[(usize, usize, EdgeKind)]) -> Graph {
        let node = |at: usize| Node {
            id: format!("V{at:02}").as_str().into(),
            source: SourceKind::Flyway,
            kind: MigrationKind::Versioned,
            description: String::new(),
            checksum: None,
            phase: if at.is_multiple_of(3) { Phase::Contract } else { Phase::Expand },
            applied: at < 5,
            head: false,
            base: false,
            level: 0,
        };
        let id = |at: &usize| MigrationId::from(format!("V{at:02}").as_str());
        let edge =
            |(from, to, kind): &(usize, usize, EdgeKind)| Edge { from: id(from), to: id(to), kind: *kind, reason: String::new() };
        Graph { nodes: (0..nodes).map(node).collect(), edges: edges.iter().map(edge).collect() }
    }

    fn line(nodes: usize) -> Vec<(usize, usize, EdgeKind)> {
        (1..nodes).map(|at| (at - 1, at, EdgeKind::Order)).collect()
    }

    fn placed(graph: &Graph) -> Layout {
        place(graph.nodes.len(), &numbered_edges(graph))
    }

    #[test]
    fn a_line_is_one_chain_between_its_ends() {
        let graph = graph(14, &line(14));
        let (chains, layout) = (Chains::of(&graph), placed(&graph));
        assert_eq!(chains.long.len(), 1);
        let folded = chains.fold(&graph, &layout, |_| false, &[]);
        assert_eq!(folded.items.len(), 3, "base, chain and head");
        assert_eq!((folded.places[0], folded.places[1], folded.places[12], folded.places[13]), (0, 1, 1, 2));
        assert_eq!(folded.lines.iter().map(|line| (line.from, line.to)).collect::<Vec<_>>(), [(0, 1), (1, 2)]);
        assert!(folded.size.1 < layout.size.1 / 3.0, "no room is left where nothing stands");
        let open = chains.fold(&graph, &layout, |_| true, &[]);
        assert_eq!((open.items.len(), open.size), (14, layout.size));
    }

    #[test]
    fn what_is_inside_is_told_in_words() {
        let graph = graph(14, &line(14));
        let chains = Chains::of(&graph);
        let warning = Counts { warnings: 1, ..Counts::default() };
        let counts: Vec<_> = (0..14).map(|at| if at < 3 { warning } else { Counts::default() }).collect();
        let told = told(&graph, &chains.long[0], &counts);
        assert_eq!(told, ["12 migrations", "V01 to V12", "4 applied, 8 pending", "8 expand, 4 contract", "2 warnings"]);
    }

    #[test]
    fn branches_merges_and_short_runs_stay() {
        let mut edges = line(5);
        edges.extend([(4, 5, EdgeKind::Order), (4, 6, EdgeKind::Order)]);
        edges.extend((6..14).map(|at| (at, at + 1, EdgeKind::Order)));
        edges.push((5, 14, EdgeKind::Order));
        let graph = graph(15, &edges);
        let chains = Chains::of(&graph);
        assert_eq!(chains.long.iter().map(|chain| (chain[0], chain.len())).collect::<Vec<_>>(), [(6, 8)], "from 6 to 13");
    }

    #[test]
    fn objects_make_no_branch_and_their_edges_are_joined() {
        let mut edges = line(14);
        edges.extend([(0, 4, EdgeKind::Object), (0, 7, EdgeKind::Object), (2, 5, EdgeKind::Object)]);
        let graph = graph(14, &edges);
        let folded = Chains::of(&graph).fold(&graph, &placed(&graph), |_| false, &[]);
        let lines: Vec<_> = folded.lines.iter().map(|line| (line.from, line.to, line.more)).collect();
        assert_eq!(lines, [(0, 1, 0), (1, 2, 0), (0, 1, 1)], "two by objects, one inside the chain");
        let kept: Vec<bool> = graph.edges.iter().map(|edge| edge.kind == EdgeKind::Object).collect();
        assert_eq!(Chains::of(&graph).fold(&graph, &placed(&graph), |_| false, &kept).lines.len(), 1);
    }

    #[test]
    fn a_chain_beside_an_open_one_keeps_the_levels_of_that() {
        let mut edges = line(10);
        edges.extend((11..20).map(|at| (at - 1, at, EdgeKind::Order)));
        let graph = graph(20, &edges);
        let (chains, layout) = (Chains::of(&graph), placed(&graph));
        assert_eq!(chains.long.len(), 2);
        let folded = chains.fold(&graph, &layout, |chain| chain.contains(&3), &[]);
        let place = |node: usize| folded.items[folded.places[node]].place;
        assert_eq!(place(1).1, place(11).1, "the chain stands where it begins");
        assert!(place(0).0 < place(10).0 && place(9).1 == place(19).1, "{:?}", folded.items);
    }

    #[test]
    fn a_ring_is_no_chain() {
        let edges: Vec<_> = (0..8).map(|at| (at, (at + 1) % 8, EdgeKind::Declared)).collect();
        assert!(Chains::of(&graph(8, &edges)).long.is_empty());
    }
}

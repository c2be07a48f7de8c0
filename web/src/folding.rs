//! Long chains of the graph, each drawn as one until it is opened. Pure.
//!
//! Nothing is placed anew: what stays drawn keeps its column and its order down the page, and levels on which nothing is
//! left are taken out.

use planner::graph::{Graph, Node};
use planner::phase::Phase;
use planner::sort::Sort;

use crate::layout::{GAP, Layout, NODE_HEIGHT};
use crate::locale::say;
use crate::message::{Answer, MigrationView};
use crate::places::{ByMigration, Counts};
use crate::words;

/// A chain of at most so many is no long one.
const SHORT: usize = 5;

/// What is drawn of a graph.
#[derive(Debug, Default)]
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
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// Place of the migration, or of the first in the chain.
    pub node: usize,
    /// Place of the chain in the layout; none: one migration.
    pub chain: Option<usize>,
    /// Its centre.
    pub place: (f64, f64),
}

/// An edge between two items, or several of one kind.
#[derive(Clone, Copy, Debug)]
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

/// The graph with all long chains folded but the open ones. Of the edges only the kept ones are drawn.
pub fn fold(graph: &Graph, layout: &Layout, open: &dyn Fn(&[u32]) -> bool, kept: &[bool]) -> Folded {
    let mut of: Vec<Option<usize>> = vec![None; graph.nodes.len()];
    for (at, chain) in layout.chains.iter().enumerate().filter(|(_, chain)| !open(chain)) {
        chain.iter().for_each(|node| of.get_mut(*node as usize).into_iter().for_each(|slot| *slot = Some(at)));
    }
    let mut folded = Folded { size: layout.size, ..Folded::default() };
    for (node, chain) in of.iter().enumerate() {
        let first =
            chain.map_or(node, |chain| layout.chains.get(chain).and_then(|chain| chain.first()).map_or(node, |at| *at as usize));
        if first == node {
            folded.places.push(folded.items.len());
            folded.items.push(Item { node, chain: *chain, place: layout.places.get(node).copied().unwrap_or_default() });
        } else {
            // A chain runs in the order of the nodes, so its first one is there.
            folded.places.push(folded.places.get(first).copied().unwrap_or_default());
        }
    }
    if folded.items.iter().any(|item| item.chain.is_some()) {
        folded.size.1 = close_up(&mut folded.items);
    }
    folded.lines = lines(graph, layout, &folded, kept);
    folded
}

/// Edges between what is drawn; those of a folded chain to one other of the same kind are one.
fn lines(graph: &Graph, layout: &Layout, folded: &Folded, kept: &[bool]) -> Vec<Line> {
    let place = |node: u32| folded.places.get(node as usize).copied();
    let is_chain = |item: usize| folded.items.get(item).is_some_and(|item| item.chain.is_some());
    let line = |(edge, (from, to)): (usize, &(u32, u32))| {
        let (from, to) = (place(*from)?, place(*to)?);
        (from != to && kept.get(edge) != Some(&false)).then(|| Line {
            from,
            to,
            edge,
            more: 0,
            folded: is_chain(from) || is_chain(to),
        })
    };
    let (mut joined, mut lines): (Vec<Line>, Vec<Line>) =
        layout.ends.iter().enumerate().filter_map(line).partition(|line| line.folded);
    let kind = |line: &Line| graph.edges.get(line.edge).map(|edge| edge.kind);
    joined.order_by(|a, b| (a.from, a.to, kind(a), a.edge).cmp(&(b.from, b.to, kind(b), b.edge)));
    let own = lines.len();
    for line in joined {
        match lines.get_mut(own..).and_then(|lines| lines.last_mut()) {
            Some(last) if (last.from, last.to, kind(last)) == (line.from, line.to, kind(&line)) => last.more += 1,
            _ => lines.push(line),
        }
    }
    lines
}

/// Runs of more than [`SHORT`] nodes of which each has one parent and one child, along the edges that place the nodes:
/// objects that two migrations touch make no branch.
#[must_use]
pub fn long_chains(nodes: usize, edges: &[(u32, u32)]) -> Vec<Vec<u32>> {
    // The only neighbour, and how many there are.
    let (mut above, mut below) = (vec![(0, 0); nodes], vec![(0, 0); nodes]);
    let note = |list: &mut Vec<(u32, usize)>, node: u32, near: u32| {
        list.get_mut(node as usize).into_iter().for_each(|slot| *slot = (near, slot.1 + 1));
    };
    for &(from, to) in edges {
        note(&mut below, from, to);
        note(&mut above, to, from);
    }
    let only = |list: &[(u32, usize)], node: u32| list.get(node as usize).filter(|(_, many)| *many == 1).map(|(near, _)| *near);
    let is_link = |node: u32| only(&above, node).is_some() && only(&below, node).is_some();
    let mut chains = Vec::new();
    for first in 0..u32::try_from(nodes).unwrap_or(u32::MAX) {
        if is_link(first) && only(&above, first).is_some_and(|before| !is_link(before)) {
            let next = |node: &u32| only(&below, *node).filter(|next| is_link(*next));
            let chain: Vec<u32> = std::iter::successors(Some(first), next).collect();
            // The nodes come in running order; what goes up again is no run.
            if chain.len() > SHORT && chain.is_sorted() {
                chains.push(chain);
            }
        }
    }
    chains
}

/// Takes out the levels on which nothing stands; the height of what is left.
fn close_up(items: &mut [Item]) -> f64 {
    let mut levels: Vec<f64> = items.iter().map(|item| item.place.1).collect();
    levels.order_by(f64::total_cmp);
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
    let of = |(at, node): (usize, &Node)| {
        let is_own = |migration: &&MigrationView| migration.source == node.source && migration.id == node.id;
        // Mostly both have one order.
        let beside = answer.migrations.get(at).filter(is_own);
        let own = beside.or_else(|| answer.migrations.iter().find(is_own));
        found.get(&node.id, own.map_or("", |migration| &migration.path))
    };
    answer.graph.nodes.iter().enumerate().map(of).collect()
}

/// What a folded chain says of what is inside, a line each: how many, from which to which, states, phases, findings.
#[must_use]
pub fn told(graph: &Graph, chain: &[u32], counts: &[Counts]) -> Vec<String> {
    let nodes: Vec<&Node> = chain.iter().filter_map(|at| graph.nodes.get(*at as usize)).collect();
    let (Some(first), Some(last)) = (nodes.first(), nodes.last()) else { return Vec::new() };
    let applied = nodes.iter().filter(|node| node.applied).count();
    let counted = |number: usize, word: &str| (number, [&words::amount(number), " ", word].concat());
    let phases = [Phase::Expand, Phase::Migrate, Phase::Contract]
        .map(|phase| counted(nodes.iter().filter(|node| node.phase == phase).count(), words::phase(phase)));
    let all = chain.iter().filter_map(|at| counts.get(*at as usize)).copied().fold(Counts::default(), Counts::and);
    let noun = |number: usize, noun: fn(&str) -> String| (number, words::plural(number, noun));
    let found = some(&[noun(all.errors, say::errors), noun(all.warnings, say::warnings), noun(all.notes, say::notes)]);
    vec![
        words::plural(nodes.len(), say::migrations),
        say::from_to_ids(&first.id.0, &last.id.0),
        some(&[counted(applied, say::applied()), counted(nodes.len() - applied, say::pending())]),
        some(&phases),
        if found.is_empty() { say::no_findings().to_owned() } else { found },
    ]
}

/// Those of which there are some.
fn some(counted: &[(usize, String)]) -> String {
    let some = counted.iter().filter(|(many, _)| *many > 0).map(|(_, words)| words.as_str());
    some.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use planner::graph::{Edge, EdgeKind};
    use planner::migration::{MigrationId, MigrationKind, SourceKind};

    use super::*;
    use crate::layout::{ends, numbered_edges, place};

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
        let (nodes, ends) = (graph.nodes.len(), ends(graph));
        let edges = numbered_edges(graph, &ends);
        Layout { ends, chains: long_chains(nodes, &edges), ..place(nodes, &edges) }
    }

    #[test]
    fn a_line_is_one_chain_between_its_ends() {
        let graph = graph(14, &line(14));
        let layout = placed(&graph);
        assert_eq!(layout.chains.len(), 1);
        let folded = fold(&graph, &layout, &|_| false, &[]);
        assert_eq!(folded.items.len(), 3, "base, chain and head");
        assert_eq!((folded.places[0], folded.places[1], folded.places[12], folded.places[13]), (0, 1, 1, 2));
        assert_eq!(folded.lines.iter().map(|line| (line.from, line.to)).collect::<Vec<_>>(), [(0, 1), (1, 2)]);
        assert!(folded.size.1 < layout.size.1 / 3.0, "no room is left where nothing stands");
        let open = fold(&graph, &layout, &|_| true, &[]);
        assert_eq!((open.items.len(), open.size), (14, layout.size));
    }

    #[test]
    fn what_is_inside_is_told_in_words() {
        let graph = graph(14, &line(14));
        let warning = Counts { warnings: 1, ..Counts::default() };
        let counts: Vec<_> = (0..14).map(|at| if at < 3 { warning } else { Counts::default() }).collect();
        let told = told(&graph, &placed(&graph).chains[0], &counts);
        assert_eq!(told, ["12 migrations", "V01 to V12", "4 applied, 8 pending", "8 expand, 4 contract", "2 warnings"]);
    }

    #[test]
    fn branches_merges_and_short_runs_stay() {
        let mut edges = line(5);
        edges.extend([(4, 5, EdgeKind::Order), (4, 6, EdgeKind::Order)]);
        edges.extend((6..14).map(|at| (at, at + 1, EdgeKind::Order)));
        edges.push((5, 14, EdgeKind::Order));
        let chains = placed(&graph(15, &edges)).chains;
        assert_eq!(chains.iter().map(|chain| (chain[0], chain.len())).collect::<Vec<_>>(), [(6, 8)], "from 6 to 13");
    }

    #[test]
    fn objects_make_no_branch_and_their_edges_are_joined() {
        let mut edges = line(14);
        edges.extend([(0, 4, EdgeKind::Object), (0, 7, EdgeKind::Object), (2, 5, EdgeKind::Object)]);
        let graph = graph(14, &edges);
        let layout = placed(&graph);
        let told = |folded: Folded| folded.lines.iter().map(|line| (line.from, line.to, line.more)).collect::<Vec<_>>();
        let lines = told(fold(&graph, &layout, &|_| false, &[]));
        assert_eq!(lines, [(0, 1, 0), (0, 1, 1), (1, 2, 0)], "two by objects, one inside the chain");
        let kept: Vec<bool> = graph.edges.iter().map(|edge| edge.kind == EdgeKind::Object).collect();
        assert_eq!(told(fold(&graph, &layout, &|_| false, &kept)), [(0, 1, 1)]);
    }

    #[test]
    fn a_chain_beside_an_open_one_stands_where_it_begins() {
        let mut edges = line(10);
        edges.extend((11..20).map(|at| (at - 1, at, EdgeKind::Order)));
        let graph = graph(20, &edges);
        let layout = placed(&graph);
        assert_eq!(layout.chains.len(), 2);
        let folded = fold(&graph, &layout, &|chain| chain.contains(&3), &[]);
        let place = |node: usize| folded.items[folded.places[node]].place;
        assert_eq!(place(1).1, place(11).1);
        assert!(place(0).0 < place(10).0 && place(9).1 == place(19).1, "{:?}", folded.items);
    }

    #[test]
    fn a_ring_is_no_chain() {
        let edges: Vec<_> = (0..8).map(|at| (at, (at + 1) % 8, EdgeKind::Declared)).collect();
        assert!(placed(&graph(8, &edges)).chains.is_empty());
    }
}

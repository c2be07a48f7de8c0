//! Nodes and edges of the graph. They stand still while the view moves, so that a drag draws nothing anew.

use std::rc::Rc;

use planner::graph::{Edge, EdgeKind, Node};
use planner::migration::SourceKind;
use yew::prelude::*;

use crate::folding::{self, Folded, Item, Line};
use crate::layout::{NODE_HEIGHT, NODE_WIDTH};
use crate::locale::{say, use_language};
use crate::message::Answer;
use crate::places::Counts;
use crate::route::{Page, Route};
use crate::shared::Shared;
use crate::words;

/// A folded chain is larger than a node by this on every side, for the lines it says.
const CHAIN_MORE: f64 = 10.0;
/// Graphs of at most so many nodes are drawn whole.
const WHOLE: usize = 300;
/// The part in sight grows to multiples of this, in units of the drawing, so that it changes seldom.
const TILE: f64 = 1_200.0;

/// The part of a drawing that is in sight, in units of the drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sight {
    from: (f64, f64),
    to: (f64, f64),
}

impl Sight {
    /// The tiles that hold the part between two corners, and a tile around them.
    pub(crate) fn around((left, top): (f64, f64), (right, bottom): (f64, f64)) -> Self {
        let down = |value: f64| ((value / TILE).floor() - 1.0) * TILE;
        let up = |value: f64| ((value / TILE).ceil() + 1.0) * TILE;
        Self { from: (down(left), down(top)), to: (up(right), up(bottom)) }
    }

    fn holds(&self, (x, y): (f64, f64)) -> bool {
        (self.from.0..=self.to.0).contains(&x) && (self.from.1..=self.to.1).contains(&y)
    }

    /// Whether a line between two points can be seen.
    fn meets(&self, a: (f64, f64), b: (f64, f64)) -> bool {
        let apart = |low: f64, high: f64, a: f64, b: f64| a.max(b) < low || a.min(b) > high;
        !apart(self.from.0, self.to.0, a.0, b.0) && !apart(self.from.1, self.to.1, a.1, b.1)
    }
}

/// What is drawn of a graph, and how.
pub(crate) struct Drawn {
    /// What, and where.
    pub folded: Folded,
    /// Whether each node stands out: kept by the filter, related to the selection.
    pub clear: Vec<bool>,
    /// Findings of each node.
    pub counts: Rc<Vec<Counts>>,
    /// The marks of the minimap.
    pub marks: AttrValue,
}

/// Properties of [`GraphPicture`].
#[derive(Properties, PartialEq)]
pub(crate) struct GraphPictureProps {
    /// The answer with the graph.
    pub answer: Shared<Answer>,
    /// What of it is drawn.
    pub drawn: Shared<Drawn>,
    /// The selected node.
    pub selected: Option<AttrValue>,
    /// What of a large graph is drawn.
    pub sight: Sight,
    /// Opens the chain that begins with a node.
    pub onopen: Callback<usize>,
}

/// The picture.
#[component]
pub(crate) fn GraphPicture(props: &GraphPictureProps) -> Html {
    use_language();
    let Drawn { folded, clear, .. } = &*props.drawn;
    let (graph, chains) = (&props.answer.graph, &props.answer.layout.chains);
    let whole = folded.items.len() <= WHOLE;
    let place = |item: usize| folded.items.get(item).map(|item| item.place);
    let chain = |item: &Item| item.chain.and_then(|chain| chains.get(chain));
    let is_clear = |item: &Item| match chain(item) {
        Some(chain) => chain.iter().any(|node| clear.get(*node as usize) != Some(&false)),
        None => clear.get(item.node) != Some(&false),
    };
    let lines = folded.lines.iter().filter_map(|line| {
        let (from, to) = (place(line.from)?, place(line.to)?);
        let clear = [line.from, line.to].iter().all(|end| folded.items.get(*end).is_some_and(is_clear));
        (whole || props.sight.meets(from, to)).then(|| Some(draw_edge(line, graph.edges.get(line.edge)?, from, to, clear)))?
    });
    let items = folded.items.iter().filter(|item| whole || props.sight.holds(item.place));
    let items = items.filter_map(|item| {
        let (node, dim) = (graph.nodes.get(item.node)?, !is_clear(item));
        Some(match chain(item) {
            Some(chain) => draw_chain(props, item, chain, node, dim),
            None => draw_node(node, item.place, dim, props.selected.as_deref() == Some(node.id.0.as_str())),
        })
    });
    html! { <>{for lines}{for items}</> }
}

fn draw_edge(line: &Line, edge: &Edge, from: (f64, f64), to: (f64, f64), clear: bool) -> Html {
    // Between a folded chain and its neighbours nothing stands in the way.
    let d = if !(line.folded && edge.kind != EdgeKind::Object)
        && (from.0 - to.0).abs() < NODE_WIDTH * 1.5
        && (to.1 - from.1).abs() > 2.0 * NODE_HEIGHT
    {
        bow(from, to)
    } else {
        fall(from, to)
    };
    let kind = words::edge_key(edge.kind);
    let more = if line.more > 0 { say::edge_more(&words::amount(line.more)) } else { String::new() };
    let title = say::edge_title(&edge.from.0, &edge.to.0, words::edge_kind(edge.kind), &edge.reason, &more);
    html! {
        <g class={classes!("edge", format!("edge-{kind}"), (!clear).then_some("is-dim"))}>
            <path class="edge-line" d={d.clone()} />
            <path class="edge-reach" {d}><title>{title}</title></path>
        </g>
    }
}

/// A pile of nodes that says what is inside and opens.
fn draw_chain(props: &GraphPictureProps, item: &Item, chain: &[u32], node: &Node, dim: bool) -> Html {
    let told = folding::told(&props.answer.graph, chain, &props.drawn.counts);
    let (width, height) = (NODE_WIDTH + 2.0 * CHAIN_MORE, NODE_HEIGHT + 2.0 * CHAIN_MORE);
    let (x, y) = (item.place.0 - width / 2.0, item.place.1 - height / 2.0);
    let pile = format!("M{} {y}v-4h{width}v{height}h-4M{x} {y}h{width}v{height}h-{width}z", x + 4.0);
    let first = item.node;
    let open = props.onopen.reform(move |()| first);
    let onclick = open.reform(|_: MouseEvent| ());
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if matches!(event.key().as_str(), "Enter" | " ") {
            event.prevent_default();
            open.emit(());
        }
    });
    let all_applied = chain.iter().all(|at| props.answer.graph.nodes.get(*at as usize).is_some_and(|node| node.applied));
    let class = classes!("node", "node-chain", all_applied.then_some("is-applied"), dim.then_some("is-dim"));
    let label = say::chain_open(&told.join(", "));
    html! {
        <g {class} role="button" tabindex="0" {onclick} {onkeydown} data-testid="graph-chain" data-id={node.id.0.clone()}>
            <title>{label}</title>
            <path class="node-shape" d={pile} />
            {for told.iter().zip([("node-id", 15.0), ("node-state", 29.0), ("node-state", 42.0), ("node-state", 54.0), ("node-state", 66.0)]).map(|(words, (class, line))| html! {
                <text {class} x={format!("{:.1}", x + 8.0)} y={format!("{:.1}", y + line)} textLength={(words.len() > 33).then_some("184")} lengthAdjust="spacingAndGlyphs">{cut(words, 40)}</text>
            })}
        </g>
    }
}

/// From the lower edge of a node to the upper edge of another.
fn fall(from: (f64, f64), to: (f64, f64)) -> String {
    let (x1, y1, x2, y2) = (from.0, from.1 + NODE_HEIGHT / 2.0, to.0, to.1 - NODE_HEIGHT / 2.0);
    let bend = ((y2 - y1) / 2.0).max(18.0);
    format!("M{x1:.1} {y1:.1}C{x1:.1} {:.1} {x2:.1} {:.1} {x2:.1} {y2:.1}", y1 + bend, y2 - bend)
}

/// Around the nodes between two nodes of nearly one column.
fn bow(from: (f64, f64), to: (f64, f64)) -> String {
    let (start, end) = (from.0 + NODE_WIDTH / 2.0, to.0 + NODE_WIDTH / 2.0);
    let out = start.max(end) + (24.0 + (to.1 - from.1).abs() * 0.12).min(120.0);
    format!("M{start:.1} {:.1}C{out:.1} {:.1} {out:.1} {:.1} {end:.1} {:.1}", from.1, from.1, to.1, to.1)
}

/// Flyway: a rectangle; Alembic: a lozenge with slanted sides.
fn draw_node(node: &Node, (x, y): (f64, f64), dim: bool, selected: bool) -> Html {
    let (left, top) = (x - NODE_WIDTH / 2.0, y - NODE_HEIGHT / 2.0);
    let (right, bottom) = (x + NODE_WIDTH / 2.0, y + NODE_HEIGHT / 2.0);
    let d = match node.source {
        SourceKind::Flyway => format!("M{left} {top}H{right}V{bottom}H{left}Z"),
        SourceKind::Alembic => {
            format!("M{} {top}H{}L{right} {y}L{} {bottom}H{}L{left} {y}Z", left + 14.0, right - 14.0, right - 14.0, left + 14.0)
        }
    };
    let class = classes!(
        "node",
        format!("node-{}", words::phase(node.phase)),
        if node.applied { "is-applied" } else { "is-pending" },
        dim.then_some("is-dim"),
        selected.then_some("is-selected")
    );
    let state = if node.applied { say::applied() } else { say::pending() };
    let title =
        format!("{}: {} ({}, {}, {state})", node.id, node.description, words::source(node.source), words::phase(node.phase));
    html! {
        <a {class} href={Route::at(Page::Graph, &node.id.0).href()} draggable="false" data-testid="graph-node" data-id={node.id.0.clone()}>
            <title>{title}</title>
            <path class="node-shape" {d} />
            <text class="node-id" x={format!("{:.1}", left + 16.0)} y={format!("{:.1}", top + 17.0)}>{cut(&node.id.0, 19)}</text>
            <text class="node-words" x={format!("{:.1}", left + 16.0)} y={format!("{:.1}", top + 33.0)}>{cut(&node.description, 23)}</text>
            <text class="node-state" x={format!("{:.1}", left + 16.0)} y={format!("{:.1}", top + 46.0)}>{format!("{state}, {}", words::phase(node.phase))}</text>
        </a>
    }
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most { text.to_owned() } else { format!("{}…", text.chars().take(most - 1).collect::<String>()) }
}

/// Which nodes are a node itself, its ancestors and its descendants, along the edges that are kept.
pub(crate) fn relatives(nodes: usize, ends: &[(u32, u32)], kept: &[bool], selected: usize) -> Vec<bool> {
    let mut all = vec![false; nodes];
    for forward in [true, false] {
        let mut next: Vec<Vec<usize>> = vec![Vec::new(); nodes];
        for (_, (from, to)) in ends.iter().enumerate().filter(|(at, _)| kept.get(*at) != Some(&false)) {
            let (near, far) = if forward { (from, to) } else { (to, from) };
            next.get_mut(*near as usize).into_iter().for_each(|next| next.push(*far as usize));
        }
        let mut seen = vec![false; nodes];
        let mut open = vec![selected];
        while let Some(node) = open.pop() {
            let first = seen.get_mut(node).is_some_and(|seen| !std::mem::replace(seen, true));
            open.extend(next.get(node).filter(|_| first).into_iter().flatten());
        }
        all.iter_mut().zip(seen).for_each(|(all, seen)| *all |= seen);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relatives_are_ancestors_and_descendants_but_not_siblings() {
        let all = |ends: &[(u32, u32)], kept: &[bool]| {
            let near = relatives(5, ends, kept, 1);
            near.iter().zip("abcde".chars()).filter(|(near, _)| **near).map(|(_, node)| node).collect::<String>()
        };
        let ring = [(0, 1), (0, 2), (2, 3), (1, 4), (3, 0)];
        assert_eq!(all(&ring, &[]), "abcde");
        assert_eq!(all(&ring, &[true, true, true, true, false]), "abe", "an edge that is not shown leads nowhere");
        assert_eq!(all(&[(0, 1), (0, 2), (1, 4), (9, 1)], &[]), "abe");
    }

    #[test]
    fn what_is_in_sight_is_drawn_with_some_room_around() {
        let sight = Sight::around((100.0, 100.0), (900.0, 700.0));
        assert_eq!(sight, Sight::around((300.0, 100.0), (1_100.0, 700.0)), "a short way draws nothing anew");
        assert!(sight.holds((-1_000.0, 2_000.0)) && !sight.holds((0.0, 4_000.0)));
        assert!(sight.meets((0.0, -9_000.0), (0.0, 9_000.0)) && !sight.meets((0.0, 4_000.0), (0.0, 9_000.0)));
    }
}

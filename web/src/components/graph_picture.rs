//! Nodes and edges of the graph. They stand still while the view moves, so that a drag draws nothing anew.

use std::collections::{BTreeMap, BTreeSet};

use planner::graph::{Edge, Node};
use planner::migration::SourceKind;
use planner::sort::Gather;
use yew::prelude::*;

use super::graph_drawing::Selection;
use crate::layout::{NODE_HEIGHT, NODE_WIDTH};
use crate::message::Answer;
use crate::route::{Page, Route};
use crate::shared::Shared;
use crate::words;

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

/// Properties of [`GraphPicture`].
#[derive(Properties, PartialEq)]
pub(crate) struct GraphPictureProps {
    /// The answer with graph and layout.
    pub answer: Shared<Answer>,
    /// What of it is drawn.
    pub kept: Shared<Selection>,
    /// The selected node.
    pub selected: Option<AttrValue>,
    /// What of a large graph is drawn.
    pub sight: Sight,
}

/// The picture.
#[component]
pub(crate) fn GraphPicture(props: &GraphPictureProps) -> Html {
    let (graph, layout) = (&props.answer.graph, &props.answer.layout);
    let kept = |marks: &[bool], at: usize| marks.get(at).copied().unwrap_or(true);
    let edges: Vec<&Edge> =
        graph.edges.iter().enumerate().filter(|(at, _)| kept(&props.kept.edges, *at)).map(|(_, edge)| edge).collect();
    let near = props.selected.as_ref().map(|selected| relatives(selected, &edges));
    let places: BTreeMap<&str, (f64, f64)> =
        graph.nodes.iter().map(|node| node.id.0.as_str()).zip(layout.places.iter().copied()).gather();
    let ends = |edge: &Edge| Some((*places.get(edge.from.0.as_str())?, *places.get(edge.to.0.as_str())?));
    let whole = graph.nodes.len() <= WHOLE;
    let lines = edges.iter().filter_map(|edge| {
        let (from, to) = ends(edge)?;
        (whole || props.sight.meets(from, to)).then(|| draw_edge(edge, from, to, near.as_ref()))
    });
    let nodes = graph.nodes.iter().zip(&layout.places).enumerate().filter(|(_, (_, place))| whole || props.sight.holds(**place));
    html! {
        <>
            {for lines}
            {for nodes.map(|(at, (node, place))| {
                let dim = !kept(&props.kept.nodes, at) || near.as_ref().is_some_and(|near| !near.contains(node.id.0.as_str()));
                draw_node(node, *place, dim, props.selected.as_deref() == Some(node.id.0.as_str()))
            })}
        </>
    }
}

fn draw_edge(edge: &Edge, from: (f64, f64), to: (f64, f64), near: Option<&BTreeSet<&str>>) -> Html {
    let d = if (from.0 - to.0).abs() < NODE_WIDTH * 1.5 && (to.1 - from.1).abs() > 2.0 * NODE_HEIGHT {
        bow(from, to)
    } else {
        fall(from, to)
    };
    let dim = near.is_some_and(|near| !near.contains(edge.from.0.as_str()) || !near.contains(edge.to.0.as_str()));
    let title = format!("{} before {} ({}): {}", edge.from, edge.to, words::edge_kind(edge.kind), edge.reason);
    html! {
        <g class={classes!("edge", format!("edge-{}", words::edge_kind(edge.kind)), dim.then_some("is-dim"))}>
            <path class="edge-line" d={d.clone()} />
            <path class="edge-reach" {d}><title>{title}</title></path>
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
    let state = if node.applied { "applied" } else { "pending" };
    let title =
        format!("{}: {} ({}, {}, {state})", node.id, node.description, words::source(node.source), words::phase(node.phase));
    html! {
        <a {class} href={Route::at(Page::Graph, &node.id.0).href()} draggable="false" data-testid="graph-node" data-id={node.id.0.clone()}>
            <title>{title}</title>
            <path class="node-shape" {d} />
            <text class="node-id" x={format!("{:.1}", left + 16.0)} y={format!("{:.1}", top + 17.0)}>{cut(&node.id.0, 19)}</text>
            <text class="node-words" x={format!("{:.1}", left + 16.0)} y={format!("{:.1}", top + 33.0)}>{cut(&node.description, 25)}</text>
            <text class="node-state" x={format!("{:.1}", left + 16.0)} y={format!("{:.1}", top + 46.0)}>{format!("{state}, {}", words::phase(node.phase))}</text>
        </a>
    }
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most { text.to_owned() } else { format!("{}…", text.chars().take(most - 1).collect::<String>()) }
}

/// A node with all its ancestors and descendants.
fn relatives<'a>(selected: &'a str, edges: &[&'a Edge]) -> BTreeSet<&'a str> {
    let mut all = BTreeSet::from([selected]);
    for forward in [true, false] {
        let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for edge in edges {
            let (near, far) = if forward { (&edge.from.0, &edge.to.0) } else { (&edge.to.0, &edge.from.0) };
            next.entry(near).or_default().push(far);
        }
        let mut open = vec![selected];
        let mut seen = BTreeSet::from([selected]);
        while let Some(id) = open.pop() {
            open.extend(next.get(id).into_iter().flatten().filter(|far| seen.insert(far)));
        }
        all.extend(seen);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use planner::graph::EdgeKind;

    #[test]
    fn relatives_are_ancestors_and_descendants_but_not_siblings() {
        let edge = |from: &str, to: &str| Edge { from: from.into(), to: to.into(), kind: EdgeKind::Order, reason: String::new() };
        let all = |edges: &[Edge]| relatives("b", &edges.iter().collect::<Vec<_>>()).into_iter().collect::<String>();
        assert_eq!(all(&[edge("a", "b"), edge("a", "c"), edge("c", "d"), edge("b", "e"), edge("d", "a")]), "abcde");
        assert_eq!(all(&[edge("a", "b"), edge("a", "c"), edge("b", "e")]), "abe");
    }

    #[test]
    fn what_is_in_sight_is_drawn_with_some_room_around() {
        let sight = Sight::around((100.0, 100.0), (900.0, 700.0));
        assert_eq!(sight, Sight::around((300.0, 100.0), (1_100.0, 700.0)), "a short way draws nothing anew");
        assert!(sight.holds((-1_000.0, 2_000.0)) && !sight.holds((0.0, 4_000.0)));
        assert!(sight.meets((0.0, -9_000.0), (0.0, 9_000.0)) && !sight.meets((0.0, 4_000.0), (0.0, 9_000.0)));
    }
}

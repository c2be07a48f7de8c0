//! The graph as a table: the same content, for readers who cannot or do not want to read a drawing.

use std::collections::BTreeMap;

use planner::graph::{Edge, Node};
use yew::prelude::*;

use super::chip;
use super::window::use_window;
use crate::locale::{say, use_language};
use crate::message::Answer;
use crate::route::{Page, Route};
use crate::shared::Shared;
use crate::words;

/// What is shown of the answer's graph.
#[derive(Debug)]
pub(crate) struct Selection {
    /// Whether the filter keeps each node; the others are dimmed.
    pub nodes: Vec<bool>,
    /// Whether the filter keeps each edge; the others are not drawn.
    pub edges: Vec<bool>,
}

/// Properties of [`GraphTable`].
#[derive(Properties, PartialEq)]
pub(crate) struct GraphTableProps {
    /// The answer with the graph.
    pub answer: Shared<Answer>,
    /// The nodes and edges that are shown.
    pub kept: Shared<Selection>,
}

/// The table.
#[component]
pub(crate) fn GraphTable(props: &GraphTableProps) -> Html {
    use_language();
    let graph = &props.answer.graph;
    let shown = |marks: &[bool], at: usize| marks.get(at).copied().unwrap_or(true);
    let mut before: BTreeMap<&str, Vec<&Edge>> = BTreeMap::new();
    for (_, edge) in graph.edges.iter().enumerate().filter(|(at, _)| shown(&props.kept.edges, *at)) {
        before.entry(&edge.to.0).or_default().push(edge);
    }
    let nodes: Vec<&Node> =
        graph.nodes.iter().enumerate().filter(|(at, _)| shown(&props.kept.nodes, *at)).map(|(_, node)| node).collect();
    let window = use_window(nodes.len());
    let rows = nodes.get(window.rows.clone()).unwrap_or_default().iter();
    let rows = rows.map(|node| row(node, before.get(node.id.0.as_str()).map_or(&[], Vec::as_slice)));
    html! {
        <div class="table-frame" onscroll={window.onscroll.clone()} tabindex="0" role="region" aria-label={say::dependencies()}>
            <table class={classes!("table", window.class())} aria-rowcount={(nodes.len() + 1).to_string()}>
                <thead><tr><th>{say::id()}</th><th>{say::source()}</th><th>{say::description()}</th><th>{say::phase()}</th><th>{say::state()}</th><th>{say::comes_after()}</th></tr></thead>
                <tbody>{window.above()}{for rows}{window.below()}</tbody>
            </table>
        </div>
    }
}

fn row(node: &Node, before: &[&Edge]) -> Html {
    html! {
        <tr key={format!("{} {}", words::source(node.source), node.id)} data-testid="graph-row">
            <td><a href={Route::at(Page::Graph, &node.id.0).href()}><code>{&node.id.0}</code></a></td>
            <td>{words::source(node.source)}</td>
            <td>{&node.description}</td>
            <td>{chip::phase(node.phase)}</td>
            <td>{chip::applied(node.applied)}</td>
            <td><ul class="plain-list">{for before.iter().map(|edge| html! {
                <li><code>{&edge.from.0}</code>{" "}<span class="quiet">{format!("({}: {})", words::edge_kind(edge.kind), edge.reason)}</span></li>
            })}</ul></td>
        </tr>
    }
}

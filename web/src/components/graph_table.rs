//! The graph as a table: the same content, for readers who cannot or do not want to read a drawing.

use planner::graph::{Edge, EdgeKind, Node};
use yew::prelude::*;

use super::chip;
use crate::route::{Page, Route};
use crate::words;

/// Properties of [`GraphTable`].
#[derive(Properties, PartialEq)]
pub(crate) struct GraphTableProps {
    /// The nodes that are shown.
    pub nodes: Vec<Node>,
    /// All edges.
    pub edges: Vec<Edge>,
    /// The kinds of edges that are shown.
    pub kinds: Vec<EdgeKind>,
}

/// The table.
#[component]
pub(crate) fn GraphTable(props: &GraphTableProps) -> Html {
    let rows = props.nodes.iter().map(|node| {
        let before = props.edges.iter().filter(|edge| edge.to == node.id && props.kinds.contains(&edge.kind));
        html! {
            <tr data-testid="graph-row">
                <td><a href={Route::at(Page::Graph, &node.id.0).href()}><code>{&node.id.0}</code></a></td>
                <td>{words::source(node.source)}</td>
                <td>{&node.description}</td>
                <td>{chip::phase(node.phase)}</td>
                <td>{chip::applied(node.applied)}</td>
                <td><ul class="plain-list">{for before.map(|edge| html! {
                    <li><code>{&edge.from.0}</code>{" "}<span class="quiet">{format!("({}: {})", words::edge_kind(edge.kind), edge.reason)}</span></li>
                })}</ul></td>
            </tr>
        }
    });
    html! {
        <div class="table-frame"><table class="table">
            <thead><tr><th>{"Id"}</th><th>{"Source"}</th><th>{"Description"}</th><th>{"Phase"}</th><th>{"State"}</th><th>{"Comes after"}</th></tr></thead>
            <tbody>{for rows}</tbody>
        </table></div>
    }
}

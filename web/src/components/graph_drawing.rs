//! The graph as a drawing: zoom by wheel and buttons, pan by drag, selection dims what does not hang together with it.

use std::collections::BTreeSet;

use planner::graph::{Edge, Graph, Node};
use planner::migration::SourceKind;
use web_sys::{Element, PointerEvent, WheelEvent};
use yew::prelude::*;

use super::button::Button;
use crate::layout::{Layout, NODE_HEIGHT, NODE_WIDTH};
use crate::route::{Page, Route};
use crate::words;

const LEAST_ZOOM: f64 = 0.1;
const MOST_ZOOM: f64 = 3.0;
const READABLE_ZOOM: f64 = 0.8;

/// Properties of [`GraphDrawing`].
#[derive(Properties, PartialEq)]
pub(crate) struct GraphDrawingProps {
    /// Nodes and edges.
    pub graph: Graph,
    /// Where the nodes stand.
    pub layout: Layout,
    /// The selected node.
    pub selected: Option<AttrValue>,
    /// Nodes the filter keeps; the others are dimmed.
    pub kept: BTreeSet<String>,
    /// Edges the filter keeps; the others are not drawn.
    pub edges: Vec<Edge>,
}

/// What part of the drawing is seen: offset of the drawing in pixels of the frame, and scale.
#[derive(Clone, Copy, Debug, PartialEq)]
struct View {
    x: f64,
    y: f64,
    zoom: f64,
}

impl View {
    /// The same point of the drawing stays under the pointer.
    fn zoomed(self, factor: f64, (px, py): (f64, f64)) -> Self {
        let zoom = (self.zoom * factor).clamp(LEAST_ZOOM, MOST_ZOOM);
        let ratio = zoom / self.zoom;
        Self { x: px - (px - self.x) * ratio, y: py - (py - self.y) * ratio, zoom }
    }

    /// The whole drawing inside the frame, centred, and never larger than life.
    fn fit((width, height): (f64, f64), (frame_width, frame_height): (f64, f64)) -> Self {
        let zoom = (frame_width / width.max(1.0)).min(frame_height / height.max(1.0)).clamp(LEAST_ZOOM, 1.0);
        Self { x: ((frame_width - width * zoom) / 2.0).max(0.0), y: 0.0, zoom }
    }

    /// What is seen first: the whole where it can be read, else its beginning at a size that can.
    fn first(size: (f64, f64), frame: (f64, f64)) -> Self {
        let zoom = Self::fit(size, frame).zoom.max(READABLE_ZOOM);
        Self { x: ((frame.0 - size.0 * zoom) / 2.0).max(0.0), y: 0.0, zoom }
    }
}

/// The drawing.
#[component]
pub(crate) fn GraphDrawing(props: &GraphDrawingProps) -> Html {
    let frame = use_node_ref();
    let view = use_state_eq(|| View { x: 0.0, y: 0.0, zoom: 1.0 });
    let drag = use_mut_ref(|| None::<(f64, f64)>);
    let fit = {
        let (frame, view, size) = (frame.clone(), view.setter(), props.layout.size);
        Callback::from(move |()| {
            if let Some(frame) = frame.cast::<Element>() {
                view.set(View::fit(size, (f64::from(frame.client_width()), f64::from(frame.client_height()))));
            }
        })
    };
    {
        let (frame, view) = (frame.clone(), view.setter());
        use_effect_with(props.layout.clone(), move |layout| {
            if let Some(frame) = frame.cast::<Element>() {
                view.set(View::first(layout.size, (f64::from(frame.client_width()), f64::from(frame.client_height()))));
            }
        });
    }
    let zoom = |factor: f64| {
        let view = view.clone();
        Callback::from(move |()| view.set(view.zoomed(factor, (200.0, 150.0))))
    };
    let onwheel = {
        let (view, frame) = (view.clone(), frame.clone());
        Callback::from(move |event: WheelEvent| {
            event.prevent_default();
            if let Some(frame) = frame.cast::<Element>() {
                let edge = frame.get_bounding_client_rect();
                let at = (f64::from(event.client_x()) - edge.left(), f64::from(event.client_y()) - edge.top());
                view.set(view.zoomed((-event.delta_y() / 400.0).exp(), at));
            }
        })
    };
    let onpointerdown = {
        let drag = drag.clone();
        Callback::from(move |event: PointerEvent| {
            *drag.borrow_mut() = Some((f64::from(event.client_x()), f64::from(event.client_y())))
        })
    };
    let onpointermove = {
        let (drag, view) = (drag.clone(), view.clone());
        Callback::from(move |event: PointerEvent| {
            let now = (f64::from(event.client_x()), f64::from(event.client_y()));
            // A button released outside the window is noticed here.
            let last = if event.buttons() == 0 { drag.take() } else { drag.borrow_mut().replace(now) };
            if let Some(last) = last.filter(|_| event.buttons() != 0) {
                view.set(View { x: view.x + now.0 - last.0, y: view.y + now.1 - last.1, ..*view });
            }
        })
    };
    let near = props.selected.as_ref().map(|selected| relatives(selected, &props.edges));
    let transform = format!("translate({:.1} {:.1}) scale({:.4})", view.x, view.y, view.zoom);
    let place = |id: &str| {
        let at = props.graph.nodes.iter().position(|node| node.id.0 == id)?;
        props.layout.places.get(at).copied()
    };
    html! {
        <div class="graph-frame" ref={frame} {onwheel} {onpointerdown} {onpointermove}>
            <svg class="graph" width="100%" height="100%" role="group" aria-label="Dependency graph, time flows down">
                <g transform={transform}>
                    {for props.edges.iter().filter_map(|edge| Some(draw_edge(edge, place(&edge.from.0)?, place(&edge.to.0)?, near.as_ref())))}
                    {for props.graph.nodes.iter().zip(&props.layout.places).map(|(node, place)| {
                        let dim = !props.kept.contains(&node.id.0) || near.as_ref().is_some_and(|near| !near.contains(&node.id.0));
                        draw_node(node, *place, dim, props.selected.as_deref() == Some(node.id.0.as_str()))
                    })}
                </g>
            </svg>
            <div class="graph-buttons">
                <Button onclick={zoom(1.25)} label="Zoom in">{"+"}</Button>
                <Button onclick={zoom(0.8)} label="Zoom out">{"−"}</Button>
                <Button onclick={fit}>{"Fit"}</Button>
            </div>
        </div>
    }
}

fn draw_edge(edge: &Edge, from: (f64, f64), to: (f64, f64), near: Option<&BTreeSet<String>>) -> Html {
    let d = if (from.0 - to.0).abs() < NODE_WIDTH * 1.5 && (to.1 - from.1).abs() > 2.0 * NODE_HEIGHT {
        bow(from, to)
    } else {
        fall(from, to)
    };
    let dim = near.is_some_and(|near| !near.contains(&edge.from.0) || !near.contains(&edge.to.0));
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
        <a {class} href={Route::at(Page::Graph, &node.id.0).href()} draggable="false" data-testid="graph-node" data-id={node.id.0.clone()} aria-label={title.clone()}>
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
fn relatives(selected: &str, edges: &[Edge]) -> BTreeSet<String> {
    let mut all = BTreeSet::from([selected.to_owned()]);
    for forward in [true, false] {
        let mut open = vec![selected.to_owned()];
        let mut seen = BTreeSet::from([selected.to_owned()]);
        while let Some(id) = open.pop() {
            for edge in edges {
                let (near, far) = if forward { (&edge.from.0, &edge.to.0) } else { (&edge.to.0, &edge.from.0) };
                if *near == id && seen.insert(far.clone()) {
                    open.push(far.clone());
                }
            }
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
        let edges = [edge("a", "b"), edge("a", "c"), edge("c", "d"), edge("b", "e"), edge("d", "a")];
        assert_eq!(relatives("b", &edges).into_iter().collect::<String>(), "abcde");
        let edges = [edge("a", "b"), edge("a", "c"), edge("b", "e")];
        assert_eq!(relatives("b", &edges).into_iter().collect::<String>(), "abe");
    }

    #[test]
    fn zooming_keeps_the_point_under_the_pointer() {
        let view = View { x: 10.0, y: 20.0, zoom: 1.0 }.zoomed(2.0, (110.0, 120.0));
        assert_eq!((view.x, view.y, view.zoom), (-90.0, -80.0, 2.0));
    }

    #[test]
    fn fitting_never_enlarges() {
        assert_eq!(View::fit((100.0, 100.0), (500.0, 500.0)), View { x: 200.0, y: 0.0, zoom: 1.0 });
        assert!((View::fit((1000.0, 100.0), (500.0, 500.0)).zoom - 0.5).abs() < 1e-9);
    }
}

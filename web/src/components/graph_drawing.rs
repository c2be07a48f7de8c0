//! The graph as a drawing: zoom by wheel and buttons, pan by drag, selection dims what does not hang together with it.

use web_sys::{Element, PointerEvent, WheelEvent};
use yew::prelude::*;

use super::button::Button;
use super::graph_picture::{Drawn, GraphPicture, Sight};
use super::minimap::minimap;
use crate::layout::{NODE_HEIGHT, NODE_WIDTH};
use crate::locale::{say, use_language};
use crate::message::Answer;
use crate::shared::Shared;

const LEAST_ZOOM: f64 = 0.1;
const MOST_ZOOM: f64 = 3.0;
const READABLE_ZOOM: f64 = 0.8;
/// A frame of at most so many pixels is a phone's: there the drawing is as wide as the frame.
const PHONE: f64 = 500.0;
/// Height of the buttons, which lie over the drawing.
const BUTTONS: f64 = 36.0;

/// Properties of [`GraphDrawing`].
#[derive(Properties, PartialEq)]
pub(crate) struct GraphDrawingProps {
    /// The answer with graph and layout.
    pub answer: Shared<Answer>,
    /// What of it is drawn.
    pub drawn: Shared<Drawn>,
    /// The selected node.
    pub selected: Option<AttrValue>,
    /// Opens the chain that begins with a node.
    pub onopen: Callback<usize>,
    /// A button beside those of the view.
    pub children: Html,
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

    /// Upper left and lower right corner of the part of the drawing inside the frame.
    fn seen(self, (width, height): (f64, f64)) -> ((f64, f64), (f64, f64)) {
        let (left, top) = (-self.x / self.zoom, -self.y / self.zoom);
        ((left, top), (left + width / self.zoom, top + height / self.zoom))
    }

    /// The same with a point of the drawing in the middle of the frame.
    fn around(self, (x, y): (f64, f64), (width, height): (f64, f64)) -> Self {
        Self { x: width / 2.0 - x * self.zoom, y: height / 2.0 - y * self.zoom, ..self }
    }

    /// The same, moved so far that a node is inside the frame.
    fn showing(self, (x, y): (f64, f64), (width, height): (f64, f64)) -> Self {
        let moved = |offset: f64, at: f64, room: f64, frame: f64| {
            let at = at * self.zoom + offset;
            if at < room || at > frame - room { offset + frame / 2.0 - at } else { offset }
        };
        let (wide, high) = (NODE_WIDTH * self.zoom / 2.0, NODE_HEIGHT * self.zoom / 2.0);
        Self { x: moved(self.x, x, wide, width), y: moved(self.y, y, high, height), ..self }
    }

    /// What is seen first: the whole where it can be read, else its beginning at a size that can; on a phone its width, below
    /// the buttons.
    fn first(size: (f64, f64), frame: (f64, f64)) -> Self {
        let phone = frame.0 < PHONE;
        let least = if phone { (frame.0 / size.0.max(1.0)).clamp(LEAST_ZOOM, READABLE_ZOOM) } else { READABLE_ZOOM };
        let zoom = Self::fit(size, frame).zoom.max(least);
        Self { x: ((frame.0 - size.0 * zoom) / 2.0).max(0.0), y: if phone { BUTTONS } else { 0.0 }, zoom }
    }
}

/// The size of the frame; before there is one, a laptop's.
fn size_of(frame: &NodeRef) -> (f64, f64) {
    let size = |frame: Element| (f64::from(frame.client_width()), f64::from(frame.client_height()));
    frame.cast::<Element>().map_or((1280.0, 800.0), size)
}

/// What is seen: at first and behind an end that moved up the beginning, and whatever is selected.
#[hook]
fn use_view(props: &GraphDrawingProps, frame: &NodeRef) -> UseStateHandle<View> {
    let view = use_state_eq(|| View { x: 0.0, y: 0.0, zoom: 1.0 });
    {
        let (frame, view, size) = (frame.clone(), view.setter(), props.drawn.folded.size);
        use_effect_with(props.answer.layout.size, move |_| view.set(View::first(size, size_of(&frame))));
    }
    {
        let (frame, view) = (frame.clone(), view.clone());
        use_effect_with(props.drawn.folded.size, move |size| {
            if view.seen(size_of(&frame)).0.1 > size.1 {
                view.set(View::first(*size, size_of(&frame)));
            }
        });
    }
    {
        let (frame, view, answer, drawn) = (frame.clone(), view.clone(), props.answer.clone(), props.drawn.clone());
        use_effect_with(props.selected.clone(), move |selected| {
            let at = selected.as_ref().and_then(|id| answer.graph.nodes.iter().position(|node| *node.id.0 == **id));
            let item = at.and_then(|at| drawn.folded.items.get(*drawn.folded.places.get(at)?));
            if let Some(item) = item {
                view.set(view.showing(item.place, size_of(&frame)));
            }
        });
    }
    view
}

/// The drawing.
#[component]
pub(crate) fn GraphDrawing(props: &GraphDrawingProps) -> Html {
    use_language();
    let frame = use_node_ref();
    let view = use_view(props, &frame);
    let drag = use_mut_ref(|| None::<(f64, f64)>);
    let fit = {
        let (frame, view, size) = (frame.clone(), view.setter(), props.drawn.folded.size);
        Callback::from(move |()| view.set(View::fit(size, size_of(&frame))))
    };
    let onmove = {
        let (frame, view) = (frame.clone(), view.clone());
        Callback::from(move |point: (f64, f64)| view.set(view.around(point, size_of(&frame))))
    };
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
    let transform = format!("translate({:.1} {:.1}) scale({:.4})", view.x, view.y, view.zoom);
    let seen = view.seen(size_of(&frame));
    let size = props.drawn.folded.size;
    let is_whole = seen.0.0 <= 0.0 && seen.0.1 <= 0.0 && seen.1.0 >= size.0 && seen.1.1 >= size.1;
    html! {
        <div class="graph-frame" ref={frame} {onwheel} {onpointerdown} {onpointermove}>
            <svg class="graph" width="100%" height="100%" role="group" aria-label={say::graph_label()}>
                <g transform={transform}>
                    <GraphPicture answer={props.answer.clone()} drawn={props.drawn.clone()}
                        selected={props.selected.clone()} sight={Sight::around(seen.0, seen.1)} onopen={props.onopen.clone()} />
                </g>
            </svg>
            <div class="graph-buttons">
                <Button onclick={zoom(1.25)} label={say::zoom_in()}>{"+"}</Button>
                <Button onclick={zoom(0.8)} label={say::zoom_out()}>{"−"}</Button>
                <Button onclick={fit}>{say::fit()}</Button>
                {props.children.clone()}
            </div>
            if !is_whole {
                {minimap(size, &props.drawn.marks, seen, onmove)}
            }
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooming_keeps_the_point_under_the_pointer() {
        let view = View { x: 10.0, y: 20.0, zoom: 1.0 }.zoomed(2.0, (110.0, 120.0));
        assert_eq!((view.x, view.y, view.zoom), (-90.0, -80.0, 2.0));
    }

    #[test]
    fn a_node_outside_the_frame_is_brought_into_its_middle_and_one_inside_stays() {
        let view = View { x: 0.0, y: 0.0, zoom: 1.0 };
        assert_eq!(view.showing((400.0, 300.0), (1000.0, 600.0)), view);
        assert_eq!(view.showing((400.0, 5_000.0), (1000.0, 600.0)), View { y: -4_700.0, ..view });
    }

    #[test]
    fn a_phone_shows_the_width_at_first_and_a_laptop_what_can_be_read() {
        assert_eq!(View::first((732.0, 1_200.0), (366.0, 420.0)), View { x: 0.0, y: BUTTONS, zoom: 0.5 });
        assert_eq!(View::first((2_000.0, 1_200.0), (1_000.0, 600.0)).zoom, READABLE_ZOOM);
        assert_eq!(View::first((300.0, 300.0), (366.0, 420.0)).zoom, 1.0);
    }

    #[test]
    fn what_the_minimap_points_at_comes_into_the_middle() {
        let view = View { x: 0.0, y: 0.0, zoom: 0.5 }.around((4_000.0, 600.0), (1_000.0, 600.0));
        let ((left, top), (right, bottom)) = view.seen((1_000.0, 600.0));
        assert_eq!(((left + right) / 2.0, (top + bottom) / 2.0), (4_000.0, 600.0));
    }

    #[test]
    fn fitting_never_enlarges() {
        assert_eq!(View::fit((100.0, 100.0), (500.0, 500.0)), View { x: 200.0, y: 0.0, zoom: 1.0 });
        assert!((View::fit((1000.0, 100.0), (500.0, 500.0)).zoom - 0.5).abs() < 1e-9);
    }
}

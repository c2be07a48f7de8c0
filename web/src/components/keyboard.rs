//! Keys for those who do not point: they are listed on `?`.

use gloo::events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{Event, EventInit, HtmlDialogElement, HtmlElement, HtmlInputElement, KeyboardEvent};
use yew::prelude::*;

use super::icon::Icon;
use super::inspector;
use crate::errand;
use crate::locale::say;
use crate::message::Answer;
use crate::route::{Page, Route};
use crate::shared::Shared;
use crate::state::State;

/// What each key does, as the help says it.
fn keys() -> [(&'static str, &'static str); 8] {
    [
        ("?", say::key_help()),
        (say::keys_go(), say::key_go()),
        (say::keys_emergency(), say::key_emergency()),
        ("/", say::key_search()),
        (say::keys_tab(), say::key_tab()),
        ("↑ ↓", say::key_up_down()),
        ("← →", say::key_left_right()),
        ("Escape", say::key_escape()),
    ]
}

/// Properties of [`Keyboard`].
#[derive(Properties, PartialEq)]
pub(crate) struct KeyboardProps {
    /// What is known.
    pub state: UseReducerHandle<State>,
    /// Where the reader is.
    pub route: Route,
}

/// Listens to keys, and shows the help: a button that opens it, and a dialog, in which the browser keeps the focus.
#[component]
pub(crate) fn Keyboard(props: &KeyboardProps) -> Html {
    let help = use_node_ref();
    let going = use_mut_ref(|| false);
    {
        let help = help.clone();
        use_effect_with(
            (props.route.clone(), props.state.answer.clone(), props.state.may("run")),
            move |(route, answer, may_run)| {
                let (route, answer, may_run) = (route.clone(), answer.clone(), *may_run);
                let options = EventListenerOptions::enable_prevent_default();
                let listener = EventListener::new_with_options(&gloo::utils::document(), "keydown", options, move |event| {
                    let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
                    let Some(help) = help.cast::<HtmlDialogElement>() else { return };
                    // What is open takes Escape by itself, and the keys of the page wait behind it.
                    if event.ctrl_key() || event.alt_key() || event.meta_key() || is_dialog_open() {
                        return;
                    }
                    if let Some(field) = field(event) {
                        if event.key() == "Escape" {
                            leave(&field);
                        }
                        return;
                    }
                    let went = going.replace(false);
                    let taken = match event.key().as_str() {
                        "?" => help.show_modal().is_ok(),
                        "Escape" => close(&route),
                        "/" => focus(".page input[type=search]"),
                        key if went => page_of(key, may_run).map(|page| errand::go(&Route::page(page))).is_some(),
                        "g" => {
                            going.replace(true);
                            true
                        }
                        key => travel(key, &route, answer.as_ref()),
                    };
                    if taken {
                        event.prevent_default();
                    }
                });
                move || drop(listener)
            },
        );
    }
    let act = |act: fn(&HtmlDialogElement)| {
        let help = help.clone();
        Callback::from(move |_: MouseEvent| help.cast::<HtmlDialogElement>().iter().for_each(act))
    };
    let open = act(|help| {
        // A browser that refuses has it open already.
        let _ = help.show_modal();
    });
    html! {
        <>
            <button type="button" class="icon-button" onclick={open} aria-label={say::keyboard_help()} title={say::keyboard_help_key()} data-testid="keys-open">{"?"}</button>
            <dialog ref={help.clone()} class="keys" aria-labelledby="keys-title" data-testid="keys">
                <div class="keys-head"><h2 id="keys-title">{say::keyboard()}</h2>
                    <button type="button" class="icon-button" onclick={act(HtmlDialogElement::close)} aria-label={say::close()}>{Icon::Close.svg()}</button></div>
                <dl>{for keys().into_iter().map(|(keys, words)| html! { <><dt><kbd>{keys}</kbd></dt><dd>{words}</dd></> })}</dl>
            </dialog>
        </>
    }
}

/// The field in which keys are text, where the reader is in one.
fn field(event: &KeyboardEvent) -> Option<HtmlElement> {
    let element = event.target()?.dyn_into::<HtmlElement>().ok()?;
    let is_text = match element.tag_name().as_str() {
        "TEXTAREA" | "SELECT" => true,
        "INPUT" => element.get_attribute("type").is_none_or(|kind| kind != "checkbox"),
        _ => false,
    };
    is_text.then_some(element)
}

/// Escape in a field: what is searched for is cleared first; what was written stays, and the next Escape is the page's.
fn leave(field: &HtmlElement) {
    let search = field.dyn_ref::<HtmlInputElement>().filter(|input| input.type_() == "search" && !input.value().is_empty());
    match search {
        Some(input) => {
            input.set_value("");
            // Nobody who listens can refuse it.
            let heard = Event::new_with_event_init_dict("input", &bubbling()).map(|event| input.dispatch_event(&event));
            drop(heard);
        }
        // A field that cannot be left keeps the focus.
        None => drop(field.blur()),
    }
}

fn bubbling() -> EventInit {
    let init = EventInit::new();
    init.set_bubbles(true);
    init
}

fn focus(css: &str) -> bool {
    let element = gloo::utils::document().query_selector(css).ok().flatten();
    let element = element.and_then(|element| element.dyn_into::<HtmlElement>().ok());
    element.is_some_and(|element| element.focus().is_ok())
}

/// Goes back to the page without a selection, and to the link that had made it.
fn close(route: &Route) -> bool {
    let Some(closing) = gloo::utils::document().query_selector(inspector::CLOSE).ok().flatten() else { return false };
    let Some(href) = closing.get_attribute("href") else { return false };
    focus(&["main a[href=\"", &route.href(), "\"]"].concat());
    let _ = gloo::utils::window().location().set_hash(&href);
    true
}

fn is_dialog_open() -> bool {
    gloo::utils::document().query_selector("dialog[open]").is_ok_and(|open| open.is_some())
}

fn page_of(key: &str, may_run: bool) -> Option<Page> {
    Some(match key {
        "h" => Page::Home,
        "m" => Page::Migrations,
        "g" => Page::Graph,
        "p" => Page::Plan,
        "s" => Page::Schema,
        "x" => Page::Matrix,
        "r" => Page::Runs,
        "a" => Page::Audit,
        "e" if may_run => Page::Emergency,
        _ => return None,
    })
}

/// Arrow keys: along the edges of the graph, along the history of the schema.
fn travel(key: &str, route: &Route, answer: Option<&Shared<Answer>>) -> bool {
    match (route.page, &route.selected, answer) {
        (Page::Graph, Some(selected), Some(answer)) => match next(answer, selected, key) {
            Some(id) => {
                errand::go(&Route::at(Page::Graph, id));
                true
            }
            None => false,
        },
        (Page::Schema, ..) => match key {
            "ArrowLeft" => press("[data-testid=schema-earlier]"),
            "ArrowRight" => press("[data-testid=schema-later]"),
            _ => false,
        },
        _ => false,
    }
}

fn press(css: &str) -> bool {
    let button = gloo::utils::document().query_selector(css).ok().flatten();
    button.and_then(|button| button.dyn_into::<HtmlElement>().ok()).map(|button| button.click()).is_some()
}

/// The migration an arrow leads to: up and down along an edge, left and right to one that shares the neighbour above, or
/// where there is none, the one below.
fn next<'a>(answer: &'a Answer, selected: &str, key: &str) -> Option<&'a str> {
    let edges = &answer.graph.edges;
    let before = |id: &str| edges.iter().find(|edge| edge.to.0 == id).map(|edge| edge.from.0.as_str());
    let after = |id: &str| edges.iter().find(|edge| edge.from.0 == id).map(|edge| edge.to.0.as_str());
    match key {
        "ArrowUp" => before(selected),
        "ArrowDown" => after(selected),
        "ArrowLeft" | "ArrowRight" => {
            let mut beside: Vec<&str> = Vec::new();
            let above = before(selected);
            for edge in edges {
                let (near, far) = if above.is_some() { (&edge.from.0, &edge.to.0) } else { (&edge.to.0, &edge.from.0) };
                if Some(near.as_str()) == above.or_else(|| after(selected)) && !beside.contains(&far.as_str()) {
                    beside.push(far);
                }
            }
            let at = beside.iter().position(|id| *id == selected)?;
            let to = if key == "ArrowRight" { at + 1 } else { at.checked_sub(1)? };
            beside.get(to).copied()
        }
        _ => None,
    }
}

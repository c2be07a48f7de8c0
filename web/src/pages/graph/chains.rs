//! The drawing with its long chains: which are open, and what opens and closes them.

use std::rc::Rc;

use gloo::timers::callback::Timeout;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::components::button::Button;
use crate::components::graph_drawing::GraphDrawing;
use crate::components::graph_picture::{Drawn, relatives};
use crate::components::graph_table::Selection;
use crate::components::minimap::marks;
use crate::folding::{counts, fold};
use crate::locale::{say, use_language};
use crate::message::Answer;
use crate::places::Counts;
use crate::shared::Shared;

/// In a graph of at most so many migrations all chains are open until the reader closes them.
const FEW: usize = 60;

/// Which long chains are open, beside those that hold what is selected or searched for.
#[derive(Clone, Default, PartialEq)]
struct Opened {
    /// The reader opened or closed all.
    all: Option<bool>,
    /// Those that begin with these nodes.
    some: Vec<usize>,
}

/// Properties of [`ChainDrawing`].
#[derive(Properties, PartialEq)]
pub(super) struct ChainDrawingProps {
    /// The answer with graph and layout.
    pub answer: Shared<Answer>,
    /// What of it the filter keeps.
    pub kept: Shared<Selection>,
    /// The filter asks for words.
    pub searched: bool,
    /// The selected migration.
    pub selected: Option<AttrValue>,
}

/// The drawing.
#[component]
pub(super) fn ChainDrawing(props: &ChainDrawingProps) -> Html {
    use_language();
    let answer = &props.answer;
    let opened = use_state_eq(Opened::default);
    let all = opened.all.unwrap_or(answer.graph.nodes.len() <= FEW);
    let counts = use_memo(answer.clone(), |answer| counts(answer));
    let drawn = {
        let counts = Rc::clone(&counts);
        let on = (answer.clone(), props.kept.clone(), props.searched, props.selected.clone(), all, opened.some.clone());
        use_memo(on, move |(answer, kept, searched, selected, all, some)| {
            let selected = selected.as_ref().and_then(|id| answer.graph.nodes.iter().position(|node| *node.id.0 == **id));
            let is_hit = |node: usize| selected == Some(node) || *searched && kept.nodes.get(node) == Some(&true);
            let is_open = |chain: &[u32]| {
                let begins = chain.first().is_some_and(|first| some.contains(&(*first as usize)));
                *all || begins || chain.iter().any(|node| is_hit(*node as usize))
            };
            Shared::new(draw(answer, kept, selected, &is_open, counts))
        })
    };
    let onopen = {
        let (opened, answer) = (opened.clone(), answer.clone());
        Callback::from(move |first: usize| {
            let mut next = (*opened).clone();
            next.some.push(first);
            opened.set(next);
            let answer = answer.clone();
            // The chain had the focus and is gone; once it is drawn, its first migration stands in its place.
            Timeout::new(0, move || answer.graph.nodes.get(first).into_iter().for_each(|node| focus(&node.id.0))).forget();
        })
    };
    let close = all || !opened.some.is_empty();
    let onclick = {
        let opened = opened.setter();
        Callback::from(move |()| opened.set(Opened { all: Some(!close), some: Vec::new() }))
    };
    html! {
        <GraphDrawing answer={answer.clone()} drawn={(*drawn).clone()} selected={props.selected.clone()} {onopen}>
            if !answer.layout.chains.is_empty() {
                <Button {onclick} testid="graph-chains">{if close { say::collapse_chains() } else { say::open_chains() }}</Button>
            }
        </GraphDrawing>
    }
}

/// What is drawn, and what of it stands out.
fn draw(
    answer: &Answer,
    kept: &Selection,
    selected: Option<usize>,
    is_open: &dyn Fn(&[u32]) -> bool,
    counts: Rc<Vec<Counts>>,
) -> Drawn {
    let folded = fold(&answer.graph, &answer.layout, is_open, &kept.edges);
    let mut clear = kept.nodes.clone();
    if let Some(selected) = selected {
        let near = relatives(answer.graph.nodes.len(), &answer.layout.ends, &kept.edges, selected);
        clear.iter_mut().zip(near).for_each(|(clear, near)| *clear &= near);
    }
    Drawn { marks: marks(&folded), folded, clear, counts }
}

fn focus(id: &str) {
    let nodes = gloo::utils::document().query_selector_all("[data-testid=graph-node]");
    let nodes = nodes.iter().flat_map(|nodes| (0..nodes.length()).filter_map(|at| nodes.get(at)));
    // A link in a drawing takes the focus as any other element does.
    let mut nodes = nodes.map(|node| node.unchecked_into::<HtmlElement>());
    if let Some(node) = nodes.find(|node| node.get_attribute("data-id").as_deref() == Some(id)) {
        // What cannot take it leaves it to the page.
        let _ = node.focus();
    }
}

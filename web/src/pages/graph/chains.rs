//! The drawing with its long chains: which are open, and what opens and closes them.

use std::collections::BTreeSet;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::components::button::Button;
use crate::components::graph_drawing::GraphDrawing;
use crate::components::graph_picture::relatives;
use crate::components::graph_table::Selection;
use crate::folding::{Chain, Chains, counts};
use crate::message::Answer;
use crate::shared::Shared;

/// In a graph of at most so many migrations all chains are open until the reader closes them.
const FEW: usize = 60;

/// Which long chains are open, beside those that hold what is selected or searched for.
#[derive(Clone, Default, PartialEq)]
pub(super) struct Opened {
    /// The reader opened or closed all.
    all: Option<bool>,
    /// Those that begin with these nodes.
    some: BTreeSet<usize>,
}

impl Opened {
    fn all(&self, nodes: usize) -> bool {
        self.all.unwrap_or(nodes <= FEW)
    }
}

/// Properties of [`Drawn`] and [`ChainsButton`].
#[derive(Properties, PartialEq)]
pub(super) struct ChainsProps {
    /// The answer with graph and layout.
    pub answer: Shared<Answer>,
    /// What of it the filter keeps.
    pub kept: Shared<Selection>,
    /// The filter asks for words.
    pub searched: bool,
    /// The selected migration.
    #[prop_or_default]
    pub selected: Option<AttrValue>,
    /// The open chains.
    pub opened: UseStateHandle<Opened>,
}

/// The drawing.
#[component]
pub(super) fn Drawn(props: &ChainsProps) -> Html {
    let answer = &props.answer;
    let chains = use_memo(answer.clone(), |answer| Chains::of(&answer.graph));
    let counts = use_memo(answer.clone(), |answer| counts(answer));
    let folded = {
        let (chains, opened) = (Rc::clone(&chains), (*props.opened).clone());
        use_memo(
            (answer.clone(), props.kept.clone(), props.searched, props.selected.clone(), opened),
            move |(answer, kept, searched, selected, opened)| {
                let all = opened.all(answer.graph.nodes.len());
                let selected = selected.as_ref().and_then(|id| answer.graph.nodes.iter().position(|node| *node.id.0 == **id));
                let hit = |node: &usize| selected == Some(*node) || *searched && kept.nodes.get(*node) == Some(&true);
                let begins = |chain: &Chain| chain.first().is_some_and(|first| opened.some.contains(first));
                let open = |chain: &Chain| all || begins(chain) || chain.iter().any(hit);
                Shared::new(chains.fold(&answer.graph, &answer.layout, open, &kept.edges))
            },
        )
    };
    let clear = use_memo((answer.clone(), props.kept.clone(), props.selected.clone()), |(answer, kept, selected)| {
        let near = selected.as_ref().map(|selected| relatives(&answer.graph, selected, &kept.edges));
        let is_near = |at: usize| near.as_ref().is_none_or(|near| near.get(at) == Some(&true));
        Shared::new(kept.nodes.iter().enumerate().map(|(at, kept)| *kept && is_near(at)).collect::<Vec<bool>>())
    });
    let last = use_state_eq(|| None::<usize>);
    let onopen = {
        let (opened, last) = (props.opened.clone(), last.setter());
        Callback::from(move |first: usize| {
            let mut next = (*opened).clone();
            next.some.insert(first);
            opened.set(next);
            last.set(Some(first));
        })
    };
    {
        let answer = answer.clone();
        // The chain had the focus and is gone; its first migration stands in its place.
        use_effect_with(*last, move |last| {
            if let Some(node) = last.and_then(|last| answer.graph.nodes.get(last)) {
                focus(&node.id.0);
            }
        });
    }
    html! {
        <GraphDrawing answer={answer.clone()} folded={(*folded).clone()} clear={(*clear).clone()} {counts} selected={props.selected.clone()} {onopen} />
    }
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

/// Opens all chains, or closes them.
#[component]
pub(super) fn ChainsButton(props: &ChainsProps) -> Html {
    let chains = use_memo(props.answer.clone(), |answer| Chains::of(&answer.graph));
    if chains.long.is_empty() {
        return Html::default();
    }
    let close = props.opened.all(props.answer.graph.nodes.len()) || !props.opened.some.is_empty();
    let opened = props.opened.setter();
    let onclick = Callback::from(move |()| opened.set(Opened { all: Some(!close), some: BTreeSet::new() }));
    html! { <Button {onclick} testid="graph-chains">{if close { "Collapse chains" } else { "Open all chains" }}</Button> }
}

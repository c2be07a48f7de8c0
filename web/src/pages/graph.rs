//! Graph: who must come before whom, and why.

use planner::graph::{Edge, EdgeKind, Node};
use web_sys::{HtmlInputElement, HtmlSelectElement, InputEvent};
use yew::prelude::*;

use self::chains::ChainDrawing;
use super::PageProps;
use super::migrations::options;
use crate::components::button::Button;
use crate::components::chip;
use crate::components::graph_table::{GraphTable, Selection};
use crate::components::inspector::Inspector;
use crate::errand::Errand;
use crate::locale::say;
use crate::message::Answer;
use crate::route::{Page, Route};
use crate::shared::Shared;
use crate::words;

mod chains;

const KINDS: [EdgeKind; 3] = [EdgeKind::Declared, EdgeKind::Order, EdgeKind::Object];

/// The page.
#[component]
pub(crate) fn Graph(props: &PageProps) -> Html {
    let text = use_state_eq(String::new);
    let source = use_state_eq(String::new);
    let kinds = use_state_eq(|| KINDS.to_vec());
    let as_table = use_state_eq(|| false);
    let kept =
        use_memo((props.state.answer.clone(), text.clone(), source.clone(), kinds.clone()), |(answer, text, source, kinds)| {
            answer.as_ref().map(|answer| Shared::new(kept(&answer.graph, text, source, kinds)))
        });
    let (answer, kept) = match (props.answer(), kept.as_ref()) {
        (Ok(answer), Some(kept)) => (answer, kept.clone()),
        (Err(waiting), _) => return html! { <div class="page"><h1>{say::graph()}</h1>{waiting}</div> },
        (Ok(_), None) => return Html::default(),
    };
    let on_text = {
        let text = text.setter();
        Callback::from(move |event: InputEvent| text.set(event.target_unchecked_into::<HtmlInputElement>().value()))
    };
    let on_source = {
        let source = source.setter();
        Callback::from(move |event: Event| source.set(event.target_unchecked_into::<HtmlSelectElement>().value()))
    };
    let toggle = |kind: EdgeKind| {
        let kinds = kinds.clone();
        Callback::from(move |_: Event| {
            let mut next = (*kinds).clone();
            match next.iter().position(|known| *known == kind) {
                Some(at) => drop(next.remove(at)),
                None => next.push(kind),
            }
            kinds.set(next);
        })
    };
    let on_view = {
        let as_table = as_table.clone();
        Callback::from(move |()| as_table.set(!*as_table))
    };
    let selected = props.route.selected.clone().filter(|id| answer.graph.nodes.iter().any(|node| node.id.0 == *id));
    html! {
        <div class="page with-inspector is-filled">
            <div class="page-main">
                <h1>{say::graph()}</h1>
                <div class="filters" role="search">
                    <input type="search" placeholder={say::filter_hint_short()} aria-label={say::filter_text()} oninput={on_text} data-testid="graph-filter" />
                    <select aria-label={say::source()} onchange={on_source}>
                        {options(&source, &[("", say::all_sources()), ("Flyway", "Flyway"), ("Alembic", "Alembic")])}
                    </select>
                    {for KINDS.into_iter().map(|kind| html! {
                        <label class={format!("edge-toggle edge-toggle-{}", words::edge_key(kind))}>
                            <input type="checkbox" checked={kinds.contains(&kind)} onchange={toggle(kind)} />{words::edge_kind(kind)}
                        </label>
                    })}
                    <Button onclick={on_view} testid="graph-view">{if *as_table { say::show_drawing() } else { say::show_table() }}</Button>
                </div>
                if answer.graph.nodes.is_empty() {
                    <p class="quiet empty">{say::nothing_to_draw()}</p>
                } else if *as_table {
                    <GraphTable answer={answer.clone()} {kept} />
                } else {
                    <ChainDrawing answer={answer.clone()} {kept} searched={!text.is_empty()} selected={selected.clone().map(AttrValue::from)} />
                    {legend(&props.errand)}
                }
            </div>
            if let Some(node) = selected.and_then(|id| answer.graph.nodes.iter().find(|node| node.id.0 == id)) {
                {inspect(node, &answer)}
            }
        </div>
    }
}

fn kept(graph: &planner::graph::Graph, text: &str, source: &str, kinds: &[EdgeKind]) -> Selection {
    let wanted = text.to_lowercase();
    let keeps = |node: &Node| {
        let found = node.id.0.to_lowercase().contains(&wanted) || node.description.to_lowercase().contains(&wanted);
        found && (source.is_empty() || words::source(node.source) == source)
    };
    Selection {
        nodes: graph.nodes.iter().map(keeps).collect(),
        edges: graph.edges.iter().map(|edge| kinds.contains(&edge.kind)).collect(),
    }
}

fn legend(errand: &Callback<Errand>) -> Html {
    let save = |ending: &'static str| errand.reform(move |()| Errand::Export(ending));
    html! {
        <p class="legend graph-legend">
            <svg width="26" height="14" aria-hidden="true"><path class="node-shape" d="M1 1H25V13H1Z" /></svg>{"Flyway"}
            <svg width="26" height="14" aria-hidden="true"><path class="node-shape" d="M6 1H20L25 7L20 13H6L1 7Z" /></svg>{"Alembic"}
            <svg class="is-applied" width="26" height="14" aria-hidden="true"><path class="node-shape" d="M1 1H25V13H1Z" /></svg>{say::applied()}
            {chip::phase(planner::phase::Phase::Expand)}{chip::phase(planner::phase::Phase::Migrate)}{chip::phase(planner::phase::Phase::Contract)}
            <span class="edge-key edge-key-declared">{say::edge_declared()}</span><span class="edge-key edge-key-order">{say::edge_order()}</span><span class="edge-key edge-key-object">{say::same_object()}</span>
            <span class="graph-save">{say::save_as()}
                <Button kind="link" onclick={save("svg")} testid="save-svg">{"SVG"}</Button>
                <Button kind="link" onclick={save("dot")} testid="save-dot">{"DOT"}</Button>
                <Button kind="link" onclick={save("mmd")} testid="save-mermaid">{"Mermaid"}</Button></span>
        </p>
    }
}

fn inspect(node: &Node, answer: &Answer) -> Html {
    let before: Vec<&Edge> = answer.graph.edges.iter().filter(|edge| edge.to == node.id).collect();
    let after: Vec<&Edge> = answer.graph.edges.iter().filter(|edge| edge.from == node.id).collect();
    let list = |title: &str, none: &str, edges: &[&Edge], near: fn(&Edge) -> &str| {
        html! {
            <>
                <h3>{title.to_owned()}</h3>
                if edges.is_empty() {
                    <p class="quiet">{none.to_owned()}</p>
                }
                <ul class="plain-list">{for edges.iter().map(|edge| html! {
                    <li><a href={Route::at(Page::Graph, near(edge)).href()}><code>{near(edge)}</code></a>{" "}
                        <span class={format!("edge-key edge-key-{}", words::edge_key(edge.kind))}>{words::edge_kind(edge.kind)}</span>
                        <p lang="en">{&edge.reason}</p></li>
                })}</ul>
            </>
        }
    };
    html! {
        <Inspector kind={say::migration_of(words::source(node.source))} title={node.id.0.clone()} close={Route::page(Page::Graph).href()}>
            <p>{&node.description}</p>
            <p class="chips">{chip::applied(node.applied)}{chip::phase(node.phase)}</p>
            <p><a href={Route::at(Page::Migrations, &node.id.0).href()}>{say::sql_and_findings()}</a></p>
            {list(say::comes_after(), say::nothing_before(), &before, |edge| &edge.from.0)}
            {list(say::comes_before(), say::nothing_after(), &after, |edge| &edge.to.0)}
        </Inspector>
    }
}

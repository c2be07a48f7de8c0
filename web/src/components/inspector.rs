//! What is selected, beside the page: a pane that scrolls by itself.

use yew::prelude::*;

use super::icon::Icon;

/// Properties of [`Inspector`].
#[derive(Properties, PartialEq)]
pub(crate) struct InspectorProps {
    /// What is selected.
    pub title: AttrValue,
    /// What it is, above the title.
    pub kind: AttrValue,
    /// Address without the selection.
    pub close: AttrValue,
    /// Content.
    pub children: Html,
}

/// The pane.
#[component]
pub(crate) fn Inspector(props: &InspectorProps) -> Html {
    html! {
        <aside class="inspector" aria-label={props.kind.clone()} data-testid="inspector">
            <header class="inspector-head">
                <div><p class="kicker">{&props.kind}</p><h2>{&props.title}</h2></div>
                <a class="icon-button" href={props.close.clone()} aria-label="Close">{Icon::Close.svg()}</a>
            </header>
            <div class="inspector-body">{props.children.clone()}</div>
        </aside>
    }
}

//! What is selected, beside the page: a pane that scrolls by itself.

use web_sys::HtmlElement;
use yew::prelude::*;

use super::icon::Icon;
use crate::locale::{say, use_language};

/// The link that closes it.
pub(crate) const CLOSE: &str = ".inspector-head a";

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

/// The pane. It takes the focus when something else is selected: what is read next stands there.
#[component]
pub(crate) fn Inspector(props: &InspectorProps) -> Html {
    use_language();
    let pane = use_node_ref();
    {
        let pane = pane.clone();
        use_effect_with(props.title.clone(), move |_| {
            if let Some(pane) = pane.cast::<HtmlElement>() {
                // A pane that takes no focus is still read.
                let _ = pane.focus();
            }
        });
    }
    html! {
        <aside class="inspector" ref={pane} tabindex="-1" aria-label={props.kind.clone()} data-testid="inspector">
            <header class="inspector-head">
                <div><p class="kicker">{&props.kind}</p><h2>{&props.title}</h2></div>
                <a class="icon-button" href={props.close.clone()} aria-label={say::close()}>{Icon::Close.svg()}</a>
            </header>
            <div class="inspector-body" tabindex="0" role="region" aria-label={props.title.clone()}>{props.children.clone()}</div>
        </aside>
    }
}

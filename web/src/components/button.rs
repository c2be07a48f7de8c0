//! A PatternFly button.

use yew::prelude::*;

/// Properties of [`Button`].
#[derive(Properties, PartialEq)]
pub(crate) struct ButtonProps {
    /// Its words.
    pub children: Html,
    /// What it does.
    pub onclick: Callback<()>,
    /// PatternFly's modifier: primary, secondary, danger, link, plain.
    #[prop_or("secondary".into())]
    pub kind: AttrValue,
    /// It cannot be used now.
    #[prop_or_default]
    pub disabled: bool,
    /// Name for tests.
    #[prop_or_default]
    pub testid: Option<AttrValue>,
    /// What it does, where the words do not say it all.
    #[prop_or_default]
    pub title: Option<AttrValue>,
    /// Name for screen readers, where there is only an icon.
    #[prop_or_default]
    pub label: Option<AttrValue>,
}

/// A button.
#[component]
pub(crate) fn Button(props: &ButtonProps) -> Html {
    let onclick = props.onclick.reform(|_: MouseEvent| ());
    html! {
        <button type="button" class={classes!("pf-v6-c-button", "pf-m-small", format!("pf-m-{}", props.kind))} {onclick}
            disabled={props.disabled} data-testid={props.testid.clone()} title={props.title.clone()} aria-label={props.label.clone()}>
            <span class="pf-v6-c-button__text">{props.children.clone()}</span>
        </button>
    }
}

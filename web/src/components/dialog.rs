//! What has to be decided before the page goes on, above it. The browser keeps the focus inside and closes it on Escape.

use gloo::events::EventListener;
use web_sys::HtmlDialogElement;
use yew::prelude::*;

use super::icon::Icon;
use crate::locale::{say, use_language};

/// Properties of [`Dialog`].
#[derive(Properties, PartialEq)]
pub(crate) struct DialogProps {
    /// What is decided.
    pub title: AttrValue,
    /// Name for tests.
    pub testid: AttrValue,
    /// It was closed, by Escape or by its button.
    pub onclose: Callback<()>,
    /// Content.
    pub children: Html,
}

/// The dialog. It is open as long as it is drawn.
#[component]
pub(crate) fn Dialog(props: &DialogProps) -> Html {
    use_language();
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with(props.onclose.clone(), move |onclose| {
            let listener = node.cast::<HtmlDialogElement>().map(|dialog| {
                if !dialog.open() {
                    // A browser that refuses shows it as a part of the page.
                    let _ = dialog.show_modal();
                }
                let onclose = onclose.clone();
                EventListener::new(&dialog, "close", move |_| onclose.emit(()))
            });
            move || drop(listener)
        });
    }
    let close = {
        let node = node.clone();
        Callback::from(move |_: MouseEvent| node.cast::<HtmlDialogElement>().iter().for_each(HtmlDialogElement::close))
    };
    let heading = format!("{}-title", props.testid);
    html! {
        <dialog ref={node} class="dialog" aria-labelledby={heading.clone()} data-testid={props.testid.clone()}>
            <div class="dialog-head"><h2 id={heading}>{&props.title}</h2>
                <button type="button" class="icon-button" onclick={close} aria-label={say::close()}>{Icon::Close.svg()}</button></div>
            {props.children.clone()}
        </dialog>
    }
}

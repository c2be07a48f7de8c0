//! The digest of the plan in hand: short, copyable, and stale with its reason.

use gloo::timers::callback::Timeout;
use yew::prelude::*;

use super::icon::Icon;
use crate::words;

/// Properties of [`DigestChip`].
#[derive(Properties, PartialEq)]
pub(crate) struct DigestChipProps {
    /// All 64 digits.
    pub digest: AttrValue,
    /// Why it is not what the server or an approval has.
    pub stale: Option<AttrValue>,
    /// A newer one is being worked out.
    pub planning: bool,
}

/// The chip.
#[component]
pub(crate) fn DigestChip(props: &DigestChipProps) -> Html {
    let copied = use_state(|| false);
    let onclick = {
        let (digest, copied) = (props.digest.clone(), copied.clone());
        Callback::from(move |_: MouseEvent| {
            // Without a permission to copy the full digest is still in the title.
            let _ = gloo::utils::window().navigator().clipboard().write_text(&digest);
            copied.set(true);
            let copied = copied.setter();
            Timeout::new(1_500, move || copied.set(false)).forget();
        })
    };
    let state = if props.planning {
        Some("planning")
    } else if props.stale.is_some() {
        Some("stale")
    } else {
        None
    };
    let title = props.stale.clone().unwrap_or_else(|| AttrValue::from(format!("Plan digest {}", props.digest)));
    html! {
        <span class={classes!("digest", state.map(|state| format!("is-{state}")))} {title}>
            <span class="digest-word">{"Plan"}</span>
            <code data-testid="digest" data-digest={props.digest.clone()} data-stale={props.stale.clone()}>{words::short(&props.digest).to_owned()}</code>
            if let Some(state) = state {
                <span class="digest-state">{state}</span>
            }
            <button type="button" class="icon-button" {onclick} aria-label="Copy the plan's digest">
                {if *copied { Icon::Check.svg() } else { Icon::Copy.svg() }}
            </button>
        </span>
    }
}

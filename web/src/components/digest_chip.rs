//! The digest of the plan in hand: short, copyable, and stale with its reason.

use gloo::timers::callback::Timeout;
use yew::prelude::*;

use super::icon::Icon;
use crate::locale::{say, use_language};
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
    use_language();
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
        Some(("planning", say::digest_planning()))
    } else if props.stale.is_some() {
        Some(("stale", say::digest_stale()))
    } else {
        None
    };
    let title = props.stale.clone().unwrap_or_else(|| AttrValue::from(say::digest_title(&props.digest)));
    html! {
        <span class={classes!("digest", state.map(|(state, _)| format!("is-{state}")))} {title}>
            <span class="digest-word">{say::plan()}</span>
            <code data-testid="digest" data-digest={props.digest.clone()} data-stale={props.stale.clone()}>{words::short(&props.digest).to_owned()}</code>
            if let Some((_, words)) = state {
                <span class="digest-state">{words}</span>
            }
            <button type="button" class="icon-button" {onclick} aria-label={say::copy_digest()}>
                {if *copied { Icon::Check.svg() } else { Icon::Copy.svg() }}
            </button>
        </span>
    }
}

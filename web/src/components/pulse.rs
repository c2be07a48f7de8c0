//! The sign that a run is alive: how long ago something was heard of it.

use crate::locale::{say, use_language};
use gloo::timers::callback::Interval;
use yew::prelude::*;

/// Properties of [`Pulse`].
#[derive(Properties, PartialEq)]
pub(crate) struct PulseProps {
    /// Changes with each sign of life.
    pub beat: u64,
}

/// The pulse; counts the seconds since the last sign.
#[component]
pub(crate) fn Pulse(props: &PulseProps) -> Html {
    use_language();
    let since = use_state(|| 0_u32);
    {
        let since = since.clone();
        use_effect_with(props.beat, move |_| {
            since.set(0);
            let seconds = std::rc::Rc::new(std::cell::Cell::new(0));
            let interval = Interval::new(1_000, move || {
                seconds.set(seconds.get() + 1);
                since.set(seconds.get());
            });
            move || drop(interval)
        });
    }
    let words = match *since {
        0 | 1 => say::pulse_now().to_owned(),
        seconds @ 2..30 => say::pulse_ago(&seconds.to_string()),
        seconds => say::pulse_silent(&seconds.to_string()),
    };
    html! { <p class="pulse" data-testid="pulse"><span key={props.beat} class="pulse-dot" aria-hidden="true"></span>{words}</p> }
}

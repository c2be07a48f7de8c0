//! Chips: an icon, a word, and a colour that means one thing.

use planner::effect::Blocks;
use planner::finding::Severity;
use planner::phase::Phase;
use yew::prelude::*;

use super::icon::{self, Icon};
use crate::locale::say;
use crate::places::Counts;
use crate::words;

/// Properties of [`Chip`].
#[derive(Properties, PartialEq)]
pub(crate) struct ChipProps {
    /// Icon before the word.
    pub icon: Icon,
    /// The word.
    pub text: AttrValue,
    /// Meaning, as the class `is-…`.
    #[prop_or("plain".into())]
    pub tone: AttrValue,
}

/// A chip.
#[component]
pub(crate) fn Chip(props: &ChipProps) -> Html {
    html! { <span class={classes!("chip", format!("is-{}", props.tone))}>{props.icon.svg()}<span>{&props.text}</span></span> }
}

/// What is blocked.
pub(crate) fn blocks(blocks: Blocks) -> Html {
    html! { <Chip icon={icon::of_blocks(blocks)} text={words::blocks(blocks)} tone={words::blocks_key(blocks)} /> }
}

/// The phase.
pub(crate) fn phase(phase: Phase) -> Html {
    html! { <span class={classes!("phase", format!("phase-{}", words::phase(phase)))}>{words::phase(phase)}</span> }
}

/// Applied or pending.
pub(crate) fn applied(applied: bool) -> Html {
    if applied {
        html! { <Chip icon={Icon::Check} text={say::applied()} tone="applied" /> }
    } else {
        html! { <Chip icon={Icon::Clock} text={say::pending()} /> }
    }
}

/// How many findings of each severity, worst first.
pub(crate) fn findings(counts: Counts) -> Html {
    let kinds = [
        (counts.errors, Severity::Error, say::errors as fn(&str) -> String),
        (counts.warnings, Severity::Warning, say::warnings),
        (counts.notes, Severity::Info, say::notes),
    ];
    let chips = kinds.into_iter().filter(|(count, ..)| *count > 0);
    chips
        .map(|(count, severity, noun)| {
            let tone = format!("severity-{}", words::severity_key(severity));
            html! { <Chip icon={icon::of_severity(severity)} text={words::plural(count, noun)} {tone} /> }
        })
        .collect()
}

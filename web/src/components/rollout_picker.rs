//! Live now and next: the order of migrating and deploying between two releases.

use std::rc::Rc;

use planner::matrix::{Matrix, Verdict};
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::icon;
use crate::rollout::{Move, Stage};
use crate::words;

/// Properties of [`RolloutPicker`].
#[derive(Properties, PartialEq)]
pub(crate) struct RolloutPickerProps {
    /// The matrix.
    pub matrix: Rc<Matrix>,
    /// Live now and next.
    pub pair: (String, String),
    /// The way between them; none where a release has no schema in the matrix.
    pub path: Option<Vec<Stage>>,
    /// Another pair.
    pub onchange: Callback<(String, String)>,
}

/// The picker with the way.
#[component]
pub(crate) fn RolloutPicker(props: &RolloutPickerProps) -> Html {
    let (live, next) = props.pair.clone();
    let choose = |label: &'static str, testid: &'static str, current: String, make: Callback<String>| {
        let onchange = Callback::from(move |event: Event| {
            if let Some(select) = event.target_dyn_into::<HtmlSelectElement>() {
                make.emit(select.value());
            }
        });
        html! {
            <label>{label}{" "}
                <select {onchange} data-testid={testid}>
                    {for props.matrix.releases.iter().map(|release| html! {
                        <option value={release.version.clone()} selected={release.version == current}>{&release.version}</option>
                    })}
                </select>
            </label>
        }
    };
    let on_live = props.onchange.reform({
        let next = next.clone();
        move |live| (live, next.clone())
    });
    let on_next = props.onchange.reform({
        let live = live.clone();
        move |next| (live.clone(), next)
    });
    html! {
        <section class="rollout" aria-label="Rollout" data-testid="rollout">
            <div class="rollout-pick">{choose("Live now", "rollout-live", live, on_live)}<span aria-hidden="true">{"→"}</span>{choose("next", "rollout-next", next, on_next)}</div>
            {way(props.path.as_deref())}
        </section>
    }
}

fn way(path: Option<&[Stage]>) -> Html {
    let Some(path) = path else {
        return html! { <p class="quiet">{"One of the two names no schema in the matrix, so no order can be worked out. Give it a schema in releases.toml."}</p> };
    };
    if path.is_empty() {
        return html! { <p class="quiet">{"Nothing to do: both are the same release on the same schema."}</p> };
    }
    let worst = path.iter().map(|stage| stage.verdict).max().unwrap_or_default();
    html! {
        <>
            <ol class="rollout-path">
                {for path.iter().map(|stage| {
                    let verdict = words::verdict(stage.verdict);
                    html! {
                        <li class={format!("is-verdict-{verdict}")}>
                            <strong>{match &stage.step {
                                Move::Migrate(schema) => format!("Migrate to {schema}"),
                                Move::Deploy(release) => format!("Deploy {release}"),
                            }}</strong>
                            <span>{icon::of_verdict(stage.verdict).svg()}{format!("{} on {} {verdict}", stage.release, stage.schema)}</span>
                        </li>
                    }
                })}
            </ol>
            <p class="quiet">{match worst {
                Verdict::Works => "Every state on the way works: no downtime is needed.",
                Verdict::Degraded => "Some state on the way is degraded: read its reasons before you start.",
                Verdict::Unknown => "Some state on the way is unknown: try it on a copy first.",
                Verdict::Breaks => "Some state on the way breaks: plan a downtime for it, or split the change into expand and contract.",
            }}</p>
        </>
    }
}

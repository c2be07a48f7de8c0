//! Live now and next: the order of migrating and deploying between two releases.

use std::rc::Rc;

use planner::matrix::{Matrix, Verdict};
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::icon;
use crate::locale::{say, use_language};
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
    use_language();
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
        <section class="rollout" aria-label={say::rollout()} data-testid="rollout">
            <div class="rollout-pick">{choose(say::live_now(), "rollout-live", live, on_live)}<span aria-hidden="true">{"→"}</span>{choose(say::next(), "rollout-next", next, on_next)}</div>
            {way(props.path.as_deref())}
        </section>
    }
}

fn way(path: Option<&[Stage]>) -> Html {
    let Some(path) = path else {
        return html! { <p class="quiet">{say::no_order()}</p> };
    };
    if path.is_empty() {
        return html! { <p class="quiet">{say::same_release()}</p> };
    }
    let worst = path.iter().map(|stage| stage.verdict).max().unwrap_or_default();
    html! {
        <>
            <ol class="rollout-path">
                {for path.iter().map(|stage| {
                    let verdict = words::verdict_key(stage.verdict);
                    html! {
                        <li class={format!("is-verdict-{verdict}")}>
                            <strong>{match &stage.step {
                                Move::Migrate(schema) => say::migrate_to(schema),
                                Move::Deploy(release) => say::deploy(release),
                            }}</strong>
                            <span>{icon::of_verdict(stage.verdict).svg()}{say::on_schema_verdict(&stage.release, &stage.schema, words::verdict(stage.verdict))}</span>
                        </li>
                    }
                })}
            </ol>
            <p class="quiet">{match worst {
                Verdict::Works => say::way_works(),
                Verdict::Degraded => say::way_degraded(),
                Verdict::Unknown => say::way_unknown(),
                Verdict::Breaks => say::way_breaks(),
            }}</p>
        </>
    }
}

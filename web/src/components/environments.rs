//! Where each environment is, and which release lives there.

use planner::protocol::SeenEnvironment;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::icon;
use crate::api;
use crate::words;

/// Asks the server once, and shows nothing where it knows of none.
#[component]
pub(crate) fn Environments() -> Html {
    let seen = use_state_eq(Vec::<SeenEnvironment>::new);
    {
        let seen = seen.setter();
        use_effect_with((), move |()| {
            spawn_local(async move {
                if let Ok(found) = api::environments().await {
                    seen.set(found);
                }
            });
        });
    }
    if seen.is_empty() {
        return Html::default();
    }
    html! {
        <>
            <h2 class="section-title">{"What is deployed"}</h2>
            <div class="table-frame"><table class="table" data-testid="environments">
                <thead><tr><th>{"Environment"}</th><th>{"At"}</th><th>{"Releases there"}</th><th>{"Going back from there"}</th></tr></thead>
                <tbody>{for seen.iter().map(row)}</tbody>
            </table></div>
        </>
    }
}

fn row(one: &SeenEnvironment) -> Html {
    let at = match (&one.at, &one.problem) {
        (Some(at), _) if at.is_empty() => "nothing applied",
        (Some(at), _) => at,
        (None, Some(problem)) => problem,
        (None, None) => "not known",
    };
    html! {
        <tr>
            <th scope="row">{&one.environment}</th>
            <td>{at}</td>
            <td><p class="chips">{for one.releases.iter().map(|one| html! {
                <span class={format!("chip is-verdict-{}", words::verdict(one.verdict))}>
                    {icon::of_verdict(one.verdict).svg()}{format!("{} {}", one.release, words::verdict(one.verdict))}
                </span>
            })}</p></td>
            <td class="wide">{for one.back.iter().map(|back| {
                let what = if back.lossless { "nothing is lost now".to_owned() } else { back.loses.join(" ") };
                html! { <p>{format!("To {}: {what}", back.release)}</p> }
            })}</td>
        </tr>
    }
}

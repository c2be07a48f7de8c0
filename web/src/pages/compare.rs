//! Compare: what makes two plans two?

use planner::finding::Finding;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::PageProps;
use super::plan::tools::{against, file_button};
use crate::compare::{Change, Comparison, Side, StepDifference};
use crate::components::button::Button;
use crate::components::finding_list::FindingList;
use crate::components::sql_text::SqlText;
use crate::components::standard::empty_state;
use crate::errand::Errand;
use crate::errand::beside::Plans;
use crate::message::{Answer, Other};
use crate::route::{Page, Route};
use crate::state::Action;
use crate::words;

/// The page.
#[component]
pub(crate) fn Compare(props: &PageProps) -> Html {
    let answer = match props.answer() {
        Ok(answer) => answer,
        Err(waiting) => return html! { <div class="page"><h1>{"Compare"}</h1>{waiting}</div> },
    };
    html! {
        <div class="page" data-testid="compare">
            <p class="kicker"><a href={Route::page(Page::Plan).href()}>{"Plan"}</a>{format!(" / {}", props.state.name_in_hand())}</p>
            <h1>{"Compare two plans"}</h1>
            {choice(props, &answer)}
            {match (&props.state.comparison, &props.state.other) {
                (Some(Ok(found)), _) => differences(found),
                (Some(Err(why)), Some(other)) => html! { <p class="told is-severity-error" data-testid="no-comparison">{format!("{}: {why}.", other.0)}</p> },
                (_, Some(_)) => html! { <p class="waiting" role="status">{"Planning and comparing"}</p> },
                (_, None) => empty_state("Nothing to compare with yet", html! {
                    <p>{"Choose above what the plan in hand is held against: a file that "}<code>{"flightplan plan --output"}</code>{" wrote, the plan of another environment, or the plan before you changed anything."}</p>
                }),
            }}
        </div>
    }
}

/// What to hold it against.
fn choice(props: &PageProps, answer: &Answer) -> Html {
    let state = &props.state;
    let before = props.dispatch.reform(|()| Action::Compare("The plan before your changes".to_owned(), Other::Given));
    let changed = state.opened.is_none() && !state.as_given();
    let others = answer.settings.environments.iter().filter(|name| **name != answer.settings.environment);
    let onchange = props.errand.reform(|event: Event| {
        let select = event.target_dyn_into::<HtmlSelectElement>();
        Errand::Plans(Plans::CompareEnvironment(select.map(|select| select.value()).unwrap_or_default()))
    });
    html! {
        <div class="filters">
            {file_button("A plan file…", "compare-file", against(&props.errand))}
            if others.clone().next().is_some() {
                <select aria-label="Another environment" data-testid="compare-environment" {onchange}>
                    <option value="" disabled=true selected=true>{"Another environment"}</option>
                    {for others.map(|name| html! { <option value={name.clone()}>{name}</option> })}
                </select>
            }
            if changed {
                <Button kind="link" testid="compare-given" onclick={before}>{"Before your changes"}</Button>
            }
        </div>
    }
}

fn differences(found: &Comparison) -> Html {
    let same = found.other.digest == found.hand.digest;
    html! {
        <>
            <p class="lead" role="status" data-testid="comparison" data-same={same.to_string()}>{summary(found)}</p>
            <div class="table-frame" tabindex="0" role="region" aria-label="Digests"><table class="table">
                <thead><tr><th>{"Plan"}</th><th>{"Environment"}</th><th>{"Steps"}</th><th>{"Digest"}</th></tr></thead>
                <tbody>{side(&found.label, &found.other)}{side("The plan in hand", &found.hand)}</tbody>
            </table></div>
            if !found.frame.is_empty() {
                <h2 class="section-title">{"The plans as a whole"}</h2>
                {for found.frame.iter().map(|one| change(one, &found.label))}
            }
            {named("Steps that only the plan in hand has", "added", &found.added)}
            {named(&format!("Steps that only the other has ({})", found.label), "removed", &found.removed)}
            if !found.changed.is_empty() {
                <h2 class="section-title">{"Steps that differ"}</h2>
                {for found.changed.iter().map(|one| changed(one, &found.label))}
            }
            {findings("New findings", "came", &found.came)}
            {findings("Findings that are gone", "went", &found.went)}
        </>
    }
}

/// In one sentence.
fn summary(found: &Comparison) -> String {
    if found.is_empty() {
        return if found.other.digest == found.hand.digest {
            "They are the same plan.".to_owned()
        } else {
            "Nothing that can be read differs, and the digests do: one of them was edited, or made by another version.".to_owned()
        };
    }
    let steps = |steps: usize| words::plural(steps, "step", "steps");
    let mut parts = Vec::new();
    for (count, what) in [(found.added.len(), "added"), (found.removed.len(), "removed"), (found.changed.len(), "changed")] {
        if count > 0 {
            parts.push(format!("{} {what}", steps(count)));
        }
    }
    for (count, what) in [(found.came.len(), "new"), (found.went.len(), "gone")] {
        if count > 0 {
            parts.push(format!("{} {what}", words::plural(count, "finding", "findings")));
        }
    }
    if parts.is_empty() {
        parts.push("the same steps and findings, for something else".to_owned());
    }
    let mut text = parts.join(", ");
    if let Some(first) = text.get(..1).map(str::to_uppercase) {
        text.replace_range(..1, &first);
    }
    format!("{text}.")
}

fn side(label: &str, side: &Side) -> Html {
    html! { <tr><th scope="row">{label.to_owned()}</th><td>{&side.environment}</td><td>{side.steps}</td><td><code>{&side.digest}</code></td></tr> }
}

fn named(title: &str, testid: &'static str, steps: &[StepDifference]) -> Html {
    if steps.is_empty() {
        return Html::default();
    }
    html! {
        <>
            <h2 class="section-title">{title.to_owned()}</h2>
            <ul class="lines is-left" data-testid={testid}>{for steps.iter().map(|step| html! { <li><code>{&step.id}</code><span>{&step.description}</span></li> })}</ul>
        </>
    }
}

fn changed(step: &StepDifference, label: &str) -> Html {
    html! {
        <section class="statement" data-testid="changed-step" data-step={step.id.clone()}>
            <p class="statement-head"><span><code>{&step.id}</code>{" "}{&step.description}</span></p>
            {for step.changes.iter().map(|one| change(one, label))}
        </section>
    }
}

/// Both values, the other plan's first.
fn change(change: &Change, label: &str) -> Html {
    let value = |value: &Option<String>| match value {
        None => html! { <span class="quiet">{"nothing"}</span> },
        Some(text) if change.sql => html! { <SqlText sql={text.clone()} /> },
        Some(text) if text.is_empty() => html! { <span class="quiet">{"empty"}</span> },
        Some(text) => html! { <code>{text}</code> },
    };
    html! {
        <dl class="change" data-testid="change" data-field={change.field.clone()}>
            <dt>{&change.field}</dt>
            <dd><span class="quiet">{label.to_owned()}</span>{value(&change.old)}</dd>
            <dd><span class="quiet">{"the plan in hand"}</span>{value(&change.new)}</dd>
        </dl>
    }
}

fn findings(title: &str, testid: &'static str, findings: &[Finding]) -> Html {
    if findings.is_empty() {
        return Html::default();
    }
    html! {
        <section data-testid={testid}>
            <h2 class="section-title">{title.to_owned()}</h2>
            <FindingList findings={findings.to_vec()} />
        </section>
    }
}

//! Compare: what makes two plans two?

use std::sync::Arc;

use planner::finding::Finding;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::PageProps;
use super::plan::tools::{against, file_button};
use crate::compare::{Change, Comparison, Side, StepDifference};
use crate::components::button::Button;
use crate::components::coded::coded;
use crate::components::finding_list::FindingList;
use crate::components::sql_text::SqlText;
use crate::components::standard::empty_state;
use crate::errand::Errand;
use crate::errand::beside::Plans;
use crate::locale::say;
use crate::message::{Answer, Other};
use crate::route::{Page, Route};
use crate::state::Action;
use crate::words;

/// The page.
#[component]
pub(crate) fn Compare(props: &PageProps) -> Html {
    let answer = match props.answer() {
        Ok(answer) => answer,
        Err(waiting) => return html! { <div class="page"><h1>{say::compare()}</h1>{waiting}</div> },
    };
    html! {
        <div class="page" data-testid="compare">
            <p class="kicker"><a href={Route::page(Page::Plan).href()}>{say::plan()}</a>{format!(" / {}", props.state.name_in_hand())}</p>
            <h1>{say::compare_two()}</h1>
            {choice(props, &answer)}
            {match (&props.state.comparison, &props.state.other) {
                (Some(Ok(found)), _) => differences(found),
                (Some(Err(why)), Some(other)) => html! { <p class="told is-severity-error" data-testid="no-comparison">{format!("{}: {why}.", other.0)}</p> },
                (_, Some(_)) => html! { <p class="waiting" role="status">{say::comparing()}</p> },
                (_, None) => empty_state(say::nothing_to_compare(), html! {
                    <p>{coded(say::choose_other())}</p>
                }),
            }}
        </div>
    }
}

/// What to hold it against.
fn choice(props: &PageProps, answer: &Answer) -> Html {
    let state = &props.state;
    let before = props.dispatch.reform(|()| Action::Compare(say::before_changes().to_owned(), Other::Given));
    let changed = state.opened.is_none() && !state.as_given();
    let others = answer.settings.environments.iter().filter(|name| **name != answer.settings.environment);
    let onchange = props.errand.reform(|event: Event| {
        let select = event.target_dyn_into::<HtmlSelectElement>();
        Errand::Plans(Plans::CompareEnvironment(select.map(|select| select.value()).unwrap_or_default()))
    });
    html! {
        <div class="filters">
            {file_button(say::a_plan_file(), "compare-file", against(&props.errand))}
            if others.clone().next().is_some() {
                <select aria-label={say::another_environment()} data-testid="compare-environment" {onchange}>
                    <option value="" disabled=true selected=true>{say::another_environment()}</option>
                    {for others.map(|name| html! { <option value={name.clone()}>{name}</option> })}
                </select>
            }
            if changed {
                <Button kind="link" testid="compare-given" onclick={before}>{say::before_your_changes()}</Button>
            }
        </div>
    }
}

fn differences(found: &Comparison) -> Html {
    let same = found.other.digest == found.hand.digest;
    html! {
        <>
            <p class="lead" role="status" data-testid="comparison" data-same={same.to_string()}>{summary(found)}</p>
            <div class="table-frame" tabindex="0" role="region" aria-label={say::digests()}><table class="table">
                <thead><tr><th>{say::plan()}</th><th>{say::environment()}</th><th>{say::steps_column()}</th><th>{say::digest()}</th></tr></thead>
                <tbody>{side(&found.label, &found.other)}{side(say::plan_in_hand(), &found.hand)}</tbody>
            </table></div>
            if !found.frame.is_empty() {
                <h2 class="section-title">{say::plans_whole()}</h2>
                {for found.frame.iter().map(|one| change(one, &found.label))}
            }
            {named(say::only_in_hand(), "added", &found.added)}
            {named(&say::only_in_other(&found.label), "removed", &found.removed)}
            if !found.changed.is_empty() {
                <h2 class="section-title">{say::steps_differ()}</h2>
                {for found.changed.iter().map(|one| changed(one, &found.label))}
            }
            {findings(say::new_findings(), "came", &found.came)}
            {findings(say::gone_findings(), "went", &found.went)}
        </>
    }
}

/// In one sentence.
fn summary(found: &Comparison) -> String {
    if found.is_empty() {
        return if found.other.digest == found.hand.digest {
            say::same_plan().to_owned()
        } else {
            say::digests_differ().to_owned()
        };
    }
    let told = [
        (found.added.len(), say::steps_added as fn(&str) -> String),
        (found.removed.len(), say::steps_removed),
        (found.changed.len(), say::steps_changed),
        (found.came.len(), say::findings_new),
        (found.went.len(), say::findings_gone),
    ];
    let parts: Vec<String> =
        told.into_iter().filter(|(count, _)| *count > 0).map(|(count, noun)| words::plural(count, noun)).collect();
    let text = if parts.is_empty() { say::same_for_else().to_owned() } else { parts.join(", ") };
    [&words::capital(&text).unwrap_or_default(), "."].concat()
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
            <ul class="lines is-left" data-testid={testid}>{for steps.iter().map(|step| html! { <li><code>{&step.id}</code><span lang="en">{&step.description}</span></li> })}</ul>
        </>
    }
}

fn changed(step: &StepDifference, label: &str) -> Html {
    html! {
        <section class="statement" data-testid="changed-step" data-step={step.id.clone()}>
            <p class="statement-head"><span><code>{&step.id}</code>{" "}<span lang="en">{&step.description}</span></span></p>
            {for step.changes.iter().map(|one| change(one, label))}
        </section>
    }
}

/// Both values, the other plan's first.
fn change(change: &Change, label: &str) -> Html {
    let value = |value: &Option<String>| match value {
        None => html! { <span class="quiet">{say::change_nothing()}</span> },
        Some(text) if change.sql => html! { <SqlText sql={text.clone()} /> },
        Some(text) if text.is_empty() => html! { <span class="quiet">{say::change_empty()}</span> },
        Some(text) => html! { <code>{text}</code> },
    };
    html! {
        <dl class="change" data-testid="change" data-field={change.field.clone()}>
            <dt>{&change.field}</dt>
            <dd><span class="quiet">{label.to_owned()}</span>{value(&change.old)}</dd>
            <dd><span class="quiet">{say::in_hand()}</span>{value(&change.new)}</dd>
        </dl>
    }
}

fn findings(title: &str, testid: &'static str, findings: &[Arc<Finding>]) -> Html {
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

//! Going back to the state before a run: what goes back, what is lost, and the name that is typed before it does.

use planner::protocol::{RollBack, SeenWayBack, StepBack};
use yew::prelude::*;

use crate::components::button::Button;
use crate::components::chip::Chip;
use crate::components::dialog::Dialog;
use crate::components::icon::Icon;
use crate::components::sql_text::SqlText;
use crate::components::typed_name::{accept_loss, sentences, typed_name};
use crate::errand::Errand;
use crate::locale::{say, use_language};
use crate::words::{self, on_page};

/// Properties of [`Back`].
#[derive(Properties, PartialEq)]
pub(super) struct BackProps {
    /// The run that is over.
    pub run: String,
    /// Its environment.
    pub environment: String,
    /// The way back as it was looked at last; none: it is being looked at.
    pub seen: Option<Result<SeenWayBack, String>>,
    /// The reader may run here.
    pub may: bool,
    /// To look, and to go.
    pub errand: Callback<Errand>,
}

/// The button and its dialog. What would be lost is looked at anew each time it is opened.
#[component]
pub(super) fn Back(props: &BackProps) -> Html {
    use_language();
    let open = use_state_eq(|| false);
    let typed = use_state_eq(String::new);
    let accepted = use_state_eq(|| false);
    let look = {
        let (errand, run) = (props.errand.clone(), props.run.clone());
        let (open, typed, accepted) = (open.setter(), typed.setter(), accepted.setter());
        Callback::from(move |()| {
            errand.emit(Errand::WayBack(run.clone()));
            typed.set(String::new());
            accepted.set(false);
            open.set(true);
        })
    };
    let onclose = {
        let open = open.setter();
        Callback::from(move |()| open.set(false))
    };
    let go = {
        let (errand, run, open) = (props.errand.clone(), props.run.clone(), open.setter());
        let asked = RollBack { confirm: (*typed).clone(), accept_loss: *accepted };
        Callback::from(move |()| {
            errand.emit(Errand::RollBack(run.clone(), asked.clone()));
            open.set(false);
        })
    };
    html! {
        <div class="decision">
            <Button testid="roll-back" onclick={look} disabled={!props.may} title={say::roll_back_title()}>
                {say::roll_back_run()}</Button>
            if *open {
                <Dialog title={say::roll_back_on(&props.environment)} testid="way-back" {onclose}>
                    {match &props.seen {
                        None => html! { <p class="waiting" role="status">{say::looking_back()}</p> },
                        Some(Err(why)) => html! { <p class="told is-severity-error" lang="en" data-testid="no-way-back">{why}</p> },
                        Some(Ok(seen)) if seen.steps.is_empty() => html! {
                            <>
                                <p data-testid="no-way-back">{say::nothing_back()}</p>
                                {sentences(say::what_stays(), "stays", "plain", &seen.stays)}
                            </>
                        },
                        Some(Ok(seen)) => ahead(seen, &typed, &accepted, go),
                    }}
                </Dialog>
            }
        </div>
    }
}

/// What would be done, and the button that does it.
fn ahead(seen: &SeenWayBack, typed: &UseStateHandle<String>, accepted: &UseStateHandle<bool>, go: Callback<()>) -> Html {
    let to = if seen.to.is_empty() { say::empty_history().to_owned() } else { seen.to.clone() };
    let steps = words::amount(seen.steps.len());
    let ready = **typed == seen.database && seen.refusals.is_empty() && (seen.losses.is_empty() || **accepted);
    let refusals: Vec<String> = seen.refusals.iter().filter_map(|line| on_page(line)).collect();
    // What is lost and what keeps it from being gone come before the steps: they decide.
    html! {
        <>
            <p>{say::goes_back(&seen.database, &to, &steps)}</p>
            {sentences(say::what_keeps(), "refusals", "severity-error", &refusals)}
            {sentences(say::what_is_lost(), "losses", "severity-warning", &seen.losses)}
            {sentences(say::what_stays(), "stays", "plain", &seen.stays)}
            <ol class="back-steps">{for seen.steps.iter().map(step)}</ol>
            <div class="confirm">
                if !seen.losses.is_empty() {
                    {accept_loss(accepted)}
                }
                {typed_name(&seen.database, typed)}
                <div class="actions"><Button kind="danger" testid="roll-back-now" onclick={go} disabled={!ready}>{say::take_back(&steps, &seen.database)}</Button></div>
            </div>
        </>
    }
}

fn step(step: &StepBack) -> Html {
    let (words, tone) =
        if step.lossless { (say::loses_nothing(), "plain") } else { (say::loses_something(), "severity-warning") };
    html! {
        <li><div class="back-step">
            <span class="step-words" lang="en">{&step.description}</span>
            <span class="chips"><Chip icon={Icon::Back} text={words} {tone} />
                if step.derived {
                    <Chip icon={Icon::Note} text={say::derived_none()} />
                }
            </span>
            if !step.sql.is_empty() {
                <details><summary>{words::plural(step.sql.len(), say::statements)}</summary>
                    {for step.sql.iter().map(|sql| html! { <SqlText sql={sql.clone()} /> })}</details>
            }
        </div></li>
    }
}

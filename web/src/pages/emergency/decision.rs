//! What a person decides in an emergency: to begin, what became of a step, to go on, to give up. Each with the name typed.

use planner::protocol::emergency::{Emergency, GiveUpEmergency, SeenEmergency, Settled, StartEmergency, StepState};
use yew::prelude::*;

use super::steps::words_of;

use crate::components::button::Button;
use crate::components::typed_name::{accept_loss, typed_name};
use crate::errand::Errand;
use crate::errand::emergency::Call;
use crate::locale::say;
use crate::state::emergency::{may_be_settled, next};

/// What is decided on, and what was written and ticked for it.
pub(super) struct Decision<'a> {
    /// The playbook as it was seen last.
    pub seen: &'a SeenEmergency,
    /// The emergency that is not over.
    pub open: Option<&'a Emergency>,
    /// The reader may run here.
    pub may: bool,
    /// The name that was typed.
    pub typed: &'a UseStateHandle<String>,
    /// What is lost was accepted.
    pub accepted: &'a UseStateHandle<bool>,
    /// To act.
    pub errand: &'a Callback<Errand>,
}

/// The form. What was typed is gone after each decision, so that each is confirmed by itself.
pub(super) fn form(props: &Decision<'_>) -> Html {
    let Decision { seen, typed, accepted, .. } = *props;
    if seen.under_way {
        return html! { <p class="quiet" data-testid="emergency-moves">{if props.open.is_some() { say::goes_on_alone() } else { say::just_ended() }}</p> };
    }
    if !props.may {
        return html! { <p class="quiet">{say::read_only()}</p> };
    }
    let named = **typed == seen.database;
    let act = |call: Call| {
        let (errand, typed, accepted) = (props.errand.clone(), typed.setter(), accepted.setter());
        Callback::from(move |()| {
            errand.emit(Errand::Emergency(call.clone()));
            typed.set(String::new());
            accepted.set(false);
        })
    };
    let start = |settle: Option<Settled>| {
        let (environment, confirm) = (seen.environment.clone(), (**typed).clone());
        act(Call::Start(StartEmergency { environment, confirm, accept_loss: **accepted, settle }))
    };
    let give_up = act(Call::GiveUp(GiveUpEmergency { environment: seen.environment.clone(), confirm: (**typed).clone() }));
    html! {
        <section class="confirm" aria-label={say::decision()}>
            if let Some(open) = props.open {
                {asked(open)}
                {typed_name(&seen.database, typed)}
                <div class="actions">
                    {on(open, named, &start)}
                    <Button testid="give-up" onclick={give_up} disabled={!named} title={say::give_up_title()}>{say::give_up()}</Button>
                </div>
            } else {
                if !seen.losses.is_empty() {
                    {accept_loss(accepted)}
                }
                {typed_name(&seen.database, typed)}
                <div class="actions"><Button kind="danger" testid="begin" onclick={start(None)} disabled={!named || !(seen.losses.is_empty() || **accepted)}>
                    {say::stop_and_take_back(&seen.database)}</Button></div>
            }
        </section>
    }
}

/// What is asked of the person.
fn asked(open: &Emergency) -> Html {
    let words = match next(open).map(|record| (words_of(record.step), record.state)) {
        Some((step, StepState::Failed)) => say::asked_failed(step),
        Some((step, StepState::Begun)) => say::asked_begun(step),
        Some((step, _)) => say::asked_left(step),
        None => say::asked_done().to_owned(),
    };
    html! { <p class="told is-severity-warning" data-testid="asked">{words}</p> }
}

/// The ways to go on from the next step.
fn on(open: &Emergency, named: bool, start: &impl Fn(Option<Settled>) -> Callback<()>) -> Html {
    let record = next(open);
    let begun = record.is_some_and(|record| record.state != StepState::Pending);
    let settled = record.is_some_and(may_be_settled);
    html! {
        <>
            if settled {
                <Button testid="settle-done" onclick={start(Some(Settled::Done))} disabled={!named} title={say::settle_title()}>{say::it_is_done()}</Button>
            }
            if begun {
                <Button kind="danger" testid="settle-again" onclick={start(Some(Settled::Again))} disabled={!named}>{say::do_it_again()}</Button>
            } else {
                <Button kind="danger" testid="go-on" onclick={start(None)} disabled={!named}>{say::emergency_go_on()}</Button>
            }
        </>
    }
}

//! The steps of a playbook: what each would do, and how it went.

use planner::protocol::emergency::{Emergency, Step, StepAhead, StepRecord, StepState};
use yew::prelude::*;

use crate::components::chip::Chip;
use crate::components::icon::Icon;
use crate::words::{self, moment};

/// All five, with what they would do where that is known, and with their record where one goes through them.
pub(super) fn list(ahead: &[StepAhead], emergency: Option<&Emergency>) -> Html {
    if ahead.is_empty() && emergency.is_none() {
        return Html::default();
    }
    html! {
        <ol class="playbook">{for Step::ALL.into_iter().enumerate().map(|(at, step)| {
            let record = emergency.and_then(|emergency| emergency.steps.iter().find(|record| record.step == step));
            let would = ahead.iter().find(|ahead| ahead.step == step).map_or(&[] as &[String], |ahead| ahead.would.as_slice());
            one(at + 1, step, record, would)
        })}</ol>
    }
}

/// A step that is done says what was seen; the others say what they would do, too.
fn one(number: usize, step: Step, record: Option<&StepRecord>, would: &[String]) -> Html {
    let state = record.map(|record| record.state);
    let notes = record.map_or(&[] as &[String], |record| record.notes.as_slice());
    let would = if state == Some(StepState::Done) { &[] } else { would };
    // How it stands is on its chip.
    let would: Vec<&str> = would.iter().map(String::as_str).filter(|line| !is_stand(line)).collect();
    html! {
        <li data-testid="playbook-step" data-step={step.word()} data-state={state.map(state_word)}>
            <div class="playbook-head"><strong>{format!("{number}. {}", step.words())}</strong>
                {state.map(state_chip)}
                <span class="quiet">{record.map(when)}</span></div>
            if !would.is_empty() {
                <p class="would">{would.join("\n")}</p>
            }
            if !notes.is_empty() {
                <ul class="notes">{for notes.iter().map(|note| html! { <li>{note}</li> })}</ul>
            }
        </li>
    }
}

fn is_stand(line: &str) -> bool {
    line.starts_with("it is ") && line.ends_with(" already")
}

fn when(record: &StepRecord) -> String {
    let mut told = match (&record.finished_at, &record.began_at) {
        (Some(finished), _) => format!("{}, {}", moment(finished), words::duration(record.ms)),
        (None, Some(began)) => format!("begun {}", moment(began)),
        (None, None) => String::new(),
    };
    if record.attempts > 1 {
        told = format!("{told}, {}", words::plural(record.attempts as usize, "attempt", "attempts"));
    }
    if let Some(who) = &record.settled_by {
        told = format!("{told}, done as {who} says");
    }
    told
}

const fn state_word(state: StepState) -> &'static str {
    match state {
        StepState::Pending => "pending",
        StepState::Begun => "begun",
        StepState::Done => "done",
        StepState::Failed => "failed",
    }
}

fn state_chip(state: StepState) -> Html {
    let (icon, tone) = match state {
        StepState::Pending => (Icon::Clock, "run-pending"),
        StepState::Begun => (Icon::Play, "run-running"),
        StepState::Done => (Icon::Check, "run-done"),
        StepState::Failed => (Icon::Cross, "run-failed"),
    };
    html! { <Chip {icon} text={state_word(state)} {tone} /> }
}

//! The steps of a playbook: what each would do, and how it went.

use planner::protocol::emergency::{Emergency, Step, StepAhead, StepRecord, StepState};
use yew::prelude::*;

use crate::components::chip::Chip;
use crate::components::coded::coded;
use crate::components::icon::Icon;
use crate::locale::say;
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
    // How a step under way stands is on its chip.
    let (run, would): (Vec<&String>, Vec<&String>) = would.iter().partition(|line| is_statement(line));
    let would = would.into_iter().filter(|line| !is_stand(line)).filter_map(|line| says(step, line));
    let would: Vec<String> = would.collect();
    let notes: Vec<String> = notes.iter().filter_map(|note| words::on_page(note)).collect();
    html! {
        <li data-testid="playbook-step" data-step={step.word()} data-state={state.map(state_key)}>
            <div class="playbook-head"><strong>{format!("{number}. {}", words_of(step))}</strong>
                {state.map(state_chip)}
                <span class="quiet">{record.map(when)}</span></div>
            if !would.is_empty() {
                <p class="would">{coded(&would.join("\n"))}</p>
            }
            if !run.is_empty() {
                <details class="would-run"><summary>{words::plural(run.len(), say::sql_lines)}</summary>
                    <pre class="sql" tabindex="0"><code>{run.iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n")}</code></pre></details>
            }
            if !notes.is_empty() {
                <ul class="notes" lang="en">{for notes.iter().map(|note| html! { <li>{note}</li> })}</ul>
            }
        </li>
    }
}

/// The statements of a way back stand below what they do.
fn is_statement(line: &str) -> bool {
    line.starts_with("     ")
}

/// What a step would do in the words of the page; the command line's check says only whether it is so.
fn says(step: Step, line: &str) -> Option<String> {
    Some(match (step, line) {
        (Step::Stop, "now: it is not so") => say::not_stopped().to_owned(),
        (Step::Stop, "now: it is so already") => say::stopped_already().to_owned(),
        (Step::Start, "now: it is not so") => say::not_started().to_owned(),
        (Step::Start, "now: it is so already") => say::started_already().to_owned(),
        _ => return words::on_page(line).and_then(|line| words::capital(&line)),
    })
}

fn is_stand(line: &str) -> bool {
    line.starts_with("it is ") && line.ends_with(" already")
}

fn when(record: &StepRecord) -> String {
    let mut told = match (&record.finished_at, &record.began_at) {
        (Some(finished), _) => format!("{}, {}", moment(finished), words::duration(record.ms)),
        (None, Some(began)) => say::begun_at(&moment(began)),
        (None, None) => String::new(),
    };
    if record.attempts > 1 {
        told = format!("{told}, {}", words::plural(record.attempts as usize, say::attempts));
    }
    if let Some(who) = &record.settled_by {
        told = format!("{told}, {}", say::done_as_says(who));
    }
    told
}

/// A step as a command.
pub(super) fn words_of(step: Step) -> &'static str {
    match step {
        Step::Stop => say::step_stop(),
        Step::RollBack => say::step_roll_back(),
        Step::Verify => say::step_verify(),
        Step::Start => say::step_start(),
        Step::Watch => say::step_watch(),
    }
}

fn state_word(state: StepState) -> &'static str {
    match state {
        StepState::Pending => say::step_pending(),
        StepState::Begun => say::step_begun(),
        StepState::Done => say::step_done(),
        StepState::Failed => say::step_failed(),
    }
}

/// For tests.
const fn state_key(state: StepState) -> &'static str {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_told_in_words_of_the_page() {
        assert_eq!(says(Step::Stop, "now: it is not so").as_deref(), Some("Now: the application is not stopped."));
        assert_eq!(says(Step::Start, "now: it is so already").as_deref(), Some("Now: the application is started already."));
        assert_eq!(says(Step::RollBack, "Nothing was changed."), None);
        assert!(is_statement("     DROP TABLE users;") && !is_statement("   - 500 rows now"));
    }
}

//! One run: the honest sentence, the pulse, the steps, the button that stops it.

use planner::protocol::{BatchProgress, Run, RunEvent, RunEventKind, RunState};
use web_sys::{HtmlInputElement, InputEvent};
use yew::prelude::*;

use super::back::Back;
use super::state_chip;
use super::stop::{self, Stop};
use crate::components::batch_chart::BatchChart;
use crate::components::button::Button;
use crate::components::pulse::Pulse;
use crate::errand::Errand;
use crate::locale::say;
use crate::pages::PageProps;
use crate::route::{Page, Route};
use crate::words::{self, moment};

/// The run.
pub(super) fn view(run: &Run, props: &PageProps) -> Html {
    let events = props.state.events.get(&run.id).map_or(&[] as &[RunEvent], Vec::as_slice);
    let live = matches!(run.state, RunState::Pending | RunState::Running);
    let over = matches!(run.state, RunState::Done | RunState::Failed | RunState::Stopped);
    let tell = |wish: &'static str| {
        let (errand, id) = (props.errand.clone(), run.id.clone());
        Callback::from(move |()| errand.emit(Errand::Tell(id.clone(), wish)))
    };
    let paused = matches!(events.last().map(|event| &event.kind), Some(RunEventKind::Waiting { reason, .. }) if reason.starts_with("Paused"));
    let may_run = props.state.may("run");
    let beat = events.last().map_or(0, |event| event.sequence);
    html! {
        <div class="page">
            <p class="kicker"><a href={Route::page(Page::Runs).href()}>{say::runs()}</a>{" / "}{say::environment_on(&run.environment, &run.target)}</p>
            <div class="page-head">
                <div>
                    <h1 class="run-sentence" data-testid="run-state" data-state={run.state.word()}><span role="status">{sentence(run)}</span></h1>
                    <p class="chips">{state_chip(run.state)}<span class="quiet">{say::run_started_by(words::short(&run.digest), &run.actor, &moment(&run.started_at))}</span></p>
                    if live {
                        <Pulse {beat} />
                    }
                </div>
                if let Some(gate) = run.gate.clone().or_else(|| live.then(|| left_closed(events)).flatten()) {
                    <OpenGate key={gate.clone()} run={run.id.clone()} gate={gate.clone()} errand={props.errand.clone()} may={props.state.may("gate")} waits={run.gate.is_some()} />
                }
                if live {
                    <div class="decision">
                        if paused {
                            <Button testid="resume" onclick={tell("resume")} disabled={!may_run}>{say::go_on()}</Button>{" "}
                        } else {
                            <Button testid="pause" onclick={tell("pause")} disabled={!may_run} title={say::pause_title()}>{say::pause()}</Button>{" "}
                        }
                        <Stop environment={run.environment.clone()} database={stop::database(&run.target).to_owned()} may={may_run} onstop={tell("cancel")}
                            leaves={stop::leaves(run, props.state.answer.as_ref().map(|answer| &answer.plan))} />
                        <p class="quiet">{say::stop_what()}</p>
                    </div>
                }
                if over {
                    <Back run={run.id.clone()} environment={run.environment.clone()} seen={props.state.ways_back.get(&run.id).cloned()} may={may_run} errand={props.errand.clone()} />
                }
            </div>
            if let Some(progress) = run.progress.as_ref() {
                {batches(progress)}
            }
            <BatchChart batches={of_newest(events)} />
            <h2 class="section-title">{say::what_happened()}</h2>
            {log(events)}
        </div>
    }
}

#[derive(Properties, PartialEq)]
struct OpenGateProps {
    run: String,
    gate: String,
    errand: Callback<Errand>,
    /// The reader may open gates here.
    may: bool,
    /// The run waits at it.
    waits: bool,
}

/// The gate that a run had come to when its server took it over: it comes there again in a moment, and a reason that is being
/// written is not lost meanwhile.
fn left_closed(events: &[RunEvent]) -> Option<String> {
    let newest = events.iter().rev().find_map(|event| match &event.kind {
        RunEventKind::AtGate { gate, .. } => Some(Some(gate.clone())),
        RunEventKind::GateOpened { .. } | RunEventKind::Finished { .. } => Some(None),
        _ => None,
    });
    newest.flatten()
}

/// Opens a gate once its reason is written.
#[component]
fn OpenGate(props: &OpenGateProps) -> Html {
    let reason = use_state_eq(String::new);
    let oninput = {
        let reason = reason.setter();
        Callback::from(move |event: InputEvent| reason.set(event.target_unchecked_into::<HtmlInputElement>().value()))
    };
    let open = {
        let (errand, run, gate, reason) = (props.errand.clone(), props.run.clone(), props.gate.clone(), reason.clone());
        Callback::from(move |()| errand.emit(Errand::OpenGate(run.clone(), gate.clone(), (*reason).clone())))
    };
    let written = !reason.trim().is_empty();
    html! {
        <div class="decision" data-gate={props.gate.clone()}>
            <label class="reason">{say::why_open()}<input type="text" value={(*reason).clone()} {oninput} data-testid="gate-reason" /></label>
            <Button kind="primary" testid="open-gate" onclick={open} disabled={!written || !props.may || !props.waits}>{say::open_gate(&props.gate)}</Button>
            <p class="quiet">{if props.may { say::gate_note() } else { say::gate_denied() }}</p>
        </div>
    }
}

/// Where it is, in one sentence.
fn sentence(run: &Run) -> String {
    let at = (run.steps_done + 1).min(run.steps.max(1));
    let (at, of) = (at.to_string(), run.steps.to_string());
    match run.state {
        RunState::Pending => say::sentence_pending(&of),
        RunState::Running => {
            let where_in = run.progress.as_ref().map_or_else(|| tail(&run.message), progress);
            say::sentence_running(&at, &of, &where_in)
        }
        RunState::Done => say::sentence_done(&of),
        RunState::Failed => say::sentence_failed(&at, &of, &run.message),
        RunState::Waiting => say::sentence_waiting(&at, &of, &tail(&run.message)),
        RunState::Stopped => say::sentence_stopped(&run.steps_done.to_string(), &of, &tail(&run.message)),
    }
}

fn tail(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

fn progress(progress: &BatchProgress) -> String {
    let of = progress.batches.map_or(String::new(), |all| {
        let share = progress.batch.saturating_mul(100).checked_div(all).unwrap_or(100).min(100);
        say::progress_of(&words::count(all), &share.to_string())
    });
    let left = progress.eta_ms.filter(|(_, high)| *high > 0);
    let left = left.map_or(String::new(), |ms| say::progress_left(&words::range(ms)));
    [say::progress_batch(&words::count(progress.batch)), of, left].concat()
}

fn batches(progress: &BatchProgress) -> Html {
    html! {
        <section class="run-batches" data-testid="run-batches">
            if let Some(all) = progress.batches {
                <progress max={all.to_string()} value={progress.batch.to_string()}>{say::of(&progress.batch.to_string(), &all.to_string())}</progress>
            }
            <p>{say::rows_changed(&words::count(progress.rows), &progress.statement, &words::duration(progress.last_ms))}</p>
        </section>
    }
}

/// The batches of the statement that had the newest one.
fn of_newest(events: &[RunEvent]) -> Vec<BatchProgress> {
    let batches =
        || events.iter().filter_map(|event| if let RunEventKind::Batch(batch) = &event.kind { Some(batch) } else { None });
    let newest = batches().next_back().map(|batch| &batch.statement);
    batches().filter(|batch| Some(&batch.statement) == newest).cloned().collect()
}

/// The events, newest first; of the batches only the newest of each row of them.
fn log(events: &[RunEvent]) -> Html {
    if events.is_empty() {
        return html! { <p class="quiet empty">{say::nothing_reported()}</p> };
    }
    let is_batch = |event: &RunEvent| matches!(event.kind, RunEventKind::Batch(_));
    let shown = events.iter().enumerate().filter(|(at, event)| !(is_batch(event) && events.get(at + 1).is_some_and(is_batch)));
    let lines: Vec<Html> = shown
        .map(|(_, event)| html! { <li key={event.sequence}><time>{moment(&event.at)}</time><span>{words_of(&event.kind)}</span></li> })
        .collect();
    html! { <ol class="run-log" data-testid="run-log">{for lines.into_iter().rev()}</ol> }
}

fn words_of(kind: &RunEventKind) -> String {
    match kind {
        RunEventKind::Started { steps } => say::event_started(&steps.to_string()),
        RunEventKind::StepStarted { number, description, step } => say::event_step(&number.to_string(), step, description),
        RunEventKind::Batch(batch) => say::event_batch(&batch.statement, &progress(batch), &words::count(batch.rows)),
        RunEventKind::Waiting { reason, .. } => say::event_waits(reason),
        RunEventKind::Checked { statement, before, changed, after, .. } => {
            let before = before.map(|rows| say::event_before(&words::count(rows))).unwrap_or_default();
            let after = after.map(|rows| say::event_after(&words::count(rows))).unwrap_or_default();
            say::event_checked(statement, &before, &words::count(*changed), &after)
        }
        RunEventKind::Kept { table, rows, keys, .. } => say::event_kept(&words::count(*rows), &keys.join(", "), table),
        RunEventKind::Captured { step, statements } => say::event_captured(step, &words::amount(statements.len())),
        RunEventKind::AtGate { gate, reason, .. } => say::event_at_gate(gate, reason),
        RunEventKind::GateOpened { gate, by, reason, .. } => say::event_opened(by, gate, reason),
        RunEventKind::StepDone { step, duration_ms } => say::event_done(step, &words::duration(*duration_ms)),
        RunEventKind::Finished { state, message } => {
            [words::capital(words::run_state(*state)).unwrap_or_default(), tail(message)].concat()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_batch_is_told_with_its_share_and_the_time_left() {
        let progress = BatchProgress {
            batch: 88,
            batches: Some(412),
            rows: 440_000,
            eta_ms: Some((480_000, 480_000)),
            ..BatchProgress::default()
        };
        let run = Run { state: RunState::Running, steps: 12, steps_done: 6, progress: Some(progress), ..Run::default() };
        assert_eq!(sentence(&run), "Step 7 of 12, batch 88 of 412, 21 %, about 8 minutes left");
    }

    #[test]
    fn an_ended_run_says_how_and_where() {
        let run = |state, message: &str| Run { state, steps: 3, steps_done: 1, message: message.to_owned(), ..Run::default() };
        assert_eq!(sentence(&run(RunState::Failed, "column b exists")), "Failed in step 2 of 3: column b exists");
        assert_eq!(sentence(&run(RunState::Stopped, "by ann")), "Stopped after 1 of 3 steps: by ann");
    }
}

//! Home: what waits for the reader, and what is deployed where.

use planner::protocol::{Run, RunState, WaitingGate};
use yew::prelude::*;

use super::runs::{list, to_emergency};
use super::{PageProps, waiting};
use crate::components::chip;
use crate::components::drop_zone::DropZone;
use crate::components::environments::Environments;
use crate::components::step_card;
use crate::errand::Errand;
use crate::locale::say;
use crate::message::Answer;
use crate::places::Counts;
use crate::route::{Page, Route};
use crate::state::{Server, State};
use crate::words;

/// Runs that are listed here; the others are on their own page.
const RUNS: usize = 5;

/// The page.
#[component]
pub(crate) fn Home(props: &PageProps) -> Html {
    let state = &props.state;
    let served = matches!(state.server, Server::Present(_));
    {
        let errand = props.errand.clone();
        use_effect_with((served, state.ended_runs), move |(served, _)| {
            if *served {
                errand.emit(Errand::Gates);
                errand.emit(Errand::Runs);
            }
        });
    }
    let Some(answer) = state.answer.clone() else {
        return html! { <div class="page"><h1>{say::home()}</h1>{waiting(state, &props.errand)}</div> };
    };
    let items = waits(state, &answer);
    html! {
        <div class="page">
            <h1>{title(&answer)}</h1>
            <h2 class="section-title">{say::waits_for_you()}</h2>
            if items.is_empty() {
                <p class="quiet empty" data-testid="waits-none">{say::waits_none()}</p>
            } else {
                <ul class="waits" data-testid="waits">{for items.into_iter()}</ul>
            }
            if served {
                <Environments state={state.clone()} errand={props.errand.clone()} />
                if state.may("run") {
                    {to_emergency(&answer.settings.environment)}
                }
                if let Some(runs) = state.runs.as_ref().filter(|runs| !runs.is_empty()) {
                    <h2 class="section-title">{say::newest_runs()}</h2>
                    {list(runs.get(..RUNS).or(Some(runs)))}
                }
            } else {
                <DropZone errand={props.errand.clone()} compact=true />
            }
        </div>
    }
}

fn title(answer: &Answer) -> String {
    let name = &answer.settings.project;
    if name.is_empty() { say::home().to_owned() } else { name.clone() }
}

/// One line of what waits: in words, with the link that leads there.
fn item(tone: &str, words: String, chips: Html, route: &Route, link: &str) -> Html {
    html! {
        <li class={format!("wait is-{tone}")}>
            <span class="wait-words">{words}</span><span class="chips">{chips}</span>
            <a class="pf-v6-c-button pf-m-small pf-m-secondary" href={route.href()}>{link.to_owned()}</a>
        </li>
    }
}

/// Gates first, they hold something up; then runs, then the plan in hand.
fn waits(state: &State, answer: &Answer) -> Vec<Html> {
    let runs = state.runs.as_deref().unwrap_or_default();
    let gates = state.gates.iter().filter(|gate| gate.opened.is_none()).map(gate);
    gates.chain(newest(runs).filter_map(run)).chain(plan(state, answer)).collect()
}

fn gate(waiting: &WaitingGate) -> Html {
    let words = say::waits_at_gate(&waiting.environment, &waiting.gate.name, &waiting.gate.waits_for);
    item("unknown", words, Html::default(), &Route::at(Page::Runs, &waiting.run), say::look_and_open())
}

/// The newest run of each environment: what came after a failed one has mended it.
fn newest(runs: &[Run]) -> impl Iterator<Item = &Run> {
    runs.iter()
        .enumerate()
        .filter(|(at, run)| !runs.get(..*at).unwrap_or_default().iter().any(|newer| newer.environment == run.environment))
        .map(|(_, run)| run)
}

fn run(run: &Run) -> Option<Html> {
    let (tone, words, link) = match run.state {
        RunState::Failed => ("severity-error", say::last_failed(&run.environment, &run.message), say::see_where()),
        RunState::Stopped => {
            let words = say::last_stopped(&run.environment, &run.steps_done.to_string(), &run.steps.to_string());
            ("severity-warning", words, say::see_where())
        }
        RunState::Pending | RunState::Running => {
            let words = say::under_way(&run.environment, &run.steps_done.to_string(), &run.steps.to_string());
            ("run-running", words, say::watch_it())
        }
        RunState::Done | RunState::Waiting => return None,
    };
    Some(item(tone, words, Html::default(), &Route::at(Page::Runs, &run.id), link))
}

fn plan(state: &State, answer: &Answer) -> Option<Html> {
    let plan = &answer.plan;
    let worst = plan.steps.iter().map(step_card::blocks).max();
    // As the page says that the line leads to.
    let chips = |findings| html! { <>{worst.map(chip::blocks)}{chip::findings(Counts::of(findings))}</> };
    let blocking = answer.findings.iter().filter(|finding| finding.blocking).count();
    if blocking > 0 {
        let words = say::findings_keep(&words::amount(blocking));
        return Some(item("severity-error", words, chips(&answer.findings), &Route::page(Page::Migrations), say::mend_them()));
    }
    if plan.steps.is_empty() {
        return None;
    }
    let what = say::steps_for(&words::amount(plan.steps.len()), &plan.environment);
    let (words, link) = match state.served() {
        None => (say::planned_here(&what), say::review_plan()),
        Some(served) if !served.target.reachable => (say::planned_alone(&what), say::review_plan()),
        Some(served) => {
            let given = state.approvals_in_hand();
            let missing = (plan.approvals as usize).saturating_sub(given.len());
            let mine = given.iter().any(|approval| approval.approver == served.user);
            match (missing, mine, state.may("approve")) {
                (0, ..) => (say::can_run(&what), say::open_plan()),
                (_, true, _) => (say::you_approved(&what, &missing.to_string()), say::open_plan()),
                (_, false, true) => (say::wait_for_you(&what), say::review_plan()),
                (_, false, false) => (say::wait_for_others(&what), say::read_plan()),
            }
        }
    };
    Some(item("schema-changes", words, chips(&plan.findings), &Route::page(Page::Plan), link))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_environment_the_newest_run_counts() {
        let run = |id: &str, environment: &str| Run { id: id.to_owned(), environment: environment.to_owned(), ..Run::default() };
        let runs = [run("4", "test"), run("3", "production"), run("2", "test"), run("1", "production")];
        assert_eq!(newest(&runs).map(|run| run.id.as_str()).collect::<Vec<_>>(), ["4", "3"]);
    }
}

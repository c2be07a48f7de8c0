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
        return html! { <div class="page"><h1>{"Home"}</h1>{waiting(state, &props.errand)}</div> };
    };
    let items = waits(state, &answer);
    html! {
        <div class="page">
            <h1>{title(&answer)}</h1>
            <h2 class="section-title">{"What waits for you"}</h2>
            if items.is_empty() {
                <p class="quiet empty" data-testid="waits-none">{"Nothing: every migration known here is applied, no run is under way, no gate is closed."}</p>
            } else {
                <ul class="waits" data-testid="waits">{for items.into_iter()}</ul>
            }
            if served {
                <Environments state={state.clone()} errand={props.errand.clone()} />
                if state.may("run") {
                    {to_emergency(&answer.settings.environment)}
                }
                if let Some(runs) = state.runs.as_ref().filter(|runs| !runs.is_empty()) {
                    <h2 class="section-title">{"Newest runs"}</h2>
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
    if name.is_empty() { "Home".to_owned() } else { name.clone() }
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
    let words = format!("A run on {} waits at gate {}: {}.", waiting.environment, waiting.gate.name, waiting.gate.waits_for);
    item("unknown", words, Html::default(), &Route::at(Page::Runs, &waiting.run), "Look and open it")
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
        RunState::Failed => {
            ("severity-error", format!("The last run on {} failed: {}", run.environment, run.message), "See where")
        }
        RunState::Stopped => {
            let words = format!("The last run on {} stopped after {} of {} steps.", run.environment, run.steps_done, run.steps);
            ("severity-warning", words, "See where")
        }
        RunState::Pending | RunState::Running => {
            let words = format!("A run on {} is under way: {} of {} steps done.", run.environment, run.steps_done, run.steps);
            ("run-running", words, "Watch it")
        }
        RunState::Done | RunState::Waiting => return None,
    };
    Some(item(tone, words, Html::default(), &Route::at(Page::Runs, &run.id), link))
}

fn plan(state: &State, answer: &Answer) -> Option<Html> {
    let plan = &answer.plan;
    let counts = Counts::of(&answer.findings);
    let worst = plan.steps.iter().map(step_card::blocks).max();
    let chips = html! { <>{worst.map(chip::blocks)}{chip::findings(counts)}</> };
    let blocking = answer.findings.iter().filter(|finding| finding.blocking).count();
    if blocking > 0 {
        let words = format!("{} keep this project from running.", words::plural(blocking, "finding", "findings"));
        return Some(item("severity-error", words, chips, &Route::page(Page::Migrations), "Mend them"));
    }
    if plan.steps.is_empty() {
        return None;
    }
    let what = format!("{} for {}", words::plural(plan.steps.len(), "step", "steps"), plan.environment);
    let (words, link) = match state.served() {
        None => (format!("{what}, planned in this browser."), "Review the plan"),
        Some(served) if !served.target.reachable => (format!("{what}, planned without its database."), "Review the plan"),
        Some(served) => {
            let given = state.approvals_in_hand();
            let missing = (plan.approvals as usize).saturating_sub(given.len());
            let mine = given.iter().any(|approval| approval.approver == served.user);
            match (missing, mine, state.may("approve")) {
                (0, ..) => (format!("{what} can run now."), "Open the plan"),
                (_, true, _) => (format!("{what}: you approved, {missing} more must."), "Open the plan"),
                (_, false, true) => (format!("{what} wait for your approval."), "Review the plan"),
                (_, false, false) => (format!("{what} wait for the approval of others."), "Read the plan"),
            }
        }
    };
    Some(item("schema-changes", words, chips, &Route::page(Page::Plan), link))
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

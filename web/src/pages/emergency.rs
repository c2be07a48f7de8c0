//! Emergency: what would each step do, what would be lost, where is it, what has a person to say?

use std::cell::Cell;

use gloo::timers::callback::Interval;
use planner::protocol::emergency::{Emergency as Record, SeenEmergency, State as Stand};
use yew::prelude::*;

use super::PageProps;
use crate::components::coded::coded;
use crate::components::standard::empty_state;
use crate::components::typed_name::sentences;
use crate::errand::Errand;
use crate::errand::emergency::Call;
use crate::locale::say;
use crate::route::{Page, Route};
use crate::state::emergency::Playbook;
use crate::words::{self, moment};

mod decision;
mod steps;

use decision::Decision;

/// What a project lacks, as the server's refusal names it.
const UNWRITTEN: &str = "[emergency.stop]";

/// How a playbook is written.
const EXAMPLE: &str = r#"[emergency.stop]
command = "systemctl stop shop"
check = "! systemctl is-active shop"

[emergency.start]
command = "systemctl start shop"
check = "systemctl is-active shop"

[emergency.health]
http = "https://shop.example/health"
times = 3"#;

/// The page.
#[component]
pub(crate) fn Emergency(props: &PageProps) -> Html {
    let state = &props.state;
    let current = state.answer.as_ref().map(|answer| answer.settings.environment.clone());
    let environment = props.route.selected.clone().or_else(|| current.clone());
    let served = state.served().is_some();
    let typed = use_state_eq(String::new);
    let accepted = use_state_eq(|| false);
    {
        // What was written for one environment is not meant for another.
        let (typed, accepted) = (typed.setter(), accepted.setter());
        use_effect_with(environment.clone(), move |_| {
            typed.set(String::new());
            accepted.set(false);
        });
    }
    let playbook = environment.as_ref().and_then(|name| state.playbooks.get(name));
    use_looks(environment.clone().filter(|_| served), playbook, &props.errand);
    {
        // What the reader may do is known of the environment in hand only.
        let errand = props.errand.clone();
        let other = environment.clone().filter(|name| served && current.as_ref().is_some_and(|current| current != name));
        use_effect_with(other, move |other| {
            other.iter().for_each(|name| errand.emit(Errand::Environment(name.clone())));
        });
    }
    let Some(environment) = environment.filter(|_| served) else {
        return html! { <div class="page"><h1>{say::emergency()}</h1>{unserved()}</div> };
    };
    let seen = playbook.and_then(|playbook| playbook.ahead.as_ref());
    let refusals = seen.map(refusals).unwrap_or_default();
    html! {
        <div class="page" data-testid="emergency">
            <p class="kicker"><a href={Route::page(Page::Runs).href()}>{say::runs()}</a>{format!(" / {environment}")}</p>
            <h1>{say::emergency_on(&environment)}</h1>
            {match playbook {
                None => html! { <p class="waiting" role="status">{say::emergency_looking()}</p> },
                Some(playbook) => html! {
                    <>
                        <p class="lead" role="status" data-testid="emergency-stand" data-stand={stand_word(playbook)}>{stand(playbook)}</p>
                        <div class="emergency">
                            <div class="emergency-told">
                                {refused(playbook)}
                                if playbook.open().is_none() && !playbook.under_way() {
                                    {sentences(say::would_be_lost(), "losses", "severity-warning", seen.map_or(&[], |seen| seen.losses.as_slice()))}
                                    {sentences(say::would_keep(), "refusals", "severity-error", &refusals)}
                                }
                            </div>
                            <div class="emergency-decision">
                                if let Some(seen) = seen {
                                    {decision::form(&Decision { seen, open: playbook.open(), may: state.may("run"), typed: &typed, accepted: &accepted, errand: &props.errand })}
                                }
                            </div>
                            <div class="emergency-steps">{steps::list(seen.map_or(&[], |seen| seen.steps.as_slice()), playbook.open())}</div>
                        </div>
                        {past(&playbook.all)}
                    </>
                },
            }}
        </div>
    }
}

/// Looks when the environment is first shown, and each second while a process goes through its emergency. Looking ahead asks
/// the application and the database, so it is done less often, but at once where nothing moves any more.
#[hook]
fn use_looks(environment: Option<String>, playbook: Option<&Playbook>, errand: &Callback<Errand>) {
    let ask = {
        let errand = errand.clone();
        move |call: Call| errand.emit(Errand::Emergency(call))
    };
    {
        let ask = ask.clone();
        use_effect_with(environment.clone(), move |environment| {
            if let Some(name) = environment {
                ask(Call::Watch(name.clone()));
                ask(Call::Look(name.clone()));
            }
        });
    }
    let under_way = playbook.is_some_and(Playbook::under_way);
    let moves = playbook.is_some_and(Playbook::moves);
    use_effect_with((environment, under_way, moves), move |(environment, under_way, moves)| {
        let (environment, moves, seconds) = (environment.clone(), *moves, Cell::new(0_u32));
        let interval = under_way.then(|| {
            Interval::new(1_000, move || {
                seconds.set(seconds.get().wrapping_add(1));
                if let Some(name) = &environment {
                    ask(Call::Watch(name.clone()));
                    if !moves || seconds.get().is_multiple_of(5) {
                        ask(Call::Look(name.clone()));
                    }
                }
            })
        });
        move || drop(interval)
    });
}

/// What would keep it from beginning beside the losses, which are listed and accepted by themselves.
fn refusals(seen: &SeenEmergency) -> Vec<String> {
    let of_losses = |why: &&String| !seen.losses.is_empty() && why.contains("--accept-loss");
    seen.refusals.iter().filter(|why| !of_losses(why)).filter_map(|why| words::on_page(why)).collect()
}

fn unserved() -> Html {
    empty_state(say::nothing_stopped(), html! { <p>{coded(say::needs_server())}</p> })
}

/// Why nothing is ahead; how a playbook is written where there is none.
fn refused(playbook: &Playbook) -> Html {
    let Some(why) = &playbook.refused else { return Html::default() };
    if !why.contains(UNWRITTEN) {
        return html! { <p class="told is-severity-warning" lang="en" data-testid="emergency-refused">{why}</p> };
    }
    empty_state(
        say::no_playbook(),
        html! {
            <div data-testid="emergency-unwritten">
                <p>{coded(say::playbook_what())}</p>
                <pre class="sql" tabindex="0"><code>{EXAMPLE}</code></pre>
                <p class="quiet">{coded(say::playbook_rehearse())}</p>
            </div>
        },
    )
}

const fn stand_word(playbook: &Playbook) -> &'static str {
    match (&playbook.ahead, &playbook.refused) {
        (Some(ahead), _) if ahead.under_way => "under-way",
        (Some(ahead), _) if ahead.open.is_some() => "open",
        (Some(_), _) => "ready",
        (None, Some(_)) => "refused",
        (None, None) => "asking",
    }
}

/// Where it is, in one sentence.
fn stand(playbook: &Playbook) -> String {
    let newest = || playbook.all.first().map_or_else(String::new, |one| [" ", &ended(one)].concat());
    match (playbook.open(), playbook.under_way()) {
        (Some(open), true) => match open.next() {
            Some(step) => say::emergency_under_way(steps::words_of(step)),
            None => say::emergency_all_done().to_owned(),
        },
        (Some(open), false) => say::emergency_not_over(&open.actor, &moment(&open.started_at)),
        (None, _) if playbook.ahead.is_some() => [say::nothing_under_way(), " ", say::each_step_would(), &newest()].concat(),
        (None, _) => [say::nothing_under_way(), &newest()].concat(),
    }
}

fn ended(one: &Record) -> String {
    match one.state {
        Stand::Done => say::last_over(&at(one)),
        Stand::GivenUp => say::last_given_up(&at(one)),
        Stand::Open => String::new(),
    }
}

fn at(one: &Record) -> String {
    moment(one.finished_at.as_deref().unwrap_or(&one.started_at))
}

/// Those that are over, newest first, each with its steps and its report.
fn past(all: &[Record]) -> Html {
    let mut over = all.iter().filter(|one| one.state != Stand::Open).peekable();
    if over.peek().is_none() {
        return Html::default();
    }
    html! {
        <>
            <h2 class="section-title">{say::emergencies_here()}</h2>
            {for over.enumerate().map(|(number, one)| html! {
                <details class="past" key={one.id.clone()} open={number == 0} data-testid="past-emergency" data-state={key(one.state)}>
                    <summary>{say::past_emergency(&moment(&one.started_at), &one.actor, &one.goal(), word(one.state))}</summary>
                    {sentences(say::was_lost(), "lost", "plain", &one.losses)}
                    {steps::list(&[], Some(one))}
                    <p><a href={crate::api::incident(&one.id)} target="_blank" rel="noopener" data-testid="incident">{say::report()}</a>
                        <span class="quiet">{" "}{words::plural(one.touched.len(), say::tables_changed)}</span></p>
                </details>
            })}
        </>
    }
}

/// For tests.
const fn key(state: Stand) -> &'static str {
    match state {
        Stand::Open => "open",
        Stand::Done => "done",
        Stand::GivenUp => "given up",
    }
}

fn word(state: Stand) -> &'static str {
    match state {
        Stand::Open => say::emergency_open(),
        Stand::Done => say::emergency_done(),
        Stand::GivenUp => say::given_up(),
    }
}

//! Approve and run: what each button will do, in words, before it is pressed.

use planner::protocol::Approval;
use yew::prelude::*;

use crate::components::button::Button;
use crate::errand::Errand;
use crate::message::Answer;
use crate::pages::PageProps;
use crate::words;

/// The bar beside the summary.
pub(super) fn bar(props: &PageProps, answer: &Answer) -> Html {
    let state = &props.state;
    let plan = &answer.plan;
    if let Some(opened) = &state.opened {
        return html! {
            <div class="decision"><p class="quiet" data-testid="opened">{format!("Read from {}, in this browser only. It is approved and run by ", opened.name)}<code>{"flightplan approve"}</code>{" and "}<code>{"flightplan apply"}</code>{"."}</p></div>
        };
    }
    let Some(served) = state.served() else {
        return html! {
            <div class="decision"><p class="quiet">{"Planned in this browser only. To approve and run a plan, open this page from "}<code>{"flightplan serve"}</code>{"."}</p></div>
        };
    };
    let approvals = state.approvals_in_hand();
    let missing = (plan.approvals as usize).saturating_sub(approvals.len());
    let mine = approvals.iter().any(|approval| approval.approver == served.user);
    let blocked = plan.findings.iter().chain(&answer.findings).any(|finding| finding.blocking);
    let unsettled = state.planning() || state.crash.is_some() || blocked;
    let act = |errand: Errand| {
        let send = props.errand.clone();
        Callback::from(move |()| send.emit(errand.clone()))
    };
    let target = served.target.identity.clone().unwrap_or_else(|| "no database".to_owned());
    let short = words::short(&plan.digest);
    // A plan without its database's state is another plan than the one that would run.
    let reachable = served.target.reachable;
    html! {
        <div class="decision">
            <p class="approvals" data-testid="approvals">{approved(approvals, plan.approvals)}</p>
            <div class="actions">
                <Button testid="approve" kind={if missing > 0 { "primary" } else { "secondary" }} disabled={unsettled || mine || !reachable || !state.may("approve")} onclick={act(Errand::Approve)}
                    title={format!("Records that {} approves exactly the plan {short} for {target}. Any change makes another plan.", served.user)}>
                    {if mine { "You approved this plan".to_owned() } else { format!("Approve {short}") }}
                </Button>
                <Button testid="run" kind={if missing == 0 { "primary" } else { "secondary" }} disabled={unsettled || missing > 0 || !reachable || !state.may("run")}
                    onclick={act(Errand::Start)} title={format!("Runs the {} of {short} on {target} now.", words::plural(plan.steps.len(), "step", "steps"))}>
                    {format!("Run {} on {}", words::plural(plan.steps.len(), "step", "steps"), plan.environment)}
                </Button>
            </div>
            if let Some(words) = not_permitted(state.may("approve"), state.may("run")) {
                <p class="quiet">{words}</p>
            }
            <p class="quiet">{hint(blocked, missing, reachable, served.target.identity.as_deref(), served.target.message.as_deref())}</p>
        </div>
    }
}

/// What the reader's roles leave out.
const fn not_permitted(approve: bool, run: bool) -> Option<&'static str> {
    match (approve, run) {
        (true, true) => None,
        (true, false) => Some("You may approve here, not run."),
        (false, true) => Some("You may run here, not approve."),
        (false, false) => Some("You may read here, neither approve nor run."),
    }
}

fn approved(approvals: &[Approval], needed: u32) -> String {
    let who: Vec<_> = approvals.iter().map(|approval| approval.approver.as_str()).collect();
    match (approvals.len(), needed) {
        (0, 0) => "No approval is asked for here.".to_owned(),
        (0, needed) => format!("0 of {} given.", words::plural(needed as usize, "approval", "approvals")),
        (_, 0) => format!("Approved by {}.", who.join(", ")),
        (given, needed) => {
            format!("{given} of {} given: {}.", words::plural(needed as usize, "approval", "approvals"), who.join(", "))
        }
    }
}

fn hint(blocked: bool, missing: usize, reachable: bool, identity: Option<&str>, message: Option<&str>) -> String {
    if blocked {
        "Mend the blocking findings first: what cannot run cannot be approved.".to_owned()
    } else if !reachable {
        let why = match (message, identity) {
            (Some(message), _) => message.to_owned(),
            (None, Some(target)) => format!("{target} does not answer."),
            (None, None) => "The server knows no database for this environment.".to_owned(),
        };
        format!("{why} The plan can be read, not approved.")
    } else if missing > 0 {
        format!("{} before it can run.", words::plural(missing, "approval is missing", "approvals are missing"))
    } else {
        format!("It runs on {}.", identity.unwrap_or("the target"))
    }
}

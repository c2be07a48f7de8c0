//! Approve and run: what each button will do, in words, before it is pressed.

use planner::protocol::Approval;
use yew::prelude::*;

use crate::components::button::Button;
use crate::components::coded::coded;
use crate::errand::Errand;
use crate::locale::say;
use crate::message::Answer;
use crate::pages::PageProps;
use crate::words;

/// The bar beside the summary.
pub(super) fn bar(props: &PageProps, answer: &Answer) -> Html {
    let state = &props.state;
    let plan = &answer.plan;
    if let Some(opened) = &state.opened {
        return html! {
            <div class="decision"><p class="quiet" data-testid="opened">{coded(&say::read_from(&opened.name))}</p></div>
        };
    }
    let Some(served) = state.served() else {
        return html! {
            <div class="decision"><p class="quiet">{coded(say::planned_only())}</p></div>
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
    let target = served.target.identity.clone().unwrap_or_else(|| say::target_none().to_owned());
    let short = words::short(&plan.digest);
    // A plan without its database's state is another plan than the one that would run.
    let reachable = served.target.reachable;
    html! {
        <div class="decision">
            <p class="approvals" data-testid="approvals">{approved(approvals, plan.approvals)}</p>
            <div class="actions">
                <Button testid="approve" kind={if missing > 0 { "primary" } else { "secondary" }} disabled={unsettled || mine || !reachable || !state.may("approve")} onclick={act(Errand::Approve)}
                    title={say::approve_title(&served.user, short, &target)}>
                    {if mine { say::approved_by_you().to_owned() } else { say::approve(short) }}
                </Button>
                <Button testid="run" kind={if missing == 0 { "primary" } else { "secondary" }} disabled={unsettled || missing > 0 || !reachable || !state.may("run")}
                    onclick={act(Errand::Start)} title={say::run_title(&words::amount(plan.steps.len()), short, &target)}>
                    {say::run_steps(&words::amount(plan.steps.len()), &plan.environment)}
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
fn not_permitted(approve: bool, run: bool) -> Option<&'static str> {
    match (approve, run) {
        (true, true) => None,
        (true, false) => Some(say::may_approve_only()),
        (false, true) => Some(say::may_run_only()),
        (false, false) => Some(say::may_read_only()),
    }
}

fn approved(approvals: &[Approval], needed: u32) -> String {
    let who: Vec<_> = approvals.iter().map(|approval| approval.approver.as_str()).collect();
    match (approvals.len(), needed) {
        (0, 0) => say::approvals_none().to_owned(),
        (0, needed) => say::approvals_zero(&needed.to_string()),
        (_, 0) => say::approvals_by(&who.join(", ")),
        (given, needed) => say::approvals_given(&given.to_string(), &needed.to_string(), &who.join(", ")),
    }
}

fn hint(blocked: bool, missing: usize, reachable: bool, identity: Option<&str>, message: Option<&str>) -> String {
    if blocked {
        say::mend_first().to_owned()
    } else if !reachable {
        let why = match (message, identity) {
            (Some(message), _) => message.to_owned(),
            (None, Some(target)) => say::target_no_answer(target),
            (None, None) => say::server_knows_none().to_owned(),
        };
        say::read_not_approved(&why)
    } else if missing > 0 {
        say::approvals_missing(&words::amount(missing))
    } else {
        say::runs_on(identity.unwrap_or(say::the_target()))
    }
}

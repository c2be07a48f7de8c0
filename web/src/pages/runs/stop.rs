//! Stopping a run. Where what is at work cannot be taken back, the name of the database is typed first.

use planner::plan::{Plan, TransactionMode};
use planner::protocol::Run;
use yew::prelude::*;

use crate::components::button::Button;
use crate::components::dialog::Dialog;
use crate::components::typed_name::typed_name;
use crate::locale::{say, use_language};

/// Properties of [`Stop`].
#[derive(Properties, PartialEq)]
pub(super) struct StopProps {
    /// The environment.
    pub environment: String,
    /// The name of the database.
    pub database: String,
    /// What would be left behind; none: the step at work is taken back whole, or ends behind a finished batch.
    pub leaves: Option<String>,
    /// The reader may run here.
    pub may: bool,
    /// To stop it.
    pub onstop: Callback<()>,
}

/// The button, and its dialog where one is needed.
#[component]
pub(super) fn Stop(props: &StopProps) -> Html {
    use_language();
    let open = use_state_eq(|| false);
    let typed = use_state_eq(String::new);
    let set = |to: bool| {
        let (open, typed) = (open.setter(), typed.setter());
        Callback::from(move |()| {
            typed.set(String::new());
            open.set(to);
        })
    };
    let stop = {
        let (onstop, open) = (props.onstop.clone(), open.setter());
        Callback::from(move |()| {
            onstop.emit(());
            open.set(false);
        })
    };
    let words = say::stop_run(&props.environment);
    let press = if props.leaves.is_some() { set(true) } else { props.onstop.clone() };
    html! {
        <>
            <Button kind="danger" testid="cancel" onclick={press} disabled={!props.may}>{words.clone()}</Button>
            if let Some(leaves) = props.leaves.as_ref().filter(|_| *open) {
                <Dialog title={words.clone()} testid="stop" onclose={set(false)}>
                    <p>{leaves}</p>
                    {typed_name(&props.database, &typed)}
                    <div class="actions"><Button kind="danger" testid="stop-now" onclick={stop} disabled={*typed != props.database}>{words}</Button></div>
                </Dialog>
            }
        </>
    }
}

/// What stopping a run leaves behind that nobody takes back; none where nothing is. A plan that is not in hand is not known.
pub(super) fn leaves(run: &Run, plan: Option<&Plan>) -> Option<String> {
    let plan = plan.filter(|plan| plan.digest == run.digest);
    let step = run.step.as_deref().and_then(|id| plan.and_then(|plan| plan.steps.iter().find(|step| step.id == id)));
    let at_work = run.step.as_deref().unwrap_or(say::step_at_work());
    match step.map(|step| step.transaction) {
        Some(TransactionMode::Transactional | TransactionMode::Batched) => None,
        Some(TransactionMode::Autocommit) => Some(say::leaves_half(at_work)),
        // Nothing is at work yet.
        None if run.step.is_none() => None,
        None => Some(say::leaves_unknown(at_work)),
    }
}

/// The name of the database, or of its file, in an address without credentials.
pub(super) fn database(target: &str) -> &str {
    let path = target.split(['?', '#']).next().unwrap_or(target);
    path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_last_part_of_the_address() {
        assert_eq!(database("postgres://db.example:5432/shop"), "shop");
        assert_eq!(database("sqlite:/var/lib/shop/live.db"), "live.db");
        assert_eq!(database("sqlite::memory:"), "sqlite::memory:");
    }

    #[test]
    fn a_plan_that_is_not_in_hand_is_not_trusted() {
        let run = Run { step: Some("V2".to_owned()), digest: "a".to_owned(), ..Run::default() };
        assert!(leaves(&run, None).is_some_and(|words| words.contains("nobody can say")));
        assert_eq!(leaves(&Run::default(), None), None);
    }
}

//! A cleared plan is run, with those who watch it.

use std::sync::Arc;

use planner::plan::TransactionMode;
use planner::protocol::Run;

use crate::alert::Alert;
use crate::batch::onlooker::Onlooker;
use crate::batch::replicas;
use crate::event::Recorder;
use crate::execution::{Cleared, Executed, Mandate, Order, Refused, run_of};
use crate::history::History;
use crate::measure::{Gaze, Sizes};
use crate::recovery::Recovery;
use crate::run::undo::Back;
use crate::run::{self, Runner, prepare};
use crate::store::Store;
use crate::store::wishes::Following;
use crate::target::Target;
use crate::trigger::{self, Duty, Watch};
use crate::url::TargetUrl;
use crate::workspace::Workspace;

/// Runs it.
///
/// # Errors
/// The step that failed, or the stop; what was done before stays done and recorded.
pub(super) async fn conduct(
    workspace: &Workspace,
    order: Order,
    (url, history): (&TargetUrl, &History),
    target: &mut Target,
    cleared: Cleared,
) -> Result<Executed, Refused> {
    let Cleared { plan, settings, observed, callbacks, events, journal, python, careful, resumes, settled } = cleared;
    let batched = plan.steps.iter().any(|step| step.transaction == TransactionMode::Batched);
    let replicas = match order.mandate {
        // A scratch database has none.
        Mandate::Rehearsal(_) => Vec::new(),
        _ if batched => replicas::open(workspace.replicas(&settings)?, &order.id).await?,
        _ => Vec::new(),
    };
    let (run, told) = run::gate::go_on(order.store.as_ref(), run_of(&order, &plan, url)).await?;
    if let (Some(store), Mandate::TakeBack(Back::Before { run: undone, .. })) = (&order.store, &order.mandate) {
        store.note_rollback(&run.id, undone).await?;
    }
    if !matches!(order.mandate, Mandate::TakeBack(_) | Mandate::Rehearsal(Some(_))) {
        prepare::schemas(target, history, &settings, &callbacks).await?;
    }
    if let Some(row) = &observed.baseline {
        prepare::baseline(target, history, row, &callbacks).await?;
    }
    let onlooker = if batched { Onlooker::begin(target, url, &format!("flightplan {} looks", order.id)).await } else { None };
    let _following = order.store.clone().map(|store| Following::begin(store, run.id.clone(), order.switch.clone()));
    let recovery = match order.mandate {
        Mandate::Rehearsal(_) => None,
        _ => Recovery::of(workspace, url, settings.dialect),
    };
    let sizes = Arc::new(if order.store.is_some() { Sizes::before(target, &plan).await } else { Sizes::default() });
    let mut recorder = Recorder::new(run, told, order.store.clone(), order.listener, order.changed);
    let duty = Duty {
        switch: order.switch.clone(),
        meter: Arc::clone(recorder.meter()),
        sizes: Arc::clone(&sizes),
        receivers: workspace.sections().receivers.clone(),
        about: about(recorder.run()),
    };
    let watch = match order.mandate {
        Mandate::AtOnce | Mandate::Approved(_) => {
            Watch::begin(workspace.sections().rules(), target, (url, &settings), duty).await?
        }
        Mandate::TakeBack(_) | Mandate::Rehearsal(_) => None,
    };
    let _gaze = if order.store.is_some() { Gaze::begin(recorder.meter(), target, url).await } else { None };
    let mut runner = Runner {
        target,
        history,
        journal,
        callbacks,
        events,
        bookkeeping: history.bookkeeping(&settings),
        careful,
        resumes,
        settled,
        recorder: &mut recorder,
        store: order.store,
        stop: order.switch.signal(),
        python,
        ahead: None,
        recovery,
        watch,
        onlooker,
        replicas,
    };
    let done = runner.execute(&plan).await;
    let store = runner.store.take();
    measured(store.as_ref(), &recorder, &sizes, target).await;
    trigger::all_told().await;
    done?;
    Ok(Executed { plan, settings, run: recorder.run().clone() })
}

/// What people are told of a run.
fn about(run: &Run) -> Alert {
    Alert {
        alert: String::new(),
        message: String::new(),
        run: run.id.clone(),
        environment: run.environment.clone(),
        target: run.target.clone(),
        digest: run.digest.clone(),
        actor: run.actor.clone(),
        at: String::new(),
    }
}

/// Keeps what the run cost; a store that refuses stops nothing.
async fn measured(store: Option<&Store>, recorder: &Recorder, sizes: &Sizes, target: &mut Target) {
    let Some(store) = store else { return };
    recorder.meter().grew(sizes.grown(target).await);
    if let Err(failure) = store.keep_measures(&recorder.run().id, &recorder.meter().read()).await {
        tracing::warn!("{failure}");
    }
}

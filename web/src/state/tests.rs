//! What the page does with each action.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::message::{Call, Question};
use crate::planning::Desk;
use planner::project::ProjectFile;
use planner::protocol::{RunEventKind, RunState};

fn project(path: &str) -> Project {
    Project { files: vec![ProjectFile { path: path.to_owned(), content: b"SELECT 1;".to_vec() }] }
}

fn after(actions: impl IntoIterator<Item = Action>) -> State {
    let mut state = State::default();
    for action in actions {
        state.take(action);
    }
    state
}

fn served() -> Action {
    Action::Served(Box::new(ProjectResponse {
        project: project("V1__a.sql"),
        user: "ann".to_owned(),
        ..ProjectResponse::default()
    }))
}

fn answer(generation: u64, digest: &str) -> Action {
    let reply = Desk::default().answer(Call::Ask(Question::Plan { generation, request: Box::default(), as_given: true }));
    let Some(Reply::Plan { generation, mut answer }) = reply else { panic!("a plan was asked for") };
    answer.plan.digest = digest.to_owned();
    Action::Replied(Box::new(Reply::Plan { generation, answer }))
}

fn choice(size: u32) -> Action {
    Action::ChooseBatch("V1:1".to_owned(), BatchChoice { size, ..BatchChoice::default() })
}

fn digest(state: &State) -> &str {
    &state.answer.as_ref().unwrap().plan.digest
}

fn approval(digest: &str) -> Approval {
    Approval { digest: digest.to_owned(), ..Approval::default() }
}

#[test]
fn the_servers_project_is_planned_at_once() {
    let state = after([served()]);
    assert_eq!((state.generation, state.project_number, state.planning()), (1, 1, true));
    assert!(state.served().is_some());
}

#[test]
fn dropped_files_cannot_be_approved_and_the_server_project_comes_back() {
    let dropped = Action::Dropped { name: "db".to_owned(), project: project("V9__z.sql"), skipped: Vec::new() };
    let state = after([served(), dropped.clone()]);
    assert_eq!((state.served(), state.project_number), (None, 2));
    assert_eq!(state.project.files[0].path, "V9__z.sql");
    assert!(after([served(), dropped, Action::UseServer]).served().is_some());
}

#[test]
fn the_same_files_are_not_sent_to_the_worker_twice() {
    assert_eq!(after([served(), served()]).project_number, 1);
}

#[test]
fn an_answer_that_overtakes_an_older_one_stays() {
    let state = after([served(), choice(10), answer(2, "new"), answer(1, "old")]);
    assert_eq!(digest(&state), "new");
    assert!(!state.planning());
}

#[test]
fn while_a_newer_question_is_open_the_older_answer_is_shown_as_being_planned() {
    let state = after([served(), choice(10), answer(1, "old")]);
    assert_eq!(digest(&state), "old");
    assert!(state.planning());
}

#[test]
fn a_changed_batch_makes_the_digest_stale_and_names_the_statement() {
    let state = after([served(), answer(1, "aaaa"), choice(10), answer(2, "bbbb")]);
    let reason = state.stale().unwrap();
    assert!(reason.contains("V1:1") && reason.contains("aaaa"), "{reason}");
    let approved = after([served(), answer(1, "aaaa"), Action::Approved(approval("aaaa")), choice(10), answer(2, "bbbb")]);
    assert!(approved.stale().unwrap().contains("do not cover"));
}

#[test]
fn a_digest_is_not_stale_when_nothing_changed_or_when_it_was_approved() {
    assert_eq!(after([served(), answer(1, "aaaa")]).stale(), None);
    let actions = [served(), answer(1, "aaaa"), choice(10), answer(2, "bbbb"), Action::Approved(approval("bbbb"))];
    assert_eq!(after(actions).stale(), None);
    let reset =
        [served(), answer(1, "aaaa"), choice(10), answer(2, "bbbb"), Action::ResetBatch("V1:1".to_owned()), answer(3, "aaaa")];
    assert_eq!(after(reset).stale(), None);
}

#[test]
fn a_refusal_by_the_server_makes_the_digest_stale_until_it_is_loaded_again() {
    let refused = Notice { title: "Conflict".to_owned(), detail: "The history changed.".to_owned(), stale: true };
    let actions = [served(), answer(1, "aaaa"), Action::Failed(refused)];
    assert_eq!(after(actions.clone()).stale().as_deref(), Some("The history changed."));
    assert_eq!(after(actions.into_iter().chain([served()])).stale(), None);
}

#[test]
fn a_crashed_worker_is_not_waited_for_and_gets_the_project_again() {
    let crashed = after([served(), Action::Crashed("out of memory".to_owned())]);
    assert!(!crashed.planning());
    let again = after([served(), Action::Crashed("out of memory".to_owned()), Action::Restarted]);
    assert_eq!((again.crash.as_ref(), again.project_number, again.planning()), (None, 2, true));
}

fn event(sequence: u64, kind: RunEventKind) -> Action {
    Action::Event(RunEvent { run: "r1".to_owned(), sequence, at: String::new(), kind })
}

#[test]
fn events_move_the_run_and_count_once() {
    let run = Run { id: "r1".to_owned(), steps: 2, ..Run::default() };
    let done = || RunEventKind::StepDone { step: "V1".to_owned(), duration_ms: 5 };
    let state = after([Action::Run(run), event(1, RunEventKind::Started { steps: 2 }), event(2, done()), event(2, done())]);
    let run = state.run("r1").unwrap();
    assert_eq!((run.state, run.steps_done), (RunState::Running, 1));
    assert_eq!(state.events["r1"].len(), 2);
    let state = after([
        Action::Run(Run { id: "r1".to_owned(), state: RunState::Running, ..Run::default() }),
        event(1, RunEventKind::Finished { state: RunState::Stopped, message: "Stopped by ann.".to_owned() }),
    ]);
    assert_eq!(state.run("r1").unwrap().state, RunState::Stopped);
    assert_eq!(state.ended_runs, 1, "the plan must be made anew: the history changed");
}

#[test]
fn a_run_waits_at_a_gate_and_goes_on_with_its_steps() {
    let (step, gate, text) = ("V2".to_owned(), "blue-drained".to_owned(), "1.9 is gone".to_owned());
    let before = [
        Action::Run(Run { id: "r1".to_owned(), ..Run::default() }),
        event(1, RunEventKind::Started { steps: 3 }),
        event(2, RunEventKind::StepDone { step: "V1".to_owned(), duration_ms: 5 }),
        event(3, RunEventKind::AtGate { step: step.clone(), gate: gate.clone(), reason: text.clone() }),
    ];
    let state = after(before.clone());
    let run = state.run("r1").unwrap();
    assert_eq!((run.state, run.gate.as_deref(), run.steps), (RunState::Waiting, Some("blue-drained"), 3));
    assert_eq!(state.ended_runs, 0);
    let opened = [
        event(4, RunEventKind::GateOpened { step, gate, by: "ann".to_owned(), reason: text }),
        event(5, RunEventKind::Started { steps: 2 }),
    ];
    let state = after(before.into_iter().chain(opened));
    let run = state.run("r1").unwrap();
    assert_eq!((run.state, run.gate.as_deref(), run.steps, run.steps_done), (RunState::Running, None, 3, 1));
}

//! The page's side of the worker: one question at a time, and of the waiting ones only the newest.
//!
//! The browser's `Worker` is used directly: the actor crates hide its `error` event, and a planner that died must be told.

use std::cell::RefCell;
use std::rc::Rc;

use planner::Project;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};
use yew::Callback;

use crate::locale::say;
use crate::message::{Call, Question, Reply, call_to_js, reply_from_js};
use crate::state::Action;

/// Path of the worker's loader, relative to the page.
const LOADER: &str = "worker_loader.js";

/// Mark of the newest question for a plan.
const ASKED: &str = "plan-asked";

/// What waits while the worker is at work.
#[derive(Debug, Default)]
struct Queue {
    ready: bool,
    project: Option<Rc<Project>>,
    plan: Option<Question>,
    curve: Option<Question>,
    lineage: Option<Question>,
    compare: Option<Question>,
    pack: Option<Question>,
}

/// A running worker. Dropping it ends the worker.
#[derive(Debug)]
pub struct WorkerLink {
    worker: Worker,
    queue: Rc<RefCell<Queue>>,
    _on_message: Closure<dyn Fn(MessageEvent)>,
    _on_error: Closure<dyn Fn(ErrorEvent)>,
}

impl WorkerLink {
    /// Starts the worker. Its replies and its death come as actions.
    ///
    /// # Errors
    /// Why the browser starts no worker.
    pub fn start(dispatch: Callback<Action>) -> Result<Self, String> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let refused = say::worker_refused();
        let worker = Worker::new_with_options(LOADER, &options).map_err(|_| refused.to_owned())?;
        let queue = Rc::new(RefCell::new(Queue::default()));
        let on_message = {
            let (worker, queue, dispatch) = (worker.clone(), Rc::clone(&queue), dispatch.clone());
            let parts = RefCell::new(Vec::new());
            Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
                let mut reply = reply_from_js(event.data()).unwrap_or_else(Reply::Unreadable);
                if let Reply::Part(part) = reply {
                    return parts.borrow_mut().push(part);
                }
                if let Reply::Plan { answer, .. } = &mut reply {
                    parts.take().into_iter().for_each(|part| answer.put(part));
                }
                let alive = !matches!(reply, Reply::Crashed(_) | Reply::Unreadable(_));
                note(&reply);
                queue.borrow_mut().ready = alive;
                flush(&worker, &mut queue.borrow_mut());
                dispatch.emit(Action::Replied(Box::new(reply)));
            })
        };
        let on_error = Closure::<dyn Fn(ErrorEvent)>::new(move |event: ErrorEvent| {
            event.prevent_default();
            let message = event.message();
            let words = if message.is_empty() { say::worker_files() } else { message.as_str() };
            dispatch.emit(Action::Crashed(words.to_owned()));
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Self { worker, queue, _on_message: on_message, _on_error: on_error })
    }

    /// Gives the worker a project, before the next question.
    pub fn give(&self, project: Rc<Project>) {
        self.queue.borrow_mut().project = Some(project);
        flush(&self.worker, &mut self.queue.borrow_mut());
    }

    /// Asks. A question of the same kind that still waits is dropped.
    pub fn ask(&self, question: Question) {
        {
            let mut queue = self.queue.borrow_mut();
            match question {
                Question::Curve { .. } => queue.curve = Some(question),
                Question::Lineage { .. } => queue.lineage = Some(question),
                Question::Compare { .. } => queue.compare = Some(question),
                Question::Pack => queue.pack = Some(question),
                Question::Plan { .. } | Question::Open { .. } => queue.plan = Some(question),
            }
        }
        flush(&self.worker, &mut self.queue.borrow_mut());
    }
}

/// Notes in the browser's own timeline when the planner was there and how long a plan took, from question to answer.
fn note(reply: &Reply) {
    let Some(clock) = gloo::utils::window().performance() else { return };
    // A timeline that takes no marks only measures nothing.
    let _ = match reply {
        Reply::Ready => clock.mark("planner-ready"),
        Reply::Plan { .. } => clock.measure_with_start_mark("planned", ASKED),
        _ => Ok(()),
    };
}

/// Sends what can be sent: the project at any time once the worker listens, then one question.
fn flush(worker: &Worker, queue: &mut Queue) {
    if !queue.ready {
        return;
    }
    if let Some(project) = queue.project.take() {
        post(worker, &Call::Project(project));
    }
    if let Some(question) = next(queue) {
        if matches!(question, Question::Plan { .. })
            && let Some(clock) = gloo::utils::window().performance()
        {
            let _ = clock.mark(ASKED);
        }
        post(worker, &Call::Ask(question));
        queue.ready = false;
    }
}

/// The plan first: the other answers are about it.
fn next(queue: &mut Queue) -> Option<Question> {
    let others = [&mut queue.lineage, &mut queue.compare, &mut queue.pack, &mut queue.curve];
    queue.plan.take().or_else(|| others.into_iter().find_map(Option::take))
}

/// A message that cannot be posted (no memory) is noticed by its missing answer.
fn post(worker: &Worker, call: &Call) {
    let parcel = call_to_js(call);
    let _ = worker.post_message_with_transfer(&parcel.value, &parcel.buffers);
}

impl Drop for WorkerLink {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

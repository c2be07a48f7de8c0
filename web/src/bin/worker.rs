//! The web worker in which the planner runs, so that the page stays quick whatever the project's size.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web::message::{Reply, call_from_js, reply_to_js};
use web::planning::Desk;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

fn main() {
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    let dying = scope.clone();
    std::panic::set_hook(Box::new(move |panic| post(&dying, Reply::Crashed(panic.to_string()))));
    let desk = Rc::new(RefCell::new(Desk::default()));
    let on_message = {
        let scope = scope.clone();
        Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let reply = match call_from_js(event.data()) {
                Ok(call) => desk.borrow_mut().answer(call),
                Err(error) => Some(Reply::Unreadable(error)),
            };
            if let Some(reply) = reply {
                post(&scope, reply);
            }
        })
    };
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    // The worker lives as long as the page, and so does its listener.
    on_message.forget();
    post(&scope, Reply::Ready);
}

/// A reply that cannot be posted is an out-of-memory browser; the page notices by the missing answer.
fn post(scope: &DedicatedWorkerGlobalScope, reply: Reply) {
    for parcel in reply_to_js(reply) {
        let _ = scope.post_message_with_transfer(&parcel.value, &parcel.buffers);
    }
}

//! What people say about the plan in hand, and a field to say something.

use planner::protocol::{Comment, SayComment};
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use super::button::Button;
use crate::errand::Errand;
use crate::locale::{say, use_language};
use crate::words::moment;

/// Properties of [`Remarks`].
#[derive(Properties, PartialEq)]
pub(crate) struct RemarksProps {
    /// What was said, oldest first.
    pub comments: Vec<Comment>,
    /// The selected step: what is said is about it. Empty: about the plan.
    pub step: String,
    /// The reader may say something.
    pub may: bool,
    /// To say it.
    pub errand: Callback<Errand>,
}

/// The remarks.
#[component]
pub(crate) fn Remarks(props: &RemarksProps) -> Html {
    use_language();
    let field = use_node_ref();
    let say = {
        let (errand, field, step) = (props.errand.clone(), field.clone(), props.step.clone());
        Callback::from(move |()| {
            let Some(field) = field.cast::<HtmlTextAreaElement>() else { return };
            let comment = field.value();
            if !comment.trim().is_empty() {
                errand.emit(Errand::Say(SayComment { step: step.clone(), comment }));
                field.set_value("");
            }
        })
    };
    let about = if props.step.is_empty() { say::remark_on_plan().to_owned() } else { say::remark_on_step(&props.step) };
    html! {
        <section aria-label={say::remarks()} data-testid="remarks">
            <h2 class="section-title">{say::remarks()}</h2>
            if props.comments.is_empty() {
                <p class="quiet">{say::no_remarks()}</p>
            }
            <ul class="remarks">{for props.comments.iter().map(remark)}</ul>
            if props.may {
                <label class="reason">{about}
                    <textarea ref={field} rows="2" data-testid="remark" /></label>
                <Button onclick={say} testid="say">{say::say_it()}</Button>
            }
        </section>
    }
}

fn remark(comment: &Comment) -> Html {
    html! {
        <li><p class="quiet">{&comment.by}{", "}{moment(&comment.at)}
                if !comment.step.is_empty() {
                    {", "}{say::remark_about()}{" "}<code>{&comment.step}</code>
                }
            </p><p>{&comment.comment}</p></li>
    }
}

//! What can be done with a plan beside deciding on it: a link to it, another one opened, two compared.

use web_sys::{HtmlInputElement, InputEvent};
use yew::prelude::*;

use crate::components::button::Button;
use crate::components::dialog::Dialog;
use crate::errand::Errand;
use crate::errand::beside::Plans;
use crate::files::browser::{self, Found};
use crate::files::link::MOST;
use crate::locale::{say, use_language};
use crate::pages::PageProps;
use crate::route::{Page, Route};
use crate::state::Action;
use crate::state::beside::Link;
use crate::words;

/// The row beside the title.
pub(super) fn row(props: &PageProps, linkable: bool) -> Html {
    let state = &props.state;
    let close = props.dispatch.reform(|()| Action::ClosePlan);
    html! {
        <div class="plan-tools">
            if linkable {
                <Share link={state.link.clone()} dispatch={props.dispatch.clone()} />
            }
            {file_button(say::open_plan_file(), "open-plan", props.errand.reform(Errand::Read))}
            if linkable {
                <a class="pf-v6-c-button pf-m-small pf-m-link" href={Route::page(Page::Compare).href()} data-testid="to-compare">{say::compare_link()}</a>
            }
            if state.opened.is_some() {
                <Button kind="link" testid="close-plan" onclick={close}>{say::close_plan()}</Button>
            }
        </div>
    }
}

/// A button that picks one file of a plan.
pub(crate) fn file_button(words: &'static str, testid: &'static str, given: Callback<Vec<Found>>) -> Html {
    let oninput = Callback::from(move |event: InputEvent| {
        let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
        if let Some(list) = input.files() {
            given.emit(browser::picked(&list));
        }
        // Else the browser would not tell when the same file is picked again.
        input.set_value("");
    });
    html! {
        <label class="pf-v6-c-button pf-m-small pf-m-link pick-file">{words}
            <input class="visually-hidden" type="file" accept=".json,application/json" {oninput} data-testid={testid} /></label>
    }
}

/// To choose what to compare with.
pub(crate) fn against(errand: &Callback<Errand>) -> Callback<Vec<Found>> {
    errand.reform(|found| Errand::Plans(Plans::CompareFile(found)))
}

#[derive(Properties, PartialEq)]
struct ShareProps {
    link: Option<Link>,
    dispatch: Callback<Action>,
}

/// The button that makes a link, and shows it.
#[component]
fn Share(props: &ShareProps) -> Html {
    use_language();
    let open = use_state_eq(|| false);
    let copied = use_state_eq(|| false);
    {
        let (copied, open) = (copied.setter(), *open);
        use_effect_with(props.link.clone(), move |link| {
            copied.set(false);
            if let Some(Link::Ready(link)) = link.clone().filter(|_| open) {
                // Without a permission to copy it stands in the field below.
                let written = gloo::utils::window().navigator().clipboard().write_text(&link);
                wasm_bindgen_futures::spawn_local(async move {
                    copied.set(wasm_bindgen_futures::JsFuture::from(written).await.is_ok());
                });
            }
        });
    }
    let onclick = {
        let (dispatch, open) = (props.dispatch.clone(), open.setter());
        Callback::from(move |()| {
            open.set(true);
            dispatch.emit(Action::Link(Link::Wanted));
        })
    };
    let onclose = {
        let open = open.setter();
        Callback::from(move |()| open.set(false))
    };
    html! {
        <>
            <Button kind="link" testid="share" {onclick} title={say::share_title()}>{say::copy_link()}</Button>
            if *open {
                <Dialog title={say::link_dialog()} testid="share-dialog" {onclose}>{told(props.link.as_ref(), *copied)}</Dialog>
            }
        </>
    }
}

fn told(link: Option<&Link>, copied: bool) -> Html {
    match link {
        None | Some(Link::Wanted | Link::Packed(_)) => {
            html! { <p class="waiting" role="status">{say::packing()}</p> }
        }
        Some(Link::Refused) => {
            html! { <p data-testid="link-refused">{say::cannot_compress()}</p> }
        }
        Some(Link::TooLong(letters)) => html! {
            <div data-testid="link-too-long">
                <p>{say::link_too_long(&words::amount(*letters), &words::amount(MOST))}</p>
                <p>{say::share_file()}</p>
                <pre class="sql" tabindex="0"><code>{"flightplan plan --format html > plan.html"}</code></pre>
            </div>
        },
        Some(Link::Ready(link)) => html! {
            <>
                <p role="status">{if copied { say::copied() } else { say::copy_from_field() }}{" "}{say::link_opens()}</p>
                <label class="reason">{say::link_letters(&words::amount(link.len()))}
                    <input type="text" readonly=true value={link.to_string()} data-testid="link" /></label>
                <p class="quiet">{say::link_holds()}</p>
            </>
        },
    }
}

//! Audit: an exported log held against its own hashes and the key that signed it, in this browser.

use planner::audit::export::Export;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, HtmlInputElement, InputEvent};
use yew::prelude::*;

use crate::components::coded::coded;
use crate::components::standard::{Tone, alert};
use crate::locale::{say, use_language};
use crate::signatures::{Signatures, is_key};
use crate::words;

/// Faults that are listed; one change can make every row behind it wrong.
const LISTED: usize = 100;

/// What became of the file.
#[derive(Clone, PartialEq)]
enum Verdict {
    /// It cannot be judged: why, and what to do.
    Unreadable(String),
    Judged(Judged),
}

/// A log that was judged.
#[derive(Clone, PartialEq)]
struct Judged {
    file: String,
    rows: usize,
    last: String,
    /// The key it was judged by.
    key: String,
    /// A person named the key; else it is the one that the log names itself.
    named: bool,
    faults: Vec<String>,
}

/// The page.
#[component]
pub(crate) fn Audit() -> Html {
    use_language();
    let (key, verdict) = (use_state(String::new), use_state(|| None::<Verdict>));
    let (given, busy) = (use_state(|| None::<File>), use_state(|| false));
    let judge = {
        let (key, verdict, busy) = (key.clone(), verdict.setter(), busy.setter());
        Callback::from(move |file: File| {
            let (key, verdict, busy) = (key.trim().to_owned(), verdict.clone(), busy.clone());
            busy.set(true);
            wasm_bindgen_futures::spawn_local(async move {
                verdict.set(Some(judged(file, &key).await));
                busy.set(false);
            });
        })
    };
    let onfile = {
        let (given, judge) = (given.setter(), judge.clone());
        Callback::from(move |event: InputEvent| {
            let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
            let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
            given.set(Some(file.clone()));
            judge.emit(file);
            input.set_value("");
        })
    };
    let onkey = {
        let key = key.setter();
        Callback::from(move |event: InputEvent| {
            if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                key.set(input.value());
            }
        })
    };
    let again = {
        let (given, judge) = ((*given).clone(), judge);
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            given.iter().for_each(|file| judge.emit(file.clone()));
        })
    };
    html! {
        <div class="page">
            <h1>{say::audit()}</h1>
            <p class="quiet">{coded(say::audit_lead())}</p>
            <form class="audit-form" onsubmit={again}>
                <label class="pf-v6-c-button pf-m-small pf-m-primary">{say::choose_export()}
                    <input class="visually-hidden" type="file" accept=".jsonl,.json,.ndjson,.log,.txt" oninput={onfile} data-testid="audit-file" />
                </label>
                <label>{say::audit_key()}{" "}
                    <input type="text" class="audit-key" size="56" placeholder="ed25519:…" spellcheck="false" autocomplete="off" value={(*key).clone()} oninput={onkey} data-testid="audit-key" />
                </label>
                <button class="pf-v6-c-button pf-m-small pf-m-secondary" disabled={given.is_none() || *busy} data-testid="audit-check">
                    <span class="pf-v6-c-button__text">{say::check_again()}</span>
                </button>
            </form>
            <p class="quiet">{coded(say::audit_key_what())}</p>
            <div role="status" data-testid="audit-verdict">
                {if *busy { html! { <p>{say::checking()}</p> } } else { (*verdict).as_ref().map(told).unwrap_or_default() }}
            </div>
        </div>
    }
}

async fn judged(file: File, key: &str) -> Verdict {
    let name = file.name();
    if !key.is_empty() && !is_key(key) {
        return Verdict::Unreadable(say::audit_no_key().to_owned());
    }
    let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
    let Some(text) = text else { return Verdict::Unreadable(say::file_unreadable(&name)) };
    let export = match Export::read(&text) {
        Ok(export) if export.rows.is_empty() => return Verdict::Unreadable(say::audit_no_rows(&name)),
        Ok(export) => export,
        Err(line) => return Verdict::Unreadable(say::audit_no_row(&name, &line.to_string())),
    };
    let own = || export.rows.first().map(|row| row.key.clone()).unwrap_or_default();
    let (named, key) = if key.is_empty() { (false, own()) } else { (true, key.to_owned()) };
    match Signatures::of(&export, &key).await {
        Err(why) => Verdict::Unreadable(why),
        Ok(signatures) => Verdict::Judged(Judged {
            file: name,
            rows: export.rows.len(),
            last: export.rows.last().map(|row| row.hash.clone()).unwrap_or_default(),
            key,
            named,
            faults: export.faults(&signatures),
        }),
    }
}

fn told(verdict: &Verdict) -> Html {
    let judged = match verdict {
        Verdict::Unreadable(why) => return alert(Tone::Danger, say::log_unreadable(), html! { <p>{why.clone()}</p> }),
        Verdict::Judged(judged) => judged,
    };
    let Judged { file, rows, last, key, named, faults } = judged;
    let signed = if *named {
        html! {}
    } else {
        alert(Tone::Warning, say::key_not_named(), html! { <p>{coded(&say::audit_own_key(key))}</p> })
    };
    if faults.is_empty() {
        return html! {
            <>
                <h2 class="section-title" data-testid="audit-intact">{say::audit_intact(file)}</h2>
                <p>{coded(&say::audit_rows(&words::amount(*rows), last))}</p>
                {signed}
            </>
        };
    }
    let more = faults.len().saturating_sub(LISTED);
    let list = html! {
        <>
            <ul data-testid="audit-faults">{for faults.iter().take(LISTED).map(|fault| html! { <li lang="en">{fault.clone()}</li> })}</ul>
            if more > 0 { <p>{say::and_more(&words::amount(more))}</p> }
        </>
    };
    html! { <>{alert(Tone::Danger, &say::audit_changed(file), list)}{signed}</> }
}

//! Where a folder of migrations is dropped or picked.

use web_sys::{HtmlInputElement, HtmlTextAreaElement, InputEvent};
use yew::prelude::*;

use super::button::Button;
use super::icon::Icon;
use crate::errand::Errand;
use crate::files::browser;
use crate::locale::{say, use_language};

/// Properties of [`DropZone`].
#[derive(Properties, PartialEq)]
pub(crate) struct DropZoneProps {
    /// To read the files.
    pub errand: Callback<Errand>,
    /// One line instead of a large area.
    #[prop_or_default]
    pub compact: bool,
}

/// The zone.
#[component]
pub(crate) fn DropZone(props: &DropZoneProps) -> Html {
    use_language();
    let over = use_state(|| false);
    let ondragover = {
        let over = over.clone();
        Callback::from(move |event: DragEvent| {
            event.prevent_default();
            over.set(true);
        })
    };
    let ondragleave = {
        let over = over.clone();
        Callback::from(move |_: DragEvent| over.set(false))
    };
    let ondrop = {
        let (over, errand) = (over.clone(), props.errand.clone());
        Callback::from(move |event: DragEvent| {
            event.prevent_default();
            over.set(false);
            if let Some(transfer) = event.data_transfer() {
                errand.emit(Errand::Walk(browser::dropped(&transfer)));
            }
        })
    };
    let pick = |errand: Callback<Errand>| {
        Callback::from(move |event: InputEvent| {
            let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
            if let Some(list) = input.files() {
                errand.emit(Errand::Read(browser::picked(&list)));
            }
            // Else the browser would not tell when the same folder is picked again, edited meanwhile.
            input.set_value("");
        })
    };
    let class = classes!("drop-zone", props.compact.then_some("is-compact"), over.then_some("is-over"));
    html! {
        <section {class} {ondragover} {ondragleave} {ondrop} aria-label={say::own_migrations()}>
            {Icon::Folder.svg()}
            <div>
                <p class="drop-title">{if props.compact { say::drop_other() } else { say::drop_here() }}</p>
                <p class="drop-note">{say::drop_note()}</p>
            </div>
            <div class="drop-actions">
                <label class="pf-v6-c-button pf-m-small pf-m-primary">
                    {say::choose_folder()}
                    <input class="visually-hidden" type="file" webkitdirectory=true multiple=true oninput={pick(props.errand.clone())} data-testid="drop-input" />
                </label>
                <label class="pf-v6-c-button pf-m-small pf-m-secondary">
                    {say::choose_files()}
                    <input class="visually-hidden" type="file" multiple=true accept=".sql,.py,.toml,.conf,.ini,.zip,.patch,.diff" oninput={pick(props.errand.clone())} data-testid="drop-files" />
                </label>
            </div>
            <Paste errand={props.errand.clone()} />
        </section>
    }
}

/// A field for SQL, closed until it is wanted.
#[component]
fn Paste(props: &PasteProps) -> Html {
    use_language();
    let field = use_node_ref();
    let plan = {
        let (errand, field) = (props.errand.clone(), field.clone());
        Callback::from(move |()| {
            let text = field.cast::<HtmlTextAreaElement>().map(|field| field.value()).unwrap_or_default();
            if !text.trim().is_empty() {
                errand.emit(Errand::Paste(text));
            }
        })
    };
    html! {
        <details class="paste"><summary data-testid="paste-open">{say::paste_sql()}</summary>
            <textarea ref={field} rows="8" spellcheck="false" aria-label={say::sql_to_plan()} data-testid="paste-text" />
            <Button onclick={plan} testid="paste-plan">{say::plan_this_sql()}</Button>
        </details>
    }
}

#[derive(Properties, PartialEq)]
struct PasteProps {
    errand: Callback<Errand>,
}

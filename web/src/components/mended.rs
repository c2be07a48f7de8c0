//! What fixes changed in this browser: to be saved into the project, or taken back.

use yew::prelude::*;

use super::button::Button;
use crate::errand::Errand;
use crate::state::{Action, State};
use crate::words;

/// Properties of [`Mended`].
#[derive(Properties, PartialEq)]
pub(crate) struct MendedProps {
    /// What is known.
    pub state: UseReducerHandle<State>,
    /// To save a file.
    pub errand: Callback<Errand>,
    /// To take the fixes back.
    pub dispatch: Callback<Action>,
}

/// The note with its buttons; nothing where nothing was mended.
#[component]
pub(crate) fn Mended(props: &MendedProps) -> Html {
    let files = &props.state.mended;
    if files.is_empty() {
        return Html::default();
    }
    let save = |path: &String| {
        let (errand, path) = (props.errand.clone(), path.clone());
        Callback::from(move |()| errand.emit(Errand::Save(path.clone())))
    };
    let discard = props.dispatch.reform(|()| Action::Unmend);
    html! {
        <section class="mended" aria-label="Mended files" data-testid="mended">
            <p>{format!("{} here, in this browser only. Save it into your project, then plan that.", words::plural(files.len(), "file is mended", "files are mended"))}</p>
            <div class="actions">
                {for files.iter().map(|path| html! { <Button onclick={save(path)} title={path.clone()}>{format!("Save {}", path.rsplit('/').next().unwrap_or(path))}</Button> })}
                <Button kind="link" onclick={discard} testid="unmend">{"Take the fixes back"}</Button>
            </div>
        </section>
    }
}

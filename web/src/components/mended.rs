//! What fixes changed in this browser: to be saved into the project, or taken back.

use yew::prelude::*;

use super::button::Button;
use crate::errand::Errand;
use crate::locale::say;
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
        <section class="mended" aria-label={say::mended()} data-testid="mended">
            <p>{say::files_mended(&words::amount(files.len()))}</p>
            <div class="actions">
                {for files.iter().map(|path| html! { <Button onclick={save(path)} title={path.clone()}>{say::save_file(path.rsplit('/').next().unwrap_or(path))}</Button> })}
                <Button kind="link" onclick={discard} testid="unmend">{say::take_fixes_back()}</Button>
            </div>
        </section>
    }
}

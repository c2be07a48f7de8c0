//! `undo`: the author's way back of what is applied, newest first.

use crate::cli::{Context, migrate};
use crate::execution::Refused;
use crate::exit::Exit;
use crate::run::undo::Back;

/// Runs the command.
///
/// # Errors
/// [`Exit::Usage`] where there is no way back, saying why.
pub async fn run(context: &Context) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let back = match &context.workspace.request.up_to {
        Some(version) => Back::To(version.clone()),
        None => Back::Newest,
    };
    let result = migrate::take_back(context, back).await;
    migrate::report(context, result)
}

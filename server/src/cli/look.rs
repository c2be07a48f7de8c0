//! Looking as Flyway's commands do: with their callbacks around it, and with what makes each of them refuse.

use planner::finding::Finding;
use planner::source::flyway::callback::Event;

use crate::cli::Context;
use crate::exit::Outcome;
pub use crate::look::{Look, look};
use crate::observe;
use crate::run::callback::Callbacks;
use crate::target::Access;

/// Whether files or history cannot be read for it, so that every command of Flyway's refuses. What is wrong in a
/// single script is not of this kind, but for placeholders of repeatable migrations, which their checksum needs.
#[must_use]
pub fn is_unread(finding: &Finding) -> bool {
    let repeatable = || finding.migration.as_ref().is_some_and(|id| id.0.starts_with("R__"));
    finding.blocking
        && match finding.rule.as_str() {
            "unknown-placeholder" => repeatable(),
            "duplicate-version"
            | "duplicate-repeatable"
            | "invalid-name"
            | "missing-location"
            | "invalid-utf8"
            | "unsupported-encoding" => true,
            "unknown-target" | "wrong-ignore-pattern" | "duplicate-deleted-migration" | "corrupted-history" => true,
            _ => false,
        }
}

/// Looks with the callbacks of the command around it; the last event hangs on what was seen.
///
/// # Errors
/// As [`look`]; a callback that cannot be read or fails.
pub async fn look_around(context: &Context, before: Event, after: impl FnOnce(&Look) -> Event) -> Outcome<Look> {
    let request = &context.workspace.request;
    let callbacks = Callbacks::of_workspace(&context.workspace, request)?;
    let (settings, _) = context.workspace.settings(request);
    let url = context.workspace.url(&settings)?;
    let Some(url) = url.filter(|_| callbacks.any()) else { return look(&context.workspace, request).await };
    let mut target = observe::connect(&url, &settings, "flightplan", Access::Read).await?;
    let fired = callbacks.fire(&mut target, before).await;
    target.close().await;
    fired?;
    let seen = look(&context.workspace, request).await?;
    let mut target = observe::connect(&url, &settings, "flightplan", Access::Read).await?;
    let fired = callbacks.fire(&mut target, after(&seen)).await;
    target.close().await;
    fired.map(|()| seen)
}

//! A plan without changing anything: with the live target where there is a URL, else from the files alone.

use planner::Report;
use planner::finding::Finding;
use planner::project::Request;
use planner::project::settings::Settings;
use planner::source::flyway::callback::Event;

use crate::cli::Context;
use crate::exit::Outcome;
use crate::observe::{self, Observed};
use crate::run::callback::Callbacks;
use crate::statistics;
use crate::target::Access;
use crate::url::TargetUrl;

/// What was seen and what the planner makes of it.
#[derive(Debug)]
pub struct Look {
    /// The planner's report.
    pub report: Report,
    /// The request it was made from.
    pub request: Request,
    /// The settings, before the target was seen.
    pub settings: Settings,
    /// The target and what was seen of it; absent: planned without one.
    pub live: Option<(TargetUrl, Observed)>,
}

impl Look {
    /// The request with the history as it is written; failed migrations that can be gone on with are failed in it.
    #[must_use]
    pub fn as_recorded(&self) -> Request {
        self.live.as_ref().map_or_else(|| self.request.clone(), |(_, observed)| observed.as_recorded())
    }
}

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

/// Looks.
///
/// # Errors
/// A URL that is wrong, a target that cannot be reached or read.
pub async fn look(context: &Context, request: &Request) -> Outcome<Look> {
    let (settings, _) = context.workspace.settings(request);
    let Some(url) = context.workspace.url(&settings)? else {
        return Ok(Look { report: context.workspace.analyze(request), request: request.clone(), settings, live: None });
    };
    let mut target = observe::connect(&url, &settings, "flightplan", Access::Read).await?;
    let observed = observe::observe(&mut target, &url, &settings, request).await;
    let observed = match observed {
        Ok(mut observed) => {
            statistics::complete(&mut target, &mut observed.request.statistics).await;
            Ok(observed)
        }
        Err(failure) => Err(failure),
    };
    target.close().await;
    let observed = observed?;
    let report = context.workspace.analyze(&observed.request);
    Ok(Look { report, request: observed.request.clone(), settings, live: Some((url, observed)) })
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
    let Some(url) = url.filter(|_| callbacks.any()) else { return look(context, request).await };
    let mut target = observe::connect(&url, &settings, "flightplan", Access::Read).await?;
    let fired = callbacks.fire(&mut target, before).await;
    target.close().await;
    fired?;
    let seen = look(context, request).await?;
    let mut target = observe::connect(&url, &settings, "flightplan", Access::Read).await?;
    let fired = callbacks.fire(&mut target, after(&seen)).await;
    target.close().await;
    fired.map(|()| seen)
}

//! A plan without changing anything: with the live target where there is a URL, else from the files alone.

use planner::Report;
use planner::project::Request;
use planner::project::settings::Settings;

use crate::cli::Context;
use crate::exit::Outcome;
use crate::observe::{self, Observed};
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
    target.close().await;
    let observed = observed?;
    let report = context.workspace.analyze(&observed.request);
    Ok(Look { report, request: observed.request.clone(), settings, live: Some((url, observed)) })
}

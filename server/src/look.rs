//! A plan without changing anything: with the live target where there is a URL, else from the files alone.

use planner::Report;
use planner::project::Request;
use planner::project::settings::Settings;

use crate::exit::Outcome;
use crate::observe::{self, Observed};
use crate::statistics;
use crate::target::Access;
use crate::url::TargetUrl;
use crate::workspace::Workspace;

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
pub async fn look(workspace: &Workspace, request: &Request) -> Outcome<Look> {
    let (settings, _) = workspace.settings(request);
    let Some(url) = workspace.url(&settings)? else {
        return Ok(Look { report: workspace.analyze(request), request: request.clone(), settings, live: None });
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
    let report = workspace.analyze(&observed.request);
    Ok(Look { report, request: observed.request.clone(), settings, live: Some((url, observed)) })
}

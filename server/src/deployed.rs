//! What is really deployed: each configured environment's database, its history held against every release.

use planner::matrix::Release;
use planner::migration::SourceKind;
use planner::project::Request;
use planner::protocol::{BackTo, SeenEnvironment};

use crate::exit::{Failure, Outcome};
use crate::losses::{self, Back};
use crate::observe;
use crate::target::Access;
use crate::url::TargetUrl;
use crate::workspace::Workspace;

/// Looks at every environment whose database is known: by its own address, or, of the one at hand, by any.
pub async fn all(workspace: &Workspace) -> Vec<SeenEnvironment> {
    let (at_hand, _) = workspace.settings(&workspace.request);
    let mut seen = Vec::new();
    for environment in &at_hand.environments {
        let request = Request { environment: Some(environment.clone()), ..workspace.request.clone() };
        let (settings, _) = workspace.settings(&request);
        let variable = settings.url_env.as_ref().is_some_and(|name| std::env::var_os(name).is_some_and(|url| !url.is_empty()));
        if !variable && settings.url.is_none() && *environment != at_hand.environment {
            continue;
        }
        let environment = environment.clone();
        match workspace.url(&settings) {
            Ok(None) => {}
            Ok(Some(url)) => match one(workspace, &url, &request).await {
                Ok(found) => seen.push(SeenEnvironment { environment, target: Some(url.identity()), ..found }),
                Err(failure) => seen.push(unread(environment, Some(url.identity()), failure)),
            },
            Err(failure) => seen.push(unread(environment, None, failure)),
        }
    }
    seen
}

fn unread(environment: String, target: Option<String>, failure: Failure) -> SeenEnvironment {
    SeenEnvironment { environment, target, problem: Some(failure.message), ..SeenEnvironment::default() }
}

async fn one(workspace: &Workspace, url: &TargetUrl, request: &Request) -> Outcome<SeenEnvironment> {
    let (settings, _) = workspace.settings(request);
    let mut target = observe::connect(url, &settings, "flightplan matrix", Access::Read).await?;
    let observed = observe::observe(&mut target, url, &settings, request).await;
    let observed = match observed {
        Ok(observed) => observed,
        Err(failure) => {
            target.close().await;
            return Err(failure);
        }
    };
    let report = workspace.analyze(&observed.request);
    let mut ways = losses::ways(&report, &observed.request);
    let held: Vec<(&Release, usize)> = report
        .matrix
        .releases
        .iter()
        .rev()
        .filter(|release| release.supported)
        .filter_map(|release| Some((release, ways.iter().position(|back| is_at(back, release, settings.source))?)))
        .filter(|(_, count)| *count > 0)
        .collect();
    ways.truncate(held.iter().map(|(_, count)| *count).max().unwrap_or(0));
    losses::count(&mut target, &mut ways).await;
    target.close().await;
    let back = held.iter().map(|(release, count)| way_back(release, ways.get(..*count).unwrap_or_default())).collect();
    let releases = report.matrix.deployed.map(|deployed| deployed.releases).unwrap_or_default();
    let pending = u32::try_from(report.plan.steps.len()).ok();
    Ok(SeenEnvironment { at: Some(report.plan.from), pending, releases, back, ..SeenEnvironment::default() })
}

/// Whether the newest migration that stays is the one a release was built for.
fn is_at(back: &Back, release: &Release, source: SourceKind) -> bool {
    match source {
        SourceKind::Flyway => release.schema.as_ref() == Some(&back.version),
        SourceKind::Alembic => release.revisions.len() == 1 && release.revisions.first() == Some(&back.migration.0),
    }
}

fn way_back(release: &Release, ways: &[Back]) -> BackTo {
    let loses = ways.iter().flat_map(|back| back.lines().into_iter().map(|line| format!("{}: {line}", back.migration)));
    BackTo { release: release.version.clone(), lossless: ways.iter().all(Back::is_lossless), loses: loses.collect() }
}

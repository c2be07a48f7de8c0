//! Targets: which database an environment has, who has to approve a plan for it, and when one may begin.

use planner::project::Request;
use planner::project::settings::Settings;

use crate::approval::settings::Policy;
use crate::route::admin::table;
use crate::window::{Windows, at, concerns};
use crate::workspace::Workspace;

/// The environments that somebody may see, from the files as they are now. No database is asked.
pub(super) fn show(workspace: &Workspace, shows: impl Fn(&str) -> bool, html: &mut String) {
    let (at_hand, _) = workspace.settings(&workspace.request);
    html.push_str("<h2>Targets and policies</h2>");
    let names = at_hand.environments.iter().filter(|environment| shows(environment));
    let rows = names.map(|environment| {
        let request = Request { environment: Some(environment.clone()), ..workspace.request.clone() };
        let (settings, _) = workspace.settings(&request);
        let sections = workspace.sections();
        vec![
            environment.clone(),
            database(workspace, &settings),
            settings.dialect.to_string(),
            approvals(settings.approvals, sections.policy(environment)),
            times(&sections.windows, environment),
        ]
    });
    table(&["Environment", "Database", "Product", "Approvals", "When a plan may begin"], rows, html);
    html.push_str("<p>They stand in <code>flightplan.toml</code>.</p>");
}

/// Without user and password.
fn database(workspace: &Workspace, settings: &Settings) -> String {
    match workspace.url(settings) {
        Ok(Some(url)) => url.identity(),
        Ok(None) => "not known to this server".to_owned(),
        Err(failure) => failure.message,
    }
}

fn approvals(count: u32, policy: &Policy) -> String {
    let sets = policy.sets.iter().map(|(risk, people)| {
        let people = people.iter().map(|one| format!("{} of {}", one.count, one.group)).collect::<Vec<_>>();
        format!("{risk}: {}", people.join(" and "))
    });
    let rules = [
        (count > 0).then(|| format!("{count} for every plan")),
        policy.four_eyes.then(|| "who approves may not run".to_owned()),
        policy.signed.then(|| "signed ones only".to_owned()),
        policy.valid_for_s.map(|seconds| format!("good for {} h", seconds.div_ceil(3600))),
    ];
    let all: Vec<String> = rules.into_iter().flatten().chain(sets).collect();
    if all.is_empty() { "none".to_owned() } else { all.join("; ") }
}

fn times(windows: &Windows, environment: &str) -> String {
    let opens = windows.windows.iter().filter(|window| concerns(&window.environments, environment));
    let opens = opens.map(|window| format!("{} for {} min ({})", window.opens, window.lasts.num_minutes(), window.zone));
    let frozen = windows.freezes.iter().filter(|freeze| concerns(&freeze.environments, environment));
    let frozen = frozen.map(|freeze| format!("not from {} to {} ({})", at(freeze.from), at(freeze.until), freeze.name));
    let all: Vec<String> = opens.chain(frozen).collect();
    if all.is_empty() { "at any time".to_owned() } else { all.join("; ") }
}

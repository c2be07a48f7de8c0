//! Files against a history table: `info`, what `migrate` runs and refuses, what `validate` finds.

use planner::migration::Migration;
use planner::project::flightplan_toml::resolve;
use planner::source::flyway::{load, state};

use super::Case;

pub(crate) fn render(case: &Case) -> String {
    let (settings, _) = resolve(&case.project, &case.request);
    let planner::source::flyway::Loaded { migrations, findings: broken, .. } =
        load(&case.project, &settings, &case.request, &planner::Alone);
    assert!(broken.iter().all(|finding| !finding.blocking), "the files of a case about states are right: {broken:?}");
    let migrations: Vec<&Migration> = migrations.iter().collect();
    let mut lines = Vec::new();
    for row in state::info(&migrations, &settings, &case.request) {
        let rank = row.rank.map_or("-".to_owned(), |rank| rank.to_string());
        let id = row.migration.map_or("-".to_owned(), |id| id.0);
        let undoable = row.undoable.map_or("", |undoable| if undoable { " Yes" } else { " No" });
        let state = row.state.label();
        lines.push(format!(
            "{rank} | {} | {} | {} | {} | {state} |{undoable} | {id}",
            row.category, row.version, row.description, row.kind
        ));
    }
    let (pending, findings) = state::pending(&migrations, &settings, &case.request);
    lines.push(format!("migrate runs: {}", pending.iter().map(|id| id.0.as_str()).collect::<Vec<_>>().join(", ")));
    lines.extend(findings.iter().map(|finding| format!("migrate: {}", super::settings::finding(finding))));
    let findings = state::validate(&migrations, &settings, &case.request);
    lines.extend(findings.iter().map(|finding| format!("validate: {}", super::settings::finding(finding))));
    lines.join("\n")
}

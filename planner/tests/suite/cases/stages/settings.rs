//! What the configuration comes down to, where it differs from the defaults, and its mistakes with their cures.

use planner::finding::Finding;
use planner::project::flightplan_toml::resolve;
use planner::project::settings::{AlembicSettings, FlywaySettings, Settings};

use super::Case;

pub(crate) fn render(case: &Case) -> String {
    let (settings, findings) = resolve(&case.project, &case.request);
    let defaults = Settings {
        flyway: FlywaySettings { locations: Vec::new(), ..FlywaySettings::default() },
        alembic: AlembicSettings::default(),
        ..Settings::default()
    };
    let mut lines = Vec::new();
    differences("", &json(&settings), &json(&defaults), &mut lines);
    lines.extend(findings.iter().map(finding));
    lines.join("\n")
}

fn json(settings: &Settings) -> serde_json::Value {
    serde_json::to_value(settings).expect("settings are JSON")
}

fn differences(path: &str, value: &serde_json::Value, default: &serde_json::Value, lines: &mut Vec<String>) {
    if value == default {
        return;
    }
    match value.as_object().filter(|_| !path.ends_with("placeholders")) {
        Some(object) => {
            for (key, value) in object {
                let dot = if path.is_empty() { "" } else { "." };
                differences(&format!("{path}{dot}{key}"), value, &default[key], lines);
            }
        }
        None => lines.push(format!("{path} = {value}")),
    }
}

/// A finding on one line, with its cure.
pub(super) fn finding(finding: &Finding) -> String {
    let place = finding.span.as_ref().map(|span| format!(" {}:{}:{}", span.file, span.line, span.column)).unwrap_or_default();
    let migration = finding.migration.as_ref().map(|id| format!(" [{id}]")).unwrap_or_default();
    let blocking = if finding.blocking { "blocking " } else { "" };
    format!("{blocking}{:?} {}{place}{migration}: {} -> {}", finding.severity, finding.rule, finding.message, finding.workaround)
}

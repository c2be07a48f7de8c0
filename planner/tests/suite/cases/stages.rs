//! What each stage prints for a case. One file a stage, one table.

use super::Case;

mod alembic;
mod catalog;
mod effect;
mod flyway;
mod graph;
mod lineage;
mod matrix;
mod parse;
mod plan;
mod report;
mod rollout;
mod rule;
mod settings;
mod split;
mod state;

/// The report of a case, whose plan is the one that the executor makes.
fn planned(case: &Case) -> planner::Report {
    let report = planner::analyze(&case.project, &case.request);
    let executors = planner::analyze_pending(&planner::Alone, &case.project, &case.request).plan;
    assert_eq!(executors, report.plan, "the executor plans the same");
    report
}

/// Prints one case.
type Render = fn(&Case) -> String;

/// Folder under `tests/cases` and the function that prints its cases.
#[rustfmt::skip]
pub(crate) const ALL: &[(&str, Render)] = &[
    ("alembic", alembic::render),
    ("catalog", catalog::render),
    ("effect", effect::render),
    ("flyway", flyway::render),
    ("parse", parse::render),
    ("graph", graph::render), ("lineage", lineage::render), ("matrix", matrix::render), ("plan", plan::render), ("rule", rule::render), ("report", report::render),
    ("rollout", rollout::render),
    ("settings", settings::render),
    ("split", split::render),
    ("state", state::render),
];

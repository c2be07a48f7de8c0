//! The schema after all files of a case, as JSON.

use super::{Case, effect};

pub(crate) fn render(case: &Case) -> String {
    let catalog = effect::walk(case, |_, _, _| {});
    serde_json::to_string_pretty(&planner::catalog::schema::schema(&catalog)).unwrap_or_else(|error| error.to_string())
}

//! The stages in order: the table of contents of the planner.

use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::graph::Graph;
use crate::matrix::Matrix;
use crate::migration::Migration;
use crate::plan::Plan;
use crate::project::settings::Settings;
use crate::project::{Project, Request};
use crate::{catalog, plan, project, source};

/// Everything the planner has to say about a project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The settings the request came down to.
    pub settings: Settings,
    /// Migrations of all sources, in the order each source runs them.
    pub migrations: Vec<Migration>,
    /// Their dependency graph.
    pub graph: Graph,
    /// Releases × schemas.
    pub matrix: Matrix,
    /// The plan for the environment's source.
    pub plan: Plan,
    /// The schema after the environment's source has run in full.
    pub schema: catalog::schema::Schema,
    /// All findings, sorted by file, position and rule.
    pub findings: Vec<Finding>,
}

/// Reads, simulates, judges and plans. See the crate's documentation for the picture.
#[must_use]
pub fn analyze(project: &Project, request: &Request) -> Report {
    let (settings, mut findings) = project::flightplan_toml::resolve(project, request);
    let (migrations, more) = source::load(project, &settings, request);
    findings.extend(more);
    Report {
        graph: Graph::default(),
        matrix: Matrix::default(),
        plan: Plan {
            format: 1,
            digest: String::new(),
            project: settings.project.clone(),
            environment: settings.environment.clone(),
            target: plan::PlanTarget::default(),
            from: String::new(),
            to: String::new(),
            steps: Vec::new(),
            findings: Vec::new(),
            estimate: plan::Estimate::default(),
            approvals: settings.approvals,
        },
        schema: catalog::schema::Schema::default(),
        settings,
        migrations,
        findings,
    }
}

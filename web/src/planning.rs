//! The worker's side: the planner with the project in hand.

use std::collections::BTreeMap;
use std::rc::Rc;

use planner::graph::Node;
use planner::migration::{Migration, MigrationId, SourceKind};
use planner::pipeline::lineage;
use planner::project::settings::Settings;
use planner::project::{BatchChoice, Statistics};
use planner::sort::Gather;
use planner::{Project, Report, Request, analyze};

use crate::files;
use crate::folding::long_chains;
use crate::layout::{self, Layout};
use crate::message::{Answer, Call, CurvePoint, MigrationView, Question, Reply, SettingsView, StatementView};

mod desk;
mod file_digest;

/// Rows per batch at which the curve is drawn.
const CURVE_SIZES: [u32; 9] = [100, 300, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000];

/// The project in hand and the last drawing of its graph.
#[derive(Debug, Default)]
pub struct Desk {
    project: Rc<Project>,
    /// What was measured in a database, where a file of it lies in the project.
    statistics: Option<Statistics>,
    drawing: Option<Drawing>,
    last: Option<Last>,
    /// What was planned before the reader changed anything.
    given: Option<(Rc<Project>, Request)>,
    /// The text of the plan file that is shown.
    opened: Option<String>,
}

/// What the last plan was made of.
#[derive(Debug)]
struct Last {
    settings: Settings,
    migrations: Vec<Migration>,
    request: Request,
}

/// A layout with what it was made from.
#[derive(Debug)]
struct Drawing {
    edges: Vec<(u32, u32)>,
    nodes: usize,
    layout: Layout,
}

impl Desk {
    /// Answers one call; none for a call that asks nothing.
    pub fn answer(&mut self, call: Call) -> Option<Reply> {
        match call {
            Call::Project(project) => {
                self.statistics = files::statistics(&project);
                self.project = project;
                None
            }
            Call::Ask(Question::Plan { generation, mut request, as_given }) => {
                self.complete(&mut request);
                let report = analyze(&self.project, &request);
                self.keep(&request, as_given);
                Some(Reply::Plan { generation, answer: Box::new(self.view(report, *request)) })
            }
            Call::Ask(Question::Curve { generation, mut request, statement }) => {
                self.complete(&mut request);
                let points = self.curve(&request, &statement);
                Some(Reply::Curve { generation, statement, points })
            }
            Call::Ask(Question::Open { generation, json }) => Some(self.open(generation, json)),
            Call::Ask(Question::Compare { label, other }) => Some(self.compared(&label, other)),
            Call::Ask(Question::Pack) => Some(self.pack()),
            Call::Ask(Question::Lineage { generation }) => {
                let of = |last: &Last| lineage(&last.settings, &last.migrations, &last.request);
                let lineage = Box::new(self.last.as_ref().map(of).unwrap_or_default());
                Some(Reply::Lineage { generation, lineage })
            }
        }
    }

    /// The target's own figures win over those of a file.
    fn complete(&self, request: &mut Request) {
        if let Some(statistics) = self.statistics.as_ref().filter(|_| request.statistics.is_empty()) {
            request.statistics = statistics.clone();
        }
    }

    /// What the page shows of the report; what its lineage is made of stays here.
    fn view(&mut self, report: Report, request: Request) -> Answer {
        let layout = self.draw(&report.graph);
        let nodes: BTreeMap<(SourceKind, &MigrationId), &Node> =
            report.graph.nodes.iter().map(|node| ((node.source, &node.id), node)).gather();
        let node = |migration: &Migration| nodes.get(&(migration.source, &migration.id)).copied();
        let migrations = report.migrations.iter().map(|migration| migration_view(migration, node(migration))).collect();
        let settings = settings_view(&report.settings);
        self.last = Some(Last { settings: report.settings, migrations: report.migrations, request });
        Answer {
            layout,
            migrations,
            settings,
            graph: report.graph,
            matrix: Rc::new(report.matrix),
            plan: report.plan,
            findings: report.findings,
        }
    }

    /// Drawing is the dearest part of an answer, and a batch size does not change it.
    fn draw(&mut self, graph: &planner::graph::Graph) -> Layout {
        let ends = layout::ends(graph);
        let edges = layout::numbered_edges(graph, &ends);
        let layout = match &self.drawing {
            Some(drawing) if drawing.edges == edges && drawing.nodes == graph.nodes.len() => drawing.layout.clone(),
            _ => {
                let nodes = graph.nodes.len();
                let layout = Layout { chains: long_chains(nodes, &edges), ..layout::place(nodes, &edges) };
                self.drawing = Some(Drawing { edges, nodes, layout: layout.clone() });
                layout
            }
        };
        Layout { ends, ..layout }
    }

    /// Plans the project once for each size; sizes the planner cannot estimate are left out.
    fn curve(&self, request: &Request, statement: &str) -> Vec<CurvePoint> {
        let pause_ms = request.batches.get(statement).map_or(0, |choice| choice.pause_ms);
        CURVE_SIZES
            .iter()
            .filter_map(|&size| {
                let mut request = request.clone();
                request.batches.insert(statement.to_owned(), BatchChoice { size, pause_ms, ..BatchChoice::default() });
                let plan = analyze(&self.project, &request).plan;
                let mut statements = plan.steps.iter().flat_map(|step| &step.statements);
                let batch = statements.find(|planned| planned.id == statement)?.batch.as_ref()?;
                Some(CurvePoint { size, total_ms: batch.duration_ms?.1, lock_ms: batch.lock_ms.1 })
            })
            .collect()
    }
}

fn settings_view(settings: &Settings) -> SettingsView {
    let Settings { project, environment, environments, source, dialect, server_version, .. } = settings.clone();
    SettingsView { project, environment, environments, source, dialect, server_version }
}

fn migration_view(migration: &Migration, node: Option<&Node>) -> MigrationView {
    MigrationView {
        id: migration.id.clone(),
        source: migration.source,
        kind: migration.kind,
        description: migration.description.clone(),
        path: migration.path.clone(),
        checksum: migration.checksum,
        phase: node.map(|node| node.phase),
        applied: node.is_some_and(|node| node.applied),
        statements: (migration.up.statements.iter())
            .map(|statement| StatementView { sql: statement.sql.clone(), line: statement.span.line })
            .collect(),
        undo: (migration.undo.as_ref()).map(|undo| undo.statements.iter().map(|statement| statement.sql.clone()).collect()),
        opaque: migration.up.opaque.clone(),
        assumptions: migration.up.assumptions.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{decode, encode};

    #[test]
    fn an_empty_project_is_answered_and_the_answer_survives_the_wire() {
        let mut desk = Desk::default();
        assert_eq!(desk.answer(Call::Project(Rc::default())), None);
        let reply = desk.answer(Call::Ask(Question::Plan { generation: 7, request: Box::default(), as_given: true }));
        let Some(Reply::Plan { generation, answer }) = &reply else { panic!("a plan was asked for") };
        assert_eq!(*generation, 7);
        assert!(answer.plan.steps.is_empty());
        assert_eq!(decode::<Option<Reply>>(&encode(&reply)), Ok(reply));
    }

    #[test]
    fn a_statement_that_is_not_in_the_plan_has_no_curve() {
        let question = Question::Curve { generation: 1, request: Box::default(), statement: "V1:1".to_owned() };
        let reply = Desk::default().answer(Call::Ask(question));
        assert_eq!(reply, Some(Reply::Curve { generation: 1, statement: "V1:1".to_owned(), points: Vec::new() }));
    }
}

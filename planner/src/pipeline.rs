//! The stages in order: the table of contents of the planner.

mod ways_back;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::graph::Graph;
use crate::matrix::build::{Built, Material};
use crate::matrix::loss::Way;
use crate::matrix::{Matrix, Release};
use crate::migration::{Migration, MigrationId, MigrationKind, SourceKind};
use crate::phase::Phase;
use crate::places::Places;
use crate::plan::build;
use crate::plan::finish::{Run, finish};
use crate::plan::simulate::{Simulation, Walk, simulate};
use crate::plan::{Plan, PlannedCallback};
use crate::project::settings::Settings;
use crate::project::{Project, Request};
use crate::rule::ProjectContext;
use crate::sort::Sort;
use crate::statement::operation::Operation;
use crate::statement::reading::{Alone, Machine, both};
use crate::{catalog, graph, matrix, plan, project, rule, source};

pub use ways_back::{batches_back, batches_given, ways_back};

/// Everything the planner has to say about a project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The settings the request came down to.
    pub settings: Settings,
    /// Migrations of all sources, in the order each source runs them.
    pub migrations: Vec<Migration>,
    /// Every SQL callback, whichever command it belongs to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub callbacks: Vec<PlannedCallback>,
    /// Their dependency graph.
    pub graph: Graph,
    /// Releases × schemas.
    pub matrix: Matrix,
    /// The plan for the environment's source.
    pub plan: Plan,
    /// The schema after the environment's source has run in full.
    pub schema: catalog::schema::Schema,
    /// All findings, sorted by file, position and rule.
    pub findings: Vec<Arc<Finding>>,
}

/// Reads, simulates, judges and plans. See the crate's documentation for the picture.
#[must_use]
pub fn analyze(project: &Project, request: &Request) -> Report {
    analyze_on(&Alone, project, request)
}

/// The same report with the help of the caller's machine.
#[must_use]
pub fn analyze_on(machine: &dyn Machine, project: &Project, request: &Request) -> Report {
    run(machine, project, request, Depth::Everything, &[])
}

/// The same report with releases that `releases.toml` does not list, such as the tags of a repository.
#[must_use]
pub fn analyze_releases(machine: &dyn Machine, project: &Project, request: &Request, found: &[Release]) -> Report {
    run(machine, project, request, Depth::Everything, found)
}

/// The same plan, byte for byte, for the executor: what the target has is brought into the schema, but neither its
/// effects nor its ways back are worked out again, and sources that the target does not run are left out.
#[must_use]
pub fn analyze_pending(machine: &dyn Machine, project: &Project, request: &Request) -> Report {
    run(machine, project, request, Depth::Pending, &[])
}

/// The report, with an empty plan, on a target that has every migration of a Flyway project; `None` where anything is
/// left to do or to say. It knows names, checksums and history only: no statements, graph or schema. That is the cost of
/// a run that finds nothing to do.
#[must_use]
pub fn up_to_date(machine: &dyn Machine, project: &Project, request: &Request) -> Option<Report> {
    let (settings, mut findings) = project::flightplan_toml::resolve(project, request);
    findings.extend(rule::option::check(&settings));
    if settings.source != SourceKind::Flyway || request.applied.flyway.is_empty() || !findings.is_empty() {
        return None;
    }
    let source::flyway::Loaded { migrations, callbacks, mut findings } =
        source::flyway::load_names(project, &settings, request, machine);
    let own: Vec<&Migration> = migrations.iter().collect();
    let course = plan::build::course(&own, &settings, request);
    findings.extend(course.findings.iter().cloned());
    // Callbacks run even where nothing else does.
    if !course.pending.is_empty() || !callbacks.is_empty() || findings.iter().any(|finding| finding.blocking) {
        return None;
    }
    let findings: Vec<Arc<Finding>> = shared(findings).collect();
    let plan = finish(machine, &settings, request, &course, &Simulation::default(), Run::default(), &findings);
    let plan = sealed(plan, machine);
    let (graph, matrix, schema) = (Graph::default(), Matrix::default(), catalog::schema::Schema::default());
    Some(Report { settings, migrations, callbacks: Vec::new(), graph, matrix, plan, schema, findings })
}

/// How much is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    Everything,
    Pending,
}

/// The plan with its digest.
fn sealed(plan: plan::Plan, machine: &dyn Machine) -> plan::Plan {
    plan::Plan { digest: plan::digest::plan_digest(&plan, crate::rule::VERSION, machine), ..plan }
}

fn run(machine: &dyn Machine, project: &Project, request: &Request, depth: Depth, found: &[Release]) -> Report {
    let (settings, unknown) = project::flightplan_toml::resolve(project, request);
    let mut findings: Vec<Arc<Finding>> = shared(unknown).collect();
    findings.extend(shared(rule::option::check(&settings)));
    let source::flyway::Loaded { migrations, callbacks, findings: read } = source::load(project, &settings, request, machine);
    let (listed, more) = matrix::release::load(project);
    let releases = matrix::release::merge(listed, found);
    findings.extend(shared(more));

    let own: Vec<&Migration> = of_source(&migrations, settings.source);
    let (built, more) = matrix::build::built(&releases, &own, settings.source);
    findings.extend(shared(more));
    let (request, more) = matrix::course::named(request, &releases, &built, &own, settings.source);
    findings.extend(shared(more));
    let request = &request;
    let ((edges, edge_findings), ahead) =
        both(machine, || graph::build::edges(machine, &migrations), || ahead(machine, &own, &settings, request, depth));
    let Ahead { course, applied, walk, mut simulation } = ahead;
    findings.extend(shared(course.findings.clone()));
    let others =
        migrations.iter().filter(|migration| depth == Depth::Everything && migration.source != settings.source).collect();
    let elsewhere = simulate(machine, &Walk { rest: others, ..Walk::default() }, &settings, &Request::default());
    findings.extend(only_pending_block(shared(read).collect(), &own, &course.pending));
    findings.extend(only_pending_block(std::mem::take(&mut simulation.findings), &own, &course.pending));
    let quiet = |finding: &Arc<Finding>| with_blocking(finding.clone(), false);
    findings.extend(elsewhere.findings.iter().map(quiet));

    let marks = Seen { applied: &applied, simulations: [&simulation, &elsewhere] };
    let anywhere = request.target.is_none() && applied.is_empty() && request.live.is_empty();
    let compares = depth == Depth::Everything || anywhere;
    let compare = || match compares {
        true => compare(project, &releases, &built, &own, &simulation, &settings),
        false => (Matrix::default(), Vec::new()),
    };
    let ((nodes, ordered), (mut matrix, mut compared)) =
        both(machine, || graph::build::nodes(&migrations, &edges, &marks), compare);
    let graph = Graph { nodes, edges };
    findings.extend(shared(edge_findings));
    if !ordered && !findings.iter().any(|finding| finding.rule == "revision-cycle") {
        findings.extend(shared(graph::cycle::findings(&graph)));
    }

    let rollout = matrix::course::Course::new((&releases, &built), &own, (&settings, request), &applied, &course.pending);
    if depth == Depth::Everything && !anywhere {
        matrix.deployed = matrix::judged::deployed(project, &rollout, &matrix, &course.from);
    }
    let gates = match anywhere {
        true => matrix::gate::on_the_way(&rollout, &matrix),
        false => matrix::gate::on_target(project, &rollout),
    };
    findings.extend(shared(gates.findings));
    let (callbacks, more) = plan::callback::planned(&callbacks, &settings, request, &simulation.last);
    findings.extend(shared(more));
    let around = plan::callback::of_migrate(&callbacks, &settings);
    let material =
        build::Material { migrations: &own, simulation: &simulation, settings: &settings, request, callbacks: &around };
    let mut built = (Vec::new(), Vec::new());
    machine.both(&mut || built = plan::build::steps(machine, &course, &material, &gates.by_migration), &mut || {
        in_order(&mut findings);
    });
    let (mut steps, mut late) = built;
    let (group, more) = plan::group::group(&mut steps, &settings);
    late.extend(more);
    late.extend(plan::callback::misplaced(&steps));
    if !late.is_empty() {
        findings.extend(shared(late));
        in_order(&mut findings);
    }
    findings.dedup();

    let run = Run { steps, group, callbacks: around, rollout: gates.rollout };
    let unsealed = finish(machine, &settings, request, &course, &simulation, run, &findings);
    // What concerns all migrations is no part of a plan, which must not depend on those that do not run.
    let whole = || {
        let migrations: Vec<&Migration> = walk.done.iter().chain(&walk.rest).copied().collect();
        let context = ProjectContext { migrations: &migrations, last: &simulation.last, settings: &settings };
        rule::judge::project(&context)
    };
    let (mut digest, mut schema) = (String::new(), catalog::schema::Schema::default());
    machine.both(&mut || digest = plan::digest::plan_digest(&unsealed, crate::rule::VERSION, machine), &mut || {
        schema = catalog::schema::schema(&simulation.last);
        schema.opaque = opaque(&own, &simulation);
        if depth == Depth::Everything {
            findings.extend(shared(whole()));
            findings.extend(shared(std::mem::take(&mut compared)));
            in_order(&mut findings);
        }
    });
    let plan = plan::Plan { digest, ..unsealed };
    machine.discard(Box::new((simulation, elsewhere)));
    Report { settings, migrations, callbacks, graph, matrix, plan, schema, findings }
}

/// What will run, what has, and what each of it does.
struct Ahead<'a> {
    course: build::Course,
    applied: BTreeSet<MigrationId>,
    walk: Walk<'a>,
    simulation: Simulation,
}

fn ahead<'a>(machine: &dyn Machine, own: &[&'a Migration], settings: &Settings, request: &Request, depth: Depth) -> Ahead<'a> {
    let course = plan::build::course(own, settings, request);
    let applied = plan::build::applied(own, settings, request);
    let walk = walk(own, &course.pending, &applied, depth);
    let simulation = simulate(machine, &walk, settings, request);
    Ahead { course, applied, walk, simulation }
}

/// The releases on the schemas.
fn compare(
    project: &Project,
    releases: &[Release],
    built: &[Option<Built>],
    migrations: &[&Migration],
    simulation: &Simulation,
    settings: &Settings,
) -> (Matrix, Vec<Finding>) {
    let (queries, findings) = matrix::queries::load(project, releases, settings.dialect);
    let way = |id: &MigrationId, at: usize| {
        let statement = simulation.migrations.get(id)?.statements.get(at)?;
        Some(Way { reversibility: statement.effect.undo, notes: &statement.undo.notes, settings })
    };
    let material = Material { releases, built, queries: &queries, migrations, settings };
    (matrix::build::matrix(material, &way), findings)
}

/// What in a source's migrations nobody can know, in their order.
fn opaque(own: &[&Migration], simulation: &Simulation) -> Vec<catalog::schema::OpaqueSchema> {
    let unread = |span: &crate::span::Span, reason: &str| catalog::schema::OpaqueSchema {
        file: span.file.clone(),
        line: span.line,
        reason: reason.to_owned(),
    };
    let mut found = Vec::new();
    for migration in own {
        found.extend(migration.up.opaque.iter().map(|part| unread(&part.span, &part.reason)));
        for (at, statement) in migration.up.statements.iter().enumerate() {
            let judged = simulation.migrations.get(&migration.id).and_then(|judged| judged.statements.get(at));
            // What stands in a body is known where the body is.
            let unknown = judged.is_none_or(|judged| judged.effect.opaque.is_some());
            found.extend(statement.operations.iter().filter_map(|operation| match operation {
                Operation::Opaque { reason } => Some(unread(&statement.span, reason)),
                Operation::Call { reason, .. } if unknown => Some(unread(&statement.span, reason)),
                Operation::CreateTableAs { table, outputs: None, .. } => {
                    Some(unread(&statement.span, &format!("the columns of {table} are those of a query that cannot be typed")))
                }
                _ => None,
            }));
        }
    }
    found
}

/// The schema as the applied migrations make it, and as it will be behind the pending ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Schemas {
    /// What the target should have.
    pub before: catalog::Catalog,
    /// What it will have.
    pub after: catalog::Catalog,
}

/// Simulates without judging. A repeatable whose text has changed stands in both with its newer text.
#[must_use]
pub fn schemas(report: &Report, request: &Request) -> Schemas {
    let settings = &report.settings;
    let own = of_source(&report.migrations, settings.source);
    let applied = plan::build::applied(&own, settings, request);
    let pending = plan::build::course(&own, settings, request).pending;
    let walk = walk(&own, &pending, &applied, Depth::Pending);
    let done: Vec<&Migration> = walk.done.into_iter().chain(walk.again).collect();
    let before = catalog::replay::after(catalog::Catalog::at_start(settings), &done);
    let after = catalog::replay::after(before.clone(), &walk.rest);
    Schemas { before, after }
}

/// What each migration of the environment's source made, changed and took away, in the order the target meets them: what it
/// has, then what it has not.
#[must_use]
pub fn lineage(settings: &Settings, migrations: &[Migration], request: &Request) -> catalog::lineage::Lineage {
    let own = of_source(migrations, settings.source);
    let applied = plan::build::applied(&own, settings, request);
    let pending = plan::build::course(&own, settings, request).pending;
    let walk = walk(&own, &pending, &applied, Depth::Everything);
    let migrations: Vec<&Migration> = walk.done.into_iter().chain(walk.rest).collect();
    catalog::lineage::lineage(catalog::Catalog::at_start(settings), &migrations)
}

/// What is wrong with a script of Flyway keeps nobody from running the others: Flyway reads a script when it runs it.
fn only_pending_block(findings: Vec<Arc<Finding>>, own: &[&Migration], pending: &[MigrationId]) -> Vec<Arc<Finding>> {
    if !findings.iter().any(|finding| finding.blocking) {
        return findings;
    }
    let waits = Places::of(pending.iter());
    let places = Places::of(own.iter().map(|migration| &migration.id));
    let flyway = |id: &MigrationId| {
        places.get(id).and_then(|at| own.get(at)).is_some_and(|migration| migration.source == SourceKind::Flyway)
    };
    let judged = |finding: Arc<Finding>| {
        let quiet = finding.migration.as_ref().is_some_and(|id| flyway(id) && !waits.contains(id));
        let blocking = finding.blocking && !quiet;
        with_blocking(finding, blocking)
    };
    findings.into_iter().map(judged).collect()
}

fn with_blocking(mut finding: Arc<Finding>, blocking: bool) -> Arc<Finding> {
    if finding.blocking != blocking {
        Arc::make_mut(&mut finding).blocking = blocking;
    }
    finding
}

/// By file, position and rule.
fn in_order(findings: &mut Vec<Arc<Finding>>) {
    findings.order_by(|a, b| (&a.span, &a.rule, a).cmp(&(&b.span, &b.rule, b)));
}

/// Report and plan hold the same ones.
fn shared(findings: Vec<Finding>) -> impl Iterator<Item = Arc<Finding>> {
    findings.into_iter().map(Arc::new)
}

fn of_source(migrations: &[Migration], source: SourceKind) -> Vec<&Migration> {
    migrations.iter().filter(|migration| migration.source == source).collect()
}

/// The target's own way: what it has, what is pending, then what neither ran nor will run. A baseline and the versions
/// it stands for are two ways to the same schema, so only one of them is walked.
fn walk<'a>(own: &[&'a Migration], pending: &[MigrationId], applied: &BTreeSet<MigrationId>, depth: Depth) -> Walk<'a> {
    let waits = Places::of(pending.iter());
    let places = Places::of(own.iter().map(|migration| &migration.id));
    let has = |migration: &&Migration| applied.contains(&migration.id);
    let waiting = |migration: &&Migration| waits.contains(&migration.id);
    let by_baseline = own.iter().any(|migration| migration.kind == MigrationKind::Baseline && waiting(migration));
    let instead =
        |migration: &Migration| migration.kind == MigrationKind::Baseline || (by_baseline && migration.version.is_some());
    let mut rest: Vec<&Migration> = pending.iter().filter_map(|id| own.get(places.get(id)?).copied()).collect();
    if depth == Depth::Everything {
        rest.extend(own.iter().filter(|migration| !has(migration) && !waiting(migration) && !instead(migration)));
    }
    Walk {
        done: own.iter().copied().filter(|migration| has(migration) && !waiting(migration)).collect(),
        again: own.iter().copied().filter(|migration| has(migration) && waiting(migration)).collect(),
        rest,
        judge_done: depth == Depth::Everything,
    }
}

/// What the graph shows about each migration.
struct Seen<'a> {
    applied: &'a BTreeSet<MigrationId>,
    simulations: [&'a Simulation; 2],
}

impl graph::build::Marks for Seen<'_> {
    fn phase(&self, id: &MigrationId) -> Phase {
        self.simulations.iter().find_map(|simulation| simulation.migrations.get(id)).map(|seen| seen.phase).unwrap_or_default()
    }

    fn applied(&self, id: &MigrationId) -> bool {
        self.applied.contains(id)
    }
}

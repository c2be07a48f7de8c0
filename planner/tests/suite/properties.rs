//! What must hold for every input: order, digest, totality.

use planner::Alone;
use planner::dialect::Dialect;
use planner::migration::SourceKind;
use planner::plan::Plan;
use planner::plan::digest::plan_digest;
use planner::project::{Project, ProjectFile, Request, SourceSpec, TargetIdentity};
use planner::rule::VERSION;
use proptest::prelude::*;

fn request(kind: SourceKind) -> Request {
    Request { source: Some(SourceSpec { kind, folder: String::new() }), dialect: Some(Dialect::Postgres), ..Request::default() }
}

fn file(path: String, content: &str) -> ProjectFile {
    ProjectFile { path, content: content.as_bytes().to_vec() }
}

/// Revisions where each names some earlier ones as its parents; files in any order.
fn revisions(parents: &[Vec<usize>]) -> Project {
    let id = |at: usize| format!("r{at:03}");
    let files = parents.iter().enumerate().map(|(at, parents)| {
        let mut names: Vec<String> = parents.iter().filter(|_| at > 0).map(|parent| format!("{:?}", id(parent % at.max(1)))).collect();
        names.sort();
        names.dedup();
        let down = match names.as_slice() {
            [] => "None".to_owned(),
            [one] => one.clone(),
            many => format!("({})", many.join(", ")),
        };
        let own = id(at);
        let text = format!(
            "from alembic import op\nrevision = \"{own}\"\ndown_revision = {down}\ndef upgrade():\n    op.execute(\"CREATE TABLE t{at} \
             (id bigint PRIMARY KEY)\")\ndef downgrade():\n    op.execute(\"DROP TABLE t{at}\")\n"
        );
        file(format!("{own}.py"), &text)
    });
    Project { files: files.collect() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_is_a_linear_extension_of_the_graph(parents in prop::collection::vec(prop::collection::vec(0usize..20, 0..3), 1..20)) {
        let report = planner::analyze(&revisions(&parents), &request(SourceKind::Alembic));
        let order = planner::graph::order::order(&report.graph);
        prop_assert_eq!(order.len(), parents.len());
        let place = |id| order.iter().position(|known| *known == id);
        let run: Vec<_> = report.plan.steps.iter().map(|step| step.migration.clone()).collect();
        let turn = |id| run.iter().position(|known| known == id);
        for edge in &report.graph.edges {
            prop_assert!(place(&edge.from) < place(&edge.to), "{} -> {}", edge.from, edge.to);
            prop_assert!(turn(&edge.from) < turn(&edge.to), "plan: {} -> {}", edge.from, edge.to);
        }
    }

    #[test]
    fn the_digest_does_not_depend_on_the_order_of_the_files(parents in prop::collection::vec(prop::collection::vec(0usize..9, 0..3), 1..9)) {
        let mut project = revisions(&parents);
        let first = planner::analyze(&project, &request(SourceKind::Alembic)).plan.digest;
        project.files.reverse();
        prop_assert_eq!(planner::analyze(&project, &request(SourceKind::Alembic)).plan.digest, first);
    }

    #[test]
    fn any_sql_and_any_toml_give_a_report(sql in "\\PC{0,200}", toml in "\\PC{0,80}", bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let files = vec![
            file("V1__a.sql".to_owned(), &sql),
            file("releases.toml".to_owned(), &toml),
            ProjectFile { path: "V2__b.sql".to_owned(), content: bytes.clone() },
            ProjectFile { path: "a.py".to_owned(), content: bytes },
        ];
        for kind in [SourceKind::Flyway, SourceKind::Alembic] {
            let report = planner::analyze(&Project { files: files.clone() }, &request(kind));
            prop_assert_eq!(report.plan.digest.len(), 64);
        }
    }
}

fn sample() -> Plan {
    let revision = |id: &str, down: &str, sql: &str| {
        let text = format!(
            "from alembic import op\nrevision = \"{id}\"\ndown_revision = {down}\ndef upgrade():\n    op.execute(\"{sql}\")\ndef \
             downgrade():\n    pass\n"
        );
        file(format!("{id}.py"), &text)
    };
    let files = vec![
        revision("aaaa", "None", "CREATE TABLE users (id bigint PRIMARY KEY, status text)"),
        revision("bbbb", "\\\"aaaa\\\"".replace('\\', "").as_str(), "UPDATE users SET status = 'active'"),
    ];
    let target = TargetIdentity { identity: "postgres://h/d".to_owned(), fingerprint: "f".repeat(64) };
    let request = Request { target: Some(target), ..request(SourceKind::Alembic) };
    planner::analyze(&Project { files }, &request).plan
}

/// A change to a plan, with its name.
type Change = (&'static str, fn(&mut Plan));

#[test]
fn everything_that_decides_what_runs_changes_the_digest() {
    let plan = sample();
    assert_eq!(plan.steps.len(), 2);
    assert!(plan.steps[1].statements[0].batch.is_some(), "the second step is batched");
    assert_eq!(plan_digest(&plan, VERSION, &Alone), plan.digest, "same input, same digest");
    let changes: &[Change] = &[
        ("a byte of SQL", |plan| plan.steps[0].statements[0].sql.push(' ')),
        ("the order", |plan| plan.steps.swap(0, 1)),
        ("a step less", |plan| drop(plan.steps.pop())),
        ("lock_timeout", |plan| plan.steps[0].lock_timeout_ms += 1),
        ("statement_timeout", |plan| plan.steps[0].statement_timeout_ms += 1),
        ("batch size", |plan| plan.steps[1].statements[0].batch.as_mut().unwrap().size += 1),
        ("batch pause", |plan| plan.steps[1].statements[0].batch.as_mut().unwrap().pause_ms += 1),
        ("batch SQL", |plan| plan.steps[1].statements[0].batch.as_mut().unwrap().batch_sql.push(' ')),
        ("no batch", |plan| plan.steps[1].statements[0].batch = None),
        ("the way back", |plan| plan.steps[0].undo.statements.push("DROP TABLE t".to_owned())),
        ("the history", |plan| plan.steps[0].history = None),
        ("a finding less", |plan| plan.findings.clear()),
        ("the fingerprint", |plan| plan.target.fingerprint = Some("0".repeat(64))),
        ("the target", |plan| plan.target.identity = Some("postgres://h/e".to_owned())),
        ("the server", |plan| plan.target.server_version.major += 1),
        ("the environment", |plan| plan.environment.push('x')),
        ("the project", |plan| plan.project.push('x')),
        ("the approvals", |plan| plan.approvals += 1),
    ];
    for (name, change) in changes {
        let mut changed = plan.clone();
        change(&mut changed);
        assert_ne!(plan_digest(&changed, VERSION, &Alone), plan.digest, "{name}");
    }
    assert_ne!(plan_digest(&plan, VERSION + 1, &Alone), plan.digest, "the rule set");
}

#[test]
fn what_only_informs_does_not_change_the_digest() {
    let plan = sample();
    let mut measured = plan.clone();
    let batch = measured.steps[1].statements[0].batch.as_mut().unwrap();
    (batch.rows, batch.batches, batch.duration_ms) = (Some(9), Some(9), Some((1, 2)));
    std::sync::Arc::make_mut(&mut measured.steps[0].statements[0].effect).lock_ms = Some((7, 70));
    measured.estimate.duration_ms = None;
    assert_eq!(plan_digest(&measured, VERSION, &Alone), plan.digest);
}

/// Two threads, and everything a machine may share out.
struct Cores;

impl planner::Machine for Cores {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        std::thread::scope(|scope| {
            scope.spawn(|| (0..count).filter(|at| at % 2 == 1).for_each(work));
            (0..count).filter(|at| at % 2 == 0).for_each(work);
        });
    }

    fn both(&self, one: &mut (dyn FnMut() + Send), other: &mut (dyn FnMut() + Send)) {
        std::thread::scope(|scope| {
            scope.spawn(one);
            other();
        });
    }

    fn is_alone(&self) -> bool {
        false
    }
}

/// Each migration finds what those before it have left, whoever judges it: paths, views, functions, what is refused.
#[test]
fn the_report_does_not_depend_on_the_cores() {
    let script = |at: usize| {
        format!(
            "CREATE SCHEMA s{at};\nSET search_path = s{at};\nCREATE TABLE t (id bigint PRIMARY KEY, a varchar(9), b int);\n\
             CREATE VIEW v AS SELECT id, a FROM t;\nCREATE INDEX i ON t (a);\nALTER TABLE t ADD COLUMN c int, DROP COLUMN b;\n\
             DROP VIEW v;\nALTER TABLE s{before}.t RENAME TO u;\nDROP TABLE s{missing}.t;\n\
             UPDATE s{before}.u SET a = 'x' WHERE a IS NULL;\n",
            before = at.saturating_sub(1),
            missing = at + 1,
        )
    };
    let file = |at: usize| ProjectFile { path: format!("V{}__step.sql", at + 1), content: script(at).into_bytes() };
    let project = Project { files: (0..600).map(file).collect() };
    let request = request(SourceKind::Flyway);
    let alone = planner::analyze(&project, &request);
    let shared = planner::analyze_on(&Cores, &project, &request);
    assert_eq!(alone.plan.digest, shared.plan.digest);
    assert!(alone.findings.len() > 1000, "{} findings", alone.findings.len());
    assert!(alone == shared, "the reports differ");
}

/// Found by `cargo xtask fuzz`: a third of a million statements took seven seconds.
#[test]
fn a_revision_without_end_is_cut_off() {
    let text = "from alembic import op\nrevision = 'a'\ndown_revision = None\ndef upgrade():\n    while True:\n        \
                op.execute('SELECT 1')\n";
    let project = Project { files: vec![file("versions/a.py".to_owned(), text)] };
    let report = planner::analyze(&project, &request(SourceKind::Alembic));
    let statements = &report.migrations[0].up.statements;
    assert!((1000..=20_000).contains(&statements.len()), "{}", statements.len());
    assert!(report.findings.iter().any(|finding| finding.message.contains("more steps")), "that it was cut off is told");
}

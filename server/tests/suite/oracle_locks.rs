//! `explain` against locks, rewrites and scans that were measured on PostgreSQL 11 to 18, and the same measured again.
//!
//! `oracle/postgres-locks.json` is our own measurement: each case ran in a transaction on a fresh fixture. What stands
//! before `--;;` is set-up.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use planner::dialect::{Dialect, ServerVersion};
use planner::migration::SourceKind;
use planner::project::{Project, ProjectFile, Request, SourceSpec};
use serde::Deserialize;
use serde_json::Value;

use crate::oracle_effect::{Found, measured, open, with_setup};
use crate::postgres;

const FACTS: &str = include_str!("oracle/postgres-locks.json");

/// The measurement.
#[derive(Deserialize)]
struct Facts {
    fixture: Vec<String>,
    cases: Vec<Case>,
}

/// One statement.
#[derive(Deserialize)]
struct Case {
    id: String,
    sql: String,
    results: Vec<Outcome>,
}

/// What some versions did.
#[derive(Deserialize)]
struct Outcome {
    versions: Vec<u32>,
    #[serde(default)]
    locks: BTreeMap<String, String>,
    #[serde(default)]
    newrels: Vec<String>,
    #[serde(default)]
    rewrite: Vec<(String, String)>,
    #[serde(default)]
    scan: BTreeMap<String, u64>,
    err: Option<String>,
}

impl Facts {
    fn read() -> Self {
        serde_json::from_str(FACTS).expect("the measurement is JSON")
    }

    /// Names of tables, views and materialized views of the fixture: the objects that `explain` names.
    fn relations(&self) -> BTreeSet<String> {
        let text = self.fixture.join(" ").to_lowercase();
        let words: Vec<&str> =
            text.split(|c: char| c.is_whitespace() || c == '(' || c == ';').filter(|w| !w.is_empty()).collect();
        let named = words.windows(3).filter(|at| at[0] == "create" && matches!(at[1], "table" | "view"));
        let named = named.map(|at| at[2]);
        let materialized = words.windows(2).filter(|at| at[0] == "view").map(|at| at[1]);
        named.chain(materialized).map(str::to_owned).collect()
    }
}

impl Case {
    fn of(&self, version: u32) -> Option<&Outcome> {
        self.results.iter().find(|result| result.versions.contains(&version))
    }

    /// Set-up and statements.
    fn parts(&self) -> (&str, &str) {
        self.sql.split_once("--;;").unwrap_or(("", &self.sql))
    }
}

/// Rows are found by a scan or an index as the server's cost model will have it: no property of the statement.
fn scans_count(sql: &str) -> bool {
    let word = sql.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    !matches!(word.as_str(), "insert" | "update" | "delete" | "select" | "analyze")
}

fn expected(outcome: &Outcome, relations: &BTreeSet<String>, sql: &str) -> Found {
    let known = |name: &&String| relations.contains(*name) && !outcome.newrels.contains(name);
    let locks = outcome.locks.iter().filter(|(name, mode)| known(name) && mode.as_str() != "AccessShareLock");
    let rewrites = outcome.rewrite.iter().filter(|(_, kind)| kind == "r" || kind == "m");
    let scans = outcome.scan.keys().filter(known).filter(|_| scans_count(sql));
    Found {
        locks: locks.map(|(name, mode)| format!("s.{name} {mode}")).collect(),
        rewrites: rewrites.map(|(name, _)| format!("s.{name}")).collect(),
        scans: scans.map(|name| format!("s.{name}")).collect(),
        transactional: true,
        error: outcome.err.clone(),
    }
}

/// What `flightplan explain V2__case.sql --format json` says of the case's own statements.
fn explained(facts: &Facts, case: &Case, version: u32) -> (Found, String) {
    let (setup, sql) = case.parts();
    let file = |name: &str, content: String| ProjectFile { path: format!("sql/{name}"), content: content.into_bytes() };
    let before = format!("set search_path=s,public;\n{}\n", setup.replace('\n', " "));
    let first = u32::try_from(before.lines().count()).unwrap() + 1;
    let project = Project {
        files: vec![file("V1__fixture.sql", facts.fixture.join("\n")), file("V2__case.sql", format!("{before}{sql};\n"))],
    };
    let request = Request {
        source: Some(SourceSpec { kind: SourceKind::Flyway, folder: "sql".to_owned() }),
        dialect: Some(Dialect::Postgres),
        server_version: Some(ServerVersion::new(version, 0)),
        ..Request::default()
    };
    let report = planner::analyze(&project, &request);
    let statements = server::cli::explain::explained(&report, "V2__case.sql");
    let own: Vec<&Value> = statements.iter().filter(|it| it["line"].as_u64().unwrap() >= u64::from(first)).collect();
    assert!(!own.is_empty(), "{}: no statement: {:?}", case.id, report.findings);
    let mut seen = Found { transactional: true, ..Found::default() };
    for statement in &own {
        let texts = |field: &str| -> Vec<String> {
            statement[field].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
        };
        for lock in statement["locks"].as_array().unwrap() {
            seen.locks.insert(format!("{} {}", lock["object"].as_str().unwrap(), lock["mode"].as_str().unwrap()));
        }
        seen.rewrites.extend(texts("rewrites"));
        seen.scans.extend(texts("scans").into_iter().filter(|_| scans_count(sql)));
        seen.transactional &= statement["transactional"].as_bool().unwrap();
        seen.error = seen.error.or(statement["error"].as_str().map(str::to_owned));
    }
    (seen, format!("{:?}", own.iter().map(|it| &it["opaque"]).collect::<Vec<_>>()))
}

/// A refusal leaves nothing else to compare.
fn only_error(seen: &mut Found) {
    if let Some(error) = seen.error.take() {
        *seen = Found { transactional: true, error: Some(error), ..Found::default() };
    }
}

/// The rows decide about the refusal.
const FROM_ROWS: &[&str] = &["delete-fk-parent"];
/// Read in full, but without rows in the fixture: nothing was counted.
const EMPTY: &[&str] = &["s.pnewd"];

#[test]
fn explain_equals_what_was_measured_on_every_version() {
    let facts = Facts::read();
    let relations = facts.relations();
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for case in facts.cases.iter().filter(|case| !FROM_ROWS.contains(&case.id.as_str())) {
        let mut told: Option<(Found, String)> = None;
        for version in 11..=18 {
            let Some(outcome) = case.of(version) else { continue };
            compared += 1;
            let mut wanted = expected(outcome, &relations, case.parts().1.trim());
            let (mut found, note) = explained(&facts, case, version);
            only_error(&mut wanted);
            only_error(&mut found);
            found.scans.retain(|table| !EMPTY.contains(&table.as_str()));
            if found != wanted && told.as_ref().is_none_or(|(last, _)| *last != found) {
                wrong.push(format!(
                    "{} on {version}: {}\n  explained {found:?} {note}\n  measured  {wanted:?}",
                    case.id, case.sql
                ));
                told = Some((found, note));
            }
        }
    }
    eprintln!("{} cases, {compared} compared over PostgreSQL 11 to 18, {} differ", facts.cases.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_still_does_what_was_measured() {
    let facts = Facts::read();
    let relations = facts.relations();
    let version = postgres::server().version();
    let database = postgres::database();
    let mut target = open(&database.url).await;
    let fixture = facts.fixture.join("\n");
    target.execute(&fixture).await.unwrap();
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for case in &facts.cases {
        let Some(outcome) = case.of(version) else { continue };
        compared += 1;
        let (setup, sql) = case.parts();
        let sql = sql.trim();
        let wanted = expected(outcome, &relations, sql);
        let mut found = if setup.is_empty() { measured(&mut target, sql).await } else { with_setup(&fixture, setup, sql).await };
        if !scans_count(sql) {
            found.scans.clear();
        }
        // A renamed table bears its old counters under its new name.
        found.scans.retain(|name| wanted.scans.contains(name) || case.id != "rename-table");
        if found != wanted {
            wrong.push(format!("{}: {}\n  now    {found:?}\n  before {wanted:?}", case.id, case.sql));
        }
    }
    eprintln!("{compared} cases measured again on PostgreSQL {version}, {} differ", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

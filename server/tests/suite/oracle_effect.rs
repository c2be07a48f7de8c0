//! What the planner predicts of each statement, held against a real PostgreSQL.
//!
//! `oracle/statements.sql` runs line by line on a fresh copy of `oracle/fixture.sql`, inside a
//! transaction that is rolled back; `observe` looks at what it does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use planner::catalog::{Catalog, replay};
use planner::dialect::{Dialect, ServerVersion};
use planner::effect::{Effect, of_statement};
use planner::project::Statistics;
use planner::statement::Statement;
use planner::statement::operation::Operation;
use planner::statement::parse::parse;
use planner::statement::split::split;
use server::target::{Access, Target};
use server::url::TargetUrl;

use crate::{observe, postgres};

const FIXTURE: &str = include_str!("oracle/fixture.sql");
const STATEMENTS: &str = include_str!("oracle/statements.sql");

/// What became of a statement, or was predicted: printed and compared as text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) locks: BTreeSet<String>,
    pub(crate) rewrites: BTreeSet<String>,
    pub(crate) scans: BTreeSet<String>,
    pub(crate) transactional: bool,
    pub(crate) error: Option<String>,
}

impl Found {
    fn take(&mut self, seen: observe::Seen) {
        (self.locks, self.rewrites, self.scans) = (seen.locks, seen.rewrites, seen.scans);
    }
}

pub(crate) fn statements(text: &str) -> Vec<Statement> {
    let (pieces, errors) = split(text, Dialect::Postgres);
    assert!(errors.is_empty(), "{errors:?}");
    let statement =
        |sql: &str| Statement { sql: sql.to_owned(), operations: parse(sql, Dialect::Postgres).0, ..Statement::default() };
    pieces.iter().map(|piece| statement(&text[piece.range.clone()])).collect()
}

/// The catalog after a script; every statement of it must be understood and accepted.
fn catalog_after(before: &Catalog, text: &str) -> Catalog {
    let statements = statements(text);
    let mut catalog = before.clone();
    for statement in &statements {
        let opaque = statement.operations.iter().any(|operation| matches!(operation, Operation::Opaque { .. }));
        assert!(!opaque, "opaque: {}: {:?}", statement.sql, statement.operations);
        let errors = planner::catalog::apply::apply_all(&mut catalog, &statement.operations);
        assert!(errors.is_empty(), "{}: {errors:?}", statement.sql);
    }
    // A session setting of the set-up holds for the statement, so the catalog is taken before the session ends.
    let _ = replay::walk(&catalog, &[], |_, _, _| {});
    catalog
}

fn predicted(before: &Catalog, sql: &str) -> (Found, Effect) {
    let statement = statements(sql).remove(0);
    let effect = of_statement(&statement, before, &Statistics::default(), &BTreeSet::new());
    let mut found = Found { transactional: effect.transactional, error: effect.error.clone(), ..Found::default() };
    found.take(observe::predicted(&effect));
    (found, effect)
}

/// A connection to a database of the test's own.
pub(crate) async fn open(url: &str) -> Target {
    let url = TargetUrl::parse(url, std::path::Path::new("/")).expect("the test's own URL");
    Target::connect(&url, "oracle", Access::Write).await.expect("the server takes a connection")
}

pub(crate) async fn measured(target: &mut Target, sql: &str) -> Found {
    target.begin().await.unwrap();
    let before = observe::before(target, sql).await.unwrap();
    let mut found = Found { transactional: true, ..Found::default() };
    match target.execute(sql).await {
        Ok(_) => found.take(observe::after(target, &before).await.unwrap()),
        Err(error) if error.code.as_deref() == Some("25001") => found.transactional = false,
        Err(error) => found.error = Some(observe::sentence(&error)),
    }
    target.rollback().await;
    found
}

/// Rows are read to find those to change, which is no work under a lock that anybody waits for; and an empty table has
/// no rows to be seen reading.
fn comparable(predicted: &mut Found, measured: &mut Found, (sql, body): (&str, bool), empty: &BTreeSet<String>) {
    let word = sql.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    if matches!(word.as_str(), "INSERT" | "UPDATE" | "DELETE" | "SELECT" | "ANALYZE") {
        measured.scans.clear();
    }
    predicted.scans.retain(|table| !empty.contains(table));
    // What a body reads cannot be told from what the change itself does.
    if body && measured.scans.is_empty() {
        predicted.scans.clear();
    }
    if !measured.transactional || measured.error.is_some() {
        // Nothing but the refusal can be compared.
        *predicted = Found { transactional: predicted.transactional, error: predicted.error.take(), ..Found::default() };
    }
}

/// Tables without rows.
async fn empty_tables(target: &mut Target) -> BTreeSet<String> {
    let named = "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
        WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname !~ '^pg_|^information'";
    let mut empty = BTreeSet::new();
    for row in target.rows(named).await.unwrap() {
        let name = row.into_iter().next().flatten().unwrap();
        if target.rows(&format!("SELECT FROM {name} LIMIT 1")).await.unwrap().is_empty() {
            empty.insert(name);
        }
    }
    empty
}

#[tokio::test(flavor = "multi_thread")]
async fn every_predicted_effect_is_what_the_server_does() {
    let version = postgres::server().version();
    let template = postgres::database();
    let mut target = open(&template.url).await;
    target.execute(FIXTURE).await.unwrap();
    let empty = empty_tables(&mut target).await;
    let fixture = catalog_after(&Catalog::new(Dialect::Postgres, ServerVersion::new(version, 0)), FIXTURE);
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in STATEMENTS.lines().filter(|line| !line.starts_with("--") && !line.trim().is_empty()) {
        // `@14 …` needs PostgreSQL 14.
        let (since, line) = line.strip_prefix('@').and_then(|rest| rest.split_once(' ')).unwrap_or(("0", line));
        if since.parse::<u32>().expect("a version behind @") > version {
            continue;
        }
        count += 1;
        let (setup, sql) = line.split_once(" --> ").unwrap_or(("", line));
        let before = catalog_after(&fixture, setup);
        let (mut expected, effect) = predicted(&before, sql);
        let mut found = if setup.is_empty() { measured(&mut target, sql).await } else { with_setup(FIXTURE, setup, sql).await };
        comparable(&mut expected, &mut found, (sql, setup.contains("RETURNS")), &empty);
        if expected != found {
            wrong.push(format!(
                "{line}\n  predicted {expected:?}\n  measured  {found:?}\n  assumed {:?} {:?}",
                effect.assumptions, effect.opaque
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {count} differ on PostgreSQL {version}\n{}", wrong.len(), wrong.join("\n"));
}

/// The statement on a database of its own, behind a set-up that is committed.
pub(crate) async fn with_setup(fixture: &str, setup: &str, sql: &str) -> Found {
    let database = postgres::database();
    let mut target = open(&database.url).await;
    target.execute(fixture).await.unwrap();
    target.execute(setup).await.unwrap();
    measured(&mut target, sql).await
}

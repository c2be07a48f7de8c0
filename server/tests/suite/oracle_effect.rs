//! What the planner predicts of each statement, held against a real PostgreSQL.
//!
//! `oracle/statements.sql` runs line by line on a fresh copy of `oracle/fixture.sql`, inside a
//! transaction that is rolled back. Locks are the own backend's rows in `pg_locks` on relations that
//! were there before, rewrites changed file nodes, scans rows that sequential scans read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use planner::catalog::{Catalog, replay};
use planner::dialect::{Dialect, ServerVersion};
use planner::effect::{Effect, of_statement};
use planner::project::Statistics;
use planner::statement::Statement;
use planner::statement::operation::Operation;
use planner::statement::parse::parse;
use planner::statement::split::split;
use sqlx::{Connection, PgConnection, Row};

use crate::postgres;

const FIXTURE: &str = include_str!("oracle/fixture.sql");
const STATEMENTS: &str = include_str!("oracle/statements.sql");

/// What was seen, or predicted: printed and compared as text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) locks: BTreeSet<String>,
    pub(crate) rewrites: BTreeSet<String>,
    pub(crate) scans: BTreeSet<String>,
    pub(crate) transactional: bool,
    pub(crate) error: Option<String>,
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

fn predicted(before: &Catalog, sql: &str, version: u32) -> (Seen, Effect) {
    let statement = statements(sql).remove(0);
    let version = ServerVersion::new(version, 0);
    let effect = of_statement(&statement, before, Dialect::Postgres, version, &Statistics::default(), &BTreeSet::new());
    let seen = Seen {
        locks: effect.locks.iter().map(|lock| format!("{} {:?}", lock.object, lock.mode)).collect(),
        rewrites: effect.rewrites.iter().cloned().collect(),
        scans: effect.scans.iter().cloned().collect(),
        transactional: effect.transactional,
        error: effect.error.clone(),
    };
    (seen, effect)
}

type Relations = BTreeMap<i64, (String, i64)>;

/// Tables and views: name and file node by OID.
async fn relations(conn: &mut PgConnection) -> Relations {
    let sql = "SELECT c.oid::int8, n.nspname || '.' || c.relname, c.relfilenode::int8 FROM pg_class c \
         JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname !~ '^pg_|^information'";
    let rows = sqlx::query(sql).fetch_all(conn).await.unwrap();
    rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect()
}

/// Lock modes from weak to strong, as the server numbers them.
const MODES: &[&str] = &[
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
];

pub(crate) async fn measured(conn: &mut PgConnection, sql: &str) -> Seen {
    sqlx::raw_sql("BEGIN").execute(&mut *conn).await.unwrap();
    let before = relations(conn).await;
    let read_before = rows_read(conn).await;
    let outcome = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut *conn).await;
    let mut seen = Seen { transactional: true, ..Seen::default() };
    match outcome {
        Ok(_) => observe(conn, &before, &read_before, &mut seen).await,
        Err(error) => {
            let error = error.as_database_error().expect("the server answers").to_owned();
            if error.code().as_deref() == Some("25001") {
                seen.transactional = false;
            } else {
                seen.error = Some(error.message().to_owned());
            }
        }
    }
    sqlx::raw_sql("ROLLBACK").execute(conn).await.unwrap();
    seen
}

/// Rows that sequential scans read so far, by OID. The session's counters outlive a transaction for a while.
async fn rows_read(conn: &mut PgConnection) -> BTreeMap<i64, i64> {
    let sql = "SELECT relid::int8, seq_tup_read FROM pg_stat_xact_user_tables";
    sqlx::query(sql).fetch_all(conn).await.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// The strongest mode that this session holds on each relation, by OID.
async fn strongest(conn: &mut PgConnection) -> BTreeMap<i64, usize> {
    let locks = "SELECT relation::int8, mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let mut strongest: BTreeMap<i64, usize> = BTreeMap::new();
    for row in sqlx::query(locks).fetch_all(&mut *conn).await.unwrap() {
        let mode = MODES.iter().position(|mode| *mode == row.get::<String, _>(1)).expect("a known mode");
        let held = strongest.entry(row.get(0)).or_default();
        *held = mode.max(*held);
    }
    strongest
}

async fn observe(conn: &mut PgConnection, before: &Relations, read_before: &BTreeMap<i64, i64>, seen: &mut Seen) {
    for (oid, mode) in strongest(conn).await.into_iter().filter(|(_, mode)| *mode > 0) {
        if let Some((name, _)) = before.get(&oid) {
            seen.locks.insert(format!("{name} {}", MODES[mode]));
        }
    }
    for (oid, rows) in rows_read(conn).await {
        if rows > read_before.get(&oid).copied().unwrap_or_default()
            && let Some((name, _)) = before.get(&oid)
        {
            seen.scans.insert(name.clone());
        }
    }
    let after = relations(conn).await;
    for (oid, (name, node)) in before {
        if after.get(oid).is_some_and(|(_, now)| now != node) {
            seen.rewrites.insert(name.clone());
        }
    }
}

/// Rows are read to find those to change, which is no work under a lock that anybody waits for; and an empty table has
/// no rows to be seen reading.
fn comparable(predicted: &mut Seen, measured: &mut Seen, sql: &str, empty: &BTreeSet<String>) {
    let word = sql.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    if matches!(word.as_str(), "INSERT" | "UPDATE" | "DELETE" | "SELECT" | "ANALYZE") {
        measured.scans.clear();
    }
    predicted.scans.retain(|table| !empty.contains(table));
    if !measured.transactional || measured.error.is_some() {
        // Nothing but the refusal can be compared.
        *predicted = Seen { transactional: predicted.transactional, error: predicted.error.take(), ..Seen::default() };
    }
}

/// Tables without rows.
async fn empty_tables(conn: &mut PgConnection) -> BTreeSet<String> {
    let mut empty = BTreeSet::new();
    for (name, _) in relations(conn).await.into_values() {
        let sql = format!("SELECT NOT EXISTS (SELECT FROM {name})");
        if sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut *conn).await.unwrap() {
            empty.insert(name);
        }
    }
    empty
}

#[tokio::test(flavor = "multi_thread")]
async fn every_predicted_effect_is_what_the_server_does() {
    let version = postgres::server().version();
    let template = postgres::database();
    let mut conn = PgConnection::connect(&template.url).await.unwrap();
    sqlx::raw_sql(FIXTURE).execute(&mut conn).await.unwrap();
    let empty = empty_tables(&mut conn).await;
    let fixture = catalog_after(&Catalog::new(Dialect::Postgres), FIXTURE);
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
        let (mut expected, effect) = predicted(&before, sql, version);
        let mut found = if setup.is_empty() { measured(&mut conn, sql).await } else { with_setup(FIXTURE, setup, sql).await };
        comparable(&mut expected, &mut found, sql, &empty);
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
pub(crate) async fn with_setup(fixture: &str, setup: &str, sql: &str) -> Seen {
    let database = postgres::database();
    let mut conn = PgConnection::connect(&database.url).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(fixture.to_owned())).execute(&mut conn).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(setup.to_owned())).execute(&mut conn).await.unwrap();
    measured(&mut conn, sql).await
}

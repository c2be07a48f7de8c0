//! The algorithm and lock that the planner predicts of each schema change, held against a real MariaDB.
//!
//! `oracle/mariadb.sql` has the best that the server took when it was measured. The planner must say the same, and the
//! server must still take that and refuse whatever is better.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use planner::catalog::Catalog;
use planner::catalog::apply::apply_all;
use planner::dialect::{Dialect, ServerVersion};
use planner::effect::{Algorithm, Effect, of_statement};
use planner::project::Statistics;
use planner::statement::Statement;
use planner::statement::operation::Operation;
use planner::statement::parse::parse;
use sqlx::{Connection, MySqlConnection, Row};

use crate::mariadb;

const FIXTURE: &str = include_str!("oracle/mariadb_fixture.sql");
const CASES: &str = include_str!("oracle/mariadb.sql");

const ALGORITHMS: &[&str] = &["INSTANT", "NOCOPY", "INPLACE", "COPY"];
const LOCKS: &[&str] = &["NONE", "SHARED", "EXCLUSIVE"];

/// One line of the measurement.
struct Case {
    algorithm: &'static str,
    lock: &'static str,
    setup: &'static str,
    sql: &'static str,
}

fn cases() -> Vec<Case> {
    let lines = CASES.lines().filter(|line| !line.starts_with("--") && !line.trim().is_empty());
    let read = |line: &'static str| {
        let (best, statement) = line.split_once(" | ").unwrap();
        let (algorithm, lock) = best.split_once(' ').unwrap();
        let (setup, sql) = statement.split_once(" --> ").unwrap_or(("", statement));
        Case { algorithm, lock, setup, sql }
    };
    lines.map(read).collect()
}

fn statement(sql: &str) -> Statement {
    Statement { sql: sql.to_owned(), operations: parse(sql, Dialect::MariaDb).0, ..Statement::default() }
}

/// The tables of the fixture that a case names, and the parent of their foreign keys.
fn tables(case: &Case) -> Vec<&'static str> {
    let words: BTreeSet<String> = format!("{} {}", case.setup, case.sql)
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .map(str::to_lowercase)
        .collect();
    let made = FIXTURE.lines().filter(|line| line.starts_with("CREATE"));
    let name = |line: &str| line.split_whitespace().nth(2).unwrap().to_owned();
    let children = words.contains("parent") || words.iter().any(|word| word.starts_with("child"));
    made.filter(|line| words.contains(&name(line)) || (children && ["parent", "child"].contains(&name(line).as_str()))).collect()
}

fn apply(catalog: &mut Catalog, sql: &str) {
    let statement = statement(sql);
    let opaque = statement.operations.iter().any(|operation| matches!(operation, Operation::Opaque { .. }));
    assert!(!opaque, "{sql}: {:?}", statement.operations);
    let errors = apply_all(catalog, &statement.operations);
    assert!(errors.is_empty(), "{sql}: {errors:?}");
}

fn predicted(case: &Case) -> Effect {
    let mut catalog = Catalog::new(Dialect::MariaDb, ServerVersion::new(10, 11));
    for table in tables(case) {
        apply(&mut catalog, table.trim_end_matches(';'));
    }
    if !case.setup.is_empty() {
        apply(&mut catalog, case.setup);
    }
    of_statement(&statement(case.sql), &catalog, &Statistics::default(), &BTreeSet::new())
}

#[test]
fn every_algorithm_and_lock_is_what_mariadb_took() {
    let mut wrong = Vec::new();
    let cases = cases();
    for case in &cases {
        let effect = predicted(case);
        let Some(lock) = effect.locks.first() else {
            wrong.push(format!("{}: no lock, {:?} {:?}", case.sql, effect.opaque, effect.error));
            continue;
        };
        let algorithm = lock.algorithm.map_or("none", Algorithm::name);
        let mode = lock.mode.mysql_word().unwrap_or("none");
        if (algorithm, mode) != (case.algorithm, case.lock) || effect.opaque.is_some() || effect.error.is_some() {
            let why = (&effect.opaque, &effect.error);
            wrong
                .push(format!("{}\n  predicted {algorithm} {mode} {why:?}, measured {} {}", case.sql, case.algorithm, case.lock));
        }
    }
    eprintln!("{} schema changes of MariaDB compared, {} differ", cases.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The statement with what is asked for.
fn asking(sql: &str, algorithm: &str, lock: &str) -> String {
    let words: Vec<&str> = sql.splitn(4, ' ').collect();
    match words.as_slice() {
        ["ALTER", "TABLE", table, rest] => format!("ALTER TABLE {table} ALGORITHM={algorithm}, LOCK={lock}, {rest}"),
        // DROP INDEX takes no such clause, ALTER TABLE does.
        ["DROP", "INDEX", index, on] => {
            let table = on.trim_start_matches("ON ");
            format!("ALTER TABLE {table} ALGORITHM={algorithm}, LOCK={lock}, DROP INDEX {index}")
        }
        _ => format!("{sql} ALGORITHM={algorithm} LOCK={lock}"),
    }
}

async fn run(conn: &mut MySqlConnection, sql: &str) -> Result<(), String> {
    let done = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(conn).await;
    done.map(|_| ()).map_err(|error| error.to_string())
}

/// InnoDB's number of each table and partition: another one after the table was written anew.
async fn numbers(conn: &mut MySqlConnection, database: &str) -> BTreeMap<String, i64> {
    let sql = format!(
        "SELECT CAST(NAME AS CHAR), CAST(TABLE_ID AS SIGNED) FROM information_schema.INNODB_SYS_TABLES WHERE NAME LIKE '{database}/%'"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(conn).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// The best that the server takes, and whether it wrote a table anew.
async fn measured(conn: &mut MySqlConnection, database: &str, case: &Case) -> (String, String, bool) {
    run(conn, "SET SESSION foreign_key_checks = 0").await.unwrap();
    run(conn, &format!("DROP DATABASE IF EXISTS {database}")).await.unwrap();
    run(conn, &format!("CREATE DATABASE {database} CHARACTER SET utf8mb4")).await.unwrap();
    run(conn, &format!("USE {database}")).await.unwrap();
    for table in tables(case) {
        run(conn, table).await.unwrap();
    }
    run(conn, "SET SESSION foreign_key_checks = 1").await.unwrap();
    if !case.setup.is_empty() {
        run(conn, case.setup).await.unwrap();
    }
    let before = numbers(conn, database).await;
    for algorithm in ALGORITHMS {
        for lock in LOCKS {
            if run(conn, &asking(case.sql, algorithm, lock)).await.is_ok() {
                let after = numbers(conn, database).await;
                let anew = before.iter().any(|(name, number)| after.get(name).is_some_and(|now| now != number));
                return ((*algorithm).to_owned(), (*lock).to_owned(), anew);
            }
        }
    }
    let error = run(conn, &asking(case.sql, "COPY", "EXCLUSIVE")).await;
    ("refused".to_owned(), format!("{error:?}"), false)
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_still_takes_what_was_measured() {
    let database = mariadb::database();
    let mut conn = MySqlConnection::connect(&database.url.replacen("mariadb://", "mysql://", 1)).await.unwrap();
    let mut wrong = Vec::new();
    let cases = cases();
    for case in &cases {
        let (algorithm, lock, anew) = measured(&mut conn, &database.name, case).await;
        // What is kept by another engine has no number here.
        let innodb = !case.sql.contains("ENGINE=") && !case.sql.contains(" mi ") && !case.sql.contains(" ar ");
        let did =
            if algorithm == "INSTANT" && case.algorithm == "COPY" && (anew || !innodb) { "COPY" } else { algorithm.as_str() };
        let rewrites = !predicted(case).rewrites.is_empty();
        // Of a renamed table the old name is gone.
        if (did, lock.as_str()) != (case.algorithm, case.lock) || (innodb && rewrites != anew) {
            wrong.push(format!(
                "{}\n  now {did} {lock}, anew {anew}; before {} {}, {rewrites}",
                case.sql, case.algorithm, case.lock
            ));
        }
    }
    eprintln!("{} schema changes measured again on MariaDB, {} differ", cases.len(), wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

//! What the matrix says of the queries of two releases, held against PostgreSQL and MariaDB: every row of the classification
//! of changes, old queries on the new schema and new queries on the old one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use planner::matrix::{Matrix, Outcome};
use planner::project::{Project, ProjectFile, Request, SourceSpec};
use sqlx::{AssertSqlSafe, Connection, Executor, MySqlConnection, PgConnection};

use crate::{mariadb, postgres};

/// One row.
#[derive(Debug, Default)]
struct Case {
    name: String,
    setup: String,
    change: String,
    old: Vec<String>,
    new: Vec<String>,
    back: Option<String>,
}

fn cases(text: &str) -> Vec<Case> {
    let mut all: Vec<Case> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix("== ") {
            all.push(Case { name: name.to_owned(), ..Case::default() });
            continue;
        }
        let (key, value) = line.split_once(": ").unwrap();
        let case = all.last_mut().unwrap();
        match key {
            "setup" => case.setup = value.to_owned(),
            "change" => case.change = value.to_owned(),
            "old" => case.old.push(value.to_owned()),
            "new" => case.new.push(value.to_owned()),
            "back" => case.back = Some(value.to_owned()),
            other => panic!("{}: {other}", case.name),
        }
    }
    all
}

fn predict(case: &Case, dialect: &str) -> Matrix {
    let file = |path: &str, text: String| ProjectFile { path: path.to_owned(), content: text.into_bytes() };
    let script = |queries: &[String]| queries.iter().map(|query| format!("{query};\n")).collect::<String>();
    let releases = "[[release]]\nversion = \"old\"\nschema = \"1\"\nqueries = [\"old.sql\"]\n\
        [[release]]\nversion = \"new\"\nschema = \"2\"\nqueries = [\"new.sql\"]\n";
    let mut files = vec![
        file("sql/V1__setup.sql", format!("{};", case.setup)),
        file("sql/V2__change.sql", format!("{};", case.change)),
        file("old.sql", script(&case.old)),
        file("new.sql", script(&case.new)),
        file("releases.toml", releases.to_owned()),
    ];
    files.sort();
    let source = SourceSpec { kind: planner::migration::SourceKind::Flyway, folder: "sql".to_owned() };
    let request = Request { source: Some(source), dialect: Some(dialect.parse().unwrap()), ..Request::default() };
    planner::analyze(&Project { files }, &request).matrix
}

/// What is predicted of each query of a release on the other's schema.
fn outcomes<'a>(matrix: &'a Matrix, release: usize, queries: &'a [String]) -> BTreeMap<&'a str, Vec<Outcome>> {
    let cell = matrix.cell(release, 1 - release).unwrap();
    let mut found: BTreeMap<&str, Vec<Outcome>> = queries.iter().map(|query| (query.as_str(), Vec::new())).collect();
    for reason in matrix.reasons(&cell.reasons) {
        let query = reason.query.as_deref().unwrap_or_else(|| panic!("{reason:?}"));
        found.get_mut(query).unwrap().push(reason.outcome.unwrap());
    }
    found
}

/// What the server did: an error, or none; and whether a statement prepared before the change still runs.
#[derive(Debug, Default)]
struct Seen {
    error: Option<String>,
    prepared: Option<String>,
}

fn judge(case: &Case, whose: &str, query: &str, met: &[Outcome], seen: &Seen, wrong: &mut Vec<String>) {
    let has = |outcome: Outcome| met.contains(&outcome);
    let refused = has(Outcome::Refused) || has(Outcome::RefusedRun);
    let mut say =
        |what: &str| wrong.push(format!("{} / {whose}: {query}\n  {what}: predicted {met:?}, seen {seen:?}", case.name));
    if has(Outcome::Unknown) {
        say("unknown");
    }
    match &seen.error {
        Some(_) if !refused && !has(Outcome::MayRefuse) => say("the server refuses it"),
        None if refused => say("the server takes it"),
        _ => {}
    }
    let changed = seen.prepared.as_deref().is_some_and(|error| error.contains("cached plan must not change result type"));
    let predicted = has(Outcome::Reprepared) || has(Outcome::Result);
    if seen.error.is_none() && changed != predicted && seen.prepared.as_deref().is_none_or(|_| changed) {
        say("prepared before");
    }
}

fn check_back(case: &Case, matrix: &Matrix, wrong: &mut Vec<String>) {
    let back = matrix.cell(0, 1).unwrap().back.unwrap();
    let back = serde_json::to_value(back).unwrap();
    if case.back.as_ref().is_some_and(|expected| back != expected.as_str()) {
        wrong.push(format!("{}: the way back is {back}, not {:?}", case.name, case.back));
    }
}

async fn run_postgres(connection: &mut PgConnection, sql: &str) -> Option<String> {
    connection.execute("BEGIN").await.unwrap();
    let ran = connection.execute(AssertSqlSafe(sql.to_owned())).await;
    connection.execute("ROLLBACK").await.unwrap();
    ran.err().map(|error| error.to_string())
}

#[tokio::test]
async fn every_row_on_postgres() {
    let mut wrong = Vec::new();
    let all = cases(include_str!("oracle/matrix_postgres.txt"));
    assert!(all.len() > 30);
    for case in &all {
        let database = postgres::database();
        let mut connection = PgConnection::connect(&database.url).await.unwrap();
        let matrix = predict(case, "postgres");
        check_back(case, &matrix, &mut wrong);
        connection.execute(AssertSqlSafe(case.setup.clone())).await.unwrap();
        for (query, met) in outcomes(&matrix, 1, &case.new) {
            let seen = Seen { error: run_postgres(&mut connection, query).await, prepared: None };
            // The new release never ran here, so nothing was prepared before.
            let met: Vec<Outcome> = met.into_iter().filter(|it| !matches!(it, Outcome::Reprepared | Outcome::Result)).collect();
            judge(case, "new on old", query, &met, &seen, &mut wrong);
        }
        for (at, query) in case.old.iter().enumerate() {
            assert_eq!(run_postgres(&mut connection, query).await, None, "{}: {query}", case.name);
            connection.execute(AssertSqlSafe(format!("PREPARE q{at} AS {query}"))).await.unwrap();
            connection.execute("BEGIN").await.unwrap();
            connection.execute(AssertSqlSafe(format!("EXECUTE q{at}"))).await.unwrap();
            connection.execute("ROLLBACK").await.unwrap();
        }
        connection.execute(AssertSqlSafe(case.change.clone())).await.unwrap();
        let met = outcomes(&matrix, 0, &case.old);
        for (at, query) in case.old.iter().enumerate() {
            let prepared = run_postgres(&mut connection, &format!("EXECUTE q{at}")).await;
            let seen = Seen { error: run_postgres(&mut connection, query).await, prepared };
            judge(case, "old on new", query, &met[query.as_str()], &seen, &mut wrong);
        }
        for query in &case.new {
            assert_eq!(run_postgres(&mut connection, query).await, None, "{}: {query}", case.name);
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

async fn run_mariadb(connection: &mut MySqlConnection, sql: &str) -> Option<String> {
    connection.execute("START TRANSACTION").await.unwrap();
    let ran = connection.execute(AssertSqlSafe(sql.to_owned())).await;
    connection.execute("ROLLBACK").await.unwrap();
    ran.err().map(|error| error.to_string())
}

async fn all_mariadb(connection: &mut MySqlConnection, script: &str) {
    for statement in script.split("; ") {
        connection.execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
    }
}

#[tokio::test]
async fn every_row_on_mariadb() {
    let mut wrong = Vec::new();
    let all = cases(include_str!("oracle/matrix_mariadb.txt"));
    assert!(all.len() > 25);
    for case in &all {
        let database = mariadb::database();
        let url = database.url.replacen("mariadb:", "mysql:", 1);
        let mut connection = MySqlConnection::connect(&url).await.unwrap();
        let matrix = predict(case, "mariadb");
        check_back(case, &matrix, &mut wrong);
        all_mariadb(&mut connection, &case.setup).await;
        for query in &case.old {
            assert_eq!(run_mariadb(&mut connection, query).await, None, "{}: {query}", case.name);
        }
        for (query, met) in outcomes(&matrix, 1, &case.new) {
            let seen = Seen { error: run_mariadb(&mut connection, query).await, prepared: None };
            let met: Vec<Outcome> = met.into_iter().filter(|it| !matches!(it, Outcome::Reprepared | Outcome::Result)).collect();
            judge(case, "new on old", query, &met, &seen, &mut wrong);
        }
        all_mariadb(&mut connection, &case.change).await;
        for (query, met) in outcomes(&matrix, 0, &case.old) {
            let seen = Seen { error: run_mariadb(&mut connection, query).await, prepared: None };
            // Whether columns that go out differ is no error here.
            let met: Vec<Outcome> = met.into_iter().filter(|it| !matches!(it, Outcome::Reprepared | Outcome::Result)).collect();
            judge(case, "old on new", query, &met, &seen, &mut wrong);
        }
        for query in &case.new {
            assert_eq!(run_mariadb(&mut connection, query).await, None, "{}: {query}", case.name);
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

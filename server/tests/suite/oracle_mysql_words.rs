//! What is MySQL's alone, held against a real MariaDB: the planner says so before anything runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use planner::catalog::Catalog;
use planner::catalog::apply::apply_all;
use planner::dialect::{Dialect, ServerVersion};
use planner::effect::of_statement;
use planner::project::Statistics;
use planner::statement::Statement;
use planner::statement::parse::parse;
use sqlx::Connection;

use crate::mariadb;

const TABLES: &[&str] =
    &["CREATE TABLE t (id int PRIMARY KEY, a int, b int, c varchar(20), j json, KEY ka (a), CONSTRAINT large CHECK (a < 1000))"];
const STATEMENTS: &str = include_str!("oracle/mysql_words.sql");

fn statement(sql: &str) -> Statement {
    Statement { sql: sql.to_owned(), operations: parse(sql, Dialect::MariaDb).0, ..Statement::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_are_no_names_are_refused_by_both() {
    let database = mariadb::database();
    let mut conn = sqlx::MySqlConnection::connect(&database.url.replace("mariadb://", "mysql://")).await.unwrap();
    let words: Vec<String> =
        sqlx::query_scalar("SELECT CAST(word AS CHAR) FROM information_schema.keywords WHERE word RLIKE '^[A-Z]'")
            .fetch_all(&mut conn)
            .await
            .unwrap();
    assert!(words.len() > 600);
    let mut wrong = Vec::new();
    // A query begins with these two.
    let words = words.iter().map(String::as_str).filter(|word| !matches!(*word, "SELECT" | "WITH"));
    for word in words.chain(["rank", "system", "groups", "lateral", "window"]) {
        let named = [
            format!("CREATE OR REPLACE TABLE z ({word} int)"),
            format!("CREATE OR REPLACE TABLE z (a int, {word} varchar(3) NOT NULL DEFAULT 'a')"),
            format!("CREATE OR REPLACE TABLE z (`{word}` int, KEY (`{word}`))"),
        ];
        for sql in named {
            let said = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.clone())).execute(&mut conn).await.err();
            let effect = of_statement(
                &statement(&sql),
                &Catalog::new(Dialect::MariaDb, ServerVersion::new(10, 11)),
                &Statistics::default(),
                &BTreeSet::new(),
            );
            if said.is_some() != effect.error.is_some() {
                wrong.push(format!("{sql}\n  predicted {:?}\n  MariaDB   {said:?}", effect.error));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_mysqls_alone_is_refused_by_both() {
    let mut wrong = Vec::new();
    for sql in STATEMENTS.lines().filter(|line| !line.starts_with("--") && !line.is_empty()) {
        let database = mariadb::database();
        let mut conn = sqlx::MySqlConnection::connect(&database.url.replace("mariadb://", "mysql://")).await.unwrap();
        let mut catalog = Catalog::new(Dialect::MariaDb, ServerVersion::new(10, 11));
        for table in TABLES {
            sqlx::raw_sql(sqlx::AssertSqlSafe(*table)).execute(&mut conn).await.unwrap();
            assert_eq!(apply_all(&mut catalog, &statement(table).operations), []);
        }
        let said = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut conn).await.err().map(|error| error.to_string());
        let effect = of_statement(&statement(sql), &catalog, &Statistics::default(), &BTreeSet::new());
        if said.is_some() != effect.error.is_some() {
            wrong.push(format!("{sql}\n  predicted {:?} {:?}\n  MariaDB   {said:?}", effect.error, effect.opaque));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

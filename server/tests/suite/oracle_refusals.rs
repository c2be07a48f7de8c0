//! What MariaDB and PostgreSQL refuse, held against real ones: the planner says so before anything runs. What is MySQL's alone,
//! words that are no names, what foreign keys need, and types that values are not cast to.
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

use crate::{mariadb, postgres};

const FOR_WORDS: &[&str] =
    &["CREATE TABLE t (id int PRIMARY KEY, a int, b int, c varchar(20), j json, KEY ka (a), CONSTRAINT large CHECK (a < 1000))"];
const FOR_KEYS: &[&str] = &[
    "CREATE TABLE p (a int PRIMARY KEY, b int, n int, s varchar(20), KEY k (b), KEY s (s)) CHARSET utf8mb4",
    "CREATE TABLE c (y int, x int, s varchar(20), CONSTRAINT f FOREIGN KEY (x) REFERENCES p (b), \
     CONSTRAINT g FOREIGN KEY (s) REFERENCES p (s)) CHARSET utf8mb4",
];

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

/// Lines of `set-up; set-up --> statement` whose refusal differs, each on a database of its own.
async fn differing(tables: &[&str], lines: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for line in lines.lines().filter(|line| !line.starts_with("--") && !line.is_empty()) {
        let (setup, sql) = line.split_once(" --> ").unwrap_or(("", line));
        let database = mariadb::database();
        let mut conn = sqlx::MySqlConnection::connect(&database.url.replace("mariadb://", "mysql://")).await.unwrap();
        let mut catalog = Catalog::new(Dialect::MariaDb, ServerVersion::new(10, 11));
        for before in tables.iter().copied().chain(Some(setup).filter(|setup| !setup.is_empty())) {
            sqlx::raw_sql(sqlx::AssertSqlSafe(before))
                .execute(&mut conn)
                .await
                .unwrap_or_else(|error| panic!("{before}: {error}"));
            assert_eq!(apply_all(&mut catalog, &statement(before).operations), [], "{before}");
        }
        let said = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut conn).await.err().map(|error| error.to_string());
        let effect = of_statement(&statement(sql), &catalog, &Statistics::default(), &BTreeSet::new());
        if said.is_some() != effect.error.is_some() {
            wrong.push(format!("{line}\n  predicted {:?} {:?}\n  MariaDB   {said:?}", effect.error, effect.opaque));
        }
    }
    wrong
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_mysqls_alone_is_refused_by_both() {
    let wrong = differing(FOR_WORDS, include_str!("oracle/mysql_words.sql")).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_foreign_keys_need_is_refused_by_both() {
    let wrong = differing(FOR_KEYS, include_str!("oracle/mariadb_keys.sql")).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A foreign key of every type to a key of every type.
fn pairs(types: &'static [&'static str]) -> impl Iterator<Item = (usize, &'static str)> {
    types.iter().flat_map(move |own| (0..types.len()).map(move |key| (key, *own)))
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_joins_by_foreign_keys_the_types_that_the_planner_says() {
    let types = include_str!("oracle/key_types_mariadb.txt").lines().collect::<Vec<_>>().leak();
    let database = mariadb::database();
    let mut conn = sqlx::MySqlConnection::connect(&database.url.replace("mariadb://", "mysql://")).await.unwrap();
    let mut catalog = Catalog::new(Dialect::MariaDb, ServerVersion::new(10, 11));
    for (number, key) in types.iter().enumerate() {
        let sql = format!("CREATE TABLE p{number} (k {key}, PRIMARY KEY (k)) CHARSET utf8mb4");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.clone())).execute(&mut conn).await.unwrap();
        assert_eq!(apply_all(&mut catalog, &statement(&sql).operations), []);
    }
    let mut wrong = Vec::new();
    for (key, own) in pairs(types) {
        let sql = format!("CREATE TABLE c (k {own}, FOREIGN KEY (k) REFERENCES p{key} (k)) CHARSET utf8mb4");
        let said = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.clone())).execute(&mut conn).await.err();
        sqlx::raw_sql("DROP TABLE IF EXISTS c").execute(&mut conn).await.unwrap();
        let refused = apply_all(&mut catalog.clone(), &statement(&sql).operations);
        if said.is_some() == refused.is_empty() {
            wrong.push(format!("{own} to {}: predicted {refused:?}, MariaDB {said:?}", types[key]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Types that the file of the keys' does not name, and what is made for them.
const MORE: &[&str] = &["json", "xml", "int4range", "tsvector", "point", "mood", "mood[]", "word", "number"];
const MADE: &[&str] = &["CREATE TYPE mood AS ENUM ('a')", "CREATE DOMAIN word AS text", "CREATE DOMAIN number AS int"];

/// Statements of every type with every type that PostgreSQL refuses and the planner does not, or the other way: each after a
/// table of every type.
async fn differing_types(table: impl Fn(usize, &str) -> String, second: impl Fn(&str, usize) -> String) -> Vec<String> {
    let types = include_str!("oracle/key_types_postgres.txt").lines().chain(MORE.iter().copied()).collect::<Vec<_>>().leak();
    let database = postgres::database();
    let mut conn = sqlx::PgConnection::connect(&database.url).await.unwrap();
    let mut catalog = Catalog::new(Dialect::Postgres, ServerVersion::new(15, 0));
    let statement = |sql: &str| parse(sql, Dialect::Postgres).0;
    let tables = types.iter().enumerate().map(|(number, own)| table(number, own));
    for sql in MADE.iter().map(|sql| (*sql).to_owned()).chain(tables) {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.clone())).execute(&mut conn).await.unwrap();
        assert_eq!(apply_all(&mut catalog, &statement(&sql)), [], "{sql}");
    }
    let mut wrong = Vec::new();
    for (first, other) in pairs(types) {
        let sql = second(other, first);
        sqlx::raw_sql("BEGIN").execute(&mut conn).await.unwrap();
        let said = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.clone())).execute(&mut conn).await.err();
        sqlx::raw_sql("ROLLBACK").execute(&mut conn).await.unwrap();
        let refused = apply_all(&mut catalog.clone(), &statement(&sql));
        if said.is_some() == refused.is_empty() {
            wrong.push(format!("{sql}, where it is {}: predicted {refused:?}, PostgreSQL {said:?}", types[first]));
        }
    }
    wrong
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_joins_by_foreign_keys_the_types_that_the_planner_says() {
    // Without an order of their values, they are no keys.
    let key = |own: &str| if ["json", "xml", "point"].contains(&own) { "" } else { " PRIMARY KEY" };
    let wrong = differing_types(
        |number, own| format!("CREATE TABLE p{number} (k {own}{})", key(own)),
        |own, parent| format!("CREATE TABLE c (k {own} REFERENCES p{parent} (k))"),
    );
    let wrong = wrong.await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_casts_by_itself_what_the_planner_says() {
    let wrong = differing_types(
        |number, own| format!("CREATE TABLE t{number} (k {own})"),
        |to, from| format!("ALTER TABLE t{from} ALTER k TYPE {to}"),
    );
    let wrong = wrong.await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cast_of_somebodys_own_joins_what_has_no_operator() {
    let database = postgres::database();
    let mut conn = sqlx::PgConnection::connect(&database.url).await.unwrap();
    let mut catalog = Catalog::new(Dialect::Postgres, ServerVersion::new(15, 0));
    let key = "CREATE TABLE c (k text REFERENCES p (k))";
    for sql in ["CREATE TABLE p (k integer PRIMARY KEY)", key, "CREATE CAST (text AS integer) WITH INOUT AS IMPLICIT", key] {
        let said = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut conn).await.err().map(|error| error.to_string());
        let refused = apply_all(&mut catalog, &parse(sql, Dialect::Postgres).0);
        assert_eq!(said.is_some(), !refused.is_empty(), "{sql}: predicted {refused:?}, PostgreSQL {said:?}");
    }
}

/// Types of every product, some of them of none.
const TYPES: &str = include_str!("oracle/types_of_all.txt");

#[tokio::test(flavor = "multi_thread")]
async fn types_of_other_products_are_refused_by_postgres_as_predicted() {
    let database = postgres::database();
    let mut conn = sqlx::PgConnection::connect(&database.url).await.unwrap();
    let mut wrong = Vec::new();
    for (number, own) in TYPES.lines().enumerate() {
        let mut catalog = Catalog::new(Dialect::Postgres, ServerVersion::new(15, 0));
        let sql = format!("CREATE TABLE t{number} (k {own})");
        let said = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.clone())).execute(&mut conn).await.err().map(|error| error.to_string());
        let (operations, errors) = parse(&sql, Dialect::Postgres);
        let refused = apply_all(&mut catalog, &operations);
        if said.is_some() != (!refused.is_empty() || !errors.is_empty()) {
            wrong.push(format!("{own}: predicted {refused:?} {errors:?}, PostgreSQL {said:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn types_of_other_products_are_refused_by_mariadb_as_predicted() {
    let database = mariadb::database();
    let mut conn = sqlx::MySqlConnection::connect(&database.url.replace("mariadb://", "mysql://")).await.unwrap();
    let mut wrong = Vec::new();
    for (number, own) in TYPES.lines().enumerate() {
        let sql = format!("CREATE TABLE t{number} (k {own})");
        let said = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.clone())).execute(&mut conn).await.err().map(|error| error.to_string());
        let before = Catalog::new(Dialect::MariaDb, ServerVersion::new(10, 11));
        let effect = of_statement(&statement(&sql), &before, &Statistics::default(), &BTreeSet::new());
        let (operations, errors) = parse(&sql, Dialect::MariaDb);
        let refused = apply_all(&mut before.clone(), &operations);
        if said.is_some() != (!refused.is_empty() || !errors.is_empty() || effect.error.is_some()) {
            wrong.push(format!("{own}: predicted {refused:?} {errors:?} {:?}, MariaDB {said:?}", effect.error));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// On an empty table the statement runs, so nothing is refused; with a row SQLite refuses some, of which a finding tells.
#[tokio::test(flavor = "multi_thread")]
async fn columns_that_sqlite_adds_to_an_empty_table_only_are_told() {
    const COLUMNS: &[&str] = &[
        "p int",
        "p int NOT NULL",
        "p int NOT NULL DEFAULT NULL",
        "p int NOT NULL DEFAULT 0",
        "p int DEFAULT -1",
        "p text DEFAULT CURRENT_TIMESTAMP",
        "p text DEFAULT (1 + 1)",
        "p int AS (a + 1)",
        "p int NOT NULL AS (a + 1) VIRTUAL",
        "p int AS (a + 1) STORED",
        "p int REFERENCES t (a)",
        "p int DEFAULT NULL REFERENCES t (a)",
        "p int DEFAULT 3 REFERENCES t (a)",
        "p int UNIQUE",
        "p int PRIMARY KEY",
    ];
    let mut wrong = Vec::new();
    for column in COLUMNS {
        let flight = crate::flight::Flight::sqlite();
        flight.write("sql/V1__t.sql", "CREATE TABLE t (a int);\n");
        flight.write("sql/V2__column.sql", format!("ALTER TABLE t ADD COLUMN {column};\n"));
        let report = flight.run(&["--source", "flyway:sql", "--dialect", "sqlite", "--format", "json", "lint"]).json();
        let told = |rules: &[&str]| {
            report["findings"].as_array().unwrap().iter().any(|one| rules.contains(&one["rule"].as_str().unwrap_or_default()))
        };
        let predicted =
            (told(&["server-would-refuse"]), told(&["server-would-refuse", "needs-table-rebuild", "unsafe-not-null"]));
        let mut refused = Vec::new();
        for row in ["", "INSERT INTO t VALUES (1)"] {
            let mut conn = sqlx::SqliteConnection::connect("sqlite::memory:").await.unwrap();
            for sql in ["PRAGMA foreign_keys = ON", "CREATE TABLE t (a int)", row] {
                sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
            }
            let sql = sqlx::AssertSqlSafe(format!("ALTER TABLE t ADD COLUMN {column}"));
            refused.push(sqlx::raw_sql(sql).execute(&mut conn).await.is_err());
        }
        if (refused[0], refused[1]) != predicted {
            wrong.push(format!("{column}: refused empty and with a row {refused:?}, predicted {predicted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

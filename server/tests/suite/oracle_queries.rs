//! Names that queries and data changes use, held against real servers: what they refuse for a name that is not there the planner
//! says before anything runs, and nothing else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use planner::catalog::Catalog;
use planner::catalog::apply::apply_all;
use planner::dialect::{Dialect, ServerVersion};
use planner::effect::of_statement;
use planner::project::Statistics;
use planner::statement::Statement;
use planner::statement::parse::parse;
use sqlx::{Connection, Executor};

use crate::{mariadb, postgres};

const TABLES: &[&str] =
    &["CREATE TABLE t (a int, k int)", "CREATE TABLE s (id int PRIMARY KEY, b int)", "CREATE VIEW w AS SELECT a AS x FROM t"];

const POSTGRES: &[&str] = &[
    "CREATE SEQUENCE qq",
    "CREATE TABLE arr (v int[])",
    "CREATE TABLE uq (a int, b int UNIQUE DEFERRABLE, c text, d int, UNIQUE (a, d))",
    "CREATE UNIQUE INDEX uq_part ON uq (d) WHERE d > 0",
    "CREATE UNIQUE INDEX uq_low ON uq (lower(c))",
    "CREATE TYPE mood AS ENUM ('ok', 'bad')",
    "CREATE DOMAIN small AS int",
    "CREATE TABLE d (i int, c text, v varchar(20), j json, b jsonb, p point, u uuid, m mood, r int4range, ts tsvector, ar text[], \
     n numeric, x small, t timestamptz)",
    "CREATE TABLE pt (a int, b int, c date) PARTITION BY RANGE (b)",
    "CREATE FUNCTION runs() RETURNS trigger LANGUAGE plpgsql AS 'begin return new; end'",
];

const MARIADB: &[&str] = &[
    "CREATE TABLE d (i int AUTO_INCREMENT PRIMARY KEY, c text, v varchar(20), k int, KEY kk (k))",
    "CREATE TABLE dd (i int AUTO_INCREMENT, KEY ii (i))",
];

const SQLITE: &[&str] = &[
    "CREATE VIRTUAL TABLE f USING fts5(body)",
    "CREATE TABLE uq (a int, b int UNIQUE, c text COLLATE NOCASE UNIQUE, d int, e int, UNIQUE (a, d))",
    "CREATE UNIQUE INDEX uq_part ON uq (d) WHERE d > 0",
    "CREATE UNIQUE INDEX uq_nc ON uq (e COLLATE NOCASE)",
];

fn statement(sql: &str, dialect: Dialect) -> Statement {
    Statement { sql: sql.to_owned(), operations: parse(sql, dialect).0, ..Statement::default() }
}

/// Lines whose refusal differs. Each is tried on the tables as they stand, and nothing of it stays. One behind `? ` is refused by
/// the server for what the planner does not follow: it may be silent there.
async fn differing<C>(
    conn: &mut C,
    dialect: Dialect,
    version: ServerVersion,
    more: &[&str],
    lines: &str,
    undo: &[&str],
) -> Vec<String>
where
    for<'c> &'c mut C: Executor<'c>,
{
    let mut catalog = Catalog::new(dialect, version);
    for sql in TABLES.iter().chain(more) {
        conn.execute(sqlx::AssertSqlSafe((*sql).to_owned())).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert_eq!(apply_all(&mut catalog, &statement(sql, dialect).operations), [], "{sql}");
    }
    let mut wrong = Vec::new();
    for line in include_str!("oracle/queries.sql").lines().chain(lines.lines()) {
        let sql = line.trim_start_matches("? ");
        if dialect != Dialect::Postgres && dialect.transactional_ddl() {
            conn.execute("SAVEPOINT line").await.map(drop).unwrap();
        }
        if dialect == Dialect::Postgres {
            conn.execute("BEGIN").await.map(drop).unwrap();
        }
        let said = conn.execute(sqlx::AssertSqlSafe(sql.to_owned())).await.err().map(|error| error.to_string());
        for sql in undo {
            conn.execute(sqlx::AssertSqlSafe((*sql).to_owned())).await.map(drop).unwrap();
        }
        let effect = of_statement(&statement(sql, dialect), &catalog, &Statistics::default(), &BTreeSet::new());
        let silent = line != sql && said.is_some() && effect.error.is_none();
        if said.is_some() != effect.error.is_some() && !silent {
            wrong.push(format!("{sql}\n  predicted {:?}\n  {}: {said:?}", effect.error, dialect.title()));
        }
    }
    wrong
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_finds_the_names_that_the_planner_finds() {
    let database = postgres::database();
    let mut conn = sqlx::PgConnection::connect(&database.url).await.unwrap();
    let lines = concat!(include_str!("oracle/queries_postgres.sql"), include_str!("oracle/definitions_postgres.sql"));
    let wrong = differing(&mut conn, Dialect::Postgres, ServerVersion::new(15, 0), POSTGRES, lines, &["ROLLBACK"]).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An index of each method over a column of each type.
#[tokio::test(flavor = "multi_thread")]
async fn postgres_has_the_operator_classes_that_the_planner_knows() {
    const METHODS: [&str; 6] = ["btree", "hash", "gin", "gist", "spgist", "brin"];
    const TYPES: &str = "smallint,integer,bigint,numeric(9),real,double precision,money,boolean,text,varchar(20),char(5),name,\
                         \"char\",bytea,bit(3),bit varying(9),date,time,timetz,timestamp,timestamptz,interval,uuid,json,jsonb,xml,\
                         inet,cidr,macaddr,point,line,lseg,box,path,polygon,circle,tsvector,tsquery,int4range,oid,xid,pg_lsn,\
                         text[],integer[],mood,small";
    let database = postgres::database();
    let mut conn = sqlx::PgConnection::connect(&database.url).await.unwrap();
    let (mut columns, mut lines) = (Vec::new(), String::new());
    for (at, kind) in TYPES.split(',').enumerate() {
        columns.push(format!("c{at} {kind}"));
        METHODS.iter().for_each(|method| lines.push_str(&format!("CREATE INDEX ON kinds USING {method} (c{at})\n")));
    }
    let table = format!("CREATE TABLE kinds ({})", columns.join(", "));
    let more = ["CREATE TYPE mood AS ENUM ('ok')", "CREATE DOMAIN small AS int", &table];
    let wrong = differing(&mut conn, Dialect::Postgres, ServerVersion::new(15, 0), &more, &lines, &["ROLLBACK"]).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_finds_the_names_that_the_planner_finds() {
    let database = mariadb::database();
    let mut conn = sqlx::MySqlConnection::connect(&database.url.replace("mariadb://", "mysql://")).await.unwrap();
    let lines = concat!(include_str!("oracle/queries_mariadb.sql"), include_str!("oracle/definitions_mariadb.sql"));
    let undo = [
        "ALTER TABLE t DROP COLUMN IF EXISTS c",
        "DROP VIEW IF EXISTS v",
        "DROP TABLE IF EXISTS n",
        "DELETE FROM s",
        "CREATE OR REPLACE VIEW w AS SELECT a AS x FROM t",
    ];
    let wrong = differing(&mut conn, Dialect::MariaDb, ServerVersion::new(10, 11), MARIADB, lines, &undo).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_finds_the_names_that_the_planner_finds() {
    let mut conn = sqlx::SqliteConnection::connect("sqlite::memory:").await.unwrap();
    let lines = include_str!("oracle/queries_sqlite.sql");
    let undo = ["ROLLBACK TO line", "RELEASE line"];
    let wrong = differing(&mut conn, Dialect::Sqlite, ServerVersion::new(3, 40), SQLITE, lines, &undo).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

//! Which statements take no part in a transaction: each is sent inside one, and refused exactly where the planner says so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use planner::catalog::Catalog;
use planner::catalog::apply::apply_all;
use planner::dialect::{Dialect, ServerVersion};
use planner::effect::of_statement;
use planner::project::Statistics;
use planner::statement::Statement;
use planner::statement::parse::parse;
use planner::statement::split::split;
use sqlx::{AssertSqlSafe, Connection};

use crate::{mariadb, postgres};

fn statement(sql: &str, dialect: Dialect) -> Statement {
    Statement { sql: sql.to_owned(), operations: parse(sql, dialect).0, ..Statement::default() }
}

fn predicted(before: &Catalog, sql: &str) -> bool {
    of_statement(&statement(sql, before.dialect), before, &Statistics::default(), &Default::default()).transactional
}

fn catalog(set_up: &str, dialect: Dialect, version: ServerVersion) -> Catalog {
    let mut catalog = Catalog::new(dialect, version);
    for piece in split(set_up, dialect).0 {
        apply_all(&mut catalog, &statement(&set_up[piece.range], dialect).operations);
    }
    catalog
}

const POSTGRES: &str = "CREATE TABLE t (id integer PRIMARY KEY, n integer); CREATE INDEX i ON t (n);
CREATE TABLE p (id integer) PARTITION BY RANGE (id); CREATE TABLE c PARTITION OF p FOR VALUES FROM (0) TO (9);
CREATE INDEX pi ON p (id); CREATE TYPE mood AS ENUM ('a'); CREATE MATERIALIZED VIEW m AS SELECT id FROM t;
CREATE UNIQUE INDEX mi ON m (id);
CREATE PROCEDURE ends() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;
CREATE PROCEDURE stays() LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; END $$;
CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false)";

const ON_POSTGRES: &[&str] = &[
    "VACUUM",
    "VACUUM FULL t",
    "VACUUM (ANALYZE) t",
    "ANALYZE t",
    "CREATE INDEX CONCURRENTLY ON t (n)",
    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS u ON t (n)",
    "CREATE INDEX a ON t (n)",
    "DROP INDEX CONCURRENTLY i",
    "DROP INDEX i",
    "REINDEX INDEX i",
    "REINDEX INDEX CONCURRENTLY i",
    "REINDEX TABLE t",
    "REINDEX TABLE CONCURRENTLY t",
    "REINDEX (CONCURRENTLY) TABLE t",
    "REINDEX (VERBOSE, CONCURRENTLY false) TABLE t",
    "REINDEX (VERBOSE) TABLE t",
    "REINDEX TABLE p",
    "REINDEX INDEX pi",
    "REINDEX SCHEMA public",
    "REINDEX DATABASE CONCURRENTLY postgres",
    "ALTER TABLE p DETACH PARTITION c",
    "ALTER TABLE p DETACH PARTITION c CONCURRENTLY",
    "ALTER TABLE p DETACH PARTITION c FINALIZE",
    "CREATE DATABASE other",
    "DROP DATABASE IF EXISTS nowhere",
    "ALTER DATABASE template1 SET TABLESPACE pg_default",
    "ALTER DATABASE template1 SET work_mem = '4MB'",
    "CREATE TABLESPACE ts LOCATION '/nowhere'",
    "DROP TABLESPACE IF EXISTS ts",
    "CREATE SUBSCRIPTION s2 CONNECTION 'dbname=x' PUBLICATION p",
    "CREATE SUBSCRIPTION s3 CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false)",
    "ALTER SUBSCRIPTION s SET PUBLICATION q WITH (refresh = false)",
    "ALTER SUBSCRIPTION s DISABLE",
    "ALTER SUBSCRIPTION s SET (synchronous_commit = off)",
    "DROP SUBSCRIPTION s",
    "ALTER SYSTEM SET work_mem = '8MB'",
    "ALTER SYSTEM RESET work_mem",
    "ALTER TYPE mood ADD VALUE 'b'",
    "CLUSTER",
    "CLUSTER VERBOSE",
    "CLUSTER t USING i",
    "DISCARD ALL",
    "DISCARD PLANS",
    "DO $$ BEGIN COMMIT; END $$",
    "DO $$ BEGIN PERFORM 'COMMIT;'; END $$",
    "CALL ends()",
    "CALL public.ends()",
    "CALL stays()",
    "REFRESH MATERIALIZED VIEW m",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY m",
    "COMMIT PREPARED 'nothing'",
    "ROLLBACK PREPARED 'nothing'",
    "LOCK TABLE t",
    "CHECKPOINT",
    "TRUNCATE t",
    "CREATE ROLE r",
    "COMMENT ON TABLE t IS 'VACUUM'",
    "/* VACUUM */ SELECT 1",
];

#[tokio::test]
async fn postgres_refuses_in_a_block_what_the_planner_says() {
    let database = postgres::database();
    let mut session = sqlx::PgConnection::connect(&database.url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(POSTGRES)).execute(&mut session).await.expect("the set-up");
    let version = ServerVersion::new(postgres::server().version(), 0);
    let before = catalog(POSTGRES, Dialect::Postgres, version);
    let mut wrong = Vec::new();
    for sql in ON_POSTGRES {
        sqlx::raw_sql("BEGIN").execute(&mut session).await.unwrap();
        let said = sqlx::raw_sql(AssertSqlSafe(*sql)).execute(&mut session).await.err();
        sqlx::raw_sql("ROLLBACK").execute(&mut session).await.unwrap();
        let code = said.as_ref().and_then(|error| error.as_database_error()?.code().map(|code| code.into_owned()));
        // The older ones do not know every spelling.
        if code.as_deref() == Some("42601") && version.major < 14 {
            continue;
        }
        // "cannot run inside a transaction block", "invalid transaction termination"
        let refused = matches!(code.as_deref(), Some("25001" | "2D000"));
        if refused == predicted(&before, sql) {
            wrong.push(format!("{sql}: the server {}: {said:?}", if refused { "refuses it" } else { "takes it" }));
        }
    }
    sqlx::raw_sql("ALTER SUBSCRIPTION s SET (slot_name = NONE)").execute(&mut session).await.unwrap();
    sqlx::raw_sql("DROP SUBSCRIPTION s").execute(&mut session).await.unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn sqlite_refuses_or_passes_over_what_the_planner_says() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}?mode=rwc", folder.path().join("t.db").display());
    let mut session = sqlx::SqliteConnection::connect(&url).await.unwrap();
    let before = Catalog::new(Dialect::Sqlite, ServerVersion::default());
    let other = format!("ATTACH '{}' AS o", folder.path().join("o.db").display());
    for sql in [
        "VACUUM",
        other.as_str(),
        "DETACH o",
        "PRAGMA synchronous = OFF",
        "PRAGMA journal_mode = WAL",
        "PRAGMA user_version = 3",
        "PRAGMA foreign_keys",
        "CREATE TABLE t (id integer)",
        "REINDEX",
        "ANALYZE",
    ] {
        sqlx::raw_sql("BEGIN").execute(&mut session).await.unwrap();
        let refused = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut session).await.is_err();
        sqlx::raw_sql("ROLLBACK").execute(&mut session).await.unwrap();
        assert_eq!(!refused, predicted(&before, sql), "{sql}");
    }
    // Not refused, and without effect.
    sqlx::raw_sql("PRAGMA foreign_keys = ON; BEGIN; PRAGMA foreign_keys = OFF; COMMIT").execute(&mut session).await.unwrap();
    let on: i64 = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(&mut session).await.unwrap();
    assert_eq!(on, 1);
    assert!(!predicted(&before, "PRAGMA foreign_keys = OFF"));
}

#[tokio::test]
async fn mariadb_commits_at_what_the_planner_says() {
    let database = mariadb::database();
    let mut session = sqlx::MySqlConnection::connect(&database.url).await.unwrap();
    let set_up = "CREATE TABLE probe (n int) ENGINE=InnoDB; CREATE TABLE t (id int PRIMARY KEY, n int) ENGINE=InnoDB; \
                  CREATE TABLE u (id int) ENGINE=InnoDB; CREATE INDEX i ON t (n); CREATE VIEW v AS SELECT 1";
    sqlx::raw_sql(set_up).execute(&mut session).await.unwrap();
    let before = catalog(set_up, Dialect::MariaDb, ServerVersion::new(10, 11));
    let mut wrong = Vec::new();
    for (at, sql) in [
        "CREATE TABLE a (id int)",
        "CREATE TEMPORARY TABLE b (id int)",
        "DROP TEMPORARY TABLE IF EXISTS b",
        "ALTER TABLE t ADD COLUMN x int",
        "CREATE INDEX j ON t (n)",
        "DROP INDEX i ON t",
        "RENAME TABLE u TO w",
        "TRUNCATE TABLE w",
        "CREATE OR REPLACE VIEW v AS SELECT 2",
        "DROP VIEW v",
        "CREATE PROCEDURE p() SELECT 1",
        "DROP PROCEDURE p",
        "CREATE FUNCTION f() RETURNS int RETURN 1",
        "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.n = 1",
        "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1",
        "CREATE SEQUENCE q",
        "ANALYZE TABLE t",
        "CHECK TABLE t",
        "OPTIMIZE TABLE t",
        "REPAIR TABLE t",
        "FLUSH STATUS",
        "LOCK TABLES t WRITE, probe WRITE",
        "SET autocommit = 0; SET autocommit = 1",
        "SET @a = 1",
        "SET SESSION sql_mode = ''",
        "START TRANSACTION",
        "SAVEPOINT a",
        "INSERT INTO t (id) VALUES (1)",
        "UPDATE t SET n = 2",
        "SELECT 1",
        "/*!50003 CREATE*/ /*!50003 TABLE z (id int) */",
    ]
    .into_iter()
    .enumerate()
    {
        let mark = format!("INSERT INTO probe VALUES ({at})");
        for text in ["UNLOCK TABLES", "START TRANSACTION", &mark, sql, "ROLLBACK", "UNLOCK TABLES"] {
            sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut session).await.unwrap_or_else(|error| panic!("{text}: {error}"));
        }
        let rows: i64 =
            sqlx::query_scalar("SELECT count(*) FROM probe WHERE n = ?").bind(at as i64).fetch_one(&mut session).await.unwrap();
        if (rows == 0) != predicted(&before, sql) {
            wrong.push(format!("{sql}: {}", if rows == 0 { "stays open" } else { "commits" }));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

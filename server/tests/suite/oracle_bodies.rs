//! What stored programs of MariaDB make of a schema, held against a real one: every statement runs on both sides, and
//! behind each the schemas are the same. None of it may be opaque.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use planner::catalog::Catalog;
use planner::catalog::apply::apply_all;
use planner::catalog::compare::compare;
use planner::catalog::schema::schema;
use planner::dialect::Dialect;
use planner::statement::parse::parse;
use planner::statement::split::split;
use server::target::schema_mysql;
use sqlx::Connection;

use crate::mariadb;

const SCRIPTS: &str = include_str!("oracle/mariadb_bodies.sql");

#[tokio::test(flavor = "multi_thread")]
async fn procedures_and_prepared_statements_do_to_the_schema_what_mariadb_makes_them_do() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for script in SCRIPTS.split("-- next --") {
        let database = mariadb::database();
        let mut conn = sqlx::MySqlConnection::connect(&database.url.replace("mariadb://", "mysql://")).await.unwrap();
        let mut catalog = Catalog::new(Dialect::MariaDb, Dialect::MariaDb.default_version());
        let (pieces, errors) = split(script, Dialect::MariaDb);
        assert!(errors.is_empty(), "{errors:?}");
        for piece in pieces {
            count += 1;
            let sql = script[piece.range].to_owned();
            let refused = apply_all(&mut catalog, &parse(&sql, Dialect::MariaDb).0);
            let done = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.clone())).execute(&mut conn).await;
            if refused.is_empty() != done.is_ok() || catalog.opaque {
                wrong.push(format!("{sql}\n  predicted {refused:?}, opaque {}\n  the server {done:?}", catalog.opaque));
            }
            let live = schema_mysql::read(&mut conn, Dialect::MariaDb, &[] as &[&str]).await.unwrap();
            let found = compare(&schema(&catalog), &live);
            if !found.is_empty() {
                wrong.push(format!("{sql}\n  {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} differ\n{}", wrong.len(), wrong.join("\n"));
}

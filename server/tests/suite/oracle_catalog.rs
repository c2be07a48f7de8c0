//! The schema the planner simulates, held against a real PostgreSQL and a real SQLite.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use sqlx::{Connection, PgConnection, SqliteConnection};

use crate::postgres;

#[path = "../../src/target/schema_postgres.rs"]
mod schema_postgres;
#[path = "../../src/target/schema_sqlite.rs"]
mod schema_sqlite;

#[tokio::test(flavor = "multi_thread")]
async fn a_live_postgres_schema_reads_the_same_over_every_search_path() {
    let database = postgres::database();
    let mut conn = PgConnection::connect(&database.url).await.unwrap();
    let sql = "CREATE SCHEMA s; CREATE TYPE s.mood AS ENUM ('ok', 'bad'); CREATE TABLE s.history(id int);
        CREATE TABLE s.t(id serial PRIMARY KEY, m s.mood DEFAULT 'ok', n numeric(4,1) CHECK (n > 0), c text, UNIQUE (n, m));
        CREATE INDEX t_low ON s.t (lower(c)) WHERE n > 1; CREATE VIEW s.v AS SELECT id FROM s.t;";
    sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
    let first = schema_postgres::read(&mut conn, &["history"]).await.unwrap();
    sqlx::raw_sql("SET search_path = s").execute(&mut conn).await.unwrap();
    let second = schema_postgres::read(&mut conn, &["s.history"]).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(first.tables.len(), 1);
    let table = &first.tables[0];
    assert_eq!(table.columns[1].data_type, "s.mood");
    assert_eq!(table.columns[0].default.as_deref(), Some("nextval('s.t_id_seq'::regclass)"));
    assert_eq!((&table.primary_key[..], &table.unique[0][..]), (&["id".to_owned()][..], &["n".to_owned(), "m".to_owned()][..]));
    assert_eq!(table.indexes[0].columns, ["lower(c)"]);
    let path: String = sqlx::query_scalar("SHOW search_path").fetch_one(&mut conn).await.unwrap();
    assert_eq!(path, "s", "the reader puts the search path back");
}

#[tokio::test]
async fn a_live_sqlite_schema_shows_keys_and_unique_lists() {
    let mut conn = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    let sql = "CREATE TABLE p(a INTEGER PRIMARY KEY, b TEXT NOT NULL UNIQUE);
        CREATE TABLE c(id INTEGER PRIMARY KEY, p INTEGER REFERENCES p ON DELETE CASCADE, n TEXT DEFAULT 'x');
        CREATE TABLE history(id INT); CREATE INDEX c_n ON c(n); CREATE VIEW v AS SELECT a FROM p;";
    sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
    let schema = schema_sqlite::read(&mut conn, &["history"]).await.unwrap();
    let names: Vec<&str> = schema.tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["c", "p"]);
    let key = &schema.tables[0].foreign_keys[0];
    assert_eq!(
        (key.ref_table.as_str(), &key.ref_columns[..], key.on_delete.as_deref()),
        ("p", &["a".to_owned()][..], Some("CASCADE"))
    );
    assert_eq!(schema.tables[0].indexes[0].columns, ["n"]);
    assert_eq!(schema.tables[1].unique, [["b"]]);
    assert!(!schema.tables[1].columns[1].nullable);
}

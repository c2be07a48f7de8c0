//! The schema the planner simulates, held against a real PostgreSQL and a real SQLite.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use planner::catalog::Catalog;
use planner::catalog::apply::apply_all;
use planner::catalog::schema::{Schema, schema};
use planner::dialect::{Dialect, ServerVersion};
use planner::statement::operation::{Constraint, ConstraintKind};
use server::target::{schema_mysql, schema_postgres, schema_sqlite};
use sqlx::{Connection, PgConnection, SqliteConnection};

use crate::oracle_effect::{open, statements};
use crate::{beside, mariadb, postgres};

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

/// Compares the simulated schema with the live one after the same script. Expressions are the server's to print, so
/// only their presence is compared, unless both sides are equal.
fn comparable(mut schema: Schema) -> Schema {
    for table in &mut schema.tables {
        for column in &mut table.columns {
            let sequence = column.default.as_ref().is_some_and(|text| text.starts_with("nextval('"));
            if !sequence {
                column.default = column.default.take().map(|_| "…".to_owned());
            } else if let Some(text) = &mut column.default {
                // As written, without the cast that the server adds.
                *text = text.replace("'::regclass)", "')");
            }
            column.generated = column.generated.take().map(|_| "…".to_owned());
        }
        for check in &mut table.checks {
            "…".clone_into(&mut check.expression);
        }
        for index in &mut table.indexes {
            index.predicate = index.predicate.take().map(|_| "…".to_owned());
            let plain = |text: &str| text.chars().all(|c| c.is_alphanumeric() || c == '_');
            index.columns.iter_mut().filter(|text| !plain(text)).for_each(|text| "…".clone_into(text));
        }
    }
    schema
}

#[tokio::test(flavor = "multi_thread")]
async fn the_simulated_schema_is_the_live_one() {
    let mut wrong = Vec::new();
    let version = ServerVersion::new(postgres::server().version(), 0);
    for (number, script) in include_str!("oracle/migrations.sql").split("-- next --").enumerate() {
        // `-- @13` in front needs PostgreSQL 13.
        let since = script.trim_start().strip_prefix("-- @").and_then(|rest| rest.lines().next());
        if since.is_some_and(|since| since.parse::<u32>().expect("a version behind @") > version.major) {
            continue;
        }
        let database = postgres::database();
        let mut conn = PgConnection::connect(&database.url).await.unwrap();
        let mut catalog = Catalog::new(Dialect::Postgres, version);
        for statement in statements(script) {
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement.sql.clone()))
                .execute(&mut conn)
                .await
                .unwrap_or_else(|error| panic!("{}: {error}", statement.sql));
            let errors = apply_all(&mut catalog, &statement.operations);
            if !errors.is_empty() || catalog.opaque {
                wrong.push(format!("case {number}: {}: {errors:?} {:?}", statement.sql, statement.operations));
            }
        }
        let live = comparable(schema_postgres::read(&mut conn, &[] as &[&str]).await.unwrap());
        let simulated = comparable(schema(&catalog));
        differences(number, &simulated, &live, &mut wrong);
        let unlike = beside::compare(&mut open(&database.url).await, &catalog).await.unwrap();
        wrong.extend(unlike.iter().map(|unlike| format!("case {number}: {unlike:?}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_simulated_schema_is_the_live_one_on_mariadb() {
    let script =
        "CREATE TABLE p (id INT NOT NULL AUTO_INCREMENT, Level_Id INT, name VARCHAR(20) NULL COLLATE 'latin1_swedish_ci', \
         PRIMARY KEY (id), UNIQUE KEY u (name, level_id), KEY k (LEVEL_ID));
        ALTER TABLE p ADD COLUMN a INT AFTER id, ADD COLUMN z INT FIRST, ADD COLUMN last INT;
        ALTER TABLE p MODIFY COLUMN last BIGINT NOT NULL AFTER z, CHANGE COLUMN Level_Id level_id BIGINT NULL;
        ALTER TABLE p MODIFY z INT COMMENT 'it''s \\'z\\'', COMMENT = 'of p', MODIFY a INT COMMENT \"a \"\"b\"\"\", ADD x INT COMMENT 'x';
        ALTER TABLE p CHANGE x y INT COMMENT 'y', MODIFY a INT COMMENT 'again';
        ALTER TABLE p MODIFY y BIGINT;
        CREATE TABLE k (a INT, b INT, c INT, d INT, KEY ab (a, b), KEY c (c), UNIQUE KEY cd (d, c), j JSON);
        ALTER TABLE k DROP COLUMN b, RENAME COLUMN j TO jj;
        ALTER TABLE k DROP KEY cd, DROP COLUMN c;
        ALTER TABLE k ADD UNIQUE KEY IF NOT EXISTS uj (jj), ADD INDEX IF NOT EXISTS ij (jj);
        ALTER TABLE k ADD UNIQUE KEY IF NOT EXISTS uj (jj), ADD INDEX IF NOT EXISTS ij (jj);
        ALTER TABLE k ADD COLUMN nc nchar(20), ADD COLUMN nv national varchar(7), ADD COLUMN nx nvarchar(8);
        ALTER TABLE k /*!80000 ADD COLUMN no int */ /*!50000 ADD COLUMN yes int */;
        CREATE TABLE cv (a TINYTEXT, b TEXT, c MEDIUMTEXT, d LONGTEXT, e TEXT CHARACTER SET utf8, f TEXT CHARACTER SET utf8mb4, \
         g VARCHAR(20), h BLOB) CHARACTER SET latin1;
        CREATE TABLE cw LIKE cv;
        CREATE TABLE cx LIKE cv;
        ALTER TABLE cv CONVERT TO CHARACTER SET utf8;
        ALTER TABLE cv CONVERT TO CHARACTER SET utf8mb4;
        ALTER TABLE cv CONVERT TO CHARACTER SET latin1;
        ALTER TABLE cw CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
        ALTER TABLE cx CONVERT TO CHARACTER SET ucs2;
        ALTER TABLE cx CONVERT TO CHARACTER SET utf8;
        CREATE TRIGGER tr BEFORE INSERT ON p FOR EACH ROW SET NEW.a = 1;
        CREATE TABLE c LIKE p;
        ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES p (ID) ON DELETE CASCADE;";
    let database = mariadb::database();
    let mut conn = sqlx::MySqlConnection::connect(&database.url.replace("mariadb://", "mysql://")).await.unwrap();
    let mut catalog = Catalog::new(Dialect::MariaDb, Dialect::MariaDb.default_version());
    for piece in planner::statement::split::split(script, Dialect::MariaDb).0 {
        let sql = script[piece.range].to_owned();
        let operations = planner::statement::parse::parse(&sql, Dialect::MariaDb).0;
        assert_eq!(apply_all(&mut catalog, &operations), [], "{sql}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
    }
    assert!(!catalog.opaque);
    let live = schema_mysql::read(&mut conn, Dialect::MariaDb, &[] as &[&str]).await.unwrap();
    let simulated = schema(&catalog);
    assert_eq!(planner::catalog::compare::compare(&simulated, &live), []);
    assert_eq!(beside::compare(&mut open(&database.url).await, &catalog).await.unwrap(), []);
    let order = |schema: &Schema| -> Vec<Vec<String>> {
        schema.tables.iter().map(|table| table.columns.iter().map(|column| column.name.clone()).collect()).collect()
    };
    assert_eq!(order(&simulated), order(&live));
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_keys_without_names_get_those_that_mariadb_gives_and_renames() {
    let steps = [
        "CREATE TABLE p (id int PRIMARY KEY)",
        "CREATE TABLE t (a int, b int, c int, FOREIGN KEY (a) REFERENCES p (id), FOREIGN KEY (b) REFERENCES p (id))",
        "ALTER TABLE t DROP FOREIGN KEY t_ibfk_1",
        "ALTER TABLE t ADD FOREIGN KEY (c) REFERENCES p (id)",
        "ALTER TABLE t ADD CONSTRAINT mine FOREIGN KEY (a) REFERENCES p (id)",
        "RENAME TABLE t TO u",
        "ALTER TABLE u RENAME v",
        "CREATE TABLE w (a int, CONSTRAINT w_ibfk_7 FOREIGN KEY (a) REFERENCES p (id))",
        "ALTER TABLE w ADD FOREIGN KEY (a) REFERENCES p (id)",
    ];
    let database = mariadb::database();
    let mut conn = sqlx::MySqlConnection::connect(&database.url.replace("mariadb://", "mysql://")).await.unwrap();
    let mut catalog = Catalog::new(Dialect::MariaDb, Dialect::MariaDb.default_version());
    for sql in steps {
        let operations = planner::statement::parse::parse(sql, Dialect::MariaDb).0;
        assert_eq!(apply_all(&mut catalog, &operations), [], "{sql}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut conn).await.unwrap();
        let asked = "SELECT constraint_name FROM information_schema.referential_constraints \
                     WHERE constraint_schema = database() ORDER BY 1";
        let live: Vec<String> = sqlx::query_scalar(asked).fetch_all(&mut conn).await.unwrap();
        let is_key = |held: &Constraint| matches!(held.kind, ConstraintKind::ForeignKey { .. });
        let keys = catalog.tables.iter().flat_map(|(_, table)| table.constraints.iter().filter(|held| is_key(held)));
        let mut simulated: Vec<String> = keys.filter_map(|held| held.name.clone()).collect();
        simulated.sort();
        assert_eq!(simulated, live, "{sql}");
    }
}

fn differences(number: usize, simulated: &Schema, live: &Schema, wrong: &mut Vec<String>) {
    let names = |schema: &Schema| -> Vec<String> {
        schema.tables.iter().map(|table| format!("{:?}.{}", table.schema, table.name)).collect()
    };
    if names(simulated) != names(live) {
        wrong.push(format!("case {number}: tables\n  simulated {:?}\n  live      {:?}", names(simulated), names(live)));
        return;
    }
    for (own, other) in simulated.tables.iter().zip(&live.tables) {
        if own != other {
            wrong.push(format!("case {number}: table {}\n  simulated {own:?}\n  live      {other:?}", own.name));
        }
    }
    let rest = |schema: &Schema| Schema { tables: Vec::new(), ..schema.clone() };
    if rest(simulated) != rest(live) {
        wrong.push(format!("case {number}: others\n  simulated {:?}\n  live      {:?}", rest(simulated), rest(live)));
    }
}

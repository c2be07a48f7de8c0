//! Derived ways back: gone on real servers, written as files, refused where something would be lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use planner::dialect::Dialect;
use planner::effect::Reversibility;
use planner::migration::MigrationId;
use planner::project::{Project, ProjectFile, Request};
use server::rehearsal::picture::Picture;
use server::rehearsal::seed::seed;
use server::target::{Access, Target};
use server::url::TargetUrl;

use crate::flight::Flight;
use crate::{mariadb, postgres};

/// Schema before, change.
type Change = (&'static str, &'static str);

/// Undone without loss, comments, privileges and all: catalog and rows are the same at each return.
const LOSSLESS: &[Change] = &[
    ("CREATE TABLE t (a int, b text)", "CREATE INDEX ON t (a, lower(b)) WHERE b IS NOT NULL"),
    ("CREATE TABLE t (a int)", "COMMENT ON TABLE t IS\n'It is what it is.'"),
    (
        "CREATE TABLE t (a int); CREATE MATERIALIZED VIEW m AS SELECT a FROM t; CREATE UNIQUE INDEX i ON m (a)",
        "DROP MATERIALIZED VIEW m",
    ),
    (
        "CREATE TABLE t (a int); COMMENT ON COLUMN t.a IS 'a column'; CREATE FUNCTION a() RETURNS int LANGUAGE sql AS 'SELECT 1'; \
         COMMENT ON COLUMN t.a IS 'the same'",
        "DROP FUNCTION a()",
    ),
    (
        "CREATE TABLE t (a int)",
        "CREATE FUNCTION f(a int, -- how many, or none\n b text DEFAULT 'x  y' /* which */) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ),
    ("CREATE TABLE t (a int, b text); CREATE UNIQUE INDEX i ON t (b text_pattern_ops, a DESC) INCLUDE (a)", "DROP INDEX i"),
    ("CREATE TABLE t (a int)", "ALTER TABLE t ADD PRIMARY KEY (a)"),
    ("CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE t (a int)", "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES p"),
    ("CREATE TABLE t (a int, b int)", "ALTER TABLE t ADD UNIQUE (a, b), ADD CHECK (a > -1), ALTER b SET NOT NULL"),
    ("CREATE TABLE t (a int NOT NULL); CREATE UNIQUE INDEX i ON t (a)", "ALTER TABLE t ADD CONSTRAINT k UNIQUE USING INDEX i"),
    ("CREATE TABLE t (id serial, a int DEFAULT 7)", "ALTER TABLE t ALTER a DROP DEFAULT; ALTER TABLE t ALTER id SET DEFAULT 5"),
    (
        "CREATE TABLE t (a int, b int); CREATE VIEW v AS SELECT a FROM t; COMMENT ON VIEW v IS 'of t'; GRANT SELECT ON v TO public",
        "DROP VIEW v",
    ),
    ("CREATE TABLE t (a int, b int); CREATE VIEW v AS SELECT a FROM t", "CREATE OR REPLACE VIEW v AS SELECT a, b FROM t"),
    (
        "CREATE FUNCTION f(x numeric(10, 2) DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE FUNCTION f(x numeric(10, 2) DEFAULT 1) RETURNS int LANGUAGE sql STABLE AS 'SELECT 2'",
    ),
    (
        "CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT 1'; COMMENT ON FUNCTION f(int) IS 'one'",
        "DROP FUNCTION f(int)",
    ),
    ("", "CREATE FUNCTION f(x numeric(10, 2) DEFAULT 1, y text DEFAULT 'a,b') RETURNS int LANGUAGE sql AS 'SELECT 1'"),
    (
        "CREATE TABLE t (a int); CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
         CREATE TRIGGER r BEFORE UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION g(); ALTER TABLE t DISABLE TRIGGER r",
        "DROP TRIGGER r ON t",
    ),
    ("CREATE TABLE t (a int); CREATE POLICY p ON t FOR SELECT USING (a > 1)", "DROP POLICY p ON t"),
    ("CREATE TABLE t (a int); CREATE POLICY p ON t FOR SELECT USING (a > 1)", "ALTER POLICY p ON t USING (a > 2)"),
    ("CREATE TABLE t (a int)", "ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY"),
    ("CREATE TYPE e AS ENUM ('a'); ALTER TYPE e ADD VALUE 'b' BEFORE 'a'; COMMENT ON TYPE e IS 'x'", "DROP TYPE e"),
    ("CREATE DOMAIN d AS int CHECK (VALUE > 0)", "DROP DOMAIN d"),
    (
        "CREATE TABLE t (a int); COMMENT ON COLUMN t.a IS 'is the first'",
        "COMMENT ON COLUMN t.a IS 'is another'; COMMENT ON TABLE t IS 'T'",
    ),
    ("CREATE SCHEMA s; CREATE TABLE s.t (a int)", "SET search_path = s; CREATE INDEX i ON t (a); ALTER TABLE t RENAME TO u"),
    ("CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (a e)", "ALTER TYPE e RENAME VALUE 'a' TO 'b'; ALTER TYPE e RENAME TO f"),
];

/// Comes back but for what is told, on MariaDB.
const MARIADB_LOSSY: &[Change] = &[
    (
        "CREATE TABLE t (a int, b timestamp NULL DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP, c datetime(3) ON UPDATE now(3))",
        "ALTER TABLE t MODIFY b timestamp NULL DEFAULT NULL COMMENT 'when', CHANGE c d datetime(3)",
    ),
    // The server's own index for a foreign key gives way, and has to be there again first.
    (
        "CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE t (a int, b int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (a))",
        "ALTER TABLE t ADD CONSTRAINT u UNIQUE (a, b)",
    ),
    (
        "CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE t (a int, b int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (a))",
        "CREATE UNIQUE INDEX u ON t (a)",
    ),
    (
        "CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE t (a int, b int NOT NULL, CONSTRAINT f FOREIGN KEY (b) REFERENCES p (a))",
        "ALTER TABLE t ADD PRIMARY KEY (b)",
    ),
    (
        "CREATE TABLE t (a int NOT NULL, PRIMARY KEY (a))",
        "ALTER TABLE t ADD COLUMN b int; UPDATE t SET b = a; ALTER TABLE t MODIFY b int NOT NULL; ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (b)",
    ),
    // The index that the first key left behind gives way to that of the second.
    (
        "CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE t (a int, CONSTRAINT f FOREIGN KEY (a) REFERENCES p (a))",
        "ALTER TABLE t DROP FOREIGN KEY f; ALTER TABLE t CHANGE a b int; \
         ALTER TABLE t ADD CONSTRAINT g FOREIGN KEY (b) REFERENCES p (a)",
    ),
];

/// Comes back but for what is told: the schema is the same, or rows are in the way.
const LOSSY: &[Change] = &[
    ("", "CREATE TABLE t (a int); INSERT INTO t VALUES (1); CREATE INDEX ON t (a); COMMENT ON TABLE t IS 'new'"),
    ("CREATE TABLE t (a int)", "ALTER TABLE t ADD COLUMN b int; UPDATE t SET b = a; ALTER TABLE t ALTER b SET DEFAULT 1"),
    ("CREATE TABLE t (a int, b int UNIQUE CHECK (b > 0)); CREATE INDEX i ON t (b, a)", "ALTER TABLE t DROP COLUMN b"),
    ("CREATE TYPE e AS ENUM ('a'); CREATE TABLE t (a e DEFAULT 'a')", "ALTER TABLE t ALTER a DROP DEFAULT, ALTER a TYPE text"),
    ("CREATE TABLE t (a varchar(80) PRIMARY KEY)", "ALTER TABLE t ALTER a TYPE bytea USING decode(a, 'escape')"),
    ("CREATE TABLE t (a int, EXCLUDE USING btree (a WITH =))", "ALTER TABLE t DROP CONSTRAINT t_a_excl"),
    // A sequence given to a column by hand goes with it, and comes back with its settings.
    (OWNED_SEQUENCE, "DROP TABLE t"),
    (OWNED_SEQUENCE, "ALTER TABLE t DROP COLUMN id"),
    ("CREATE TABLE t (id int); CREATE SEQUENCE s OWNED BY t.id; ALTER TABLE t ALTER id SET DEFAULT nextval('s')", "DROP TABLE t"),
];

const OWNED_SEQUENCE: &str = "CREATE TABLE t (b int, id int NOT NULL); CREATE SEQUENCE s START 5 CACHE 2; ALTER SEQUENCE s OWNED BY \
                              t.id; ALTER TABLE ONLY t ALTER COLUMN id SET DEFAULT nextval('s'::regclass)";

/// On SQLite; the schema is the same, or differs in a way that is told.
const SQLITE_LOSSY: &[(Change, bool)] = &[
    // The older index has its name again before the newer table goes.
    (
        (
            "CREATE TABLE t (a int); CREATE INDEX i ON t (a)",
            "ALTER TABLE t RENAME TO o; CREATE TABLE t (a int, b int); DROP TABLE o; CREATE INDEX i ON t (a)",
        ),
        true,
    ),
    // A reference to a table that is not there follows the one that took its name.
    (("CREATE TABLE c (a int REFERENCES p (a)); CREATE TABLE q (a int PRIMARY KEY)", "ALTER TABLE q RENAME TO p"), false),
];

/// No way back, and why it must not be claimed.
const NONE: &[Change] = &[
    ("CREATE TYPE e AS ENUM ('a')", "ALTER TYPE e ADD VALUE 'b'"),
    ("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1)"),
    ("CREATE TABLE t (a int); CREATE VIEW v AS SELECT * FROM t; ALTER TABLE t ADD b int", "DROP VIEW v"),
    ("CREATE TABLE t (a int)", "CREATE TABLE n (a int); INSERT INTO n SELECT a FROM t; DROP TABLE t; ALTER TABLE n RENAME TO t"),
    ("CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t", "DROP TABLE t CASCADE"),
];

const MARIADB: &[Change] = &[
    ("CREATE TABLE t (a int, b varchar(9))", "CREATE INDEX i ON t (a, b)"),
    ("CREATE TABLE t (a int, b varchar(9), KEY i (b, a))", "ALTER TABLE t DROP INDEX i"),
    (
        "CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE t (a int)",
        "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p (a)",
    ),
    (
        "CREATE TABLE t (a int NOT NULL, b int)",
        "ALTER TABLE t ADD PRIMARY KEY (a), ADD UNIQUE u (b), ADD CONSTRAINT c CHECK (b > -1)",
    ),
    ("CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t", "DROP VIEW v"),
    ("CREATE TABLE t (a int)", "CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1"),
    ("CREATE TABLE t (a int); CREATE TRIGGER r BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1", "DROP TRIGGER r"),
    ("CREATE TABLE t (a int)", "ALTER TABLE t RENAME COLUMN a TO b; ALTER TABLE t RENAME TO u"),
];

/// The statements of two versions, and what is derived of the second.
fn derived(dialect: Dialect, (before, change): Change) -> ([Vec<String>; 2], planner::undo::Derived) {
    let file = |path: &str, text: &str| ProjectFile { path: path.to_owned(), content: text.as_bytes().to_vec() };
    let toml = format!("[flyway]\n[environments.default]\ndialect = \"{dialect}\"\n");
    let before = if before.is_empty() { "SELECT 1" } else { before };
    let files =
        vec![file("V1__a.sql", &format!("{before};")), file("V2__b.sql", &format!("{change};")), file("flightplan.toml", &toml)];
    let report = planner::analyze(&Project { files }, &Request::default());
    let way = planner::pipeline::ways_back(&report, &Request::default()).remove(&MigrationId::from("V2")).unwrap();
    let of = |id: &str| {
        let migration = report.migrations.iter().find(|one| one.id.0 == id).unwrap();
        migration.up.statements.iter().map(|statement| statement.sql.clone()).collect::<Vec<_>>()
    };
    ([of("V1"), of("V2")], way)
}

async fn all(target: &mut Target, statements: &[String]) {
    for sql in statements {
        target.execute(sql).await.unwrap_or_else(|error| panic!("{error}\n{sql}"));
    }
    target.prepare_step(0, 0).await.unwrap();
}

/// Up, down and up again with rows; what differs when it is down, and up again.
async fn gone(url: &str, [before, change]: &[Vec<String>; 2], back: &[String]) -> [String; 2] {
    let url = TargetUrl::parse(url, std::path::Path::new(".")).unwrap();
    let mut target = Target::connect(&url, "undo", Access::Write).await.unwrap();
    target.prepare_step(0, 0).await.unwrap();
    all(&mut target, before).await;
    let schema = target.schema(&[]).await.unwrap();
    seed(&mut target, &schema, false).await.unwrap();
    let at_first = Picture::take(&mut target, &[]).await.unwrap();
    all(&mut target, change).await;
    let behind = Picture::take(&mut target, &[]).await.unwrap();
    assert!(!at_first.differences(&behind).is_empty(), "the change is seen: {change:?}");
    all(&mut target, back).await;
    let down = at_first.differences(&Picture::take(&mut target, &[]).await.unwrap());
    all(&mut target, change).await;
    let again = behind.differences(&Picture::take(&mut target, &[]).await.unwrap());
    target.close().await;
    [down, again].map(|found| found.iter().map(|one| format!("{}: {} | {}\n", one.object, one.first, one.second)).collect())
}

#[tokio::test]
async fn what_is_marked_lossless_comes_back_on_the_server() {
    for change in LOSSLESS {
        let (texts, way) = derived(Dialect::Postgres, *change);
        assert_eq!(way.reversibility, Reversibility::Lossless, "{change:?} {:?}", way.notes);
        assert!(!way.statements.is_empty(), "{change:?}");
        let differs = gone(&postgres::database().url, &texts, &way.statements).await;
        assert_eq!(differs, [String::new(), String::new()], "{change:?}\n{:?}", way.statements);
    }
}

#[tokio::test]
async fn what_is_marked_lossless_comes_back_on_mariadb() {
    for change in MARIADB {
        let (texts, way) = derived(Dialect::MariaDb, *change);
        assert_eq!(way.reversibility, Reversibility::Lossless, "{change:?} {:?}", way.notes);
        let differs = gone(&mariadb::database().url, &texts, &way.statements).await;
        assert_eq!(differs, [String::new(), String::new()], "{change:?}\n{:?}", way.statements);
    }
}

#[tokio::test]
async fn what_is_lossy_runs_and_says_so() {
    let postgres = LOSSY.iter().map(|change| (Dialect::Postgres, change));
    for (dialect, change) in postgres.chain(MARIADB_LOSSY.iter().map(|change| (Dialect::MariaDb, change))) {
        let (texts, way) = derived(dialect, *change);
        assert_eq!(way.reversibility, Reversibility::Lossy, "{change:?} {:?}", way.notes);
        assert!(!way.notes.is_empty());
        let url = if dialect == Dialect::Postgres { postgres::database().url } else { mariadb::database().url };
        let [down, _] = gone(&url, &texts, &way.statements).await;
        let schema: Vec<&str> = down.lines().filter(|line| !line.starts_with("rows of")).collect();
        assert!(schema.is_empty(), "{change:?}\n{:?}\n{down}", way.statements);
    }
}

#[tokio::test]
async fn what_is_lossy_on_sqlite_runs_and_says_so() {
    for (change, same) in SQLITE_LOSSY {
        let (texts, way) = derived(Dialect::Sqlite, *change);
        assert_eq!(way.reversibility, Reversibility::Lossy, "{change:?} {:?}", way.notes);
        let [down, _] = gone(&Flight::sqlite().url, &texts, &way.statements).await;
        let schema: Vec<&str> = down.lines().filter(|line| !line.starts_with("rows of")).collect();
        assert_eq!(schema.is_empty(), *same, "{change:?}\n{:?}\n{down}", way.statements);
    }
}

#[test]
fn no_way_back_is_claimed_where_there_is_none() {
    for change in NONE {
        let (_, way) = derived(Dialect::Postgres, *change);
        assert_eq!(way.reversibility, Reversibility::None, "{change:?} {:?}", way.statements);
        assert!(!way.notes.is_empty() && way.statements.is_empty(), "{change:?}");
    }
}

pub(crate) fn read(flight: &Flight, path: &str) -> String {
    std::fs::read_to_string(flight.path().join(path)).unwrap()
}

/// A project with a lossless, a lossy and an impossible migration.
pub(crate) fn project(flight: &Flight) {
    flight.configure("flyway", 0);
    flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY, name varchar(20));\n");
    flight.write("sql/V2__rows.sql", "INSERT INTO users (id, name) SELECT 1, 'ada';\n");
    flight.write("sql/V3__notes.sql", "CREATE TABLE notes (id integer PRIMARY KEY);\n");
    flight.write("sql/V4__index.sql", "CREATE INDEX users_name ON users (name);\n");
}

#[test]
fn a_derived_way_back_is_gone_and_loses_nothing_unasked() {
    for flight in Flight::all() {
        project(&flight);
        flight.run(&["migrate"]).code(0);
        flight.query("INSERT INTO notes (id) VALUES (1)");
        flight.run(&["undo"]).code(0);
        flight.run(&["undo"]).code(2).complains(&["Nothing was changed", "1 row now", "V3__notes.sql:1", "--accept-loss"]);
        assert!(flight.tables().contains(&"notes".to_owned()));
        flight.run(&["undo", "--accept-loss"]).code(0);
        assert!(!flight.tables().contains(&"notes".to_owned()));
        flight.run(&["undo"]).code(2).complains(&["V2 has no way back", "cannot be told from older ones", "U file"]);
        flight.run(&["migrate"]).code(0);
        flight.run(&["rollback", "--to", "2"]).code(0);
        assert!(!flight.tables().contains(&"notes".to_owned()));
    }
}

#[test]
fn a_derived_way_back_is_written_and_never_over_an_authors() {
    let flight = Flight::postgres();
    project(&flight);
    let out = flight.run(&["undo", "--write"]).code(0).out;
    assert!(out.contains("Wrote sql/U4__index.sql (lossless)"), "{out}");
    let text = read(&flight, "sql/U4__index.sql");
    assert!(text.contains("Lossless") && text.contains("DROP INDEX users_name;"), "{text}");
    flight.run(&["undo", "--write", "V4"]).code(2).complains(&["its author wrote", "U4__index.sql"]);
    flight.run(&["undo", "--write", "2"]).code(2).complains(&["V2 has no way back that can be derived", "Nothing was written"]);
    flight.run(&["undo", "--write", "V9"]).code(2).complains(&["no migration V9"]);
    let out = flight.run(&["undo", "--write", "--all"]).code(0).out;
    assert!(out.contains("Wrote sql/U3__notes.sql (lossy)") && out.contains("Passed over: V2"), "{out}");
    assert!(read(&flight, "sql/U3__notes.sql").contains("LOSSY"));
    flight.run(&["migrate"]).code(0);
    flight.run(&["undo", "-target=3"]).code(0);
    assert!(!flight.tables().contains(&"notes".to_owned()));
}

#[test]
fn an_empty_downgrade_gets_its_body() {
    let flight = Flight::sqlite();
    let revision = "\"\"\"add index\"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\n\nrevision = 'a1'\ndown_revision = None\n\n\n\
                    def upgrade() -> None:\n    op.create_table('t', sa.Column('a', sa.Integer()))\n    op.create_index('i', 't', ['a'])\n\n\n\
                    def downgrade() -> None:\n    # nothing yet\n    pass\n";
    flight.write("alembic/versions/a1_add.py", revision);
    let out = flight.run(&["--source", "alembic:alembic", "--dialect", "sqlite", "undo", "--write", "a1"]).code(0).out;
    assert!(out.contains("Wrote alembic/versions/a1_add.py (lossy)"), "{out}");
    let text = read(&flight, "alembic/versions/a1_add.py");
    assert!(text.contains("op.execute(\"DROP TABLE t\")") && !text.contains("    pass"), "{text}");
    flight
        .run(&["--source", "alembic:alembic", "--dialect", "sqlite", "undo", "--write", "a1"])
        .code(2)
        .complains(&["its author wrote"]);
}

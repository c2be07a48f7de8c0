//! One plan with a step of every kind (one transaction, batches, outside a transaction, an index built beside the
//! application), and how it is told that each of its statements ran once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::flight::Flight;

/// Rows of the batched step: two batches and the rest.
const ROWS: u32 = 12_000;

/// Writes the scripts, and applies the first: a plan is batched where the table is known to be large.
pub(crate) fn prepare(flight: Flight) -> Flight {
    let (id, numbers) = match flight.dialect {
        "sqlite" => ("integer PRIMARY KEY", recursive()),
        "mariadb" => ("integer PRIMARY KEY AUTO_INCREMENT", format!("SELECT seq, 0 FROM seq_1_to_{ROWS}")),
        _ => ("serial PRIMARY KEY", recursive()),
    };
    let first = format!(
        "CREATE TABLE items (id integer PRIMARY KEY, n integer NOT NULL);\nINSERT INTO items {numbers};\n\
         CREATE TABLE notes (id {id}, note varchar(20));\nINSERT INTO notes (note) VALUES ('one');\n\
         CREATE INDEX notes_old ON notes (note);\n"
    );
    flight.write("sql/V1__tables.sql", first);
    flight.write("sql/V2__raise.sql", "UPDATE items SET n = n + 1 WHERE n >= 0;\n");
    flight.write("sql/V3__beside.sql", beside(flight.dialect));
    flight.write("sql/V3__beside.sql.conf", "executeInTransaction=false\n");
    flight.write(
        "sql/V4__whole.sql",
        "ALTER TABLE notes ADD COLUMN extra integer;\nINSERT INTO notes (note) VALUES ('four');\nCREATE TABLE kept (a integer);\n\
         INSERT INTO kept VALUES (1);\n",
    );
    flight.write("sql/V5__last.sql", "INSERT INTO notes (note) VALUES ('five');\nINSERT INTO kept VALUES (2);\n");
    flight.flyway(&["--target", "1", "migrate"]).code(0);
    // Behind it: a repeatable one runs whatever the target is.
    flight.write("sql/R__seen.sql", seen(flight.dialect));
    flight
}

fn recursive() -> String {
    format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) SELECT i, 0 FROM n")
}

fn beside(dialect: &str) -> &'static str {
    match dialect {
        "sqlite" => {
            "INSERT INTO notes (note) VALUES ('two');\nCREATE INDEX notes_new ON notes (note);\nDROP INDEX notes_old;\n\
             INSERT INTO notes (note) VALUES ('three');\n"
        }
        "mariadb" => {
            "INSERT INTO notes (note) VALUES ('two');\nALTER TABLE items ADD COLUMN extra INT DEFAULT 1, ADD COLUMN other INT, \
             ALGORITHM=COPY;\nCREATE INDEX notes_new ON notes (note);\nALTER TABLE items DROP COLUMN other;\n\
             DROP INDEX notes_old ON notes;\nINSERT INTO notes (note) VALUES ('three');\n"
        }
        _ => {
            "INSERT INTO notes (note) VALUES ('two');\nCREATE INDEX CONCURRENTLY notes_new ON notes (note);\n\
             DROP INDEX CONCURRENTLY notes_old;\nINSERT INTO notes (note) VALUES ('three');\n"
        }
    }
}

fn seen(dialect: &str) -> &'static str {
    match dialect {
        "sqlite" => "DROP VIEW IF EXISTS seen;\nCREATE VIEW seen AS SELECT note FROM notes;\n",
        _ => "CREATE OR REPLACE VIEW seen AS SELECT note FROM notes;\n",
    }
}

/// Fails the test unless every statement ran once, and the history says so.
#[track_caller]
pub(crate) fn ran_once(flight: &Flight, after: &str) {
    let notes = flight.query("SELECT note FROM notes ORDER BY id");
    assert_eq!(notes, ["one", "two", "three", "four", "five"], "{after}");
    let items = flight.value("SELECT min(n), max(n), count(*) FROM items");
    assert_eq!(items, format!("1|1|{ROWS}"), "{after}: no row twice, none left out");
    assert_eq!(flight.query("SELECT a FROM kept ORDER BY a"), ["1", "2"], "{after}");
    let history = flight
        .query("SELECT version, script, CASE WHEN success THEN 1 ELSE 0 END FROM flyway_schema_history ORDER BY installed_rank");
    let expected = [
        "1|V1__tables.sql|1",
        "2|V2__raise.sql|1",
        "3|V3__beside.sql|1",
        "4|V4__whole.sql|1",
        "5|V5__last.sql|1",
        "-|R__seen.sql|1",
    ];
    assert_eq!(history, expected, "{after}");
    assert_eq!(flight.value("SELECT count(*) FROM flightplan_journal WHERE state <> 'recorded'"), "0", "{after}");
    assert_eq!(indexes(flight), ["notes_new"], "{after}");
}

/// The indexes of `notes` beside its key; one that is not valid is none.
fn indexes(flight: &Flight) -> Vec<String> {
    flight.query(match flight.dialect {
        "sqlite" => "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'notes'",
        "mariadb" => {
            "SELECT DISTINCT index_name FROM information_schema.statistics WHERE table_schema = DATABASE() AND \
             table_name = 'notes' AND index_name <> 'PRIMARY'"
        }
        _ => {
            "SELECT c.relname || CASE WHEN i.indisvalid THEN '' ELSE ' invalid' END FROM pg_index i \
             JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = 'notes'::regclass AND NOT i.indisprimary"
        }
    })
}

/// Runs the plan to its end, out of quarantine where it is in one.
#[track_caller]
pub(crate) fn finish(flight: &Flight, after: &str) {
    let mut said = flight.flyway(&["migrate"]);
    if said.code == 6 && said.err.contains("is in quarantine") {
        release(flight, &said.err);
        said = flight.flyway(&["migrate"]);
    }
    assert_eq!(said.code, 0, "{after}: {said:?}");
}

/// Types what the refusal says.
#[track_caller]
pub(crate) fn release(flight: &Flight, refusal: &str) {
    let (_, rest) = refusal.split_once("flightplan resolve ").unwrap();
    let migration = rest.split_whitespace().next().unwrap();
    flight.flyway(&["resolve", migration, "--as", "again", "--by", "ann", "--reason", "it was killed on purpose"]).code(0);
}

//! A real SIGKILL at every point between journal and statement; the next run brings the same end, each statement once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::flight::Flight;

/// Every failpoint of `server/src/run` and `server/src/batch`.
const POINTS: &[&str] = &[
    "open.before",
    "open.after",
    "statement.before",
    "statement.after",
    "intent.before",
    "outcome.before",
    "outcome.after",
    "finish.before",
    "journal.before",
    "journal.after",
    "history.after",
    "ours.after",
    "commit.before",
    "commit.after",
    "callback.before",
    "callback.after",
    "batch.before",
    "batch.after",
    "batch.commit.before",
    "batch.commit.after",
];

/// Kills `migrate` at the first, second … time of each point until the point is not reached any more; after each kill
/// the next run has to bring the expected end.
fn kill_everywhere(make: impl Fn() -> Flight, check: impl Fn(&Flight), expected: &[&str]) {
    kill_command(&["migrate"], make, check, expected);
}

/// As [`kill_everywhere`], with a command of one's own.
fn kill_command(command: &[&str], make: impl Fn() -> Flight, check: impl Fn(&Flight), expected: &[&str]) {
    let mut reached = Vec::new();
    for point in POINTS {
        for nth in 1.. {
            let flight = make();
            if !flight.killed_at(&format!("{point}:{nth}"), command) {
                break;
            }
            reached.push(*point);
            let said = flight.flyway(command);
            assert_eq!(said.code, 0, "after a kill at {point}:{nth}: {said:?}");
            check(&flight);
            assert!(nth < 40, "{point} is reached without end");
        }
    }
    for point in expected {
        assert!(reached.contains(point), "{point} was never reached, so nothing was tested there");
    }
}

fn once_each(flight: &Flight) {
    assert_eq!(flight.query("SELECT note FROM notes ORDER BY id"), ["one", "two", "three"]);
    let history =
        flight.query("SELECT version, CASE WHEN success THEN 1 ELSE 0 END FROM flyway_schema_history ORDER BY installed_rank");
    assert_eq!(history, ["1|1", "2|1"]);
    assert_eq!(flight.value("SELECT count(*) FROM flightplan_journal WHERE state <> 'recorded'"), "0");
}

/// PostgreSQL gets journal, history and COMMIT in one message, so there is nothing between them to die at.
const EVERY_STEP: [&str; 6] =
    ["open.before", "open.after", "statement.before", "statement.after", "journal.before", "commit.after"];

/// Every statement of ours is a message of its own.
const EVERY_MESSAGE: [&str; 8] = [
    "open.before",
    "open.after",
    "statement.before",
    "statement.after",
    "journal.before",
    "ours.after",
    "commit.before",
    "commit.after",
];

fn transactional(flight: Flight) -> Flight {
    let id = match flight.dialect {
        "sqlite" => "integer PRIMARY KEY",
        "mariadb" => "integer PRIMARY KEY AUTO_INCREMENT",
        _ => "serial PRIMARY KEY",
    };
    flight.write(
        "sql/V1__notes.sql",
        format!("CREATE TABLE notes (id {id}, note text);\nINSERT INTO notes (note) VALUES ('one');\n"),
    );
    flight.write("sql/V2__more.sql", "INSERT INTO notes (note) VALUES ('two');\nINSERT INTO notes (note) VALUES ('three');\n");
    flight
}

#[test]
fn a_transactional_step_on_sqlite() {
    kill_everywhere(|| transactional(Flight::sqlite()), once_each, &EVERY_MESSAGE);
}

#[test]
fn a_transactional_step_on_postgres() {
    kill_everywhere(|| transactional(Flight::postgres()), once_each, &EVERY_STEP);
}

#[test]
fn statements_outside_a_transaction_on_sqlite() {
    let make = || {
        let flight = transactional(Flight::sqlite());
        flight.write("sql/V2__more.sql.conf", "executeInTransaction=false\n");
        flight
    };
    kill_everywhere(make, once_each, &["statement.before", "outcome.before", "outcome.after", "finish.before"]);
}

/// Schema changes of every kind between rows, and a variable that has to outlive the kill.
#[test]
fn schema_changes_between_rows_on_mariadb() {
    let make = || {
        let flight = transactional(Flight::mariadb());
        let text = "INSERT INTO notes (note) VALUES ('two');\nSET @three = 'three';\n\
             ALTER TABLE notes ADD COLUMN extra INT DEFAULT 1, ADD COLUMN other INT;\nCREATE INDEX notes_note ON notes (note);\n\
             ALTER TABLE notes DROP COLUMN other;\nCREATE VIEW seen AS SELECT note FROM notes;\n\
             CREATE TABLE passing (a INT);\nRENAME TABLE passing TO kept;\n\
             CREATE PROCEDURE p() SELECT 1;\nCREATE TRIGGER t BEFORE INSERT ON kept FOR EACH ROW SET NEW.a = NEW.a + 1;\n\
             INSERT INTO kept VALUES (1);\nINSERT INTO notes (note) VALUES (@three);\nDROP TRIGGER t;\n";
        flight.write("sql/V2__more.sql", text);
        flight
    };
    let check = |flight: &Flight| {
        once_each(flight);
        let columns = "SELECT GROUP_CONCAT(column_name ORDER BY ordinal_position) FROM information_schema.columns \
                       WHERE table_schema = DATABASE() AND table_name = 'notes'";
        assert_eq!(flight.value(columns), "id,note,extra");
        assert_eq!(flight.query("SELECT a FROM kept"), ["2"]);
        assert_eq!(flight.value("SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = DATABASE()"), "0");
    };
    kill_everywhere(make, check, &["intent.before", "statement.before", "statement.after", "outcome.before", "finish.before"]);
}

#[test]
fn a_transactional_step_on_mariadb() {
    kill_everywhere(|| transactional(Flight::mariadb()), once_each, &EVERY_STEP);
}

#[test]
fn a_backfill_on_mariadb() {
    kill_everywhere(|| backfill(Flight::mariadb()), raised_once, &BATCH_POINTS);
}

#[test]
fn a_concurrent_index_between_other_statements_on_postgres() {
    let make = || {
        let flight = transactional(Flight::postgres());
        let text = "INSERT INTO notes (note) VALUES ('two');\nCREATE INDEX CONCURRENTLY notes_note ON notes (note);\n\
                    DROP INDEX CONCURRENTLY notes_old;\nINSERT INTO notes (note) VALUES ('three');\n";
        flight.write("sql/V2__more.sql", text);
        flight.write("sql/V2__more.sql.conf", "executeInTransaction=false\n");
        let first = std::fs::read_to_string(flight.path().join("sql/V1__notes.sql")).unwrap();
        flight.write("sql/V1__notes.sql", first + "CREATE INDEX notes_old ON notes (note);\n");
        flight
    };
    let check = |flight: &Flight| {
        once_each(flight);
        let indexes = "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
                       WHERE i.indrelid = 'notes'::regclass AND NOT i.indisprimary";
        assert_eq!(flight.query(indexes), ["notes_note|t"]);
    };
    kill_everywhere(make, check, &["intent.before", "statement.before", "statement.after", "outcome.after", "finish.before"]);
}

/// 12,000 rows: two batches of 5,000 and the rest.
fn backfill(flight: Flight) -> Flight {
    let numbers = match flight.dialect {
        "mariadb" => "SELECT seq, 0 FROM seq_1_to_12000",
        _ => "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000) SELECT i, 0 FROM n",
    };
    flight.write(
        "sql/V1__rows.sql",
        format!("CREATE TABLE items (id integer PRIMARY KEY, n integer NOT NULL);\nINSERT INTO items {numbers};\n"),
    );
    flight.write("sql/V2__raise.sql", "UPDATE items SET n = n + 1 WHERE n >= 0;\n");
    flight.flyway(&["--target", "1", "migrate"]).code(0);
    flight
}

fn raised_once(flight: &Flight) {
    assert_eq!(flight.value("SELECT min(n), max(n), count(*) FROM items"), "1|1|12000", "no row twice, none left out");
    assert_eq!(flight.history().len(), 2);
}

const BATCH_POINTS: [&str; 5] = ["batch.before", "batch.after", "batch.commit.before", "batch.commit.after", "commit.before"];

#[test]
fn a_backfill_on_sqlite() {
    kill_everywhere(|| backfill(Flight::sqlite()), raised_once, &BATCH_POINTS);
}

#[test]
fn a_backfill_on_postgres() {
    kill_everywhere(|| backfill(Flight::postgres()), raised_once, &BATCH_POINTS);
}

#[test]
fn an_outcome_nobody_can_know_stops_and_says_what_to_check() {
    let flight = Flight::postgres();
    flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
    flight.write("sql/V2__vacuum.sql", "VACUUM a;\n");
    assert!(flight.killed_at("statement.after:2", &["migrate"]), "VACUUM runs between intent and outcome");
    flight.flyway(&["migrate"]).code(6).complains(&["V2__vacuum.sql:1", "VACUUM a", "flightplan resolve"]);
    flight.query("UPDATE flightplan_journal SET state = 'done' WHERE state = 'intent'");
    flight.flyway(&["migrate"]).code(0);
}

#[test]
fn a_group_with_callbacks_inside_and_around_it() {
    for make in [Flight::sqlite, Flight::postgres] {
        let make = || {
            let flight = transactional(make());
            flight.write(
                "sql/beforeMigrate.sql",
                "CREATE TABLE IF NOT EXISTS told (what text);\nDELETE FROM told WHERE what = 'around';\n",
            );
            flight.write("sql/afterEachMigrate.sql", "INSERT INTO told VALUES ('inside');\n");
            flight.write("sql/afterMigrateApplied.sql", "INSERT INTO told VALUES ('around');\n");
            flight
        };
        let check = |flight: &Flight| {
            once_each(flight);
            assert_eq!(
                flight.value("SELECT count(*) FROM told WHERE what = 'inside'"),
                "2",
                "as often as migrations are recorded"
            );
        };
        kill_command(
            &["-group=true", "migrate"],
            make,
            check,
            &["callback.before", "callback.after", "statement.after", "commit.before"],
        );
    }
}

/// A concurrent index between two other statements, outside a transaction.
fn in_three_parts() -> Flight {
    let flight = Flight::postgres();
    flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
    let text =
        "ALTER TABLE a ADD COLUMN y integer;\nCREATE INDEX CONCURRENTLY a_y ON a (y);\nALTER TABLE a ADD COLUMN z integer;\n";
    flight.write("sql/V2__parts.sql", text);
    flight.write("sql/V2__parts.sql.conf", "executeInTransaction=false\n");
    flight
}

#[test]
fn a_run_does_not_go_on_where_somebody_else_changed_the_schema() {
    // Behind the first statement of V2, under way in its second, and behind that.
    for point in ["outcome.after:1", "statement.after:3", "outcome.after:2"] {
        let flight = in_three_parts();
        assert!(flight.killed_at(point, &["migrate"]), "{point}");
        flight.query("CREATE TABLE intruder (x integer)");
        flight.flyway(&["migrate"]).code(5).complains(&["Somebody changed the schema", "table public.intruder was added"]);
        flight.query("DROP TABLE intruder");
        flight.flyway(&["migrate"]).code(0);
        assert_eq!(flight.history().len(), 2);
        flight.query("CREATE TABLE intruder (x integer)");
        flight.flyway(&["migrate"]).code(0);
    }
}

#[test]
fn an_approved_plan_does_not_go_on_where_somebody_else_changed_the_schema() {
    let flight = transactional(Flight::postgres());
    flight.configure("flyway", 1);
    flight.run(&["plan", "--output", "plan.json"]).code(0);
    flight.run(&["approve", "plan.json", "--by", "ann"]).code(0);
    let mut apply = flight.command(&["apply", "plan.json"]);
    let killed = apply.env("FLIGHTPLAN_FAILPOINT", "commit.after:1").output().unwrap();
    assert!(!killed.status.success());
    assert_eq!(flight.history().len(), 1);
    flight.query("ALTER TABLE notes ADD COLUMN foreign_one integer");
    flight.run(&["apply", "plan.json"]).code(5).complains(&["column public.notes.foreign_one was added"]);
    flight.query("ALTER TABLE notes DROP COLUMN foreign_one");
    flight.run(&["apply", "plan.json"]).code(0);
    once_each(&flight);
}

//! What can be cut into batches beside the plain UPDATE over a primary key, and what happens around the batches.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::flight::{Flight, Said};

/// A table `items` of 20,000 rows, every second one pending, made by the first migration.
fn items(flight: &Flight, key: &str) {
    flight.configure("flyway", 0);
    let series = match flight.dialect {
        "mariadb" => "SELECT seq AS i FROM seq_1_to_20000".to_owned(),
        "postgres" => "SELECT i FROM generate_series(1, 20000) AS g(i)".to_owned(),
        _ => "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i FROM n".to_owned(),
    };
    flight.write(
        "sql/V1__items.sql",
        format!(
            "CREATE TABLE items (id integer {key}, status varchar(20) NOT NULL, note varchar(40));\n\
             INSERT INTO items (id, status) SELECT i, CASE WHEN i % 2 = 0 THEN 'pending' ELSE 'active' END FROM ({series}) AS s;\n\
             CREATE TABLE log (item integer NOT NULL, note varchar(40));\n"
        ),
    );
}

/// Applies everything up to version 1, then adds the second migration.
fn second(flight: &Flight, sql: &str) {
    flight.run(&["--target", "1", "migrate"]).code(0);
    flight.write("sql/V2__change.sql", sql);
}

/// The same change as one statement in a copy of the table leaves the same rows.
fn same_rows(flight: &Flight, copy: &str) {
    let differing = format!(
        "SELECT count(*) FROM items i JOIN {copy} c ON c.id = i.id WHERE c.status <> i.status OR coalesce(c.note, '') <> coalesce(i.note, '')"
    );
    assert_eq!(flight.value(&differing), "0");
    assert_eq!(flight.value("SELECT count(*) FROM items"), flight.value(&format!("SELECT count(*) FROM {copy}")));
}

#[test]
fn an_insert_from_a_table_is_batched_by_the_key_of_that_table() {
    for flight in Flight::all() {
        items(&flight, "PRIMARY KEY");
        second(
            &flight,
            "INSERT INTO log (item, note)\nSELECT i.id, upper(i.status) FROM items AS i WHERE i.status = 'pending';\n",
        );
        let plan = flight.run(&["--format", "json", "plan"]).code(0).json();
        let batch = &plan["steps"][0]["statements"][0]["batch"];
        assert_eq!(plan["steps"][0]["transaction"], "batched", "{plan}");
        assert!(batch["batch_sql"].as_str().unwrap().contains("i.status = 'pending'"), "{batch}");
        let said = flight.run(&["migrate"]).code(0);
        assert!(said.err.contains("10000 rows to change at the beginning, 10000 changed"), "{}", said.err);
        assert_eq!(flight.value("SELECT count(*) FROM log"), "10000");
        assert_eq!(flight.value("SELECT count(DISTINCT item) FROM log WHERE note = 'PENDING'"), "10000");
    }
}

#[test]
fn a_helper_index_spares_the_rows_that_do_not_change() {
    for flight in [Flight::postgres(), Flight::sqlite()] {
        items(&flight, "PRIMARY KEY");
        flight.run(&["--target", "1", "migrate"]).code(0);
        flight.query("UPDATE items SET status = 'rare' WHERE id % 200 = 0");
        let concurrently = if flight.dialect == "postgres" { "CONCURRENTLY " } else { "" };
        flight.write(
            "sql/V2__helper.sql",
            format!("CREATE INDEX {concurrently}tmp_items_backfill ON items (id) WHERE status = 'rare';\n"),
        );
        flight.write("sql/V3__change.sql", "UPDATE items SET status = 'active' WHERE (status = 'rare');\n");
        flight.write("sql/V4__helper.sql", format!("DROP INDEX {concurrently}tmp_items_backfill;\n"));
        flight.run(&["--target", "2", "migrate"]).code(0);
        let plan =
            flight.run(&["--format", "json", "plan", "--batch", "V3:1=30,pause=0", "--output", "plan.json"]).code(0).json();
        let batch = &plan["steps"][0]["statements"][0]["batch"];
        let bound = batch["bound_sql"].as_str().unwrap();
        if flight.dialect == "postgres" {
            flight.query("ANALYZE items");
            let asked = bound.replace("$1::text", "'400'").replace("$2::bigint", "30");
            assert!(flight.value(&format!("EXPLAIN (FORMAT JSON) {asked}")).contains("tmp_items_backfill"), "{asked}");
        }
        flight.run(&["apply", "plan.json"]).code(0);
        let told = flight.value("SELECT batches || ' ' || rows_changed FROM flightplan_journal WHERE batches > 0");
        assert!(told == "4 100" || told == "5 100", "{}: {told} instead of one for 30 of 20,000 rows", flight.dialect);
        assert_eq!(flight.value("SELECT count(*) FROM items WHERE status = 'rare'"), "0");
    }
}

#[test]
fn a_table_without_a_key_is_walked_page_by_page_and_gone_over_again() {
    let flight = Flight::postgres();
    items(&flight, "NOT NULL");
    second(&flight, "UPDATE items SET status = 'active', note = 'by batch' WHERE status = 'pending';\n");
    let plan = flight.run(&["--format", "json", "plan", "--batch", "V2:1=900,pause=0", "--output", "plan.json"]).code(0).json();
    assert_eq!(plan["steps"][0]["statements"][0]["batch"]["key"][0], "ctid", "{plan}");
    flight.query("CREATE TABLE copy AS SELECT id, 'active'::varchar AS status, CASE WHEN status = 'pending' THEN 'by batch' END AS note FROM items");
    flight.query("ALTER TABLE copy RENAME TO zcopy");
    flight.query("ANALYZE items");
    flight.run(&["plan", "--batch", "V2:1=900,pause=0", "--output", "plan.json"]).code(0);
    flight.run(&["apply", "plan.json"]).code(0);
    same_rows(&flight, "zcopy");
    let batches: u32 = flight.value("SELECT batches FROM flightplan_journal WHERE batches > 0").parse().unwrap();
    assert!(batches > 10, "{batches} batches");
    assert_eq!(flight.value("SELECT rows_changed FROM flightplan_journal WHERE batches > 0"), "10000", "each row once");
}

#[test]
fn what_cannot_be_proved_stays_whole_and_says_why() {
    let flight = Flight::postgres();
    items(&flight, "NOT NULL");
    for (sql, why) in [
        ("UPDATE items SET note = 'x';", "neither a primary key nor a unique key"),
        ("INSERT INTO items SELECT id, status, note FROM items;", ""),
    ] {
        flight.run(&["--target", "1", "migrate"]).code(0);
        flight.write("sql/V2__change.sql", sql);
        let plan = flight.run(&["--format", "json", "plan"]).code(0).json();
        assert_eq!(plan["steps"][0]["transaction"], "transactional", "{sql}");
        assert!(plan.to_string().contains(why), "{sql}: {plan}");
    }
}

#[test]
fn the_body_of_a_loop_becomes_batches_where_its_author_asks() {
    let flight = Flight::postgres();
    items(&flight, "PRIMARY KEY");
    let body = "UPDATE items SET status = 'active' WHERE id IN (SELECT id FROM items WHERE status = 'pending' LIMIT 1000);\n";
    second(&flight, body);
    let plan = flight.run(&["--format", "json", "plan"]).code(0).json();
    assert_eq!(plan["steps"][0]["transaction"], "transactional", "it changes a thousand rows, as it says");
    flight.write("sql/V2__change.sql", format!("-- flightplan:batch size=700 pause=0\n{body}"));
    flight.run(&["migrate"]).code(0);
    assert_eq!(flight.value("SELECT count(*) FROM items WHERE status = 'pending'"), "0");
    // A table smaller than a batch is changed whole too, whatever the limit says.
    let small = "UPDATE items SET note = 'x' WHERE id IN (SELECT id FROM items WHERE status = 'active' LIMIT 7);\n";
    flight.write("sql/V3__small.sql", format!("-- flightplan:batch size=30000 pause=0\n{small}"));
    flight.run(&["migrate"]).code(0);
    assert_eq!(flight.value("SELECT count(*) FROM items WHERE note = 'x'"), "20000");
}

#[test]
fn a_check_of_the_author_stops_the_step_until_it_holds() {
    for flight in Flight::all() {
        items(&flight, "PRIMARY KEY");
        second(
            &flight,
            "-- flightplan:check SELECT count(*) FROM items WHERE note = 'bad'\nUPDATE items SET status = 'active' WHERE status = 'pending';\n",
        );
        flight.query("UPDATE items SET note = 'bad' WHERE id = 7");
        flight.run(&["migrate"]).code(1).complains(&["its check found 1 wrong", "V2__change.sql:2"]);
        assert_eq!(flight.value("SELECT count(*) FROM items WHERE status = 'pending'"), "0", "the batches are committed");
        flight.query("UPDATE items SET note = NULL WHERE id = 7");
        flight.run(&["migrate"]).code(0);
        assert_eq!(flight.history().len(), 2);
    }
}

/// Rows that appear behind the cursor are found by another walk: the run is paused in the middle, they are put there, and
/// it goes on.
#[test]
fn rows_behind_the_cursor_are_changed_too_and_a_pause_holds() {
    for flight in Flight::all() {
        items(&flight, "PRIMARY KEY");
        second(&flight, "-- flightplan:batch size=200 pause=20\nUPDATE items SET status = 'active' WHERE status = 'pending';\n");
        let mut run =
            Running(Some(flight.command(&["migrate"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")));
        until(|| done(&flight) > 0);
        flight.run(&["runs", "pause"]).code(0);
        let mut before = done(&flight);
        until(|| {
            std::thread::sleep(Duration::from_millis(700));
            std::mem::replace(&mut before, done(&flight)) == before
        });
        assert!(before < 10_000, "{}: it was paused too late to see anything", flight.dialect);
        flight.query("UPDATE items SET status = 'pending' WHERE id <= 5");
        flight.run(&["runs", "resume"]).code(0);
        run.end().code(0);
        assert_eq!(flight.value("SELECT count(*) FROM items WHERE status = 'pending'"), "0", "{}", flight.dialect);
    }
}

/// The lost update of the common form: a row that another transaction takes out of the condition while a batch waits for
/// it keeps what that transaction wrote.
#[test]
fn a_row_that_somebody_else_changes_meanwhile_is_left_alone() {
    for flight in [Flight::postgres(), Flight::mariadb()] {
        items(&flight, "PRIMARY KEY");
        second(&flight, "UPDATE items SET status = 'active' WHERE status = 'pending';\n");
        let other = flight.hold("UPDATE items SET status = 'cancelled' WHERE id = 4242");
        let mut run =
            Running(Some(flight.command(&["migrate"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")));
        std::thread::sleep(Duration::from_secs(2));
        other.commit();
        run.end().code(0);
        assert_eq!(flight.value("SELECT status FROM items WHERE id = 4242"), "cancelled", "{}", flight.dialect);
        assert_eq!(flight.value("SELECT count(*) FROM items WHERE status = 'pending'"), "0");
    }
}

fn done(flight: &Flight) -> u64 {
    10_000 - flight.value("SELECT count(*) FROM items WHERE status = 'pending'").parse::<u64>().unwrap()
}

/// Waits for something that takes a moment.
fn until(mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(120), "it does not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A run that is ended with the test.
struct Running(Option<Child>);

impl Running {
    fn end(&mut self) -> Said {
        self.0.take().expect("it runs").wait_with_output().expect("it ends").into()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

#[test]
fn a_loop_that_people_write_runs_as_batches() {
    let flight = Flight::postgres();
    flight.configure("flyway", 0);
    flight.write("sql/V1__users.sql", "CREATE TABLE users (id bigint PRIMARY KEY, status text);\n");
    flight.run(&["migrate"]).code(0);
    flight.query(
        "INSERT INTO users SELECT i, CASE WHEN i % 3 = 0 THEN 'done' ELSE 'pending' END FROM generate_series(1, 12000) AS i",
    );
    flight.write(
        "sql/V2__activate.sql",
        "-- The guide's own form, in a loop that commits.\nDO $$\nDECLARE n integer;\nBEGIN\n  LOOP\n    UPDATE users SET status = 'active' WHERE id \
         IN (SELECT id FROM users WHERE status = 'pending' ORDER BY id LIMIT 1000);\n    GET DIAGNOSTICS n = ROW_COUNT;\n    EXIT WHEN n = \
         0;\n    COMMIT;\n    PERFORM pg_sleep(0.1);\n  END LOOP;\nEND $$;\n",
    );
    let plan = flight.run(&["--format", "json", "plan"]).code(0).json();
    let step = &plan["steps"][0];
    assert_eq!(step["transaction"], "batched", "{plan}");
    assert_eq!(step["statements"][0]["batch"]["table"], "users", "{plan}");
    assert!(step["statements"][0]["batch"]["batch_sql"].as_str().unwrap().contains("status = 'pending'"), "{plan}");
    flight.run(&["migrate"]).code(0);
    assert_eq!(flight.query("SELECT status, count(*) FROM users GROUP BY status ORDER BY 1"), ["active|8000", "done|4000"]);
    let batches: u32 = flight.value("SELECT max(batches) FROM flightplan_journal WHERE migration = 'V2'").parse().unwrap();
    assert!(batches > 1, "{batches}");
}

#[test]
fn a_loop_that_is_one_transaction_with_others_stays_whole() {
    let flight = Flight::postgres();
    flight.configure("flyway", 0);
    flight.write("sql/V1__users.sql", "CREATE TABLE users (id bigint PRIMARY KEY, status text);\nCREATE TABLE log (at text);\n");
    flight.run(&["migrate"]).code(0);
    flight.query("INSERT INTO users SELECT i, 'pending' FROM generate_series(1, 30000) AS i");
    let turns = "DO $$ BEGIN LOOP UPDATE users SET status = 'active' WHERE id IN (SELECT id FROM users WHERE status = 'pending' LIMIT 1000); \
                 EXIT WHEN NOT FOUND; END LOOP; END $$;\n";
    let mode = || {
        let plan = flight.run(&["--format", "json", "plan"]).code(0).json();
        plan["steps"][0]["transaction"].as_str().unwrap().to_owned()
    };
    flight.write("sql/V2__activate.sql", format!("{turns}INSERT INTO log VALUES ('done');\n"));
    assert_eq!(mode(), "transactional");
    flight.write("sql/V2__activate.sql", turns);
    assert_eq!(mode(), "batched", "alone, nothing else waits for it");
    flight.run(&["migrate"]).code(0);
    assert_eq!(flight.value("SELECT count(*) FROM users WHERE status = 'active'"), "30000");
}

//! A backfill in batches changes what the single statement would have changed, and can be stopped and gone on with.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use crate::flight::Flight;

const ROWS: u32 = 20_000;

/// Key, number and NULL of [`ROWS`] rows.
fn numbers(flight: &Flight) -> String {
    if flight.dialect == "mariadb" {
        // A recursive query stops at 1,000 rounds there, without a word.
        return format!("SELECT seq * 7, seq % 5, NULL FROM seq_1_to_{ROWS}");
    }
    format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) SELECT i * 7, i % 5, NULL FROM n")
}

fn project(flight: &Flight) {
    flight.configure("flyway", 0);
    let numbers = numbers(flight);
    flight.write(
        "sql/V1__items.sql",
        format!(
            "CREATE TABLE items (id integer PRIMARY KEY, n integer, done varchar(10));\n\
             INSERT INTO items {numbers};\n"
        ),
    );
    flight.write("sql/V2__backfill.sql", "UPDATE items SET done = 'yes', n = n + 10 WHERE n <> 3;\n");
    flight.run(&["--target", "1", "migrate"]).code(0);
}

#[test]
fn the_result_is_that_of_the_single_statement() {
    for flight in Flight::each().into_iter().chain([Flight::mariadb()]) {
        project(&flight);
        let plan = flight.run(&["--format", "json", "plan"]).code(0).json();
        assert_eq!(plan["steps"][0]["transaction"], "batched", "{plan}");
        flight.query_or_create("CREATE TABLE expected AS SELECT * FROM items");
        flight.query("UPDATE expected SET done = 'yes', n = n + 10 WHERE n <> 3");
        let plan = flight.run(&["plan", "--batch", "V2:1=777,pause=0", "--output", "plan.json"]).code(0);
        assert!(plan.out.contains("777"), "{}", plan.out);
        flight.query("ALTER TABLE expected RENAME TO expected_rows");
        flight.run(&["plan", "--batch", "V2:1=777,pause=0", "--output", "plan.json"]).code(0);
        flight.run(&["apply", "plan.json"]).code(0);
        let differing = "SELECT count(*) FROM items i JOIN expected_rows e ON e.id = i.id \
                         WHERE i.n <> e.n OR COALESCE(i.done, '') <> COALESCE(e.done, '')";
        assert_eq!(flight.value(differing), "0");
        assert_eq!(flight.value("SELECT rows_changed FROM flightplan_journal WHERE batches > 0"), (ROWS / 5 * 4).to_string());
        let batches = flight.value("SELECT batches FROM flightplan_journal WHERE batches > 0").parse::<u32>().unwrap();
        assert_eq!(batches, ROWS / 777 + 1);
    }
}

#[test]
fn a_stop_between_batches_is_kept_and_the_next_run_goes_on() {
    for flight in Flight::each().into_iter().chain([Flight::mariadb()]) {
        project(&flight);
        flight.run(&["plan", "--batch", "V2:1=500,pause=100", "--output", "plan.json"]).code(0);
        let child = flight.command(&["apply", "plan.json"]).stderr(std::process::Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(1500));
        std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(6), "{}", String::from_utf8_lossy(&output.stderr));
        let done: u32 = flight.value("SELECT count(*) FROM items WHERE done = 'yes'").parse().unwrap();
        assert!(done > 0 && done < ROWS / 5 * 4, "{done} rows were done at the stop");
        flight.run(&["apply", "plan.json"]).code(0);
        assert_eq!(flight.value("SELECT count(*) FROM items WHERE done = 'yes'"), (ROWS / 5 * 4).to_string());
        assert_eq!(flight.value("SELECT max(n) FROM items"), "14", "no row was raised twice");
    }
}

/// Ends of batches found by distance: from below nothing on, over a gap, up to the last row.
#[test]
fn keys_that_lie_close_together_are_cut_by_distance() {
    for flight in Flight::all() {
        flight.configure("flyway", 0);
        let numbers = numbers(&flight)
            .replace("i * 7", "CASE WHEN i < 9000 THEN i - 50 ELSE i + 3000 END")
            .replace("seq * 7", "CASE WHEN seq < 9000 THEN CAST(seq AS SIGNED) - 50 ELSE seq + 3000 END");
        flight.write(
            "sql/V1__items.sql",
            format!("CREATE TABLE items (id bigint PRIMARY KEY, n integer, done varchar(10));\nINSERT INTO items {numbers};\n"),
        );
        flight.write("sql/V2__backfill.sql", "UPDATE items SET done = 'yes', n = n + 10 WHERE n <> 3;\n");
        flight.run(&["--target", "1", "migrate"]).code(0);
        flight.query(if flight.dialect == "mariadb" { "ANALYZE TABLE items" } else { "ANALYZE items" });
        let plan = flight.run(&["--format", "json", "plan", "--batch", "V2:1=777,pause=0", "--output", "plan.json"]).code(0);
        let batch = &plan.json()["steps"][0]["statements"][0]["batch"];
        assert!(batch["range_sql"].is_string(), "{}", plan.out);
        flight.run(&["apply", "plan.json"]).code(0);
        assert_eq!(flight.value("SELECT count(*) FROM items WHERE done = 'yes' AND n >= 10"), (ROWS / 5 * 4).to_string());
        assert_eq!(flight.value("SELECT max(n) FROM items"), "14", "no row was raised twice");
        let batches = flight.value("SELECT batches FROM flightplan_journal WHERE batches > 0").parse::<u32>().unwrap();
        // One more for the gap, and the empty one behind the last key.
        assert!((2..=4).contains(&(batches - ROWS / 777)), "{}: {batches} batches", flight.dialect);
    }
}

/// The journal's file stays between the batches alone, and only where SQLite's own way is used.
#[test]
fn the_journal_of_sqlite_is_as_it_was() {
    for mode in ["delete", "wal"] {
        let flight = Flight::sqlite();
        project(&flight);
        assert_eq!(flight.value(&format!("PRAGMA journal_mode = {mode}")), mode);
        flight.run(&["plan", "--batch", "V2:1=777,pause=0", "--output", "plan.json"]).code(0);
        flight.run(&["apply", "plan.json"]).code(0);
        assert_eq!(flight.value("SELECT count(*) FROM items WHERE done = 'yes'"), (ROWS / 5 * 4).to_string());
        assert_eq!(flight.value("PRAGMA journal_mode"), mode);
        let left = std::fs::read_dir(flight.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        assert_eq!(left.filter(|name| name.ends_with("-journal")).count(), 0);
    }
}

#[test]
fn whole_is_one_transaction() {
    let flight = Flight::sqlite();
    project(&flight);
    let plan = flight.run(&["--format", "json", "plan", "--batch", "V2:1=whole", "--output", "plan.json"]).code(0).json();
    assert_eq!(plan["steps"][0]["transaction"], "transactional");
    flight.run(&["apply", "plan.json"]).code(0);
    assert_eq!(flight.value("SELECT count(*) FROM items WHERE done = 'yes'"), (ROWS / 5 * 4).to_string());
}

/// Composite keys with text in them, deletes, and a server whose tables have another collation than the session.
#[test]
fn keys_of_several_columns_on_mariadb() {
    let flight = Flight::mariadb();
    flight.configure("flyway", 0);
    flight.write(
        "sql/V1__items.sql",
        "CREATE TABLE items (a INT NOT NULL, b VARCHAR(40) COLLATE utf8mb4_unicode_ci NOT NULL, c BIGINT UNSIGNED NOT NULL, \
         n INT, PRIMARY KEY (a, b, c));\nINSERT INTO items SELECT seq DIV 100, CONCAT('k', seq DIV 10), seq, seq % 3 FROM seq_1_to_9000;\n\
         CREATE TABLE names (name VARCHAR(40) CHARACTER SET latin1 PRIMARY KEY, n INT);\n\
         INSERT INTO names SELECT CONCAT('n', seq), seq % 2 FROM seq_1_to_3000;\n",
    );
    flight.write("sql/V2__raise.sql", "UPDATE items SET n = n + 10 WHERE n < 2;\n");
    flight.write("sql/V3__delete.sql", "DELETE FROM items WHERE n = 2;\n");
    flight.write("sql/V4__names.sql", "UPDATE names SET n = 7 WHERE n = 1;\n");
    flight.run(&["--target", "1", "migrate"]).code(0);
    let sizes = ["--batch", "V2:1=500,pause=0", "--batch", "V3:1=333,pause=0", "--batch", "V4:1=250,pause=0"];
    let plan = flight.run(&[&["plan", "--output", "plan.json"], sizes.as_slice()].concat()).code(0);
    assert_eq!(plan.out.matches("in batches").count(), 3, "{}", plan.out);
    let explained = "EXPLAIN UPDATE items SET n = n + 10 WHERE n < 2 AND (items.a > 10 OR (items.a = 10 AND items.b > 'k105') OR \
                     (items.a = 10 AND items.b = 'k105' AND items.c > 1050)) AND (items.a < 12)";
    assert!(flight.value(explained).contains("|range|PRIMARY|"), "{}", flight.value(explained));
    flight.run(&["apply", "plan.json"]).code(0);
    assert_eq!(flight.query("SELECT n, COUNT(*) FROM items GROUP BY n ORDER BY n"), ["10|3000", "11|3000"]);
    assert_eq!(flight.query("SELECT n, COUNT(*) FROM names GROUP BY n ORDER BY n"), ["0|1500", "7|1500"]);
    let batches = flight.query("SELECT statement, batches FROM flightplan_journal WHERE batches > 0 ORDER BY statement");
    assert_eq!(batches, ["V2:1|19", "V3:1|28", "V4:1|13"]);
}

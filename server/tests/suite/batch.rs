//! A backfill in batches changes what the single statement would have changed, and can be stopped and gone on with.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use crate::flight::Flight;

const ROWS: u32 = 20_000;

fn project(flight: &Flight) {
    flight.configure("flyway", 0);
    let numbers = format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})");
    flight.write(
        "sql/V1__items.sql",
        format!(
            "CREATE TABLE items (id integer PRIMARY KEY, n integer, done text);\n\
             INSERT INTO items {numbers} SELECT i * 7, i % 5, NULL FROM n;\n"
        ),
    );
    flight.write("sql/V2__backfill.sql", "UPDATE items SET done = 'yes', n = n + 10 WHERE n <> 3;\n");
    flight.run(&["--target", "1", "migrate"]).code(0);
}

#[test]
fn the_result_is_that_of_the_single_statement() {
    for flight in Flight::each() {
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
    for flight in Flight::each() {
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

#[test]
fn whole_is_one_transaction() {
    let flight = Flight::sqlite();
    project(&flight);
    let plan = flight.run(&["--format", "json", "plan", "--batch", "V2:1=whole", "--output", "plan.json"]).code(0).json();
    assert_eq!(plan["steps"][0]["transaction"], "transactional");
    flight.run(&["apply", "plan.json"]).code(0);
    assert_eq!(flight.value("SELECT count(*) FROM items WHERE done = 'yes'"), (ROWS / 5 * 4).to_string());
}

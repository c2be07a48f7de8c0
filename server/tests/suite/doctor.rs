//! `doctor`: what is wrong is found, named, and the command it gives mends it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::flight::{Flight, Said};
use crate::json_schema::keeps;

fn examine(flight: &Flight) -> (i32, Vec<serde_json::Value>) {
    let said = flight.flyway(&["--format", "json", "doctor"]);
    let json = keeps("doctor", &said);
    assert_eq!(json["not_asked"].as_array().unwrap().len(), 0, "{json}");
    (said.code, json["complaints"].as_array().unwrap().clone())
}

#[track_caller]
fn find<'c>(complaints: &'c [serde_json::Value], about: &str, parts: &[&str]) -> &'c serde_json::Value {
    let found = complaints.iter().find(|complaint| {
        let text = complaint.to_string();
        complaint["about"] == about && parts.iter().all(|part| text.contains(part))
    });
    found.unwrap_or_else(|| panic!("{about} {parts:?} is not among {complaints:#?}"))
}

fn healthy(make: fn() -> Flight) -> Flight {
    let flight = make();
    flight.write("sql/V1__a.sql", "CREATE TABLE a (id integer PRIMARY KEY, n integer);\n");
    flight.flyway(&["migrate"]).code(0);
    flight
}

#[test]
fn a_database_in_order_has_no_errors() {
    for make in [Flight::sqlite, Flight::postgres, Flight::mariadb] {
        let flight = healthy(make);
        let (code, complaints) = examine(&flight);
        let errors: Vec<_> = complaints.iter().filter(|complaint| complaint["severity"] == "error").collect();
        assert_eq!((code, errors.len()), (0, 0), "{complaints:#?}");
    }
}

/// Ends the waiter when the test is through.
struct Waiter(std::process::Child);

impl Drop for Waiter {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_run_on_another_database_of_the_server_is_none_here() {
    let (flight, other) = (healthy(Flight::postgres), healthy(Flight::postgres));
    other.write("sql/V2__slow.sql", "SELECT pg_sleep(30);\n");
    let _run = Waiter(other.start(&["migrate"]));
    let busy = || examine(&other).1.iter().any(|complaint| complaint["about"] == "runs");
    let begun = std::time::Instant::now();
    while !busy() {
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "the run did not begin");
    }
    let (_, complaints) = examine(&flight);
    assert!(complaints.iter().all(|complaint| complaint["about"] != "runs"), "{complaints:#?}");
}

#[test]
fn who_waits_and_who_is_in_the_way() {
    for make in [Flight::postgres, Flight::mariadb] {
        let flight = healthy(make);
        flight.query("INSERT INTO a VALUES (1, 1)");
        let held = flight.hold("UPDATE a SET n = 2 WHERE id = 1");
        flight.write("sql/V2__b.sql", "UPDATE a SET n = 3 WHERE id = 1;\nALTER TABLE a ADD COLUMN m integer;\n");
        let waiter = Waiter(flight.start(&["migrate"]));
        std::thread::sleep(std::time::Duration::from_millis(2500));
        let (code, complaints) = examine(&flight);
        let found = find(&complaints, "locks", &["has waited", "is in the way", "in a transaction since", "UPDATE a SET n = 3"]);
        assert_eq!(code, 3);
        let end = if flight.dialect == "mariadb" { "KILL" } else { "pg_terminate_backend" };
        assert!(found["next"].as_str().unwrap().contains(end), "{found}");
        find(&complaints, "runs", &["holds the migration lock"]);
        drop(waiter);
        held.commit();
    }
}

#[test]
fn a_locked_sqlite_file_is_told_with_who_has_it_open() {
    let flight = healthy(Flight::sqlite);
    let file = flight.url.trim_start_matches("sqlite:").to_owned();
    let script = format!(
        "import sqlite3, time; c = sqlite3.connect('{file}', isolation_level=None); c.execute('BEGIN IMMEDIATE'); time.sleep(30)"
    );
    let holder = Waiter(std::process::Command::new("python3").args(["-c", &script]).spawn().unwrap());
    std::thread::sleep(std::time::Duration::from_millis(1500));
    let (code, complaints) = examine(&flight);
    find(&complaints, "locks", &["is locked for writing", &format!("process {}", holder.0.id()), "fuser"]);
    assert_eq!(code, 3);
}

#[test]
fn an_invalid_index_is_told_and_the_command_builds_it() {
    let flight = healthy(Flight::postgres);
    flight.query("INSERT INTO a VALUES (1, 7), (2, 7)");
    flight.write("sql/V2__b.sql", "CREATE UNIQUE INDEX CONCURRENTLY a_n ON a (n);\n");
    flight.flyway(&["migrate"]).code(1);
    let (code, complaints) = examine(&flight);
    assert_eq!(code, 3);
    let found = find(&complaints, "indexes", &["a_n", "is not valid"]);
    assert!(found["next"].as_str().unwrap().contains("REINDEX INDEX CONCURRENTLY"), "{found}");
    find(&complaints, "runs", &["V2 is half applied", "flightplan resolve V2"]);
    let twins = find(&complaints, "constraints", &["2 row(s) break the uniqueness of a (n)", "V2__b.sql:1"]);
    assert_eq!(twins["rows"].as_array().unwrap().len(), 2, "{twins}");
    flight.query("DELETE FROM a WHERE id = 2");
    flight.query("REINDEX INDEX CONCURRENTLY a_n");
    flight.flyway(&["migrate"]).code(0);
    assert_eq!(examine(&flight).0, 0);
}

#[test]
fn rows_that_break_constraints_are_shown_and_the_statement_mends_them() {
    for make in [Flight::sqlite, Flight::postgres, Flight::mariadb] {
        let flight = make();
        flight.write(
            "sql/V1__a.sql",
            "CREATE TABLE p (id integer PRIMARY KEY);\nCREATE TABLE c (id integer PRIMARY KEY, p_id integer REFERENCES p (id));\n\
             INSERT INTO p VALUES (1);\nINSERT INTO c VALUES (1, 1);\n",
        );
        flight.flyway(&["migrate"]).code(0);
        match flight.dialect {
            "sqlite" => drop(flight.query("PRAGMA foreign_keys = OFF; INSERT INTO c VALUES (2, 99)")),
            "mariadb" => drop(flight.query("SET foreign_key_checks = 0; INSERT INTO c VALUES (2, 99)")),
            _ => drop(flight.query("SET session_replication_role = replica; INSERT INTO c VALUES (2, 99)")),
        }
        let (code, complaints) = examine(&flight);
        assert_eq!(code, 3, "{}: {complaints:#?}", flight.dialect);
        let found = find(&complaints, "constraints", &["1 row(s) break foreign key", "2 | 99"]);
        let (fix, _) = found["next"].as_str().unwrap().split_once("; --").unwrap();
        flight.query(fix);
        assert_eq!(flight.query("SELECT id FROM c"), ["1"], "{fix}");
        assert_eq!(examine(&flight).0, 0);
    }
}

#[test]
fn what_a_pending_migration_would_be_refused_for_is_told_before() {
    let flight = healthy(Flight::postgres);
    flight.query("INSERT INTO a VALUES (1, NULL), (2, -1), (3, 5)");
    flight.write(
        "sql/V2__b.sql",
        "ALTER TABLE a ALTER COLUMN n SET NOT NULL;\nALTER TABLE a ADD CONSTRAINT positive CHECK (n > 0);\n",
    );
    let (_, complaints) = examine(&flight);
    let nulls = find(&complaints, "constraints", &["1 row(s) break NOT NULL of a.n", "V2__b.sql:1"]);
    assert!(nulls["next"].as_str().unwrap().starts_with("UPDATE"), "{nulls}");
    find(&complaints, "constraints", &["1 row(s) break the check", "2 | -1"]);
}

#[test]
fn a_quarantined_step_is_told() {
    let flight = healthy(Flight::sqlite);
    flight.write("sql/V2__b.sql", "CREATE TABLE b (x integer);\n");
    for _ in 0..2 {
        assert!(flight.killed_at("statement.before:1", &["migrate"]));
        std::thread::sleep(std::time::Duration::from_millis(2100));
    }
    let (code, complaints) = examine(&flight);
    assert_eq!(code, 3);
    find(&complaints, "runs", &["V2 is in quarantine", "resolve V2 --as again"]);
    let said: Said = flight.flyway(&["doctor"]);
    assert!(said.out.contains("next: flightplan resolve V2 --as again"), "{}", said.out);
}

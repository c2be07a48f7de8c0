//! `verify`: each part says what holds, each fault makes it end with 1; and `incident`: what the audit knows of a run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::Value;

use crate::flight::Flight;
use crate::json_schema::keeps;
use crate::rollback::newest;

fn project(flight: &Flight, more: &str) {
    flight.configure("flyway", 0);
    let toml = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap();
    flight.write("flightplan.toml", toml + more);
    flight.write(
        "sql/V1__shop.sql",
        "CREATE TABLE users (id integer PRIMARY KEY, name varchar(20));\n\
         CREATE TABLE orders (id integer PRIMARY KEY, user_id integer, FOREIGN KEY (user_id) REFERENCES users (id));\n",
    );
}

fn verify(flight: &Flight, code: i32) -> Value {
    let said = flight.run(&["--format", "json", "verify"]).code(code);
    let told = keeps("verify", &said);
    assert_eq!(told["holds"], code == 0);
    told
}

/// A part by the beginning of its name.
fn part<'v>(told: &'v Value, name: &str) -> &'v Value {
    told["parts"].as_array().unwrap().iter().find(|part| part["name"].as_str().unwrap().starts_with(name)).unwrap()
}

#[test]
fn a_deployment_that_is_as_it_should_be() {
    for flight in Flight::all() {
        project(&flight, "[verify.checks.named]\nsql = \"SELECT count(*) FROM users WHERE name IS NULL\"\nexpect = 0\n");
        // What callbacks make is no drift.
        flight.write("sql/afterMigrate.sql", "CREATE VIEW seen AS SELECT id FROM users;\n");
        flight.run(&["migrate"]).code(0);
        let drift = flight.run(&["check", "-drift"]).code(0).out;
        assert!(drift.starts_with("No drift") && drift.contains("As callbacks make it"), "{drift}");
        flight.query("INSERT INTO users (id, name) VALUES (1, 'ada'), (2, 'bob')");
        flight.query("INSERT INTO orders (id, user_id) VALUES (1, 1), (2, NULL)");
        let told = verify(&flight, 0);
        assert!(part(&told, "Data")["notes"].to_string().contains("2 table(s), 4 row(s)"), "{told}");
        assert!(part(&told, "Staging")["left_out"].as_str().is_some(), "{told}");
        flight.query("INSERT INTO users (id, name) VALUES (3, 'eve')");
        let told = verify(&flight, 0);
        assert!(part(&told, "Data")["notes"].to_string().contains("users had 2 rows, and has 3"), "{told}");
        let text = flight.run(&["verify"]).code(0).out;
        assert!(text.contains("Schema compatibility: holds") && text.ends_with("Verified.\n"), "{text}");
        let text = flight.run(&["--format", "markdown", "verify"]).code(0).out;
        assert!(text.contains("## Rollback procedure\n\nholds"), "{text}");
    }
}

#[test]
fn what_is_wrong_is_said_part_by_part() {
    for flight in Flight::all() {
        project(&flight, "[verify.checks.named]\nsql = \"SELECT count(*) FROM users WHERE name IS NULL\"\nexpect = 0\n");
        flight.run(&["migrate"]).code(0);
        flight.query("INSERT INTO users (id) VALUES (1)");
        let off = match flight.dialect {
            "sqlite" => "PRAGMA foreign_keys = OFF",
            "mariadb" => "SET foreign_key_checks = 0",
            _ => "SET session_replication_role = replica",
        };
        flight.query(&format!("{off}; INSERT INTO orders (id, user_id) VALUES (1, 1), (2, 7)"));
        flight.query("ALTER TABLE users ADD COLUMN others integer");
        let told = verify(&flight, 1);
        let drift = part(&told, "Schema")["faults"].to_string();
        assert!(drift.contains("others"), "{told}");
        let data = part(&told, "Data")["faults"].to_string();
        assert!(data.contains("(user_id) to") && data.contains("1 row(s) break it") && data.contains("named: "), "{told}");
        assert!(part(&told, "Performance")["holds"].as_bool().unwrap() && part(&told, "Rollback")["holds"].as_bool().unwrap());
    }
}

#[test]
fn what_postgresql_has_not_validated() {
    let flight = Flight::postgres();
    project(&flight, "");
    flight.write("sql/V2__check.sql", "ALTER TABLE users ADD CONSTRAINT long CHECK (length(name) > 3) NOT VALID;\n");
    flight.run(&["migrate", "-target=1"]).code(0);
    flight.query("INSERT INTO users (id, name) VALUES (1, 'ada')");
    flight.run(&["migrate"]).code(0);
    let told = verify(&flight, 1);
    assert!(part(&told, "Data")["faults"].to_string().contains("check long of public.users: 1 row(s) break it"), "{told}");
    flight.query("UPDATE users SET name = 'augusta'");
    let told = verify(&flight, 0);
    assert!(part(&told, "Data")["notes"].to_string().contains("it is not validated"), "{told}");
}

#[test]
fn what_is_pending_keeps_to_its_limits_and_has_a_way_back() {
    let flight = Flight::postgres();
    project(&flight, "[verify]\nlongest_lock_ms = 0\nlongest_run_ms = 0\n");
    flight.run(&["migrate"]).code(0);
    flight.query("INSERT INTO users SELECT n, 'n' FROM generate_series(1, 200000) n");
    flight.query("ANALYZE users");
    flight
        .write("sql/V2__index.sql", "CREATE INDEX users_name ON users (name);\nUPDATE users SET name = 'm' WHERE name = 'x';\n");
    flight.write("sql/V3__wrong.sql", "ALTER TABLE users ADD COLUMN a integer, ADD COLUMN b integer;\n");
    flight.write("sql/U3__wrong.sql", "ALTER TABLE users DROP COLUMN a;\n");
    let told = verify(&flight, 1);
    assert!(part(&told, "Performance")["faults"].to_string().contains("the limit is 0 ms"), "{told}");
    let back = part(&told, "Rollback");
    assert!(back["notes"].to_string().contains("V2: there is no way back: "), "{told}");
    assert!(back["faults"].to_string().contains("V3: "), "{told}");
}

#[test]
fn a_staging_run_goes_up_down_and_up() {
    for flight in Flight::all() {
        project(&flight, "");
        flight.run(&["migrate"]).code(0);
        let staging = match flight.dialect {
            "sqlite" => format!("{}.staging", flight.url),
            "mariadb" => crate::mariadb::database().url,
            _ => crate::postgres::database().url,
        };
        flight.run(&["--url", &staging, "migrate"]).code(0);
        flight.write("sql/V2__notes.sql", "CREATE TABLE notes (id integer PRIMARY KEY);\n");
        let said = flight.run(&["--format", "json", "verify", "--staging", &staging]).code(0).json();
        let run = part(&said, "Staging");
        assert!(run["notes"].to_string().contains("V2 beside ") && run["holds"].as_bool().unwrap(), "{said}");
        assert!(!said.to_string().contains("flightplan-test"), "the password is not told: {said}");
        flight.write("sql/V3__broken.sql", "CREATE TABLE notes (id integer PRIMARY KEY);\n");
        let said = flight.run(&["--format", "json", "verify", "--staging", &staging]).code(1).json();
        assert!(!part(&said, "Staging")["faults"].as_array().unwrap().is_empty(), "{said}");
        assert!(!flight.tables().contains(&"notes".to_owned()));
    }
}

#[test]
fn without_a_database_what_can_be_known_is_verified() {
    let flight = Flight::sqlite();
    project(&flight, "");
    let said = flight.run(&["--source", "flyway:sql", "--dialect", "sqlite", "--format", "json", "verify"]).code(0);
    let told = keeps("verify", &said);
    assert_eq!(part(&told, "Data")["left_out"], "no database is named");
    assert!(part(&told, "Rollback")["notes"].to_string().contains("1 derived"), "{told}");
}

#[test]
fn an_incident_report_tells_what_failed_and_what_was_undone() {
    for flight in Flight::each() {
        project(&flight, "[incident]\ncontacts = [\"Ada\"]\nchecklist = [\"Support has been told\"]\n");
        flight.run(&["incident"]).code(2).complains(&["No run has failed", "--run"]);
        flight.run(&["migrate"]).code(0);
        let good = newest(&flight);
        flight.write("sql/V2__notes.sql", "CREATE TABLE notes (id integer PRIMARY KEY);\n");
        flight.write("sql/V3__broken.sql", "CREATE TABLE notes (id integer PRIMARY KEY);\n");
        flight.run(&["-validateMigrationNaming=false", "migrate"]);
        let failed = newest(&flight);
        flight.run(&["rollback", "--run", &failed]).code(0);
        let report = flight.run(&["incident"]).code(0).out;
        for part in [
            &format!("# Incident: run {failed} on test"),
            "| Outcome | failed: ",
            "No approval names this plan",
            "V2: Create table notes",
            "## What was undone",
            "undo V2 done in",
            "- [ ] The run got through",
            "- [x] What it applied was taken back",
            "- [ ] Support has been told",
            "- Ada",
        ] {
            assert!(report.to_lowercase().contains(&part.to_lowercase()), "{part:?} is missing in:\n{report}");
        }
        let file = flight.path().join("report.md");
        flight.run(&["incident", "--run", &good, "--output", file.to_str().unwrap()]).code(0);
        assert!(std::fs::read_to_string(&file).unwrap().contains("- [x] The run got through"));
        flight.run(&["incident", "--run", "ffff"]).code(2).complains(&["There is no run ffff"]);
        flight.run(&["incident", "--emergency", "ffff"]).code(2).complains(&["There is no emergency ffff"]);
    }
}

//! `resolve`: a person settles what failed half-way or has an unknown outcome.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::{Value, json};

use crate::flight::Flight;

fn traces(said: &Value) -> Vec<String> {
    let statements = said["statements"].as_array().unwrap().iter();
    statements.map(|one| format!("{} {}", one["journal"], one["catalog"]).replace('"', "")).collect()
}

#[test]
fn a_half_applied_migration_is_recorded_once_the_catalog_agrees() {
    let flight = Flight::postgres();
    flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\nINSERT INTO a VALUES (1), (1);\n");
    flight
        .write("sql/V2__index.sql", "CREATE INDEX CONCURRENTLY a_x ON a (x);\nCREATE UNIQUE INDEX CONCURRENTLY a_u ON a (x);\n");
    flight.flyway(&["migrate"]).code(1);
    assert_eq!(flight.history()[1], "2|2|index|SQL|V2__index.sql|failed");
    let said = flight.flyway(&["resolve", "2"]).code(0).out;
    assert!(said.starts_with("V2 (sql/V2__index.sql)\n\n+---+------+-") && said.contains("| done    | found   |"), "{said}");
    let said = flight.flyway(&["resolve", "2", "--as", "done"]).code(3);
    said.complains(&["Nothing was changed", "sql/V2__index.sql:2", "--force"]);
    flight.query("DROP INDEX a_u");
    flight.query("DELETE FROM a WHERE ctid = (SELECT min(ctid) FROM a)");
    flight.query("CREATE UNIQUE INDEX a_u ON a (x)");
    let said = flight.flyway(&["-outputType=json", "resolve", "V2", "--as", "done"]).code(0).json();
    assert_eq!((&said["settled"], &said["agreed"], traces(&said)[1].as_str()), (&json!(true), &json!(true), "failed found"));
    assert_eq!(flight.history()[1], "2|2|index|SQL|V2__index.sql|ok");
    assert_eq!(flight.history().len(), 2);
    flight.flyway(&["validate"]).code(0);
    flight.flyway(&["migrate"]).code(0);
    flight.flyway(&["resolve", "2", "--as", "done"]).code(2).complains(&["V2 is not open"]);
}

#[test]
fn a_statement_that_leaves_no_trace_is_settled_by_a_name_and_a_reason() {
    let flight = Flight::postgres();
    flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
    flight.flyway(&["migrate"]).code(0);
    flight.write("sql/V2__vacuum.sql", "VACUUM a;\nVACUUM FULL a;\n");
    assert!(flight.killed_at("statement.after", &["migrate"]), "the process dies behind the first VACUUM");
    flight.flyway(&["migrate"]).code(6).complains(&["VACUUM a"]);
    let said = flight.flyway(&["-outputType=json", "resolve", "2"]).code(0).json();
    assert_eq!(traces(&said), ["begun no trace", " no trace"]);
    flight.flyway(&["resolve", "2", "--statement", "1", "--as", "done"]).code(3);
    flight.flyway(&["resolve", "2", "--statement", "1", "--as", "done", "--force"]).code(2).complains(&["--by", "--reason"]);
    flight.flyway(&["resolve", "2", "--statement", "3", "--as", "done"]).code(2).complains(&["V2 has 2 statements"]);
    let vouch = ["--by", "ann", "--reason", "it's in the server's log", "--force"];
    let said = flight.flyway(&[&["resolve", "2", "--statement", "1", "--as", "done"], &vouch[..]].concat()).code(0).out;
    assert!(said.ends_with("Statement 1 is taken for done.\n"), "{said}");
    let note: Value =
        serde_json::from_str(&flight.value("SELECT cursor FROM flightplan_journal WHERE statement LIKE 'resolve %'")).unwrap();
    assert_eq!(note, json!({"as": "done", "statement": 1, "by": "ann", "reason": "it's in the server's log", "forced": true}));
    flight.flyway(&["migrate"]).code(0);
    assert_eq!(flight.history()[1], "2|2|vacuum|SQL|V2__vacuum.sql|ok");
}

#[test]
fn what_ran_by_hand_is_recorded_and_what_did_not_is_forgotten() {
    for flight in Flight::each() {
        flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
        flight.flyway(&["migrate"]).code(0);
        flight.write("sql/V2__b.sql", "CREATE TABLE b (x integer);\nALTER TABLE a ADD COLUMN y integer;\n");
        let said = flight.flyway(&["-outputType=json", "resolve", "2", "--as", "undone"]).code(0).json();
        assert_eq!(traces(&said), [" absent", " absent"]);
        assert_eq!(flight.history().len(), 1);
        flight.query("CREATE TABLE b (x integer)");
        flight.flyway(&["resolve", "2", "--as", "done"]).code(3).complains(&["sql/V2__b.sql:2"]);
        flight.flyway(&["resolve", "2", "--as", "undone"]).code(3).complains(&["sql/V2__b.sql:1"]);
        flight.query("ALTER TABLE a ADD COLUMN y integer");
        let said = flight.flyway(&["resolve", "2", "--as", "done"]).code(0).out;
        assert!(said.ends_with("V2 is recorded as applied.\n"), "{said}");
        assert_eq!(flight.history()[1], "2|2|b|SQL|V2__b.sql|ok");
        flight.flyway(&["validate"]).code(0);
        flight.flyway(&["resolve", "7"]).code(2).complains(&["no migration \"7\""]);
    }
}

//! Begin and end of a transactional step: the fence, what a script does to the session, what only the commit finds out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::flight::Flight;

fn versions(flight: &Flight) -> Vec<String> {
    flight.query("SELECT version FROM flyway_schema_history WHERE success ORDER BY installed_rank")
}

fn unfinished(flight: &Flight) -> String {
    flight.value("SELECT count(*) FROM flightplan_journal WHERE state <> 'recorded'")
}

#[test]
fn a_run_whose_epoch_is_another_ones_stops_before_its_next_step() {
    for flight in Flight::all() {
        flight.write("sql/V1__a.sql", "UPDATE flightplan_epoch SET epoch = epoch + 1;\n");
        flight.write("sql/V2__b.sql", "CREATE TABLE b (x integer);\n");
        flight.flyway(&["migrate"]).code(6).complains(&["Another run has taken over this database"]);
        assert_eq!(versions(&flight), ["1"], "{}", flight.dialect);
        assert!(!flight.tables().contains(&"b".to_owned()));
        flight.flyway(&["migrate"]).code(0);
        assert_eq!(versions(&flight), ["1", "2"]);
    }
}

#[test]
fn a_script_may_throw_away_what_the_session_has_prepared() {
    let flight = Flight::postgres();
    flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
    flight.write("sql/V2__b.sql", "CREATE TABLE b (x integer);\nDEALLOCATE ALL;\nINSERT INTO b VALUES (1);\n");
    flight.write("sql/V3__c.sql", "CREATE TABLE c (x integer);\n");
    flight.flyway(&["migrate"]).code(0);
    assert_eq!(versions(&flight), ["1", "2", "3"]);
    assert_eq!(flight.query("SELECT x FROM b"), ["1"], "once");
    assert_eq!(unfinished(&flight), "0");

    let flight = Flight::postgres();
    flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
    flight.write("sql/V2__b.sql", "DISCARD ALL;\n");
    flight.write("sql/V3__c.sql", "INSERT INTO a VALUES (1);\n");
    flight.write("sql/V4__d.sql", "INSERT INTO a VALUES (2);\n");
    flight.flyway(&["-mixed=true", "migrate"]).code(0);
    assert_eq!(versions(&flight), ["1", "2", "3", "4"]);
    assert_eq!(flight.query("SELECT x FROM a ORDER BY x"), ["1", "2"]);
    assert_eq!(unfinished(&flight), "0");
}

#[test]
fn what_a_script_sets_is_gone_in_the_next_one() {
    let flight = Flight::postgres();
    let role = format!("r{}", std::process::id());
    flight.write(
        "sql/V1__a.sql",
        format!(
            "CREATE SCHEMA other;\nCREATE ROLE {role};\nGRANT ALL ON ALL TABLES IN SCHEMA public TO {role};\n\
             SET search_path TO other;\nCREATE TABLE a (x integer);\nSET ROLE {role};\n"
        ),
    );
    flight.write("sql/V2__b.sql", "CREATE TABLE b (x integer);\n");
    flight.flyway(&["migrate"]).code(0);
    let owned = format!("DROP OWNED BY {role}; DROP ROLE {role}");
    let found = flight.query("SELECT schemaname, tablename, tableowner FROM pg_tables WHERE tablename IN ('a', 'b') ORDER BY 2");
    flight.query(&owned);
    assert_eq!(found, ["other|a|postgres", "public|b|postgres"]);
    assert_eq!(versions(&flight), ["1", "2"]);
}

#[test]
fn what_the_commit_refuses_takes_the_migration_back() {
    let flight = Flight::postgres();
    let a = "CREATE TABLE a (id integer PRIMARY KEY, a_id integer REFERENCES a (id) DEFERRABLE INITIALLY DEFERRED);\n";
    flight.write("sql/V1__a.sql", a);
    flight.write("sql/V2__b.sql", "INSERT INTO a VALUES (1, 2);\n");
    flight.write("sql/V3__c.sql", "CREATE TABLE c (x integer);\n");
    flight.flyway(&["migrate"]).code(1).complains(&["rolled back", "violates foreign key constraint"]);
    assert_eq!(versions(&flight), ["1"]);
    assert_eq!(flight.value("SELECT count(*) FROM a"), "0");
    assert_eq!(unfinished(&flight), "0");
    std::fs::remove_file(flight.path().join("sql/V2__b.sql")).unwrap();
    flight.flyway(&["migrate"]).code(0);
    assert_eq!(versions(&flight), ["1", "3"]);
}

#[test]
fn a_division_by_zero_at_the_commit_is_the_scripts_own() {
    let flight = Flight::postgres();
    flight.write(
        "sql/V1__a.sql",
        "CREATE TABLE a (x integer);\n\
         CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM 1 / 0; RETURN NULL; END$$;\n\
         CREATE CONSTRAINT TRIGGER t AFTER INSERT ON a DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail();\n",
    );
    flight.write("sql/V2__b.sql", "INSERT INTO a VALUES (1);\n");
    let said = flight.flyway(&["migrate"]).code(1).complains(&["division by zero", "rolled back"]);
    assert!(!said.err.contains("by itself"), "{}", said.err);
    assert_eq!(versions(&flight), ["1"]);
    assert_eq!(flight.value("SELECT count(*) FROM a"), "0");
}

//! `rollback --run`: back to the state before a run, on each product, for both tools.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::Value;

use crate::flight::Flight;

/// Id of the newest run.
pub(crate) fn newest(flight: &Flight) -> String {
    let runs = flight.run(&["--format", "json", "runs"]).code(0).json();
    runs["runs"][0]["id"].as_str().unwrap().to_owned()
}

fn ids(plan: &Value) -> Vec<String> {
    plan["steps"].as_array().unwrap().iter().map(|step| step["migration"].as_str().unwrap().to_owned()).collect()
}

fn three_runs(flight: &Flight) -> [String; 3] {
    flight.configure("flyway", 0);
    flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY, name varchar(20));\n");
    flight.run(&["migrate"]).code(0);
    let first = newest(flight);
    flight.write("sql/V3__notes.sql", "CREATE TABLE notes (id integer PRIMARY KEY);\n");
    flight.write("sql/V4__index.sql", "CREATE INDEX users_name ON users (name);\n");
    flight.write(
        "sql/U4__index.sql",
        if flight.dialect == "mariadb" { "DROP INDEX users_name ON users;\n" } else { "DROP INDEX users_name;\n" },
    );
    flight.run(&["migrate"]).code(0);
    let second = newest(flight);
    // Below what the second run applied, but behind it.
    flight.write("sql/V2__tags.sql", "CREATE TABLE tags (id integer PRIMARY KEY);\n");
    flight.write("sql/R__names.sql", "CREATE VIEW names AS SELECT 1 AS one;\n");
    flight.run(&["--out-of-order", "migrate"]).code(0);
    [first, second, newest(flight)]
}

#[test]
fn the_state_before_a_run_comes_back() {
    for flight in Flight::all() {
        let [first, second, third] = three_runs(&flight);
        let before = flight.tables();
        let dry = flight.run(&["--format", "json", "rollback", "--run", &third, "--dry-run"]).code(0).json();
        assert_eq!(ids(&dry["plan"]), ["V2"], "only what it applied, although V3 and V4 are higher: {dry}");
        assert!(dry["stays"][0].as_str().unwrap().contains("R__names"), "{dry}");
        let text = flight.run(&["rollback", "--run", &second, "--dry-run"]).code(0).out;
        assert!(text.contains("1. Take back tags (derived, loses nothing now)\n     DROP TABLE tags;"), "{text}");
        assert!(text.contains("2. Take back index (its author's, loses nothing now)"), "{text}");
        assert!(text.contains("The database would be at 1.\nNothing was changed."), "{text}");
        assert_eq!(flight.tables(), before);

        flight.query("INSERT INTO tags (id) VALUES (1)");
        flight.run(&["rollback", "--run", &second]).code(2).complains(&["Nothing was changed", "1 row now", "V2__tags.sql:1"]);
        let refused = flight.run(&["--format", "json", "rollback", "--run", &second, "--dry-run"]).code(0).json();
        assert!(refused["would_be_refused"][0].as_str().unwrap().contains("--accept-loss"), "{refused}");
        assert_eq!(flight.tables(), before);

        flight.run(&["rollback", "--run", &second, "--accept-loss"]).code(0);
        let left: Vec<String> = flight.tables().into_iter().filter(|name| name == "notes" || name == "tags").collect();
        assert!(left.is_empty(), "{left:?}");
        let undo = newest(&flight);
        let shown = flight.run(&["--format", "json", "runs", "show", &undo]).code(0).json();
        assert_eq!(shown["undone"], second.as_str());
        let events = shown["events"].to_string();
        assert!(events.contains("undo V2") && events.contains("undo V4") && events.contains("undo V3"), "{events}");
        assert_eq!(
            flight.value(
                "SELECT count(*) FROM flightplan_journal WHERE step LIKE 'undo %' AND statement = '' AND state = 'recorded'"
            ),
            "3"
        );

        let said = flight.run(&["rollback", "--run", &second]).code(0);
        assert!(said.out.contains("There is nothing to take back"), "{}", said.out);
        flight.run(&["rollback", "--run", &undo]).code(2).complains(&["applied nothing: it took back V2, V3, V4", "migrate"]);
        flight.run(&["rollback", "--run", "ffff"]).code(2).complains(&[
            "No run ffff has changed this database",
            &first,
            "applied V1",
        ]);
        flight.run(&["rollback", "--run", ""]).code(2).complains(&["The newest that have"]);
        flight.run(&["rollback", "--dry-run"]).code(2);

        // What was taken back and applied again belongs to the run that did it last.
        flight.run(&["--out-of-order", "migrate"]).code(0);
        let again = flight.run(&["--format", "json", "rollback", "--run", &newest(&flight), "--dry-run"]).code(0).json();
        assert_eq!(ids(&again["plan"]), ["V4", "V3", "V2"], "{again}");
        flight.run(&["rollback", "--run", &first, "--accept-loss"]).code(0);
        assert!(!flight.tables().contains(&"users".to_owned()), "{:?}", flight.tables());
    }
}

#[test]
fn a_run_without_a_way_back_is_refused_whole() {
    for flight in Flight::all() {
        flight.configure("flyway", 0);
        flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY, name varchar(20));\n");
        flight.write("sql/V2__rows.sql", "INSERT INTO users (id, name) SELECT 1, 'ada';\n");
        flight.write("sql/V3__notes.sql", "CREATE TABLE notes (id integer PRIMARY KEY);\n");
        flight.run(&["migrate"]).code(0);
        let run = newest(&flight);
        flight
            .run(&["rollback", "--run", &run, "--accept-loss"])
            .code(2)
            .complains(&["V2 has no way back", "Nothing was changed"]);
        assert!(flight.tables().contains(&"notes".to_owned()), "not even the newest was taken back");
    }
}

fn revision(flight: &Flight, id: &str, parent: &str, table: &str) {
    flight.write(
        &format!("alembic/versions/{id}_{table}.py"),
        format!(
            "\"\"\"{table}\"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\n\nrevision = '{id}'\ndown_revision = {parent}\n\n\n\
             def upgrade():\n    op.create_table('{table}', sa.Column('a', sa.Integer(), primary_key=True))\n\n\n\
             def downgrade():\n    op.drop_table('{table}')\n"
        ),
    );
}

#[test]
fn revisions_on_two_branches_go_with_what_stands_on_them() {
    for flight in Flight::all() {
        flight.configure("alembic", 0);
        flight.write("alembic/env.py", "");
        revision(&flight, "a1", "None", "one");
        revision(&flight, "b1", "None", "other");
        flight.run(&["upgrade", "heads"]).code(0);
        revision(&flight, "a2", "'a1'", "two");
        flight.run(&["upgrade", "heads"]).code(0);
        let second = newest(&flight);
        revision(&flight, "b2", "'b1'", "more");
        revision(&flight, "a3", "'a2'", "three");
        flight.run(&["upgrade", "heads"]).code(0);
        let dry = flight.run(&["--format", "json", "rollback", "--run", &second, "--dry-run"]).code(0).json();
        assert_eq!(ids(&dry["plan"]), ["a3", "a2"], "b2 is on the other branch: {dry}");
        flight.run(&["rollback", "--run", &second]).code(0);
        assert_eq!(flight.query("SELECT version_num FROM alembic_version ORDER BY 1"), ["a1", "b2"]);
        let tables = flight.tables();
        assert!(tables.contains(&"more".to_owned()) && !tables.contains(&"two".to_owned()), "{tables:?}");
    }
}

#[test]
fn a_table_that_is_moved_and_copied_loses_only_what_it_drops() {
    let flight = Flight::sqlite();
    flight.configure("alembic", 0);
    flight.write("alembic/env.py", "");
    let revision = |id: &str, parent: &str, up: &str| {
        let text = format!(
            "from alembic import op\nimport sqlalchemy as sa\n\nrevision = '{id}'\ndown_revision = {parent}\n\n\n\
             def upgrade():\n    {up}\n\n\ndef downgrade():\n    pass\n"
        );
        flight.write(&format!("alembic/versions/{id}.py"), text);
    };
    let batch = |does: &str| format!("with op.batch_alter_table('t', recreate='always') as batch:\n        {does}");
    revision("a1", "None", "op.create_table('t', sa.Column('a', sa.Integer(), primary_key=True), sa.Column('b', sa.Text()))");
    revision("a2", "'a1'", &batch("batch.alter_column('b', nullable=False)"));
    revision("a3", "'a2'", &batch("batch.drop_column('b')"));
    flight.run(&["upgrade", "heads"]).code(0);
    let back = flight.run(&["--format", "json", "rollback"]).code(0).json()["back"].clone();
    let notes =
        |at: usize| back[at]["losses"].as_array().unwrap().iter().map(|loss| loss["notes"].to_string()).collect::<Vec<_>>();
    assert_eq!(notes(0), ["[\"Column t.b comes back empty: its values are lost.\"]"], "{back}");
    assert!(notes(1).is_empty(), "{back}");
}

#[test]
fn approvals_count_for_the_way_back() {
    let flight = Flight::sqlite();
    flight.configure("flyway", 1);
    flight.write("sql/V1__notes.sql", "CREATE TABLE notes (id integer PRIMARY KEY);\n");
    flight.run(&["plan", "--output", "plan.json"]).code(0);
    flight.run(&["approve", "plan.json", "--by", "ann"]).code(0);
    flight.run(&["apply", "plan.json"]).code(0);
    let run = newest(&flight);
    // Another way back than the one that was approved.
    flight.write("sql/U1__notes.sql", "DROP TABLE IF EXISTS notes;\n");
    let dry = flight.run(&["--format", "json", "rollback", "--run", &run, "--dry-run"]).code(0).json();
    assert!(dry["would_be_refused"].to_string().contains("approval"), "{dry}");
    flight.run(&["rollback", "--run", &run]).code(4);
    std::fs::remove_file(flight.path().join("sql/U1__notes.sql")).unwrap();
    flight.run(&["rollback", "--run", &run]).code(0);
    assert!(!flight.tables().contains(&"notes".to_owned()));
}

#[test]
fn a_migration_that_is_half_applied_goes_first() {
    let flight = Flight::mariadb();
    flight.configure("flyway", 0);
    flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
    flight.write("sql/V2__b.sql", "CREATE TABLE b (x integer);\nCREATE TABLE a (x integer);\n");
    flight.run(&["migrate"]).code(1);
    flight
        .run(&["rollback", "--run", &newest(&flight)])
        .code(0)
        .complains(&["to version \"2 - b\"\nUndoing", "to version \"1 - a\""]);
    assert!(flight.tables().iter().all(|table| table != "a" && table != "b"), "{:?}", flight.tables());
}

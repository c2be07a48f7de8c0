//! Approvals: what was approved runs, and nothing else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::flight::Flight;

fn project(flight: &Flight, approvals: u32) {
    flight.configure("flyway", approvals);
    flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY, name text);\n");
    flight.write("sql/V2__email.sql", "ALTER TABLE users ADD COLUMN email text;\n");
}

#[test]
fn an_approved_plan_runs_and_a_second_time_does_nothing() {
    for flight in Flight::each() {
        project(&flight, 1);
        flight.run(&["migrate"]).code(4).complains(&["approval"]);
        flight.run(&["plan", "--output", "plan.json"]).code(0);
        flight.run(&["apply", "plan.json"]).code(4).complains(&["nobody has approved", "approve"]);
        assert!(flight.tables_or_none().is_empty(), "nothing was changed before the approval");
        flight.run(&["approve", "plan.json", "--by", "ann", "--comment", "fine"]).code(0);
        flight.run(&["apply", "plan.json"]).code(0);
        assert!(flight.tables().contains(&"users".to_owned()));
        flight.run(&["apply", "plan.json"]).code(0);
    }
}

#[test]
fn two_approvals_are_two_people() {
    let flight = Flight::sqlite();
    project(&flight, 2);
    flight.run(&["plan", "--output", "plan.json"]).code(0);
    flight.run(&["approve", "plan.json", "--by", "ann"]).code(0);
    flight.run(&["approve", "plan.json", "--by", "ann"]).code(0);
    flight.run(&["apply", "plan.json"]).code(4).complains(&["approved so far by ann"]);
    flight.run(&["approve", "plan.json", "--by", "bob"]).code(0);
    flight.run(&["apply", "plan.json"]).code(0);
}

#[test]
fn a_digest_alone_is_enough() {
    let flight = Flight::sqlite();
    project(&flight, 1);
    let plan = flight.run(&["--format", "json", "plan"]).code(0).json();
    let digest = plan["digest"].as_str().unwrap();
    flight.run(&["approve", digest, "--by", "ann"]).code(0);
    flight.run(&["apply", digest]).code(0);
}

#[test]
fn an_edited_plan_file_is_refused() {
    let flight = Flight::sqlite();
    project(&flight, 1);
    flight.run(&["plan", "--output", "plan.json"]).code(0);
    flight.run(&["approve", "plan.json", "--by", "ann"]).code(0);
    let text = std::fs::read_to_string(flight.path().join("plan.json")).unwrap();
    flight.write("plan.json", text.replace("ADD COLUMN email text", "ADD COLUMN email blob"));
    flight.run(&["apply", "plan.json"]).code(5).complains(&["stale", "V2"]);
    assert!(flight.tables_or_none().is_empty());
}

#[test]
fn a_changed_file_is_refused() {
    for flight in Flight::each() {
        project(&flight, 1);
        flight.run(&["plan", "--output", "plan.json"]).code(0);
        flight.run(&["approve", "plan.json", "--by", "ann"]).code(0);
        flight.write("sql/V2__email.sql", "ALTER TABLE users ADD COLUMN email varchar(20);\n");
        flight.run(&["apply", "plan.json"]).code(5).complains(&["stale", "V2__email.sql:1"]);
        flight.run(&["approve", "plan.json", "--by", "bob"]).code(5);
        assert!(flight.tables_or_none().is_empty());
    }
}

#[test]
fn a_changed_schema_is_refused() {
    for flight in Flight::each() {
        project(&flight, 0);
        flight.run(&["--target", "1", "migrate"]).code(0);
        project(&flight, 1);
        flight.run(&["plan", "--output", "plan.json"]).code(0);
        flight.run(&["approve", "plan.json", "--by", "ann"]).code(0);
        flight.query("ALTER TABLE users ADD COLUMN surprise text");
        flight.run(&["apply", "plan.json"]).code(5).complains(&["drift"]);
        assert_eq!(flight.history().len(), 1);
    }
}

#[test]
fn another_database_is_refused() {
    let (flight, other) = (Flight::sqlite(), Flight::sqlite());
    project(&flight, 1);
    flight.run(&["plan", "--output", "plan.json"]).code(0);
    flight.run(&["approve", "plan.json", "--by", "ann"]).code(0);
    flight.run(&["--url", &other.url, "apply", "plan.json"]).code(5).complains(&["it was made for", "this is"]);
    assert!(other.tables_or_none().is_empty());
}

#[test]
fn an_approved_run_that_was_killed_goes_on_under_the_same_approval() {
    for flight in Flight::each() {
        project(&flight, 1);
        flight.run(&["plan", "--output", "plan.json"]).code(0);
        flight.run(&["approve", "plan.json", "--by", "ann"]).code(0);
        let output = flight.command(&["apply", "plan.json"]).env("FLIGHTPLAN_FAILPOINT", "statement.after:2").output().unwrap();
        assert!(output.status.code().is_none(), "killed by a signal");
        assert_eq!(flight.history().len(), 1);
        flight.run(&["apply", "plan.json"]).code(0);
        assert_eq!(flight.history().len(), 2);
    }
}

#[test]
fn the_way_back_runs_as_it_was_approved_and_no_other() {
    for flight in Flight::each() {
        project(&flight, 1);
        flight.write("sql/U1__users.sql", "DROP TABLE users;\n");
        flight.write("sql/U2__email.sql", "ALTER TABLE users DROP COLUMN email;\n");
        flight.run(&["plan", "--output", "plan.json"]).code(0);
        flight.run(&["approve", "plan.json", "--by", "ann"]).code(0);
        flight.run(&["apply", "plan.json"]).code(0);
        let said = flight.run(&["undo"]).code(0);
        assert!(said.out.contains("now at version v1"), "{said:?}");
        let (tables, history) = (flight.tables(), flight.history());
        flight.write("sql/U1__users.sql", "DELETE FROM users;\nDROP TABLE users;\n");
        flight.run(&["undo"]).code(4).complains(&["V1", "1 approval(s)", "approve plan.json --by NAME"]);
        flight.write("sql/U1__users.sql", "-- nothing\n");
        flight.run(&["undo"]).code(4).complains(&["V1"]);
        assert_eq!((flight.tables(), flight.history()), (tables, history), "nothing was changed");
        flight.write("sql/U1__users.sql", "DROP TABLE users;\n");
        flight.run(&["undo"]).code(0);
        assert!(!flight.tables().contains(&"users".to_owned()));
    }
}

#[test]
fn a_way_back_that_was_planned_but_not_approved_by_enough_people_is_refused() {
    let flight = Flight::sqlite();
    project(&flight, 0);
    flight.write("sql/U2__email.sql", "ALTER TABLE users DROP COLUMN email;\n");
    flight.run(&["migrate"]).code(0);
    project(&flight, 1);
    flight.run(&["undo"]).code(4).complains(&["V2", "Nothing was changed"]);
    assert_eq!(flight.history().len(), 2);
}

/// What a table measures changes with every row, and changes nothing of what was approved.
#[test]
fn a_plan_over_a_table_that_grows_meanwhile_stays_approved() {
    for flight in Flight::each() {
        flight.configure("flyway", 1);
        flight.write("sql/V1__t.sql", "CREATE TABLE t (id integer PRIMARY KEY, word varchar(100), n integer);");
        flight.run(&["plan", "--output", "first.json"]).code(0);
        flight.run(&["approve", "first.json", "--by", "ann"]).code(0);
        flight.run(&["apply", "first.json"]).code(0);
        let rows = |from: u32, to: u32| {
            format!(
                "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < {to}) \
                 SELECT i, 'a word of some length that is repeated', i FROM n"
            )
        };
        flight.query(&rows(1, 60_000));
        flight.query("ANALYZE");
        flight.write("sql/V2__drop.sql", "ALTER TABLE t DROP COLUMN n;\nCREATE INDEX t_word ON t (word);");
        flight.write("sql/V3__fill.sql", "UPDATE t SET word = 'x' WHERE word <> 'x';");
        flight.run(&["plan", "--output", "plan.json"]).code(0);
        flight.run(&["approve", "plan.json", "--by", "ann"]).code(0);
        flight.query(&rows(60_001, 60_500));
        flight.run(&["apply", "plan.json"]).code(0);
        assert_eq!(flight.value("SELECT count(*) FROM t WHERE word = 'x'"), "60500", "{}", flight.dialect);
    }
}

//! Rehearsals: up, down and up again on a scratch database, asked for by a policy, and nothing left behind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::flight::Flight;
use crate::json_schema::keeps;
use crate::undo::{project, read};

#[test]
fn an_environment_may_ask_for_a_rehearsal_before_approval() {
    for flight in Flight::all() {
        for approvals in [1, 0] {
            flight.configure("flyway", approvals);
            let text = read(&flight, "flightplan.toml");
            flight.write("flightplan.toml", format!("{text}rehearsal = true\n"));
            let table = format!("t{approvals}");
            flight.write(&format!("sql/V{}__t.sql", 2 - approvals), format!("CREATE TABLE {table} (id integer PRIMARY KEY);\n"));
            let asked = ["asks for a rehearsal of plan", "there was none", "rehearse"];
            if approvals == 1 {
                let planned = flight.run(&["plan", "--output", "plan.json"]).code(0);
                planned.complains(&["has to be rehearsed"]);
                flight.run(&["approve", "plan.json", "--by", "ada"]).code(4).complains(&asked);
                flight.run(&["rehearse"]).code(0);
                flight.run(&["plan", "--output", "plan.json"]).code(0).complains(&["it comes back"]);
                flight.run(&["approve", "plan.json", "--by", "ada"]).code(0);
                flight.run(&["apply", "plan.json"]).code(0);
            } else {
                flight.run(&["migrate"]).code(4).complains(&asked);
                assert!(!flight.tables().contains(&table));
                flight.run(&["rehearse"]).code(0);
                flight.run(&["migrate"]).code(0);
            }
            assert!(flight.tables().contains(&table));
        }
        // One that does not come back counts for nothing.
        flight.write("sql/V3__x.sql", "CREATE TABLE x (id integer);\nCREATE TABLE y (id integer);\n");
        flight.write("sql/U3__x.sql", "DROP TABLE x;\n");
        flight.run(&["rehearse"]).code(1);
        flight.run(&["migrate"]).code(4).complains(&["did not come back"]);
    }
}

#[test]
fn a_rehearsal_asks_the_projects_own_questions() {
    for flight in Flight::all() {
        flight.configure("flyway", 0);
        let text = read(&flight, "flightplan.toml");
        let checks = "[verify.checks.short]\nsql = \"SELECT count(*) FROM users WHERE length(name) > 30\"\nexpect = 0\n\
                      [verify.checks.never]\nsql = \"SELECT count(*) FROM users\"\nexpect = 1000000\n";
        flight.write("flightplan.toml", format!("{text}{checks}"));
        flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY, name varchar(200));\n");
        flight.run(&["migrate"]).code(0);
        flight.query("INSERT INTO users (id, name) VALUES (1, 'ada')");
        flight.write("sql/V2__index.sql", "CREATE INDEX users_name ON users (name);\n");
        flight.run(&["rehearse"]).code(0);
        flight.write("sql/V3__long.sql", "UPDATE users SET name = 'a name that is far too long for anybody to write it down';\n");
        flight.write("sql/U3__long.sql", "UPDATE users SET name = 'ada';\n");
        let said = flight.run(&["rehearse"]).code(1);
        assert!(said.out.contains("Failed on the way up: the check short held before"), "{}", said.out);
    }
}

#[test]
fn what_a_killed_rehearsal_left_is_dropped_a_day_later() {
    for flight in [Flight::postgres(), Flight::mariadb()] {
        project(&flight);
        flight.run(&["migrate", "-target=2"]).code(0);
        let (old, young) = ("flightplan_rehearsal_018c0000000070008000000000000000", uuid::Uuid::now_v7().simple().to_string());
        let young = format!("flightplan_rehearsal_{young}");
        for name in [old, &young] {
            flight.query(&format!("CREATE DATABASE {name}"));
        }
        flight.run(&["rehearse"]).code(0);
        let all = match flight.dialect {
            "postgres" => "SELECT datname FROM pg_database",
            _ => "SELECT schema_name FROM information_schema.schemata",
        };
        let left = flight.query(all);
        assert!(!left.contains(&old.to_owned()) && left.contains(&young), "{left:?}");
        flight.query(&format!("DROP DATABASE {young}"));
    }
}

#[test]
fn a_rehearsal_comes_back_and_leaves_nothing_behind() {
    for flight in Flight::all() {
        project(&flight);
        flight.run(&["migrate", "-target=2"]).code(0);
        let told = keeps("rehearse", &flight.run(&["--format", "json", "rehearse"]).code(0));
        assert_eq!(told["verdict"], "returns", "{told}");
        assert_eq!(told["migrations"], serde_json::json!(["V3", "V4"]), "{told}");
        assert!(!flight.tables().contains(&"notes".to_owned()));
        // A U file that forgets something is caught on the server.
        flight.write(
            "sql/V5__two.sql",
            "ALTER TABLE users ADD COLUMN a integer;\nCREATE INDEX users_id_name ON users (id, name);\n",
        );
        flight.write("sql/U5__two.sql", "ALTER TABLE users DROP COLUMN a;\n");
        let told = keeps("rehearse", &flight.run(&["--format", "json", "rehearse"]).code(1));
        assert_ne!(told["verdict"], "returns", "{told}");
        assert!(told.to_string().contains("users_id_name"), "{told}");
        let lint = flight.run(&["lint", "--all"]).out;
        assert!(lint.contains("wrong-undo") && lint.contains("users_id_name"), "{lint}");
    }
}

#[test]
fn a_rehearsal_leaves_what_is_repeatable_and_what_was_there() {
    for flight in Flight::all() {
        flight.configure("flyway", 0);
        flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY);\n");
        flight.write("sql/V5__late.sql", "CREATE TABLE late (id integer PRIMARY KEY);\n");
        flight.write("sql/R__names.sql", "CREATE VIEW names AS SELECT 1 AS one;\n");
        flight.run(&["migrate"]).code(0);
        // Below what is there, so that only what went up may come down; and a new text of what is repeatable.
        flight.write("sql/V3__between.sql", "ALTER TABLE users ADD COLUMN age integer;\n");
        flight.write("sql/R__names.sql", "DROP VIEW IF EXISTS names;\nCREATE VIEW names AS SELECT 1 AS one, 2 AS two;\n");
        let told = keeps("rehearse", &flight.run(&["--out-of-order", "--format", "json", "rehearse"]).code(0));
        assert_eq!((&told["verdict"], &told["stays"]), (&"returns".into(), &serde_json::json!(["R__names"])), "{told}");
        assert_eq!(told["migrations"], serde_json::json!(["V3", "R__names"]), "{told}");
    }
}

#[test]
fn a_rehearsal_begins_at_every_head_that_the_target_has() {
    for flight in Flight::all() {
        flight.configure("alembic", 0);
        let revision = |id: &str, parent: &str, table: &str| {
            let text = format!(
                "from alembic import op\nimport sqlalchemy as sa\nrevision = '{id}'\ndown_revision = {parent}\ndef upgrade():\n    \
                 op.create_table('{table}', sa.Column('id', sa.Integer(), primary_key=True))\ndef downgrade():\n    op.drop_table('{table}')\n"
            );
            flight.write(&format!("alembic/versions/{id}.py"), text);
        };
        revision("aaaa", "None", "a");
        revision("bbbb", "'aaaa'", "b");
        revision("cccc", "'aaaa'", "c");
        flight.run(&["upgrade", "heads"]).code(0);
        revision("dddd", "'bbbb'", "d");
        revision("eeee", "'cccc'", "e");
        let told = keeps("rehearse", &flight.run(&["--format", "json", "rehearse"]).code(0));
        assert_eq!(told["verdict"], "returns", "{told}");
        assert_eq!(told["migrations"].as_array().unwrap().len(), 2, "{told}");
        assert_eq!(told["unlike_target"], serde_json::json!([]), "{told}");
    }
}

#[test]
fn a_rehearsal_needs_no_server() {
    let flight = Flight::postgres();
    flight.write("sql/V1__a.sql", "CREATE TABLE t (a int);\n");
    let told = flight.run(&["--source", "flyway:sql", "--dialect", "postgres", "--format", "json", "rehearse"]).code(0).json();
    assert_eq!(told["verdict"], "returns", "{told}");
}

#[test]
fn a_rehearsal_that_fails_leaves_nothing_behind_either() {
    let flight = Flight::postgres();
    project(&flight);
    flight.run(&["migrate", "-target=2"]).code(0);
    // Only the server finds out.
    flight.write("sql/V5__wrong.sql", "CREATE TABLE wrong AS SELECT 1 / (id - id) AS a FROM generate_series(1, 2) AS id;\n");
    let told = keeps("rehearse", &flight.run(&["--format", "json", "rehearse"]).code(1));
    assert_eq!(told["verdict"], "failed", "{told}");
    // Other rehearsals may be under way on this server.
    let scratch = told["scratch"].as_str().unwrap_or_default();
    assert!(scratch.contains("flightplan_rehearsal_"), "{told}");
    let left = format!(
        "SELECT count(*) FROM pg_database WHERE datname LIKE 'flightplan_rehearsal_%' AND strpos('{scratch}', datname) > 0"
    );
    assert_eq!(flight.value(&left), "0");
    // What the whole server shares is not touched for a rehearsal, however it is written.
    flight.write("sql/V5__wrong.sql", "DO $$ BEGIN CREATE ROLE rehearsed; END $$;\n");
    flight.run(&["rehearse"]).code(2).complains(&["V5__wrong.sql:1", "changes roles", "--url"]);
    flight.write("sql/beforeMigrate.sql", "ALTER SYSTEM SET work_mem = '5MB';\n");
    flight.write("sql/V5__wrong.sql", "SELECT 1;\n");
    flight.run(&["rehearse"]).code(2).complains(&["beforeMigrate.sql:1", "ALTER SYSTEM"]);
    assert_eq!(flight.value("SELECT count(*) FROM pg_roles WHERE rolname = 'rehearsed'"), "0");
}

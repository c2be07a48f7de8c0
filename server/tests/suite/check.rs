//! `check`: dry run, changes and drift, on SQLite and PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::{Value, json};

use crate::flight::Flight;

fn project(flight: &Flight) {
    flight.write("sql/V1__init.sql", "CREATE TABLE a (id integer PRIMARY KEY, name varchar(20) DEFAULT 'x', at timestamp);\n");
    flight.write(
        "sql/V2__more.sql",
        "CREATE TABLE b (id integer PRIMARY KEY, a_id integer REFERENCES a (id));\nCREATE INDEX b_a ON b (a_id);\n",
    );
}

/// The table as differences name it.
fn named(flight: &Flight, object: &str) -> String {
    let (kind, name) = object.split_once(' ').unwrap();
    if flight.dialect == "sqlite" { object.to_owned() } else { format!("{kind} public.{name}") }
}

#[test]
fn a_dry_run_holds_what_migrate_would_send_and_runs_on_its_own() {
    for flight in Flight::each() {
        project(&flight);
        let said = flight.flyway(&["check", "-dryrun"]).code(0).out;
        for part in
            ["CREATE TABLE", "flyway_schema_history", "CREATE INDEX b_a ON b (a_id);", "INSERT INTO", "'V2__more.sql'", "COMMIT;"]
        {
            assert!(said.contains(part), "{part} is missing in\n{said}");
        }
        assert!(flight.tables_or_none().is_empty(), "nothing ran");
        let said = flight.flyway(&["-dryRunOutput=out.sql", "migrate"]).code(0).out;
        assert_eq!(said, "The SQL of 2 migrations is in out.sql. Nothing was executed.\n");
        assert!(flight.tables_or_none().is_empty(), "nothing ran");
        let script = std::fs::read_to_string(flight.path().join("out.sql")).unwrap();
        flight.query_or_create(&script);
        assert_eq!(flight.history(), ["1|1|init|SQL|V1__init.sql|ok", "2|2|more|SQL|V2__more.sql|ok"]);
        flight.flyway(&["validate"]).code(0);
        let said = flight.flyway(&["check", "-dryrun"]).code(0).out;
        assert!(said.contains("-- Nothing to do") && !said.contains("CREATE"), "{said}");
        let said = flight.flyway(&["-outputType=json", "check", "-dryrun", "-dryRunOutput=no/such/out.sql"]).code(2);
        assert_eq!(said.json()["error"]["errorCode"], "CONFIGURATION");
    }
}

#[test]
fn a_dry_run_shows_callbacks_where_they_run_and_a_group_as_one_transaction() {
    let events = ["beforeValidate", "afterValidate", "beforeMigrate", "beforeEachMigrate", "afterVersioned", "beforeRepeatables"];
    for (flight, group) in Flight::each().into_iter().zip([true, false]).chain(Flight::each().into_iter().zip([false, true])) {
        project(&flight);
        flight.write("sql/R__v.sql", "CREATE VIEW v AS SELECT 1 AS x;\n");
        for event in events.iter().chain(&["afterMigrateApplied", "afterMigrate", "afterMigrateError"]) {
            flight.write(&format!("sql/{event}.sql"), format!("SELECT '{event}';\n"));
        }
        flight.query_or_create("CREATE TABLE sent (x integer)");
        let group = if group { "-group=true" } else { "-group=false" };
        let said = flight.flyway(&[group, "-baselineOnMigrate=true", "-baselineVersion=0", "check", "-dryrun"]).code(0).out;
        let kept =
            |line: &&str| line.starts_with("SELECT '") || ["BEGIN;", "COMMIT;"].contains(line) || line.starts_with("CREATE ");
        let lines: Vec<&str> = said.lines().filter(kept).filter(|line| !line.contains("flyway_schema_history")).collect();
        let story: String = lines
            .iter()
            .map(|line| line.trim_start_matches("SELECT '").trim_end_matches("';"))
            .map(|line| if line.starts_with("CREATE") { "+" } else { line })
            .collect::<Vec<_>>()
            .join(" ")
            .replace("BEGIN;", "(")
            .replace("COMMIT;", ")");
        let around = "( beforeValidate ) ( afterValidate ) ( beforeMigrate )";
        let expected = if group == "-group=true" {
            format!(
                "{around} ( beforeEachMigrate + beforeEachMigrate + + afterVersioned beforeRepeatables beforeEachMigrate + ) \
                 ( afterMigrateApplied ) ( afterMigrate )"
            )
        } else {
            format!(
                "{around} ( beforeEachMigrate + ) ( beforeEachMigrate + + ) ( afterVersioned ) ( beforeRepeatables ) \
                 ( beforeEachMigrate + ) ( afterMigrateApplied ) ( afterMigrate )"
            )
        };
        assert_eq!(story, expected, "{said}");
    }
}

#[test]
fn changes_are_the_objects_of_the_pending_migrations() {
    for flight in Flight::each() {
        project(&flight);
        flight.flyway(&["-target=1", "migrate"]).code(0);
        flight.write("sql/V3__wider.sql", "ALTER TABLE a ADD COLUMN more text;\n");
        let said = flight.flyway(&["-outputType=json", "check", "-changes"]).code(0).json();
        let list: Vec<String> = said["changes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| format!("{} {}", one["change"], one["object"]).replace('"', ""))
            .collect();
        assert_eq!(list, [named(&flight, "column a.more"), named(&flight, "table b")].map(|object| format!("added {object}")));
        let said = flight.flyway(&["--format", "markdown", "check", "-changes"]).code(0).out;
        assert!(said.starts_with("## Changes\n\n| Change | Object | Before | After |\n|---|---|---|---|\n| added |"), "{said}");
        flight.flyway(&["migrate"]).code(0);
        let said = flight.flyway(&["check", "-changes"]).code(0).out;
        assert_eq!(said, "The pending migrations change no object of the schema.\n");
    }
}

#[test]
fn drift_is_what_the_applied_migrations_do_not_account_for() {
    for flight in Flight::each() {
        project(&flight);
        flight.flyway(&["-target=1", "migrate"]).code(0);
        let said = flight.flyway(&["check", "-drift"]).code(0).out;
        assert_eq!(said, "No drift: the live schema is what the applied migrations make.\n");
        flight.flyway(&["migrate"]).code(0);
        let said = flight.flyway(&["-outputType=json", "check", "-drift"]).code(0).json();
        assert_eq!(
            said["drift"],
            json!({"drifted": false, "differences": [], "uncertain": [], "by_callbacks": [], "opaque": false})
        );
        flight.query("CREATE TABLE extra (id integer)");
        flight.query("DROP INDEX b_a");
        flight.query("ALTER TABLE a ADD COLUMN note text");
        let said = flight.flyway(&["-outputType=json", "check", "-drift", "-changes"]).code(3).json();
        let list = |said: &Value| -> Vec<String> {
            let all = said["drift"]["differences"].as_array().unwrap().iter();
            all.map(|one| format!("{} {}", one["difference"], one["object"]).replace('"', "")).collect()
        };
        let table = named(&flight, "of b");
        let expected = [
            format!("added {}", named(&flight, "column a.note")),
            format!("missing index {table}: b_a"),
            format!("added {}", named(&flight, "table extra")),
        ];
        assert_eq!(list(&said), expected);
        assert_eq!(said["changes"], json!([]));
        let said = flight.flyway(&["check", "-drift"]).code(3).out;
        assert!(said.starts_with("Drift: 3 differences") && said.contains("  missing   index"), "{said}");
        let said = flight.flyway(&["--format", "markdown", "check", "-drift"]).code(3).out;
        assert!(said.starts_with("## Drift\n\n| Difference | Object | Migrations make | Database has |"), "{said}");
    }
}

#[test]
fn who_changed_the_schema_is_told_where_it_is_noted() {
    let flight = Flight::postgres();
    project(&flight);
    flight.flyway(&["migrate"]).code(0);
    flight.flyway(&["ddl-log"]).code(2).complains(&["--install"]);
    flight.flyway(&["ddl-log", "--install"]).code(0);
    flight.flyway(&["check", "-drift"]).code(0);
    flight.write("sql/V9__ours.sql", "CREATE TABLE ours (x integer);\n");
    flight.flyway(&["migrate"]).code(0);
    flight.query("SET application_name = 'psql of bob'; ALTER TABLE a ADD COLUMN note text");
    flight.query("DROP INDEX b_a");
    let json = flight.flyway(&["-outputType=json", "check", "-drift"]).code(3).json();
    let outside = json["drift"]["outside"].as_array().unwrap();
    assert_eq!(outside.len(), 2, "runs are not noted: {outside:#?}");
    assert_eq!((&outside[1]["tag"], &outside[1]["role"]), (&json!("ALTER TABLE"), &json!("postgres")));
    assert_eq!(outside[1]["application"], "psql of bob");
    let said = flight.flyway(&["check", "-drift"]).code(3).out;
    assert!(said.contains("DROP INDEX public.b_a by postgres with") && said.contains("from 127.0.0.1: DROP INDEX b_a"), "{said}");
    flight.flyway(&["ddl-log", "--remove"]).code(0);
    flight.query("CREATE INDEX b_a ON b (a_id)");
    assert!(!flight.tables().contains(&"flightplan_ddl".to_owned()));
}

#[test]
fn drift_sees_changed_types_and_defaults_on_postgres() {
    let flight = Flight::postgres();
    project(&flight);
    flight.flyway(&["migrate"]).code(0);
    flight.query("ALTER TABLE a ALTER COLUMN name TYPE text, ALTER COLUMN name SET DEFAULT 'y', ALTER COLUMN at SET NOT NULL");
    let said = flight.flyway(&["check", "-drift"]).code(3).out;
    assert!(
        said.contains("different column public.a.at: timestamp without time zone -> timestamp without time zone not null"),
        "{said}"
    );
    assert!(said.contains("different column public.a.name: character varying(20) default 'x' -> text default 'y'"), "{said}");
}

#[test]
fn drift_sees_a_view_whose_query_was_changed() {
    for flight in Flight::all() {
        project(&flight);
        flight.write(
            "sql/V3__views.sql",
            "CREATE VIEW v AS SELECT id, name FROM a WHERE id > 1;\nCREATE VIEW w (x, y) AS SELECT id, a_id FROM b;\n\
             CREATE VIEW z AS SELECT * FROM b;\n",
        );
        flight.write("sql/V4__wider.sql", "ALTER TABLE b ADD COLUMN more integer;\n");
        flight.flyway(&["migrate"]).code(0);
        let drift = || flight.flyway(&["-outputType=json", "check", "-drift"]).json()["drift"].clone();
        let before = drift();
        assert_eq!(before["differences"], json!([]), "{}", flight.dialect);
        if flight.dialect == "sqlite" {
            assert_eq!(before["uncertain"], json!([]), "{}", flight.dialect);
        }
        flight.query("DROP VIEW v");
        flight.query("CREATE VIEW v AS SELECT id, name FROM a WHERE id > 2");
        let (now, place) = (drift(), if flight.dialect == "mariadb" { "uncertain" } else { "differences" });
        let objects: Vec<&str> = now[place].as_array().unwrap().iter().filter_map(|one| one["object"].as_str()).collect();
        let view = objects.iter().find(|object| object.ends_with('v'));
        assert!(view.is_some_and(|view| view.starts_with("view ")), "{now}");
        if flight.dialect != "mariadb" {
            assert_eq!(objects.len(), 1, "{now}");
        }
    }
}

#[test]
fn a_dry_run_makes_the_schemas_that_are_missing() {
    let flight = Flight::postgres();
    flight.write("sql/V1__a.sql", "CREATE TABLE a (id integer);\n");
    let schemas = "-schemas=one,Two";
    let said = flight.flyway(&[schemas, "-dryRunOutput=out.sql", "migrate"]).code(0);
    let script = std::fs::read_to_string(flight.path().join("out.sql")).unwrap();
    assert!(script.contains("CREATE SCHEMA \"one\";\nCREATE SCHEMA \"Two\";\n"), "{script}\n{said:?}");
    assert_eq!(flight.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'one'"), "0", "nothing ran");
    flight.query(&format!("SET search_path TO one; {script}"));
    let rows = "SELECT installed_rank, type, script FROM one.flyway_schema_history ORDER BY 1";
    assert_eq!(flight.query(rows), ["0|SCHEMA|\"one\",\"Two\"", "1|SQL|V1__a.sql"]);
    flight.flyway(&[schemas, "validate"]).code(0);
    let said = flight.flyway(&[schemas, "check", "-dryrun"]).code(0).out;
    assert!(!said.contains("CREATE"), "{said}");
    let other = Flight::postgres();
    other.write("sql/V1__a.sql", "CREATE TABLE a (id integer);\n");
    other.flyway(&[schemas, "migrate"]).code(0);
    assert_eq!(other.query(rows), flight.query(rows), "as a run leaves it");
    flight.flyway(&["-schemas=three", "-createSchemas=false", "check", "-dryrun"]).code(0);
}

#[test]
fn check_asks_what_to_check_and_for_a_database() {
    let flight = Flight::sqlite();
    project(&flight);
    flight.flyway(&["check"]).code(2).complains(&["-dryrun", "-changes", "-drift"]);
    flight.flyway(&["check", "--code"]).code(2).complains(&["flightplan lint"]);
    flight.run(&["--source", "flyway:sql", "check", "-drift"]).code(2).complains(&["--url"]);
    let said = flight.run(&["--source", "flyway:sql", "--dialect", "sqlite", "check", "-dryrun", "-changes"]).code(0).out;
    assert!(said.contains("without a database") && said.contains("added     table a"), "{said}");
}

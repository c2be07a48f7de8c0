//! Flyway's commands: text, JSON and exit codes, on SQLite and PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::{Value, json};

use crate::flight::Flight;

fn three(flight: &Flight) {
    flight.write("sql/V1__init.sql", "CREATE TABLE a (id integer PRIMARY KEY);\n");
    flight.write("sql/V2__more.sql", "CREATE TABLE b (id integer PRIMARY KEY);\n");
    flight.write("sql/R__view.sql", "DROP VIEW IF EXISTS w;\nCREATE VIEW w AS SELECT id FROM a;\n");
}

/// The schema as messages name it.
fn schema(flight: &Flight) -> &'static str {
    if flight.dialect == "sqlite" { "main" } else { "public" }
}

fn table(flight: &Flight) -> String {
    format!("\"{}\".\"flyway_schema_history\"", schema(flight))
}

fn states(said: &Value) -> Vec<String> {
    let migrations = said["migrations"].as_array().unwrap();
    migrations
        .iter()
        .map(|one| format!("{} {}", one["version"].as_str().unwrap(), one["state"].as_str().unwrap()).trim().to_owned())
        .collect()
}

#[track_caller]
fn json_of(flight: &Flight, code: i32, arguments: &[&str]) -> Value {
    flight.flyway(&[&["-outputType=json"], arguments].concat()).code(code).json()
}

#[test]
fn info_prints_flyways_table() {
    for flight in Flight::each() {
        three(&flight);
        let said = flight.flyway(&["info"]).code(0).out;
        let expected = "Schema version: << Empty Schema >>\n\n\
            +------------+---------+-------------+------+--------------+---------+----------+\n\
            | Category   | Version | Description | Type | Installed On | State   | Undoable |\n\
            +------------+---------+-------------+------+--------------+---------+----------+\n\
            | Versioned  | 1       | init        | SQL  |              | Pending | No       |\n\
            | Versioned  | 2       | more        | SQL  |              | Pending | No       |\n\
            | Repeatable |         | view        | SQL  |              | Pending |          |\n\
            +------------+---------+-------------+------+--------------+---------+----------+\n";
        assert_eq!(said, expected);
        flight.flyway(&["migrate"]).code(0);
        let said = flight.flyway(&["info"]).code(0).out;
        assert!(said.starts_with("Schema version: 2\n\n") && said.contains("| Success | No       |"), "{said}");
        assert_eq!(flight.flyway(&["-migrationIds", "info"]).code(0).out, "1,2,view\n");
        assert_eq!(flight.flyway(&["-q", "info"]).code(0).out, "");
    }
}

#[test]
fn info_as_json_has_flyways_fields_and_ours() {
    for flight in Flight::each() {
        three(&flight);
        flight.write("sql/U2__more.sql", "DROP TABLE b;\n");
        let said = json_of(&flight, 0, &["info"]);
        assert_eq!((&said["schemaVersion"], &said["allSchemasEmpty"]), (&Value::Null, &json!(true)));
        flight.flyway(&["-target=2", "migrate"]).code(0);
        let said = json_of(&flight, 0, &["info"]);
        let names: Vec<&str> = said.as_object().unwrap().keys().map(String::as_str).collect();
        let flyways = ["schemaVersion", "schemaName", "migrations", "allSchemasEmpty", "flywayVersion", "database", "warnings"];
        assert_eq!(names, [&["format"], &flyways[..], &["operation"]].concat());
        assert_eq!((&said["schemaVersion"], &said["allSchemasEmpty"]), (&json!("2"), &json!(false)));
        let second = said["migrations"][1].as_object().unwrap();
        let names: Vec<&str> = second.keys().map(String::as_str).collect();
        let expected = [
            "category",
            "version",
            "description",
            "type",
            "installedOnUTC",
            "state",
            "undoable",
            "filepath",
            "undoFilepath",
            "installedBy",
            "executionTime",
            "script",
            "checksum",
        ];
        assert_eq!(names, expected);
        assert_eq!((&second["undoable"], &second["script"]), (&json!("Yes"), &json!("V2__more.sql")));
        assert!(second["filepath"].as_str().unwrap().ends_with("/sql/V2__more.sql"), "{second:?}");
        assert!(second["undoFilepath"].as_str().unwrap().ends_with("/sql/U2__more.sql"), "{second:?}");
        assert!(second["installedOnUTC"].as_str().unwrap().ends_with('Z'), "{second:?}");
    }
}

#[test]
fn info_filters_by_date_version_and_state_and_names_the_right_form() {
    let flight = Flight::sqlite();
    three(&flight);
    flight.flyway(&["-target=1", "migrate"]).code(0);
    let list = |filter: &str| states(&json_of(&flight, 0, &[filter, "info"]));
    assert_eq!(list("-infoOfState=pending"), ["2 Pending"]);
    assert_eq!(list("-infoOfState=success,pending").len(), 3);
    assert_eq!(list("-infoUntilVersion=1.0"), ["1 Success"]);
    assert_eq!(list("-infoSinceVersion=2"), ["Success", "2 Pending"]);
    assert_eq!(list("-infoUntilDate=01/01/2020 00:00").len(), 0);
    assert_eq!(list("-infoSinceDate=01/01/2020 00:00").len(), 3);
    let said = flight.flyway(&["-infoOfState=future_failed", "info"]).code(0).out;
    assert!(said.starts_with("Schema version: 1\n") && said.contains("| No migrations found "), "{said}");
    let wrong = |filter: &str, parts: &[&str]| drop(flight.flyway(&[filter, "info"]).code(2).complains(parts));
    wrong("-infoSinceDate=2020-01-01", &["'2020-01-01' is an invalid value for the infoSinceDate option", "dd/mm/yyyy hh:mm"]);
    wrong("-infoUntilVersion=x", &["infoUntilVersion", "numbers separated by dots"]);
    wrong("-infoOfState=done", &["'done'", "infoOfState", "out_of_order"]);
}

/// A history with every kind of row, and files that meet them.
fn motley(flight: &Flight) {
    for number in [1, 2, 4, 6] {
        flight.write(&format!("sql/V{number}__v{number}.sql"), format!("CREATE TABLE t{number} (id integer);\n"));
    }
    for name in ["gone", "old", "same"] {
        flight
            .write(&format!("sql/R__{name}.sql"), format!("DROP VIEW IF EXISTS {name};\nCREATE VIEW {name} AS SELECT 1 AS x;\n"));
    }
    flight.flyway(&["migrate"]).code(0);
    flight.write("sql/V3__v3.sql", "SELECT 3;\n");
    flight.write("sql/V7__v7.sql", "SELECT 7;\n");
    std::fs::remove_file(flight.path().join("sql/V2__v2.sql")).unwrap();
    std::fs::remove_file(flight.path().join("sql/R__gone.sql")).unwrap();
    flight.write("sql/R__old.sql", "DROP VIEW IF EXISTS old;\nCREATE VIEW old AS SELECT 2 AS x;\n");
    let row = |rank: u32, version: &str, kind: &str, success: &str| {
        flight.query(&format!(
            "INSERT INTO flyway_schema_history (installed_rank, version, description, type, script, checksum, installed_by, \
             execution_time, success) VALUES ({rank}, '{version}', 'v{version}', '{kind}', 'V{version}.sql', 1, 'me', 0, {success})"
        ));
    };
    row(20, "5", "SQL", "true");
    row(21, "4", "DELETE", "true");
    row(22, "9", "SQL", "true");
    row(23, "10", "SQL", "false");
    row(24, "2.5", "SQL", "false");
}

#[test]
fn info_knows_the_states_of_rows_and_files() {
    for flight in Flight::each() {
        motley(&flight);
        let said = json_of(&flight, 0, &["-target=6", "info"]);
        assert_eq!(
            states(&said),
            [
                "1 Success",
                "2 Missing",
                "4 Deleted",
                "6 Success",
                "Missing",
                "Outdated",
                "Success",
                "5 Missing",
                "9 Future",
                "10 Failed (Future)",
                "2.5 Failed (Missing)",
                "3 Ignored",
                "4 Ignored",
                "7 Above Target",
                "Pending"
            ]
        );
        assert_eq!(said["schemaVersion"], "10", "a failed row counts, as in Flyway");
    }
}

#[test]
fn validate_says_what_flyway_says() {
    for flight in Flight::each() {
        three(&flight);
        let said = flight.flyway(&["validate"]).code(1);
        let said = said.complains(&[
            "Validate failed: Migrations have failed validation\n",
            "Detected resolved migration not applied to database: 1.\nTo fix this error, either run migrate, or set \
             -ignoreMigrationPatterns='*:pending'.",
            "Detected resolved repeatable migration not applied to database: view.",
        ]);
        assert_eq!(said.out, "");
        flight.flyway(&["migrate"]).code(0);
        let said = flight.flyway(&["validate"]).code(0);
        assert!(said.out.starts_with("Successfully validated 3 migrations (execution time 00:00."), "{said:?}");
        flight.write("sql/V1__init.sql", "CREATE TABLE a (id bigint PRIMARY KEY);\n");
        std::fs::rename(flight.path().join("sql/V2__more.sql"), flight.path().join("sql/V2__less.sql")).unwrap();
        let said = json_of(&flight, 1, &["validate"]);
        assert_eq!((&said["validationSuccessful"], &said["validateCount"]), (&json!(false), &json!(0)));
        assert_eq!(said["errorDetails"]["errorCode"], "VALIDATE_ERROR");
        let first = &said["invalidMigrations"][0];
        assert_eq!((&first["version"], &first["errorDetails"]["errorCode"]), (&json!("1"), &json!("CHECKSUM_MISMATCH")));
        let text = first["errorDetails"]["errorMessage"].as_str().unwrap();
        assert!(text.starts_with("Migration checksum mismatch for migration version 1\n-> Applied to database : "), "{text}");
        let second = &said["invalidMigrations"][1]["errorDetails"];
        assert_eq!(
            second["errorMessage"],
            "Migration description mismatch for migration version 2\n-> Applied to database : more\n-> Resolved locally    : \
             less\nEither revert the changes to the migration, or run repair to update the schema history."
        );
        let said = json_of(&flight, 1, &["-ignoreMigrationPatterns=*:pending", "validate"]);
        assert_eq!(said["invalidMigrations"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn validate_passes_over_what_the_patterns_name() {
    for flight in Flight::each() {
        motley(&flight);
        flight.query("DELETE FROM flyway_schema_history WHERE installed_rank > 22");
        let codes = |pattern: &str| -> Vec<String> {
            let said = json_of(&flight, 1, &[&format!("-ignoreMigrationPatterns={pattern}"), "validate"]);
            let invalid = said["invalidMigrations"].as_array().unwrap().iter();
            invalid.map(|one| format!("{} {}", one["version"], one["errorDetails"]["errorCode"]).replace('"', "")).collect()
        };
        // With *:pending outdated repeatables pass, too.
        assert_eq!(codes("*:missing,*:pending,*:ignored"), ["9 APPLIED_VERSIONED_MIGRATION_NOT_RESOLVED"]);
        let gone = codes("versioned:missing,*:pending,*:ignored,*:future");
        assert_eq!(gone, [" APPLIED_REPEATABLE_MIGRATION_NOT_RESOLVED"]);
        flight
            .flyway(&["-ignoreMigrationPatterns=missing", "validate"])
            .code(2)
            .complains(&["ignoreMigrationPatterns cannot be \"missing\"", "*:missing"]);
    }
}

#[test]
fn repair_removes_failed_rows_marks_missing_ones_and_aligns_the_rest() {
    for flight in Flight::each() {
        motley(&flight);
        flight.write("sql/V1__first.sql", "CREATE TABLE t1 (id bigint);\n");
        std::fs::remove_file(flight.path().join("sql/V1__v1.sql")).unwrap();
        let tables = flight.tables();
        let said = json_of(&flight, 0, &["repair"]);
        let versions = |list: &str| -> Vec<String> {
            said[list].as_array().unwrap().iter().map(|one| one["version"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(
            said["repairActions"],
            json!(["Removed failed migrations", "Deleted missing migrations", "Aligned applied migration checksums"])
        );
        assert_eq!(versions("migrationsRemoved"), ["10", "2.5"]);
        assert_eq!(versions("migrationsDeleted"), ["2", "", "5"], "what lies in the future is left alone");
        assert_eq!(versions("migrationsAligned"), ["1"]);
        assert!(said["migrationsAligned"][0]["filepath"].as_str().unwrap().ends_with("sql/V1__first.sql"), "{said}");
        assert_eq!(flight.tables(), tables);
        let markers = flight.query("SELECT version, description, type, checksum, execution_time FROM flyway_schema_history WHERE installed_rank > 22 ORDER BY installed_rank");
        assert_eq!(markers.len(), 3);
        assert_eq!(markers[2], "5|v5|DELETE|1|0");
        assert_eq!(flight.value("SELECT description FROM flyway_schema_history WHERE installed_rank = 1"), "first");
        let said = flight.flyway(&["repair"]).code(0).out;
        assert!(
            said.contains(&format!("Repair of failed migration in Schema History table {} not necessary", table(&flight))),
            "{said}"
        );
        assert!(
            said.contains(&format!("Successfully repaired schema history table {} (execution time 00:00.", table(&flight))),
            "{said}"
        );
    }
}

#[test]
fn repair_does_nothing_without_a_table_and_nothing_without_files() {
    for flight in Flight::each() {
        three(&flight);
        let said = json_of(&flight, 0, &["repair"]);
        assert_eq!(said["repairActions"], json!([]));
        flight.flyway(&["migrate"]).code(0);
        for name in ["V1__init.sql", "V2__more.sql", "R__view.sql"] {
            std::fs::remove_file(flight.path().join("sql").join(name)).unwrap();
        }
        flight.flyway(&["repair"]).code(2).complains(&["Nothing was changed"]);
        assert_eq!(flight.value("SELECT count(*) FROM flyway_schema_history"), "3");
    }
}

#[test]
fn baseline_starts_a_history_once() {
    for flight in Flight::each() {
        three(&flight);
        flight.query_or_create("CREATE TABLE a (id integer PRIMARY KEY)");
        let said = flight.flyway(&["-baselineDescription=it's here", "-baselineVersion=1_0", "baseline"]).code(0);
        assert_eq!(said.out, "Successfully baselined schema with version: 1.0\n");
        assert_eq!(flight.history(), ["1|1.0|it's here|BASELINE|it's here|ok"]);
        let again = flight.flyway(&["-baselineDescription=it's here", "-baselineVersion=1", "baseline"]).code(0);
        assert_eq!(
            again.out,
            format!("Schema history table {} already initialized with (1,it's here). Skipping.\n", table(&flight))
        );
        let other = flight.flyway(&["-baselineVersion=2", "baseline"]).code(1);
        other.complains(&["as it has already been baselined with (1.0,it's here)"]);
        let said = json_of(&flight, 0, &["-baselineDescription=it's here", "baseline"]);
        assert_eq!((&said["successfullyBaselined"], &said["baselineVersion"]), (&json!(true), &json!("1")));
        flight.flyway(&["migrate"]).code(0);
        assert!(flight.tables().contains(&"b".to_owned()));
    }
}

#[test]
fn baseline_refuses_a_history_of_migrations_and_an_empty_one() {
    for flight in Flight::each() {
        three(&flight);
        flight.flyway(&["migrate"]).code(0);
        flight
            .flyway(&["baseline"])
            .code(1)
            .complains(&["Unable to baseline schema history table", "already contains migrations"]);
        flight.query("DELETE FROM flyway_schema_history");
        let said = json_of(&flight, 1, &["baseline"]);
        assert_eq!(said["error"]["errorCode"], "ERROR");
        assert!(said["error"]["message"].as_str().unwrap().ends_with("as it already exists, and is empty."), "{said}");
        flight.flyway(&["-baselineVersion=x", "baseline"]).code(2).complains(&["baselineVersion cannot be \"x\""]);
    }
}

/// What a person types to clean this database.
fn database(flight: &Flight) -> String {
    flight.url.rsplit('/').next().unwrap().to_owned()
}

#[test]
fn clean_is_off_asks_for_the_name_and_drops_everything() {
    for flight in Flight::each() {
        three(&flight);
        flight.flyway(&["migrate"]).code(0);
        let disabled = "Unable to execute clean as it has been disabled with the 'flyway.cleanDisabled' property.";
        flight.flyway(&["clean"]).code(2).complains(&[disabled]);
        flight.flyway(&["-cleanDisabled=false", "clean"]).code(2).complains(&["--yes-delete", &database(&flight)]);
        flight.flyway(&["-cleanDisabled=false", "clean", "--yes-delete", "other"]).code(2).complains(&["Nothing was dropped"]);
        assert_eq!(flight.history().len(), 3);
        let name = database(&flight);
        let said = json_of(&flight, 0, &["-cleanDisabled=false", "clean", "--yes-delete", &name]);
        assert_eq!(said["schemasCleaned"], json!([schema(&flight)]));
        assert_eq!(said["schemasDropped"], json!([]));
        assert!(flight.tables().is_empty());
        flight.flyway(&["migrate"]).code(0);
        let said = flight.flyway(&["-cleanDisabled=false", "clean", "--yes-delete", &name]).code(0).out;
        assert!(said.starts_with(&format!("Successfully cleaned schema \"{}\" (execution time 00:0", schema(&flight))), "{said}");
    }
}

#[test]
fn clean_drops_what_postgres_can_hold_and_the_schemas_that_flyway_made() {
    let flight = Flight::postgres();
    flight.write(
        "sql/V1__all.sql",
        "CREATE TYPE mood AS ENUM ('ok');\nCREATE DOMAIN positive AS integer CHECK (VALUE > 0);\nCREATE TYPE pair AS (a mood, b int);\n\
         CREATE TABLE parent (id serial, m mood, p positive) PARTITION BY RANGE (id);\n\
         CREATE TABLE child PARTITION OF parent FOR VALUES FROM (1) TO (10);\nCREATE VIEW seen AS SELECT id FROM parent;\n\
         CREATE MATERIALIZED VIEW kept AS SELECT id FROM seen;\nCREATE SEQUENCE lone;\n\
         CREATE FUNCTION one(mood) RETURNS int LANGUAGE sql AS 'SELECT 1';\nCREATE PROCEDURE two() LANGUAGE sql AS 'SELECT 2';\n\
         CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int);\nCREATE TYPE box2;\n",
    );
    let name = database(&flight);
    flight.flyway(&["migrate"]).code(0);
    flight.flyway(&["-cleanDisabled=false", "clean", "--yes-delete", &name]).code(0);
    let left = "SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace) || ' ' || \
                (SELECT count(*) FROM pg_type WHERE typnamespace = 'public'::regnamespace) || ' ' || \
                (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)";
    assert_eq!(flight.value(left), "0 0 0");
    let own = ["-schemas=own", "-defaultSchema=own"];
    flight.flyway(&[&own[..], &["migrate"]].concat()).code(0);
    assert_eq!(
        flight.value("SELECT type || ' ' || script FROM own.flyway_schema_history ORDER BY installed_rank"),
        "SCHEMA \"own\""
    );
    let said = json_of(&flight, 0, &[&own[..], &["-cleanDisabled=false", "clean", "--yes-delete", &name]].concat());
    assert_eq!((&said["schemasCleaned"], &said["schemasDropped"]), (&json!([]), &json!(["own"])));
    assert_eq!(flight.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'own'"), "0");
}

#[test]
fn clean_is_refused_where_approvals_are_asked_for() {
    let flight = Flight::sqlite();
    three(&flight);
    flight.configure("flyway", 1);
    flight.run(&["-cleanDisabled=false", "clean", "--yes-delete", "test.db"]).code(4).complains(&["asks for approvals"]);
}

#[test]
fn several_commands_run_one_after_the_other() {
    for flight in Flight::each() {
        three(&flight);
        let name = database(&flight);
        let said = json_of(&flight, 0, &["-cleanDisabled=false", "--yes-delete", &name, "clean", "migrate", "info"]);
        let results = said["individualResults"].as_array().unwrap();
        let operations: Vec<&str> = results.iter().map(|one| one["operation"].as_str().unwrap()).collect();
        assert_eq!(operations, ["clean", "migrate", "info"]);
        assert_eq!(results[2]["schemaVersion"], "2");
        flight.write("sql/V3__bad.sql", "INSERT INTO nowhere VALUES (1);\n");
        let said = json_of(&flight, 1, &["info", "migrate", "validate"]);
        assert_eq!(said["individualResults"].as_array().unwrap().len(), 2, "what comes after the failure does not run");
        assert_eq!(said["error"]["errorCode"], "ERROR");
    }
}

#[test]
fn migrate_tells_flyways_lines_and_its_json() {
    for flight in Flight::each() {
        three(&flight);
        let name = format!("\"{}\"", schema(&flight));
        let said = flight.flyway(&["-target=1", "migrate"]).code(0);
        assert!(
            said.out.starts_with(&format!(
                "Successfully applied 2 migrations to schema {name}, now at version v1 (execution time 00:0"
            )),
            "{said:?}"
        );
        let said = said.complains(&[
            "Successfully validated 3 migrations (execution time 00:00.",
            &format!("Current version of schema {name}: << Empty Schema >>\n"),
            &format!("Migrating schema {name} to version \"1 - init\"\n"),
            &format!("Migrating schema {name} with repeatable migration \"view\"\n"),
        ]);
        drop(said);
        let said = json_of(&flight, 0, &["migrate"]);
        let expected = ["1", "2"].map(Value::from);
        assert_eq!([&said["initialSchemaVersion"], &said["targetSchemaVersion"]], [&expected[0], &expected[1]]);
        assert_eq!((&said["success"], &said["migrationsExecuted"], &said["warnings"]), (&json!(true), &json!(1), &json!([])));
        let only = &said["migrations"][0];
        assert_eq!((&only["category"], &only["version"], &only["type"]), (&json!("Versioned"), &json!("2"), &json!("SQL")));
        assert!(only["executionTime"].is_u64() && only["filepath"].as_str().unwrap().ends_with("/sql/V2__more.sql"), "{only}");
        let said = flight.flyway(&["migrate"]).code(0);
        assert_eq!(said.out, format!("Schema {name} is up to date. No migration necessary.\n"));
        let said = flight.flyway(&["-q", "migrate"]).code(0);
        assert_eq!((said.out.as_str(), said.err.as_str()), ("", ""));
    }
}

#[test]
fn migrate_that_fails_says_in_json_what_was_done() {
    for flight in Flight::each() {
        three(&flight);
        flight.write("sql/V2__more.sql", "INSERT INTO nowhere VALUES (1);\n");
        let said = json_of(&flight, 1, &["migrate"]);
        assert_eq!((&said["success"], &said["migrationsExecuted"]), (&json!(false), &json!(1)));
        assert_eq!((&said["targetSchemaVersion"], &said["error"]["errorCode"]), (&Value::Null, &json!("ERROR")));
        assert_eq!(said["migrations"][0]["version"], "1");
        let error = &said["error"];
        assert!(error["summary"].as_str().unwrap().contains("sql/V2__more.sql:1"), "{said}");
        assert!(error["message"].as_str().unwrap().starts_with("Migration V2__more.sql failed\n-----"), "{said}");
        let codes = if flight.dialect == "sqlite" { (json!(null), json!(1)) } else { (json!("42P01"), json!(0)) };
        assert_eq!((error["sqlState"].clone(), error["sqlErrorCode"].clone()), codes);
        assert_eq!(error["lineNumber"], 1);
        assert!(
            error["path"].as_str().unwrap().starts_with('/') && error["path"].as_str().unwrap().ends_with("/sql/V2__more.sql")
        );
    }
}

#[test]
fn a_late_version_with_out_of_order_is_marked_and_warned_about() {
    let flight = Flight::sqlite();
    three(&flight);
    flight.flyway(&["migrate"]).code(0);
    flight.write("sql/V1.5__late.sql", "CREATE TABLE late (id integer);\n");
    let said = json_of(&flight, 0, &["-outOfOrder=true", "migrate"]);
    assert_eq!(said["warnings"], json!(["outOfOrder mode is active. Migration of schema \"main\" may not be reproducible."]));
    flight.write("sql/V1.6__late.sql", "CREATE TABLE later (id integer);\n");
    let said = flight.flyway(&["-outOfOrder=true", "migrate"]).code(0);
    said.complains(&["Migrating schema \"main\" to version \"1.6 - late\" [out of order]"]);
}

#[test]
fn undo_tells_what_it_took_back() {
    for flight in Flight::each() {
        for number in 1..=3 {
            flight.write(&format!("sql/V{number}__t.sql"), format!("CREATE TABLE t{number} (id integer);\n"));
            flight.write(&format!("sql/U{number}__t.sql"), format!("DROP TABLE t{number};\n"));
        }
        flight.flyway(&["migrate"]).code(0);
        let said = json_of(&flight, 0, &["undo"]);
        assert_eq!((&said["initialSchemaVersion"], &said["targetSchemaVersion"]), (&json!("3"), &json!("2")));
        assert_eq!((&said["migrationsUndone"], &said["operation"]), (&json!(1), &json!("undo")));
        let one = &said["undoneMigrations"][0];
        assert_eq!((&one["version"], &one["description"]), (&json!("3"), &json!("t")));
        assert!(one["filepath"].as_str().unwrap().ends_with("/sql/U3__t.sql"), "{one}");
        let said = flight.flyway(&["-target=1", "undo"]).code(0);
        let name = schema(&flight);
        assert!(said.out.starts_with(&format!("Successfully undid 2 migrations to schema \"{name}\"")), "{said:?}");
        said.complains(&[&format!("Undoing migration of schema \"{name}\" to version \"2 - t\"")]);
    }
}

#[test]
fn commands_of_other_editions_say_what_to_use() {
    let flight = Flight::sqlite();
    three(&flight);
    for (command, instead) in
        [("snapshot", "schema"), ("diff", "-drift"), ("generate", "new"), ("model", "new"), ("prepare", "plan")]
    {
        flight.flyway(&[command]).code(2).complains(&[&format!("no command {command}"), instead]);
    }
}

//! `info` and `validate`: what they say of files and history, on SQLite and PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::{Value, json};

use crate::commands::{json_of, three};
use crate::flight::Flight;

fn states(said: &Value) -> Vec<String> {
    let migrations = said["migrations"].as_array().unwrap();
    migrations
        .iter()
        .map(|one| format!("{} {}", one["version"].as_str().unwrap(), one["state"].as_str().unwrap()).trim().to_owned())
        .collect()
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
pub(crate) fn motley(flight: &Flight) {
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
        assert!(said.out.starts_with("Successfully validated 3 migrations (execution time 00:0"), "{said:?}");
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

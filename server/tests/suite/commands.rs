//! Flyway's commands that change something: text, JSON and exit codes, on SQLite and PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::{Value, json};

use crate::clean::database;
use crate::flight::Flight;
use crate::info::motley;

pub(crate) fn three(flight: &Flight) {
    flight.write("sql/V1__init.sql", "CREATE TABLE a (id integer PRIMARY KEY);\n");
    flight.write("sql/V2__more.sql", "CREATE TABLE b (id integer PRIMARY KEY);\n");
    flight.write("sql/R__view.sql", "DROP VIEW IF EXISTS w;\nCREATE VIEW w AS SELECT id FROM a;\n");
}

/// The schema as messages name it.
pub(crate) fn schema(flight: &Flight) -> &'static str {
    if flight.dialect == "sqlite" { "main" } else { "public" }
}

fn table(flight: &Flight) -> String {
    format!("\"{}\".\"flyway_schema_history\"", schema(flight))
}

#[track_caller]
pub(crate) fn json_of(flight: &Flight, code: i32, arguments: &[&str]) -> Value {
    flight.flyway(&[&["-outputType=json"], arguments].concat()).code(code).json()
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

#[test]
fn what_is_said_goes_into_the_output_file_and_is_coloured_where_asked() {
    let flight = Flight::sqlite();
    three(&flight);
    let kept = || std::fs::read_to_string(flight.path().join("out.txt")).unwrap();
    let said = flight.flyway(&["-outputFile=out.txt", "-color=always", "migrate", "info"]).code(0);
    assert!(said.out.contains("\u{1b}[32mSuccessfully applied 3 migrations"), "{}", said.out);
    let text = kept();
    for part in ["Migrating schema", "Successfully applied 3 migrations", "| Versioned  | 1 "] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    assert!(!text.contains('\u{1b}'), "no colours in the file: {text:?}");
    assert!(!flight.flyway(&["-color=never", "info"]).code(0).out.contains('\u{1b}'));

    let said = flight.flyway(&["-outputFile=out.txt", "-outputType=json", "info"]).code(0);
    assert_eq!(serde_json::from_str::<Value>(&kept()).unwrap(), said.json(), "the result alone, in place of what was there");

    flight.write("sql/V3__broken.sql", "CREATE TABLE a (id integer);\n");
    flight.flyway(&["-outputFile=out.txt", "migrate"]).code(1);
    assert!(kept().contains("already exists") && kept().contains("error: "), "{}", kept());
    flight.flyway(&["-outputFile=no/such/out.txt", "info"]).code(2).complains(&["no/such/out.txt", "cannot be written"]);
    flight.flyway(&["-color=green", "info"]).code(2).complains(&["green", "auto", "always", "never"]);
}

//! New migrations: their names, places and texts; and old ones as one file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::Command;

use crate::flight::Flight;

fn names(flight: &Flight, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(flight.path().join(folder)).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn git(flight: &Flight, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.current_dir(flight.path()).args(["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]);
    assert!(git.args(arguments).output().unwrap().status.success(), "{arguments:?}");
}

#[test]
fn a_new_migration_has_a_time_for_a_version_and_a_way_back() {
    for flight in Flight::each() {
        flight.configure("flyway", 0);
        flight.write("sql/V20200101000000__users.sql", "CREATE TABLE users (id integer PRIMARY KEY);\n");
        flight.run(&["new", "add user preferences"]).code(0);
        let names = names(&flight, "sql");
        let file = names.last().unwrap();
        let version = file.strip_prefix('V').and_then(|rest| rest.strip_suffix("__add_user_preferences.sql")).unwrap();
        assert!(
            version.len() == 14 && version > "20260101000000" && version.bytes().all(|byte| byte.is_ascii_digit()),
            "{names:?}"
        );
        assert_eq!(names[0], format!("U{version}__add_user_preferences.sql"));
        let text = std::fs::read_to_string(flight.path().join("sql").join(file)).unwrap();
        assert!(text.contains("timeout") && text.contains("transaction") && text.contains("add user preferences"), "{text}");
        flight.run(&["migrate"]).code(0);
        flight.run(&["undo"]).code(0);
        flight.run(&["lint", "--gate", "error"]).code(0);
    }
}

#[test]
fn a_project_that_numbers_goes_on_numbering_past_the_main_branch() {
    let flight = Flight::sqlite();
    flight.configure("flyway", 0);
    flight.write("sql/old/V1__a.sql", "SELECT 1;\n");
    flight.write("sql/V009__b.sql", "SELECT 1;\n");
    git(&flight, &["init", "-q", "-b", "main"]);
    flight.write("sql/V010__on_main.sql", "SELECT 1;\n");
    git(&flight, &["add", "."]);
    git(&flight, &["commit", "-q", "-m", "x"]);
    git(&flight, &["checkout", "-q", "-b", "mine"]);
    git(&flight, &["rm", "-q", "sql/V010__on_main.sql"]);
    let said = flight.run(&["--format", "json", "new", "c", "--no-undo"]).code(0).json();
    assert_eq!((said["version"].as_str(), said["files"][0]["path"].as_str()), (Some("011"), Some("sql/V011__c.sql")));
    assert_eq!(said["compared"], serde_json::json!(["main"]));
    let said = flight.run(&["new", "d", "--timestamp", "--no-undo"]).code(0);
    assert!(said.out.contains("sql/V20"), "{}", said.out);
    flight.run(&["new", "all users", "--repeatable"]).code(0);
    assert!(flight.path().join("sql/R__all_users.sql").exists());
    flight.run(&["new", "all users", "--repeatable"]).code(2).complains(&["R__all_users.sql", "there already"]);
    flight.run(&["new", " / "]).code(2).complains(&["leaves no name"]);
}

#[test]
fn a_project_has_its_own_template() {
    let flight = Flight::sqlite();
    flight.configure("flyway", 0);
    let text = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap();
    flight.write("flightplan.toml", format!("{text}\n[new]\nversioned = \"templates/v.sql\"\n"));
    flight.write("templates/v.sql", "-- {{version}} {{description}} ({{file}})\n");
    flight.write("sql/V1.2.3__a.sql", "SELECT 1;\n");
    flight.run(&["new", "b c", "--no-undo"]).code(0);
    let text = std::fs::read_to_string(flight.path().join("sql/V1.2.4__b_c.sql")).unwrap();
    assert_eq!(text, "-- 1.2.4 b c (V1.2.4__b_c.sql)\n");
}

/// Schema and rows, as text.
fn state(flight: &Flight) -> (serde_json::Value, Vec<String>) {
    let schema = flight.run(&["--format", "json", "--url", &flight.url, "schema"]).code(0).json();
    (schema["tables"].clone(), flight.query("SELECT id, name, kind FROM pets ORDER BY id"))
}

fn old_files(flight: &Flight) {
    flight.configure("flyway", 0);
    let kind = if flight.dialect == "postgres" { "CREATE TYPE kind AS ENUM ('cat');\n" } else { "" };
    let of_kind = if flight.dialect == "postgres" { "kind" } else { "text" };
    flight.write("sql/V1__pets.sql", format!("{kind}CREATE TABLE pets (id integer PRIMARY KEY, name varchar(20))"));
    flight.write("sql/V2__rows.sql", "INSERT INTO pets VALUES (1, 'a;b'), (2, '--');\n-- done");
    flight.write(
        "sql/V3__kind.sql",
        format!("ALTER TABLE pets ADD COLUMN kind {of_kind};\nUPDATE pets SET kind = 'cat' WHERE id = 1;\n"),
    );
    if flight.dialect == "postgres" {
        let index = "-- built concurrently\nCREATE INDEX CONCURRENTLY pets_name ON pets (name);\nVACUUM pets;\n";
        flight.write("sql/V4__index.sql", index);
        let path = "CREATE SCHEMA other;\nSET search_path TO other;\nALTER TYPE public.kind ADD VALUE 'dog';\n";
        flight.write("sql/V5__path.sql", path);
        flight.write("sql/V6__rows.sql", "CREATE TABLE owners (id integer);\nINSERT INTO pets VALUES (3, 'c', 'cat');\n");
    } else {
        flight.write("sql/V4__index.sql", "CREATE INDEX pets_name ON pets (name);\n");
        flight.write("sql/V5__view.sql", "CREATE VIEW cats AS SELECT * FROM pets WHERE kind = 'cat';\n");
        let third = "INSERT INTO pets VALUES (3, 'c', 'dog');\n";
        let procedure = if flight.dialect == "mariadb" {
            format!("DELIMITER //\nCREATE PROCEDURE third() BEGIN {third} END//\nDELIMITER ;\nCALL third();\n")
        } else {
            third.to_owned()
        };
        flight.write("sql/V6__rows.sql", format!("CREATE TABLE owners (id integer);\n{procedure}"));
    }
    flight.write("sql/V7__later.sql", "CREATE TABLE later (id integer);\n");
}

#[test]
fn a_baseline_file_makes_what_the_old_files_made() {
    let pairs = Flight::all().into_iter().zip(Flight::all());
    for (old, fresh) in pairs {
        old_files(&old);
        old.run(&["migrate"]).code(0);
        let said = old.run(&["squash", "--to", "6"]).code(0);
        assert!(said.out.contains("sql/B6__baseline.sql"), "{}", said.out);

        // A database past it passes it over.
        old.run(&["migrate"]).code(0);
        assert_eq!(old.history().len(), 7, "{:?}", old.history());
        let info = old.run(&["--format", "json", "info"]).code(0).json();
        let states: Vec<&str> = info["migrations"].as_array().unwrap().iter().filter_map(|one| one["state"].as_str()).collect();
        assert_eq!(states.iter().filter(|state| **state == "Pending").count(), 0, "{states:?}");
        old.run(&["validate"]).code(0);

        // An empty one starts with it.
        old_files(&fresh);
        fresh.write("sql/B6__baseline.sql", std::fs::read(old.path().join("sql/B6__baseline.sql")).unwrap());
        fresh.run(&["migrate"]).code(0);
        assert_eq!(fresh.history(), ["1|6|baseline|SQL_BASELINE|B6__baseline.sql|ok", "2|7|later|SQL|V7__later.sql|ok"]);
        assert_eq!(state(&old), state(&fresh));
        old.run(&["squash", "--to", "6"]).code(2).complains(&["baseline file already"]);
    }
}

#[test]
fn what_would_not_be_the_same_in_one_file_is_refused_with_its_place() {
    let flight = Flight::postgres();
    flight.configure("flyway", 0);
    flight.write("sql/V1__a.sql", "CREATE TABLE a (id integer);\n");
    flight.write("sql/V2__b.sql", "BEGIN;\nCREATE TABLE b (id integer);\nCOMMIT;\n");
    flight.write("sql/V3__c.sql", "\nALTER SYSTEM SET work_mem = '8MB';\n");
    flight.write("sql/V4__d.sql", "SET LOCAL session_replication_role = replica;\n");
    flight.run(&["squash", "--to", "2"]).code(2).complains(&["V2__b.sql:1", "transaction itself"]);
    std::fs::remove_file(flight.path().join("sql/V2__b.sql")).unwrap();
    flight.run(&["squash", "--to", "3"]).code(2).complains(&["inside a transaction"]);
    std::fs::remove_file(flight.path().join("sql/V3__c.sql")).unwrap();
    flight.run(&["squash", "--to", "4"]).code(2).complains(&["V4__d.sql:1", "session_replication_role"]);
    std::fs::remove_file(flight.path().join("sql/V4__d.sql")).unwrap();
    flight.write("sql/V4__d.sql", "CREATE TYPE k AS ENUM ('x');\nALTER TYPE k ADD VALUE 'y';\nSELECT 'y'::k;\n");
    flight.run(&["squash", "--to", "4"]).code(2).complains(&["V4__d.sql:3", "enum value 'y'"]);
    flight.run(&["squash", "--to", "9"]).code(2).complains(&["No migration has version 9", "1, 4"]);
    assert_eq!(names(&flight, "sql"), ["V1__a.sql", "V4__d.sql"]);
}

//! Callbacks, `group` and `undo` where schema changes commit (MariaDB): what failed goes on where it stopped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::callbacks::{migrate, story, told};
use crate::flight::Flight;

#[test]
fn a_failed_migration_goes_on_once_with_its_callbacks() {
    let flight = Flight::mariadb();
    told(
        &flight,
        &["beforeEachMigrate", "beforeEachMigrateStatement", "afterEachMigrate", "afterEachMigrateError", "afterMigrate"],
    );
    flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\nINSERT INTO nothing VALUES (1);\n");
    migrate(&flight, &[]).code(1).complains(&["V1__a.sql:2", "failed part-way"]);
    let before =
        ["beforeEachMigrate x", "beforeEachMigrateStatement x", "beforeEachMigrateStatement x", "afterEachMigrateError x"];
    assert_eq!(story(&flight), before);
    assert_eq!(flight.history(), ["1|1|a|SQL|V1__a.sql|failed"]);
    flight.query("CREATE TABLE nothing (x integer)");
    migrate(&flight, &[]).code(0);
    let after = ["afterEachMigrate x", "afterMigrate x"];
    assert_eq!(story(&flight), [before.as_slice(), &after].concat(), "what ran before the failure ran once");
    assert_eq!(flight.history(), ["1|1|a|SQL|V1__a.sql|ok"]);
    assert_eq!(flight.value("SELECT count(*) FROM nothing"), "1");
    flight.write("sql/V2__b.sql", "CREATE TABLE b (x integer);\n");
    flight.write("sql/afterEachMigrate.sql", "SELECT 1;\nINSERT INTO nowhere VALUES (2);\n");
    migrate(&flight, &[]).code(1).complains(&["afterEachMigrate.sql:2"]);
    flight.write("sql/afterEachMigrate.sql", "SELECT 1;\n");
    migrate(&flight, &[]).code(0);
    assert_eq!(flight.history().len(), 2);
}

#[test]
fn a_group_is_told_to_be_none() {
    let flight = Flight::mariadb();
    flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
    flight.write("sql/V2__b.sql", "CREATE TABLE b (x integer);\nINSERT INTO nothing VALUES (1);\n");
    flight.flyway(&["-group=true", "migrate"]).code(1).complains(&["WARNING: ", "V2__b.sql:2", "failed part-way"]);
    assert_eq!(flight.history(), ["1|1|a|SQL|V1__a.sql|ok", "2|2|b|SQL|V2__b.sql|failed"]);
    flight.query("CREATE TABLE nothing (x integer)");
    flight.flyway(&["-group=true", "migrate"]).code(0);
    assert_eq!(flight.history()[1], "2|2|b|SQL|V2__b.sql|ok");
    assert_eq!(flight.value("SELECT count(*) FROM nothing"), "1");
}

#[test]
fn an_undo_goes_on_where_it_failed() {
    let flight = Flight::mariadb();
    for number in 1..=3 {
        flight.write(&format!("sql/V{number}__t.sql"), format!("CREATE TABLE t{number} (x integer);\n"));
        flight.write(&format!("sql/U{number}__t.sql"), format!("DROP TABLE t{number};\n"));
    }
    flight.write("sql/U2__t.sql", "DROP TABLE t2;\nINSERT INTO nothing VALUES (1);\nCREATE TABLE back (x integer);\n");
    flight.write("sql/beforeEachUndo.sql", "CREATE TABLE IF NOT EXISTS undone (x integer);\n");
    flight.flyway(&["migrate"]).code(0);
    flight.flyway(&["-target=2", "undo"]).code(1).complains(&["U2__t.sql:2", "failed part-way"]);
    let states = |flight: &Flight| -> Vec<String> {
        let said = flight.flyway(&["--format", "json", "info"]).json();
        let rows = said["migrations"].as_array().unwrap().iter();
        rows.map(|row| format!("{} {}", row["version"].as_str().unwrap(), row["state"].as_str().unwrap())).collect()
    };
    assert!(!flight.tables().contains(&"t2".to_owned()) && !flight.tables().contains(&"t3".to_owned()));
    assert_eq!(states(&flight), ["1 Success", "2 Success", "3 Deleted", "2 Failed", "3 Pending"]);
    for command in ["migrate", "validate"] {
        flight.flyway(&[command]).code(1).complains(&["ailed migration to version 2 (t)"]);
    }
    assert!(!flight.tables().contains(&"t3".to_owned()), "nothing runs over what is half taken back");
    flight.query("CREATE TABLE nothing (x integer)");
    flight.flyway(&["-target=2", "undo"]).code(0);
    assert_eq!(flight.value("SELECT count(*) FROM nothing"), "1");
    assert!(flight.tables().contains(&"back".to_owned()) && flight.tables().contains(&"undone".to_owned()));
    assert_eq!(states(&flight), ["1 Success", "2 Deleted", "3 Deleted", "2 Pending", "3 Pending"]);
    flight.flyway(&["migrate"]).code(0);
    assert_eq!(states(&flight), ["1 Success", "2 Deleted", "3 Deleted", "2 Success", "3 Success"]);
}

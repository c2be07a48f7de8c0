//! Recovery points: before a step that loses data there is a copy that the shown command puts back, or the step does not run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use crate::flight::Flight;
use crate::rollback::newest;

fn project(flight: &Flight) {
    flight.configure("flyway", 0);
    let toml = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap();
    flight.write("flightplan.toml", format!("{toml}[recovery]\nbefore_lossy = true\nfolder = \"copies\"\n"));
    flight.write(
        "sql/V1__shop.sql",
        "CREATE TABLE users (id integer PRIMARY KEY, name varchar(20));\nCREATE TABLE other (id integer PRIMARY KEY);\n",
    );
    flight.write("sql/V2__more.sql", "CREATE TABLE extra (id integer PRIMARY KEY);\n");
}

fn copies(flight: &Flight) -> Vec<PathBuf> {
    let Ok(folder) = std::fs::read_dir(flight.path().join("copies")) else { return Vec::new() };
    let mut files: Vec<PathBuf> = folder.flatten().map(|file| file.path()).collect();
    files.sort();
    files
}

/// The command of a recovery point, with what a person adds: the password.
fn restore(flight: &Flight, text: &str) {
    let line = text.lines().find_map(|line| line.trim().strip_prefix("put it back with: ")).unwrap_or_else(|| panic!("{text}"));
    assert!(!line.contains("flightplan-test"), "no password is told: {line}");
    let password = flight.url.split("//").nth(1).and_then(|rest| rest.split('@').next()).and_then(|user| user.split_once(':'));
    let mut command = Command::new("sh");
    command.arg("-c").arg(line).current_dir(flight.path());
    if let Some((_, password)) = password {
        command.env("PGPASSWORD", password).env("MYSQL_PWD", password);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn what_a_step_loses_can_be_put_back() {
    for flight in Flight::all() {
        project(&flight);
        flight.run(&["migrate"]).code(0);
        assert!(copies(&flight).is_empty(), "nothing was lost");
        flight.query("INSERT INTO users (id, name) VALUES (1, 'ada'), (2, 'bob')");
        flight.write("sql/V3__change.sql", "UPDATE users SET name = 'x';\n");
        flight.write("sql/V4__add.sql", "ALTER TABLE other ADD COLUMN n integer;\n");
        let said = flight.run(&["migrate"]).code(0);
        let files = copies(&flight);
        let [file] = files.as_slice() else { panic!("{files:?}") };
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(said.err.contains("Recovery point before V3"), "{said:?}");
        let shown = flight.run(&["runs", "show"]).code(0).out;
        assert!(shown.contains("Recovery point before V3") && shown.contains(&file.display().to_string()), "{shown}");
        assert_eq!(flight.value("SELECT count(*) FROM users WHERE name = 'x'"), "2");
        if flight.dialect == "sqlite" {
            let copy = Flight::sqlite();
            std::fs::copy(file, copy.path().join("test.db")).unwrap();
            assert_eq!(copy.query("SELECT name FROM users ORDER BY id"), ["ada", "bob"]);
        } else {
            restore(&flight, &shown);
            assert_eq!(flight.query("SELECT name FROM users ORDER BY id"), ["ada", "bob"]);
            let holds = shown.lines().find_map(|line| line.strip_prefix("Recovery point before V3: ")).unwrap();
            assert!(holds.ends_with("users") && !holds.contains(','), "only what is touched: {holds}");
        }

        // A way back loses, too.
        flight.query("INSERT INTO extra (id) VALUES (7)");
        flight.write("sql/U3__change.sql", "UPDATE users SET name = 'y';\n");
        flight.run(&["rollback", "--to", "2", "--accept-loss"]).code(0);
        flight.run(&["rollback", "--to", "1", "--accept-loss"]).code(0);
        assert!(!flight.tables().contains(&"extra".to_owned()));
        let shown = flight.run(&["runs", "show"]).code(0).out;
        assert!(shown.contains("Recovery point before undo V2"), "{shown}");
        if flight.dialect != "sqlite" {
            restore(&flight, &shown);
            assert_eq!(flight.query("SELECT id FROM extra"), ["7"]);
        }
        let report = flight.run(&["incident", "--run", &newest(&flight)]).code(0).out;
        assert!(report.contains("Recovery point before undo V2"), "{report}");
    }
}

#[test]
fn without_a_copy_the_step_does_not_run() {
    for flight in Flight::all() {
        project(&flight);
        flight.run(&["migrate"]).code(0);
        flight.query("INSERT INTO users (id, name) VALUES (1, 'ada')");
        flight.write("sql/V3__change.sql", "UPDATE users SET name = 'x';\n");
        flight.write("copies", "a file, not a folder");
        flight.run(&["migrate"]).code(6).complains(&["Stopped before V3, which loses data", "no recovery point can be made"]);
        assert_eq!(flight.query("SELECT name FROM users"), ["ada"]);
        std::fs::remove_file(flight.path().join("copies")).unwrap();
        if flight.dialect == "postgres" {
            // Programs that are not there, or refuse.
            let mut command = flight.command(&["migrate"]);
            let output = command.env("FLIGHTPLAN_PG_BIN", flight.path()).output().unwrap();
            assert_eq!(output.status.code(), Some(6), "{}", String::from_utf8_lossy(&output.stderr));
            assert!(copies(&flight).is_empty(), "no empty file is left to be taken for a copy");
            assert_eq!(flight.query("SELECT name FROM users"), ["ada"]);
        }
        flight.run(&["migrate"]).code(0);
        assert_eq!(flight.query("SELECT name FROM users"), ["x"]);
    }
}

#[test]
fn a_group_gets_one_before_it_begins() {
    let flight = Flight::postgres();
    project(&flight);
    flight.run(&["migrate"]).code(0);
    flight.query("INSERT INTO users (id, name) VALUES (1, 'ada')");
    flight.write("sql/V3__change.sql", "UPDATE users SET name = 'x';\n");
    flight.write("sql/V4__drop.sql", "DROP TABLE other;\n");
    flight.run(&["-group=true", "migrate"]).code(0);
    assert_eq!(copies(&flight).len(), 1);
    let shown = flight.run(&["runs", "show"]).code(0).out;
    assert!(shown.contains("public.other, public.users"), "{shown}");
    assert!(shown.contains("recovery_target_name: flightplan ") || shown.contains("no restore point"), "{shown}");
}

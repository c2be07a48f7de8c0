//! `rollback --emergency`: application stopped, database back, verified, application started and watched, in one command;
//! killed at each step and run again it comes to the same end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::flight::{Flight, Said};
use crate::json_schema::{copy, folder};
use crate::stub;

/// An application that is up while a file `up` is in its folder, and answers over HTTP so; what was done to it is in `log`.
pub(crate) struct App {
    folder: PathBuf,
    address: String,
}

impl App {
    pub(crate) fn beside(flight: &Flight) -> Self {
        let folder = flight.path().to_path_buf();
        std::fs::write(folder.join("up"), "").unwrap();
        let (up, log) = (folder.join("up"), folder.join("log"));
        let address = stub::answering(move |head, _| {
            if head.starts_with("PUT /start") {
                if !head.to_lowercase().contains("content-length: 0") {
                    return 411;
                }
                std::fs::write(&up, "").unwrap();
                append(&log, &format!("started {}\n", head.contains("Bearer secret")));
            }
            if up.exists() { 200 } else { 503 }
        });
        Self { folder, address }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.folder.join("up").exists()
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

fn append(path: &Path, text: &str) {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

const STOP: &str = "rm -f up; echo stopped >> log";

pub(crate) fn playbook(flight: &Flight, app: &App, stop: &str) {
    flight.configure("flyway", 0);
    let toml = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap();
    let more = format!(
        "\n[emergency.stop]\n{stop}\n[emergency.start]\nhttp = \"{address}/start\"\nmethod = \"PUT\"\n\
         authorization_env = \"DEPLOY_TOKEN\"\n[emergency.health]\nhttp = \"{address}/health\"\ntimes = 2\ntimeout_s = 5\n\
         [incident]\ncontacts = [\"Ada | on call\"]\nchecklist = [\"Support has been told\"]\n\
         [verify.checks.users-have-names]\nsql = \"SELECT count(*) FROM users WHERE name IS NULL\"\nexpect = 0\n",
        address = app.address
    );
    flight.write("flightplan.toml", toml + &more);
}

/// Two runs, the second of which is to be taken back, with rows that stay and rows that go.
pub(crate) fn deployed(flight: &Flight) {
    flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY, name varchar(20));\n");
    flight.run(&["migrate"]).code(0);
    flight.query("INSERT INTO users (id, name) VALUES (1, 'ada'), (2, 'bob')");
    flight.write("sql/V2__notes.sql", "CREATE TABLE notes (id integer PRIMARY KEY);\n");
    flight.write("sql/V3__index.sql", "CREATE INDEX users_name ON users (name);\n");
    flight.run(&["migrate"]).code(0);
    flight.query("INSERT INTO notes (id) VALUES (1)");
}

pub(crate) fn name(flight: &Flight) -> String {
    flight.url.rsplit('/').next().unwrap().to_owned()
}

fn emergency(flight: &Flight, more: &[&str]) -> Said {
    emergency_killed(flight, None, more).0
}

fn emergency_killed(flight: &Flight, point: Option<&str>, more: &[&str]) -> (Said, bool) {
    let name = name(flight);
    let all = [&["rollback", "--emergency", "--yes", &name], more].concat();
    let mut command = flight.command(&all);
    command.env("DEPLOY_TOKEN", "Bearer secret");
    if let Some(point) = point {
        command.env("FLIGHTPLAN_FAILPOINT", point);
    }
    let output = command.output().unwrap();
    let killed = output.status.signal() == Some(9);
    (output.into(), killed)
}

fn reports(flight: &Flight) -> Vec<String> {
    let folder = flight.path().join(".flightplan/incidents");
    let files = std::fs::read_dir(folder).unwrap().flatten();
    files.map(|file| std::fs::read_to_string(file.path()).unwrap()).collect()
}

#[track_caller]
pub(crate) fn is_over(flight: &Flight, app: &App) {
    assert!(app.is_up(), "the application runs again");
    assert!(!flight.tables().contains(&"notes".to_owned()), "the database is back");
    assert_eq!(flight.value("SELECT count(*) FROM users"), "2");
    let reports = reports(flight);
    let [report] = reports.as_slice() else { panic!("{reports:?}") };
    for part in
        ["done: the application is back", "- [x] Stop the application", "- [x] Watch its health", "- [ ] Support has been told"]
    {
        assert!(report.contains(part), "{part:?} is missing in:\n{report}");
    }
}

pub(crate) const CHECKED: &str = "command = \"rm -f up; echo stopped >> log\"\ncheck = \"test ! -e up\"";

#[test]
fn the_five_steps_in_one_command() {
    for flight in Flight::all() {
        let app = App::beside(&flight);
        playbook(&flight, &app, CHECKED);
        deployed(&flight);
        let tables = flight.tables();

        // Whatever keeps it from being gone is told before anything is touched.
        emergency(&flight, &[]).code(2).complains(&["Nothing was changed", "1 row now", "--accept-loss"]);
        flight.run(&["rollback", "--emergency", "--accept-loss"]).code(2).complains(&["nobody is here", "--yes", &name(&flight)]);
        flight.run(&["rollback", "--emergency", "--accept-loss", "--yes", "other"]).code(2).complains(&["Nothing was done"]);
        emergency(&flight, &["--settle", "done"]).code(2).complains(&["There is no emergency to go on with"]);
        emergency(&flight, &["--give-up"]).code(2);
        let rehearsed = emergency(&flight, &["--dry-run", "--accept-loss"]).code(0).out;
        for part in [
            "1. Stop the application\n   runs `rm -f up; echo stopped >> log`, until `test ! -e up` succeeds (at most 60 s)\n   now: it is not so",
            "Take back notes (derived, loses something)\n",
            "users-have-names holds now",
            "sends PUT ",
            "now: well",
            "nothing was touched",
        ] {
            assert!(rehearsed.contains(part), "{part:?} is missing in:\n{rehearsed}");
        }
        assert!(app.is_up() && app.log().is_empty() && flight.tables() == tables);

        let said = emergency(&flight, &["--accept-loss"]).code(0);
        assert!(said.out.contains("is over: 5 of 5 steps done"), "{said:?}");
        assert_eq!(app.log(), "stopped\nstarted true\n");
        is_over(&flight, &app);
        let report = &reports(&flight)[0];
        for part in ["notes had 1 rows, and is gone", "V2: 1 row now", "undo V2", "undo V3", "Ada \\| on call", "Run "] {
            assert!(report.contains(part), "{part:?} is missing in:\n{report}");
        }
        assert!(!report.contains("secret"), "{report}");
        // The first run is what is left to take back now.
        let dry = emergency(&flight, &["--dry-run", "--format", "json"]).code(0).json();
        assert!(dry["steps"].to_string().contains("Take back users"), "{dry}");
    }
}

#[test]
fn killed_at_each_step_it_goes_on_to_the_same_end() {
    for make in [Flight::sqlite, Flight::postgres] {
        for step in ["stop", "rollback", "verify", "start", "watch"] {
            for moment in ["begun", "ended", "kept"] {
                let flight = make();
                let app = App::beside(&flight);
                playbook(&flight, &app, CHECKED);
                deployed(&flight);
                let point = format!("emergency.{step}.{moment}");
                let (_, killed) = emergency_killed(&flight, Some(&point), &["--accept-loss"]);
                assert!(killed, "{point}");
                // It is the same emergency: what is accepted need not be accepted again.
                let said = emergency(&flight, &[]).code(0);
                assert!(said.err.contains("Going on with emergency"), "{said:?}");
                is_over(&flight, &app);
                assert_eq!(app.log().matches("stopped").count(), 1, "{point}: {}", app.log());
                let undone = flight.value("SELECT count(*) FROM flyway_schema_history WHERE type = 'DELETE'");
                assert_eq!(undone, "2", "{point}");
            }
        }
    }
}

/// The sample project in one of its environments, without releases, whose gates would stop it.
fn demo(flight: &Flight, app: &App, environment: &str) {
    copy(&folder("migrations"), flight.path());
    std::fs::remove_file(flight.path().join("releases.toml")).unwrap();
    let toml = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap();
    let (toml, _playbook) = toml.split_once("# `rollback --emergency`").unwrap();
    let toml = toml.replace("approvals = 1", "approvals = 0");
    let address = &app.address;
    let more = format!(
        "\n[emergency.stop]\n{CHECKED}\n[emergency.start]\nhttp = \"{address}/start\"\nmethod = \"PUT\"\n\
         [emergency.health]\nhttp = \"{address}/health\"\ntimes = 1\n"
    );
    let name = format!("default_environment = \"{environment}\"");
    flight.write("flightplan.toml", toml.replace("default_environment = \"development\"", &name) + &more);
}

#[test]
fn the_sample_project_goes_back_whatever_step_is_killed() {
    for (make, environment) in [(Flight::sqlite as fn() -> Flight, "development"), (Flight::postgres, "test")] {
        for step in ["stop", "rollback", "verify", "start", "watch"] {
            let flight = make();
            let app = App::beside(&flight);
            demo(&flight, &app, environment);
            let run = |point: Option<&str>, arguments: &[&str]| {
                let mut command = flight.command(arguments);
                command.env("COREOS_DEVELOPMENT_URL", &flight.url).env("COREOS_TEST_URL", &flight.url);
                point.map(|point| command.env("FLIGHTPLAN_FAILPOINT", point));
                let output = command.output().unwrap();
                (output.status.signal() == Some(9), Said::from(output))
            };
            run(None, &["upgrade", "a7d19e40c2b8"]).1.code(0);
            flight.query("INSERT INTO users (email, display_name) VALUES ('ada@example.org', 'Ada')");
            let before = flight.query("SELECT version_num FROM alembic_version ORDER BY 1");
            let tables = flight.tables();
            run(None, &["upgrade", "heads"]).1.code(0);
            let name = name(&flight);
            let arguments = ["rollback", "--emergency", "--accept-loss", "--yes", name.as_str()];
            assert!(run(Some(&format!("emergency.{step}.ended")), &arguments).0, "{step}");
            run(None, &["upgrade", "heads"]).1.code(7).complains(&["Emergency", "rollback --emergency", "--give-up"]);
            run(None, &arguments).1.code(0);
            assert_eq!(flight.query("SELECT version_num FROM alembic_version ORDER BY 1"), before, "{step}");
            assert_eq!(flight.tables(), tables, "{step}");
            assert_eq!(flight.value("SELECT count(*) FROM users"), "1");
            // A PUT may be sent twice; a command with a check is not run twice.
            let log = app.log();
            let twice = if step == "start" { 2 } else { 1 };
            assert!(
                app.is_up() && log.matches("stopped").count() == 1 && log.matches("started").count() == twice,
                "{step}: {log}"
            );
            assert!(reports(&flight)[0].contains("done: the application is back"));
        }
    }
}

#[test]
fn killed_inside_the_way_back_it_goes_on() {
    for make in [Flight::sqlite, Flight::postgres, Flight::mariadb] {
        for point in ["statement.after:1", "statement.before:2", "commit.after:1"] {
            let flight = make();
            let app = App::beside(&flight);
            playbook(&flight, &app, CHECKED);
            deployed(&flight);
            let (_, killed) = emergency_killed(&flight, Some(point), &["--accept-loss"]);
            assert!(killed || flight.dialect == "mariadb", "{point}");
            if killed {
                emergency(&flight, &[]).code(0);
            }
            is_over(&flight, &app);
        }
    }
}

#[test]
fn a_step_nobody_knows_of_is_asked_for() {
    let flight = Flight::sqlite();
    let app = App::beside(&flight);
    playbook(&flight, &app, &format!("command = \"{STOP}\""));
    deployed(&flight);
    let rehearsed = emergency(&flight, &["--dry-run"]).code(0).out;
    assert!(rehearsed.contains("a person would have to say") && rehearsed.contains("needs --accept-loss"), "{rehearsed}");
    assert!(emergency_killed(&flight, Some("emergency.stop.ended"), &["--accept-loss"]).1);
    emergency(&flight, &[]).code(6).complains(&["Nobody knows whether", "--settle done", STOP]);
    assert_eq!(app.log(), "stopped\n", "it was not done again");
    emergency(&flight, &["--settle", "done"]).code(0);
    is_over(&flight, &app);
    assert!(reports(&flight)[0].contains("done, said "), "{:?}", reports(&flight));
}

#[test]
fn a_step_that_fails_leaves_it_open() {
    let flight = Flight::postgres();
    let app = App::beside(&flight);
    playbook(&flight, &app, CHECKED);
    deployed(&flight);
    flight.query("INSERT INTO users (id) VALUES (3)");
    emergency(&flight, &["--accept-loss"]).code(1).complains(&[
        "Verify data integrity failed",
        "users-have-names",
        "gave 1",
        "The application is stopped",
    ]);
    assert!(!app.is_up());
    assert!(reports(&flight)[0].contains("**failed**"));
    // The way back is not gone again, and rows that others change meanwhile are seen.
    flight.query("DELETE FROM users WHERE id = 3");
    emergency(&flight, &[]).code(1).complains(&["public.users had 3 rows, and has 2"]);
    emergency(&flight, &["--settle", "done"]).code(0);
    is_over(&flight, &app);

    // An application that does not get well again.
    let broken = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap();
    flight.write(
        "flightplan.toml",
        broken.replace("timeout_s = 5", "timeout_s = 1").replace("/health\"", "/health\"\nexpect = 204"),
    );
    flight.run(&["migrate"]).code(0);
    emergency(&flight, &["--accept-loss"]).code(1).complains(&["Watch its health failed", "answered with 200", "was started"]);
    let said = emergency(&flight, &["--give-up"]).code(0);
    assert!(said.out.contains("was given up: 4 of 5 steps done"), "{said:?}");
}

#[test]
fn a_stop_that_fails_touches_nothing_else() {
    let flight = Flight::sqlite();
    let app = App::beside(&flight);
    playbook(&flight, &app, "command = \"echo no such unit; exit 5\"");
    deployed(&flight);
    emergency(&flight, &["--accept-loss"]).code(1).complains(&["Stop the application failed", "no such unit"]);
    assert!(flight.tables().contains(&"notes".to_owned()));
    playbook(&flight, &app, "command = \"sleep 60\"\ntimeout_s = 1");
    emergency(&flight, &[]).code(1).complains(&["did not end within 1 s and was killed"]);
    playbook(&flight, &app, "command = \"true\"\ncheck = \"test ! -e up\"\ntimeout_s = 1");
    emergency(&flight, &[]).code(1).complains(&["not in effect within 1 s"]);
    playbook(&flight, &app, CHECKED);
    emergency(&flight, &[]).code(0);
    is_over(&flight, &app);
}

/// A `kubectl` that keeps its replicas in a file.
const KUBECTL: &str = "#!/bin/sh\necho \"$@\" >> calls\ncase \"$1\" in\nscale) echo \"$3\" | sed 's/.*=//' > replicas;;\n\
get) n=$(cat replicas); [ \"$n\" = 0 ] && printf '0 ' || printf '%s %s' \"$n\" \"$n\";;\nesac\n";

#[test]
fn kubernetes_gets_its_replicas_back() {
    for point in [None, Some("emergency.stop.ended"), Some("emergency.start.begun")] {
        let flight = Flight::sqlite();
        let app = App::beside(&flight);
        playbook(&flight, &app, "kubernetes = \"deployment/shop\"\nnamespace = \"prod\"");
        let toml = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap();
        let start = toml.find("[emergency.start]").unwrap();
        let health = toml.find("[emergency.health]").unwrap();
        let kubernetes = "[emergency.start]\nkubernetes = \"deployment/shop\"\nnamespace = \"prod\"\n";
        flight.write("flightplan.toml", format!("{}{kubernetes}{}", &toml[..start], &toml[health..]));
        deployed(&flight);
        let program = flight.write("bin/kubectl", KUBECTL);
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        flight.write("replicas", "3\n");
        let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
        let run = |point: Option<&str>| {
            let mut command = flight.command(&["rollback", "--emergency", "--accept-loss", "--yes", "test.db"]);
            command.env("PATH", &path);
            point.map(|point| command.env("FLIGHTPLAN_FAILPOINT", point));
            Said::from(command.output().unwrap())
        };
        if point.is_some() {
            run(point);
        }
        run(None).code(0);
        assert_eq!(std::fs::read_to_string(flight.path().join("replicas")).unwrap(), "3\n", "{point:?}");
        let calls = std::fs::read_to_string(flight.path().join("calls")).unwrap();
        let scales: Vec<&str> = calls.lines().filter(|line| line.starts_with("scale")).collect();
        assert_eq!(
            scales,
            ["scale deployment/shop --replicas=0 --namespace=prod", "scale deployment/shop --replicas=3 --namespace=prod"]
        );
    }
}

#[test]
fn only_an_operator_may_and_approvals_count() {
    let flight = Flight::sqlite();
    let app = App::beside(&flight);
    playbook(&flight, &app, CHECKED);
    deployed(&flight);
    let toml = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap();
    flight.write("flightplan.toml", format!("{toml}\n[emergency]\noperators = [\"grace\"]\n"));
    emergency(&flight, &["--accept-loss"]).code(4).complains(&["operators of [emergency] names grace"]);
    flight.write("flightplan.toml", toml.replace("approvals = 0", "approvals = 1"));
    emergency(&flight, &["--accept-loss"]).code(4).complains(&["no plan approved for this database takes back"]);
    assert!(app.is_up() && app.log().is_empty());
}

#[test]
fn mistakes_in_the_playbook_stop_everything() {
    let flight = Flight::sqlite();
    flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
    let health = "[emergency.health]\nsql = \"SELECT 1\"\nexpect = 1\n";
    let start = "[emergency.start]\ncommand = \"true\"\n";
    for (text, parts) in [
        ("[emergency]\nstopp = 1\n", &["flightplan.toml:13", "[emergency] has no setting \"stopp\"", "Write stop."][..]),
        ("[emergency.stop]\ncomand = \"x\"\n", &["flightplan.toml:13", "has no setting \"comand\"", "command"]),
        ("[emergency.stop]\ncommand = \"x\"\nhttp = \"http://h/\"\n", &["does not say one thing to do"]),
        ("[emergency.stop]\ncommand = \"x\"\nreplicas = 1\n", &["does not say one thing to do"]),
        ("[emergency.stop]\nkubernetes = \"shop\"\n", &["kind and name"]),
        ("[emergency.stop]\nhttp = \"http://ann:secret@h/\"\n", &["holds a password", "authorization_env"]),
        ("[emergency.stop]\ncommand = \"x\"\n", &["lacks [emergency.start] and [emergency.health]"]),
        (&format!("[emergency.stop]\ncommand = \"x\"\ntimeout_s = 0\n{start}{health}"), &["from 1 to 86400"]),
        (&format!("[emergency.stop]\ncommand = \"x\"\n{start}[emergency.health]\nsql = \"DELETE FROM a\"\n"), &["only reads"]),
        ("[incident]\ncontact = []\n", &["Write contacts."]),
        ("[verify]\ncheck = 1\n", &["Write checks."]),
        ("[verify.checks.one]\nsqll = \"SELECT 1\"\n", &["[verify.checks.one]", "Write sql."]),
        ("[emergencies]\nx = 1\n", &["flightplan.toml has no setting \"emergencies\"", "Write emergency."]),
    ] {
        flight.configure("flyway", 0);
        let toml = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap();
        flight.write("flightplan.toml", format!("{toml}{text}"));
        for command in [&["migrate"][..], &["lint"], &["rollback", "--emergency"]] {
            let said = flight.run(command).code(2);
            let told = said.err + &said.out;
            assert!(parts.iter().all(|part| told.contains(part)), "{parts:?}: {told}");
            assert!(!told.contains("secret"), "{told}");
        }
        assert!(flight.tables_or_none().is_empty());
    }
    flight.configure("flyway", 0);
    flight.run(&["rollback", "--emergency"]).code(2).complains(&["no playbook", "[emergency.stop]"]);
}

/// Steps as JSON, for tools.
#[test]
fn the_result_is_told_to_tools() {
    let flight = Flight::sqlite();
    let app = App::beside(&flight);
    playbook(&flight, &app, CHECKED);
    deployed(&flight);
    let told: Value = emergency(&flight, &["--accept-loss", "--format", "json"]).code(0).json();
    assert_eq!(told["emergency"]["state"], "done");
    let steps = told["emergency"]["steps"].as_array().unwrap();
    assert!(steps.iter().all(|step| step["state"] == "done" && step["attempts"] == 1), "{told}");
    assert!(Path::new(told["report"].as_str().unwrap()).exists(), "{told}");
}

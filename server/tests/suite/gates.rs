//! A rollout stops at its gates, survives there, and goes on when they open; nobody passes one in another way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::api::{Served, launch};
use crate::flight::{Flight, Said};
use crate::json_schema::keeps;
use crate::stub;

const RELEASES: &str = r#"
[[release]]
version = "1.9"
schema = "1"
queries = ["1.9.sql"]
[[release]]
version = "2.0"
schema = "4"
"#;

/// 1.9 is live on schema 1; V3 fills what it does not write, V4 takes away what it uses.
pub(crate) fn project(flight: &Flight, approvals: u32, gates: &str) {
    flight.configure("flyway", approvals);
    let toml = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap();
    flight.write("flightplan.toml", format!("{toml}{gates}"));
    flight.write("releases.toml", RELEASES);
    flight.write("1.9.sql", "SELECT id, name, legacy FROM users;\n");
    flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY, name varchar(50), legacy varchar(50));\n");
    let url = flight.url.clone();
    flight.run(&["--url", &url, "--source", "flyway:sql", "migrate"]).code(0);
    flight.query("INSERT INTO users (id, name) VALUES (1, 'ann')");
    flight.write("sql/V2__full_name.sql", "ALTER TABLE users ADD COLUMN full_name varchar(50);\n");
    flight.write("sql/V3__fill.sql", "UPDATE users SET full_name = name WHERE full_name IS NULL;\n");
    flight.write("sql/V4__drop.sql", "ALTER TABLE users DROP COLUMN legacy;\n");
}

/// A column of users in the live schema; null: it is not there.
fn column(flight: &Flight, name: &str) -> Value {
    let schema = flight.run(&["--url", &flight.url, "--format", "json", "schema"]).code(0).json();
    let tables = schema["tables"].as_array().unwrap().clone();
    let users = tables.into_iter().find(|table| table["name"] == "users").unwrap();
    users["columns"].as_array().unwrap().iter().find(|column| column["name"] == name).cloned().unwrap_or_default()
}

pub(crate) fn columns(flight: &Flight) -> Vec<String> {
    let found = ["full_name", "legacy"].into_iter().filter(|name| !column(flight, name).is_null());
    found.map(str::to_owned).collect()
}

/// Runs the binary until it kills itself at a failpoint; `false`: the point was not reached.
fn killed(flight: &Flight, point: &str, arguments: &[&str]) -> bool {
    use std::os::unix::process::ExitStatusExt;
    let output = flight.command(arguments).env("FLIGHTPLAN_FAILPOINT", point).output().unwrap();
    output.status.signal() == Some(9)
}

fn waiting(flight: &Flight) -> Vec<Value> {
    flight.run(&["--format", "json", "gate", "list"]).code(0).json()["gates"].as_array().unwrap().clone()
}

fn open(flight: &Flight, gate: &str) -> Said {
    flight.run(&["gate", "open", gate, "--by", "ann", "--reason", "seen on the dashboard"])
}

#[test]
fn a_rollout_stops_at_each_gate_and_goes_on_when_it_opens() {
    for flight in Flight::all() {
        project(&flight, 1, "[gates.blue-drained]\nsql = \"SELECT 1 = 2\"\n");
        let plan = keeps("plan", &flight.run(&["--format", "json", "plan", "--output", "plan.json"]));
        assert_eq!(plan["rollout"], json!({"live": ["1.9"], "next": "2.0"}));
        let gates: Vec<&str> =
            plan["steps"].as_array().unwrap().iter().filter_map(|step| step["gate"]["name"].as_str()).collect();
        assert_eq!(gates, ["green-deployed", "blue-drained"]);
        let text = flight.run(&["plan"]).code(0).out;
        assert!(
            text.contains("order: 1 expand > [gate green-deployed] > 1 migrate > [gate blue-drained] > 1 contract"),
            "{text}"
        );
        flight.run(&["approve", "plan.json", "--by", "bob"]).code(0);
        flight.run(&["apply", "plan.json"]).code(6).complains(&[
            "gate green-deployed before step V3",
            "2.0 is deployed and runs beside 1.9",
            "gate open green-deployed --run",
        ]);
        assert_eq!(columns(&flight), ["full_name", "legacy"]);
        let gates = waiting(&flight);
        assert_eq!((gates.len(), gates[0]["step"].as_str()), (1, Some("V3")), "{gates:?}");
        let id = gates[0]["run"].as_str().unwrap().to_owned();

        // Again without an opening: the same gate, the same run.
        flight.run(&["apply", "plan.json"]).code(6);
        open(&flight, "blue-drained").code(2).complains(&["No run waits at a gate"]);
        open(&flight, "green-deployed").code(0);
        open(&flight, "green-deployed").code(2).complains(&["is open"]);
        flight.run(&["apply", "plan.json"]).code(6).complains(&["gate blue-drained before step V4"]);
        assert_eq!(flight.value("SELECT full_name FROM users"), "ann");
        assert_eq!(columns(&flight), ["full_name", "legacy"]);

        open(&flight, "blue-drained").code(0);
        flight.run(&["apply", "plan.json"]).code(0);
        assert_eq!(columns(&flight), ["full_name"]);
        assert!(waiting(&flight).is_empty());
        let shown = flight.run(&["--format", "json", "runs", "show", &id]).code(0).json();
        let run = &shown["run"];
        assert_eq!((run["state"].as_str(), run["steps"].as_u64(), run["steps_done"].as_u64()), (Some("done"), Some(3), Some(3)));
        let events = shown["events"].as_array().unwrap();
        let sequences: Vec<u64> = events.iter().map(|event| event["sequence"].as_u64().unwrap()).collect();
        assert_eq!(sequences, (1..=sequences.len() as u64).collect::<Vec<_>>(), "without gaps");
        let opened: Vec<&Value> = events.iter().filter(|event| event["event"] == "gate_opened").collect();
        assert_eq!(opened.len(), 2);
        assert!(opened.iter().all(|event| event["by"] == "ann" && event["reason"] == "seen on the dashboard"));
        let text = flight.run(&["runs", "show", &id]).code(0).out;
        assert!(text.contains("waits at gate blue-drained before V4") && text.contains("ann opened gate blue-drained"), "{text}");
    }
}

#[test]
fn nothing_else_passes_a_gate() {
    for flight in Flight::each() {
        project(&flight, 0, "");
        flight.run(&["migrate"]).code(6).complains(&["green-deployed"]);
        open(&flight, "green-deployed").code(0);
        flight.run(&["migrate"]).code(6).complains(&["blue-drained"]);
        let store = flight.path().join("other.db");
        for flags in [
            &["migrate"][..],
            &["--target", "4", "migrate"],
            &["--out-of-order", "migrate"],
            &["--no-cache", "migrate"],
            &["--store", store.to_str().unwrap(), "migrate"],
            &["-group=true", "migrate"],
            &["-validateOnMigrate=false", "migrate"],
        ] {
            flight.run(flags).code(6).complains(&["blue-drained"]);
            assert_eq!(columns(&flight), ["full_name", "legacy"], "{flags:?}");
        }
        // A plan that names another release as live is another plan, with the same gate, closed.
        flight.run(&["plan", "--live", "2.0", "--output", "other.json"]).code(0);
        flight.run(&["apply", "other.json"]).code(6).complains(&["blue-drained"]);
        assert_eq!(columns(&flight), ["full_name", "legacy"]);
        // What is open for one plan is closed for another.
        flight.write("sql/V5__more.sql", "ALTER TABLE users ADD COLUMN more integer;\n");
        for gate in waiting(&flight) {
            flight.run(&["gate", "open", "blue-drained", "--run", gate["run"].as_str().unwrap(), "--reason", "gone"]).code(0);
        }
        flight.run(&["migrate"]).code(6).complains(&["blue-drained"]);
        assert_eq!(columns(&flight), ["full_name", "legacy"]);
        open(&flight, "blue-drained").code(2).complains(&["runs wait at gate"]);
        open(&flight, "purple").code(2).complains(&["No run waits"]);
    }
}

#[test]
fn a_release_that_is_gone_for_good_needs_no_gate() {
    for flight in Flight::each() {
        project(&flight, 0, "");
        flight.run(&["migrate"]).code(6);
        flight.write("releases.toml", RELEASES.replace("version = \"1.9\"", "version = \"1.9\"\nsupported = false"));
        flight.run(&["migrate"]).code(0);
        assert_eq!(columns(&flight), ["full_name"]);
    }
}

#[test]
fn a_run_that_was_cancelled_at_its_gate_leaves_it_closed() {
    let flight = Flight::sqlite();
    project(&flight, 0, "");
    flight.run(&["migrate"]).code(6);
    open(&flight, "green-deployed").code(0);
    flight.run(&["runs", "pause"]).code(2);
    let said = flight.run(&["runs", "cancel"]).code(0);
    assert!(said.out.contains("the gate stays closed"), "{}", said.out);
    flight.run(&["migrate"]).code(6).complains(&["green-deployed"]);
}

#[test]
fn an_undone_rollout_meets_its_gates_again() {
    for flight in Flight::each() {
        project(&flight, 0, "");
        flight.write("sql/U4__drop.sql", "ALTER TABLE users ADD COLUMN legacy varchar(50);\n");
        flight.write("sql/U3__fill.sql", "UPDATE users SET full_name = NULL;\n");
        flight.write("sql/U2__full_name.sql", "ALTER TABLE users DROP COLUMN full_name;\n");
        for gate in ["green-deployed", "blue-drained"] {
            flight.run(&["migrate"]).code(6);
            open(&flight, gate).code(0);
        }
        flight.run(&["migrate"]).code(0);
        flight.run(&["--target", "2", "undo"]).code(0);
        flight.run(&["migrate"]).code(6).complains(&["green-deployed"]);
        flight.run(&["migrate"]).code(6).complains(&["green-deployed"]);
    }
}

#[test]
fn a_group_is_one_transaction_up_to_the_gate() {
    let flight = Flight::sqlite();
    project(&flight, 0, "");
    let group = |flight: &Flight| flight.run(&["-group=true", "migrate"]);
    group(&flight).code(6).complains(&["green-deployed"]);
    assert_eq!(columns(&flight), ["full_name", "legacy"]);
    open(&flight, "green-deployed").code(0);
    group(&flight).code(6).complains(&["blue-drained"]);
    open(&flight, "blue-drained").code(0);
    group(&flight).code(0);
    assert_eq!(columns(&flight), ["full_name"]);
}

#[test]
fn killed_anywhere_around_a_gate_it_goes_on() {
    for flight in Flight::each() {
        project(&flight, 0, "");
        for point in ["gate.before", "gate.after"] {
            assert!(killed(&flight, point, &["migrate"]), "{point}");
            assert_eq!(columns(&flight), ["full_name", "legacy"]);
        }
        flight.run(&["migrate"]).code(6);
        open(&flight, "green-deployed").code(0);
        // Killed behind the gate before the step is committed: the gate is open still.
        assert!(killed(&flight, "journal.before", &["migrate"]));
        flight.run(&["migrate"]).code(6).complains(&["blue-drained"]);
        open(&flight, "blue-drained").code(0);
        assert!(killed(&flight, "journal.before", &["migrate"]));
        assert_eq!(columns(&flight), ["full_name", "legacy"]);
        flight.run(&["migrate"]).code(0);
        assert_eq!(columns(&flight), ["full_name"]);
        assert_eq!(flight.value("SELECT count(*) FROM users WHERE full_name = 'ann'"), "1");
    }
}

/// Waits until a run waits at this gate.
pub(crate) fn until_waiting(flight: &Flight, gate: &str) -> Value {
    let begun = Instant::now();
    loop {
        if let Some(found) = waiting(flight).into_iter().find(|one| one["gate"]["name"] == gate && one["opened"].is_null()) {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "no run waits at {gate}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_command_that_waits_goes_on_by_itself_and_may_be_killed_meanwhile() {
    for flight in Flight::each() {
        project(&flight, 0, "");
        let waits = || flight.command(&["--gate-wait", "120", "migrate"]).spawn().unwrap();
        let mut killed = waits();
        until_waiting(&flight, "green-deployed");
        killed.kill().unwrap();
        killed.wait().unwrap();
        let mut child = waits();
        // While the new command takes the run over, it is under way and waits at no gate.
        let begun = Instant::now();
        while open(&flight, "green-deployed").code != 0 {
            assert!(begun.elapsed() < Duration::from_secs(60), "the gate cannot be opened");
            std::thread::sleep(Duration::from_millis(100));
        }
        until_waiting(&flight, "blue-drained");
        open(&flight, "blue-drained").code(0);
        assert!(child.wait().unwrap().success());
        assert_eq!(columns(&flight), ["full_name"]);
    }
}

/// A server for rita, who is no user of the database.
fn serve(flight: &Flight) -> Served {
    launch(flight.command(&["serve", "--no-login", "--listen", "127.0.0.1:0", "--as", "rita"]))
}

#[test]
fn a_run_of_a_server_survives_its_kill_at_a_gate_and_goes_on_by_itself() {
    for flight in Flight::each() {
        project(&flight, 0, "");
        let digest = flight.run(&["--format", "json", "plan"]).code(0).json()["digest"].as_str().unwrap().to_owned();
        let served = serve(&flight);
        let started = served.post("/api/v1/runs", &json!({"digest": digest}));
        assert_eq!(started.status, 202, "{}", started.body);
        let id = started.json()["id"].as_str().unwrap().to_owned();
        until_waiting(&flight, "green-deployed");
        assert_eq!(served.post("/api/v1/runs", &json!({"digest": digest})).json()["id"], id.as_str(), "it is under way");
        let gates = served.get("/api/v1/gates").json();
        assert_eq!((gates[0]["run"].as_str(), gates[0]["gate"]["name"].as_str()), (Some(&*id), Some("green-deployed")));
        // Dropping it is a SIGKILL.
        drop(served);

        let served = serve(&flight);
        let path = |gate: &str| format!("/api/v1/runs/{id}/gates/{gate}/open");
        assert_eq!(served.post(&path("green-deployed"), &json!({"reason": " "})).status, 422);
        assert_eq!(served.post(&path("blue-drained"), &json!({"reason": "up"})).status, 409);
        assert_eq!(served.post("/api/v1/runs/none/gates/x/open", &json!({"reason": "up"})).status, 404);
        let opened = served.post(&path("green-deployed"), &json!({"reason": "up"}));
        assert_eq!(opened.status, 200, "{}", opened.body);
        until_waiting(&flight, "blue-drained");
        drop(served);

        // Opened while no server runs; the next one goes on with it.
        open(&flight, "blue-drained").code(0);
        assert_eq!(columns(&flight), ["full_name", "legacy"]);
        let served = serve(&flight);
        let begun = Instant::now();
        let run = loop {
            let run = served.get(&format!("/api/v1/runs/{id}")).json();
            if run["state"] == "done" {
                break run;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{run}");
            std::thread::sleep(Duration::from_millis(100));
        };
        assert_eq!((run["steps"].as_u64(), run["steps_done"].as_u64()), (Some(3), Some(3)));
        assert_eq!(columns(&flight), ["full_name"]);
        let text = flight.run(&["runs", "show", &id]).code(0).out;
        assert!(text.contains("rita opened gate green-deployed before V3: up") && text.contains("ann opened"), "{text}");
    }
}

#[test]
fn going_back_is_offered_as_far_as_nothing_is_lost() {
    for flight in Flight::all() {
        project(&flight, 0, "");
        flight.write("sql/U2__full_name.sql", "ALTER TABLE users DROP COLUMN full_name;\n");
        flight.write("sql/V3__fill.sql", "CREATE TABLE notes (id integer PRIMARY KEY);\n");
        flight.write("sql/U3__fill.sql", "DROP TABLE notes;\n");
        flight.run(&["migrate"]).code(6).complains(&["blue-drained", "rollback"]);
        let offer = |flight: &Flight| flight.run(&["--format", "json", "rollback"]).code(0).json();
        // Nothing was written since: the table is empty, the column holds nothing.
        let told = offer(&flight);
        assert_eq!((told["lossless"].as_u64(), told["lossless_to"].as_str()), (Some(2), Some("1")), "{told}");
        flight.query("INSERT INTO users (id, name, full_name) VALUES (2, 'bob', 'bob b')");
        flight.query("INSERT INTO users (id, name, full_name) VALUES (3, 'eve', 'eve e')");
        let told = offer(&flight);
        assert_eq!((told["lossless"].as_u64(), told["lossless_to"].as_str()), (Some(1), Some("2")), "{told}");
        assert_eq!(told["back"][1]["losses"][0]["rows"].as_u64(), Some(2), "{told}");
        let text = flight.run(&["rollback"]).code(0).out;
        assert!(text.contains("2 rows now") && text.contains("sql/V2__full_name.sql:1") && text.contains("--to 2"), "{text}");

        flight.run(&["rollback", "--to", "1.9"]).code(2).complains(&["Nothing was changed", "2 rows now", "--to 2 is lossless"]);
        flight.run(&["rollback", "--to", "9"]).code(2).complains(&["9 is not applied"]);
        flight.run(&["rollback", "--to", "2"]).code(0);
        assert_eq!(columns(&flight), ["full_name", "legacy"]);
        assert!(!flight.tables().contains(&"notes".to_owned()));
        flight.run(&["rollback", "--to", "1.9", "--accept-loss"]).code(0);
        assert_eq!(columns(&flight), ["legacy"]);
    }
}

#[test]
fn the_matrix_shows_what_is_deployed() {
    for flight in Flight::all() {
        project(&flight, 0, "[environments.zother]\nsource = \"flyway\"\ndialect = \"sqlite\"\nurl = \"sqlite:none/there.db\"\n");
        flight.run(&["migrate"]).code(6);
        flight.query("UPDATE users SET full_name = 'x'");
        let matrix = keeps("matrix", &flight.run(&["--env", "test", "--format", "json", "matrix"]));
        let found = matrix["environments"].as_array().unwrap().iter().find(|one| one["environment"] == "test").unwrap();
        assert_eq!(found["at"], "2");
        let standing: Vec<(&str, &str, bool)> = found["releases"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["release"].as_str().unwrap(), one["verdict"].as_str().unwrap(), one["held"].as_bool().unwrap()))
            .collect();
        assert_eq!(standing, [("1.9", "works", true), ("2.0", "works", false)]);
        assert_eq!(found["back"][0]["release"], "1.9");
        assert!(found["back"][0]["loses"].to_string().contains("1 row now"), "{found}");
        let other = matrix["environments"].as_array().unwrap().iter().find(|one| one["environment"] == "zother").unwrap();
        assert!(other["problem"].as_str().is_some(), "{other}");
        let text = flight.run(&["--env", "test", "matrix"]).code(0).out;
        assert!(text.contains("Deployed") && text.contains("test back to the schema of 1.9: not lossless"), "{text}");
        let text = flight.run(&["--env", "test", "--format", "markdown", "matrix"]).code(0).out;
        assert!(text.contains("| Environment | At | 1.9 | 2.0 |") && text.contains("| test | 2 | [works] | works |"), "{text}");
    }
}

#[test]
fn probes_open_gates() {
    for flight in Flight::all() {
        let status = Arc::new(AtomicU16::new(503));
        let answer = Arc::clone(&status);
        let address = stub::answering(move |_, _| answer.load(Ordering::SeqCst));
        let gates = format!(
            "[gates.green-deployed]\nhttp = \"{address}/up?release=${{next}}\"\n\
             [gates.blue-drained]\nsql = \"SELECT count(*) FROM instances WHERE version IN (${{live}})\"\nexpect = 0\n"
        );
        project(&flight, 0, &gates);
        flight.query("CREATE TABLE instances (version varchar(20))");
        flight.query("INSERT INTO instances VALUES ('1.9'), ('2.0')");
        flight.run(&["migrate"]).code(6).complains(&["answered with 503"]);
        status.store(200, Ordering::SeqCst);
        flight.run(&["migrate"]).code(6).complains(&["blue-drained", "gave 1"]);
        flight.query("DELETE FROM instances WHERE version = '1.9'");
        flight.run(&["migrate"]).code(0);
        assert_eq!(columns(&flight), ["full_name"]);
        let text = flight.run(&["runs", "show"]).code(0).out;
        assert!(text.contains("probe opened gate green-deployed") && text.contains("IN ('1.9') gave 0"), "{text}");
    }
}

#[test]
fn a_probe_changes_nothing_and_does_not_hang() {
    for flight in Flight::all() {
        let sql = match flight.dialect {
            "postgres" => "WITH gone AS (DELETE FROM users RETURNING 1) SELECT count(*) > 0 FROM gone",
            "sqlite" => "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
            _ => "SELECT sleep(60)",
        };
        project(&flight, 0, &format!("[gates.green-deployed]\nsql = \"{sql}\"\n"));
        let begun = Instant::now();
        flight.run(&["migrate"]).code(6).complains(&["green-deployed", "The probe says"]);
        assert!(begun.elapsed() < Duration::from_secs(30));
        assert_eq!(flight.value("SELECT count(*) FROM users"), "1");
    }
}

/// The repository's sample, copied, with its production environment on this database.
fn sample(flight: &Flight) {
    fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap().flatten() {
            let place = to.join(entry.file_name());
            match entry.path().is_dir() {
                true => copy(&entry.path(), &place),
                false => drop(std::fs::copy(entry.path(), place).unwrap()),
            }
        }
    }
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations"), flight.path());
}

#[test]
fn a_rollout_of_the_sample_stops_at_its_gates_survives_and_goes_on() {
    for flight in Flight::each() {
        sample(&flight);
        let (environment, variable, own) = match flight.dialect {
            "sqlite" => ("development", "COREOS_DEVELOPMENT_URL", "a7d19e40c2b8"),
            _ => ("production", "COREOS_PRODUCTION_URL", "20230901070000"),
        };
        let run = |arguments: &[&str]| -> Said {
            let all = [&["--env", environment], arguments].concat();
            flight.command(&all).env(variable, &flight.url).output().unwrap().into()
        };
        if flight.dialect == "sqlite" {
            std::fs::write(flight.path().join("test.db"), "").unwrap();
        }
        let approved = |file: &str, options: &[&str]| {
            run(&[&["plan", "--output", file], options].concat()).code(0);
            run(&["approve", file, "--by", "bob"]).code(0);
        };
        // The views of later releases were not there then.
        let views = [flight.path().join("flyway"), flight.path().join("later")];
        let hide = |from: &Path, to: &Path| {
            std::fs::create_dir_all(to).unwrap();
            for entry in std::fs::read_dir(from).unwrap().flatten() {
                let name = entry.file_name();
                if name.to_string_lossy().starts_with("R__") {
                    std::fs::rename(entry.path(), to.join(name)).unwrap();
                }
            }
        };
        hide(&views[0], &views[1]);
        approved("first.json", &["--target", own]);
        run(&["apply", "first.json"]).code(0);
        hide(&views[1], &views[0]);
        flight.query("INSERT INTO users (email, status, display_name) VALUES ('a@x', 'pending', 'a')");

        // 1.9.0 is live, 2.0.0 comes.
        approved("plan.json", &["--live", "1.9.0", "--next", "2.0.0"]);
        run(&["apply", "plan.json"]).code(6).complains(&["gate green-deployed", "2.0.0 is deployed"]);
        run(&["gate", "open", "green-deployed", "--reason", "2.0.0 is up"]).code(0);
        // Killed on its way to the next gate, and started anew there.
        let mut killed = flight
            .command(&["--env", environment, "--gate-wait", "600", "apply", "plan.json"])
            .env(variable, &flight.url)
            .spawn()
            .unwrap();
        until_waiting(&flight, "blue-drained");
        killed.kill().unwrap();
        killed.wait().unwrap();
        run(&["apply", "plan.json"]).code(6).complains(&["gate blue-drained", "1.9.0 is live any more"]);
        assert_eq!(flight.value("SELECT status FROM users"), "active", "the backfill is behind its gate");
        flight.query("INSERT INTO users (email, status) VALUES ('old@x', 'active')");
        flight.query("UPDATE users SET display_name = 'old' WHERE display_name IS NULL");
        run(&["gate", "open", "blue-drained", "--reason", "1.9.0 is gone"]).code(0);
        run(&["apply", "plan.json"]).code(0);
        assert_eq!(column(&flight, "display_name")["nullable"], false);
    }
}

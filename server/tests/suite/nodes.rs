//! Several servers on one control store: people, approvals, runs and gates are the same on each, and a node that dies is
//! replaced by another.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::api::{self, Served, launch};
use crate::flight::Flight;
use crate::storm::Wire;
use crate::{gates, identity, postgres};

/// Two nodes of one project: clones of it, on one store and one database.
struct Nodes {
    a: Flight,
    b: Flight,
}

impl Nodes {
    fn new(store: &str, prepare: impl Fn(&Flight)) -> Self {
        let a = Flight::postgres().with_store(store);
        let b = Flight::at(a.url.clone()).with_store(store);
        prepare(&a);
        copy(&a, &b);
        Self { a, b }
    }

    /// The key of the first node, which signs for all.
    fn key(&self) -> PathBuf {
        self.a.path().join(".state/flightplan/audit.key")
    }

    fn serve(&self, flight: &Flight, more: &[&str]) -> Served {
        let mut command = flight.command(&[&["serve", "--listen", "127.0.0.1:0"], more].concat());
        // The nodes of one store sign with one key.
        command.env("FLIGHTPLAN_AUDIT_KEY", self.key());
        launch(command)
    }

    fn open(&self, flight: &Flight) -> Served {
        self.serve(flight, &["--no-login", "--as", "rita"])
    }
}

fn copy(from: &Flight, to: &Flight) {
    let done = std::process::Command::new("cp").arg("-r").arg(from.path().join(".")).arg(to.path()).status().unwrap();
    assert!(done.success());
}

fn until<T>(what: &str, look: impl Fn() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn run(served: &Served, id: &str) -> Value {
    served.get(&format!("/api/v1/runs/{id}")).json()
}

fn until_state(served: &Served, id: &str, state: &str) -> Value {
    until(&format!("run {id} is not {state}: {}", run(served, id)), || Some(run(served, id)).filter(|run| run["state"] == state))
}

fn begin(served: &Served, digest: &str) -> String {
    let started = served.post("/api/v1/runs", &json!({"digest": digest}));
    assert_eq!(started.status, 202, "{}", started.body);
    started.json()["id"].as_str().unwrap().to_owned()
}

/// Twenty thousand rows in batches that take a while.
fn batched(flight: &Flight) {
    flight.configure("flyway", 0);
    flight.write("sql/V1__items.sql", "CREATE TABLE items (id integer PRIMARY KEY, n integer NOT NULL);\n");
    flight.flyway(&["migrate"]).code(0);
    flight.query("INSERT INTO items SELECT i, 0 FROM generate_series(1, 20000) AS i");
    let update = "-- flightplan:batch size=200 pause=40\nUPDATE items SET n = n + 1 WHERE n >= 0;\n";
    flight.write("sql/V2__count.sql", update);
}

fn changed(flight: &Flight) -> u32 {
    flight.value("SELECT count(*) FROM items WHERE n > 0").parse().unwrap()
}

#[test]
fn who_signed_in_on_one_node_is_signed_in_on_the_other() {
    let nodes = Nodes::new(&postgres::database().url, |flight| {
        flight.configure("flyway", 1);
        flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY, name text);\n");
    });
    identity::add(&nodes.a, "ada", "reviewer", &["--on", "test"]);
    identity::add(&nodes.b, "ops", "operator", &["--on", "test"]);
    let (a, b) = (nodes.serve(&nodes.a, &[]), nodes.serve(&nodes.b, &[]));
    let (ada, ops) = (identity::session(&a, "ada"), identity::session(&a, "ops"));
    let project = b.send("GET", "/api/v1/project?environment=test", &[&ada], None);
    assert_eq!((project.status, project.json()["user"].as_str()), (200, Some("ada")), "{}", project.body);
    let response: planner::protocol::ProjectResponse = serde_json::from_str(&project.body).unwrap();
    let digest = planner::analyze(&response.project, &response.request).plan.digest;
    let post = |to: &Served, path: &str, who: &str, body: &Value| to.send("POST", path, &["X-Flightplan: 1", who], Some(body));
    let approve = json!({"environment": "test", "digest": digest});
    assert_eq!(post(&a, "/api/v1/approvals", &ada, &approve).status, 201);
    let seen = b.send("GET", &format!("/api/v1/approvals?digest={digest}"), &[&ops], None).json();
    assert_eq!(seen[0]["approver"], "ada", "at once: {seen}");
    let started = post(&b, "/api/v1/runs", &ops, &json!({"digest": digest}));
    assert_eq!(started.status, 202, "{}", started.body);
    let id = started.json()["id"].as_str().unwrap().to_owned();
    let events = api::events(&a.send("GET", &format!("/api/v1/runs/{id}/events"), &[&ada], None));
    assert_eq!(events.last().unwrap()["state"], "done", "watched from the other node");
    assert_eq!(nodes.a.history().len(), 1);
    // Signed out on one is signed out on both; wrong passwords count together.
    assert_eq!(b.form("/logout", &[&ada], "").status, 303);
    assert_eq!(a.send("GET", "/api/v1/runs", &[&ada], None).status, 401);
    for node in [&a, &b, &a, &b, &a] {
        assert_eq!(identity::sign_in(node, "ada", "wrong").status, 401);
    }
    assert_eq!(identity::sign_in(&b, "ada", identity::PASSWORD).status, 429);
}

#[test]
fn a_run_of_one_node_is_watched_paused_and_cancelled_from_the_other() {
    let nodes = Nodes::new(&postgres::database().url, batched);
    let (a, b) = (nodes.open(&nodes.a), nodes.open(&nodes.b));
    let digest = api::plan(&a).digest;
    let id = begin(&a, &digest);
    until("no batch", || (changed(&nodes.a) > 0).then_some(()));
    assert_eq!(run(&b, &id)["state"], "running");
    assert_eq!(b.post(&format!("/api/v1/runs/{id}/pause"), &json!({})).status, 200);
    std::thread::sleep(Duration::from_secs(1));
    let paused = changed(&nodes.a);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!((changed(&nodes.a), paused < 20_000), (paused, true), "it is paused");
    assert_eq!(b.post(&format!("/api/v1/runs/{id}/resume"), &json!({})).status, 200);
    until("it goes on", || (changed(&nodes.a) > paused).then_some(()));
    assert_eq!(b.post(&format!("/api/v1/runs/{id}/cancel"), &json!({})).status, 200);
    let events = api::events(&b.get(&format!("/api/v1/runs/{id}/events")));
    assert_eq!(events.last().unwrap()["state"], "stopped", "{events:?}");
    assert!(events.iter().any(|event| event["event"] == "batch"), "the other node tells of batches");
    let numbers: Vec<u64> = events.iter().map(|event| event["sequence"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "no gaps");
    // The other node goes on where it stopped.
    let id = begin(&b, &digest);
    until_state(&b, &id, "done");
    assert_eq!(nodes.a.value("SELECT count(*) FROM items WHERE n <> 1"), "0", "each row once");
}

#[test]
fn the_run_of_a_killed_node_is_taken_over_by_the_other() {
    let nodes = Nodes::new(&postgres::database().url, batched);
    let (a, b) = (nodes.open(&nodes.a), nodes.open(&nodes.b));
    let digest = api::plan(&b).digest;
    let id = begin(&a, &digest);
    until("no batch", || (changed(&nodes.a) > 0).then_some(()));
    // Dropping it is a SIGKILL.
    drop(a);
    let gone = until_state(&b, &id, "stopped");
    assert!(gone["message"].as_str().unwrap().contains("is gone"), "{gone}");
    assert!(changed(&nodes.a) < 20_000);
    let again = begin(&b, &digest);
    until_state(&b, &again, "done");
    assert_eq!(nodes.a.value("SELECT count(*) FROM items WHERE n <> 1"), "0", "each row once");
    let verify = nodes.b.command(&["audit", "verify"]).env("FLIGHTPLAN_AUDIT_KEY", nodes.key()).output();
    assert!(verify.unwrap().status.success());
}

#[test]
fn a_run_at_a_gate_goes_on_by_another_node_and_by_one_only() {
    let nodes = Nodes::new(&postgres::database().url, |flight| gates::project(flight, 0, ""));
    let (a, b) = (nodes.open(&nodes.a), nodes.open(&nodes.b));
    let digest = api::plan(&a).digest;
    let id = begin(&a, &digest);
    gates::until_waiting(&nodes.a, "green-deployed");
    // Both follow it by now.
    std::thread::sleep(Duration::from_secs(6));
    let path = |gate: &str| format!("/api/v1/runs/{id}/gates/{gate}/open");
    assert_eq!(b.post(&path("green-deployed"), &json!({"reason": "up"})).status, 200);
    gates::until_waiting(&nodes.b, "blue-drained");
    drop(a);
    assert_eq!(b.post(&path("blue-drained"), &json!({"reason": "drained"})).status, 200);
    until_state(&b, &id, "done");
    assert_eq!(gates::columns(&nodes.b), ["full_name"]);
    let events = api::events(&b.get(&format!("/api/v1/runs/{id}/events")));
    let words: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(words.iter().filter(|word| **word == "step_done").count(), 3, "{words:?}");
    assert_eq!(words.iter().filter(|word| **word == "at_gate").count(), 2, "{words:?}");
    assert_eq!(nodes.b.history().len(), 4);
}

#[test]
fn a_crash_of_the_stores_server_loses_nothing_and_stops_nothing() {
    let server = postgres::Server::start_durable();
    let store = server.new_database("governance");
    let nodes = Nodes::new(&store, batched);
    let (a, b) = (nodes.open(&nodes.a), nodes.open(&nodes.b));
    let id = begin(&a, &api::plan(&a).digest);
    until("no batch", || (changed(&nodes.a) > 0).then_some(()));
    for _ in 0..3 {
        server.restart_immediately();
        // Whoever looks right now must not take the run for dead.
        assert_eq!(run(&b, &id)["state"], "running");
        std::thread::sleep(Duration::from_millis(300));
    }
    until_state(&b, &id, "done");
    let events = api::events(&b.get(&format!("/api/v1/runs/{id}/events")));
    let numbers: Vec<u64> = events.iter().map(|event| event["sequence"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "the story has no gap");
    assert_eq!(events.last().unwrap()["state"], "done");
    assert_eq!(nodes.a.value("SELECT count(*) FROM items WHERE n <> 1"), "0");
    let verify = nodes.b.command(&["audit", "verify"]).env("FLIGHTPLAN_AUDIT_KEY", nodes.key()).output();
    assert!(verify.unwrap().status.success());
    assert_eq!((a.get("/api/v1/runs").status, b.get("/api/v1/runs").status), (200, 200), "both go on");
}

#[test]
fn a_run_is_not_taken_for_dead_when_its_session_is_cut() {
    let store = postgres::database().url;
    let nodes = Nodes::new(&store, batched);
    let (a, b) = (nodes.open(&nodes.a), nodes.open(&nodes.b));
    let id = begin(&a, &api::plan(&a).digest);
    until("no batch", || (changed(&nodes.a) > 0).then_some(()));
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'flightplan runs' \
               AND datname = current_database()";
    assert_eq!(Flight::at(store).value(cut), "1");
    // The process takes its lock again; whatever was thought of it meanwhile, its own word is the last.
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(run(&b, &id)["state"], "running");
    until_state(&b, &id, "done");
}

#[test]
fn a_node_that_is_cut_off_says_so_and_goes_on_when_it_is_back() {
    let store = postgres::database().url;
    let wire = Wire::to(postgres::server().port());
    let nodes = Nodes::new(&store, batched);
    let through = store.replace(&format!(":{}/", postgres::server().port()), &format!(":{}/", wire.port));
    let cut_off = Flight::at(nodes.a.url.clone()).with_store(&through);
    copy(&nodes.a, &cut_off);
    let (a, b) = (nodes.open(&cut_off), nodes.open(&nodes.b));
    let digest = api::plan(&a).digest;
    let id = begin(&a, &digest);
    until("no batch", || (changed(&nodes.a) > 0).then_some(()));
    wire.sever();
    let before = changed(&nodes.a);
    let refused = a.get("/api/v1/runs");
    assert_eq!(refused.status, 502, "{}", refused.body);
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("The control store cannot be reached"), "{detail}");
    assert_eq!(a.post("/api/v1/runs", &json!({"digest": digest})).status, 502);
    // Its session has ended: the other node has to take its run for dead, and the database keeps it from running it too.
    until_state(&b, &id, "stopped");
    until("the run stands still", || (changed(&nodes.a) > before).then_some(()));
    wire.mend();
    until_state(&b, &id, "done");
    assert_eq!(a.get("/api/v1/runs").status, 200);
    let events = api::events(&b.get(&format!("/api/v1/runs/{id}/events")));
    let numbers: Vec<u64> = events.iter().map(|event| event["sequence"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "the story has no gap");
    assert_eq!(events.iter().filter(|event| event["event"] == "finished").count(), 1, "what the process says counts");
    assert_eq!(nodes.a.value("SELECT count(*) FROM items WHERE n <> 1"), "0", "each row once");
}

//! The routes as the page uses them: plan, approve, run, watch, and what foreign pages may not do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::flight::Flight;

pub(crate) struct Served {
    pub(crate) child: Child,
    address: String,
    /// Kept open: a closed pipe would end the server's log.
    log: std::cell::RefCell<BufReader<std::process::ChildStderr>>,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    /// As it came: values of cookies have case.
    raw: String,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a cookie it sets.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let lines =
            self.raw.lines().filter_map(|line| line.split_once(": ").filter(|(key, _)| key.eq_ignore_ascii_case("set-cookie")));
        let mut pairs = lines.filter_map(|(_, value)| value.split(';').next()?.split_once('='));
        pairs.find(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value.to_owned())
    }

    /// The value of a header, as it came.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let mut lines = self.raw.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

fn serve(flight: &Flight) -> Served {
    launch(flight.command(&SERVE))
}

const SERVE: [&str; 6] = ["serve", "--no-login", "--listen", "127.0.0.1:0", "--user", "rita"];

pub(crate) fn launch(mut command: std::process::Command) -> Served {
    let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    log.read_line(&mut line).unwrap();
    let address = line.split("http://").nth(1).unwrap_or_else(|| panic!("{line}")).split('/').next().unwrap().to_owned();
    Served { child, address, log: log.into() }
}

impl Served {
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[&str], body: Option<&Value>) -> Answer {
        let body = body.map(Value::to_string).unwrap_or_default();
        self.send_text(method, path, (headers, "application/json"), &body)
    }

    /// Sends a form, as a browser does.
    pub(crate) fn form(&self, path: &str, headers: &[&str], body: &str) -> Answer {
        self.send_text("POST", path, (headers, "application/x-www-form-urlencoded"), body)
    }

    pub(crate) fn address(&self) -> String {
        self.address.clone()
    }

    /// The next line of the server's log.
    pub(crate) fn next_line(&self) -> String {
        let mut line = String::new();
        self.log.borrow_mut().read_line(&mut line).unwrap();
        line
    }

    fn send_text(&self, method: &str, path: &str, (headers, kind): (&[&str], &str), body: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let mut lines = vec![format!("{method} {path} HTTP/1.1"), "Connection: close".to_owned()];
        if !headers.iter().any(|header| header.starts_with("Host:")) {
            lines.push(format!("Host: {}", self.address));
        }
        lines.extend(headers.iter().map(|header| (*header).to_owned()));
        lines.push(format!("Content-Type: {kind}"));
        lines.push(format!("Content-Length: {}", body.len()));
        stream.write_all(format!("{}\r\n\r\n{body}", lines.join("\r\n")).as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_lowercase(), raw: head.to_owned(), body: unchunk(head, body) }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &["X-Flightplan: 1"], Some(body))
    }
}

fn unchunk(head: &str, body: &str) -> String {
    if !head.to_lowercase().contains("transfer-encoding: chunked") {
        return body.to_owned();
    }
    let (mut rest, mut out) = (body, String::new());
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        if size == 0 || after.len() < size {
            break;
        }
        out.push_str(&after[..size]);
        rest = after[size..].trim_start_matches("\r\n");
    }
    out
}

fn project(approvals: u32) -> Flight {
    let flight = Flight::sqlite();
    flight.configure("flyway", approvals);
    flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY, name text);\n");
    flight.write("sql/V2__email.sql", "ALTER TABLE users ADD COLUMN email text;\n");
    flight
}

/// The digest the page would come to: the planner in this process, fed with what the server says.
pub(crate) fn plan(served: &Served) -> planner::plan::Plan {
    let answer = served.get("/api/v1/project?environment=test");
    assert_eq!(answer.status, 200, "{}", answer.body);
    let response: planner::protocol::ProjectResponse = serde_json::from_str(&answer.body).unwrap();
    assert!(response.target.reachable, "{:?}", response.target);
    assert_eq!(response.user, "rita");
    planner::analyze(&response.project, &response.request).plan
}

pub(crate) fn events(answer: &Answer) -> Vec<Value> {
    answer
        .body
        .lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .map(|data| serde_json::from_str(data.trim()).unwrap())
        .collect()
}

#[test]
fn plan_approve_run_and_watch() {
    let flight = project(1);
    let served = serve(&flight);
    assert_eq!(served.get("/api/v1/health").json(), json!({"status": "ok"}));
    let plan = plan(&served);
    assert_eq!(plan.steps.len(), 2);
    let run = json!({"digest": plan.digest});
    assert_eq!(served.post("/api/v1/approvals", &json!({"environment": "test", "digest": "0".repeat(64)})).status, 409);
    let approved = served.post("/api/v1/approvals", &json!({"environment": "test", "digest": plan.digest, "comment": "fine"}));
    assert_eq!((approved.status, approved.json()["approver"].as_str()), (201, Some("rita")));
    let listed = served.get(&format!("/api/v1/approvals?digest={}", plan.digest)).json();
    assert_eq!(listed.as_array().unwrap().len(), 1);

    let started = served.post("/api/v1/runs", &run);
    assert_eq!(started.status, 202, "{}", started.body);
    let id = started.json()["id"].as_str().unwrap().to_owned();
    let all = events(&served.get(&format!("/api/v1/runs/{id}/events")));
    let words: Vec<_> = all.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(words, ["started", "step_started", "step_done", "step_started", "step_done", "finished"]);
    let numbers: Vec<_> = all.iter().map(|event| event["sequence"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6], "no gaps");
    let rest = events(&served.send("GET", &format!("/api/v1/runs/{id}/events"), &["Last-Event-ID: 4"], None));
    assert_eq!(rest.len(), 2, "the replay starts behind the last event seen");
    let run = served.get(&format!("/api/v1/runs/{id}")).json();
    assert_eq!((run["state"].as_str(), run["steps_done"].as_u64()), (Some("done"), Some(2)), "{run}");
    assert_eq!(served.get("/api/v1/runs").json().as_array().unwrap().len(), 1);
    assert_eq!(served.post(&format!("/api/v1/runs/{id}/cancel"), &json!({})).status, 409);
    assert_eq!(flight.history().len(), 2);
}

#[test]
fn a_run_needs_its_approvals() {
    let flight = project(1);
    let served = serve(&flight);
    let answer = served.post("/api/v1/runs", &json!({"digest": plan(&served).digest}));
    assert_eq!(answer.status, 403);
    assert!(answer.head.contains("application/problem+json"), "{}", answer.head);
    assert!(answer.json()["detail"].as_str().unwrap().contains("nobody has approved"), "{}", answer.body);
    assert!(flight.tables_or_none().is_empty());
}

#[test]
fn without_approvals_the_page_may_run_at_once() {
    let flight = project(0);
    let served = serve(&flight);
    let started = served.post("/api/v1/runs", &json!({"digest": plan(&served).digest}));
    assert_eq!(started.status, 202, "{}", started.body);
    let id = started.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(events(&served.get(&format!("/api/v1/runs/{id}/events"))).last().unwrap()["state"], "done");
}

#[test]
fn a_plan_that_went_stale_after_its_approval_does_not_run() {
    let flight = project(1);
    let served = serve(&flight);
    let digest = plan(&served).digest;
    served.post("/api/v1/approvals", &json!({"environment": "test", "digest": digest}));
    flight.write("sql/V2__email.sql", "ALTER TABLE users ADD COLUMN mail text;\n");
    let id = served.post("/api/v1/runs", &json!({"digest": digest})).json()["id"].as_str().unwrap().to_owned();
    let last = events(&served.get(&format!("/api/v1/runs/{id}/events"))).pop().unwrap();
    assert_eq!(last["state"], "failed", "{last}");
    assert!(last["message"].as_str().unwrap().contains("stale"), "{last}");
    assert!(!flight.tables().contains(&"users".to_owned()));
}

#[test]
fn foreign_pages_change_nothing() {
    let flight = project(0);
    let served = serve(&flight);
    let body = json!({"digest": plan(&served).digest});
    assert_eq!(served.send("POST", "/api/v1/runs", &[], Some(&body)).status, 403, "the header is missing");
    let foreign = ["X-Flightplan: 1", "Host: evil.example"];
    assert_eq!(served.send("POST", "/api/v1/runs", &foreign, Some(&body)).status, 403, "the host is foreign");
    assert_eq!(served.send("GET", "/api/v1/project", &["Host: evil.example"], None).status, 403);
    assert_eq!(served.get("/api/v1/runs").json(), json!([]));
    assert_eq!(served.get("/api/v1/nothing").status, 404);
    assert_eq!(served.get("/api/v1/runs/nothing").status, 404);
    assert_eq!(served.post("/api/v1/runs", &json!({"wrong": 1})).status, 422);
}

#[test]
fn the_page_or_what_to_do_without_it() {
    let flight = project(0);
    let served = serve(&flight);
    let page = served.get("/");
    assert_eq!(page.status, 200);
    assert!(page.head.contains("content-security-policy"), "{}", page.head);
    assert_eq!(served.get("/plan/V2").status, 200, "a place in the page is the page");
    assert_eq!(served.get("/missing.js").status, 404);
}

/// Kills a server in the middle of a run; what it leaves behind.
fn killed(flight: &Flight, point: &str) -> String {
    let mut command = flight.command(&SERVE);
    command.env("FLIGHTPLAN_FAILPOINT", point);
    let mut served = launch(command);
    let started = served.post("/api/v1/runs", &json!({"digest": plan(&served).digest}));
    assert_eq!(started.status, 202, "{}", started.body);
    let status = served.child.wait().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "{status}");
    started.json()["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_run_whose_server_was_killed_is_stopped_and_its_events_end() {
    let flight = project(0);
    let id = killed(&flight, "statement.after:2");
    let served = serve(&flight);
    let run = served.get("/api/v1/runs").json()[0].clone();
    assert_eq!((run["id"].as_str(), run["state"].as_str()), (Some(id.as_str()), Some("stopped")), "{run}");
    assert_eq!(run["message"], "The process that ran it is gone; run the plan again to go on.");
    let all = events(&served.get(&format!("/api/v1/runs/{id}/events")));
    let words: Vec<_> = all.iter().map(|event| event["event"].as_str().unwrap()).collect();
    // The story is written beside the run, so its last moments may be missing; the truth is in the database.
    let whole = ["started", "step_started", "step_done", "step_started"];
    let (last, before) = words.split_last().unwrap();
    assert!(*last == "finished" && !before.is_empty() && whole.starts_with(before), "{words:?}");
    assert_eq!(all.last().unwrap()["state"], "stopped");
    let again = served.post("/api/v1/runs", &json!({"digest": plan(&served).digest}));
    let id = again.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(events(&served.get(&format!("/api/v1/runs/{id}/events"))).last().unwrap()["state"], "done");
    assert_eq!(flight.history().len(), 2);
}

#[test]
fn a_run_under_way_in_another_process_is_left_alone_until_it_is_killed() {
    let flight = project(0);
    let slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000) SELECT max(i) FROM n;\n";
    flight.write("sql/V2__email.sql", slow);
    let first = serve(&flight);
    let second = serve(&flight);
    let id = first.post("/api/v1/runs", &json!({"digest": plan(&first).digest})).json()["id"].as_str().unwrap().to_owned();
    let state = || second.get("/api/v1/runs").json()[0]["state"].as_str().unwrap().to_owned();
    while state() == "pending" {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert_eq!(state(), "running", "the process lives");
    drop(first);
    let all = events(&second.get(&format!("/api/v1/runs/{id}/events")));
    assert_eq!(all.last().unwrap()["state"], "stopped", "the stream of a living server ends too");
    assert_eq!(state(), "stopped");
}

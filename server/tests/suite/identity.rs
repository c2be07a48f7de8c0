//! Who may do what: users, sessions, tokens, and what each of them is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::process::Stdio;

use serde_json::json;

use crate::api::{Answer, Served, launch};
use crate::flight::{Flight, Said};

pub(crate) const PASSWORD: &str = "correct horse battery staple";

pub(crate) fn project() -> Flight {
    let flight = Flight::sqlite();
    flight.configure("flyway", 1);
    flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY, name text);\n");
    flight
}

fn serve(flight: &Flight) -> Served {
    launch(flight.command(&["serve", "--listen", "127.0.0.1:0"]))
}

/// Runs a command with this on standard input.
fn piped(flight: &Flight, arguments: &[&str], input: &str) -> Said {
    let mut command = flight.command(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Said::from(child.wait_with_output().unwrap())
}

pub(crate) fn add(flight: &Flight, name: &str, role: &str, more: &[&str]) {
    let arguments = [&["user", "add", name, "--role", role, "--password-stdin"], more].concat();
    piped(flight, &arguments, &format!("{PASSWORD}\n")).code(0);
}

fn token(flight: &Flight, name: &str, may: &[&str], more: &[&str]) -> (String, String) {
    let may: Vec<&str> = may.iter().flat_map(|one| ["--may", one]).collect();
    let said = flight.run(&[&["--format", "json", "token", "new", "--for", name], &may[..], more].concat()).code(0).json();
    (said["id"].as_str().unwrap().to_owned(), said["token"].as_str().unwrap().to_owned())
}

fn with_token(flight: &Flight, token: &str, arguments: &[&str]) -> Said {
    Said::from(flight.command(arguments).env("FLIGHTPLAN_TOKEN", token).output().unwrap())
}

/// The value of a hidden field.
fn hidden(answer: &Answer, name: &str) -> String {
    let (_, after) = answer.body.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{}", answer.body));
    after.split('"').next().unwrap().to_owned()
}

/// Signs in with the form; the answer to it.
pub(crate) fn sign_in(served: &Served, name: &str, password: &str) -> Answer {
    let form = served.get("/login");
    assert_eq!(form.status, 200, "{}", form.body);
    let secret = hidden(&form, "form");
    let cookie = format!("Cookie: flightplan_form={secret}");
    served.form("/login", &[&cookie], &format!("name={name}&password={}&form={secret}&next=%2Fruns", password.replace(' ', "+")))
}

pub(crate) fn session(served: &Served, name: &str) -> String {
    let answer = sign_in(served, name, PASSWORD);
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert!(answer.head.contains("location: /runs"), "{}", answer.head);
    let line = answer.head.lines().find(|line| line.contains("flightplan_session=")).unwrap();
    assert!(line.contains("httponly") && line.contains("samesite=strict") && line.contains("path=/"), "{line}");
    format!("Cookie: flightplan_session={}", answer.cookie("flightplan_session").unwrap())
}

#[test]
fn the_first_start_prints_an_address_that_works_once() {
    let flight = project();
    let served = serve(&flight);
    let line = served.next_line();
    let path = line.split(&served.address()).nth(1).unwrap_or_else(|| panic!("{line}")).trim().to_owned();
    assert_eq!(served.get("/setup?token=guessed").status, 403);
    let form = served.get(&path);
    assert_eq!(form.status, 200, "{}", form.body);
    let without_theme = form.body.replace("<script src=\"/theme.js\"></script>", "");
    assert!(!without_theme.contains("<script") && form.head.contains("default-src 'none'"), "{}", form.head);
    let (secret, token) = (hidden(&form, "form"), hidden(&form, "token"));
    let cookie_line = format!("Cookie: flightplan_form={secret}");
    let send = |password: &str, cookies: &[&str]| {
        served.form("/setup", cookies, &format!("name=ada&password={password}&again={password}&token={token}&form={secret}"))
    };
    assert_eq!(send("long+enough+password", &[]).status, 403, "a form of another page");
    assert_eq!(send("short", &[&cookie_line]).status, 422);
    let made = send("long+enough+password", &[&cookie_line]);
    assert_eq!(made.status, 303, "{}", made.body);
    assert!(made.cookie("flightplan_session").is_some(), "{}", made.head);
    assert_eq!(served.get(&path).status, 403, "it works once");
    assert_eq!(send("long+enough+password", &[&cookie_line]).status, 403);
    let users = flight.run(&["user", "list"]).code(0);
    assert!(users.out.contains("ada  admin on * of *"), "{}", users.out);
}

#[test]
fn nothing_but_health_and_login_answers_a_stranger() {
    let flight = project();
    add(&flight, "ada", "admin", &[]);
    let served = serve(&flight);
    assert_eq!(served.get("/api/v1/health").status, 200);
    for path in
        ["project", "approvals", "runs", "runs/x", "runs/x/events", "environments", "gates", "plans/x/comments", "nothing"]
    {
        let answer = served.get(&format!("/api/v1/{path}"));
        assert_eq!(answer.status, 401, "{path}: {}", answer.body);
        assert!(answer.head.contains("application/problem+json"), "{path}: {}", answer.head);
    }
    for path in ["approvals", "runs", "runs/x/cancel", "runs/x/pause", "runs/x/resume", "runs/x/gates/g/open", "plans/x/comments"]
    {
        assert_eq!(served.post(&format!("/api/v1/{path}"), &json!({})).status, 401, "{path}");
    }
    let page = served.get("/plan/V2");
    assert_eq!(page.status, 303);
    assert!(page.head.contains("location: /login?next=%2fplan%2fv2"), "{}", page.head);
    assert_eq!(served.get("/web.js").status, 401);
}

#[test]
fn a_session_acts_as_who_signed_in() {
    let flight = project();
    add(&flight, "ada", "reviewer", &["--on", "test"]);
    add(&flight, "vic", "viewer", &[]);
    add(&flight, "ops", "operator", &["--on", "test"]);
    add(&flight, "else", "admin", &["--on", "production"]);
    let served = serve(&flight);
    let (ada, vic, ops, other) =
        (session(&served, "ada"), session(&served, "vic"), session(&served, "ops"), session(&served, "else"));
    let project = served.send("GET", "/api/v1/project?environment=test", &[&ada], None);
    assert_eq!((project.status, project.json()["user"].as_str()), (200, Some("ada")));
    let response: planner::protocol::ProjectResponse = serde_json::from_str(&project.body).unwrap();
    let digest = planner::analyze(&response.project, &response.request).plan.digest;
    let approve = json!({"environment": "test", "digest": digest});
    let post = |path: &str, who: &str, body: &serde_json::Value| served.send("POST", path, &["X-Flightplan: 1", who], Some(body));
    assert_eq!(served.send("POST", "/api/v1/approvals", &[&ada], Some(&approve)).status, 403, "no header: a foreign form");
    let foreign = ["X-Flightplan: 1", &ada, "Host: evil.example"];
    assert_eq!(served.send("POST", "/api/v1/approvals", &foreign, Some(&approve)).status, 403);
    for who in [&vic, &ops, &other] {
        let refused = post("/api/v1/approvals", who, &approve);
        assert_eq!(refused.status, 403, "{}", refused.body);
        assert!(refused.body.contains("may not approve in environment test"), "{}", refused.body);
    }
    let approved = post("/api/v1/approvals", &ada, &approve);
    assert_eq!((approved.status, approved.json()["approver"].as_str()), (201, Some("ada")), "{}", approved.body);
    let run = json!({"digest": digest});
    assert_eq!(post("/api/v1/runs", &ada, &run).status, 403);
    let started = post("/api/v1/runs", &ops, &run);
    assert_eq!((started.status, started.json()["actor"].as_str()), (202, Some("ops")), "{}", started.body);
    let path = format!("/api/v1/runs/{}", started.json()["id"].as_str().unwrap());
    assert_eq!(served.send("GET", &path, &[&vic], None).status, 200);
    assert_eq!(served.send("GET", &path, &[&other], None).status, 403, "of another environment");
    assert_eq!(served.send("GET", "/api/v1/runs", &[&other], None).json(), json!([]));
    let form = served.send("GET", "/login", &[&vic], None);
    assert!(form.body.contains("signed in as vic") && form.body.contains("action=\"/logout\""), "{}", form.body);
    // Signed out, disabled: the cookie is worth nothing.
    assert_eq!(served.form("/logout", &[&vic], "").status, 303);
    assert_eq!(served.send("GET", "/api/v1/runs", &[&vic], None).status, 401);
    flight.run(&["user", "disable", "ada"]).code(0);
    assert_eq!(served.send("GET", "/api/v1/runs", &[&ada], None).status, 401);
    assert_eq!(sign_in(&served, "ada", PASSWORD).status, 401);
}

#[test]
fn wrong_passwords_are_counted() {
    let flight = project();
    add(&flight, "ada", "admin", &[]);
    let served = serve(&flight);
    for _ in 0..5 {
        let answer = sign_in(&served, "ada", "wrong");
        assert_eq!(answer.status, 401);
        assert!(answer.body.contains("Name or password are wrong"), "{}", answer.body);
    }
    let answer = sign_in(&served, "ada", PASSWORD);
    assert_eq!(answer.status, 429, "the right one too");
    assert!(answer.head.contains("retry-after: "), "{}", answer.head);
}

#[test]
fn a_next_place_elsewhere_is_not_followed() {
    let flight = project();
    add(&flight, "ada", "admin", &[]);
    let served = serve(&flight);
    for next in ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2F%5Cevil.example"] {
        let form = served.get(&format!("/login?next={next}"));
        assert_eq!(hidden(&form, "next"), "/");
    }
}

#[test]
fn a_token_does_what_its_scope_says_until_it_is_revoked() {
    let flight = project();
    add(&flight, "ada", "reviewer", &["--group", "dba"]);
    add(&flight, "ci", "operator", &[]);
    let (_, approve) = token(&flight, "ada", &["approve", "view"], &[]);
    let (id, run) = token(&flight, "ci", &["run", "view"], &["--on", "test"]);
    flight.run(&["plan", "--output", "plan.json"]).code(0);
    flight.run(&["approve", "plan.json", "--by", "ada"]).code(4).complains(&["People sign in to this store"]);
    with_token(&flight, &run, &["approve", "plan.json"]).code(4).complains(&["ci may not approve", "with this token"]);
    with_token(&flight, &approve, &["approve", "plan.json", "--by", "bob"]).code(4).complains(&["ada signed in"]);
    with_token(&flight, &approve, &["approve", "plan.json"]).code(0);
    with_token(&flight, &approve, &["apply", "plan.json"]).code(4).complains(&["ada may not run"]);
    let served = serve(&flight);
    let header = format!("Authorization: Bearer {run}");
    assert_eq!(served.send("GET", "/api/v1/runs", &[&header], None).status, 200);
    flight.run(&["token", "revoke", &id]).code(0);
    let refused = served.send("GET", "/api/v1/runs", &[&header], None);
    assert_eq!(refused.status, 401);
    assert!(refused.body.contains("was revoked at"), "{}", refused.body);
    with_token(&flight, &run, &["apply", "plan.json"]).code(4).complains(&[&id, "was revoked at", "Nothing was changed"]);
    assert!(flight.tables_or_none().is_empty());
    with_token(&flight, "fpt_unknown", &["apply", "plan.json"]).code(4).complains(&["token is not known"]);
    let (_, short) = token(&flight, "ci", &["run"], &["--valid-for", "1s"]);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    with_token(&flight, &short, &["apply", "plan.json"]).code(4).complains(&["was good until"]);
    let (_, elsewhere) = token(&flight, "ci", &["run"], &["--on", "production"]);
    with_token(&flight, &elsewhere, &["apply", "plan.json"]).code(4).complains(&["may not run in environment test"]);
    let (_, good) = token(&flight, "ci", &["run"], &[]);
    with_token(&flight, &good, &["apply", "plan.json"]).code(0);
    let rows = flight.run(&["audit", "--by", "ci", "--action", "run.done"]).code(0);
    assert!(rows.out.contains("run.done"), "{}", rows.out);
    flight.run(&["audit", "verify"]).code(0);
}

#[test]
fn users_are_managed_and_every_change_is_told() {
    let flight = project();
    let said = flight.run(&["user", "add", "ada", "--role", "admin"]).code(0);
    assert!(said.out.contains("Password (shown this once): "), "{}", said.out);
    flight.run(&["user", "add", "ada", "--role", "viewer"]).code(2).complains(&["already"]);
    flight.run(&["user", "add", "a b", "--role", "viewer"]).code(2).complains(&["no name"]);
    piped(&flight, &["user", "add", "bob", "--role", "viewer", "--password-stdin"], "short\n")
        .code(2)
        .complains(&["12 characters"]);
    flight.run(&["user", "grant", "ada", "--role", "operator", "--on", "test"]).code(0);
    flight.run(&["user", "revoke", "ada", "--role", "operator"]).code(2).complains(&["ada is not operator"]);
    flight.run(&["user", "revoke", "ada", "--role", "operator", "--on", "test"]).code(0);
    flight.run(&["user", "password", "ada"]).code(0);
    flight.run(&["user", "grant", "eve", "--role", "admin"]).code(2).complains(&["no user eve"]);
    let log = flight.run(&["audit", "--action", "user"]).code(0).out;
    for action in ["user.added", "user.granted", "user.grant-revoked", "user.password-changed"] {
        assert!(log.contains(action), "{action}: {log}");
    }
    let (_, viewer) = {
        add(&flight, "vic", "viewer", &[]);
        token(&flight, "vic", &["view", "manage"], &[])
    };
    with_token(&flight, &viewer, &["user", "add", "eve", "--role", "admin"]).code(4).complains(&["vic may not manage"]);
}

#[test]
fn without_a_login_only_this_machine_is_served() {
    let flight = project();
    flight.run(&["serve", "--no-login", "--listen", "0.0.0.0:0"]).code(2).complains(&["not a loopback address"]);
    flight.run(&["serve", "--as", "rita", "--listen", "127.0.0.1:0"]).code(2);
}

#[test]
fn behind_a_proxy_the_known_name_is_ours_and_cookies_are_secure() {
    let flight = project();
    add(&flight, "ada", "admin", &[]);
    let served = launch(flight.command(&["serve", "--listen", "127.0.0.1:0", "--origin", "https://flightplan.example"]));
    assert_eq!(served.send("GET", "/login", &["Host: evil.example"], None).status, 403);
    let form = served.send("GET", "/login", &["Host: flightplan.example"], None);
    assert_eq!(form.status, 200, "{}", form.body);
    assert!(form.head.contains("; secure"), "{}", form.head);
    flight.run(&["serve", "--origin", "ftp://x"]).code(2);
}

#[test]
fn the_log_is_shown_checked_and_people_only_to_admins() {
    let flight = project();
    add(&flight, "ada", "admin", &[]);
    add(&flight, "vic", "viewer", &["--group", "<b>guests</b>"]);
    token(&flight, "ada", &["view"], &["--purpose", "ci <script>"]);
    let served = serve(&flight);
    let stranger = served.get("/admin");
    assert!(stranger.status == 303 && stranger.head.contains("location: /login?next=%2fadmin"), "{}", stranger.head);
    let (ada, vic) = (session(&served, "ada"), session(&served, "vic"));
    let page = served.send("GET", "/admin", &[&ada], None);
    assert_eq!(page.status, 200, "{}", page.body);
    for part in [
        "each as it was written",
        "user.added",
        "ci &lt;script&gt;",
        "&lt;b&gt;guests&lt;/b&gt;",
        "viewer of *",
        "Targets and policies",
        "at any time",
    ] {
        assert!(page.body.contains(part), "{part:?} is missing in {}", page.body);
    }
    let page = served.send("GET", "/admin?by=nobody", &[&vic], None);
    assert!(
        page.status == 200 && page.body.contains("Nothing of that kind.") && !page.body.contains("<h2>Users"),
        "{}",
        page.body
    );
    assert_eq!(served.send("GET", "/admin", &[&ada, "Host: evil.example"], None).status, 403);
}

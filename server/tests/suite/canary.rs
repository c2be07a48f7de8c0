//! A secret is put wherever one can be, everything is run, and nothing that is left behind or said may hold it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use serde_json::json;

use crate::api::launch;
use crate::flight::{Flight, Said};
use crate::postgres;

const HOOK: &str = "Bearer canary-hook-secret";

/// Every file below a folder, but for those a person wrote.
fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, found);
        } else if path.file_name().is_some_and(|name| name != "database.url") {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

fn holds(bytes: &[u8], secret: &str) -> bool {
    // As it is, and as a URL would have it.
    let encoded = secret.replace(' ', "%20");
    [secret, &encoded].iter().any(|text| bytes.windows(text.len()).any(|part| part == text.as_bytes()))
}

/// The password in a URL.
fn password_of(url: &str) -> String {
    let (login, _) = url.split_once("://").unwrap().1.split_once('@').unwrap();
    login.split_once(':').unwrap().1.to_owned()
}

#[test]
fn no_secret_is_said_stored_or_answered() {
    leaves_no_secret(&Flight::postgres());
}

#[test]
fn no_secret_is_said_stored_or_answered_with_a_store_on_postgresql() {
    let store = postgres::database().url;
    // The same user, and so the same password to look for.
    let flight = Flight::postgres().with_store(&store);
    leaves_no_secret(&flight);
    let store = Flight::at(store);
    let tables = store.query("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'flightplan'::regnamespace");
    assert!(tables.iter().any(|table| table == "audit"), "{tables:?}");
    let login = password_of(&flight.url);
    for table in tables {
        let rows = store.query(&format!("SELECT row::text FROM flightplan.{table} AS row"));
        assert!(rows.iter().all(|row| !holds(row.as_bytes(), &login) && !holds(row.as_bytes(), HOOK)), "it is in {table}");
    }
}

fn leaves_no_secret(flight: &Flight) {
    let (url, login) = (flight.url.clone(), password_of(&flight.url));
    assert!(login.len() >= 8, "too short to be looked for: {login}");
    flight.configure("flyway", 1);
    let sections = "[emergency]\naccept_loss = true\n[emergency.stop]\ncommand = \"true\"\n[emergency.start]\n\
                    http = \"http://127.0.0.1:9/start\"\nauthorization_env = \"CANARY_HOOK\"\n[emergency.health]\n\
                    sql = \"SELECT true\"\n";
    let text = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap();
    flight.write("flightplan.toml", format!("{text}\n{sections}"));
    flight.write("database.url", format!("{url}\n"));
    flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY, name text);\n");
    flight.write("sql/U1__users.sql", "DROP TABLE users;\n");
    let mut said: Vec<(String, Said)> = Vec::new();
    let run = |url: &str, arguments: &[&str]| {
        let mut command = flight.command(arguments);
        command.env("TEST_URL", url).env("CANARY_HOOK", HOOK).env("FLIGHTPLAN_PASSWORD", &login);
        (arguments.join(" "), Said::from(command.output().unwrap()))
    };
    let (wrong_host, wrong_scheme) = (url.replacen("127.0.0.1", "127.0.0.9", 1), url.replacen("postgres", "postgrex", 1));
    for arguments in [
        &["plan", "--output", "plan.json"][..],
        &["-X", "plan"],
        &["--format", "json", "plan"],
        &["approve", "plan.json", "--by", "ann", "--comment", "fine"],
        &["-X", "apply", "plan.json"],
        &["info"],
        &["--format", "json", "info"],
        &["schema"],
        &["stats"],
        &["check", "-dryrun"],
        &["verify"],
        &["rollback", "--emergency", "--dry-run"],
        &["runs"],
        &["runs", "show"],
        &["incident"],
        &["undo"],
        &["repair"],
        &["audit"],
        &["audit", "export", "audit.jsonl"],
        &["audit", "verify"],
    ] {
        said.push(run(&url, arguments));
    }
    for url in
        [wrong_host.as_str(), &wrong_scheme, "file:database.url", "command:cat database.url", "command:cat database.url; exit 1"]
    {
        for arguments in [&["-X", "info"][..], &["--format", "json", "migrate"], &["plan"]] {
            said.push(run(url, arguments));
        }
    }
    assert_eq!(run("file:database.url", &["info"]).1.code, 0);
    assert_eq!(run("command:cat database.url", &["info"]).1.code, 0);
    let made = run(&url, &["--format", "json", "user", "add", "ada", "--role", "admin"]).1.code(0).json();
    let password = made["password"].as_str().unwrap().to_owned();
    let made =
        run(&url, &["--format", "json", "token", "new", "--for", "ada", "--may", "view", "--may", "approve"]).1.code(0).json();
    let token = made["token"].as_str().unwrap().to_owned();
    if let Some(store) = &flight.store {
        let wrong = [store.replacen("127.0.0.1", "127.0.0.9", 1), store.replacen("postgres", "postgrex", 1)];
        for store in wrong.iter().chain([store]) {
            said.push(run(&url, &["-X", "--store", store, "runs"]));
        }
    }
    said.push(run(&url, &["user", "list"]));
    said.push(run(&url, &["token", "list"]));

    let mut command = flight.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("TEST_URL", &url).env("CANARY_HOOK", HOOK).env("FLIGHTPLAN_PASSWORD", &login);
    let served = launch(command);
    let header = format!("Authorization: Bearer {token}");
    let mut answers = Vec::new();
    for path in ["project?environment=test", "approvals", "runs", "environments", "gates", "health"] {
        let answer = served.send("GET", &format!("/api/v1/{path}"), &[&header], None);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answers.push((path, answer.body));
    }
    let refused = served.send("POST", "/api/v1/approvals", &[&header], Some(&json!({"environment": "test", "digest": "0"})));
    answers.push(("approve", refused.body));

    let mut left = Vec::new();
    files(flight.path(), &mut left);
    let is_left = |end: &str| left.iter().any(|(name, _)| name.ends_with(end));
    assert!(is_left("control.db") == flight.store.is_none() && is_left("plan.json"));
    for secret in [login.as_str(), HOOK, password.as_str(), token.as_str()] {
        for (what, said) in &said {
            assert!(!holds(said.out.as_bytes(), secret), "{what} prints it: {}", said.out);
            assert!(!holds(said.err.as_bytes(), secret), "{what} says it: {}", said.err);
        }
        for (path, body) in &answers {
            assert!(!holds(body.as_bytes(), secret), "{path} answers with it: {body}");
        }
        for (name, bytes) in &left {
            assert!(!holds(bytes, secret), "it is in {name}");
        }
    }
}

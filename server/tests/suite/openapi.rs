//! The description of the routes: the golden file, the router, and what the routes really answer, also to nonsense.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::api::{Answer, launch};
use crate::flight::Flight;
use crate::json_schema::folder;

fn description() -> Value {
    serde_json::to_value(server::route::openapi::description()).unwrap()
}

#[test]
fn the_file_in_docs_is_what_is_served() {
    let text = serde_json::to_string_pretty(&description()).unwrap() + "\n";
    let file = folder("docs/openapi.json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "UPDATE=1 writes it anew");
}

#[test]
fn every_route_is_described_and_nothing_else() {
    let source = std::fs::read_to_string(folder("server/src/route/mod.rs")).unwrap();
    let routes = source.split(".route(\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    // Forms for people are no part of the description.
    let routes = routes.filter(|path| !path.starts_with("/login") && !["/setup", "/logout"].contains(path));
    let full = |path: &str| if path == "/metrics" { path.to_owned() } else { format!("/api/v1{path}") };
    let routes: BTreeSet<String> = routes.map(full).collect();
    let described: BTreeSet<String> = description()["paths"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(described, routes);
}

/// Whether an answer is one that is described: its status, and its body's shape.
#[track_caller]
fn is_described(all: &Value, path: &str, method: &str, answer: &Answer, story: &str) {
    assert!(answer.status < 500, "{story}: {} {}", answer.status, answer.body);
    let described = &all["paths"][path][method]["responses"][answer.status.to_string()];
    assert!(!described.is_null(), "{story}: {} is not described: {}", answer.status, answer.body);
    let (kind, content) = described["content"].as_object().unwrap().iter().next().unwrap();
    if !kind.contains("json") {
        return;
    }
    let mut schema = content["schema"].clone();
    schema["components"] = all["components"].clone();
    let value: Value = serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{story}: {error}: {}", answer.body));
    let validator = jsonschema::validator_for(&schema).unwrap();
    let wrong: Vec<String> = validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{story}: {wrong:#?}\n{value:#}");
}

/// Texts that have made servers stumble.
const NASTY: &[&str] = &["", "%00", "%FF%FE", "..%2F..", "a%20b", "0", "-1", "%F0%9F%9A%80", "null", "'%22;--", "{}", "%2e%2e"];

#[test]
fn nonsense_gets_answers_that_are_described() {
    let flight = Flight::sqlite();
    flight.configure("flyway", 1);
    flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
    let served = launch(flight.command(&["serve", "--no-login", "--listen", "127.0.0.1:0"]));
    let (all, mut dice) = (description(), StdRng::seed_from_u64(7));
    let bodies = [
        json!(null),
        json!([]),
        json!("x"),
        json!({}),
        json!({"digest": 1}),
        json!({"digest": "00"}),
        json!({"reason": ""}),
        json!({"reason": "so"}),
        json!({"environment": "test", "digest": "00", "batches": {"x": 1}}),
        json!({"environment": "test", "digest": "00", "batches": {}, "up_to": "99"}),
        json!({"environment": "nowhere", "digest": "00"}),
    ];
    for (path, item) in all["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            for round in 0..24 {
                let mut real: String = path.clone();
                for name in ["{id}", "{name}"] {
                    real = real.replace(name, NASTY[1 + dice.random_range(0..NASTY.len() - 1)]);
                }
                if round % 3 == 1 {
                    let value = NASTY[dice.random_range(0..NASTY.len())];
                    real = format!("{real}?environment={value}&digest={value}&digest={value}");
                }
                let story = format!("{method} {real}");
                let answer = match method.as_str() {
                    "post" => served.post(&real, &bodies[round % bodies.len()]),
                    _ => served.get(&real),
                };
                is_described(&all, path, method, &answer, &story);
            }
            let other = if method == "get" && item.get("post").is_none() { served.post(path, &json!({})) } else { continue };
            assert_eq!(other.status, 405, "{path}: {}", other.body);
            assert!(other.json()["detail"].is_string());
        }
    }
}

#[test]
fn a_request_with_a_key_happens_once() {
    let flight = Flight::sqlite();
    flight.configure("flyway", 1);
    flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
    flight.run(&["plan", "--output", "plan.json"]).code(0);
    let plan: Value = serde_json::from_str(&std::fs::read_to_string(flight.path().join("plan.json")).unwrap()).unwrap();
    let digest = plan["digest"].as_str().unwrap();
    let served = launch(flight.command(&["serve", "--no-login", "--listen", "127.0.0.1:0", "--user", "rita"]));
    let approve = json!({"environment": "test", "digest": digest});
    let key = ["X-Flightplan: 1", "Idempotency-Key: k-1"];
    let first = served.send("POST", "/api/v1/approvals", &key, Some(&approve));
    let again = served.send("POST", "/api/v1/approvals", &key, Some(&approve));
    assert_eq!((first.status, again.status), (201, 201), "{}", first.body);
    assert_eq!(first.body, again.body, "the same moment, too");
    let other = served.send("POST", "/api/v1/approvals", &key, Some(&json!({"environment": "test", "digest": "00"})));
    assert_eq!(other.status, 409, "{}", other.body);
    let key = ["X-Flightplan: 1", "Idempotency-Key: k-2"];
    let start = json!({"digest": digest});
    let first = served.send("POST", "/api/v1/runs", &key, Some(&start));
    let again = served.send("POST", "/api/v1/runs", &key, Some(&start));
    assert_eq!((first.status, again.status), (202, 202), "{}", first.body);
    assert_eq!(first.json()["id"], again.json()["id"], "one run");
    let all = description();
    is_described(&all, "/api/v1/runs", "post", &first, "a run");
    std::thread::sleep(std::time::Duration::from_secs(2));
    let runs = served.get("/api/v1/runs");
    assert_eq!(runs.json().as_array().unwrap().len(), 1);
    is_described(&all, "/api/v1/runs", "get", &runs, "runs");
    let id = first.json()["id"].as_str().unwrap().to_owned();
    is_described(&all, "/api/v1/runs/{id}/measures", "get", &served.get(&format!("/api/v1/runs/{id}/measures")), "measures");
    is_described(&all, "/api/v1/environments", "get", &served.get("/api/v1/environments"), "environments");
    assert!(served.get("/api/v1/docs").body.contains("POST /api/v1/runs"));
}

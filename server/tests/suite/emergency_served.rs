//! The emergency from the page: the same playbook over HTTP, killed with its server, settled, given up, and refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::api::{Answer, Served, launch};
use crate::emergency::{App, CHECKED, deployed, is_over, name, playbook};
use crate::flight::Flight;

const AHEAD: &str = "/api/v1/emergencies/ahead?environment=test";

fn serve(flight: &Flight, failpoint: Option<&str>) -> Served {
    let mut command = flight.command(&["serve", "--no-login", "--listen", "127.0.0.1:0"]);
    command.env("DEPLOY_TOKEN", "Bearer secret").env("FLIGHTPLAN_USER", "rita");
    failpoint.map(|point| command.env("FLIGHTPLAN_FAILPOINT", point));
    launch(command)
}

/// Begins it, or goes on with it.
fn start(served: &Served, flight: &Flight, more: &Value) -> Answer {
    let mut body = json!({"environment": "test", "confirm": name(flight)});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    served.post("/api/v1/emergencies", &body)
}

/// What became of it when nobody goes through it any more.
fn watched(served: &Served, id: &str) -> Value {
    let until = Instant::now() + Duration::from_secs(60);
    while served.get(AHEAD).json()["under_way"] == true {
        assert!(Instant::now() < until, "{id}");
        std::thread::sleep(Duration::from_millis(50));
    }
    served.get(&format!("/api/v1/emergencies/{id}")).json()
}

fn id(answer: &Answer) -> String {
    assert_eq!(answer.status, 202, "{}", answer.body);
    answer.json()["id"].as_str().unwrap().to_owned()
}

#[test]
fn the_five_steps_from_the_page() {
    for flight in Flight::all() {
        let app = App::beside(&flight);
        playbook(&flight, &app, CHECKED);
        deployed(&flight);
        let served = serve(&flight, None);

        let ahead = served.get(AHEAD);
        assert_eq!(ahead.status, 200, "{}", ahead.body);
        let ahead = ahead.json();
        assert_eq!(ahead["database"], name(&flight).as_str());
        assert_eq!(ahead["steps"].as_array().unwrap().len(), 5);
        assert!(ahead["losses"][0].as_str().unwrap().contains("1 row now"), "{ahead:#}");
        assert!(ahead["refusals"][0].as_str().unwrap().contains("would be lost"), "{ahead:#}");

        let wrong = served.post("/api/v1/emergencies", &json!({"environment": "test", "confirm": "shop", "accept_loss": true}));
        assert_eq!(wrong.status, 422, "{}", wrong.body);
        assert!(wrong.body.contains("is not the name of the database"), "{}", wrong.body);
        let loses = start(&served, &flight, &json!({}));
        assert!(loses.status == 422 && loses.body.contains("1 row now"), "{}", loses.body);
        assert_eq!(start(&served, &flight, &json!({"settle": "done", "accept_loss": true})).status, 422);
        assert!(app.is_up() && app.log().is_empty(), "the application was not touched");

        let begun = id(&start(&served, &flight, &json!({"accept_loss": true})));
        let over = watched(&served, &begun);
        assert_eq!((over["state"].as_str(), over["actor"].as_str()), (Some("done"), Some("rita")), "{over:#}");
        is_over(&flight, &app);
        assert_eq!(served.get("/api/v1/emergencies?environment=test").json().as_array().unwrap().len(), 1);
        assert_eq!(served.get("/api/v1/emergencies?environment=other").json(), json!([]));
        assert_eq!(served.get("/api/v1/emergencies/none").status, 404);
        let report = served.get(&format!("/api/v1/emergencies/{begun}/report"));
        assert!(report.status == 200 && report.body.contains("done: the application is back"), "{}", report.body);
        assert_eq!(served.get("/api/v1/emergencies/none/report").status, 404);
        assert!(!over.to_string().contains("secret"), "{over:#}");
    }
}

#[test]
fn killed_with_its_server_it_goes_on_from_the_page() {
    for make in [Flight::sqlite, Flight::postgres] {
        for step in ["stop", "rollback", "verify", "start", "watch"] {
            let flight = make();
            let app = App::beside(&flight);
            playbook(&flight, &app, CHECKED);
            deployed(&flight);
            let mut first = serve(&flight, Some(&format!("emergency.{step}.ended")));
            let begun = id(&start(&first, &flight, &json!({"accept_loss": true})));
            first.child.wait().unwrap();

            let served = serve(&flight, None);
            let ahead = served.get(AHEAD).json();
            assert_eq!((&ahead["open"]["id"], &ahead["under_way"]), (&json!(begun), &json!(false)), "{step}: {ahead:#}");
            // It is the same emergency: what is accepted need not be accepted again.
            assert_eq!(id(&start(&served, &flight, &json!({}))), begun);
            assert_eq!(watched(&served, &begun)["state"], "done", "{step}");
            is_over(&flight, &app);
            assert_eq!(app.log().matches("stopped").count(), 1, "{step}: {}", app.log());
        }
    }
}

#[test]
fn while_it_is_under_way_nobody_else_begins() {
    let flight = Flight::sqlite();
    let app = App::beside(&flight);
    playbook(&flight, &app, "command = \"sleep 2; rm -f up; echo stopped >> log\"\ncheck = \"test ! -e up\"");
    deployed(&flight);
    let served = serve(&flight, None);
    let begun = id(&start(&served, &flight, &json!({"accept_loss": true})));
    let again = start(&served, &flight, &json!({"accept_loss": true}));
    assert!(again.status == 409 && again.body.contains("under way"), "{} {}", again.status, again.body);
    let end = served.post("/api/v1/emergencies/give-up", &json!({"environment": "test", "confirm": name(&flight)}));
    assert_eq!(end.status, 409, "{}", end.body);
    assert_eq!(served.get(AHEAD).json()["under_way"], true);
    flight
        .run(&["rollback", "--emergency", "--accept-loss", "--yes", &name(&flight)])
        .code(7)
        .complains(&["Another process goes through the emergency of test"]);
    assert_eq!(watched(&served, &begun)["state"], "done");
    is_over(&flight, &app);
}

#[test]
fn a_step_that_fails_is_settled_or_given_up() {
    let flight = Flight::sqlite();
    let app = App::beside(&flight);
    playbook(&flight, &app, "command = \"echo no such unit; exit 5\"");
    deployed(&flight);
    let served = serve(&flight, None);
    let begun = id(&start(&served, &flight, &json!({"accept_loss": true})));
    let failed = watched(&served, &begun);
    assert_eq!(failed["steps"][0]["state"], "failed", "{failed:#}");
    assert!(failed["steps"][0]["notes"].to_string().contains("no such unit"), "{failed:#}");
    assert!(flight.tables().contains(&"notes".to_owned()), "the database was not touched");

    // A person has stopped the application by hand.
    std::fs::remove_file(flight.path().join("up")).unwrap();
    assert_eq!(id(&start(&served, &flight, &json!({"settle": "done"}))), begun);
    assert_eq!(watched(&served, &begun)["state"], "done");
    assert!(app.is_up());

    flight.run(&["migrate"]).code(0);
    let second = id(&start(&served, &flight, &json!({"accept_loss": true})));
    assert_eq!(watched(&served, &second)["steps"][0]["state"], "failed");
    let end = served.post("/api/v1/emergencies/give-up", &json!({"environment": "test", "confirm": name(&flight)}));
    assert_eq!((end.status, end.json()["state"].as_str()), (200, Some("given_up")), "{}", end.body);
    assert_eq!(served.post("/api/v1/emergencies/give-up", &json!({"environment": "test", "confirm": name(&flight)})).status, 422);
    flight.run(&["info"]).code(0);
}

#[test]
fn only_operators_may_and_only_where_there_is_a_playbook() {
    let flight = Flight::sqlite();
    flight.configure("flyway", 0);
    deployed(&flight);
    let served = serve(&flight, None);
    let none = served.get(AHEAD);
    assert!(none.status == 422 && none.body.contains("[emergency.stop]"), "{}", none.body);
    assert_eq!(served.get("/api/v1/emergencies/ahead?environment=mars").status, 422);
    let app = App::beside(&flight);
    playbook(&flight, &app, CHECKED);
    let toml = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap();
    flight.write("flightplan.toml", format!("{toml}\n[emergency]\noperators = [\"grace\"]\n"));
    let refused = start(&served, &flight, &json!({"accept_loss": true}));
    assert!(refused.status == 403 && refused.body.contains("names grace"), "{} {}", refused.status, refused.body);
    assert!(app.is_up() && app.log().is_empty());
}

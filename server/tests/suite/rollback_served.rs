//! Back to the state before a run, from the page.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::{Value, json};

use crate::api::{Answer, Served, events, launch};
use crate::emergency::name;
use crate::flight::Flight;

fn serve(flight: &Flight) -> Served {
    let mut command = flight.command(&["serve", "--no-login", "--listen", "127.0.0.1:0"]);
    command.env("FLIGHTPLAN_USER", "rita");
    launch(command)
}

/// Two runs, the second with a table that gets a row.
fn two_runs(flight: &Flight, approvals: u32) -> String {
    flight.configure("flyway", 0);
    flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY, name varchar(20));\n");
    flight.run(&["migrate"]).code(0);
    flight.write("sql/V2__notes.sql", "CREATE TABLE notes (id integer PRIMARY KEY);\n");
    let run = flight.run(&["--format", "json", "migrate"]).code(0).json()["run"].as_str().unwrap().to_owned();
    flight.configure("flyway", approvals);
    flight.query("INSERT INTO notes (id) VALUES (1)");
    run
}

fn back(served: &Served, run: &str, body: &Value) -> Answer {
    served.post(&format!("/api/v1/runs/{run}/rollback"), body)
}

#[test]
fn a_run_is_taken_back_when_its_losses_are_accepted() {
    for flight in Flight::all() {
        let run = two_runs(&flight, 0);
        let served = serve(&flight);
        let seen = served.get(&format!("/api/v1/runs/{run}/way-back")).json();
        assert_eq!((seen["database"].as_str(), seen["to"].as_str()), (Some(name(&flight).as_str()), Some("1")), "{seen:#}");
        assert_eq!(seen["steps"].as_array().unwrap().len(), 1);
        assert_eq!((&seen["steps"][0]["lossless"], &seen["steps"][0]["derived"]), (&json!(false), &json!(true)), "{seen:#}");
        assert!(seen["steps"][0]["sql"][0].as_str().unwrap().contains("DROP TABLE"), "{seen:#}");
        assert!(seen["losses"][0].as_str().unwrap().contains("1 row now"), "{seen:#}");
        assert_eq!(seen["refusals"], json!([]));

        let confirm = name(&flight);
        let wrong = back(&served, &run, &json!({"confirm": "shop", "accept_loss": true}));
        assert!(wrong.status == 422 && wrong.body.contains("is not the name"), "{}", wrong.body);
        let loses = back(&served, &run, &json!({"confirm": confirm}));
        assert!(loses.status == 422 && loses.body.contains("1 row now"), "{}", loses.body);
        assert!(flight.tables().contains(&"notes".to_owned()));

        let begun = back(&served, &run, &json!({"confirm": confirm, "accept_loss": true}));
        assert_eq!(begun.status, 202, "{}", begun.body);
        let id = begun.json()["id"].as_str().unwrap().to_owned();
        let told = events(&served.get(&format!("/api/v1/runs/{id}/events")));
        assert_eq!(told.last().unwrap()["event"], "finished", "{told:#?}");
        let over = served.get(&format!("/api/v1/runs/{id}")).json();
        assert_eq!((over["state"].as_str(), over["actor"].as_str()), (Some("done"), Some("rita")), "{over:#}");
        assert!(!flight.tables().contains(&"notes".to_owned()));
        let nothing = back(&served, &run, &json!({"confirm": confirm, "accept_loss": true}));
        assert!(nothing.status == 422 && nothing.body.contains("nothing to take back"), "{}", nothing.body);
        assert_eq!(served.get("/api/v1/runs/none/way-back").status, 404);
        assert_eq!(back(&served, "none", &json!({"confirm": confirm})).status, 404);
    }
}

#[test]
fn where_approvals_are_asked_for_it_needs_them() {
    let flight = Flight::sqlite();
    let run = two_runs(&flight, 1);
    let served = serve(&flight);
    let seen = served.get(&format!("/api/v1/runs/{run}/way-back")).json();
    assert!(seen["refusals"][0].as_str().unwrap().contains("no plan approved"), "{seen:#}");
    let refused = back(&served, &run, &json!({"confirm": name(&flight), "accept_loss": true}));
    assert_eq!(refused.status, 403, "{}", refused.body);
    assert!(flight.tables().contains(&"notes".to_owned()));
}

//! A backfill in batches on a bad day: killed two hundred times, and with a replica that stands still.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::flight::Flight;
use crate::postgres::{Replica, Server};

const ROWS: u32 = 60_000;

/// A table whose rows tell how often they were touched, and a backfill that takes long.
fn project(flight: &Flight, batch: &str) {
    let rows = match flight.dialect {
        "mariadb" => format!("SELECT seq, 0 FROM seq_1_to_{ROWS}"),
        _ => format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) SELECT i, 0 FROM n"),
    };
    flight.write(
        "sql/V1__items.sql",
        format!("CREATE TABLE items (id integer PRIMARY KEY, n integer);\nINSERT INTO items {rows};\n"),
    );
    flight.flyway(&["-target=1", "migrate"]).code(0);
    flight.write("sql/V2__touch.sql", format!("-- flightplan:batch {batch}\nUPDATE items SET n = n + 1 WHERE n >= 0;\n"));
}

fn migrate(flight: &Flight) -> Child {
    let mut command = flight.command(&["--source", "flyway:sql", "--url", &flight.url, "migrate"]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn touched(flight: &Flight) -> u32 {
    flight.value("SELECT count(*) FROM items WHERE n = 1").parse().unwrap()
}

/// Kills one backfill `kills` times, each at another moment, and lets it end: every second time once a new batch is
/// there, so that it gets on, else anywhere in its life.
fn killed(flight: &Flight, kills: u32) {
    project(flight, "size=100 pause=50");
    let (mut seed, mut life) = (7_u64, 1000);
    for kill in 0..kills {
        // A linear congruential generator: the moments are varied, and the same in every run of the test.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (before, began) = (touched(flight), Instant::now());
        let mut child = migrate(flight);
        if kill % 2 == 0 {
            until("a new batch", || touched(flight) > before);
            life = u64::try_from(began.elapsed().as_millis()).unwrap();
            std::thread::sleep(Duration::from_millis((seed >> 33) % 100));
        } else {
            std::thread::sleep(Duration::from_millis((seed >> 33) % life));
        }
        assert_eq!(child.try_wait().unwrap(), None, "{}: it ended by itself before kill {kill}", flight.dialect);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let done = touched(flight);
    assert!(done > 0 && done < ROWS, "{}: {done} rows at the last kill: nothing was tested", flight.dialect);
    flight.flyway(&["migrate"]).code(0);
    assert_eq!(flight.query("SELECT n, count(*) FROM items GROUP BY n"), [format!("1|{ROWS}")], "{}", flight.dialect);
    assert_eq!(flight.value("SELECT rows_changed FROM flightplan_journal WHERE batches > 0"), ROWS.to_string());
    assert_eq!(flight.history().len(), 2, "{:?}", flight.history());
}

#[test]
fn two_hundred_kills_touch_no_row_twice_on_postgres() {
    killed(&Flight::postgres(), 200);
}

#[test]
fn kills_touch_no_row_twice_on_mariadb() {
    killed(&Flight::mariadb(), 40);
}

#[test]
fn kills_touch_no_row_twice_on_sqlite() {
    killed(&Flight::sqlite(), 40);
}

/// Tells what has happened in the newest run.
fn events(flight: &Flight) -> Vec<serde_json::Value> {
    let said = flight.run(&["--source", "flyway:sql", "--url", &flight.url, "--format", "json", "runs", "show"]).code(0);
    said.json()["events"].as_array().unwrap().clone()
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what} did not happen in a minute");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_replica_that_falls_behind_makes_it_wait() {
    let primary = Server::start();
    primary.run("CREATE DATABASE lagging");
    let replica = Replica::of(&primary);
    let flight = Flight::at(primary.url("lagging"));
    flight.write(
        "flightplan.toml",
        "[project]\nname = \"lag\"\n\n[environments.test]\nsource = \"flyway\"\ndialect = \"postgres\"\nbatch_replica_lag_ms = 700\n",
    );
    project(&flight, "size=200 pause=50");
    until("the replica", || primary.answer("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == "1");
    let mut child = migrate(&flight);
    until("a batch", || primary.answer_in("lagging", "SELECT count(*) FROM items WHERE n = 1") != "0");
    replica.run("SELECT pg_wal_replay_pause()");
    let waits = |event: &serde_json::Value| event["reason"].as_str().is_some_and(|reason| reason.contains("replica"));
    until("the wait", || events(&flight).iter().any(waits) || child.try_wait().unwrap().is_some());
    assert!(events(&flight).iter().any(waits), "{:?}", events(&flight).last());
    let stood = primary.answer_in("lagging", "SELECT count(*) FROM items WHERE n = 1");
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(primary.answer_in("lagging", "SELECT count(*) FROM items WHERE n = 1"), stood, "it went on without the replica");
    assert!(stood.parse::<u32>().unwrap() < ROWS, "it was through before the replica counted");
    replica.run("SELECT pg_wal_replay_resume()");
    assert!(child.wait().unwrap().success());
    assert_eq!(flight.query("SELECT n, count(*) FROM items GROUP BY n"), [format!("1|{ROWS}")]);
    let story = events(&flight);
    let waited = story.iter().position(waits).unwrap();
    assert!(story.iter().skip(waited).any(|event| event["event"] == "batch"), "batches follow the wait");
}

/// Works on one row that the backfill leaves alone, fifty times a second.
const APPLICATION: &str = "DO $$ BEGIN FOR i IN 1..200 LOOP UPDATE items SET n = -1 WHERE id = 1; COMMIT; PERFORM pg_sleep(0.02); \
                           END LOOP; END $$";

#[test]
fn beside_an_application_batches_are_small_and_rest() {
    let server = Server::start();
    server.run("CREATE DATABASE busy");
    server.run("CREATE DATABASE idle");
    let batches = |database: &str, busy: bool| {
        let flight = Flight::at(server.url(database));
        project(&flight, "key=id");
        std::thread::scope(|scope| {
            if busy {
                scope.spawn(|| server.answer_in(database, APPLICATION));
                until("the application", || server.answer_in(database, "SELECT count(*) FROM items WHERE n = -1") == "1");
            }
            assert!(migrate(&flight).wait().unwrap().success());
        });
        let events = events(&flight);
        let told = events.iter().any(|event| event["reason"].as_str().is_some_and(|reason| reason.contains("Other sessions")));
        (told, events.iter().filter(|event| event["event"] == "batch").count())
    };
    let (told, alone) = batches("idle", false);
    assert!(!told);
    let (told, beside) = batches("busy", true);
    assert!(told);
    assert!(beside > alone, "{beside} batches beside an application, {alone} alone");
    assert_eq!(server.answer_in("busy", "SELECT count(*) FROM items WHERE n = 1"), (ROWS - 1).to_string());
}

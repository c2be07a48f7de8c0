//! A backfill in batches on a bad day: killed two hundred times, and with a replica that stands still.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::crowd::{is_halted, wake};
use crate::flight::{Flight, Said};
use crate::mariadb;
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

/// Writes `flightplan.toml` with an environment of these settings; `--source` would pass over it.
fn configured(flight: &Flight, settings: &str) {
    let environment = format!("[environments.test]\nsource = \"flyway\"\ndialect = \"{}\"\n{settings}", flight.dialect);
    flight.write("flightplan.toml", format!("[project]\nname = \"lag\"\n\n[flyway]\nlocations = [\"sql\"]\n\n{environment}"));
}

/// As [`migrate`], by the settings of [`configured`].
fn migrate_as_configured(flight: &Flight, replica: Option<String>) -> Command {
    let mut command = flight.command(&["--url", &flight.url, "migrate"]);
    command.envs(replica.map(|url| ("REPLICA_URL", url))).stdout(Stdio::null()).stderr(Stdio::piped());
    command
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
    configured(&flight, "batch_replica_lag_ms = 700\n");
    project(&flight, "size=200 pause=50");
    until("the replica", || primary.answer("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == "1");
    let mut child = migrate_as_configured(&flight, None).stderr(Stdio::null()).spawn().unwrap();
    until("a batch", || primary.answer_in("lagging", "SELECT count(*) FROM items WHERE n = 1") != "0");
    let began = Instant::now();
    replica.run("SELECT pg_wal_replay_pause()");
    let waits = |event: &serde_json::Value| event["reason"].as_str().is_some_and(|reason| reason.contains("replica"));
    until("the wait", || events(&flight).iter().any(waits) || child.try_wait().unwrap().is_some());
    assert!(events(&flight).iter().any(waits), "{:?}", events(&flight).last());
    assert!(began.elapsed() < Duration::from_secs(9), "it waited as by default, after {:?}", began.elapsed());
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

/// A change over a range of keys keeps nobody from inserting into it.
#[test]
fn a_batch_on_mariadb_lets_others_insert_between_its_rows() {
    let flight = Flight::mariadb();
    flight.write(
        "sql/V1__items.sql",
        "CREATE TABLE items (id integer PRIMARY KEY, n integer);\nINSERT INTO items SELECT seq * 10, 0 FROM seq_1_to_20000;\n",
    );
    flight.flyway(&["-target=1", "migrate"]).code(0);
    flight.write("sql/V2__touch.sql", "-- flightplan:batch size=1000\nUPDATE items SET n = n + 1 WHERE n >= 0;\n");
    let mut halted = flight.start_halting("stop:batch.after:3", &["migrate"]);
    until("the third batch", || is_halted(&halted));
    flight.query("SET innodb_lock_wait_timeout = 1; INSERT INTO items VALUES (25001, -1)");
    assert!(halted.try_wait().unwrap().is_none());
    wake(&halted);
    assert!(halted.wait().unwrap().success());
    assert_eq!(flight.query("SELECT n, count(*) FROM items GROUP BY n"), ["-1|1", "1|20000"]);
}

/// What a primary cannot know: the replicas that the environment names are asked. `still` stops one, `on` lets it go on.
fn waits_for_a_named_replica(flight: &Flight, replica: &str, still: impl FnOnce(), on: impl FnOnce()) {
    configured(flight, "replica_url_envs = [\"REPLICA_URL\"]\nbatch_replica_lag_ms = 700\n");
    project(flight, "size=200 pause=50");
    let migrate = |replica: Option<&str>| migrate_as_configured(flight, replica.map(str::to_owned));
    Said::from(migrate(None).output().unwrap()).code(2).complains(&["REPLICA_URL, which is not set", "replica_url_envs"]);
    let nobody = format!("{}://pilot:secret@127.0.0.1:1/lagging", flight.dialect);
    let said = Said::from(migrate(Some(&nobody)).output().unwrap()).code(1).complains(&["The replica in REPLICA_URL"]);
    assert!(!said.err.contains("secret"), "{}", said.err);
    assert_eq!(touched(flight), 0, "nothing runs without the replica");
    let mut child = migrate(Some(replica)).stderr(Stdio::null()).spawn().unwrap();
    until("a batch", || touched(flight) > 0);
    still();
    let waits = |event: &serde_json::Value| event["reason"].as_str().is_some_and(|reason| reason.contains("s behind"));
    until("the wait", || events(flight).iter().any(waits) || child.try_wait().unwrap().is_some());
    let stood = touched(flight);
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(touched(flight), stood, "it went on without the replica");
    assert!(stood < ROWS, "it was through before the replica counted");
    on();
    assert!(child.wait().unwrap().success());
    assert_eq!(flight.query("SELECT n, count(*) FROM items GROUP BY n"), [format!("1|{ROWS}")]);
    let story = events(flight);
    let waited = story.iter().position(waits).unwrap();
    assert!(story[waited]["reason"].as_str().unwrap().contains("REPLICA_URL"), "{}", story[waited]);
    assert!(story.iter().skip(waited).any(|event| event["event"] == "batch"), "batches follow the wait");
}

#[test]
fn a_named_replica_that_falls_behind_makes_it_wait_on_mariadb() {
    let (primary, replica) = mariadb::Server::replicated();
    primary.run("CREATE DATABASE lagging");
    let flight = Flight::at(primary.url("lagging"));
    let (still, on) = (|| replica.run("STOP SLAVE SQL_THREAD"), || replica.run("START SLAVE SQL_THREAD"));
    waits_for_a_named_replica(&flight, &replica.url("lagging"), still, on);
}

/// A replica of a replica, which the primary does not know of.
#[test]
fn a_named_replica_that_falls_behind_makes_it_wait_on_postgres() {
    let primary = Server::start();
    primary.run("CREATE DATABASE lagging");
    let near = Replica::of(&primary);
    let far = near.followed(&primary);
    let flight = Flight::at(primary.url("lagging"));
    let (still, on) = (|| far.run("SELECT pg_wal_replay_pause()"), || far.run("SELECT pg_wal_replay_resume()"));
    waits_for_a_named_replica(&flight, &far.url("lagging"), still, on);
}

/// Batches of a backfill while nobody or an application (`busy`) works in its database; whether it was told.
fn beside(flight: &Flight, busy: bool) -> (bool, usize) {
    project(flight, "size=1000 pause=20");
    let done = AtomicBool::new(false);
    let application = || match flight.dialect {
        "mariadb" => drop(
            flight
                .query("BEGIN NOT ATOMIC FOR i IN 1..150 DO UPDATE items SET n = -i WHERE id = 1; DO SLEEP(0.02); END FOR; END"),
        ),
        _ => {
            while !done.load(Ordering::Relaxed) {
                // SQLite writes nothing where a row is what it was.
                drop(flight.query("UPDATE items SET n = min(n, 0) - 1 WHERE id = 1"));
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    };
    std::thread::scope(|scope| {
        if busy {
            scope.spawn(application);
            until("the application", || flight.value("SELECT count(*) FROM items WHERE n < 0") == "1");
        }
        assert!(migrate(flight).wait().unwrap().success());
        done.store(true, Ordering::Relaxed);
    });
    let events = events(flight);
    let told = events.iter().any(|event| event["reason"].as_str().is_some_and(|reason| reason.contains("Other sessions")));
    (told, events.iter().filter(|event| event["event"] == "batch").count())
}

#[test]
fn an_application_is_seen_on_mariadb_and_sqlite_too() {
    for flight in [Flight::mariadb, Flight::sqlite] {
        let (told, alone) = beside(&flight(), false);
        assert!(!told, "{}: nobody was there", flight().dialect);
        let busy = flight();
        let (told, few) = beside(&busy, true);
        assert!(told && few > alone, "{}: {few} batches beside an application, {alone} alone", busy.dialect);
        assert_eq!(busy.value("SELECT count(*) FROM items WHERE n = 1"), (ROWS - 1).to_string());
    }
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

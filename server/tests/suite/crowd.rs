//! Many executors at once on one plan, an owner that slept while another took over, and a step that ends every run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::Child;
use std::time::{Duration, Instant};

use crate::flight::{Flight, Said};
use crate::mixed;

/// Executors that are started at once.
const CROWD: usize = 50;

#[test]
fn of_fifty_executors_one_runs_and_the_others_wait_or_leave() {
    for flight in Flight::all() {
        let flight = mixed::prepare(flight);
        let patience = |at: usize| if at.is_multiple_of(2) { "0" } else { "120" };
        let crowd: Vec<Child> = (0..CROWD).map(|at| flight.start(&["--lock-wait", patience(at), "migrate"])).collect();
        let ends: Vec<Said> = crowd.into_iter().map(|child| child.wait_with_output().unwrap().into()).collect();
        for (at, said) in ends.iter().enumerate() {
            let waits = at % 2 == 1;
            assert!(said.code == 0 || (said.code == 7 && !waits), "{} {at}: {said:?}", flight.dialect);
        }
        mixed::ran_once(&flight, flight.dialect);
        let applied = ends.iter().filter(|said| said.out.contains("Successfully applied")).count();
        assert_eq!(applied, 1, "{}: one executor did all of it", flight.dialect);
        assert_eq!(flight.value("SELECT epoch FROM flightplan_epoch"), "2", "{}: V1, then the one", flight.dialect);
    }
}

/// Whether a process is halted.
pub(crate) fn is_halted(child: &Child) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
}

/// Lets a halted process go on.
pub(crate) fn wake(child: &Child) {
    let status = std::process::Command::new("kill").args(["-CONT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// Takes the lock from whoever holds it.
fn take_over(flight: &Flight) {
    match flight.dialect {
        "sqlite" => {
            let file = flight.url.trim_start_matches("sqlite:");
            std::fs::remove_file(format!("{file}.flightplan.lock")).unwrap();
        }
        "mariadb" => {
            let sql = "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()";
            for id in flight.query(sql) {
                flight.query(&format!("KILL {id}"));
            }
        }
        _ => {
            let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND \
                       pid <> pg_backend_pid()";
            flight.query(sql);
        }
    }
}

/// What an owner could still change.
fn picture(flight: &Flight) -> Vec<String> {
    let mut all = flight.tables();
    for sql in [
        "SELECT id, note FROM notes ORDER BY id",
        "SELECT sum(n) FROM items",
        "SELECT * FROM flightplan_epoch",
        "SELECT step, statement, state, epoch, run FROM flightplan_journal ORDER BY 1, 2",
        "SELECT installed_rank, script, CASE WHEN success THEN 1 ELSE 0 END FROM flyway_schema_history ORDER BY 1",
    ] {
        all.extend(flight.query(sql));
    }
    all
}

/// Halts the owner at a point, lets another finish, wakes the owner. `false`: it never came there.
fn sleeper(make: fn() -> Flight, point: &str) -> bool {
    let flight = mixed::prepare(make());
    let mut owner = flight.start_halting(point, &["migrate"]);
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_halted(&owner) {
        if owner.try_wait().unwrap().is_some() {
            return false;
        }
        assert!(Instant::now() < deadline, "{point} is not reached");
        std::thread::sleep(Duration::from_millis(10));
    }
    // Nobody gets in while it only sleeps.
    flight.flyway(&["--lock-wait", "0", "migrate"]).code(7);
    take_over(&flight);
    let second = flight.flyway(&["migrate"]);
    if second.code != 0 {
        // SQLite: the sleeper is inside a transaction, and so nobody else can write.
        assert_eq!(flight.dialect, "sqlite", "{point}: {second:?}");
        wake(&owner);
        let _ = owner.wait_with_output().unwrap();
        mixed::finish(&flight, point);
        mixed::ran_once(&flight, point);
        return true;
    }
    mixed::ran_once(&flight, point);
    let before = picture(&flight);
    wake(&owner);
    let said: Said = owner.wait_with_output().unwrap().into();
    assert!(matches!(said.code, 1 | 6), "{point}: {said:?}");
    assert_eq!(picture(&flight), before, "{point} on {}: the one that woke changed something", flight.dialect);
    true
}

#[test]
fn an_owner_that_wakes_after_another_took_over_does_nothing() {
    let points = ["open.before", "batch.commit.before", "outcome.before", "commit.after"];
    for make in [Flight::sqlite, Flight::postgres, Flight::mariadb] {
        let reached = points.iter().filter(|point| sleeper(make, &format!("stop:{point}:1"))).count();
        assert!(reached >= 3, "{reached} of {points:?}");
    }
}

#[test]
fn a_step_that_ends_two_runs_waits_for_a_person() {
    for flight in Flight::all() {
        let flight = mixed::prepare(flight);
        let point = "any:5";
        // Runs that follow at once count for nothing.
        for pause in [0, 0, 2100, 2100] {
            assert!(flight.killed_at(point, &["migrate"]), "{}", flight.dialect);
            std::thread::sleep(Duration::from_millis(pause));
        }
        let before = picture(&flight);
        let refused =
            flight.flyway(&["migrate"]).code(6).complains(&["V2 is in quarantine", "2 runs in a row", "resolve V2 --as again"]);
        assert_eq!(picture(&flight), before, "nothing was changed");
        flight.flyway(&["resolve", "V2", "--as", "again"]).code(2).complains(&["--by NAME --reason TEXT"]);
        flight
            .flyway(&["resolve", "V3", "--as", "again", "--by", "ann", "--reason", "x"])
            .code(2)
            .complains(&["not in quarantine"]);
        mixed::release(&flight, &refused.err);
        flight.flyway(&["migrate"]).code(0);
        mixed::ran_once(&flight, flight.dialect);
    }
}

#[test]
fn a_run_that_gets_further_is_not_cut_off_at_the_same_place() {
    let flight = mixed::prepare(Flight::postgres());
    for _ in 0..4 {
        assert!(flight.killed_at("batch.commit.after:1", &["migrate"]) || flight.killed_at("outcome.after:1", &["migrate"]));
    }
    flight.flyway(&["migrate"]).code(0);
    mixed::ran_once(&flight, "cut off behind every batch and statement");
    // Cut off when there was nothing left to do: the next plan starts with a clean slate.
    flight.write("sql/V6__a.sql", "CREATE TABLE a (x integer);\n");
    assert!(flight.killed_at("commit.after:1", &["migrate"]));
    flight.write("sql/V7__b.sql", "CREATE TABLE b (x integer);\n");
    assert!(flight.killed_at("statement.before:1", &["migrate"]));
    flight.flyway(&["migrate"]).code(0);
}

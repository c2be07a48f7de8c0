//! What is looked at before anything runs: what stops a run, what warns, and the clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{SystemTime, UNIX_EPOCH};

use crate::flight::Flight;
use crate::postgres;

fn project(flight: Flight, more: &str) -> Flight {
    flight.configure("flyway", 0);
    let file = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap();
    flight.write("flightplan.toml", format!("{file}\n{more}"));
    flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
    flight
}

#[test]
fn a_server_that_takes_no_writes_is_refused_before_anything() {
    let flight = project(Flight::postgres(), "");
    let name = flight.value("SELECT current_database()");
    flight.query(&format!("ALTER DATABASE {name} SET default_transaction_read_only = on"));
    flight.run(&["migrate"]).code(3).complains(&["takes no writes: default_transaction_read_only is on", "Nothing was changed"]);
    postgres::server().run(&format!("ALTER DATABASE {name} RESET default_transaction_read_only"));
    assert!(flight.tables().is_empty());
    flight.run(&["migrate"]).code(0);
}

#[test]
fn a_long_transaction_warns_or_stops_as_the_project_says() {
    for make in [Flight::postgres, Flight::mariadb] {
        let flight = project(make(), "[preflight]\nlong_transaction_s = 0\nlong_transactions = \"stop\"\n");
        flight.query("CREATE TABLE held (x integer)");
        flight.write("flyway.toml", "");
        let held = flight.hold("INSERT INTO held VALUES (1)");
        std::thread::sleep(std::time::Duration::from_millis(2100));
        let end = if flight.dialect == "mariadb" { "KILL " } else { "pg_terminate_backend(" };
        flight
            .run(&["-baselineOnMigrate=true", "-baselineVersion=0", "migrate"])
            .code(3)
            .complains(&["has been in a transaction for", end]);
        assert!(!flight.tables().contains(&"a".to_owned()));
        let file = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap();
        flight.write("flightplan.toml", file.replace("long_transactions = \"stop\"", "long_transactions = \"warn\""));
        let said = flight.run(&["-baselineOnMigrate=true", "-baselineVersion=0", "migrate"]).code(0);
        assert!(said.err.contains("WARNING: Session") && said.err.contains("Next: "), "{}", said.err);
        held.commit();
    }
}

#[test]
fn too_few_connections_and_a_weak_commit_are_told() {
    let flight = project(Flight::postgres(), "[preflight]\nconnections_left = 100000\nconnections = \"stop\"\n");
    flight.run(&["migrate"]).code(3).complains(&["connections are left", "pg_stat_activity"]);
    let flight = project(Flight::postgres(), "[preflight]\ndurability = \"stop\"\n");
    flight.run(&["migrate"]).code(3).complains(&["fsync is off", "synchronous_commit is off"]);
    let flight = project(Flight::mariadb(), "[preflight]\ndurability = \"stop\"\n");
    flight.run(&["migrate"]).code(3).complains(&["innodb_flush_log_at_trx_commit is 0"]);
}

#[test]
fn a_user_who_may_not_is_refused_with_what_it_lacks() {
    let flight = project(Flight::postgres(), "");
    let role = format!("weak{}", std::process::id());
    flight.query(&format!("CREATE ROLE {role} LOGIN PASSWORD 'weak'"));
    let (head, tail) = flight.url.split_once('@').unwrap();
    assert!(head.starts_with("postgres://"));
    let said = flight.run(&["--url", &format!("postgres://{role}:weak@{tail}"), "migrate"]).code(3);
    assert!(said.err.contains("lacks what the plan needs: CREATE on schema public"), "{}", said.err);
    assert!(said.err.contains("flightplan privileges"), "{}", said.err);
    flight.query(&format!("DROP ROLE {role}"));
}

#[test]
fn a_replica_that_is_late_is_told() {
    let server = postgres::Server::start();
    let replica = postgres::Replica::of(&server);
    let flight = project(Flight::at(server.new_database("late")), "[preflight]\nreplica_lag_s = 0\nreplica_lag = \"stop\"\n");
    replica.run("SELECT pg_wal_replay_pause()");
    server.run("CREATE TABLE x (a integer)");
    std::thread::sleep(std::time::Duration::from_secs(3));
    replica.run("SELECT pg_wal_replay_resume()");
    // The lag of its last answer is above zero now, or it has caught up: then nothing is found.
    let said = flight.run(&["migrate"]);
    assert!(said.code == 0 || said.err.contains("bytes behind"), "{said:?}");
}

fn hour_from_now(hours: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    (now / 3600 + hours) % 24
}

#[test]
fn outside_of_a_window_nothing_begins_and_the_next_opening_is_told() {
    let window = |hour| format!("[windows.nights]\nopens = \"0 {hour} * * *\"\nlasts_minutes = 120\n");
    for make in [Flight::sqlite, Flight::postgres] {
        let flight = project(make(), &window(hour_from_now(12)));
        flight.run(&["migrate"]).code(4).complains(&["No window of environment test is open", "The next opening is at", "(in 1"]);
        assert!(flight.tables_or_none().is_empty());
        flight.run(&["plan"]).code(0);
        let flight = project(make(), &window(hour_from_now(0)));
        flight.run(&["migrate"]).code(0);
        flight.run(&["migrate"]).code(0);
    }
}

#[test]
fn in_a_freeze_nothing_begins_but_a_way_back_does() {
    let flight = project(Flight::sqlite(), "");
    flight.write("sql/U1__a.sql", "DROP TABLE a;\n");
    flight.run(&["migrate"]).code(0);
    flight.write("sql/V2__b.sql", "CREATE TABLE b (x integer);\n");
    let file = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap();
    let freeze = "[freezes.forever]\nfrom = 2020-01-01T00:00:00Z\nuntil = 2999-01-01T00:00:00Z\nreason = \"the shop is sold\"\n";
    flight.write("flightplan.toml", format!("{file}\n{freeze}"));
    flight.run(&["migrate"]).code(4).complains(&["frozen until 2999-01-01 00:00 UTC by [freezes.forever] (the shop is sold)"]);
    flight.run(&["undo"]).code(0);
    assert!(!flight.tables().contains(&"a".to_owned()));
}

#[test]
fn mistakes_in_the_sections_name_their_line() {
    let flight = project(Flight::sqlite(), "[windows.a]\nopens = \"every night\"\nlasts_minutes = 1\n");
    flight.run(&["migrate"]).code(2).complains(&["is no time", "flightplan.toml:"]);
    let flight = project(Flight::sqlite(), "[preflight]\nsession = \"maybe\"\n");
    flight.run(&["migrate"]).code(2).complains(&["session cannot be", "\"stop\", \"warn\" or \"off\""]);
    let flight = project(Flight::sqlite(), "[alerts.migration_duration]\nthreshold = 300\naction = \"notify_dba\"\n");
    flight.run(&["migrate"]).code(2).complains(&["there is no [notify.dba]"]);
    let flight = project(Flight::sqlite(), "[alerts.lock_wait]\nthreshold = 60\naction = \"abort\"\n");
    flight.run(&["migrate"]).code(2).complains(&["action cannot be", "abort_migration"]);
}

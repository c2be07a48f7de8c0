//! Triggers end a run, its statement cancelled on the server; `[on_failure]` takes back what a failed run had applied.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, Instant};

use crate::flight::{Flight, Said};
use crate::rollback::newest;

/// Three migrations, the last of which takes a minute.
fn slow(flight: &Flight, more: &str) {
    flight.configure("flyway", 0);
    let toml = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap();
    flight.write("flightplan.toml", toml + more);
    flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY, name varchar(20));\n");
    flight.run(&["migrate"]).code(0);
    flight.query("INSERT INTO users (id) VALUES (1)");
    flight.write("sql/V2__notes.sql", "CREATE TABLE notes (id integer PRIMARY KEY);\n");
    let sleep = if flight.dialect == "postgres" { "pg_sleep(60) IS NULL" } else { "sleep(60) = 0" };
    flight.write(
        "sql/V3__slow.sql",
        format!("UPDATE users SET name = 'x' WHERE id = 1;\nUPDATE users SET name = 'y' WHERE {sleep};\n"),
    );
}

/// Runs it; it must not take the minute.
#[track_caller]
fn ended(flight: &Flight, parts: &[&str]) -> Said {
    let begun = Instant::now();
    let said = flight.run(&["migrate"]).code(1).complains(parts);
    assert!(begun.elapsed() < Duration::from_secs(40), "{said:?}");
    assert_eq!(flight.value("SELECT name FROM users"), "-", "the statement was cancelled and its step rolled back");
    let busy = match flight.dialect {
        "postgres" => {
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(60)%' \
             AND state = 'active' AND pid <> pg_backend_pid()"
        }
        _ => {
            "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE '%= ''y''%' \
             AND id <> CONNECTION_ID()"
        }
    };
    assert_eq!(flight.value(busy), "0", "nothing works on in the server");
    said
}

fn two() -> [Flight; 2] {
    [Flight::postgres(), Flight::mariadb()]
}

#[test]
fn a_run_that_takes_too_long_is_ended() {
    for flight in two() {
        slow(&flight, "[triggers.too-long]\nrun_ms = 1500\n");
        ended(&flight, &["The trigger too-long fired: the run takes longer than 1500 ms"]);
        assert!(flight.tables().contains(&"notes".to_owned()), "what was done stays");
        let shown = flight.run(&["runs", "show", &newest(&flight)]).code(0).out;
        assert!(shown.contains("failed: The trigger too-long fired"), "{shown}");
    }
}

#[test]
fn a_probe_that_is_answered_wrongly_ends_it() {
    for flight in two() {
        let probe = "[triggers.errors]\nsql = \"SELECT count(*) FROM users WHERE id > 1\"\nexpect = 0\ntimes = 2\nevery_s = 1\n";
        slow(&flight, probe);
        flight.query("INSERT INTO users (id) VALUES (2)");
        flight.query("DELETE FROM users WHERE id = 1");
        flight.query("UPDATE users SET id = 5");
        flight.write(
            "sql/V3__slow.sql",
            std::fs::read_to_string(flight.path().join("sql/V3__slow.sql")).unwrap().replace("id = 1", "id = 5"),
        );
        ended(&flight, &["The trigger errors fired", "gave 1, 2 time(s) in a row"]);
    }
}

#[test]
fn somebody_who_waits_for_a_lock_ends_it() {
    for flight in two() {
        slow(&flight, "[triggers.blocked]\nlock_wait_ms = 700\n");
        let mut child = flight.command(&["migrate"]).stderr(std::process::Stdio::piped()).spawn().unwrap();
        let begun = Instant::now();
        // The row is locked when the slow statement is at work.
        while flight.value(at_work(&flight)) == "0" {
            assert!(begun.elapsed() < Duration::from_secs(30) && child.try_wait().unwrap().is_none(), "V3 does not begin");
            std::thread::sleep(Duration::from_millis(100));
        }
        flight.query("UPDATE users SET name = 'me' WHERE id = 1");
        let said = Said::from(child.wait_with_output().unwrap()).code(1).complains(&["The trigger blocked fired", "waited"]);
        assert!(begun.elapsed() < Duration::from_secs(50), "{said:?}");
        assert_eq!(flight.value("SELECT name FROM users"), "me");
    }
}

fn at_work(flight: &Flight) -> &'static str {
    match flight.dialect {
        "postgres" => {
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'UPDATE%pg_sleep(60)%' \
             AND state = 'active'"
        }
        _ => "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'UPDATE%sleep(60)%'",
    }
}

#[test]
fn a_failed_run_is_taken_back_where_nothing_is_lost() {
    for flight in Flight::each() {
        flight.configure("flyway", 0);
        let toml = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap();
        flight.write("flightplan.toml", format!("{toml}[on_failure]\nthen = \"roll-back-run\"\n"));
        flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY);\n");
        flight.run(&["migrate"]).code(0);
        flight.write("sql/V2__notes.sql", "CREATE TABLE notes (id integer PRIMARY KEY);\n");
        flight.write("sql/V3__broken.sql", "INSERT INTO users (id) VALUES (1), (1);\n");
        flight
            .run(&["migrate"])
            .code(1)
            .complains(&["Step V3 failed", "What it had applied (1 migration(s)) was taken back by run"]);
        assert!(!flight.tables().contains(&"notes".to_owned()));
        assert!(flight.tables().contains(&"users".to_owned()));
        std::fs::remove_file(flight.path().join("sql/V2__notes.sql")).unwrap();
        flight.run(&["migrate"]).code(1).complains(&["Step V3 failed", "It had applied nothing"]);
        assert!(flight.tables().contains(&"users".to_owned()));
        // What would be lost stays.
        flight
            .write("sql/V4__rows.sql", "CREATE TABLE rows_of (id integer PRIMARY KEY);\nINSERT INTO rows_of (id) VALUES (1);\n");
        flight.write("sql/V5__broken.sql", "INSERT INTO users (id) VALUES (1), (1);\n");
        std::fs::remove_file(flight.path().join("sql/V3__broken.sql")).unwrap();
        flight
            .run(&["migrate"])
            .code(1)
            .complains(&["was to be rolled back, but was not: something would be lost", "--accept-loss"]);
        assert!(flight.tables().contains(&"rows_of".to_owned()));
    }
}

#[test]
fn a_trigger_and_the_policy_together() {
    for flight in two() {
        slow(&flight, "[triggers.too-long]\nrun_ms = 1500\n[on_failure]\nthen = \"roll-back-run\"\n");
        let said = flight.run(&["migrate"]).code(1).complains(&["The trigger too-long fired"]);
        let back = !flight.tables().contains(&"notes".to_owned());
        // On MariaDB the step commits by itself, so that its first statement is done and nobody knows the way from there.
        assert_eq!(back, said.err.contains("was taken back by run"), "{said:?}");
        assert!(back || said.err.contains("V3 is half applied"), "{said:?}");
    }
}

#[test]
fn mistakes_are_told_and_what_cannot_be_watched_is_refused() {
    let flight = Flight::sqlite();
    flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
    for (text, part) in [
        ("[triggers.a]\nrun_mss = 1\n", "Write run_ms."),
        ("[triggers.a]\nrun_ms = 1\nlock_wait_ms = 1\n", "does not say one thing that fires"),
        ("[triggers.a]\ntimes = 1\n", "does not say one thing that fires"),
        ("[triggers.a]\nsql = \"DROP TABLE a\"\n", "only reads"),
        ("[on_failure]\nthen = \"panic\"\n", "\"stop\", \"roll-back-migration\" or \"roll-back-run\""),
        ("[on_failure]\nthan = \"stop\"\n", "Write then."),
        ("[triggers.a]\nlock_wait_ms = 100\n", "this cannot be seen here"),
    ] {
        flight.configure("flyway", 0);
        let toml = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap();
        flight.write("flightplan.toml", toml + text);
        flight.run(&["migrate"]).code(2).complains(&[part]);
        assert!(!flight.tables_or_none().contains(&"a".to_owned()), "{text}");
    }
}

//! The audit log: everything that changes something is in it, and no change of it goes unseen.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use sqlx::{Connection, SqliteConnection};

use crate::flight::{Flight, Said};
use crate::json_schema::keeps;

fn store(flight: &Flight) -> String {
    format!("sqlite:{}", flight.path().join(".flightplan/control.db").display())
}

/// Runs statements in the control store, past the binary.
fn tamper(flight: &Flight, statements: &[&str]) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = SqliteConnection::connect(&store(flight)).await.unwrap();
        for statement in statements {
            let sql = sqlx::AssertSqlSafe((*statement).to_owned());
            sqlx::raw_sql(sql).execute(&mut connection).await.map_err(|error| error.to_string())?;
        }
        connection.close().await.map_err(|error| error.to_string())
    })
}

const UNGUARD: [&str; 2] = ["DROP TRIGGER audit_is_not_changed", "DROP TRIGGER audit_is_not_deleted"];
const GUARD: [&str; 2] = [
    "CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'no'); END",
    "CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'no'); END",
];

/// As somebody would who knows what the guards are called.
fn forge(flight: &Flight, statements: &[&str]) {
    tamper(flight, &[&UNGUARD[..], statements, &GUARD[..]].concat()).unwrap();
}

fn project(flight: &Flight) {
    flight.configure("flyway", 1);
    flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY, name text);\n");
    flight.write("sql/U1__users.sql", "DROP TABLE users;\n");
}

/// A log with a plan, two approvals, a comment and a run.
fn told(flight: &Flight) {
    project(flight);
    flight.run(&["plan", "--output", "plan.json", "--by", "ada"]).code(0);
    flight.run(&["approve", "plan.json", "--by", "bob", "--comment", "reviewed with care"]).code(0);
    flight.run(&["approve", "plan.json", "--by", "cid"]).code(0);
    flight.run(&["comment", "plan.json", "why now?", "--by", "dan", "--step", "V1"]).code(0);
    flight.run(&["apply", "plan.json"]).code(0);
}

fn verify(flight: &Flight) -> Said {
    flight.run(&["audit", "verify"])
}

fn actions(flight: &Flight) -> Vec<String> {
    let rows = flight.run(&["--format", "json", "audit"]).code(0).json();
    rows["rows"].as_array().unwrap().iter().map(|row| row["action"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_change_of_state_is_told_with_actor_reason_and_digest() {
    for flight in Flight::each() {
        told(&flight);
        flight.run(&["undo"]).code(0);
        flight.run(&["repair"]).code(0);
        let told = actions(&flight);
        for action in ["plan.stored", "plan.approved", "plan.commented", "run.started", "run.done", "history.repaired"] {
            assert!(told.iter().any(|one| one == action), "{action} is missing in {told:?}");
        }
        let rows = keeps("audit", &flight.run(&["--format", "json", "audit", "--action", "plan.approved"]).code(0));
        let row = &rows["rows"][0];
        assert_eq!((row["actor"].as_str(), row["reason"].as_str()), (Some("bob"), Some("reviewed with care")));
        assert_eq!(row["digest"].as_str().map(str::len), Some(64));
        let said = flight.run(&["audit", "--by", "ada"]).code(0);
        assert!(said.out.contains("plan.stored") && !said.out.contains("bob"), "{}", said.out);
        let said = verify(&flight).code(0);
        assert!(said.out.contains("intact"), "{said:?}");
    }
}

#[test]
fn the_store_itself_refuses_changes() {
    let flight = Flight::sqlite();
    told(&flight);
    for statement in ["UPDATE audit SET actor = 'eve'", "DELETE FROM audit", "DELETE FROM audit WHERE sequence = 2"] {
        let error = tamper(&flight, &[statement]).unwrap_err();
        assert!(error.contains("only appended to"), "{error}");
    }
    verify(&flight).code(0);
    tamper(&flight, &UNGUARD).unwrap();
    verify(&flight).code(1).complains(&["audit_is_not_changed", "audit_is_not_deleted"]);
}

#[test]
fn a_changed_row_is_found() {
    for (field, value) in [("actor", "eve"), ("reason", "x"), ("at", "2020"), ("digest", ""), ("action", "plan.stored")] {
        let flight = Flight::sqlite();
        told(&flight);
        flight.run(&["audit", "export", "log.jsonl"]).code(0);
        flight.run(&["audit", "verify", "log.jsonl"]).code(0);
        forge(&flight, &[&format!("UPDATE audit SET {field} = '{value}' WHERE sequence = 2")]);
        verify(&flight).code(1).complains(&["Row 2 was changed"]);
        let said = flight.run(&["audit", "verify", "log.jsonl"]).code(1);
        said.complains(&["Row 2 differs from the export", &format!("{field} is \"{value}\", it was")]);
    }
}

#[test]
fn a_deleted_row_is_found() {
    let flight = Flight::sqlite();
    told(&flight);
    forge(&flight, &["DELETE FROM audit WHERE sequence = 3"]);
    verify(&flight).code(1).complains(&["Row 3 is missing: 4 follows 2."]);
    // Closing the gap does not help.
    forge(&flight, &["UPDATE audit SET sequence = sequence - 1 WHERE sequence > 3"]);
    verify(&flight).code(1).complains(&["Row 3"]);
}

#[test]
fn swapped_rows_are_found() {
    let flight = Flight::sqlite();
    told(&flight);
    forge(
        &flight,
        &[
            "UPDATE audit SET sequence = -1 WHERE sequence = 2",
            "UPDATE audit SET sequence = 2 WHERE sequence = 3",
            "UPDATE audit SET sequence = 3 WHERE sequence = -1",
        ],
    );
    verify(&flight).code(1).complains(&["Row 2 is row 3 in truth", "Row 3 is row 2 in truth"]);
}

#[test]
fn a_tail_that_was_cut_off_is_found() {
    let flight = Flight::sqlite();
    told(&flight);
    let last = actions(&flight).len();
    forge(&flight, &["DELETE FROM audit WHERE sequence > 3"]);
    verify(&flight).code(1).complains(&[&format!("had come to row {last}, and ends with row 3")]);
    forge(&flight, &["DELETE FROM audit"]);
    verify(&flight).code(1).complains(&["ends with row 0"]);
}

/// Whoever can write the store can compute hashes, but has no key.
#[test]
fn a_chain_written_anew_without_the_key_is_found() {
    let flight = Flight::sqlite();
    told(&flight);
    let text = flight.run(&["audit", "export", "-"]).code(0).out;
    let mut rows: Vec<server::audit::Row> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert!(rows.len() > 4);
    let eve = server::approval::key::SecretKey::generate().unwrap();
    for own_key in [false, true] {
        rows[1].actor = "eve".to_owned();
        let mut previous = String::new();
        for row in &mut rows {
            row.previous.clone_from(&previous);
            row.hash = row.own_hash();
            previous.clone_from(&row.hash);
            if own_key {
                row.key = eve.public().to_string();
                row.signature = eve.sign(&row.checkpoint());
            }
        }
        let change = |row: &server::audit::Row| {
            format!(
                "UPDATE audit SET actor = '{}', previous = '{}', hash = '{}', key = '{}', signature = '{}' WHERE sequence = {}",
                row.actor, row.previous, row.hash, row.key, row.signature, row.sequence
            )
        };
        let changes: Vec<String> = rows.iter().map(change).collect();
        forge(&flight, &changes.iter().map(String::as_str).collect::<Vec<_>>());
        let said = verify(&flight).code(1);
        said.complains(&[if own_key { "is not the key of this log" } else { "The signature of row 2 does not fit it" }]);
    }
}

#[test]
fn an_edited_export_is_found() {
    let flight = Flight::sqlite();
    told(&flight);
    flight.run(&["audit", "export", "log.jsonl"]).code(0);
    let key = flight.run(&["audit", "key"]).code(0).out.trim().to_owned();
    let text = std::fs::read_to_string(flight.path().join("log.jsonl")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let write = |lines: &[&str]| flight.write("log.jsonl", format!("{}\n", lines.join("\n")));
    // Elsewhere, with nothing but the public key.
    std::fs::remove_dir_all(flight.path().join(".flightplan")).unwrap();
    let check = || flight.run(&["audit", "verify", "log.jsonl", "--public-key", &key]);
    check().code(0);
    flight.run(&["audit", "verify", "log.jsonl"]).code(2).complains(&["--public-key"]);
    write(&lines[..lines.len() - 1]);
    check().code(1).complains(&["does not end with a checkpoint"]);
    write(&[&lines[..lines.len() - 2], &lines[lines.len() - 1..]].concat());
    check().code(1).complains(&["The end is cut off"]);
    write(&[&lines[..1], &lines[2..3], &lines[1..2], &lines[3..]].concat());
    check().code(1).complains(&["swapped"]);
    write(&[&lines[..2], &lines[3..]].concat());
    check().code(1).complains(&["Row 3 is missing"]);
    let edited = lines[1].replace("\"bob\"", "\"eve\"");
    write(&[&lines[..1], &[edited.as_str()], &lines[2..]].concat());
    assert_ne!(edited, lines[1]);
    check().code(1).complains(&["Row 2 was changed"]);
}

/// Fifty processes write at once: one chain, no fork, no gap.
#[test]
fn fifty_writers_make_one_chain() {
    let flight = Flight::sqlite();
    project(&flight);
    flight.run(&["plan", "--output", "plan.json"]).code(0);
    let before = actions(&flight).len();
    let mut children = Vec::new();
    for writer in 0..50 {
        let mut command = flight.command(&["comment", "plan.json", &format!("comment {writer}"), "--by", "many"]);
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        children.push(command.spawn().unwrap());
    }
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(actions(&flight).len(), before + 50);
    verify(&flight).code(0);
}

#[cfg(unix)]
#[test]
fn the_key_is_not_in_the_store_and_nobody_else_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let flight = Flight::sqlite();
    told(&flight);
    let key = flight.path().join(".state/flightplan/audit.key");
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    verify(&flight).code(2).complains(&["others can read", "chmod 600"]);
    let bytes = std::fs::read(flight.path().join(".flightplan/control.db")).unwrap();
    assert!(!bytes.windows(11).any(|part| part == b"PRIVATE KEY"));
}

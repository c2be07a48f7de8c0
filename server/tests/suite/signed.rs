//! Approvals that prove themselves, and policies: what was signed runs, and nothing else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::flight::{Flight, Said};

/// A key pair for each name, and the lines of `flightplan.toml` that make them approvers of these groups.
pub(crate) fn approvers(flight: &Flight, people: &[(&str, &str)]) -> String {
    let mut toml = String::new();
    for (name, groups) in people {
        let said = flight.run(&["key", "new", name]).code(0);
        let groups: Vec<String> = groups.split_whitespace().map(|group| format!("{group:?}")).collect();
        toml.push_str(&said.out.replace("groups = []", &format!("groups = [{}]", groups.join(", "))));
        toml.push('\n');
    }
    toml
}

/// A project with two migrations, one environment and these sections.
fn project(flight: &Flight, approvals: u32, sections: &str) {
    flight.configure("flyway", approvals);
    let text = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap();
    flight.write("flightplan.toml", format!("{text}\n{sections}"));
    flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY, name text);\n");
    flight.write("sql/V2__email.sql", "ALTER TABLE users ADD COLUMN email text;\n");
}

/// As in CI: no control store is there before, and none afterwards.
fn without_store(flight: &Flight, arguments: &[&str]) -> Said {
    let _ = std::fs::remove_dir_all(flight.path().join(".flightplan"));
    flight.run(arguments)
}

fn edit(flight: &Flight, file: &str, change: impl Fn(&str) -> String) {
    let path = flight.path().join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let changed = change(&text);
    assert_ne!(text, changed, "nothing was edited");
    std::fs::write(path, changed).unwrap();
}

/// A plan of both migrations, signed by ada.
fn approved(flight: &Flight) {
    let toml = approvers(flight, &[("ada", "dba")]);
    project(flight, 1, &toml);
    flight.run(&["plan", "--output", "plan.json"]).code(0);
    let said = without_store(flight, &["approve", "plan.json", "--key", "ada.key"]).code(0);
    assert!(said.out.contains("ada approved") && said.out.contains("plan.approvals.json"), "{said:?}");
}

#[test]
fn a_signed_plan_runs_without_a_server_or_store() {
    for flight in Flight::each() {
        approved(&flight);
        without_store(&flight, &["--url", &flight.url, "apply", "plan.json"]).code(0);
        assert!(flight.tables().contains(&"users".to_owned()));
        // A folder where a store would be cannot be written to either.
        std::fs::remove_dir_all(flight.path().join(".flightplan")).unwrap();
        flight.write(".flightplan", "no folder");
        flight.run(&["apply", "plan.json"]).code(0);
    }
}

#[test]
fn any_edited_byte_is_refused() {
    for flight in Flight::each() {
        approved(&flight);
        let untouched = std::fs::read(flight.path().join("plan.json")).unwrap();
        let changes: [&dyn Fn(&str) -> String; 5] = [
            &|text| text.replacen("email text", "email blob", 1),
            &|text| text.replacen("\"lock_timeout_ms\": 5000", "\"lock_timeout_ms\": 5001", 1),
            &|text| text.replacen("\"description\": \"", "\"description\": \"x", 1),
            &|text| format!("{text} "),
            &|text| text.replacen("\"author\": \"", "\"author\": \"x", 1),
        ];
        for change in changes {
            edit(&flight, "plan.json", change);
            let said = without_store(&flight, &["apply", "plan.json"]);
            assert!([4, 5].contains(&said.code), "{said:?}");
            assert!(said.err.contains("edited"), "{said:?}");
            assert!(flight.tables_or_none().is_empty());
            std::fs::write(flight.path().join("plan.json"), &untouched).unwrap();
        }
        for index in (0..untouched.len()).step_by(97) {
            let mut bytes = untouched.clone();
            bytes[index] ^= 1;
            std::fs::write(flight.path().join("plan.json"), &bytes).unwrap();
            let said = without_store(&flight, &["apply", "plan.json"]);
            assert!([2, 4, 5].contains(&said.code), "byte {index}: {said:?}");
            assert!(flight.tables_or_none().is_empty(), "byte {index}");
        }
        std::fs::write(flight.path().join("plan.json"), &untouched).unwrap();
        flight.run(&["apply", "plan.json"]).code(0);
    }
}

/// By name, in the store, what stands beside the digest may not be edited either.
#[test]
fn an_edited_file_is_refused_where_the_approval_is_in_the_store() {
    let flight = Flight::sqlite();
    project(&flight, 1, "");
    flight.run(&["plan", "--output", "plan.json"]).code(0);
    flight.run(&["approve", "plan.json", "--by", "ann"]).code(0);
    edit(&flight, "plan.json", |text| text.replacen("\"description\": \"", "\"description\": \"x", 1));
    flight.run(&["apply", "plan.json"]).code(5).complains(&["edited after it was made"]);
    assert!(flight.tables_or_none().is_empty());
}

#[test]
fn an_edited_approval_is_refused() {
    let flight = Flight::sqlite();
    approved(&flight);
    edit(&flight, "plan.approvals.json", |text| text.replace("\"comment\": \"\"", "\"comment\": \"fine\""));
    let said = without_store(&flight, &["apply", "plan.json"]).code(4);
    said.complains(&["signature of ada does not fit"]);
    flight.write("plan.approvals.json", "{\"format\": 1, \"approvals\": [{}]}");
    flight.run(&["apply", "plan.json"]).code(2).complains(&["plan.approvals.json:1:"]);
}

#[test]
fn an_approval_of_another_digest_is_refused() {
    for flight in Flight::each() {
        approved(&flight);
        flight.write("sql/V3__phone.sql", "ALTER TABLE users ADD COLUMN phone text;\n");
        flight.run(&["plan", "--output", "plan.json"]).code(0);
        without_store(&flight, &["apply", "plan.json"]).code(4).complains(&[
            "ada approved plan",
            "this is",
            "nobody has approved",
        ]);
        assert!(flight.tables_or_none().is_empty());
    }
}

/// The store knows what was approved: it shows what makes the new plan another one.
#[test]
fn a_new_plan_shows_what_differs_from_the_approved_one() {
    for flight in Flight::each() {
        project(&flight, 1, "");
        flight.run(&["plan", "--output", "plan.json"]).code(0);
        flight.run(&["approve", "plan.json", "--by", "ann"]).code(0);
        flight.write("sql/V2__email.sql", "ALTER TABLE users ADD COLUMN email varchar(20);\n");
        flight.run(&["plan", "--output", "plan.json"]).code(0);
        let said = flight.run(&["apply", "plan.json"]).code(4);
        said.complains(&[
            "which ann approved, is another one",
            "step V2 changed",
            "- ALTER TABLE users ADD COLUMN email text",
            "+ ",
        ]);
        assert!(flight.tables_or_none().is_empty());
    }
}

#[test]
fn a_swapped_target_is_refused() {
    for (flight, other) in Flight::each().into_iter().zip(Flight::each()) {
        approved(&flight);
        let said = without_store(&flight, &["--url", &other.url, "apply", "plan.json"]).code(5);
        said.complains(&["it was made for", "this is"]);
        assert!(other.tables_or_none().is_empty());
    }
}

#[test]
fn an_altered_object_and_a_changed_file_are_refused() {
    for flight in Flight::each() {
        project(&flight, 0, "");
        flight.run(&["--target", "1", "migrate"]).code(0);
        approved(&flight);
        flight.query("ALTER TABLE users ADD COLUMN surprise text");
        without_store(&flight, &["apply", "plan.json"]).code(5).complains(&["drift"]);
        flight.query("ALTER TABLE users DROP COLUMN surprise");
        flight.write("sql/V2__email.sql", "ALTER TABLE users ADD COLUMN email varchar(9);\n");
        without_store(&flight, &["apply", "plan.json"]).code(5).complains(&["step V2 changed", "varchar(9)"]);
        assert_eq!(flight.history().len(), 1);
    }
}

#[test]
fn an_expired_approval_and_an_expired_plan_are_refused() {
    for flight in Flight::each() {
        let toml = approvers(&flight, &[("ada", "")]);
        project(&flight, 1, &toml);
        flight.run(&["plan", "--output", "plan.json"]).code(0);
        without_store(&flight, &["approve", "plan.json", "--key", "ada.key", "--valid-for", "1s"]).code(0);
        std::thread::sleep(std::time::Duration::from_millis(1100));
        without_store(&flight, &["apply", "plan.json"]).code(4).complains(&["the approval of ada was good until"]);
        flight.run(&["plan", "--output", "plan.json", "--valid-for", "1s"]).code(0);
        flight.run(&["approve", "plan.json", "--key", "ada.key"]).code(0);
        std::thread::sleep(std::time::Duration::from_millis(1100));
        without_store(&flight, &["apply", "plan.json"]).code(5).complains(&["was good until"]);
        assert!(flight.tables_or_none().is_empty());
    }
}

#[test]
fn unknown_and_revoked_keys_and_other_peoples_names_are_refused() {
    let flight = Flight::sqlite();
    let toml = approvers(&flight, &[("ada", ""), ("bob", "")]);
    project(&flight, 1, &toml);
    flight.run(&["key", "new", "eve"]).code(0);
    flight.run(&["plan", "--output", "plan.json"]).code(0);
    flight.run(&["approve", "plan.json", "--key", "eve.key"]).code(2).complains(&["nobody's", "[approvers.NAME]"]);
    flight.run(&["approve", "plan.json", "--key", "bob.key", "--by", "ada"]).code(2).complains(&["bob's, not ada's"]);
    flight.run(&["approve", "plan.json", "--key", "ada.key"]).code(0);
    edit(&flight, "flightplan.toml", |text| text.replacen("keys = ", "revoked_keys = ", 1));
    without_store(&flight, &["apply", "plan.json"]).code(4).complains(&["of ada is revoked"]);
    flight.run(&["approve", "plan.json", "--key", "ada.key"]).code(4).complains(&["ada is revoked"]);
    // A file that comes from elsewhere than the project wins over it.
    flight.write("trusted.toml", "[approvers.bob]\nkeys = []\n");
    let said = without_store(&flight, &["--trusted-keys", "trusted.toml", "apply", "plan.json"]).code(4);
    said.complains(&["ada is no known approver"]);
    assert!(flight.tables_or_none().is_empty());
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let flight = Flight::sqlite();
    let toml = approvers(&flight, &[("ada", "")]);
    project(&flight, 1, &toml);
    flight.run(&["plan", "--output", "plan.json"]).code(0);
    let key = flight.path().join("ada.key");
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    flight.run(&["approve", "plan.json", "--key", "ada.key"]).code(2).complains(&["others can read", "chmod 600"]);
    flight.run(&["key", "new", "ada"]).code(2).complains(&["ada.key", "never written over"]);
}

const POLICY: &str = "[policies.test]\nadditive = [{ group = \"developers\" }]\n\
                      lossy = [{ group = \"dba\" }, { group = \"owners\" }]\nfour_eyes = true\nsigned = true\n";

#[test]
fn the_risk_class_decides_who_has_to_approve() {
    for flight in Flight::each() {
        let toml = approvers(&flight, &[("ada", "dba owners"), ("bob", "dba"), ("dev", "developers")]);
        project(&flight, 0, &format!("{toml}\n{POLICY}"));
        flight.run(&["migrate"]).code(4).complains(&["1 of developers"]);
        let said = flight.run(&["plan", "--output", "plan.json"]).code(0);
        assert!(said.out.contains("Risk: additive") && said.out.contains("1 of developers"), "{}", said.out);
        flight.run(&["approve", "plan.json", "--by", "dev"]).code(4).complains(&["signed"]);
        flight.run(&["approve", "plan.json", "--key", "bob.key"]).code(0);
        flight.run(&["apply", "plan.json"]).code(4).complains(&["Still missing: 1 of developers"]);
        flight.run(&["approve", "plan.json", "--key", "dev.key"]).code(0);
        let dev = flight.command(&["apply", "plan.json"]).env("FLIGHTPLAN_USER", "dev").output().unwrap();
        let dev = Said::from(dev).code(4);
        dev.complains(&["dev approved plan", "may not run it", "four eyes"]);
        flight.run(&["apply", "plan.json"]).code(0);

        flight.write("sql/V3__drop.sql", "ALTER TABLE users DROP COLUMN name;\n");
        let said = flight.run(&["plan", "--output", "plan.json"]).code(0);
        assert!(said.out.contains("Risk: lossy (V3"), "{}", said.out);
        // Ada could stand for either group; whoever comes second takes the other place.
        flight.run(&["approve", "plan.json", "--key", "ada.key"]).code(0);
        flight.run(&["apply", "plan.json"]).code(4).complains(&["approved so far by ada", "Still missing: 1 of "]);
        flight.run(&["approve", "plan.json", "--key", "bob.key"]).code(0);
        without_store(&flight, &["apply", "plan.json"]).code(0);
    }
}

#[test]
fn rewrites_under_a_lock_are_lock_heavy() {
    let flight = Flight::postgres();
    project(&flight, 0, "[policies.test]\nlock_heavy = [{ group = \"dba\" }]\n");
    flight.run(&["migrate"]).code(0);
    flight.write("sql/V3__index.sql", "CREATE INDEX users_email ON users (email);\n");
    let said = flight.run(&["plan"]).code(0);
    assert!(said.out.contains("Risk: lock-heavy (V3"), "{}", said.out);
    flight.run(&["migrate"]).code(4).complains(&["1 of dba"]);
    flight.write("sql/V3__index.sql", "CREATE INDEX CONCURRENTLY users_email ON users (email);\n");
    let said = flight.run(&["plan"]).code(0);
    assert!(said.out.contains("Risk: additive"), "{}", said.out);
}

#[test]
fn an_author_never_counts() {
    for flight in Flight::each() {
        let toml = approvers(&flight, &[("ada", "dba"), ("bob", "dba")]);
        project(&flight, 1, &toml);
        flight.run(&["plan", "--output", "plan.json", "--by", "ada"]).code(0);
        without_store(&flight, &["approve", "plan.json", "--key", "ada.key"]).code(0);
        without_store(&flight, &["apply", "plan.json"]).code(4).complains(&["ada made the plan", "does not count"]);
        flight.run(&["approve", "plan.json", "--by", "ada"]).code(0);
        flight.run(&["apply", "plan.json"]).code(4).complains(&["ada made the plan"]);
        flight.run(&["approve", "plan.json", "--key", "bob.key"]).code(0);
        without_store(&flight, &["apply", "plan.json"]).code(0);
    }
}

#[test]
fn who_only_looks_at_a_plan_has_not_made_it() {
    let flight = Flight::sqlite();
    project(&flight, 1, "");
    let digest = flight.run(&["--format", "json", "plan"]).code(0).json()["digest"].as_str().unwrap().to_owned();
    let me = server::actor::user();
    flight.run(&["approve", &digest, "--by", &me]).code(0);
    flight.run(&["apply", &digest]).code(0);
}

#[test]
fn a_changed_policy_voids_what_was_approved_under_the_old_one() {
    let flight = Flight::sqlite();
    let toml = approvers(&flight, &[("ada", "dba")]);
    project(&flight, 0, &format!("{toml}\n[policies.test]\nadditive = [{{ group = \"dba\", count = 2 }}]\n"));
    flight.run(&["plan", "--output", "plan.json"]).code(0);
    flight.run(&["approve", "plan.json", "--key", "ada.key"]).code(0);
    flight.run(&["apply", "plan.json"]).code(4).complains(&["2 of dba", "Still missing: 1 of dba"]);
    edit(&flight, "flightplan.toml", |text| text.replace("count = 2", "count = 1"));
    flight.run(&["apply", "plan.json"]).code(4).complains(&["policy of environment test changed since ada approved"]);
    flight.run(&["approve", "plan.json", "--key", "ada.key"]).code(0);
    flight.run(&["apply", "plan.json"]).code(0);
}

#[test]
fn wrong_policies_stop_everything_with_their_line() {
    let flight = Flight::sqlite();
    for (section, parts) in [
        ("[policies.test]\nlossy = [{ grup = \"dba\" }]\n", ["lossy", "group"]),
        ("[policies.test]\nvalid_for = \"soon\"\n", ["valid_for", "72h"]),
        ("[policies.test]\nadditives = []\n", ["additives", "additive"]),
        ("[approvers.ada]\nkeys = [\"abc\"]\n", ["keys", "ed25519:"]),
    ] {
        project(&flight, 0, section);
        flight.run(&["plan"]).code(2).complains(&parts).complains(&["flightplan.toml:"]);
    }
}

#[test]
fn comments_stay_with_the_plan() {
    let flight = Flight::sqlite();
    project(&flight, 1, "");
    flight.run(&["plan", "--output", "plan.json"]).code(0);
    flight.run(&["comment", "plan.json", "why text?", "--step", "V2", "--by", "ann"]).code(0);
    flight.run(&["comment", "plan.json", "looks good"]).code(0);
    let said = flight.run(&["comment", "plan.json"]).code(0);
    assert!(said.out.contains("V2  ann at ") && said.out.contains(": why text?") && said.out.contains("plan  "), "{}", said.out);
    flight.run(&["comment", "plan.json", "x", "--step", "V9"]).code(2).complains(&["no step \"V9\"", "V1, V2"]);
    let json = flight.run(&["--format", "json", "comment", "plan.json"]).code(0).json();
    assert_eq!(json["comments"].as_array().map(Vec::len), Some(2), "{json}");
}

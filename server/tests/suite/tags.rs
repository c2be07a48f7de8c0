//! Releases from the tags of a repository, and what a change on top of them breaks.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::Command;

use crate::flight::Flight;

pub(crate) fn git(flight: &Flight, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.current_dir(flight.path()).args(["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]);
    assert!(git.args(arguments).output().unwrap().status.success(), "{arguments:?}");
}

fn release(flight: &Flight, tag: &str) {
    git(flight, &["add", "."]);
    git(flight, &["commit", "-q", "--allow-empty", "-m", tag]);
    git(flight, &["tag", tag]);
}

fn repository() -> Flight {
    let flight = Flight::postgres();
    flight.configure("flyway", 0);
    git(&flight, &["init", "-q", "-b", "main"]);
    flight.write("sql/V1__users.sql", "CREATE TABLE users (id bigint PRIMARY KEY, name text, mail text);\n");
    release(&flight, "v1.9.0");
    flight.write("sql/V2__nick.sql", "ALTER TABLE users ADD COLUMN nick text;\n");
    release(&flight, "v1.10.0");
    release(&flight, "v1.11.0-rc1");
    release(&flight, "nightly");
    flight.write("sql/V4__mail.sql", "ALTER TABLE users DROP COLUMN mail;\n");
    release(&flight, "v2.0.0");
    flight
}

#[test]
fn version_tags_are_releases_with_the_migrations_of_their_trees() {
    let flight = repository();
    let matrix = flight.run(&["--format", "json", "matrix"]).code(0).json();
    let releases: Vec<_> =
        matrix["releases"].as_array().unwrap().iter().map(|one| (one["version"].clone(), one["schema"].clone())).collect();
    assert_eq!(serde_json::json!(releases), serde_json::json!([["1.9.0", "1"], ["1.10.0", "2"], ["2.0.0", "4"]]));
    let cells = matrix["cells"].as_array().unwrap();
    let cell = cells.iter().find(|cell| cell["release"] == "1.10.0" && cell["schema"] == "4").unwrap();
    assert_eq!((cell["verdict"].as_str(), cell["reasons"][0]["file"].as_str()), (Some("breaks"), Some("sql/V4__mail.sql")));
    // A version that came in later below others.
    flight.write("sql/V3__late.sql", "CREATE TABLE late (id integer);\n");
    let matrix = flight.run(&["--format", "json", "matrix"]).code(0).json();
    assert_eq!(matrix["releases"][2]["schema"], "4 without 1 before it");
    assert_eq!(matrix["schemas"].as_array().unwrap().last().unwrap(), "4");
}

#[test]
fn the_file_counts_and_sets_how_many() {
    let flight = repository();
    flight.write(
        "releases.toml",
        "tags = 2\n[[release]]\nversion = \"2.0.0\"\nrequires = [\"worker 3\"]\n[[release]]\nversion = \"3.0.0\"\nschema = \"4\"\n",
    );
    let matrix = flight.run(&["--format", "json", "matrix"]).code(0).json();
    let versions: Vec<_> = matrix["releases"].as_array().unwrap().iter().map(|one| one["version"].as_str().unwrap()).collect();
    assert_eq!(versions, ["1.10.0", "2.0.0", "3.0.0"]);
    assert_eq!((&matrix["releases"][1]["schema"], &matrix["releases"][1]["requires"][0]), (&"4".into(), &"worker 3".into()));
    // What is listed is a release, however old or unfinished its tag is.
    flight.write("releases.toml", "tags = 1\n[[release]]\nversion = \"1.9.0\"\n[[release]]\nversion = \"1.11.0-rc1\"\n");
    let matrix = flight.run(&["--format", "json", "matrix"]).code(0).json();
    let schemas: Vec<_> = matrix["releases"].as_array().unwrap().iter().map(|one| one["schema"].as_str().unwrap()).collect();
    assert_eq!(schemas, ["1", "2", "4"]);
    flight.write("releases.toml", "tags = false\n");
    assert!(flight.run(&["matrix"]).code(0).out.contains("No releases"));
    flight.write("releases.toml", "tags = \"all\"\n");
    flight.run(&["matrix"]).complains(&["tags is no number", "or false"]);
}

#[test]
fn a_pull_request_that_breaks_a_tagged_release_fails() {
    let flight = repository();
    let said = flight.run(&["matrix", "--check"]).code(0).out;
    assert!(said.contains("works"), "what a release brought itself is no news: {said}");
    flight.write("sql/V5__more.sql", "CREATE TABLE more (id integer);\n");
    flight.run(&["matrix", "--check"]).code(0);
    flight.write("sql/V6__nick.sql", "-- Nobody needs it.\nALTER TABLE users DROP COLUMN nick;\n");
    let said = flight.run(&["matrix", "--check"]).code(3).out;
    assert!(said.contains("2.0.0 on 6: breaks") && said.contains("sql/V6__nick.sql:2"), "{said}");
    assert!(said.contains("1.10.0 on 6: breaks") && !said.contains("1.9.0 on 6"), "{said}");
    // Somebody has said that only the newest is live.
    flight.write("releases.toml", "[[release]]\nversion = \"2.0.0\"\nsupported = false\n");
    let said = flight.run(&["matrix", "--check"]).code(3).out;
    assert!(!said.contains("2.0.0 on 6"), "{said}");
}

#[test]
fn alembic_revisions_come_from_tags_too() {
    let flight = Flight::sqlite();
    flight.configure("alembic", 0);
    flight.write("alembic/env.py", "");
    let revision = |id: &str, down: &str, body: &str| {
        let text = format!(
            "from alembic import op\nimport sqlalchemy as sa\nrevision = \"{id}\"\ndown_revision = {down}\n\n\ndef upgrade():\n    {body}\n"
        );
        flight.write(&format!("alembic/versions/{id}_x.py"), text);
    };
    git(&flight, &["init", "-q", "-b", "main"]);
    revision(
        "aaa",
        "None",
        "op.create_table(\"t\", sa.Column(\"id\", sa.Integer(), primary_key=True), sa.Column(\"a\", sa.Text()))",
    );
    release(&flight, "1.0");
    revision("bbb", "\"aaa\"", "op.add_column(\"t\", sa.Column(\"b\", sa.Text()))");
    release(&flight, "1.1");
    revision("ccc", "\"bbb\"", "op.drop_column(\"t\", \"b\")");
    let matrix = flight.run(&["--format", "json", "matrix"]).code(0).json();
    let schemas: Vec<_> = matrix["releases"].as_array().unwrap().iter().map(|one| one["revisions"][0].as_str()).collect();
    assert_eq!(schemas, [Some("aaa"), Some("bbb")]);
    let said = flight.run(&["matrix", "--check"]).code(3).out;
    assert!(said.contains("1.1 on ccc: breaks") && !said.contains("1.0 on ccc"), "{said}");
}

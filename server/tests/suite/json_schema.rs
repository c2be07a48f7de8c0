//! Every JSON output has a JSON Schema in `docs/schema/`, and real output keeps to it, to the field.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use serde_json::Value;

use crate::flight::{Flight, Said};

pub(crate) fn folder(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Fails where the output is not what the schema of that name says.
#[track_caller]
pub(crate) fn keeps(name: &str, said: &Said) -> Value {
    let schema = std::fs::read_to_string(folder("docs/schema").join(format!("{name}.schema.json"))).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let value = said.json();
    let wrong: Vec<String> =
        validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).take(5).collect();
    assert!(wrong.is_empty(), "docs/schema/{name}.schema.json does not describe this output:\n{}", wrong.join("\n"));
    value
}

const COMMANDS: &[&str] = &["lint", "graph", "matrix", "schema", "info", "plan"];

pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn the_sample_project_in_each_environment() {
    let flight = Flight::sqlite();
    copy(&folder("migrations"), flight.path());
    for environment in ["development", "production"] {
        for command in COMMANDS {
            keeps(command, &flight.run(&["--env", environment, "--format", "json", command]));
        }
    }
    let said = flight.run(&["--env", "production", "--format", "json", "explain", "V20230815123000__add_user_preferences.sql"]);
    assert!(!keeps("explain", &said)["statements"].as_array().unwrap().is_empty());
}

#[test]
fn everything_a_live_postgresql_can_show() {
    let flight = Flight::postgres();
    flight.write("sql/V1__create.sql", "CREATE TYPE mood AS ENUM ('good', 'bad');\nCREATE TABLE users (id bigint PRIMARY KEY, name text DEFAULT 'x', mood mood, n int GENERATED ALWAYS AS IDENTITY, CHECK (id > 0));\nCREATE VIEW names AS SELECT name FROM users;\nCREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';\nCREATE INDEX users_name ON users (lower(name)) WHERE id > 5;\n");
    flight.write("sql/beforeMigrate__hello.sql", "SELECT 1;\n");
    flight.flyway(&["migrate"]).code(0);
    flight.query("INSERT INTO users (id, name) SELECT n, n::text FROM generate_series(1, 30000) n");
    flight.query("ANALYZE users");
    flight.write("sql/V2__copy.sql", "COPY users (id, name) FROM stdin;\n-1\tx\n\\.\n");
    flight.write("sql/V3__fill.sql", "UPDATE users SET name = upper(name) WHERE mood IS NULL;\n");
    flight.write(
        "sql/V4__unknown.sql",
        "DO $$ BEGIN EXECUTE 'DROP TABLE ' || current_user; END $$;\nALTER TABLE nowhere ADD COLUMN a int;\n",
    );
    flight.write("sql/V5__index.sql", "CREATE INDEX users_mood ON users (mood);\n");
    let run = |arguments: &[&str]| flight.flyway(&[&["--format", "json"], arguments].concat());
    let plan = keeps("plan", &run(&["plan"]));
    let text = plan.to_string();
    for field in ["\"batch\":", "\"copy_data\":", "\"callbacks\":", "\"opaque\":", "\"identity\":", "\"lock_ms\":"] {
        assert!(text.contains(field), "{field} is not tried: {text}");
    }
    for command in COMMANDS {
        keeps(command, &run(&[command]));
    }
    keeps("explain", &run(&["explain", "V3__fill.sql", "V4__unknown.sql", "V5__index.sql"]));
    let measured = keeps("stats", &run(&["stats", "--sample", "1"]));
    assert!(measured["tables"]["public.users"]["columns"]["name"].is_object(), "{measured}");
    let fixed = keeps("lint", &run(&["lint", "--fix", "V5__index.sql"]));
    assert_eq!((fixed["written"].as_bool(), fixed["fixed"].as_array().map(Vec::len)), (Some(true), Some(1)), "{fixed}");
}

#[test]
fn revisions_that_cannot_be_read() {
    let flight = Flight::sqlite();
    flight.write("alembic/env.py", "");
    flight.write("alembic/versions/a_.py", "\"\"\"a\"\"\"\nfrom alembic import op\nimport requests\nrevision = 'aaaa'\ndown_revision = None\n\n\ndef upgrade():\n    op.execute(requests.get('x').text)\n\n\ndef downgrade():\n    pass\n");
    for more in [&[][..], &["--allow-python"]] {
        for command in COMMANDS {
            let common = ["--source", "alembic:alembic", "--dialect", "sqlite", "--format", "json"];
            let said = flight.run(&[&common, more, &[*command]].concat());
            if !said.out.is_empty() {
                keeps(command, &said);
            }
        }
    }
    let said = flight.run(&["--source", "alembic:alembic", "--dialect", "sqlite", "--allow-python", "--format", "json", "plan"]);
    assert!(keeps("plan", &said).to_string().contains("\"fallback\":"), "{}", said.out);
}

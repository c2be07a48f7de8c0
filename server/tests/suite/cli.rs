//! Bad input: each message names the place and the cure, the exit code is right, and nothing is changed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::flight::Flight;
use crate::postgres;

/// A project that would be fine.
fn good(flight: &Flight) {
    flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY);\n");
}

/// Refused with 2, naming these, and nothing was changed.
#[track_caller]
fn refused(flight: &Flight, parts: &[&str]) {
    flight.flyway(&["migrate"]).code(2).complains(parts);
    assert!(!flight.path().join("test.db").exists(), "not even an empty database file is left behind");
}

#[test]
fn a_folder_that_is_not_there() {
    let flight = Flight::sqlite();
    flight.flyway(&["migrate"]).code(2).complains(&["sql", "does not exist", "--source"]);
    flight.run(&["--project", "nowhere", "info"]).code(2).complains(&["nowhere", "--project"]);
}

#[test]
fn a_folder_without_migrations() {
    let flight = Flight::sqlite();
    flight.write("sql/readme.md", "nothing here");
    refused(&flight, &["missing-location", "sql", "workaround"]);
    flight.flyway(&["info"]).code(2).complains(&["missing-location"]);
}

#[test]
fn a_file_that_cannot_be_read() {
    let flight = Flight::sqlite();
    good(&flight);
    std::os::unix::fs::symlink("/nowhere/at/all.sql", flight.path().join("sql/V2__gone.sql")).unwrap();
    refused(&flight, &["V2__gone.sql", "cannot be read", "run again"]);
}

#[test]
fn a_file_that_is_no_utf_8() {
    let flight = Flight::sqlite();
    good(&flight);
    flight.write("sql/V2__latin.sql", b"CREATE TABLE caf\xe9 (id integer);\n");
    refused(&flight, &["V2__latin.sql", "UTF-8", "workaround"]);
}

#[test]
fn a_name_outside_the_grammar_when_names_are_checked() {
    let flight = Flight::sqlite();
    flight.configure("flyway", 0);
    let text = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap();
    flight.write("flightplan.toml", text.replace("[flyway]", "[flyway]\nvalidate_migration_naming = true"));
    good(&flight);
    flight.write("sql/V1.sq__wrong.sql", "SELECT 1;\n");
    flight.run(&["migrate"]).code(2).complains(&["V1.sq__wrong.sql", "workaround"]);
    assert!(flight.tables_or_none().is_empty());
}

#[test]
fn two_equal_versions() {
    let flight = Flight::sqlite();
    good(&flight);
    flight.write("sql/V1.0__again.sql", "SELECT 1;\n");
    refused(&flight, &["V1.0__again.sql", "V1__users.sql", "workaround"]);
}

#[test]
fn broken_sql() {
    let flight = Flight::sqlite();
    good(&flight);
    flight.write("sql/V2__broken.sql", "CREATE TABLE t (id integer);\n\nINSERT INTO t VALUES ('open\n);\n");
    refused(&flight, &["V2__broken.sql:3", "workaround"]);
}

fn revision(id: &str, parent: &str) -> String {
    format!(
        "\"\"\"x\"\"\"\nrevision = '{id}'\ndown_revision = {parent}\n\n\ndef upgrade():\n    pass\n\n\ndef downgrade():\n    pass\n"
    )
}

#[track_caller]
fn refused_alembic(flight: &Flight, parts: &[&str]) {
    flight.run(&["--source", "alembic:versions", "--url", &flight.url, "migrate"]).code(2).complains(parts);
    assert!(!flight.path().join("test.db").exists(), "not even an empty database file is left behind");
}

#[test]
fn revisions_of_a_named_folder_import_from_the_whole_project() {
    let flight = Flight::sqlite();
    flight.write(
        "app/kinds.py",
        "import sqlalchemy as sa\nSIZE = 9\n\n\ndef name():\n    return sa.Column('name', sa.String(SIZE))\n",
    );
    let body = "from alembic import op\nfrom app.kinds import name\n\n\ndef upgrade():\n    op.create_table('t', name())\n";
    flight.write("alembic/versions/a_.py", format!("revision = 'aaaa'\ndown_revision = None\n{body}"));
    flight.run(&["--source", "alembic:alembic", "--url", &flight.url, "migrate"]).code(0);
    assert_eq!(flight.value("SELECT type FROM pragma_table_info('t')"), "VARCHAR(9)");
}

#[test]
fn beside_a_named_script_folder_flightplan_toml_says_what_words_mean() {
    let flight = Flight::sqlite();
    let types = "[alembic.types]\n\"vendor.Key\" = { sqlite = \"BLOB(7)\" }\n[alembic.constants]\n\"vendor.NAME\" = \"n\"\n";
    flight.write("flightplan.toml", format!("[alembic]\nscript_location = \"other\"\nversion_table = \"others\"\n{types}"));
    let body = "import sqlalchemy as sa\nimport vendor\nfrom alembic import op\n\n\ndef upgrade():\n    \
                op.create_table('t', sa.Column(vendor.NAME, vendor.Key()))\n";
    flight.write("alembic/versions/a_.py", format!("revision = 'aaaa'\ndown_revision = None\n{body}"));
    flight.run(&["--source", "alembic:alembic", "--url", &flight.url, "migrate"]).code(0);
    assert_eq!(flight.value("SELECT name || ' ' || type FROM pragma_table_info('t')"), "n BLOB(7)");
    assert_eq!(flight.value("SELECT version_num FROM alembic_version"), "aaaa", "the other folder's table is not this one's");
}

#[test]
fn a_cycle_of_revisions() {
    let flight = Flight::sqlite();
    flight.write("versions/a_.py", revision("aaaa", "'bbbb'"));
    flight.write("versions/b_.py", revision("bbbb", "'aaaa'"));
    refused_alembic(&flight, &["aaaa", "bbbb", "versions/", "workaround"]);
}

#[test]
fn a_missing_parent() {
    let flight = Flight::sqlite();
    flight.write("versions/a_.py", revision("aaaa", "'gone'"));
    refused_alembic(&flight, &["gone", "a_.py:3", "workaround"]);
}

#[test]
fn broken_python() {
    let flight = Flight::sqlite();
    flight.write("versions/a_.py", revision("aaaa", "None") + "def broken(:\n");
    refused_alembic(&flight, &["a_.py:12", "workaround"]);
}

#[test]
fn a_database_that_cannot_be_reached() {
    let flight = Flight::sqlite();
    good(&flight);
    let said = flight.run(&["--source", "flyway:sql", "--url", "postgres://bob:s3cret@127.0.0.1:1/shop", "migrate"]);
    let said = said.code(1).complains(&["postgres://127.0.0.1:1/shop", "cannot be reached", "Check that the server is up"]);
    assert!(!said.err.contains("s3cret"), "{}", said.err);
}

#[test]
fn a_wrong_password_and_a_missing_database() {
    let flight = Flight::sqlite();
    good(&flight);
    let database = postgres::database();
    let wrong = database.url.replace("postgres:flightplan-test@", "postgres:nonsense@");
    assert_ne!(wrong, database.url);
    let said = flight.run(&["--source", "flyway:sql", "--url", &wrong, "migrate"]);
    let said = said.code(2).complains(&["refused the login of postgres", "FLIGHTPLAN_PASSWORD"]);
    assert!(!said.err.contains("nonsense"), "{}", said.err);
    let missing = postgres::server().url("no_such_database");
    flight
        .run(&["--source", "flyway:sql", "--url", &missing, "migrate"])
        .code(2)
        .complains(&["no_such_database", "Create the database"]);
}

#[test]
fn a_sqlite_file_that_is_none_or_has_no_folder() {
    let flight = Flight::sqlite();
    good(&flight);
    flight.write(
        "text.db",
        "this is no database, and it is longer than a header of SQLite would be, by far more than a hundred bytes long",
    );
    flight
        .run(&["--source", "flyway:sql", "--url", "sqlite:text.db", "migrate"])
        .code(1)
        .complains(&["text.db", "names a SQLite database"]);
    flight
        .run(&["--source", "flyway:sql", "--url", "sqlite:no/such.db", "migrate"])
        .code(1)
        .complains(&["its folder does not exist"]);
    flight.run(&["--source", "flyway:sql", "--url", "sqlite:new.db", "plan"]).code(0);
    assert!(!flight.path().join("new.db").exists(), "looking creates nothing");
}

#[test]
fn flyways_spelling_and_wrong_usage() {
    let flight = Flight::sqlite();
    good(&flight);
    let url = format!("-url=jdbc:{}", flight.url);
    flight.run(&[&url, "-locations=filesystem:sql", "-outputType=json", "info"]).code(0).json();
    let said = flight.run(&[&url, "-locations=filesystem:sql", "migrate", "-outputType=json"]).code(0).json();
    assert_eq!((said["migrationsExecuted"].as_u64(), said["success"].as_bool()), (Some(1), Some(true)));
    flight.run(&["frobnicate"]).code(2);
    flight.run(&["--source", "nonsense", "info"]).code(2).complains(&["flyway:DIR"]);
    flight
        .run(&["--source", "flyway:sql", "--url", "mysql://root@127.0.0.1:1/x", "migrate"])
        .code(1)
        .complains(&["mysql://127.0.0.1:1/x", "cannot be reached"]);
}

#[test]
fn the_gate_decides_the_exit_code() {
    let flight = Flight::sqlite();
    flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY, name text);\n");
    flight.write("sql/V2__drop.sql", "DROP TABLE users;\n");
    let said =
        flight.run(&["--source", "flyway:sql", "--dialect", "postgres", "--format", "json", "lint", "--gate", "info"]).code(3);
    let findings = said.json();
    let first = &findings["findings"][0];
    assert_eq!(findings["format"], 1);
    assert!(first["file"].as_str().unwrap().ends_with(".sql") && first["line"].as_u64().unwrap() > 0, "{first}");
}

#[test]
fn every_json_has_a_format() {
    let flight = Flight::sqlite();
    good(&flight);
    for command in ["info", "validate", "lint", "graph", "matrix", "schema", "plan"] {
        let said = flight.flyway(&["--format", "json", command]);
        assert_eq!(said.json()["format"], 1, "{command}");
    }
    let said = flight.flyway(&["--format", "json", "explain", "sql/V1__users.sql"]).code(0).json();
    assert_eq!(said["statements"][0]["operation"], "create_table", "{said}");
}

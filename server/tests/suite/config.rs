//! Where settings come from, which of them wins, and that no secret leaves the configuration.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::process::Stdio;

use crate::flight::{Flight, Said};

/// Runs the binary with variables of its own and a home without configuration.
fn run(flight: &Flight, variables: &[(&str, &str)], arguments: &[&str]) -> Said {
    let mut command = flight.command(arguments);
    command.env("HOME", flight.path().join("home")).envs(variables.iter().copied());
    command.output().unwrap().into()
}

/// A project with one migration and this `flyway.conf`.
fn project(conf: &str) -> Flight {
    let flight = Flight::sqlite();
    flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY);\n");
    flight.write("flyway.conf", conf);
    flight
}

/// The history table that a migration made.
fn table(flight: &Flight) -> String {
    flight.tables().into_iter().find(|name| !name.contains("flightplan") && name != "users").unwrap_or_default()
}

#[test]
fn each_layer_wins_over_those_below_it() {
    let layers: [(&[&str], &str); 5] = [
        (&["home"], "of_home"),
        (&["home", "project"], "of_project"),
        (&["home", "project", "named"], "of_named"),
        (&["home", "project", "named", "variable"], "of_variable"),
        (&["home", "project", "named", "variable", "argument"], "of_argument"),
    ];
    for (there, wanted) in layers {
        let own = if there.contains(&"project") { "flyway.table=of_project\n" } else { "" };
        let flight = project(&format!("flyway.locations=filesystem:sql\nflyway.url=jdbc:sqlite:test.db\n{own}"));
        flight.write("home/flyway.conf", "flyway.table=of_home\nflyway.url=jdbc:sqlite:wrong.db\n");
        flight.write("ci/named.conf", "flyway.table=of_${WHO}\n");
        let mut variables = vec![("WHO", "named")];
        let mut arguments = vec!["migrate"];
        if there.contains(&"variable") {
            variables.push(("FLYWAY_TABLE", "of_variable"));
        }
        if there.contains(&"named") {
            variables.push(("FLYWAY_CONFIG_FILES", "ci/named.conf"));
        }
        if there.contains(&"argument") {
            arguments.insert(0, "-table=of_argument");
        }
        run(&flight, &variables, &arguments).code(0);
        assert_eq!(table(&flight), wanted, "{there:?}");
    }
}

#[test]
fn files_named_on_the_command_line_and_standard_input() {
    let flight = project("");
    flight.write("a.conf", "flyway.locations=filesystem:sql\nflyway.url=jdbc:sqlite:test.db\nflyway.table=a\n");
    flight.write("b.conf", "flyway.table=b\n");
    run(&flight, &[], &["-configFiles=a.conf,b.conf", "migrate"]).code(0);
    assert_eq!(table(&flight), "b");
    run(&flight, &[], &["-configFiles=a.conf,gone.conf", "info"]).code(2).complains(&["gone.conf", "configFiles"]);

    let flight = project("");
    let mut command = flight.command(&["-configFiles=-", "migrate"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let text = "flyway.locations=filesystem:sql\nflyway.url=jdbc:sqlite:test.db\nflyway.table=piped\n";
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(table(&flight), "piped");
}

#[test]
fn mistakes_name_file_line_key_and_cure() {
    let flight = project("flyway.locations=filesystem:sql\nflyway.outOfOrdr=true\nflyway.mixed=yes\n");
    let said = run(&flight, &[], &[&format!("-url={}", flight.url), "migrate"]).code(2);
    said.complains(&["flyway.conf:2", "flyway.outOfOrdr", "flyway.outOfOrder", "flyway.conf:3", "flyway.mixed", "true or false"]);
    assert!(flight.tables_or_none().is_empty(), "nothing was changed");

    let flight = project("flyway.locations=filesystem:sql\n");
    let url = format!("-url={}", flight.url);
    run(&flight, &[], &[&url, "-baselineVersion=one", "migrate"]).code(2).complains(&["command line", "baselineVersion"]);
    run(&flight, &[("FLYWAY_GROUP", "1")], &[&url, "migrate"]).code(2).complains(&["environment", "flyway.group"]);
    run(&flight, &[("FLYWAY_EDITION", "community")], &[&url, "-skipCheckForUpdate", "-n", "migrate"]).code(0);
}

#[test]
fn an_environment_of_flyway_toml() {
    let flight = Flight::sqlite();
    flight.write("db/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY);\n");
    flight.write(
        "flyway.toml",
        "[flyway]\nlocations = [\"filesystem:db\"]\n\n[environments.dev]\nurl = \"jdbc:sqlite:dev.db\"\n\n\
         [environments.test]\nurl = \"jdbc:sqlite:${env.NAME}.db\"\n[environments.test.flyway]\ntable = \"of_test\"\n",
    );
    run(&flight, &[("NAME", "test")], &["-environment=test", "migrate"]).code(0);
    assert_eq!(table(&flight), "of_test");
    run(&flight, &[], &["-environment=tset", "migrate"]).code(2).complains(&["tset", "Did you mean test?"]);
}

#[test]
fn springs_settings_are_read_where_there_are_no_others() {
    let flight = Flight::sqlite();
    flight.write(
        "src/main/resources/application.yml",
        "spring:\n  datasource:\n    url: jdbc:sqlite:${DB_FILE:wrong.db}\n    password: s3cret\n  flyway:\n    table: of_spring\n",
    );
    flight.write("src/main/resources/application-prod.yml", "spring.flyway.table: of_prod\n");
    flight.write("src/main/resources/db/migration/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY);\n");
    let said = run(&flight, &[("DB_FILE", "test.db")], &["--env", "prod", "migrate"]).code(0);
    assert_eq!(table(&flight), "of_prod");
    assert!(!format!("{said:?}").contains("s3cret"));
    let lint = run(&flight, &[], &["--format", "json", "lint"]).json();
    let notes: Vec<&str> = lint["findings"].as_array().unwrap().iter().filter_map(|one| one["message"].as_str()).collect();
    assert!(notes.iter().any(|note| note.contains("application.yml") && note.contains("table")), "{notes:?}");
}

#[test]
fn a_location_outside_the_project_and_one_named_by_its_absolute_path() {
    let elsewhere = Flight::sqlite();
    elsewhere.write("V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY);\n");
    let flight = Flight::sqlite();
    flight.write("more/sql/V2__pets.sql", "CREATE TABLE pets (id integer PRIMARY KEY);\n");
    let url = format!("-url={}", flight.url);
    let locations = format!(
        "-locations=filesystem:{},filesystem:{}",
        elsewhere.path().display(),
        flight.path().canonicalize().unwrap().join("more/sql").display()
    );
    run(&flight, &[], &[&url, &locations, "migrate"]).code(0);
    assert_eq!(flight.history(), ["1|1|users|SQL|V1__users.sql|ok", "2|2|pets|SQL|V2__pets.sql|ok"]);
    let gone = "-locations=filesystem:more/sql,filesystem:gone";
    run(&flight, &[], &[&url, gone, "-ignoreMigrationPatterns=*:missing", "validate"]).code(0);
    run(&flight, &[], &[&url, gone, "-failOnMissingLocations=true", "validate"]).code(2).complains(&["gone"]);
}

#[test]
fn secrets_stay_where_they_are() {
    let flight = project(
        "flyway.locations=filesystem:sql\nflyway.url=jdbc:postgresql://127.0.0.1:1/shop?user=bob&password=s3cret\n\
         flyway.password=s3cret\nflyway.pasword=s3cret\n",
    );
    for arguments in [&["migrate"][..], &["--format", "json", "plan"], &["--format", "json", "info"], &["-X", "validate"]] {
        let said = run(&flight, &[("FLYWAY_PASSWORD", "s3cret2"), ("FLYWAY_JDBC_PROPERTIES_PASSWORD", "s3cret3")], arguments);
        assert!(!format!("{said:?}").contains("s3cret"), "{arguments:?}: {said:?}");
    }
    run(&flight, &[], &["migrate"]).code(2).complains(&["flyway.conf:4", "flyway.password"]);
}

#[test]
fn files_of_every_configured_suffix_are_read() {
    let flight =
        project("flyway.locations=filesystem:sql\nflyway.url=jdbc:sqlite:test.db\nflyway.sqlMigrationSuffixes=.sql,.ddl\n");
    flight.write("sql/V2__orders.ddl", "CREATE TABLE orders (id integer PRIMARY KEY);\n");
    run(&flight, &[], &["migrate"]).code(0);
    assert!(flight.tables().contains(&"orders".to_owned()));
}

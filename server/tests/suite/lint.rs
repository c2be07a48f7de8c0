//! `lint` and `rules`: what they print in each format, what they write, and their exit codes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::Value;

use crate::flight::{Flight, Said};

const USERS: &str = "CREATE TABLE users (id bigint PRIMARY KEY, email text, legacy text);\n";
const INDEX: &str = "CREATE INDEX users_email ON users (email);\n";

/// A PostgreSQL project that no database is needed for; the second file has a warning with a fix.
fn project() -> Flight {
    let flight = Flight::sqlite();
    flight.write("sql/V1__create_users.sql", USERS);
    flight.write("sql/V2__index_users.sql", format!("-- é\n{INDEX}"));
    flight
}

fn lint(flight: &Flight, arguments: &[&str]) -> Said {
    flight.run(&[&["--source", "flyway:sql", "--dialect", "postgres", "lint"], arguments].concat())
}

fn read(flight: &Flight, path: &str) -> String {
    std::fs::read_to_string(flight.path().join(path)).unwrap()
}

#[test]
fn the_gate_decides_the_exit_code() {
    let flight = project();
    lint(&flight, &[]).code(0);
    lint(&flight, &["--gate", "warning"]).code(3).complains(&["gate (warning)"]);
    lint(&flight, &["--gate", "hopefully"]).code(2).complains(&["info, warning or error"]);
    let said = lint(&flight, &["--gate", "warning", "V1__create_users.sql"]).code(0);
    assert!(!said.out.contains("blocking-index"), "{}", said.out);
    assert!(lint(&flight, &[]).out.contains("1 warning"));
}

#[test]
fn sarif_names_rule_place_level_fix_and_fingerprint() {
    let flight = project();
    let log = lint(&flight, &["--format", "sarif"]).code(0).json();
    assert_eq!((log["version"].as_str(), log["runs"].as_array().map(Vec::len)), (Some("2.1.0"), Some(1)));
    let run = &log["runs"][0];
    let result = run["results"].as_array().unwrap().iter().find(|it| it["ruleId"] == "blocking-index").unwrap();
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], "blocking-index");
    assert_eq!(result["level"], "warning");
    let location = &result["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "sql/V2__index_users.sql");
    assert_eq!((location["region"]["startLine"].as_u64(), location["region"]["startColumn"].as_u64()), (Some(2), Some(1)));
    let replacement = &result["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["insertedContent"]["text"], " CONCURRENTLY");
    assert_eq!(replacement["deletedRegion"]["startColumn"], 13);
    let name = result["partialFingerprints"]["flightplan/v1"].as_str().unwrap().to_owned();
    flight.write("sql/V2__index_users.sql", format!("-- é\n-- one line more\n\n{INDEX}"));
    let moved = lint(&flight, &["--format", "sarif"]).json();
    let moved =
        moved["runs"][0]["results"].as_array().unwrap().iter().find(|it| it["ruleId"] == "blocking-index").unwrap().clone();
    assert_eq!(moved["partialFingerprints"]["flightplan/v1"], name, "a finding keeps its name when lines move");
    assert_eq!(moved["locations"][0]["physicalLocation"]["region"]["startLine"], 4);
}

#[test]
fn code_hosts_get_paths_from_the_top_of_the_repository() {
    let flight = Flight::sqlite();
    std::fs::create_dir(flight.path().join(".git")).unwrap();
    flight.write("db/sql/V1__create_users.sql", USERS);
    flight.write("db/sql/V2__index_users.sql", INDEX);
    let run = |format: &str| {
        flight.run(&["--project", "db", "--source", "flyway:sql", "--dialect", "postgres", "lint", "--format", format])
    };
    let github = run("github").code(0).out;
    let line = github.lines().find(|line| line.contains("blocking-index")).unwrap();
    assert!(line.starts_with("::warning file=db/sql/V2__index_users.sql,line=1,col=1,endColumn="), "{line}");
    assert!(line.contains("title=blocking-index::Building users_email") && line.contains("%0AWorkaround: "), "{line}");
    let gitlab = run("gitlab").code(0).json();
    let item = gitlab.as_array().unwrap().iter().find(|it| it["check_name"] == "blocking-index").unwrap();
    assert_eq!((item["severity"].as_str(), item["location"]["lines"]["begin"].as_u64()), (Some("major"), Some(1)));
    assert_eq!(item["location"]["path"], "db/sql/V2__index_users.sql");
    assert_eq!(item["fingerprint"].as_str().map(str::len), Some(64));
}

#[test]
fn junit_has_a_suite_a_file_and_fails_what_the_gate_fails() {
    let flight = project();
    let text = lint(&flight, &["--format", "junit"]).code(0).out;
    assert!(text.starts_with("<?xml") && text.contains("name=\"sql/V1__create_users.sql\""), "{text}");
    assert!(text.contains("blocking-index sql/V2__index_users.sql:2") && !text.contains("<failure"), "{text}");
    let text = lint(&flight, &["--format", "junit", "--gate", "warning"]).code(3).out;
    assert!(text.contains("<failure") && text.contains("failures=\"1\""), "{text}");
}

#[test]
fn markdown_is_a_table_with_a_sum() {
    let text = lint(&project(), &["--format", "markdown"]).code(0).out;
    assert!(text.contains("| sql/V2__index_users.sql:2 | warning | **blocking-index**"), "{text}");
    assert!(text.contains("1 warning"), "{text}");
}

#[test]
fn a_baseline_leaves_out_what_is_known_and_nothing_else() {
    let flight = project();
    lint(&flight, &["--gate", "info"]).code(3);
    lint(&flight, &["--gate", "info", "--baseline", "write"]).code(0).complains(&["flightplan-baseline.json"]);
    let said = lint(&flight, &["--gate", "info"]).code(0).complains(&["known finding(s) are left out"]);
    assert_eq!(said.out, "No findings.\n");
    lint(&flight, &["--gate", "info", "--baseline", "ignore"]).code(3);
    flight.write("sql/V2__index_users.sql", format!("-- moved\n\n{INDEX}"));
    lint(&flight, &["--gate", "info"]).code(0);
    flight.write("sql/V3__index_legacy.sql", "CREATE INDEX users_legacy ON users (legacy);\n");
    let said = lint(&flight, &["--gate", "warning"]).code(3);
    assert!(said.out.contains("users_legacy") && !said.out.contains("users_email"), "{}", said.out);
    flight.write("sql/V2__index_users.sql", "CREATE INDEX CONCURRENTLY users_email ON users (email);\n");
    lint(&flight, &[]).code(0).complains(&["of the baseline are gone"]);
    flight.write("flightplan-baseline.json", "{\n\"format\": 1,\n\"finding\": []}");
    lint(&flight, &[]).code(2).complains(&["flightplan-baseline.json:3", "--baseline write"]);
    lint(&flight, &["--baseline", "ignore"]).code(0);
}

#[test]
fn fix_asks_what_is_applied() {
    let flight = project();
    lint(&flight, &["--fix"]).code(2).complains(&["--url", "--not-applied", "--dry-run"]);
    assert!(read(&flight, "sql/V2__index_users.sql").ends_with(INDEX));
}

#[test]
fn fix_shows_a_diff_and_then_writes_it() {
    let flight = project();
    let said = lint(&flight, &["--fix", "--dry-run"]).code(0);
    let lines = [
        "--- a/sql/V2__index_users.sql",
        "+++ b/sql/V2__index_users.sql",
        "-CREATE INDEX users_email",
        "+CREATE INDEX CONCURRENTLY",
    ];
    assert!(lines.iter().all(|line| said.out.contains(line)), "{}", said.out);
    assert!(read(&flight, "sql/V2__index_users.sql").ends_with(INDEX), "a dry run writes nothing");
    let said = lint(&flight, &["--fix", "--not-applied", "--gate", "warning"]).code(0);
    assert!(said.out.contains("fixed sql/V2__index_users.sql:2: Build it CONCURRENTLY (blocking-index)"), "{}", said.out);
    assert_eq!(read(&flight, "sql/V2__index_users.sql"), "-- é\nCREATE INDEX CONCURRENTLY users_email ON users (email);\n");
    assert_eq!(lint(&flight, &["--fix", "--not-applied"]).code(0).out, "Nothing to fix.\n");
}

#[test]
fn fix_never_touches_what_is_applied() {
    let flight = Flight::postgres();
    flight.write("sql/V1__create_users.sql", USERS);
    flight.write("sql/V2__index_users.sql", INDEX);
    flight.flyway(&["migrate"]).code(0);
    flight.write("sql/V3__index_legacy.sql", "CREATE INDEX users_legacy ON users (legacy);\n");
    flight.query("INSERT INTO users SELECT n, n::text, n::text FROM generate_series(1, 20000) n");
    flight.query("ANALYZE users");
    let said = flight.flyway(&["lint", "--fix"]).code(0).complains(&["V2__index_users.sql:1", "is applied"]);
    assert!(said.out.contains("fixed sql/V3__index_legacy.sql:1"), "{}", said.out);
    assert_eq!(read(&flight, "sql/V2__index_users.sql"), INDEX);
    flight.flyway(&["migrate"]).code(0);
}

#[test]
fn fix_keeps_permissions_and_leaves_nothing_behind() {
    use std::os::unix::fs::PermissionsExt;
    let flight = project();
    let path = flight.write("sql/V3__index_legacy.sql", "CREATE INDEX users_legacy ON users (legacy);\n");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    lint(&flight, &["--fix", "--not-applied"]).code(0);
    assert!(read(&flight, "sql/V3__index_legacy.sql").contains("CONCURRENTLY"));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640, "permissions stay");
    let left: Vec<_> = std::fs::read_dir(flight.path().join("sql")).unwrap().collect();
    assert_eq!(left.len(), 3, "no temporary file is left behind");
}

#[test]
fn findings_of_revisions_stand_at_their_op_call() {
    let flight = Flight::sqlite();
    let head = |id: &str, parent: &str| {
        format!(
            "\"\"\"x\"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\nrevision = '{id}'\ndown_revision = {parent}\n\n\ndef upgrade():\n"
        )
    };
    let create = "    op.create_table('users', sa.Column('id', sa.BigInteger, primary_key=True), sa.Column('a', sa.Text))\n";
    flight.write("versions/aaaa_.py", head("aaaa", "None") + create);
    let drop = "    x = 1\n    if x:\n        op.drop_column('users',\n                       'a')\n    op.create_index('i', 'users', ['id'])\n";
    flight.write("versions/bbbb_.py", head("bbbb", "'aaaa'") + drop);
    let lint = || flight.run(&["--source", "alembic:versions", "--dialect", "postgres", "lint", "--format", "json"]);
    let place = |said: &Value, rule: &str| {
        let finding = said["findings"].as_array().unwrap().iter().find(|it| it["rule"] == rule).cloned();
        finding.map(|it| {
            (
                it["file"].as_str().unwrap().to_owned(),
                it["line"].as_u64().unwrap(),
                it["column"].as_u64().unwrap(),
                it["end_line"].as_u64().unwrap(),
            )
        })
    };
    let said = lint().code(3).json();
    assert_eq!(place(&said, "drop-column"), Some(("versions/bbbb_.py".to_owned(), 11, 9, 12)));
    assert_eq!(place(&said, "blocking-index"), Some(("versions/bbbb_.py".to_owned(), 13, 5, 13)));
    let ignored = drop.replace(
        "        op.drop",
        "        # flightplan:ignore drop-column nobody reads it\n        # since 2.0\n        op.drop",
    );
    flight.write("versions/bbbb_.py", head("bbbb", "'aaaa'") + &ignored);
    let said = lint().code(0).json();
    assert_eq!((place(&said, "drop-column"), place(&said, "unused-ignore")), (None, None));
}

#[test]
fn a_credential_is_told_but_not_repeated() {
    let flight = Flight::sqlite();
    flight.write("sql/V1__roles.sql", "CREATE ROLE app LOGIN PASSWORD 'hunter22';\n");
    for format in ["text", "json", "sarif", "github", "gitlab", "junit", "markdown"] {
        let said = lint(&flight, &["--format", format]).code(3);
        assert!(said.out.contains("credentials-in-script") && !said.out.contains("hunter22"), "{format}: {}", said.out);
    }
}

#[test]
fn rules_are_listed_and_explained_and_refused_with_the_near_name() {
    let flight = Flight::sqlite();
    let said = flight.run(&["rules"]).code(0);
    assert_eq!(said.out.lines().count(), planner::rule::ALL.len());
    let page = flight.run(&["rules", "drop-column"]).code(0).out;
    assert!(["# drop-column", "**When:**", "## It fires on", "ALTER TABLE"].iter().all(|part| page.contains(part)), "{page}");
    flight.run(&["rules", "drop-colum"]).code(2).complains(&["drop-colum", "drop-column"]);
    let json = flight.run(&["rules", "--format", "json", "version-style"]).code(0).json();
    assert_eq!(json["rules"][0]["options"][0]["name"], "style");
}

#[test]
fn the_pages_of_the_rules_are_those_in_the_documentation() {
    let flight = Flight::sqlite();
    flight.run(&["rules", "--write", "rules"]).code(0);
    let list = |folder: &std::path::Path| {
        let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
            .unwrap()
            .flatten()
            .map(|entry| (entry.file_name().to_string_lossy().into_owned(), std::fs::read_to_string(entry.path()).unwrap()))
            .collect();
        files.sort();
        files
    };
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/rules");
    let (written, kept) = (list(&flight.path().join("rules")), list(&docs));
    let names = |files: &[(String, String)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let cure = "docs/rules is not what the rules say: run `cargo run -p server -- rules --write docs/rules`";
    assert_eq!(names(&written), names(&kept), "{cure}");
    for (new, old) in written.iter().zip(&kept) {
        assert_eq!(new, old, "{cure}");
    }
}

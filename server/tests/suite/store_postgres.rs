//! The control store on either product: its tables are made once, an older file is taken over, and what holds of a file holds
//! of PostgreSQL too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::process::{Command, Stdio};

use sqlx::{Connection, PgConnection, SqliteConnection};

use crate::flight::{Flight, Said};
use crate::postgres;

/// The tables of each version up to 13, as the versions of Flightplan before the migrations made them.
const OLD_TABLES: [&[&str]; 13] = [
    &[
        "CREATE TABLE approvals (digest TEXT NOT NULL, environment TEXT NOT NULL, approver TEXT NOT NULL, at TEXT NOT NULL, \
     comment TEXT NOT NULL, PRIMARY KEY (digest, approver)) STRICT",
        "CREATE TABLE plans (digest TEXT NOT NULL PRIMARY KEY, at TEXT NOT NULL, plan TEXT NOT NULL, choices TEXT NOT NULL) STRICT",
        "CREATE TABLE runs (id TEXT NOT NULL PRIMARY KEY, digest TEXT NOT NULL, started_at TEXT NOT NULL, run TEXT NOT NULL) STRICT",
        "CREATE TABLE events (run TEXT NOT NULL, sequence INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (run, sequence)) STRICT",
    ],
    &["CREATE TABLE wishes (run TEXT NOT NULL PRIMARY KEY, wish TEXT NOT NULL, by TEXT NOT NULL, at TEXT NOT NULL) STRICT"],
    &["CREATE TABLE gates (digest TEXT NOT NULL, step TEXT NOT NULL, gate TEXT NOT NULL, by TEXT NOT NULL, at TEXT NOT NULL, \
     reason TEXT NOT NULL, PRIMARY KEY (digest, step)) STRICT"],
    &["CREATE TABLE rollbacks (run TEXT NOT NULL PRIMARY KEY, undone TEXT NOT NULL) STRICT"],
    &["CREATE TABLE emergencies (id TEXT NOT NULL PRIMARY KEY, started_at TEXT NOT NULL, emergency TEXT NOT NULL) STRICT"],
    &["CREATE TABLE row_counts (environment TEXT NOT NULL, target TEXT NOT NULL, at TEXT NOT NULL, counts TEXT NOT NULL, \
     PRIMARY KEY (environment, target)) STRICT"],
    &["CREATE TABLE recovery_points (run TEXT NOT NULL, at TEXT NOT NULL, point TEXT NOT NULL) STRICT"],
    &["CREATE TABLE rehearsals (digest TEXT NOT NULL PRIMARY KEY, at TEXT NOT NULL, returns INTEGER NOT NULL, \
     result TEXT NOT NULL) STRICT"],
    &["CREATE TABLE measures (run TEXT NOT NULL PRIMARY KEY, at TEXT NOT NULL, measures TEXT NOT NULL) STRICT"],
    &["CREATE TABLE idempotency (key TEXT NOT NULL PRIMARY KEY, request TEXT NOT NULL, at TEXT NOT NULL, status INTEGER, \
     body TEXT) STRICT"],
    &[
        "ALTER TABLE plans ADD COLUMN author TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE plans ADD COLUMN valid_until TEXT",
        "ALTER TABLE approvals ADD COLUMN expires_at TEXT",
        "ALTER TABLE approvals ADD COLUMN policy TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE approvals ADD COLUMN signed TEXT",
        "CREATE TABLE plan_files (sha256 TEXT NOT NULL PRIMARY KEY, digest TEXT NOT NULL, at TEXT NOT NULL) STRICT",
        "CREATE TABLE comments (id INTEGER PRIMARY KEY, digest TEXT NOT NULL, step TEXT NOT NULL, by TEXT NOT NULL, \
     at TEXT NOT NULL, comment TEXT NOT NULL) STRICT",
    ],
    &[
        "CREATE TABLE audit_chain (id TEXT NOT NULL PRIMARY KEY) STRICT",
        "INSERT INTO audit_chain (id) VALUES (lower(hex(randomblob(16))))",
        "CREATE TABLE audit (sequence INTEGER PRIMARY KEY, chain TEXT NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL, \
     action TEXT NOT NULL, environment TEXT NOT NULL, subject TEXT NOT NULL, digest TEXT NOT NULL, reason TEXT NOT NULL, \
     detail TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL, key TEXT NOT NULL, signature TEXT NOT NULL) STRICT",
        "CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN \
     SELECT raise(ABORT, 'the audit log is only appended to'); END",
        "CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit BEGIN \
     SELECT raise(ABORT, 'the audit log is only appended to'); END",
    ],
    &[
        "CREATE TABLE users (name TEXT NOT NULL PRIMARY KEY, password TEXT, groups TEXT NOT NULL, enabled INTEGER NOT NULL, \
     at TEXT NOT NULL) STRICT",
        "CREATE TABLE grants (user TEXT NOT NULL, role TEXT NOT NULL, project TEXT NOT NULL, environment TEXT NOT NULL, \
     PRIMARY KEY (user, role, project, environment)) STRICT",
        "CREATE TABLE tokens (id TEXT NOT NULL PRIMARY KEY, hash TEXT NOT NULL UNIQUE, user TEXT NOT NULL, name TEXT NOT NULL, \
     scope TEXT NOT NULL, at TEXT NOT NULL, expires_at TEXT, revoked_at TEXT) STRICT",
        "CREATE TABLE sessions (hash TEXT NOT NULL PRIMARY KEY, user TEXT NOT NULL, at TEXT NOT NULL, expires_at TEXT NOT NULL) STRICT",
    ],
];

/// What people and runs had left in a store of each version.
const OLD_ROWS: [&str; 13] = [
    "INSERT INTO runs VALUES ('0123', 'd1', '2026-01-02T03:04:05.678Z', '{\"id\":\"0123\",\"digest\":\"d1\",\"environment\":\"test\",\
     \"target\":\"sqlite:/x.db\",\"state\":\"done\",\"actor\":\"ann\",\"started_at\":\"2026-01-02T03:04:05.678Z\",\
     \"finished_at\":\"2026-01-02T03:04:06.000Z\",\"steps\":1,\"steps_done\":1,\"message\":\"1 step done\"}')",
    "INSERT INTO wishes VALUES ('0123', '\"stop\"', 'ann', '2026-01-02T03:04:05.678Z')",
    "INSERT INTO gates VALUES ('d1', 's1', 'green', 'ann', '2026-01-02T03:04:05.678Z', 'seen')",
    "INSERT INTO rollbacks VALUES ('0123', '0122')",
    "INSERT INTO emergencies VALUES ('e1', '2026-01-02T03:04:05.678Z', '{\"id\":\"e1\",\"environment\":\"old\",\"target\":\"sqlite:/x.db\",\"actor\":\"ann\",\"started_at\":\"2026-01-02T03:04:05.678Z\",\"state\":\"done\",\"accept_loss\":false,\"losses\":[],\"touched\":[],\"broken_before\":[],\"steps\":[]}')",
    "INSERT INTO row_counts VALUES ('test', 'sqlite:/x.db', '2026-01-02T03:04:05.678Z', '{\"users\":3}')",
    "INSERT INTO recovery_points VALUES ('0123', '2026-01-02T03:04:05.678Z', '{}')",
    "INSERT INTO rehearsals VALUES ('d1', '2026-01-02T03:04:05.678Z', 1, '{}')",
    "INSERT INTO measures VALUES ('0123', '2026-01-02T03:04:05.678Z', '{}')",
    "INSERT INTO idempotency VALUES ('k1', 'r1', '2026-01-02T03:04:05.678Z', 200, 'ok')",
    "INSERT INTO comments VALUES (1, 'd1', '', 'ann', '2026-01-02T03:04:05.678Z', 'why?')",
    "INSERT INTO audit_chain SELECT 'none' WHERE false",
    "INSERT INTO users VALUES ('ada', NULL, '[\"dba\"]', 1, '2026-01-02T03:04:05.678Z')",
];

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// One value of a control store that is a file.
fn in_file(flight: &Flight, sql: &str) -> String {
    let url = format!("sqlite:{}", flight.path().join(".flightplan/control.db").display());
    runtime().block_on(async {
        let mut connection = SqliteConnection::connect(&url).await.unwrap();
        let sql = sqlx::AssertSqlSafe(format!("SELECT cast(({sql}) AS TEXT)"));
        sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
    })
}

/// One value of a control store on PostgreSQL.
fn on_server(store: &str, sql: &str) -> String {
    runtime().block_on(async {
        let mut connection = PgConnection::connect(store).await.unwrap();
        sqlx::raw_sql("SET search_path = flightplan").execute(&mut connection).await.unwrap();
        let sql = sqlx::AssertSqlSafe(format!("SELECT ({sql})::text"));
        sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
    })
}

/// A store as a version of Flightplan left it whose tables were of this version.
fn old(flight: &Flight, version: usize) {
    let file = flight.write(".flightplan/control.db", "");
    runtime().block_on(async {
        let mut connection = SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.unwrap();
        for sql in OLD_TABLES.into_iter().take(version).flatten().chain(&OLD_ROWS[..version]) {
            sqlx::raw_sql(sqlx::AssertSqlSafe(*sql)).execute(&mut connection).await.unwrap();
        }
        let note = format!("PRAGMA user_version = {version}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(note)).execute(&mut connection).await.unwrap();
    });
}

fn project(flight: &Flight) {
    flight.configure("flyway", 1);
    flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY, name text);\n");
}

#[test]
fn a_file_of_every_older_version_is_taken_over_whole() {
    for version in 1..=13 {
        let flight = Flight::sqlite();
        project(&flight);
        old(&flight, version);
        let said = flight.run(&["runs"]).code(0);
        assert!(said.out.contains("1 step done"), "{said:?}");
        assert_eq!(in_file(&flight, "SELECT user_version FROM pragma_user_version"), "14", "from {version}");
        let kept = [
            ("runs", 1),
            ("wishes", 2),
            ("gates", 3),
            ("rollbacks", 4),
            ("emergencies", 5),
            ("row_counts", 6),
            ("recovery_points", 7),
            ("rehearsals", 8),
            ("measures", 9),
            ("idempotency", 10),
            ("comments", 11),
            ("users", 13),
        ];
        for (table, since) in kept {
            let expected = if since <= version { "1" } else { "0" };
            assert_eq!(in_file(&flight, &format!("SELECT count(*) FROM {table}")), expected, "{table}, from {version}");
        }
        let history = "SELECT group_concat(type || coalesce(version, ''), ' ') FROM flyway_schema_history";
        let rest: Vec<String> = (version + 1..=14).map(|number| format!("SQL{number}")).collect();
        assert_eq!(in_file(&flight, history), format!("BASELINE{version} {}", rest.join(" ")));
        flight.run(&["plan", "--output", "plan.json"]).code(0);
        // Where there are users a name alone does not count any more.
        let users = version == 13;
        flight.run(&["approve", "plan.json", "--by", "bob"]).code(if users { 4 } else { 0 });
        flight.run(&["apply", "plan.json"]).code(if users { 4 } else { 0 });
        flight.run(&["audit", "verify"]).code(0);
    }
}

#[test]
fn a_store_of_a_later_version_and_a_file_that_is_none_are_left_alone() {
    let flight = Flight::sqlite();
    project(&flight);
    flight.run(&["runs"]).code(0);
    let later = format!("sqlite:{}", flight.path().join(".flightplan/control.db").display());
    runtime().block_on(async {
        let mut connection = SqliteConnection::connect(&later).await.unwrap();
        sqlx::raw_sql("PRAGMA user_version = 15").execute(&mut connection).await.unwrap();
    });
    flight.run(&["runs"]).code(2).complains(&["written by a later version (tables 15, this one knows 14)"]);
    flight.write("text.db", "this is no database, and it is long enough to be looked at as one: ".repeat(20));
    flight.run(&["--store", "text.db", "runs"]).code(2).complains(&["text.db cannot be opened"]);
    flight.query_or_create("CREATE TABLE mine (x)");
    flight.run(&["--store", "test.db", "runs"]).code(2).complains(&["test.db cannot be opened", "non-empty"]);
    assert_eq!(flight.tables(), ["mine"]);

    let store = postgres::database().url;
    let flight = flight.with_store(&store);
    flight.run(&["runs"]).code(0);
    let later = "INSERT INTO flightplan.flyway_schema_history SELECT 99, '15', 'x', 'SQL', 'V15__x.sql', 1, 'x', now(), 1, true";
    Flight::at(store.clone()).query(later);
    flight.run(&["runs"]).code(2).complains(&["written by a later version (tables 15, this one knows 14)"]);
}

#[test]
fn nodes_that_start_at_once_make_the_tables_once() {
    let store = postgres::database().url;
    let flight = Flight::sqlite().with_store(&store);
    project(&flight);
    let start = |_| flight.command(&["runs"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let nodes: Vec<_> = (0..8).map(start).collect();
    for node in nodes {
        Said::from(node.wait_with_output().unwrap()).code(0);
    }
    assert_eq!(on_server(&store, "SELECT count(*) FROM flyway_schema_history WHERE type = 'SQL' AND success"), "14");
    assert_eq!(on_server(&store, "SELECT count(*) FROM audit_chain"), "1");
    assert!(!flight.path().join(".flightplan").exists(), "nothing is left beside the project");
}

#[test]
fn the_store_is_named_by_option_variable_or_file_and_its_password_is_never_said() {
    let store = postgres::database().url;
    let password = store.split(':').nth(2).unwrap().split('@').next().unwrap().to_owned();
    let flight = Flight::sqlite();
    project(&flight);
    let toml = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap();
    flight.write("secrets/store.url", format!("{store}\n"));
    let without = store.replace(&format!(":{password}@"), "@");
    let mut said = Vec::new();
    for (named, code) in [
        ("url = \"file:secrets/store.url\"".to_owned(), 0),
        ("url = \"command:cat secrets/store.url\"".to_owned(), 0),
        (format!("url = \"{without}\""), 0),
        ("url_env = \"GOVERNANCE\"".to_owned(), 0),
        ("url_env = \"NOT_SET\"".to_owned(), 2),
        (format!("url = \"{store}\""), 2),
        ("adress = \"x\"".to_owned(), 2),
        (format!("url = \"{}\"", without.replace("postgres://", "mysql://")), 2),
        (format!("url = \"{}\"", without.replace("/test_", "/no_test_")), 2),
        ("url = \"file:secrets/none\"".to_owned(), 2),
    ] {
        flight.write("flightplan.toml", format!("{toml}[store]\n{named}\n"));
        let mut command = flight.command(&["-X", "user", "list"]);
        command.env("GOVERNANCE", &store).env("FLIGHTPLAN_STORE_PASSWORD", &password);
        let one = Said::from(command.output().unwrap());
        assert_eq!(one.code, code, "{named}: {one:?}");
        said.push(one);
    }
    flight.write("flightplan.toml", &toml);
    said.push(flight.run(&["--store", &store, "runs"]).code(0));
    said.push(flight.run(&["--store", &store.replace(&password, "wrong-password"), "runs"]).code(2));
    said.push(flight.run(&["--store", &store, "--help"]).code(0));
    for one in said {
        assert!(!one.out.contains(&password) && !one.err.contains(&password), "{one:?}");
        assert!(!one.err.contains("wrong-password"), "{one:?}");
    }
    let same = Flight::at(store.clone()).with_store(&store);
    project(&same);
    same.run(&["runs"]).code(2).complains(&["is the control store and the database that is migrated"]);
}

#[test]
fn a_store_that_cannot_be_reached_stops_everything_before_it_begins() {
    let server = postgres::Server::start_durable();
    let store = server.new_database("governance");
    let flight = Flight::sqlite().with_store(&store);
    flight.configure("flyway", 0);
    flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY, name text);\n");
    let away = flight.store.clone().unwrap().replace(&format!(":{}/", server.port()), ":9/");
    let flight = flight.with_store(&away);
    for arguments in [&["migrate"][..], &["runs"], &["audit", "verify"], &["user", "list"], &["gate", "list"]] {
        let said = flight.run(arguments).code(1).complains(&["127.0.0.1:9/governance cannot be reached"]);
        assert!(!said.err.contains("flightplan-test"), "{said:?}");
    }
    assert!(flight.tables_or_none().is_empty(), "nothing has run");
    let flight = flight.with_store(&store);
    flight.run(&["migrate"]).code(0);
    assert_eq!(on_server(&store, "SELECT count(*) FROM audit WHERE action = 'run.done'"), "1");
}

/// What the tests of approvals, gates, users, tokens, sessions, the audit log, emergencies and the routes ask of a file, asked
/// of PostgreSQL; but for those that look into the file itself.
#[test]
fn what_holds_of_a_file_holds_of_postgresql() {
    let tests = [
        "api::plan_approve_run_and_watch",
        "api::a_run_needs_its_approvals",
        "api::a_plan_that_went_stale_after_its_approval_does_not_run",
        "api::a_run_under_way_in_another_process_is_left_alone_until_it_is_killed",
        "approve::two_approvals_are_two_people",
        "approve::a_digest_alone_is_enough",
        "audit::every_change_of_state_is_told_with_actor_reason_and_digest",
        "audit::fifty_writers_make_one_chain",
        "gates::a_run_of_a_server_survives_its_kill_at_a_gate_and_goes_on_by_itself",
        "gates::a_run_that_was_cancelled_at_its_gate_leaves_it_closed",
        "identity::a_session_acts_as_who_signed_in",
        "identity::a_token_does_what_its_scope_says_until_it_is_revoked",
        "identity::the_first_start_prints_an_address_that_works_once",
        "identity::users_are_managed_and_every_change_is_told",
        "openapi::",
        "signed::a_changed_policy_voids_what_was_approved_under_the_old_one",
        "signed::an_expired_approval_and_an_expired_plan_are_refused",
        "signed::comments_stay_with_the_plan",
        "signed::the_risk_class_decides_who_has_to_approve",
    ];
    let mut all = Command::new(std::env::current_exe().unwrap());
    all.args(tests).args(["--test-threads", "2"]);
    let output = all.env("FLIGHTPLAN_TEST_STORE", "postgres").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    let ran: usize = text.split("test result: ok. ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(ran > 15, "{text}");
}

#[test]
fn the_log_on_postgresql_refuses_changes_and_a_forged_one_is_found() {
    let store = postgres::database().url;
    let flight = Flight::sqlite().with_store(&store);
    project(&flight);
    flight.run(&["plan", "--output", "plan.json", "--by", "ada"]).code(0);
    flight.run(&["approve", "plan.json", "--by", "bob"]).code(0);
    flight.run(&["comment", "plan.json", "with a NUL: \u{fffd}", "--by", "cid"]).code(0);
    flight.run(&["audit", "verify"]).code(0);
    let tamper = |sql: &str| {
        runtime().block_on(async {
            let mut connection = PgConnection::connect(&store).await.unwrap();
            sqlx::raw_sql("SET search_path = flightplan").execute(&mut connection).await.unwrap();
            let done = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await;
            done.map(drop).map_err(|error| error.to_string())
        })
    };
    for sql in ["UPDATE audit SET actor = 'eve'", "DELETE FROM audit", "TRUNCATE audit"] {
        assert!(tamper(sql).unwrap_err().contains("only appended to"), "{sql}");
    }
    tamper("ALTER TABLE audit DISABLE TRIGGER ALL; UPDATE audit SET actor = 'eve' WHERE sequence = 2").unwrap();
    flight.run(&["audit", "verify"]).code(1).complains(&["Row 2 was changed", "audit_is_not_changed", "audit_is_not_emptied"]);
    tamper("UPDATE audit SET actor = 'bob' WHERE sequence = 2; ALTER TABLE audit ENABLE TRIGGER ALL").unwrap();
    flight.run(&["audit", "verify"]).code(0);
}

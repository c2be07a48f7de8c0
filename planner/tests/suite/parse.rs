//! Properties of the statement parser: total, bounded, quick, and rarely opaque.

#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    reason = "a test may look at the clock and print"
)]

use planner::dialect::Dialect;
use planner::statement::operation::Operation;
use planner::statement::parse::parse;
use planner::statement::{describe::describe, touches};
use proptest::prelude::*;

const DIALECTS: [Dialect; 4] = [Dialect::Postgres, Dialect::MySql, Dialect::MariaDb, Dialect::Sqlite];

fn every_stage(sql: &str) {
    for dialect in DIALECTS {
        let (operations, errors) = parse(sql, dialect);
        assert!(errors.iter().all(|error| error.offset <= sql.len()), "{dialect}: {errors:?} in {sql:?}");
        assert!(errors.is_empty() || operations.iter().any(|o| matches!(o, Operation::Opaque { .. })), "{sql:?}");
        for operation in &operations {
            assert!(!describe(operation, dialect).is_empty());
            let reads = touches::reads(operation);
            assert!(reads.is_disjoint(&touches::writes(operation)));
        }
    }
}

/// Statements that the rules are about, one a line: every one is read, though of some nothing certain can be said.
#[test]
fn every_canonical_statement_is_read() {
    let files = [
        (Dialect::Postgres, include_str!("../statements/pg.sql")),
        (Dialect::MySql, include_str!("../statements/mysql.sql")),
        (Dialect::MariaDb, include_str!("../statements/mysql.sql")),
        (Dialect::Sqlite, include_str!("../statements/sqlite.sql")),
    ];
    let mut unread = Vec::new();
    for (dialect, text) in files {
        for sql in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("--")) {
            let (operations, errors) = parse(sql, dialect);
            let opaque = operations.iter().find_map(|operation| match operation {
                Operation::Opaque { reason } => Some(reason.clone()),
                _ => None,
            });
            let unknown = opaque.as_deref().is_some_and(|reason| reason.contains("not modelled") || reason.contains("syntax"));
            if !errors.is_empty() || unknown {
                unread.push(format!("{dialect}: {sql}\n  {errors:?} {opaque:?}"));
            }
        }
    }
    assert!(unread.is_empty(), "{} statements are not read:\n{}", unread.len(), unread.join("\n"));
}

/// Real commands, to be cut and joined at any place.
const SEEDS: &[&str] = &[
    "ALTER TABLE \"a b\".t ADD COLUMN c int[] NOT NULL DEFAULT '{}', DROP CONSTRAINT k CASCADE",
    "CREATE TABLE t (id serial PRIMARY KEY, e text CHECK (e <> ''), FOREIGN KEY (id) REFERENCES p ON DELETE SET NULL)",
    "CREATE UNIQUE INDEX CONCURRENTLY i ON t USING gin ((lower(a)), b DESC) INCLUDE (c) WHERE d IS NOT NULL",
    "WITH x AS (SELECT 1) UPDATE t SET (a, b) = (SELECT 1, 2), c = $$é$$ FROM x WHERE t.id = x.id RETURNING *",
    "INSERT INTO `t` SET a = 1, b = 'it''s \\' fine' ON DUPLICATE KEY UPDATE a = VALUES(a)",
    "ALTER TABLE t MODIFY c ENUM('a','b') AFTER b, ALGORITHM=INPLACE /*!80000 , LOCK=NONE */",
    "CREATE TRIGGER IF NOT EXISTS tg AFTER UPDATE OF a ON [t] BEGIN UPDATE t SET b = 1; END",
    "PRAGMA main.foreign_keys = ON",
    "CREATE FUNCTION f(a int DEFAULT (1)) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,80}") {
        every_stage(&text);
    }

    #[test]
    fn pieces_of_commands_are_read_without_panic(
        parts in proptest::collection::vec((0..SEEDS.len(), 0..140_usize, 0..140_usize), 1..4),
    ) {
        let cut = |(seed, from, length): &(usize, usize, usize)| {
            SEEDS[*seed].chars().skip(*from).take(*length).collect::<String>()
        };
        every_stage(&parts.iter().map(cut).collect::<Vec<_>>().join(" "));
    }
}

#[test]
fn deep_nesting_is_opaque_and_does_not_exhaust_the_stack() {
    for deep in [150, 950, 1_900, 5_000] {
        for sql in nested(deep) {
            for dialect in DIALECTS {
                let _ = parse(&sql, dialect);
            }
        }
    }
}

/// Every way known to nest a statement.
fn nested(deep: usize) -> Vec<String> {
    vec![
        format!("SELECT {}1{}", "(".repeat(deep), ")".repeat(deep)),
        format!("SELECT {}", "(".repeat(deep)),
        format!("SELECT {}1", "NOT ".repeat(deep)),
        format!("SELECT {}1", "- ".repeat(deep)),
        format!("SELECT {}1", "CASE WHEN ".repeat(deep)),
        format!("SELECT 1{}", " OR 1".repeat(deep)),
        format!("SELECT 1{}", "::int".repeat(deep)),
        format!("SELECT 1{}", " UNION SELECT 1".repeat(deep)),
        format!("SELECT a{}", "[1]".repeat(deep)),
        format!("SELECT {}", "ARRAY[".repeat(deep)),
        format!("SELECT a{}", ".b".repeat(deep)),
        format!("SELECT * FROM a{}", " JOIN a ON true".repeat(deep)),
        format!("CREATE TABLE t (a int{})", " CHECK (a > 0)".repeat(deep)),
        format!("SELECT E'\\'' {}", "(".repeat(deep)),
        format!("SELECT 1 /* /* */ ' */ {}", "(".repeat(deep)),
        format!("SELECT {}1", "EXISTS (SELECT ".repeat(deep)),
        "EXPLAIN ".repeat(deep),
        format!("SELECT 1 {}", "AT TIME ZONE 'x' ".repeat(deep)),
        format!("SELECT 1 {}", "BETWEEN 1 ".repeat(deep)),
        format!("SELECT 1 {}", "LIKE 1 ".repeat(deep)),
        format!("SELECT 1 {}", "ISNULL ".repeat(deep)),
        format!("SELECT {} 1", "INTERVAL ".repeat(deep)),
        format!("{} SELECT 1", "WITH a AS (".repeat(deep)),
        format!("CREATE SCHEMA {}", "CREATE TABLE t (a int) ".repeat(deep)),
        format!("SELECT 1, 2{}", " UNION ALL SELECT 1, 2".repeat(deep)),
        format!("SELECT * FROM a, a{}", " LEFT JOIN a USING (b, c)".repeat(deep)),
        format!("INSERT INTO t VALUES {} (1, 2)", "(1, 2),".repeat(deep)),
        format!("UPDATE t SET a = 1 WHERE a IN ({} 1)", "1,".repeat(deep)),
        format!("UPDATE t SET a = 1 WHERE b {}", " OR a IN (1, 2)".repeat(deep)),
    ]
}

#[test]
fn ten_times_the_statements_take_ten_times_the_time() {
    let seconds = |count: usize| {
        let start = std::time::Instant::now();
        for number in 0..count {
            let (operations, errors) = parse(&format!("ALTER TABLE t ADD COLUMN c{number} int DEFAULT 0"), Dialect::Postgres);
            assert!(errors.is_empty() && operations.len() == 1);
        }
        start.elapsed().as_secs_f64()
    };
    let (few, many) = (seconds(500), seconds(5000));
    assert!(many < 40.0 * few.max(0.005), "{few} s for 500 and {many} s for 5,000");
}

#[test]
fn broken_statements_say_where() {
    for dialect in DIALECTS {
        let sql = "SELECT * FROM t WHERE (a = ";
        let (operations, errors) = parse(sql, dialect);
        assert!(matches!(operations.as_slice(), [Operation::Opaque { .. }]), "{dialect}: {operations:?}");
        assert!(errors.first().is_some_and(|error| !error.message.is_empty()), "{dialect}: {errors:?}");
    }
}

/// One statement of each family, all of which must mean something; the truly opaque ones are told apart.
const POSTGRES: &str = include_str!("parse/postgres.sql");
const SQLITE: &str = include_str!("parse/sqlite.sql");
const MYSQL: &str = include_str!("parse/mysql.sql");

#[test]
fn only_what_runs_code_is_opaque() {
    for (text, dialect, expected) in [(POSTGRES, Dialect::Postgres, 3), (SQLITE, Dialect::Sqlite, 1), (MYSQL, Dialect::MySql, 1)]
    {
        let statements: Vec<&str> = text.split(";\n").map(str::trim).filter(|sql| !sql.is_empty()).collect();
        let is_opaque =
            |sql: &&&str| parse(sql, dialect).0.iter().any(|o| matches!(o, Operation::Opaque { .. } | Operation::Call { .. }));
        let opaque: Vec<&&str> = statements.iter().filter(is_opaque).collect();
        println!("{dialect}: {} statements, {} opaque", statements.len(), opaque.len());
        assert_eq!(opaque.len(), expected, "{dialect}: {opaque:#?}");
    }
}

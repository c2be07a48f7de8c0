//! Durations held against a real PostgreSQL: what is predicted from measured statistics brackets what is observed.
//!
//! The range is wide, and the machine of a test is busy, so the tolerance is stated: the observed time may be at most
//! [`SLOWER`] times the high end, and must be at least the low end divided by [`FASTER`]. Either can fail: a missing rewrite,
//! a rate in the wrong unit, or an index forgotten moves a prediction by more than that.
#![allow(clippy::unwrap_used)]

use std::time::Instant;

use crate::flight::Flight;

/// A test machine under full load.
const SLOWER: f64 = 3.0;
/// A table that lies in memory on a faster machine than the rates know.
const FASTER: f64 = 3.0;

/// File, statement, whether its time depends on the rows.
const STATEMENTS: &[(&str, &str, bool)] = &[
    ("V2__rewrite.sql", "ALTER TABLE t ALTER COLUMN number TYPE bigint", true),
    ("V3__index.sql", "CREATE INDEX t_word ON t (word)", true),
    ("V4__scan.sql", "ALTER TABLE t ALTER COLUMN word SET NOT NULL", true),
    ("V5__check.sql", "ALTER TABLE t ADD CONSTRAINT positive CHECK (number >= 0)", true),
    ("V6__catalog.sql", "ALTER TABLE t ADD COLUMN note text", false),
    ("V7__default.sql", "ALTER TABLE t ADD COLUMN made timestamptz DEFAULT clock_timestamp()", true),
];

#[test]
fn predicted_durations_bracket_the_observed_ones() {
    let flight = Flight::postgres();
    flight.write("sql/V1__t.sql", "CREATE TABLE t (id bigint PRIMARY KEY, number int, word text);");
    flight.flyway(&["migrate"]).code(0);
    flight.query("INSERT INTO t SELECT n, n, md5(n::text) || md5(n::text) FROM generate_series(1, 400000) AS n");
    flight.query("VACUUM ANALYZE t");
    let mut told = Vec::new();
    for (file, sql, sized) in STATEMENTS {
        flight.write(&format!("sql/{file}"), format!("{sql};"));
        let words = ["--source", "flyway:sql", "--url", &flight.url, "--format", "json", "explain", file];
        let json = flight.run(&words).code(0).json();
        let range = &json["statements"][0]["lock_ms"];
        let (low, high) = (range[0].as_f64().unwrap(), range[1].as_f64().unwrap());
        let started = Instant::now();
        flight.query(sql);
        let observed = started.elapsed().as_secs_f64() * 1000.0;
        // What a connection costs is not the statement's; less than a millisecond cannot be told from it.
        let started = Instant::now();
        flight.query("SELECT 1");
        let observed = (observed - started.elapsed().as_secs_f64() * 1000.0).max(1.0);
        told.push(format!("{observed:>8.1} ms of {low} to {high}: {sql}"));
        assert!(observed <= high * SLOWER && observed >= low / FASTER, "{}", told.join("\n"));
        assert!(!sized || high > 200.0, "400,000 rows take more than a change of the catalog: {}", told.join("\n"));
        assert!(*sized || high <= 50.0, "a change of the catalog does not depend on the rows: {}", told.join("\n"));
        flight.query("ANALYZE t");
    }
    eprintln!("{}", told.join("\n"));
}

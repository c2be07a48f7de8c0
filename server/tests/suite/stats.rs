//! `stats`: what is measured in a live database, and what it is good for.
#![allow(clippy::unwrap_used)]

use serde_json::Value;

use crate::flight::Flight;

/// A table with rows, an index, and a column that is NULL in a quarter of them.
fn filled(flight: &Flight) {
    let serial = match flight.dialect {
        "postgres" => "bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY",
        "mariadb" => "bigint PRIMARY KEY AUTO_INCREMENT",
        _ => "integer PRIMARY KEY",
    };
    let options = if flight.dialect == "postgres" { " WITH (fillfactor = 70)" } else { "" };
    flight.write("sql/V1__t.sql", format!("CREATE TABLE t (id {serial}, name varchar(100), kind int){options};"));
    flight.write("sql/V2__i.sql", "CREATE INDEX t_name ON t (name);");
    flight.flyway(&["migrate"]).code(0);
    flight.query("INSERT INTO t (name, kind) VALUES ('a', 1), ('b', 1), ('c', 2), ('d', NULL)");
    for _ in 0..10 {
        flight.query("INSERT INTO t (name, kind) SELECT name, kind FROM t");
    }
    flight.query(match flight.dialect {
        "postgres" => "ANALYZE t",
        "mariadb" => "ANALYZE TABLE t PERSISTENT FOR ALL",
        _ => "ANALYZE",
    });
}

fn measured(flight: &Flight) -> Value {
    let json = flight.run(&["--source", "flyway:sql", "--url", &flight.url, "stats", "--sample", "0", "--format", "json"]);
    json.code(0).json()
}

#[test]
fn rows_bytes_and_indexes_are_measured_on_each_product() {
    for flight in Flight::all() {
        filled(&flight);
        let json = measured(&flight);
        assert_eq!(json["format"], 1);
        assert_eq!(json["dialect"], flight.dialect);
        let name = if flight.dialect == "postgres" { "public.t" } else { "t" };
        let table = &json["tables"][name];
        assert_eq!(table["rows"], 4096, "{json:#}");
        let bytes = table["bytes"].as_u64().unwrap();
        assert!((40_000..2_000_000).contains(&bytes), "{}: {table:#}", flight.dialect);
        let indexes = table["indexes"].as_array().unwrap();
        let index = indexes.iter().find(|index| index["name"] == "t_name").unwrap();
        let of_index = index["bytes"].as_u64().unwrap();
        assert!((20_000..1_000_000).contains(&of_index), "{}: {table:#}", flight.dialect);
        let width = table["row_bytes"].as_u64().unwrap();
        assert!((5..300).contains(&width), "{}: {table:#}", flight.dialect);
        assert_eq!(table["columns"]["name"]["distinct"], 4, "{}: {table:#}", flight.dialect);
        if flight.dialect != "sqlite" {
            assert_eq!(table["columns"]["kind"]["null_fraction"], 0.25, "{}: {table:#}", flight.dialect);
            assert!(table["last_analyzed"].as_str().unwrap().starts_with("20"), "{table:#}");
        }
        if flight.dialect == "postgres" {
            assert_eq!((&table["fillfactor"], indexes.len()), (&Value::from(70), 2));
            assert_eq!(json["replica_lag_ms"], Value::Null, "there is no replica");
        }
    }
}

#[test]
fn a_file_of_statistics_stands_for_the_database() {
    let flight = Flight::postgres();
    filled(&flight);
    flight.write("sql/V3__kind.sql", "ALTER TABLE t ALTER COLUMN kind TYPE text;");
    let file = flight.path().join("stats.json");
    let file = file.to_str().unwrap();
    let stats = ["--source", "flyway:sql", "--url", &flight.url, "stats", "--sample", "0", "--output", file];
    assert!(flight.run(&stats).code(0).out.contains("public.t"));
    let explain = |more: &[&str]| {
        let words = ["--source", "flyway:sql", "--dialect", "postgres", "--server-version", "15", "--format", "json"];
        let json = flight.run(&[&words, more, &["explain", "V3__kind.sql"]].concat()).code(0).json();
        json["statements"][0].clone()
    };
    let (without, with, live) = (explain(&[]), explain(&["--stats", file]), explain(&["--url", &flight.url]));
    assert_eq!(without["lock_ms"], Value::Null, "no size, no time");
    assert!(with["lock_ms"][1].as_u64().unwrap() > 50, "{with:#}");
    assert!(with["rests_on"][0].as_str().unwrap().starts_with("public.t: 4096 rows, "), "{with:#}");
    assert_eq!((&live["lock_ms"], &live["rests_on"]), (&with["lock_ms"], &with["rests_on"]));
    let small = flight.run(&["--source", "flyway:sql", "--dialect", "postgres", "--stats", file, "lint"]);
    assert!(!small.out.contains("table-rewrite"), "4,096 rows are rewritten in no time:\n{}", small.out);
    let big = std::fs::read_to_string(file).unwrap().replace("\"rows\": 4096", "\"rows\": 90000000");
    flight.write("big.json", big);
    let words = ["--source", "flyway:sql", "--dialect", "postgres", "--stats", "big.json", "lint"];
    assert!(flight.run(&words).out.contains("rewrit"), "90,000,000 rows are not");
}

#[test]
fn a_file_that_is_none_of_ours_is_named_with_its_cure() {
    let flight = Flight::sqlite();
    flight.write("sql/V1__t.sql", "CREATE TABLE t (id int);");
    flight.write("two.json", r#"{"format": 2, "tables": {}}"#);
    flight.write("broken.json", "{\n  \"format\": 1,\n  \"tables\": [\n");
    let lint = |file: &str| flight.run(&["--source", "flyway:sql", "--dialect", "sqlite", "--stats", file, "lint"]).code(2);
    lint("two.json").complains(&["two.json", "format is 2", "flightplan stats --url"]);
    lint("broken.json").complains(&["broken.json", "line "]);
    lint("none.json").complains(&["none.json", "cannot be read"]);
}

//! What is said of a statement that the server refused, on every product.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::flight::Flight;

#[test]
fn a_refused_statement_is_told_in_flyways_block() {
    for flight in Flight::all() {
        flight.write(
            "sql/V1__a.sql",
            "-- first\nCREATE TABLE a (x integer);\n\nINSERT INTO nowhere (x)\n  VALUES (1) ;\nSELECT 1;\n",
        );
        let said = flight.flyway(&["migrate"]).code(1).complains(&["ERROR: Migration of schema", "error: Step V1 failed"]);
        let (state, code, message) = match flight.dialect {
            "sqlite" => ("null", "1", "no such table: nowhere".to_owned()),
            "mariadb" => ("42S02", "1146", format!("Table '{}.nowhere' doesn't exist", flight.value("SELECT DATABASE()"))),
            _ => ("42P01", "0", "ERROR: relation \"nowhere\" does not exist\n  Position: 13".to_owned()),
        };
        let file = flight.path().canonicalize().unwrap().join("sql/V1__a.sql").display().to_string();
        let block = format!(
            "ERROR: Migration V1__a.sql failed\n--------------------------\nSQL State  : {state}\nError Code : {code}\n\
             Message    : {message}\nLocation   : {file} ({file})\nLine       : 4\n\
             Statement  : INSERT INTO nowhere (x)\n  VALUES (1)"
        );
        assert!(said.err.contains(&block), "{block}\nis missing in\n{}", said.err);
    }
}

//! Scripts that cannot be read are refused with file, line and cure before anything runs: exit 2, an empty database.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::flight::Flight;

/// A good script, then a broken one: nothing of either runs.
#[track_caller]
fn refused(flight: &Flight, name: &str, text: impl AsRef<[u8]>, parts: &[&str]) {
    flight.write("sql/V1__good.sql", "CREATE TABLE good (id integer);\n");
    let path = flight.write(&format!("sql/{name}"), text);
    let said = flight.flyway(&["migrate"]).code(2);
    let place = format!("{name}:{}", parts[0]);
    let said = said.complains(&[&place, "workaround"]).complains(&parts[1..]);
    assert!(flight.tables_or_none().is_empty(), "nothing was touched: {said:?}");
    std::fs::remove_file(path).unwrap();
}

#[test]
fn on_postgres() {
    let flight = Flight::postgres();
    let ok = "SELECT 1;\n";
    for (name, text, parts) in [
        ("V2__copy.sql", "COPY good FROM STDIN;\n1\n", ["2", "unterminated-copy", "\\."]),
        ("V2__quote.sql", "SELECT 'open;\n", ["2", "unterminated-quote", "''"]),
        ("V2__name.sql", "SELECT \"open;\n", ["2", "unterminated-quote", "\"\""]),
        ("V2__dollar.sql", "DO $a$ BEGIN END $b$;\n", ["2", "unterminated-dollar-quote", "$a$"]),
        ("V2__comment.sql", "/* a /* b */\nSELECT 1;\n", ["2", "unterminated-comment", "*/"]),
        ("V2__parenthesis.sql", "CREATE TABLE t (id integer;\nSELECT 1;\n", ["2", "unterminated-parenthesis", ")"]),
        ("V2__atomic.sql", "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1;\n", ["2", "unterminated-block", "END"]),
        ("V2__meta.sql", "\\connect other\n", ["2", "psql-meta-command", "Remove the line"]),
        ("V2__nul.sql", "SELECT 'a\0b';\n", ["2", "nul-byte", "Remove it"]),
    ] {
        refused(&flight, name, format!("{ok}{text}"), &parts);
    }
}

#[test]
fn placeholders_encodings_and_settings() {
    let flight = Flight::sqlite();
    let arguments = |text: &str| text.to_owned();
    refused(&flight, "V2__a.sql", arguments("SELECT 1;\nSELECT '${ownr}';\n"), &["2", "unknown-placeholder", "${ownr}"]);
    refused(&flight, "V2__b.sql", b"SELECT 1;\nSELECT 'caf\xe9';\n", &["2", "invalid-utf8", "encoding=ISO-8859-1"]);
    let wide: Vec<u8> = "\u{feff}SELECT 1;".encode_utf16().flat_map(u16::to_le_bytes).collect();
    refused(&flight, "V2__c.sql", wide, &["1", "invalid-utf8", "encoding=UTF-16"]);
    flight.write("sql/V2__d.sql.conf", "\nexecuteInTransactoin=false\n");
    let said = flight.write("sql/V2__d.sql", "SELECT 1;\n");
    flight.flyway(&["migrate"]).code(2).complains(&["V2__d.sql.conf:2", "executeInTransaction", "workaround"]);
    std::fs::remove_file(said).unwrap();
    std::fs::remove_file(flight.path().join("sql/V2__d.sql.conf")).unwrap();
    flight.write("sql/V2__e.sql", "SELECT 1;\n");
    flight.write("sql/V2__e.sql.conf", "encoding=EBCDIC-OLD\n");
    flight.flyway(&["migrate"]).code(2).complains(&["V2__e.sql", "unsupported-encoding"]);
    assert!(flight.tables_or_none().is_empty());
}

#[test]
fn on_mariadb() {
    let flight = Flight::mariadb();
    for (name, text, parts) in [
        ("V2__block.sql", "CREATE PROCEDURE p() BEGIN SELECT 1;\n", ["1", "unterminated-block", "END"]),
        ("V2__delimiter.sql", "SELECT 1;\nDELIMITER\n", ["2", "wrong-delimiter", "DELIMITER //"]),
        ("V2__version.sql", "/*!50003 SET a = 1;\n", ["1", "unterminated-comment", "*/"]),
        ("V2__quote.sql", "SELECT `open;\n", ["1", "unterminated-quote", "``"]),
    ] {
        refused(&flight, name, text, &parts);
    }
}

/// What `encoding` in the script's own configuration says is how it is read, and what reaches the database.
#[test]
fn every_encoding_reaches_the_database() {
    let flight = Flight::sqlite();
    flight.write("sql/V1__t.sql", "CREATE TABLE words (word text);\n");
    let sql = |word: &str| format!("INSERT INTO words VALUES ('{word}');\n");
    let latin: Vec<u8> = sql("\u{e9}").chars().map(|c| c as u8).collect();
    let wide: Vec<u8> = sql("\u{e9}").encode_utf16().flat_map(u16::to_be_bytes).collect();
    let euro: Vec<u8> = sql("\u{80}").chars().map(|c| c as u8).collect();
    for (version, encoding, bytes) in [(2, "ISO-8859-1", latin), (3, "UTF-16", wide), (4, "windows-1252", euro)] {
        flight.write(&format!("sql/V{version}__w.sql"), bytes);
        flight.write(&format!("sql/V{version}__w.sql.conf"), format!("encoding={encoding}\n"));
    }
    flight.flyway(&["migrate"]).code(0);
    assert_eq!(flight.query("SELECT word FROM words ORDER BY rowid"), ["\u{e9}", "\u{e9}", "\u{20ac}"]);
}

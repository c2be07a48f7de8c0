//! A script that fails in the middle on MariaDB goes on behind what is done, each statement once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::flight::Flight;

const SCRIPT: &str = "SET @n = 7;\nCREATE TABLE m (id INT PRIMARY KEY);\nINSERT INTO m VALUES (@n);\nSET @n = @n + 1;\n\
     INSERT INTO users (name) VALUES ('x');\nSET @last = LAST_INSERT_ID();\nALTER TABLE m ADD COLUMN c INT;\n\
     INSERT INTO m (id, c) SELECT @n, id FROM users WHERE id = @last AND (SELECT COUNT(*) FROM gate) >= 0;\n\
     ALTER TABLE m ADD COLUMN d INT;\n";

fn project() -> Flight {
    let flight = Flight::mariadb();
    flight.write("sql/V1__users.sql", "CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(50));\n");
    flight.write("sql/V2__mid.sql", SCRIPT);
    flight
}

#[test]
fn it_is_recorded_as_failed_and_goes_on_once_with_the_session_it_had() {
    let flight = project();
    flight.flyway(&["migrate"]).code(1).complains(&["V2__mid.sql:8", "gate", "goes on from the failing statement"]);
    assert_eq!(flight.history()[1], "2|2|mid|SQL|V2__mid.sql|failed");
    let info = flight.flyway(&["info"]).code(0);
    assert!(info.out.contains("| Failed"), "{}", info.out);
    flight.flyway(&["validate"]).code(1);
    flight.flyway(&["migrate"]).code(1).complains(&["V2__mid.sql:8"]);
    assert_eq!(flight.history().len(), 2, "a second failure leaves one row too");
    flight.query("CREATE TABLE gate (a INT)");
    flight.flyway(&["migrate"]).code(0);
    assert_eq!(flight.history(), ["1|1|users|SQL|V1__users.sql|ok", "2|2|mid|SQL|V2__mid.sql|ok"]);
    let last = flight.value("SELECT id FROM users");
    assert_eq!(flight.query("SELECT id, c, d FROM m ORDER BY id"), ["7|-|-".to_owned(), format!("8|{last}|-")]);
    assert_eq!(flight.value("SELECT COUNT(*) FROM flightplan_journal WHERE state <> 'recorded'"), "0");
    flight.flyway(&["validate"]).code(0);
}

#[test]
fn what_is_left_may_be_mended_and_what_is_done_may_not() {
    let flight = project();
    flight.flyway(&["migrate"]).code(1);
    flight.write("sql/V2__mid.sql", SCRIPT.replace("VALUES ('x')", "VALUES ('y')"));
    flight.flyway(&["migrate"]).code(5).complains(&["V2__mid.sql:5", "is not the one that ran"]);
    flight.write("sql/V2__mid.sql", "CREATE TABLE other (a INT);\n");
    flight.flyway(&["migrate"]).code(5);
    flight.write("sql/V2__mid.sql", SCRIPT.replace(" AND (SELECT COUNT(*) FROM gate) >= 0", ""));
    flight.flyway(&["migrate"]).code(0);
    assert_eq!(flight.query("SELECT id FROM m ORDER BY id"), ["7", "8"]);
    flight.flyway(&["validate"]).code(0);
}

#[test]
fn rows_alone_are_taken_back_and_leave_no_trace() {
    let flight = project();
    flight.write(
        "sql/V2__mid.sql",
        "INSERT INTO users (name) VALUES ('a');\nREPLACE INTO users VALUES (1, 'b');\nUPDATE users SET nam = 1;\n",
    );
    flight.flyway(&["migrate"]).code(1).complains(&["V2__mid.sql:3", "rolled back"]);
    assert_eq!(flight.value("SELECT COUNT(*) FROM users"), "0");
    assert_eq!(flight.history().len(), 1);
}

#[test]
fn a_temporary_table_that_is_gone_stops_the_run_before_it_reads_nothing() {
    let flight = project();
    let script =
        "CREATE TEMPORARY TABLE old AS SELECT 5 AS n;\nCREATE TABLE m (n INT);\nINSERT INTO m SELECT n FROM old, gate;\n";
    flight.write("sql/V2__mid.sql", script);
    flight.flyway(&["migrate"]).code(1);
    flight.query("CREATE TABLE gate (a INT)");
    flight.flyway(&["migrate"]).code(6).complains(&["V2__mid.sql:3", "temporary table old"]);
    flight.write("sql/V2__mid.sql", script.replace("SELECT n FROM old, gate", "SELECT 5"));
    flight.flyway(&["migrate"]).code(0);
    assert_eq!(flight.query("SELECT n FROM m"), ["5"]);
}

#[test]
fn locked_tables_do_not_bar_the_journal() {
    let flight = project();
    let script = "LOCK TABLES `users` WRITE;\n/*!40000 ALTER TABLE `users` DISABLE KEYS */;\n\
         INSERT INTO users (name) VALUES ('a');\nINSERT INTO users (nam) VALUES ('b');\n\
         /*!40000 ALTER TABLE `users` ENABLE KEYS */;\nUNLOCK TABLES;\nCREATE TABLE m (n INT);\n";
    flight.write("sql/V2__mid.sql", script);
    flight.flyway(&["migrate"]).code(1).complains(&["V2__mid.sql:4"]);
    assert_eq!(flight.query("SELECT name FROM users"), ["a"]);
    flight.write("sql/V2__mid.sql", script.replace("(nam)", "(name)"));
    flight.flyway(&["migrate"]).code(0);
    assert_eq!(flight.query("SELECT name FROM users"), ["a", "b"]);
    assert!(flight.tables().contains(&"m".to_owned()));
}

#[test]
fn the_authors_own_transactions_hold_their_rows_together() {
    let flight = project();
    let script = "SET autocommit = 0;\nSTART TRANSACTION;\nINSERT INTO users (name) VALUES ('a');\n\
         INSERT INTO users (name) VALUES ('b');\nINSERT INTO gate VALUES (1);\nCOMMIT;\nALTER TABLE users ADD COLUMN c INT;\n";
    flight.write("sql/V2__mid.sql", script);
    flight.flyway(&["migrate"]).code(1).complains(&["V2__mid.sql:5"]);
    assert_eq!(flight.value("SELECT COUNT(*) FROM users"), "0", "the author's transaction was taken back");
    flight.query("CREATE TABLE gate (a INT)");
    flight.flyway(&["migrate"]).code(0);
    assert_eq!(flight.query("SELECT name FROM users"), ["a", "b"]);
    assert_eq!(flight.value("SELECT COUNT(*) FROM gate"), "1");
}

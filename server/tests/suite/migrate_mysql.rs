//! `migrate` on MariaDB, where schema changes commit by themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::flight::Flight;
use crate::mariadb;

#[test]
fn the_history_table_is_flyways_to_the_byte() {
    let flight = Flight::mariadb();
    flight.write("sql/V1__a.sql", "CREATE TABLE a (id INT PRIMARY KEY);\n");
    flight.flyway(&["migrate"]).code(0);
    let made = flight.value("SHOW CREATE TABLE flyway_schema_history");
    // The statements of Flyway 9.16's MySQLDatabase.getRawCreateScript, on MariaDB.
    let theirs = "CREATE TABLE `theirs` (\n    `installed_rank` INT NOT NULL,\n    `version` VARCHAR(50),\n    \
         `description` VARCHAR(200) NOT NULL,\n    `type` VARCHAR(20) NOT NULL,\n    `script` VARCHAR(1000) NOT NULL,\n    \
         `checksum` INT,\n    `installed_by` VARCHAR(100) NOT NULL,\n    \
         `installed_on` TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,\n    `execution_time` INT NOT NULL,\n    \
         `success` BOOL NOT NULL,\n    PRIMARY KEY (`installed_rank`)\n) ENGINE=InnoDB";
    flight.query(theirs);
    flight.query("CREATE INDEX `flyway_schema_history_s_idx` ON `theirs` (`success`)");
    assert_eq!(made, flight.value("SHOW CREATE TABLE theirs").replace("theirs", "flyway_schema_history"));
    assert_eq!(flight.value("SELECT installed_by FROM flyway_schema_history"), "pilot");
}

#[test]
fn what_mysql_refuses_to_prepare_runs() {
    let flight = Flight::mariadb();
    flight.write("sql/V1__users.sql", "CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(50));\n");
    let script = "DELIMITER $$\nCREATE PROCEDURE fill(IN n INT)\nBEGIN\n  DECLARE i INT DEFAULT 0;\n  WHILE i < n DO\n    \
         INSERT INTO users (name) VALUES (CONCAT('p', i));\n    SET i = i + 1;\n  END WHILE;\n  SELECT COUNT(*) FROM users;\n  \
         SELECT 1, 2;\nEND$$\nDELIMITER ;\nCALL fill(3);\n/*!50003 CREATE VIEW names AS SELECT name FROM users */;\n\
         SELECT * FROM users;\nINSERT INTO users (name) VALUES ('a\\\\b'), ('\u{e9}');\n\
         CREATE TABLE count (id INT);\n";
    flight.write("sql/V2__fill.sql", script);
    flight.flyway(&["migrate"]).code(0);
    assert_eq!(flight.query("SELECT name FROM names"), ["p0", "p1", "p2", "a\\b", "\u{e9}"]);
    assert!(flight.tables().contains(&"count".to_owned()), "names of functions are no reserved words");
}

#[test]
fn a_refused_login_and_a_missing_database_are_usage_and_nobody_there_is_a_failure() {
    let flight = Flight::mariadb();
    flight.write("sql/V1__a.sql", "CREATE TABLE a (id INT);\n");
    let migrate = |url: &str| flight.run(&["--source", "flyway:sql", "--url", url, "migrate"]);
    migrate(&flight.url.replace("flightplan-test", "wrong")).code(2).complains(&["refused the login of pilot"]);
    let at = flight.url.rfind('/').unwrap();
    migrate(&format!("{}/nowhere", &flight.url[..at])).code(2).complains(&["Unknown database"]);
    migrate("mariadb://pilot:x@127.0.0.1:1/a").code(1).complains(&["cannot be reached"]);
    let socket = mariadb::server().socket();
    let name = &flight.url[at + 1..];
    let jdbc = format!(
        "jdbc:mariadb://localhost/{name}?user=pilot&password=flightplan-test&localSocket={}&useSSL=false",
        socket.display()
    );
    migrate(&jdbc).code(0);
    assert_eq!(flight.tables(), ["a", "flightplan_epoch", "flightplan_journal", "flyway_schema_history"]);
}

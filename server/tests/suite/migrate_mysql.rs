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
         SELECT * FROM users;\nINSERT INTO users (name) SELECT 'a\\\\b' FROM DUAL WHERE (SELECT COUNT (*) FROM users) > 0;\n\
         INSERT INTO users (name) VALUES ('\u{e9}');\n";
    flight.write("sql/V2__fill.sql", script);
    flight.flyway(&["migrate"]).code(0);
    flight.write("sql/V3__count.sql", "CREATE TABLE count (id INT);\n");
    flight.flyway(&["migrate"]).code(1);
    // With MySQL's driver the blank counts, so names of functions are no reserved words.
    flight.run(&["--source", "flyway:sql", "--url", &flight.url.replace("mariadb:", "jdbc:mysql:"), "migrate"]).code(0);
    assert_eq!(flight.query("SELECT name FROM names"), ["p0", "p1", "p2", "a\\b", "\u{e9}"]);
    assert!(flight.tables().contains(&"count".to_owned()));
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

#[test]
fn the_lock_is_flyways_and_a_run_that_does_not_get_it_says_so() {
    let flight = Flight::mariadb();
    flight.write("sql/V1__a.sql", "CREATE TABLE a (id INT);\n");
    let database = flight.url.rsplit('/').next().unwrap();
    // Java's hashCode of the quoted history table, as Flyway's MySQLNamedLockTemplate takes it.
    let text = format!("`{database}`.`flyway_schema_history`");
    let hash = text.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)));
    let waiting = std::thread::scope(|scope| {
        let holder = scope.spawn(|| flight.query(&format!("SELECT GET_LOCK('Flyway-{hash}', 1), SLEEP(4)")));
        std::thread::sleep(std::time::Duration::from_millis(700));
        let said = flight.flyway(&["--lock-wait", "1", "migrate"]);
        holder.join().unwrap();
        said
    });
    waiting.code(7).complains(&["migration lock"]);
    assert!(flight.tables().is_empty(), "nothing was changed");
    flight.flyway(&["migrate"]).code(0);
}

#[test]
fn a_baseline_comes_with_the_table() {
    let flight = Flight::mariadb();
    flight.write("sql/V1__old.sql", "CREATE TABLE old (id INT);\n");
    flight.write("sql/V2__new.sql", "CREATE TABLE new (id INT);\n");
    flight.query("CREATE TABLE old (id INT)");
    flight.flyway(&["migrate"]).code(2).complains(&["not empty"]);
    flight.flyway(&["migrate", "-baselineOnMigrate=true"]).code(0);
    let history = ["1|1|<< Flyway Baseline >>|BASELINE|<< Flyway Baseline >>|ok", "2|2|new|SQL|V2__new.sql|ok"];
    assert_eq!(flight.history(), history);
    let created = flight.value("SHOW CREATE TABLE flyway_schema_history");
    assert!(created.contains("KEY `flyway_schema_history_s_idx` (`success`)"), "{created}");
}

#[test]
fn a_step_begins_with_the_session_as_it_was() {
    let flight = Flight::mariadb();
    flight.write(
        "sql/V1__set.sql",
        "SET @left = 1, foreign_key_checks = 0, sql_safe_updates = 1, sql_mode = 'ANSI_QUOTES', time_zone = '+09:00';\n\
         CREATE TABLE \"a\" (id INT);\nSET NAMES latin1;\nUSE information_schema;\n",
    );
    flight.write(
        "sql/V2__see.sql",
        "CREATE TABLE seen AS SELECT @left AS a, @@foreign_key_checks AS b, @@sql_safe_updates AS c, @@sql_mode AS d, \
         @@time_zone AS e, @@character_set_client AS f, DATABASE() AS g;\n",
    );
    flight.flyway(&["migrate"]).code(0);
    let seen = flight.value("SELECT a, b, c, d LIKE '%ANSI_QUOTES%', e, f, g = DATABASE() FROM seen");
    assert_eq!(seen, "-|1|0|0|SYSTEM|utf8mb4|1");
}

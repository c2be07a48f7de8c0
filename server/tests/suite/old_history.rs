//! A history table in the shape of Flyway 3: looked at, not written, until it is converted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::flight::Flight;

/// The history of Flyway 3, whose key is the version.
fn of_flyway_3(flight: &Flight) {
    let mark = if flight.dialect == "mariadb" { '`' } else { '"' };
    let columns = "version_rank INT NOT NULL, installed_rank INT NOT NULL, version VARCHAR(50) NOT NULL, \
                   description VARCHAR(200) NOT NULL, type VARCHAR(20) NOT NULL, script VARCHAR(1000) NOT NULL, checksum INT, \
                   installed_by VARCHAR(100) NOT NULL, installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, \
                   execution_time INT NOT NULL, success BOOLEAN NOT NULL";
    let key = if flight.dialect == "sqlite" { "" } else { "CONSTRAINT schema_version_pk " };
    flight.query_or_create(&format!(
        "CREATE TABLE schema_version ({}, {key}PRIMARY KEY (version))",
        columns.replace('"', &mark.to_string())
    ));
    for part in ["vr", "ir", "s"] {
        let column = match part {
            "vr" => "version_rank",
            "ir" => "installed_rank",
            _ => "success",
        };
        flight.query(&format!("CREATE INDEX schema_version_{part}_idx ON schema_version ({column})"));
    }
    flight.query(
        "INSERT INTO schema_version (version_rank, installed_rank, version, description, type, script, checksum, installed_by, \
         execution_time, success) VALUES (1, 1, '1', '<< Flyway Init >>', 'INIT', '<< Flyway Init >>', NULL, 'ann', 0, true)",
    );
}

#[test]
fn a_history_of_flyway_3_is_refused_with_the_statements_that_mend_it() {
    for flight in Flight::all() {
        of_flyway_3(&flight);
        flight.write("sql/V2__b.sql", "CREATE TABLE b (x integer);\n");
        let table = "-table=schema_version";
        flight.flyway(&[table, "info"]).code(0);
        let said = flight.flyway(&[table, "migrate"]).code(2).complains(&["Flyway 3", "version_rank", "Let Flyway 4 run once"]);
        assert!(!flight.tables().contains(&"flightplan_journal".to_owned()), "nothing ran");
        let cure: Vec<&str> = said.err.lines().skip_while(|line| !line.contains("Let Flyway 4")).skip(1).collect();
        assert!(cure.len() > 2, "{}", said.err);
        for statement in cure {
            flight.query(statement.trim());
        }
        flight.flyway(&[table, "migrate"]).code(0);
        assert_eq!(flight.query("SELECT type, version FROM schema_version ORDER BY installed_rank"), ["BASELINE|1", "SQL|2"]);
        flight.flyway(&[table, "validate"]).code(0);
    }
}

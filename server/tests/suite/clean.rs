//! `clean`: off by default, asks for the name, drops everything.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::json;

use crate::commands::{json_of, schema, three};
use crate::flight::Flight;

/// What a person types to clean this database.
pub(crate) fn database(flight: &Flight) -> String {
    flight.url.rsplit('/').next().unwrap().to_owned()
}

#[test]
fn clean_is_off_asks_for_the_name_and_drops_everything() {
    for flight in Flight::each() {
        three(&flight);
        flight.flyway(&["migrate"]).code(0);
        let disabled = "Unable to execute clean as it has been disabled with the 'flyway.cleanDisabled' property.";
        flight.flyway(&["clean"]).code(2).complains(&[disabled]);
        flight.flyway(&["-cleanDisabled=false", "clean"]).code(2).complains(&["--yes-delete", &database(&flight)]);
        flight.flyway(&["-cleanDisabled=false", "clean", "--yes-delete", "other"]).code(2).complains(&["Nothing was dropped"]);
        assert_eq!(flight.history().len(), 3);
        let name = database(&flight);
        let said = json_of(&flight, 0, &["-cleanDisabled=false", "clean", "--yes-delete", &name]);
        assert_eq!(said["schemasCleaned"], json!([schema(&flight)]));
        assert_eq!(said["schemasDropped"], json!([]));
        assert!(flight.tables().is_empty());
        flight.flyway(&["migrate"]).code(0);
        let said = flight.flyway(&["-cleanDisabled=false", "clean", "--yes-delete", &name]).code(0).out;
        assert!(said.starts_with(&format!("Successfully cleaned schema \"{}\" (execution time 00:0", schema(&flight))), "{said}");
    }
}

#[test]
fn clean_drops_what_postgres_can_hold_and_the_schemas_that_flyway_made() {
    let flight = Flight::postgres();
    flight.write(
        "sql/V1__all.sql",
        "CREATE TYPE mood AS ENUM ('ok');\nCREATE DOMAIN positive AS integer CHECK (VALUE > 0);\nCREATE TYPE pair AS (a mood, b int);\n\
         CREATE TABLE parent (id serial, m mood, p positive) PARTITION BY RANGE (id);\n\
         CREATE TABLE child PARTITION OF parent FOR VALUES FROM (1) TO (10);\nCREATE VIEW seen AS SELECT id FROM parent;\n\
         CREATE MATERIALIZED VIEW kept AS SELECT id FROM seen;\nCREATE SEQUENCE lone;\n\
         CREATE FUNCTION one(mood) RETURNS int LANGUAGE sql AS 'SELECT 1';\nCREATE PROCEDURE two() LANGUAGE sql AS 'SELECT 2';\n\
         CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int);\nCREATE TYPE box2;\n",
    );
    let name = database(&flight);
    flight.flyway(&["migrate"]).code(0);
    flight.flyway(&["-cleanDisabled=false", "clean", "--yes-delete", &name]).code(0);
    let left = "SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace) || ' ' || \
                (SELECT count(*) FROM pg_type WHERE typnamespace = 'public'::regnamespace) || ' ' || \
                (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)";
    assert_eq!(flight.value(left), "0 0 0");
    let own = ["-schemas=own", "-defaultSchema=own"];
    flight.flyway(&[&own[..], &["migrate"]].concat()).code(0);
    assert_eq!(
        flight.value("SELECT type || ' ' || script FROM own.flyway_schema_history ORDER BY installed_rank"),
        "SCHEMA \"own\""
    );
    let said = json_of(&flight, 0, &[&own[..], &["-cleanDisabled=false", "clean", "--yes-delete", &name]].concat());
    assert_eq!((&said["schemasCleaned"], &said["schemasDropped"]), (&json!([]), &json!(["own"])));
    assert_eq!(flight.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'own'"), "0");
}

#[test]
fn clean_is_refused_where_approvals_are_asked_for() {
    let flight = Flight::sqlite();
    three(&flight);
    flight.configure("flyway", 1);
    flight.run(&["-cleanDisabled=false", "clean", "--yes-delete", "test.db"]).code(4).complains(&["asks for approvals"]);
}

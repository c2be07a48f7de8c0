//! SQL callbacks, `group`, and what `migrate` decides by Flyway's settings, on every product.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::flight::Flight;

/// Callbacks of these events write their names into a table that exists from the start.
pub(crate) fn told(flight: &Flight, events: &[&str]) {
    let id = if flight.dialect == "sqlite" { "integer PRIMARY KEY" } else { "serial PRIMARY KEY" };
    flight.write("sql/beforeMigrate__0_table.sql", format!("CREATE TABLE IF NOT EXISTS told (id {id}, what text);\n"));
    for event in events {
        let name = event.replace(' ', "__");
        flight.write(&format!("sql/{name}.sql"), format!("INSERT INTO told (what) VALUES ('{event} ${{who}}');\n"));
    }
}

pub(crate) fn story(flight: &Flight) -> Vec<String> {
    flight.query("SELECT what FROM told ORDER BY id")
}

pub(crate) fn migrate(flight: &Flight, more: &[&str]) -> crate::flight::Said {
    flight.flyway(&[&["-placeholders.who=x"], more, &["migrate"]].concat())
}

const EVENTS: [&str; 10] = [
    "beforeMigrate a",
    "beforeMigrate b",
    "beforeEachMigrate",
    "beforeEachMigrateStatement",
    "afterEachMigrateStatement",
    "afterEachMigrate",
    "afterVersioned",
    "beforeRepeatables",
    "afterMigrateApplied",
    "afterMigrate",
];

#[test]
fn callbacks_run_in_flyways_order() {
    for flight in Flight::all() {
        told(&flight, &EVENTS);
        flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\nCREATE TABLE b (x integer);\n");
        flight.write("sql/R__v.sql", "DROP VIEW IF EXISTS v;\n");
        migrate(&flight, &[]).code(0);
        let one = ["beforeEachMigrateStatement x", "afterEachMigrateStatement x"];
        let mut expected = vec!["beforeMigrate a x", "beforeMigrate b x", "beforeEachMigrate x"];
        expected.extend(one.iter().chain(&one));
        expected.extend(["afterEachMigrate x", "afterVersioned x", "beforeRepeatables x", "beforeEachMigrate x"]);
        expected.extend(one);
        expected.extend(["afterEachMigrate x", "afterMigrateApplied x", "afterMigrate x"]);
        assert_eq!(story(&flight), expected);
        flight.query_or_create("DELETE FROM told");
        migrate(&flight, &[]).code(0);
        assert_eq!(story(&flight), ["beforeMigrate a x", "beforeMigrate b x", "afterVersioned x", "afterMigrate x"]);
    }
}

#[test]
fn a_callback_inside_a_migration_shares_its_transaction() {
    for flight in Flight::each() {
        told(&flight, &["beforeEachMigrate", "afterEachMigrateError", "afterMigrateError", "afterMigrate"]);
        flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\nINSERT INTO nothing VALUES (1);\n");
        migrate(&flight, &[]).code(1).complains(&["V1__a.sql:2", "rolled back"]);
        assert_eq!(story(&flight), ["afterEachMigrateError x", "afterMigrateError x"]);
        assert!(!flight.tables().contains(&"a".to_owned()));
        flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
        flight.write("sql/afterEachMigrate.sql", "SELECT 1;\nINSERT INTO nothing VALUES (2);\n");
        migrate(&flight, &[]).code(1).complains(&["afterEachMigrate.sql:2"]);
        assert!(!flight.tables().contains(&"a".to_owned()));
    }
}

#[test]
fn a_broken_callback_breaks_the_command_before_anything_runs() {
    for flight in Flight::all() {
        flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
        flight.write("sql/afterMigrate.sql", "SELECT '${nobody}';\n");
        flight.flyway(&["migrate"]).code(2).complains(&["afterMigrate.sql:1", "nobody"]);
        assert!(flight.tables_or_none().is_empty());
        flight.write("sql/afterMigrate.sql", "SELECT 1 FROM nothing;\n");
        flight.flyway(&["migrate"]).code(1).complains(&["afterMigrate callback failed", "afterMigrate.sql:1"]);
        assert_eq!(flight.history().len(), 1, "what ran before it stays");
    }
}

#[test]
fn what_can_never_run_is_refused_and_programs_are_told() {
    for flight in Flight::all() {
        flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
        let never = flight.write("sql/beforeConnect.sql", "SELECT 1;\n");
        for command in ["migrate", "info", "validate", "repair", "baseline"] {
            flight.flyway(&[command]).code(2).complains(&["sql/beforeConnect.sql would have to run before", "initSql"]);
        }
        assert!(flight.tables_or_none().is_empty());
        std::fs::remove_file(never).unwrap();
        for name in ["beforeConnect.sh", "V2__load.ps1", "deploy.sh"] {
            flight.write(&format!("sql/{name}"), "exit 1\n");
        }
        let said = flight.flyway(&["migrate"]).code(0);
        let said =
            said.complains(&["sql/beforeConnect.sh is a callback that is a program", "sql/V2__load.ps1 is a migration that"]);
        assert!(!said.err.contains("deploy.sh"), "{said:?}");
        assert_eq!(flight.history().len(), 1);
    }
}

#[test]
fn before_validate_may_mend_what_validation_would_refuse() {
    for flight in Flight::all() {
        told(&flight, &["afterValidate", "afterValidateError"]);
        flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
        flight.flyway(&["-placeholders.who=x", "-validateOnMigrate=false", "migrate"]).code(0);
        flight.write("sql/V1__a.sql", "CREATE TABLE a (x  integer);\n");
        migrate(&flight, &[]).code(1).complains(&["changed after it was applied"]);
        assert_eq!(story(&flight), ["afterValidateError x"]);
        flight.write("sql/beforeValidate.sql", "DELETE FROM told;\nUPDATE flyway_schema_history SET checksum = 1774506894;\n");
        let applied = flight.value("SELECT checksum FROM flyway_schema_history");
        migrate(&flight, &[]).code(1);
        let said = flight.flyway(&["-placeholders.who=x", "--format", "json", "info"]);
        let wanted = said.json()["migrations"][0]["checksum"].as_i64().unwrap().to_string();
        assert_ne!(applied, wanted);
        flight.write(
            "sql/beforeValidate.sql",
            format!("DELETE FROM told;\nUPDATE flyway_schema_history SET checksum = {wanted};\n"),
        );
        migrate(&flight, &[]).code(0);
        assert_eq!(story(&flight), ["afterValidate x"]);
    }
}

#[test]
fn an_approved_plan_holds_its_callbacks() {
    let flight = Flight::postgres();
    flight.configure("flyway", 1);
    flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
    flight.write("sql/afterMigrate.sql", "CREATE TABLE IF NOT EXISTS made (x integer);\n");
    flight.run(&["plan", "--output", "plan.json"]).code(0);
    flight.run(&["approve", "plan.json", "--by", "ann"]).code(0);
    flight.write("sql/afterMigrate.sql", "CREATE TABLE IF NOT EXISTS other (x integer);\n");
    flight.run(&["apply", "plan.json"]).code(5).complains(&["callbacks"]);
    flight.write("sql/afterMigrate.sql", "CREATE TABLE IF NOT EXISTS made (x integer);\n");
    flight.run(&["apply", "plan.json"]).code(0);
    assert!(flight.tables().contains(&"made".to_owned()));
    flight.query("DROP TABLE made");
    flight.run(&["migrate"]).code(0);
    assert!(!flight.tables().contains(&"made".to_owned()), "nobody approved a callback for a run without steps");
}

#[test]
fn a_group_is_all_or_nothing() {
    for flight in Flight::each() {
        flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
        flight.write("sql/V2__b.sql", "CREATE TABLE b (x integer);\nINSERT INTO nothing VALUES (1);\n");
        flight.flyway(&["-group=true", "migrate"]).code(1).complains(&["V2__b.sql:2", "the whole group was rolled back"]);
        assert!(flight.history().is_empty());
        assert!(!flight.tables().contains(&"a".to_owned()));
        flight.write("sql/V2__b.sql", "CREATE TABLE b (x integer);\n");
        flight.flyway(&["-group=true", "migrate"]).code(0);
        assert_eq!(flight.history().len(), 2);
    }
}

#[test]
fn a_group_with_a_concurrent_index_is_refused_unless_mixed() {
    let flight = Flight::postgres();
    flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
    flight.write("sql/V2__i.sql", "CREATE INDEX CONCURRENTLY a_x ON a (x);\n");
    flight.flyway(&["-group=true", "migrate"]).code(2).complains(&["V2 cannot run in a transaction"]);
    assert!(flight.tables().is_empty());
    flight.flyway(&["-group=true", "-mixed=true", "migrate"]).code(0);
    assert_eq!(flight.history().len(), 2);
}

#[test]
fn what_the_server_refuses_in_a_transaction_runs_outside_of_one() {
    let flight = Flight::postgres();
    flight.write(
        "sql/V1__a.sql",
        "CREATE TABLE a (x integer) PARTITION BY RANGE (x);\nCREATE TABLE a1 PARTITION OF a FOR VALUES FROM (0) TO (9);\nCREATE INDEX a_x ON a (x);\nCREATE TABLE c (x integer PRIMARY KEY);\nCLUSTER c USING c_pkey;\nCREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$;\n",
    );
    for (number, sql) in [
        "REINDEX INDEX CONCURRENTLY a1_x_idx",
        "REINDEX TABLE CONCURRENTLY c",
        "REINDEX TABLE a",
        "ALTER TABLE a DETACH PARTITION a1 CONCURRENTLY",
        "CLUSTER",
        "VACUUM FULL c",
        "DROP INDEX CONCURRENTLY IF EXISTS nothing",
        "CALL p()",
        "ALTER SYSTEM RESET work_mem",
        "DISCARD ALL",
        "CREATE DATABASE inside_flight_of_its_own",
        "ALTER DATABASE inside_flight_of_its_own SET TABLESPACE pg_default",
        "DROP DATABASE inside_flight_of_its_own",
        "DO $$ BEGIN COMMIT; END $$",
    ]
    .iter()
    .enumerate()
    {
        flight.write(&format!("sql/V{}__alone.sql", number + 2), format!("{sql};\n"));
    }
    flight.flyway(&["migrate"]).code(0);
    assert_eq!(flight.history().len(), 15);
}

#[test]
fn missing_schemas_are_made_with_one_row_of_rank_zero() {
    let flight = Flight::postgres();
    flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\nCREATE TABLE second.b (x integer);\n");
    flight.write("sql/createSchema.sql", "SELECT 1;\n");
    flight.flyway(&["-schemas=first,public,second", "-installedBy=robot", "migrate"]).code(0);
    let rows = flight.query(
        "SELECT installed_rank, version, description, type, script, checksum, installed_by, success FROM first.flyway_schema_history \
         ORDER BY 1",
    );
    assert_eq!(rows[0], "0|-|<< Flyway Schema Creation >>|SCHEMA|\"first\",\"second\"|-|robot|t");
    assert!(rows[1].starts_with("1|1|a|SQL|V1__a.sql|") && rows[1].ends_with("|robot|t"), "{rows:?}");
    assert_eq!(flight.value("SELECT count(*) FROM first.a"), "0");
    flight.flyway(&["-schemas=first,public,second", "migrate"]).code(0);
    let lacking = flight.flyway(&["-schemas=third", "-createSchemas=false", "migrate"]);
    assert_ne!(lacking.code, 0, "{lacking:?}");
}

#[test]
fn a_filled_schema_elsewhere_is_nobodys_business() {
    let flight = Flight::postgres();
    flight.query("CREATE SCHEMA other; CREATE TABLE other.t (x integer)");
    flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
    flight.flyway(&["migrate"]).code(0);
}

#[test]
fn init_sql_is_sent_first_and_a_wrong_one_is_told() {
    let flight = Flight::postgres();
    flight.write("sql/V1__a.sql", "CREATE TABLE a AS SELECT current_setting('app.name') AS name;\n");
    flight.flyway(&["-initSql=SET app.name = 'x'; SET app.other = 'y'", "migrate"]).code(0);
    assert_eq!(flight.value("SELECT name FROM a"), "x");
    flight.flyway(&["-initSql=SET nothing", "migrate"]).code(1).complains(&["initSql"]);
}

#[test]
fn targets_cherry_picks_and_skipping() {
    for flight in Flight::all() {
        for number in 1..=5 {
            flight.write(&format!("sql/V{number}__t.sql"), format!("CREATE TABLE t{number} (x integer);\n"));
        }
        let versions =
            |flight: &Flight| flight.query("SELECT version FROM flyway_schema_history ORDER BY installed_rank").join(" ");
        flight.flyway(&["-target=next", "migrate"]).code(0);
        assert_eq!(versions(&flight), "1");
        flight.flyway(&["-target=current", "migrate"]).code(0);
        flight.flyway(&["-target=7", "migrate"]).code(2).complains(&["target version"]);
        assert_eq!(versions(&flight), "1");
        flight.flyway(&["-target=2.5?", "migrate"]).code(0);
        assert_eq!(versions(&flight), "1 2");
        flight.flyway(&["-cherryPick=4", "migrate"]).code(0);
        assert_eq!(versions(&flight), "1 2 4");
        flight.flyway(&["migrate"]).code(1).complains(&["Version 3 (t) is not applied to the database, and a higher version is"]);
        flight.flyway(&["-ignoreMigrationPatterns=*:ignored", "-skipExecutingMigrations=true", "migrate"]).code(0);
        assert_eq!(versions(&flight), "1 2 4 5");
        assert!(!flight.tables().contains(&"t5".to_owned()) && flight.tables().contains(&"t4".to_owned()));
        flight.flyway(&["-outOfOrder=true", "migrate"]).code(0);
        assert_eq!(versions(&flight), "1 2 4 5 3");
    }
}

#[test]
fn a_database_ahead_of_the_files_is_told() {
    for flight in Flight::all() {
        flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
        let later = flight.write("sql/V2__b.sql", "CREATE TABLE b (x integer);\n");
        flight.flyway(&["migrate"]).code(0);
        std::fs::remove_file(later).unwrap();
        flight.flyway(&["migrate"]).code(0).complains(&["Version 2 (b) is applied, and newer than every file"]);
        flight.query_or_create("UPDATE flyway_schema_history SET success = false WHERE version = '2'");
        flight.flyway(&["migrate"]).code(0).complains(&["Version 2 (b) failed when it was applied"]);
        flight.query_or_create("UPDATE flyway_schema_history SET success = false WHERE version = '1'");
        flight.flyway(&["migrate"]).code(1).complains(&["failed when it was applied", "run repair"]);
    }
}

#[test]
fn the_lock_is_waited_for_as_lock_retry_count_says() {
    let flight = Flight::postgres();
    flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
    let said = std::thread::scope(|scope| {
        let holder = scope.spawn(|| flight.query("SELECT pg_advisory_lock(77433833903597), pg_sleep(4)"));
        std::thread::sleep(std::time::Duration::from_millis(700));
        let said = flight.flyway(&["-lockRetryCount=1", "migrate"]);
        holder.join().unwrap();
        said
    });
    said.code(7).complains(&["waited 2 s"]);
}

#[test]
fn connecting_is_tried_again() {
    let flight = Flight::postgres();
    flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
    let said = flight.run(&[
        "--source",
        "flyway:sql",
        "--url",
        "postgres://127.0.0.1:1/x",
        "-connectRetries=2",
        "-connectRetriesInterval=1",
        "migrate",
    ]);
    said.code(1).complains(&["2 more attempt(s), the next in 1 s", "1 more attempt(s)"]);
}

#[test]
fn undo_stops_where_the_way_back_ends_and_can_be_one_transaction() {
    for flight in Flight::each() {
        for number in 1..=4 {
            flight.write(&format!("sql/V{number}__t.sql"), format!("CREATE TABLE t{number} (x integer);\n"));
        }
        flight.write("sql/V2__t.sql", "CREATE TABLE t2 (x integer);\nINSERT INTO t1 VALUES (1);\n");
        flight.write("sql/U4__t.sql", "DROP TABLE t4;\n");
        flight.write("sql/U3__t.sql", "DROP TABLE t3;\nDROP TABLE nothing;\n");
        flight.write("sql/beforeEachUndo.sql", "CREATE TABLE IF NOT EXISTS undone (x integer);\n");
        flight.flyway(&["migrate"]).code(0);
        flight.flyway(&["-group=true", "-target=1", "undo"]).code(1).complains(&["U3__t.sql:2", "whole group was rolled back"]);
        assert!(flight.tables().contains(&"t4".to_owned()) && !flight.tables().contains(&"undone".to_owned()));
        flight.write("sql/U3__t.sql", "DROP TABLE t3;\n");
        let said = flight.flyway(&["-group=true", "-target=1", "undo"]).code(0).complains(&["Undo stops before version 2"]);
        assert!(said.out.contains("now at version v2"), "{said:?}");
        assert!(!flight.tables().contains(&"t3".to_owned()) && flight.tables().contains(&"undone".to_owned()));
        let said = flight.flyway(&["--format", "json", "info"]).json();
        let states: Vec<&str> = said["migrations"].as_array().unwrap().iter().map(|row| row["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["Success", "Success", "Deleted", "Deleted", "Pending", "Pending"]);
    }
}

#[test]
fn the_other_commands_have_their_callbacks() {
    for flight in Flight::all() {
        told(&flight, &["beforeInfo", "afterInfo", "beforeValidate", "afterValidate", "afterValidateError"]);
        told(&flight, &["beforeRepair", "afterRepair", "beforeBaseline", "afterBaseline", "beforeClean", "afterInfoError"]);
        flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
        flight.flyway(&["-placeholders.who=x", "-validateOnMigrate=false", "migrate"]).code(0);
        let does = |command: &str, code: i32| {
            flight.query("DELETE FROM told");
            flight.flyway(&["-placeholders.who=x", command]).code(code);
            story(&flight).join(", ")
        };
        assert_eq!(does("info", 0), "beforeInfo x, afterInfo x");
        assert_eq!(does("validate", 0), "beforeValidate x, afterValidate x");
        assert_eq!(does("repair", 0), "beforeRepair x, afterRepair x");
        flight.write("sql/V1__a.sql", "CREATE TABLE a (x  integer);\n");
        assert_eq!(does("validate", 1), "beforeValidate x, afterValidateError x");
    }
}

#[test]
fn three_processes_on_an_empty_database_build_concurrent_indexes_once() {
    let flight = Flight::postgres();
    flight.write(
        "sql/V1__a.sql",
        "CREATE TABLE a (x integer, y integer);\nINSERT INTO a SELECT n, n FROM generate_series(1, 20000) n;\n",
    );
    for number in 2..=6 {
        flight.write(&format!("sql/V{number}__i.sql"), format!("CREATE INDEX CONCURRENTLY a_{number} ON a (x, y);\n"));
    }
    flight.write("sql/V7__end.sql", "INSERT INTO a VALUES (0, 0);\n");
    let children: Vec<_> = (0..3).map(|_| flight.start(&["migrate"])).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(flight.history().len(), 7);
    assert_eq!(flight.value("SELECT count(*) FROM a"), "20001");
    assert_eq!(flight.value("SELECT count(*) FROM pg_index WHERE indrelid = 'a'::regclass AND indisvalid"), "5");
}

#[test]
fn an_undo_is_recorded_as_teams_does_where_the_project_asks_for_it() {
    for flight in Flight::all() {
        flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
        flight.write("sql/U1__away.sql", "DROP TABLE a;\n");
        flight.configure("flyway", 0);
        let text = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap();
        flight.write("flightplan.toml", text.replace("[flyway]\n", "[flyway]\nundo_record = \"UNDO_SQL\"\n"));
        flight.run(&["migrate"]).code(0);
        flight.run(&["undo"]).code(0);
        assert_eq!(flight.history()[1], "2|1|away|UNDO_SQL|U1__away.sql|ok");
        let said = flight.run(&["--format", "json", "info"]).code(0).json();
        assert_eq!(said["schemaVersion"], serde_json::Value::Null, "what is undone is not there: {said}");
        flight.run(&["migrate"]).code(0);
        assert_eq!(flight.history()[2], "3|1|a|SQL|V1__a.sql|ok");
        for number in 2..=3 {
            flight.write(&format!("sql/V{number}__t.sql"), format!("CREATE TABLE t{number} (x integer);\n"));
            flight.write(&format!("sql/U{number}__t.sql"), format!("DROP TABLE t{number};\n"));
        }
        flight.run(&["migrate"]).code(0);
        for left in ["2", "1"] {
            let said = flight.run(&["--format", "json", "undo"]).code(0).json();
            assert_eq!(said["targetSchemaVersion"], left, "{said}");
        }
    }
}

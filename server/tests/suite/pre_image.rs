//! Old values kept beside a batched change: what others made of the rows meanwhile is never lost on the way back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use crate::flight::Flight;

const ROWS: u32 = 5000;

/// A key of two columns with text in it, text whose case counts, NULL, and time.
fn project(flight: &Flight, change: &str) {
    flight.configure("flyway", 0);
    let (text, numbers) = match flight.dialect {
        "mariadb" => ("timestamp NULL DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP", format!("SELECT seq AS i FROM seq_1_to_{ROWS}")),
        "postgres" => ("timestamptz", format!("SELECT i FROM generate_series(1, {ROWS}) AS i")),
        _ => (
            "text",
            format!(
                "SELECT i FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS}) SELECT i FROM n)"
            ),
        ),
    };
    let tag = if flight.dialect == "postgres" { "'k' || (n.i % 7)" } else { "char(97 + n.i % 7)" };
    flight.write(
        "sql/V1__items.sql",
        format!(
            "CREATE TABLE items (tag varchar(10) NOT NULL, id bigint NOT NULL, status varchar(20), n integer, \"at\" {text}, \
             PRIMARY KEY (tag, id));\n\
             INSERT INTO items (tag, id, status, n, \"at\") SELECT {tag}, n.i, CASE WHEN n.i % 3 = 0 THEN NULL ELSE 'old' END, n.i % 50, \
             '2020-02-03 04:05:06' FROM ({numbers}) AS n;\n"
        )
        .replace('"', if flight.dialect == "mariadb" { "`" } else { "\"" }),
    );
    flight.write("sql/V2__change.sql", change);
    flight.run(&["--target", "1", "migrate"]).code(0);
    flight.query("CREATE TABLE first_rows AS SELECT * FROM items");
}

const UPDATE: &str = "-- flightplan:batch size=400 pause=0 keep\nUPDATE items SET status = 'new', n = n + 100 WHERE n <> 3;\n";

/// Rows of the two tables that differ in a column.
const DIFFERENT: &str = "SELECT i.id FROM items i JOIN first_rows f ON f.tag = i.tag AND f.id = i.id \
    WHERE NOT (COALESCE(i.status, '-') = COALESCE(f.status, '-') AND i.n = f.n) ORDER BY 1";

/// Rows whose time is another than at first: MariaDB sets it whenever a row is changed.
const OTHER_TIME: &str =
    "SELECT i.id FROM items i JOIN first_rows f ON f.tag = i.tag AND f.id = i.id WHERE i.{at} <> f.{at} ORDER BY 1";

#[test]
fn untouched_rows_are_restored_and_changed_ones_left_and_listed() {
    for flight in Flight::all() {
        project(&flight, UPDATE);
        let plan = flight.run(&["--format", "json", "plan"]).code(0).json();
        assert_eq!(plan["steps"][0]["undo"]["reversibility"], "lossless", "{plan}");
        let side = plan["steps"][0]["statements"][0]["batch"]["pre_image"]["table"].as_str().unwrap();
        assert!(side.ends_with("flightplan_old_v2_1"), "{side}");
        flight.run(&["migrate"]).code(0);
        let changed = ROWS - ROWS / 50;
        assert_eq!(flight.value("SELECT count(*) FROM items WHERE status = 'new' AND n >= 100"), changed.to_string());
        assert_eq!(flight.value("SELECT count(*) FROM flightplan_old_v2_1"), changed.to_string());
        // By others meanwhile: another value, letters of another case, NULL, a value set back, a row that is gone.
        flight.query("UPDATE items SET status = 'mine' WHERE id = 10");
        flight.query("UPDATE items SET status = 'NEW' WHERE id = 11");
        flight.query("UPDATE items SET status = NULL WHERE id = 12");
        flight.query("UPDATE items SET n = 1 WHERE id = 13");
        flight.query("DELETE FROM items WHERE id = 14");
        let said = flight.run(&["undo"]).code(0);
        assert!(said.err.contains("5 rows were changed meanwhile and keep their values"), "{}", said.err);
        for key in ["10)", "11)", "12)", "13)", "14)"] {
            assert!(said.err.contains(key), "{key} is missing in {}", said.err);
        }
        assert_eq!(flight.query(DIFFERENT), ["10", "11", "12", "13"], "{}", flight.dialect);
        let changed_by_others: &[&str] = if flight.dialect == "mariadb" { &["10", "11", "12", "13"] } else { &[] };
        let quote = if flight.dialect == "mariadb" { "`at`" } else { "\"at\"" };
        assert_eq!(flight.query(&OTHER_TIME.replace("{at}", quote)), changed_by_others, "{}", flight.dialect);
        assert_eq!(flight.value("SELECT status FROM items WHERE id = 10"), "mine");
        assert_eq!(flight.value("SELECT count(*) FROM flightplan_old_v2_1"), "5");
        assert_eq!(flight.value("SELECT old_status FROM flightplan_old_v2_1 WHERE id = 10"), "old");
        assert_eq!(flight.value("SELECT count(*) FROM items WHERE id = 14"), "0", "what is gone stays gone");
        // The next run would take these values for its own.
        flight.run(&["migrate"]).code(1).complains(&["still holds 5 old values", "DROP TABLE", "Nothing was changed"]);
        assert_eq!(flight.query("SELECT id FROM items WHERE n >= 100 ORDER BY 1"), ["10", "11", "12"]);
        flight.query("DROP TABLE flightplan_old_v2_1");
        flight.run(&["migrate"]).code(0);
        flight.run(&["undo"]).code(0);
        assert!(!flight.tables().contains(&"flightplan_old_v2_1".to_owned()), "nothing is left to hold");
        assert_eq!(flight.query(DIFFERENT), ["10", "11", "12", "13"]);
    }
}

#[test]
fn deleted_rows_come_back_but_over_newer_ones() {
    for flight in Flight::all() {
        project(&flight, "-- flightplan:batch size=300 pause=0 keep\nDELETE FROM items WHERE n < 10;\n");
        if flight.dialect == "postgres" {
            flight.write("sql/V1.1__more.sql", "ALTER TABLE items ADD number int GENERATED ALWAYS AS IDENTITY, ADD twice int GENERATED ALWAYS AS (n * 2) STORED;");
            flight.run(&["--target", "1.1", "migrate"]).code(0);
            flight.query("DROP TABLE first_rows; CREATE TABLE first_rows AS SELECT * FROM items");
        }
        flight.run(&["migrate"]).code(0);
        assert_eq!(flight.value("SELECT count(*) FROM items"), (ROWS - ROWS / 5).to_string());
        let tag = flight.value("SELECT tag FROM first_rows WHERE id = 1");
        flight.query(&format!("INSERT INTO items (tag, id, status, n) VALUES ('{tag}', 1, 'again', 7)"));
        let said = flight.run(&["undo"]).code(0);
        assert!(said.err.contains("1 row was changed meanwhile"), "{}", said.err);
        assert_eq!(flight.value("SELECT count(*) FROM items"), ROWS.to_string());
        assert_eq!(flight.query(DIFFERENT), ["1"], "{}", flight.dialect);
        if flight.dialect == "postgres" {
            let same = "SELECT count(*) FROM items i JOIN first_rows f USING (tag, id, number, twice, at) WHERE i.id <> 1";
            assert_eq!(flight.value(same), (ROWS - 1).to_string());
        }
    }
}

#[test]
fn killed_at_any_point_both_ways_come_to_the_same_end() {
    for flight in Flight::all() {
        project(&flight, UPDATE);
        let points =
            ["batch.before:3", "batch.after:2", "batch.commit.before:4", "batch.commit.after:1", "commit.before", "commit.after"];
        for point in points {
            flight.killed_at(point, &["migrate"]);
        }
        flight.flyway(&["migrate"]).code(0);
        assert_eq!(flight.value("SELECT count(*) FROM items WHERE n >= 200"), "0", "no row was raised twice");
        for point in points {
            flight.killed_at(point, &["undo"]);
            if flight.value("SELECT count(*) FROM items WHERE n >= 100") == "0" {
                break;
            }
        }
        flight.query("UPDATE items SET n = n WHERE 1 = 0");
        let left = flight.value("SELECT count(*) FROM items WHERE n >= 100");
        if left != "0" {
            flight.flyway(&["undo"]).code(0);
        }
        assert_eq!(flight.query(DIFFERENT), Vec::<String>::new(), "{}", flight.dialect);
    }
}

/// A row that somebody holds while the batch comes is kept as that somebody leaves it.
#[test]
fn what_is_kept_is_what_was_changed() {
    for flight in [Flight::postgres(), Flight::mariadb()] {
        project(&flight, UPDATE);
        let other = flight.hold("UPDATE items SET status = 'theirs', n = 42 WHERE id = 2500");
        let child = flight.start(&["migrate"]);
        std::thread::sleep(Duration::from_millis(1200));
        other.commit();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(flight.value("SELECT status FROM items WHERE id = 2500"), "new");
        assert_eq!(flight.query("SELECT old_status, old_n, new_n FROM flightplan_old_v2_1 WHERE id = 2500"), ["theirs|42|142"]);
        flight.run(&["undo"]).code(0);
        assert_eq!(flight.query("SELECT status, n FROM items WHERE id = 2500"), ["theirs|42"]);
        assert_eq!(flight.query(DIFFERENT), ["2500"]);
    }
}

#[test]
fn what_cannot_be_kept_is_refused_before_anything_runs() {
    let flight = Flight::postgres();
    flight.configure("flyway", 0);
    flight.write("sql/V1__t.sql", "CREATE TABLE t (a int, b int);");
    flight.write("sql/V2__b.sql", "-- flightplan:batch keep\nUPDATE t SET b = 1 WHERE b IS NULL;");
    flight.run(&["migrate"]).code(2).complains(&["V2__b.sql:2", "old values", "cannot be kept"]);
    assert_eq!(flight.tables(), Vec::<String>::new());
}

/// With other statements beside it: each part of the way back is a step of its own, and one approval covers them all.
#[test]
fn a_migration_with_other_statements_goes_back_in_parts() {
    for flight in Flight::all() {
        project(&flight, &format!("ALTER TABLE items ADD COLUMN extra integer;\n{UPDATE}CREATE INDEX items_n ON items (n);\n"));
        flight.configure("flyway", 1);
        flight.run(&["plan", "--output", "plan.json"]).code(0);
        flight.run(&["approve", "plan.json", "--by", "ada"]).code(0);
        flight.run(&["apply", "plan.json"]).code(0);
        flight.query("UPDATE items SET n = 1 WHERE id = 77");
        flight.run(&["undo", "--accept-loss"]).code(0);
        assert_eq!(flight.query(DIFFERENT), ["77"], "{}", flight.dialect);
        assert_eq!(flight.history().len(), 3, "{:?}", flight.history());
        flight.query("DROP TABLE flightplan_old_v2_2");
        flight.run(&["apply", "plan.json"]).code(0);
    }
}

/// What happens in other rows is not kept, and is told before anything is lost.
#[test]
fn what_a_change_does_elsewhere_makes_its_way_back_lossy() {
    let flight = Flight::postgres();
    flight.configure("flyway", 0);
    let delete = "-- flightplan:batch keep\nDELETE FROM p WHERE a = 1;";
    flight.write("sql/V1__t.sql", "CREATE TABLE p (id int PRIMARY KEY, a int);\nCREATE TABLE c (id int PRIMARY KEY, p int);");
    flight.write("sql/V2__delete.sql", delete);
    let plan = |flight: &Flight| flight.run(&["--format", "json", "plan"]).code(0).json();
    let mark = |plan: &serde_json::Value| {
        let step = plan["steps"].as_array().unwrap().iter().find(|step| step["migration"] == "V2").unwrap().clone();
        (step["undo"]["reversibility"].as_str().unwrap().to_owned(), step["undo"]["note"].as_str().unwrap().to_owned())
    };
    assert_eq!(mark(&plan(&flight)).0, "lossless");
    for (action, lossy) in [("CASCADE", true), ("SET NULL", true), ("RESTRICT", false), ("NO ACTION", false)] {
        let key = format!("ALTER TABLE c ADD CONSTRAINT k FOREIGN KEY (p) REFERENCES p (id) ON DELETE {action};");
        flight.write("sql/V1.1__key.sql", key);
        let (reversibility, note) = mark(&plan(&flight));
        assert_eq!(reversibility, if lossy { "lossy" } else { "lossless" }, "{action}: {note}");
        assert_eq!(note.contains("Rows of c change with it"), lossy, "{note}");
    }
    let trigger = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$;\n\
                   CREATE TRIGGER r BEFORE DELETE ON p FOR EACH ROW EXECUTE FUNCTION f();";
    flight.write("sql/V1.1__key.sql", trigger);
    let (reversibility, note) = mark(&plan(&flight));
    assert_eq!((reversibility.as_str(), note.contains("The trigger r fires")), ("lossy", true), "{note}");
    // A file would restore in one statement and forget what it left.
    flight.run(&["undo", "--write", "V2"]).code(2).complains(&["V2 keeps its old values", "no file can say"]);
}

#[test]
fn the_way_back_that_its_author_wrote_runs_in_batches_too() {
    for flight in Flight::all() {
        project(&flight, "-- flightplan:batch size=400 pause=0\nUPDATE items SET status = 'new' WHERE status = 'old';\n");
        flight.write(
            "sql/U2__change.sql",
            "-- flightplan:batch size=300 pause=0\nUPDATE items SET status = 'old' WHERE status = 'new';\n",
        );
        flight.run(&["migrate"]).code(0);
        let dry = flight.run(&["--format", "json", "rollback", "--to", "1", "--dry-run"]).code(0).json();
        let step = &dry["plan"]["steps"][0];
        assert_eq!((&step["transaction"], &step["statements"][0]["batch"]["size"]), (&"batched".into(), &300.into()), "{dry}");
        // Cut off in the middle, it goes on behind the rows that are back.
        assert!(flight.killed_at("batch.commit.after", &["rollback", "--to", "1", "--accept-loss"]));
        let left: u32 = flight.value("SELECT count(*) FROM items WHERE status = 'new'").parse().unwrap();
        assert!(left > 0 && left < ROWS, "{left}");
        flight.run(&["rollback", "--to", "1", "--accept-loss"]).code(0);
        assert!(flight.query(DIFFERENT).is_empty());
        assert!(flight.history().iter().any(|row| row.contains("|DELETE|")), "{:?}", flight.history());
    }
}

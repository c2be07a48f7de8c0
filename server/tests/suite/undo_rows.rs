//! Rows that a migration wrote with their values in its text are taken out again, and nobody else's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::flight::Flight;

/// A table with a row of somebody else, and a migration that writes three.
fn seeded(flight: &Flight) {
    flight.configure("flyway", 0);
    flight.write(
        "sql/V1__states.sql",
        "CREATE TABLE states (id integer PRIMARY KEY, name varchar(20) NOT NULL, weight numeric(5,2), rank integer DEFAULT 7);\n",
    );
    flight.run(&["migrate"]).code(0);
    flight.query("INSERT INTO states (id, name) VALUES (10, 'theirs')");
    flight.write(
        "sql/V2__seed.sql",
        "-- What an order can be.\nINSERT INTO states (id, name, weight) VALUES\n  (1, 'draft', 1.234), -- rounded by the column\n  \
         (2, 'it''s; (open)', NULL),\n  (-3, 'closed', -0.5);\n",
    );
    flight.run(&["migrate"]).code(0);
}

fn names(flight: &Flight) -> Vec<String> {
    flight.query("SELECT name FROM states ORDER BY id")
}

#[test]
fn seeded_rows_go_and_those_of_others_stay() {
    for flight in [Flight::postgres(), Flight::sqlite()] {
        seeded(&flight);
        let all = names(&flight);
        assert_eq!(all.len(), 4);
        flight.run(&["undo"]).code(0);
        assert_eq!(names(&flight), ["theirs"], "{}", flight.dialect);
        flight.run(&["migrate"]).code(0);
        assert_eq!(names(&flight), all);
        // What somebody changed meanwhile is theirs, in whichever column.
        flight.query("UPDATE states SET rank = 8 WHERE id = 2");
        flight.query("UPDATE states SET name = 'Draft' WHERE id = 1");
        flight.run(&["undo"]).code(0);
        assert_eq!(names(&flight), ["Draft", "it's; (open)", "theirs"], "{}", flight.dialect);
    }
}

#[test]
fn where_a_change_cannot_be_seen_the_loss_is_named() {
    let flight = Flight::mariadb();
    seeded(&flight);
    flight.run(&["undo"]).code(2).complains(&["Changes made to these rows of states meanwhile are lost", "--accept-loss"]);
    assert_eq!(names(&flight).len(), 4);
    flight.run(&["undo", "--accept-loss"]).code(0);
    assert_eq!(names(&flight), ["theirs"]);

    // A collation passes over letters' case.
    let flight = Flight::sqlite();
    flight.configure("flyway", 0);
    flight.write("sql/V1__t.sql", "CREATE TABLE t (id int PRIMARY KEY, name text COLLATE NOCASE);\n");
    flight.write("sql/V2__rows.sql", "INSERT INTO t (id, name) VALUES (1, 'ada');\n");
    flight.run(&["migrate"]).code(0);
    flight.query("UPDATE t SET name = 'Ada'");
    flight.run(&["undo"]).code(2).complains(&["Changes made to these rows of t"]);
    assert_eq!(flight.value("SELECT name FROM t"), "Ada");

    // A value that the server makes is another one the next time.
    let flight = Flight::postgres();
    flight.configure("flyway", 0);
    flight.write("sql/V1__t.sql", "CREATE TABLE t (id int PRIMARY KEY, made timestamptz DEFAULT now());\n");
    flight.write("sql/V2__rows.sql", "INSERT INTO t (id) VALUES (1);\n");
    flight.run(&["migrate"]).code(0);
    flight.run(&["undo"]).code(2).complains(&["Changes made to these rows of t"]);
    flight.run(&["undo", "--accept-loss"]).code(0);
    assert_eq!(flight.value("SELECT count(*) FROM t"), "0");
}

#[test]
fn what_goes_with_a_row_is_named() {
    let flight = Flight::postgres();
    flight.configure("flyway", 0);
    flight
        .write("sql/V1__t.sql", "CREATE TABLE t (id int PRIMARY KEY);\nCREATE TABLE u (t int REFERENCES t ON DELETE CASCADE);\n");
    flight.write("sql/V2__rows.sql", "INSERT INTO t VALUES (1);\n");
    flight.run(&["migrate"]).code(0);
    flight.query("INSERT INTO u VALUES (1)");
    flight.run(&["undo"]).code(2).complains(&["Rows of u change with it by a foreign key"]);
    assert_eq!(flight.value("SELECT count(*) FROM u"), "1");
}

#[test]
fn rows_that_cannot_be_told_apart_have_no_way_back() {
    for insert in [
        "INSERT INTO t (name) VALUES ('a');",
        "INSERT INTO t (id, name) VALUES (1, 'a') ON CONFLICT DO NOTHING;",
        "INSERT INTO t (id, name) SELECT 1, 'a';",
        "INSERT INTO t (id, name) VALUES ((SELECT 1), 'a');",
        "INSERT INTO t (id, name) VALUES (DEFAULT, 'a');",
        "INSERT INTO t (id, name) OVERRIDING SYSTEM VALUE VALUES (1, 'a');",
    ] {
        let flight = Flight::postgres();
        flight.configure("flyway", 0);
        flight.write("sql/V1__t.sql", "CREATE TABLE t (id serial PRIMARY KEY, name text);\n");
        flight.write("sql/V2__rows.sql", insert);
        flight.run(&["migrate"]).code(0);
        flight.run(&["undo"]).code(2).complains(&["cannot be told from older ones"]);
        assert_eq!(flight.value("SELECT count(*) FROM t"), "1", "{insert}");
    }
}

/// Rows of a new table that refer to new rows of an older one would keep these from being deleted.
#[test]
fn rows_of_new_tables_do_not_hold_those_they_refer_to() {
    for flight in [Flight::postgres(), Flight::mariadb(), Flight::sqlite()] {
        seeded(&flight);
        flight.write(
            "sql/V3__history.sql",
            "CREATE TABLE moves (id integer PRIMARY KEY, state integer NOT NULL, FOREIGN KEY (state) REFERENCES states (id));\n\
             CREATE TABLE notes (id integer PRIMARY KEY, move integer NOT NULL, FOREIGN KEY (move) REFERENCES moves (id));\n\
             INSERT INTO states (id, name) VALUES (20, 'gone');\nINSERT INTO moves (id, state) VALUES (1, 20);\n\
             INSERT INTO notes (id, move) SELECT 1, id FROM moves;\n",
        );
        flight.run(&["migrate"]).code(0);
        flight.run(&["undo", "--accept-loss"]).code(0);
        assert_eq!(names(&flight).len(), 4, "{}", flight.dialect);
        assert!(!flight.tables().iter().any(|table| table == "moves" || table == "notes"), "{:?}", flight.tables());
        flight.run(&["migrate"]).code(0);
        assert_eq!(names(&flight).len(), 5, "{}", flight.dialect);
    }
}

/// A `*` in a query inside a view stands for the columns of its day, too.
#[test]
fn a_view_that_would_come_back_wider_inside_has_no_way_back() {
    let flight = Flight::postgres();
    flight.configure("flyway", 0);
    flight.write("sql/V1__t.sql", "CREATE TABLE t (id int PRIMARY KEY);\n");
    flight.write("sql/V2__v.sql", "CREATE VIEW v AS SELECT s.id FROM (SELECT * FROM t) AS s;\n");
    flight.write("sql/V3__n.sql", "ALTER TABLE t ADD COLUMN n int;\n");
    flight.write("sql/V4__drop.sql", "DROP VIEW v;\n");
    flight.run(&["migrate"]).code(0);
    flight.run(&["undo"]).code(2).complains(&["V4"]);
    assert!(flight.query("SELECT viewname FROM pg_views WHERE viewname = 'v'").is_empty());
}

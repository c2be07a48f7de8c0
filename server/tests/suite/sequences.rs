//! `split`: every standard sequence on real servers. Behind each of its files the queries of the old and of the new release
//! run, and what one writes the other reads; the schema at the end is that of the direct change.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::Value;

use crate::flight::Flight;

/// A change, and how the releases before and behind it write and read one value of a row.
struct Change {
    setup: &'static str,
    /// As the author writes it.
    direct: String,
    /// What the server runs instead where it cannot run that.
    by_hand: Option<String>,
    /// Table and column of the old release.
    old: (&'static str, &'static str),
    /// Those of the new one while both are live, and at the end.
    new: (&'static str, &'static str),
    end: (&'static str, &'static str),
    more: &'static [&'static str],
    /// Values as SQL.
    value: fn(usize) -> String,
    /// Columns end up in the order of the direct change.
    ordered: bool,
}

fn write(flight: &Flight, (table, column): (&str, &str), id: usize, value: &str) {
    flight.query(&format!("INSERT INTO {table} (id, {column}) VALUES ({id}, {value})"));
}

fn read(flight: &Flight, (table, column): (&str, &str), id: usize) -> String {
    flight.value(&format!("SELECT {column} FROM {table} WHERE id = {id}"))
}

fn update(flight: &Flight, (table, column): (&str, &str), id: usize, value: &str) {
    flight.query(&format!("UPDATE {table} SET {column} = {value} WHERE id = {id}"));
}

fn schema(flight: &Flight, ordered: bool) -> Value {
    let mut tables = flight.run(&["--format", "json", "--url", &flight.url, "schema"]).code(0).json();
    for table in tables["tables"].as_array_mut().unwrap() {
        if !ordered {
            table["columns"].as_array_mut().unwrap().sort_by_key(|column| column["name"].as_str().unwrap().to_owned());
        }
    }
    serde_json::json!({"tables": tables["tables"], "views": tables["views"], "functions": tables["functions"]})
}

fn project(flight: &Flight, change: &Change) {
    flight.configure("flyway", 0);
    flight.write("sql/V1__start.sql", change.setup);
    flight.run(&["migrate"]).code(0);
}

fn versions(said: &Value) -> Vec<(String, String)> {
    let files = said["files"].as_array().unwrap().iter().filter(|file| file["kind"] == "versioned");
    let version = |path: &str| path.trim_start_matches("sql/V").split("__").next().unwrap().to_owned();
    files.map(|file| (version(file["path"].as_str().unwrap()), file["phase"].as_str().unwrap().to_owned())).collect()
}

/// Runs the whole sequence.
fn prove(flight: &Flight, direct: &Flight, change: &Change) {
    project(direct, change);
    direct.write("sql/V2__change.sql", change.by_hand.as_ref().unwrap_or(&change.direct));
    direct.run(&["migrate"]).code(0);

    project(flight, change);
    for id in 1..4 {
        write(flight, change.old, id, &(change.value)(id));
    }
    flight.write("sql/V2__change.sql", &change.direct);
    let said = flight.run(&[&["--format", "json", "split", "V2", "--write"], change.more].concat()).code(0).json();
    assert_eq!(said["written"], true, "{said}");
    let files = versions(&said);
    assert!(files.len() > 1 && said["notes"].as_array().unwrap().is_empty(), "{said}");
    assert_eq!(files.first().unwrap().1, "expand");
    assert_eq!(files.last().unwrap().1, "contract");
    let plain = |text: String| text.trim_matches('\'').to_owned();
    let last = files.len() - 1;
    for (at, (version, phase)) in files.iter().enumerate() {
        flight.run(&["migrate", "--target", version]).code(0);
        let (from_old, from_new) = (100 + 2 * at, 101 + 2 * at);
        let context = format!("{} behind {version} ({phase})", flight.dialect);
        if at == last {
            break;
        }
        let value = |id| plain((change.value)(id));
        write(flight, change.old, from_old, &(change.value)(from_old));
        assert_eq!(read(flight, change.new, from_old), value(from_old), "an old insert is in the new one, {context}");
        write(flight, change.new, from_new, &(change.value)(from_new));
        assert_eq!(read(flight, change.old, from_new), value(from_new), "a new insert is in the old one, {context}");
        update(flight, change.old, 1, &(change.value)(200 + at));
        assert_eq!(read(flight, change.new, 1), value(200 + at), "an old update, {context}");
        update(flight, change.new, 2, &(change.value)(300 + at));
        assert_eq!(read(flight, change.old, 2), value(300 + at), "a new update, {context}");
        if phase != "expand" {
            assert_eq!(read(flight, change.new, 3), value(3), "a row from before, {context}");
        }
    }
    write(flight, change.end, 900, &(change.value)(900));
    assert_eq!(read(flight, change.end, 900), plain((change.value)(900)));
    for at in 0..last {
        for id in [100 + 2 * at, 101 + 2 * at] {
            assert_eq!(read(flight, change.end, id), plain((change.value)(id)), "{} row {id}", flight.dialect);
        }
    }
    assert_eq!(read(flight, change.end, 3), plain((change.value)(3)));
    assert_eq!(schema(flight, change.ordered), schema(direct, change.ordered), "{}", flight.dialect);
    flight.run(&["validate"]).code(0);
}

fn each(change: impl Fn(&Flight) -> Change) {
    for (flight, direct) in Flight::all().into_iter().zip(Flight::all()) {
        let change = change(&flight);
        prove(&flight, &direct, &change);
    }
}

fn text(id: usize) -> String {
    format!("'v{id}'")
}

#[test]
fn a_column_that_must_have_a_value_gets_another_name() {
    each(|_| Change {
        setup: "CREATE TABLE pets (id integer PRIMARY KEY, name varchar(50) NOT NULL, kind varchar(20) DEFAULT 'cat');\n\
                CREATE INDEX pets_name ON pets (name);\n",
        direct: "ALTER TABLE pets RENAME COLUMN name TO full_name;\n".to_owned(),
        by_hand: None,
        old: ("pets", "name"),
        new: ("pets", "full_name"),
        end: ("pets", "full_name"),
        more: &[],
        value: text,
        ordered: true,
    });
}

#[test]
fn a_column_with_a_default_gets_another_name() {
    each(|_| Change {
        setup: "CREATE TABLE pets (id integer PRIMARY KEY, name varchar(50) DEFAULT 'none', kind varchar(20));\n\
                CREATE UNIQUE INDEX pets_name ON pets (name);\n",
        direct: "ALTER TABLE pets RENAME COLUMN name TO full_name;\n".to_owned(),
        by_hand: None,
        old: ("pets", "name"),
        new: ("pets", "full_name"),
        end: ("pets", "full_name"),
        more: &[],
        value: text,
        ordered: true,
    });
}

#[test]
fn a_table_gets_another_name() {
    each(|_| Change {
        setup: "CREATE TABLE pets (id integer PRIMARY KEY, name varchar(50) NOT NULL, kind varchar(20) DEFAULT 'cat');\n",
        direct: "ALTER TABLE pets RENAME TO animals;\n".to_owned(),
        by_hand: None,
        old: ("pets", "name"),
        new: ("animals", "name"),
        end: ("animals", "name"),
        more: &[],
        value: text,
        ordered: true,
    });
}

fn number(id: usize) -> String {
    format!("'{id}'")
}

#[test]
fn a_column_gets_another_type() {
    each(|flight| Change {
        setup: "CREATE TABLE pets (id integer PRIMARY KEY, age varchar(10) NOT NULL, kind varchar(20) DEFAULT 'cat');\n\
                CREATE INDEX pets_age ON pets (age);\n",
        direct: match flight.dialect {
            "mariadb" => "ALTER TABLE pets MODIFY COLUMN age int NOT NULL;\n".to_owned(),
            _ => "ALTER TABLE pets ALTER COLUMN age TYPE integer USING (age::integer);\n"
                .replace(if flight.dialect == "sqlite" { " USING (age::integer)" } else { "\0" }, ""),
        },
        by_hand: (flight.dialect == "sqlite").then(|| {
            "CREATE TABLE p (id integer PRIMARY KEY, age integer NOT NULL, kind varchar(20) DEFAULT 'cat');\n\
             DROP TABLE pets;\nALTER TABLE p RENAME TO pets;\nCREATE INDEX pets_age ON pets (age);\n"
                .to_owned()
        }),
        old: ("pets", "age"),
        new: ("pets", "age_new"),
        end: ("pets", "age"),
        more: &[],
        value: number,
        ordered: flight.dialect != "postgres",
    });
}

#[test]
fn a_column_must_have_a_value() {
    each(|flight| Change {
        setup: "CREATE TABLE pets (id integer PRIMARY KEY, email varchar(50), kind varchar(20) DEFAULT 'cat');\n",
        direct: match flight.dialect {
            "mariadb" => "ALTER TABLE pets MODIFY COLUMN email varchar(50) NOT NULL;\n".to_owned(),
            _ => "ALTER TABLE pets ALTER COLUMN email SET NOT NULL;\n".to_owned(),
        },
        by_hand: (flight.dialect == "sqlite").then(|| {
            "CREATE TABLE p (id integer PRIMARY KEY, email varchar(50) NOT NULL, kind varchar(20) DEFAULT 'cat');\n\
             DROP TABLE pets;\nALTER TABLE p RENAME TO pets;\n"
                .to_owned()
        }),
        old: ("pets", "email"),
        new: ("pets", "email"),
        end: ("pets", "email"),
        more: &["--value", "pets.email='none'"],
        value: text,
        ordered: true,
    });
    for flight in Flight::all() {
        flight.configure("flyway", 0);
        flight.write("sql/V1__start.sql", "CREATE TABLE pets (id integer PRIMARY KEY, email varchar(50));\n");
        flight.run(&["migrate"]).code(0);
        flight.query("INSERT INTO pets (id) VALUES (1)");
        let change = match flight.dialect {
            "mariadb" => "ALTER TABLE pets MODIFY COLUMN email varchar(50) NOT NULL;\n",
            _ => "ALTER TABLE pets ALTER COLUMN email SET NOT NULL;\n",
        };
        flight.write("sql/V2__change.sql", change);
        let said = flight.run(&["--format", "json", "split", "V2", "--write", "--value", "pets.email='none'"]).code(0).json();
        let files = versions(&said);
        for (at, (version, phase)) in files.iter().enumerate() {
            flight.run(&["migrate", "--target", version]).code(0);
            if at + 1 < files.len() {
                flight.query(&format!("INSERT INTO pets (id) VALUES ({})", 10 + at));
                assert_eq!(flight.value(&format!("SELECT email FROM pets WHERE id = {}", 10 + at)), "none", "{phase}");
            }
        }
        assert_eq!(flight.query("SELECT DISTINCT email FROM pets"), ["none"], "{}", flight.dialect);
    }
}

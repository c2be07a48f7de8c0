//! A migration that is half applied is taken back: what is done of it and nothing else, on each product.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::flight::Flight;
use crate::rollback::newest;

/// Two statements that stay and a third that fails until there is a table `gate`.
const HALF: &str = "CREATE TABLE m (id integer PRIMARY KEY);\nALTER TABLE users ADD COLUMN email varchar(50);\n\
     INSERT INTO m (id) SELECT id FROM users WHERE (SELECT count(*) FROM gate) >= 0;\n";

/// A project whose second migration stops behind its second statement.
fn project(flight: &Flight) {
    flight.configure("flyway", 0);
    flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY, name varchar(20));\n");
    flight.write("sql/V2__half.sql", HALF);
    if flight.dialect != "mariadb" {
        flight.write("sql/V2__half.sql.conf", "executeInTransaction=false\n");
    }
}

/// Columns of `users`, and the tables of the project.
fn shape(flight: &Flight) -> (String, Vec<String>) {
    let columns = match flight.dialect {
        "sqlite" => "SELECT group_concat(name) FROM pragma_table_info('users')",
        "postgres" => {
            "SELECT string_agg(column_name, ',' ORDER BY ordinal_position) FROM information_schema.columns WHERE table_name = 'users' \
             AND table_schema = current_schema()"
        }
        _ => {
            "SELECT group_concat(column_name ORDER BY ordinal_position) FROM information_schema.columns WHERE table_name = 'users' AND \
             table_schema = database()"
        }
    };
    let tables = flight.tables().into_iter().filter(|table| ["users", "m", "gate"].contains(&table.as_str())).collect();
    (flight.value(columns), tables)
}

fn at_start() -> (String, Vec<String>) {
    ("id,name".to_owned(), vec!["users".to_owned()])
}

fn unfinished(flight: &Flight) -> String {
    flight.value("SELECT count(*) FROM flightplan_journal WHERE state <> 'recorded' AND step <> ''")
}

#[test]
fn what_is_done_goes_and_the_migration_runs_again_from_its_beginning() {
    for flight in Flight::all() {
        project(&flight);
        flight.run(&["migrate"]).code(1).complains(&["V2__half.sql:3", "flightplan rollback --failed"]);
        assert_eq!(shape(&flight).0, "id,name,email");
        let done = shape(&flight);

        let dry = flight.run(&["rollback", "--failed", "--dry-run"]).code(0).out;
        let (column, table) = (dry.find("DROP COLUMN").unwrap(), dry.find("DROP TABLE").unwrap());
        assert!(column < table && !dry.contains("gate"), "{dry}");
        flight.run(&["undo"]).code(2).complains(&["V2 is half applied, on top of what would be taken back", "rollback --failed"]);
        flight.run(&["rollback", "--to", "1"]).code(2).complains(&["V2 is half applied"]);
        assert_eq!(shape(&flight), done);

        flight.run(&["rollback", "--failed"]).code(0);
        assert_eq!(shape(&flight), at_start());
        assert_eq!(flight.history(), ["1|1|users|SQL|V1__users.sql|ok"]);
        assert_eq!(unfinished(&flight), "0");
        assert!(flight.run(&["rollback", "--failed"]).code(0).out.contains("nothing to take back"));

        flight.query("CREATE TABLE gate (a integer)");
        flight.query("INSERT INTO users (id) VALUES (7)");
        flight.run(&["migrate"]).code(0);
        assert_eq!(flight.query("SELECT id FROM m"), ["7"]);
        assert_eq!(flight.history()[1], "2|2|half|SQL|V2__half.sql|ok");
        flight.run(&["validate"]).code(0);
    }
}

#[test]
fn nothing_is_lost_unasked_and_a_run_goes_with_what_it_did_before() {
    for flight in Flight::all() {
        project(&flight);
        flight.write("sql/V2__half.sql", HALF.replace("INSERT", "INSERT INTO m (id) VALUES (1);\nINSERT"));
        flight.write("sql/V1.5__notes.sql", "CREATE TABLE notes (id integer PRIMARY KEY);\n");
        flight.run(&["migrate"]).code(1);
        let run = newest(&flight);
        flight.query("INSERT INTO m (id) VALUES (2)");
        let done = shape(&flight);
        flight.run(&["rollback", "--failed"]).code(2).complains(&["Nothing was changed", "V2__half.sql:1"]);
        assert_eq!(shape(&flight), done);
        flight.query("DELETE FROM m WHERE id = 2");
        let dry = flight.run(&["--format", "json", "rollback", "--run", &run, "--dry-run"]).code(0).json();
        let steps = dry["plan"]["steps"].as_array().unwrap();
        let ids: Vec<&str> = steps.iter().map(|step| step["migration"].as_str().unwrap()).collect();
        assert_eq!((ids.first(), ids.last()), (Some(&"V2"), Some(&"V1")), "{dry}");
        flight.run(&["rollback", "--run", &run, "--accept-loss"]).code(0);
        assert!(flight.history().iter().all(|row| !row.contains("half")), "{:?}", flight.history());
        assert_eq!(shape(&flight).1, Vec::<String>::new());
        assert_eq!(unfinished(&flight), "0");
    }
}

#[test]
fn the_policy_takes_back_the_migration_that_failed_and_no_other() {
    for flight in Flight::all() {
        project(&flight);
        let toml = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap();
        flight.write("flightplan.toml", format!("{toml}[on_failure]\nthen = \"roll-back-migration\"\n"));
        flight.run(&["migrate"]).code(1).complains(&["V2__half.sql:3", "What was done of V2 was taken back by run"]);
        assert_eq!(shape(&flight), at_start());
        assert_eq!(flight.history(), ["1|1|users|SQL|V1__users.sql|ok"]);
        // Nothing is left of what was one transaction.
        let _ = std::fs::remove_file(flight.path().join("sql/V2__half.sql.conf"));
        flight.write("sql/V2__half.sql", "INSERT INTO users (id) VALUES (1), (1);\n");
        flight.run(&["migrate"]).code(1).complains(&["Nothing of the migration that failed is left."]);
        assert_eq!(flight.history(), ["1|1|users|SQL|V1__users.sql|ok"]);
    }
}

#[test]
fn what_was_under_way_is_found_in_the_catalog() {
    for (point, email) in [("statement.before", false), ("statement.after", true), ("outcome.after", true)] {
        let flight = Flight::mariadb();
        project(&flight);
        flight.write("sql/V2__half.sql", "ALTER TABLE users ADD COLUMN email varchar(50);\nCREATE TABLE m (id integer);\n");
        flight.run(&["--target", "1", "migrate"]).code(0);
        assert!(flight.killed_at(point, &["migrate"]), "{point}");
        assert_eq!(shape(&flight).0.contains("email"), email, "{point}");
        flight.run(&["rollback", "--failed"]).code(0);
        assert_eq!(shape(&flight), at_start(), "{point}");
        assert_eq!(unfinished(&flight), "0");
        flight.run(&["migrate"]).code(0);
    }
    // Rows that may have been written or not are for a person to look at.
    let flight = Flight::mariadb();
    project(&flight);
    flight.write("sql/V2__half.sql", "CREATE TABLE m (id integer) ENGINE=MyISAM;\nINSERT INTO m VALUES (1);\n");
    flight.run(&["--target", "1", "migrate"]).code(0);
    flight.query("CREATE TABLE m (id integer) ENGINE=MyISAM");
    flight.run(&["migrate"]).code(1);
    flight.run(&["rollback", "--failed"]).code(0);
    assert!(flight.tables().contains(&"m".to_owned()), "it was not the migration's");
}

#[test]
fn a_way_back_that_is_killed_goes_on_and_nothing_goes_forth_meanwhile() {
    for flight in Flight::all() {
        for point in [
            "intent.before",
            "statement.before",
            "statement.after",
            "outcome.after",
            "finish.before",
            "commit.before",
            "commit.after",
        ] {
            let flight = flight.again();
            project(&flight);
            flight.run(&["migrate"]).code(1);
            if !flight.killed_at(point, &["rollback", "--failed"]) {
                continue;
            }
            if shape(&flight) != at_start() && flight.dialect == "mariadb" && point != "intent.before" {
                flight.run(&["migrate"]).code(3).complains(&["V2 was half applied and is half taken back", "rollback --failed"]);
            }
            flight.run(&["rollback", "--failed"]).code(0);
            assert_eq!(shape(&flight), at_start(), "{} {point}", flight.dialect);
            assert_eq!(flight.history(), ["1|1|users|SQL|V1__users.sql|ok"]);
            assert_eq!(unfinished(&flight), "0");
        }
    }
}

#[test]
fn the_ruin_of_an_index_goes_too() {
    let flight = Flight::postgres();
    project(&flight);
    std::fs::remove_file(flight.path().join("sql/V2__half.sql.conf")).unwrap();
    flight.write(
        "sql/V2__half.sql",
        "ALTER TABLE users ADD COLUMN email varchar(50);\nCREATE UNIQUE INDEX CONCURRENTLY users_name ON users (name);\n",
    );
    flight.run(&["--target", "1", "migrate"]).code(0);
    flight.query("INSERT INTO users (id, name) VALUES (1, 'a'), (2, 'a')");
    flight.flyway(&["-mixed=true", "migrate"]).code(1);
    assert_eq!(flight.value("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), "1");
    flight.flyway(&["-mixed=true", "rollback", "--failed"]).code(0);
    assert_eq!(flight.value("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), "0");
    assert_eq!(shape(&flight), at_start());
    assert_eq!(flight.history(), ["1|1|users|SQL|V1__users.sql|ok"]);
}

#[test]
fn a_revision_goes_back_too() {
    let flight = Flight::mariadb();
    flight.configure("alembic", 0);
    flight.write(
        "alembic/versions/a.py",
        "from alembic import op\nimport sqlalchemy as sa\nrevision = 'aaaa'\ndown_revision = None\ndef upgrade():\n    \
         op.create_table('users', sa.Column('id', sa.Integer(), primary_key=True), sa.Column('name', sa.String(20)))\ndef downgrade():\n    \
         op.drop_table('users')\n",
    );
    flight.run(&["upgrade", "heads"]).code(0);
    flight.write(
        "alembic/versions/b.py",
        "from alembic import op\nimport sqlalchemy as sa\nrevision = 'bbbb'\ndown_revision = 'aaaa'\ndef upgrade():\n    \
         op.add_column('users', sa.Column('email', sa.String(50)))\n    op.execute('INSERT INTO users (id) SELECT a FROM gate')\n\
         def downgrade():\n    op.drop_column('users', 'email')\n    op.drop_table('gate')\n",
    );
    flight.run(&["upgrade", "heads"]).code(1);
    assert_eq!(shape(&flight).0, "id,name,email");
    flight.run(&["downgrade", "-1"]).code(2).complains(&["bbbb is half applied"]);
    flight.run(&["rollback", "--failed"]).code(0);
    assert_eq!(shape(&flight), at_start());
    assert_eq!(flight.query("SELECT version_num FROM alembic_version"), ["aaaa"]);
    assert_eq!(unfinished(&flight), "0");
    flight.query("CREATE TABLE gate (a integer)");
    flight.run(&["upgrade", "heads"]).code(0);
    assert_eq!(flight.query("SELECT version_num FROM alembic_version"), ["bbbb"]);
}

/// An approved plan whose second migration stops at an index that cannot be made.
fn approved(flight: &Flight, way_back: Option<&str>) {
    project(flight);
    let script = "ALTER TABLE users ADD COLUMN email varchar(50);\nCREATE UNIQUE INDEX users_name ON users (name);\n";
    flight.write("sql/V2__half.sql", script);
    flight.run(&["--target", "1", "migrate"]).code(0);
    flight.query("INSERT INTO users (id, name) VALUES (1, 'a'), (2, 'a')");
    if let Some(way_back) = way_back {
        flight.write("sql/U2__half.sql", way_back);
    }
    flight.configure("flyway", 1);
    flight.run(&["plan", "--output", "plan.json"]).code(0);
    flight.run(&["approve", "plan.json", "--by", "dora"]).code(0);
    flight.run(&["apply", "plan.json"]).code(1);
    assert_eq!(shape(flight).0, "id,name,email");
}

#[test]
fn who_approved_the_whole_way_back_approved_its_parts() {
    for flight in Flight::all() {
        approved(&flight, None);
        flight.run(&["rollback", "--failed"]).code(0);
        assert_eq!(shape(&flight), at_start());
        // What its author wrote is for the whole, so a derived part would be gone that nobody has read.
        let flight = flight.again();
        approved(&flight, Some("DROP INDEX users_name;\n"));
        flight.run(&["rollback", "--failed"]).code(4).complains(&["takes back V2", "Nothing was changed"]);
        assert_eq!(shape(&flight).0, "id,name,email");
    }
}

#[test]
fn batches_in_part_come_back_from_their_old_values_or_not_at_all() {
    for flight in Flight::all() {
        flight.configure("flyway", 0);
        flight.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY, name varchar(20));\n");
        flight.run(&["migrate"]).code(0);
        let rows: Vec<String> = (1..=900).map(|id| format!("({id}, 'old')")).collect();
        flight.query(&format!("INSERT INTO users (id, name) VALUES {}", rows.join(", ")));
        let change = |keep: &str| {
            format!("-- flightplan:batch size=100 pause=0 {keep}\nUPDATE users SET name = 'new' WHERE name = 'old';\n")
        };
        flight.write("sql/V2__half.sql", change("keep"));
        assert!(flight.killed_at("batch.commit.after", &["migrate"]));
        let changed = || flight.value("SELECT count(*) FROM users WHERE name = 'new'");
        assert_eq!(changed(), "100");
        // What somebody changed meanwhile is theirs.
        flight.query("UPDATE users SET name = 'theirs' WHERE id = 1");
        flight.run(&["rollback", "--failed"]).code(0);
        assert_eq!((changed(), flight.value("SELECT name FROM users WHERE id = 1")), ("0".to_owned(), "theirs".to_owned()));
        assert_eq!(unfinished(&flight), "0");
        flight.write("sql/V2__half.sql", change(""));
        assert!(flight.killed_at("batch.commit.after", &["migrate"]));
        let part = changed();
        flight.run(&["rollback", "--failed"]).code(2).complains(&[
            "V2__half.sql:2",
            "old values were not kept",
            "Nothing was changed",
        ]);
        assert_eq!(changed(), part);
        flight.run(&["migrate"]).code(0);
        assert_eq!(changed(), "899");
    }
}

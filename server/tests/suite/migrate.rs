//! `migrate` and `undo` on both products: history, no-op, rollback, concurrent indexes, several processes at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::flight::Flight;

fn two(flight: &Flight) {
    flight.write(
        "sql/V1__create_users.sql",
        "CREATE TABLE users (id integer PRIMARY KEY, name text);\nINSERT INTO users VALUES (1, 'a');\n",
    );
    flight.write("sql/V2__add_email.sql", "ALTER TABLE users ADD COLUMN email text;\n");
    flight.write("sql/R__names.sql", "DROP VIEW IF EXISTS names;\nCREATE VIEW names AS SELECT name FROM users;\n");
}

const TWO: [&str; 3] =
    ["1|1|create users|SQL|V1__create_users.sql|ok", "2|2|add email|SQL|V2__add_email.sql|ok", "3|-|names|SQL|R__names.sql|ok"];

#[test]
fn a_fresh_database_gets_everything_once_and_flyways_rows() {
    for flight in Flight::each() {
        two(&flight);
        flight.flyway(&["migrate"]).code(0);
        assert_eq!(flight.history(), TWO);
        flight.flyway(&["migrate"]).code(0);
        assert_eq!(flight.history(), TWO, "the second run does nothing");
        assert_eq!(flight.value("SELECT count(*) FROM users"), "1");
        assert_eq!(flight.value("SELECT count(*) FROM flightplan_journal WHERE state <> 'recorded'"), "0");
        flight.flyway(&["validate"]).code(0);
    }
}

#[test]
fn the_history_table_is_flyways_to_the_column() {
    let flight = Flight::postgres();
    two(&flight);
    flight.flyway(&["migrate"]).code(0);
    let columns = flight.query(
        "SELECT column_name, data_type, character_maximum_length, is_nullable, column_default FROM information_schema.columns \
         WHERE table_name = 'flyway_schema_history' ORDER BY ordinal_position",
    );
    assert_eq!(
        columns,
        [
            "installed_rank|integer|-|NO|-",
            "version|character varying|50|YES|-",
            "description|character varying|200|NO|-",
            "type|character varying|20|NO|-",
            "script|character varying|1000|NO|-",
            "checksum|integer|-|YES|-",
            "installed_by|character varying|100|NO|-",
            "installed_on|timestamp without time zone|-|NO|now()",
            "execution_time|integer|-|NO|-",
            "success|boolean|-|NO|-",
        ]
    );
    let keys = flight.query("SELECT indexname FROM pg_indexes WHERE tablename = 'flyway_schema_history' ORDER BY 1");
    assert_eq!(keys, ["flyway_schema_history_pk", "flyway_schema_history_s_idx"]);
    assert_eq!(flight.value("SELECT DISTINCT installed_by FROM flyway_schema_history"), "postgres");
    assert_eq!(
        flight.value("SELECT checksum FROM flyway_schema_history WHERE version = '2'"),
        crc("ALTER TABLE users ADD COLUMN email text;")
    );
}

/// CRC-32 as Flyway takes it, computed bit by bit.
fn crc(line: &str) -> String {
    let crc = !line.bytes().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 })
    });
    i32::from_ne_bytes(crc.to_ne_bytes()).to_string()
}

#[test]
fn a_failing_statement_takes_its_whole_migration_back() {
    for flight in Flight::each() {
        two(&flight);
        flight
            .write("sql/V3__broken.sql", "CREATE TABLE half (id integer);\nINSERT INTO users (id, name) VALUES (1, 'again');\n");
        flight.flyway(&["migrate"]).code(1).complains(&["V3__broken.sql:2", "rolled back"]);
        assert_eq!(flight.history(), &TWO[..2], "V3 left no row, and what comes after it did not run");
        assert!(!flight.tables().contains(&"half".to_owned()));
        flight.write("sql/V3__broken.sql", "CREATE TABLE half (id integer);\nINSERT INTO users (id, name) VALUES (2, 'b');\n");
        flight.flyway(&["migrate"]).code(0);
        assert_eq!(flight.value("SELECT count(*) FROM users"), "2");
    }
}

#[test]
fn undo_takes_back_the_newest_version_and_leaves_a_row_community_flyway_reads() {
    for flight in Flight::each() {
        two(&flight);
        flight.write("sql/U2__add_email.sql", "ALTER TABLE users DROP COLUMN email;\n");
        flight.flyway(&["migrate"]).code(0);
        flight.flyway(&["undo"]).code(0);
        assert_eq!(flight.history().last().unwrap(), "4|2|add email|DELETE|V2__add_email.sql|ok");
        flight.flyway(&["undo"]).code(2).complains(&["Nothing was changed", "V1", "--accept-loss"]);
        flight.flyway(&["migrate"]).code(0);
        assert_eq!(flight.history().last().unwrap(), "5|2|add email|SQL|V2__add_email.sql|ok");
    }
}

#[test]
fn undo_with_a_target_takes_back_the_target_too_and_says_where_the_database_is() {
    for flight in Flight::each() {
        for number in 1..=4 {
            flight.write(&format!("sql/V{number}__t.sql"), format!("CREATE TABLE t{number} (id integer);\n"));
            flight.write(&format!("sql/U{number}__t.sql"), format!("DROP TABLE t{number};\n"));
        }
        flight.flyway(&["migrate"]).code(0);
        assert!(flight.flyway(&["--target", "9", "undo"]).code(0).out.contains("no migration to undo"));
        let said = flight.flyway(&["--target", "3.0", "undo"]).code(0);
        assert!(said.out.contains("undid 2 migrations") && said.out.contains("now at version v2"), "{said:?}");
        let said = flight.flyway(&["undo"]).code(0);
        assert!(said.out.contains("now at version v1"), "{said:?}");
        assert!(flight.tables().contains(&"t1".to_owned()) && !flight.tables().contains(&"t2".to_owned()));
        let said = flight.flyway(&["undo"]).code(0);
        assert!(said.out.contains("no version left"), "{said:?}");
    }
}

#[test]
fn three_processes_at_once_run_each_migration_once() {
    for flight in Flight::each().into_iter().chain([Flight::mariadb()]) {
        two(&flight);
        flight.write("sql/V3__more.sql", "INSERT INTO users VALUES (3, 'c', 'd');\n");
        let children: Vec<_> = (0..3).map(|_| flight.start(&["migrate"])).collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        assert_eq!(flight.history().len(), 4);
        assert_eq!(flight.value("SELECT count(*) FROM users"), "2");
    }
}

#[test]
fn a_concurrent_index_is_built_while_a_second_process_waits_for_the_lock() {
    let flight = Flight::postgres();
    two(&flight);
    flight.write("sql/V3__index.sql", "CREATE INDEX CONCURRENTLY users_email_idx ON users (email);\n");
    let children: Vec<_> = (0..2).map(|_| flight.start(&["migrate"])).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(flight.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'users_email_idx'::regclass"), "t");
    assert_eq!(flight.history().len(), 4);
}

#[test]
fn a_concurrent_build_that_fails_is_recorded_and_built_again() {
    let flight = Flight::postgres();
    flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\nINSERT INTO a VALUES (1), (1);\n");
    flight.write("sql/V2__unique.sql", "CREATE UNIQUE INDEX CONCURRENTLY a_x ON a (x);\n");
    flight.flyway(&["migrate"]).code(1).complains(&["V2__unique.sql:1", "failed part-way"]);
    assert_eq!(flight.history()[1], "2|2|unique|SQL|V2__unique.sql|failed");
    flight.flyway(&["migrate"]).code(1).complains(&["V2__unique.sql:1"]);
    flight.query("DELETE FROM a WHERE ctid = (SELECT min(ctid) FROM a)");
    flight.flyway(&["migrate"]).code(0);
    assert_eq!(flight.value("SELECT indisvalid FROM pg_index WHERE indexrelid = 'a_x'::regclass"), "t");
    assert_eq!(flight.history().last().unwrap(), "2|2|unique|SQL|V2__unique.sql|ok");
}

#[test]
fn the_lock_is_flyways_and_a_run_that_does_not_get_it_says_so() {
    let flight = Flight::postgres();
    two(&flight);
    let waiting = std::thread::scope(|scope| {
        let holder = scope.spawn(|| flight.query("SELECT pg_advisory_lock(77433833903597), pg_sleep(4)"));
        std::thread::sleep(std::time::Duration::from_millis(700));
        let said = flight.flyway(&["--lock-wait", "1", "migrate"]);
        holder.join().unwrap();
        said
    });
    waiting.code(7).complains(&["migration lock"]);
    assert!(flight.tables().is_empty(), "nothing was changed");
}

#[test]
fn a_schema_that_is_not_empty_is_refused_without_a_baseline() {
    for flight in Flight::each() {
        two(&flight);
        flight.query_or_create("CREATE TABLE users (id integer PRIMARY KEY, name text)");
        flight.flyway(&["migrate"]).code(2).complains(&["not empty", "baselineOnMigrate"]);
        assert_eq!(flight.tables(), ["users"]);
        flight.write("flyway.conf", "flyway.locations=filesystem:sql\nflyway.baselineOnMigrate=true\n");
        flight.run(&["--url", &flight.url, "migrate"]).code(0);
        assert_eq!(flight.history()[0], "1|1|<< Flyway Baseline >>|BASELINE|<< Flyway Baseline >>|ok");
        assert_eq!(flight.history()[1], "2|2|add email|SQL|V2__add_email.sql|ok");
    }
}

#[test]
fn what_takes_too_long_to_lock_is_tried_again_and_then_given_up() {
    let flight = Flight::postgres();
    two(&flight);
    flight.configure("flyway", 0);
    let text = std::fs::read_to_string(flight.path().join("flightplan.toml")).unwrap() + "lock_timeout_ms = 200\n";
    flight.write("flightplan.toml", text);
    flight.write("sql/V3__drop.sql", "ALTER TABLE users DROP COLUMN name;\n");
    flight.run(&["--target", "2", "migrate"]).code(0);
    let said = std::thread::scope(|scope| {
        let holder = scope.spawn(|| flight.query("SELECT 1 FROM users, pg_sleep(3)"));
        std::thread::sleep(std::time::Duration::from_millis(500));
        let said = flight.run(&["migrate"]);
        holder.join().unwrap();
        said
    });
    let said = said.complains(&["A lock was not granted within lock_timeout; attempt 2 of 5"]);
    assert!(said.code == 0 || said.code == 1, "{said:?}");
}

#[test]
fn alembics_table_is_written_as_alembic_writes_it() {
    for flight in Flight::each() {
        flight.write("alembic/env.py", "");
        flight.write(
            "alembic/versions/aaaa_create.py",
            "\"\"\"create users\"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\nrevision = 'aaaa'\ndown_revision = None\n\n\ndef upgrade():\n    op.create_table('users', sa.Column('id', sa.Integer(), primary_key=True))\n\n\ndef downgrade():\n    op.drop_table('users')\n",
        );
        flight.write(
            "alembic/versions/bbbb_email.py",
            "\"\"\"add email\"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\nrevision = 'bbbb'\ndown_revision = 'aaaa'\n\n\ndef upgrade():\n    op.add_column('users', sa.Column('email', sa.Text()))\n\n\ndef downgrade():\n    op.drop_column('users', 'email')\n",
        );
        flight.configure("alembic", 0);
        flight.run(&["upgrade"]).code(0);
        assert_eq!(flight.query("SELECT version_num FROM alembic_version"), ["bbbb"]);
        assert_eq!(flight.run(&["current"]).code(0).out.trim(), "bbbb (head)");
        flight.run(&["downgrade", "-1"]).code(0);
        assert_eq!(flight.query("SELECT version_num FROM alembic_version"), ["aaaa"]);
        flight.run(&["upgrade", "bbbb"]).code(0);
        flight.run(&["check"]).code(2).complains(&["`alembic check`"]);
        flight.run(&["downgrade", "base"]).code(0);
        assert!(flight.query("SELECT version_num FROM alembic_version").is_empty());
        assert!(!flight.tables().contains(&"users".to_owned()));
    }
}

#[test]
fn an_authors_own_transactions_hold_and_a_failure_goes_on_behind_them() {
    let flight = Flight::postgres();
    let script = |last: &str| {
        format!(
            "CREATE TABLE a (id int);\nCOMMIT;\nBEGIN;\nINSERT INTO a VALUES (1);\nINSERT INTO a VALUES (2);\nCOMMIT;\n\
             BEGIN;\nINSERT INTO a VALUES (3);\n{last};\nCOMMIT;\n"
        )
    };
    flight.write("sql/V1__a.sql", script("INSERT INTO missing VALUES (1)"));
    flight.flyway(&["migrate"]).code(1);
    assert_eq!(
        flight.value("SELECT string_agg(id::text, ',') FROM a"),
        "1,2",
        "the first transaction holds, the second does not"
    );
    flight.write("sql/V1__a.sql", script("INSERT INTO a VALUES (4)"));
    flight.flyway(&["migrate"]).code(0);
    assert_eq!(flight.value("SELECT string_agg(id::text, ',') FROM a"), "1,2,3,4", "each row once");
    assert_eq!(flight.history(), ["1|1|a|SQL|V1__a.sql|ok"]);
}

#[test]
fn flyways_own_placeholders_are_known_to_a_run() {
    let flight = Flight::postgres();
    flight.write(
        "sql/V1__a.sql",
        "CREATE TABLE a AS SELECT '${flyway:user}' AS u, '${flyway:database}' = current_database() AS d, \
         '${flyway:defaultSchema}' AS s, '${flyway:timestamp}'::timestamp > '2020-01-01' AS t;\n",
    );
    flight.flyway(&["migrate"]).code(0);
    assert_eq!(flight.query("SELECT u, d, s, t FROM a"), ["postgres|t|public|t"]);
}

#[test]
fn an_empty_downgrade_is_said_to_leave_the_schema() {
    for flight in Flight::each() {
        flight.write("alembic/env.py", "");
        flight.write(
            "alembic/versions/aaaa_create.py",
            "from alembic import context, op\nimport sqlalchemy as sa\nrevision = 'aaaa'\ndown_revision = None\n\n\ndef upgrade():\n    name = context.get_x_argument(as_dictionary=True).get('table', 'users')\n    op.create_table(name, sa.Column('id', sa.Integer(), primary_key=True))\n\n\ndef downgrade():\n    pass\n",
        );
        flight.configure("alembic", 0);
        flight.run(&["-x", "table=people", "upgrade"]).code(0);
        assert!(flight.tables().contains(&"people".to_owned()));
        flight.run(&["undo"]).code(0).complains(&["downgrade() of aaaa is empty"]);
        assert!(flight.tables().contains(&"people".to_owned()), "the schema stays");
        assert!(flight.query("SELECT version_num FROM alembic_version").is_empty());
    }
}

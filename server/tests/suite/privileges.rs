//! The least-privilege role of a plan: the script is run by the owner, then the plan by the role, on real servers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::flight::Flight;
use crate::json_schema::keeps;
use crate::mariadb;

const FIRST: &str = "CREATE TABLE users (id integer PRIMARY KEY, mail varchar(50));\nCREATE TABLE audit (id integer PRIMARY KEY, what varchar(50));\n\
     CREATE TABLE secret (id integer PRIMARY KEY);\nINSERT INTO users VALUES (1, 'a');\n";

const PENDING: &str = "ALTER TABLE users ADD COLUMN name varchar(50);\nUPDATE users SET name = mail;\nCREATE INDEX users_name ON users (name);\n\
     CREATE TABLE orders (id integer PRIMARY KEY, user_id integer, CONSTRAINT o_u FOREIGN KEY (user_id) REFERENCES users (id));\n\
     INSERT INTO orders SELECT id, id FROM users;\nINSERT INTO audit VALUES (1, 'done');\n\
     CREATE VIEW names AS SELECT name FROM users;\n";

fn prepared(flight: Flight) -> Flight {
    flight.write("sql/V1__first.sql", FIRST);
    flight.flyway(&["migrate"]).code(0);
    flight.write("sql/V2__pending.sql", PENDING);
    flight
}

/// The script of a role, statement by statement.
fn script(flight: &Flight, role: &str) -> (Vec<String>, Vec<String>) {
    let json = keeps("privileges", &flight.flyway(&["--format", "json", "privileges", "--role", role]).code(0));
    assert_eq!(json["unknown"].as_array().unwrap().len(), 0, "{json}");
    let lines = |key: &str| json[key].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect();
    (lines("grant"), lines("revoke"))
}

#[test]
fn a_plan_runs_as_its_role_on_postgres() {
    let flight = prepared(Flight::postgres());
    let role = format!("migrator{}", std::process::id());
    let (grant, revoke) = script(&flight, &role);
    assert!(!grant.iter().any(|line| line.contains("secret") || line.contains("SUPERUSER")), "{grant:#?}");
    for line in &grant {
        flight.query(line);
    }
    flight.query(&format!("ALTER ROLE {role} PASSWORD 'least'"));
    let (_, tail) = flight.url.split_once('@').unwrap();
    let url = format!("postgres://{role}:least@{tail}");
    let as_role = |arguments: &[&str]| flight.run(&[&["--source", "flyway:sql", "--url", &url], arguments].concat());
    let check = as_role(&["privileges", "--check"]);
    assert_eq!(check.code, 0, "{check:?}");
    as_role(&["migrate"]).code(0);
    assert_eq!(flight.query("SELECT name FROM names"), ["a"]);
    flight.write("sql/V3__more.sql", "ALTER TABLE secret ADD COLUMN more integer;\n");
    as_role(&["migrate"]).code(3).complains(&["lacks what the plan needs"]);
    // Whoever may do more is told so.
    flight.query(&format!("GRANT SELECT ON secret TO {role}"));
    let json = as_role(&["--format", "json", "privileges", "--check"]).code(3);
    let json = keeps("privileges", &json);
    assert!(json["excess"].to_string().contains("SELECT on public.secret"), "{json}");
    assert!(json["missing"].to_string().contains("the ownership of public.secret"), "{json}");
    for line in &revoke {
        flight.query(line);
    }
    as_role(&["migrate"]).code(1).complains(&["permission denied"]);
    flight.query(&format!("DROP OWNED BY {role}"));
    flight.query(&format!("DROP ROLE {role}"));
}

#[test]
fn a_plan_runs_as_its_user_on_mariadb() {
    let flight = prepared(Flight::mariadb());
    let user = format!("migrator{}", std::process::id());
    let (grant, revoke) = script(&flight, &user);
    assert!(!grant.iter().any(|line| line.contains("ALL PRIVILEGES") || line.contains("secret")), "{grant:#?}");
    for line in &grant {
        mariadb::server().run(line);
    }
    mariadb::server().run(&format!("SET PASSWORD FOR '{user}'@'%' = PASSWORD('least')"));
    let (_, tail) = flight.url.split_once('@').unwrap();
    let url = format!("mariadb://{user}:least@{tail}");
    let as_user = |arguments: &[&str]| flight.run(&[&["--source", "flyway:sql", "--url", &url], arguments].concat());
    let check = as_user(&["privileges", "--check"]);
    assert_eq!(check.code, 0, "{check:?}");
    as_user(&["migrate"]).code(0);
    assert_eq!(flight.query("SELECT name FROM names"), ["a"]);
    mariadb::server().run(&format!("GRANT SELECT ON *.* TO '{user}'@'%'"));
    flight.write("sql/V3__more.sql", "ALTER TABLE secret ADD COLUMN more integer;\n");
    as_user(&["migrate"]).code(3).complains(&["lacks what the plan needs", "ALTER on", "secret"]);
    let json = as_user(&["--format", "json", "privileges", "--check"]).code(3);
    let json = keeps("privileges", &json);
    assert!(json["excess"].to_string().contains("SELECT on *.*"), "{json}");
    mariadb::server().run(&format!("REVOKE SELECT ON *.* FROM '{user}'@'%'"));
    for line in &revoke {
        mariadb::server().run(line);
    }
    assert_ne!(as_user(&["migrate"]).code, 0);
    mariadb::server().run(&format!("DROP USER '{user}'@'%'"));
}

#[test]
fn a_file_has_no_users() {
    let flight = prepared(Flight::sqlite());
    flight.flyway(&["privileges"]).code(2).complains(&["SQLite has no users"]);
}

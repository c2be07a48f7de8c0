//! What real Alembic says is right: graph commands, offline SQL and written files of our fixtures, run side by side.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::real_alembic::{Project, flightplan};

const POSTGRES: &str = "postgresql://localhost/x";

#[test]
fn graph_commands_say_what_alembic_says() {
    let runs = [
        "heads",
        "heads -v",
        "heads --resolve-dependencies",
        "branches",
        "branches -v",
        "history",
        "history -v",
        "history -r a1000002:d4000001",
        "history -r a1000002:",
        "history -r :d4000001",
        "history -r b2:d4",
        "history -r b200:d400",
        "history -r billing@base:billing@head",
        "history -r a1000001:+2",
        "history -r left@base:left@head",
        "history -r d4000001:b2000001",
        "history -r nonsense",
        "show d4000001",
        "show a1000002",
        "show b7000003",
        "show f600",
        "show f6000002 -1",
        "show heads",
        "show head",
        "show base",
        "show left@head",
        "show right@head",
        "show billing",
        "show core@head",
        "show zzzz",
        "show b7000004",
    ];
    Project::new("branches").agree(POSTGRES, &[], &runs);
    let runs = [
        "heads",
        "heads -v",
        "branches",
        "history",
        "history -v",
        "history -r=-2:",
        "history -r 0002:0004",
        "show head",
        "show -2",
    ];
    Project::new("plain").agree(POSTGRES, &[], &runs);
}

#[test]
fn offline_scripts_are_alembics() {
    let dialects =
        [("postgres", POSTGRES), ("mysql", "mysql://localhost/x"), ("mariadb", "mariadb://localhost/x"), ("sqlite", "sqlite://")];
    let branches = [
        "upgrade heads --sql",
        "upgrade d4000001 --sql",
        "upgrade a1000002:d4000002 --sql",
        "upgrade billing@head --sql",
        "upgrade d4000002:right@head --sql",
        "upgrade b2000002:b7000002 --sql",
        "upgrade base:+3 --sql",
        "upgrade core@+1 --sql",
        "upgrade a1000001:+1 --sql",
        "upgrade head --sql",
        "upgrade zzzz --sql",
        "downgrade d4000002:b2000001 --sql",
        "downgrade f6000002:base --sql",
        "downgrade f6000002:-2 --sql",
        "downgrade d4000001:c3000001 --sql",
        "downgrade heads --sql",
        "downgrade b7000004:billing@base --sql",
        "downgrade e5000001:left@-1 --sql",
        "stamp d4000001 --sql",
        "stamp heads --sql",
        "stamp b2000002:d4000002 --sql",
        "stamp d4000002:b2000002 --sql",
        "stamp a1000001:base --sql",
        "stamp left@head right@head --sql",
        "ensure_version --sql",
    ];
    let plain = [
        "upgrade head --sql",
        "upgrade 0002:0004 --sql",
        "upgrade 0001:+2 --sql",
        "downgrade 0005:base --sql",
        "downgrade 0004:0002 --sql",
        "downgrade 0005:-1 --sql",
        "stamp 0003 --sql",
        "stamp 0003:0001 --sql",
        "ensure_version --sql",
    ];
    for (dialect, url) in dialects {
        Project::new("branches").agree(url, &["--dialect", dialect], &branches);
        Project::new("plain").agree(url, &["--dialect", dialect], &plain);
    }
}

#[test]
fn tables_that_revisions_make_by_hand_are_sqlalchemys() {
    let urls =
        [("postgres", POSTGRES), ("mysql", "mysql://localhost/x"), ("mariadb", "mariadb://localhost/x"), ("sqlite", "sqlite://")];
    let runs = [
        "upgrade head --sql",
        "upgrade 0001 --sql",
        "upgrade 0001:0002 --sql",
        "upgrade 0002:0003 --sql",
        "downgrade 0003:0002 --sql",
        "downgrade 0002:base --sql",
    ];
    for (dialect, url) in urls {
        Project::new("byhand").agree(url, &["--dialect", dialect], &runs);
    }
}

#[test]
fn a_version_table_that_only_python_knows_is_asked_for_before_anything_is_written() {
    let project = Project::new("plain");
    let database = project.folder.path().join("test.db");
    let path = |file: &str| project.folder.path().join(file);
    let env = std::fs::read_to_string(path("db/env.py")).unwrap();
    std::fs::write(path("db/env.py"), env.replace("\"plain_version\"", "os.environ[\"TABLE\"].lower()")).unwrap();
    for command in [vec!["upgrade", "heads"], vec!["stamp", "head"], vec!["ensure_version"]] {
        let (code, _, err) = flightplan(&project, &database, &command);
        assert_eq!(code, 2, "{command:?} {err}");
        assert!(err.contains("env.py:") && err.contains("Set version_table in [alembic] of flightplan.toml"), "{err}");
        assert!(!database.exists(), "{command:?}");
    }
    assert_eq!(flightplan(&project, &database, &["heads"]).1, "0005 (head)\n", "what writes nothing goes on");
    std::fs::write(path("flightplan.toml"), "[alembic]\nscript_location = \"db\"\nversion_table = \"plain_version\"\n").unwrap();
    let (code, _, err) = flightplan(&project, &database, &["upgrade", "heads"]);
    assert_eq!(code, 0, "{err}");
}

#[test]
fn stamp_merge_and_revision_move_rows_and_write_files_as_alembic_does() {
    let project = Project::new("branches");
    let database = project.folder.path().join("test.db");
    let run = |arguments: &[&str], code: i32| {
        let (was, out, err) = flightplan(&project, &database, arguments);
        assert_eq!(was, code, "{arguments:?}\n{out}\n{err}");
        (out, err)
    };
    run(&["stamp", "d4000001"], 0);
    run(&["stamp", "billing@head"], 0);
    assert_eq!(run(&["current"], 0).0, "e5000001 (effective head)\nb7000004 (head)\n");
    run(&["stamp", "right@head"], 0);
    assert_eq!(run(&["current"], 0).0.lines().count(), 3);
    run(&["current", "--check-heads"], 0);
    run(&["stamp", "--purge", "a1000001"], 0);
    assert!(run(&["current", "--check-heads"], 1).1.contains("Database is not on all head revisions"));
    run(&["stamp", "base"], 0);
    assert_eq!(run(&["current"], 0).0, "");

    assert!(run(&["revision", "-m", "x"], 2).1.contains("Multiple head revisions"));
    assert!(run(&["revision", "-m", "x", "--head", "a1000001"], 2).1.contains("--splice"));
    assert!(run(&["revision", "-m", "x", "--head", "left@head", "--rev-id", "a1000001"], 2).1.contains("taken"));
    assert!(run(&["revision", "--autogenerate"], 2).1.contains("alembic revision --autogenerate"));
    run(&["merge", "left@head", "right@head", "-m", "Join the forks", "--rev-id", "aa000001"], 0);
    run(&["revision", "-m", "After", "--head", "aa000001", "--rev-id", "aa000002", "--depends-on", "billing@head"], 0);
    let text = std::fs::read_to_string(project.folder.path().join("db/versions/aa000001_join_the_forks.py")).unwrap();
    assert!(
        text.contains("Revises: e5000001, f6000002\n") && text.contains("\ndown_revision = ('e5000001', 'f6000002')\n"),
        "{text}"
    );
    project.agree(POSTGRES, &[], &["heads", "history", "history -v", "show aa000001", "show aa000002", "branches"]);
}

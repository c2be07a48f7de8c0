//! Revisions that only Python can read, run by the project's own Alembic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::alembic_venv::python;
use crate::real_alembic::{Project, flightplan};

/// A revision that reads rows: only Python knows what it does.
const READS_ROWS: &str = r#""""Names from the database

Revision ID: 0006
Revises: 0005

"""
import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade():
    for row in op.get_bind().execute(sa.text("SELECT name FROM genres ORDER BY id")).fetchall():
        op.create_table("of_" + row[0][:5].lower(), sa.Column("id", sa.Integer(), primary_key=True))


def downgrade():
    pass
"#;

#[test]
fn what_cannot_be_read_the_projects_alembic_runs_where_that_is_allowed() {
    let project = Project::new("plain");
    let database = project.folder.path().join("test.db");
    let write = |path: &str, text: &str| std::fs::write(project.folder.path().join(path), text).unwrap();
    write("db/versions/0006_names.py", READS_ROWS);
    let (code, _, err) = flightplan(&project, &database, &["upgrade", "heads"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("0006") && err.contains("--allow-python") && !database.exists(), "{err}");

    let settings = "[alembic]\nscript_location = \"db\"\n[environments.test]\ndialect = \"sqlite\"\n";
    write("flightplan.toml", &settings.replace("[env", "python = \"/no/such/python\"\n[env"));
    let (code, _, err) = flightplan(&project, &database, &["--allow-python", "upgrade", "heads"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("0006") && err.contains("/no/such/python") && err.contains("flightplan.toml"), "{err}");

    write("flightplan.toml", &settings.replace("[env", &format!("python = \"{}\"\n[env", python().display())));
    let (code, out, err) = flightplan(&project, &database, &["plan", "--allow-python", "--format", "json"]);
    assert_eq!(code, 0, "{err}");
    let plan: serde_json::Value = serde_json::from_str(&out).unwrap();
    let step = plan["steps"].as_array().unwrap().last().unwrap();
    assert_eq!(step["fallback"]["target"], "0006", "{step}");
    assert_eq!(step["fallback"]["line"], 15, "{step}");

    let (code, _, err) = flightplan(&project, &database, &["--allow-python", "upgrade", "heads"]);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("CREATE TABLE of_crime"), "the statements are told: {err}");
    let (_, out, _) = flightplan(&project, &database, &["current"]);
    assert_eq!(out, "0006 (head)\n");
    let (_, out, _) = flightplan(&project, &database, &["schema", "--format", "json"]);
    let schema: serde_json::Value = serde_json::from_str(&out).unwrap();
    let names: Vec<&str> = schema["tables"].as_array().unwrap().iter().filter_map(|table| table["name"].as_str()).collect();
    assert!(names.contains(&"of_crime") && names.contains(&"of_child"), "{names:?}");
}

/// A revision whose both ways read rows: it makes a table for each genre, and drops them again.
fn reads_rows(revision: &str, parents: &str, prefix: &str) -> String {
    let loop_ = "for row in op.get_bind().execute(sa.text(\"SELECT name FROM genres ORDER BY id\")).fetchall():";
    format!(
        "import sqlalchemy as sa\nfrom alembic import op\n\nrevision = \"{revision}\"\ndown_revision = {parents}\n\n\n\
         def upgrade():\n    {loop_}\n        op.create_table(\"{prefix}_\" + row[0][:5].lower(), sa.Column(\"id\", sa.Integer()))\n\n\n\
         def downgrade():\n    {loop_}\n        op.drop_table(\"{prefix}_\" + row[0][:5].lower())\n"
    )
}

#[test]
fn a_way_back_that_cannot_be_read_the_projects_alembic_takes_one_revision_at_a_time() {
    let project = Project::new("plain");
    let database = project.folder.path().join("test.db");
    let write = |path: &str, text: &str| std::fs::write(project.folder.path().join(path), text).unwrap();
    let settings = |python: &str| {
        format!("[alembic]\nscript_location = \"db\"\npython = \"{python}\"\n[environments.test]\ndialect = \"sqlite\"\n")
    };
    // A fork, a merge of it, and a revision behind the merge: none can be read in either direction.
    for (revision, parents) in
        [("0006", "\"0005\""), ("0007a", "\"0006\""), ("0007b", "\"0006\""), ("0008", "(\"0007a\", \"0007b\")")]
    {
        write(&format!("db/versions/{revision}.py"), &reads_rows(revision, parents, &format!("t{revision}")));
    }
    write("flightplan.toml", &settings(&python().display().to_string()));
    let run = |arguments: &[&str], code: i32| {
        let (was, out, err) = flightplan(&project, &database, arguments);
        assert_eq!(was, code, "{arguments:?}\n{out}\n{err}");
        (out, err)
    };
    let schema = || run(&["schema", "--format", "json"], 0).0;
    run(&["upgrade", "0005"], 0);
    let at_0005 = schema();
    run(&["--allow-python", "upgrade", "heads"], 0);
    let at_heads = schema();

    let (_, err) = run(&["downgrade", "0007a"], 2);
    assert!(err.contains("0008.py:14") && err.contains("--allow-python") && err.contains("Nothing was changed"), "{err}");
    write("flightplan.toml", &settings("/no/such/python"));
    let (_, err) = run(&["--allow-python", "downgrade", "0007a"], 2);
    assert!(err.contains("0008 has to be run by Alembic itself") && err.contains("/no/such/python"), "{err}");
    assert_eq!(schema(), at_heads);

    write("flightplan.toml", &settings(&python().display().to_string()));
    let (_, err) = run(&["--allow-python", "downgrade", "0007a"], 0);
    assert!(err.contains("undo 0008: DROP TABLE t0008_crime"), "what Alembic sent is told: {err}");
    assert_eq!(run(&["current"], 0).0, "0007a\n0007b\n");
    // Its sibling stays: Alembic's `downgrade 0006` would take back both.
    run(&["--allow-python", "downgrade", "0007a@-1"], 0);
    assert_eq!(run(&["current"], 0).0, "0007b\n");
    run(&["--allow-python", "upgrade", "heads"], 0);
    assert_eq!(schema(), at_heads);
    run(&["--allow-python", "downgrade", "0005"], 0);
    assert_eq!((run(&["current"], 0).0.as_str(), schema()), ("0005\n", at_0005));
}

#[test]
fn an_approved_plan_binds_the_file_whose_downgrade_python_runs() {
    let project = Project::new("plain");
    let database = project.folder.path().join("test.db");
    let write = |path: &str, text: &str| std::fs::write(project.folder.path().join(path), text).unwrap();
    let settings = format!(
        "[alembic]\nscript_location = \"db\"\npython = \"{}\"\n[environments.test]\ndialect = \"sqlite\"\napprovals = 1\n",
        python().display()
    );
    write("flightplan.toml", &settings);
    // Neither way of this one can be read; of the next one only the way forth.
    write("db/versions/0006.py", &reads_rows("0006", "\"0005\"", "t"));
    let forth_only = reads_rows("0007", "\"0006\"", "u");
    let (forth, _) = forth_only.split_once("def downgrade").unwrap();
    write("db/versions/0007.py", &format!("{forth}def downgrade():\n    op.drop_table(\"u_crime\")\n"));
    let run = |arguments: &[&str], code: i32| {
        let (was, out, err) = flightplan(&project, &database, arguments);
        assert_eq!(was, code, "{arguments:?}\n{out}\n{err}");
        (out, err)
    };
    let current = || run(&["current"], 0).0;
    run(&["plan", "--allow-python", "--output", "plan.json"], 0);
    let plan = std::fs::read_to_string(project.folder.path().join("plan.json")).unwrap();
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
    let steps = plan["steps"].as_array().unwrap();
    let of = |id: &str| steps.iter().find(|step| step["id"] == id).unwrap()["undo"].clone();
    assert_eq!(of("0006")["python"]["file"], "db/versions/0006.py", "{}", of("0006"));
    assert_eq!(of("0007")["statements"], serde_json::json!(["DROP TABLE u_crime"]), "{}", of("0007"));
    run(&["approve", "plan.json", "--by", "ann"], 0);
    run(&["apply", "plan.json"], 0);
    assert_eq!(current(), "0007 (head)\n");
    // What is read needs no Python, what is not needs it, and the file as it was approved.
    run(&["downgrade", "-1"], 0);
    assert_eq!(current(), "0006\n");
    run(&["downgrade", "-1"], 2);
    let file = project.folder.path().join("db/versions/0006.py");
    let approved = std::fs::read_to_string(&file).unwrap();
    write("db/versions/0006.py", &format!("{approved}# edited\n"));
    let (_, err) = run(&["--allow-python", "downgrade", "-1"], 4);
    assert!(err.contains("takes back 0006 by db/versions/0006.py") && err.contains("Nothing was changed"), "{err}");
    assert_eq!(current(), "0006\n");
    write("db/versions/0006.py", &approved);
    let (_, err) = run(&["--allow-python", "downgrade", "-1"], 0);
    assert!(err.contains("undo 0006: DROP TABLE t_crime"), "{err}");
    assert_eq!(current(), "0005\n");
}

//! `split`: a migration that mixes phases, cut into files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::flight::Flight;
use crate::json_schema;

const START: &str = "CREATE TABLE pets (id integer PRIMARY KEY, name varchar(20), old varchar(20));\n";

/// Adds, moves and takes away, in an order that no deployment can live with.
const MIXED: &str = "-- Everything at once.\n\
    ALTER TABLE pets DROP COLUMN old;\n\
    -- Who owns it.\n\
    CREATE TABLE owners (id integer PRIMARY KEY, pet integer);\n\
    ALTER TABLE pets ADD COLUMN nick varchar(20);\n\
    UPDATE pets SET nick = name WHERE nick IS NULL;\n\
    CREATE INDEX pets_nick ON pets (nick);\n";

const BACK: &str = "DROP INDEX pets_nick;\nALTER TABLE pets DROP COLUMN nick;\nDROP TABLE owners;\n\
    ALTER TABLE pets ADD COLUMN old varchar(20);\n";

fn mixed(flight: &Flight, versions: [&str; 3]) {
    flight.configure("flyway", 0);
    let [first, second, third] = versions;
    let back = if flight.dialect == "mariadb" {
        BACK.replace("DROP INDEX pets_nick", "DROP INDEX pets_nick ON pets")
    } else {
        BACK.to_owned()
    };
    flight.write(&format!("sql/V{first}__start.sql"), START);
    flight.write(&format!("sql/V{second}__mixed.sql"), MIXED);
    flight.write(&format!("sql/U{second}__mixed.sql"), back);
    flight.write(&format!("sql/V{third}__later.sql"), "CREATE TABLE later (id integer);\n");
}

fn names(flight: &Flight) -> Vec<String> {
    let entries = std::fs::read_dir(flight.path().join("sql")).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn text(flight: &Flight, name: &str) -> String {
    std::fs::read_to_string(flight.path().join("sql").join(name)).unwrap()
}

#[test]
fn a_mixed_migration_becomes_files_in_order_that_do_the_same() {
    for (flight, whole) in Flight::all().into_iter().zip(Flight::all()) {
        mixed(&whole, ["1", "2", "3"]);
        whole.run(&["migrate"]).code(0);
        mixed(&flight, ["1", "2", "3"]);
        let found = flight.run(&["--format", "json", "lint", "--gate", "error"]).json();
        let mixes = |found: &serde_json::Value| {
            let all = found["findings"].as_array().unwrap();
            all.iter().filter(|one| one["rule"] == "mixed-phases").map(|one| one["workaround"].to_string()).collect::<Vec<_>>()
        };
        assert!(mixes(&found).iter().any(|cure| cure.contains("flightplan split V2")), "{found}");
        let shown = flight.run(&["split", "V2"]).code(0).out;
        assert!(shown.contains("V2__mixed_expand.sql (expand)") && shown.contains("--write"), "{shown}");
        assert_eq!(names(&flight).len(), 4, "nothing is written yet");
        flight.run(&["split", "V2", "--write"]).code(0);
        assert_eq!(
            names(&flight),
            [
                "U2.1__mixed_migrate.sql",
                "U2.2__mixed_contract.sql",
                "U2__mixed.sql.split",
                "U2__mixed_expand.sql",
                "V1__start.sql",
                "V2.1__mixed_migrate.sql",
                "V2.2__mixed_contract.sql",
                "V2__mixed.sql.split",
                "V2__mixed_expand.sql",
                "V3__later.sql"
            ]
        );
        let expand = text(&flight, "V2__mixed_expand.sql");
        assert!(expand.contains("-- Who owns it.") && expand.contains("ADD COLUMN nick") && !expand.contains("DROP"), "{expand}");
        let contract = text(&flight, "V2.2__mixed_contract.sql");
        assert!(contract.contains("-- Everything at once.") && contract.contains("DROP COLUMN old"), "{contract}");
        assert!(text(&flight, "U2.2__mixed_contract.sql").contains("ADD COLUMN old"));
        assert!(text(&flight, "U2__mixed_expand.sql").contains("DROP TABLE owners"));
        assert!(mixes(&flight.run(&["--format", "json", "lint", "--gate", "error"]).json()).is_empty());
        flight.run(&["migrate", "--target", "1"]).code(0);
        let before = flight.run(&["--format", "json", "--url", &flight.url, "schema"]).code(0).json();
        flight.run(&["migrate"]).code(0);
        let schema =
            |flight: &Flight| flight.run(&["--format", "json", "--url", &flight.url, "schema"]).code(0).json()["tables"].clone();
        assert_eq!(schema(&flight), schema(&whole), "{}", flight.dialect);
        flight.run(&["split", "V1"]).code(0);
        flight.run(&["split", "2.2", "--write"]).code(0);
        // All the way back over the parts.
        flight.write("sql/U3__later.sql", "DROP TABLE later;\n");
        flight.run(&["undo", "--target", "2"]).code(0);
        let after = flight.run(&["--format", "json", "--url", &flight.url, "schema"]).code(0).json();
        assert_eq!(sorted(&after), sorted(&before), "{}", flight.dialect);
    }
}

#[test]
fn names_go_on_as_the_project_names() {
    let cases = [
        (["001", "002", "009"], ["V002", "V003", "V004"]),
        (["1_1", "1_2", "1_3"], ["V1_2", "V1_2_1", "V1_2_2"]),
        (["20200101000000", "20210101000000", "20220101000000"], ["V20210101000000", "V20210101000001", "V20210101000002"]),
    ];
    for (versions, expected) in cases {
        let flight = Flight::sqlite();
        mixed(&flight, versions);
        let said = json_schema::keeps("split", &flight.run(&["--format", "json", "split", versions[1]]).code(0));
        let files = said["files"].as_array().unwrap().iter().filter(|file| file["kind"] == "versioned");
        let names: Vec<String> = files.map(|file| file["path"].as_str().unwrap().replace("sql/", "")).collect();
        let versions: Vec<&str> = names.iter().map(|name| name.split("__").next().unwrap()).collect();
        assert_eq!(versions, expected);
    }
}

#[test]
fn what_is_applied_or_there_already_stays() {
    let flight = Flight::sqlite();
    mixed(&flight, ["1", "2", "3"]);
    let bare = |arguments: &[&str]| flight.run(&[&["--source", "flyway:sql", "--dialect", "sqlite"], arguments].concat());
    let here = names(&flight);
    bare(&["split", "V2", "--write"]).code(2).complains(&["no database to ask", "--not-applied"]);
    bare(&["split", "V9"]).code(2).complains(&["V9 is no versioned migration"]);
    flight.write("sql/V2.2__mixed_contract.sql", "SELECT 1;\n");
    bare(&["split", "V2", "--write", "--not-applied"]).code(2).complains(&["there already"]);
    std::fs::remove_file(flight.path().join("sql/V2.2__mixed_contract.sql")).unwrap();
    flight.write("sql/U2__mixed.sql.split", "mine");
    bare(&["split", "V2", "--write", "--not-applied"]).code(2).complains(&["U2__mixed.sql.split", "Nothing was changed"]);
    std::fs::remove_file(flight.path().join("sql/U2__mixed.sql.split")).unwrap();
    flight.run(&["migrate"]).code(0);
    flight.run(&["split", "V2", "--write"]).code(2).complains(&["V2 is applied", "nothing was written"]);
    assert_eq!(names(&flight), here);
}

#[test]
fn what_cannot_be_cut_says_where_and_why() {
    let flight = Flight::postgres();
    flight.configure("flyway", 0);
    flight.write("sql/V1__start.sql", START);
    flight.write("sql/V2__own.sql", "BEGIN;\nALTER TABLE pets DROP COLUMN old;\nCREATE TABLE a (id integer);\nCOMMIT;\n");
    flight.run(&["split", "V2"]).code(2).complains(&["V2__own.sql", "begins or ends transactions itself"]);
    flight.write("sql/V3__key.sql", "ALTER TABLE pets ALTER COLUMN id TYPE text;\nALTER TABLE pets ADD COLUMN b text;\n");
    let said = flight.run(&["split", "V3"]).code(0).out;
    assert!(said.contains("Line 1 stays as it is written: pets.id is part of the primary key"), "{said}");
}

/// What a revision does in an order that no deployment can live with; its downgrade goes back over all of it.
const REVISION: &str = r#""""Everything at once

Revision ID: 5b1c0a77d2e4
Revises: 1111aaaa2222
"""
from alembic import op
import sqlalchemy as sa

revision = "5b1c0a77d2e4"
down_revision = "1111aaaa2222"
branch_labels = ("pets",)
depends_on = None

LENGTH = 20


def column(name):
    return sa.Column(name, sa.String(LENGTH))


def upgrade():
    """All of it."""
    # Nobody reads it any more.
    op.drop_column("pets", "old")
    op.create_table("owners", sa.Column("id", sa.Integer(), primary_key=True))
    op.add_column("pets", column("nick"))
    op.execute("UPDATE pets SET nick = name WHERE nick IS NULL")
    op.create_index("pets_nick", "pets", ["nick"])


def downgrade():
    op.drop_index("pets_nick", table_name="pets")
    op.drop_column("pets", "nick")
    op.drop_table("owners")
    op.add_column("pets", column("old"))
"#;

fn revisions(flight: &Flight, middle: &str) {
    flight.configure("alembic", 0);
    let plain = |id: &str, down: &str, body: &str, back: &str| {
        format!(
            "from alembic import op\nimport sqlalchemy as sa\nrevision = '{id}'\ndown_revision = {down}\ndef upgrade():\n    {body}\n\
             def downgrade():\n    {back}\n"
        )
    };
    let start = "op.create_table('pets', sa.Column('id', sa.Integer(), primary_key=True), sa.Column('name', sa.String(20)), \
                 sa.Column('old', sa.String(20)))";
    flight.write("alembic/versions/1111aaaa2222_start.py", plain("1111aaaa2222", "None", start, "op.drop_table('pets')"));
    flight.write("alembic/versions/5b1c0a77d2e4_everything.py", middle);
    let later = "op.create_table('later', sa.Column('id', sa.Integer(), primary_key=True))";
    flight.write(
        "alembic/versions/9999ffff0000_later.py",
        plain("9999ffff0000", "'5b1c0a77d2e4'", later, "op.drop_table('later')"),
    );
}

/// The tables as the server has them, columns by name.
fn shown(flight: &Flight) -> serde_json::Value {
    sorted(&flight.run(&["--format", "json", "--url", &flight.url, "schema"]).code(0).json())
}

fn sorted(schema: &serde_json::Value) -> serde_json::Value {
    let mut tables = schema["tables"].clone();
    for table in tables.as_array_mut().unwrap() {
        table["columns"].as_array_mut().unwrap().sort_by_key(|column| column["name"].to_string());
    }
    tables
}

#[test]
fn a_revision_becomes_revisions_that_do_the_same() {
    for (flight, whole) in Flight::all().into_iter().zip(Flight::all()) {
        revisions(&whole, REVISION);
        whole.run(&["upgrade", "heads"]).code(0);
        revisions(&flight, REVISION);
        let told = flight.run(&["split", "5b1c", "--write"]).code(0).out;
        let folder = flight.path().join("alembic/versions");
        let mut names: Vec<String> =
            std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.retain(|name| name.ends_with(".py") || name.ends_with(".split"));
        names.sort();
        assert_eq!(names.len(), 6, "{names:?} {told}");
        assert!(names.contains(&"5b1c0a77d2e4_everything.py.split".to_owned()), "{names:?}");
        let of = |word: &str| {
            let name = names.iter().find(|name| name.ends_with(word)).unwrap();
            std::fs::read_to_string(folder.join(name)).unwrap()
        };
        let (expand, contract) = (of("_expand.py"), of("5b1c0a77d2e4_everything.py"));
        // As its author wrote it, comments and helpers included, for every database.
        assert!(expand.contains("op.add_column(\"pets\", column(\"nick\"))") && expand.contains("LENGTH = 20"), "{expand}");
        assert!(expand.contains("branch_labels = \"pets\"") && expand.contains("down_revision = \"1111aaaa2222\""), "{expand}");
        assert!(expand.contains("op.drop_table(\"owners\")") && !expand.contains("op.execute"), "{expand}");
        assert!(contract.contains("# Nobody reads it any more.\n    op.drop_column(\"pets\", \"old\")"), "{contract}");
        assert!(contract.contains("revision = \"5b1c0a77d2e4\"") && !contract.contains("branch_labels = \"pets\""), "{contract}");
        flight.run(&["upgrade", "heads"]).code(0);
        assert_eq!(shown(&flight), shown(&whole));
        let heads = flight.run(&["heads"]).code(0).out;
        assert!(heads.contains("9999ffff0000") && heads.lines().filter(|line| !line.trim().is_empty()).count() == 1, "{heads}");
        flight.run(&["downgrade", "1111aaaa2222"]).code(0);
        whole.run(&["downgrade", "1111aaaa2222"]).code(0);
        assert_eq!(shown(&flight), shown(&whole));
        flight.run(&["upgrade", "heads"]).code(0);
        let lint = flight.run(&["--format", "json", "lint", "--all", "--gate", "error"]).json().to_string();
        assert!(!lint.contains("mixed-phases"), "{lint}");
    }
}

#[test]
fn what_hangs_together_is_written_as_sql_and_a_rename_gets_its_sequence() {
    for flight in Flight::all() {
        let middle = REVISION
            .replace("    # Nobody reads it any more.\n", "    table = \"pets\"\n")
            .replace("op.drop_column(\"pets\"", "op.drop_column(table");
        revisions(&flight, &middle);
        let told = flight.run(&["split", "5b1c0a77d2e4_everything.py"]).code(0).out;
        assert!(
            told.contains("because the calls do not stand apart")
                && told.contains("op.execute(\"ALTER TABLE pets ADD COLUMN nick"),
            "{told}"
        );
        flight.run(&["split", "5b1c", "--write"]).code(0);
        flight.run(&["upgrade", "heads"]).code(0);
        flight.run(&["downgrade", "base"]).code(0);

        let flight = flight.again();
        let rename = "    op.alter_column(\"pets\", \"name\", new_column_name=\"title\", existing_type=sa.String(20))\n";
        let (head, tail) = (
            REVISION.split_once("    \"\"\"All of it").unwrap().0,
            "\n\ndef downgrade():\n    op.alter_column(\"pets\", \"title\", new_column_name=\"name\", existing_type=sa.String(20))\n",
        );
        revisions(&flight, &format!("{head}{rename}{tail}"));
        let told = flight.run(&["split", "5b1c", "--write"]);
        if flight.dialect == "sqlite" {
            continue;
        }
        let told = told.code(0).out;
        assert!(told.contains("(expand)") && told.contains("(migrate)") && told.contains("(contract)"), "{told}");
        flight.run(&["upgrade", "9999ffff0000"]).code(0);
        let tables = shown(&flight);
        let pets = tables.as_array().unwrap().iter().find(|table| table["name"].as_str().unwrap().ends_with("pets")).unwrap();
        let columns: Vec<&str> =
            pets["columns"].as_array().unwrap().iter().map(|column| column["name"].as_str().unwrap()).collect();
        assert_eq!(columns, ["id", "old", "title"], "{tables}");
    }
}

//! A generated project with releases for the measurements: of ten migrations, two make tables, three add columns, one takes
//! a column away, and one each renames, retypes, requires and checks one; a release every so many migrations.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;

/// Columns a new table has, and each group of ten migrations changes some of.
const COLUMNS: &str = "id bigint PRIMARY KEY, name varchar(100) NOT NULL, state varchar(20), amount integer, note text";

/// Writes `migrations` scripts into `folder/sql` and `releases` releases into `folder/releases.toml`, with `queries` queries
/// each in files of their own.
pub(crate) fn write(folder: &Path, migrations: usize, releases: usize, queries: usize) -> Result<()> {
    std::fs::create_dir_all(folder.join("sql"))?;
    std::fs::create_dir_all(folder.join("queries"))?;
    let mut schema = Schema::default();
    let each = migrations.div_ceil(releases.max(1));
    let mut toml = String::new();
    for at in 0..migrations {
        std::fs::write(folder.join(format!("sql/V{}__step_{at}.sql", at + 1)), schema.next(at))?;
        if !(at + 1).is_multiple_of(each) && at + 1 != migrations {
            continue;
        }
        let version = format!("{}.{}", at / each / 10 + 1, at / each % 10);
        writeln!(toml, "[[release]]\nversion = \"{version}\"\nschema = \"{}\"", at + 1)?;
        if queries > 0 {
            let text: String = (0..queries).map(|query| schema.query(at + query * 7, query)).collect();
            std::fs::write(folder.join(format!("queries/{version}.sql")), text)?;
            writeln!(toml, "queries = [\"queries/{version}.sql\"]")?;
        }
    }
    std::fs::write(folder.join("releases.toml"), toml)?;
    Ok(())
}

/// The tables with their columns as they are now.
#[derive(Default)]
struct Schema {
    tables: Vec<Vec<String>>,
}

impl Schema {
    /// The statement of one migration.
    fn next(&mut self, at: usize) -> String {
        let place = at % 10;
        if place < 2 || self.tables.is_empty() {
            self.tables.push(["id", "name", "state", "amount", "note"].map(str::to_owned).to_vec());
            return format!("CREATE TABLE t{} ({COLUMNS});\n", self.tables.len() - 1);
        }
        let table = at * 31 % self.tables.len();
        let columns = &mut self.tables[table];
        // Of those that may go, the oldest: never the key.
        let chosen = columns.get(1).cloned();
        match (place, chosen) {
            (5, Some(column)) => {
                columns.remove(1);
                format!("ALTER TABLE t{table} DROP COLUMN {column};\n")
            }
            (6, Some(column)) => {
                columns[1] = format!("{column}_{at}");
                format!("ALTER TABLE t{table} RENAME COLUMN {column} TO {column}_{at};\n")
            }
            (7, Some(column)) => format!("ALTER TABLE t{table} ALTER COLUMN {column} TYPE text;\n"),
            (8, Some(column)) => format!("ALTER TABLE t{table} ALTER COLUMN {column} SET NOT NULL;\n"),
            (9, Some(column)) => format!("ALTER TABLE t{table} ADD CONSTRAINT c{at} CHECK ({column} IS NOT NULL) NOT VALID;\n"),
            _ => {
                columns.push(format!("extra_{at}"));
                format!("ALTER TABLE t{table} ADD COLUMN extra_{at} text;\n")
            }
        }
    }

    /// One of a release's queries: it names every column its table has now.
    fn query(&self, seed: usize, kind: usize) -> String {
        let table = seed * 13 % self.tables.len();
        let all = self.tables[table].join(", ");
        let column = self.tables[table].last().map_or("id", String::as_str);
        match kind % 5 {
            0 => format!("SELECT {all} FROM t{table} WHERE id = $1;\n"),
            1 => {
                let values: Vec<String> = (1..=self.tables[table].len()).map(|at| format!("${at}")).collect();
                format!("INSERT INTO t{table} ({all}) VALUES ({});\n", values.join(", "))
            }
            2 => format!("UPDATE t{table} SET {column} = $1 WHERE id = $2;\n"),
            3 => format!("SELECT * FROM t{table} WHERE {column} = $1 ORDER BY id;\n"),
            _ => {
                let other = (table + 1) % self.tables.len();
                format!("SELECT a.id, b.id, a.{column} FROM t{table} a JOIN t{other} b ON b.id = a.id;\n")
            }
        }
    }
}

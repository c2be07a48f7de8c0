//! A generated Flyway project for the measurements: 40 % CREATE TABLE, 40 % ADD COLUMN, 20 % CREATE INDEX.

use std::path::Path;

use anyhow::Result;

/// Writes `count` scripts of one statement into `folder/sql`.
pub(crate) fn write(folder: &Path, count: usize) -> Result<()> {
    std::fs::create_dir_all(folder.join("sql"))?;
    for at in 0..count {
        std::fs::write(folder.join(name(at)), script(at))?;
    }
    Ok(())
}

/// The path of a script in the project.
pub(crate) fn name(at: usize) -> String {
    format!("sql/V{}__step_{at}.sql", at + 1)
}

/// The statement of one file.
fn script(at: usize) -> String {
    let (group, place) = (at / 5, at % 5);
    let table = format!("t{}", group * 2 + usize::from(place > 0));
    match place {
        0 | 1 => format!("CREATE TABLE {table} (id bigint PRIMARY KEY, name varchar(100) NOT NULL, made timestamptz);\n"),
        2 | 3 => format!("ALTER TABLE {table} ADD COLUMN note_{at} text;\n"),
        _ => format!("CREATE INDEX {table}_name_{at} ON {table} (name);\n"),
    }
}

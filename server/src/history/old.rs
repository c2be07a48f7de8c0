//! The history table of Flyway 3 and before, whose key is the version: nothing can be written into it as it is.
//!
//! Flyway 4 gave it its present shape when it first met one; later ones fail at the first row, with the server's words.

use planner::migration::SourceKind;

use crate::exit::{Failure, Outcome};
use crate::history::{History, flyway};
use crate::target::{DbError, Target};

/// Refuses to write into such a table.
///
/// # Errors
/// [`crate::exit::Exit::Usage`] with the statements that give the table its present shape.
pub async fn refuse(target: &mut Target, history: &History) -> Outcome<()> {
    if history.kind != SourceKind::Flyway || !has_version_rank(target, history).await? {
        return Ok(());
    }
    let name = target.quoted(&history.table);
    Err(Failure::usage(
        format!("The history table {name} has the shape of Flyway 3 (column version_rank), which takes no new rows."),
        format!(
            "Let Flyway 4 run once, which converts it, or make a backup of the table and convert it yourself:\n  {}",
            conversion(target, history).join(";\n  ") + ";"
        ),
    ))
}

async fn has_version_rank(target: &mut Target, history: &History) -> Result<bool, DbError> {
    let table = target.literal(&history.table.name);
    let sql = match target {
        Target::Postgres(_) => format!(
            "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass({}) AND attname = 'version_rank' AND NOT attisdropped",
            target.literal(&target.quoted(&history.table))
        ),
        Target::MySql(_) => {
            let schema = history.table.schema.as_deref().map_or_else(|| "DATABASE()".to_owned(), |name| target.literal(name));
            format!(
                "SELECT 1 FROM information_schema.columns WHERE table_schema = {schema} AND table_name = {table} \
                 AND column_name = 'version_rank'"
            )
        }
        Target::Sqlite(_) => format!("SELECT 1 FROM pragma_table_info({table}) WHERE name = 'version_rank'"),
    };
    Ok(!target.rows(&sql).await?.is_empty())
}

/// What Flyway 4 does with such a table. SQLite cannot change a key, so there it is made anew.
fn conversion(target: &Target, history: &History) -> Vec<String> {
    let name = target.quoted(&history.table);
    let part = |suffix: &str| target.quoted_bare(&format!("{}{suffix}", history.table.name));
    let key = part("_pk");
    let mut statements = match target {
        Target::Postgres(_) => vec![
            format!("ALTER TABLE {name} DROP COLUMN version_rank"),
            format!("ALTER TABLE {name} DROP CONSTRAINT {key}"),
            format!("ALTER TABLE {name} ALTER COLUMN version DROP NOT NULL"),
            format!("ALTER TABLE {name} ADD CONSTRAINT {key} PRIMARY KEY (installed_rank)"),
        ],
        Target::MySql(_) => vec![
            format!("ALTER TABLE {name} DROP PRIMARY KEY, DROP COLUMN version_rank, MODIFY version VARCHAR(50) NULL"),
            format!("ALTER TABLE {name} ADD PRIMARY KEY (installed_rank)"),
        ],
        Target::Sqlite(_) => {
            let old = part("_3");
            let columns = flyway::COLUMNS.join(", ");
            let mut statements = vec![format!("DROP INDEX {}", part("_s_idx")), format!("ALTER TABLE {name} RENAME TO {old}")];
            statements.extend(flyway::ddl(target, history));
            statements.push(format!("INSERT INTO {name} ({columns}) SELECT {columns} FROM {old}"));
            statements.push(format!("DROP TABLE {old}"));
            statements
        }
    };
    statements.push(format!("UPDATE {name} SET type = 'BASELINE' WHERE type = 'INIT'"));
    statements
}

//! What became of a statement that was under way when a run ended: a look at the live catalog.

use planner::dialect::Dialect;
use planner::name::ObjectName;
use planner::statement::operation::Operation;
use planner::statement::parse;

use crate::target::{DbError, Target, literal, quoted};

/// What the catalog says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It got through.
    Applied,
    /// It did not.
    Absent,
    /// It left a ruin that `drop` clears away; then it can run again.
    Invalid {
        /// The statement that clears it away.
        drop: String,
    },
    /// Nobody can know.
    Unknown {
        /// What a person should check, and how to go on.
        check: String,
    },
}

/// Looks. Known are concurrent index builds and drops; everything else is unknown.
///
/// # Errors
/// The server's refusal.
pub async fn look(target: &mut Target, sql: &str) -> Result<Finding, DbError> {
    if target.dialect() != Dialect::Postgres {
        return Ok(unknown());
    }
    match parse::parse(sql, Dialect::Postgres).0.as_slice() {
        [Operation::CreateIndex(create)] => match &create.name {
            Some(name) => index(target, name, &create.table).await,
            None => Ok(unknown()),
        },
        [Operation::DropIndex { index, .. }] => {
            let sql = format!("SELECT to_regclass({}) IS NULL", literal(&quoted(index)));
            let gone = first(target.rows(&sql).await?).as_deref() == Some("t");
            Ok(if gone { Finding::Applied } else { Finding::Absent })
        }
        _ => Ok(unknown()),
    }
}

/// The index of that name on that table: there and valid, there and invalid, or not there.
async fn index(target: &mut Target, name: &str, table: &ObjectName) -> Result<Finding, DbError> {
    let sql = format!(
        "SELECT i.indisvalid AND i.indisready, n.nspname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
         JOIN pg_namespace n ON n.oid = c.relnamespace WHERE i.indrelid = to_regclass({}) AND c.relname = {}",
        literal(&quoted(table)),
        literal(name)
    );
    let rows = target.rows(&sql).await?;
    let Some([Some(valid), Some(schema)]) = rows.first().map(Vec::as_slice) else { return Ok(Finding::Absent) };
    if valid == "t" {
        return Ok(Finding::Applied);
    }
    let full = quoted(&ObjectName::qualified(schema.clone(), name));
    Ok(Finding::Invalid { drop: format!("DROP INDEX CONCURRENTLY {full}") })
}

fn first(rows: Vec<Vec<Option<String>>>) -> Option<String> {
    rows.into_iter().next().and_then(|row| row.into_iter().next()).flatten()
}

fn unknown() -> Finding {
    Finding::Unknown {
        check: "Look whether its change is in the database and say so: `flightplan resolve MIGRATION` shows the statements with their \
                numbers, `--statement NUMBER --as done` or `--as undone` (with --by, --reason, --force) settles one; then run again."
            .to_owned(),
    }
}

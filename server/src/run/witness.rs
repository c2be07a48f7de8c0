//! What a schema change of MySQL or MariaDB is about to change, as it stands before it.
//!
//! Both products make each such statement atomic (MySQL from 8.0, MariaDB from 10.6), and the migration lock keeps other
//! runs out until the server is through with it. So after a crash there are two cases: the objects are as they were,
//! and the statement has to run (or did nothing, and does nothing again); or they are not, and it got through.

use planner::dialect::Dialect;
use planner::name::ObjectName;
use planner::plan::canonical::sha256_hex;
use planner::statement::implicit_commit::leading_words;
use planner::statement::parse::parse;
use planner::statement::touches::{self, ObjectRef};
use serde::{Deserialize, Serialize};

use crate::target::{DbError, Target};

/// The objects, and what they were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Witness {
    /// Tables and views looked at; empty: all of them.
    tables: Vec<(Option<String>, String)>,
    /// SHA-256 of their definitions.
    digest: String,
}

/// Takes a witness as text for the journal; `None` where no look at the catalog could tell.
///
/// # Errors
/// The server's refusal.
pub(super) async fn before(target: &mut Target, sql: &str) -> Result<Option<String>, DbError> {
    if !matches!(target, Target::MySql(_)) || !visible(sql) {
        return Ok(None);
    }
    let tables = tables(sql, target.dialect());
    let digest = digest(target, &tables).await?;
    serde_json::to_string(&Witness { tables, digest }).map(Some).map_err(|error| DbError::other(error.to_string()))
}

/// Whether the objects of a witness have changed since; `None` where there was none.
///
/// # Errors
/// The server's refusal; a witness that cannot be read.
pub(super) async fn changed(target: &mut Target, witness: Option<&str>) -> Result<Option<bool>, DbError> {
    let Some(text) = witness else { return Ok(None) };
    let witness: Witness = serde_json::from_str(text)
        .map_err(|error| DbError::other(format!("the journal's note {text} cannot be read: {error}")))?;
    Ok(Some(digest(target, &witness.tables).await? != witness.digest))
}

/// Whether the statement changes what a definition shows, and nothing beside it. Truncating or exchanging a partition
/// moves rows and leaves no trace; users and whole databases are not looked at.
fn visible(sql: &str) -> bool {
    let words = leading_words(sql, 5);
    let upper = sql.to_ascii_uppercase();
    let object = |word: &String| {
        matches!(
            word.as_str(),
            "TABLE"
                | "TABLES"
                | "INDEX"
                | "VIEW"
                | "PROCEDURE"
                | "FUNCTION"
                | "TRIGGER"
                | "EVENT"
                | "SEQUENCE"
                | "DEFINER"
                | "ALGORITHM"
                | "SQL"
                | "AGGREGATE"
        )
    };
    match words.first().map_or("", String::as_str) {
        "CREATE" | "ALTER" | "DROP" | "RENAME" => {
            words.iter().any(object) && !upper.contains("EXCHANGE") && !upper.contains("TRUNCATE")
        }
        // Running these twice is what running them once is.
        "ANALYZE" | "OPTIMIZE" | "CHECK" | "REPAIR" | "FLUSH" | "GRANT" | "REVOKE" => true,
        _ => false,
    }
}

/// The tables and views the statement names; empty where it touches anything else, or is not understood.
fn tables(sql: &str, dialect: Dialect) -> Vec<(Option<String>, String)> {
    let mut found = Vec::new();
    for operation in parse(sql, dialect).0 {
        for object in touches::writes(&operation) {
            match object {
                ObjectRef::Table(name) | ObjectRef::Column(name, _) | ObjectRef::Constraint(name, _) => {
                    found.push((name.schema, name.name));
                }
                // An index stands in the definition of its table, which is among the others.
                ObjectRef::Index(_) => {}
                _ => return Vec::new(),
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

async fn digest(target: &mut Target, tables: &[(Option<String>, String)]) -> Result<String, DbError> {
    let mut text = String::new();
    let listed = if tables.is_empty() { every_table(target).await? } else { tables.to_vec() };
    for (schema, name) in listed {
        let sql = format!("SHOW CREATE TABLE {}", target.quoted(&ObjectName { schema, name }));
        match target.rows(&sql).await {
            Ok(rows) => rows.into_iter().flatten().flatten().for_each(|value| text.push_str(&without_counter(&value))),
            // Not there (1146, 1049), or a view whose tables are gone (1356).
            Err(error) if matches!(error.code.as_deref(), Some("1146" | "1049" | "1356")) => text.push('-'),
            Err(error) => return Err(error),
        }
        text.push('\n');
    }
    if tables.is_empty() {
        for sql in BESIDES {
            let rows = target.rows(sql).await?;
            rows.into_iter().flatten().for_each(|value| text.push_str(&format!("{value:?}\n")));
        }
    }
    Ok(sha256_hex(text.as_bytes()))
}

async fn every_table(target: &mut Target) -> Result<Vec<(Option<String>, String)>, DbError> {
    let sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1";
    Ok(target.rows(sql).await?.into_iter().flatten().flatten().map(|name| (None, name)).collect())
}

/// What hangs beside the tables. The times tell a replaced body from the same one before.
const BESIDES: [&str; 3] = [
    "SELECT trigger_name, event_object_table, action_timing, event_manipulation, action_statement, created \
     FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY 1",
    "SELECT routine_type, routine_name, created, last_altered, routine_definition \
     FROM information_schema.routines WHERE routine_schema = DATABASE() ORDER BY 1, 2",
    "SELECT event_name, created, last_altered, event_definition FROM information_schema.events \
     WHERE event_schema = DATABASE() ORDER BY 1",
];

/// `AUTO_INCREMENT=n` grows with the application's rows.
fn without_counter(definition: &str) -> String {
    let Some((head, tail)) = definition.rsplit_once(" AUTO_INCREMENT=") else { return definition.to_owned() };
    format!("{head}{}", tail.trim_start_matches(|sign: char| sign.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_no_trace_is_not_witnessed() {
        assert!(visible("CREATE OR REPLACE ALGORITHM=MERGE VIEW v AS SELECT 1"));
        assert!(visible("/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ TRIGGER t"));
        assert!(visible("CREATE UNIQUE INDEX i ON t (a)"));
        for sql in [
            "CREATE USER x",
            "DROP DATABASE d",
            "TRUNCATE TABLE t",
            "CALL p()",
            "ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u",
        ] {
            assert!(!visible(sql), "{sql}");
        }
    }

    #[test]
    fn the_counter_of_a_table_is_left_out() {
        assert_eq!(without_counter("x ENGINE=InnoDB AUTO_INCREMENT=17 DEFAULT"), "x ENGINE=InnoDB DEFAULT");
    }

    #[test]
    fn known_tables_are_named_and_others_are_not() {
        let table = |name: &str| (None, name.to_owned());
        assert_eq!(tables("ALTER TABLE a ADD COLUMN b INT", Dialect::MariaDb), [table("a")]);
        assert_eq!(tables("RENAME TABLE a TO b", Dialect::MariaDb), [table("a"), table("b")]);
        assert!(tables("CREATE PROCEDURE p() SELECT 1", Dialect::MariaDb).is_empty());
    }
}

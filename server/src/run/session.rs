//! What a script of MySQL or MariaDB keeps in its session between two statements.
//!
//! A run that goes on in the middle of a script has a new session. User variables and `LAST_INSERT_ID()` are kept in the
//! journal beside each statement and are put back; a temporary table cannot be.

use planner::plan::{PlannedStatement, Step};
use planner::statement::implicit_commit::leading_words;
use serde::{Deserialize, Serialize};

use crate::exit::{Exit, Failure};
use crate::journal::StepError;
use crate::target::{DbError, Target};

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    /// Name, and value as SQL text.
    variables: Vec<(String, String)>,
    /// `LAST_INSERT_ID()`.
    last_insert_id: String,
}

/// Whether a script keeps anything that has to be noted.
pub(super) fn keeps(target: &Target, step: &Step) -> bool {
    matches!(target, Target::MySql(_)) && step.statements.iter().any(|statement| reads(&statement.sql))
}

/// A user variable (`@a`, not `@@a` nor the `'a'@'b'` of an account) or the last id.
fn reads(sql: &str) -> bool {
    let variable = sql.match_indices('@').any(|(at, _)| {
        let before = sql.get(..at).and_then(|text| text.chars().next_back());
        let after = sql.get(at + 1..).and_then(|text| text.chars().next());
        !before.is_some_and(|sign| sign.is_alphanumeric() || matches!(sign, '@' | '\'' | '`' | '"'))
            && after.is_some_and(|sign| sign.is_alphanumeric() || matches!(sign, '_' | '`'))
    });
    variable || sql.to_ascii_uppercase().contains("LAST_INSERT_ID")
}

/// Stands in the journal where this user may not list the variables of the session.
const UNKNOWN: &str = "unknown";

/// The session as text for the journal.
///
/// # Errors
/// The server's refusal.
pub(super) async fn keep(target: &mut Target) -> Result<Option<String>, DbError> {
    let Target::MySql(mysql) = target else { return Ok(None) };
    let Ok(variables) = mysql.variables().await else { return Ok(Some(UNKNOWN.to_owned())) };
    let rows = target.rows("SELECT LAST_INSERT_ID()").await?;
    let last_insert_id = rows.into_iter().flatten().flatten().next().unwrap_or_default();
    serde_json::to_string(&Kept { variables, last_insert_id }).map(Some).map_err(|error| DbError::other(error.to_string()))
}

/// Puts back what the last statement that is done left behind.
///
/// # Errors
/// The server's refusal; [`Exit::Stopped`] where it is not known and something that is left reads it.
pub(super) async fn restore(target: &mut Target, kept: &str, left: &[&PlannedStatement]) -> Result<(), StepError> {
    let Ok(kept) = serde_json::from_str::<Kept>(kept) else {
        return match left.iter().find(|statement| reads(&statement.sql)) {
            Some(statement) => Err(StepError::Stop(unknown(statement))),
            None => Ok(()),
        };
    };
    for (name, value) in &kept.variables {
        let sql = format!("SET @{} = {value}", target.quoted_bare(name));
        target.execute(&sql).await?;
    }
    if !kept.last_insert_id.is_empty() && kept.last_insert_id.bytes().all(|byte| byte.is_ascii_digit()) {
        target.execute(&format!("SELECT LAST_INSERT_ID({})", kept.last_insert_id)).await?;
    }
    Ok(())
}

fn unknown(statement: &PlannedStatement) -> Failure {
    Failure::new(
        Exit::Stopped,
        format!(
            "{}:{}: this statement reads a variable of the session, which went with the run that stopped before it.",
            statement.file, statement.line
        ),
        "Write its value into what is left of the script (what is done is not run again), then run again. A user who may \
         read performance_schema.user_variables_by_thread is spared this.",
    )
}

/// Refuses to go on where what is left needs a temporary table that went with the session.
///
/// # Errors
/// [`Exit::Stopped`], with the way out.
pub(super) fn refuse_lost(done: &[&PlannedStatement], left: &[&PlannedStatement]) -> Result<(), StepError> {
    for statement in done {
        let Some(name) = temporary(&statement.sql) else { continue };
        let needed = left.iter().find(|statement| statement.sql.to_ascii_lowercase().contains(&name));
        if let Some(needed) = needed {
            return Err(StepError::Stop(Failure::new(
                Exit::Stopped,
                format!(
                    "{}:{}: this statement reads the temporary table {name}, which line {} made and which went with the run \
                     that stopped before it.",
                    needed.file, needed.line, statement.line
                ),
                "Change what is left of the script so that it makes what it needs anew (what is done is not run again), then \
                 run again.",
            )));
        }
    }
    Ok(())
}

/// The name of the temporary table a statement makes, in small letters.
fn temporary(sql: &str) -> Option<String> {
    let words = leading_words(sql, 2);
    if words.first().map(String::as_str) != Some("CREATE") || words.get(1).map(String::as_str) != Some("TEMPORARY") {
        return None;
    }
    let lower = sql.to_ascii_lowercase();
    let (_, rest) = lower.split_once("table")?;
    let rest = rest.trim_start();
    let rest = rest.strip_prefix("if not exists").unwrap_or(rest).trim_start().trim_start_matches('`');
    let end = rest.find(|sign: char| !(sign.is_alphanumeric() || sign == '_')).unwrap_or(rest.len());
    rest.get(..end).filter(|name| !name.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_told_from_settings_and_accounts() {
        assert!(reads("INSERT INTO t VALUES (@id)") && reads("SET @`a b` = 1") && reads("SELECT last_insert_id()"));
        assert!(!reads("SET @@sql_mode = ''") && !reads("GRANT ALL ON *.* TO 'a'@'%'") && !reads("SELECT 'a@b'"));
    }

    #[test]
    fn temporary_tables_are_named() {
        assert_eq!(temporary("CREATE TEMPORARY TABLE IF NOT EXISTS `Old` (a INT)").as_deref(), Some("old"));
        assert_eq!(temporary("CREATE TABLE t (a INT)"), None);
    }
}

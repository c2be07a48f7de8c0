//! What reaches beyond a scratch database on the server it stands on: that server is the target's.

use planner::Report;
use planner::dialect::Dialect;
use planner::statement::operation::Operation;
use planner::statement::split::tokens;

use crate::exit::{Failure, Outcome};

/// Words by which a statement reaches what the whole server shares, or another database. They are looked for in the whole
/// text, because a DO block or a procedure says them as well as a statement does.
const SHARED: &[&str] = &[
    "CREATE ROLE",
    "ALTER ROLE",
    "DROP ROLE",
    "CREATE USER",
    "ALTER USER",
    "DROP USER",
    "CREATE GROUP",
    "REASSIGN OWNED",
    "CREATE DATABASE",
    "ALTER DATABASE",
    "DROP DATABASE",
    "ON DATABASE",
    "ALTER SYSTEM",
    "SET GLOBAL",
    "SET PERSIST",
    "CREATE TABLESPACE",
    "ALTER TABLESPACE",
    "DROP TABLESPACE",
    "SUBSCRIPTION",
    "DBLINK",
    "CREATE SERVER",
];

/// Refuses a project of which some statement reaches beyond its database.
///
/// # Errors
/// [`crate::exit::Exit::Usage`] with the first such statement, before anything is made.
pub(super) fn keeps_to_itself(report: &Report, database: &str) -> Outcome<()> {
    let settings = &report.settings;
    let own = report.migrations.iter().filter(|migration| migration.source == settings.source);
    for statement in own.flat_map(|one| one.up.statements.iter().chain(one.undo.iter().flat_map(|undo| &undo.statements))) {
        let roles = statement.operations.iter().any(|operation| matches!(operation, Operation::Role { .. }));
        let why = if roles { Some("it changes roles".to_owned()) } else { reach(&statement.sql, settings.dialect, database) };
        refuse(why, &statement.span.file, statement.span.line)?;
    }
    for statement in report.callbacks.iter().flat_map(|callback| &callback.statements) {
        refuse(reach(&statement.sql, settings.dialect, database), &statement.file, statement.line)?;
    }
    Ok(())
}

/// Why a statement would not keep to the scratch database.
fn reach(sql: &str, dialect: Dialect, database: &str) -> Option<String> {
    let text = sql.to_uppercase().split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(words) = SHARED.iter().find(|words| text.contains(**words)) {
        return Some(format!("{words} reaches what the whole server shares"));
    }
    let named = |word: &&str| word.trim_matches('`').eq_ignore_ascii_case(database) || word.eq_ignore_ascii_case("use");
    let mysql = matches!(dialect, Dialect::MySql | Dialect::MariaDb);
    let names = mysql && tokens(sql, dialect, usize::MAX).iter().any(named);
    names.then(|| "it names the database, and so would run on it".to_owned())
}

fn refuse(why: Option<String>, file: &str, line: u32) -> Outcome<()> {
    let Some(why) = why else { return Ok(()) };
    Err(Failure::usage(
        format!("{file}:{line}: cannot be rehearsed beside the target: {why}. Nothing was changed."),
        "Rehearse on another server: --url of a staging database, or none at all for a PostgreSQL of the rehearsal's own.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_shares_is_found_inside_bodies_too() {
        let found = |sql: &str, dialect| reach(sql, dialect, "shop").is_some();
        assert!(found("DO $$ BEGIN CREATE\n  ROLE app; END $$", Dialect::Postgres));
        assert!(found("grant connect on database shop to app", Dialect::Postgres));
        assert!(found("ALTER TABLE `shop`.users ADD a int", Dialect::MariaDb));
        assert!(!found("ALTER TABLE users ADD a int", Dialect::MariaDb));
        assert!(!found("CREATE TABLE shop (role text, system text)", Dialect::Postgres));
    }
}

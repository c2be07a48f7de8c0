//! MySQL and MariaDB: events, routines, views, tables, sequences (`MySQLSchema.doClean` of 9.16.2).

use planner::name::ObjectName;

use super::names;
use crate::target::{DbError, Target};

/// Drops everything in a database. Each statement commits by itself.
///
/// # Errors
/// The server's refusal.
pub(super) async fn drop_all(target: &mut Target, schema: &str) -> Result<(), DbError> {
    let text = target.literal(schema);
    let events = format!("SELECT event_name FROM information_schema.events WHERE event_schema = {text}");
    // MariaDB does not let events be listed while the scheduler is switched off.
    let found = names(target, &events).await.unwrap_or_default();
    each(target, schema, "EVENT", found).await?;
    for kind in ["PROCEDURE", "FUNCTION", "PACKAGE"] {
        let routines = format!(
            "SELECT routine_name FROM information_schema.routines WHERE routine_schema = {text} AND routine_type = '{kind}'"
        );
        let found = names(target, &routines).await?;
        each(target, schema, kind, found).await?;
    }
    let views = format!("SELECT table_name FROM information_schema.views WHERE table_schema = {text}");
    let found = names(target, &views).await?;
    each(target, schema, "VIEW", found).await?;
    target.execute("SET FOREIGN_KEY_CHECKS = 0").await?;
    let dropped = tables(target, schema, &text).await;
    target.execute("SET FOREIGN_KEY_CHECKS = 1").await?;
    dropped?;
    let found = names(target, &relations(&text, "'SEQUENCE'")).await?;
    each(target, schema, "SEQUENCE", found).await
}

async fn tables(target: &mut Target, schema: &str, text: &str) -> Result<(), DbError> {
    let found = names(target, &relations(text, "'BASE TABLE', 'SYSTEM VERSIONED'")).await?;
    each(target, schema, "TABLE", found).await
}

fn relations(schema: &str, kinds: &str) -> String {
    format!("SELECT table_name FROM information_schema.tables WHERE table_schema = {schema} AND table_type IN ({kinds})")
}

async fn each(target: &mut Target, schema: &str, kind: &str, names: Vec<String>) -> Result<(), DbError> {
    for name in names {
        let name = target.quoted(&ObjectName::qualified(schema, name));
        target.execute(&format!("DROP {kind} IF EXISTS {name}")).await?;
    }
    Ok(())
}

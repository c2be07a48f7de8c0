//! Who changes the schema outside Flightplan: on PostgreSQL an event trigger that notes it, where the project wants one.
//!
//! Drift says what differs; the log says who made it so, when, from where and with which statement. Sessions of Flightplan
//! itself are not noted: their runs are in the journal. Whoever may switch off event triggers can hide from it.

use planner::name::ObjectName;
use serde::Serialize;

use crate::history::History;
use crate::target::{DbError, Target};

/// What is ours there, for leaving it out of fingerprints.
pub const NAMES: [&str; 2] = ["flightplan_ddl", "flightplan_ddl_note"];

/// Changes that are shown.
const SHOWN: usize = 50;

/// A change that somebody made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// When, in UTC.
    pub at: String,
    /// Who was logged in.
    pub role: String,
    /// With what.
    pub application: String,
    /// From where; empty: by the server's own socket.
    pub address: String,
    /// `ALTER TABLE`.
    pub tag: String,
    /// The object, as the server names it.
    pub object: String,
    /// The statement, with others of its message.
    pub statement: String,
}

impl Change {
    /// The change as a line.
    #[must_use]
    pub fn line(&self) -> String {
        let Self { at, role, application, address, tag, object, statement } = self;
        let address = if address.is_empty() { "the server's socket" } else { address };
        let words: Vec<&str> = statement.split_whitespace().collect();
        format!("{at}  {tag} {object} by {role} with {application} from {address}: {}", words.join(" "))
    }
}

fn table(history: &History) -> ObjectName {
    ObjectName { schema: history.table.schema.clone(), name: "flightplan_ddl".to_owned() }
}

/// The statements that begin to note.
#[must_use]
pub fn installation(target: &Target, history: &History) -> Vec<String> {
    let schema = target.quoted_bare(history.table.schema.as_deref().unwrap_or("public"));
    let text = include_str!("postgres.sql").replace("{schema}", &schema);
    // The body of the function holds the only other semicolons at the end of a line, and they are indented.
    let mut all = Vec::new();
    let mut statement = String::new();
    for line in text.lines() {
        statement.push_str(line);
        statement.push('\n');
        let ends = line.ends_with(';') && !line.starts_with(' ') && !line.starts_with("END");
        if ends {
            all.push(std::mem::take(&mut statement));
        }
    }
    all
}

/// The statements that end it; what was noted goes too.
#[must_use]
pub fn removal(target: &Target, history: &History) -> Vec<String> {
    let schema = target.quoted_bare(history.table.schema.as_deref().unwrap_or("public"));
    vec![
        "DROP EVENT TRIGGER IF EXISTS flightplan_ddl".to_owned(),
        "DROP EVENT TRIGGER IF EXISTS flightplan_ddl_drop".to_owned(),
        format!("DROP FUNCTION IF EXISTS {schema}.flightplan_ddl_note()"),
        format!("DROP TABLE IF EXISTS {schema}.flightplan_ddl"),
    ]
}

/// What was noted, newest first; `None`: nobody notes.
///
/// # Errors
/// The server's refusal.
pub async fn read(target: &mut Target, history: &History) -> Result<Option<Vec<Change>>, DbError> {
    if !matches!(target, Target::Postgres(_)) || !target.has_table(&table(history)).await? {
        return Ok(None);
    }
    let sql = format!(
        "SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), role, coalesce(application, ''), \
         coalesce(host(address), ''), tag, coalesce(object, ''), coalesce(statement, '') FROM {} ORDER BY at DESC LIMIT {SHOWN}",
        target.quoted(&table(history))
    );
    let change = |row: Vec<Option<String>>| {
        let [at, role, application, address, tag, object, statement] = <[_; 7]>::try_from(row).ok()?;
        Some(Change {
            at: at?,
            role: role?,
            application: application?,
            address: address?,
            tag: tag?,
            object: object?,
            statement: statement?,
        })
    };
    Ok(Some(target.rows(&sql).await?.into_iter().filter_map(change).collect()))
}

//! Clauses about what runs elsewhere: calls, triggers, conditions in bodies, policies.

use serde::{Deserialize, Serialize};

use crate::name::ObjectName;

/// What a command runs that is written elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Called {
    /// A function or procedure.
    Routine {
        /// Its name.
        name: ObjectName,
        /// The arguments as written.
        arguments: Vec<String>,
    },
    /// MySQL, MariaDB: a prepared statement by its name.
    Prepared(String),
    /// MariaDB: a compound statement outside a routine, as written.
    Block(String),
}

/// When a trigger of PostgreSQL's runs, and what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Firing {
    /// What it is fired by.
    pub events: Vec<TriggerEvent>,
    /// `UPDATE OF`; empty: whichever column is written.
    pub columns: Vec<String>,
    /// Fires for rows, so not without one, and not for those that `WHEN` leaves out.
    pub for_rows: bool,
    /// The function it runs.
    pub function: ObjectName,
}

/// What fires a trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TriggerEvent {
    /// `INSERT`.
    Insert,
    /// `UPDATE`.
    Update,
    /// `DELETE`.
    Delete,
    /// `TRUNCATE`.
    Truncate,
}

/// What keeps statements of a body from running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// That it is done already: a look into the server's catalogs, or a handler of the error.
    Undone,
    /// Rows, settings, another error: nothing that a schema tells.
    Unknown,
}

/// What becomes of a row security policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyChange {
    /// `CREATE POLICY`.
    Create,
    /// `ALTER POLICY`, whatever but the name.
    Alter,
    /// `ALTER POLICY … RENAME TO`.
    Rename(String),
    /// `DROP POLICY`.
    Drop {
        /// `IF EXISTS`.
        if_exists: bool,
    },
}

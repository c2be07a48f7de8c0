//! A refusal of the database, sorted by what the executor does about it.

use std::fmt;

use crate::exit::Failure;
use crate::target::refusal::Refusal;

/// What the server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DbError {
    /// What to do about it.
    pub kind: DbErrorKind,
    /// SQLSTATE, MySQL's error number or SQLite's extended code, where there is one.
    pub code: Option<String>,
    /// The server's message, with detail and hint.
    pub message: String,
    /// The same in the words of Flyway's drivers; absent: it did not come from a server.
    pub refusal: Option<Box<Refusal>>,
}

/// What a refusal means for the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DbErrorKind {
    /// Somebody else was in the way: lock timeout, deadlock, serialization, busy. The whole step may be tried again.
    Transient,
    /// The connection is gone; nothing is known about the statement that was under way.
    ConnectionLost,
    /// Anything else: trying again would fail again.
    Permanent,
}

impl DbError {
    /// An error that did not come from a server.
    #[must_use]
    pub const fn other(message: String) -> Self {
        Self { kind: DbErrorKind::Permanent, code: None, message, refusal: None }
    }

    /// Why it may be worth another try, as the beginning of a sentence.
    #[must_use]
    pub fn reason(&self) -> String {
        match self.code.as_deref() {
            Some("55P03") => "A lock was not granted within lock_timeout".to_owned(),
            Some("1205") => "A lock was not granted within lock_wait_timeout".to_owned(),
            Some("40P01" | "1213") => "The server broke a deadlock".to_owned(),
            Some("26000") => "The migration discarded the prepared statements of the session".to_owned(),
            Some("40001") => "A concurrent transaction changed the same rows".to_owned(),
            _ => self.message.clone(),
        }
    }
}

impl fmt::Display for DbError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(f, "{} ({code})", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for DbError {}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => {
                let code = database.code().map(std::borrow::Cow::into_owned);
                let mut message = database.message().to_owned();
                let refusal = Some(Box::new(Refusal::of(&**database)));
                if let Some(postgres) = database.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
                    for more in [postgres.detail(), postgres.hint()].into_iter().flatten() {
                        message.push_str(". ");
                        message.push_str(more);
                    }
                }
                if let Some(mysql) = database.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
                    // SQLSTATE is HY000 for almost everything here; people look for the number.
                    return Self { kind: mysql_kind(mysql.number()), code: Some(mysql.number().to_string()), message, refusal };
                }
                Self { kind: kind_of(code.as_deref()), code, message, refusal }
            }
            sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => {
                Self { kind: DbErrorKind::ConnectionLost, code: None, message: error.to_string(), refusal: None }
            }
            _ => Self::other(error.to_string()),
        }
    }
}

/// 55P03 lock_not_available, 40P01 deadlock_detected, 40001 serialization_failure; SQLite 5 BUSY and 6 LOCKED with
/// their extended codes; 57P01..03 and class 08 are a server that goes away.
fn kind_of(code: Option<&str>) -> DbErrorKind {
    match code {
        Some("55P03" | "40P01" | "40001" | "5" | "6" | "261" | "517" | "262") => DbErrorKind::Transient,
        Some("57P01" | "57P02" | "57P03") => DbErrorKind::ConnectionLost,
        Some(code) if code.len() == 5 && code.starts_with("08") => DbErrorKind::ConnectionLost,
        _ => DbErrorKind::Permanent,
    }
}

/// 1205 lock wait timeout, 1213 deadlock, 1020 record changed since the snapshot; 1053 shutdown in progress, 1927 and
/// 3169 killed by somebody, 4031 sent away for being idle.
const fn mysql_kind(number: u16) -> DbErrorKind {
    match number {
        1020 | 1205 | 1213 => DbErrorKind::Transient,
        1053 | 1927 | 3169 | 4031 => DbErrorKind::ConnectionLost,
        _ => DbErrorKind::Permanent,
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        match error.kind {
            DbErrorKind::ConnectionLost => Self::failed(
                format!("The connection to the database was lost: {error}."),
                "Check that the server is up, then run the same command again; it goes on from where it stopped.",
            ),
            _ => Self::failed(format!("The database refused: {error}."), ""),
        }
    }
}

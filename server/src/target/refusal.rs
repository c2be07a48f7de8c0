//! A refused statement as Flyway's error block tells it, in the words of its JDBC drivers.

use sqlx::error::DatabaseError;
use sqlx::mysql::MySqlDatabaseError;
use sqlx::postgres::{PgDatabaseError, PgErrorPosition, PgSeverity};

/// What the server refused and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// SQLSTATE; SQLite has none.
    pub sql_state: Option<String>,
    /// MySQL's error number or SQLite's code; PostgreSQL has none, for which its driver says 0.
    pub error_code: i64,
    /// The message, with what PostgreSQL adds on lines of its own.
    pub message: String,
    /// The script's file below the project; empty until known.
    pub file: String,
    /// Line of the statement in it, from 1.
    pub line: u32,
    /// The statement as it was sent.
    pub statement: String,
}

impl Refusal {
    /// Of what a server answered, the statement not yet known.
    #[must_use]
    pub fn of(error: &dyn DatabaseError) -> Self {
        let code = error.code().map(std::borrow::Cow::into_owned);
        let message = error.message().to_owned();
        if let Some(postgres) = error.try_downcast_ref::<PgDatabaseError>() {
            return Self { sql_state: code, message: postgres_text(postgres), ..Self::default() };
        }
        if let Some(mysql) = error.try_downcast_ref::<MySqlDatabaseError>() {
            return Self { sql_state: code, error_code: mysql.number().into(), message, ..Self::default() };
        }
        // The low byte is the primary code, which is what SQLite's driver gives.
        let number: i64 = code.and_then(|code| code.parse().ok()).unwrap_or(0);
        Self { error_code: number & 0xff, message, ..Self::default() }
    }
}

/// `ServerErrorMessage.toString` of the PostgreSQL driver.
fn postgres_text(error: &PgDatabaseError) -> String {
    let severity = match error.severity() {
        PgSeverity::Panic => "PANIC",
        PgSeverity::Fatal => "FATAL",
        _ => "ERROR",
    };
    let position = match error.position() {
        Some(PgErrorPosition::Original(position)) => Some(position.to_string()),
        Some(PgErrorPosition::Internal { .. }) | None => None,
    };
    let more =
        [("Detail", error.detail()), ("Hint", error.hint()), ("Position", position.as_deref()), ("Where", error.r#where())];
    let more = more.iter().filter_map(|(name, text)| text.map(|text| format!("\n  {name}: {text}")));
    std::iter::once(format!("{severity}: {}", error.message())).chain(more).collect()
}

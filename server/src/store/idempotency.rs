//! Answers that were given under an idempotency key: the same request gets the same answer, and does nothing twice.

use sqlx::Row;

use crate::exit::Outcome;
use crate::store::{Store, broken, now};

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nobody has used it: it is taken now.
    New,
    /// Its request is under way.
    UnderWay,
    /// It was used for another request.
    Other,
    /// The answer that was given: status and body.
    Answered(u16, String),
}

impl Store {
    /// Takes a key for a request, by its digest.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn take_key(&self, key: &str, request: &str) -> Outcome<Known> {
        // What is older than a day may be used anew.
        let old = "DELETE FROM idempotency WHERE julianday(at) < julianday('now') - 1";
        sqlx::raw_sql(old).execute(&self.pool).await.map_err(|error| broken(&error))?;
        let taken = sqlx::query("INSERT INTO idempotency (key, request, at) VALUES (?, ?, ?) ON CONFLICT (key) DO NOTHING");
        let taken = taken.bind(key).bind(request).bind(now()).execute(&self.pool).await.map_err(|error| broken(&error))?;
        if taken.rows_affected() == 1 {
            return Ok(Known::New);
        }
        let row = sqlx::query("SELECT request, status, body FROM idempotency WHERE key = ?").bind(key);
        let row = row.fetch_one(&self.pool).await.map_err(|error| broken(&error))?;
        let same: String = row.try_get(0).map_err(|error| broken(&error))?;
        let status: Option<i64> = row.try_get(1).map_err(|error| broken(&error))?;
        let body: Option<String> = row.try_get(2).map_err(|error| broken(&error))?;
        Ok(match (same == request, status) {
            (false, _) => Known::Other,
            (true, None) => Known::UnderWay,
            (true, Some(status)) => Known::Answered(u16::try_from(status).unwrap_or(500), body.unwrap_or_default()),
        })
    }

    /// Keeps the answer.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn keep_answer(&self, key: &str, status: u16, body: &str) -> Outcome<()> {
        let kept = sqlx::query("UPDATE idempotency SET status = ?, body = ? WHERE key = ?").bind(i64::from(status)).bind(body);
        kept.bind(key).execute(&self.pool).await.map(drop).map_err(|error| broken(&error))
    }

    /// Gives a key back whose request came to nothing.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn free_key(&self, key: &str) -> Outcome<()> {
        let freed = sqlx::query("DELETE FROM idempotency WHERE key = ?").bind(key);
        freed.execute(&self.pool).await.map(drop).map_err(|error| broken(&error))
    }
}

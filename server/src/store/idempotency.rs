//! Answers that were given under an idempotency key: the same request gets the same answer, and does nothing twice.

use crate::exit::Outcome;
use crate::store::sql::sql;
use crate::store::{Store, ago, now};

/// How long an answer is kept, seconds.
const DAY_S: u64 = 24 * 3600;

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
        sql("DELETE FROM idempotency WHERE at < $1").bind(ago(DAY_S)).run(&self.pool).await?;
        let taken = sql("INSERT INTO idempotency (key, request, at) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING");
        if taken.bind(key).bind(request).bind(now()).run(&self.pool).await? == 1 {
            return Ok(Known::New);
        }
        let row = sql("SELECT request, status, body FROM idempotency WHERE key = $1").bind(key).first(&self.pool).await?;
        // Whoever had it gave it back in between.
        let Some(row) = row else { return Ok(Known::UnderWay) };
        let (same, status, body): (String, Option<i64>, Option<String>) = (row.get(0)?, row.get(1)?, row.get(2)?);
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
        let kept = sql("UPDATE idempotency SET status = $1, body = $2 WHERE key = $3").bind(i64::from(status)).bind(body);
        kept.bind(key).run(&self.pool).await.map(drop)
    }

    /// Gives a key back whose request came to nothing.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn free_key(&self, key: &str) -> Outcome<()> {
        let freed = sql("DELETE FROM idempotency WHERE key = $1").bind(key);
        freed.run(&self.pool).await.map(drop)
    }
}

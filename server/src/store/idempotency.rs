//! Answers that were given under an idempotency key: the same request gets the same answer, and does nothing twice.

use planner::plan::canonical::sha256_hex;
use tokio::sync::Mutex;

use crate::exit::Outcome;
use crate::store::sql::sql;
use crate::store::{Store, ago, now};

/// How long an answer is kept, seconds.
const DAY_S: u64 = 24 * 3600;

/// A process takes one key after the other: to its own locks it is no stranger.
static TURN: Mutex<()> = Mutex::const_new(());

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nobody has used it: it is taken now.
    New,
    /// Its request is under way.
    UnderWay,
    /// The server that had its request is gone, and what became of it is not known.
    Gone,
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
        let _turn = TURN.lock().await;
        let lock = lock_of(key);
        let under_way = self.locks.is_held(&lock, &self.pool).await?;
        if !under_way && !self.locks.try_hold(&lock).await? {
            return Ok(Known::UnderWay);
        }
        let known = self.known(key, request, under_way).await;
        if !under_way && !matches!(known, Ok(Known::New)) {
            self.locks.release(&lock).await;
        }
        known
    }

    async fn known(&self, key: &str, request: &str, under_way: bool) -> Outcome<Known> {
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
            (true, None) if under_way => Known::UnderWay,
            (true, None) => Known::Gone,
            (true, Some(status)) => Known::Answered(u16::try_from(status).unwrap_or(500), body.unwrap_or_default()),
        })
    }

    /// Keeps the answer.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn keep_answer(&self, key: &str, status: u16, body: &str) -> Outcome<()> {
        let kept = sql("UPDATE idempotency SET status = $1, body = $2 WHERE key = $3").bind(i64::from(status)).bind(body);
        let kept = kept.bind(key).run(&self.pool).await.map(drop);
        self.locks.release(&lock_of(key)).await;
        kept
    }

    /// Gives a key back whose request came to nothing.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn free_key(&self, key: &str) -> Outcome<()> {
        let freed = sql("DELETE FROM idempotency WHERE key = $1").bind(key);
        let freed = freed.run(&self.pool).await.map(drop);
        self.locks.release(&lock_of(key)).await;
        freed
    }
}

/// The lock that a process holds while a request with this key is under way; a key may be no file's name.
fn lock_of(key: &str) -> String {
    format!("key-{}", &sha256_hex(key.as_bytes())[..32])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::place::Place;

    #[tokio::test]
    async fn who_died_with_a_request_keeps_no_one_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::File(folder.path().join("control.db"));
        let (first, second) = (Store::open(&place).await.unwrap(), Store::open(&place).await.unwrap());
        assert_eq!(first.take_key("k", "r").await.unwrap(), Known::New);
        assert_eq!(first.take_key("k", "r").await.unwrap(), Known::UnderWay);
        assert_eq!(second.take_key("k", "r").await.unwrap(), Known::UnderWay);
        drop(first);
        assert_eq!(second.take_key("k", "r").await.unwrap(), Known::Gone);
        assert_eq!(second.take_key("k", "r").await.unwrap(), Known::Gone, "asking takes nothing");
        assert_eq!(second.take_key("k", "another").await.unwrap(), Known::Other);
        assert_eq!(second.take_key("new", "r").await.unwrap(), Known::New);
        second.keep_answer("new", 201, "{}").await.unwrap();
        assert_eq!(second.take_key("new", "r").await.unwrap(), Known::Answered(201, "{}".to_owned()));
    }
}

//! Who gave wrong passwords lately, counted for all nodes together. Names and addresses are kept as hashes: people type
//! passwords where a name belongs.

use crate::exit::Outcome;
use crate::identity::secret;
use crate::store::sql::sql;
use crate::store::{Store, ago, now};

/// Names and addresses remembered, at most.
const REMEMBERED: u64 = 10_000;

impl Store {
    /// Counts a try by name or address, before it is known to be wrong, so that many at once are as many: how many there were
    /// within so many seconds before, and since when.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn count_try(&self, subject: &str, window_s: u64) -> Outcome<(u64, String)> {
        let begin = ago(window_s);
        sql("DELETE FROM wrong_passwords WHERE since < $1").bind(&begin).run(&self.pool).await?;
        let counted = sql("INSERT INTO wrong_passwords (subject, times, since) SELECT $1, 1, $2 \
             WHERE (SELECT count(*) FROM wrong_passwords) < $3 OR EXISTS (SELECT 1 FROM wrong_passwords WHERE subject = $1) \
             ON CONFLICT (subject) DO UPDATE SET times = wrong_passwords.times + 1 RETURNING times, since");
        let counted = counted.bind(secret::hash(subject)).bind(now()).bind(REMEMBERED).first(&self.pool).await?;
        let Some(row) = counted else { return Ok((0, begin)) };
        Ok((u64::try_from(row.get::<i64>(0)?).unwrap_or_default().saturating_sub(1), row.get(1)?))
    }

    /// Takes one try back: it was the right password, or nobody looked at it.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn take_try_back(&self, subject: &str) -> Outcome<()> {
        let less = sql("UPDATE wrong_passwords SET times = times - 1 WHERE subject = $1 AND times > 0");
        less.bind(secret::hash(subject)).run(&self.pool).await.map(drop)
    }

    /// Forgets all wrong tries.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn forget_tries(&self, subject: &str) -> Outcome<()> {
        let forgotten = sql("DELETE FROM wrong_passwords WHERE subject = $1").bind(secret::hash(subject));
        forgotten.run(&self.pool).await.map(drop)
    }
}

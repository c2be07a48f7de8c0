//! What rehearsals of a plan came to.

use crate::audit::Deed;
use crate::exit::Outcome;
use crate::store::sql::{Row, sql};
use crate::store::{Store, now};

/// The newest rehearsal of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rehearsed {
    /// When, RFC 3339.
    pub at: String,
    /// It came back: schema and rows were the same at each return.
    pub returns: bool,
    /// The whole result as JSON, as `rehearse --format json` gives it.
    pub result: String,
}

impl Store {
    /// Keeps the result of a rehearsal; an older one of the same plan gives way.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn keep_rehearsal(&self, digest: &str, returns: bool, result: &str) -> Outcome<()> {
        let query = sql("INSERT INTO rehearsals (digest, at, returns, result) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (digest) DO UPDATE SET at = excluded.at, returns = excluded.returns, result = excluded.result");
        let query = query.bind(digest).bind(now()).bind(returns).bind(result);
        let mut change = self.change().await?;
        query.run(&mut change).await?;
        let detail = if returns { "it comes back" } else { "it does not come back" };
        let (digest, detail) = (digest.to_owned(), detail.to_owned());
        change.note(Deed { action: "plan.rehearsed", digest, detail, ..Deed::default() }).await?;
        change.commit().await
    }

    /// The newest rehearsal of a plan.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn rehearsal(&self, digest: &str) -> Outcome<Option<Rehearsed>> {
        let query = sql("SELECT at, returns, result FROM rehearsals WHERE digest = $1").bind(digest);
        let row = query.first(&self.pool).await?;
        let read = |row: Row| Ok(Rehearsed { at: row.get(0)?, returns: row.get(1)?, result: row.get(2)? });
        row.map(read).transpose()
    }
}

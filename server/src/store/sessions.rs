//! Sessions of people who signed in, kept as hashes: whoever is signed in on one node is so on every one.

use crate::audit::Deed;
use crate::exit::Outcome;
use crate::identity::{Identity, secret};
use crate::store::sql::sql;
use crate::store::{Store, from_now, now};

/// How long a session lasts, seconds: a working day.
pub const SESSION_S: u64 = 12 * 3600;

impl Store {
    /// Begins a session: the secret for the cookie.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn begin_session(&self, name: &str) -> Outcome<String> {
        let session = secret::new()?;
        let mut change = self.change().await?;
        sql("DELETE FROM sessions WHERE expires_at <= $1").bind(now()).run(&mut change).await?;
        let query = sql("INSERT INTO sessions (hash, \"user\", at, expires_at) VALUES ($1, $2, $3, $4)");
        let query = query.bind(secret::hash(&session)).bind(name).bind(now()).bind(from_now(SESSION_S));
        query.run(&mut change).await?;
        change
            .note(Deed { actor: name.to_owned(), action: "user.signed-in", subject: name.to_owned(), ..Deed::default() })
            .await?;
        change.commit().await?;
        Ok(session)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn end_session(&self, session: &str) -> Outcome<()> {
        let query = sql("DELETE FROM sessions WHERE hash = $1").bind(secret::hash(session));
        query.run(&self.pool).await.map(drop)
    }

    /// Whose session it is; absent: nobody's any more.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn by_session(&self, session: &str) -> Outcome<Option<Identity>> {
        let row = sql("SELECT users.name FROM sessions JOIN users ON users.name = sessions.\"user\" \
                       WHERE hash = $1 AND expires_at > $2 AND enabled");
        let name: Option<String> = row.bind(secret::hash(session)).bind(now()).value(&self.pool).await?;
        let Some(name) = name else { return Ok(None) };
        Ok(Some(Identity { grants: self.grants(&name).await?, name, scope: None }))
    }
}

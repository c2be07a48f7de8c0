//! Advisory locks of a session on the store's server: it frees them when the session ends, however its process ended.
//!
//! A session can end without its process: the server was started anew, or the network was cut. So the process looks after its
//! session and takes the locks again, and nobody judges a run by a server that has not been up for long.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use planner::plan::canonical::sha256_hex;
use sqlx::{Connection, PgConnection};
use tokio::sync::Mutex;

use crate::exit::Outcome;
use crate::store::product::{PATIENCE, refused};
use crate::store::sql::{Pool, Transaction, sql};
use crate::target::postgres;
use crate::url::TargetUrl;

/// What the session is called on the server.
const NAME: &str = "flightplan runs";

/// How often the session is looked after.
const LOOK: Duration = Duration::from_secs(2);

/// Whether nobody holds a lock: asked in a transaction, which holds it then. A server that came up a moment ago has lost the
/// locks of processes that live; they take them again within [`LOOK`].
const FREE: &str = "SELECT CASE WHEN clock_timestamp() - pg_postmaster_start_time() > interval '10 seconds' \
                    THEN pg_try_advisory_xact_lock($1) ELSE false END";

/// Whether somebody holds a lock; asked of the server's list, so that looking at a run keeps nobody waiting.
const HELD: &str = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 \
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
                    AND (classid::bigint << 32) | objid::bigint = $1)";

/// The locks that this process holds.
#[derive(Clone, Debug)]
pub(in crate::store) struct SessionLocks {
    url: TargetUrl,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    session: Option<PgConnection>,
    /// Names, and whether the session has their locks: a new one takes them one by one.
    held: BTreeMap<String, bool>,
    /// Somebody looks after the session.
    watched: bool,
}

impl SessionLocks {
    pub(super) fn on(url: &TargetUrl) -> Self {
        Self { url: url.clone(), state: Arc::default() }
    }

    /// The number of a lock: two stores in one database do not meet.
    fn key(&self, name: &str) -> i64 {
        let schema = self.url.schema.as_deref().unwrap_or_default();
        let digest = sha256_hex(format!("flightplan store {schema} {name}").as_bytes());
        let number = u64::from_str_radix(digest.get(..16).unwrap_or_default(), 16).unwrap_or_default();
        i64::from_ne_bytes(number.to_ne_bytes())
    }

    /// `false`: another process holds it.
    pub(super) async fn hold(&self, name: &str) -> Outcome<bool> {
        let mut state = self.state.lock().await;
        if state.held.contains_key(name) {
            return Ok(true);
        }
        if self.mend(&mut state).await.is_none() {
            // The reason is worth more than that there is no session.
            state.session = Some(postgres::open(&self.url, NAME, PATIENCE).await?);
        }
        let Some(session) = &mut state.session else { return Ok(false) };
        let taken = take(session, self.key(name)).await.map_err(|error| refused(&error))?;
        if taken {
            state.held.insert(name.to_owned(), true);
            if !state.watched {
                state.watched = true;
                tokio::spawn(self.clone().look_after());
            }
        }
        Ok(taken)
    }

    pub(super) async fn release(&self, name: &str) {
        let mut state = self.state.lock().await;
        if state.held.remove(name) != Some(true) {
            return;
        }
        let key = self.key(name);
        let Some(session) = &mut state.session else { return };
        if sqlx::query("SELECT pg_advisory_unlock($1)").bind(key).execute(session).await.is_err() {
            // With the session the lock goes too.
            state.session = None;
        }
    }

    /// Whether a process holds it now.
    pub(super) async fn is_held(&self, name: &str, pool: &Pool) -> Outcome<bool> {
        Ok(sql(HELD).bind(self.key(name)).value(pool).await?.unwrap_or(false))
    }

    /// Whether the process that held it is gone. Where it is, the transaction holds it until its end.
    pub(super) async fn is_free(&self, name: &str, transaction: &mut Transaction) -> Outcome<bool> {
        if self.state.lock().await.held.contains_key(name) {
            return Ok(false);
        }
        Ok(sql(FREE).bind(self.key(name)).value(transaction).await?.unwrap_or(false))
    }

    /// Looks after the session as long as it has anything to hold.
    async fn look_after(self) {
        loop {
            tokio::time::sleep(LOOK).await;
            let mut state = self.state.lock().await;
            if state.held.is_empty() {
                (state.watched, state.session) = (false, None);
                return;
            }
            // A server that is away now is asked again.
            let _ = self.mend(&mut state).await;
        }
    }

    /// A session that answers and has the locks; `None`: the server gives none.
    async fn mend(&self, state: &mut State) -> Option<()> {
        let lives = match &mut state.session {
            Some(session) => matches!(tokio::time::timeout(LOOK, session.ping()).await, Ok(Ok(()))),
            None => false,
        };
        if !lives {
            state.session = None;
            state.held.values_mut().for_each(|taken| *taken = false);
            state.session = Some(postgres::open(&self.url, NAME, PATIENCE).await.ok()?);
        }
        let session = state.session.as_mut()?;
        for (name, taken) in state.held.iter_mut().filter(|(_, taken)| !**taken) {
            // The session that ended may not be over for the server yet: then the next look takes it.
            *taken = matches!(take(session, self.key(name)).await, Ok(true));
        }
        Some(())
    }
}

async fn take(session: &mut PgConnection, key: i64) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(key).fetch_one(session).await
}

//! The audit log in the store: appended to in the transaction of what it tells, never changed.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, Sqlite, SqliteConnection, Transaction};

use crate::approval::key::{PublicKey, SecretKey};
use crate::audit::head::{self, Head};
use crate::audit::{Deed, Row, signer};
use crate::exit::Outcome;
use crate::store::{Store, broken, now};

/// The triggers that keep rows as they were written.
pub const GUARDS: [&str; 2] = ["audit_is_not_changed", "audit_is_not_deleted"];

/// The key of this process, read when the first row is written.
#[derive(Clone, Debug)]
pub(super) struct Signer {
    place: PathBuf,
    key: Arc<OnceLock<SecretKey>>,
}

impl Signer {
    pub(super) fn beside(store: &std::path::Path) -> Self {
        Self { place: signer::place(store), key: Arc::default() }
    }

    fn key(&self) -> Outcome<&SecretKey> {
        if self.key.get().is_none() {
            let read = signer::key(&self.place)?;
            return Ok(self.key.get_or_init(|| read));
        }
        self.key.get().ok_or_else(|| broken(&"the key of the audit log is gone"))
    }
}

/// A change of state under way: what is written, and the rows of the log that tell it, in one transaction.
pub(super) struct Change<'s> {
    store: &'s Store,
    transaction: Transaction<'static, Sqlite>,
    head: Option<Head>,
}

impl Change<'_> {
    /// Where statements go.
    pub(super) fn sql(&mut self) -> &mut SqliteConnection {
        &mut self.transaction
    }

    /// The transaction, for what takes one.
    pub(super) const fn transaction(&mut self) -> &mut Transaction<'static, Sqlite> {
        &mut self.transaction
    }

    /// Adds a row to the log.
    pub(super) async fn note(&mut self, deed: Deed) -> Outcome<()> {
        let key = self.store.signer.key()?;
        let last = sqlx::query("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1");
        let last = last.fetch_optional(&mut *self.transaction).await.map_err(|error| broken(&error))?;
        let (sequence, previous): (i64, String) = match last {
            Some(row) => (row.try_get(0).map_err(|error| broken(&error))?, row.try_get(1).map_err(|error| broken(&error))?),
            None => (0, String::new()),
        };
        let chain = sqlx::query_scalar("SELECT id FROM audit_chain").fetch_one(&mut *self.transaction).await;
        let chain: String = chain.map_err(|error| broken(&error))?;
        let actor = if deed.actor.is_empty() { self.store.actor.to_string() } else { deed.actor };
        let mut row = Row {
            chain,
            sequence: u64::try_from(sequence).unwrap_or_default() + 1,
            at: now(),
            actor,
            action: deed.action.to_owned(),
            environment: deed.environment,
            subject: deed.subject,
            digest: deed.digest,
            reason: deed.reason,
            detail: deed.detail,
            previous,
            ..Row::default()
        };
        row.hash = row.own_hash();
        let head = Head::sign(&row.chain, row.sequence, &row.hash, key);
        row.key.clone_from(&head.key);
        row.signature.clone_from(&head.signature);
        insert(&mut self.transaction, &row).await?;
        self.head = Some(head);
        Ok(())
    }

    /// Makes all of it so.
    pub(super) async fn commit(self) -> Outcome<()> {
        self.transaction.commit().await.map_err(|error| broken(&error))?;
        match self.head {
            Some(head) => head.keep(&self.store.signer.place),
            None => Ok(()),
        }
    }
}

async fn insert(transaction: &mut Transaction<'static, Sqlite>, row: &Row) -> Outcome<()> {
    sqlx::query(
        "INSERT INTO audit (sequence, chain, at, actor, action, environment, subject, digest, reason, detail, previous, hash, \
         key, signature) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(i64::try_from(row.sequence).unwrap_or(i64::MAX))
    .bind(&row.chain)
    .bind(&row.at)
    .bind(&row.actor)
    .bind(&row.action)
    .bind(&row.environment)
    .bind(&row.subject)
    .bind(&row.digest)
    .bind(&row.reason)
    .bind(&row.detail)
    .bind(&row.previous)
    .bind(&row.hash)
    .bind(&row.key)
    .bind(&row.signature)
    .execute(&mut **transaction)
    .await
    .map(drop)
    .map_err(|error| broken(&error))
}

impl Store {
    /// Begins a change of state.
    pub(super) async fn change(&self) -> Outcome<Change<'_>> {
        let transaction = self.pool.begin_with("BEGIN IMMEDIATE").await.map_err(|error| broken(&error))?;
        Ok(Change { store: self, transaction, head: None })
    }

    /// Tells of something that left no other trace in the store.
    ///
    /// # Errors
    /// The store's refusal; a key that cannot be read.
    pub async fn note(&self, deed: Deed) -> Outcome<()> {
        let mut change = self.change().await?;
        change.note(deed).await?;
        change.commit().await
    }

    /// Tells of the policy of an environment, where it is another than the one told last: who may approve is decided there.
    ///
    /// # Errors
    /// The store's refusal; a key that cannot be read.
    pub async fn see_policy(&self, environment: &str, fingerprint: &str) -> Outcome<()> {
        let mut change = self.change().await?;
        let last = sqlx::query_scalar(
            "SELECT digest FROM audit WHERE action = 'policy.changed' AND environment = ? ORDER BY sequence DESC LIMIT 1",
        );
        let last: Option<String> = last.bind(environment).fetch_optional(change.sql()).await.map_err(|error| broken(&error))?;
        if last.unwrap_or_default() == fingerprint {
            return Ok(());
        }
        let detail = if fingerprint.is_empty() { "it has none now" } else { "as flightplan.toml says now" };
        let (environment, digest, detail) = (environment.to_owned(), fingerprint.to_owned(), detail.to_owned());
        change.note(Deed { action: "policy.changed", environment, digest, detail, ..Deed::default() }).await?;
        change.commit().await
    }

    /// The whole log in its order.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn audit(&self) -> Outcome<Vec<Row>> {
        let rows = sqlx::query(
            "SELECT sequence, chain, at, actor, action, environment, subject, digest, reason, detail, previous, hash, key, \
             signature FROM audit ORDER BY sequence",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(|error| broken(&error))?;
        rows.iter().map(read).collect::<Result<_, _>>().map_err(|error| broken(&error))
    }

    /// Guards of the log that are not there any more.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn missing_guards(&self) -> Outcome<Vec<&'static str>> {
        let there = sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'");
        let there: Vec<String> = there.fetch_all(&self.pool).await.map_err(|error| broken(&error))?;
        Ok(GUARDS.into_iter().filter(|guard| !there.iter().any(|name| name == guard)).collect())
    }

    /// How far the log had come, as it is noted outside of the store.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn audit_head(&self) -> Outcome<Option<Head>> {
        let chain: Option<String> =
            sqlx::query_scalar("SELECT id FROM audit_chain").fetch_optional(&self.pool).await.map_err(|error| broken(&error))?;
        Ok(chain.and_then(|chain| head::read(&self.signer.place, &chain)))
    }

    /// The public key that this machine signs the log with.
    ///
    /// # Errors
    /// A key that cannot be read or made.
    pub fn audit_key(&self) -> Outcome<PublicKey> {
        Ok(self.signer.key()?.public())
    }

    /// The end of the log, signed anew for an export.
    ///
    /// # Errors
    /// A key that cannot be read or made.
    pub fn checkpoint(&self, last: &Row) -> Outcome<Head> {
        Ok(Head::sign(&last.chain, last.sequence, &last.hash, self.signer.key()?))
    }
}

fn read(row: &SqliteRow) -> Result<Row, sqlx::Error> {
    Ok(Row {
        sequence: u64::try_from(row.try_get::<i64, _>(0)?).unwrap_or_default(),
        chain: row.try_get(1)?,
        at: row.try_get(2)?,
        actor: row.try_get(3)?,
        action: row.try_get(4)?,
        environment: row.try_get(5)?,
        subject: row.try_get(6)?,
        digest: row.try_get(7)?,
        reason: row.try_get(8)?,
        detail: row.try_get(9)?,
        previous: row.try_get(10)?,
        hash: row.try_get(11)?,
        key: row.try_get(12)?,
        signature: row.try_get(13)?,
    })
}

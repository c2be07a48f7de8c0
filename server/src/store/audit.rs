//! The audit log in the store: appended to in the transaction of what it tells, never changed.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use crate::approval::key::{PublicKey, SecretKey};
use crate::audit::{Deed, Head, Row, head, signer};
use crate::exit::Outcome;
use crate::store::product::refused;
use crate::store::sql::{self, Transaction, sql, storable};
use crate::store::{Store, broken, now};

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
    transaction: Transaction,
    head: Option<Head>,
}

impl Change<'_> {
    /// Where statements go.
    pub(super) const fn transaction(&mut self) -> &mut Transaction {
        &mut self.transaction
    }

    /// Adds a row to the log.
    pub(super) async fn note(&mut self, deed: Deed) -> Outcome<()> {
        let key = self.store.signer.key()?;
        let last = sql("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1").first(&mut self.transaction).await?;
        let (sequence, previous): (i64, String) = match last {
            Some(row) => (row.get(0)?, row.get(1)?),
            None => (0, String::new()),
        };
        let chain = sql("SELECT id FROM audit_chain").value(&mut self.transaction).await?;
        let chain = chain.ok_or_else(|| broken(&"its audit log has no id"))?;
        let actor = if deed.actor.is_empty() { self.store.actor.to_string() } else { deed.actor };
        let mut row = Row {
            chain,
            sequence: u64::try_from(sequence).unwrap_or_default() + 1,
            at: now(),
            actor: storable(actor),
            action: deed.action.to_owned(),
            environment: storable(deed.environment),
            subject: storable(deed.subject),
            digest: storable(deed.digest),
            reason: storable(deed.reason),
            detail: storable(deed.detail),
            previous,
            ..Row::default()
        };
        row.hash = row.own_hash();
        let head = head::sign(&row.chain, row.sequence, &row.hash, key);
        row.key.clone_from(&head.key);
        row.signature.clone_from(&head.signature);
        insert(&mut self.transaction, &row).await?;
        self.head = Some(head);
        Ok(())
    }

    /// Makes all of it so.
    pub(super) async fn commit(self) -> Outcome<()> {
        self.transaction.commit().await?;
        match self.head {
            Some(head) => head::keep(&head, &self.store.signer.place),
            None => Ok(()),
        }
    }
}

async fn insert(transaction: &mut Transaction, row: &Row) -> Outcome<()> {
    sql("INSERT INTO audit (sequence, chain, at, actor, action, environment, subject, digest, reason, detail, previous, hash, \
         key, signature) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)")
    .bind(row.sequence)
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
    .run(transaction)
    .await
    .map(drop)
}

impl Store {
    /// Begins a change of state.
    pub(super) async fn change(&self) -> Outcome<Change<'_>> {
        let transaction = self.pool.begin().await.map_err(|error| refused(&error))?;
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
        let last =
            sql("SELECT digest FROM audit WHERE action = 'policy.changed' AND environment = $1 ORDER BY sequence DESC LIMIT 1");
        let last: Option<String> = last.bind(environment).value(&mut change).await?;
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
        let rows =
            sql("SELECT sequence, chain, at, actor, action, environment, subject, digest, reason, detail, previous, hash, \
                        key, signature FROM audit ORDER BY sequence");
        rows.all(&self.pool).await?.iter().map(read).collect()
    }

    /// Guards of the log that are not there any more.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn missing_guards(&self) -> Outcome<Vec<&'static str>> {
        let (guards, query) = self.pool.guards();
        let rows = sql(query).all(&self.pool).await?;
        let there: Vec<String> = rows.iter().map(|row| row.get(0)).collect::<Outcome<_>>()?;
        Ok(guards.iter().copied().filter(|guard| !there.iter().any(|name| name == guard)).collect())
    }

    /// How far the log had come, as it is noted outside of the store.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn audit_head(&self) -> Outcome<Option<Head>> {
        let chain: Option<String> = sql("SELECT id FROM audit_chain").value(&self.pool).await?;
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
        Ok(head::sign(&last.chain, last.sequence, &last.hash, self.signer.key()?))
    }
}

fn read(row: &sql::Row) -> Outcome<Row> {
    Ok(Row {
        sequence: u64::try_from(row.get::<i64>(0)?).unwrap_or_default(),
        chain: row.get(1)?,
        at: row.get(2)?,
        actor: row.get(3)?,
        action: row.get(4)?,
        environment: row.get(5)?,
        subject: row.get(6)?,
        digest: row.get(7)?,
        reason: row.get(8)?,
        detail: row.get(9)?,
        previous: row.get(10)?,
        hash: row.get(11)?,
        key: row.get(12)?,
        signature: row.get(13)?,
    })
}

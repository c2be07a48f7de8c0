//! Flightplan's own tables in the target: what was begun, what is done, and who may write.
//!
//! `flightplan_journal` has one row a statement (`statement` empty: the step as a whole). `flightplan_epoch` has one
//! row a history table; a run takes the next epoch, and every transaction of a step starts with a compare-and-set on
//! it, so that a runner that lost its lock cannot write any more.

pub mod attempt;
mod entry;
mod trace;

use std::collections::{BTreeMap, BTreeSet};

use planner::name::ObjectName;

use crate::exit::{Exit, Failure, Outcome};
use crate::target::{Bookkeeping, DbError, Target};

pub use entry::{Entry, EntryState, StepError};
pub use trace::Trace;

/// Names of the tables, for leaving them out of fingerprints.
pub const TABLES: [&str; 2] = ["flightplan_journal", "flightplan_epoch"];

/// The journal beside one history table.
#[derive(Clone, Debug)]
pub struct Journal {
    journal: ObjectName,
    epochs: ObjectName,
    /// The history table, as the key of the rows.
    history: String,
    run: String,
    epoch: i64,
    /// The epoch that was there when the plan was made.
    seen: Option<i64>,
    /// Steps with rows that are not recorded, by migration.
    left: BTreeMap<String, BTreeSet<String>>,
}

impl Journal {
    /// The journal that belongs to a history table; it lives in the same schema.
    #[must_use]
    pub fn beside(history: &ObjectName) -> Self {
        let name = |name: &str| ObjectName { schema: history.schema.clone(), name: name.to_owned() };
        let [journal, epochs] = TABLES.map(name);
        Self { journal, epochs, history: history.to_string(), run: String::new(), epoch: 0, seen: None, left: BTreeMap::new() }
    }

    /// Creates the tables where they are missing. Runs under the lock, in the caller's transaction.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn create(&self, target: &mut Target) -> Result<(), DbError> {
        let (journal, epochs, cursor) = (target.quoted(&self.journal), target.quoted(&self.epochs), target.quoted_bare("cursor"));
        // Ids are told apart by every letter; a database in latin1 could not hold them. The key fits InnoDB's 3,072 bytes.
        let (id, tail) = match target {
            Target::MySql(_) => (130, " ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"),
            Target::Postgres(_) | Target::Sqlite(_) => (300, ""),
        };
        target
            .execute(&format!(
                "CREATE TABLE IF NOT EXISTS {epochs} (history VARCHAR({id}) NOT NULL PRIMARY KEY, epoch BIGINT NOT NULL, \
                 run VARCHAR(64) NOT NULL, digest VARCHAR(64) NOT NULL, at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP){tail}"
            ))
            .await?;
        target
            .execute(&format!(
                "CREATE TABLE IF NOT EXISTS {journal} (history VARCHAR({id}) NOT NULL, step VARCHAR(300) NOT NULL, \
                 statement VARCHAR(300) NOT NULL, migration VARCHAR(300) NOT NULL, epoch BIGINT NOT NULL, \
                 run VARCHAR(64) NOT NULL, state VARCHAR(10) NOT NULL, hash VARCHAR(64) NOT NULL, {cursor} TEXT, \
                 rows_changed BIGINT NOT NULL, batches BIGINT NOT NULL, at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, \
                 PRIMARY KEY (history, step, statement)){tail}"
            ))
            .await
            .map(drop)
    }

    /// Whether the tables are there.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn exists(&self, target: &mut Target) -> Result<bool, DbError> {
        target.has_table(&self.journal).await
    }

    /// Takes the next epoch for a run. Runs under the lock, in the caller's transaction.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn take_epoch(&mut self, target: &mut Target, run: &str, digest: &str) -> Result<(), DbError> {
        let (history, run_text, digest) = (target.literal(&self.history), target.literal(run), target.literal(digest));
        let table = target.quoted(&self.epochs);
        let conflict = match target {
            Target::MySql(_) => {
                "ON DUPLICATE KEY UPDATE epoch = epoch + 1, run = VALUES(run), digest = VALUES(digest)".to_owned()
            }
            Target::Postgres(_) | Target::Sqlite(_) => format!(
                "ON CONFLICT (history) DO UPDATE SET epoch = {table}.epoch + 1, run = excluded.run, digest = excluded.digest"
            ),
        };
        target
            .execute(&format!(
                "INSERT INTO {table} (history, epoch, run, digest) VALUES ({history}, 1, {run_text}, {digest}) {conflict}, \
                 at = CURRENT_TIMESTAMP"
            ))
            .await?;
        let rows = target.rows(&format!("SELECT epoch FROM {table} WHERE history = {history}")).await?;
        let epoch = rows.first().and_then(|row| row.first()).and_then(|value| value.as_deref()?.parse().ok());
        self.epoch = epoch.ok_or_else(|| DbError::other("the epoch row that was just written is not there".to_owned()))?;
        run.clone_into(&mut self.run);
        self.left.clear();
        for entry in self.entries(target, "1 = 1").await? {
            self.left.entry(entry.migration).or_default().insert(entry.step);
        }
        Ok(())
    }

    /// Notes the epoch that a plan is made in: whoever makes one after it has taken over.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn see(&mut self, target: &mut Target) -> Result<(), DbError> {
        let mut seen = 0;
        if self.exists(target).await? {
            let (table, history) = (target.quoted(&self.epochs), target.literal(&self.history));
            let rows = target.rows(&format!("SELECT epoch FROM {table} WHERE history = {history}")).await?;
            seen = rows.into_iter().flatten().flatten().next().and_then(|text| text.parse().ok()).unwrap_or(0);
        }
        self.seen = Some(seen);
        Ok(())
    }

    /// [`Self::take_epoch`], refused where another run has begun since the plan was made: a runner that slept between the
    /// two has lost its lock, and its plan is old.
    ///
    /// # Errors
    /// [`Exit::Stopped`] in that case; the server's refusal.
    pub async fn succeed(&mut self, target: &mut Target, run: &str, digest: &str) -> Outcome<()> {
        if let Some(before) = self.seen {
            self.see(target).await?;
            if self.seen != Some(before) {
                return Err(taken_over());
            }
        }
        self.take_epoch(target, run, digest).await?;
        // Nobody may have come between the look and the taking, either.
        match self.seen {
            Some(before) if self.epoch != before + 1 => Err(taken_over()),
            _ => Ok(()),
        }
    }

    /// Digest of the plan that the last run on this target executed; absent: there was none.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn last_digest(&self, target: &mut Target) -> Result<Option<String>, DbError> {
        if !self.exists(target).await? {
            return Ok(None);
        }
        let sql = format!("SELECT digest FROM {} WHERE history = {}", target.quoted(&self.epochs), target.literal(&self.history));
        Ok(target.rows(&sql).await?.into_iter().next().and_then(|row| row.into_iter().next()).flatten())
    }

    /// The compare-and-set each step's transaction starts with. It also keeps a successor's epoch out until commit.
    ///
    /// # Errors
    /// The server's refusal; [`Exit::Stopped`] where another run has taken over.
    pub async fn fence(&self, target: &mut Target) -> Result<(), StepError> {
        let rows = target.execute(&self.fence_statement(target).sql()).await?;
        self.fenced(rows)
    }

    /// The statement of [`Self::fence`]; on PostgreSQL it also names the transaction, and locks the row without a new
    /// version of it.
    #[must_use]
    pub fn fence_statement(&self, target: &Target) -> Bookkeeping {
        let table = target.quoted(&self.epochs);
        let (start, end) = match target {
            Target::Postgres(_) => (format!("SELECT txid_current() FROM {table}"), " FOR UPDATE"),
            Target::MySql(_) | Target::Sqlite(_) => (format!("UPDATE {table} SET epoch = epoch"), ""),
        };
        Bookkeeping::named("flightplan_fence", format!("{start} WHERE history = "))
            .value("text", target.literal(&self.history))
            .text(" AND epoch = ")
            .value("bigint", self.epoch.to_string())
            .text(end)
    }

    /// Judges the rows that the fence affected.
    ///
    /// # Errors
    /// [`Exit::Stopped`] where another run has taken over.
    #[allow(clippy::unused_self, reason = "it belongs to the fence")]
    pub fn fenced(&self, rows: u64) -> Result<(), StepError> {
        match rows {
            1 => Ok(()),
            _ => Err(StepError::Stop(taken_over())),
        }
    }

    /// Writes or replaces a row.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn put(&mut self, target: &mut Target, entry: &Entry) -> Result<(), DbError> {
        let statement = self.put_statement(target, entry);
        target.execute(&statement.sql()).await.map(drop)
    }

    /// The statement of [`Self::put`].
    #[must_use]
    pub fn put_statement(&mut self, target: &Target, entry: &Entry) -> Bookkeeping {
        if entry.state != EntryState::Recorded {
            self.left.entry(entry.migration.clone()).or_default().insert(entry.step.clone());
        }
        let cursor = target.quoted_bare("cursor");
        let columns = ["migration", "epoch", "run", "state", "hash", &cursor, "rows_changed", "batches"];
        let (conflict, new) = match target {
            Target::MySql(_) => ("ON DUPLICATE KEY UPDATE", ("VALUES(", ")")),
            Target::Postgres(_) | Target::Sqlite(_) => {
                ("ON CONFLICT (history, step, statement) DO UPDATE SET", ("excluded.", ""))
            }
        };
        let replaced: Vec<String> = columns.iter().map(|column| format!("{column} = {}{column}{}", new.0, new.1)).collect();
        let values = [
            ("text", target.literal(&entry.step)),
            ("text", target.literal(&entry.statement)),
            ("text", target.literal(&entry.migration)),
            ("bigint", self.epoch.to_string()),
            ("text", target.literal(&self.run)),
            ("text", target.literal(entry.state.name())),
            ("text", target.literal(&entry.hash)),
            ("text", target.literal_or_null(entry.cursor.as_deref())),
            ("bigint", entry.rows.to_string()),
            ("bigint", entry.batches.to_string()),
        ];
        let (table, columns) = (target.quoted(&self.journal), columns.join(", "));
        let start = format!("INSERT INTO {table} (history, step, statement, {columns}) VALUES (");
        let first = Bookkeeping::named("flightplan_journal", start).value("text", target.literal(&self.history));
        let row = values.into_iter().fold(first, |row, (kind, literal)| row.text(", ").value(kind, literal));
        row.text(&format!(") {conflict} {}, at = CURRENT_TIMESTAMP", replaced.join(", ")))
    }

    /// The row of a statement, unless its migration has been recorded since.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn entry(&self, target: &mut Target, step: &str, statement: &str) -> Result<Option<Entry>, DbError> {
        let condition = format!("step = {} AND statement = {}", target.literal(step), target.literal(statement));
        Ok(self.entries(target, &condition).await?.into_iter().next())
    }

    /// The rows of the statements of a step, unless its migration has been recorded since.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn step(&self, target: &mut Target, step: &str) -> Result<Vec<Entry>, DbError> {
        let condition = format!("step = {} AND statement <> ''", target.literal(step));
        self.entries(target, &condition).await
    }

    /// What failed on its way forth in a run of ours and is not recorded since: migration and the history row written
    /// then, as text.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn failures(&self, target: &mut Target) -> Result<BTreeSet<(String, String)>, DbError> {
        if !self.exists(target).await? {
            return Ok(BTreeSet::new());
        }
        let entries = self.entries(target, "statement = '' AND state = 'failed'").await?;
        let forth = entries.into_iter().filter(|entry| !entry.step.starts_with(crate::run::undo::STEP));
        Ok(forth.filter_map(|entry| Some((entry.migration, entry.cursor?))).collect())
    }

    /// Name of the row that notes the schema which the last committed step left.
    pub const SCHEMA: &'static str = "schema";

    /// That row; its cursor holds the schema as JSON, where it is not too long.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn schema_mark(&self, target: &mut Target) -> Result<Option<Entry>, DbError> {
        let condition = format!("step = '' AND statement = {}", target.literal(Self::SCHEMA));
        Ok(self.all(target, &condition).await?.into_iter().next())
    }

    /// Removes that row: nothing is left to go on from.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn forget_schema(&self, target: &mut Target) -> Result<(), DbError> {
        let (table, history) = (target.quoted(&self.journal), target.literal(&self.history));
        let name = target.literal(Self::SCHEMA);
        target.execute(&format!("DELETE FROM {table} WHERE history = {history} AND step = '' AND statement = {name}")).await?;
        Ok(())
    }

    /// The rows of migrations that are not recorded yet.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn unfinished(&self, target: &mut Target) -> Result<Vec<Entry>, DbError> {
        self.entries(target, "step <> ''").await
    }

    /// The tables a step writes before it is finished.
    #[must_use]
    pub fn tables(&self) -> [ObjectName; 2] {
        [self.journal.clone(), self.epochs.clone()]
    }

    /// The query for epoch and batches of a statement's row: the same on the target and on its replicas, where it says
    /// which batch has come there.
    #[must_use]
    pub fn place(&self, target: &Target, step: &str, statement: &str) -> String {
        let [history, step, statement] = [&self.history, step, statement].map(|text| target.literal(text));
        let journal = target.quoted(&self.journal);
        format!("SELECT epoch, batches FROM {journal} WHERE history = {history} AND step = {step} AND statement = {statement}")
    }

    async fn entries(&self, target: &mut Target, condition: &str) -> Result<Vec<Entry>, DbError> {
        self.all(target, &format!("state <> 'recorded' AND {condition}")).await
    }

    async fn all(&self, target: &mut Target, condition: &str) -> Result<Vec<Entry>, DbError> {
        let sql = format!(
            "SELECT step, statement, migration, state, hash, {}, rows_changed, batches FROM {} \
             WHERE history = {} AND {condition} ORDER BY step, statement",
            target.quoted_bare("cursor"),
            target.quoted(&self.journal),
            target.literal(&self.history)
        );
        let rows = target.rows(&sql).await?;
        let number = |text: &Option<String>| text.as_deref().and_then(|text| text.parse().ok()).unwrap_or(0);
        let entry = |row: Vec<Option<String>>| match row.as_slice() {
            [Some(step), Some(statement), Some(migration), Some(state), Some(hash), cursor, rows, batches] => Some(Entry {
                step: step.clone(),
                statement: statement.clone(),
                migration: migration.clone(),
                state: EntryState::parse(state)?,
                hash: hash.clone(),
                cursor: cursor.clone(),
                rows: number(rows),
                batches: number(batches),
            }),
            _ => None,
        };
        Ok(rows.into_iter().filter_map(entry).collect())
    }

    /// Steps that are done although the history does not have their migration yet.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn finished_steps(&self, target: &mut Target) -> Result<BTreeSet<String>, DbError> {
        if !self.exists(target).await? {
            return Ok(BTreeSet::new());
        }
        let entries = self.entries(target, "statement = '' AND state = 'done'").await?;
        Ok(entries.into_iter().map(|entry| entry.step).collect())
    }

    /// The history has the migration: its rows no longer matter to a later run.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn record(&self, target: &mut Target, migration: &str) -> Result<(), DbError> {
        match self.record_statement(target, migration) {
            Some(statement) => target.execute(&statement.sql()).await.map(drop),
            None => Ok(()),
        }
    }

    /// The statement that says that the history has the migration: its rows no longer matter to a later run. `None`
    /// where it has no such rows. It names the steps, which the key begins with, so that it reads those rows only.
    #[must_use]
    pub fn record_statement(&self, target: &Target, migration: &str) -> Option<Bookkeeping> {
        let steps: Vec<String> = self.left.get(migration)?.iter().map(|step| target.literal(step)).collect();
        Some(Bookkeeping::once(format!(
            "UPDATE {} SET state = 'recorded' WHERE history = {} AND step IN ({}) AND migration = {}",
            target.quoted(&self.journal),
            target.literal(&self.history),
            steps.join(", "),
            target.literal(migration)
        )))
    }
}

fn taken_over() -> Failure {
    Failure::new(
        Exit::Stopped,
        "Another run has taken over this database; this one stopped before it changed anything more.",
        "Look at the other run; when it is over, run this again.",
    )
}

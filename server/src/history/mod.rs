//! The tools' own history tables: read and written to the column as Flyway and Alembic do.

pub mod alembic;
pub mod flyway;
pub mod old;

use planner::migration::SourceKind;
use planner::name::ObjectName;
use planner::plan::HistoryEntry;
use planner::project::settings::Settings;
use planner::project::{Applied, AppliedFlyway};

use crate::journal::{Journal, StepError};
use crate::target::{Bookkeeping, DbError, Target};

/// The history of one source in one target.
#[derive(Clone, Debug)]
pub struct History {
    /// Whose table it is.
    pub kind: SourceKind,
    /// The table, with its schema where the product has schemas.
    pub table: ObjectName,
    /// `installed_by` of new rows of Flyway's table; absent: the database's user.
    pub installed_by: Option<String>,
    /// Tablespace Flyway's table is made in.
    pub tablespace: Option<String>,
    /// Whether a new version table of Alembic gets a primary key.
    version_key: bool,
}

impl History {
    /// The table the settings name, in the schema the connection works in unless they name one.
    #[must_use]
    pub fn of(settings: &Settings, target: &Target) -> Self {
        let (schema, name) = match settings.source {
            SourceKind::Flyway => (&settings.flyway.default_schema, &settings.flyway.table),
            SourceKind::Alembic => (&settings.alembic.version_table_schema, &settings.alembic.version_table),
        };
        let current = target.current_schema();
        let schema = current.map(|current| schema.clone().unwrap_or_else(|| current.to_owned()));
        Self {
            kind: settings.source,
            table: ObjectName { schema, name: name.clone() },
            installed_by: settings.flyway.installed_by.clone(),
            tablespace: settings.flyway.tablespace.clone(),
            version_key: settings.alembic.version_table_pk,
        }
    }

    /// Tables that are ours or the tool's, not the application's: left out of every fingerprint.
    #[must_use]
    pub fn bookkeeping(&self, settings: &Settings) -> Vec<String> {
        let mut names: Vec<String> = crate::journal::TABLES.map(str::to_owned).to_vec();
        names.extend(crate::ddl_log::NAMES.map(str::to_owned));
        names.extend([settings.flyway.table.clone(), settings.alembic.version_table.clone(), self.table.name.clone()]);
        names.sort();
        names.dedup();
        names
    }

    /// What is applied; nothing where the tables are missing.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn applied(&self, target: &mut Target) -> Result<Applied, DbError> {
        let mut applied = Applied::default();
        if target.has_table(&self.table).await? {
            match self.kind {
                SourceKind::Flyway => applied.flyway = flyway::rows(target, &self.table).await?,
                SourceKind::Alembic => applied.alembic = alembic::rows(target, &self.table).await?,
            }
        }
        applied.finished_steps = Journal::beside(&self.table).finished_steps(target).await?;
        Ok(applied)
    }

    /// Takes out the failed rows of migrations whose state the journal knows to the statement: the next run goes on with
    /// those, and needs no `repair`. A way back that stopped half-way stays: only `undo` may go on with it.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn take_resumable(&self, target: &mut Target, applied: &mut Applied) -> Result<Vec<AppliedFlyway>, DbError> {
        if applied.flyway.iter().all(|row| row.success) {
            return Ok(Vec::new());
        }
        let ours = Journal::beside(&self.table).failures(target).await?;
        let all = std::mem::take(&mut applied.flyway);
        let known = |row: &AppliedFlyway| !row.success && ours.contains(&(migration(row), mark(row)));
        let (resumable, kept) = all.into_iter().partition(known);
        applied.flyway = kept;
        Ok(resumable)
    }

    /// The failed row of a migration, as the journal notes it.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn failure(&self, target: &mut Target, id: &str) -> Result<Option<String>, DbError> {
        if self.kind != SourceKind::Flyway {
            return Ok(None);
        }
        let rows = flyway::rows(target, &self.table).await?;
        Ok(rows.iter().rev().find(|row| !row.success && migration(row) == id).map(mark))
    }

    /// Creates the table where it is missing. Runs under the lock, in the caller's transaction.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn create(&self, target: &mut Target) -> Result<(), DbError> {
        self.create_with(target, None).await
    }

    /// As [`Self::create`]; a table that is made here begins with this baseline row.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn create_with(&self, target: &mut Target, baseline: Option<&flyway::NewRow<'_>>) -> Result<(), DbError> {
        let flyway = self.kind == SourceKind::Flyway;
        if target.has_table(&self.table).await? {
            return if flyway { flyway::complete(target, &self.table).await } else { Ok(()) };
        }
        if flyway {
            flyway::create(target, self, baseline).await?;
            return flyway::complete(target, &self.table).await;
        }
        if let Some(schema) = &self.table.schema
            && !target.has_schema(schema).await?
        {
            target.create_schema(schema).await?;
        }
        alembic::create(target, &self.table, self.version_key).await
    }

    /// Removes the failed row of the migration of a step, whose next attempt is recorded in the same transaction.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn forget_failure(&self, target: &mut Target, entry: &HistoryEntry) -> Result<(), DbError> {
        match entry {
            HistoryEntry::Flyway { version, description, .. } | HistoryEntry::Forget { version, description } => {
                flyway::forget_failure(target, &self.table, version.as_deref(), description).await
            }
            HistoryEntry::Alembic { .. } => Ok(()),
        }
    }

    /// The statement that records a migration, where one is enough and nothing is to be looked at after it.
    #[must_use]
    pub fn write_statement(&self, target: &Target, entry: &HistoryEntry, outcome: Ran) -> Option<Bookkeeping> {
        match entry {
            HistoryEntry::Flyway { version, description, kind, script, checksum } => {
                let row = flyway::NewRow { version: version.as_deref(), description, kind, script, checksum: *checksum };
                Some(flyway::insert_statement(target, self, &row, outcome))
            }
            HistoryEntry::Forget { .. } | HistoryEntry::Alembic { .. } => None,
        }
    }

    /// Records a migration, in the caller's transaction.
    ///
    /// # Errors
    /// The server's refusal; rows of `alembic_version` that are not as expected.
    pub async fn write(&self, target: &mut Target, entry: &HistoryEntry, outcome: Ran) -> Result<(), StepError> {
        match entry {
            HistoryEntry::Flyway { version, description, kind, script, checksum } => {
                let row = flyway::NewRow { version: version.as_deref(), description, kind, script, checksum: *checksum };
                Ok(flyway::insert(target, self, &row, outcome).await?)
            }
            HistoryEntry::Forget { .. } => Ok(self.forget_failure(target, entry).await?),
            HistoryEntry::Alembic { .. } if !outcome.success => Ok(()),
            HistoryEntry::Alembic { delete, insert } => alembic::change(target, &self.table, delete, insert).await,
        }
    }
}

/// The id of the migration a row is of.
fn migration(row: &AppliedFlyway) -> String {
    match &row.version {
        Some(version) => format!("V{version}"),
        None => format!("R__{}", row.description.replace(' ', "_")),
    }
}

/// What tells a failed row from one that another tool writes in its place after a `repair`.
fn mark(row: &AppliedFlyway) -> String {
    format!("{} {} {}", row.rank, row.installed_on, row.execution_time)
}

/// How a migration went.
#[derive(Clone, Copy, Debug)]
pub struct Ran {
    /// Milliseconds.
    pub duration_ms: u64,
    /// Whether it got through.
    pub success: bool,
}

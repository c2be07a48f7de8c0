//! The walk along the key: one batch, one transaction, the place in it.

use planner::plan::canonical::sha256_hex;
use planner::plan::{Batch, PlannedStatement, Step};
use planner::protocol::BatchProgress;

use crate::batch::mark::Mark;
use crate::batch::onlooker::Waiters;
use crate::batch::pre_image::{self, Ends};
use crate::batch::progress::{Rate, at_least, left};
use crate::exit::{Exit, Failure};
use crate::failpoint;
use crate::journal::{Entry, EntryState, StepError};
use crate::run::{Runner, transactional};
use crate::target::{DbError, DbErrorKind, TextRow};

/// A batched statement under way.
pub(super) struct Walk<'a> {
    pub(super) statement: &'a PlannedStatement,
    pub(super) batch: &'a Batch,
    /// The place, as it will be written next.
    pub(super) mark: Mark,
    /// The journal row as it will be written next.
    pub(super) entry: Entry,
    /// Both as they were committed last.
    committed: (Mark, Entry),
    /// Keys are found by their distance from the last.
    near: bool,
}

impl<'a> Walk<'a> {
    /// From where the journal says; at the beginning the rows that are to be changed are counted.
    pub(super) async fn resume(
        runner: &mut Runner<'_>,
        step: &Step,
        statement: &'a PlannedStatement,
        batch: &'a Batch,
    ) -> Result<Self, StepError> {
        // The cursor belongs to the change, not to the size of its batches.
        let hash = sha256_hex(statement.sql.as_bytes());
        let fresh = Entry {
            step: step.id.clone(),
            statement: statement.id.clone(),
            migration: step.migration.0.clone(),
            state: EntryState::Batch,
            hash: hash.clone(),
            cursor: None,
            rows: 0,
            batches: 0,
        };
        let entry = match runner.journal.entry(runner.target, &step.id, &statement.id).await? {
            Some(found) if found.state == EntryState::Batch && found.hash == hash => found,
            Some(found) if found.state == EntryState::Batch => return Err(StepError::Stop(changed(statement))),
            _ => fresh,
        };
        let mark = match &entry.cursor {
            Some(text) => Mark::read(text)?,
            None => Mark { before: count(runner, batch).await, ..Mark::default() },
        };
        let near = close_together(runner, batch, mark.before).await;
        Ok(Self { statement, batch, committed: (mark.clone(), entry.clone()), mark, entry, near })
    }

    /// One batch of `size` rows; keys visited. Behind it [`Mark::end`] says whether it was the last.
    ///
    /// Its rows and the cursor last or are lost together, and the commit that ends the step waits for the disk. Beside an
    /// application (`gentle`) each batch does: what it wrote would be flushed by the next commit of the application, which
    /// would wait for it.
    pub(super) async fn next(&mut self, runner: &mut Runner<'_>, size: u32, gentle: bool) -> Result<u64, StepError> {
        runner.target.begin_batch(!gentle).await?;
        runner.journal.fence(runner.target).await?;
        let bound = self.bound(runner, size).await.map_err(|error| transactional::located(error, self.statement))?;
        let of = |key: &[String]| self.batch.parameters(key, runner.target.dialect());
        let (sql, parameters) = match (&self.mark.key, &bound) {
            (Some(cursor), Some(bound)) => (&self.batch.batch_sql, [of(cursor), of(bound)].concat()),
            (None, Some(bound)) => (&self.batch.first_batch_sql, of(bound)),
            (Some(cursor), None) => (&self.batch.last_sql, of(cursor)),
            (None, None) => (&self.batch.only_sql, Vec::new()),
        };
        failpoint::reach("batch.before");
        let ends = Ends { lower: self.mark.key.is_some(), upper: bound.is_some() };
        let image = self.batch.pre_image.as_ref();
        let (save, note) = image.map(|image| (image.save.as_slice(), image.note.as_slice())).unwrap_or_default();
        let saved = pre_image::beside(runner, self.statement, (save, ends), &parameters).await?;
        let sent = runner.target.execute_with(sql, &parameters).await;
        let changed = sent.map_err(|error| transactional::located(error, self.statement))?;
        if saved.is_some_and(|saved| saved < changed) {
            let reason = "rows came to be changed while their old values were read; the batch is tried again";
            return Err(StepError::Db(DbError { kind: DbErrorKind::Transient, ..DbError::other(reason.to_owned()) }));
        }
        pre_image::beside(runner, self.statement, (note, ends), &parameters).await?;
        failpoint::reach("batch.after");
        let visited = self.visited(bound.as_deref(), size).unwrap_or(changed);
        self.entry.rows += changed;
        self.entry.batches += 1;
        self.mark.visited += visited;
        self.mark.size = size;
        self.mark.end = bound.is_none();
        self.mark.key = bound.or_else(|| self.mark.key.take());
        self.keep(runner).await?;
        failpoint::reach("batch.commit.before");
        runner.target.commit().await?;
        failpoint::reach("batch.commit.after");
        self.committed = (self.mark.clone(), self.entry.clone());
        Ok(visited)
    }

    /// Nothing of it has run.
    pub(super) const fn fresh(&self) -> bool {
        self.committed.1.cursor.is_none()
    }

    /// Begins again at the first key: rows are left that the change would change.
    pub(super) fn start_over(&mut self) {
        self.mark = Mark { key: None, end: false, visited: 0, pass: self.mark.pass + 1, ..self.mark.clone() };
    }

    /// Writes the journal's row.
    pub(super) async fn keep(&mut self, runner: &mut Runner<'_>) -> Result<(), DbError> {
        self.entry.cursor = Some(self.mark.write()?);
        runner.journal.put(runner.target, &self.entry).await
    }

    /// The last key of the next batch; `None`: fewer rows than a batch are left.
    async fn bound(&self, runner: &mut Runner<'_>, size: u32) -> Result<Option<Vec<String>>, DbError> {
        let found = match self.near_bound(runner, size).await? {
            None => self.next_bound(runner, size).await?,
            found => found,
        };
        let key: Option<Option<Vec<String>>> = found.map(|row| row.into_iter().collect());
        let null = || DbError::other(format!("the key of {} is NULL in some row", self.batch.table));
        key.map(|key| key.ok_or_else(null)).transpose()
    }

    /// By its distance from the last key; `None`: not to be found so.
    async fn near_bound(&self, runner: &mut Runner<'_>, size: u32) -> Result<Option<TextRow>, DbError> {
        let (Some(cursor), Some(range), true) = (&self.mark.key, &self.batch.range_sql, self.near) else { return Ok(None) };
        match Batch::range_parameters(cursor, size, runner.target.dialect()) {
            Some(parameters) => runner.target.row_with(range, &parameters, size).await,
            None => Ok(None),
        }
    }

    /// By counting rows.
    async fn next_bound(&self, runner: &mut Runner<'_>, size: u32) -> Result<Option<TextRow>, DbError> {
        let dialect = runner.target.dialect();
        let rows = Batch::bound_parameter(size, dialect);
        match &self.mark.key {
            Some(cursor) => runner.target.row_with(&self.batch.bound_sql, &self.batch.parameters(cursor, dialect), rows).await,
            None => runner.target.row_with(&self.batch.first_bound_sql, &[], rows).await,
        }
    }

    /// Keys up to the bound, as many as there can be; `None`: it is the last batch.
    fn visited(&self, bound: Option<&[String]>, size: u32) -> Option<u64> {
        let number = |key: &[String]| key.first().and_then(|key| key.parse::<i128>().ok());
        let bound = bound?;
        let steps = match (self.near, self.mark.key.as_deref().and_then(number), number(bound)) {
            (true, Some(from), Some(to)) => u64::try_from(to - from).ok().filter(|steps| *steps < u64::from(size)),
            _ => None,
        };
        Some(steps.unwrap_or(u64::from(size)))
    }

    /// Forgets the batch that was rolled back.
    pub(super) fn rewind(&mut self) {
        (self.mark, self.entry) = self.committed.clone();
    }

    /// For people. `next` is the size of the next batch.
    pub(super) fn progress(&self, last_ms: u64, rate: Rate, next: u32, waiters: Waiters) -> BatchProgress {
        let all = at_least(self.batch.rows, self.mark.before).map(|all| all.max(self.mark.visited));
        let left = all.filter(|_| !self.mark.end).map(|all| left(all, self.mark.visited, next));
        let done = self.entry.batches;
        BatchProgress {
            statement: self.statement.id.clone(),
            batch: done,
            batches: all.map(|_| done + left.unwrap_or(0).div_ceil(u64::from(next.max(1)))),
            rows: self.entry.rows,
            last_ms,
            eta_ms: left.and_then(|left| rate.eta_ms(left)),
            size: self.mark.size,
            visited: self.mark.visited,
            left,
            waiting: waiters.sessions,
        }
    }
}

/// Whether keys are whole numbers of which at most a quarter are missing between the first and the last: then a range of
/// them holds about as many rows as it is long, and never more.
async fn close_together(runner: &mut Runner<'_>, batch: &Batch, before: Option<u64>) -> bool {
    let (Some(span), Some(rows)) = (&batch.span_sql, at_least(batch.rows, before)) else { return false };
    let found = runner.target.rows(span).await.ok().and_then(number);
    found.is_some_and(|span| span <= rows.saturating_add(rows / 3))
}

/// Rows that the statement would change now; `None` where they cannot be counted in time.
pub(super) async fn count(runner: &mut Runner<'_>, batch: &Batch) -> Option<u64> {
    number(runner.target.rows_on_one_core(&batch.count_sql).await.ok()?)
}

/// The number in the first column of the first row.
pub(super) fn number(rows: Vec<TextRow>) -> Option<u64> {
    rows.into_iter().next()?.into_iter().next()??.parse().ok()
}

fn changed(statement: &PlannedStatement) -> Failure {
    Failure::new(
        Exit::Stale,
        format!(
            "{}:{}: some batches of this statement are done, and it is not the one that ran.",
            statement.file, statement.line
        ),
        "Put the file back to what it was, let the step finish, and make the change a new migration.",
    )
}

//! What a run costs: how long it takes, who waits for it, how tables grow, how many transactions, how many errors.
//!
//! Counted while it runs, kept with the run in the control store, and added up for `/metrics` when somebody asks.

pub mod exposition;
mod sizes;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use planner::protocol::RunEventKind;
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;

use crate::batch::onlooker::Onlooker;
use crate::target::Target;
use crate::url::TargetUrl;
pub(crate) use sizes::Sizes;

/// A run that is over sooner is not looked at from outside.
const SHORT: Duration = Duration::from_millis(500);

/// How often others are looked at.
const LOOK: Duration = Duration::from_millis(200);

/// What one run cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measures {
    /// Milliseconds from its beginning to its end.
    pub duration_ms: u64,
    /// Longest time somebody waited for one of its locks, ms; of runs under half a second it is not known, and 0.
    pub lock_wait_ms: u64,
    /// Transactions committed: steps, batches, statements on their own.
    pub transactions: u64,
    /// Rows changed in batches.
    pub rows: u64,
    /// Attempts that the server refused.
    pub errors: u64,
    /// Bytes that each table grew with its indexes, or shrank; on SQLite the file, as `main`.
    pub table_bytes: BTreeMap<String, i64>,
}

/// Counts while a run is under way.
#[derive(Debug)]
pub struct Meter {
    begun: Instant,
    transactions: AtomicU64,
    /// Rows changed by the batches of each statement.
    rows: Mutex<BTreeMap<String, u64>>,
    errors: AtomicU64,
    lock_wait_ms: AtomicU64,
    table_bytes: Mutex<BTreeMap<String, i64>>,
}

impl Default for Meter {
    fn default() -> Self {
        let zero = || AtomicU64::new(0);
        let (transactions, errors, lock_wait_ms) = (zero(), zero(), zero());
        let (rows, table_bytes) = (Mutex::default(), Mutex::default());
        Self { begun: Instant::now(), transactions, rows, errors, lock_wait_ms, table_bytes }
    }
}

impl Meter {
    /// Hears what happens in the run.
    pub(crate) fn hear(&self, kind: &RunEventKind) {
        match kind {
            RunEventKind::StepDone { .. } => {
                self.transactions.fetch_add(1, Ordering::Relaxed);
            }
            RunEventKind::Batch(batch) => {
                self.transactions.fetch_add(1, Ordering::Relaxed);
                self.rows.lock().unwrap_or_else(PoisonError::into_inner).insert(batch.statement.to_string(), batch.rows);
            }
            _ => {}
        }
    }

    /// The server refused something.
    pub(crate) fn error(&self) {
        self.errors.fetch_add(1, Ordering::Relaxed);
    }

    /// Somebody has waited so long.
    pub(crate) fn waited(&self, milliseconds: u64) {
        self.lock_wait_ms.fetch_max(milliseconds, Ordering::Relaxed);
    }

    pub(crate) fn grew(&self, table_bytes: BTreeMap<String, i64>) {
        *self.table_bytes.lock().unwrap_or_else(PoisonError::into_inner) = table_bytes;
    }

    /// What was counted so far.
    #[must_use]
    pub fn read(&self) -> Measures {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Measures {
            duration_ms: crate::run::elapsed(self.begun),
            lock_wait_ms: of(&self.lock_wait_ms),
            transactions: of(&self.transactions),
            rows: self.rows.lock().unwrap_or_else(PoisonError::into_inner).values().sum(),
            errors: of(&self.errors),
            table_bytes: self.table_bytes.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

/// Looks at who waits for the run, until it is dropped.
#[derive(Debug)]
pub struct Gaze(JoinHandle<()>);

impl Gaze {
    /// Begins where the run lasts; `None` where nobody can see it.
    pub(crate) async fn begin(meter: &Arc<Meter>, target: &mut Target, url: &TargetUrl) -> Option<Self> {
        let question = crate::batch::onlooker::question(target).await?;
        let (meter, url) = (Arc::clone(meter), url.clone());
        Some(Self(tokio::spawn(async move {
            tokio::time::sleep(SHORT).await;
            let Some(onlooker) = Onlooker::asking(question, &url, "flightplan measures").await else { return };
            loop {
                meter.waited(onlooker.take().longest_ms);
                tokio::time::sleep(LOOK).await;
            }
        })))
    }
}

impl Drop for Gaze {
    fn drop(&mut self) {
        self.0.abort();
    }
}

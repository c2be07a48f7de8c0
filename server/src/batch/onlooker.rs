//! Who waits for us while a batch holds its locks: a second connection looks while the first one works.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::target::{Access, Target};
use crate::url::TargetUrl;

/// How often it looks.
const LOOK: Duration = Duration::from_millis(100);

/// What was seen since the last time somebody asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiters {
    /// Most sessions that waited for us at one time.
    pub sessions: u32,
    /// Longest time one of them had waited, ms, measured by looks: never more than it was.
    pub longest_ms: u64,
}

/// Looks until it is dropped.
#[derive(Debug)]
pub struct Onlooker {
    seen: Arc<Mutex<Waiters>>,
    task: JoinHandle<()>,
}

impl Onlooker {
    /// Begins to look at who waits for the session of `target`. `None`: this product or this user cannot see it.
    pub async fn begin(target: &mut Target, url: &TargetUrl, name: &str) -> Option<Self> {
        Self::asking(question(target).await?, url, name).await
    }

    /// Begins to look with a question that was made before.
    pub(crate) async fn asking(sql: String, url: &TargetUrl, name: &str) -> Option<Self> {
        let mut own = Target::connect(url, name, Access::Read).await.ok()?;
        own.rows(&sql).await.ok()?;
        let seen = Arc::new(Mutex::new(Waiters::default()));
        let theirs = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            let mut since: Option<std::time::Instant> = None;
            while let Ok(rows) = own.rows(&sql).await {
                let sessions = rows.first().and_then(|row| row.first()?.as_deref()?.parse().ok()).unwrap_or(0);
                since = (sessions > 0).then(|| since.unwrap_or_else(std::time::Instant::now));
                if let Some(since) = since {
                    let mut seen = theirs.lock().unwrap_or_else(PoisonError::into_inner);
                    seen.sessions = seen.sessions.max(sessions);
                    seen.longest_ms = seen.longest_ms.max(crate::run::elapsed(since));
                }
                tokio::time::sleep(LOOK).await;
            }
        });
        Some(Self { seen, task })
    }

    /// What was seen since the last call.
    #[must_use]
    pub fn take(&self) -> Waiters {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Onlooker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The query that counts the sessions that wait for this one.
pub(crate) async fn question(target: &mut Target) -> Option<String> {
    let me = match target {
        Target::Postgres(_) => "SELECT pg_backend_pid()",
        Target::MySql(_) => "SELECT CONNECTION_ID()",
        Target::Sqlite(_) => return None,
    };
    let id: u64 = target.rows(me).await.ok()?.first()?.first()?.as_deref()?.parse().ok()?;
    Some(match target.dialect() {
        planner::dialect::Dialect::Postgres => {
            format!("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND {id} = ANY (pg_blocking_pids(pid))")
        }
        planner::dialect::Dialect::MariaDb => format!(
            "SELECT COUNT(DISTINCT w.requesting_trx_id) FROM information_schema.INNODB_LOCK_WAITS w \
             JOIN information_schema.INNODB_TRX t ON t.trx_id = w.blocking_trx_id WHERE t.trx_mysql_thread_id = {id}"
        ),
        _ => format!(
            "SELECT COUNT(DISTINCT w.REQUESTING_THREAD_ID) FROM performance_schema.data_lock_waits w \
             JOIN performance_schema.threads t ON t.THREAD_ID = w.BLOCKING_THREAD_ID WHERE t.PROCESSLIST_ID = {id}"
        ),
    })
}

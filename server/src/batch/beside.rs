//! Whether an application works in the database beside the batches.

use std::time::{Duration, Instant};

use crate::target::Target;

/// How often it is looked for an application: what comes to work meanwhile meets large batches.
const GLANCE: Duration = Duration::from_millis(200);

/// How long an application is thought to be there after it was seen: one that connects for each request is seen now and then.
const BESIDE: Duration = Duration::from_secs(10);

/// Sessions other than ours that worked within the last second; those of other roles are seen by members of `pg_monitor` only.
const POSTGRES: &str = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
     AND backend_type = 'client backend' AND application_name NOT LIKE 'flightplan%' \
     AND (state = 'active' OR state_change > clock_timestamp() - interval '1 second') LIMIT 1";

/// What was seen of an application.
#[derive(Debug, Default)]
pub(super) struct Beside {
    glanced: Option<Instant>,
    /// When other sessions were last seen at work.
    seen: Option<Instant>,
    /// SQLite: changes with each commit of another connection.
    version: Option<String>,
}

impl Beside {
    /// Whether an application is thought to be there.
    pub(super) fn is_there(&self) -> bool {
        self.seen.is_some_and(|seen| seen.elapsed() < BESIDE)
    }

    /// Looks for one, five times a second at most; `true`: here is the first.
    pub(super) async fn comes(&mut self, target: &mut Target) -> bool {
        if self.glanced.is_some_and(|at| at.elapsed() < GLANCE) {
            return false;
        }
        self.glanced = Some(Instant::now());
        self.works(target).await && self.seen.replace(Instant::now()).is_none()
    }

    /// A server that does not know the view or a column of it has nothing to say.
    async fn works(&mut self, target: &mut Target) -> bool {
        let question = match target {
            Target::Postgres(_) => POSTGRES.to_owned(),
            Target::MySql(mysql) => mysql.others(),
            Target::Sqlite(_) => "PRAGMA data_version".to_owned(),
        };
        let Ok(rows) = target.rows(&question).await else { return false };
        if !matches!(target, Target::Sqlite(_)) {
            return !rows.is_empty();
        }
        let version = rows.into_iter().flatten().next().flatten();
        let before = std::mem::replace(&mut self.version, version);
        before.is_some() && before != self.version
    }
}

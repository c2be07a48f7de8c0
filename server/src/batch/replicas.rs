//! The replicas that an environment names, and which batch has come to each.
//!
//! A primary of MySQL or MariaDB does not know how far its replicas are, and a replica whose connection hangs says of itself
//! that it is not behind. The journal's row of a statement is written in the transaction of each batch: read on a replica it
//! says which batch is there, however it came.

use std::time::{Duration, Instant};

use crate::batch::lag::{Lag, Notes};
use crate::exit::{Failure, Outcome};
use crate::run::Runner;
use crate::target::{Access, DbError, DbErrorKind, Target};
use crate::url::TargetUrl;

/// How long a replica may take for an answer.
const ANSWER: Duration = Duration::from_secs(5);

/// A replica, and the connection to it.
#[derive(Debug)]
pub struct Replica {
    /// The environment variable that holds its address: its name for people.
    name: String,
    url: TargetUrl,
    application: String,
    /// Absent: it was lost.
    connection: Option<Target>,
    notes: Notes,
}

/// Connects to all of them for the run `id`.
///
/// # Errors
/// One that cannot be reached: nothing has been changed yet, and a replica that nobody watches would fall behind unseen.
pub async fn open(named: Vec<(String, TargetUrl)>, id: &str) -> Outcome<Vec<Replica>> {
    let mut replicas = Vec::new();
    for (name, url) in named {
        let application = format!("flightplan {id} replica");
        let connection = Target::connect(&url, &application, Access::Read).await.map_err(|failure| {
            let cure = "Start it, or take it out of replica_url_envs: batches would not wait for it.";
            Failure::new(failure.exit, format!("The replica in {name}: {}", failure.message), cure)
        })?;
        replicas.push(Replica { name, url, application, connection: Some(connection), notes: Notes::default() });
    }
    Ok(replicas)
}

/// Why the next batch of a statement (`step`, `statement`) has to wait for a replica.
pub(super) async fn behind(
    runner: &mut Runner<'_>,
    (step, statement): (&str, &str),
    limit: Duration,
) -> Result<Option<String>, DbError> {
    if runner.replicas.is_empty() || limit.is_zero() {
        return Ok(None);
    }
    let question = runner.journal.place(runner.target, step, statement);
    let written = place(runner.target.rows(&question).await?);
    for replica in &mut runner.replicas {
        let reason = replica.reason(&question, written, limit).await;
        if reason.is_some() {
            return Ok(reason);
        }
    }
    Ok(None)
}

impl Replica {
    /// Why it has to be waited for.
    async fn reason(&mut self, question: &str, written: u64, limit: Duration) -> Option<String> {
        let answer = tokio::time::timeout(ANSWER, self.place(question)).await;
        let name = &self.name;
        let there = match answer {
            Ok(Ok(there)) => there,
            Ok(Err(refusal)) => return Some(format!("The replica in {name} does not say how far it is: {refusal}")),
            Err(_) => return Some(format!("The replica in {name} does not answer within {} s", ANSWER.as_secs())),
        };
        let Lag::Behind(behind) = self.notes.judge(Instant::now(), written, &[Some(there)]) else { return None };
        let seconds = behind.as_secs().max(1);
        let allowed = limit.as_secs_f32();
        (behind > limit).then(|| format!("The replica in {name} is {seconds} s behind, {allowed} s are allowed"))
    }

    /// The place that has come to it. A connection that was lost is made anew, one that gave no answer in time is left.
    async fn place(&mut self, question: &str) -> Result<u64, String> {
        let mut target = match self.connection.take() {
            Some(target) => target,
            None => Target::connect(&self.url, &self.application, Access::Read).await.map_err(|failure| failure.message)?,
        };
        let answer = target.rows(question).await;
        if !answer.as_ref().is_err_and(|error| error.kind == DbErrorKind::ConnectionLost) {
            self.connection = Some(target);
        }
        match answer {
            Ok(rows) => Ok(place(rows)),
            // The journal was made for this run and has not come here yet.
            Err(error) if is_missing(&error) => Ok(0),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Epoch and batches as one number that only grows: a later run has a higher epoch.
fn place(rows: Vec<Vec<Option<String>>>) -> u64 {
    let mut numbers = rows.into_iter().flatten().map(|text| text.and_then(|text| text.parse::<u64>().ok()).unwrap_or(0));
    let (epoch, batches) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    epoch << 32 | batches
}

/// PostgreSQL: undefined table, schema; MySQL: unknown table, database.
fn is_missing(error: &DbError) -> bool {
    matches!(error.code.as_deref(), Some("42P01" | "3F000" | "1146" | "1049"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_grows_with_each_batch_and_each_run() {
        let at = |epoch: &str, batches: &str| place(vec![vec![Some(epoch.to_owned()), Some(batches.to_owned())]]);
        assert_eq!(place(Vec::new()), 0, "nothing has come");
        assert!(at("1", "0") > 0 && at("1", "1") > at("1", "0") && at("2", "1") > at("1", "9000"));
    }
}

//! Begin and end of a transactional step on PostgreSQL: what is ours goes in one message each, executed from prepared
//! statements. They are prepared by name in SQL, so that a message can hold several of them and run to its first error.

use std::collections::BTreeSet;

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, Either};

use crate::target::postgres::{Postgres, text_row};
use crate::target::{Bookkeeping, Closed, DbError, DbErrorKind, Opened, Opening, literal};

/// SQLSTATE of the guard before a step's last message.
const DIVISION_BY_ZERO: &str = "22012";

/// SQLSTATE of a prepared statement that is not there any more.
const NOT_PREPARED: &str = "26000";

/// Which statements of ours the session has ready.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    names: BTreeSet<&'static str>,
    /// All of them go as text from now on: a script threw them away, or it is not known which there are.
    never: bool,
}

/// What the server answered to the statements of a message, up to its first error.
struct Answers {
    /// Of each statement that ended: rows affected, and the first value of its last row.
    ended: Vec<(u64, Option<String>)>,
    error: Option<DbError>,
}

/// Statements that go in one message.
struct Message {
    statements: Vec<String>,
    /// What is prepared with it.
    prepares: Vec<&'static str>,
}

impl Message {
    /// A message of what this session has not prepared yet of some statements.
    fn preparing(prepared: &Prepared, ours: &[&Bookkeeping]) -> Self {
        let mut message = Self { statements: Vec::new(), prepares: Vec::new() };
        for statement in ours {
            if let Some(name) = statement.name().filter(|name| !prepared.never && !prepared.names.contains(name)) {
                message.statements.push(statement.prepare());
                message.prepares.push(name);
            }
        }
        message
    }

    /// Adds a statement of ours.
    fn ours(&mut self, prepared: &Prepared, statement: &Bookkeeping) {
        self.statements.push(if prepared.never { statement.sql() } else { statement.execute() });
    }

    /// Adds another statement; how many stand before it.
    fn add(&mut self, sql: &str) -> usize {
        self.statements.push(sql.to_owned());
        self.statements.len() - 1
    }
}

impl Postgres {
    /// See [`super::Target::prepare_step`]. One statement: the settings are all there, or none is.
    pub(super) async fn prepare_step(&mut self, lock_timeout_ms: u64, statement_timeout_ms: u64) -> Result<(), DbError> {
        let settings = self.settings(lock_timeout_ms, statement_timeout_ms).sql();
        self.execute(&settings).await.map(drop)
    }

    fn settings(&self, lock_timeout_ms: u64, statement_timeout_ms: u64) -> Bookkeeping {
        let start = "SELECT set_config('role', 'none', false), set_config('idle_in_transaction_session_timeout', '0', false), \
                     set_config('search_path', ";
        Bookkeeping::named("flightplan_settings", start.to_owned())
            .value("text", literal(&self.search_path))
            .text(", false), set_config('lock_timeout', ")
            .value("text", format!("'{lock_timeout_ms}'"))
            .text(", false), set_config('statement_timeout', ")
            .value("text", format!("'{statement_timeout_ms}'"))
            .text(", false)")
    }

    /// See [`super::Target::open_step`].
    pub(super) async fn open_step(&mut self, opening: &Opening) -> Result<Opened, DbError> {
        let settings = self.settings(opening.lock_timeout_ms, opening.statement_timeout_ms);
        loop {
            let mut message = Message::preparing(&self.prepared, &[&settings, &opening.fence]);
            message.add("BEGIN");
            message.ours(&self.prepared, &settings);
            message.ours(&self.prepared, &opening.fence);
            let answers = self.send(&message).await;
            match answers.error {
                None => return Ok(opened(answers.ended)),
                Some(error) if self.lost(&error) => drop(self.execute("ROLLBACK").await),
                Some(error) => return Err(error),
            }
        }
    }

    /// See [`super::Target::close_step`]. Where the transaction is another one, the division by zero keeps the server
    /// from what follows.
    pub(super) async fn close_step(
        &mut self,
        opened_before: &Opened,
        ours: &[Bookkeeping],
        next: Option<&Opening>,
    ) -> Result<Closed, DbError> {
        let transaction = opened_before.transaction.as_deref().filter(|id| id.parse::<u64>().is_ok()).unwrap_or("NULL");
        let guard =
            Bookkeeping::named("flightplan_guard", "SELECT 1 / (txid_current_if_assigned() IS NOT DISTINCT FROM ".to_owned())
                .value("bigint", transaction.to_owned())
                .text(")::int");
        let mut all: Vec<&Bookkeeping> = vec![&guard];
        all.extend(ours);
        let mut message = Message::preparing(&self.prepared, &all);
        let before = message.statements.len();
        for statement in all {
            message.ours(&self.prepared, statement);
        }
        let commit = message.add("COMMIT");
        if let Some(next) = next {
            message.add("BEGIN");
            message.ours(&self.prepared, &self.settings(next.lock_timeout_ms, next.statement_timeout_ms));
            message.ours(&self.prepared, &next.fence);
        }
        let Answers { ended, error } = self.send(&message).await;
        let error = error.map(|error| if self.lost(&error) { again(error) } else { error });
        match error {
            None => Ok(Closed::Committed(next.map(|_| Ok(opened(ended))))),
            Some(error) if ended.len() > commit => Ok(Closed::Committed(Some(Err(error)))),
            Some(error) if ended.len() == before && error.code.as_deref() == Some(DIVISION_BY_ZERO) => Ok(Closed::ByItself),
            Some(error) => Err(error),
        }
    }

    /// The server stops reading a message at its first error, so that what stands behind one is not run.
    async fn send(&mut self, message: &Message) -> Answers {
        let mut answers = Answers { ended: Vec::new(), error: None };
        let mut value = None;
        let sql = message.statements.join("; ");
        let mut stream = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_many(&mut self.connection);
        loop {
            match stream.try_next().await.map_err(DbError::from) {
                Ok(Some(Either::Left(end))) => answers.ended.push((end.rows_affected(), value.take())),
                Ok(Some(Either::Right(row))) => match text_row(&row) {
                    Ok(row) => value = row.into_iter().next().flatten(),
                    Err(error) => answers.error = Some(error),
                },
                Ok(None) => break,
                Err(error) => {
                    answers.error = Some(error);
                    break;
                }
            }
        }
        drop(stream);
        match answers.error {
            None => self.prepared.names.extend(&message.prepares),
            // Which of them were prepared before the error is not asked for.
            Some(_) if !message.prepares.is_empty() => self.prepared.never = true,
            Some(_) => {}
        }
        answers
    }

    /// Whether a script threw our statements away (`DEALLOCATE ALL`, `DISCARD ALL`); from now on they go as text.
    fn lost(&mut self, error: &DbError) -> bool {
        let lost = !self.prepared.never && error.code.as_deref() == Some(NOT_PREPARED);
        self.prepared.never |= lost;
        lost
    }
}

/// The step is rolled back and run again; nothing of it is left.
fn again(error: DbError) -> DbError {
    DbError { kind: DbErrorKind::Transient, ..error }
}

/// The fence comes last; it names the transaction.
fn opened(ended: Vec<(u64, Option<String>)>) -> Opened {
    let (fenced, transaction) = ended.into_iter().next_back().unwrap_or_default();
    Opened { fenced, transaction }
}

//! Begin and end of a transactional step, on every product.

use crate::failpoint;
use crate::target::{Bookkeeping, DbError, Target};

/// What a step's transaction begins with.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Milliseconds; 0: no limit.
    pub lock_timeout_ms: u64,
    /// Milliseconds; 0: no limit.
    pub statement_timeout_ms: u64,
    /// The compare-and-set on the epoch.
    pub fence: Bookkeeping,
}

/// A step's transaction that has begun.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Rows the fence affected: one, unless somebody else has taken over.
    pub fenced: u64,
    /// The transaction's name, where the product can tell.
    pub transaction: Option<String>,
}

/// How the transaction of a step ended.
#[derive(Clone, Debug)]
pub enum Closed {
    /// The step's own statements had ended it before; nothing of ours was written.
    ByItself,
    /// It was committed. Where the transaction of the next step was to be opened with it: that transaction, or why there
    /// is none.
    Committed(Option<Result<Opened, DbError>>),
}

impl Target {
    /// Begins a transactional step: its settings, the transaction, and the fence. PostgreSQL gets all of it in one message.
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn open_step(&mut self, opening: &Opening) -> Result<Opened, DbError> {
        if let Self::Postgres(postgres) = self {
            return postgres.open_step(opening).await;
        }
        self.prepare_step(opening.lock_timeout_ms, opening.statement_timeout_ms).await?;
        self.begin().await?;
        Ok(Opened { fenced: self.execute(&opening.fence.sql()).await?, transaction: self.transaction_id().await? })
    }

    /// Ends the transaction of a step with statements of ours and COMMIT. PostgreSQL gets all of it in one message, and
    /// with it what opens the `next` step, which saves a way there and back; the others leave that to be done.
    ///
    /// # Errors
    /// The server's refusal before the end of the commit.
    pub async fn close_step(&mut self, opened: &Opened, ours: &[Bookkeeping], next: Option<&Opening>) -> Result<Closed, DbError> {
        if let Self::Postgres(postgres) = self {
            return postgres.close_step(opened, ours, next).await;
        }
        if self.transaction_id().await? != opened.transaction {
            return Ok(Closed::ByItself);
        }
        for statement in ours {
            self.execute(&statement.sql()).await?;
            failpoint::reach("ours.after");
        }
        failpoint::reach("commit.before");
        self.commit().await?;
        Ok(Closed::Committed(None))
    }
}

//! Who approved which digest.

use planner::protocol::Approval;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::exit::Outcome;
use crate::store::{Store, broken};

impl Store {
    /// Stores an approval. The same person approving the same digest again changes nothing but the comment.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn approve(&self, approval: &Approval) -> Outcome<()> {
        sqlx::query(
            "INSERT INTO approvals (digest, environment, approver, at, comment) VALUES (?, ?, ?, ?, ?) \
             ON CONFLICT (digest, approver) DO UPDATE SET comment = excluded.comment",
        )
        .bind(&approval.digest)
        .bind(&approval.environment)
        .bind(&approval.approver)
        .bind(&approval.at)
        .bind(&approval.comment)
        .execute(&self.pool)
        .await
        .map(drop)
        .map_err(|error| broken(&error))
    }

    /// Approvals of a digest by time; of all digests where none is named.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn approvals(&self, digest: Option<&str>) -> Outcome<Vec<Approval>> {
        let rows = sqlx::query(
            "SELECT digest, environment, approver, at, comment FROM approvals WHERE ?1 IS NULL OR digest = ?1 ORDER BY at, approver",
        )
        .bind(digest)
        .fetch_all(&self.pool)
        .await
        .map_err(|error| broken(&error))?;
        rows.iter().map(approval).collect::<Result<_, _>>().map_err(|error| broken(&error))
    }
}

fn approval(row: &SqliteRow) -> Result<Approval, sqlx::Error> {
    Ok(Approval {
        digest: row.try_get(0)?,
        environment: row.try_get(1)?,
        approver: row.try_get(2)?,
        at: row.try_get(3)?,
        comment: row.try_get(4)?,
    })
}

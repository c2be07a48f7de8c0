//! What people say about a plan or one of its steps.

use planner::protocol::Comment;

use crate::audit::Deed;
use crate::exit::Outcome;
use crate::store::Store;
use crate::store::sql::{Row, sql};

impl Store {
    /// Keeps a comment.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn comment(&self, comment: &Comment) -> Outcome<()> {
        let mut change = self.change().await?;
        let query = sql("INSERT INTO comments (digest, step, by, at, comment) VALUES ($1, $2, $3, $4, $5)")
            .bind(&comment.digest)
            .bind(&comment.step)
            .bind(&comment.by)
            .bind(&comment.at)
            .bind(&comment.comment);
        query.run(&mut change).await?;
        let deed = Deed {
            actor: comment.by.clone(),
            action: "plan.commented",
            subject: comment.step.clone(),
            digest: comment.digest.clone(),
            reason: comment.comment.clone(),
            ..Deed::default()
        };
        change.note(deed).await?;
        change.commit().await
    }

    /// The comments on a plan, oldest first.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn comments(&self, digest: &str) -> Outcome<Vec<Comment>> {
        let rows = sql("SELECT digest, step, by, at, comment FROM comments WHERE digest = $1 ORDER BY id")
            .bind(digest)
            .all(&self.pool)
            .await?;
        let comment = |row: &Row| {
            Ok(Comment { digest: row.get(0)?, step: row.get(1)?, by: row.get(2)?, at: row.get(3)?, comment: row.get(4)? })
        };
        rows.iter().map(comment).collect()
    }
}

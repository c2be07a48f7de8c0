//! A query that somebody else wrote and that must not change anything: a gate's probe, the count of what would be lost.

use std::time::{Duration, Instant};

use planner::dialect::Dialect;
use planner::statement::split::split;

use crate::target::{DbError, Target, TextRow};

impl Target {
    /// Rows of one query, in a transaction that cannot write. The server ends it after `limit`.
    ///
    /// # Errors
    /// The server's refusal; a text that is not exactly one statement. Nothing is left open.
    pub async fn read_only(&mut self, sql: &str, limit: Duration) -> Result<Vec<TextRow>, DbError> {
        if split(sql, self.dialect()).0.len() != 1 {
            return Err(DbError::other(format!("{sql:?} is not exactly one statement")));
        }
        let ms = limit.as_millis().max(1);
        match self {
            Self::Postgres(_) => {
                let begin = format!("BEGIN READ ONLY; SET LOCAL statement_timeout = {ms}");
                self.between(&begin, sql, "ROLLBACK").await
            }
            Self::MySql(mysql) if mysql.dialect == Dialect::MySql => {
                let begin = format!("SET SESSION max_execution_time = {ms}; START TRANSACTION READ ONLY");
                self.between(&begin, sql, "ROLLBACK; SET SESSION max_execution_time = DEFAULT").await
            }
            Self::MySql(_) => {
                let (seconds, rest) = (ms / 1000, ms % 1000);
                let begin = format!("SET SESSION max_statement_time = {seconds}.{rest:03}; START TRANSACTION READ ONLY");
                self.between(&begin, sql, "ROLLBACK; SET SESSION max_statement_time = DEFAULT").await
            }
            Self::Sqlite(sqlite) => {
                let until = Instant::now() + limit;
                sqlite.end_after(Some(until)).await?;
                let rows = self.between("PRAGMA query_only = ON", sql, "PRAGMA query_only = OFF").await;
                if let Self::Sqlite(sqlite) = self {
                    sqlite.end_after(None).await?;
                }
                rows
            }
        }
    }

    async fn between(&mut self, begin: &str, sql: &str, end: &str) -> Result<Vec<TextRow>, DbError> {
        for text in begin.split("; ") {
            self.execute(text).await?;
        }
        let rows = self.rows(sql).await;
        for text in end.split("; ") {
            self.execute(text).await?;
        }
        rows
    }
}

//! Fills the demo's SQLite database: `demo_rows sqlite:FILE USERS`.
//!
//! Three of five users are pending, so that the sample's large update has work to do.

use std::str::FromStr;

use anyhow::{Context, Result};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

const USERS: &str = "
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
INSERT INTO users (email, display_name, status, legacy_ref, created_at)
SELECT 'user' || i || '@example.com', 'User ' || i, CASE WHEN i % 5 < 3 THEN 'pending' ELSE 'active' END, 'L' || i,
       datetime('2023-01-01', '+' || (i * 97 % 400) || ' days')
FROM n";

const EVENTS: &str = "
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ? / 4)
INSERT INTO audit_events (user_id, action) SELECT i, 'sign-in' FROM n";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: demo_rows sqlite:FILE USERS";
    let url = arguments.next().context(usage)?;
    let users: i64 = arguments.next().context(usage)?.parse().context(usage)?;
    let mut connection = SqliteConnectOptions::from_str(&url)?.connect().await?;
    let mut transaction = connection.begin().await?;
    for sql in [USERS, EVENTS] {
        sqlx::query(sql).bind(users).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    connection.close().await?;
    Ok(())
}

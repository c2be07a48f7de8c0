//! Plans by digest, with the choices that lead to them, so that a digest alone can be approved and applied.

use std::collections::BTreeMap;

use planner::plan::Plan;
use planner::project::{BatchChoice, Request};
use serde::{Deserialize, Serialize};
use sqlx::Row;

use crate::audit::Deed;
use crate::exit::Outcome;
use crate::store::{Store, broken, now};

/// What a reviewer chose: the part of a request that neither files nor target decide.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    /// Environment.
    pub environment: String,
    /// Batch choices by statement.
    #[serde(default)]
    pub batches: BTreeMap<String, BatchChoice>,
    /// Last version or revision planned.
    #[serde(default)]
    pub up_to: Option<String>,
    /// Releases named as live.
    #[serde(default)]
    pub live: Vec<String>,
    /// The release named as the one that comes.
    #[serde(default)]
    pub next: Option<String>,
}

/// Who made a plan, and for how long it is good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Who; empty: nobody by name.
    pub author: String,
    /// Until when, RFC 3339 in UTC; absent: for ever.
    pub valid_until: Option<String>,
}

impl Choices {
    /// The choices in a request, for the environment it came down to.
    #[must_use]
    pub fn of(request: &Request, environment: &str) -> Self {
        Self {
            environment: environment.to_owned(),
            batches: request.batches.clone(),
            up_to: request.up_to.clone(),
            live: request.live.clone(),
            next: request.next.clone(),
        }
    }
}

impl Store {
    /// Stores a plan; the same digest is the same plan. Who made it first is its author; made again, it is good for as long
    /// as that says. Nobody made what the page shows: there the author is empty.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn keep_plan(&self, plan: &Plan, choices: &Choices, made: &Made) -> Outcome<()> {
        let plan_text = serde_json::to_string(plan).map_err(|error| broken(&error))?;
        let choices_text = serde_json::to_string(choices).map_err(|error| broken(&error))?;
        let mut change = self.change().await?;
        let known: Option<i64> = sqlx::query_scalar("SELECT 1 FROM plans WHERE digest = ?")
            .bind(&plan.digest)
            .fetch_optional(change.sql())
            .await
            .map_err(|error| broken(&error))?;
        let query = sqlx::query(
            "INSERT INTO plans (digest, at, plan, choices, author, valid_until) VALUES (?, ?, ?, ?, ?, ?) \
             ON CONFLICT (digest) DO UPDATE SET author = CASE plans.author WHEN '' THEN excluded.author ELSE plans.author END, \
             valid_until = excluded.valid_until WHERE excluded.author <> ''",
        )
        .bind(&plan.digest)
        .bind(now())
        .bind(plan_text)
        .bind(choices_text)
        .bind(&made.author)
        .bind(&made.valid_until);
        query.execute(change.sql()).await.map_err(|error| broken(&error))?;
        if known.is_none() {
            let deed = Deed {
                actor: made.author.clone(),
                action: "plan.stored",
                environment: plan.environment.clone(),
                subject: plan.target.identity.clone().unwrap_or_default(),
                digest: plan.digest.clone(),
                detail: format!("{} steps, from {} to {}", plan.steps.len(), plan.from, plan.to),
                ..Deed::default()
            };
            change.note(deed).await?;
        }
        change.commit().await
    }

    /// Who made a plan, and until when it is good; absent: the plan is not known.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn made(&self, digest: &str) -> Outcome<Option<Made>> {
        let row = sqlx::query("SELECT author, valid_until FROM plans WHERE digest = ?").bind(digest);
        let row = row.fetch_optional(&self.pool).await.map_err(|error| broken(&error))?;
        let made = |row: &sqlx::sqlite::SqliteRow| Ok(Made { author: row.try_get(0)?, valid_until: row.try_get(1)? });
        row.as_ref().map(made).transpose().map_err(|error: sqlx::Error| broken(&error))
    }

    /// Notes the bytes of a plan file that was made or approved here.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn know_file(&self, digest: &str, sha256: &str) -> Outcome<()> {
        sqlx::query("INSERT INTO plan_files (sha256, digest, at) VALUES (?, ?, ?) ON CONFLICT (sha256) DO NOTHING")
            .bind(sha256)
            .bind(digest)
            .bind(now())
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(|error| broken(&error))
    }

    /// Whether a plan file with these bytes was made or approved here; absent: no file of this plan was.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn knows_file(&self, digest: &str, sha256: &str) -> Outcome<Option<bool>> {
        let row = sqlx::query("SELECT count(*), coalesce(sum(sha256 = ?), 0) FROM plan_files WHERE digest = ?");
        let row = row.bind(sha256).bind(digest).fetch_one(&self.pool).await.map_err(|error| broken(&error))?;
        let read = |at: usize| row.try_get::<i64, _>(at).map_err(|error| broken(&error));
        let (all, same) = (read(0)?, read(1)?);
        Ok((all > 0).then_some(same > 0))
    }

    /// Plans of an environment that anybody approved, newest first.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn approved_plans(&self, environment: &str) -> Outcome<Vec<Plan>> {
        let sql = "SELECT plan FROM plans WHERE digest IN (SELECT digest FROM approvals WHERE environment = ?) ORDER BY at DESC, digest";
        let rows = sqlx::query(sql).bind(environment).fetch_all(&self.pool).await;
        let texts: Result<Vec<String>, _> = rows.map_err(|error| broken(&error))?.iter().map(|row| row.try_get(0)).collect();
        // A plan of an older shape would be made in another one now: it covers nothing that could run.
        Ok(texts.map_err(|error| broken(&error))?.iter().filter_map(|text| serde_json::from_str(text).ok()).collect())
    }

    /// A stored plan. A beginning of the digest is enough where it names one plan only.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn plan(&self, digest: &str) -> Outcome<Option<(Plan, Choices)>> {
        let rows = sqlx::query("SELECT plan, choices FROM plans WHERE substr(digest, 1, length(?1)) = ?1 LIMIT 2")
            .bind(digest)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| broken(&error))?;
        let [row] = rows.as_slice() else { return Ok(None) };
        let plan: String = row.try_get(0).map_err(|error| broken(&error))?;
        let choices: String = row.try_get(1).map_err(|error| broken(&error))?;
        let plan = serde_json::from_str(&plan).map_err(|error| broken(&error))?;
        let choices = serde_json::from_str(&choices).map_err(|error| broken(&error))?;
        Ok(Some((plan, choices)))
    }
}

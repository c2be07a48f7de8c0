//! Plans by digest, with the choices that lead to them, so that a digest alone can be approved and applied.

use std::collections::BTreeMap;

use planner::plan::Plan;
use planner::project::{BatchChoice, Request};
use serde::{Deserialize, Serialize};
use sqlx::Row;

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
    /// Stores a plan; the same digest is the same plan.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn keep_plan(&self, plan: &Plan, choices: &Choices) -> Outcome<()> {
        let plan_text = serde_json::to_string(plan).map_err(|error| broken(&error))?;
        let choices_text = serde_json::to_string(choices).map_err(|error| broken(&error))?;
        sqlx::query("INSERT INTO plans (digest, at, plan, choices) VALUES (?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING")
            .bind(&plan.digest)
            .bind(now())
            .bind(plan_text)
            .bind(choices_text)
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(|error| broken(&error))
    }

    /// Plans of an environment that at least this many people approved, newest first.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn approved_plans(&self, environment: &str, approvals: u32) -> Outcome<Vec<Plan>> {
        let sql = "SELECT plan FROM plans WHERE digest IN (SELECT digest FROM approvals WHERE environment = ? \
                   GROUP BY digest HAVING count(DISTINCT approver) >= ?) ORDER BY at DESC";
        let rows = sqlx::query(sql).bind(environment).bind(approvals).fetch_all(&self.pool).await;
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

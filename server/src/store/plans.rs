//! Plans by digest, with the choices that lead to them, so that a digest alone can be approved and applied.

use std::collections::BTreeMap;

use planner::plan::Plan;
use planner::project::{BatchChoice, Request};
use serde::{Deserialize, Serialize};

use crate::audit::Deed;
use crate::exit::Outcome;
use crate::store::sql::{Row, json, sql};
use crate::store::{Store, now};

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
        let plan_text = json(plan)?;
        let choices_text = json(choices)?;
        let mut change = self.change().await?;
        let known = sql("SELECT digest FROM plans WHERE digest = $1").bind(&plan.digest).first(&mut change).await?;
        let query = sql("INSERT INTO plans (digest, at, plan, choices, author, valid_until) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (digest) DO UPDATE SET author = CASE plans.author WHEN '' THEN excluded.author ELSE plans.author END, \
             valid_until = excluded.valid_until WHERE excluded.author <> ''")
        .bind(&plan.digest)
        .bind(now())
        .bind(plan_text)
        .bind(choices_text)
        .bind(&made.author)
        .bind(&made.valid_until);
        query.run(&mut change).await?;
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
        let row = sql("SELECT author, valid_until FROM plans WHERE digest = $1").bind(digest);
        let made = |row: Row| Ok(Made { author: row.get(0)?, valid_until: row.get(1)? });
        row.first(&self.pool).await?.map(made).transpose()
    }

    /// Notes the bytes of a plan file that was made or approved here.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn know_file(&self, digest: &str, sha256: &str) -> Outcome<()> {
        sql("INSERT INTO plan_files (sha256, digest, at) VALUES ($1, $2, $3) ON CONFLICT (sha256) DO NOTHING")
            .bind(sha256)
            .bind(digest)
            .bind(now())
            .run(&self.pool)
            .await
            .map(drop)
    }

    /// Whether a plan file with these bytes was made or approved here; absent: no file of this plan was.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn knows_file(&self, digest: &str, sha256: &str) -> Outcome<Option<bool>> {
        let rows = sql("SELECT sha256 FROM plan_files WHERE digest = $1").bind(digest).all(&self.pool).await?;
        let known: Vec<String> = rows.iter().map(|row| row.get(0)).collect::<Outcome<_>>()?;
        Ok((!known.is_empty()).then(|| known.iter().any(|one| one == sha256)))
    }

    /// Plans of an environment that anybody approved, newest first.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn approved_plans(&self, environment: &str) -> Outcome<Vec<Plan>> {
        let rows = sql("SELECT plan FROM plans WHERE digest IN (SELECT digest FROM approvals WHERE environment = $1) \
                        ORDER BY at DESC, digest");
        let rows = rows.bind(environment).all(&self.pool).await?;
        let texts: Vec<String> = rows.iter().map(|row| row.get(0)).collect::<Outcome<_>>()?;
        // A plan of an older shape would be made in another one now: it covers nothing that could run.
        Ok(texts.iter().filter_map(|text| serde_json::from_str(text).ok()).collect())
    }

    /// A stored plan. A beginning of the digest is enough where it names one plan only.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn plan(&self, digest: &str) -> Outcome<Option<(Plan, Choices)>> {
        let rows = sql("SELECT plan, choices FROM plans WHERE substr(digest, 1, length($1)) = $1 LIMIT 2")
            .bind(digest)
            .all(&self.pool)
            .await?;
        let [row] = rows.as_slice() else { return Ok(None) };
        Ok(Some((row.json(0)?, row.json(1)?)))
    }
}

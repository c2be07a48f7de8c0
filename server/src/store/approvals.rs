//! Who approved which digest.

use planner::protocol::Approval;

use crate::approval::signed::SignedApproval;
use crate::audit::Deed;
use crate::exit::Outcome;
use crate::store::sql::{Row, json, sql};
use crate::store::{Store, broken};

/// An approval with what decides how long and for what it counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// The approval.
    pub approval: Approval,
    /// When it stops counting.
    pub expires_at: Option<String>,
    /// Fingerprint of the policy it was given under.
    pub policy: String,
    /// What proves it; absent: it is as good as the store.
    pub signed: Option<SignedApproval>,
}

impl From<&SignedApproval> for Kept {
    fn from(signed: &SignedApproval) -> Self {
        Self {
            approval: signed.plain(),
            expires_at: signed.expires_at.clone(),
            policy: signed.policy.clone(),
            signed: Some(signed.clone()),
        }
    }
}

impl Store {
    /// Stores an approval. The same person approving the same digest again renews it.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn approve(&self, kept: &Kept) -> Outcome<()> {
        let signed = kept.signed.as_ref().map(json).transpose()?;
        let approval = &kept.approval;
        let mut change = self.change().await?;
        let query = sql("INSERT INTO approvals (digest, environment, approver, at, comment, expires_at, policy, signed) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (digest, approver) DO UPDATE SET at = excluded.at, \
             comment = excluded.comment, expires_at = excluded.expires_at, policy = excluded.policy, signed = excluded.signed")
        .bind(&approval.digest)
        .bind(&approval.environment)
        .bind(&approval.approver)
        .bind(&approval.at)
        .bind(&approval.comment)
        .bind(&kept.expires_at)
        .bind(&kept.policy)
        .bind(signed);
        query.run(&mut change).await?;
        let by = kept.signed.as_ref().map_or_else(|| "by name".to_owned(), |signed| format!("signed with {}", signed.key));
        let until = kept.expires_at.as_ref().map(|until| format!(", good until {until}")).unwrap_or_default();
        let deed = Deed {
            actor: approval.approver.clone(),
            action: "plan.approved",
            environment: approval.environment.clone(),
            digest: approval.digest.clone(),
            reason: approval.comment.clone(),
            detail: format!("{by}{until}"),
            ..Deed::default()
        };
        change.note(deed).await?;
        change.commit().await
    }

    /// Approvals of a digest by time; of all digests where none is named.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn approvals(&self, digest: Option<&str>) -> Outcome<Vec<Approval>> {
        let rows = sql(
            "SELECT digest, environment, approver, at, comment FROM approvals WHERE $1 IS NULL OR digest = $1 ORDER BY at, approver",
        )
        .bind(digest).all(&self.pool).await?;
        rows.iter().map(approval).collect()
    }

    /// Approvals of a digest by time, with what they were given under.
    ///
    /// # Errors
    /// The store's refusal; a signature that is none any more.
    pub async fn kept_approvals(&self, digest: &str) -> Outcome<Vec<Kept>> {
        let rows = sql(
            "SELECT digest, environment, approver, at, comment, expires_at, policy, signed FROM approvals WHERE digest = $1 \
             ORDER BY at, approver",
        )
        .bind(digest)
        .all(&self.pool)
        .await?;
        let kept = |row: &Row| -> Outcome<Kept> {
            let signed: Option<String> = row.get(7)?;
            Ok(Kept {
                approval: approval(row)?,
                expires_at: row.get(5)?,
                policy: row.get(6)?,
                signed: signed.map(|text| serde_json::from_str(&text)).transpose().map_err(|error| broken(&error))?,
            })
        };
        rows.iter().map(kept).collect()
    }
}

fn approval(row: &Row) -> Outcome<Approval> {
    Ok(Approval { digest: row.get(0)?, environment: row.get(1)?, approver: row.get(2)?, at: row.get(3)?, comment: row.get(4)? })
}

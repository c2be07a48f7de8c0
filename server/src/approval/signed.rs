//! An approval that proves itself: signed by its approver, checked without a server, a store or a network.
//!
//! It stands beside the plan file (`plan.json` has `plan.approvals.json`), so that the plan stays the very bytes that were
//! approved.

use std::path::{Path, PathBuf};

use planner::plan::Plan;
use planner::plan::canonical::canonical_json;
use planner::protocol::Approval;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::approval::document::Document;
use crate::approval::key::SecretKey;
use crate::approval::settings::Approvers;
use crate::exit::{Failure, Outcome};

/// Keeps a signature from being one over anything else.
const PURPOSE: &str = "flightplan approval 1\n";

/// A signed approval. The signature covers every other field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedApproval {
    /// Digest of the plan.
    pub digest: String,
    /// SHA-256 (hex) of the bytes of the plan file.
    pub plan_sha256: String,
    /// Environment.
    pub environment: String,
    /// The database, without credentials.
    pub target: String,
    /// Fingerprint of its schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Who approved.
    pub approver: String,
    /// Their public key.
    pub key: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// When it stops counting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// SHA-256 (hex) of the policy it was given under.
    pub policy: String,
    /// In the approver's words.
    #[serde(default)]
    pub comment: String,
    /// Ed25519, Base64.
    pub signature: String,
}

/// The file beside a plan.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Beside {
    format: u32,
    approvals: Vec<SignedApproval>,
}

impl SignedApproval {
    /// Signs.
    #[must_use]
    pub fn sign(self, key: &SecretKey) -> Self {
        let unsigned = Self { key: key.public().to_string(), signature: String::new(), ..self };
        let signature = key.sign(&unsigned.message());
        Self { signature, ..unsigned }
    }

    /// What is signed.
    fn message(&self) -> Vec<u8> {
        let mut value = serde_json::to_value(self).unwrap_or(Value::Null);
        if let Some(fields) = value.as_object_mut() {
            fields.remove("signature");
        }
        format!("{PURPOSE}{}", canonical_json(&value)).into_bytes()
    }

    /// Why it is no approval of this plan, as a sentence. Whether it has expired is for the caller to judge.
    ///
    /// # Errors
    /// The sentence.
    pub fn check(&self, plan: &Plan, plan_sha256: Option<&str>, approvers: &Approvers) -> Result<(), String> {
        let who = &self.approver;
        approvers.check(who, &self.key, &self.message(), &self.signature)?;
        let differs = |what: &str, theirs: &str, ours: &str| Err(format!("{who} approved {what} {theirs}, this is {ours}"));
        if self.digest != plan.digest {
            return differs("plan", &self.digest, &plan.digest);
        }
        if self.environment != plan.environment {
            return differs("environment", &self.environment, &plan.environment);
        }
        let target = plan.target.identity.as_deref().unwrap_or("no database");
        if self.target != target {
            return differs("database", &self.target, target);
        }
        if self.fingerprint != plan.target.fingerprint {
            let text = |fingerprint: &Option<String>| fingerprint.clone().unwrap_or_else(|| "none".to_owned());
            return differs("the schema with fingerprint", &text(&self.fingerprint), &text(&plan.target.fingerprint));
        }
        // Who signs a digest of the store signs no file.
        if let Some(ours) = plan_sha256.filter(|ours| **ours != self.plan_sha256 && !self.plan_sha256.is_empty()) {
            return Err(format!(
                "{who} approved a plan file with SHA-256 {}, this file has {ours}: it was edited after the approval",
                self.plan_sha256
            ));
        }
        Ok(())
    }

    /// It, as the store and the routes show it.
    #[must_use]
    pub fn plain(&self) -> Approval {
        Approval {
            digest: self.digest.clone(),
            environment: self.environment.clone(),
            approver: self.approver.clone(),
            at: self.at.clone(),
            comment: self.comment.clone(),
        }
    }
}

/// Where the approvals of a plan file are: `plan.approvals.json` for `plan.json`.
#[must_use]
pub fn beside(plan: &Path) -> PathBuf {
    plan.with_extension("approvals.json")
}

/// The approvals beside a plan file; none where there is no such file.
///
/// # Errors
/// A file that cannot be read or is none of ours.
pub fn read(plan: &Path) -> Outcome<Vec<SignedApproval>> {
    let path = beside(plan);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Failure::usage(format!("{}: cannot be read: {error}.", path.display()), "")),
    };
    let beside: Beside = serde_json::from_str(&text).map_err(|error| {
        let place = format!("{}:{}:{}", path.display(), error.line(), error.column());
        Failure::usage(
            format!("{place}: these are no approvals: {error}."),
            "Have the plan approved again: flightplan approve PLAN --key FILE.",
        )
    })?;
    Ok(beside.approvals)
}

/// Adds an approval to those beside a plan file, in place of an earlier one of the same person.
///
/// # Errors
/// As [`read`]; a file that cannot be written.
pub fn add(document: &Document, plan: &Path, approval: SignedApproval) -> Outcome<usize> {
    let path = beside(plan);
    let mut approvals = read(plan)?;
    // What was approved of an earlier plan under this file name is no approval of this one.
    approvals.retain(|kept| kept.digest == document.plan.digest && kept.plan_sha256 == document.sha256);
    approvals.retain(|kept| kept.approver != approval.approver);
    approvals.push(approval);
    let count = approvals.len();
    let text = serde_json::to_string_pretty(&Beside { format: 1, approvals });
    let text = text.map_err(|error| Failure::failed(format!("The approval is no JSON: {error}."), ""))?;
    let broken = |error: &dyn std::fmt::Display| Failure::usage(format!("{}: cannot be written: {error}.", path.display()), "");
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| broken(&error))?;
    std::io::Write::write_all(&mut file, format!("{text}\n").as_bytes()).map_err(|error| broken(&error))?;
    readable(file.path());
    file.persist(&path).map_err(|error| broken(&error.error))?;
    Ok(count)
}

/// A temporary file is private; approvals are for everybody to read.
fn readable(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644));
    }
}

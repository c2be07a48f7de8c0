//! A plan as a file: the plan itself, and in its margin who made it, how long it is good for, and how risky it is.

use std::path::Path;

use planner::plan::Plan;
use planner::plan::canonical::sha256_hex;
use planner::plan::digest::plan_digest;
use planner::rule;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::approval::difference;
use crate::approval::risk::{Assessment, assess};
use crate::approval::signed::{self, SignedApproval};
use crate::cli::output;
use crate::exit::{Exit, Failure, Outcome};
use crate::machine::Machine;

/// What stands beside the plan proper.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Margin {
    /// Who made the plan; their approval of it does not count.
    #[serde(default)]
    pub author: String,
    /// When it stops being good, RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
    /// What can go wrong. For people: it is assessed anew where it decides.
    #[serde(default)]
    pub risk: Assessment,
}

impl Margin {
    /// The margin of a plan.
    #[must_use]
    pub fn of(plan: &Plan, author: &str, valid_until: Option<String>) -> Self {
        Self { author: author.to_owned(), valid_until, risk: assess(plan) }
    }
}

/// A plan file that was read.
#[derive(Clone, Debug)]
pub struct Document {
    /// The plan.
    pub plan: Plan,
    /// Its margin.
    pub margin: Margin,
    /// SHA-256 (hex) of its bytes.
    pub sha256: String,
    /// The approvals beside it.
    pub approvals: Vec<SignedApproval>,
}

/// The plan with its margin, as it is written and printed.
///
/// # Errors
/// A plan that is no JSON.
pub fn json(plan: &Plan, margin: &Margin) -> Outcome<Value> {
    let broken = |error: serde_json::Error| Failure::failed(format!("The plan is no JSON: {error}."), "");
    let mut value = serde_json::to_value(plan).map_err(broken)?;
    if let (Some(fields), Value::Object(margin)) = (value.as_object_mut(), serde_json::to_value(margin).map_err(broken)?) {
        fields.extend(margin);
    }
    Ok(value)
}

/// The bytes of a plan file.
///
/// # Errors
/// As [`json`].
pub fn text(plan: &Plan, margin: &Margin) -> Outcome<String> {
    Ok(format!("{}\n", output::json_text(&json(plan, margin)?)?))
}

impl Document {
    /// Reads a plan file and the approvals beside it.
    ///
    /// # Errors
    /// A file that is no plan, approvals that are none.
    pub fn read(path: &Path) -> Outcome<Self> {
        let name = path.display();
        let bytes = std::fs::read(path).map_err(|error| Failure::usage(format!("{name}: cannot be read: {error}."), ""))?;
        let wrong = |error: serde_json::Error| {
            Failure::usage(
                format!("{name}:{}:{}: this is no plan: {error}.", error.line(), error.column()),
                "Make one with `flightplan plan --output FILE`.",
            )
        };
        let plan = serde_json::from_slice(&bytes).map_err(wrong)?;
        let margin = serde_json::from_slice(&bytes).map_err(wrong)?;
        Ok(Self { plan, margin, sha256: sha256_hex(&bytes), approvals: signed::read(path)? })
    }

    /// Refuses a plan whose steps are not what its digest was made of. `kept` is the plan that has this digest.
    ///
    /// # Errors
    /// [`Exit::Stale`], with what differs.
    pub fn require_own_digest(&self, kept: Option<&Plan>) -> Outcome<()> {
        let digest = digest_of(&self.plan);
        if digest == self.plan.digest {
            return Ok(());
        }
        let what = kept.map(|kept| format!(" {}", difference::told(kept, &self.plan))).unwrap_or_default();
        Err(Failure::new(
            Exit::Stale,
            format!(
                "The plan {} is stale: its steps give the digest {digest}; the file was edited, or another version of Flightplan \
                 made it.{what}",
                self.plan.digest
            ),
            "Nothing was changed. Plan again, and have the new plan approved.",
        ))
    }
}

/// The digest of a plan as it stands.
#[must_use]
pub fn digest_of(plan: &Plan) -> String {
    plan_digest(plan, rule::VERSION, &Machine::default())
}

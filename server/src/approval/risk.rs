//! The risk class of a plan: what can go wrong with it, derived from its own statements and their effects.

use std::fmt;

use planner::effect::{Blocks, Effect};
use planner::plan::{Plan, Step};
use serde::{Deserialize, Serialize};

use crate::recovery::lossy;

/// Reasons told of, at most.
const REASONS: usize = 5;

/// What can go wrong. The order is the order of harm: a plan is of the class of its worst step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Risk {
    /// It adds: nobody waits for long, nothing is lost.
    #[default]
    Additive,
    /// Tables are rewritten, read in full or indexed while others wait.
    LockHeavy,
    /// Rows or values may be gone behind it, or nobody can say what it does.
    Lossy,
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Additive => "additive",
            Self::LockHeavy => "lock-heavy",
            Self::Lossy => "lossy",
        })
    }
}

/// A class with what makes a plan one of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// The class.
    pub class: Risk,
    /// Steps and statements of that class; empty where it is additive.
    pub because: Vec<String>,
}

/// Assesses a plan.
#[must_use]
pub fn assess(plan: &Plan) -> Assessment {
    let mut found: Vec<(Risk, String)> = plan.steps.iter().flat_map(|step| of_step(plan, step)).collect();
    let callbacks = plan.callbacks.iter().flat_map(|callback| &callback.statements);
    found.extend(callbacks.filter_map(|it| Some((of_statement(plan, &it.sql, &it.effect)?, format!("{}:{}", it.file, it.line)))));
    let class = found.iter().map(|(class, _)| *class).max().unwrap_or_default();
    let because = found.into_iter().filter(|(risk, _)| *risk == class).map(|(_, why)| why).take(REASONS).collect();
    Assessment { class, because }
}

/// What in a step is more than additive.
fn of_step(plan: &Plan, step: &Step) -> Vec<(Risk, String)> {
    if let Some(fallback) = &step.fallback {
        return vec![(Risk::Lossy, format!("{}: {} cannot be read", step.id, fallback.file))];
    }
    let risky = step.statements.iter().filter_map(|statement| {
        let class = of_statement(plan, &statement.sql, &statement.effect)?;
        Some((class, format!("{}: {}", step.id, statement.summary)))
    });
    risky.collect()
}

fn of_statement(plan: &Plan, sql: &str, effect: &Effect) -> Option<Risk> {
    if effect.opaque.is_some() || lossy::takes_away(sql, plan.target.dialect) {
        return Some(Risk::Lossy);
    }
    let works = !(effect.rewrites.is_empty() && effect.scans.is_empty() && effect.builds.is_empty());
    let waited_for = effect.locks.iter().map(|lock| effect.blocked_by(lock)).max().unwrap_or_default();
    (works && waited_for >= Blocks::Writes).then_some(Risk::LockHeavy)
}

//! Expand, migrate, contract: where a change belongs in a blue-green deployment.

use serde::{Deserialize, Serialize};

/// The phase of a migration or step. Source of the classes: `facts/safety.md` §7.2 (each executed on a server).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Adds; the old application goes on. Runs before the new release is deployed.
    #[default]
    Expand,
    /// Moves data; both applications go on.
    Migrate,
    /// Takes away or tightens; only the new application goes on. Runs when the old release is gone.
    Contract,
}

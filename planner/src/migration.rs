//! A migration: one unit of change, whichever tool it was written for.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::span::Span;
use crate::statement::Statement;

/// Names a migration inside a project: `V20230815123000`, `R__reporting_views`, `B5`, or an Alembic
/// revision id. Flyway's display version is kept with its zeros.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MigrationId(
    /// The text, never empty.
    pub String,
);

impl MigrationId {
    /// What the id of a way back begins with.
    pub const BACK: &str = "undo ";

    /// The name of the way back over a migration, as steps and statements of it begin: `undo V3`.
    #[must_use]
    pub fn back(&self) -> Self {
        Self(format!("{}{self}", Self::BACK))
    }
}

impl fmt::Display for MigrationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for MigrationId {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// Which tool a migration was written for, and so which history table records it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// Flyway SQL files.
    #[default]
    Flyway,
    /// Alembic revisions.
    Alembic,
}

/// What a migration is to its tool. Flyway's U files are no migrations of their own: see
/// [`Migration::undo`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MigrationKind {
    /// Flyway `V`: runs once, in version order.
    Versioned,
    /// Flyway `R`: runs after the versioned ones, again whenever its checksum changes.
    Repeatable,
    /// Flyway `B`: replaces all versions up to its own on an empty database.
    Baseline,
    /// An Alembic revision.
    Revision,
}

/// A unit of change with its statements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Migration {
    /// Its name in the project.
    pub id: MigrationId,
    /// The tool it was written for.
    pub source: SourceKind,
    /// What it is to that tool.
    pub kind: MigrationKind,
    /// Flyway's display version (zeros kept, `_` as `.`), absent for repeatables; Alembic: the revision id.
    pub version: Option<String>,
    /// Flyway: text behind the separator with `_` as blanks. Alembic: docstring up to the first blank line.
    pub description: String,
    /// Path relative to its location, `/` separated: the `script` column of Flyway's history.
    pub script: String,
    /// Path of the file in the project.
    pub path: String,
    /// Flyway's CRC-32 as it stores it (repeatables: after placeholder replacement). Alembic has none.
    pub checksum: Option<i32>,
    /// Migrations this one names as its predecessors: Alembic's `down_revision`. Empty for Flyway, whose
    /// order comes from the versions.
    pub parents: Vec<MigrationId>,
    /// Alembic's `depends_on`.
    pub depends_on: Vec<MigrationId>,
    /// Alembic's `branch_labels`.
    pub labels: Vec<String>,
    /// Place among the files as Alembic loads them, which its order of revisions goes by; 0 for Flyway. It is no part
    /// of what a reviewer sees.
    #[serde(skip)]
    pub load_order: usize,
    /// What it does, in order.
    pub up: Script,
    /// The way back its author wrote: Flyway's U file, Alembic's `downgrade()`.
    pub undo: Option<Script>,
}

/// The statements of one direction of a migration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Script {
    /// File the statements come from.
    pub path: String,
    /// Path relative to its location, `/` separated.
    pub script: String,
    /// Flyway's checksum of that file.
    pub checksum: Option<i32>,
    /// Repeatables: the checksum before placeholder replacement, which Flyway accepts in a history row too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equivalent_checksum: Option<i32>,
    /// `shouldExecute` of Flyway's script configuration; `false`: Flyway passes the script over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub should_execute: Option<bool>,
    /// Statements in the order they run.
    pub statements: Vec<Statement>,
    /// `executeInTransaction` of Flyway's script configuration, where given.
    pub execute_in_transaction: Option<bool>,
    /// Parts that could not be turned into statements. Such a script must not be run as if it were whole.
    pub opaque: Vec<OpaquePart>,
    /// What the rendering took for granted (Alembic), one sentence each.
    pub assumptions: Vec<String>,
    /// SHA-256 (hex) of the file, where a part is opaque and the file itself may have to run (Alembic).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_sha256: Option<String>,
}

/// A part of a migration whose SQL the planner cannot know, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OpaquePart {
    /// Where it stands.
    pub span: Span,
    /// Why it is opaque, as a sentence.
    pub reason: String,
}

//! What `repair` mends: failed rows go, missing migrations are marked as deleted, rows follow their files.
//!
//! Source: `DbRepair` of 9.16.2. It looks at everything, whatever `target` and `outOfOrder` say.

use serde::{Deserialize, Serialize};

use super::history::{History, Line, checksum_matches, is_synthetic, shortened};
use super::state::State;
use crate::migration::MigrationId;
use crate::project::AppliedFlyway;

/// A row as it has to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alignment {
    /// The row.
    pub row: AppliedFlyway,
    /// Its file.
    pub migration: MigrationId,
    /// Description of the file, as the column can hold it.
    pub description: String,
    /// Type of the file.
    pub kind: String,
    /// Checksum of the file.
    pub checksum: Option<i32>,
}

/// What is to be done, after the failed rows are gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repairs {
    /// Rows that get a DELETE marker.
    pub deleted: Vec<AppliedFlyway>,
    /// Rows that take over what their files say.
    pub aligned: Vec<Alignment>,
}

/// Works it out.
pub(super) fn repairs(history: &History<'_>) -> Repairs {
    let shown = || history.lines.iter().filter(|line| !line.hidden);
    Repairs {
        deleted: shown().filter(|line| is_gone(history, line)).filter_map(|line| line.row.cloned()).collect(),
        aligned: shown().filter_map(alignment).collect(),
    }
}

fn is_gone(history: &History<'_>, line: &Line<'_>) -> bool {
    let missing = matches!(line.state, State::Missing | State::FailedMissing | State::Future | State::FailedFuture);
    missing
        && line.row.is_some_and(|row| !is_synthetic(&row.kind))
        && !history.patterns.matches(line.version.is_some(), line.state)
}

fn alignment(line: &Line<'_>) -> Option<Alignment> {
    let (row, migration) = (line.row.filter(|row| !is_synthetic(&row.kind))?, line.migration?);
    let description = shortened(&migration.description);
    let kind = line.file_kind();
    let needed = match migration.version {
        Some(_) => !checksum_matches(migration, row.checksum) || row.description != description || row.kind != kind,
        // A repeatable that changed runs again; only the checksum of its raw text is brought up to date.
        None => row.checksum != migration.checksum && checksum_matches(migration, row.checksum),
    };
    (needed && line.state != State::Ignored).then(|| Alignment {
        row: row.clone(),
        migration: migration.id.clone(),
        description,
        kind,
        checksum: migration.checksum,
    })
}

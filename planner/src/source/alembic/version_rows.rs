//! Which revisions run, and what each does to the rows of `alembic_version`.

use std::collections::BTreeSet;

use crate::finding::Finding;
use crate::migration::{Migration, MigrationId};

/// Revisions `upgrade <target>` would run from the rows given, in Alembic's order (`facts/alembic.md` §2.4).
/// `target` absent: `heads`.
///
/// # Errors
/// A finding where the target or a row is unknown or ambiguous.
pub fn upgrade_path(
    _revisions: &[&Migration],
    _rows: &BTreeSet<String>,
    _target: Option<&str>,
) -> Result<Vec<MigrationId>, Box<Finding>> {
    Ok(Vec::new())
}

/// Revisions `downgrade <target>` would take back from the rows given, in Alembic's order.
///
/// # Errors
/// A finding where the target or a row is unknown or ambiguous.
pub fn downgrade_path(
    _revisions: &[&Migration],
    _rows: &BTreeSet<String>,
    _target: &str,
) -> Result<Vec<MigrationId>, Box<Finding>> {
    Ok(Vec::new())
}

/// Rows that go and rows that come when a revision is applied (`facts/alembic.md` §2.5); changes `rows` accordingly.
pub fn apply_upgrade(
    _revisions: &[&Migration],
    _revision: &MigrationId,
    _rows: &mut BTreeSet<String>,
) -> (Vec<String>, Vec<String>) {
    (Vec::new(), Vec::new())
}

/// Rows that go and rows that come when a revision is taken back; changes `rows` accordingly.
pub fn apply_downgrade(
    _revisions: &[&Migration],
    _revision: &MigrationId,
    _rows: &mut BTreeSet<String>,
) -> (Vec<String>, Vec<String>) {
    (Vec::new(), Vec::new())
}

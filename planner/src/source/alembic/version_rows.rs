//! Which revisions run, and what each does to the rows of `alembic_version`.

use std::collections::BTreeSet;

use super::order::topological;
use super::revision_map::{Revision, RevisionMap};
use super::target::{Unresolved, downgrade_target, resolve, upgrade_targets};
use crate::finding::Finding;
use crate::migration::{Migration, MigrationId};
use crate::sort::Gather;

/// Revisions `upgrade <target>` would run from the rows given, in Alembic's order (`facts/alembic.md` §2.4).
/// `target` absent: `heads`. Targets: ids, unique prefixes, labels, `head`, `heads`, `base`, `label@head`, `+N`,
/// `rev+N`, `label@+N`.
///
/// # Errors
/// A finding where the target or a row is unknown or ambiguous.
pub fn upgrade_path(
    revisions: &[&Migration],
    rows: &BTreeSet<String>,
    target: Option<&str>,
) -> Result<Vec<MigrationId>, Box<Finding>> {
    let map = RevisionMap::new(revisions);
    let current = current(&map, rows)?;
    let target = target.unwrap_or("heads");
    let targets = upgrade_targets(&map, &current, target, false).map_err(|why| unresolved(target, why))?;
    if let Some((outer, inner)) = overlap(&map, &targets) {
        let message = format!("Requested revision {outer} overlaps with other requested revisions {inner}");
        return Err(unresolved(target, Unresolved { message, cure: format!("Name {outer} alone; it includes {inner}.") }));
    }
    let mut needed = map.ancestors(&targets, true);
    for present in map.ancestors(&current, true) {
        needed.remove(&present);
    }
    let mut order = topological(&map, &needed, &targets);
    order.reverse();
    Ok(order.into_iter().map(|at| MigrationId(map.id(at).to_owned())).collect())
}

/// Revisions `downgrade <target>` would take back from the rows given, in Alembic's order.
///
/// # Errors
/// A finding where the target or a row is unknown or ambiguous, or the target is not below the rows.
pub fn downgrade_path(revisions: &[&Migration], rows: &BTreeSet<String>, target: &str) -> Result<Vec<MigrationId>, Box<Finding>> {
    let map = RevisionMap::new(revisions);
    let current = current(&map, rows)?;
    let (label, to) = downgrade_target(&map, &current, target).map_err(|why| unresolved(target, why))?;
    let mut roots: Vec<usize> = match to {
        Some(to) => map.revision(to).map(|revision| revision.next.clone()).unwrap_or_default(),
        None => (0..map.revisions.len()).filter(|at| map.revision(*at).is_some_and(|r| r.down.is_empty())).collect(),
    };
    if let (Some(label), true) = (&label, roots.len() > 1) {
        let branch = resolve(&map, label).map_err(|why| unresolved(target, why))?;
        let ancestors = map.ancestors(&branch, false);
        roots.retain(|root| ancestors.contains(root));
        if roots.is_empty() {
            let message = "Not a valid downgrade target from current heads".to_owned();
            return Err(unresolved(target, Unresolved { message, cure: "Name the branch that is applied.".to_owned() }));
        }
    }
    let active = map.ancestors(&current, true);
    let dropped: BTreeSet<usize> = map.descendants(&roots, true).intersection(&active).copied().gather();
    if let Some(to) = to.filter(|to| dropped.is_empty() && !current.contains(to)) {
        let message = format!("Destination {} is not a valid downgrade target from current head(s)", map.id(to));
        return Err(unresolved(target, Unresolved { message, cure: "`current` shows where the database is.".to_owned() }));
    }
    let order = topological(&map, &dropped, &current);
    Ok(order.into_iter().map(|at| MigrationId(map.id(at).to_owned())).collect())
}

/// The rows of a version table as revisions run (`facts/alembic.md` §2.5). One map serves a whole run.
#[derive(Clone, Debug)]
pub struct Rows {
    map: RevisionMap,
    /// What the table holds now.
    pub now: BTreeSet<String>,
}

/// Rows that go, and rows that come. All but the last of the longer list are deleted or inserted in order; where both
/// lists have one left, that is an UPDATE.
pub type RowChange = (Vec<String>, Vec<String>);

impl Rows {
    /// Begins with the rows there are.
    #[must_use]
    pub fn new(revisions: &[&Migration], now: &BTreeSet<String>) -> Self {
        Self { map: RevisionMap::new(revisions), now: now.clone() }
    }

    /// A revision is applied.
    pub fn upgrade(&mut self, revision: &MigrationId) -> RowChange {
        let map = &self.map;
        let Some(at) = map.get(&revision.0) else { return (Vec::new(), Vec::new()) };
        let down = map.revision(at).map(Revision::normalized_down).unwrap_or_default();
        let down: Vec<String> = down.iter().map(|at| map.id(*at).to_owned()).collect();
        let present: Vec<String> = down.iter().filter(|parent| self.now.contains(*parent)).cloned().collect();
        let gone = match present.len() {
            0 => Vec::new(),
            // A plain step moves its one parent row even when another row implies that parent.
            1 => present,
            _ => {
                let others = self.now.iter().filter(|row| !down.contains(row));
                let others: Vec<usize> = others.filter_map(|row| map.get(row)).collect();
                let implied = map.ancestors(&others, true);
                let merged: Vec<String> =
                    present.iter().filter(|parent| map.get(parent).is_none_or(|at| !implied.contains(&at))).cloned().collect();
                if merged.is_empty() { present } else { merged }
            }
        };
        let come = vec![map.id(at).to_owned()];
        change(&mut self.now, gone, come)
    }

    /// A revision is taken back.
    pub fn downgrade(&mut self, revision: &MigrationId) -> RowChange {
        let map = &self.map;
        let Some(at) = map.get(&revision.0) else { return (Vec::new(), Vec::new()) };
        let own = map.id(at).to_owned();
        if !self.now.contains(&own) {
            return (Vec::new(), Vec::new());
        }
        let to = map.revision(at).map(Revision::normalized_down).unwrap_or_default();
        let others: Vec<usize> = self.now.iter().filter(|row| **row != own).filter_map(|row| map.get(row)).collect();
        let implied: BTreeSet<usize> = if others.is_empty() {
            // Several parents surface at once: those that another one of them implies need no row.
            to.iter().flat_map(|one| map.ancestors(&[*one], true).into_iter().filter(move |at| at != one)).gather()
        } else {
            map.ancestors(&others, true)
        };
        let come = to.into_iter().filter(|at| !implied.contains(at)).map(|at| map.id(at).to_owned()).collect();
        change(&mut self.now, vec![own], come)
    }
}

/// Rows that go and rows that come when one revision is applied; changes `rows` accordingly.
pub fn apply_upgrade(revisions: &[&Migration], revision: &MigrationId, rows: &mut BTreeSet<String>) -> RowChange {
    let mut all = Rows::new(revisions, rows);
    let change = all.upgrade(revision);
    *rows = all.now;
    change
}

/// Rows that go and rows that come when one revision is taken back; changes `rows` accordingly.
pub fn apply_downgrade(revisions: &[&Migration], revision: &MigrationId, rows: &mut BTreeSet<String>) -> RowChange {
    let mut all = Rows::new(revisions, rows);
    let change = all.downgrade(revision);
    *rows = all.now;
    change
}

fn change(rows: &mut BTreeSet<String>, gone: Vec<String>, come: Vec<String>) -> RowChange {
    for row in &gone {
        rows.remove(row);
    }
    rows.extend(come.iter().cloned());
    (gone, come)
}

/// The one revision a symbol means.
///
/// # Errors
/// It means none, or several.
pub fn one(revisions: &[&Migration], symbol: &str) -> Result<String, Box<Finding>> {
    let map = RevisionMap::new(revisions);
    let found = resolve(&map, symbol).map_err(|why| unresolved(symbol, why))?;
    match found.as_slice() {
        [at] => Ok(map.id(*at).to_owned()),
        _ => {
            let why = Unresolved { message: "it does not name one revision".to_owned(), cure: "Name one by its id.".to_owned() };
            Err(unresolved(symbol, why))
        }
    }
}

fn current(map: &RevisionMap, rows: &BTreeSet<String>) -> Result<Vec<usize>, Box<Finding>> {
    rows.iter()
        .map(|row| {
            map.get(row).ok_or_else(|| {
                let message = format!("the database is at revision `{row}`, which no file defines");
                let cure = "Check out the code that has it, or `stamp` the revision the schema really is at.";
                Box::new(Finding::broken("unknown-revision", None, message, cure))
            })
        })
        .collect()
}

/// The first target that is an ancestor of another one.
fn overlap(map: &RevisionMap, targets: &[usize]) -> Option<(String, String)> {
    targets.iter().find_map(|outer| {
        let ancestors = map.ancestors(&[*outer], true);
        let inner = targets.iter().find(|inner| *inner != outer && ancestors.contains(inner))?;
        Some((map.id(*outer).to_owned(), map.id(*inner).to_owned()))
    })
}

fn unresolved(target: &str, why: Unresolved) -> Box<Finding> {
    Box::new(Finding::broken("unknown-target", None, format!("target `{target}`: {}", why.message), why.cure))
}

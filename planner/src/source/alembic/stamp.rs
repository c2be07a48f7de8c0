//! What `stamp` does to the version table: a port of `ScriptDirectory._stamp_revs` (Alembic 1.20.1).

use std::collections::BTreeSet;

use super::book::Book;
use super::revision_map::RevisionMap;
use super::target::{Unresolved, resolve};
use super::version_rows::RowChange;

/// One step of a stamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StampStep {
    /// Revisions it comes from, as the script of `--sql` tells.
    pub from: Vec<String>,
    /// The revision it goes to; absent: the branch ends.
    pub to: Option<String>,
    /// Rows that go, and rows that come.
    pub rows: RowChange,
}

impl Book {
    /// The steps that bring the rows to the revisions named. Where a row is not there any more because a step before
    /// moved it, Alembic fails with a traceback; here the new row is inserted.
    ///
    /// # Errors
    /// A target or a row that means nothing.
    pub fn stamp(&self, rows: &BTreeSet<String>, targets: &[String]) -> Result<Vec<StampStep>, Box<crate::finding::Finding>> {
        let shown = targets.join(" ");
        self.stamp_steps(rows, targets).map_err(|why| super::book::finding(&shown, why))
    }

    fn stamp_steps(&self, rows: &BTreeSet<String>, targets: &[String]) -> Result<Vec<StampStep>, Unresolved> {
        let map = &self.map;
        let mut now = rows.clone();
        let rows: Vec<usize> = rows.iter().map(|row| resolve(map, row)).collect::<Result<Vec<_>, _>>()?.concat();
        let mut heads: Vec<usize> = Vec::new();
        for target in targets {
            heads.extend(in_line(map, &rows, target)?.into_iter().filter(|head| !heads.contains(head)).collect::<Vec<_>>());
        }
        let destinations = targets.iter().map(|target| self.look_up(target)).collect::<Result<Vec<_>, _>>()?.concat();
        let mut steps = Vec::new();
        if destinations.is_empty() {
            for head in &heads {
                let from = vec![map.id(*head).to_owned()];
                now.remove(map.id(*head));
                steps.push(StampStep { rows: (from.clone(), Vec::new()), from, to: None });
            }
        }
        for to in destinations.into_iter().filter(|to| !heads.contains(to)) {
            let (above, below) = (map.descendants(&[to], true), map.ancestors(&[to], true));
            let moves = heads.iter().any(|head| above.contains(head) || below.contains(head));
            let from: Vec<String> = heads.iter().filter(|_| moves).map(|head| map.id(*head).to_owned()).collect();
            let gone: Vec<String> = from.iter().filter(|row| now.contains(*row)).cloned().collect();
            let come: Vec<String> = Some(map.id(to).to_owned()).filter(|id| !now.contains(id)).into_iter().collect();
            for row in &gone {
                now.remove(row);
            }
            now.extend(come.iter().cloned());
            steps.push(StampStep { from, to: Some(map.id(to).to_owned()), rows: (gone, come) });
        }
        Ok(steps)
    }
}

/// `filter_for_lineage` with dependencies: those of the revisions that are above or below what the target names.
fn in_line(map: &RevisionMap, revisions: &[usize], target: &str) -> Result<Vec<usize>, Unresolved> {
    let mut against = resolve(map, target)?;
    if let Some((label, _)) = target.split_once('@') {
        against.extend(resolve(map, label)?);
    }
    if against.is_empty() {
        return Ok(revisions.to_vec());
    }
    let shares = |at: &usize| {
        let (above, below) = (map.descendants(&[*at], true), map.ancestors(&[*at], true));
        against.iter().any(|other| above.contains(other) || below.contains(other))
    };
    Ok(revisions.iter().copied().filter(shares).collect())
}

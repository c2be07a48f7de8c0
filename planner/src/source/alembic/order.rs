//! The order revisions run in: a port of `RevisionMap._topological_sort` (Alembic 1.20.1), which is no plain
//! topological sort: it walks one branch as far as it can before it turns to the next.

use crate::sort::Gather;
use std::collections::BTreeSet;

use super::revision_map::RevisionMap;

/// Sorts `revisions` heads first, as `downgrade` runs them; `upgrade` runs the reverse.
///
/// `heads` are the targets the walk begins from. On a map with a cycle what cannot be reached in order is left out.
pub(super) fn topological(map: &RevisionMap, revisions: &BTreeSet<usize>, heads: &[usize]) -> Vec<usize> {
    let mut walk = Walk::new(map, revisions, heads);
    // Each round emits a revision, drops a slot or moves to an unvisited head; a cycle could move for ever.
    let mut moves_left = revisions.len().saturating_mul(revisions.len().saturating_add(8)).saturating_add(8);
    while !walk.heads.is_empty() && moves_left > 0 {
        walk.step();
        moves_left -= 1;
    }
    walk.output
}

struct Walk<'a> {
    map: &'a RevisionMap,
    todo: BTreeSet<usize>,
    heads: Vec<usize>,
    ancestors: Vec<BTreeSet<usize>>,
    at: usize,
    output: Vec<usize>,
}

impl<'a> Walk<'a> {
    fn new(map: &'a RevisionMap, revisions: &BTreeSet<usize>, heads: &[usize]) -> Self {
        // Indexes are load order, which is the order of the map's keys.
        let heads: BTreeSet<usize> = heads.iter().copied().filter(|head| revisions.contains(head)).gather();
        let heads: Vec<usize> = heads.into_iter().collect();
        let ancestors = heads.iter().map(|head| map.ancestors(&[*head], true)).collect();
        Self { map, todo: revisions.clone(), heads, ancestors, at: 0, output: Vec::new() }
    }

    fn step(&mut self) {
        let Some(candidate) = self.heads.get(self.at).copied() else {
            self.at = 0;
            return;
        };
        let blocked = self.ancestors.iter().enumerate().find(|(at, ancestors)| *at != self.at && ancestors.contains(&candidate));
        if let Some((other, _)) = blocked {
            self.at = other;
            return;
        }
        if self.todo.remove(&candidate) {
            self.output.push(candidate);
        }
        self.replace(candidate);
    }

    /// Puts the candidate's own predecessors in its place.
    fn replace(&mut self, candidate: usize) {
        let Some(revision) = self.map.revision(candidate) else { return };
        let mut next = revision.normalized_down();
        next.retain(|at| self.todo.contains(at) && !self.heads.contains(at));
        let Some((first, rest)) = next.split_first() else {
            self.heads.remove(self.at);
            self.ancestors.remove(self.at);
            self.at = self.at.saturating_sub(1);
            return;
        };
        let plain = revision.normalized.is_empty() && revision.down.len() == 1;
        if let Some(slot) = self.heads.get_mut(self.at) {
            *slot = *first;
        }
        if let Some(slot) = self.ancestors.get_mut(self.at) {
            if plain {
                slot.remove(&candidate);
            } else {
                *slot = self.map.ancestors(&[*first], true);
            }
        }
        for head in rest {
            self.heads.push(*head);
            self.ancestors.push(self.map.ancestors(&[*head], true));
        }
    }
}

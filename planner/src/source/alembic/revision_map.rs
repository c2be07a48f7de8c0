//! The revision map: who follows whom, as `alembic.script.revision.RevisionMap` builds it.

use std::collections::{BTreeMap, BTreeSet};

use crate::migration::Migration;
use crate::sort::{Gather, Sort};

/// One revision in the map. Edges are indexes into [`RevisionMap::revisions`].
#[derive(Clone, Debug, Default)]
pub(super) struct Revision {
    pub(super) id: String,
    /// `down_revision`, in listed order.
    pub(super) down: Vec<usize>,
    /// `depends_on`, labels resolved, in listed order.
    pub(super) dependencies: Vec<usize>,
    /// Dependencies that no versioned ancestor has already. Alembic makes a hash-ordered tuple of a set here;
    /// we keep the listed order.
    pub(super) normalized: Vec<usize>,
    /// Revisions that name this one in `down_revision`.
    pub(super) next: Vec<usize>,
    /// Revisions that name this one in `down_revision` or `depends_on`.
    pub(super) all_next: Vec<usize>,
    /// Own and inherited labels.
    pub(super) labels: BTreeSet<String>,
}

impl Revision {
    /// `_normalized_down_revisions`: the edges that ancestry, order and version rows go by.
    pub(super) fn normalized_down(&self) -> Vec<usize> {
        let mut down = self.down.clone();
        down.extend(self.normalized.iter().copied().filter(|at| !self.down.contains(at)));
        down
    }
}

/// A key of the map in load order, for prefix look-ups.
#[derive(Clone, Debug, Default)]
pub(super) struct RevisionMap {
    pub(super) revisions: Vec<Revision>,
    by_key: BTreeMap<String, usize>,
    /// Ids in load order, then labels.
    pub(super) keys: Vec<String>,
}

impl RevisionMap {
    /// Builds the map. Unknown parents and dependencies are left out: their findings are [`super::map_check`]'s.
    pub(super) fn new(migrations: &[&Migration]) -> Self {
        // Callers hold them in upgrade order; Alembic's walk goes by the order it loads them in.
        let mut migrations = migrations.to_vec();
        migrations.order_by_key(|migration| migration.load_order);
        let migrations = migrations.as_slice();
        let mut map = Self::default();
        for migration in migrations {
            let id = migration.id.0.clone();
            if map.by_key.contains_key(&id) {
                continue;
            }
            map.by_key.insert(id.clone(), map.revisions.len());
            map.keys.push(id.clone());
            map.revisions.push(Revision { id, ..Revision::default() });
        }
        map.add_labels(migrations);
        map.add_edges(migrations);
        map.normalize();
        map.spread_labels(migrations);
        map
    }

    /// The revision under an exact id or label.
    pub(super) fn get(&self, key: &str) -> Option<usize> {
        self.by_key.get(key).copied()
    }

    pub(super) fn revision(&self, at: usize) -> Option<&Revision> {
        self.revisions.get(at)
    }

    pub(super) fn id(&self, at: usize) -> &str {
        self.revisions.get(at).map_or("", |revision| revision.id.as_str())
    }

    /// `heads`: no other revision names it in `down_revision`.
    pub(super) fn heads(&self) -> Vec<usize> {
        (0..self.revisions.len()).filter(|at| self.revision(*at).is_some_and(|r| r.next.is_empty())).collect()
    }

    /// `_real_heads`: heads nobody depends on either.
    pub(super) fn real_heads(&self) -> Vec<usize> {
        (0..self.revisions.len()).filter(|at| self.revision(*at).is_some_and(|r| r.all_next.is_empty())).collect()
    }

    /// Ancestors of the revisions and these themselves; `dependencies`: along `depends_on` too.
    pub(super) fn ancestors(&self, from: &[usize], dependencies: bool) -> BTreeSet<usize> {
        self.reach(from, |revision| if dependencies { revision.normalized_down() } else { revision.down.clone() })
    }

    /// Descendants of the revisions and these themselves.
    pub(super) fn descendants(&self, from: &[usize], dependencies: bool) -> BTreeSet<usize> {
        self.reach(from, |revision| if dependencies { revision.all_next.clone() } else { revision.next.clone() })
    }

    fn reach(&self, from: &[usize], edges: impl Fn(&Revision) -> Vec<usize>) -> BTreeSet<usize> {
        let mut seen = BTreeSet::new();
        let mut todo = from.to_vec();
        while let Some(at) = todo.pop() {
            if let (true, Some(revision)) = (seen.insert(at), self.revision(at)) {
                todo.extend(edges(revision));
            }
        }
        seen
    }

    fn add_labels(&mut self, migrations: &[&Migration]) {
        for migration in migrations {
            let Some(at) = self.get(&migration.id.0) else { continue };
            for label in &migration.labels {
                if !self.by_key.contains_key(label) {
                    self.by_key.insert(label.clone(), at);
                    self.keys.push(label.clone());
                }
            }
        }
    }

    fn add_edges(&mut self, migrations: &[&Migration]) {
        let mut done = BTreeSet::new();
        for migration in migrations {
            let Some(at) = self.get(&migration.id.0) else { continue };
            if !done.insert(at) {
                continue;
            }
            let down: Vec<usize> = unique(migration.parents.iter().filter_map(|parent| self.get(&parent.0)));
            let dependencies: Vec<usize> = unique(migration.depends_on.iter().filter_map(|parent| self.get(&parent.0)));
            for parent in &down {
                if let Some(revision) = self.revisions.get_mut(*parent) {
                    revision.next.push(at);
                    revision.all_next.push(at);
                }
            }
            for parent in dependencies.iter().filter(|parent| !down.contains(parent)) {
                if let Some(revision) = self.revisions.get_mut(*parent) {
                    revision.all_next.push(at);
                }
            }
            if let Some(revision) = self.revisions.get_mut(at) {
                revision.down = down;
                revision.dependencies = dependencies;
            }
        }
    }

    /// Drops dependencies that an own versioned ancestor depends on already.
    fn normalize(&mut self) {
        for at in 0..self.revisions.len() {
            let Some(own) = self.revision(at).map(|revision| revision.dependencies.clone()) else { continue };
            if own.is_empty() {
                continue;
            }
            let ancestors = self.ancestors(&[at], false);
            let inherited: BTreeSet<usize> = ancestors
                .iter()
                .filter(|ancestor| **ancestor != at)
                .filter_map(|ancestor| self.revision(*ancestor))
                .flat_map(|ancestor| ancestor.dependencies.iter().copied())
                .gather();
            if let Some(revision) = self.revisions.get_mut(at) {
                revision.normalized = own.into_iter().filter(|dependency| !inherited.contains(dependency)).collect();
            }
        }
    }

    /// Labels reach all descendants, and go down from the last of these to the first branch or merge point.
    fn spread_labels(&mut self, migrations: &[&Migration]) {
        for migration in migrations {
            let Some(at) = self.get(&migration.id.0) else { continue };
            if migration.labels.is_empty() {
                continue;
            }
            let descendants = self.descendants(&[at], false);
            let last = self.last_visited(at);
            for reached in descendants {
                self.add_label(reached, &migration.labels);
            }
            let mut seen = BTreeSet::new();
            let mut parent = Some(last);
            while let Some(reached) = parent {
                let Some(revision) = self.revision(reached) else { break };
                if revision.all_next.len() > 1 || revision.down.len() > 1 || !seen.insert(reached) {
                    break;
                }
                parent = revision.down.first().copied();
                self.add_label(reached, &migration.labels);
            }
        }
    }

    /// The descendant that a depth-first walk, newest edge first, yields last.
    fn last_visited(&self, from: usize) -> usize {
        let (mut seen, mut todo, mut last) = (BTreeSet::new(), vec![from], from);
        while let Some(at) = todo.pop() {
            if let (true, Some(revision)) = (seen.insert(at), self.revision(at)) {
                todo.extend(revision.next.iter().copied());
                last = at;
            }
        }
        last
    }

    fn add_label(&mut self, at: usize, labels: &[String]) {
        if let Some(revision) = self.revisions.get_mut(at) {
            revision.labels.extend(labels.iter().cloned());
        }
    }
}

fn unique(items: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut kept = Vec::new();
    for item in items {
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
    kept
}

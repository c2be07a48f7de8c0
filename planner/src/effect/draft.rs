//! An effect while it is being worked out: objects by their stored names.

use std::collections::BTreeSet;

use litemap::LiteMap;

use crate::catalog::Catalog;
use crate::dialect::Dialect;
use crate::effect::{Algorithm, Effect, Lock, LockMode};
use crate::name::ObjectName;

/// What one operation does to the objects of a catalog.
#[derive(Clone, Debug)]
pub(super) struct Draft<'a> {
    pub(super) before: &'a Catalog,
    pub(super) locks: LiteMap<ObjectName, LockMode>,
    /// MySQL, MariaDB: how each table is changed.
    pub(super) algorithms: LiteMap<ObjectName, Algorithm>,
    pub(super) rewrites: BTreeSet<ObjectName>,
    pub(super) scans: BTreeSet<ObjectName>,
    pub(super) builds: BTreeSet<String>,
    pub(super) transactional: bool,
    pub(super) opaque: Option<String>,
    pub(super) assumptions: Vec<String>,
    /// What this version of the server refuses, and another does not.
    pub(super) refusal: Option<String>,
    /// The table of an `ALTER TABLE ONLY`: those below it stay out of it.
    pub(super) only: Option<ObjectName>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(before: &'a Catalog) -> Self {
        Self {
            before,
            locks: LiteMap::new(),
            algorithms: LiteMap::new(),
            rewrites: BTreeSet::new(),
            scans: BTreeSet::new(),
            builds: BTreeSet::new(),
            transactional: true,
            opaque: None,
            assumptions: Vec::new(),
            refusal: None,
            only: None,
        }
    }

    /// The stored name of a relation; a missing one keeps the name it would have.
    pub(super) fn key(&self, name: &ObjectName) -> ObjectName {
        self.before.resolve(name)
    }

    /// Locks one stored relation; the strongest mode stays.
    pub(super) fn lock(&mut self, key: &ObjectName, mode: LockMode) {
        let held = self.locks.entry(key.clone()).or_insert(mode);
        *held = (*held).max(mode);
    }

    /// Changes a table of MySQL or MariaDB; the most work and the strongest lock stay.
    pub(super) fn change(&mut self, key: &ObjectName, algorithm: Algorithm, mode: LockMode) {
        let known = self.algorithms.entry(key.clone()).or_insert(algorithm);
        *known = (*known).max(algorithm);
        self.lock(key, mode);
    }

    /// Locks a table with its partitions and inheriting tables.
    pub(super) fn lock_family(&mut self, key: &ObjectName, mode: LockMode) {
        for member in self.family(key) {
            self.lock(&member, mode);
        }
    }

    /// Locks a table with its partitions.
    pub(super) fn lock_partitions(&mut self, key: &ObjectName, mode: LockMode) {
        for member in self.partitions(key) {
            self.lock(&member, mode);
        }
    }

    /// The table and its partitions, without tables that merely inherit: keys, foreign keys and triggers do not reach those.
    pub(super) fn partitions(&self, key: &ObjectName) -> Vec<ObjectName> {
        let is_partition = |member: &ObjectName| self.before.tables.get(member).is_some_and(|table| table.partition_of.is_some());
        self.family(key).into_iter().filter(|member| member == key || is_partition(member)).collect()
    }

    /// The table and its descendants.
    pub(super) fn family(&self, key: &ObjectName) -> Vec<ObjectName> {
        let mut family = vec![key.clone()];
        if self.only.as_ref() == Some(key) {
            return family;
        }
        family.extend(self.before.descendants(key));
        family
    }

    /// Those of the family that hold rows.
    pub(super) fn leaves(&self, key: &ObjectName) -> Vec<ObjectName> {
        self.family(key).into_iter().filter(|member| self.holds_rows(member)).collect()
    }

    /// Whether a table has rows of its own.
    pub(super) fn holds_rows(&self, key: &ObjectName) -> bool {
        // Partitions of MySQL are no tables.
        let split = self.before.dialect == Dialect::Postgres;
        !split || self.before.tables.get(key).is_none_or(|table| table.partition_by.is_none())
    }

    /// Every row of the family is read.
    pub(super) fn scan(&mut self, key: &ObjectName) {
        let leaves = self.leaves(key);
        self.scans.extend(leaves);
    }

    /// Every row of the table and its partitions is read.
    pub(super) fn scan_partitions(&mut self, key: &ObjectName) {
        let leaves = self.partition_leaves(key);
        self.scans.extend(leaves);
    }

    fn partition_leaves(&self, key: &ObjectName) -> Vec<ObjectName> {
        self.partitions(key).into_iter().filter(|member| self.holds_rows(member)).collect()
    }

    /// Every row of the family is written anew, which reads it too.
    pub(super) fn rewrite(&mut self, key: &ObjectName) {
        let leaves = self.leaves(key);
        self.scans.extend(leaves.iter().cloned());
        self.rewrites.extend(leaves);
    }

    /// Every row of the table and its partitions is written anew.
    pub(super) fn rewrite_partitions(&mut self, key: &ObjectName) {
        let leaves = self.partition_leaves(key);
        self.scans.extend(leaves.iter().cloned());
        self.rewrites.extend(leaves);
    }

    pub(super) fn assume(&mut self, sentence: impl Into<String>) {
        self.assumptions.push(sentence.into());
    }

    /// Adds what another operation of the same statement does.
    pub(super) fn merge(&mut self, other: Draft<'_>) {
        for (key, mode) in &other.locks {
            self.lock(key, *mode);
        }
        for (key, algorithm) in other.algorithms {
            let known = self.algorithms.entry(key).or_insert(algorithm);
            *known = (*known).max(algorithm);
        }
        self.rewrites.extend(other.rewrites);
        self.scans.extend(other.scans);
        self.builds.extend(other.builds);
        self.transactional &= other.transactional;
        self.opaque = self.opaque.take().or(other.opaque);
        self.assumptions.extend(other.assumptions);
        self.refusal = self.refusal.take().or(other.refusal);
    }

    /// The effect for people: names as text, without objects the statement itself makes and without plain readers' locks.
    pub(super) fn finish(self) -> Effect {
        let there =
            |key: &ObjectName| self.before.tables.contains_key(key) || self.before.views.contains_key(key) || key.name == "main";
        let shown = |keys: BTreeSet<ObjectName>| -> Vec<String> {
            keys.iter().filter(|key| there(key)).map(ToString::to_string).collect()
        };
        let locks: Vec<Lock> = self
            .locks
            .iter()
            .filter(|(key, mode)| there(key) && **mode != LockMode::AccessShareLock)
            .map(|(key, mode)| Lock { object: key.to_string(), mode: *mode, algorithm: self.algorithms.get(key).copied() })
            .collect();
        Effect {
            blocks: locks.iter().map(|lock| lock.mode.blocks()).max().unwrap_or_default(),
            rewrites: shown(self.rewrites.clone()),
            scans: shown(self.scans.clone()),
            builds: self.builds.iter().cloned().collect(),
            locks,
            transactional: self.transactional,
            opaque: self.opaque,
            assumptions: self.assumptions,
            error: self.refusal,
            ..Effect::default()
        }
    }
}

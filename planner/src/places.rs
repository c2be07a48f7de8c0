//! Names by a number made of them: those of one project share their beginnings, which a tree compares again at each step.
//!
//! What is asked is whether and where, never in what order.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxBuildHasher, FxHashMap, FxHasher};

use crate::migration::MigrationId;

/// The number of a value.
pub(crate) fn number(value: &impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Where each of some migrations stands, by its id. Of two with one id it is the last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places<'a>(FxHashMap<&'a str, usize>);

impl<'a> Places<'a> {
    /// Of migrations in their order.
    pub(crate) fn of(ids: impl ExactSizeIterator<Item = &'a MigrationId>) -> Self {
        let mut places = FxHashMap::with_capacity_and_hasher(ids.len(), FxBuildHasher);
        for (at, id) in ids.enumerate() {
            places.insert(id.0.as_str(), at);
        }
        Self(places)
    }

    /// The place of one.
    pub(crate) fn get(&self, id: &MigrationId) -> Option<usize> {
        self.named(&id.0)
    }

    /// The place of the one with that id.
    pub(crate) fn named(&self, id: &str) -> Option<usize> {
        self.0.get(id).copied()
    }

    /// Whether it is one of them.
    pub(crate) fn contains(&self, id: &MigrationId) -> bool {
        self.0.contains_key(id.0.as_str())
    }
}

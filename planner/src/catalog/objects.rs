//! A map of named objects of one kind.
//!
//! The persistent tree under it is compiled once for all kinds, because it does not know what it holds: a tree of its own
//! for each of ten kinds was a fortieth of the page's download.

use std::any::Any;
use std::cmp::Ordering;
use std::marker::PhantomData;
use std::sync::Arc;

use equivalent::{Comparable, Equivalent};
use imbl::OrdMap;
use imbl::ordmap::DiffItem;

use crate::catalog::lookup::TEMPORARY;
use crate::name::ObjectName;
use crate::places::number;
use crate::sort::Sort;

/// Objects of kind `T` by name. A copy shares what neither of the two changes; names are shared always, for a change copies
/// those beside its own.
pub struct Objects<T> {
    tree: OrdMap<Key, Held>,
    /// Whether any was ever in the schema of temporary objects, which is searched first and hardly ever holds one.
    temporary: bool,
    kind: PhantomData<fn() -> T>,
}

/// A name behind a number made of it: the way down the tree compares numbers, which stand in its nodes, and reads hardly a
/// name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    number: u64,
    name: Arc<ObjectName>,
}

impl From<ObjectName> for Key {
    fn from(name: ObjectName) -> Self {
        Self { number: number(&name), name: Arc::new(name) }
    }
}

/// A name that is looked for, with its number.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Sought<'a> {
    number: u64,
    name: &'a ObjectName,
}

impl<'a> From<&'a ObjectName> for Sought<'a> {
    fn from(name: &'a ObjectName) -> Self {
        Self { number: number(name), name }
    }
}

impl Equivalent<Key> for Sought<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.compare(key) == Ordering::Equal
    }
}

impl Comparable<Key> for Sought<'_> {
    fn compare(&self, key: &Key) -> Ordering {
        self.number.cmp(&key.number).then_with(|| self.name.cmp(&key.name))
    }
}

/// An object of the map's kind. Equal are those that are one and the same.
#[derive(Clone)]
struct Held(Arc<dyn Any + Send + Sync>);

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::addr_eq(Arc::as_ptr(&self.0), Arc::as_ptr(&other.0))
    }
}

impl<T: Any + Send + Sync + Clone> Objects<T> {
    /// The object of a name.
    #[must_use]
    pub fn get(&self, name: &ObjectName) -> Option<&T> {
        if self.tree.is_empty() || self.lacks(name) {
            return None;
        }
        self.tree.get(&Sought::from(name))?.0.downcast_ref()
    }

    /// The same, to be changed; copies of the map keep what it was.
    pub fn get_mut(&mut self, name: &ObjectName) -> Option<&mut T> {
        let held = &mut self.tree.get_mut(&Sought::from(name))?.0;
        if Arc::get_mut(held).is_none() {
            let own: T = held.downcast_ref::<T>()?.clone();
            *held = Arc::new(own);
        }
        Arc::get_mut(held)?.downcast_mut()
    }

    /// Whether there is one of that name.
    #[must_use]
    pub fn contains_key(&self, name: &ObjectName) -> bool {
        !self.tree.is_empty() && !self.lacks(name) && self.tree.contains_key(&Sought::from(name))
    }

    /// Whether the schema of the name alone says that there is none.
    fn lacks(&self, name: &ObjectName) -> bool {
        !self.temporary && name.schema.as_deref() == Some(TEMPORARY)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tree.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tree.len()
    }

    /// Puts an object under a name, in place of the one that was there.
    pub fn insert(&mut self, name: ObjectName, object: T) {
        self.temporary |= name.schema.as_deref() == Some(TEMPORARY);
        self.tree.insert(name.into(), Held(Arc::new(object)));
    }

    /// Takes the object of a name out.
    pub fn remove(&mut self, name: &ObjectName) -> Option<T> {
        self.tree.remove(&Sought::from(name))?.0.downcast_ref::<T>().cloned()
    }

    /// The object of a name, to be changed; where there is none, an empty one.
    pub fn or_default(&mut self, name: ObjectName) -> Option<&mut T>
    where
        T: Default,
    {
        if !self.contains_key(&name) {
            self.insert(name.clone(), T::default());
        }
        self.get_mut(&name)
    }

    /// Keeps the objects that pass. A map that loses none stays as it is, shared with its copies.
    pub fn retain(&mut self, keep: impl Fn(&ObjectName, &T) -> bool) {
        let gone: Vec<ObjectName> =
            self.unordered().filter(|(name, object)| !keep(name, object)).map(|(name, _)| name.clone()).collect();
        for name in gone {
            self.tree.remove(&Sought::from(&name));
        }
    }

    /// Changes the objects that a test picks.
    pub fn change(&mut self, picks: impl Fn(&ObjectName, &T) -> bool, change: impl Fn(&mut T)) {
        let picked: Vec<ObjectName> =
            self.unordered().filter(|(name, object)| picks(name, object)).map(|(name, _)| name.clone()).collect();
        for name in picked {
            if let Some(object) = self.get_mut(&name) {
                change(object);
            }
        }
    }

    /// Names and objects, in no order: for questions whose answer does not depend on it.
    pub fn unordered(&self) -> impl Iterator<Item = (&ObjectName, &T)> {
        self.tree.iter().filter_map(|(key, held)| Some((key.name.as_ref(), held.0.downcast_ref()?)))
    }

    /// Names and objects, in the order of the names, which takes sorting them.
    pub fn iter(&self) -> impl Iterator<Item = (&ObjectName, &T)> {
        in_order(&self.tree).into_iter().filter_map(|(name, held)| Some((name, held.0.downcast_ref()?)))
    }

    /// Names, in order.
    pub fn keys(&self) -> impl Iterator<Item = &ObjectName> {
        in_order(&self.tree).into_iter().map(|(name, _)| name)
    }
}

impl<T: Any + PartialEq> Objects<T> {
    /// Names of the objects that another map has not, or has otherwise, and of those it has more; in order.
    #[must_use]
    pub fn differing<'a>(&'a self, other: &'a Self) -> Vec<&'a ObjectName> {
        let differs = |item: DiffItem<'a, 'a, Key, Held>| match item {
            DiffItem::Add(key, _) | DiffItem::Remove(key, _) => Some(key),
            DiffItem::Update { old: (key, old), new: (_, new) } => {
                (old.0.downcast_ref::<T>() != new.0.downcast_ref::<T>()).then_some(key)
            }
        };
        let mut names: Vec<&ObjectName> = self.tree.diff(&other.tree).filter_map(differs).map(|key: &Key| &*key.name).collect();
        names.order();
        names
    }
}

fn in_order(tree: &OrdMap<Key, Held>) -> Vec<(&ObjectName, &Held)> {
    let mut all: Vec<(&ObjectName, &Held)> = tree.iter().map(|(key, held)| (&*key.name, held)).collect();
    all.order_by(|(a, _), (b, _)| a.cmp(b));
    all
}

impl<T> Default for Objects<T> {
    fn default() -> Self {
        Self { tree: OrdMap::new(), temporary: false, kind: PhantomData }
    }
}

impl<T> Clone for Objects<T> {
    fn clone(&self) -> Self {
        Self { tree: self.tree.clone(), temporary: self.temporary, kind: PhantomData }
    }
}

impl<T: Any + PartialEq> PartialEq for Objects<T> {
    fn eq(&self, other: &Self) -> bool {
        self.differing(other).is_empty()
    }
}

impl<T: Any + Eq> Eq for Objects<T> {}

impl<T: Any + Send + Sync + Clone + std::fmt::Debug> std::fmt::Debug for Objects<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> ObjectName {
        ObjectName { schema: None, name: name.to_owned() }
    }

    #[test]
    fn a_change_to_a_copy_leaves_the_other_as_it_was() {
        let mut first: Objects<Vec<String>> = Objects::default();
        first.insert(name("a"), vec!["x".to_owned()]);
        first.insert(name("b"), Vec::new());
        let mut second = first.clone();
        assert_eq!(first, second);
        if let Some(values) = second.get_mut(&name("a")) {
            values.push("y".to_owned());
        }
        assert_eq!(first.get(&name("a")).map(Vec::len), Some(1));
        assert_eq!(first.differing(&second), [&name("a")]);
        assert_eq!(second.remove(&name("a")).map(|values| values.len()), Some(2));
        assert!(!second.contains_key(&name("a")) && first.contains_key(&name("a")));
        assert_ne!(first, second);
    }

    #[test]
    fn what_is_written_again_alike_does_not_differ() {
        let mut first: Objects<Vec<String>> = Objects::default();
        first.insert(name("a"), vec!["x".to_owned()]);
        let mut second = first.clone();
        second.insert(name("a"), vec!["x".to_owned()]);
        assert_eq!(first, second);
        assert_eq!(second.iter().count(), 1);
    }
}

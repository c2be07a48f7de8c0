//! A map of named objects of one kind.
//!
//! The persistent tree under it is compiled once for all kinds, because it does not know what it holds: a tree of its own
//! for each of ten kinds was a fortieth of the page's download.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use imbl::OrdMap;
use imbl::ordmap::DiffItem;

use crate::catalog::lookup::TEMPORARY;
use crate::name::ObjectName;

/// Objects of kind `T` by name, in the order of the names. A copy shares what neither of the two changes; names are shared
/// always, for a change copies those beside its own.
pub struct Objects<T> {
    tree: OrdMap<Arc<ObjectName>, Held>,
    /// Whether any was ever in the schema of temporary objects, which is searched first and hardly ever holds one.
    temporary: bool,
    kind: PhantomData<fn() -> T>,
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
        if self.lacks(name) {
            return None;
        }
        self.tree.get(name)?.0.downcast_ref()
    }

    /// The same, to be changed; copies of the map keep what it was.
    pub fn get_mut(&mut self, name: &ObjectName) -> Option<&mut T> {
        let held = &mut self.tree.get_mut(name)?.0;
        if Arc::get_mut(held).is_none() {
            let own: T = held.downcast_ref::<T>()?.clone();
            *held = Arc::new(own);
        }
        Arc::get_mut(held)?.downcast_mut()
    }

    /// Whether there is one of that name.
    #[must_use]
    pub fn contains_key(&self, name: &ObjectName) -> bool {
        !self.lacks(name) && self.tree.contains_key(name)
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
        self.tree.insert(Arc::new(name), Held(Arc::new(object)));
    }

    /// Takes the object of a name out.
    pub fn remove(&mut self, name: &ObjectName) -> Option<T> {
        self.tree.remove(name)?.0.downcast_ref::<T>().cloned()
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
            self.iter().filter(|(name, object)| !keep(name, object)).map(|(name, _)| name.clone()).collect();
        for name in gone {
            self.tree.remove(&name);
        }
    }

    /// Changes the objects that a test picks.
    pub fn change(&mut self, picks: impl Fn(&ObjectName, &T) -> bool, change: impl Fn(&mut T)) {
        let picked: Vec<ObjectName> =
            self.iter().filter(|(name, object)| picks(name, object)).map(|(name, _)| name.clone()).collect();
        for name in picked {
            if let Some(object) = self.get_mut(&name) {
                change(object);
            }
        }
    }

    /// Names and objects.
    pub fn iter(&self) -> impl Iterator<Item = (&ObjectName, &T)> {
        self.tree.iter().filter_map(|(name, held)| Some((name.as_ref(), held.0.downcast_ref()?)))
    }

    /// Names.
    pub fn keys(&self) -> impl Iterator<Item = &ObjectName> {
        self.tree.keys().map(Arc::as_ref)
    }

    /// Objects.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.iter().map(|(_, object)| object)
    }
}

impl<T: Any + PartialEq> Objects<T> {
    /// Names of the objects that another map has not, or has otherwise, and of those it has more.
    pub fn differing<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = &'a ObjectName> {
        self.tree.diff(&other.tree).filter_map(|item| match item {
            DiffItem::Add(name, _) | DiffItem::Remove(name, _) => Some(name.as_ref()),
            DiffItem::Update { old: (name, old), new: (_, new) } => {
                (old.0.downcast_ref::<T>() != new.0.downcast_ref::<T>()).then_some(name.as_ref())
            }
        })
    }
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
        self.differing(other).next().is_none()
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
        assert_eq!(first.differing(&second).collect::<Vec<_>>(), [&name("a")]);
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

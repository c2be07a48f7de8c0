//! Sorting and gathering in little code: the standard library's stable sort is compiled anew for each type of element and
//! each comparison, and that was a twentieth of the page's download.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Sorts a list through the places of its elements, so that one compiled sort serves all lists. Stable.
pub trait Sort<T> {
    /// By a comparison.
    fn order_by(&mut self, compare: impl Fn(&T, &T) -> Ordering);

    /// By the places that the elements have now, each of them once. Each goes straight to where it belongs: what is in order
    /// already is not moved, and large ones are not copied aside.
    fn arrange(&mut self, places: Vec<usize>);

    /// By a key.
    fn order_by_key<K: Ord>(&mut self, key: impl Fn(&T) -> K) {
        self.order_by(|a, b| key(a).cmp(&key(b)));
    }

    /// By the elements' own order.
    fn order(&mut self)
    where
        T: Ord,
    {
        self.order_by(T::cmp);
    }
}

impl<T> Sort<T> for Vec<T> {
    fn order_by(&mut self, compare: impl Fn(&T, &T) -> Ordering) {
        let places = places(self.len(), &|a, b| match (self.get(a), self.get(b)) {
            (Some(a), Some(b)) => compare(a, b),
            _ => Ordering::Equal,
        });
        self.arrange(places);
    }

    fn arrange(&mut self, mut places: Vec<usize>) {
        for start in 0..places.len() {
            let mut at = start;
            while let Some(place) = places.get_mut(at) {
                let from = std::mem::replace(place, at);
                if from == start {
                    break;
                }
                self.swap(at, from);
                at = from;
            }
        }
    }
}

/// The numbers below `count` in the order that a comparison of them says.
#[inline(never)]
fn places(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_by(|a, b| compare(*a, *b));
    places
}

/// Maps and sets in order.
pub trait Tree {}

impl<K, V> Tree for BTreeMap<K, V> {}
impl<T> Tree for BTreeSet<T> {}

/// Gathers elements one by one: the standard library sorts what it makes a map or set of.
pub trait Gather: Iterator + Sized {
    /// Into an empty collection.
    fn gather<C: Tree + Default + Extend<Self::Item>>(self) -> C {
        let mut gathered = C::default();
        gathered.extend(self);
        gathered
    }

    /// Into an empty collection, unless an element is missing.
    fn gather_all<T, C: Tree + Default + Extend<T>>(self) -> Option<C>
    where
        Self: Iterator<Item = Option<T>>,
    {
        let mut gathered = C::default();
        for item in self {
            gathered.extend(Some(item?));
        }
        Some(gathered)
    }
}

impl<I: Iterator> Gather for I {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_elements_stay_in_their_order() {
        let mut items = vec![(2, 'a'), (1, 'b'), (2, 'c'), (1, 'd')];
        items.order_by_key(|(number, _)| *number);
        assert_eq!(items, [(1, 'b'), (1, 'd'), (2, 'a'), (2, 'c')]);
        items.order();
        items.order_by(|a, b| b.1.cmp(&a.1));
        assert_eq!(items, [(1, 'd'), (2, 'c'), (1, 'b'), (2, 'a')]);
    }

    #[test]
    fn every_order_of_six_comes_to_rest() {
        for code in 0..6_usize.pow(6) {
            let items: Vec<(usize, usize)> = (0..6_u32).map(|at| (code / 6_usize.pow(at) % 6, at as usize)).collect();
            let (mut ours, mut theirs) = (items.clone(), items);
            ours.order_by_key(|(number, _)| *number);
            theirs.sort_by_key(|(number, _)| *number);
            assert_eq!(ours, theirs);
        }
    }
}

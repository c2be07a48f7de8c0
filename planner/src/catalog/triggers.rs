//! The triggers of a catalog: few beside its other objects, and seldom changed, so copies of a catalog share one list.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use litemap::LiteMap;

use super::Trigger;
use crate::name::ObjectName;

/// Triggers by table and name. To change them copies the list where another catalog has it too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Triggers(Arc<LiteMap<(ObjectName, String), Trigger>>);

impl Triggers {
    /// The triggers of one table or view.
    pub(super) fn of<'a>(&'a self, table: &'a ObjectName) -> impl Iterator<Item = (&'a str, &'a Trigger)> {
        let (Ok(first) | Err(first)) = self.0.find_index(&(table.clone(), String::new()));
        let own = self.0.iter().skip(first).take_while(move |((owner, _), _)| owner == table);
        own.map(|((_, name), trigger)| (name.as_str(), trigger))
    }
}

impl Deref for Triggers {
    type Target = LiteMap<(ObjectName, String), Trigger>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Triggers {
    fn deref_mut(&mut self) -> &mut Self::Target {
        Arc::make_mut(&mut self.0)
    }
}

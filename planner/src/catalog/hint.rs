//! Where to look: names to the tables that may bear them, so that no lookup reads every table.
//!
//! A hint is added when a table is written and never taken back; whoever follows one checks the table itself. So a
//! hint too many costs a look, and none can be missing, because every writer of a table goes through
//! [`Catalog::put`] or [`Catalog::edit`].

use crate::sort::Gather;
use std::collections::BTreeSet;
use std::sync::Arc;

use imbl::OrdSet;

use super::objects::Objects;
use super::{Catalog, Table, Trigger};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::ConstraintKind;

/// Names to tables.
#[derive(Clone, Debug, Default)]
pub(super) struct Hints {
    /// By name without case, as `constraints` and `spellings`.
    indexes: Objects<Tables>,
    constraints: Objects<Tables>,
    /// Materialized views that may have an index: they are few among many views.
    indexed_views: OrdSet<ObjectName>,
    spellings: Objects<Tables>,
    children: Objects<Tables>,
    referrers: Objects<Tables>,
    /// Given out to be changed: its names are noted when the next table is.
    open: Option<ObjectName>,
}

/// Two catalogs that hold the same are equal, however they came about.
impl PartialEq for Hints {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Hints {}

impl Hints {
    /// Tables that may have an index of that name.
    pub(super) fn with_index(&self, schema: Option<&str>, index: &str) -> BTreeSet<&ObjectName> {
        self.found(self.indexes.get(&spelling(schema, index)))
    }

    /// Tables that may have a constraint of that name.
    pub(super) fn with_constraint(&self, schema: Option<&str>, constraint: &str) -> BTreeSet<&ObjectName> {
        self.found(self.constraints.get(&spelling(schema, constraint)))
    }

    /// Views that may have an index.
    pub(super) fn indexed_views(&self) -> impl Iterator<Item = &ObjectName> {
        self.indexed_views.iter()
    }

    /// Tables that may bear that name in some spelling.
    pub(super) fn spelled(&self, name: &ObjectName) -> BTreeSet<&ObjectName> {
        self.found(self.spellings.get(&spelling(name.schema.as_deref(), &name.name)))
    }

    /// Tables that may inherit from, or be partitions of, a table.
    pub(super) fn children(&self, parent: &ObjectName) -> BTreeSet<&ObjectName> {
        self.found(self.children.get(parent))
    }

    /// Tables that may have a foreign key to a table.
    pub(super) fn referrers(&self, to: &ObjectName) -> BTreeSet<&ObjectName> {
        self.found(self.referrers.get(to))
    }

    fn found<'a>(&'a self, noted: Option<&'a Tables>) -> BTreeSet<&'a ObjectName> {
        let (one, more) = noted.map_or((None, None), |tables| (tables.one.as_ref(), tables.more.as_ref()));
        one.into_iter().chain(more.into_iter().flatten()).chain(&self.open).gather()
    }

    fn note(&mut self, key: &ObjectName, table: &Table, dialect: Dialect) {
        let schema = key.schema.as_deref();
        // PostgreSQL has but one spelling of a name.
        if dialect != Dialect::Postgres {
            add(&mut self.spellings, spelling(schema, &key.name), key);
        }
        for index in table.index_names() {
            add(&mut self.indexes, spelling(schema, index), key);
        }
        let parents = table.inherits.iter().chain(table.partition_of.as_ref().map(|(parent, _)| parent));
        for parent in parents {
            add(&mut self.children, parent.clone(), key);
        }
        for constraint in &table.constraints {
            if let Some(name) = &constraint.name {
                add(&mut self.constraints, spelling(schema, name), key);
            }
            if let ConstraintKind::ForeignKey { ref_table, .. } = &constraint.kind {
                add(&mut self.referrers, ref_table.clone(), key);
            }
        }
    }
}

/// Tables under one name. Nearly always it is one, and a node of a tree is twenty times its size.
#[derive(Clone, Debug, Default)]
struct Tables {
    one: Option<ObjectName>,
    more: Option<OrdSet<ObjectName>>,
}

impl Tables {
    fn contains(&self, table: &ObjectName) -> bool {
        self.one.as_ref() == Some(table) || self.more.as_ref().is_some_and(|more| more.contains(table))
    }

    fn insert(&mut self, table: ObjectName) {
        self.more.get_or_insert_default().insert(table);
    }
}

/// Notes a table under a name. What is noted already is not written again: that would copy what other catalogs share.
fn add(hints: &mut Objects<Tables>, name: ObjectName, table: &ObjectName) {
    match hints.get(&name) {
        None => hints.insert(name, Tables { one: Some(table.clone()), more: None }),
        Some(tables) if tables.contains(table) => {}
        Some(_) => hints.get_mut(&name).into_iter().for_each(|tables| tables.insert(table.clone())),
    }
}

/// Schema and name without case.
fn spelling(schema: Option<&str>, name: &str) -> ObjectName {
    ObjectName { schema: schema.map(str::to_owned), name: name.to_ascii_lowercase() }
}

impl Catalog {
    /// Stores a table.
    pub(super) fn put(&mut self, key: ObjectName, table: Arc<Table>) {
        self.hints.note(&key, &table, self.dialect);
        self.tables.insert(key, table);
    }

    /// The table of a stored name, to be changed.
    pub(super) fn edit(&mut self, key: &ObjectName) -> Option<&mut Table> {
        if let Some(open) = self.hints.open.replace(key.clone())
            && open != *key
            && let Some(table) = self.tables.get(&open)
        {
            self.hints.note(&open, table, self.dialect);
        }
        self.tables.get_mut(key).map(Arc::make_mut)
    }
}

impl Catalog {
    /// Remembers that a view has an index.
    pub(super) fn note_indexed_view(&mut self, key: &ObjectName) {
        self.hints.indexed_views.insert(key.clone());
    }

    /// The triggers of a stored table or view.
    pub fn triggers_of<'a>(&'a self, of: &'a ObjectName) -> impl Iterator<Item = (&'a str, &'a Trigger)> {
        self.triggers.of(of)
    }

    /// The triggers that run a stored function, by table and name.
    pub(crate) fn triggers_running(&self, function: &ObjectName) -> Vec<(ObjectName, String)> {
        let own = self.triggers.iter().filter(|(_, trigger)| trigger.runs() == Some(function));
        own.map(|(key, _)| key.clone()).collect()
    }

    /// Takes out the triggers of a table or view.
    pub(super) fn remove_triggers(&mut self, of: &ObjectName) -> Vec<((ObjectName, String), Trigger)> {
        let gone: Vec<_> = self.triggers_of(of).map(|(name, trigger)| ((of.clone(), name.to_owned()), trigger.clone())).collect();
        for (own, _) in &gone {
            self.triggers.remove(own);
        }
        gone
    }
}

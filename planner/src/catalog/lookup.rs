//! Names as written to names as stored: search path, case, the one name space of relations.

use std::collections::BTreeSet;

use super::apply::shortened;
use super::{Catalog, Index, Table, View};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::sort::Sort;
use crate::statement::operation::{Constraint, ConstraintKind};

/// Schema that holds temporary tables, and that PostgreSQL searches first.
pub(super) const TEMPORARY: &str = "pg_temp";

impl Catalog {
    /// The name under which an object is stored or would be made.
    #[must_use]
    pub fn resolve(&self, name: &ObjectName) -> ObjectName {
        let known = |key: &ObjectName| {
            self.tables.contains_key(key)
                || self.views.contains_key(key)
                || self.sequences.contains_key(key)
                || self.enums.contains_key(key)
                || self.types.contains_key(key)
                || self.functions.contains_key(key)
        };
        self.find(name, known).unwrap_or_else(|| self.place(name))
    }

    /// The stored name of an object that `exists` knows.
    #[must_use]
    pub fn find(&self, name: &ObjectName, exists: impl Fn(&ObjectName) -> bool) -> Option<ObjectName> {
        if self.dialect != Dialect::Postgres {
            let key = self.place(name);
            return exists(&key).then_some(key);
        }
        let cut = shortened(&name.name, self.dialect);
        if let Some(schema) = &name.schema {
            let key = ObjectName::qualified(schema.clone(), cut);
            return exists(&key).then_some(key);
        }
        let path = std::iter::once(TEMPORARY).chain(self.search_path.iter().map(String::as_str));
        // One name for all of the path: most lookups are these.
        let mut key = ObjectName::qualified("", cut);
        for schema in path {
            let own = key.schema.get_or_insert_default();
            own.clear();
            own.push_str(schema);
            if exists(&key) {
                return Some(key);
            }
        }
        None
    }

    /// Where an object of that name is made.
    #[must_use]
    pub fn place(&self, name: &ObjectName) -> ObjectName {
        if self.dialect == Dialect::Postgres {
            if name.schema.is_some() {
                return name.clone();
            }
            let first =
                self.search_path.iter().find(|schema| self.schemas.contains(*schema)).or_else(|| self.search_path.first());
            return ObjectName::qualified(first.map_or("public", String::as_str), name.name.clone());
        }
        let name = match &name.schema {
            Some(schema) if schema == "main" || schema == "temp" || self.search_path.contains(schema) => {
                ObjectName::bare(name.name.clone())
            }
            _ => name.clone(),
        };
        if self.tables.contains_key(&name) || self.views.contains_key(&name) {
            return name;
        }
        // SQLite and MySQL compare names without case.
        let twin = |key: &&ObjectName| key.schema == name.schema && key.name.eq_ignore_ascii_case(&name.name);
        let table = self.stored(self.hints.spelled(&name)).map(|(key, _)| key).find(twin);
        let view = || self.views.unordered().map(|(key, _)| key).filter(twin).min();
        table.or_else(view).cloned().unwrap_or(name)
    }

    /// The tables of these names, those that are there.
    fn stored<'a>(&'a self, names: BTreeSet<&'a ObjectName>) -> impl Iterator<Item = (&'a ObjectName, &'a Table)> {
        names.into_iter().filter_map(|name| self.tables.get(name).map(|table| (name, table.as_ref())))
    }

    /// The stored name of a table.
    #[must_use]
    pub fn table_key(&self, name: &ObjectName) -> Option<ObjectName> {
        self.find(name, |key| self.tables.contains_key(key))
    }

    /// The stored name of a view or materialized view.
    #[must_use]
    pub fn view_key(&self, name: &ObjectName) -> Option<ObjectName> {
        self.find(name, |key| self.views.contains_key(key))
    }

    /// Whether two column, constraint or index names are one to the server.
    #[must_use]
    pub fn same(&self, a: &str, b: &str) -> bool {
        if self.dialect == Dialect::Postgres { a == b } else { a.eq_ignore_ascii_case(b) }
    }

    /// Tables that inherit from, or are partitions of, a stored table; all levels, nearest first.
    #[must_use]
    pub fn descendants(&self, key: &ObjectName) -> Vec<ObjectName> {
        let mut found: Vec<ObjectName> = Vec::new();
        let mut parents = vec![key.clone()];
        while let Some(parent) = parents.pop() {
            for (name, table) in self.stored(self.hints.children(&parent)) {
                let child = table.partition_of.as_ref().is_some_and(|(of, _)| *of == parent) || table.inherits.contains(&parent);
                if child && name != key && !found.contains(name) {
                    found.push(name.clone());
                    parents.push(name.clone());
                }
            }
        }
        found
    }

    /// Tables that inherit from a stored table, directly.
    #[must_use]
    pub fn heirs(&self, key: &ObjectName) -> Vec<ObjectName> {
        let heirs = self.stored(self.hints.children(key)).filter(|(_, table)| table.inherits.contains(key));
        heirs.map(|(name, _)| name.clone()).collect()
    }

    /// Tables that may name a stored table: as their parent, or in a foreign key.
    pub(super) fn naming(&self, key: &ObjectName) -> Vec<ObjectName> {
        let mut named = self.hints.children(key);
        named.extend(self.hints.referrers(key));
        self.stored(named).map(|(name, _)| name.clone()).collect()
    }

    /// Whether a table of a schema has a constraint of that name.
    #[must_use]
    pub fn constraint_exists(&self, schema: Option<&str>, name: &str) -> bool {
        let mut tables = self.stored(self.hints.with_constraint(schema, name));
        tables.any(|(key, table)| key.schema.as_deref() == schema && table.constraint(name).is_some())
    }

    /// Foreign keys of other tables, or of itself, that point at a stored table: child and constraint.
    pub fn references_to<'a>(&'a self, key: &'a ObjectName) -> impl Iterator<Item = (&'a ObjectName, &'a Constraint)> {
        self.stored(self.hints.referrers(key)).flat_map(move |(child, table)| {
            let keys = table.constraints.iter();
            keys.filter(
                move |constraint| matches!(&constraint.kind, ConstraintKind::ForeignKey { ref_table, .. } if ref_table == key),
            )
            .map(move |constraint| (child, constraint))
        })
    }

    /// Tables of a schema that have a constraint of that name, in whatever case, and perhaps others.
    pub(crate) fn with_constraint(&self, schema: Option<&str>, name: &str) -> impl Iterator<Item = (&ObjectName, &Table)> {
        self.stored(self.hints.with_constraint(schema, name))
    }

    /// Views that read a stored table or view, directly.
    #[must_use]
    pub fn views_reading(&self, key: &ObjectName) -> Vec<ObjectName> {
        self.views_that(|view| view.reads.contains(key))
    }

    /// Views known to use a column of a stored table.
    #[must_use]
    pub fn views_using(&self, key: &ObjectName, column: &str) -> Vec<ObjectName> {
        let uses = |columns: &BTreeSet<(ObjectName, String)>| {
            columns.iter().any(|(table, used)| table == key && (self.same(used, column) || used == "*"))
        };
        self.views_that(|view| uses(&view.reads_columns))
    }

    /// Views that a test picks, in order.
    fn views_that(&self, picks: impl Fn(&View) -> bool) -> Vec<ObjectName> {
        let mut picked: Vec<ObjectName> =
            self.views.unordered().filter(|(_, view)| picks(view)).map(|(name, _)| name.clone()).collect();
        picked.order();
        picked
    }

    /// The stored name of the table or materialized view that has an index of that name, whether the index backs a
    /// constraint or not, and the index's own stored name.
    #[must_use]
    pub fn index_owner(&self, index: &ObjectName) -> Option<(ObjectName, String)> {
        let schemas: Vec<Option<String>> = match (&index.schema, self.dialect) {
            (Some(schema), Dialect::Postgres) => vec![Some(schema.clone())],
            (None, Dialect::Postgres) => {
                std::iter::once(TEMPORARY.to_owned()).chain(self.search_path.iter().cloned()).map(Some).collect()
            }
            // What stands before a name of SQLite's is a database.
            (Some(database), Dialect::Sqlite) if database != "main" && database != "temp" => Vec::new(),
            _ => vec![None],
        };
        schemas.iter().find_map(|schema| self.index_owner_in(schema.as_deref(), &index.name))
    }

    fn index_owner_in(&self, schema: Option<&str>, index: &str) -> Option<(ObjectName, String)> {
        let index = shortened(index, self.dialect);
        let tables = self.stored(self.hints.with_index(schema, index));
        for (key, table) in tables.filter(|(key, _)| key.schema.as_deref() == schema) {
            // A constraint of SQLite's gives its index no name.
            let mut names =
                table.index_names().filter(|name| self.dialect != Dialect::Sqlite || table.indexes.contains_key(*name));
            if let Some(name) = names.find(|name| self.same(name, index)) {
                return Some((key.clone(), name.to_owned()));
            }
        }
        let views = self.hints.indexed_views().filter(|key| key.schema.as_deref() == schema);
        views
            .filter_map(|key| self.views.get(key).map(|view| (key, view)))
            .filter_map(|(key, view)| {
                view.indexes.keys().find(|name| self.same(name, index)).map(|name| (key.clone(), name.clone()))
            })
            .next()
    }

    /// Whether a relation (table, view, sequence or index) bears that stored name.
    #[must_use]
    pub fn relation_exists(&self, key: &ObjectName) -> bool {
        self.tables.contains_key(key)
            || self.views.contains_key(key)
            || self.sequences.contains_key(key)
            // Index names of MySQL and MariaDB live inside their table.
            || (!matches!(self.dialect, Dialect::MySql | Dialect::MariaDb)
                && self.index_owner_in(key.schema.as_deref(), &key.name).is_some())
    }
}

impl Table {
    /// Names of all indexes: those of their own and those behind a constraint.
    pub fn index_names(&self) -> impl Iterator<Item = &str> {
        let backed = self.constraints.iter().filter(|constraint| constraint.has_index()).filter_map(|c| c.name.as_deref());
        self.indexes.keys().map(String::as_str).chain(backed)
    }

    /// A constraint by its stored name.
    #[must_use]
    pub fn constraint(&self, name: &str) -> Option<&Constraint> {
        let name = shortened(name, Dialect::Postgres);
        // Where names may be longer, MySQL's by one byte, they are kept whole.
        let same = |own: &str| own == name || shortened(own, Dialect::Postgres) == name;
        self.constraints.iter().find(|constraint| constraint.name.as_deref().is_some_and(same))
    }

    /// Whether a primary key, unique constraint or full unique index covers exactly these columns.
    #[must_use]
    pub fn is_unique_over(&self, columns: &[String]) -> bool {
        self.constraints.iter().any(|constraint| constraint.is_key_over(columns))
            || self.indexes.values().any(|index| index.is_key_over(columns))
    }
}

impl Constraint {
    /// Whether the server keeps an index behind it.
    #[must_use]
    pub const fn has_index(&self) -> bool {
        matches!(self.kind, ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. } | ConstraintKind::Exclude { .. })
    }

    /// Whether it is a primary key or unique constraint over exactly these columns, in any order.
    #[must_use]
    pub fn is_key_over(&self, columns: &[String]) -> bool {
        match &self.kind {
            ConstraintKind::PrimaryKey { columns: own } | ConstraintKind::Unique { columns: own, .. } => same_set(own, columns),
            _ => false,
        }
    }
}

impl Index {
    /// Whether it is a unique index without predicate over exactly these columns, in any order.
    #[must_use]
    pub fn is_key_over(&self, columns: &[String]) -> bool {
        let plain: Option<Vec<String>> = self
            .columns
            .iter()
            .map(|part| match part {
                crate::statement::operation::IndexPart::Column(name) => Some(name.clone()),
                crate::statement::operation::IndexPart::Expression(_) => None,
            })
            .collect();
        self.unique && self.predicate.is_none() && plain.is_some_and(|own| same_set(&own, columns))
    }
}

fn same_set(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.iter().all(|name| b.iter().any(|other| other.eq_ignore_ascii_case(name)))
}

//! What is known where a way back is derived: the schema before, what the migration has made itself, and the texts of
//! objects that the catalog does not hold in full.

use std::borrow::Cow;
use std::sync::Arc;

use crate::catalog::apply::apply;
use crate::catalog::objects::Objects;
use crate::catalog::{Catalog, Index};
use crate::dialect::Dialect;
use crate::name::{ObjectName, quote};
use crate::phase::NewObjects;
use crate::statement::Statement;
use crate::statement::operation::{CommentKind, Operation, PolicyChange, TableOption};
use crate::statement::split::tokens;

/// The statements that made objects what they are, as written, in order: replayed they make them again to the letter.
/// What a rename has gone over is forgotten, for its text names what is no more.
#[derive(Clone, Debug, Default)]
pub struct Made {
    texts: Objects<Vec<Arc<str>>>,
}

/// Where an operation is undone.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The schema before its statement.
    pub before: &'a Catalog,
    /// What its migration made so far, earlier operations of the statement included.
    pub new: &'a NewObjects,
    /// How objects came about.
    pub made: &'a Made,
    /// Search path at the start of the migration, which the way back finds too.
    pub path: &'a [String],
    /// Its statement.
    pub sql: &'a str,
    /// The schema behind the operation, where somebody went there before.
    pub behind: Option<&'a Catalog>,
}

fn key(kind: &str, owner: &ObjectName, name: &str) -> ObjectName {
    ObjectName::bare([kind, " ", owner.schema.as_deref().unwrap_or_default(), ".", &owner.name, " ", name].concat())
}

/// Under which key the object stands that an operation makes or drops.
fn subject(operation: &Operation, before: &Catalog) -> Option<ObjectName> {
    let whole = |kind: &str, name: &ObjectName| Some(key(kind, &before.resolve(name), ""));
    match operation {
        // A virtual table is what its text says.
        Operation::CreateTable(create) if before.dialect == Dialect::Sqlite => whole("table", &create.table),
        Operation::DropTable { table, .. } if before.dialect == Dialect::Sqlite => whole("table", table),
        Operation::CreateView(create) => whole("view", &create.view),
        Operation::DropView { view, .. } => whole("view", view),
        Operation::CreateFunction { name, .. } | Operation::DropFunction { name, .. } => whole("function", name),
        Operation::CreateSequence { sequence, .. } | Operation::DropSequence { sequence, .. } => whole("sequence", sequence),
        Operation::CreateType { name } | Operation::CreateEnum { name, .. } | Operation::CreateDomain { name, .. } => {
            whole("type", name)
        }
        Operation::DropType { name, .. } => whole("type", name),
        Operation::Policy { table, name, change: PolicyChange::Create | PolicyChange::Drop { .. } } => {
            Some(key("policy", &before.resolve(table), name))
        }
        // SQLite and MySQL drop a trigger by its name alone.
        Operation::CreateTrigger { table, name, .. } if before.dialect == Dialect::Postgres => {
            Some(key("trigger", &before.resolve(table), name))
        }
        Operation::DropTrigger { table: Some(table), name, .. } => Some(key("trigger", &before.resolve(table), name)),
        Operation::CreateTrigger { name, .. } | Operation::DropTrigger { name, .. } => {
            Some(key("trigger", &ObjectName::default(), name))
        }
        Operation::CreateIndex(create) => {
            let index = ObjectName { schema: before.resolve(&create.table).schema, name: create.name.clone()? };
            whole("index", &index)
        }
        Operation::DropIndex { index, .. } => {
            let owner = before.index_owner(index).map(|(owner, _)| owner.schema);
            whole("index", &ObjectName { schema: owner.flatten(), name: index.name.clone() })
        }
        Operation::AlterTableOption { table, option: TableOption::RowSecurity } => whole("row security", table),
        Operation::Comment { kind, object, column, .. } => {
            let column = column.as_deref().unwrap_or_default();
            let other = if *kind == CommentKind::Other { "comment on another" } else { "comment" };
            Some(key(other, &before.resolve(object), column))
        }
        _ => None,
    }
}

impl Made {
    /// Remembers a statement; `before` is the schema before it, `path` the search path that a migration starts with.
    pub fn note(&mut self, statement: &Statement, before: &Catalog, path: &[String]) {
        let alone = statement.operations.len() == 1 && before.search_path == path;
        for operation in &statement.operations {
            let subject = subject(operation, before);
            match operation {
                Operation::Comment { kind, object, .. } => {
                    self.put(subject, alone, &statement.sql);
                    let view = key("view", &before.resolve(object), "");
                    // A function may be called as a column is.
                    if *kind == CommentKind::Other {
                        self.attach(statement, before.dialect, alone);
                    } else if let Some(texts) = self.texts.get_mut(&view).filter(|texts| !texts.is_empty()) {
                        texts.push(statement.sql.as_str().into());
                    }
                }
                Operation::DropView { .. }
                | Operation::DropFunction { .. }
                | Operation::DropSequence { .. }
                | Operation::DropType { .. }
                | Operation::DropIndex { .. }
                | Operation::DropTrigger { .. }
                | Operation::Policy { change: PolicyChange::Drop { .. }, .. } => {
                    subject.map(|key| self.texts.remove(&key));
                }
                Operation::DropTable { table, .. } => {
                    let own = key("", &before.resolve(table), "");
                    self.texts.retain(|key, _| !key.name.contains(&own.name));
                }
                Operation::AlterTableOption { option: TableOption::RowSecurity, .. } => {
                    if let Some(texts) = subject.and_then(|key| self.texts.or_default(key)) {
                        texts.push(statement.sql.as_str().into());
                    }
                }
                _ if subject.is_some() => self.put(subject, alone, &statement.sql),
                Operation::DropColumn { table, column, .. } => {
                    self.texts.remove(&key("comment", &before.resolve(table), column));
                }
                Operation::AlterSequence { .. }
                | Operation::AddEnumValue { .. }
                | Operation::RenameEnumValue { .. }
                | Operation::Policy { .. }
                | Operation::AlterTableOption { option: TableOption::EnableTrigger { .. } | TableOption::Owner, .. } => {
                    self.attach(statement, before.dialect, alone);
                }
                Operation::Grant { objects, .. } if !objects.is_empty() => self.attach(statement, before.dialect, alone),
                // Whatever it names may be another thing now.
                Operation::Grant { .. } => self.texts = Objects::default(),
                Operation::Other { .. } => self.attach(statement, before.dialect, alone),
                Operation::RenameTable { table: name, .. }
                | Operation::SetTableSchema { table: name, .. }
                | Operation::RenameType { name, .. }
                | Operation::RenameFunction { name, .. }
                | Operation::RenameIndex { index: name, .. } => self.forget(&name.name),
                Operation::RenameColumn { column: name, .. }
                | Operation::RenameSchema { schema: name, .. }
                | Operation::AlterTableOption { option: TableOption::RenameTrigger { trigger: name, .. }, .. } => {
                    self.forget(name);
                }
                _ => {}
            }
        }
    }

    /// Empty: something made it that cannot be told.
    fn put(&mut self, key: Option<ObjectName>, alone: bool, sql: &str) {
        if let Some(key) = key {
            self.texts.insert(key, if alone { vec![sql.into()] } else { Vec::new() });
        }
    }

    /// A statement that changes what objects are which it names.
    fn attach(&mut self, statement: &Statement, dialect: Dialect, alone: bool) {
        let words = tokens(&statement.sql, dialect, 200);
        let names = |key: &ObjectName| {
            let key = &key.name;
            let name = key.rsplit(['.', ' ']).find(|part| !part.is_empty()).unwrap_or_default();
            !key.contains("comment") && words.iter().any(|word| word.trim_matches(['"', '`']).eq_ignore_ascii_case(name))
        };
        let text: Arc<str> = statement.sql.as_str().into();
        // Of what nobody knows how it was made, nobody knows what it became.
        self.texts.change(
            |key, texts| !texts.is_empty() && names(key),
            |texts| match alone {
                true => texts.push(text.clone()),
                false => texts.clear(),
            },
        );
    }

    fn forget(&mut self, name: &str) {
        self.texts.change(|_, texts| texts.iter().any(|text| text.contains(name)), Vec::clear);
    }
}

impl<'a> Known<'a> {
    /// The name as SQL text that means the same when the way back runs.
    pub(super) fn name(&self, name: &ObjectName) -> String {
        if self.before.search_path == self.path {
            return name.sql(self.before.dialect);
        }
        self.before.resolve(name).sql(self.before.dialect)
    }

    /// A bare name, quoted where needed.
    pub(super) fn quoted(&self, name: &str) -> String {
        quote(name, self.before.dialect)
    }

    /// Whether the object of the operation was written in these migrations by statements that no longer make it. The indexes
    /// that MySQL has inside a table's statement never had one of their own.
    pub(super) fn forgot(&self, operation: &Operation) -> bool {
        let mysql = matches!(self.before.dialect, Dialect::MySql | Dialect::MariaDb);
        !mysql && subject(operation, self.before).and_then(|key| self.made.texts.get(&key)).is_some_and(Vec::is_empty)
    }

    /// The statements that make the object of the operation as it was before; empty where they are not known.
    pub(super) fn texts(&self, operation: &Operation) -> Vec<String> {
        let texts = subject(operation, self.before).and_then(|key| self.made.texts.get(&key));
        texts.into_iter().flatten().map(|text| text.as_ref().to_owned()).collect()
    }

    /// The index that MySQL made for a foreign key of a table: it comes to light where the key goes.
    pub(super) fn key_index(&self, catalog: &Catalog, table: &ObjectName, foreign: &str) -> Option<(String, Index)> {
        let (table, constraint) = (table.clone(), foreign.to_owned());
        let old = catalog.table(&table)?.indexes.clone();
        let mut without = catalog.clone();
        let gone = Operation::DropConstraint { table: table.clone(), constraint, if_exists: false, cascade: false };
        drop(apply(&mut without, &gone));
        let new = without.table(&table)?.indexes.iter().find(|(name, _)| !old.contains_key(*name))?;
        Some((new.0.clone(), new.1.clone()))
    }

    /// Whether nothing like it was said of the object before, as far as the migrations tell.
    pub(super) fn is_first(&self, operation: &Operation) -> bool {
        let known = subject(operation, self.before).is_some_and(|key| self.made.texts.contains_key(&key));
        !known && !self.before.opaque
    }

    /// The schema behind the operation that is taken back.
    pub(super) fn behind(&self, operation: &Operation) -> Cow<'_, Catalog> {
        self.behind.map_or_else(|| Cow::Owned(self.after(operation)), Cow::Borrowed)
    }

    /// The schema behind an operation alone.
    pub(super) fn after(&self, operation: &Operation) -> Catalog {
        let mut after = self.before.clone();
        drop(apply(&mut after, operation));
        after
    }

    /// Table and definition of an index.
    pub(super) fn index(&self, name: &ObjectName, table: Option<&ObjectName>) -> Option<(ObjectName, &'a Index)> {
        let before = self.before;
        let (owner, stored) = match table.map(|table| before.resolve(table)) {
            Some(owner) => {
                let own = before.tables.get(&owner)?.indexes.keys().find(|own| before.same(own, &name.name))?.clone();
                (owner, own)
            }
            None => before.index_owner(name)?,
        };
        let table = before.tables.get(&owner).and_then(|table| table.indexes.get(&stored));
        let index = table.or_else(|| before.views.get(&owner)?.indexes.get(&stored))?;
        Some((owner, index))
    }

    /// Whether the statement says one of the words among its first.
    pub(super) fn says(&self, word: &str) -> bool {
        tokens(self.sql, self.before.dialect, 12).iter().any(|own| own.eq_ignore_ascii_case(word))
    }
}

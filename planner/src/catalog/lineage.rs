//! A schema through its history: which migration made, changed and took away each part of it.
//!
//! Every object and every line of a table has the places from which and until which it was there, so the schema behind any
//! migration is a filter over one answer, not another replay.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalog::diff::{self, Part};
use crate::catalog::line::{Line, lines};
use crate::catalog::schema::table_schema;
use crate::catalog::{Catalog, replay};
use crate::migration::{Migration, MigrationId};
use crate::name::ObjectName;
use crate::statement::operation::Operation;

/// The history of a schema.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lineage {
    /// The migrations in the order they run; a place is an index into them.
    pub migrations: Vec<MigrationId>,
    /// What there ever was, in the order it was made.
    pub objects: Vec<Lived>,
}

/// What kind of object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectKind {
    /// A table.
    #[default]
    Table,
    /// A view, materialized or not.
    View,
    /// An enum type.
    Enum,
    /// A function or procedure.
    Function,
    /// A sequence.
    Sequence,
}

/// From which migration on something is there, and until which: behind `from`, no more behind `until`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    /// Place of the migration that made it so.
    pub from: u32,
    /// Place of the migration that took it away or made it otherwise; absent: it is there to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u32>,
}

impl Life {
    /// Whether it is there behind the migration at a place.
    #[must_use]
    pub fn holds(self, place: u32) -> bool {
        self.from <= place && self.until.is_none_or(|until| place < until)
    }
}

/// An object and all it ever was under its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lived {
    /// What it is.
    pub kind: ObjectKind,
    /// Its name.
    pub name: ObjectName,
    /// When it was there under this name.
    pub life: Life,
    /// Who made it first.
    pub origin: Origin,
    /// Places of the migrations that changed it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<u32>,
    /// The lines of a table, of all times, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LivedLine>,
}

/// Who made something first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Place of the migration.
    pub made: u32,
    /// The name it was made with, where it bears another one now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formerly: Option<String>,
}

/// A line of a table as it read for a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LivedLine {
    /// What it said.
    pub line: Line,
    /// When.
    pub life: Life,
    /// Who made the column or constraint first.
    pub origin: Origin,
}

/// Walks the migrations once.
#[must_use]
pub fn lineage(start: Catalog, migrations: &[&Migration]) -> Lineage {
    let mut writer = Writer::default();
    let mut catalog = start;
    for (place, migration) in migrations.iter().enumerate() {
        let before = catalog.clone();
        catalog = replay::after(catalog, &[migration]);
        let renames = Renames::of(migration, &before);
        for part in diff::changed(&before, &catalog) {
            writer.note(u32::try_from(place).unwrap_or(u32::MAX), &part, &catalog, &renames);
        }
    }
    Lineage { migrations: migrations.iter().map(|migration| migration.id.clone()).collect(), objects: writer.objects }
}

/// What a migration gave other names.
struct Renames<'a> {
    tables: Vec<(ObjectName, &'a str)>,
    /// The table as the statement calls it, the column, its other name.
    columns: Vec<(ObjectName, &'a str, &'a str)>,
}

impl<'a> Renames<'a> {
    fn of(migration: &'a Migration, before: &Catalog) -> Self {
        let mut renames = Self { tables: Vec::new(), columns: Vec::new() };
        for operation in migration.up.statements.iter().flat_map(|statement| &statement.operations) {
            match operation {
                Operation::RenameTable { table, to } => renames.tables.push((before.resolve(table), to)),
                Operation::RenameColumn { table, column, to } => renames.columns.push((before.resolve(table), column, to)),
                _ => {}
            }
        }
        renames
    }

    /// Names that a column of a table had, newest first; a statement may call the table by either of its names.
    fn before<'n>(&'n self, table: &ObjectName, column: &'n str) -> Vec<&'n str> {
        let was = |name: &ObjectName| self.tables.iter().any(|(old, to)| old == name && *to == table.name);
        let (mut name, mut names) = (column, Vec::new());
        for (of, old, to) in self.columns.iter().rev() {
            if *to == name && (of == table || was(of)) {
                name = old;
                names.push(name);
            }
        }
        names
    }
}

#[derive(Default)]
struct Writer {
    objects: Vec<Lived>,
    /// Places in `objects` of what is there now.
    open: BTreeMap<(ObjectKind, ObjectName), usize>,
}

impl Writer {
    fn note(&mut self, place: u32, part: &Part, now: &Catalog, renames: &Renames<'_>) {
        let (kind, there, lines) = match part {
            Part::Table(name) => {
                let table = now.tables.get(name).filter(|table| !table.temporary);
                (ObjectKind::Table, table.is_some(), table.map(|table| lines(&table_schema(now, name, table))))
            }
            Part::View(name) => (ObjectKind::View, now.views.contains_key(name), None),
            Part::Enum(name) => (ObjectKind::Enum, now.enums.contains_key(name), None),
            Part::Function(name) => (ObjectKind::Function, now.functions.contains_key(name), None),
            Part::Sequence(name) => (ObjectKind::Sequence, now.sequences.contains_key(name), None),
            Part::Other => return,
        };
        let key = (kind, part.name());
        if !there {
            if let Some(object) = self.open.remove(&key).and_then(|at| self.objects.get_mut(at)) {
                object.end(place);
            }
            return;
        }
        let at = match self.open.get(&key) {
            Some(at) => *at,
            None => {
                let object = self.made(place, &key, renames);
                self.objects.push(object);
                self.open.insert(key, self.objects.len() - 1);
                self.objects.len() - 1
            }
        };
        if let Some(object) = self.objects.get_mut(at) {
            if object.life.from < place {
                object.changed.push(place);
            }
            object.rewrite(place, lines.unwrap_or_default(), renames);
        }
    }

    /// A new object; one that was renamed takes over who made it and its lines.
    fn made(&self, place: u32, (kind, name): &(ObjectKind, ObjectName), renames: &Renames<'_>) -> Lived {
        let life = Life { from: place, until: None };
        let plain = Lived { kind: *kind, name: name.clone(), life, ..Lived::default() };
        let old = renames.tables.iter().rev().find(|(_, to)| *to == name.name).map(|(old, _)| old);
        let is_old =
            |one: &&Lived| one.kind == *kind && Some(&one.name) == old && one.life.until.is_none_or(|until| until == place);
        let Some(old) = self.objects.iter().rev().find(is_old) else {
            return Lived { origin: Origin { made: place, formerly: None }, ..plain };
        };
        let formerly = old.origin.formerly.clone().or_else(|| Some(old.name.name.clone()));
        let carried = |line: &&LivedLine| line.life.until.is_none_or(|until| until == place);
        let lines = old.lines.iter().filter(carried).map(|line| LivedLine { life, ..line.clone() }).collect();
        Lived { origin: Origin { formerly, ..old.origin.clone() }, lines, ..plain }
    }
}

impl Lived {
    fn end(&mut self, place: u32) {
        self.life.until = Some(place);
        self.lines.iter_mut().filter(|line| line.life.until.is_none()).for_each(|line| line.life.until = Some(place));
    }

    /// Ends the lines that are no more as they were, and puts new ones where they stand.
    fn rewrite(&mut self, place: u32, now: Vec<Line>, renames: &Renames<'_>) {
        for line in self.lines.iter_mut().filter(|line| line.life.until.is_none()) {
            if !now.contains(&line.line) {
                line.life.until = Some(place);
            }
        }
        let mut behind = 0;
        for line in now {
            let known = self.lines.iter().position(|one| one.life.until.is_none() && one.line == line);
            if let Some(known) = known {
                behind = known + 1;
                continue;
            }
            let origin = self.origin_of(place, &line, renames);
            self.lines.insert(behind, LivedLine { line, life: Life { from: place, until: None }, origin });
            behind += 1;
        }
        // Made and gone within one migration: nobody ever saw it.
        self.lines.retain(|line| line.life.until != Some(line.life.from));
    }

    /// Who made a column first: the one that bore its name or the name it was given another for.
    fn origin_of(&self, place: u32, line: &Line, renames: &Renames<'_>) -> Origin {
        let ended = |name: &str| {
            let same = |one: &&LivedLine| one.line.kind == line.kind && one.line.name == name && one.life.until == Some(place);
            self.lines.iter().rev().find(same)
        };
        if let Some(same) = ended(&line.name) {
            return same.origin.clone();
        }
        let old = renames.before(&self.name, &line.name).into_iter().find_map(ended);
        match old {
            Some(old) => {
                let formerly = old.origin.formerly.clone().or_else(|| Some(old.line.name.clone()));
                Origin { made: old.origin.made, formerly }
            }
            None => Origin { made: place, formerly: None },
        }
    }
}

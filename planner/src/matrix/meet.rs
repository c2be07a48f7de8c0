//! What one command of a release meets on another schema than the one it was written for.
//!
//! What the command names is looked up in both schemas. Where nothing it names differs, the server does the same on both;
//! where something differs, each difference is judged, and what cannot be judged is unknown. Source of the classes:
//! `facts/safety.md` §7.2.

use super::change;
use super::verdict::plain;
use super::{Outcome, Verdict};
use crate::catalog::Catalog;
use crate::catalog::query::{Columns, Complaint, Origin, Output, Resolved, columns_of, resolve, type_of};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::phase::{widens, widens_after_cut};
use crate::sort::Sort;
use crate::statement::command::Command;
use crate::statement::touches::ObjectRef;

/// One thing that a command meets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Met {
    /// What becomes of the command.
    pub outcome: Outcome,
    /// About which object.
    pub object: ObjectRef,
    /// As a sentence.
    pub sentence: String,
}

/// Two schemas and what lies between them.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// The schema the command was written for.
    pub own: &'a Catalog,
    /// The schema it meets.
    pub other: &'a Catalog,
    /// The schema it meets is the newer one.
    pub later: bool,
    /// Nothing opaque that concerns the command lies between them.
    pub sure: bool,
}

/// The command on the other schema of the pair. `own` is what it comes to on its own.
#[must_use]
pub fn meet(command: &Command, own: &Resolved, pair: Pair<'_>) -> Vec<Met> {
    let here = resolve(command, pair.other);
    let mut meeting = Meeting { pair, own, here: &here, found: Vec::new() };
    meeting.complaints();
    if meeting.found.is_empty() {
        meeting.gaps();
        meeting.outputs();
        meeting.types();
        meeting.routines(command);
        meeting.enums();
        meeting.literals(command);
        for (at, (table, written)) in here.changes.iter().enumerate() {
            let before = own.changes.get(at).and_then(|(table, _)| table.as_ref());
            if let (Some(table), Some(before)) = (table, before) {
                meeting.found.extend(change::meet(written, (before, table), pair));
            }
        }
    }
    let mut found = meeting.found;
    found.order();
    found.dedup();
    found
}

pub(super) struct Meeting<'a> {
    pub(super) pair: Pair<'a>,
    own: &'a Resolved,
    pub(super) here: &'a Resolved,
    found: Vec<Met>,
}

impl Meeting<'_> {
    pub(super) fn add(&mut self, outcome: Outcome, object: ObjectRef, sentence: String) {
        self.found.push(Met { outcome, object, sentence });
    }

    /// Certain only where both schemas are known.
    pub(super) fn refused(&self) -> Outcome {
        if self.pair.sure && !(self.pair.other.opaque && self.pair.own.opaque && !self.own.complaints.is_empty()) {
            Outcome::Refused
        } else {
            Outcome::Unknown
        }
    }

    fn complaints(&mut self) {
        let gone = if self.pair.later { "is gone" } else { "is not there yet" };
        let mysql = matches!(self.pair.other.dialect, Dialect::MySql | Dialect::MariaDb);
        for complaint in &self.here.complaints {
            let mut outcome = self.refused();
            let (object, sentence) = match complaint {
                Complaint::Relation(name) => {
                    // Another database of the server.
                    if mysql && name.schema.is_some() {
                        outcome = Outcome::Unknown;
                    }
                    let stored = self.own.relations.iter().find(|(written, _)| written == name);
                    let stored = stored.and_then(|(_, stored)| stored.clone()).unwrap_or_else(|| name.clone());
                    (ObjectRef::Table(stored), format!("Table {} {gone}.", plain(name)))
                }
                Complaint::Column(table, column) => {
                    (ObjectRef::Column(table.clone(), column.clone()), format!("Column {}.{column} {gone}.", plain(table)))
                }
                Complaint::Nowhere(column) => {
                    // SQLite takes a quoted name that is none for text.
                    if self.pair.other.dialect == Dialect::Sqlite {
                        outcome = Outcome::Unknown;
                    }
                    let owner = self.owner(column).unwrap_or_default();
                    let named = if owner.name.is_empty() { column.clone() } else { format!("{}.{column}", plain(&owner)) };
                    (ObjectRef::Column(owner, column.clone()), format!("Column {named} {gone}."))
                }
                Complaint::Ambiguous(column) => {
                    let (table, _) = self.here_has(column).unwrap_or_default();
                    let sentence = format!("Column {column} is ambiguous: {} has one of that name too.", plain(&table));
                    (ObjectRef::Column(table, column.clone()), sentence)
                }
                Complaint::Operands => {
                    let sentence = "The queries of a UNION have different numbers of columns.".to_owned();
                    (self.first_table(), sentence)
                }
                Complaint::Width(table) => {
                    let sentence = format!("The INSERT gives another number of values than {} takes.", plain(table));
                    (ObjectRef::Table(table.clone()), sentence)
                }
            };
            self.add(outcome, object, sentence);
        }
    }

    /// The relation that had a column on the command's own schema.
    fn owner(&self, column: &str) -> Option<ObjectName> {
        let keys = self.own.relations.iter().filter_map(|(_, key)| key.as_ref());
        keys.into_iter().find(|key| type_of(self.pair.own, key, column).is_some()).cloned()
    }

    /// A relation that has a column here and had none.
    fn here_has(&self, column: &str) -> Option<(ObjectName, String)> {
        let pairs = self.pairs();
        let new = pairs.iter().find(|(own, here)| {
            type_of(self.pair.other, here, column).is_some() && type_of(self.pair.own, own, column).is_none()
        });
        new.map(|(_, here)| (here.clone(), column.to_owned()))
    }

    fn first_table(&self) -> ObjectRef {
        let changed = self.pairs().into_iter().find(|(own, here)| !self.is_same(own, here));
        ObjectRef::Table(changed.map(|(_, here)| here).unwrap_or_default())
    }

    /// Stored relations of the command on both schemas, in the order of its text.
    fn pairs(&self) -> Vec<(ObjectName, ObjectName)> {
        let both = self.own.relations.iter().zip(&self.here.relations);
        both.filter_map(|((_, own), (_, here))| own.clone().zip(here.clone())).collect()
    }

    fn is_same(&self, own: &ObjectName, here: &ObjectName) -> bool {
        same_relation((self.pair.own, own), (self.pair.other, here), 8)
    }

    fn gaps(&mut self) {
        let Some(gap) = self.here.gaps.first().copied() else { return self.views() };
        for (own, here) in self.pairs() {
            if !self.is_same(&own, &here) {
                let sentence =
                    format!("{} differs, and the command has {gap}, of which nobody knows what it makes of that.", plain(&here));
                self.add(Outcome::Unknown, ObjectRef::Table(here), sentence);
            }
        }
    }

    /// Relations whose columns are not known, and views that show something else.
    fn views(&mut self) {
        for (own, here) in self.pairs() {
            if self.is_same(&own, &here) {
                continue;
            }
            let known = |catalog: &Catalog, key: &ObjectName| match (catalog.tables.get(key), catalog.views.get(key)) {
                (Some(table), _) => !table.columns_unknown,
                (None, Some(_)) => columns_of(catalog, key).is_some(),
                (None, None) => false,
            };
            let object = ObjectRef::Table(here.clone());
            if !known(self.pair.own, &own) || !known(self.pair.other, &here) {
                let sentence = format!("{} differs, and its columns are not known.", plain(&here));
                self.add(Outcome::Unknown, object, sentence);
            } else if let (Some(before), Some(after)) = (self.pair.own.views.get(&own), self.pair.other.views.get(&here))
                && before.query != after.query
            {
                self.add(Outcome::Behaves, object, format!("View {} shows something else.", plain(&here)));
            }
            if self.here.grouped && self.primary_key(self.pair.own, &own) != self.primary_key(self.pair.other, &here) {
                let sentence =
                    format!("The primary key of {} differs: it decides which columns GROUP BY lets out.", plain(&here));
                self.add(Outcome::Unknown, ObjectRef::Table(here), sentence);
            }
        }
    }

    fn primary_key(&self, catalog: &Catalog, key: &ObjectName) -> Vec<String> {
        catalog.tables.get(key).map(|table| table.primary_key().to_vec()).unwrap_or_default()
    }

    fn outputs(&mut self) {
        let (Some(own), Some(here)) = (&self.own.outputs, &self.here.outputs) else { return };
        if own.len() != here.len() {
            return self.other_columns(own, here);
        }
        for (before, after) in own.iter().zip(here) {
            if before.star && before.name != after.name {
                return self.other_columns(own, here);
            }
            self.output(before, after);
        }
    }

    /// `SELECT *` gives others.
    fn other_columns(&mut self, own: &[Output], here: &[Output]) {
        let names = |all: &[Output]| -> Vec<Option<String>> { all.iter().map(|output| output.name.clone()).collect() };
        let (before, after) = (names(own), names(here));
        let object = self.first_table();
        let missing: Vec<String> = before.iter().filter(|name| !after.contains(name)).flatten().cloned().collect();
        let new: Vec<String> = after.iter().filter(|name| !before.contains(name)).flatten().cloned().collect();
        let outcome = if missing.is_empty() { Outcome::Reprepared } else { Outcome::Result };
        let sentence = match (missing.is_empty(), new.is_empty()) {
            (false, _) => format!("SELECT * no longer gives {}.", missing.join(", ")),
            (true, false) => format!("SELECT * also gives {}: statements prepared before fail once.", new.join(", ")),
            (true, true) => "SELECT * gives its columns in another order.".to_owned(),
        };
        self.add(outcome, object, sentence);
    }

    fn output(&mut self, before: &Output, after: &Output) {
        match (&before.from, &after.from) {
            (Origin::Column(own, first), Origin::Column(here, second)) => {
                let (from, to) = (type_of(self.pair.own, own, first), type_of(self.pair.other, here, second));
                let (Some(from), Some(to)) = (from, to) else { return };
                if from.0 != to.0 {
                    let alike = widens(&from.0, &to.0) || widens(&to.0, &from.0) || family(&from.0) == family(&to.0);
                    let outcome = if alike { Outcome::Reprepared } else { Outcome::Result };
                    let words = if outcome == Outcome::Reprepared {
                        "statements prepared before fail once"
                    } else {
                        "the values come in another form"
                    };
                    let sentence = format!("Column {}.{second} is {} instead of {}: {words}.", plain(here), to.0, from.0);
                    self.add(outcome, ObjectRef::Column(here.clone(), second.clone()), sentence);
                } else if !from.1 && to.1 {
                    let sentence =
                        format!("Column {}.{second} may be NULL: the release may meet values it does not expect.", plain(here));
                    self.add(Outcome::Behaves, ObjectRef::Column(here.clone(), second.clone()), sentence);
                }
            }
            (_, Origin::Expression(columns)) => {
                for (table, column) in self.retyped(columns) {
                    let sentence = format!(
                        "The type of {}.{column} differs, and with it may that of a value the command gives out.",
                        plain(&table)
                    );
                    self.add(Outcome::Reprepared, ObjectRef::Column(table, column), sentence);
                }
            }
            _ => {}
        }
    }

    /// Columns whose type differs between the schemas.
    fn retyped(&self, columns: &Columns) -> Vec<(ObjectName, String)> {
        columns
            .iter()
            .filter(|(table, column)| self.types_of(table, column).is_some_and(|(from, to)| from != to))
            .cloned()
            .collect()
    }

    pub(super) fn types_of(&self, here: &ObjectName, column: &str) -> Option<(String, String)> {
        let own = self.pairs().into_iter().find(|(_, key)| key == here).map(|(own, _)| own)?;
        let from = type_of(self.pair.own, &own, column)?;
        let to = type_of(self.pair.other, here, column)?;
        Some((from.0, to.0))
    }

    /// Columns in expressions: another family of types has other operators.
    fn types(&mut self) {
        for (table, column) in self.retyped(&self.here.worked_on) {
            let Some((from, to)) = self.types_of(&table, &column) else { continue };
            if widens(&from, &to) || widens_after_cut(&from, &to) || family(&from) == family(&to) {
                continue;
            }
            let postgres = self.pair.other.dialect == Dialect::Postgres;
            let outcome = if postgres { Outcome::Unknown } else { Outcome::Behaves };
            let sentence = format!(
                "Column {}.{column} is {to} instead of {from}: whether the operators and functions around it take that is not known.",
                plain(&table)
            );
            self.add(outcome, ObjectRef::Column(table, column), sentence);
        }
    }
}

/// A type without its modifiers: values of one family have one form.
fn family(data_type: &str) -> &str {
    data_type.split('(').next().unwrap_or(data_type).trim()
}

/// Whether a relation is the same in both catalogs, views with all they read.
fn same_relation(a: (&Catalog, &ObjectName), b: (&Catalog, &ObjectName), depth: usize) -> bool {
    if a.1 != b.1 || depth == 0 {
        return false;
    }
    match (a.0.tables.get(a.1), b.0.tables.get(b.1)) {
        (Some(first), Some(second)) => std::sync::Arc::ptr_eq(first, second) || first == second,
        (None, None) => match (a.0.views.get(a.1), b.0.views.get(b.1)) {
            (Some(first), Some(second)) => {
                first == second
                    && (first.columns.is_some()
                        || first.reads.iter().all(|read| same_relation((a.0, read), (b.0, read), depth - 1)))
            }
            (None, None) => a.0.sequences.contains_key(a.1) && b.0.sequences.contains_key(b.1),
            _ => false,
        },
        _ => false,
    }
}

impl Outcome {
    /// The verdict this outcome alone makes.
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Behaves | Self::Reprepared | Self::MayRefuse => Verdict::Degraded,
            Self::Unknown => Verdict::Unknown,
            Self::Result | Self::RefusedRun | Self::Refused => Verdict::Breaks,
        }
    }
}

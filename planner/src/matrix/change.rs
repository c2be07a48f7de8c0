//! What a data change of a release meets on another schema.

use super::Outcome;
use super::check::{Known, passes};
use super::meet::{Met, Pair};
use super::verdict::plain;
use crate::catalog::diff::bare;
use crate::catalog::query::type_of;
use crate::catalog::{Catalog, Table};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::phase::{widens, widens_after_cut};
use crate::statement::command::{Change, Conflict, Value, Verb, Written};
use crate::statement::operation::{ColumnDefinition, Constraint, ConstraintKind, Identity, IndexPart};
use crate::statement::parse::type_name::user_defined;
use crate::statement::touches::ObjectRef;

/// The change on the other schema of a pair; `keys` are the stored names of what it writes, on its own and there.
#[must_use]
pub(super) fn meet(change: &Change, keys: (&ObjectName, &ObjectName), pair: Pair<'_>) -> Vec<Met> {
    let (own, here) = (pair.own.tables.get(keys.0), pair.other.tables.get(keys.1));
    let mut found = Vec::new();
    let (Some(own), Some(here)) = (own, here) else {
        through_view(change, keys, pair, &mut found);
        return found;
    };
    let mut meeting = Meeting { change, own, here, key: keys.1, pair, found };
    meeting.triggers(keys.0);
    if change.verb != Verb::Insert {
        meeting.referenced(keys.0);
    }
    if std::sync::Arc::ptr_eq(own, here) {
        return meeting.found;
    }
    meeting.written();
    match change.verb {
        Verb::Insert => meeting.omitted(),
        Verb::Update => {}
        Verb::Delete => return meeting.found,
    }
    meeting.constraints();
    meeting.conflict();
    meeting.found
}

struct Meeting<'a> {
    change: &'a Change,
    own: &'a Table,
    here: &'a Table,
    key: &'a ObjectName,
    pair: Pair<'a>,
    found: Vec<Met>,
}

impl Meeting<'_> {
    fn add(&mut self, outcome: Outcome, object: ObjectRef, sentence: String) {
        let outcome = if outcome >= Outcome::RefusedRun && !self.pair.sure { Outcome::Unknown } else { outcome };
        self.found.push(Met { outcome, object, sentence });
    }

    fn column(&self, column: &str) -> ObjectRef {
        ObjectRef::Column(self.key.clone(), column.to_owned())
    }

    fn find<'t>(&self, table: &'t Table, column: &str) -> Option<&'t ColumnDefinition> {
        table.columns.iter().find(|own| self.pair.other.same(&own.name, column))
    }

    /// Values that columns are given.
    fn written(&mut self) {
        for written in &self.change.written {
            let Some(here) = self.find(self.here, &written.column) else { continue };
            let here = here.clone();
            self.given(written, &here);
            let Some(own) = self.find(self.own, &written.column).cloned() else { continue };
            self.retyped(written, &own, &here);
            if written.value == Value::Default && here.is_required() && !own.is_required() {
                let sentence = format!("Column {}.{} has no default that could be written.", plain(self.key), here.name);
                self.add(Outcome::RefusedRun, self.column(&here.name), sentence);
                continue;
            }
            if own.nullable && !here.nullable && here.identity.is_none() {
                let name = format!("{}.{}", plain(self.key), here.name);
                let (outcome, sentence) = match written.value {
                    Value::Null => (Outcome::RefusedRun, format!("Column {name} is NOT NULL, and the command writes NULL.")),
                    Value::Default => continue,
                    Value::Free | Value::Text(_) | Value::Typed => {
                        (Outcome::MayRefuse, format!("Column {name} is NOT NULL: writes of NULL are refused."))
                    }
                };
                self.add(outcome, self.column(&here.name), sentence);
            }
        }
    }

    /// Columns that take no value from outside.
    fn given(&mut self, written: &Written, here: &ColumnDefinition) {
        let name = format!("{}.{}", plain(self.key), here.name);
        let always =
            here.identity == Some(Identity::Always) && !self.change.overriding && self.pair.other.dialect == Dialect::Postgres;
        if written.value == Value::Default || !(always || here.generated.is_some()) {
            return;
        }
        let words = if here.generated.is_some() { "computed by the server" } else { "always numbered by the server" };
        self.add(Outcome::Refused, self.column(&here.name), format!("Column {name} is {words}, and the command writes it."));
    }

    fn retyped(&mut self, written: &Written, own: &ColumnDefinition, here: &ColumnDefinition) {
        let (from, to) = (&own.data_type, &here.data_type);
        if from == to || widens(from, to) {
            return;
        }
        let name = format!("{}.{}", plain(self.key), here.name);
        let postgres = self.pair.other.dialect == Dialect::Postgres;
        let (outcome, words) = if widens_after_cut(from, to) {
            (Outcome::MayRefuse, "values that do not fit are refused")
        } else {
            match &written.value {
                Value::Typed if postgres => (Outcome::Unknown, "whether the server takes what is written is not known"),
                Value::Text(text) if postgres => match takes(to, text) {
                    Some(true) => return,
                    Some(false) => (Outcome::Refused, "what is written is none"),
                    None => (Outcome::Unknown, "whether the server takes what is written is not known"),
                },
                _ => (Outcome::MayRefuse, "values that do not fit are refused"),
            }
        };
        self.add(outcome, self.column(&here.name), format!("Column {name} is {to} instead of {from}: {words}."));
    }

    /// Columns an `INSERT` leaves out.
    fn omitted(&mut self) {
        let given =
            |name: &str| self.change.written.iter().any(|written| !written.set && self.pair.other.same(&written.column, name));
        let left: Vec<ColumnDefinition> = self.here.columns.iter().filter(|column| !given(&column.name)).cloned().collect();
        for column in left {
            let name = format!("{}.{}", plain(self.key), column.name);
            let own = self.find(self.own, &column.name).cloned();
            if self.here.is_rowid(&column, self.pair.other.dialect) {
                continue;
            }
            if column.is_required() {
                // A trigger, a domain's default or MySQL's own may give a value.
                let filled = self.pair.other.triggers_of(self.key).next().is_some()
                    || user_defined(&column.data_type)
                        .is_some_and(|name| self.pair.other.types.contains_key(&self.pair.other.resolve(&name)));
                if filled && own.as_ref().is_some_and(ColumnDefinition::is_required) {
                    continue;
                }
                let outcome = if filled { Outcome::Unknown } else { Outcome::RefusedRun };
                self.add(outcome, self.column(&column.name), format!("Column {name} must be given, and the INSERT does not."));
                continue;
            }
            let Some(own) = own else { continue };
            let default = |column: &ColumnDefinition| column.default.clone().filter(|_| column.generated.is_none());
            match (default(&own), default(&column)) {
                (Some(from), Some(to)) if bare(&from) != bare(&to) => {
                    let sentence = format!("Column {name}, which the INSERT leaves out, becomes {to} instead of {from}.");
                    self.add(Outcome::Behaves, self.column(&column.name), sentence);
                }
                (Some(from), None) => {
                    let sentence = format!("Column {name}, which the INSERT leaves out, becomes NULL instead of {from}.");
                    self.add(Outcome::Behaves, self.column(&column.name), sentence);
                }
                (None, Some(to)) if own.identity.is_none() && !own.serial => {
                    let sentence = format!("Column {name}, which the INSERT leaves out, becomes {to} instead of NULL.");
                    self.add(Outcome::Behaves, self.column(&column.name), sentence);
                }
                _ => {}
            }
        }
    }

    fn writes(&self, column: &str) -> bool {
        self.change.verb == Verb::Insert
            || self.change.written.iter().any(|written| self.pair.other.same(&written.column, column))
    }

    /// Constraints and unique indexes that were not there.
    fn constraints(&mut self) {
        let new =
            |one: &&Constraint| !self.own.constraints.iter().any(|own| own.kind == one.kind && own.enforced == one.enforced);
        let added: Vec<Constraint> = self.here.constraints.iter().filter(new).filter(|one| one.enforced).cloned().collect();
        for constraint in added {
            if let ConstraintKind::Check { expression } = &constraint.kind
                && let Some(passes) = self.passes(expression)
            {
                let name = constraint.name.clone().unwrap_or_default();
                let sentence =
                    format!("{} has the check {name} ({expression}), which what is written does not pass.", plain(self.key));
                if !passes {
                    self.add(Outcome::RefusedRun, ObjectRef::Constraint(self.key.clone(), name), sentence);
                }
                continue;
            }
            let (concerns, words) = match &constraint.kind {
                ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns, .. } => {
                    (columns.iter().any(|column| self.writes(column)), "unique")
                }
                ConstraintKind::ForeignKey { columns, .. } => (columns.iter().any(|column| self.writes(column)), "foreign key"),
                ConstraintKind::Check { expression } => {
                    let named = |written: &Written| {
                        crate::catalog::expression::mentions(expression, &written.column, self.pair.other.dialect)
                    };
                    (self.change.verb == Verb::Insert || self.change.written.iter().any(named), "check")
                }
                // The column itself tells.
                ConstraintKind::NotNull { .. } => (false, ""),
                ConstraintKind::Exclude { .. } => (true, "exclusion"),
            };
            if concerns {
                let name = constraint.name.clone().unwrap_or_default();
                let sentence =
                    format!("{} has the {words} constraint {name}: writes that violate it are refused.", plain(self.key));
                self.add(Outcome::MayRefuse, ObjectRef::Constraint(self.key.clone(), name), sentence);
            }
        }
        let unique = self.here.indexes.iter().filter(|(_, index)| index.unique);
        let unique = unique.filter(|(_, index)| {
            !self.own.indexes.values().any(|own| own.unique && own.columns == index.columns && own.predicate == index.predicate)
        });
        let concerns = |part: &IndexPart| match part {
            IndexPart::Column(column) => self.writes(column),
            IndexPart::Expression(_) => true,
        };
        let unique: Vec<String> =
            unique.filter(|(_, index)| index.columns.iter().any(concerns)).map(|(name, _)| name.clone()).collect();
        for name in unique {
            let sentence = format!("{} has the unique index {name}: writes that violate it are refused.", plain(self.key));
            self.add(Outcome::MayRefuse, ObjectRef::Index(ObjectName { schema: self.key.schema.clone(), name }), sentence);
        }
        if self.own.partition_by != self.here.partition_by {
            let sentence =
                format!("{} is partitioned otherwise: whether each row finds its place is not known.", plain(self.key));
            self.add(Outcome::Unknown, ObjectRef::Table(self.key.clone()), sentence);
        }
    }

    /// Whether the literals that are written pass a check; `None`: they do not tell.
    fn passes(&self, expression: &str) -> Option<bool> {
        // A trigger may write something else, and a second row may too.
        let triggers = self.pair.other.triggers.keys().any(|(table, _)| table == self.key);
        if triggers || self.change.ignores || self.change.conflict != Conflict::None {
            return None;
        }
        let value = |name: &str| {
            let Some(column) = self.find(self.here, name) else { return Known::Unknown };
            let written = self.change.written.iter().find(|written| self.pair.other.same(&written.column, name));
            let literal = match written {
                Some(Written { value: Value::Default, .. }) => column.default.as_deref().or(Some("NULL")),
                Some(written) => written.literal.as_deref(),
                None if self.change.verb == Verb::Insert && self.change.width.is_some() => {
                    column.default.as_deref().or(Some("NULL"))
                }
                None => None,
            };
            let filled = column.identity.is_some() || column.serial || column.generated.is_some();
            literal.filter(|_| !filled).map_or(Known::Unknown, |literal| Known::of(literal).stored(&column.data_type))
        };
        passes(expression, self.pair.other.dialect, &value)
    }

    /// `ON CONFLICT` needs its unique index.
    fn conflict(&mut self) {
        let postgres = matches!(self.pair.other.dialect, Dialect::Postgres | Dialect::Sqlite);
        let table = || plain(self.key);
        match &self.change.conflict {
            Conflict::Columns(columns) if postgres && !self.here.is_unique_over(columns) => {
                let list = columns.join(", ");
                let sentence =
                    format!("ON CONFLICT ({list}) needs a unique index of {} over these columns; there is none.", table());
                let partial = self.here.indexes.values().any(|index| index.unique);
                let was = self.own.is_unique_over(columns);
                let outcome = if was || !partial { Outcome::RefusedRun } else { Outcome::Unknown };
                self.add(outcome, ObjectRef::Table(self.key.clone()), sentence);
            }
            Conflict::Constraint(name) if self.here.constraint(name).is_none() => {
                let sentence = format!("ON CONFLICT names the constraint {name}, which {} does not have.", table());
                self.add(Outcome::RefusedRun, ObjectRef::Constraint(self.key.clone(), name.clone()), sentence);
            }
            Conflict::Other if self.own.indexes != self.here.indexes || self.own.constraints != self.here.constraints => {
                let sentence = format!("Whether {} has the index that ON CONFLICT needs is not known.", table());
                self.add(Outcome::Unknown, ObjectRef::Table(self.key.clone()), sentence);
            }
            _ => {}
        }
    }

    /// Foreign keys that point at rows that are deleted, or that get another key.
    fn referenced(&mut self, own_key: &ObjectName) {
        let keys = |catalog: &Catalog, key: &ObjectName| -> Vec<(ObjectName, ConstraintKind)> {
            catalog.references_to(key).map(|(child, constraint)| (child.clone(), constraint.kind.clone())).collect()
        };
        let before = keys(self.pair.own, own_key);
        for (child, kind) in keys(self.pair.other, self.key) {
            let key_written = match &kind {
                ConstraintKind::ForeignKey { ref_columns, .. } if self.change.verb == Verb::Update => {
                    let key = if ref_columns.is_empty() { self.here.primary_key() } else { ref_columns.as_slice() };
                    key.iter().any(|column| self.writes(column))
                }
                _ => true,
            };
            let clears = self.change.verb == Verb::Delete
                && matches!(&kind, ConstraintKind::ForeignKey { on_delete: Some(action), .. }
                if ["CASCADE", "SET NULL", "SET DEFAULT"].iter().any(|known| action.eq_ignore_ascii_case(known)));
            if clears || !key_written || before.contains(&(child.clone(), kind)) {
                continue;
            }
            let sentence = format!("{} refers to {}: rows it refers to cannot be taken away.", plain(&child), plain(self.key));
            self.add(Outcome::MayRefuse, ObjectRef::Table(child), sentence);
        }
    }

    fn triggers(&mut self, own_key: &ObjectName) {
        let named = |catalog: &Catalog, key: &ObjectName| -> Vec<String> {
            catalog.triggers_of(key).map(|(name, _)| name.to_owned()).collect()
        };
        let (before, after) = (named(self.pair.own, own_key), named(self.pair.other, self.key));
        for name in after.iter().filter(|name| !before.contains(name)) {
            let sentence = format!("Trigger {name} of {} runs too.", plain(self.key));
            self.add(Outcome::Behaves, ObjectRef::Trigger(Some(self.key.clone()), name.clone()), sentence);
        }
        for name in before.iter().filter(|name| !after.contains(name)) {
            let sentence = format!("Trigger {name} of {} does not run.", plain(self.key));
            self.add(Outcome::Behaves, ObjectRef::Trigger(Some(self.key.clone()), name.clone()), sentence);
        }
    }
}

/// Whether a string literal is a value of a type of PostgreSQL; `None`: not known.
fn takes(data_type: &str, text: &str) -> Option<bool> {
    match data_type {
        "smallint" => Some(text.trim().parse::<i16>().is_ok()),
        "integer" => Some(text.trim().parse::<i32>().is_ok()),
        "bigint" => Some(text.trim().parse::<i64>().is_ok()),
        "text" | "character varying" => Some(true),
        _ => None,
    }
}

/// A write to a view, on either schema: through a plain view of one table it is a write to that table.
fn through_view(change: &Change, keys: (&ObjectName, &ObjectName), pair: Pair<'_>, found: &mut Vec<Met>) {
    let under = |catalog: &Catalog, key: &ObjectName| -> Option<ObjectName> {
        if catalog.tables.contains_key(key) {
            return Some(key.clone());
        }
        let view = catalog.views.get(key)?;
        (crate::catalog::query::columns_of(catalog, key).is_some()
            && !view.materialized
            && is_plain(&view.query, catalog.dialect))
        .then(|| view.reads.first().cloned())
        .flatten()
    };
    let same = pair.own.views.get(keys.0).is_some() && pair.own.views.get(keys.0) == pair.other.views.get(keys.1);
    match (under(pair.own, keys.0), under(pair.other, keys.1)) {
        (Some(before), Some(after))
            if change.written.iter().all(|written| type_of(pair.other, &after, &written.column).is_some()) =>
        {
            found.extend(meet(change, (&before, &after), pair));
        }
        _ if same => {}
        _ => found.push(Met {
            outcome: Outcome::Unknown,
            object: ObjectRef::Table(keys.1.clone()),
            sentence: format!("Whether {} can be written through is not known.", plain(keys.1)),
        }),
    }
}

/// Whether a view is a query of one table with plain columns: such a view can be written through.
fn is_plain(query: &str, dialect: Dialect) -> bool {
    use crate::statement::command::{Of, Out};
    let Ok(command) = crate::statement::parse::command(query, dialect) else { return false };
    let block = &command.block;
    let one = matches!(block.sources.as_slice(), [source] if matches!(source.of, Of::Relation(_)));
    let plain = block.outputs.iter().all(|out| matches!(out, Out::Star(_) | Out::Column { .. }));
    let words = crate::statement::split::tokens(query, dialect, usize::MAX);
    let more = ["distinct", "having", "limit", "offset", "union", "intersect", "except", "with", "group"];
    let simple = !words.iter().any(|word| more.iter().any(|known| word.eq_ignore_ascii_case(known)));
    one && plain && simple && command.calls.is_empty() && command.gaps.is_empty()
}

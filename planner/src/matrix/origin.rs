//! Where a difference comes from: the statement that made it.

use std::collections::BTreeMap;

use crate::catalog::diff::Change;
use crate::graph::touch::touches;
use crate::migration::Migration;
use crate::statement::operation::Operation;
use crate::statement::touches::ObjectRef;

/// What of an object a statement changes, so that a change of its type is not blamed on a later `SET NOT NULL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aspect {
    Existence,
    Type,
    Null,
    Default,
}

/// A statement that changed an object.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Place of its migration.
    migration: usize,
    aspect: Aspect,
    pub(super) file: String,
    pub(super) line: u32,
}

/// Where each object was changed, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Origins(BTreeMap<ObjectRef, Vec<Place>>);

impl Origins {
    pub(super) fn of(migrations: &[&Migration]) -> Self {
        let mut places: BTreeMap<ObjectRef, Vec<Place>> = BTreeMap::new();
        for (at, migration) in migrations.iter().enumerate() {
            for statement in &migration.up.statements {
                let line = crate::rule::edit::body_span(statement).line;
                for operation in &statement.operations {
                    let Some(aspect) = of_operation(operation) else { continue };
                    for touch in touches(operation).into_iter().filter(|touch| touch.writes) {
                        let file = statement.span.file.clone();
                        places.entry(touch.object).or_default().push(Place { migration: at, aspect, file, line });
                    }
                }
            }
        }
        Self(places)
    }

    /// The last statement between two schemas that changed that of the object; else that of its table.
    pub(super) fn find(&self, object: &ObjectRef, aspect: Aspect, between: impl Fn(usize) -> bool) -> Option<&Place> {
        let object = crate::graph::touch::plain(object.clone());
        let table = match &object {
            ObjectRef::Column(table, _) | ObjectRef::Constraint(table, _) => Some(ObjectRef::Table(table.clone())),
            ObjectRef::Trigger(Some(table), _) => Some(ObjectRef::Table(table.clone())),
            _ => None,
        };
        [Some(object), table].into_iter().flatten().find_map(|object| {
            let places = self.0.get(&object)?;
            let inside = || places.iter().rev().filter(|place| between(place.migration));
            inside().find(|place| place.aspect == aspect).or_else(|| inside().next())
        })
    }
}

pub(super) const fn of_change(change: &Change) -> Aspect {
    match change {
        Change::TypeChanged { .. } => Aspect::Type,
        Change::MadeNotNull { .. } | Change::MadeNullable { .. } => Aspect::Null,
        Change::DefaultChanged { .. } => Aspect::Default,
        _ => Aspect::Existence,
    }
}

/// The aspect an operation changes; `None` for data, which changes no schema.
const fn of_operation(operation: &Operation) -> Option<Aspect> {
    match operation {
        Operation::Insert(_) | Operation::Update(_) | Operation::Delete(_) | Operation::Copy { .. } => None,
        Operation::AlterColumnType { .. } => Some(Aspect::Type),
        Operation::SetNotNull { .. } | Operation::DropNotNull { .. } => Some(Aspect::Null),
        Operation::SetDefault { .. } | Operation::DropDefault { .. } => Some(Aspect::Default),
        _ => Some(Aspect::Existence),
    }
}

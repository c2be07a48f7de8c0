//! How an operation meets an object, in words: the reasons on object edges.

use crate::name::ObjectName;
use crate::statement::operation::Operation;
use crate::statement::touches::{ObjectRef, reads, writes};

/// One object and what an operation does to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The object; `public` is left out, for it is what an unqualified name means by default.
    pub object: ObjectRef,
    /// What happens to it, as a verb in the third person: "creates", "needs".
    pub verb: &'static str,
    /// It is another one afterwards.
    pub writes: bool,
    /// It is there only from here on.
    pub creates: bool,
    /// It need not be there (`IF EXISTS`).
    pub tolerant: bool,
}

/// What an operation touches, what it needs first.
#[must_use]
pub fn touches(operation: &Operation) -> Vec<Touch> {
    let tolerant = is_tolerant(operation);
    let needs = reads(operation).into_iter().map(|object| Touch {
        object: plain(object),
        verb: "needs",
        writes: false,
        creates: false,
        tolerant,
    });
    let changes = writes(operation).into_iter().map(|object| {
        let (verb, creates) = verb(operation, &object);
        Touch { object: plain(object), verb, writes: true, creates, tolerant }
    });
    needs
        .chain(changes)
        .filter(|touch| !matches!(touch.object, ObjectRef::Schema(ref name) if name == "public" || name == "main"))
        .collect()
}

/// The object as a sentence names it.
#[must_use]
pub fn name(object: &ObjectRef) -> String {
    match object {
        ObjectRef::Schema(name) => format!("schema {name}"),
        ObjectRef::Extension(name) => format!("extension {name}"),
        ObjectRef::Type(name) => format!("type {name}"),
        ObjectRef::Table(name) => format!("table {name}"),
        ObjectRef::Column(table, column) => format!("column {table}.{column}"),
        ObjectRef::Constraint(table, constraint) => format!("constraint {constraint} of {table}"),
        ObjectRef::Index(name) => format!("index {name}"),
        ObjectRef::Sequence(name) => format!("sequence {name}"),
        ObjectRef::Function(name) => format!("function {name}"),
        ObjectRef::Trigger(Some(table), name) => format!("trigger {name} of {table}"),
        ObjectRef::Trigger(None, name) => format!("trigger {name}"),
        ObjectRef::Role(name) => format!("role {name}"),
    }
}

/// The object without the schema that an unqualified name means by default.
#[must_use]
pub fn plain(object: ObjectRef) -> ObjectRef {
    let bare = |name: ObjectName| ObjectName {
        schema: name.schema.filter(|schema| schema != "public" && schema != "main"),
        name: name.name,
    };
    match object {
        ObjectRef::Type(name) => ObjectRef::Type(bare(name)),
        ObjectRef::Table(name) => ObjectRef::Table(bare(name)),
        ObjectRef::Column(table, column) => ObjectRef::Column(bare(table), column),
        ObjectRef::Constraint(table, constraint) => ObjectRef::Constraint(bare(table), constraint),
        ObjectRef::Index(name) => ObjectRef::Index(bare(name)),
        ObjectRef::Sequence(name) => ObjectRef::Sequence(bare(name)),
        ObjectRef::Function(name) => ObjectRef::Function(bare(name)),
        ObjectRef::Trigger(table, name) => ObjectRef::Trigger(table.map(bare), name),
        other @ (ObjectRef::Schema(_) | ObjectRef::Extension(_) | ObjectRef::Role(_)) => other,
    }
}

/// The verb, and whether it brings the object into being.
fn verb(operation: &Operation, object: &ObjectRef) -> (&'static str, bool) {
    let renamed = |from: &str| if last_name(object) == from { ("renames", false) } else { ("makes by renaming", true) };
    match operation {
        Operation::CreateTable(_)
        | Operation::CreateTableAs { .. }
        | Operation::CreateView(_)
        | Operation::CreateIndex(_)
        | Operation::CreateSequence { .. }
        | Operation::CreateEnum { .. }
        | Operation::CreateType { .. }
        | Operation::CreateDomain { .. }
        | Operation::CreateFunction { .. }
        | Operation::CreateTrigger { .. }
        | Operation::CreateSchema { .. }
        | Operation::CreateExtension { .. } => ("creates", true),
        Operation::AddColumn { .. } => ("adds", true),
        Operation::AddConstraint { .. } => match object {
            ObjectRef::Index(_) => ("uses", false),
            _ => ("adds", true),
        },
        Operation::RenameTable { table, .. } => renamed(&table.name),
        Operation::RenameColumn { column, .. } => renamed(column),
        Operation::ModifyColumn { column, to, .. } if *column != to.name => renamed(column),
        Operation::RenameConstraint { constraint, .. } => renamed(constraint),
        Operation::RenameIndex { index, .. } => renamed(&index.name),
        Operation::RenameType { name, .. } => renamed(&name.name),
        Operation::RenameSchema { schema, .. } => renamed(schema),
        Operation::SetTableSchema { table, schema } => match object {
            ObjectRef::Table(name) if name.schema.as_ref() == Some(schema) && *name != *table => ("makes by moving", true),
            _ => ("moves", false),
        },
        Operation::DropTable { .. }
        | Operation::DropView { .. }
        | Operation::DropColumn { .. }
        | Operation::DropConstraint { .. }
        | Operation::DropIndex { .. }
        | Operation::DropSequence { .. }
        | Operation::DropType { .. }
        | Operation::DropFunction { .. }
        | Operation::DropTrigger { .. }
        | Operation::DropSchema { .. }
        | Operation::DropExtension { .. } => ("drops", false),
        Operation::Truncate { .. } => ("empties", false),
        Operation::Insert(_) | Operation::Copy { .. } => ("fills", false),
        Operation::Update(_) => ("updates", false),
        Operation::Delete(_) => ("deletes from", false),
        _ => ("changes", false),
    }
}

fn last_name(object: &ObjectRef) -> &str {
    match object {
        ObjectRef::Schema(name) | ObjectRef::Extension(name) | ObjectRef::Role(name) => name,
        ObjectRef::Column(_, name) | ObjectRef::Constraint(_, name) | ObjectRef::Trigger(_, name) => name,
        ObjectRef::Type(name)
        | ObjectRef::Table(name)
        | ObjectRef::Index(name)
        | ObjectRef::Sequence(name)
        | ObjectRef::Function(name) => &name.name,
    }
}

fn is_tolerant(operation: &Operation) -> bool {
    match operation {
        Operation::DropTable { if_exists, .. }
        | Operation::DropView { if_exists, .. }
        | Operation::DropColumn { if_exists, .. }
        | Operation::DropConstraint { if_exists, .. }
        | Operation::DropIndex { if_exists, .. }
        | Operation::DropSequence { if_exists, .. }
        | Operation::DropType { if_exists, .. }
        | Operation::DropFunction { if_exists, .. }
        | Operation::DropTrigger { if_exists, .. }
        | Operation::DropSchema { if_exists, .. }
        | Operation::DropExtension { if_exists, .. } => *if_exists,
        _ => false,
    }
}

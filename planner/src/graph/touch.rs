//! Which objects an operation reads, changes or makes.

use std::fmt;

use crate::name::ObjectName;
use crate::phase::subject;
use crate::statement::operation::{ConstraintKind, Operation};

/// Kinds of objects that migrations share. Tables and views live in one name space on every server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    /// Table, view or materialized view.
    Relation,
    /// Enum, domain or other type.
    Type,
    /// Function or procedure.
    Function,
    /// Sequence.
    Sequence,
    /// Index.
    Index,
    /// Schema.
    Schema,
}

/// An object two migrations may meet at. `public` is left out: it is what an unqualified name means by default.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    /// Kind.
    pub kind: ObjectKind,
    /// Name.
    pub name: ObjectName,
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            ObjectKind::Relation => "table",
            ObjectKind::Type => "type",
            ObjectKind::Function => "function",
            ObjectKind::Sequence => "sequence",
            ObjectKind::Index => "index",
            ObjectKind::Schema => "schema",
        };
        write!(f, "{kind} {}", self.name)
    }
}

/// One object and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touch {
    /// The object.
    pub object: Object,
    /// What happens to it, as a verb in the third person: "creates", "reads".
    pub verb: &'static str,
    /// It is another one afterwards.
    pub writes: bool,
    /// It need not be there (`IF EXISTS`).
    pub tolerant: bool,
}

impl Touch {
    /// Whether the object is there only from here on.
    #[must_use]
    pub fn creates(&self) -> bool {
        self.verb == "creates"
    }
}

fn touch(kind: ObjectKind, name: &ObjectName, verb: &'static str) -> Touch {
    let schema = name.schema.clone().filter(|schema| schema != "public" && schema != "main");
    let object = Object { kind, name: ObjectName { schema, name: name.name.clone() } };
    Touch { object, verb, writes: !matches!(verb, "reads" | "references"), tolerant: false }
}

fn dropped(kind: ObjectKind, name: &ObjectName, if_exists: bool) -> Touch {
    Touch { tolerant: if_exists, ..touch(kind, name, "drops") }
}

/// What an operation touches.
#[must_use]
pub fn touches(operation: &Operation) -> Vec<Touch> {
    use ObjectKind::{Function, Index, Relation, Schema, Sequence, Type};
    let reads = |names: &[ObjectName]| names.iter().map(|name| touch(Relation, name, "reads")).collect::<Vec<_>>();
    let with = |mut list: Vec<Touch>, last: Touch| {
        list.push(last);
        list
    };
    match operation {
        Operation::CreateTable(create) => {
            let mut list = reads(&create.like);
            list.extend(create.inherits.iter().map(|parent| touch(Relation, parent, "changes")));
            list.extend(create.partition_of.iter().map(|(parent, _)| touch(Relation, parent, "changes")));
            list.extend(create.constraints.iter().filter_map(|constraint| referenced(&constraint.kind)));
            // A reference to itself is made together with the table.
            let own = touch(Relation, &create.table, "creates");
            list.retain(|entry| entry.object != own.object);
            list.extend(create.columns.iter().map(|column| touch(Type, &type_name(&column.data_type), "reads")));
            with(list, own)
        }
        Operation::CreateTableAs { table, reads: sources, .. } => with(reads(sources), touch(Relation, table, "creates")),
        Operation::DropTable { table, if_exists, .. } => vec![dropped(Relation, table, *if_exists)],
        Operation::DropView { view, if_exists, .. } => vec![dropped(Relation, view, *if_exists)],
        Operation::RenameTable { table, to } => {
            let renamed = ObjectName { schema: table.schema.clone(), name: to.clone() };
            vec![touch(Relation, table, "renames"), touch(Relation, &renamed, "creates")]
        }
        Operation::AddColumn { table, column, constraints, .. } => {
            let mut list = vec![touch(Type, &type_name(&column.data_type), "reads")];
            list.extend(constraints.iter().filter_map(|constraint| referenced(&constraint.kind)));
            with(list, touch(Relation, table, "changes"))
        }
        Operation::AddConstraint { table, constraint } => {
            with(referenced(&constraint.kind).into_iter().collect(), touch(Relation, table, "changes"))
        }
        Operation::AttachPartition { table, partition, .. } | Operation::DetachPartition { table, partition, .. } => {
            vec![touch(Relation, partition, "changes"), touch(Relation, table, "changes")]
        }
        Operation::CreateIndex(create) => {
            let name = create.name.clone().map(ObjectName::bare);
            let mut list = vec![touch(Relation, &create.table, "indexes")];
            list.extend(name.map(|name| touch(Index, &name, "creates")));
            list
        }
        Operation::DropIndex { index, if_exists, .. } => {
            vec![dropped(Index, &ObjectName::bare(index.name.clone()), *if_exists)]
        }
        Operation::RenameIndex { index, to, .. } => vec![
            touch(Index, &ObjectName::bare(index.name.clone()), "renames"),
            touch(Index, &ObjectName::bare(to.clone()), "creates"),
        ],
        Operation::CreateView(create) => with(reads(&create.reads), touch(Relation, &create.view, "creates")),
        Operation::RefreshView { view, .. } => vec![touch(Relation, view, "reads")],
        Operation::CreateSequence { sequence, .. } => vec![touch(Sequence, sequence, "creates")],
        Operation::AlterSequence { sequence } => vec![touch(Sequence, sequence, "changes")],
        Operation::DropSequence { sequence, if_exists, .. } => vec![dropped(Sequence, sequence, *if_exists)],
        Operation::CreateEnum { name, .. } | Operation::CreateType { name } | Operation::CreateDomain { name, .. } => {
            vec![touch(Type, name, "creates")]
        }
        Operation::AddEnumValue { name, .. } | Operation::RenameEnumValue { name, .. } => vec![touch(Type, name, "changes")],
        Operation::RenameType { name, to } => {
            let renamed = ObjectName { schema: name.schema.clone(), name: to.clone() };
            vec![touch(Type, name, "renames"), touch(Type, &renamed, "creates")]
        }
        Operation::DropType { name, if_exists, .. } => vec![dropped(Type, name, *if_exists)],
        Operation::CreateFunction { name, .. } => vec![touch(Function, name, "creates")],
        Operation::DropFunction { name, if_exists, .. } => vec![dropped(Function, name, *if_exists)],
        Operation::CreateSchema { schema, .. } => vec![touch(Schema, &ObjectName::bare(schema.clone()), "creates")],
        Operation::DropSchema { schema, if_exists, .. } => {
            vec![dropped(Schema, &ObjectName::bare(schema.clone()), *if_exists)]
        }
        Operation::Insert(change) => with(reads(&change.reads), touch(Relation, &change.table, "inserts into")),
        Operation::Update(change) => with(reads(&change.reads), touch(Relation, &change.table, "updates")),
        Operation::Delete(change) => with(reads(&change.reads), touch(Relation, &change.table, "deletes from")),
        Operation::Select { reads: tables, .. } => reads(tables),
        Operation::Comment { object, .. } => vec![touch(Relation, object, "reads")],
        Operation::Grant { objects, .. } => reads(objects),
        Operation::Other { tables, .. } => reads(tables),
        other => subject(other).map(|table| touch(Relation, table, "changes")).into_iter().collect(),
    }
}

fn referenced(kind: &ConstraintKind) -> Option<Touch> {
    match kind {
        ConstraintKind::ForeignKey { ref_table, .. } => Some(touch(ObjectKind::Relation, ref_table, "references")),
        _ => None,
    }
}

/// A type as an object name; a built-in one is nobody's object and so makes no edge.
fn type_name(data_type: &str) -> ObjectName {
    let name = data_type.trim_end_matches("[]");
    match name.split_once('.') {
        Some((schema, name)) => ObjectName::qualified(schema, name),
        None => ObjectName::bare(name),
    }
}

//! Names that a naming convention of the project would give, and what is known of there being one.

use super::Renderer;
use crate::statement::operation::{Constraint, ConstraintKind, Operation};

/// Whether unnamed constraints and indexes get the server's and SQLAlchemy's default names.
#[derive(Clone, Debug)]
pub(in crate::source::alembic) enum Naming {
    /// There is no convention.
    None,
    /// None was found; the sentence says where was looked.
    NotFound(String),
    /// There is one, which is not applied; the sentence says where. It renames named checks too.
    NotApplied(String),
}

impl Renderer {
    /// The assumption behind the names in a directive's statements, if these leave any to a convention.
    pub(in crate::source::alembic) fn naming_assumption(&mut self, operations: &[Operation]) -> Option<String> {
        let index = std::mem::take(&mut self.index_named_by_default);
        let (sentence, applied) = match &self.naming {
            Naming::None => return None,
            Naming::NotFound(sentence) => (sentence, false),
            Naming::NotApplied(sentence) => (sentence, true),
        };
        let left = |constraint: &Constraint| match constraint.kind {
            ConstraintKind::NotNull { .. } => false,
            ConstraintKind::Check { .. } => applied || constraint.name.is_none(),
            _ => constraint.name.is_none(),
        };
        let table = operations.iter().find_map(|operation| match operation {
            Operation::CreateTable(create) => create.constraints.iter().any(left).then_some(&create.table),
            Operation::AddColumn { table, constraints, .. } => constraints.iter().any(left).then_some(table),
            Operation::AddConstraint { table, constraint } => left(constraint).then_some(table),
            Operation::DropConstraint { table, .. } => applied.then_some(table),
            Operation::CreateIndex(create) => index.then_some(&create.table),
            _ => None,
        })?;
        Some(format!("{sentence} (table `{table}`)"))
    }
}

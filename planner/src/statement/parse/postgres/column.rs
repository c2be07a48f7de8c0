//! Column definitions, in `CREATE TABLE` and in `ADD COLUMN`.

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode};

use super::constraint;
use super::node::{ident, text};
use crate::dialect::Dialect;
use crate::statement::operation::{ColumnDefinition, Constraint, Generated, Identity};
use crate::statement::parse::type_name::canonical;

/// A column with the constraints written at it. `owner` holds the clauses as children.
pub(super) fn column(owner: &SyntaxNode, name: &ast::ColumnName, ty: &ast::Type) -> (ColumnDefinition, Vec<Constraint>) {
    let canonical = canonical(&text(ty), Dialect::Postgres);
    let mut column = ColumnDefinition {
        name: ident(name),
        data_type: canonical.name,
        nullable: !canonical.serial,
        serial: canonical.serial,
        collation: owner.children().find_map(ast::Collate::cast).and_then(|collate| collation(&collate)),
        ..ColumnDefinition::default()
    };
    let mut constraints = Vec::new();
    for written in owner.children().filter_map(ast::Constraint::cast) {
        apply(&written, &mut column);
        constraints.extend(constraint::at_column(&written, &column.name));
    }
    (column, constraints)
}

/// The name behind `COLLATE`, as written.
pub(super) fn collation(collate: &ast::Collate) -> Option<String> {
    collate.collation_ref().map(|name| text(&name))
}

fn apply(written: &ast::Constraint, column: &mut ColumnDefinition) {
    match written {
        ast::Constraint::NotNullConstraint(_) | ast::Constraint::PrimaryKeyConstraint(_) => column.nullable = false,
        ast::Constraint::DefaultConstraint(default) => column.default = default.expr().map(|expr| text(&expr)),
        ast::Constraint::GeneratedConstraint(generated) => match generated.generated_as() {
            Some(ast::GeneratedAs::GeneratedIdentity(identity_of)) => {
                column.identity = identity_of.generated_when().map(|when| identity(&when));
                column.nullable = false;
            }
            Some(ast::GeneratedAs::GeneratedStored(stored)) => {
                column.generated = stored.expr().map(|expr| Generated {
                    expression: text(&expr),
                    stored: matches!(stored.generated_kind(), Some(ast::GeneratedKind::Stored(_))),
                });
            }
            None => {}
        },
        _ => {}
    }
}

/// `ALWAYS` or `BY DEFAULT`.
pub(super) fn identity(when: &ast::GeneratedWhen) -> Identity {
    match when {
        ast::GeneratedWhen::GeneratedAlways(_) => Identity::Always,
        ast::GeneratedWhen::GeneratedByDefault(_) => Identity::ByDefault,
    }
}

//! Constraints, at tables and at columns.

use squawk_syntax::ast::{self, AstNode};

use super::node::{ident, object, text, text_after, tokens, upper};
use crate::statement::operation::{Constraint, ConstraintKind};

/// A constraint of a table.
pub(super) fn at_table(written: &ast::Constraint) -> Option<Constraint> {
    let kind = match written {
        ast::Constraint::CheckConstraint(check) => ConstraintKind::Check { expression: text(&check.expr()?) },
        ast::Constraint::ExcludeConstraint(exclude) => ConstraintKind::Exclude { definition: definition(exclude) },
        ast::Constraint::ForeignKeyConstraint(key) => {
            let (on_delete, on_update) = actions(key.referential_actions());
            ConstraintKind::ForeignKey {
                columns: key.from_columns().map(|list| idents(list.column_name_refs())).unwrap_or_default(),
                ref_table: object(&key.table_name_ref()?),
                ref_columns: key.to_columns().map(|list| idents(list.column_name_refs())).unwrap_or_default(),
                on_delete,
                on_update,
            }
        }
        ast::Constraint::NotNullConstraint(not_null) => ConstraintKind::NotNull { column: ident(&not_null.column_name_ref()?) },
        ast::Constraint::PrimaryKeyConstraint(key) => {
            ConstraintKind::PrimaryKey { columns: index_columns(key.index_parameters()) }
        }
        ast::Constraint::UniqueConstraint(unique) => {
            let parameters = unique.index_parameters();
            let nulls = parameters.as_ref().and_then(ast::IndexParameters::nulls_distinct_option);
            ConstraintKind::Unique {
                columns: index_columns(parameters),
                nulls_distinct: !matches!(nulls, Some(ast::NullsDistinctOption::NullsNotDistinct(_))),
            }
        }
        _ => return None,
    };
    Some(with_options(written, kind))
}

/// A constraint written at a column; those that only describe the column (`NOT NULL`, `DEFAULT`) give none.
pub(super) fn at_column(written: &ast::Constraint, column: &str) -> Option<Constraint> {
    let columns = vec![column.to_owned()];
    let kind = match written {
        ast::Constraint::PrimaryKeyConstraint(_) => ConstraintKind::PrimaryKey { columns },
        ast::Constraint::UniqueConstraint(unique) => {
            let nulls = unique.index_parameters().and_then(|parameters| parameters.nulls_distinct_option());
            let nulls_distinct = !matches!(nulls, Some(ast::NullsDistinctOption::NullsNotDistinct(_)));
            ConstraintKind::Unique { columns, nulls_distinct }
        }
        ast::Constraint::ReferencesConstraint(references) => {
            let (on_delete, on_update) = actions(references.referential_actions());
            ConstraintKind::ForeignKey {
                columns,
                ref_table: object(&references.table()?),
                ref_columns: references.column().map(|column| vec![ident(&column)]).unwrap_or_default(),
                on_delete,
                on_update,
            }
        }
        ast::Constraint::CheckConstraint(_) | ast::Constraint::ExcludeConstraint(_) => return at_table(written),
        _ => return None,
    };
    Some(with_options(written, kind))
}

fn with_options(written: &ast::Constraint, kind: ConstraintKind) -> Constraint {
    let mut constraint = Constraint {
        name: written.constraint_name().map(|name| ident(&name)),
        kind,
        validated: true,
        enforced: true,
        using_index: using_index(written).and_then(|using| using.index_ref()).map(|index| ident(&index)),
        deferrable: false,
    };
    for option in written.constraint_options() {
        match option {
            ast::ConstraintOption::NotValid(_) => constraint.validated = false,
            ast::ConstraintOption::NotEnforced(_) => constraint.enforced = false,
            ast::ConstraintOption::DeferrableConstraintOption(_)
            | ast::ConstraintOption::InitiallyDeferredConstraintOption(_) => constraint.deferrable = true,
            _ => {}
        }
    }
    constraint
}

fn using_index(written: &ast::Constraint) -> Option<ast::UsingIndexName> {
    match written {
        ast::Constraint::PrimaryKeyConstraint(key) => key.using_index(),
        ast::Constraint::UniqueConstraint(unique) => unique.using_index(),
        _ => None,
    }
}

fn index_columns(parameters: Option<ast::IndexParameters>) -> Vec<String> {
    parameters.and_then(|parameters| parameters.column_list()).map(|list| idents(list.column_name_refs())).unwrap_or_default()
}

/// The folded names of a list of columns.
pub(super) fn idents<N: AstNode>(names: impl Iterator<Item = N>) -> Vec<String> {
    names.map(|name| ident(&name)).collect()
}

/// The text from `EXCLUDE` on, without the options behind.
fn definition(exclude: &ast::ExcludeConstraint) -> String {
    let node = exclude.syntax();
    let skip = tokens(node).take_while(|token| !token.text().eq_ignore_ascii_case("exclude")).count();
    text_after(node, skip)
}

fn actions(written: impl Iterator<Item = ast::ReferentialAction>) -> (Option<String>, Option<String>) {
    let (mut on_delete, mut on_update) = (None, None);
    for action in written {
        match action {
            ast::ReferentialAction::OnDeleteAction(delete) => on_delete = delete.ref_action().map(|action| rule(&action)),
            ast::ReferentialAction::OnUpdateAction(update) => on_update = update.ref_action().map(|action| rule(&action)),
        }
    }
    (on_delete, on_update)
}

fn rule(action: &ast::RefAction) -> String {
    match action {
        ast::RefAction::Cascade(_) => "CASCADE".to_owned(),
        ast::RefAction::NoAction(_) => "NO ACTION".to_owned(),
        ast::RefAction::Restrict(_) => "RESTRICT".to_owned(),
        ast::RefAction::SetDefaultColumns(set) if set.column_ref_list().is_none() => "SET DEFAULT".to_owned(),
        ast::RefAction::SetNullColumns(set) if set.column_ref_list().is_none() => "SET NULL".to_owned(),
        ast::RefAction::SetDefaultColumns(_) | ast::RefAction::SetNullColumns(_) => upper(action),
    }
}

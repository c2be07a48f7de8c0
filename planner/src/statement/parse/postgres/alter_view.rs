//! `ALTER VIEW` and `ALTER MATERIALIZED VIEW`: the same operations as on tables, as in the server.

use squawk_syntax::ast::{self, Stmt};

use super::node::{ident, object, upper};
use super::{Found, alter_table};
use crate::name::ObjectName;
use crate::statement::operation::{Operation, TableOption};
use crate::statement::parse::opaque;

pub(super) fn operations(stmt: &Stmt) -> Found {
    match stmt {
        Stmt::AlterView(alter) => {
            let view = object(&alter.view_ref()?);
            Some(vec![of_view(view, &alter.action()?)?])
        }
        Stmt::AlterMaterializedView(alter) if alter.all_in_tablespace().is_some() => {
            Some(vec![opaque("ALTER MATERIALIZED VIEW ALL IN TABLESPACE moves views that it does not name")])
        }
        Stmt::AlterMaterializedView(alter) => {
            let view = object(&alter.view_ref()?);
            Some(alter.action().flat_map(|action| of_materialized(&view, &action).unwrap_or_default()).collect())
        }
        _ => None,
    }
}

fn option(table: ObjectName, option: TableOption) -> Operation {
    Operation::AlterTableOption { table, option }
}

fn of_view(view: ObjectName, action: &ast::AlterViewAction) -> Option<Operation> {
    use ast::AlterViewAction as Action;
    Some(match action {
        Action::ViewRenameTo(rename) => Operation::RenameTable { table: view, to: ident(&rename.view()?) },
        Action::SetSchema(set) => Operation::SetTableSchema { table: view, schema: ident(&set.schema_ref()?) },
        Action::RenameColumn(rename) => {
            Operation::RenameColumn { table: view, column: ident(&rename.column_name_ref()?), to: ident(&rename.column_name()?) }
        }
        Action::OwnerTo(_) => option(view, TableOption::Owner),
        Action::SetOptions(_) | Action::ResetOptions(_) => option(view, TableOption::StorageParameter),
        Action::AlterViewColumn(alter) => {
            let column = ident(&alter.name()?);
            match alter.alter_view_column_action()? {
                ast::AlterViewColumnAction::DropDefault(_) => Operation::DropDefault { table: view, column },
                ast::AlterViewColumnAction::SetDefault(set) => {
                    let expression = super::node::text(&set.expr()?);
                    Operation::SetDefault { table: view, column, expression }
                }
            }
        }
    })
}

fn of_materialized(view: &ObjectName, action: &ast::AlterMaterializedViewAction) -> Found {
    use ast::AlterMaterializedViewAction as Action;
    let view_name = view.clone();
    Some(match action {
        Action::ViewRenameTo(rename) => vec![Operation::RenameTable { table: view_name, to: ident(&rename.view()?) }],
        Action::SetSchema(set) => {
            vec![Operation::SetTableSchema { table: view_name, schema: ident(&set.schema_ref()?) }]
        }
        Action::RenameColumn(rename) => vec![Operation::RenameColumn {
            table: view_name,
            column: ident(&rename.column_name_ref()?),
            to: ident(&rename.column_name()?),
        }],
        Action::DependsOnExtension(_) | Action::NoDependsOnExtension(_) => {
            vec![option(view_name, TableOption::Other { what: upper(action) })]
        }
        Action::AlterTableAction(action) => alter_table::alter(view, action),
    })
}

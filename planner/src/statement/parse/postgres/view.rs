//! Views: `CREATE`, `DROP`, `REFRESH`.

use squawk_syntax::ast::{self, AstNode, Stmt};

use super::node::{cascades, object, text};
use super::{Found, output, query};
use crate::statement::operation::{CreateView, Operation};

pub(super) fn operations(stmt: &Stmt) -> Found {
    match stmt {
        Stmt::CreateView(create) => {
            let mut view = of_query(&create.query()?);
            view.view = object(&create.view()?);
            // A list gives the columns other names, and a recursive view has a source that is not typed.
            let renamed = create.column_list().is_some() || create.recursive_token().is_some();
            view.outputs = view.outputs.filter(|_| !renamed);
            view.replace = create.or_replace().is_some();
            view.temporary = matches!(create.persistence(), Some(ast::Persistence::Temp(_)));
            // A recursive view reads itself, which is no other object.
            if create.recursive_token().is_some() {
                let own = view.view.clone();
                view.reads.retain(|table| *table != own);
                view.reads_columns.retain(|(table, _)| *table != own);
            }
            Some(vec![Operation::CreateView(view)])
        }
        Stmt::CreateMaterializedView(create) => {
            let mut view = of_query(&create.query()?);
            view.view = object(&create.view()?);
            view.materialized = true;
            view.outputs = view.outputs.filter(|_| create.column_list().is_none());
            view.if_not_exists = create.if_not_exists().is_some();
            Some(vec![Operation::CreateView(view)])
        }
        Stmt::DropView(drop) => {
            let (if_exists, cascade) = (drop.if_exists().is_some(), cascades(drop.drop_behavior()));
            let views = drop.view_refs().map(|view| object(&view));
            Some(views.map(|view| Operation::DropView { view, materialized: false, if_exists, cascade }).collect())
        }
        Stmt::DropMaterializedView(drop) => {
            let (if_exists, cascade) = (drop.if_exists().is_some(), cascades(drop.drop_behavior()));
            let views = drop.view_refs().map(|view| object(&view));
            Some(views.map(|view| Operation::DropView { view, materialized: true, if_exists, cascade }).collect())
        }
        Stmt::Refresh(refresh) => {
            let concurrently = refresh.concurrently_token().is_some();
            Some(vec![Operation::RefreshView { view: object(&refresh.view_ref()?), concurrently }])
        }
        _ => None,
    }
}

fn of_query(query: &ast::SelectVariant) -> CreateView {
    CreateView {
        reads: query::tables(query.syntax()),
        reads_columns: query::columns(query.syntax()),
        query: text(query),
        outputs: output::of_query(query.syntax()),
        ..CreateView::default()
    }
}

//! `CREATE TABLE`, `CREATE TABLE AS`, `DROP TABLE`, `TRUNCATE`.

use crate::sort::Gather;
use std::collections::BTreeMap;

use squawk_syntax::ast::{self, AstNode, Stmt};

use super::node::{cascades, ident, object, text, text_after, upper};
use super::{Found, column, constraint, output, query};
use crate::statement::operation::{ConstraintKind, CreateTable, Like, Operation, Output};
use crate::statement::parse::opaque;

pub(super) fn operations(stmt: &Stmt) -> Found {
    match stmt {
        Stmt::CreateTable(create) => create_table(create),
        Stmt::CreateTableAs(create) => create_table_as(create),
        Stmt::SelectInto(select) => {
            let into = select.into_clause()?;
            Some(vec![Operation::CreateTableAs {
                table: object(&into.table_name()?),
                if_not_exists: false,
                temporary: matches!(into.persistence(), Some(ast::Persistence::Temp(_))),
                reads: query::tables(select.syntax()),
                outputs: output::of_query(select.syntax()),
            }])
        }
        Stmt::DropTable(drop) => {
            let (if_exists, cascade) = (drop.if_exists().is_some(), cascades(drop.drop_behavior()));
            let tables = drop.table_name_refs().map(|table| object(&table));
            Some(tables.map(|table| Operation::DropTable { table, if_exists, cascade }).collect())
        }
        Stmt::DropForeignTable(drop) => {
            let (if_exists, cascade) = (drop.if_exists().is_some(), cascades(drop.drop_behavior()));
            let tables = drop.table_name_refs().map(|table| object(&table));
            Some(tables.map(|table| Operation::DropTable { table, if_exists, cascade }).collect())
        }
        Stmt::Truncate(truncate) => {
            let cascade = cascades(truncate.drop_behavior());
            let tables = truncate.table_list()?.table_relation_names();
            Some(tables.map(|table| Operation::Truncate { table: object(&table), cascade }).collect())
        }
        _ => None,
    }
}

fn create_table(create: &ast::CreateTable) -> Found {
    let mut table = CreateTable {
        table: object(&create.table_name()?),
        if_not_exists: create.if_not_exists().is_some(),
        temporary: matches!(create.persistence(), Some(ast::Persistence::Temp(_))),
        inherits: create.inherits().map(|list| list.table_name_refs().map(|name| object(&name)).collect()).unwrap_or_default(),
        partition_by: create.partition_by().map(|by| text_after(by.syntax(), 2)),
        options: storage(create),
        ..CreateTable::default()
    };
    if let Some(parent) = create.partition_of().and_then(|of| of.table_name_ref()) {
        let bound = create.partition_type().map(|bound| text(&bound)).unwrap_or_default();
        table.partition_of = Some((object(&parent), bound));
    }
    if let Some(list) = create.table_arg_list() {
        arguments(&list, &mut table);
    }
    let mut operations = vec![];
    if let Some(of) = create.of_type() {
        let reason = format!("the columns of {} are those of the type in `{}`", table.table, text(&of));
        operations.push(opaque(reason));
    }
    operations.insert(0, Operation::CreateTable(table));
    Some(operations)
}

/// Where and how the table is kept, by option.
fn storage(create: &ast::CreateTable) -> BTreeMap<String, String> {
    let unlogged = matches!(create.persistence(), Some(ast::Persistence::Unlogged(_)));
    let tablespace = create.tablespace_clause().map(|clause| ident(&clause));
    let method = create.using_method().map(|method| ident(&method));
    let found = [("persistence", unlogged.then(|| "unlogged".to_owned())), ("tablespace", tablespace), ("access_method", method)];
    found.into_iter().filter_map(|(option, value)| Some((option.to_owned(), value?))).gather()
}

fn arguments(list: &ast::TableArgList, table: &mut CreateTable) {
    let mut at_columns = Vec::new();
    for argument in list.args() {
        match argument {
            ast::TableArg::Column(written) => {
                let Some(name) = written.name() else { continue };
                match written.ty() {
                    Some(ty) => {
                        let (column, constraints) = column::column(written.syntax(), &name, &ty);
                        table.columns.push(column);
                        at_columns.extend(constraints);
                    }
                    // `PARTITION OF`: the parent gives the type, only constraints are written.
                    None => {
                        let own = super::node::ident(&name);
                        let constraints = written.syntax().children().filter_map(ast::Constraint::cast);
                        at_columns.extend(constraints.filter_map(|written| constraint::at_column(&written, &own)));
                    }
                }
            }
            ast::TableArg::LikeClause(written) => table.like.extend(like(&written)),
            ast::TableArg::TableConstraint(written) => {
                let constraint = ast::Constraint::cast(written.syntax().clone());
                table.constraints.extend(constraint.and_then(|constraint| constraint::at_table(&constraint)));
            }
        }
    }
    table.constraints.extend(at_columns);
    for constraint in &table.constraints {
        let columns: &[String] = match &constraint.kind {
            ConstraintKind::PrimaryKey { columns } => columns,
            ConstraintKind::NotNull { column } => std::slice::from_ref(column),
            _ => &[],
        };
        for column in table.columns.iter_mut().filter(|column| columns.contains(&column.name)) {
            column.nullable = false;
        }
    }
}

/// A source with what is taken over besides names and types.
fn like(written: &ast::LikeClause) -> Option<Like> {
    let mut including: Vec<String> = Vec::new();
    for option in written.like_options() {
        let words = upper(&option);
        let Some((verb, part)) = words.split_once(' ') else { continue };
        if part == "ALL" {
            including.clear();
        }
        match (verb, part) {
            ("INCLUDING", "ALL") => including.extend(PARTS.iter().map(|part| (*part).to_owned())),
            ("INCLUDING", part) => including.push(part.to_owned()),
            (_, part) => including.retain(|own| own != part),
        }
    }
    Some(Like { table: object(&written.relation_name_ref()?), including })
}

/// The parts of a table that `LIKE` can take over.
const PARTS: &[&str] = &["DEFAULTS", "CONSTRAINTS", "INDEXES", "IDENTITY", "GENERATED", "COMMENTS", "STORAGE", "STATISTICS"];

fn create_table_as(create: &ast::CreateTableAs) -> Found {
    let table = object(&create.table_name()?);
    if matches!(create.query(), Some(ast::CreateTableAsQuery::Execute(_))) {
        return Some(vec![opaque(format!("{table} is made by EXECUTE of a prepared statement"))]);
    }
    Some(vec![Operation::CreateTableAs {
        table,
        if_not_exists: create.if_not_exists().is_some(),
        temporary: matches!(create.persistence(), Some(ast::Persistence::Temp(_))),
        reads: query::tables(create.query()?.syntax()),
        outputs: named(output::of_query(create.query()?.syntax()), create.table_arg_list()),
    }])
}

/// The columns under the names written behind the table's.
fn named(outputs: Option<Vec<Output>>, list: Option<ast::TableArgList>) -> Option<Vec<Output>> {
    let names: Vec<String> =
        list.into_iter().flat_map(|list| list.args()).map(|name| super::node::words(name.syntax()).concat()).collect();
    let mut outputs = outputs?;
    for (output, new) in outputs.iter_mut().zip(names) {
        match output {
            Output::Column { name, .. } | Output::Value { name, .. } => *name = new,
            Output::All { .. } => return None,
        }
    }
    Some(outputs)
}

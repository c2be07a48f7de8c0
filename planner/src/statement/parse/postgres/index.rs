//! Indexes: `CREATE`, `ALTER`, `DROP`, `REINDEX`.

use squawk_syntax::ast::{self, AstNode, Stmt};

use super::Found;
use super::node::{cascades, ident, object, text, tokens, upper};
use crate::name::ObjectName;
use crate::statement::operation::{CreateIndex, Guard, IndexPart, Operation, ReindexKind};
use crate::statement::parse::opaque;

pub(super) fn operations(stmt: &Stmt) -> Found {
    match stmt {
        Stmt::CreateIndex(create) => create_index(create),
        Stmt::DropIndex(drop) => {
            let (if_exists, cascade) = (drop.if_exists().is_some(), cascades(drop.drop_behavior()));
            let concurrently = drop.concurrently_token().is_some();
            let indexes = drop.index_refs().map(|index| object(&index));
            let drop_one = |index| Operation::DropIndex { index, table: None, concurrently, if_exists, cascade };
            Some(indexes.map(drop_one).collect())
        }
        Stmt::AlterIndex(alter) => alter_index(alter),
        Stmt::Reindex(reindex) => {
            let (kind, name) = match reindex.reindex_target()? {
                ast::ReindexTarget::ReindexTargetIndex(target) => (ReindexKind::Index, object(&target.index_ref()?)),
                ast::ReindexTarget::ReindexTargetTable(target) => (ReindexKind::Table, object(&target.table_name_ref()?)),
                ast::ReindexTarget::ReindexTargetSchema(target) => (ReindexKind::Many, object(&target.schema_ref()?)),
                ast::ReindexTarget::ReindexTargetDatabase(_) | ast::ReindexTarget::ReindexTargetSystem(_) => {
                    (ReindexKind::Many, ObjectName::default())
                }
            };
            Some(vec![Operation::Reindex { kind, name, concurrently: reindex.is_concurrently() }])
        }
        _ => None,
    }
}

fn create_index(create: &ast::CreateIndex) -> Found {
    let relation = create.table_relation_name()?;
    let include = create.index_include_clause().and_then(|clause| clause.partition_item_list());
    let class = |item: ast::PartitionItem| item.op_class_ref().map(|class| ident(&class)).unwrap_or_default();
    let mut classes: Vec<String> = create.partition_item_list()?.partition_items().map(class).collect();
    if classes.iter().all(String::is_empty) {
        classes.clear();
    }
    Some(vec![Operation::CreateIndex(CreateIndex {
        name: create.index().map(|index| ident(&index)),
        table: object(&relation),
        unique: create.unique_token().is_some(),
        concurrently: create.concurrently_token().is_some(),
        if_not_exists: create.if_not_exists().is_some(),
        only: tokens(relation.syntax()).next().is_some_and(|first| first.text().eq_ignore_ascii_case("only")),
        method: create.using_method().and_then(|using| using.access_method_ref()).map(|method| ident(&method)),
        columns: create.partition_item_list()?.partition_items().filter_map(|item| part(&item)).collect(),
        classes,
        include: include
            .map(|list| list.partition_items().filter_map(|item| Some(ident(&item.expr()?))).collect())
            .unwrap_or_default(),
        predicate: create.where_clause().and_then(|clause| clause.expr()).map(|expr| text(&expr)),
    })])
}

fn part(item: &ast::PartitionItem) -> Option<IndexPart> {
    let mut expr = item.expr()?;
    // The grammar takes `lower(a) COLLATE "C"` for one expression; the collation is no part of the key. The outer brackets
    // are the index syntax, not the expression, and what is a column inside them is one.
    while let Some(inner) = match &expr {
        ast::Expr::Collate(collate) => collate.expr(),
        ast::Expr::ParenExpr(brackets) => brackets.expr(),
        _ => None,
    } {
        expr = inner;
    }
    Some(match &expr {
        ast::Expr::NameRef(name) => IndexPart::Column(ident(name)),
        _ => IndexPart::Expression(text(&expr)),
    })
}

fn alter_index(alter: &ast::AlterIndex) -> Found {
    if alter.all_in_tablespace().is_some() {
        return Some(vec![opaque("ALTER INDEX ALL IN TABLESPACE moves indexes that it does not name")]);
    }
    let index = object(&alter.index_ref()?);
    let action = alter.action()?;
    Some(vec![match &action {
        ast::AlterIndexAction::IndexRenameTo(rename) => {
            let rename = Operation::RenameIndex { index, table: None, to: ident(&rename.index()?) };
            match alter.if_exists() {
                Some(_) => Operation::Guarded { operations: vec![rename], by: Guard::Undone, reason: "IF EXISTS".to_owned() },
                None => rename,
            }
        }
        // ALTER INDEX is ALTER TABLE on a relation of another kind: the server copies its file.
        ast::AlterIndexAction::SetTablespace(set) => {
            let option = super::alter_table::stored("tablespace", ident(&set.tablespace_ref()?));
            Operation::AlterTableOption { table: index, option }
        }
        _ => Operation::Other { what: format!("ALTER INDEX {index} {}", upper(&action)), tables: Vec::new() },
    }])
}

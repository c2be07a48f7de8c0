//! `INSERT`, `UPDATE`, `DELETE`, `MERGE`.

use squawk_syntax::SyntaxNode;
use squawk_syntax::ast::{self, AstNode, Stmt};

use super::calls::{self, Known};
use super::node::{ident, object, text};
use super::query::{has_subquery, is_column, own_nodes};
use super::{Found, query};
use crate::name::ObjectName;
use crate::sort::Sort;
use crate::statement::operation::{DataChange, Operation};

pub(super) fn operations(stmt: &Stmt) -> Found {
    let operation = match stmt {
        Stmt::Insert(insert) => Operation::Insert(of_insert(insert)?),
        Stmt::Update(update) => Operation::Update(of_update(update)?),
        Stmt::Delete(delete) => Operation::Delete(of_delete(delete)?),
        Stmt::Merge(merge) => return of_merge(merge),
        _ => return None,
    };
    let mut operations = inner_changes(stmt.syntax());
    operations.push(operation);
    Some(operations)
}

/// Data changes inside `WITH`: `WITH gone AS (DELETE … RETURNING *) INSERT …`.
pub(super) fn inner_changes(statement: &SyntaxNode) -> Vec<Operation> {
    let mut found = Vec::new();
    for node in statement.descendants().filter_map(ast::WithTable::cast) {
        let operation = match node.query() {
            Some(ast::WithQuery::Insert(insert)) => of_insert(&insert).map(Operation::Insert),
            Some(ast::WithQuery::Update(update)) => of_update(&update).map(Operation::Update),
            Some(ast::WithQuery::Delete(delete)) => of_delete(&delete).map(Operation::Delete),
            Some(ast::WithQuery::Merge(merge)) => {
                found.extend(of_merge(&merge).unwrap_or_default());
                None
            }
            _ => None,
        };
        found.extend(operation);
    }
    found
}

fn of_insert(insert: &ast::Insert) -> Option<DataChange> {
    let node = insert.syntax();
    let source = insert.insert_source()?;
    let values = match &source {
        ast::InsertSource::DefaultValues(_) => Some(1),
        ast::InsertSource::SelectVariant(ast::SelectVariant::Values(values)) => {
            values.row_list().map(|rows| u32::try_from(rows.rows().count()).unwrap_or(u32::MAX))
        }
        ast::InsertSource::SelectVariant(_) => None,
    };
    let mut columns = targets(insert.column_target_list());
    let conflict = insert.on_conflict_clause().and_then(|clause| clause.conflict_action());
    if let Some(ast::ConflictAction::ConflictDoUpdateSet(update)) = &conflict {
        for column in update.set_clause().map(|set| assigned(&set)).unwrap_or_default() {
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
    }
    let mut change = DataChange {
        table: object(&insert.relation_name_ref()?),
        alias: insert.alias().and_then(|alias| alias.name()).map(|name| ident(&name)),
        columns,
        reads: query::tables(node),
        values,
        upserts: matches!(conflict, Some(ast::ConflictAction::ConflictDoUpdateSet(_))),
        ..DataChange::default()
    };
    let volatile = volatile(&mut change, node);
    change.whole_because = first_reason(&[
        (insert.with_clause().is_some(), "it has a WITH clause"),
        (insert.returning_clause().is_some(), "it has RETURNING"),
    ])
    .or(volatile);
    Some(change)
}

fn of_update(update: &ast::Update) -> Option<DataChange> {
    let set = update.set_clause()?;
    let mut change = DataChange {
        table: object(&update.relation_name()?),
        alias: update.alias().and_then(|alias| alias.name()).map(|name| ident(&name)),
        columns: assigned(&set),
        assignments: set.set_column_list().map(|list| text(&list)),
        ..DataChange::default()
    };
    let filter = update.where_clause_or_current_of();
    let from = update.from_clause().is_some();
    finish(
        &mut change,
        update.syntax(),
        filter,
        from,
        &[
            (update.with_clause().is_some(), "it has a WITH clause"),
            (from, "it joins other tables with FROM"),
            (update.returning_clause().is_some(), "it has RETURNING"),
            (update.for_portion_of().is_some(), "it has FOR PORTION OF"),
        ],
    );
    Some(change)
}

fn of_delete(delete: &ast::Delete) -> Option<DataChange> {
    let mut change = DataChange {
        table: object(&delete.relation_name()?),
        alias: delete.alias().and_then(|alias| alias.name()).map(|name| ident(&name)),
        ..DataChange::default()
    };
    let filter = delete.where_clause_or_current_of();
    let using = delete.using_clause().is_some();
    finish(
        &mut change,
        delete.syntax(),
        filter,
        using,
        &[
            (delete.with_clause().is_some(), "it has a WITH clause"),
            (using, "it joins other tables with USING"),
            (delete.returning_clause().is_some(), "it has RETURNING"),
            (delete.for_portion_of().is_some(), "it has FOR PORTION OF"),
        ],
    );
    Some(change)
}

/// What UPDATE and DELETE have alike: the predicate, what is read and used, and whether rows stand alone.
fn finish(
    change: &mut DataChange,
    node: &SyntaxNode,
    filter: Option<ast::WhereClauseOrCurrentOf>,
    joined: bool,
    clauses: &[(bool, &str)],
) {
    let cursor = matches!(filter, Some(ast::WhereClauseOrCurrentOf::WhereCurrentOf(_)));
    change.predicate = filter.and_then(|filter| match filter {
        ast::WhereClauseOrCurrentOf::WhereClause(clause) => clause.expr().map(|expr| text(&expr)),
        ast::WhereClauseOrCurrentOf::WhereCurrentOf(current) => Some(text(&current).split_off("where ".len())),
    });
    change.reads = query::tables(node);
    change.uses = uses(node, &change.table, change.alias.as_deref(), joined);
    let volatile = volatile(change, node);
    change.whole_because = first_reason(clauses)
        .or_else(|| first_reason(&[(cursor, "it names a cursor's row"), (has_subquery(node), "it has a subquery")]))
        .or(volatile);
}

fn first_reason(reasons: &[(bool, &str)]) -> Option<String> {
    reasons.iter().find(|(holds, _)| *holds).map(|(_, reason)| (*reason).to_owned())
}

/// Notes what a change calls; the first function that keeps rows from standing alone.
fn volatile(change: &mut DataChange, node: &SyntaxNode) -> Option<String> {
    let mut because = None;
    for function in calls::in_node(node) {
        let reason = match calls::known(&function) {
            Known::Stable => continue,
            Known::Volatile => format!("{function}() gives another value for each row"),
            Known::Unknown => {
                if change.calls.is_empty() {
                    change.calls = calls::foreign(node);
                }
                format!("nothing is known of the function {function}()")
            }
        };
        because = because.or(Some(reason));
    }
    because
}

/// Columns of the written table in the predicate and on the right of assignments. With other tables
/// around, only those qualified by the table's name or alias are certain.
fn uses(node: &SyntaxNode, table: &ObjectName, alias: Option<&str>, joined: bool) -> Vec<String> {
    let called = alias.unwrap_or(&table.name);
    let mut found = Vec::new();
    for node in own_nodes(node) {
        let column = if let Some(field) = ast::FieldExpr::cast(node.clone()) {
            let base = field.base().filter(|base| matches!(base, ast::Expr::NameRef(_)));
            base.filter(|base| ident(base) == called).and_then(|_| field.field()).map(|field| ident(&field))
        } else {
            ast::NameRef::cast(node).filter(|name| !joined && is_column(name)).map(|name| ident(&name))
        };
        found.extend(column.filter(|column| column != called));
    }
    found.order();
    found.dedup();
    found
}

fn targets(list: Option<ast::ColumnTargetList>) -> Vec<String> {
    let targets = list.into_iter().flat_map(|list| list.column_targets());
    targets.filter_map(|target| target.name()).map(|name| ident(&name)).collect()
}

/// The columns on the left of a `SET` list.
fn assigned(set: &ast::SetClause) -> Vec<String> {
    let columns = set.set_column_list().into_iter().flat_map(|list| list.set_columns());
    let mut found = Vec::new();
    for column in columns {
        match column {
            ast::SetColumn::SetSingleColumn(single) => {
                found.extend(single.column_target().and_then(|target| target.name()).map(|name| ident(&name)));
            }
            ast::SetColumn::SetMultipleColumns(several) => found.extend(targets(several.column_target_list())),
        }
    }
    found
}

/// One operation a kind of action, as the server fires triggers and checks privileges for each.
fn of_merge(merge: &ast::Merge) -> Found {
    let base = DataChange {
        table: object(&merge.table_relation_name()?),
        alias: merge.alias().and_then(|alias| alias.name()).map(|name| ident(&name)),
        reads: query::tables(merge.syntax()),
        whole_because: Some("it is a MERGE".to_owned()),
        ..DataChange::default()
    };
    let mut found = Vec::new();
    for clause in merge.merge_when_clauses() {
        let action = match clause {
            ast::MergeWhenClause::MergeWhenMatched(clause) => clause.merge_action(),
            ast::MergeWhenClause::MergeWhenNotMatchedSource(clause) => clause.merge_action(),
            ast::MergeWhenClause::MergeWhenNotMatchedTarget(clause) => clause.merge_action(),
        };
        let mut change = base.clone();
        found.push(match action? {
            ast::MergeAction::MergeDelete(_) => Operation::Delete(change),
            ast::MergeAction::MergeInsert(insert) => {
                change.columns = targets(insert.column_target_list());
                Operation::Insert(change)
            }
            ast::MergeAction::MergeUpdate(update) => {
                let set = update.set_clause()?;
                change.columns = assigned(&set);
                change.assignments = set.set_column_list().map(|list| text(&list));
                Operation::Update(change)
            }
            ast::MergeAction::MergeDoNothing(_) => continue,
        });
    }
    if found.is_empty() {
        found.push(Operation::Select { reads: base.reads, calls: Vec::new(), locks: Vec::new() });
    }
    Some(found)
}

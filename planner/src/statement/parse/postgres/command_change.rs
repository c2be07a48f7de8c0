//! Data changes of an application: what they write, and in which scope.

use squawk_syntax::ast::{self, AstNode, LitKind};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::command::{Reader, is_string};
use super::node::{ident, object, string, text};
use crate::statement::command::{Block, Change, Conflict, Source, Use, Value, Verb, Written};
use crate::statement::parse::is_number;

impl Reader {
    pub(super) fn insert(&mut self, node: &SyntaxNode, block: &mut Block) {
        let Some(insert) = ast::Insert::cast(node.clone()) else { return };
        let table = insert.relation_name_ref().map(|name| object(&name)).unwrap_or_default();
        let alias = insert.alias().and_then(|alias| alias.name()).map(|name| ident(&name));
        block.sources.push(Source::relation(table.clone(), alias));
        let names: Vec<String> = insert.column_target_list().map(|list| self.named(&list)).unwrap_or_default();
        let mut change = Change::of(Verb::Insert);
        change.listed = !names.is_empty();
        change.overriding = insert.overriding_clause().is_some_and(|clause| text(&clause).to_lowercase().contains("system"));
        let query = insert.insert_source().and_then(|source| match source {
            ast::InsertSource::SelectVariant(query) => Some(query),
            ast::InsertSource::DefaultValues(_) => None,
        });
        match query {
            Some(ast::SelectVariant::Values(values)) => {
                let rows: Vec<Vec<ast::Expr>> =
                    values.row_list().into_iter().flat_map(|list| list.rows()).map(|row| row.exprs().collect()).collect();
                let width = rows.iter().map(Vec::len).max().unwrap_or_default();
                change.width = Some(width);
                for at in 0..width.max(names.len()) {
                    let column = names.get(at).cloned().unwrap_or_default();
                    let given: Vec<&ast::Expr> = rows.iter().filter_map(|row| row.get(at)).collect();
                    self.compare(&Use { column: column.clone(), ..Use::default() }, given.iter().copied());
                    change.written.push(Written { literal: literal(&given), ..Written::new(column, value(&given), false) });
                }
                // Values see no table.
                let mut inside = Block::default();
                self.walk(values.syntax(), &mut inside);
                change.source = Some(inside);
            }
            Some(query) => {
                change.source = Some(self.block(query.syntax()));
                change.written.extend(names.into_iter().map(|column| Written::new(column, Value::Typed, false)));
            }
            None => {}
        }
        if let Some(clause) = insert.on_conflict_clause() {
            self.conflict(&clause, table, block, &mut change);
        }
        if let Some(returning) = insert.returning_clause() {
            self.returning(&returning, block);
        }
        block.change = Some(Box::new(change));
    }

    fn conflict(
        &mut self,
        clause: &ast::OnConflictClause,
        table: crate::name::ObjectName,
        block: &mut Block,
        change: &mut Change,
    ) {
        match clause.conflict_target() {
            Some(ast::ConflictTarget::ConflictOnConstraint(named)) => {
                change.conflict = named.constraint_name_ref().map_or(Conflict::Other, |name| Conflict::Constraint(ident(&name)));
            }
            Some(ast::ConflictTarget::ConflictOnIndex(index)) => {
                let items = index.conflict_index_item_list().into_iter().flat_map(|list| list.conflict_index_items());
                let column = |item: ast::ConflictIndexItem| match (item.expr(), item.collate(), item.op_class_ref()) {
                    (Some(ast::Expr::NameRef(name)), None, None) => Some(ident(&name)),
                    _ => None,
                };
                let columns: Option<Vec<String>> = items.map(column).collect();
                change.conflict = match (columns, index.where_clause()) {
                    (Some(columns), None) => Conflict::Columns(columns),
                    _ => Conflict::Other,
                };
                self.walk(index.syntax(), block);
            }
            None => {}
        }
        if let Some(ast::ConflictAction::ConflictDoUpdateSet(update)) = clause.conflict_action() {
            let mut excluded = Source::relation(table, Some("excluded".to_owned()));
            excluded.qualified_only = true;
            block.sources.push(excluded);
            update.set_clause().into_iter().for_each(|set| self.set(&set, block, change));
            update.where_clause().into_iter().for_each(|filter| self.walk(filter.syntax(), block));
        }
    }

    pub(super) fn update(&mut self, node: &SyntaxNode, block: &mut Block) {
        let Some(update) = ast::Update::cast(node.clone()) else { return };
        let table = update.relation_name().map(|name| object(&name)).unwrap_or_default();
        block.sources.push(Source::relation(table, update.alias().and_then(|alias| alias.name()).map(|name| ident(&name))));
        update.from_clause().into_iter().for_each(|from| self.sources(from.syntax(), block));
        let mut change = Change::of(Verb::Update);
        update.set_clause().into_iter().for_each(|set| self.set(&set, block, &mut change));
        if update.for_portion_of().is_some() {
            self.command.gap("FOR PORTION OF");
        }
        self.filter(update.where_clause_or_current_of(), block);
        update.returning_clause().into_iter().for_each(|returning| self.returning(&returning, block));
        block.change = Some(Box::new(change));
    }

    pub(super) fn delete(&mut self, node: &SyntaxNode, block: &mut Block) {
        let Some(delete) = ast::Delete::cast(node.clone()) else { return };
        let table = delete.relation_name().map(|name| object(&name)).unwrap_or_default();
        block.sources.push(Source::relation(table, delete.alias().and_then(|alias| alias.name()).map(|name| ident(&name))));
        delete.using_clause().into_iter().for_each(|using| self.sources(using.syntax(), block));
        self.filter(delete.where_clause_or_current_of(), block);
        delete.returning_clause().into_iter().for_each(|returning| self.returning(&returning, block));
        block.change = Some(Box::new(Change::of(Verb::Delete)));
    }

    fn filter(&mut self, filter: Option<ast::WhereClauseOrCurrentOf>, block: &mut Block) {
        if let Some(ast::WhereClauseOrCurrentOf::WhereClause(clause)) = filter {
            self.walk(clause.syntax(), block);
        }
    }

    fn returning(&mut self, clause: &ast::ReturningClause, block: &mut Block) {
        if clause.returning_option_list().is_some() {
            self.command.gap("RETURNING WITH");
        }
        self.targets(clause.syntax(), block);
    }

    fn named(&mut self, list: &ast::ColumnTargetList) -> Vec<String> {
        if list.column_targets().any(|target| target.accessors().next().is_some()) {
            self.command.gap("a part of a column that is written");
        }
        list.column_targets().filter_map(|target| target.name()).map(|name| ident(&name)).collect()
    }

    fn set(&mut self, set: &ast::SetClause, block: &mut Block, change: &mut Change) {
        for column in set.set_column_list().into_iter().flat_map(|list| list.set_columns()) {
            match column {
                ast::SetColumn::SetSingleColumn(single) => {
                    let Some(target) = single.column_target() else { continue };
                    if target.accessors().next().is_some() {
                        self.command.gap("a part of a column that is written");
                    }
                    let column = target.name().map(|name| ident(&name)).unwrap_or_default();
                    let expr = single.set_expr();
                    let default = expr.as_ref().is_some_and(|expr| expr.default_token().is_some());
                    let given = expr.and_then(|expr| expr.expr());
                    self.compare(&Use { column: column.clone(), ..Use::default() }, given.iter());
                    let value = if default { Value::Default } else { value(&given.iter().collect::<Vec<_>>()) };
                    let literal = literal(&given.iter().collect::<Vec<_>>());
                    given.into_iter().for_each(|expr| self.walk(expr.syntax(), block));
                    change.written.push(Written { literal, ..Written::new(column, value, true) });
                }
                ast::SetColumn::SetMultipleColumns(several) => {
                    let names = several.column_target_list().map(|list| self.named(&list)).unwrap_or_default();
                    change.written.extend(names.into_iter().map(|column| Written::new(column, Value::Typed, true)));
                    let values = several.syntax().children().filter(|child| child.kind() != SyntaxKind::COLUMN_TARGET_LIST);
                    values.for_each(|child| self.visit(&child, block));
                }
            }
        }
    }
}

/// What is known of a value from the expressions that rows give for it.
fn value(given: &[&ast::Expr]) -> Value {
    let kind = |expr: &&ast::Expr| match expr {
        ast::Expr::Literal(literal) => match literal.kind() {
            Some(LitKind::Null(_)) => Value::Null,
            Some(LitKind::Default(_)) => Value::Default,
            Some(LitKind::PositionalParam(_)) => Value::Free,
            _ if is_string(literal) => Value::Text(string(literal)),
            _ => Value::Typed,
        },
        _ => Value::Typed,
    };
    Value::joined(given.iter().map(kind).collect())
}

/// The literal that the only row gives: a plain string, a number or NULL.
fn literal(given: &[&ast::Expr]) -> Option<String> {
    let [expr] = given else { return None };
    let text = expr.syntax().text().to_string();
    let plain = text.starts_with('\'') && matches!(expr, ast::Expr::Literal(_));
    (plain || text.eq_ignore_ascii_case("null") || is_number(&text)).then_some(text)
}

//! Data changes of an application for SQLite, `MySQL` and `MariaDB`: what they write, and in which scope.

use sqlparser::ast::{
    Assignment, AssignmentTarget, ConflictTarget, Delete, Expr, FromTable, Insert, OnConflictAction, OnInsert, SetExpr,
    Statement, TableObject, UnaryOperator, Update, UpdateTableFromKind, Value as Literal,
};

use super::command::Reader;
use super::query::names;
use crate::dialect::Dialect;
use crate::statement::command::{Block, Change, Conflict, Of, Place, SEVERAL_TABLES, Source, Use, Value, Verb, Written};

impl Reader {
    pub(super) fn change(&mut self, statement: &Statement) -> Block {
        let mut block = Block::default();
        match statement {
            Statement::Insert(insert) => self.insert(insert, &mut block),
            Statement::Update(update) => self.update(update, &mut block),
            Statement::Delete(delete) => self.delete(delete, &mut block),
            _ => self.command.gap("an unusual command"),
        }
        block
    }

    fn insert(&mut self, insert: &Insert, block: &mut Block) {
        let TableObject::TableName(name) = &insert.table else { return self.command.gap("an unusual target") };
        let table = self.object(name);
        block.sources.push(Source::relation(table.clone(), insert.table_alias.as_ref().map(|alias| alias.alias.value.clone())));
        let mut change = Change::of(Verb::Insert);
        change.ignores = insert.ignore || insert.or.is_some();
        let columns: Vec<String> = insert.columns.iter().filter_map(|name| names(name).pop()).collect();
        change.listed = !columns.is_empty() || !insert.assignments.is_empty();
        match insert.source.as_ref().map(|query| (query, query.body.as_ref())) {
            Some((query, SetExpr::Values(values))) if query.with.is_none() => {
                let rows: Vec<&Vec<Expr>> = values.rows.iter().map(|row| &row.content).collect();
                let width = rows.iter().map(|row| row.len()).max().unwrap_or_default();
                change.width = Some(width);
                let mut inside = Block::default();
                rows.iter().flat_map(|row| row.iter()).for_each(|expr| self.walk(expr, &mut inside, Place::Expression));
                change.source = Some(inside);
                for at in 0..width.max(columns.len()) {
                    let given: Vec<&Expr> = rows.iter().filter_map(|row| row.get(at)).collect();
                    let column = columns.get(at).cloned().unwrap_or_default();
                    self.compare(&column, &given);
                    change.written.push(Written { literal: literal(&given), ..Written::new(column, value(&given), false) });
                }
            }
            Some((query, _)) => {
                change.source = Some(self.query(query));
                change.written = columns.into_iter().map(|column| Written::new(column, Value::Typed, false)).collect();
                if insert.on.is_some() {
                    self.command.gap("ON DUPLICATE KEY behind a query");
                }
            }
            None => {}
        }
        let listed = change.written.len();
        self.assign(&insert.assignments, block, &mut change);
        change.written.iter_mut().skip(listed).for_each(|written| written.set = false);
        match &insert.on {
            Some(OnInsert::DuplicateKeyUpdate(all)) => self.assign(all, block, &mut change),
            Some(OnInsert::OnConflict(conflict)) => {
                change.conflict = match &conflict.conflict_target {
                    Some(ConflictTarget::Columns(all)) => Conflict::Columns(all.iter().map(|name| name.value.clone()).collect()),
                    Some(ConflictTarget::OnConstraint(_)) => Conflict::Other,
                    None => Conflict::None,
                };
                if let OnConflictAction::DoUpdate(update) = &conflict.action {
                    let excluded = Source::relation(table, Some("excluded".to_owned()));
                    block.sources.push(Source { qualified_only: true, ..excluded });
                    self.assign(&update.assignments, block, &mut change);
                    self.walk(&update.selection, block, Place::Expression);
                }
            }
            _ => {}
        }
        if let Some(aliases) = &insert.insert_alias {
            let called = names(&aliases.row_alias).pop().unwrap_or_default();
            block.sources.push(Source { called, columns: Vec::new(), of: Of::Unknown, qualified_only: true });
        }
        insert.returning.iter().flatten().for_each(|item| self.item(item, block));
        block.change = Some(Box::new(change));
    }

    fn update(&mut self, update: &Update, block: &mut Block) {
        self.joined(&update.table, block);
        if let Some(UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from)) = &update.from {
            from.iter().for_each(|item| self.joined(item, block));
        }
        let mut change = Change::of(Verb::Update);
        self.assign(&update.assignments, block, &mut change);
        self.walk(&update.selection, block, Place::Expression);
        update.order_by.iter().for_each(|order| self.walk(&order.expr, block, Place::Expression));
        update.returning.iter().flatten().for_each(|item| self.item(item, block));
        block.change = Some(Box::new(change));
    }

    fn assign(&mut self, assignments: &[Assignment], block: &mut Block, change: &mut Change) {
        let first = block.sources.first().map(|source| source.called.clone()).unwrap_or_default();
        for Assignment { target, value: expr } in assignments {
            let columns = match target {
                AssignmentTarget::ColumnName(name) => vec![names(name)],
                AssignmentTarget::Tuple(all) => all.iter().map(names).collect(),
            };
            for mut parts in columns {
                let column = parts.pop().unwrap_or_default();
                // A multi-table UPDATE may write another than the first; SQLite has none.
                let several = block.sources.len() > 1 && change.verb == Verb::Update && self.dialect != Dialect::Sqlite;
                if parts.last().map_or(several, |table| *table != first) {
                    self.command.gap(SEVERAL_TABLES);
                    block.uses.push(Use { qualifier: parts, column, place: Place::Expression });
                    continue;
                }
                self.compare(&column, &[expr]);
                change.written.push(Written { literal: literal(&[expr]), ..Written::new(column, value(&[expr]), true) });
            }
            self.walk(expr, block, Place::Expression);
        }
    }

    fn delete(&mut self, delete: &Delete, block: &mut Block) {
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        // Behind USING stand the tables that are read, those to delete from among them.
        match &delete.using {
            Some(using) => using.iter().for_each(|item| self.joined(item, block)),
            None => from.iter().for_each(|item| self.joined(item, block)),
        }
        if !delete.tables.is_empty() || delete.using.is_some() {
            self.command.gap(SEVERAL_TABLES);
        }
        self.walk(&delete.selection, block, Place::Expression);
        delete.order_by.iter().for_each(|order| self.walk(&order.expr, block, Place::Expression));
        delete.returning.iter().flatten().for_each(|item| self.item(item, block));
        block.change = Some(Box::new(Change::of(Verb::Delete)));
    }
}

fn value(given: &[&Expr]) -> Value {
    let kind = |expr: &&Expr| match expr {
        Expr::Value(value) if matches!(value.value, Literal::Null) => Value::Null,
        Expr::Identifier(name) if name.quote_style.is_none() && name.value.eq_ignore_ascii_case("default") => Value::Default,
        Expr::Value(_) => Value::Free,
        _ => Value::Typed,
    };
    Value::joined(given.iter().map(kind).collect())
}

/// The literal that the only row gives: a plain string, a number or NULL.
fn literal(given: &[&Expr]) -> Option<String> {
    match given {
        [Expr::Value(value)] => match &value.value {
            Literal::SingleQuotedString(text) => Some(format!("'{}'", text.replace('\'', "''"))),
            Literal::Number(text, _) => Some(text.clone()),
            Literal::Null => Some("NULL".to_owned()),
            _ => None,
        },
        [Expr::UnaryOp { op: UnaryOperator::Minus, expr }] => literal(&[expr]).map(|text| format!("-{text}")),
        _ => None,
    }
}

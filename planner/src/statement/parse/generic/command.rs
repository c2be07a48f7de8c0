//! Queries and data changes of an application as scopes of names, for SQLite, `MySQL` and `MariaDB`.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Assignment, AssignmentTarget, ConflictTarget, Delete, Distinct, Expr, FromTable, Function, FunctionArg, FunctionArgExpr,
    FunctionArguments, GroupByExpr, Insert, Join, JoinConstraint, JoinOperator, ObjectName as ParsedName, OnConflictAction,
    OnInsert, OrderByKind, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, Statement, TableFactor,
    TableObject, TableWithJoins, UnaryOperator, Update, UpdateTableFromKind, Value as Literal, Visit, Visitor,
};

use super::query::{names, statement};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::command::{Block, Change, Command, Conflict, Of, Out, Place, Source, Use, Value, Verb, With, Written};
use crate::statement::parse::SyntaxError;

/// Reads one query or data change.
pub(in crate::statement::parse) fn read(sql: &str, dialect: Dialect) -> Result<Command, SyntaxError> {
    let parsed = statement(sql, dialect)?;
    let mut reader = Reader { command: Command::default(), dialect };
    let block = match &parsed {
        Statement::Query(query) => reader.query(query),
        other => reader.change(other),
    };
    Ok(Command { block, ..reader.command })
}

struct Reader {
    command: Command,
    dialect: Dialect,
}

impl Reader {
    fn query(&mut self, query: &Query) -> Block {
        let mut block = Block::default();
        if let Some(with) = &query.with {
            block.recursive = with.recursive;
            block.with = with
                .cte_tables
                .iter()
                .map(|table| With {
                    name: table.alias.name.value.clone(),
                    columns: table.alias.columns.iter().map(|column| column.name.value.clone()).collect(),
                    block: self.query(&table.query),
                })
                .collect();
        }
        self.body(&query.body, &mut block);
        if let Some(order) = &query.order_by
            && let OrderByKind::Expressions(all) = &order.kind
        {
            all.iter().for_each(|order| self.walk(&order.expr, &mut block, Place::Order));
        }
        self.walk(&query.limit_clause, &mut block, Place::Expression);
        block
    }

    fn body(&mut self, body: &SetExpr, block: &mut Block) {
        match body {
            SetExpr::Select(select) => self.select(select, block),
            SetExpr::Query(query) => {
                let inside = self.query(query);
                block.operands.push(inside);
            }
            SetExpr::SetOperation { left, right, .. } => {
                for side in [left, right] {
                    let mut operand = Block::default();
                    self.body(side, &mut operand);
                    block.operands.push(operand);
                }
            }
            SetExpr::Values(values) => {
                let width = values.rows.iter().map(|row| row.content.len()).max().unwrap_or_default();
                values.rows.iter().flat_map(|row| &row.content).for_each(|expr| self.walk(expr, block, Place::Expression));
                let value = |at: usize| Out::Value { name: Some(format!("column{at}")), from: 0..0, nested: false };
                block.outputs.extend((1..=width).map(value));
            }
            SetExpr::Insert(statement) | SetExpr::Update(statement) | SetExpr::Delete(statement) => {
                let with = std::mem::take(&mut block.with);
                *block = Block { with, recursive: block.recursive, ..self.change(statement) };
            }
            SetExpr::Merge(_) | SetExpr::Table(_) => self.command.gap("MERGE or TABLE"),
        }
    }

    fn select(&mut self, select: &Select, block: &mut Block) {
        select.from.iter().for_each(|item| self.joined(item, block));
        if select.into.is_some() || !select.lateral_views.is_empty() {
            self.command.gap("SELECT INTO");
        }
        if let Some(Distinct::On(all)) = &select.distinct {
            all.iter().for_each(|expr| self.walk(expr, block, Place::Order));
        }
        select.projection.iter().for_each(|item| self.item(item, block));
        self.walk(&select.selection, block, self.anywhere());
        if let GroupByExpr::Expressions(all, _) = &select.group_by {
            block.grouped = !all.is_empty();
            all.iter().for_each(|expr| self.walk(expr, block, Place::Group));
        }
        self.walk(&select.having, block, Place::Group);
        self.walk(&select.named_window, block, Place::Expression);
    }

    /// SQLite knows names that go out everywhere.
    fn anywhere(&self) -> Place {
        if self.dialect == Dialect::Sqlite { Place::Group } else { Place::Expression }
    }

    fn item(&mut self, item: &SelectItem, block: &mut Block) {
        let (expr, alias) = match item {
            SelectItem::UnnamedExpr(expr) => (expr, None),
            SelectItem::ExprWithAlias { expr, alias } => (expr, Some(alias.value.clone())),
            SelectItem::Wildcard(_) => return block.outputs.push(Out::Star(None)),
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(table), _) => {
                let called = table.0.last().and_then(|part| part.as_ident()).map(|name| name.value.clone());
                return block.outputs.push(Out::Star(Some(called.unwrap_or_default())));
            }
            SelectItem::QualifiedWildcard(..) => return self.command.gap("the columns of a value"),
            SelectItem::ExprWithAliases { .. } => return self.command.gap("several aliases"),
        };
        let (first, queries) = (block.uses.len(), block.nested.len());
        self.walk(expr, block, Place::Expression);
        let own = match expr {
            Expr::Identifier(name) => Some(name.value.clone()),
            Expr::CompoundIdentifier(parts) => parts.last().map(|name| name.value.clone()),
            _ => None,
        };
        let plain = own.is_some() && block.uses.len() == first + 1;
        let name = alias.or(own);
        block.outputs.push(match (&name, plain) {
            (Some(name), true) => Out::Column { name: name.clone(), at: first },
            _ => Out::Value { name, from: first..block.uses.len(), nested: block.nested.len() > queries },
        });
    }

    fn joined(&mut self, item: &TableWithJoins, block: &mut Block) {
        self.factor(&item.relation, block);
        for Join { relation, join_operator, .. } in &item.joins {
            self.factor(relation, block);
            let condition = match join_operator {
                JoinOperator::Join(on)
                | JoinOperator::Inner(on)
                | JoinOperator::Left(on)
                | JoinOperator::LeftOuter(on)
                | JoinOperator::Right(on)
                | JoinOperator::RightOuter(on)
                | JoinOperator::FullOuter(on)
                | JoinOperator::CrossJoin(on)
                | JoinOperator::StraightJoin(on) => on,
                _ => return self.command.gap("an unusual join"),
            };
            match condition {
                JoinConstraint::On(expr) => self.walk(expr, block, Place::Expression),
                JoinConstraint::Using(columns) => block.merged.extend(columns.iter().filter_map(|name| names(name).pop())),
                JoinConstraint::Natural => self.command.gap("NATURAL JOIN"),
                JoinConstraint::None => {}
            }
        }
    }

    fn factor(&mut self, factor: &TableFactor, block: &mut Block) {
        let (alias, of) = match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                let alias = alias.as_ref().map(|alias| alias.name.value.clone());
                return block.sources.push(Source::relation(self.object(name), alias));
            }
            TableFactor::Derived { lateral, subquery, alias, .. } => (alias, Of::Query(Box::new(self.query(subquery)), *lateral)),
            TableFactor::NestedJoin { table_with_joins, alias: None } => return self.joined(table_with_joins, block),
            TableFactor::Table { alias, .. } | TableFactor::JsonTable { alias, .. } => {
                self.walk(factor, block, Place::Expression);
                (alias, Of::Unknown)
            }
            _ => {
                self.command.gap("an unusual item of FROM");
                (&None, Of::Unknown)
            }
        };
        let called = alias.as_ref().map(|alias| alias.name.value.clone()).unwrap_or_default();
        let columns = alias.iter().flat_map(|alias| &alias.columns).map(|column| column.name.value.clone()).collect();
        block.sources.push(Source { called, columns, of, qualified_only: false });
    }

    fn object(&self, name: &ParsedName) -> ObjectName {
        let mut parts = names(name);
        let last = parts.pop().unwrap_or_default();
        let own = |schema: &String| !(self.dialect == Dialect::Sqlite && schema.eq_ignore_ascii_case("main"));
        ObjectName { schema: parts.pop().filter(own), name: last }
    }

    fn change(&mut self, statement: &Statement) -> Block {
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
                // A multi-table UPDATE may write another than the first.
                if parts.pop().map_or(block.sources.len() > 1 && change.verb == Verb::Update, |table| table != first) {
                    self.command.gap("an UPDATE of several tables");
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
        from.iter().for_each(|item| self.joined(item, block));
        delete.using.iter().flatten().for_each(|item| self.joined(item, block));
        if !delete.tables.is_empty() || (self.dialect != Dialect::Sqlite && delete.using.is_some()) {
            self.command.gap("a DELETE from several tables");
        }
        self.walk(&delete.selection, block, Place::Expression);
        delete.order_by.iter().for_each(|order| self.walk(&order.expr, block, Place::Expression));
        delete.returning.iter().flatten().for_each(|item| self.item(item, block));
        block.change = Some(Box::new(Change::of(Verb::Delete)));
    }

    /// All expressions in a part of the tree.
    fn walk(&mut self, part: &impl Visit, block: &mut Block, place: Place) {
        let mut walk = Walk { reader: self, block, place, depth: 0, exists: false, words: Vec::new() };
        let _ = part.visit(&mut walk);
    }

    fn compare(&mut self, column: &str, given: &[&Expr]) {
        for expr in given {
            if let Some(text) = text_of(expr) {
                self.command.compared.push((Use { column: column.to_owned(), ..Use::default() }, text));
            }
        }
    }
}

/// Notes what expressions name; queries in them become blocks of their own.
struct Walk<'a> {
    reader: &'a mut Reader,
    block: &'a mut Block,
    place: Place,
    /// Queries around the place.
    depth: usize,
    exists: bool,
    /// Words that a function takes as they are: `TIMESTAMPDIFF(SECOND, …)`.
    words: Vec<String>,
}

impl Visitor for Walk<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if self.depth == 0 {
            let mut inside = self.reader.query(query);
            inside.exists = std::mem::take(&mut self.exists);
            self.block.nested.push(inside);
        }
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if self.depth > 0 {
            return ControlFlow::Continue(());
        }
        match expr {
            Expr::Identifier(name) => {
                let word = name.quote_style.is_none() && (name.value.starts_with('@') || is_word(&name.value));
                if let Some(at) = self.words.iter().position(|word| *word == name.value) {
                    self.words.remove(at);
                } else if !word {
                    self.block.uses.push(Use { qualifier: Vec::new(), column: name.value.clone(), place: self.place });
                }
            }
            Expr::CompoundIdentifier(parts) => {
                let mut qualifier: Vec<String> = parts.iter().map(|part| part.value.clone()).collect();
                let column = qualifier.pop().unwrap_or_default();
                if !qualifier.first().is_some_and(|first| first.starts_with('@')) {
                    self.block.uses.push(Use { qualifier, column, place: Place::Expression });
                }
            }
            Expr::CompoundFieldAccess { .. } => self.reader.command.gap("a field of a value"),
            Expr::MatchAgainst { columns, .. } => {
                for name in columns {
                    let mut qualifier = names(name);
                    let column = qualifier.pop().unwrap_or_default();
                    self.block.uses.push(Use { qualifier, column, place: Place::Expression });
                }
            }
            Expr::Exists { .. } => self.exists = true,
            Expr::Function(function) => self.function(function),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

impl Walk<'_> {
    fn function(&mut self, function: &Function) {
        let name = names(&function.name).join(".").to_lowercase();
        if matches!(name.as_str(), "timestampdiff" | "timestampadd" | "get_format")
            && let FunctionArguments::List(list) = &function.args
            && let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Identifier(unit)))) = list.args.first()
        {
            self.words.push(unit.value.clone());
        }
        if !self.reader.command.calls.contains(&name) {
            self.reader.command.calls.push(name);
        }
    }
}

/// Words that stand where a column could and are none.
fn is_word(name: &str) -> bool {
    const WORDS: [&str; 8] =
        ["default", "current_timestamp", "current_date", "current_time", "current_user", "localtime", "localtimestamp", "rowid"];
    WORDS.iter().any(|word| name.eq_ignore_ascii_case(word))
}

fn text_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Value(value) => match &value.value {
            Literal::SingleQuotedString(text) | Literal::DoubleQuotedString(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
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

//! Queries and data changes of an application as scopes of names, for SQLite, `MySQL` and `MariaDB`.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Distinct, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Join, JoinConstraint, JoinOperator,
    ObjectName as ParsedName, OrderByKind, Query, Select, SelectItem, SelectItemQualifiedWildcardKind, SetExpr, Statement,
    TableFactor, TableWithJoins, Value as Literal, Visit, Visitor,
};

use super::query::{names, statement};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::command::{Block, Command, Of, Out, Place, Source, Use, With};
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

pub(super) struct Reader {
    pub(super) command: Command,
    pub(super) dialect: Dialect,
}

impl Reader {
    pub(super) fn query(&mut self, query: &Query) -> Block {
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

    pub(super) fn item(&mut self, item: &SelectItem, block: &mut Block) {
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

    pub(super) fn joined(&mut self, item: &TableWithJoins, block: &mut Block) {
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

    pub(super) fn object(&self, name: &ParsedName) -> ObjectName {
        let mut parts = names(name);
        let last = parts.pop().unwrap_or_default();
        let own = |schema: &String| !(self.dialect == Dialect::Sqlite && schema.eq_ignore_ascii_case("main"));
        ObjectName { schema: parts.pop().filter(own), name: last }
    }

    /// All expressions in a part of the tree.
    pub(super) fn walk(&mut self, part: &impl Visit, block: &mut Block, place: Place) {
        let mut walk = Walk { reader: self, block, place, depth: 0, exists: false, words: Vec::new() };
        let _ = part.visit(&mut walk);
    }

    pub(super) fn compare(&mut self, column: &str, given: &[&Expr]) {
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

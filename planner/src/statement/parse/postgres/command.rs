//! Queries and data changes of an application as scopes of names.

use squawk_syntax::ast::{self, AstNode, BinOp, LitKind, SelectTailClause};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::calls;
use super::node::{ident, object, string, text, words};
use super::output::name_of;
use super::query::is_column;
use super::tree;
use crate::dialect::Dialect;
use crate::statement::command::{Block, Command, Of, Out, Place, Source, Use, With};
use crate::statement::parse::SyntaxError;
use crate::statement::parse::type_name::{canonical, user_defined};

/// Reads one query or data change.
pub(in crate::statement::parse) fn read(sql: &str) -> Result<Command, SyntaxError> {
    let unread =
        |errors: Vec<SyntaxError>| errors.into_iter().next().unwrap_or_else(|| SyntaxError { offset: 0, message: String::new() });
    let tree = tree::parse(sql).map_err(unread)?;
    let other = || SyntaxError { offset: 0, message: "it is neither a query nor a data change".to_owned() };
    let statement = tree.stmts().find(|stmt| !matches!(stmt, ast::Stmt::EmptyStmt(_))).ok_or_else(other)?;
    let node = statement.syntax();
    if !is_command(node.kind()) {
        return Err(other());
    }
    let mut reader = Reader { command: Command::default() };
    let block = reader.block(node);
    Ok(Command { block, calls: calls::in_node(node), ..reader.command })
}

fn is_command(kind: SyntaxKind) -> bool {
    use SyntaxKind::{COMPOUND_SELECT, DELETE, INSERT, MERGE, PAREN_SELECT, SELECT, SELECT_INTO, TABLE, UPDATE, VALUES};
    matches!(kind, SELECT | COMPOUND_SELECT | PAREN_SELECT | SELECT_INTO | TABLE | VALUES | INSERT | UPDATE | DELETE | MERGE)
}

pub(super) struct Reader {
    pub(super) command: Command,
}

impl Reader {
    pub(super) fn block(&mut self, node: &SyntaxNode) -> Block {
        let mut block = Block::default();
        // That of `WITH … SELECT … UNION …` stands at the first operand in the tree.
        let holder = first_operand(node);
        if let Some(with) = holder.children().find_map(ast::WithClause::cast) {
            block.recursive = with.recursive_token().is_some();
            block.with = with.with_tables().map(|table| self.with(&table)).collect();
        }
        block.exists = node.parent().is_some_and(|parent| parent.kind() == SyntaxKind::EXISTS_FN);
        match node.kind() {
            SyntaxKind::COMPOUND_SELECT | SyntaxKind::PAREN_SELECT => {
                for part in node.children().filter_map(ast::SelectVariant::cast) {
                    let mut operand = self.block(part.syntax());
                    if part.syntax() == &holder || first_operand(part.syntax()) == holder {
                        operand.with.clear();
                    }
                    block.operands.push(operand);
                }
                for tail in node.children().filter_map(SelectTailClause::cast) {
                    self.tail(&tail, &mut block);
                }
            }
            SyntaxKind::TABLE => {
                let name = node.children().find_map(ast::RelationName::cast).map(|name| object(&name)).unwrap_or_default();
                block.sources.push(Source::relation(name, None));
                block.outputs.push(Out::Star(None));
            }
            SyntaxKind::VALUES => self.values(node, &mut block),
            SyntaxKind::INSERT => self.insert(node, &mut block),
            SyntaxKind::UPDATE => self.update(node, &mut block),
            SyntaxKind::DELETE => self.delete(node, &mut block),
            SyntaxKind::SELECT => self.select(node, &mut block),
            SyntaxKind::MERGE => {
                self.command.gap("MERGE");
                block.sources.extend(super::query::tables(node).into_iter().map(|name| Source::relation(name, None)));
                let target = ast::Merge::cast(node.clone()).and_then(|merge| merge.table_relation_name());
                block.sources.extend(target.map(|name| Source::relation(object(&name), None)));
            }
            _ => self.command.gap("SELECT INTO"),
        }
        block
    }

    fn with(&mut self, table: &ast::WithTable) -> With {
        if table.search_clause().is_some() || table.cycle_clause().is_some() {
            self.command.gap("SEARCH or CYCLE");
        }
        With {
            name: table.name().map(|name| ident(&name)).unwrap_or_default(),
            columns: table.column_list().into_iter().flat_map(|list| list.column_names()).map(|name| ident(&name)).collect(),
            block: table.query().map(|query| self.block(query.syntax())).unwrap_or_default(),
        }
    }

    fn select(&mut self, node: &SyntaxNode, block: &mut Block) {
        for child in node.children() {
            if let Some(from) = ast::FromClause::cast(child.clone()) {
                self.sources(from.syntax(), block);
            }
        }
        for child in node.children() {
            match child.kind() {
                SyntaxKind::WITH_CLAUSE | SyntaxKind::FROM_CLAUSE => {}
                SyntaxKind::SELECT_CLAUSE => self.targets(&child, block),
                SyntaxKind::GROUP_BY_CLAUSE => {
                    block.grouped = true;
                    for item in child.descendants().filter(|item| item.kind() == SyntaxKind::GROUPING_EXPR) {
                        item.children().for_each(|expr| self.alone(&expr, block, Place::Group));
                    }
                    if child.descendants().any(|item| {
                        matches!(item.kind(), SyntaxKind::GROUPING_CUBE | SyntaxKind::GROUPING_ROLLUP | SyntaxKind::GROUPING_SETS)
                    }) {
                        self.walk(&child, block);
                    }
                }
                _ => match SelectTailClause::cast(child.clone()) {
                    Some(tail) => self.tail(&tail, block),
                    None => self.walk(&child, block),
                },
            }
        }
    }

    fn tail(&mut self, tail: &SelectTailClause, block: &mut Block) {
        match tail {
            SelectTailClause::OrderByClause(order) => {
                let sorts = order.sort_by_list().into_iter().flat_map(|list| list.sort_bys());
                for expr in sorts.filter_map(|sort| sort.expr()) {
                    self.alone(expr.syntax(), block, Place::Order);
                }
            }
            // `FOR UPDATE OF t` names tables.
            SelectTailClause::LockingClause(_) => {}
            other => self.walk(other.syntax(), block),
        }
    }

    /// A name by itself may be one that goes out; anything more is an expression.
    fn alone(&mut self, expr: &SyntaxNode, block: &mut Block, place: Place) {
        match ast::NameRef::cast(expr.clone()) {
            Some(name) if is_column(&name) => {
                block.uses.push(Use { qualifier: Vec::new(), column: ident(&name), place });
            }
            _ => self.walk(expr, block),
        }
    }

    /// A `SELECT` list or `RETURNING`.
    pub(super) fn targets(&mut self, clause: &SyntaxNode, block: &mut Block) {
        for child in clause.children() {
            if let Some(list) = ast::TargetList::cast(child.clone()) {
                list.targets().for_each(|target| self.target(&target, block));
            } else if child.kind() == SyntaxKind::DISTINCT_CLAUSE {
                let named = child.descendants().find_map(ast::DistinctOn::cast);
                named.into_iter().flat_map(|on| on.exprs()).for_each(|expr| self.alone(expr.syntax(), block, Place::Order));
            } else {
                self.walk(&child, block);
            }
        }
    }

    fn target(&mut self, target: &ast::Target, block: &mut Block) {
        let Some(expr) = target.expr() else {
            if target.star_token().is_some() {
                block.outputs.push(Out::Star(None));
            }
            return;
        };
        if let ast::Expr::FieldExpr(field) = &expr
            && field.star_token().is_some()
        {
            block.outputs.push(Out::Star(words(field.syntax()).pop()));
            return;
        }
        let alias = target.as_name().and_then(|alias| alias.name()).map(|name| ident(&name));
        let (first, queries) = (block.uses.len(), block.nested.len());
        self.walk(expr.syntax(), block);
        let name = alias.or_else(|| name_of(&expr));
        let plain = matches!(&expr, ast::Expr::NameRef(_) | ast::Expr::FieldExpr(_));
        block.outputs.push(match (&name, plain && block.uses.len() == first + 1) {
            (Some(name), true) => Out::Column { name: name.clone(), at: first },
            _ => Out::Value { name, from: first..block.uses.len(), nested: block.nested.len() > queries },
        });
    }

    fn values(&mut self, node: &SyntaxNode, block: &mut Block) {
        let mut width = 0;
        for row in node.descendants().filter_map(ast::Row::cast) {
            width = width.max(row.exprs().count());
            self.walk(row.syntax(), block);
        }
        let value = |at: usize| Out::Value { name: Some(format!("column{at}")), from: 0..0, nested: false };
        block.outputs.extend((1..=width).map(value));
    }

    /// The items of a `FROM` or `USING` list, joins and their conditions included.
    pub(super) fn sources(&mut self, node: &SyntaxNode, block: &mut Block) {
        for child in node.children() {
            if let Some(item) = ast::FromItem::cast(child.clone()) {
                self.source(&item, block);
            } else if let Some(using) = ast::JoinUsingClause::cast(child.clone()) {
                if using.alias().is_some() {
                    self.command.gap("an alias of JOIN USING");
                }
                let names = using.syntax().descendants().filter_map(ast::ColumnNameRef::cast);
                block.merged.extend(names.map(|name| ident(&name)));
            } else if matches!(child.kind(), SyntaxKind::JOIN_EXPR | SyntaxKind::JOIN | SyntaxKind::PAREN_EXPR) {
                if ast::Join::cast(child.clone()).is_some_and(|join| join.natural_token().is_some()) {
                    self.command.gap("NATURAL JOIN");
                }
                self.sources(&child, block);
            } else {
                self.walk(&child, block);
            }
        }
    }

    fn source(&mut self, item: &ast::FromItem, block: &mut Block) {
        let alias = item.alias();
        let columns = alias.as_ref().and_then(ast::FromAlias::columns);
        let columns: Vec<String> = columns.into_iter().flat_map(|list| list.column_names()).map(|name| ident(&name)).collect();
        let alias = alias.and_then(|alias| alias.name()).map(|name| ident(&name));
        let of = match item {
            ast::FromItem::RelationFromItem(relation) => {
                let name = relation.relation_name_ref().map(|name| object(&name)).unwrap_or_default();
                block.sources.push(Source { columns, ..Source::relation(name, alias) });
                return;
            }
            ast::FromItem::ParenFromItem(inner) => {
                let query = item.syntax().children().find(|child| is_command(child.kind()));
                let query = query.or_else(|| {
                    let bracket = inner.paren_expr()?;
                    bracket.syntax().children().find(|child| is_command(child.kind()))
                });
                match (query, alias.is_some()) {
                    (Some(query), _) => {
                        let seen = inner.lateral_token().is_some();
                        Of::Query(Box::new(self.block(&query)), seen)
                    }
                    (None, false) => return self.sources(item.syntax(), block),
                    (None, true) => {
                        self.command.gap("a join in brackets with a name");
                        let mut inside = Block::default();
                        self.sources(item.syntax(), &mut inside);
                        block.nested.push(inside);
                        Of::Unknown
                    }
                }
            }
            _ => {
                self.walk(item.syntax(), block);
                Of::Unknown
            }
        };
        let called = alias.or_else(|| function_name(item)).unwrap_or_default();
        block.sources.push(Source { called, columns, of, qualified_only: false });
    }

    /// Everything inside a node.
    pub(super) fn walk(&mut self, node: &SyntaxNode, block: &mut Block) {
        if is_leaf(node.kind()) {
            return self.visit(node, block);
        }
        node.children().for_each(|child| self.visit(&child, block));
    }

    pub(super) fn visit(&mut self, node: &SyntaxNode, block: &mut Block) {
        let kind = node.kind();
        if is_command(kind) {
            let inside = self.block(node);
            block.nested.push(inside);
            return;
        }
        match kind {
            SyntaxKind::FIELD_EXPR => {
                if let Some(field) = ast::FieldExpr::cast(node.clone()) {
                    self.field(&field, block);
                }
            }
            SyntaxKind::NAME_REF => {
                if let Some(name) = ast::NameRef::cast(node.clone()).filter(is_column) {
                    block.uses.push(Use { column: ident(&name), ..Use::default() });
                }
            }
            SyntaxKind::CALL_EXPR => {
                let named = ast::CallExpr::cast(node.clone()).and_then(|call| call.expr());
                let arguments = node.children().filter(|child| named.as_ref().is_none_or(|name| name.syntax() != child));
                arguments.for_each(|child| self.visit(&child, block));
            }
            SyntaxKind::CAST_EXPR => {
                let cast = ast::CastExpr::cast(node.clone());
                if let Some(data_type) = cast.as_ref().and_then(ast::CastExpr::ty) {
                    let named = canonical(&text(&data_type), Dialect::Postgres).name;
                    let named = named.trim_end_matches("[]");
                    let name = user_defined(named).filter(|name| !self.command.types.contains(name));
                    self.command.types.extend(name);
                }
                let value = cast.and_then(|cast| cast.expr());
                value.into_iter().for_each(|value| self.visit(value.syntax(), block));
            }
            SyntaxKind::LITERAL => self.literal(node),
            _ => {
                if let Some(binary) = ast::BinExpr::cast(node.clone()) {
                    self.comparison(&binary);
                }
                node.children().for_each(|child| self.visit(&child, block));
            }
        }
    }

    fn literal(&mut self, node: &SyntaxNode) {
        if let Some(literal) = ast::Literal::cast(node.clone()).filter(is_string) {
            self.command.strings.push(string(&literal));
        }
    }

    /// `a.b`, `s.a.b`; with anything but names before the dot it is a field of a value.
    fn field(&mut self, field: &ast::FieldExpr, block: &mut Block) {
        match path(field) {
            Some(mut qualifier) if field.star_token().is_none() => {
                let column = qualifier.pop().unwrap_or_default();
                block.uses.push(Use { qualifier, column, place: Place::Expression });
            }
            Some(mut qualifier) => {
                // `count(t.*)`: the whole row.
                self.command.gap("a whole row");
                qualifier.truncate(0);
            }
            None => {
                self.command.gap("a field of a value");
                field.base().into_iter().for_each(|base| self.visit(base.syntax(), block));
            }
        }
    }

    fn comparison(&mut self, binary: &ast::BinExpr) {
        let equal = matches!(
            binary.op(),
            Some(BinOp::Eq(_) | BinOp::Neq(_) | BinOp::Neqb(_) | BinOp::In(_) | BinOp::NotIn(_) | BinOp::IsNotDistinctFrom(_))
        );
        let (Some(left), Some(right)) = (binary.lhs(), binary.rhs()) else { return };
        if !equal {
            return;
        }
        for (column, other) in [(&left, &right), (&right, &left)] {
            let Some(column) = column_of(column) else { continue };
            match other {
                ast::Expr::TupleExpr(tuple) => {
                    let items: Vec<ast::Expr> = tuple.syntax().children().filter_map(ast::Expr::cast).collect();
                    self.compare(&column, items.iter());
                }
                ast::Expr::ParenExpr(inner) => self.compare(&column, inner.expr().iter()),
                other => self.compare(&column, std::iter::once(other)),
            }
        }
    }

    pub(super) fn compare<'a>(&mut self, column: &Use, given: impl Iterator<Item = &'a ast::Expr>) {
        for expr in given {
            if let ast::Expr::Literal(literal) = expr
                && is_string(literal)
            {
                self.command.compared.push((column.clone(), string(literal)));
            }
        }
    }
}

fn is_leaf(kind: SyntaxKind) -> bool {
    use SyntaxKind::{CALL_EXPR, CAST_EXPR, FIELD_EXPR, LITERAL, NAME_REF};
    is_command(kind) || matches!(kind, FIELD_EXPR | NAME_REF | CALL_EXPR | CAST_EXPR | LITERAL) || ast::BinExpr::can_cast(kind)
}

pub(super) fn is_string(literal: &ast::Literal) -> bool {
    matches!(
        literal.kind(),
        Some(LitKind::String(_) | LitKind::EscString(_) | LitKind::DollarQuotedString(_) | LitKind::NationalString(_))
    )
}

/// The node of a compound query that its `WITH` clause stands at in the tree.
fn first_operand(node: &SyntaxNode) -> SyntaxNode {
    let mut found = node.clone();
    while found.kind() == SyntaxKind::COMPOUND_SELECT {
        let Some(first) = found.children().next() else { break };
        if first.kind() == SyntaxKind::WITH_CLAUSE {
            break;
        }
        found = first;
    }
    found
}

fn path(field: &ast::FieldExpr) -> Option<Vec<String>> {
    let mut parts = match field.base()? {
        ast::Expr::NameRef(name) => vec![ident(&name)],
        ast::Expr::FieldExpr(inner) => path(&inner)?,
        _ => return None,
    };
    parts.extend(field.field().map(|name| ident(&name)));
    Some(parts)
}

fn column_of(expr: &ast::Expr) -> Option<Use> {
    match expr {
        ast::Expr::NameRef(name) if is_column(name) => Some(Use { column: ident(name), ..Use::default() }),
        ast::Expr::FieldExpr(field) => {
            let mut qualifier = path(field)?;
            let column = qualifier.pop()?;
            Some(Use { qualifier, column, place: Place::Expression })
        }
        ast::Expr::ParenExpr(inner) => column_of(&inner.expr()?),
        _ => None,
    }
}

/// `FROM f(1)`: the function's name is the name of its rows.
fn function_name(item: &ast::FromItem) -> Option<String> {
    let call = item.syntax().children().find_map(ast::CallExpr::cast)?;
    words(call.expr()?.syntax()).pop()
}

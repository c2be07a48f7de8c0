//! The columns a query gives out: names and types, as far as its text tells.

use squawk_syntax::ast::{self, AstNode, BinOp, LitKind};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::node::{ident, object, text, words};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::Output;
use crate::statement::parse::type_name::canonical;

/// A source of a `FROM` list, by the name the query calls it.
struct Source {
    called: String,
    columns: Columns,
}

/// The columns of a source.
#[derive(Clone)]
enum Columns {
    /// Those of a table or view.
    Table(ObjectName),
    /// Those of a query.
    Query(Vec<Output>),
    /// Nobody knows.
    Unknown,
}

/// `WITH` queries in scope by name, the nearest last.
type Scope = Vec<(String, Columns)>;

/// The columns of a query; `None` where one cannot be told from the text.
pub(super) fn of_query(query: &SyntaxNode) -> Option<Vec<Output>> {
    outputs(query, &Scope::new())
}

fn outputs(query: &SyntaxNode, scope: &Scope) -> Option<Vec<Output>> {
    let mut scope = scope.clone();
    if let Some(with) = query.children().find_map(ast::WithClause::cast) {
        for table in with.with_tables() {
            let Some(name) = table.name().map(|name| ident(&name)) else { continue };
            let plain = table.column_list().is_none() && with.recursive_token().is_none();
            let known = table.query().filter(|_| plain).and_then(|query| outputs(query.syntax(), &scope));
            scope.push((name, known.map_or(Columns::Unknown, Columns::Query)));
        }
    }
    match query.kind() {
        SyntaxKind::PAREN_SELECT => outputs(ast::ParenSelect::cast(query.clone())?.select()?.syntax(), &scope),
        SyntaxKind::COMPOUND_SELECT => {
            let mut parts = query.children().filter_map(ast::SelectVariant::cast);
            let first = outputs(parts.next()?.syntax(), &scope)?;
            // Operands of other types would meet in a third one.
            parts.all(|part| outputs(part.syntax(), &scope).as_ref() == Some(&first)).then_some(first)
        }
        SyntaxKind::TABLE => Some(vec![Output::All { table: object(&ast::Table::cast(query.clone())?.relation_name()?) }]),
        SyntaxKind::SELECT | SyntaxKind::SELECT_INTO => of_select(query, &scope),
        _ => None,
    }
}

fn of_select(select: &SyntaxNode, scope: &Scope) -> Option<Vec<Output>> {
    let sources = sources(select, scope)?;
    let clause = select.children().find_map(ast::SelectClause::cast)?;
    let mut found = Vec::new();
    for target in clause.target_list()?.targets() {
        if target.star_token().is_some() && target.expr().is_none() {
            // USING and NATURAL merge columns.
            let merges = select.descendants().any(|node| node.kind() == SyntaxKind::JOIN_USING_CLAUSE)
                || ast::Select::cast(select.clone()).is_some_and(|select| text(&select).to_lowercase().contains("natural "));
            for source in &sources {
                all(&source.columns, merges, &mut found)?;
            }
            continue;
        }
        let expr = target.expr()?;
        if let ast::Expr::FieldExpr(field) = &expr
            && field.star_token().is_some()
        {
            let called = words(field.syntax()).pop()?;
            all(&sources.iter().find(|source| source.called == called)?.columns, false, &mut found)?;
            continue;
        }
        let alias = target.as_name().and_then(|alias| alias.name()).map(|name| ident(&name));
        found.push(value(&expr, alias.or_else(|| name_of(&expr))?, &sources)?);
    }
    Some(found)
}

fn all(columns: &Columns, merges: bool, found: &mut Vec<Output>) -> Option<()> {
    match columns {
        _ if merges => None,
        Columns::Table(table) => {
            found.push(Output::All { table: table.clone() });
            Some(())
        }
        Columns::Query(outputs) => {
            found.extend(outputs.iter().cloned());
            Some(())
        }
        Columns::Unknown => None,
    }
}

/// The items of the `FROM` list, joins included.
fn sources(select: &SyntaxNode, scope: &Scope) -> Option<Vec<Source>> {
    let Some(from) = select.children().find_map(ast::FromClause::cast) else { return Some(Vec::new()) };
    let mut found = Vec::new();
    for node in super::query::own_nodes(from.syntax()) {
        let Some(item) = ast::FromItem::cast(node) else { continue };
        let alias = item.alias();
        // `AS t (a, b)` gives the columns other names.
        let renamed = alias.as_ref().is_some_and(|alias| text(alias).contains('('));
        let alias = alias.and_then(|alias| alias.name()).map(|name| ident(&name));
        let (own, columns) = match &item {
            ast::FromItem::RelationFromItem(relation) => {
                let name = object(&relation.relation_name_ref()?);
                let with = scope.iter().rev().find(|(own, _)| name.schema.is_none() && *own == name.name);
                (Some(name.name.clone()), with.map_or(Columns::Table(name), |(_, columns)| columns.clone()))
            }
            ast::FromItem::ParenFromItem(inner) => match inner.paren_select() {
                Some(query) => (None, outputs(query.syntax(), scope).map_or(Columns::Unknown, Columns::Query)),
                // A join in brackets: its items follow.
                None => continue,
            },
            _ => (None, Columns::Unknown),
        };
        let columns = if renamed { Columns::Unknown } else { columns };
        found.push(Source { called: alias.or(own).unwrap_or_default(), columns });
    }
    Some(found)
}

fn value(expr: &ast::Expr, name: String, sources: &[Source]) -> Option<Output> {
    let typed = |data_type: &str| Some(Output::Value { name: name.clone(), data_type: data_type.to_owned() });
    match expr {
        ast::Expr::ParenExpr(inner) => value(&inner.expr()?, name, sources),
        ast::Expr::NameRef(column) => match ident(column).as_str() {
            "current_date" => typed("date"),
            "current_timestamp" => typed("timestamp with time zone"),
            "current_user" | "session_user" | "user" => typed("name"),
            column => one_of(sources, column, name),
        },
        ast::Expr::FieldExpr(field) => {
            let mut parts = words(field.syntax());
            let column = parts.pop()?;
            let called = parts.pop()?;
            let source = sources.iter().find(|source| source.called == called)?;
            one_of(std::slice::from_ref(source), &column, name)
        }
        ast::Expr::CastExpr(cast) => typed(&canonical(&text(&cast.ty()?), Dialect::Postgres).name),
        ast::Expr::Literal(literal) => match literal.kind()? {
            LitKind::String(_) | LitKind::EscString(_) | LitKind::DollarQuotedString(_) | LitKind::Null(_) => typed("text"),
            LitKind::True(_) | LitKind::False(_) => typed("boolean"),
            LitKind::IntNumber(token) => typed(if token.text().parse::<i32>().is_ok() { "integer" } else { "bigint" }),
            LitKind::NumericNumber(_) => typed("numeric"),
            _ => None,
        },
        ast::Expr::CallExpr(call) => typed(returned(&words(call.expr()?.syntax()).pop()?)?),
        ast::Expr::BinExpr(binary) => match binary.op()? {
            BinOp::And(_)
            | BinOp::Or(_)
            | BinOp::Eq(_)
            | BinOp::Neq(_)
            | BinOp::Neqb(_)
            | BinOp::LAngle(_)
            | BinOp::RAngle(_)
            | BinOp::Lteq(_)
            | BinOp::Gteq(_)
            | BinOp::In(_)
            | BinOp::NotIn(_)
            | BinOp::Is(_)
            | BinOp::IsNot(_)
            | BinOp::Like(_)
            | BinOp::NotLike(_)
            | BinOp::Ilike(_)
            | BinOp::NotIlike(_) => typed("boolean"),
            _ => None,
        },
        ast::Expr::BetweenExpr(_) => typed("boolean"),
        ast::Expr::CaseExpr(case) => typed(&one_type(case, sources)?),
        _ => None,
    }
}

/// The type of a `CASE` whose branches all have the same one.
fn one_type(case: &ast::CaseExpr, sources: &[Source]) -> Option<String> {
    let results = case
        .when_clause_list()?
        .when_clauses()
        .map(|when| when.then())
        .chain([case.else_clause().map(|last| last.expr())].into_iter().flatten());
    let mut found: Option<String> = None;
    for result in results {
        let result = result?;
        if matches!(&result, ast::Expr::Literal(literal) if matches!(literal.kind(), Some(LitKind::Null(_)))) {
            continue;
        }
        let Output::Value { data_type, .. } = value(&result, String::new(), sources)? else { return None };
        match &found {
            Some(other) if *other != data_type => return None,
            _ => found = Some(data_type),
        }
    }
    found
}

/// A column of whichever source has it.
fn one_of(sources: &[Source], column: &str, name: String) -> Option<Output> {
    let mut tables = Vec::new();
    for source in sources {
        match &source.columns {
            Columns::Table(table) => tables.push(table.clone()),
            Columns::Query(outputs) => {
                for output in outputs {
                    match output {
                        Output::All { table } => tables.push(table.clone()),
                        Output::Column { name: own, .. } | Output::Value { name: own, .. } if own == column => {
                            let mut found = output.clone();
                            if let Output::Column { name: own, .. } | Output::Value { name: own, .. } = &mut found {
                                *own = name;
                            }
                            return Some(found);
                        }
                        Output::Column { .. } | Output::Value { .. } => {}
                    }
                }
            }
            Columns::Unknown => return None,
        }
    }
    Some(Output::Column { name, tables, column: column.to_owned() })
}

/// The type of a function that has one whatever it is given.
fn returned(function: &str) -> Option<&'static str> {
    Some(match function {
        "count" | "row_number" | "rank" | "dense_rank" | "nextval" | "currval" => "bigint",
        "now" | "clock_timestamp" | "transaction_timestamp" | "statement_timestamp" => "timestamp with time zone",
        "gen_random_uuid" | "uuid_generate_v4" | "uuid_generate_v1" => "uuid",
        "concat" | "concat_ws" | "lower" | "upper" | "md5" | "replace" | "to_char" | "string_agg" | "initcap" | "format" => {
            "text"
        }
        "length" | "char_length" => "integer",
        "random" => "double precision",
        "jsonb_build_object" | "jsonb_agg" | "to_jsonb" | "jsonb_build_array" | "jsonb_set" => "jsonb",
        "json_build_object" | "json_agg" | "to_json" | "row_to_json" => "json",
        "bool_and" | "bool_or" | "exists" => "boolean",
        _ => return None,
    })
}

/// The name the server gives a column without one.
pub(super) fn name_of(expr: &ast::Expr) -> Option<String> {
    match expr {
        ast::Expr::NameRef(name) => Some(ident(name)),
        ast::Expr::FieldExpr(field) => words(field.syntax()).pop(),
        ast::Expr::CallExpr(call) => words(call.expr()?.syntax()).pop(),
        ast::Expr::ParenExpr(inner) => name_of(&inner.expr()?),
        ast::Expr::CastExpr(cast) => match cast.expr()? {
            ast::Expr::Literal(_) => Some(internal(&canonical(&text(&cast.ty()?), Dialect::Postgres).name)),
            inner => name_of(&inner),
        },
        ast::Expr::BinExpr(binary) if binary.syntax().children().any(|node| node.kind() == SyntaxKind::AT_TIME_ZONE) => {
            Some("timezone".to_owned())
        }
        ast::Expr::BinExpr(binary)
            if binary.syntax().children_with_tokens().any(|part| part.kind() == SyntaxKind::OVERLAPS_KW) =>
        {
            Some("overlaps".to_owned())
        }
        ast::Expr::Literal(_) | ast::Expr::BinExpr(_) => Some("?column?".to_owned()),
        _ => None,
    }
}

/// The name by which the server itself knows a type, without its modifiers.
fn internal(canonical: &str) -> String {
    let bare = canonical.split(['(', '[']).next().unwrap_or_default().trim();
    match bare {
        "bigint" => "int8",
        "integer" => "int4",
        "smallint" => "int2",
        "boolean" => "bool",
        "double precision" => "float8",
        "real" => "float4",
        "character varying" => "varchar",
        "character" => "bpchar",
        "timestamp with time zone" => "timestamptz",
        "timestamp without time zone" => "timestamp",
        "time with time zone" => "timetz",
        "time without time zone" => "time",
        named => named,
    }
    .to_owned()
}

//! Expressions of MySQL and MariaDB that the simulated schema decides: literals, variables, and questions to
//! `information_schema`. Whatever else is in one makes it unknown.

use litemap::LiteMap;
use serde::{Deserialize, Serialize};
use sqlparser::ast::{
    BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Query, Select, SelectItem, SetExpr, Statement,
    TableFactor, UnaryOperator, Value as Literal,
};

use super::information;
use crate::catalog::Catalog;
use crate::name::ObjectName;
use crate::statement::parse;

/// What is known of a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// Nothing.
    #[default]
    Unknown,
    /// NULL.
    Null,
    /// A whole number; truth is 1 and 0.
    Number(i64),
    /// A text.
    Text(String),
}

/// Parameters and variables of a routine, by their names in small letters.
pub(super) type Locals = LiteMap<String, Value>;

/// A row that an expression may name columns of.
type Row = LiteMap<&'static str, Value>;

impl Value {
    /// Whether it counts as true; `None`: not known.
    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            Self::Unknown => None,
            Self::Null => Some(false),
            Self::Number(number) => Some(*number != 0),
            Self::Text(text) => text.trim().parse::<i64>().ok().map(|number| number != 0),
        }
    }

    fn of(truth: bool) -> Self {
        Self::Number(i64::from(truth))
    }
}

/// The value of an expression as written.
pub(super) fn evaluate(catalog: &Catalog, locals: &Locals, expression: &str) -> Value {
    let Ok(Statement::Query(query)) = parse::mysql_query(&format!("SELECT {expression}")) else { return Value::Unknown };
    Scope { catalog, locals, row: None }.query(&query)
}

struct Scope<'c> {
    catalog: &'c Catalog,
    locals: &'c Locals,
    row: Option<&'c Row>,
}

impl Scope<'_> {
    /// The one value of a query.
    fn query(&self, query: &Query) -> Value {
        let Some((select, rows)) = self.rows(query) else { return Value::Unknown };
        let [SelectItem::UnnamedExpr(item) | SelectItem::ExprWithAlias { expr: item, .. }] = select.projection.as_slice() else {
            return Value::Unknown;
        };
        let Some(rows) = rows else { return self.expression(item) };
        if is_count(item) {
            return rows.count().map_or(Value::Unknown, Value::Number);
        }
        match (rows.sure.as_slice(), rows.maybe) {
            ([], false) => Value::Null,
            ([row], false) => Scope { row: Some(row), ..*self }.expression(item),
            _ => Value::Unknown,
        }
    }

    /// A query's rows; none where it has no `FROM`.
    fn rows<'q>(&self, query: &'q Query) -> Option<(&'q Select, Option<Rows>)> {
        let SetExpr::Select(select) = query.body.as_ref() else { return None };
        let select: &Select = select;
        let table = match select.from.as_slice() {
            [] => None,
            [from] if from.joins.is_empty() => match &from.relation {
                TableFactor::Table { name, .. } => Some(name),
                _ => return None,
            },
            _ => return None,
        };
        let Some(table) = table else { return select.selection.is_none().then_some((select, None)) };
        let parts: Vec<String> =
            table.0.iter().filter_map(|part| part.as_ident()).map(|name| name.value.to_lowercase()).collect();
        let rows = match parts.as_slice() {
            [one] if one == "dual" => return Some((select, None)),
            [schema, table] if schema == "information_schema" => information::rows(self.catalog, table)?,
            _ => return None,
        };
        let mut found = Rows { sure: Vec::new(), maybe: self.catalog.opaque };
        for row in rows {
            let holds = match &select.selection {
                Some(condition) => Scope { row: Some(&row), ..*self }.expression(condition).truth(),
                None => Some(true),
            };
            match holds {
                Some(true) => found.sure.push(row),
                Some(false) => {}
                None => found.maybe = true,
            }
        }
        Some((select, Some(found)))
    }

    fn expression(&self, expression: &Expr) -> Value {
        match expression {
            Expr::Value(literal) => constant(&literal.value),
            Expr::Nested(inner) => self.expression(inner),
            Expr::Identifier(name) => self.named(&name.value),
            Expr::CompoundIdentifier(parts) => parts.last().map_or(Value::Unknown, |name| self.named(&name.value)),
            Expr::Subquery(query) => self.query(query),
            Expr::Exists { subquery, negated } => {
                let exists = self.rows(subquery).and_then(|(_, rows)| rows.map_or(Some(true), |rows| rows.exists()));
                exists.map_or(Value::Unknown, |exists| Value::of(exists != *negated))
            }
            Expr::IsNull(inner) => self.is_null(inner, true),
            Expr::IsNotNull(inner) => self.is_null(inner, false),
            Expr::UnaryOp { op: UnaryOperator::Not | UnaryOperator::BangNot, expr } => {
                self.expression(expr).truth().map_or(Value::Unknown, |truth| Value::of(!truth))
            }
            Expr::InList { expr, list, negated } => {
                let own = self.expression(expr);
                let equal: Vec<Option<bool>> = list.iter().map(|one| equal(&own, &self.expression(one))).collect();
                match (equal.contains(&Some(true)), equal.contains(&None)) {
                    (true, _) => Value::of(!negated),
                    (false, false) => Value::of(*negated),
                    (false, true) => Value::Unknown,
                }
            }
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right),
            Expr::Function(function) => {
                let name = function.name.0.last().and_then(|part| part.as_ident()).map(|name| name.value.to_lowercase());
                let arguments: Option<Vec<&Expr>> = match &function.args {
                    FunctionArguments::List(list) => list.args.iter().map(argument).collect(),
                    FunctionArguments::None => Some(Vec::new()),
                    FunctionArguments::Subquery(_) => None,
                };
                self.function(name.as_deref().unwrap_or_default(), &arguments.unwrap_or_default())
            }
            _ => Value::Unknown,
        }
    }

    fn named(&self, name: &str) -> Value {
        let name = name.to_lowercase();
        if name.starts_with('@') {
            // A variable that nobody set is NULL, unless something opaque may have set it.
            let unset = if self.catalog.opaque { Value::Unknown } else { Value::Null };
            return self.catalog.variables.get(&ObjectName::bare(name)).cloned().unwrap_or(unset);
        }
        let column = self.row.and_then(|row| row.get(name.as_str()));
        column.or_else(|| self.locals.get(&name)).cloned().unwrap_or_default()
    }

    fn is_null(&self, inner: &Expr, wanted: bool) -> Value {
        match self.expression(inner) {
            Value::Unknown => Value::Unknown,
            value => Value::of((value == Value::Null) == wanted),
        }
    }

    fn binary(&self, left: &Expr, op: &BinaryOperator, right: &Expr) -> Value {
        let (a, b) = (self.expression(left), self.expression(right));
        let truth = match op {
            BinaryOperator::And => match (a.truth(), b.truth()) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            BinaryOperator::Or => match (a.truth(), b.truth()) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            BinaryOperator::Eq => equal(&a, &b),
            BinaryOperator::NotEq => match (&a, &b) {
                (Value::Null, _) | (_, Value::Null) => Some(false),
                _ => equal(&a, &b).map(|equal| !equal),
            },
            BinaryOperator::Gt => order(&a, &b).map(std::cmp::Ordering::is_gt),
            BinaryOperator::GtEq => order(&a, &b).map(std::cmp::Ordering::is_ge),
            BinaryOperator::Lt => order(&a, &b).map(std::cmp::Ordering::is_lt),
            BinaryOperator::LtEq => order(&a, &b).map(std::cmp::Ordering::is_le),
            _ => None,
        };
        truth.map_or(Value::Unknown, Value::of)
    }

    fn function(&self, name: &str, arguments: &[&Expr]) -> Value {
        match (name, arguments) {
            // The database that names without one mean; tables in it are stored without.
            ("database" | "schema", []) => self
                .catalog
                .search_path
                .first()
                .map_or_else(|| Value::Text(information::DATABASE.to_owned()), |database| Value::Text(database.clone())),
            ("if", [condition, yes, no]) => match self.expression(condition).truth() {
                Some(true) => self.expression(yes),
                Some(false) => self.expression(no),
                None => Value::Unknown,
            },
            ("ifnull" | "coalesce", [first, rest @ ..]) => match (self.expression(first), rest) {
                (Value::Null, [_, ..]) => self.function(name, rest),
                (value, _) => value,
            },
            ("concat", parts) => {
                let mut text = String::new();
                for part in parts {
                    match self.expression(part) {
                        Value::Text(part) => text.push_str(&part),
                        Value::Number(part) => text.push_str(&part.to_string()),
                        other => return other,
                    }
                }
                Value::Text(text)
            }
            ("lower" | "lcase" | "upper" | "ucase", [inner]) => match self.expression(inner) {
                Value::Text(text) if matches!(name, "lower" | "lcase") => Value::Text(text.to_lowercase()),
                Value::Text(text) => Value::Text(text.to_uppercase()),
                other => other,
            },
            _ => Value::Unknown,
        }
    }
}

/// The rows of a question to `information_schema`.
struct Rows {
    sure: Vec<Row>,
    /// There may be more.
    maybe: bool,
}

impl Rows {
    fn exists(&self) -> Option<bool> {
        if self.sure.is_empty() { (!self.maybe).then_some(false) } else { Some(true) }
    }

    fn count(&self) -> Option<i64> {
        (!self.maybe).then(|| i64::try_from(self.sure.len()).unwrap_or(i64::MAX))
    }
}

fn is_count(item: &Expr) -> bool {
    matches!(item, Expr::Function(function) if function.name.0.last().and_then(|part| part.as_ident()).is_some_and(|name| name.value.eq_ignore_ascii_case("count")))
}

fn argument(argument: &FunctionArg) -> Option<&Expr> {
    match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(inner)) => Some(inner),
        _ => None,
    }
}

fn constant(literal: &Literal) -> Value {
    match literal {
        Literal::Number(digits, _) => digits.parse().map_or(Value::Unknown, Value::Number),
        Literal::SingleQuotedString(text) | Literal::DoubleQuotedString(text) => Value::Text(text.clone()),
        Literal::Boolean(truth) => Value::of(*truth),
        Literal::Null => Value::Null,
        _ => Value::Unknown,
    }
}

/// Names compare without case, as the server's usual collations do.
fn equal(a: &Value, b: &Value) -> Option<bool> {
    match (a, b) {
        (Value::Null, _) | (_, Value::Null) => Some(false),
        // The database whose name is not known may bear any.
        (Value::Text(a), Value::Text(b)) if a != b && [a, b].iter().any(|text| *text == information::DATABASE) => None,
        (Value::Text(a), Value::Text(b)) => Some(a.trim_end().to_lowercase() == b.trim_end().to_lowercase()),
        _ => order(a, b).map(std::cmp::Ordering::is_eq),
    }
}

fn order(a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    let number = |value: &Value| match value {
        Value::Number(number) => Some(*number),
        Value::Text(text) => text.trim().parse().ok(),
        Value::Null | Value::Unknown => None,
    };
    Some(number(a)?.cmp(&number(b)?))
}

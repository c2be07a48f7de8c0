//! Functions and procedures.

use squawk_syntax::ast::{self, AstNode, Stmt};

use super::Found;
use super::node::{cascades, object, plain, string, text, upper, words};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::{Operation, Volatility};
use crate::statement::parse::parse;
use crate::statement::split::{outside_brackets, tokens};
use crate::statement::words::is_aggregate;

/// Functions that return several rows.
const SETS: &str = "generate_series generate_subscripts json_array_elements json_each json_object_keys jsonb_array_elements \
    jsonb_each jsonb_object_keys regexp_matches regexp_split_to_table unnest";

/// Tokens of a longer body are no expression that a default calls.
const MOST_INLINED: usize = 200;

pub(super) fn operations(stmt: &Stmt) -> Found {
    match stmt {
        Stmt::CreateFunction(create) => {
            let replace = create.or_replace().is_some();
            Some(vec![of_routine(object(&create.name()?), replace, create.param_list(), create.option_list(), create.body())])
        }
        Stmt::CreateProcedure(create) => {
            let replace = create.or_replace().is_some();
            Some(vec![of_routine(object(&create.name()?), replace, create.param_list(), create.option_list(), create.body())])
        }
        Stmt::DropFunction(drop) => {
            let names = drop.function_sig_list()?.function_sigs().filter_map(|sig| Some(object(&sig.function_name_ref()?)));
            Some(dropped(names, drop.if_exists().is_some(), cascades(drop.drop_behavior())))
        }
        Stmt::DropProcedure(drop) => {
            let names = drop.procedure_sig_list()?.procedure_sigs().filter_map(|sig| Some(object(&sig.procedure_name_ref()?)));
            Some(dropped(names, drop.if_exists().is_some(), cascades(drop.drop_behavior())))
        }
        Stmt::DropRoutine(drop) => {
            let names = drop.routine_sig_list()?.routine_sigs().filter_map(|sig| Some(object(&sig.routine_name_ref()?)));
            Some(dropped(names, drop.if_exists().is_some(), cascades(drop.drop_behavior())))
        }
        Stmt::AlterFunction(alter) => {
            let name = object(&alter.function_sig()?.function_name_ref()?);
            Some(vec![altered(&name, &alter.action()?)])
        }
        Stmt::AlterProcedure(alter) => {
            let name = object(&alter.procedure_sig()?.procedure_name_ref()?);
            Some(vec![altered(&name, &alter.action()?)])
        }
        Stmt::AlterRoutine(alter) => {
            let name = object(&alter.routine_sig()?.routine_name_ref()?);
            Some(vec![altered(&name, &alter.action()?)])
        }
        _ => None,
    }
}

fn dropped(names: impl Iterator<Item = ObjectName>, if_exists: bool, cascade: bool) -> Vec<Operation> {
    names.map(|name| Operation::DropFunction { name, if_exists, cascade }).collect()
}

/// A new name or schema, or what changes no caller: owner, settings, cost.
fn altered(name: &ObjectName, action: &impl AstNode) -> Operation {
    let what = upper(action);
    let new = words(action.syntax()).pop().unwrap_or_default();
    let to = match (what.starts_with("RENAME"), what.starts_with("SET SCHEMA")) {
        (true, _) => ObjectName { schema: name.schema.clone(), name: new },
        (_, true) => ObjectName { schema: Some(new), name: name.name.clone() },
        _ => return Operation::Other { what: format!("ALTER FUNCTION {name} {what}"), tables: Vec::new() },
    };
    Operation::RenameFunction { name: name.clone(), to }
}

/// What a function's body does, by its language; the words for what keeps it from being read.
pub(super) fn body(text: &str, language: &str) -> Result<Vec<Operation>, String> {
    match language {
        "plpgsql" => Ok(super::plpgsql::operations(text)),
        "sql" => {
            let inner = text.trim();
            let starts = |word: &str| inner.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
            let sql = if starts("RETURN ") {
                format!("SELECT {}", inner.get(7..).unwrap_or_default())
            } else {
                atomic(inner).unwrap_or(inner).to_owned()
            };
            Ok(parse(&sql, Dialect::Postgres).0)
        }
        other => Err(format!("it is written in {other}")),
    }
}

/// What stands between `BEGIN ATOMIC` and `END`.
fn atomic(body: &str) -> Option<&str> {
    const BEGIN: &str = "BEGIN ATOMIC";
    body.get(..BEGIN.len()).filter(|start| start.eq_ignore_ascii_case(BEGIN))?;
    let end = body.trim_end_matches(';').trim_end().len().saturating_sub("END".len());
    body.get(BEGIN.len()..end)
}

fn of_routine(
    name: ObjectName,
    replace: bool,
    parameters: Option<ast::ParamList>,
    options: Option<ast::FuncOptionList>,
    body: Option<ast::RoutineBody>,
) -> Operation {
    let arguments = parameters.map(|list| plain(&list)).unwrap_or_default();
    let arguments = arguments.strip_prefix('(').unwrap_or(&arguments);
    let arguments = arguments.strip_suffix(')').unwrap_or(arguments).trim().to_owned();
    let (mut volatility, mut language, mut apart) = (Volatility::default(), None, false);
    let mut body = body.map(|body| text(&body));
    for option in options.into_iter().flat_map(|list| list.options()) {
        match option {
            ast::FuncOption::VolatilityFuncOption(of) => {
                volatility = match of {
                    ast::VolatilityFuncOption::Immutable(_) => Volatility::Immutable,
                    ast::VolatilityFuncOption::Stable(_) => Volatility::Stable,
                    ast::VolatilityFuncOption::Volatile(_) => Volatility::Volatile,
                };
            }
            ast::FuncOption::LanguageFuncOption(of) => language = of.language_name().map(|name| name.name.to_lowercase()),
            ast::FuncOption::AsFuncOption(of) => {
                if let Some(ast::AsFuncTarget::AsDefinition(definition)) = of.as_func_target() {
                    body = definition.literal().map(|literal| string(&literal));
                }
            }
            ast::FuncOption::SecurityDefinerFuncOption(_) | ast::FuncOption::SetFuncOption(_) => apart = true,
            ast::FuncOption::StrictFuncOption(_) | ast::FuncOption::ReturnsNullOnNullInputFuncOption(_) => {
                apart |= !arguments.is_empty();
            }
            _ => {}
        }
    }
    // The standard's body without a LANGUAGE is SQL.
    if language.is_none() && body.is_some() {
        language = Some("sql".to_owned());
    }
    let sql = !apart && language.as_deref() == Some("sql");
    let inlined = body.as_deref().filter(|_| sql).and_then(inlined).map(str::to_owned);
    Operation::CreateFunction { name, arguments, replace, volatility, body, language, inlined }
}

/// The one expression of a body that the server puts in the place of a call (`inline_function` of PostgreSQL's `clauses.c`).
fn inlined(body: &str) -> Option<&str> {
    const CLAUSES: [&str; 16] = [
        ";",
        ",",
        "from",
        "where",
        "group",
        "having",
        "order",
        "limit",
        "offset",
        "fetch",
        "for",
        "union",
        "except",
        "intersect",
        "window",
        "into",
    ];
    let text = atomic(body.trim()).unwrap_or(body).trim_end().trim_end_matches(';');
    let tokens = tokens(text, Dialect::Postgres, MOST_INLINED);
    let is = |token: &str, word: &str| token.eq_ignore_ascii_case(word);
    let (first, rest) = tokens.split_first()?;
    let many = |call: &str| is_aggregate(call) || SETS.split_ascii_whitespace().any(|known| known == call);
    let calls = rest.windows(2).filter(|pair| matches!(pair, [_, "("]));
    if calls.flat_map(|pair| pair.first()).any(|call| many(&call.to_lowercase())) {
        return None;
    }
    let starts = is(first, "select") || is(first, "return");
    let queries = rest.iter().any(|token| is(token, "select") || is(token, "distinct") || is(token, "values"));
    let clauses = outside_brackets(rest, 0, |token| CLAUSES.iter().any(|word| is(token, word))) < rest.len();
    if !starts || queries || clauses || tokens.len() == MOST_INLINED {
        return None;
    }
    // Both are parts of the same text.
    let start = (first.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    text.get(start + first.len()..).map(str::trim)
}

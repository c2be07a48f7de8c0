//! Functions and procedures.

use squawk_syntax::ast::{self, AstNode, Stmt};

use super::Found;
use super::node::{cascades, object, plain, string, text, upper, words};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::{Operation, Volatility};
use crate::statement::parse::parse;

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
            } else if starts("BEGIN ATOMIC") {
                let end = inner.trim_end_matches(';').trim_end().len().saturating_sub("END".len());
                inner.get("BEGIN ATOMIC".len()..end).unwrap_or_default().to_owned()
            } else {
                inner.to_owned()
            };
            Ok(parse(&sql, Dialect::Postgres).0)
        }
        other => Err(format!("it is written in {other}")),
    }
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
    let (mut volatility, mut language) = (Volatility::default(), None);
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
            _ => {}
        }
    }
    // The standard's body without a LANGUAGE is SQL.
    if language.is_none() && body.is_some() {
        language = Some("sql".to_owned());
    }
    Operation::CreateFunction { name, arguments, replace, volatility, body, language }
}

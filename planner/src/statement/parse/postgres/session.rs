//! Session commands: settings, transactions, locks, maintenance, `COPY`, `SELECT`, and what runs code.

use squawk_syntax::ast::{self, AstNode, Stmt};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::calls::{self, Known};
use super::node::{object, string, text, text_after, tokens, upper, words};
use super::{Found, data, query};
use crate::statement::operation::{Called, MaintainVerb, Operation, TransactionVerb};
use crate::statement::parse::opaque;

pub(super) fn operations(stmt: &Stmt) -> Found {
    settings(stmt).or_else(|| transactions(stmt)).or_else(|| maintenance(stmt)).or_else(|| queries(stmt)).or_else(|| code(stmt))
}

fn parameter(name: &str, value: String, local: bool) -> Found {
    Some(vec![Operation::SetParameter { name: name.to_owned(), value, local }])
}

fn settings(stmt: &Stmt) -> Found {
    match stmt {
        Stmt::Set(set) => {
            let local = matches!(set.set_scope(), Some(ast::SetScope::LocalScope(_)));
            match set.set_target()? {
                ast::SetTarget::SetConfig(config) => {
                    let name = words(config.config_parameter_ref()?.syntax()).join(".");
                    let value = match config.config_assignment()? {
                        ast::ConfigAssignment::FromCurrent(_) => "FROM CURRENT".to_owned(),
                        ast::ConfigAssignment::ToConfigValue(to) => text_after(to.syntax(), 1),
                    };
                    parameter(&name, value, local)
                }
                ast::SetTarget::SetSchemaValue(value) => parameter("search_path", text(&value.literal()?), local),
                ast::SetTarget::SetTimeZone(zone) => parameter("timezone", text_after(zone.syntax(), 2), local),
                ast::SetTarget::SetXmlOption(option) => parameter("xmloption", text_after(option.syntax(), 2), local),
                ast::SetTarget::SetCatalog(_) => None,
            }
        }
        Stmt::Reset(reset) => parameter(&text_after(reset.syntax(), 1).to_lowercase(), "DEFAULT".to_owned(), false),
        Stmt::SetConstraints(set) => parameter("constraints", text_after(set.syntax(), 2), true),
        Stmt::SetTransaction(set) => parameter("transaction", text_after(set.syntax(), 2), true),
        Stmt::SetRole(set) => {
            let local = matches!(set.set_scope(), Some(ast::SetScope::LocalScope(_)));
            parameter("role", set.set_role_target().map(|target| text(&target)).unwrap_or_default(), local)
        }
        Stmt::ResetRole(_) => parameter("role", "NONE".to_owned(), false),
        Stmt::SetSessionAuth(set) => {
            let local = matches!(set.set_scope(), Some(ast::SetScope::LocalScope(_)));
            let value = set.set_session_auth_target().map(|target| text(&target)).unwrap_or_default();
            parameter("session_authorization", value, local)
        }
        Stmt::ResetSessionAuth(_) => parameter("session_authorization", "DEFAULT".to_owned(), false),
        _ => None,
    }
}

fn transactions(stmt: &Stmt) -> Found {
    let verb = match stmt {
        Stmt::Begin(_) => TransactionVerb::Begin,
        Stmt::Commit(ast::Commit::CommitTransaction(_)) => TransactionVerb::Commit,
        Stmt::Rollback(ast::Rollback::RollbackTransaction(_)) => TransactionVerb::Rollback,
        Stmt::Rollback(ast::Rollback::RollbackToSavepoint(_)) | Stmt::SavepointCreate(_) | Stmt::ReleaseSavepoint(_) => {
            TransactionVerb::Savepoint
        }
        _ => return None,
    };
    Some(vec![Operation::Transaction { verb }])
}

fn maintenance(stmt: &Stmt) -> Found {
    match stmt {
        Stmt::Lock(lock) => {
            let mode = lock.lock_mode_clause().and_then(|clause| clause.lock_mode()).map(|mode| upper(&mode));
            let mode = mode.unwrap_or_else(|| "ACCESS EXCLUSIVE".to_owned());
            let tables = lock.relation_list()?.relation_names();
            Some(tables.map(|table| Operation::LockTable { table: object(&table), mode: mode.clone() }).collect())
        }
        Stmt::Vacuum(vacuum) => {
            let verb = if vacuum.is_full() { MaintainVerb::VacuumFull } else { MaintainVerb::Vacuum };
            Some(maintain(verb, vacuum.table_and_columns_list()))
        }
        Stmt::Analyze(analyze) => Some(maintain(MaintainVerb::Analyze, analyze.table_and_columns_list())),
        Stmt::Cluster(cluster) => {
            let legacy = cluster.cluster_legacy().and_then(|legacy| legacy.on_path()).and_then(|on| on.table_name_ref());
            let table = cluster.table_name_ref().or(legacy).map(|table| object(&table));
            Some(vec![Operation::Maintain { verb: MaintainVerb::Cluster, table }])
        }
        Stmt::Copy(copy) => of_copy(copy),
        _ => None,
    }
}

fn maintain(verb: MaintainVerb, tables: Option<ast::TableAndColumnsList>) -> Vec<Operation> {
    let tables: Vec<_> = tables.into_iter().flat_map(|list| list.table_and_columnss()).collect();
    if tables.is_empty() {
        return vec![Operation::Maintain { verb, table: None }];
    }
    let named = tables.into_iter().filter_map(|table| table.table_relation_name());
    named.map(|table| Operation::Maintain { verb, table: Some(object(&table)) }).collect()
}

fn of_copy(copy: &ast::Copy) -> Found {
    let table = copy.copy_table().and_then(|table| table.table_name_ref()).map(|table| object(&table));
    Some(match copy.copy_direction()? {
        ast::CopyDirection::CopyFrom(_) => vec![Operation::Copy { table: table? }],
        ast::CopyDirection::CopyTo(_) => match table {
            Some(table) => vec![Operation::Select { reads: vec![table], calls: Vec::new(), locks: Vec::new() }],
            None => of_query(copy.copy_query()?.syntax()),
        },
    })
}

fn queries(stmt: &Stmt) -> Found {
    let node = match stmt {
        Stmt::Select(_) | Stmt::CompoundSelect(_) | Stmt::ParenSelect(_) | Stmt::Values(_) | Stmt::Table(_) => stmt.syntax(),
        Stmt::Explain(explain) => {
            let analyzes =
                tokens(explain.syntax()).take_while(|token| token.kind() != SyntaxKind::R_PAREN).take(12).any(|token| {
                    matches!(token.kind(), SyntaxKind::ANALYZE_KW | SyntaxKind::ANALYSE_KW)
                        || token.text().eq_ignore_ascii_case("analyze")
                });
            if analyzes {
                return Some(vec![opaque("EXPLAIN ANALYZE runs its statement")]);
            }
            let reads = query::tables(explain.syntax());
            return Some(vec![Operation::Select { reads, calls: Vec::new(), locks: Vec::new() }]);
        }
        _ => return None,
    };
    Some(of_query(node))
}

/// A query: what it changes inside `WITH`, what it sets, what it calls.
fn of_query(node: &SyntaxNode) -> Vec<Operation> {
    let mut found = data::inner_changes(node);
    let calls = calls::in_node(node);
    let unknown: Vec<&str> = calls.iter().filter(|call| calls::known(call) == Known::Unknown).map(String::as_str).collect();
    if !unknown.is_empty() {
        let reason = format!("SELECT calls {}(), which may do anything", unknown.join("(), "));
        let reads = query::tables(node);
        if !reads.is_empty() {
            found.push(Operation::Select { reads, calls: Vec::new(), locks: query::row_locks(node) });
        }
        found.push(Operation::Call { calls: calls::foreign(node), reason });
        return found;
    }
    let settings = set_config(node);
    if settings.is_empty() || calls.len() > 1 {
        found.push(Operation::Select { reads: query::tables(node), calls, locks: query::row_locks(node) });
    }
    found.extend(settings);
    found
}

/// `set_config('search_path', '', false)` with literals is `SET`.
fn set_config(node: &SyntaxNode) -> Vec<Operation> {
    let mut found = Vec::new();
    for call in node.descendants().filter_map(ast::CallExpr::cast) {
        let named = call.expr().is_some_and(|name| words(name.syntax()).last().is_some_and(|last| last == "set_config"));
        let arguments: Vec<_> =
            call.arg_list().into_iter().flat_map(|list| list.args()).filter_map(|argument| argument.expr()).collect();
        if let ([ast::Expr::Literal(name), value, local], true) = (arguments.as_slice(), named) {
            let value = match value {
                ast::Expr::Literal(value) => format!("'{}'", string(value).replace('\'', "''")),
                value => text(value),
            };
            let local = text(local).eq_ignore_ascii_case("true");
            found.push(Operation::SetParameter { name: string(name).to_lowercase(), value, local });
        }
    }
    found
}

/// What a `DO` block does; one that only works with variables is named.
fn done(body: &str) -> Vec<Operation> {
    let found = super::plpgsql::operations(body);
    if found.is_empty() { vec![Operation::Other { what: "DO block".to_owned(), tables: Vec::new() }] } else { found }
}

/// Commands that run code or commands the planner does not see.
fn code(stmt: &Stmt) -> Found {
    let reason = match stmt {
        Stmt::Do(block) => {
            let language = block.do_language().and_then(|language| language.language_name());
            let language = language.map_or_else(|| "plpgsql".to_owned(), |language| language.name.to_lowercase());
            if language == "plpgsql" {
                let body = block.body().or_else(|| block.do_language().and_then(|own| own.literal()));
                return body.map(|body| done(&string(&body)));
            }
            format!("DO block in {language}")
        }
        Stmt::Call(call) => {
            let name = object(&call.procedure_name_ref()?);
            let reason = format!("CALL of procedure {name}");
            return Some(vec![Operation::Call {
                calls: vec![Called::Routine { name, arguments: calls::arguments(call.arg_list()) }],
                reason,
            }]);
        }
        Stmt::Execute(execute) => {
            format!("EXECUTE of prepared statement {}", object(&execute.prepared_statement_ref()?))
        }
        Stmt::Load(_) => "LOAD brings foreign code into the server".to_owned(),
        _ => return None,
    };
    Some(vec![opaque(reason)])
}

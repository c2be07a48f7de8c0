//! Commands without an operation of their own: those that surely touch no table, and the rest.

use squawk_syntax::ast::{self, AstNode, Stmt};

use super::Found;
use super::node::{command, object, text};
use crate::name::ObjectName;
use crate::statement::operation::Operation;
use crate::statement::split::short;

/// The command's words, for people: `CREATE STATISTICS`.
pub(super) fn title(stmt: &Stmt) -> String {
    command(stmt.syntax())
}

/// Commands that change neither tables nor their data. `None` for all others: these are opaque.
pub(super) fn operations(stmt: &Stmt) -> Found {
    let tables = match stmt {
        Stmt::CreateStatistics(create) => vec![object(&create.from_table()?)],
        Stmt::CreatePublication(create) => published(create.syntax()),
        Stmt::AlterPublication(alter) => published(alter.syntax()),
        Stmt::SecurityLabel(_)
        | Stmt::AlterAggregate(_)
        | Stmt::AlterCollation(_)
        | Stmt::AlterConversion(_)
        | Stmt::AlterDefaultPrivileges(_)
        | Stmt::AlterEventTrigger(_)
        | Stmt::AlterExtension(_)
        | Stmt::AlterForeignDataWrapper(_)
        | Stmt::AlterLanguage(_)
        | Stmt::AlterOperator(_)
        | Stmt::AlterOperatorClass(_)
        | Stmt::AlterOperatorFamily(_)
        | Stmt::AlterServer(_)
        | Stmt::AlterStatistics(_)
        | Stmt::AlterTextSearchConfiguration(_)
        | Stmt::AlterTextSearchDictionary(_)
        | Stmt::AlterTextSearchParser(_)
        | Stmt::AlterTextSearchTemplate(_)
        | Stmt::AlterUserMapping(_)
        | Stmt::AlterDatabase(_)
        | Stmt::Checkpoint(_)
        | Stmt::Close(_)
        | Stmt::CreateAccessMethod(_)
        | Stmt::CreateAggregate(_)
        | Stmt::CreateCast(_)
        | Stmt::CreateCollation(_)
        | Stmt::CreateConversion(_)
        | Stmt::CreateDatabase(_)
        | Stmt::CreateEventTrigger(_)
        | Stmt::CreateForeignDataWrapper(_)
        | Stmt::CreateLanguage(_)
        | Stmt::CreateOperator(_)
        | Stmt::CreateOperatorClass(_)
        | Stmt::CreateOperatorFamily(_)
        | Stmt::CreateServer(_)
        | Stmt::CreateTablespace(_)
        | Stmt::CreateTextSearchConfiguration(_)
        | Stmt::CreateTextSearchDictionary(_)
        | Stmt::CreateTextSearchParser(_)
        | Stmt::CreateTextSearchTemplate(_)
        | Stmt::CreateTransform(_)
        | Stmt::CreateUserMapping(_)
        | Stmt::Deallocate(_)
        | Stmt::DropEventTrigger(_)
        | Stmt::DropPublication(_)
        | Stmt::DropStatistics(_)
        | Stmt::DropTablespace(_)
        | Stmt::DropTextSearchConfig(_)
        | Stmt::DropTextSearchDict(_)
        | Stmt::DropTextSearchParser(_)
        | Stmt::DropTextSearchTemplate(_)
        | Stmt::DropTransform(_)
        | Stmt::DropUserMapping(_)
        | Stmt::Listen(_)
        | Stmt::Notify(_)
        | Stmt::Prepare(_)
        | Stmt::Show(_)
        | Stmt::Unlisten(_) => Vec::new(),
        // Nothing but the object itself goes, unless CASCADE takes columns and indexes along.
        Stmt::DropAggregate(_)
        | Stmt::DropCast(_)
        | Stmt::DropCollation(_)
        | Stmt::DropConversion(_)
        | Stmt::DropForeignDataWrapper(_)
        | Stmt::DropLanguage(_)
        | Stmt::DropOperator(_)
        | Stmt::DropOperatorClass(_)
        | Stmt::DropOperatorFamily(_)
        | Stmt::DropServer(_)
            if !text(stmt).to_lowercase().ends_with("cascade") =>
        {
            Vec::new()
        }
        _ => return None,
    };
    Some(vec![Operation::Other { what: described(stmt), tables }])
}

fn described(stmt: &Stmt) -> String {
    let line = text(stmt);
    let hides = ["password", "options", "secret"].iter().any(|word| line.to_lowercase().contains(word));
    if hides { title(stmt) } else { short(&line) }
}

fn published(node: &squawk_syntax::SyntaxNode) -> Vec<ObjectName> {
    let objects = node.descendants().filter_map(ast::PublicationObjectTable::cast);
    objects.filter_map(|of| Some(object(&of.table_name_ref()?))).collect()
}

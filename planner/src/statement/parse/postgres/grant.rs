//! Privileges and roles.

use squawk_syntax::ast::{self, Stmt};

use super::Found;
use super::node::{ident, object, upper};
use crate::name::ObjectName;
use crate::statement::operation::Operation;

pub(super) fn operations(stmt: &Stmt) -> Found {
    let role = |name: String| Some(vec![Operation::Role { name }]);
    match stmt {
        Stmt::Grant(grant) => {
            let on = grant.on_privilege_objects_clause();
            Some(vec![of_grant(false, grant.privileges(), on, grant.role_ref_list())])
        }
        Stmt::Revoke(revoke) => {
            let on = revoke.on_privilege_objects_clause();
            Some(vec![of_grant(true, revoke.privileges(), on, revoke.role_ref_list())])
        }
        Stmt::CreateRole(create) => role(ident(&create.role()?)),
        Stmt::CreateUser(create) => role(ident(&create.role()?)),
        Stmt::CreateGroup(create) => role(ident(&create.role()?)),
        Stmt::AlterRole(alter) => role(alter.role_ref().map_or_else(|| "ALL".to_owned(), |role| ident(&role))),
        Stmt::AlterUser(alter) => role(alter.role_ref().map_or_else(|| "ALL".to_owned(), |role| ident(&role))),
        Stmt::AlterGroup(alter) => role(ident(&alter.role_ref()?)),
        Stmt::DropRole(drop) => Some(roles(drop.role_refs())),
        Stmt::DropUser(drop) => Some(roles(drop.role_refs())),
        Stmt::DropGroup(drop) => Some(roles(drop.role_refs())),
        _ => None,
    }
}

fn roles(names: impl Iterator<Item = ast::RoleRef>) -> Vec<Operation> {
    names.map(|name| Operation::Role { name: ident(&name) }).collect()
}

fn of_grant(
    revoke: bool,
    privileges: Option<ast::Privileges>,
    on: Option<ast::OnPrivilegeObjectsClause>,
    to: Option<ast::RoleRefList>,
) -> Operation {
    let privileges = match privileges {
        Some(ast::Privileges::AllPrivileges(_)) => vec!["ALL".to_owned()],
        Some(ast::Privileges::RevokeCommandList(list)) => {
            // Without objects these are roles that are granted.
            let written = |command: ast::RevokeCommand| if on.is_some() { upper(&command) } else { ident(&command) };
            list.revoke_commands().map(written).collect()
        }
        None => Vec::new(),
    };
    let objects = on.and_then(|clause| clause.privilege_objects()).map(|objects| named(&objects)).unwrap_or_default();
    let roles = to.into_iter().flat_map(|list| list.role_refs()).map(|role| ident(&role)).collect();
    Operation::Grant { revoke, privileges, objects, roles }
}

/// The named relations; `ALL TABLES IN SCHEMA s` and other kinds of object name none.
fn named(objects: &ast::PrivilegeObjects) -> Vec<ObjectName> {
    let relations: Vec<ObjectName> = match objects {
        ast::PrivilegeObjects::PrivilegeDefault(of) => of.relation_name_refs().map(|name| object(&name)).collect(),
        ast::PrivilegeObjects::PrivilegeTable(of) => of.relation_name_refs().map(|name| object(&name)).collect(),
        ast::PrivilegeObjects::PrivilegeSequence(of) => of.sequence_refs().map(|name| object(&name)).collect(),
        _ => Vec::new(),
    };
    relations.into_iter().filter(|name| !name.name.is_empty()).collect()
}

//! Domains. A constraint added to one is checked in every table that has a column of it, and which
//! tables these are the text does not say.

use squawk_syntax::ast::{self, Stmt};

use super::Found;
use super::node::{cascades, ident, object, text, upper};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::Operation;
use crate::statement::parse::opaque;
use crate::statement::parse::type_name::canonical;

pub(super) fn operations(stmt: &Stmt) -> Found {
    match stmt {
        Stmt::CreateDomain(create) => {
            let constrained = create.domain_qualifiers().any(|qualifier| {
                matches!(
                    qualifier,
                    ast::DomainQualifier::Constraint(ast::Constraint::CheckConstraint(_) | ast::Constraint::NotNullConstraint(_))
                )
            });
            let data_type = canonical(&text(&create.ty()?), Dialect::Postgres).name;
            Some(vec![Operation::CreateDomain { name: object(&create.domain()?), data_type, constrained }])
        }
        Stmt::DropDomain(drop) => {
            let (if_exists, cascade) = (drop.if_exists().is_some(), cascades(drop.drop_behavior()));
            let names = drop.domain_refs().map(|name| object(&name));
            Some(names.map(|name| Operation::DropType { name, if_exists, cascade }).collect())
        }
        Stmt::AlterDomain(alter) => Some(vec![of_action(object(&alter.domain_ref()?), &alter.action()?)?]),
        _ => None,
    }
}

fn of_action(name: ObjectName, action: &ast::AlterDomainAction) -> Option<Operation> {
    use ast::AlterDomainAction as Action;
    Some(match action {
        Action::DomainRenameTo(rename) => Operation::RenameType { name, to: ident(&rename.domain()?) },
        Action::SetSchema(_) => opaque(format!("domain {name} moves to another schema with all columns of it")),
        Action::AddConstraint(add) if !add.constraint()?.is_not_valid() => reads_tables(&name, action),
        Action::SetNotNull(_) | Action::ValidateConstraint(_) => reads_tables(&name, action),
        Action::AddConstraint(_)
        | Action::DropConstraint(_)
        | Action::DropDefault(_)
        | Action::DropNotNull(_)
        | Action::OwnerTo(_)
        | Action::RenameConstraint(_)
        | Action::SetDefault(_) => {
            Operation::Other { what: format!("ALTER DOMAIN {name} {}", upper(action)), tables: Vec::new() }
        }
    })
}

fn reads_tables(name: &ObjectName, action: &ast::AlterDomainAction) -> Operation {
    opaque(format!("ALTER DOMAIN {name} {} locks and reads every table with a column of the domain", upper(action)))
}

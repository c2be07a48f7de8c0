//! A rename that others follow (SQLite).

use super::{Check, Hit, Rule, StatementContext};
use crate::dialect::Dialect;
use crate::finding::Severity;
use crate::name::ObjectName;
use crate::sort::Sort;
use crate::statement::operation::{Constraint, ConstraintKind, Operation};

/// A rename that others follow (SQLite).
pub(super) const RULE: Rule = Rule {
    id: "rename-rewrites-references",
    severity: Severity::Warning,
    condition: "On SQLite an older table is renamed that foreign keys, views or triggers of others name.",
    effect: "SQLite rewrites these to the new name, so that they point at the renamed table and not at one that takes its old \
             name.",
    workaround: "To change a table make the new one under another name, drop the old one and rename the new one; never rename \
                 the old one away first.",
    check: Check::Statement(check),
};

fn check(context: &StatementContext<'_>) -> Vec<Hit> {
    if context.dialect() != Dialect::Sqlite {
        return Vec::new();
    }
    let mut hits = Vec::new();
    for operation in &context.statement.operations {
        let Operation::RenameTable { table, to } = operation else { continue };
        if context.new.has_table(table, context.before) {
            continue;
        }
        let own = context.before.resolve(table);
        let names = |constraint: &Constraint| matches!(&constraint.kind, ConstraintKind::ForeignKey { ref_table, .. } if context.before.resolve(ref_table) == own);
        let tables =
            context.before.tables.unordered().filter(|(name, table)| **name != own && table.constraints.iter().any(names));
        let mut followers: Vec<ObjectName> = tables.map(|(name, _)| name.clone()).collect();
        followers.order();
        followers.extend(context.before.views_reading(&own));
        let followers: Vec<&str> = followers.iter().map(|name| name.name.as_str()).collect();
        if !followers.is_empty() {
            hits.push(Hit::new(format!("{} will name {to} in place of {table}.", followers.join(", "))));
        }
    }
    hits
}

//! `ALTER TABLE`: one operation an action, in the order written.

use crate::sort::Gather;
use squawk_syntax::SyntaxKind;
use squawk_syntax::ast::{self, AlterTableAction as Action, AstNode, Stmt};

use super::node::{cascades, ident, object, text, tokens, upper};
use super::{Found, column, constraint};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::{ColumnOption, Operation, TableOption};
use crate::statement::parse::opaque;
use crate::statement::parse::type_name::canonical;

pub(super) fn operations(stmt: &Stmt) -> Found {
    let (relation, actions, everywhere) = match stmt {
        Stmt::AlterTable(alter) => (alter.table_relation_name(), alter.actions().collect::<Vec<_>>(), alter.all_in_tablespace()),
        Stmt::AlterForeignTable(alter) => (alter.table_relation_name(), alter.actions().collect::<Vec<_>>(), None),
        _ => return None,
    };
    if everywhere.is_some() {
        return Some(vec![opaque("ALTER TABLE ALL IN TABLESPACE moves tables that it does not name")]);
    }
    let relation = relation?;
    let table = object(&relation);
    let if_exists = tokens(stmt.syntax()).nth(2).is_some_and(|third| third.kind() == SyntaxKind::IF_KW);
    let only = tokens(relation.syntax()).next().is_some_and(|first| first.text().eq_ignore_ascii_case("only"));
    let scope = (if_exists || only).then(|| Operation::AlterScope { table: table.clone(), if_exists, only });
    Some(actions.iter().flat_map(|action| alter(&table, action)).chain(scope).collect())
}

/// What one action does.
pub(super) fn alter(table: &ObjectName, action: &Action) -> Vec<Operation> {
    let found = columns(table, action)
        .or_else(|| constraints(table, action))
        .or_else(|| partitions(table, action))
        .or_else(|| options(table, action));
    found.unwrap_or_else(|| vec![opaque(format!("ALTER TABLE {table} {} is not modelled", upper(action)))])
}

fn columns(table: &ObjectName, action: &Action) -> Found {
    let table = table.clone();
    let operation = match action {
        Action::AddColumn(add) => {
            let (column, constraints) = column::column(add.syntax(), &add.column_name()?, &add.ty()?);
            Operation::AddColumn { table, column, constraints, if_not_exists: add.if_not_exists().is_some() }
        }
        Action::DropColumn(drop) => Operation::DropColumn {
            table,
            column: ident(&drop.column_name_ref()?),
            if_exists: drop.if_exists().is_some(),
            cascade: cascades(drop.drop_behavior()),
        },
        Action::RenameColumn(rename) => {
            Operation::RenameColumn { table, column: ident(&rename.column_name_ref()?), to: ident(&rename.column_name()?) }
        }
        Action::AlterColumn(alter) => column_option(table, ident(&alter.column_name_ref()?), &alter.option()?)?,
        _ => return None,
    };
    Some(vec![operation])
}

fn column_option(table: ObjectName, column: String, option: &ast::AlterColumnOption) -> Option<Operation> {
    use ast::AlterColumnOption as Option_;
    let setting = |table, column, option| Operation::AlterColumnOption { table, column, option };
    Some(match option {
        Option_::SetType(set) => Operation::AlterColumnType {
            table,
            column,
            data_type: canonical(&text(&set.ty()?), Dialect::Postgres).name,
            using: set.using_expr().and_then(|using| using.expr()).map(|expr| text(&expr)),
            collation: set.collate().and_then(|collate| column::collation(&collate)),
        },
        Option_::SetNotNull(_) => Operation::SetNotNull { table, column },
        Option_::DropNotNull(_) => Operation::DropNotNull { table, column },
        Option_::SetDefault(set) => Operation::SetDefault { table, column, expression: text(&set.expr()?) },
        Option_::DropDefault(_) => Operation::DropDefault { table, column },
        Option_::AddGenerated(add) => {
            Operation::SetIdentity { table, column, identity: Some(column::identity(&add.generated_when()?)) }
        }
        Option_::SetGenerated(set) => {
            Operation::SetIdentity { table, column, identity: Some(column::identity(&set.generated_when()?)) }
        }
        Option_::SetGeneratedOptions(set) => {
            let when = set.set_generated_options().find_map(|option| match option {
                ast::SetGeneratedOption::SetGenerated(set) => set.generated_when(),
                _ => None,
            });
            match when {
                Some(when) => Operation::SetIdentity { table, column, identity: Some(column::identity(&when)) },
                None => sequence_of(table, &column),
            }
        }
        Option_::SetSequenceOption(_) | Option_::Restart(_) => sequence_of(table, &column),
        Option_::DropIdentity(_) => Operation::SetIdentity { table, column, identity: None },
        Option_::SetStatistics(_) | Option_::SetOptions(_) | Option_::ResetOptions(_) => {
            setting(table, column, ColumnOption::Statistics)
        }
        Option_::SetStorage(_) | Option_::SetCompression(_) => setting(table, column, ColumnOption::Storage),
        Option_::DropExpression(_) => setting(table, column, ColumnOption::DropExpression),
        Option_::SetExpression(_) => setting(table, column, ColumnOption::SetExpression),
        Option_::SetOptionsList(_) | Option_::Inherit(_) | Option_::NoInherit(_) => {
            Operation::AlterTableOption { table, option: TableOption::Other { what: upper(option) } }
        }
    })
}

/// The sequence behind an identity column is changed, which still locks the table.
fn sequence_of(table: ObjectName, column: &str) -> Operation {
    let what = format!("change the sequence of identity column {column}");
    Operation::AlterTableOption { table, option: TableOption::Other { what } }
}

fn constraints(table: &ObjectName, action: &Action) -> Found {
    let table = table.clone();
    let operation = match action {
        Action::AddConstraint(add) => Operation::AddConstraint { table, constraint: constraint::at_table(&add.constraint()?)? },
        Action::DropConstraint(drop) => Operation::DropConstraint {
            table,
            constraint: ident(&drop.constraint_name_ref()?),
            if_exists: drop.if_exists().is_some(),
            cascade: cascades(drop.drop_behavior()),
        },
        Action::ValidateConstraint(validate) => {
            Operation::ValidateConstraint { table, constraint: ident(&validate.constraint_name_ref()?) }
        }
        Action::RenameConstraint(rename) => Operation::RenameConstraint {
            table,
            constraint: ident(&rename.constraint_name_ref()?),
            to: ident(&rename.constraint_name()?),
        },
        Action::AlterConstraint(alter) => {
            let enforced = alter.constraint_options().find_map(|option| match option {
                ast::ConstraintOption::Enforced(_) => Some(true),
                ast::ConstraintOption::NotEnforced(_) => Some(false),
                _ => None,
            });
            Operation::AlterConstraint { table, constraint: ident(&alter.constraint_name_ref()?), enforced }
        }
        _ => return None,
    };
    Some(vec![operation])
}

fn partitions(table: &ObjectName, action: &Action) -> Found {
    let table = table.clone();
    let operation = match action {
        Action::AttachPartition(attach) => Operation::AttachPartition {
            table,
            partition: object(&attach.table_name_ref()?),
            bound: text(&attach.partition_type()?),
        },
        Action::DetachPartition(detach) => Operation::DetachPartition {
            table,
            partition: object(&detach.table_name_ref()?),
            // FINALIZE ends an interrupted concurrent detach, under the same locks.
            concurrently: detach.detach_partition_option().is_some(),
        },
        Action::SplitPartition(_) => rewrite(table, "SPLIT PARTITION"),
        Action::MergePartitions(_) => rewrite(table, "MERGE PARTITIONS"),
        _ => return None,
    };
    Some(vec![operation])
}

fn rewrite(table: ObjectName, what: &str) -> Operation {
    Operation::AlterTableOption { table, option: TableOption::Rewrite { what: what.to_owned() } }
}

/// One option of how a table is stored.
pub(super) fn stored(option: &str, value: String) -> TableOption {
    TableOption::Set { options: std::iter::once((option.to_owned(), value)).gather() }
}

fn options(table: &ObjectName, action: &Action) -> Found {
    let option = match action {
        Action::TableRenameTo(rename) => {
            let to = ident(&rename.table_name()?);
            return Some(vec![Operation::RenameTable { table: table.clone(), to }]);
        }
        Action::SetSchema(set) => {
            let schema = ident(&set.schema_ref()?);
            return Some(vec![Operation::SetTableSchema { table: table.clone(), schema }]);
        }
        Action::OwnerTo(_) => TableOption::Owner,
        // The one storage parameter that others must not see half changed.
        Action::SetOptions(_) | Action::ResetOptions(_) if text(action).to_ascii_lowercase().contains("user_catalog_table") => {
            TableOption::Other { what: upper(action) }
        }
        Action::SetOptions(_) | Action::ResetOptions(_) | Action::ClusterOn(_) | Action::SetWithoutCluster(_) => {
            TableOption::StorageParameter
        }
        Action::EnableRls(_) | Action::DisableRls(_) | Action::ForceRls(_) | Action::NoForceRls(_) => TableOption::RowSecurity,
        Action::EnableTrigger(of) => TableOption::EnableTrigger { trigger: named(of.trigger_target()), enabled: true },
        Action::DisableTrigger(of) => TableOption::EnableTrigger { trigger: named(of.trigger_target()), enabled: false },
        Action::EnableAlwaysTrigger(of) => TableOption::EnableTrigger { trigger: Some(ident(&of.trigger_ref()?)), enabled: true },
        Action::EnableReplicaTrigger(of) => {
            TableOption::EnableTrigger { trigger: Some(ident(&of.trigger_ref()?)), enabled: false }
        }
        Action::ReplicaIdentity(_) => TableOption::ReplicaIdentity,
        Action::SetLogged(_) => stored("persistence", "logged".to_owned()),
        Action::SetUnlogged(_) => stored("persistence", "unlogged".to_owned()),
        Action::SetTablespace(set) => stored("tablespace", ident(&set.tablespace_ref()?)),
        Action::SetAccessMethod(set) => {
            stored("access_method", set.access_method_ref().map_or_else(|| "default".to_owned(), |method| ident(&method)))
        }
        Action::InheritTable(inherit) => TableOption::Inherit { parent: object(&inherit.table_name_ref()?), remove: false },
        Action::NoInheritTable(inherit) => TableOption::Inherit { parent: object(&inherit.table_name_ref()?), remove: true },
        Action::EnableRule(_)
        | Action::DisableRule(_)
        | Action::EnableAlwaysRule(_)
        | Action::EnableReplicaRule(_)
        | Action::OfType(_)
        | Action::NotOf(_)
        | Action::SetWithoutOids(_)
        | Action::AlterOptionList(_) => TableOption::Other { what: upper(action) },
        _ => return None,
    };
    Some(vec![Operation::AlterTableOption { table: table.clone(), option }])
}

/// One trigger; `ALL` and `USER` name none.
fn named(target: Option<ast::TriggerTarget>) -> Option<String> {
    match target? {
        ast::TriggerTarget::TriggerRef(trigger) => Some(ident(&trigger)),
        ast::TriggerTarget::All(_) | ast::TriggerTarget::User(_) => None,
    }
}

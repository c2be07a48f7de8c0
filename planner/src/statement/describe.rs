//! Operations in plain words, one sentence each, for plans, reviews and findings.

mod clauses;

use super::operation::{Called, CommentKind, DataChange, EnumPosition, MaintainVerb, Operation, ReindexKind, TransactionVerb};
use crate::dialect::Dialect;
use crate::name::{ObjectName, quote};

/// One sentence without a full stop: `Add column users.status (text, not null, default 'active')`.
#[must_use]
pub fn describe(operation: &Operation, dialect: Dialect) -> String {
    Words { dialect }.operation(operation)
}

/// The words of one dialect: it decides how names are quoted.
struct Words {
    dialect: Dialect,
}

impl Words {
    fn name(&self, name: &ObjectName) -> String {
        name.sql(self.dialect)
    }

    fn word(&self, name: &str) -> String {
        quote(name, self.dialect)
    }

    fn column(&self, table: &ObjectName, column: &str) -> String {
        format!("{}.{}", self.name(table), self.word(column))
    }

    fn list(&self, names: &[ObjectName]) -> String {
        names.iter().map(|name| self.name(name)).collect::<Vec<_>>().join(", ")
    }

    fn operation(&self, operation: &Operation) -> String {
        match operation {
            Operation::CreateTable(create) => self.create_table(create),
            Operation::CreateTableAs { table, temporary, reads, .. } => {
                let kind = if *temporary { "temporary table" } else { "table" };
                let from = if reads.is_empty() { String::new() } else { format!(" on {}", self.list(reads)) };
                format!("Create {kind} {} from a query{from}", self.name(table))
            }
            Operation::DropTable { table, cascade, .. } => format!("Drop table {}{}", self.name(table), and_more(*cascade)),
            Operation::RenameTable { table, to } => format!("Rename {} to {}", self.name(table), self.word(to)),
            Operation::SetTableSchema { table, schema } => {
                format!("Move {} to schema {}", self.name(table), self.word(schema))
            }
            Operation::Truncate { table, cascade } => {
                let more = if *cascade { " and every table that refers to it" } else { "" };
                format!("Delete all rows of {}{more}", self.name(table))
            }
            Operation::AddColumn { table, column, constraints, .. } => {
                format!("Add column {} ({})", self.column(table, &column.name), self.column_clauses(column, constraints))
            }
            Operation::DropColumn { table, column, cascade, .. } => {
                format!("Drop column {}{}", self.column(table, column), and_more(*cascade))
            }
            Operation::RenameColumn { table, column, to } => {
                format!("Rename column {} to {}", self.column(table, column), self.word(to))
            }
            Operation::AlterColumnType { table, column, data_type, .. } => {
                format!("Change the type of {} to {data_type}", self.column(table, column))
            }
            Operation::ModifyColumn { table, column, to } => {
                let renamed = if *column == to.name { String::new() } else { format!("{}, ", self.word(&to.name)) };
                format!("Redefine column {} as {renamed}{}", self.column(table, column), self.column_clauses(to, &[]))
            }
            other => self.column_change(other),
        }
    }

    fn column_change(&self, operation: &Operation) -> String {
        match operation {
            Operation::SetNotNull { table, column } => format!("Forbid NULL in {}", self.column(table, column)),
            Operation::DropNotNull { table, column } => format!("Allow NULL in {}", self.column(table, column)),
            Operation::SetDefault { table, column, expression } => {
                format!("Set the default of {} to {}", self.column(table, column), short(expression))
            }
            Operation::DropDefault { table, column } => format!("Drop the default of {}", self.column(table, column)),
            Operation::SetIdentity { table, column, identity: Some(_) } => {
                format!("Make {} an identity column", self.column(table, column))
            }
            Operation::SetIdentity { table, column, identity: None } => {
                format!("Make {} an ordinary column without identity", self.column(table, column))
            }
            Operation::AlterColumnOption { table, column, option } => {
                format!("{} of {}", Self::column_option(option), self.column(table, column))
            }
            Operation::AddConstraint { table, constraint } => {
                format!("Add to {} the {}", self.name(table), self.constraint(constraint))
            }
            Operation::DropConstraint { table, constraint, cascade, .. } => {
                format!("Drop constraint {} of {}{}", self.word(constraint), self.name(table), and_more(*cascade))
            }
            Operation::ValidateConstraint { table, constraint } => {
                format!("Check all rows of {} against constraint {}", self.name(table), self.word(constraint))
            }
            Operation::RenameConstraint { table, constraint, to } => {
                format!("Rename constraint {} of {} to {}", self.word(constraint), self.name(table), self.word(to))
            }
            Operation::AlterConstraint { table, constraint, .. } => {
                format!("Change when constraint {} of {} is checked", self.word(constraint), self.name(table))
            }
            Operation::AlterTableOption { table, option } => self.table_option(table, option),
            Operation::AttachPartition { table, partition, .. } => {
                format!("Attach {} as a partition of {}", self.name(partition), self.name(table))
            }
            Operation::DetachPartition { table, partition, concurrently } => {
                let how = if *concurrently { " without blocking" } else { "" };
                format!("Detach partition {} from {}{how}", self.name(partition), self.name(table))
            }
            other => self.index_or_view(other),
        }
    }

    fn index_or_view(&self, operation: &Operation) -> String {
        match operation {
            Operation::CreateIndex(create) => self.create_index(create),
            Operation::DropIndex { index, concurrently, cascade, .. } => {
                let how = if *concurrently { " without blocking" } else { "" };
                format!("Drop index {}{how}{}", self.name(index), and_more(*cascade))
            }
            Operation::RenameIndex { index, to, .. } => format!("Rename index {} to {}", self.name(index), self.word(to)),
            Operation::Reindex { kind, name, concurrently } => {
                let how = if *concurrently { " without blocking writes" } else { "" };
                match kind {
                    ReindexKind::Index => format!("Rebuild index {}{how}", self.name(name)),
                    ReindexKind::Table => format!("Rebuild the indexes of {}{how}", self.name(name)),
                    ReindexKind::Many if name.name.is_empty() => format!("Rebuild all indexes{how}"),
                    ReindexKind::Many => format!("Rebuild all indexes in {}{how}", self.name(name)),
                }
            }
            Operation::CreateView(view) => {
                let verb = if view.replace { "Create or replace" } else { "Create" };
                let kind = if view.materialized { "materialized view" } else { "view" };
                let on = if view.reads.is_empty() { String::new() } else { format!(" on {}", self.list(&view.reads)) };
                format!("{verb} {kind} {}{on}", self.name(&view.view))
            }
            Operation::DropView { view, materialized, cascade, .. } => {
                let kind = if *materialized { "materialized view" } else { "view" };
                format!("Drop {kind} {}{}", self.name(view), and_more(*cascade))
            }
            Operation::RefreshView { view, concurrently } => {
                let how = if *concurrently { " without blocking reads" } else { "" };
                format!("Refresh materialized view {}{how}", self.name(view))
            }
            other => self.object(other),
        }
    }

    fn object(&self, operation: &Operation) -> String {
        match operation {
            Operation::CreateSequence { sequence, .. } => format!("Create sequence {}", self.name(sequence)),
            Operation::AlterSequence { sequence, .. } => format!("Change sequence {}", self.name(sequence)),
            Operation::DropSequence { sequence, cascade, .. } => {
                format!("Drop sequence {}{}", self.name(sequence), and_more(*cascade))
            }
            Operation::CreateEnum { name, values } => {
                let values = values.iter().map(|value| format!("'{value}'")).collect::<Vec<_>>().join(", ");
                format!("Create enum {} ({})", self.name(name), short(&values))
            }
            Operation::AddEnumValue { name, value, position, .. } => {
                let place = match position {
                    EnumPosition::Last => String::new(),
                    EnumPosition::Before(other) => format!(" before '{other}'"),
                    EnumPosition::After(other) => format!(" after '{other}'"),
                };
                format!("Add value '{value}' to enum {}{place}", self.name(name))
            }
            Operation::RenameEnumValue { name, value, to } => {
                format!("Rename value '{value}' of enum {} to '{to}'", self.name(name))
            }
            Operation::CreateType { name } => format!("Create type {}", self.name(name)),
            Operation::RenameType { name, to } => format!("Rename type {} to {}", self.name(name), self.word(to)),
            Operation::DropType { name, cascade, .. } => format!("Drop type {}{}", self.name(name), and_more(*cascade)),
            Operation::CreateDomain { name, data_type, constrained } => {
                let with = if *constrained { " with constraints" } else { "" };
                format!("Create domain {} on {data_type}{with}", self.name(name))
            }
            Operation::CreateFunction { name, arguments, replace, .. } => {
                let verb = if *replace { "Create or replace" } else { "Create" };
                format!("{verb} function {}({})", self.name(name), short(arguments))
            }
            Operation::DropFunction { name, cascade, .. } => {
                format!("Drop function {}{}", self.name(name), and_more(*cascade))
            }
            Operation::CreateTrigger { table, name, .. } => {
                format!("Create trigger {} on {}", self.word(name), self.name(table))
            }
            Operation::DropTrigger { table, name, .. } => {
                let on = table.as_ref().map(|table| format!(" of {}", self.name(table))).unwrap_or_default();
                format!("Drop trigger {}{on}", self.word(name))
            }
            Operation::Policy { table, name, .. } => {
                format!("Change row security policy {} of {}", self.word(name), self.name(table))
            }
            other => self.namespace(other),
        }
    }

    fn namespace(&self, operation: &Operation) -> String {
        match operation {
            Operation::CreateSchema { schema, .. } => format!("Create schema {}", self.word(schema)),
            Operation::RenameSchema { schema, to } => format!("Rename schema {} to {}", self.word(schema), self.word(to)),
            Operation::DropSchema { schema, cascade, .. } => {
                let more = if *cascade { " and everything in it" } else { "" };
                format!("Drop schema {}{more}", self.word(schema))
            }
            Operation::CreateExtension { name, .. } => format!("Install extension {}", self.word(name)),
            Operation::DropExtension { name, .. } => format!("Remove extension {}", self.word(name)),
            Operation::Grant { revoke, privileges, objects, roles } => {
                let (verb, to) = if *revoke { ("Revoke", "from") } else { ("Grant", "to") };
                let on = if objects.is_empty() { String::new() } else { format!(" on {}", self.list(objects)) };
                format!("{verb} {}{on} {to} {}", privileges.join(", "), roles.join(", "))
            }
            Operation::Role { name } => format!("Change role {}", self.word(name)),
            Operation::Comment { kind, object, column, text } => {
                let verb = if text.is_some() { "Comment on" } else { "Remove the comment on" };
                match (kind, column) {
                    (CommentKind::Column, Some(column)) => format!("{verb} {}", self.column(object, column)),
                    _ => format!("{verb} {}", self.name(object)),
                }
            }
            other => self.rows(other),
        }
    }

    fn rows(&self, operation: &Operation) -> String {
        match operation {
            Operation::Insert(change) => {
                let rows = match change.values {
                    Some(1) => "1 row".to_owned(),
                    Some(rows) => format!("{rows} rows"),
                    None => "rows".to_owned(),
                };
                let from = if change.reads.is_empty() { String::new() } else { format!(" from {}", self.list(&change.reads)) };
                format!("Insert {rows} into {}{from}", self.name(&change.table))
            }
            Operation::Update(change) => format!("Update {}{}", self.targets(change), Self::which(change)),
            Operation::Delete(change) => format!("Delete rows of {}{}", self.name(&change.table), Self::which(change)),
            Operation::Copy { table } => format!("Load rows into {}", self.name(table)),
            Operation::Select { reads, calls, .. } if reads.is_empty() && !calls.is_empty() => {
                format!("Call {}()", calls.join("(), "))
            }
            Operation::Select { reads, .. } if reads.is_empty() => "Run a query".to_owned(),
            Operation::Select { reads, .. } => format!("Read {}", self.list(reads)),
            other => self.session(other),
        }
    }

    fn targets(&self, change: &DataChange) -> String {
        let columns = change.columns.iter().map(|column| self.column(&change.table, column)).collect::<Vec<_>>();
        if columns.is_empty() { self.name(&change.table) } else { columns.join(", ") }
    }

    fn which(change: &DataChange) -> String {
        match &change.predicate {
            Some(predicate) => format!(" where {}", short(predicate)),
            None if change.whole_because.is_some() => String::new(),
            None => " in every row".to_owned(),
        }
    }

    fn session(&self, operation: &Operation) -> String {
        match operation {
            Operation::SetParameter { name, value, local } => {
                let scope = if *local { " for this transaction" } else { "" };
                format!("Set {name} to {}{scope}", short(value))
            }
            Operation::Transaction { verb } => match verb {
                TransactionVerb::Begin => "Begin a transaction",
                TransactionVerb::Commit => "Commit the transaction",
                TransactionVerb::Rollback => "Roll the transaction back",
                TransactionVerb::Savepoint => "Set, release or go back to a savepoint",
            }
            .to_owned(),
            Operation::LockTable { table, mode } => format!("Lock {} in {mode} mode", self.name(table)),
            Operation::Maintain { verb, table } => {
                let what = table.as_ref().map_or_else(|| "every table".to_owned(), |table| self.name(table));
                match verb {
                    MaintainVerb::Vacuum => format!("Vacuum {what}"),
                    MaintainVerb::VacuumFull => format!("Rewrite {what} to give space back"),
                    MaintainVerb::Analyze => format!("Collect statistics of {what}"),
                    MaintainVerb::Cluster => format!("Rewrite {what} in the order of an index"),
                    MaintainVerb::Optimize => format!("Rebuild {what} (OPTIMIZE)"),
                }
            }
            Operation::Other { what, .. } => what.clone(),
            Operation::Guarded { operations, reason, .. } => {
                let each: Vec<String> = operations.iter().map(|operation| self.operation(operation)).collect();
                format!("{} ({reason})", each.join("; "))
            }
            Operation::AlterScope { table, only: true, .. } => format!("Leave those below {} out", self.name(table)),
            Operation::AlterScope { table, .. } => format!("Pass over {} where it is missing", self.name(table)),
            Operation::RenameFunction { name, to } => format!("Rename function {} to {}", self.name(name), self.name(to)),
            Operation::Call { calls, .. } => {
                let named: Vec<String> = calls.iter().map(called).collect();
                format!("Run {}", named.join(", "))
            }
            Operation::Prepare { name, .. } => format!("Prepare statement {name}"),
            Operation::Opaque { reason } => format!("Opaque: {reason}"),
            other => format!("{other:?}"),
        }
    }
}

fn called(called: &Called) -> String {
    match called {
        Called::Routine { name, .. } => format!("{name}()"),
        Called::Prepared(name) => format!("prepared statement {name}"),
        Called::Block(_) => "a compound statement".to_owned(),
    }
}

fn and_more(cascade: bool) -> &'static str {
    if cascade { " and everything that depends on it" } else { "" }
}

/// One line of at most 60 characters.
fn short(text: &str) -> String {
    const LIMIT: usize = 60;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LIMIT {
        return line;
    }
    let head: String = line.chars().take(LIMIT - 1).collect();
    format!("{}…", head.trim_end())
}

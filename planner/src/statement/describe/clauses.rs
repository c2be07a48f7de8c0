//! Tables, columns, constraints and indexes in words.

use super::{Words, short};
use crate::name::ObjectName;
use crate::statement::operation::{
    ColumnDefinition, ColumnOption, Constraint, ConstraintKind, CreateIndex, CreateTable, IndexPart, TableOption,
};

impl Words {
    pub(super) fn create_table(&self, create: &CreateTable) -> String {
        let kind = if create.temporary { "temporary table" } else { "table" };
        let name = self.name(&create.table);
        if let Some((parent, bound)) = &create.partition_of {
            return format!("Create {kind} {name}, a partition of {} ({})", self.name(parent), short(bound));
        }
        if let (true, Some(like)) = (create.columns.is_empty(), create.like.first().map(|like| &like.table)) {
            return format!("Create {kind} {name} like {}", self.name(like));
        }
        let partitioned = create.partition_by.as_ref().map(|by| format!(", partitioned by {}", short(by)));
        let columns = match create.columns.len() {
            1 => "1 column".to_owned(),
            count => format!("{count} columns"),
        };
        format!("Create {kind} {name} with {columns}{}", partitioned.unwrap_or_default())
    }

    /// `text, not null, default 'active'`.
    pub(super) fn column_clauses(&self, column: &ColumnDefinition, constraints: &[Constraint]) -> String {
        let mut clauses = vec![match (column.data_type.as_str(), column.serial) {
            ("", _) => "any type".to_owned(),
            (data_type, true) => format!("{data_type} from a sequence of its own"),
            (data_type, false) => data_type.to_owned(),
        }];
        if !column.nullable {
            clauses.push("not null".to_owned());
        }
        clauses.extend(column.default.as_ref().map(|default| format!("default {}", short(default))));
        clauses.extend(column.identity.map(|_| "identity".to_owned()));
        clauses.extend(column.generated.as_ref().map(|generated| format!("computed from {}", short(&generated.expression))));
        clauses.extend(constraints.iter().map(|constraint| self.kind(&constraint.kind)));
        clauses.join(", ")
    }

    pub(super) fn constraint(&self, constraint: &Constraint) -> String {
        let named = constraint.name.as_ref().map(|name| format!("constraint {}: ", self.word(name))).unwrap_or_default();
        let index = constraint.using_index.as_ref().map(|index| format!(" on the index {}", self.word(index)));
        let unchecked = if constraint.validated { "" } else { ", existing rows unchecked" };
        let unenforced = if constraint.enforced { "" } else { ", not enforced" };
        format!("{named}{}{}{unchecked}{unenforced}", self.kind(&constraint.kind), index.unwrap_or_default())
    }

    fn kind(&self, kind: &ConstraintKind) -> String {
        match kind {
            ConstraintKind::PrimaryKey { columns } => bracketed("primary key", &self.words(columns)),
            ConstraintKind::Unique { columns, .. } => bracketed("unique", &self.words(columns)),
            ConstraintKind::ForeignKey { columns, ref_table, on_delete, .. } => {
                let action = on_delete.as_ref().map(|action| format!(", on delete {}", action.to_lowercase()));
                let key = bracketed("foreign key", &self.words(columns));
                format!("{key} to {}{}", self.name(ref_table), action.unwrap_or_default())
            }
            ConstraintKind::Check { expression } => format!("check ({})", short(expression)),
            ConstraintKind::NotNull { column } => format!("{} not null", self.word(column)),
            ConstraintKind::Exclude { .. } => "exclusion of overlapping rows".to_owned(),
        }
    }

    fn words(&self, names: &[String]) -> String {
        names.iter().map(|name| self.word(name)).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn create_index(&self, create: &CreateIndex) -> String {
        let unique = if create.unique { "unique index" } else { "index" };
        let name = create.name.as_ref().map(|name| format!(" {}", self.word(name))).unwrap_or_default();
        let parts: Vec<String> = create
            .columns
            .iter()
            .map(|part| match part {
                IndexPart::Column(column) => self.word(column),
                IndexPart::Expression(expression) => short(expression),
            })
            .collect();
        let partial = create.predicate.as_ref().map(|predicate| format!(" where {}", short(predicate)));
        let how = if create.concurrently { " without blocking writes" } else { "" };
        format!("Build {unique}{name} on {} ({}){}{how}", self.name(&create.table), parts.join(", "), partial.unwrap_or_default())
    }

    pub(super) fn column_option(option: &ColumnOption) -> &'static str {
        match option {
            ColumnOption::Statistics => "Change the planner settings",
            ColumnOption::Storage => "Change the storage",
            ColumnOption::DropExpression => "Keep the values and drop the expression",
            ColumnOption::SetExpression => "Change the expression",
        }
    }

    pub(super) fn table_option(&self, table: &ObjectName, option: &TableOption) -> String {
        let table = self.name(table);
        match option {
            TableOption::Owner => format!("Change the owner of {table}"),
            TableOption::StorageParameter => format!("Change storage parameters of {table}"),
            TableOption::RowSecurity => format!("Switch row security of {table}"),
            TableOption::EnableTrigger { trigger, enabled } => {
                let verb = if *enabled { "Enable" } else { "Disable" };
                format!(
                    "{verb} {} of {table}",
                    trigger.as_ref().map_or_else(|| "the triggers".to_owned(), |name| format!("trigger {name}"))
                )
            }
            TableOption::RenameTrigger { trigger, to } => format!("Rename trigger {trigger} of {table} to {to}"),
            TableOption::ReplicaIdentity => format!("Change the replica identity of {table}"),
            TableOption::Set { options } => {
                let options: Vec<String> = options.iter().map(|(option, value)| format!("{option} {value}")).collect();
                format!("Set {} of {table}", short(&options.join(", ")))
            }
            TableOption::Convert { charset, .. } => {
                format!("Convert {table} to character set {}", charset.as_deref().unwrap_or("of the database"))
            }
            TableOption::Partitions { what, .. } => format!("Change partitions of {table}: {}", short(what)),
            TableOption::Rewrite { what } => format!("Rewrite {table}: {}", short(what)),
            TableOption::Inherit { parent, remove: false } => format!("Make {table} inherit from {}", self.name(parent)),
            TableOption::Inherit { parent, remove: true } => format!("End the inheritance of {table} from {}", self.name(parent)),
            TableOption::Other { what } => format!("Change {table}: {}", short(what)),
        }
    }
}

fn bracketed(kind: &str, columns: &str) -> String {
    if columns.is_empty() { kind.to_owned() } else { format!("{kind} ({columns})") }
}

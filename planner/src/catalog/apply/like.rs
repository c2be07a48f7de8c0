//! `CREATE TABLE … LIKE`: what is taken over from the source.

use super::{naming::Names, rows};
use crate::catalog::{Catalog, Index, Table};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::{ColumnDefinition, Constraint, ConstraintKind, Like};

/// Columns: names, types and NOT NULL always, the rest where it is asked for.
pub(super) fn columns(catalog: &Catalog, like: &Like) -> Result<Vec<ColumnDefinition>, String> {
    let Some(table) = catalog.table(&like.table) else {
        let view = catalog.view_key(&like.table).and_then(|key| catalog.views.get(&key));
        return match view {
            Some(view) => Ok(view.columns.clone().unwrap_or_default()),
            None => Err(rows::missing(catalog, &like.table)),
        };
    };
    let mysql = matches!(catalog.dialect, Dialect::MySql | Dialect::MariaDb);
    let taken = |column: &ColumnDefinition| ColumnDefinition {
        name: column.name.clone(),
        data_type: column.data_type.clone(),
        nullable: column.nullable,
        collation: column.collation.clone(),
        default: column.default.clone().filter(|_| like.includes("DEFAULTS")),
        identity: column.identity.filter(|_| like.includes("IDENTITY")),
        generated: column.generated.clone().filter(|_| like.includes("GENERATED")),
        serial: column.serial && mysql,
        place: None,
        charset: column.charset.clone(),
        on_update: column.on_update.clone(),
        comment: column.comment.clone().filter(|_| like.includes("COMMENTS")),
    };
    Ok(table.columns.iter().map(taken).collect())
}

/// Checks under their own names; keys under new ones, but on MySQL and MariaDB. Foreign keys are never taken over.
pub(super) fn constraints(catalog: &Catalog, sources: &[Like]) -> Vec<Constraint> {
    let renames = catalog.dialect == Dialect::Postgres;
    let mut found = Vec::new();
    for like in sources {
        let own = catalog.table(&like.table).into_iter().flat_map(|table| &table.constraints);
        found.extend(own.filter_map(|constraint| match constraint.kind {
            ConstraintKind::Check { .. } => like.includes("CONSTRAINTS").then(|| constraint.clone()),
            ConstraintKind::ForeignKey { .. } | ConstraintKind::NotNull { .. } => None,
            ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. } | ConstraintKind::Exclude { .. } => {
                let name = constraint.name.clone().filter(|_| !renames);
                like.includes("INDEXES").then(|| Constraint { name, using_index: None, ..constraint.clone() })
            }
        }));
    }
    found
}

/// Indexes, under new names but on MySQL and MariaDB.
pub(super) fn indexes(catalog: &Catalog, key: &ObjectName, sources: &[Like], table: &mut Table) {
    let mut names = Names::beside(catalog, key);
    names.take(&key.name);
    for name in table.index_names().map(str::to_owned).collect::<Vec<_>>() {
        names.take(&name);
    }
    for like in sources.iter().filter(|like| like.includes("INDEXES")) {
        let Some(source) = catalog.table(&like.table) else { continue };
        for (name, index) in &source.indexes {
            let name = match catalog.dialect {
                Dialect::Postgres => names.index(&key.name, &index.columns, &index.include),
                _ => name.clone(),
            };
            table.indexes.insert(name, Index { valid: true, ..index.clone() });
        }
    }
}

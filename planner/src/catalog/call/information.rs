//! `information_schema` of the simulated schema: the columns that migrations ask about. A column that is not here has an
//! unknown value, a view that is not here makes the question unknown.

use litemap::LiteMap;

use super::Value;
use crate::catalog::{Catalog, Table};
use crate::name::ObjectName;
use crate::statement::operation::{ConstraintKind, IndexPart};

/// What `DATABASE()` gives where the database has no known name.
pub(super) const DATABASE: &str = "\u{1}";

type Row = LiteMap<&'static str, Value>;

/// The rows of a view, by its name in small letters; `None`: not known here.
pub(super) fn rows(catalog: &Catalog, view: &str) -> Option<Vec<Row>> {
    let mut found = Vec::new();
    let tables = || catalog.tables.iter().filter(|(_, table)| !table.temporary);
    match view {
        "tables" => {
            for (key, table) in tables() {
                let engine = table.options.get("engine").map_or(Value::Unknown, |engine| text(engine));
                found.push(of_table(catalog, key, [("table_type", text("BASE TABLE")), ("engine", engine)]));
            }
            for key in catalog.views.keys() {
                found.push(of_table(catalog, key, [("table_type", text("VIEW")), ("engine", Value::Null)]));
            }
        }
        "columns" => tables().for_each(|(key, table)| columns(catalog, key, table, &mut found)),
        "statistics" => tables().for_each(|(key, table)| statistics(catalog, key, table, &mut found)),
        "table_constraints" => tables().for_each(|(key, table)| constraints(catalog, key, table, &mut found)),
        "key_column_usage" => tables().for_each(|(key, table)| key_columns(catalog, key, table, &mut found)),
        "referential_constraints" => {
            for (key, table) in tables() {
                for constraint in &table.constraints {
                    if let ConstraintKind::ForeignKey { ref_table, .. } = &constraint.kind {
                        let mut row = of_table(catalog, key, [("referenced_table_name", text(&ref_table.name))]);
                        row.insert("constraint_schema", database(catalog, key));
                        row.insert("constraint_name", name(constraint.name.as_deref()));
                        found.push(row);
                    }
                }
            }
        }
        "views" => found.extend(catalog.views.keys().map(|key| of_table(catalog, key, []))),
        "triggers" => {
            for (table, trigger) in catalog.triggers.keys() {
                found.push(row([
                    ("trigger_schema", database(catalog, table)),
                    ("trigger_name", text(trigger)),
                    ("event_object_table", text(&table.name)),
                ]));
            }
        }
        "routines" => {
            for routine in catalog.functions.keys() {
                let (schema, own) = (database(catalog, routine), text(&routine.name));
                found.push(row([("routine_schema", schema), ("routine_name", own)]));
            }
        }
        _ => return None,
    }
    Some(found)
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn name(value: Option<&str>) -> Value {
    value.map_or(Value::Unknown, text)
}

fn row<const N: usize>(values: [(&'static str, Value); N]) -> Row {
    let mut row = Row::new();
    for (column, value) in values {
        row.insert(column, value);
    }
    row
}

fn database(catalog: &Catalog, key: &ObjectName) -> Value {
    text(key.schema.as_ref().or(catalog.search_path.first()).map_or(DATABASE, String::as_str))
}

fn of_table<const N: usize>(catalog: &Catalog, key: &ObjectName, more: [(&'static str, Value); N]) -> Row {
    let mut row = row(more);
    row.insert("table_schema", database(catalog, key));
    row.insert("table_name", text(&key.name));
    row
}

fn columns(catalog: &Catalog, key: &ObjectName, table: &Table, found: &mut Vec<Row>) {
    for column in &table.columns {
        let whole = column.data_type.to_lowercase();
        let bare = whole.split(['(', ' ']).next().unwrap_or_default();
        // `integer` and its like are shown by another word, and lengths by the server's own rules.
        let data_type = if matches!(bare, "varchar" | "char" | "text" | "datetime" | "bigint" | "int" | "tinyint" | "date") {
            text(bare)
        } else {
            Value::Unknown
        };
        let length = whole.split_once('(').filter(|_| matches!(bare, "varchar" | "char"));
        let length = length.and_then(|(_, rest)| rest.trim_end_matches(')').trim().parse().ok());
        found.push(of_table(
            catalog,
            key,
            [
                ("column_name", text(&column.name)),
                ("is_nullable", text(if column.nullable { "YES" } else { "NO" })),
                ("data_type", data_type),
                ("character_maximum_length", length.map_or(Value::Unknown, Value::Number)),
            ],
        ));
    }
    if table.columns_unknown {
        found.push(of_table(catalog, key, [("column_name", Value::Unknown)]));
    }
}

fn statistics(catalog: &Catalog, key: &ObjectName, table: &Table, found: &mut Vec<Row>) {
    let mut note = |index: &str, column: Value, unique: bool| {
        let row = [
            ("index_schema", database(catalog, key)),
            ("index_name", text(index)),
            ("column_name", column),
            ("non_unique", Value::Number(i64::from(!unique))),
        ];
        found.push(of_table(catalog, key, row));
    };
    for (index, stored) in &table.indexes {
        for part in &stored.columns {
            let column = match part {
                IndexPart::Column(column) => text(column.split('(').next().unwrap_or_default()),
                IndexPart::Expression(_) => Value::Unknown,
            };
            note(index, column, stored.unique);
        }
    }
    for constraint in table.constraints.iter().filter(|constraint| constraint.has_index()) {
        let (ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns, .. }) = &constraint.kind else {
            continue;
        };
        let primary = matches!(constraint.kind, ConstraintKind::PrimaryKey { .. });
        let index = if primary { "PRIMARY" } else { constraint.name.as_deref().unwrap_or_default() };
        columns.iter().for_each(|column| note(index, text(column), true));
    }
}

fn constraints(catalog: &Catalog, key: &ObjectName, table: &Table, found: &mut Vec<Row>) {
    let mut note = |own: Value, kind: &str| {
        let schema = database(catalog, key);
        found.push(of_table(
            catalog,
            key,
            [("constraint_name", own), ("constraint_type", text(kind)), ("constraint_schema", schema)],
        ));
    };
    for constraint in &table.constraints {
        let own = name(constraint.name.as_deref());
        match &constraint.kind {
            ConstraintKind::PrimaryKey { .. } => note(text("PRIMARY"), "PRIMARY KEY"),
            ConstraintKind::Unique { .. } => note(own, "UNIQUE"),
            ConstraintKind::ForeignKey { .. } => note(own, "FOREIGN KEY"),
            ConstraintKind::Check { .. } => note(own, "CHECK"),
            ConstraintKind::NotNull { .. } | ConstraintKind::Exclude { .. } => {}
        }
    }
    table.indexes.iter().filter(|(_, index)| index.unique).for_each(|(own, _)| note(text(own), "UNIQUE"));
}

fn key_columns(catalog: &Catalog, key: &ObjectName, table: &Table, found: &mut Vec<Row>) {
    for constraint in &table.constraints {
        let nothing = (Value::Null, Vec::new());
        let (columns, (parent, parents)) = match &constraint.kind {
            ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns, .. } => (columns, nothing),
            ConstraintKind::ForeignKey { columns, ref_table, ref_columns, .. } => {
                (columns, (text(&ref_table.name), ref_columns.clone()))
            }
            _ => continue,
        };
        let primary = matches!(constraint.kind, ConstraintKind::PrimaryKey { .. });
        let own = if primary { text("PRIMARY") } else { name(constraint.name.as_deref()) };
        for (at, column) in columns.iter().enumerate() {
            let ref_column = match &parent {
                Value::Null => Value::Null,
                _ => name(parents.get(at).map(String::as_str)),
            };
            found.push(of_table(
                catalog,
                key,
                [
                    ("constraint_name", own.clone()),
                    ("constraint_schema", database(catalog, key)),
                    ("column_name", text(column)),
                    ("referenced_table_name", parent.clone()),
                    ("referenced_column_name", ref_column),
                ],
            ));
        }
    }
}

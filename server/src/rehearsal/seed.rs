//! Rows for empty tables, so that a rehearsal has data to lose: two in each table that takes them.
//!
//! Parents come before children, a foreign key takes a value its parent has, every other column one of its type. A table
//! whose checks or triggers refuse such rows stays empty, which is told.

use std::collections::BTreeSet;

use planner::catalog::schema::{ColumnSchema, Schema, TableSchema};
use planner::dialect::Dialect;
use planner::name::ObjectName;

use crate::target::{DbError, Target};

/// Rows a table gets.
const ROWS: usize = 2;

/// What became of the tables.
#[derive(Clone, Debug, Default)]
pub struct Seeded {
    /// Tables that were empty and have rows now.
    pub tables: Vec<ObjectName>,
    /// Tables that refused them.
    pub refused: usize,
}

/// Puts rows into the tables that have none; `within` a transaction each table is tried behind a savepoint.
///
/// # Errors
/// A connection that is lost.
pub async fn seed(target: &mut Target, schema: &Schema, within: bool) -> Result<Seeded, DbError> {
    let mut seeded = Seeded::default();
    for table in ordered(schema) {
        let name = ObjectName { schema: table.schema.clone(), name: table.name.clone() };
        let quoted = target.quoted(&name);
        let is_empty = target.rows(&format!("SELECT 1 FROM {quoted} LIMIT 1")).await.is_ok_and(|rows| rows.is_empty());
        if !is_empty {
            continue;
        }
        let mut done = false;
        for nullable in [true, false] {
            let statements: Vec<String> =
                (0..ROWS).map(|number| insert(target, schema, table, &quoted, number, nullable)).collect();
            done = attempt(target, &statements, within).await?;
            if done {
                break;
            }
        }
        if done {
            seeded.tables.push(name);
        } else {
            seeded.refused += 1;
        }
    }
    Ok(seeded)
}

/// Whether the table took a row at least.
async fn attempt(target: &mut Target, statements: &[String], within: bool) -> Result<bool, DbError> {
    let mut taken = false;
    for sql in statements {
        if within {
            target.execute("SAVEPOINT seed").await?;
        }
        let done = target.execute(sql).await.is_ok();
        taken |= done;
        if within {
            target.execute(if done { "RELEASE SAVEPOINT seed" } else { "ROLLBACK TO SAVEPOINT seed" }).await?;
        }
    }
    Ok(taken)
}

/// Parents first; tables in a ring as they come.
fn ordered(schema: &Schema) -> Vec<&TableSchema> {
    let mut left: Vec<&TableSchema> = schema.tables.iter().collect();
    let mut placed: BTreeSet<(Option<String>, String)> = BTreeSet::new();
    let mut order = Vec::new();
    while !left.is_empty() {
        let key = |table: &TableSchema| (table.schema.clone(), table.name.clone());
        let ready = |table: &TableSchema| {
            table.foreign_keys.iter().all(|foreign| {
                let parent = (foreign.ref_schema.clone(), foreign.ref_table.clone());
                parent == key(table) || placed.contains(&parent)
            })
        };
        let at = left.iter().position(|table| ready(table)).unwrap_or_default();
        let next = left.remove(at);
        placed.insert(key(next));
        order.push(next);
    }
    order
}

fn insert(target: &Target, schema: &Schema, table: &TableSchema, quoted: &str, number: usize, nullable: bool) -> String {
    let mut columns = Vec::new();
    let mut values = Vec::new();
    for column in &table.columns {
        // What the server fills in itself.
        let given = column.identity.is_some() || column.generated.is_some() || column.default.is_some();
        if given || (column.nullable && !nullable) {
            continue;
        }
        columns.push(target.quoted_bare(&column.name));
        values.push(parents(target, table, column, number).unwrap_or_else(|| value(schema, table, column, number)));
    }
    match (columns.is_empty(), target.dialect()) {
        (false, _) => format!("INSERT INTO {quoted} ({}) VALUES ({})", columns.join(", "), values.join(", ")),
        (true, Dialect::MySql | Dialect::MariaDb) => format!("INSERT INTO {quoted} () VALUES ()"),
        (true, _) => format!("INSERT INTO {quoted} DEFAULT VALUES"),
    }
}

/// The value of a foreign key's column: one that its parent has.
fn parents(target: &Target, table: &TableSchema, column: &ColumnSchema, number: usize) -> Option<String> {
    let foreign = table.foreign_keys.iter().find(|foreign| foreign.columns.contains(&column.name))?;
    let place = foreign.columns.iter().position(|name| *name == column.name)?;
    let theirs = target.quoted_bare(foreign.ref_columns.get(place)?);
    let parent = target.quoted(&ObjectName { schema: foreign.ref_schema.clone(), name: foreign.ref_table.clone() });
    Some(format!("(SELECT {theirs} FROM {parent} ORDER BY 1 LIMIT 1 OFFSET {number})"))
}

fn value(schema: &Schema, table: &TableSchema, column: &ColumnSchema, number: usize) -> String {
    if let Some(literal) = demanded(table, column) {
        return literal;
    }
    let kind = column.data_type.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| kind.contains(word));
    let values = |values: &[String]| values.get(number.min(values.len().saturating_sub(1))).cloned();
    let own = |name: &str, of: &Option<String>| kind == name || of.as_ref().is_some_and(|of| kind == format!("{of}.{name}"));
    let labels = schema.enums.iter().find(|one| own(&one.name.to_ascii_lowercase(), &one.schema));
    if let Some(label) = labels.and_then(|one| values(&one.values)) {
        return format!("'{}'", label.replace('\'', "''"));
    }
    // MySQL writes the values into the type.
    if let Some(rest) = kind.strip_prefix("enum(").or_else(|| kind.strip_prefix("set(")) {
        return rest.split([',', ')']).next().unwrap_or("''").to_owned();
    }
    let digit = number + 1;
    match () {
        () if kind.ends_with("[]") => "'{}'".to_owned(),
        () if has(&["bool"]) => if number == 0 { "true" } else { "false" }.to_owned(),
        () if has(&["interval"]) => format!("'{digit} day'"),
        () if has(&["timestamp", "datetime"]) => format!("'2024-01-0{digit} 00:00:00'"),
        () if has(&["date"]) => format!("'2024-01-0{digit}'"),
        () if has(&["year"]) => format!("202{digit}"),
        () if kind.starts_with("time") => format!("'0{digit}:00:00'"),
        () if has(&["int", "numeric", "decimal", "double", "float", "real", "serial", "money", "oid"]) => digit.to_string(),
        () if has(&["uuid"]) => format!("'00000000-0000-0000-0000-00000000000{digit}'"),
        () if has(&["json"]) => format!("'{{\"a\": {digit}}}'"),
        () if has(&["inet", "cidr"]) => format!("'10.0.0.{digit}'"),
        () if has(&["bytea"]) => format!("'\\x0{digit}'"),
        () if kind.starts_with("bit") => format!("b'{}'", number % 2),
        () if kind == "xml" => format!("'<a>{digit}</a>'"),
        () => format!("'{digit}'"),
    }
}

/// A literal that a check names beside the column: `status IN ('new', 'done')`.
fn demanded(table: &TableSchema, column: &ColumnSchema) -> Option<String> {
    let check = table.checks.iter().find(|check| check.expression.contains(&column.name) && check.expression.contains('\''))?;
    let literal = check.expression.split('\'').nth(1)?;
    Some(format!("'{literal}'"))
}

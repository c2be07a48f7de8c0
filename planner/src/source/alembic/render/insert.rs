//! `bulk_insert`: one INSERT a row, with literal values.

use super::bound::Bound;
use super::identifier::{qualified, quote};
use super::{Renderer, Sql, name_of};
use crate::source::alembic::interpreter::value::{Object, Value};

/// Columns that SQLAlchemy fills where a row does not.
fn filled_by_python(table: &Object<'_>) -> Result<Vec<String>, String> {
    let mut filled = Vec::new();
    for item in &table.args {
        let Value::Object(column) = item else { continue };
        if column.keyword("default").is_some_and(|value| !matches!(value, Value::None))
            && let Some(name) = column.args.first().or_else(|| column.keyword("name"))
        {
            filled.extend(name_of(name)?);
        }
    }
    Ok(filled)
}

impl Renderer {
    pub(super) fn bulk_insert(&mut self, call: &Bound<'_, '_>) -> Sql {
        call.only(&["table", "rows", "multiinsert"], self.dialect_name())?;
        let Some(Value::Object(table)) = call.value("table") else { return Err("the table is not known".to_owned()) };
        let full = self.insert_target(table)?;
        let rows = call.value("rows").ok_or("no rows")?.items().map_err(|reason| format!("the rows: {reason}"))?;
        let filled = filled_by_python(table)?;
        let mut sql = Vec::new();
        for row in &rows {
            let Value::Dict(items) = row else { return Err(format!("a row is {}", row.noun())) };
            let given =
                |name: &String| items.borrow().iter().any(|(key, _)| name_of(key).is_ok_and(|key| key.as_ref() == Some(name)));
            if let Some(name) = filled.iter().find(|name| !given(name)) {
                return Err(format!("the column `{name}`, which a row leaves out, has a default of its own in Python"));
            }
            let (mut columns, mut values) = (Vec::new(), Vec::new());
            for (key, value) in items.borrow().iter() {
                let name = name_of(key)?.ok_or("a column name is None")?;
                if matches!(value, Value::Dict(_) | Value::List(_) | Value::Tuple(_) | Value::Set(_)) {
                    return Err(format!("the value of `{name}` is {}, whose SQL depends on the column's type", value.noun()));
                }
                values.push(self.constant(value).map_err(|why| format!("the value of `{name}`: {why}"))?);
                columns.push(quote(&name, self.dialect));
            }
            sql.push(format!("INSERT INTO {full} ({}) VALUES ({})", columns.join(", "), values.join(", ")));
        }
        Ok(sql.into())
    }

    /// `sa.table(name, …)`, `sa.Table(name, metadata, …)`, or what `op.create_table` gave.
    fn insert_target(&self, table: &Object<'_>) -> Result<String, String> {
        if !matches!(table.kind.as_str(), "table" | "Table") {
            return Err(format!("the table is `{}(…)`", table.kind));
        }
        let name = match table.args.first().or_else(|| table.keyword("table_name")) {
            Some(name) => name_of(name)?.ok_or("the table has no name")?,
            None => return Err("the table has no name".to_owned()),
        };
        let schema = table.keyword("schema").map(name_of).transpose()?.flatten();
        Ok(qualified(schema.as_deref(), &name, self.dialect))
    }
}

//! `bulk_insert`: one INSERT a row, with literal values.

use super::bound::Bound;
use super::identifier::{qualified, quote};
use super::{Renderer, Sql, name_of};
use crate::source::alembic::interpreter::value::{Object, Value};

impl Renderer {
    pub(super) fn bulk_insert(&mut self, call: &Bound<'_, '_>) -> Sql {
        call.only(&["table", "rows", "multiinsert"], self.dialect_name())?;
        let Some(Value::Object(table)) = call.value("table") else { return Err("the table is not known".to_owned()) };
        let full = self.insert_target(table)?;
        let rows = call.value("rows").ok_or("no rows")?.items().map_err(|reason| format!("the rows: {reason}"))?;
        let mut sql = Vec::new();
        for row in &rows {
            let Value::Dict(items) = row else { return Err(format!("a row is {}", row.noun())) };
            let (mut columns, mut values) = (Vec::new(), Vec::new());
            for (key, value) in items.borrow().iter() {
                let name = name_of(key)?.ok_or("a column name is None")?;
                if matches!(value, Value::Dict(_) | Value::List(_) | Value::Tuple(_)) {
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

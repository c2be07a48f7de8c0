//! `add_column`, `drop_column`, `alter_column`.

use super::bound::Bound;
use super::column::Column;
use super::constraint::Constraint;
use super::identifier::{qualified, qualified_dotted, quote};
use super::{Renderer, Sql};
use crate::dialect::Dialect;
use crate::source::alembic::interpreter::value::Value;

impl Renderer {
    pub(super) fn add_column(&mut self, call: &Bound<'_, '_>) -> Sql {
        call.only(
            &[
                "table_name",
                "column",
                "schema",
                "if_not_exists",
                "inline_references",
                "inline_primary_key",
                "insert_before",
                "insert_after",
            ],
            self.dialect_name(),
        )?;
        let (schema, table) = (call.name("schema")?, call.required("table_name")?);
        let column = Column::read(call.value("column").ok_or("no column")?)?;
        let inline = call.flag("inline_references")? && column.foreign_keys.len() == 1;
        if inline || call.flag("inline_primary_key")? {
            return Err("inline references and primary keys are not rendered".to_owned());
        }
        let in_key = column.primary_key;
        let counts_up = in_key && column.counts_up(self, 1)?;
        let exists = if call.flag("if_not_exists")? { "IF NOT EXISTS " } else { "" };
        let altered = qualified_dotted(schema.as_deref(), &table, self.dialect);
        let line = self.column_line(&column, in_key, counts_up)?;
        let mut sql = vec![format!("ALTER TABLE {altered} ADD COLUMN {exists}{line}{}", self.column_checks(&column)?)];
        let full = qualified(schema.as_deref(), &table, self.dialect);
        let mut constraints = Vec::new();
        if column.unique && !column.index {
            constraints.push(self.constraint_sql(&Constraint::unique(&column.name))?);
        }
        for key in &column.foreign_keys {
            constraints.push(self.constraint_sql(&Constraint::of_column(&column.name, key)?)?);
        }
        constraints.extend(self.type_check(&column)?);
        if self.dialect == Dialect::Sqlite && !constraints.is_empty() {
            return Err("SQLite cannot add a constraint to a table that is there; use `batch_alter_table`".to_owned());
        }
        sql.extend(constraints.iter().map(|constraint| format!("ALTER TABLE {full} ADD {constraint}")));
        if column.index {
            sql.push(self.column_index(schema.as_deref(), &table, &column)?);
        }
        if let (Some(comment), Dialect::Postgres) = (&column.comment, self.dialect) {
            sql.push(format!("COMMENT ON COLUMN {full}.{} IS {}", quote(&column.name, self.dialect), self.literal(comment)));
        }
        Ok(sql.into())
    }

    pub(super) fn drop_column(&mut self, call: &Bound<'_, '_>) -> Sql {
        let known = [
            "table_name",
            "column_name",
            "schema",
            "if_exists",
            "mssql_drop_check",
            "mssql_drop_default",
            "mssql_drop_foreign_key",
        ];
        call.only(&known, self.dialect_name())?;
        let table = qualified_dotted(call.name("schema")?.as_deref(), &call.required("table_name")?, self.dialect);
        let exists = if call.flag("if_exists")? { "IF EXISTS " } else { "" };
        Ok(format!("ALTER TABLE {table} DROP COLUMN {exists}{}", quote(&call.required("column_name")?, self.dialect)).into())
    }

    /// One statement a facet, in Alembic's order: type, nullability, default, comment, name.
    pub(super) fn alter_column(&mut self, call: &Bound<'_, '_>) -> Sql {
        const KNOWN: &[&str] = &[
            "table_name",
            "column_name",
            "schema",
            "nullable",
            "comment",
            "server_default",
            "new_column_name",
            "type_",
            "existing_type",
            "existing_server_default",
            "existing_nullable",
            "existing_comment",
            "postgresql_using",
            "autoincrement",
            "existing_autoincrement",
            "insert_before",
            "insert_after",
            // Alembic takes any other keyword too, and does nothing with it.
            "default",
            "existing_default",
        ];
        call.only(KNOWN, self.dialect_name())?;
        match self.dialect {
            Dialect::MySql | Dialect::MariaDb => return self.modify_column(call),
            Dialect::Postgres | Dialect::Sqlite => {}
        }
        self.without_type_checks(call)?;
        let table = qualified_dotted(call.name("schema")?.as_deref(), &call.required("table_name")?, self.dialect);
        let name = quote(&call.required("column_name")?, self.dialect);
        let column = format!("ALTER TABLE {table} ALTER COLUMN {name}");
        let mut sql = Vec::new();
        if let Some(data_type) = call.given("type_") {
            let using = call.name("postgresql_using")?.map(|using| format!(" USING {using}")).unwrap_or_default();
            sql.push(format!("{column} TYPE {}{using}", self.type_sql(data_type)?));
        } else if call.given("postgresql_using").is_some() {
            return Err("`postgresql_using` needs `type_`".to_owned());
        }
        if let Some(nullable) = call.switch("nullable")? {
            sql.push(format!("{column} {} NOT NULL", if nullable { "DROP" } else { "SET" }));
        }
        sql.extend(self.altered_default(call, &column)?);
        if let Some(comment) = self.new_comment(call)? {
            if self.dialect == Dialect::Sqlite {
                return Err("SQLite has no comments".to_owned());
            }
            sql.push(format!(
                "COMMENT ON COLUMN {table}.{name} IS {}",
                comment.map_or_else(|| "NULL".to_owned(), |text| self.literal(&text))
            ));
        }
        if self.dialect == Dialect::Sqlite && !sql.is_empty() {
            return Err("SQLite cannot change a column; use `batch_alter_table`".to_owned());
        }
        if let Some(to) = call.name("new_column_name")? {
            let word = if self.dialect == Dialect::Sqlite { "RENAME COLUMN" } else { "RENAME" };
            sql.push(format!("ALTER TABLE {table} {word} {name} TO {}", quote(&to, self.dialect)));
        }
        Ok(sql.into())
    }

    /// Types that bring a CHECK along make Alembic drop and add it, by a name that need not be known.
    fn without_type_checks(&self, call: &Bound<'_, '_>) -> Result<(), String> {
        for key in ["type_", "existing_type"] {
            if let Some(value) = call.given(key)
                && let Ok(t) = self.resolve(value)
                && t.flag(usize::MAX, "create_constraint", false)?
            {
                return Err(format!("`{key}` brings a CHECK constraint along, which is not rendered here"));
            }
        }
        Ok(())
    }

    fn altered_default(&self, call: &Bound<'_, '_>, column: &str) -> Result<Option<String>, String> {
        match call.value("server_default") {
            None | Some(Value::Bool(false)) => Ok(None),
            Some(Value::None) => {
                if matches!(call.given("existing_server_default"), Some(Value::Object(object)) if matches!(object.kind.as_str(), "Identity" | "Computed"))
                {
                    return Err("an identity or computed column is changed, which is not rendered".to_owned());
                }
                Ok(Some(format!("{column} DROP DEFAULT")))
            }
            Some(Value::Object(object)) if matches!(object.kind.as_str(), "Identity" | "Computed") => {
                Err("a column is made an identity or computed column, which is not rendered".to_owned())
            }
            Some(value) => match self.server_default(value)? {
                Some(default) => Ok(Some(format!("{column} SET DEFAULT {default}"))),
                None => Err("this server default makes no DEFAULT clause".to_owned()),
            },
        }
    }

    /// The comment to set; `Some(None)` takes it away.
    fn new_comment(&self, call: &Bound<'_, '_>) -> Result<Option<Option<String>>, String> {
        match call.value("comment") {
            None | Some(Value::Bool(false)) => Ok(None),
            Some(value) => super::name_of(value).map(Some),
        }
    }

    /// MySQL redefines the column as a whole: what is not named is lost (`facts/alembic.md` §3).
    fn modify_column(&mut self, call: &Bound<'_, '_>) -> Sql {
        self.without_type_checks(call)?;
        let table = qualified_dotted(call.name("schema")?.as_deref(), &call.required("table_name")?, self.dialect);
        let name = quote(&call.required("column_name")?, self.dialect);
        let renamed = call.name("new_column_name")?;
        // A date and time column is always redefined by CHANGE, unless its default is taken away.
        let dated = match call.given("type_").or_else(|| call.given("existing_type")) {
            Some(data_type) => {
                let t = self.resolve(data_type)?;
                t.is_date_and_time() && t.object.is_some() && !matches!(call.value("server_default"), Some(Value::None))
            }
            None => false,
        };
        let changes_definition = dated
            || call.given("type_").is_some()
            || call.value("nullable").is_some_and(|v| !matches!(v, Value::None))
            || call.given("autoincrement").is_some()
            || self.new_comment(call)?.is_some();
        let column = format!("ALTER TABLE {table} ALTER COLUMN {name}");
        if renamed.is_none() && !changes_definition {
            return Ok(self.altered_default(call, &column)?.into_iter().collect::<Vec<_>>().into());
        }
        let data_type = call.given("type_").or_else(|| call.given("existing_type"));
        let data_type = data_type.ok_or("MySQL needs `existing_type` to change a column")?;
        let nullable = call.switch("nullable")?.or(call.switch("existing_nullable")?).unwrap_or(true);
        let mut definition = format!("{} {}", self.type_sql(data_type)?, if nullable { "NULL" } else { "NOT NULL" });
        if call.switch("autoincrement")?.or(call.switch("existing_autoincrement")?) == Some(true) {
            definition.push_str(" AUTO_INCREMENT");
        }
        let default = match call.value("server_default") {
            None | Some(Value::Bool(false)) => call.given("existing_server_default").filter(|v| !matches!(v, Value::Bool(false))),
            given => given.filter(|value| !matches!(value, Value::None)),
        };
        if let Some(default) = default.map(|value| self.server_default(value)).transpose()?.flatten() {
            definition.push_str(&format!(" DEFAULT {default}"));
        }
        let comment = match self.new_comment(call)? {
            Some(comment) => comment,
            None => call.name("existing_comment")?,
        };
        if let Some(comment) = comment {
            definition.push_str(&format!(" COMMENT {}", self.literal(&comment)));
        }
        let renamed = renamed.or(if dated { call.name("column_name")? } else { None });
        Ok(match renamed {
            Some(to) => format!("ALTER TABLE {table} CHANGE {name} {} {definition}", quote(&to, self.dialect)),
            None => format!("ALTER TABLE {table} MODIFY {name} {definition}"),
        }
        .into())
    }
}

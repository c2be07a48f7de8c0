//! `create_table`, `drop_table`, `rename_table`, table comments.

use super::bound::Bound;
use super::column::Column;
use super::constraint::{Constraint, Kind};
use super::identifier::{qualified, qualified_dotted, quote};
use super::{Renderer, Sql};
use crate::dialect::Dialect;
use crate::sort::Sort;
use crate::source::alembic::interpreter::value::{Object, Value};

/// What the arguments of `create_table` come down to.
struct Table<'a> {
    columns: Vec<Column<'a>>,
    constraints: Vec<(usize, Constraint<'a>)>,
    indexes: Vec<std::rc::Rc<Object<'a>>>,
}

impl Renderer {
    pub(super) fn create_table(&mut self, call: &Bound<'_, '_>) -> Sql {
        let name = call.required("table_name")?;
        let schema = call.name("schema")?;
        self.table_options(call)?;
        let table = Table::read(call.rest)?;
        let mut sql = self.enums_of_table(table.columns.iter().map(|column| &column.data_type))?;
        let full = qualified(schema.as_deref(), &name, self.dialect);
        let lines = self.table_lines(&table, schema.as_deref())?;
        let exists = if call.flag("if_not_exists")? { "IF NOT EXISTS " } else { "" };
        let suffix = self.table_suffix(call)?;
        sql.push(format!("CREATE TABLE {exists}{full} (\n    {}\n){suffix}", lines.join(", \n    ")));
        for column in table.columns.iter().filter(|column| column.index) {
            sql.push(self.column_index(schema.as_deref(), &name, column)?);
        }
        for index in &table.indexes {
            sql.push(self.index_of_table(schema.as_deref(), &name, index)?);
        }
        if self.dialect == Dialect::Postgres {
            if let Some(comment) = call.name("comment")? {
                sql.push(format!("COMMENT ON TABLE {full} IS {}", self.literal(&comment)));
            }
            for column in &table.columns {
                if let Some(comment) = &column.comment {
                    sql.push(format!(
                        "COMMENT ON COLUMN {full}.{} IS {}",
                        quote(&column.name, self.dialect),
                        self.literal(comment)
                    ));
                }
            }
        }
        Ok(sql.into())
    }

    fn table_options(&self, call: &Bound<'_, '_>) -> Result<(), String> {
        let mut known = vec![
            "table_name",
            "schema",
            "if_not_exists",
            "comment",
            "info",
            "_constraints_included",
            "keep_existing",
            "prefixes",
        ];
        known.extend(["postgresql_partition_by", "postgresql_ignore_search_path", "sqlite_autoincrement"]);
        known.extend([
            "mysql_engine",
            "mysql_charset",
            "mysql_default_charset",
            "mysql_collate",
            "mariadb_engine",
            "mariadb_charset",
            "mysql_ENGINE",
            "mysql_CHARSET",
            "mysql_DEFAULT_CHARSET",
        ]);
        if call.given("prefixes").is_some_and(|value| value.truth() != Ok(false)) {
            return Err("`prefixes` is not rendered".to_owned());
        }
        if self.dialect == Dialect::Sqlite && call.flag("sqlite_autoincrement")? {
            return Err("`sqlite_autoincrement` is not rendered".to_owned());
        }
        call.only(&known, self.dialect_name())
    }

    fn table_suffix(&self, call: &Bound<'_, '_>) -> Result<String, String> {
        match self.dialect {
            Dialect::Postgres => Ok(match call.name("postgresql_partition_by")? {
                Some(by) => format!("\n PARTITION BY {by}"),
                None => String::new(),
            }),
            Dialect::Sqlite => Ok(String::new()),
            Dialect::MySql | Dialect::MariaDb => {
                let own = format!("{}_", self.dialect_name());
                let mut options = Vec::new();
                for (key, value) in call.keywords() {
                    let Some(option) = key.strip_prefix(&own) else { continue };
                    let text = super::name_of(value)?.ok_or_else(|| format!("`{key}` is None"))?;
                    options.push(match option.to_lowercase().as_str() {
                        "engine" => format!("ENGINE={text}"),
                        "charset" => format!("CHARSET={text}"),
                        "default_charset" => format!("DEFAULT CHARSET={text}"),
                        _ => format!("COLLATE {text}"),
                    });
                }
                if let Some(comment) = call.name("comment")? {
                    options.push(format!("COMMENT={}", self.literal(&comment)));
                }
                Ok(options.join(" "))
            }
        }
    }

    /// Columns, the primary key, then the other constraints in the order they were made.
    fn table_lines(&self, table: &Table<'_>, own: Option<&str>) -> Result<Vec<String>, String> {
        let explicit = table.constraints.iter().find_map(|(_, constraint)| match &constraint.kind {
            Kind::Primary(columns) if !columns.is_empty() => Some((constraint, columns.clone())),
            _ => None,
        });
        let flagged: Vec<String> =
            table.columns.iter().filter(|column| column.primary_key).map(|column| column.name.clone()).collect();
        let key = explicit.as_ref().map_or(flagged, |(_, columns)| columns.clone());
        let mut counting = None;
        // A column that refers to another takes its values from there, unless it says otherwise.
        let refers = |name: &String| {
            table
                .constraints
                .iter()
                .any(|(_, held)| matches!(&held.kind, Kind::Foreign { columns, .. } if columns.contains(name)))
        };
        for column in table.columns.iter().filter(|column| key.contains(&column.name)) {
            let may_count = column.counts_by_choice() || !refers(&column.name);
            if counting.is_none() && may_count && column.counts_up(self, key.len())? {
                counting = Some(column.name.clone());
            }
        }
        let mut lines = Vec::new();
        for column in &table.columns {
            let in_key = key.contains(&column.name);
            let mut line = self.column_line(column, in_key, in_key && counting.as_ref() == Some(&column.name))?;
            line.push_str(&self.column_checks(column)?);
            lines.push(line);
        }
        match explicit {
            Some((constraint, _)) => lines.push(self.constraint_sql(constraint)?),
            None if !key.is_empty() => {
                let mut key = key;
                // A primary key put together from flags has its counting column first.
                key.order_by_key(|name| counting.as_ref() != Some(name));
                let named = table.constraints.iter().find(|(_, constraint)| matches!(constraint.kind, Kind::Primary(_)));
                let mut constraint = Constraint::primary(key);
                constraint.name = named.and_then(|(_, constraint)| constraint.name.clone());
                constraint.fixed = named.is_some_and(|(_, constraint)| constraint.fixed);
                lines.push(self.constraint_sql(&constraint)?);
            }
            None => {}
        }
        for (_, constraint) in table.constraints.iter().filter(|(_, constraint)| !matches!(constraint.kind, Kind::Primary(_))) {
            if !self.leaves_database(constraint, own) {
                lines.push(self.constraint_sql(constraint)?);
            }
        }
        for column in &table.columns {
            if column.unique && !column.index {
                lines.push(self.constraint_sql(&Constraint::unique(&column.name))?);
            }
            for key in &column.foreign_keys {
                let constraint = Constraint::of_column(&column.name, key)?;
                if !self.leaves_database(&constraint, own) {
                    lines.push(self.constraint_sql(&constraint)?);
                }
            }
            if let Some(check) = self.type_check(column)? {
                lines.push(check);
            }
        }
        Ok(lines)
    }

    /// A foreign key to another schema, which SQLite does not have and SQLAlchemy leaves out.
    fn leaves_database(&self, constraint: &Constraint<'_>, own: Option<&str>) -> bool {
        self.dialect == Dialect::Sqlite && matches!(&constraint.kind, Kind::Foreign { schema, .. } if schema.as_deref() != own)
    }

    /// The CHECK that a type brings along (`create_constraint=True`).
    pub(super) fn type_check(&self, column: &Column<'_>) -> Result<Option<String>, String> {
        let t = self.resolve(&column.data_type)?;
        if !t.flag(usize::MAX, "create_constraint", false)? {
            return Ok(None);
        }
        let native = match t.bare() {
            "Boolean" => self.dialect == Dialect::Postgres,
            _ => self.dialect != Dialect::Sqlite && t.flag(usize::MAX, "native_enum", true)?,
        };
        if native {
            return Ok(None);
        }
        if self.names_checks() {
            return Err("the CHECK that a type brings along is named by the convention, which is not followed".to_owned());
        }
        let values = match t.bare() {
            "Boolean" => "0, 1".to_owned(),
            _ => self.enum_values(&t)?.iter().map(|value| self.literal(value)).collect::<Vec<_>>().join(", "),
        };
        let name = match t.argument(usize::MAX, "name") {
            Some(name) => {
                super::name_of(name)?.map(|name| format!("CONSTRAINT {} ", quote(&name, self.dialect))).unwrap_or_default()
            }
            None => String::new(),
        };
        Ok(Some(format!("{name}CHECK ({} IN ({values}))", quote(&column.name, self.dialect))))
    }

    pub(super) fn drop_table(&mut self, call: &Bound<'_, '_>) -> Sql {
        call.only(&["table_name", "schema", "if_exists", "info"], self.dialect_name())?;
        let exists = if call.flag("if_exists")? { "IF EXISTS " } else { "" };
        let table = qualified(call.name("schema")?.as_deref(), &call.required("table_name")?, self.dialect);
        Ok(format!("DROP TABLE {exists}{table}").into())
    }

    pub(super) fn rename_table(&mut self, call: &Bound<'_, '_>) -> Sql {
        call.only(&["old_table_name", "new_table_name", "schema"], self.dialect_name())?;
        let schema = call.name("schema")?;
        let from = qualified_dotted(schema.as_deref(), &call.required("old_table_name")?, self.dialect);
        let to = call.required("new_table_name")?;
        let to = match self.dialect {
            // These two take the new name without the schema.
            Dialect::Postgres | Dialect::Sqlite => quote(&to, self.dialect),
            Dialect::MySql | Dialect::MariaDb => qualified_dotted(schema.as_deref(), &to, self.dialect),
        };
        Ok(format!("ALTER TABLE {from} RENAME TO {to}").into())
    }

    pub(super) fn table_comment(&mut self, call: &Bound<'_, '_>) -> Sql {
        call.only(&["table_name", "comment", "existing_comment", "schema"], self.dialect_name())?;
        let table = qualified(call.name("schema")?.as_deref(), &call.required("table_name")?, self.dialect);
        let comment = call.name("comment")?.map(|comment| self.literal(&comment));
        match self.dialect {
            Dialect::Postgres => {
                Ok(format!("COMMENT ON TABLE {table} IS {}", comment.unwrap_or_else(|| "NULL".to_owned())).into())
            }
            Dialect::MySql | Dialect::MariaDb => {
                Ok(format!("ALTER TABLE {table} COMMENT {}", comment.unwrap_or_else(|| "''".to_owned())).into())
            }
            Dialect::Sqlite => Err("SQLite has no comments, so the statement Alembic sends fails".to_owned()),
        }
    }
}

impl<'a> Table<'a> {
    fn read(items: &[Value<'a>]) -> Result<Self, String> {
        let mut table = Self { columns: Vec::new(), constraints: Vec::new(), indexes: Vec::new() };
        for item in items {
            let Value::Object(object) = item else {
                if matches!(item, Value::None) {
                    continue;
                }
                return Err(format!("{} among the columns", item.noun()));
            };
            match object.kind.as_str() {
                "Column" => table.columns.push(Column::read(item)?),
                "Index" => table.indexes.push(object.clone()),
                // Alembic makes one of its own, and takes only columns, constraints and indexes over.
                "MetaData" => {}
                kind if kind.ends_with("ExcludeConstraint") => return Err("an EXCLUDE constraint is not rendered".to_owned()),
                _ => table.constraints.push((object.made, Constraint::read(object)?)),
            }
        }
        table.constraints.order_by_key(|(made, _)| *made);
        Ok(table)
    }
}

//! SQLite's move-and-copy: what Alembic does where `ALTER TABLE` cannot (`ApplyBatchImpl`), with the simulated schema
//! in the place of the table it would reflect.

use super::Renderer;
use super::bound::{Bound, truth};
use super::column::{Column, in_parentheses_for_sqlite};
use super::constraint::Constraint;
use super::identifier::quote;
use crate::catalog::{Index, Table};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::source::alembic::interpreter::value::{Object, Value};
use crate::statement::operation::{Constraint as Stored, ConstraintKind, IndexPart};

/// A column on its way into the new table.
struct Moved {
    /// Name before the batch; empty for a new column.
    from: String,
    name: String,
    data_type: String,
    default: Option<String>,
    nullable: bool,
    /// Set for a new column, which is written as it was given.
    line: Option<String>,
    /// The value has to be cast to the new type.
    cast: bool,
}

/// The new table while the calls of the batch change it.
pub(super) struct Copy {
    table: String,
    columns: Vec<Moved>,
    primary_key: (Option<String>, Vec<String>),
    /// Name, columns (by their names before the batch) and text.
    constraints: Vec<Held>,
    indexes: Vec<(String, Index)>,
    new_indexes: Vec<String>,
}

/// A constraint that the new table keeps as long as its columns stay.
struct Held {
    name: Option<String>,
    columns: Vec<String>,
    kind: ConstraintKind,
    text: Option<String>,
}

impl Renderer {
    /// The table as it is now, ready to be changed.
    pub(super) fn begin_copy(&self, table: &str, schema: Option<&str>) -> Result<Copy, String> {
        if self.dialect != Dialect::Sqlite || schema.is_some() {
            return Err("only tables of SQLite's main database are copied".to_owned());
        }
        let known = self.catalog.table(&ObjectName::bare(table));
        let known = known.ok_or_else(|| format!("table `{table}` has to be copied, and its columns are not known here"))?;
        if let Some(doubt) = self.doubt(table) {
            return Err(format!("table `{table}` has to be copied, and {doubt}"));
        }
        Copy::of(table, known)
    }

    /// Applies one call of the batch to the copy.
    pub(super) fn copy_call(&mut self, copy: &mut Copy, name: &str, call: &Bound<'_, '_>) -> Result<(), String> {
        match name {
            "alter_column" => self.copy_alter(copy, call),
            "add_column" => self.copy_add(copy, call),
            "drop_column" => copy.drop_column(&call.required("column_name")?),
            "drop_constraint" => copy.drop_constraint(call.name("constraint_name")?, call.name("type_")?.as_deref()),
            "create_foreign_key" | "create_unique_constraint" | "create_check_constraint" | "create_primary_key" => {
                self.copy_constraint(copy, name, call)
            }
            "create_index" => {
                copy.new_indexes.extend(self.create_index(call)?.sql);
                Ok(())
            }
            "drop_index" => {
                let dropped = call.required("index_name")?;
                let before = copy.indexes.len();
                copy.indexes.retain(|(name, _)| *name != dropped);
                if copy.indexes.len() == before { Err(format!("the table has no index `{dropped}`")) } else { Ok(()) }
            }
            other => Err(format!("`{other}` is not followed inside a batch")),
        }
    }

    fn copy_alter(&self, copy: &mut Copy, call: &Bound<'_, '_>) -> Result<(), String> {
        let name = call.required("column_name")?;
        for key in ["type_", "existing_type"] {
            if let Some(value) = call.given(key)
                && self.resolve(value)?.flag(usize::MAX, "create_constraint", false)?
            {
                return Err(format!("`{key}` brings a CHECK constraint along, which is not rendered here"));
            }
        }
        let column = copy.column(&name)?;
        if column.line.is_some() {
            return Err(format!("`{name}` is added and altered in one batch"));
        }
        if let Some(data_type) = call.given("type_") {
            let new = self.type_sql(data_type)?;
            column.cast = affinity(&column.data_type) != affinity(&new) && affinity(&new) != "JSON";
            column.data_type = new;
        }
        if let Some(nullable) = call.switch("nullable")? {
            column.nullable = nullable;
        }
        match call.value("server_default") {
            None | Some(Value::Bool(false)) => {}
            Some(Value::None) => column.default = None,
            Some(value) => column.default = self.server_default(value)?,
        }
        if let Some(to) = call.name("new_column_name")? {
            column.name = to;
        }
        Ok(())
    }

    fn copy_add(&self, copy: &mut Copy, call: &Bound<'_, '_>) -> Result<(), String> {
        if call.given("insert_before").is_some() || call.given("insert_after").is_some() {
            return Err("`insert_before` and `insert_after` are not followed".to_owned());
        }
        let column = Column::read(call.value("column").ok_or("no column")?)?;
        if column.primary_key || self.type_check(&column)?.is_some() {
            return Err("a new column that is a primary key or brings a CHECK along is not rendered".to_owned());
        }
        if column.unique && !column.index {
            let kind = ConstraintKind::Unique { columns: vec![column.name.clone()], nulls_distinct: true };
            let text = self.constraint_sql(&Constraint::unique(&column.name))?;
            copy.constraints.push(Held { name: None, columns: vec![column.name.clone()], kind, text: Some(text) });
        }
        for key in &column.foreign_keys {
            let constraint = Constraint::of_column(&column.name, key)?;
            let text = self.constraint_sql(&constraint)?;
            let kind = ConstraintKind::Check { expression: String::new() };
            copy.constraints.push(Held { name: constraint.name, columns: vec![column.name.clone()], kind, text: Some(text) });
        }
        if column.index {
            return Err("`index=True` of a column in a copied table is not rendered".to_owned());
        }
        let line = format!("{}{}", self.column_line(&column, false, false)?, self.column_checks(&column)?);
        copy.columns.push(Moved {
            from: String::new(),
            name: column.name,
            data_type: String::new(),
            default: None,
            nullable: true,
            line: Some(line),
            cast: false,
        });
        Ok(())
    }

    fn copy_constraint<'a>(&self, copy: &mut Copy, name: &str, call: &Bound<'_, 'a>) -> Result<(), String> {
        let options = ["ondelete", "onupdate", "deferrable", "initially", "match"];
        let keywords: Vec<(String, Value<'a>)> = call
            .keywords()
            .filter(|(key, _)| options.contains(key))
            .map(|(key, value)| (key.to_owned(), value.clone()))
            .collect();
        let object = |kind: &str, args: Vec<Value<'a>>| -> Result<String, String> {
            let mut keywords = keywords.clone();
            keywords.push(("name".to_owned(), call.name("constraint_name")?.map_or(Value::None, Value::text)));
            let object = Object { kind: kind.to_owned(), args, keywords, made: 0 };
            self.constraint_sql(&Constraint::read(&object)?)
        };
        let texts = |names: &[String]| names.iter().map(Value::text).collect::<Vec<_>>();
        let (columns, text) = match name {
            "create_foreign_key" => {
                let (columns, remote) = (call.names("local_cols")?, call.names("remote_cols")?);
                let table = call.required("referent_table")?;
                let targets: Vec<String> = remote.iter().map(|column| format!("{table}.{column}")).collect();
                let args = vec![Value::tuple(texts(&columns)), Value::tuple(texts(&targets))];
                (columns, object("ForeignKeyConstraint", args)?)
            }
            "create_unique_constraint" => {
                let columns = call.names("columns")?;
                let text = object("UniqueConstraint", texts(&columns))?;
                (columns, text)
            }
            "create_primary_key" => {
                copy.primary_key = (call.name("constraint_name")?, call.names("columns")?);
                return Ok(());
            }
            _ => {
                let condition = call.value("condition").ok_or("no condition")?;
                let named = call.name("constraint_name")?;
                let prefix = named.map(|name| format!("CONSTRAINT {} ", quote(&name, self.dialect))).unwrap_or_default();
                (Vec::new(), format!("{prefix}CHECK ({})", self.condition(condition)?))
            }
        };
        let kind = ConstraintKind::Check { expression: String::new() };
        copy.constraints.push(Held { name: call.name("constraint_name")?, columns, kind, text: Some(text) });
        Ok(())
    }

    /// The statements of the move.
    pub(super) fn end_copy(&self, copy: &Copy) -> Result<Vec<String>, String> {
        let dialect = self.dialect;
        let table = quote(&copy.table, dialect);
        // Alembic cuts the name of the new table to 50 characters.
        let temporary: String = format!("_alembic_tmp_{}", copy.table).chars().take(50).collect();
        let temporary = quote(&temporary, dialect);
        let mut lines = Vec::new();
        for column in &copy.columns {
            lines.push(column.line.clone().unwrap_or_else(|| column.sql(dialect)));
        }
        let (key_name, key) = &copy.primary_key;
        if !key.is_empty() {
            let name = key_name.as_ref().map(|name| format!("CONSTRAINT {} ", quote(name, dialect))).unwrap_or_default();
            lines.push(format!("{name}PRIMARY KEY ({})", copy.new_names(key, dialect)?));
        }
        // Named constraints first, as Alembic keeps them.
        let named = copy.constraints.iter().filter(|held| held.name.is_some());
        for held in named.chain(copy.constraints.iter().filter(|held| held.name.is_none())) {
            lines.push(match &held.text {
                Some(text) => text.clone(),
                None => self.kept(copy, held)?,
            });
        }
        let kept: Vec<&Moved> = copy.columns.iter().filter(|column| !column.from.is_empty()).collect();
        let into: Vec<String> = kept.iter().map(|column| quote(&column.name, dialect)).collect();
        let from: Vec<String> = kept.iter().map(|column| column.value(&table, dialect)).collect();
        let mut sql = vec![
            format!("CREATE TABLE {temporary} (\n    {}\n)", lines.join(", \n    ")),
            format!("INSERT INTO {temporary} ({}) SELECT {} \nFROM {table}", into.join(", "), from.join(", ")),
            format!("DROP TABLE {table}"),
            format!("ALTER TABLE {temporary} RENAME TO {table}"),
        ];
        for (name, index) in &copy.indexes {
            sql.push(copy.index_again(name, index)?);
        }
        sql.extend(copy.new_indexes.iter().cloned());
        Ok(sql)
    }

    /// A constraint the table had.
    fn kept(&self, copy: &Copy, held: &Held) -> Result<String, String> {
        let name = held.name.as_ref().map(|name| format!("CONSTRAINT {} ", quote(name, self.dialect))).unwrap_or_default();
        let list = |columns: &[String]| columns.iter().map(|name| quote(name, self.dialect)).collect::<Vec<_>>().join(", ");
        let body = match &held.kind {
            ConstraintKind::Unique { columns, .. } => format!("UNIQUE ({})", copy.new_names(columns, self.dialect)?),
            ConstraintKind::Check { expression } => format!("CHECK ({expression})"),
            ConstraintKind::ForeignKey { columns, ref_table, ref_columns, on_delete, on_update } => {
                if ref_columns.is_empty() {
                    return Err(format!("a foreign key to `{}` that names no column is not rendered", ref_table.name));
                }
                let delete = on_delete.as_ref().map(|action| format!(" ON DELETE {action}")).unwrap_or_default();
                let update = on_update.as_ref().map(|action| format!(" ON UPDATE {action}")).unwrap_or_default();
                format!(
                    "FOREIGN KEY({}) REFERENCES {} ({}){delete}{update}",
                    copy.new_names(columns, self.dialect)?,
                    quote(&ref_table.name, self.dialect),
                    list(ref_columns)
                )
            }
            _ => return Err("a constraint of a kind SQLite does not have".to_owned()),
        };
        Ok(format!("{name}{body}"))
    }
}

impl Moved {
    fn sql(&self, dialect: Dialect) -> String {
        let default = self.default.as_ref().map(|default| format!(" DEFAULT {}", in_parentheses_for_sqlite(default)));
        let null = if self.nullable { "" } else { " NOT NULL" };
        format!("{} {}{}{null}", quote(&self.name, dialect), self.data_type, default.unwrap_or_default())
    }

    fn value(&self, table: &str, dialect: Dialect) -> String {
        let old = format!("{table}.{}", quote(&self.from, dialect));
        let new = quote(&self.name, dialect);
        if self.cast { format!("CAST({old} AS {}) AS {new}", self.data_type) } else { old }
    }
}

impl Copy {
    fn of(table: &str, known: &Table) -> Result<Self, String> {
        let mut copy = Self {
            table: table.to_owned(),
            columns: Vec::new(),
            primary_key: (None, Vec::new()),
            constraints: Vec::new(),
            indexes: known.indexes.iter().map(|(name, index)| (name.clone(), index.clone())).collect(),
            new_indexes: Vec::new(),
        };
        for column in &known.columns {
            if column.generated.is_some() || column.identity.is_some() || column.collation.is_some() {
                return Err(format!("column `{}` is generated, counted or collated, which the copy would not keep", column.name));
            }
            copy.columns.push(Moved {
                from: column.name.clone(),
                name: column.name.clone(),
                data_type: column.data_type.clone(),
                default: column.default.as_deref().map(reflected),
                nullable: column.nullable,
                line: None,
                cast: false,
            });
        }
        for constraint in &known.constraints {
            copy.hold(constraint)?;
        }
        Ok(copy)
    }

    fn hold(&mut self, constraint: &Stored) -> Result<(), String> {
        if constraint.deferrable {
            return Err("the table has a deferrable constraint, which is not copied".to_owned());
        }
        let columns = match &constraint.kind {
            ConstraintKind::PrimaryKey { columns } => {
                self.primary_key = (constraint.name.clone(), columns.clone());
                return Ok(());
            }
            // Alembic passes over unnamed checks; a name would have kept them.
            ConstraintKind::Check { .. } if constraint.name.is_none() => {
                return Err("the table has a CHECK without a name, which Alembic's copy loses".to_owned());
            }
            // Two foreign keys alike are one when they are reflected.
            ConstraintKind::ForeignKey { columns, ref_table, ref_columns, .. } => {
                let same = |held: &Held| {
                    matches!(&held.kind, ConstraintKind::ForeignKey { columns: own, ref_table: table, ref_columns: remote, .. }
                        if own == columns && table == ref_table && remote == ref_columns)
                };
                if self.constraints.iter().any(same) {
                    return Ok(());
                }
                columns.clone()
            }
            ConstraintKind::Unique { columns, .. } => columns.clone(),
            _ => Vec::new(),
        };
        self.constraints.push(Held { name: constraint.name.clone(), columns, kind: constraint.kind.clone(), text: None });
        Ok(())
    }

    fn column(&mut self, name: &str) -> Result<&mut Moved, String> {
        let missing = format!("table `{}` has no column `{name}`", self.table);
        self.columns
            .iter_mut()
            .find(|column| column.from == name || (column.from.is_empty() && column.name == name))
            .ok_or(missing)
    }

    fn drop_column(&mut self, name: &str) -> Result<(), String> {
        self.column(name)?;
        let used = |part: &IndexPart| matches!(part, IndexPart::Column(column) if column == name);
        if self.indexes.iter().any(|(_, index)| index.columns.iter().any(used)) {
            return Err(format!("an index uses column `{name}`; drop the index first, as Alembic asks"));
        }
        self.columns.retain(|column| column.from != name);
        self.primary_key.1.retain(|column| column != name);
        self.constraints.retain(|held| !held.columns.iter().any(|column| column == name));
        Ok(())
    }

    fn drop_constraint(&mut self, name: Option<String>, kind: Option<&str>) -> Result<(), String> {
        let name = name.ok_or("the constraint has no name, so Alembic cannot find it")?;
        if kind == Some("primary") || self.primary_key.0.as_ref() == Some(&name) {
            self.primary_key = (None, Vec::new());
            return Ok(());
        }
        let before = self.constraints.len();
        self.constraints.retain(|held| held.name.as_ref() != Some(&name));
        if self.constraints.len() == before { Err(format!("the table has no constraint `{name}`")) } else { Ok(()) }
    }

    /// An index of the table as it is created again, on the columns' new names.
    fn index_again(&self, name: &str, index: &Index) -> Result<String, String> {
        let renamed = self.columns.iter().any(|column| !column.from.is_empty() && column.from != column.name);
        let mut parts = Vec::new();
        for part in &index.columns {
            match part {
                IndexPart::Column(column) => parts.push(self.new_names(std::slice::from_ref(column), Dialect::Sqlite)?),
                IndexPart::Expression(_) if renamed => {
                    return Err(format!("a column is renamed, and the expression of index `{name}` may name it"));
                }
                IndexPart::Expression(expression) => parts.push(expression.clone()),
            }
        }
        if renamed && index.predicate.is_some() {
            return Err(format!("a column is renamed, and the condition of index `{name}` may name it"));
        }
        let unique = if index.unique { "UNIQUE " } else { "" };
        let predicate = index.predicate.as_ref().map(|predicate| format!(" WHERE {predicate}")).unwrap_or_default();
        let (name, table) = (quote(name, Dialect::Sqlite), quote(&self.table, Dialect::Sqlite));
        Ok(format!("CREATE {unique}INDEX {name} ON {table} ({}){predicate}", parts.join(", ")))
    }

    /// A list of columns by the names they bear after the batch.
    fn new_names(&self, columns: &[String], dialect: Dialect) -> Result<String, String> {
        let mut names = Vec::new();
        for wanted in columns {
            let found = self.columns.iter().find(|column| column.from == *wanted || column.name == *wanted);
            names.push(quote(&found.ok_or_else(|| format!("column `{wanted}` is gone"))?.name, dialect));
        }
        Ok(names.join(", "))
    }
}

/// A default as Alembic reflects it: put into parentheses unless it is one digit, a quoted text or in parentheses
/// already (`SQLiteImpl._guess_if_default_is_unparenthesized_sql_expr`).
fn reflected(default: &str) -> String {
    let digit = default.len() == 1 && default.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let quoted = default.len() > 2 && default.starts_with('\'') && default.ends_with('\'');
    let wrapped = default.len() > 2 && default.starts_with('(') && default.ends_with(')');
    if default.is_empty() || digit || quoted || wrapped { default.to_owned() } else { format!("({default})") }
}

/// The family SQLAlchemy puts a type into when it decides whether to cast.
fn affinity(data_type: &str) -> &'static str {
    let upper = data_type.to_uppercase();
    let word: String = upper.chars().take_while(|c| c.is_ascii_alphabetic() || *c == '_').collect();
    match word.as_str() {
        "INTEGER" | "INT" | "BIGINT" | "SMALLINT" => "INTEGER",
        "VARCHAR" | "CHAR" | "TEXT" | "NVARCHAR" | "NCHAR" | "CLOB" => "TEXT",
        "FLOAT" | "NUMERIC" | "DECIMAL" | "REAL" | "DOUBLE" => "NUMERIC",
        "DATETIME" | "TIMESTAMP" => "DATETIME",
        "BOOLEAN" | "BOOL" => "BOOLEAN",
        "DATE" => "DATE",
        "TIME" => "TIME",
        "JSON" => "JSON",
        "BLOB" => "BLOB",
        _ => "OTHER",
    }
}

/// Whether a batch says how it wants to be run in a way that is not followed.
pub(super) fn follows(own: &Bound<'_, '_>) -> Result<(), String> {
    for key in
        ["table_args", "reflect_args", "reflect_kwargs", "copy_from", "partial_reordering", "naming_convention", "table_kwargs"]
    {
        let empty = own.given(key).is_none_or(|value| truth(Some(value)).ok().flatten() == Some(false));
        if !empty {
            return Err(format!("the argument `{key}` is not followed when the table is copied"));
        }
    }
    Ok(())
}

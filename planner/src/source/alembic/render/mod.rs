//! Directives to the SQL that Alembic sends for them (Alembic 1.20.1 on SQLAlchemy 2.0.58, `facts/alembic.md` §3).
//!
//! A directive that cannot be rendered faithfully is an `Err` with the reason: never a statement that is nearly right.

mod alter;
mod batch;
mod bound;
mod column;
mod constraint;
mod copy;
mod create;
mod dml;
mod enumeration;
mod execute;
mod expression;
mod identifier;
mod index;
mod insert;
mod naming;
mod operator;
mod schema_object;
mod sync_enum;
mod type_map;
mod types;
mod unknown;

use imbl::OrdSet;

use crate::catalog::Catalog;
use crate::catalog::apply::apply_all;
use crate::dialect::{Dialect, ServerVersion};
use crate::name::ObjectName;
use crate::project::settings::Settings;
use crate::statement::operation::Operation;

use super::interpreter::value::{Arguments, Value};
use bound::Bound;
pub(in crate::source::alembic) use identifier::{qualified, quote};
pub(in crate::source::alembic) use naming::Naming;
pub(in crate::source::alembic) use type_map::library;
pub(in crate::source::alembic) use unknown::{About, Reach};

/// Statements of one directive, and what was taken for granted to write them.
#[derive(Debug, Default)]
pub(in crate::source::alembic) struct Rendered {
    pub(in crate::source::alembic) sql: Vec<String>,
    pub(in crate::source::alembic) assumptions: Vec<String>,
}

pub(super) type Sql = Result<Rendered, String>;

impl From<String> for Rendered {
    fn from(sql: String) -> Self {
        Self { sql: vec![sql], assumptions: Vec::new() }
    }
}

impl From<Vec<String>> for Rendered {
    fn from(sql: Vec<String>) -> Self {
        Self { sql, assumptions: Vec::new() }
    }
}

/// The dialect, and what earlier revisions of the same run have made.
#[derive(Clone, Debug)]
pub(in crate::source::alembic) struct Renderer {
    pub(in crate::source::alembic) dialect: Dialect,
    pub(in crate::source::alembic) version: ServerVersion,
    /// SQLAlchemy's dialect is `mysql` although the server is a MariaDB.
    mysql_url: bool,
    /// No server is asked for its version.
    offline: bool,
    /// Enum types `create_table` has made: Alembic makes each once a run, by schema and name.
    enums: OrdSet<ObjectName>,
    /// The schema as what has been rendered so far makes it.
    catalog: Catalog,
    /// Whether names left out come from the server or from a convention.
    naming: Naming,
    /// Parts that were not followed and may have changed the schema: their text.
    unknown: unknown::Unfollowed,
    /// `[alembic.types]`.
    types: type_map::TypeMap,
    /// Where a revision changes what SQLAlchemy compiles, for all of them.
    pub(in crate::source::alembic) hooks: Option<String>,
    /// Name of the version table, which is always there.
    pub(in crate::source::alembic) version_table: String,
    /// Whether it has a primary key.
    pub(in crate::source::alembic) version_pk: bool,
    /// Its schema, where it is not the connection's own.
    pub(in crate::source::alembic) version_schema: Option<String>,
    /// Schema and name of the table whose constraints are written, for the naming convention; none while a table is
    /// copied, which keeps its own names.
    table_in_hand: Option<(Option<String>, String)>,
    /// A directive took SQLAlchemy's default name for an index; read once by [`Self::naming_assumption`].
    index_named_by_default: bool,
}

impl Renderer {
    pub(in crate::source::alembic) fn new(settings: &Settings, naming: Naming) -> Self {
        Self {
            dialect: settings.dialect,
            version: settings.server_version,
            mysql_url: settings.alembic.mysql_url,
            offline: settings.alembic.offline,
            enums: OrdSet::new(),
            catalog: Catalog::new(settings.dialect, settings.server_version),
            naming,
            unknown: unknown::Unfollowed::default(),
            table_in_hand: None,
            hooks: None,
            types: settings.alembic.types.clone(),
            version_table: settings.alembic.version_table.clone(),
            version_pk: settings.alembic.version_table_pk,
            version_schema: settings.alembic.version_table_schema.clone(),
            index_named_by_default: false,
        }
    }

    /// The state a downgrade run begins with: it is a run of its own, right after this revision.
    pub(in crate::source::alembic) fn for_downgrade(&self) -> Self {
        Self { enums: OrdSet::new(), ..self.clone() }
    }

    /// SQLAlchemy's name of the dialect.
    pub(in crate::source::alembic) fn dialect_name(&self) -> &'static str {
        match self.dialect {
            Dialect::Postgres => "postgresql",
            Dialect::MySql => "mysql",
            Dialect::MariaDb if self.mysql_url => "mysql",
            Dialect::MariaDb => "mariadb",
            Dialect::Sqlite => "sqlite",
        }
    }

    /// Begins with a revision.
    pub(in crate::source::alembic) fn begin(&mut self, file: &str) {
        self.unknown.file = file.into();
    }

    /// Takes note of what a rendered statement does.
    pub(in crate::source::alembic) fn ran(&mut self, sql: &str, operations: &[Operation]) {
        // A statement that the schema refuses may work all the same on the server; the stages after this one report it.
        if !apply_all(&mut self.catalog, operations).is_empty() {
            self.unknown.add(sql, false);
        }
    }

    /// Takes note that something was not followed, and what it can change.
    pub(in crate::source::alembic) fn unknown_change(&mut self, reach: &Reach, file: &str) {
        self.index_named_by_default = false;
        match reach {
            Reach::Rows => return,
            Reach::Tables(names) => self.unknown.add(&names.join(" "), true),
            // Names may stand anywhere in the file.
            Reach::File => self.unknown.add(file, false),
            Reach::Called => self.unknown.add(file, true),
        }
        self.catalog.opaque = true;
    }

    /// What a directive that cannot be rendered can change. `text`: the call.
    pub(in crate::source::alembic) fn reach(&self, name: &str, arguments: &Arguments<'_>, text: &str) -> Reach {
        // Views, functions, triggers and enum types of other packages' directives are no tables.
        if matches!(name, "create_entity" | "drop_entity" | "replace_entity" | "sync_enum_values") {
            return Reach::Tables(Vec::new());
        }
        let Some(parameters) = parameters(name) else { return Reach::Called };
        if name == "bulk_insert" {
            return Reach::Rows;
        }
        if matches!(name, "execute" | "exec_driver_sql") {
            return Reach::of_statement(arguments.positional.first(), text);
        }
        if matches!(name, "create_enum" | "drop_enum") {
            return Reach::Tables(Vec::new());
        }
        let tables = ["table_name", "old_table_name", "new_table_name", "source_table"];
        let mut names = Vec::new();
        for (at, parameter) in parameters.iter().enumerate().filter(|(_, parameter)| tables.contains(parameter)) {
            match arguments.get(at, parameter).map(name_of) {
                Some(Ok(Some(name))) => names.push(name),
                _ => return Reach::File,
            }
        }
        if names.is_empty() { Reach::File } else { Reach::Tables(names) }
    }

    /// Whether parts were not followed that may have changed the schema.
    pub(in crate::source::alembic) fn has_unknown_changes(&self) -> bool {
        !self.unknown.is_empty()
    }

    /// Why the schema of a table is not known, if a part that was not followed speaks of it.
    pub(in crate::source::alembic) fn doubt(&self, table: &str) -> Option<String> {
        self.doubt_about(table, About::Anything)
    }

    /// As [`Self::doubt`], for one question.
    pub(in crate::source::alembic) fn doubt_about(&self, table: &str, about: About<'_>) -> Option<String> {
        let file = self.unknown.speak_of(table, about)?;
        Some(format!("a part of `{file}` that was not followed speaks of `{table}`"))
    }

    /// The schema as what was rendered so far makes it.
    pub(in crate::source::alembic) fn schema(&self) -> &Catalog {
        &self.catalog
    }

    /// Renders `op.<name>(…)`.
    pub(in crate::source::alembic) fn directive(&mut self, name: &str, arguments: &Arguments<'_>) -> Sql {
        let Some(parameters) = parameters(name) else {
            return Err("this directive is not one of Alembic's own, so its SQL is not known".to_owned());
        };
        let call = Bound::new(arguments, parameters)?;
        let (table, schema) =
            if name == "create_foreign_key" { ("source_table", "source_schema") } else { ("table_name", "schema") };
        // An index inside a table is written while that table is in hand.
        if name != "create_index" {
            self.table_in_hand = match call.value(table) {
                Some(_) => call.name(table)?.map(|table| Ok::<_, String>((call.name(schema)?, table))).transpose()?,
                None => None,
            };
        }
        self.dispatch(name, &call)
    }

    fn dispatch(&mut self, name: &str, call: &Bound<'_, '_>) -> Sql {
        match name {
            "create_table" => self.create_table(call),
            "drop_table" => self.drop_table(call),
            "rename_table" => self.rename_table(call),
            "create_table_comment" | "drop_table_comment" => self.table_comment(call),
            "add_column" => self.add_column(call),
            "drop_column" => self.drop_column(call),
            "alter_column" => self.alter_column(call),
            "create_index" => self.create_index(call),
            "drop_index" => self.drop_index(call),
            "create_foreign_key" => self.create_foreign_key(call),
            "create_unique_constraint" => self.create_unique(call),
            "create_check_constraint" => self.create_check(call),
            "create_primary_key" => self.create_primary_key(call),
            "drop_constraint" => self.drop_constraint(call),
            "execute" | "exec_driver_sql" => self.execute(call, name == "exec_driver_sql"),
            "bulk_insert" => self.bulk_insert(call),
            "sync_enum_values" => self.sync_enum_values(call),
            "create_enum" | "drop_enum" => self.enum_type(call, name == "create_enum"),
            _ => Err("its SQL is not rendered".to_owned()),
        }
    }
}

/// Why Alembic raises instead of dropping a constraint.
pub(in crate::source::alembic) const NAMELESS: &str = "the constraint has no name, so Alembic cannot drop it";

/// Names of the parameters by place; `None` for what is no directive.
fn parameters(directive: &str) -> Option<&'static [&'static str]> {
    Some(match directive {
        "create_table" => &["table_name", "*"],
        "drop_table" => &["table_name"],
        "rename_table" => &["old_table_name", "new_table_name", "schema"],
        "create_table_comment" => &["table_name", "comment"],
        "drop_table_comment" => &["table_name"],
        "add_column" => &["table_name", "column"],
        "drop_column" | "alter_column" => &["table_name", "column_name"],
        "create_index" => &["index_name", "table_name", "columns"],
        "drop_index" => &["index_name", "table_name"],
        "create_foreign_key" => &["constraint_name", "source_table", "referent_table", "local_cols", "remote_cols"],
        "create_unique_constraint" | "create_primary_key" => &["constraint_name", "table_name", "columns"],
        "create_check_constraint" => &["constraint_name", "table_name", "condition"],
        "drop_constraint" => &["constraint_name", "table_name", "type_"],
        "execute" | "exec_driver_sql" => &["sqltext", "parameters"],
        "bulk_insert" => &["table", "rows"],
        "create_enum" | "drop_enum" => &["type", "bind"],
        "sync_enum_values" => &["enum_schema", "enum_name", "new_values", "affected_columns", "enum_values_to_rename"],
        _ => return None,
    })
}

/// A name: a text, or `op.f(text)`.
pub(super) fn name_of(value: &Value<'_>) -> Result<Option<String>, String> {
    match value {
        Value::None => Ok(None),
        Value::Text(text) => Ok(Some(text.to_string())),
        Value::Object(object) if object.kind == "f" => match object.args.first() {
            Some(inner @ (Value::Text(_) | Value::None)) => name_of(inner),
            Some(other) => Err(format!("a name is {}", other.noun())),
            None => Ok(None),
        },
        other => Err(format!("a name is {}", other.noun())),
    }
}

//! The simulated schema: what the database looks like before and after each statement.
//!
//! [`apply::apply`] is the only writer.

pub mod apply;
pub mod call;
pub(crate) mod characters;
pub mod compare;
pub mod diff;
pub mod expression;
mod hint;
pub mod line;
pub mod lineage;
mod lookup;
pub mod objects;
pub mod query;
pub mod replay;
pub mod schema;
mod triggers;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use litemap::LiteMap;

use self::objects::Objects;
use self::triggers::Triggers;
use crate::dialect::{Dialect, ServerVersion};
use crate::migration::SourceKind;
use crate::name::ObjectName;
use crate::project::settings::Settings;
use crate::statement::operation::{ColumnDefinition, Constraint, Firing, IndexPart};

/// A schema in memory. Names are resolved: on PostgreSQL every [`ObjectName`] in it has its schema
/// (`public` unless written or set by `search_path`), elsewhere none has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    /// Whose rules apply.
    pub dialect: Dialect,
    /// The server whose rules apply.
    pub version: ServerVersion,
    /// Schemas that exist.
    pub schemas: BTreeSet<String>,
    /// Where unqualified names are looked up and made, first entry first. On MySQL and MariaDB the database, if it is known:
    /// names with it in front are those without.
    pub search_path: Vec<String>,
    /// Tables. Shared between the catalogs before and after a change to another table, so that a copy of a
    /// catalog costs its names only.
    pub tables: Objects<Arc<Table>>,
    /// Views and materialized views.
    pub views: Objects<View>,
    /// Sequences, with the column that owns them.
    pub sequences: Objects<Option<(ObjectName, String)>>,
    /// Enum types and their values in order.
    pub enums: Objects<Vec<String>>,
    /// Other user types and domains: base type and whether constrained.
    pub types: Objects<UserType>,
    /// Functions and procedures by name; overloads share an entry.
    pub functions: Objects<Function>,
    /// Triggers by table and name.
    pub triggers: Triggers,
    /// PostgreSQL: the session set `session_replication_role`, so that no trigger fires.
    pub triggers_off: bool,
    /// PostgreSQL: the session set `check_function_bodies` off.
    pub bodies_unchecked: bool,
    /// PostgreSQL: somebody made casts of their own, so that which values are cast to which types is not known.
    pub own_casts: bool,
    /// MySQL, MariaDB: variables of the session, by `@name` in small letters.
    pub variables: Objects<call::Value>,
    /// MySQL, MariaDB: prepared statements of the session.
    pub prepared: Objects<call::Value>,
    /// Extended statistics, with the table each is about: dropping one locks the table.
    pub statistics: LiteMap<String, ObjectName>,
    /// Extensions.
    pub extensions: BTreeSet<String>,
    /// `TimeZone` of the session where a migration set it: it decides whether `timestamp` to `timestamptz` rewrites.
    pub time_zone: Option<String>,
    /// MySQL, MariaDB: the session set `foreign_key_checks` to 0, so that new foreign keys check no rows.
    pub foreign_keys_off: bool,
    /// MySQL, MariaDB: the session made `sql_mode` one that is not strict, which takes some definitions with a warning.
    pub lenient: bool,
    /// True once something opaque may have changed the schema: an object that is missing here may exist.
    pub opaque: bool,
    hints: hint::Hints,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Columns in order.
    pub columns: Vec<ColumnDefinition>,
    /// Made by a query (`CREATE TABLE … AS`): it has columns that are not known here.
    pub columns_unknown: bool,
    /// Constraints; all have a name (the server's default name where the author gave none).
    pub constraints: Vec<Constraint>,
    /// Indexes by name, without those that only back a constraint.
    pub indexes: LiteMap<String, Index>,
    /// `PARTITION BY` as text.
    pub partition_by: Option<String>,
    /// Parent and bound of a partition.
    pub partition_of: Option<(ObjectName, String)>,
    /// Tables it inherits from.
    pub inherits: Vec<ObjectName>,
    /// Columns whose NOT NULL a table with others above it demands by itself: it outlives theirs (PostgreSQL 18).
    pub own_not_null: BTreeSet<String>,
    /// `TEMPORARY`.
    pub temporary: bool,
    /// Comment.
    pub comment: Option<String>,
    /// Row security policies.
    pub policies: BTreeSet<String>,
    /// How it is stored, by option (see [`crate::statement::operation::TableOption::Set`]); absent: the server's default.
    pub options: BTreeMap<String, String>,
}

/// An index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    /// `UNIQUE`.
    pub unique: bool,
    /// Access method (`btree`).
    pub method: String,
    /// Key parts.
    pub columns: Vec<IndexPart>,
    /// `INCLUDE`.
    pub include: Vec<String>,
    /// Partial-index predicate.
    pub predicate: Option<String>,
    /// False after a failed concurrent build, and for `ON ONLY` before its partitions are attached.
    pub valid: bool,
    /// MySQL, MariaDB: the server made it for a foreign key, and drops it once another index takes its part.
    pub for_key: bool,
}

/// A view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Materialized.
    pub materialized: bool,
    /// Tables and views it reads, resolved.
    pub reads: BTreeSet<ObjectName>,
    /// Columns it is known to use.
    pub reads_columns: BTreeSet<(ObjectName, String)>,
    /// The query as written.
    pub query: String,
    /// Its columns; absent: its text does not tell.
    pub columns: Option<Vec<ColumnDefinition>>,
    /// Indexes of a materialized view.
    pub indexes: LiteMap<String, Index>,
}

/// A domain or other user type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserType {
    /// Base type of a domain.
    pub base: Option<String>,
    /// A domain with NOT NULL or CHECK.
    pub constrained: bool,
}

/// A function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Function {
    /// Volatility of the last definition.
    pub volatility: crate::statement::operation::Volatility,
    /// The expression that stands in the place of a call of the last definition.
    pub inlined: Option<String>,
    /// Its definitions by their argument lists, as written but for blanks.
    pub overloads: LiteMap<String, Arc<call::Body>>,
    /// A definition of it ends transactions by itself, so it cannot be called inside one.
    pub commits: bool,
}

/// A trigger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trigger {
    /// When it fires and what it runs, the function by its stored name; absent: not known.
    pub firing: Option<Arc<Firing>>,
    /// `DISABLE TRIGGER`.
    pub disabled: bool,
}

impl Catalog {
    /// An empty database on a server.
    #[must_use]
    pub fn new(dialect: Dialect, version: ServerVersion) -> Self {
        let mut catalog = Self { dialect, version, ..Self::default() };
        if dialect == Dialect::Postgres {
            catalog.schemas.insert("public".to_owned());
            catalog.search_path.push("public".to_owned());
        }
        catalog
    }

    /// The database as an environment's tool finds it: Flyway's default schema is there and first of the search path.
    #[must_use]
    pub fn at_start(settings: &Settings) -> Self {
        let mut catalog = Self::new(settings.dialect, settings.server_version);
        let schema = settings.flyway.default_schema.as_ref();
        if let (SourceKind::Flyway, Dialect::Postgres, Some(schema)) = (settings.source, settings.dialect, schema) {
            catalog.schemas.insert(schema.clone());
            catalog.search_path.retain(|other| other != schema);
            catalog.search_path.insert(0, schema.clone());
            catalog.schemas.extend(settings.flyway.schemas.iter().cloned());
        }
        if let (SourceKind::Flyway, Dialect::MySql | Dialect::MariaDb, Some(database)) =
            (settings.source, settings.dialect, schema)
        {
            catalog.search_path.push(database.clone());
        }
        catalog
    }

    /// The table of a name as written.
    #[must_use]
    pub fn table(&self, name: &ObjectName) -> Option<&Table> {
        self.tables.get(&self.resolve(name)).map(AsRef::as_ref)
    }

    /// Whether a table of that name is certainly new to this point, made by these migrations.
    #[must_use]
    pub fn has_table(&self, name: &ObjectName) -> bool {
        self.table(name).is_some()
    }
}

impl Table {
    /// A column by name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&ColumnDefinition> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Columns of the primary key, in key order; empty where there is none.
    #[must_use]
    pub fn primary_key(&self) -> &[String] {
        self.constraints
            .iter()
            .find_map(|constraint| match &constraint.kind {
                crate::statement::operation::ConstraintKind::PrimaryKey { columns } => Some(columns.as_slice()),
                _ => None,
            })
            .unwrap_or_default()
    }

    /// Whether a column is SQLite's row id by another name: then an INSERT may leave it out (SQLite, "ROWIDs and the
    /// INTEGER PRIMARY KEY").
    #[must_use]
    pub fn is_rowid(&self, column: &ColumnDefinition, dialect: Dialect) -> bool {
        let alone = matches!(self.primary_key(), [key] if *key == column.name);
        dialect == Dialect::Sqlite && alone && column.data_type.eq_ignore_ascii_case("integer")
    }
}

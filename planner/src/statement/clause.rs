//! The clauses that operations are made of: columns, constraints, index parts, options.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::routine::Called;
use crate::dialect::Dialect;
use crate::name::ObjectName;

/// `CREATE TABLE`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateTable {
    /// Its name.
    pub table: ObjectName,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `TEMPORARY`.
    pub temporary: bool,
    /// Columns in order.
    pub columns: Vec<ColumnDefinition>,
    /// Table constraints, then those written at columns, in order.
    pub constraints: Vec<Constraint>,
    /// `LIKE` sources.
    pub like: Vec<Like>,
    /// `INHERITS`.
    pub inherits: Vec<ObjectName>,
    /// `PARTITION OF` parent, with the bound as text.
    pub partition_of: Option<(ObjectName, String)>,
    /// `PARTITION BY` as text.
    pub partition_by: Option<String>,
    /// How it is stored, see [`TableOption::Set`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

/// `LIKE`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Like {
    /// The table whose columns are taken over.
    pub table: ObjectName,
    /// What else is: the words behind `INCLUDING` less those behind `EXCLUDING`; `ALL` on MySQL and MariaDB.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub including: Vec<String>,
}

impl Like {
    /// Whether that part is taken over too.
    #[must_use]
    pub fn includes(&self, part: &str) -> bool {
        self.including.iter().any(|word| word == part || word == "ALL")
    }
}

/// One column that a query gives out, or several, as far as its text tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "output", rename_all = "snake_case")]
pub enum Output {
    /// `*`, `t.*`: every column of a table or view.
    All {
        /// The table or view.
        table: ObjectName,
    },
    /// A column of the first of these tables that has it.
    Column {
        /// Name it goes out under.
        name: String,
        /// Where it may come from.
        tables: Vec<ObjectName>,
        /// Its name there.
        column: String,
    },
    /// A value of a known type.
    Value {
        /// Name it goes out under.
        name: String,
        /// Type in the server's words.
        data_type: String,
    },
}

/// A column as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnDefinition {
    /// Its name.
    pub name: String,
    /// Type in the server's canonical words (PostgreSQL: `format_type`; `serial` is `integer` plus [`Self::serial`]).
    pub data_type: String,
    /// Whether it may be NULL (a primary key may not).
    pub nullable: bool,
    /// `DEFAULT` as written.
    pub default: Option<String>,
    /// `GENERATED … AS IDENTITY`, `AUTO_INCREMENT`, `AUTOINCREMENT`.
    pub identity: Option<Identity>,
    /// `GENERATED ALWAYS AS (…)`.
    pub generated: Option<Generated>,
    /// `serial`, `bigserial`, `smallserial`: an owned sequence and a volatile default.
    pub serial: bool,
    /// `COLLATE`.
    pub collation: Option<String>,
    /// MySQL's `FIRST` and `AFTER`, in an `ALTER TABLE`; a stored column has its place in the table instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// `CHARACTER SET` (MySQL, MariaDB).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charset: Option<String>,
    /// What MySQL and MariaDB set it to when a row is changed: `ON UPDATE CURRENT_TIMESTAMP`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_update: Option<String>,
    /// What people are told of it: `COMMENT`, `COMMENT ON COLUMN`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// Where MySQL and MariaDB put a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// `FIRST`.
    First,
    /// `AFTER` another column.
    After(String),
}

impl ColumnDefinition {
    /// Whether MySQL or MariaDB may set it whenever its row is changed: `ON UPDATE`, which the first `TIMESTAMP` of a table
    /// has unasked where `explicit_defaults_for_timestamp` is off.
    #[must_use]
    pub fn stamps_itself(&self, dialect: Dialect) -> bool {
        let timestamp = || self.data_type.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("timestamp"));
        matches!(dialect, Dialect::MySql | Dialect::MariaDb) && (self.on_update.is_some() || timestamp())
    }

    /// Whether an `INSERT` that does not know the column fails.
    #[must_use]
    pub fn is_required(&self) -> bool {
        !self.nullable && self.default.is_none() && self.identity.is_none() && self.generated.is_none() && !self.serial
    }
}

/// How an identity column takes values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// `GENERATED ALWAYS`.
    Always,
    /// `GENERATED BY DEFAULT`.
    ByDefault,
    /// `AUTO_INCREMENT`, `AUTOINCREMENT`.
    AutoIncrement,
}

/// `GENERATED ALWAYS AS (expression)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generated {
    /// The expression as written.
    pub expression: String,
    /// `STORED`; else virtual.
    pub stored: bool,
}

/// A constraint as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    /// Its name; absent: the server makes one up.
    pub name: Option<String>,
    /// What it demands.
    pub kind: ConstraintKind,
    /// Not `NOT VALID`.
    pub validated: bool,
    /// Not `NOT ENFORCED`.
    pub enforced: bool,
    /// `USING INDEX`.
    pub using_index: Option<String>,
    /// `DEFERRABLE`.
    pub deferrable: bool,
}

/// What a constraint demands.
#[allow(missing_docs, reason = "the fields are the clauses of the SQL constraint each variant names")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ConstraintKind {
    /// `PRIMARY KEY`.
    PrimaryKey { columns: Vec<String> },
    /// `UNIQUE`.
    Unique { columns: Vec<String>, nulls_distinct: bool },
    /// `FOREIGN KEY`. Empty `ref_columns`: the parent's primary key.
    ForeignKey {
        columns: Vec<String>,
        ref_table: ObjectName,
        ref_columns: Vec<String>,
        on_delete: Option<String>,
        on_update: Option<String>,
    },
    /// `CHECK`.
    Check { expression: String },
    /// PostgreSQL 18's table-level `NOT NULL c`.
    NotNull { column: String },
    /// `EXCLUDE`.
    Exclude { definition: String },
}

/// `CREATE INDEX`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateIndex {
    /// Its name; absent: the server makes one up.
    pub name: Option<String>,
    /// The indexed table or materialized view.
    pub table: ObjectName,
    /// `UNIQUE`.
    pub unique: bool,
    /// `CONCURRENTLY`.
    pub concurrently: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `ON ONLY`.
    pub only: bool,
    /// Access method, lower case (`btree`).
    pub method: Option<String>,
    /// Columns by name, expressions as text.
    pub columns: Vec<IndexPart>,
    /// PostgreSQL: the operator class of each part, empty where the author names none; absent where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// `INCLUDE`.
    pub include: Vec<String>,
    /// `WHERE` as written.
    pub predicate: Option<String>,
}

/// One key part of an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndexPart {
    /// A column.
    Column(String),
    /// An expression as written.
    Expression(String),
}

/// `CREATE VIEW`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateView {
    /// Its name.
    pub view: ObjectName,
    /// `MATERIALIZED`.
    pub materialized: bool,
    /// `OR REPLACE`.
    pub replace: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `TEMPORARY`.
    pub temporary: bool,
    /// Tables and views it selects from.
    pub reads: Vec<ObjectName>,
    /// Columns it is known to use: table as named in `reads`, column.
    pub reads_columns: Vec<(ObjectName, String)>,
    /// The query as written.
    pub query: String,
    /// The columns it gives out; absent: the text does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outputs: Option<Vec<Output>>,
}

/// An `INSERT`, `UPDATE` or `DELETE`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataChange {
    /// The table that is written.
    pub table: ObjectName,
    /// Alias of the written table in the statement.
    pub alias: Option<String>,
    /// Columns written.
    pub columns: Vec<String>,
    /// Other tables read (subqueries, `FROM`, `USING`).
    pub reads: Vec<ObjectName>,
    /// `SET` list as written (UPDATE), without `SET`.
    pub assignments: Option<String>,
    /// `WHERE` as written, without `WHERE`.
    pub predicate: Option<String>,
    /// Columns of the written table that the predicate and the right-hand sides use.
    pub uses: Vec<String>,
    /// Why it cannot be cut into batches of rows, where the text says so: a subquery, `FROM`, `RETURNING`,
    /// `LIMIT`, a volatile function.
    pub whole_because: Option<String>,
    /// Rows of a `VALUES` list; absent: unknown.
    pub values: Option<u32>,
    /// PostgreSQL's `INSERT … ON CONFLICT DO UPDATE`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub upserts: bool,
    /// PostgreSQL: functions it calls that the server does not bring along.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Called>,
}

/// Settings of a column that change no data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnOption {
    /// `SET STATISTICS`, `SET (n_distinct = …)`: planner settings, weak lock.
    Statistics,
    /// `SET STORAGE`, `SET COMPRESSION`.
    Storage,
    /// `DROP EXPRESSION`.
    DropExpression,
    /// `SET EXPRESSION`: rewrites.
    SetExpression,
}

/// `ALTER TABLE` actions that concern neither columns nor constraints.
#[allow(missing_docs, reason = "the fields are the clauses of the SQL action each variant names")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "option", rename_all = "snake_case")]
pub enum TableOption {
    /// `OWNER TO`.
    Owner,
    /// `SET/RESET (storage parameter)`, `CLUSTER ON`, `SET WITHOUT CLUSTER`.
    StorageParameter,
    /// `ENABLE/DISABLE/FORCE ROW LEVEL SECURITY`.
    RowSecurity,
    /// `ENABLE/DISABLE TRIGGER`; absent: all, or all of users. One that fires on replicas only is disabled.
    EnableTrigger { trigger: Option<String>, enabled: bool },
    /// `ALTER TRIGGER … RENAME TO`.
    RenameTrigger { trigger: String, to: String },
    /// `REPLICA IDENTITY`.
    ReplicaIdentity,
    /// How the table is stored: `SET TABLESPACE/ACCESS METHOD/LOGGED` as `tablespace`, `access_method`, `persistence`; MySQL's
    /// `ENGINE=` and the like by their own names in small letters, with `charset` and `collate` for all their spellings.
    Set { options: BTreeMap<String, String> },
    /// MySQL's `CONVERT TO CHARACTER SET`: the columns too. Absent: the database's own.
    Convert { charset: Option<String>, collation: Option<String> },
    /// Partitions of MySQL and MariaDB.
    Partitions { verb: PartitionVerb, what: String },
    /// MySQL `FORCE`, `ORDER BY`: the table is written anew.
    Rewrite { what: String },
    /// `INHERIT`/`NO INHERIT`.
    Inherit { parent: ObjectName, remove: bool },
    /// Another one that the parser names but nothing models.
    Other { what: String },
}

/// What MySQL and MariaDB do to partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartitionVerb {
    /// `ADD PARTITION`.
    Add,
    /// `DROP PARTITION`, `TRUNCATE PARTITION`: their rows are gone.
    Drop,
    /// `REORGANIZE`, `COALESCE`, `REBUILD`, `OPTIMIZE`: rows move.
    Reorganize,
    /// `EXCHANGE PARTITION … WITH TABLE`: the rows of two tables change places.
    Exchange,
    /// `PARTITION BY`, `REMOVE PARTITIONING`: the whole table is written anew.
    Whole,
    /// `ANALYZE`, `CHECK`, `REPAIR PARTITION`.
    Maintain,
}

/// What `REINDEX` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReindexKind {
    /// One index.
    Index,
    /// All indexes of a table.
    Table,
    /// All of a schema, database or the system catalogs.
    Many,
}

/// Where `ADD VALUE` puts the value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnumPosition {
    /// At the end.
    Last,
    /// `BEFORE`.
    Before(String),
    /// `AFTER`.
    After(String),
}

/// Function volatility.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Volatility {
    /// `VOLATILE`, the default.
    #[default]
    Volatile,
    /// `STABLE`.
    Stable,
    /// `IMMUTABLE`.
    Immutable,
}

/// What `COMMENT ON` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommentKind {
    /// A table or view.
    Table,
    /// A column.
    Column,
    /// Anything else.
    Other,
}

/// Transaction control inside a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransactionVerb {
    /// `BEGIN`, `START TRANSACTION`.
    Begin,
    /// `COMMIT`, `END`.
    Commit,
    /// `ROLLBACK`, `ABORT`.
    Rollback,
    /// `SAVEPOINT`, `RELEASE`, `ROLLBACK TO`.
    Savepoint,
}

/// Maintenance commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaintainVerb {
    /// `VACUUM` without `FULL`.
    Vacuum,
    /// `VACUUM FULL`.
    VacuumFull,
    /// `ANALYZE`.
    Analyze,
    /// `CLUSTER`.
    Cluster,
    /// MySQL `OPTIMIZE TABLE`.
    Optimize,
}

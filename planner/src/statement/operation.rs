//! What a statement means: the closed set of operations.
//!
//! Every stage after this one matches exhaustively, so that a new operation does not compile until
//! the catalog, each dialect's effects and the undo have answered for it.

use serde::{Deserialize, Serialize};

use crate::name::ObjectName;

/// One change or command. Names are folded (see [`crate::name::fold`]); expressions are SQL text as written.
#[allow(missing_docs, reason = "the fields are the clauses of the SQL command each variant names")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case")]
pub enum Operation {
    /// `CREATE TABLE`, with everything written inside its parentheses.
    CreateTable(CreateTable),
    /// `CREATE TABLE … AS`, `SELECT … INTO`.
    CreateTableAs { table: ObjectName, if_not_exists: bool, temporary: bool, reads: Vec<ObjectName> },
    /// `DROP TABLE`; one operation a table.
    DropTable { table: ObjectName, if_exists: bool, cascade: bool },
    /// `ALTER TABLE … RENAME TO`.
    RenameTable { table: ObjectName, to: String },
    /// `ALTER TABLE … SET SCHEMA`.
    SetTableSchema { table: ObjectName, schema: String },
    /// `TRUNCATE`; one operation a table.
    Truncate { table: ObjectName, cascade: bool },
    /// `ADD COLUMN`, with the constraints written at the column.
    AddColumn { table: ObjectName, column: ColumnDefinition, constraints: Vec<Constraint>, if_not_exists: bool },
    /// `DROP COLUMN`.
    DropColumn { table: ObjectName, column: String, if_exists: bool, cascade: bool },
    /// `RENAME COLUMN`.
    RenameColumn { table: ObjectName, column: String, to: String },
    /// `ALTER COLUMN … TYPE`.
    AlterColumnType { table: ObjectName, column: String, data_type: String, using: Option<String>, collation: Option<String> },
    /// `ALTER COLUMN … SET NOT NULL`.
    SetNotNull { table: ObjectName, column: String },
    /// `ALTER COLUMN … DROP NOT NULL`.
    DropNotNull { table: ObjectName, column: String },
    /// `ALTER COLUMN … SET DEFAULT`.
    SetDefault { table: ObjectName, column: String, expression: String },
    /// `ALTER COLUMN … DROP DEFAULT`.
    DropDefault { table: ObjectName, column: String },
    /// `ADD/SET/DROP GENERATED … AS IDENTITY`; `None` drops it.
    SetIdentity { table: ObjectName, column: String, identity: Option<Identity> },
    /// MySQL's `MODIFY`/`CHANGE COLUMN`: the column is redefined as a whole.
    ModifyColumn { table: ObjectName, column: String, to: ColumnDefinition },
    /// Another setting of a column: statistics, storage, compression, options.
    AlterColumnOption { table: ObjectName, column: String, option: ColumnOption },
    /// `ADD CONSTRAINT`.
    AddConstraint { table: ObjectName, constraint: Constraint },
    /// `DROP CONSTRAINT`.
    DropConstraint { table: ObjectName, constraint: String, if_exists: bool, cascade: bool },
    /// `VALIDATE CONSTRAINT`.
    ValidateConstraint { table: ObjectName, constraint: String },
    /// `RENAME CONSTRAINT`.
    RenameConstraint { table: ObjectName, constraint: String, to: String },
    /// `ALTER CONSTRAINT`.
    AlterConstraint { table: ObjectName, constraint: String },
    /// Another `ALTER TABLE` action.
    AlterTableOption { table: ObjectName, option: TableOption },
    /// `ATTACH PARTITION`.
    AttachPartition { table: ObjectName, partition: ObjectName, bound: String },
    /// `DETACH PARTITION`.
    DetachPartition { table: ObjectName, partition: ObjectName, concurrently: bool },
    /// `CREATE INDEX`.
    CreateIndex(CreateIndex),
    /// `DROP INDEX`; one operation an index. `table` where the dialect names it.
    DropIndex { index: ObjectName, table: Option<ObjectName>, concurrently: bool, if_exists: bool, cascade: bool },
    /// `ALTER INDEX … RENAME`.
    RenameIndex { index: ObjectName, table: Option<ObjectName>, to: String },
    /// `REINDEX`.
    Reindex { kind: ReindexKind, name: ObjectName, concurrently: bool },
    /// `CREATE [OR REPLACE] VIEW`, or a materialized one.
    CreateView(CreateView),
    /// `DROP VIEW`; one operation a view.
    DropView { view: ObjectName, materialized: bool, if_exists: bool, cascade: bool },
    /// `REFRESH MATERIALIZED VIEW`.
    RefreshView { view: ObjectName, concurrently: bool },
    /// `CREATE SEQUENCE`. `owned_by` is table and column.
    CreateSequence { sequence: ObjectName, if_not_exists: bool, owned_by: Option<(ObjectName, String)> },
    /// `ALTER SEQUENCE`, renames apart.
    AlterSequence { sequence: ObjectName },
    /// `DROP SEQUENCE`.
    DropSequence { sequence: ObjectName, if_exists: bool, cascade: bool },
    /// `CREATE TYPE … AS ENUM`.
    CreateEnum { name: ObjectName, values: Vec<String> },
    /// `ALTER TYPE … ADD VALUE`.
    AddEnumValue { name: ObjectName, value: String, if_not_exists: bool, position: EnumPosition },
    /// `ALTER TYPE … RENAME VALUE`.
    RenameEnumValue { name: ObjectName, value: String, to: String },
    /// `CREATE TYPE` of another kind.
    CreateType { name: ObjectName },
    /// `DROP TYPE`, `DROP DOMAIN`.
    DropType { name: ObjectName, if_exists: bool, cascade: bool },
    /// `CREATE DOMAIN`. `constrained`: it has NOT NULL or CHECK.
    CreateDomain { name: ObjectName, data_type: String, constrained: bool },
    /// `CREATE [OR REPLACE] FUNCTION/PROCEDURE`. `arguments` is the text between the parentheses.
    CreateFunction {
        name: ObjectName,
        arguments: String,
        replace: bool,
        volatility: Volatility,
        body: Option<String>,
        language: Option<String>,
    },
    /// `DROP FUNCTION/PROCEDURE`.
    DropFunction { name: ObjectName, if_exists: bool, cascade: bool },
    /// `CREATE TRIGGER`.
    CreateTrigger { table: ObjectName, name: String, replace: bool },
    /// `DROP TRIGGER`. SQLite and MySQL name no table.
    DropTrigger { table: Option<ObjectName>, name: String, if_exists: bool },
    /// `CREATE/ALTER/DROP POLICY`.
    Policy { table: ObjectName, name: String },
    /// `CREATE SCHEMA`.
    CreateSchema { schema: String, if_not_exists: bool },
    /// `DROP SCHEMA`.
    DropSchema { schema: String, if_exists: bool, cascade: bool },
    /// `CREATE EXTENSION`.
    CreateExtension { name: String, if_not_exists: bool },
    /// `DROP EXTENSION`.
    DropExtension { name: String, if_exists: bool },
    /// `GRANT`/`REVOKE` on named objects.
    Grant { revoke: bool, privileges: Vec<String>, objects: Vec<ObjectName>, roles: Vec<String> },
    /// `CREATE/ALTER/DROP ROLE` or `USER`.
    Role { name: String },
    /// `COMMENT ON`.
    Comment { kind: CommentKind, object: ObjectName, column: Option<String>, text: Option<String> },
    /// `INSERT`, also `REPLACE` and `MERGE`'s insert side.
    Insert(DataChange),
    /// `UPDATE`.
    Update(DataChange),
    /// `DELETE`.
    Delete(DataChange),
    /// `COPY … FROM`.
    Copy { table: ObjectName },
    /// A `SELECT`, also one that calls a function for its effect.
    Select { reads: Vec<ObjectName>, calls: Vec<String> },
    /// `SET`, `set_config`, `PRAGMA`.
    SetParameter { name: String, value: String, local: bool },
    /// `BEGIN`, `COMMIT`, `ROLLBACK`, `SAVEPOINT`.
    Transaction { verb: TransactionVerb },
    /// `LOCK TABLE`. `mode` in the server's words (`ACCESS EXCLUSIVE`).
    LockTable { table: ObjectName, mode: String },
    /// `VACUUM`, `ANALYZE`, `CLUSTER`, `OPTIMIZE`.
    Maintain { verb: MaintainVerb, table: Option<ObjectName> },
    /// Something the planner reads but that changes neither tables nor locks them (`CREATE STATISTICS`,
    /// `ALTER … OWNER TO` of a function, `CREATE CAST` …). `what` names it for people.
    Other { what: String, tables: Vec<ObjectName> },
    /// Something the planner cannot know. Its effect is unknown, never "none".
    Opaque { reason: String },
}

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
    pub like: Vec<ObjectName>,
    /// `INHERITS`.
    pub inherits: Vec<ObjectName>,
    /// `PARTITION OF` parent, with the bound as text.
    pub partition_of: Option<(ObjectName, String)>,
    /// `PARTITION BY` as text.
    pub partition_by: Option<String>,
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
    /// `ENABLE/DISABLE TRIGGER`.
    EnableTrigger,
    /// `REPLICA IDENTITY`.
    ReplicaIdentity,
    /// `SET LOGGED/UNLOGGED/TABLESPACE/ACCESS METHOD`, MySQL `ENGINE=`, `FORCE`: the table is written anew.
    Rewrite { what: String },
    /// `INHERIT`/`NO INHERIT`.
    Inherit { parent: ObjectName, remove: bool },
    /// Another one that the parser names but nothing models.
    Other { what: String },
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

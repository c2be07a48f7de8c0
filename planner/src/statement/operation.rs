//! What a statement means: the closed set of operations.
//!
//! The catalog, each dialect's effects and the derived undo match exhaustively, so that a new operation does not compile
//! until they have answered for it.

use serde::{Deserialize, Serialize};

use crate::name::ObjectName;

pub use super::clause::*;
pub use super::routine::*;

/// One change or command. Names are folded (see [`crate::name::fold`]); expressions are SQL text as written.
#[allow(missing_docs, reason = "the fields are the clauses of the SQL command each variant names")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "snake_case")]
pub enum Operation {
    /// `CREATE TABLE`, with everything written inside its parentheses.
    CreateTable(CreateTable),
    /// `CREATE TABLE … AS`, `SELECT … INTO`.
    CreateTableAs {
        table: ObjectName,
        if_not_exists: bool,
        temporary: bool,
        reads: Vec<ObjectName>,
        /// The columns the query gives out; absent: the text does not tell.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outputs: Option<Vec<Output>>,
    },
    /// `DROP TABLE`; one operation a table.
    DropTable { table: ObjectName, if_exists: bool, cascade: bool },
    /// `ALTER TABLE … RENAME TO`.
    RenameTable { table: ObjectName, to: String },
    /// `ALTER TABLE … SET SCHEMA`.
    SetTableSchema { table: ObjectName, schema: String },
    /// `TRUNCATE`; one operation a table.
    Truncate { table: ObjectName, cascade: bool },
    /// What stands before the actions of an `ALTER TABLE`: `IF EXISTS`, `ONLY`. The last operation of its statement, behind the
    /// actions, and only where one of them is written.
    AlterScope { table: ObjectName, if_exists: bool, only: bool },
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
    /// `ALTER CONSTRAINT`. `enforced` where it says so.
    AlterConstraint { table: ObjectName, constraint: String, enforced: Option<bool> },
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
    /// `ALTER SEQUENCE`, renames apart. `owned_by`: the new owner, table and column; `Some(None)` is `OWNED BY NONE`.
    AlterSequence {
        sequence: ObjectName,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owned_by: Option<Option<(ObjectName, String)>>,
    },
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
    /// `ALTER TYPE/DOMAIN … RENAME TO`: every column of the type bears the new name.
    RenameType { name: ObjectName, to: String },
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
        /// PostgreSQL: the expression that the server puts in the place of a call, of a SQL function of one expression.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inlined: Option<String>,
    },
    /// `ALTER FUNCTION/PROCEDURE … RENAME TO/SET SCHEMA`. Triggers follow it, callers by name do not.
    RenameFunction { name: ObjectName, to: ObjectName },
    /// `DROP FUNCTION/PROCEDURE`.
    DropFunction { name: ObjectName, if_exists: bool, cascade: bool },
    /// `CREATE TRIGGER`. `firing` is absent on MySQL, MariaDB and SQLite, where a trigger can change rows only.
    CreateTrigger {
        table: ObjectName,
        name: String,
        replace: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        firing: Option<Firing>,
    },
    /// `DROP TRIGGER`. SQLite and MySQL name no table.
    DropTrigger { table: Option<ObjectName>, name: String, if_exists: bool },
    /// `CREATE/ALTER/DROP POLICY`.
    Policy { table: ObjectName, name: String, change: PolicyChange },
    /// `CREATE SCHEMA`.
    CreateSchema { schema: String, if_not_exists: bool },
    /// `ALTER SCHEMA … RENAME TO`: every object in it changes its name.
    RenameSchema { schema: String, to: String },
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
    /// A `SELECT`, also one that calls a function for its effect. `locks` are the tables whose rows `FOR UPDATE` and the like
    /// lock.
    Select {
        reads: Vec<ObjectName>,
        calls: Vec<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        locks: Vec<ObjectName>,
    },
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
    /// Statements of a PL/pgSQL body that may be kept from running; `reason` is the condition.
    Guarded { operations: Vec<Operation>, by: Guard, reason: String },
    /// Runs what stands elsewhere: routines, a prepared statement. The catalog knows the text; `reason` is why the effect is
    /// unknown where it does not.
    Call { calls: Vec<Called>, reason: String },
    /// MySQL's `PREPARE … FROM`, the text as the expression it is given by; `None` is `DEALLOCATE`.
    Prepare { name: String, text: Option<String> },
    /// Something the planner cannot know. Its effect is unknown, never "none".
    Opaque { reason: String },
}

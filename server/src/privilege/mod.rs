//! The least that a role needs to run a plan, derived from its statements, and what a role has of it or beyond it.
//!
//! What the plan makes itself needs no privilege later on: its maker owns it. A statement that cannot be read has needs that
//! nobody knows; it is named, never guessed.

mod mysql;
mod postgres;
mod script;

use std::collections::BTreeSet;
use std::fmt;

use planner::dialect::Dialect;
use planner::name::ObjectName;
use planner::plan::Plan;
use planner::statement::operation::Operation;
use planner::statement::parse::parse;
use planner::statement::touches::{self, ObjectRef};

use crate::target::{DbError, Target};
pub use script::{Script, script};

/// One thing a role has to be allowed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// A privilege on the database as a whole, in the server's words.
    Database(&'static str),
    /// A privilege on a schema (PostgreSQL).
    Schema(String, &'static str),
    /// A privilege on a table or view, in the server's words.
    Table(ObjectName, &'static str),
    /// PostgreSQL lets only the owner change an object.
    Own(Kind, ObjectName),
    /// An attribute of the role (PostgreSQL), or a global privilege (MySQL and MariaDB).
    Role(&'static str),
}

/// Kinds of objects that have an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A table, view, index or sequence.
    Relation,
    /// A type or domain.
    Type,
    /// A function or procedure.
    Function,
    /// A schema.
    Schema,
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(privilege) => write!(f, "{privilege} on the database"),
            Self::Schema(schema, privilege) => write!(f, "{privilege} on schema {schema}"),
            Self::Table(table, privilege) => write!(f, "{privilege} on {table}"),
            Self::Own(_, object) => write!(f, "the ownership of {object}"),
            Self::Role(attribute) => f.write_str(attribute),
        }
    }
}

/// All that a plan needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Of the role.
    pub all: BTreeSet<Need>,
    /// Statements whose needs nobody can know: place and reason.
    pub unknown: Vec<String>,
    /// Names the plan makes.
    made: BTreeSet<ObjectName>,
    /// The schema of names without one.
    schema: Option<String>,
}

impl Needs {
    /// The name with its schema.
    fn full(&self, name: &ObjectName) -> ObjectName {
        ObjectName { schema: name.schema.clone().or_else(|| self.schema.clone()), name: name.name.clone() }
    }

    fn schema_of(&self, name: &ObjectName) -> String {
        self.full(name).schema.unwrap_or_default()
    }

    fn make(&mut self, name: &ObjectName) {
        let full = self.full(name);
        self.made.insert(full);
    }

    fn is_made(&self, name: &ObjectName) -> bool {
        self.made.contains(&self.full(name))
    }

    fn table(&mut self, name: &ObjectName, privileges: &[&'static str]) {
        if !self.is_made(name) {
            let full = self.full(name);
            self.all.extend(privileges.iter().map(|privilege| Need::Table(full.clone(), privilege)));
        }
    }

    fn own(&mut self, kind: Kind, name: &ObjectName) {
        if !self.is_made(name) {
            let full = self.full(name);
            self.all.insert(Need::Own(kind, full));
        }
    }
}

/// What a plan needs. `bookkeeping` are the history and the journal, the first of them with the schema the plan works in.
#[must_use]
pub fn needs(plan: &Plan, bookkeeping: &[ObjectName]) -> Needs {
    let dialect = plan.target.dialect;
    let mut needs = Needs { schema: bookkeeping.first().and_then(|name| name.schema.clone()), ..Needs::default() };
    match dialect {
        Dialect::Postgres => postgres::bookkeeping(&mut needs, bookkeeping),
        Dialect::MySql | Dialect::MariaDb => mysql::bookkeeping(&mut needs, bookkeeping),
        Dialect::Sqlite => return needs,
    }
    let callbacks = plan.callbacks.iter().flat_map(|callback| &callback.statements);
    for statement in plan.steps.iter().flat_map(|step| &step.statements).chain(callbacks) {
        for operation in parse(&statement.sql, dialect).0 {
            let known = one(&mut needs, dialect, &operation);
            if let Err(reason) = known {
                needs.unknown.push(format!("{}:{}: {reason}", statement.file, statement.line));
            }
        }
    }
    for step in plan.steps.iter().filter(|step| step.fallback.is_some()) {
        needs.unknown.push(format!("{}: the project's own Python runs it", step.migration));
    }
    needs
}

fn one(needs: &mut Needs, dialect: Dialect, operation: &Operation) -> Result<(), String> {
    match operation {
        Operation::Guarded { operations, .. } => operations.iter().try_for_each(|inner| one(needs, dialect, inner)),
        Operation::Opaque { reason } => Err(reason.clone()),
        Operation::Call { reason, .. } => Err(if reason.is_empty() { "it runs a routine".to_owned() } else { reason.clone() }),
        Operation::Prepare { .. } => Err("it runs a text that is made while it runs".to_owned()),
        Operation::SetParameter { .. } | Operation::Transaction { .. } => Ok(()),
        Operation::Insert(change) => {
            needs.table(&change.table, &["INSERT"]);
            if change.upserts {
                needs.table(&change.table, &["SELECT", "UPDATE"]);
            }
            reads(needs, &change.reads);
            Ok(())
        }
        Operation::Update(change) => {
            needs.table(&change.table, &["SELECT", "UPDATE"]);
            reads(needs, &change.reads);
            Ok(())
        }
        Operation::Delete(change) => {
            needs.table(&change.table, &["SELECT", "DELETE"]);
            reads(needs, &change.reads);
            Ok(())
        }
        Operation::Copy { table } => {
            needs.table(table, &["INSERT"]);
            Ok(())
        }
        Operation::Select { reads: tables, locks, .. } => {
            reads(needs, tables);
            locks.iter().for_each(|table| needs.table(table, &["UPDATE"]));
            Ok(())
        }
        other if dialect == Dialect::Postgres => postgres::change(needs, other),
        other => mysql::change(needs, other),
    }
}

fn reads(needs: &mut Needs, tables: &[ObjectName]) {
    tables.iter().for_each(|table| needs.table(table, &["SELECT"]));
}

/// The tables an operation writes.
fn written(operation: &Operation) -> Vec<ObjectName> {
    let table = |object| match object {
        ObjectRef::Table(name) | ObjectRef::Column(name, _) | ObjectRef::Constraint(name, _) => Some(name),
        _ => None,
    };
    let mut found: Vec<ObjectName> = touches::writes(operation).into_iter().filter_map(table).collect();
    found.dedup();
    found
}

/// The tables an operation reads.
fn read(operation: &Operation) -> Vec<ObjectName> {
    let table = |object| match object {
        ObjectRef::Table(name) | ObjectRef::Column(name, _) => Some(name),
        _ => None,
    };
    let mut found: Vec<ObjectName> = touches::reads(operation).into_iter().filter_map(table).collect();
    found.dedup();
    found
}

/// Whether the user of a connection lacks nothing, whatever a plan needs (a superuser of PostgreSQL).
///
/// # Errors
/// The server's refusal.
pub async fn may_all(target: &mut Target) -> Result<bool, DbError> {
    match target.dialect() {
        Dialect::Postgres => postgres::is_superuser(target).await,
        Dialect::MySql | Dialect::MariaDb | Dialect::Sqlite => Ok(false),
    }
}

/// What the user of a connection lacks. An object that is not there is not asked about.
///
/// # Errors
/// The server's refusal.
pub async fn missing(target: &mut Target, needs: &Needs) -> Result<Vec<Need>, DbError> {
    match target.dialect() {
        Dialect::Postgres => postgres::missing(target, needs).await,
        Dialect::MySql | Dialect::MariaDb => mysql::missing(target, needs).await,
        Dialect::Sqlite => Ok(Vec::new()),
    }
}

/// What the user of a connection has and the plan does not need, a phrase each.
///
/// # Errors
/// The server's refusal.
pub async fn excess(target: &mut Target, needs: &Needs) -> Result<Vec<String>, DbError> {
    match target.dialect() {
        Dialect::Postgres => postgres::excess(target, needs).await,
        Dialect::MySql | Dialect::MariaDb => mysql::excess(target, needs).await,
        Dialect::Sqlite => Ok(Vec::new()),
    }
}

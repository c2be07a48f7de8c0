//! Names in a query or data change that the server would not find: the same look-up as of a release's queries.

use crate::catalog::apply::{apply_all, extended, is_system_column, missing, no_column};
use crate::catalog::query::{Complaint, resolve};
use crate::catalog::{Catalog, Table};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::sort::Sort;
use crate::statement::Statement;
use crate::statement::command::{Change, Conflict, SEVERAL_TABLES, Verb, Written};
use crate::statement::operation::{ColumnDefinition, Constraint, ConstraintKind, IndexPart, Operation};
use crate::statement::parse::command;
use crate::statement::split::{outside_brackets, tokens};

/// Bytes of a text that is looked at: rows of a dump name nothing.
const MOST: usize = 100_000;

/// What the server refuses the statement with; none where all names are found, or where that cannot be said.
pub(super) fn refusal(statement: &Statement, before: &Catalog) -> Option<String> {
    if before.opaque {
        return None;
    }
    let expressions: Vec<(&ObjectName, &str)> = statement.operations.iter().flat_map(expressions).collect();
    if !expressions.is_empty() {
        return of_expressions(&expressions, statement, before);
    }
    let [operation] = statement.operations.as_slice() else { return None };
    let text = match operation {
        Operation::Insert(_) | Operation::Update(_) | Operation::Delete(_) | Operation::Select { .. } => statement.sql.as_str(),
        // SQLite looks at a view's query when somebody reads it.
        Operation::CreateView(create) if before.dialect != Dialect::Sqlite => create.query.as_str(),
        Operation::CreateTableAs { .. } => behind_as(&statement.sql, before.dialect)?,
        _ => return None,
    };
    // A recursive view reads itself.
    let own = match operation {
        Operation::CreateView(create) => Some(&create.view.name),
        _ => None,
    };
    missed(text, before, own)
}

/// The first name in a query that is missing for certain, as the server tells it; `own` is a relation that comes with it.
fn missed(text: &str, catalog: &Catalog, own: Option<&String>) -> Option<String> {
    if text.len() > MOST {
        return None;
    }
    let found = resolve(&command(text, catalog.dialect).ok()?, catalog);
    if found.gaps.iter().any(|gap| *gap != SEVERAL_TABLES) {
        return None;
    }
    let is_own = |complaint: &Complaint| matches!(complaint, Complaint::Relation(name) if Some(&name.name) == own);
    let certain = |complaint: &&Complaint| is_certain(complaint, text, catalog) && !is_own(complaint);
    let refused = |(key, change): &(Option<ObjectName>, Change)| {
        twice(change, catalog).or_else(|| without_key(key.as_ref()?, change, catalog))
    };
    let missing = found.complaints.iter().find(certain).map(|complaint| words(complaint, catalog));
    missing.or_else(|| found.changes.iter().find_map(refused))
}

/// A column that a change writes twice.
fn twice(change: &Change, catalog: &Catalog) -> Option<String> {
    let written = || change.written.iter().filter(|one| !one.column.is_empty());
    let again = |(at, one): &(usize, &Written)| {
        written().take(*at).any(|other| other.set == one.set && catalog.same(&other.column, &one.column))
    };
    let (_, Written { column, set, .. }) = written().enumerate().find(again)?;
    match (catalog.dialect, set) {
        (Dialect::Postgres, true) => Some(format!("multiple assignments to same column \"{column}\"")),
        (Dialect::Postgres, false) => Some(format!("column \"{column}\" specified more than once")),
        (Dialect::MySql | Dialect::MariaDb, false) => Some(format!("Column '{column}' specified twice")),
        // The last value counts; on SQLite the first of an INSERT's.
        _ => None,
    }
}

/// A key that `ON CONFLICT` names, or has to name, and the table has not.
fn without_key(key: &ObjectName, change: &Change, catalog: &Catalog) -> Option<String> {
    let table = catalog.tables.get(key)?;
    let postgres = catalog.dialect == Dialect::Postgres;
    let sets = || change.verb == Verb::Insert && change.written.iter().any(|written| written.set);
    match &change.conflict {
        Conflict::Columns(columns) if !has_key(table, columns, catalog) => Some(match catalog.dialect {
            Dialect::Postgres => "there is no unique or exclusion constraint matching the ON CONFLICT specification".to_owned(),
            _ => "ON CONFLICT clause does not match any PRIMARY KEY or UNIQUE constraint".to_owned(),
        }),
        Conflict::Constraint(name) if table.constraint(name).is_none() => {
            Some(format!("constraint \"{name}\" for table \"{}\" does not exist", key.name))
        }
        Conflict::None if postgres && sets() => {
            Some("ON CONFLICT DO UPDATE requires inference specification or constraint name".to_owned())
        }
        _ => None,
    }
}

/// Whether a unique index covers exactly the columns of a conflict; it may name one twice, and SQLite's row id.
fn has_key(table: &Table, columns: &[String], catalog: &Catalog) -> bool {
    let mut distinct: Vec<String> = columns.to_vec();
    distinct.order();
    distinct.dedup();
    table.is_unique_over(&distinct) || columns.iter().any(|name| is_system_column(catalog, name))
}

/// Expressions over the columns of a table, which checks, generated columns, indexes and conversions hold.
fn expressions(operation: &Operation) -> Vec<(&ObjectName, &str)> {
    let (table, columns, constraints): (_, &[ColumnDefinition], &[Constraint]) = match operation {
        Operation::CreateTable(create) => (&create.table, &create.columns, &create.constraints),
        Operation::AddColumn { table, column, constraints, .. } => (table, std::slice::from_ref(column), constraints),
        Operation::AddConstraint { table, constraint } => (table, &[], std::slice::from_ref(constraint)),
        Operation::AlterColumnType { table, using: Some(using), .. } => return vec![(table, using)],
        Operation::CreateIndex(create) => {
            let parts = create.columns.iter().filter_map(|part| match part {
                IndexPart::Expression(text) => Some(text),
                IndexPart::Column(_) => None,
            });
            return parts.chain(&create.predicate).map(|text| (&create.table, text.as_str())).collect();
        }
        _ => return Vec::new(),
    };
    let generated = columns.iter().filter_map(|column| column.generated.as_ref().map(|own| &own.expression));
    let checks = constraints.iter().filter_map(|constraint| match &constraint.kind {
        ConstraintKind::Check { expression } => Some(expression),
        _ => None,
    });
    generated.chain(checks).map(|text| (table, text.as_str())).collect()
}

/// Each is a condition on the table's rows, which the statement may have made itself.
fn of_expressions(expressions: &[(&ObjectName, &str)], statement: &Statement, before: &Catalog) -> Option<String> {
    let mut after = before.clone();
    if !apply_all(&mut after, &statement.operations).is_empty() {
        return None;
    }
    expressions.iter().find_map(|(table, expression)| {
        // The author's text may end with a comment.
        let query = ["SELECT 1 FROM ", &table.sql(after.dialect), " WHERE (", expression, "\n)"].concat();
        missed(&query, &after, None)
    })
}

/// The query of a `CREATE TABLE … AS`.
fn behind_as(sql: &str, dialect: Dialect) -> Option<&str> {
    const HEAD: usize = 500;
    let tokens = tokens(sql, dialect, HEAD);
    let is = |token: &str, word: &str| token.eq_ignore_ascii_case(word);
    let at = outside_brackets(&tokens, 0, |token| is(token, "as") || is(token, "select"));
    let first = tokens.get(if tokens.get(at).is_some_and(|token| is(token, "as")) { at + 1 } else { at })?;
    // Both are parts of the same text.
    let start = (first.as_ptr() as usize).checked_sub(sql.as_ptr() as usize)?;
    let query = sql.get(start..)?.trim_end().trim_end_matches(';').trim_end();
    let without = |words: &str| {
        let end = query.len().checked_sub(words.len())?;
        query.get(end..).filter(|last| is(last, words)).and_then(|_| query.get(..end))
    };
    Some(without("with no data").or_else(|| without("with data")).unwrap_or(query))
}

/// Whether nothing that is not read may have what is missing.
fn is_certain(complaint: &Complaint, text: &str, before: &Catalog) -> bool {
    match complaint {
        // Another database has its own.
        Complaint::Relation(name) => !extended(before) && (before.dialect == Dialect::Postgres || name.schema.is_none()),
        // SQLite takes a name in double quotes that nothing bears for a text.
        Complaint::Nowhere(column) => before.dialect != Dialect::Sqlite || !text.contains(&format!("\"{column}\"")),
        Complaint::Column(..) | Complaint::Ambiguous(_) | Complaint::Operands | Complaint::Width(_) => true,
    }
}

/// The server's words.
fn words(complaint: &Complaint, before: &Catalog) -> String {
    match complaint {
        Complaint::Relation(name) => missing(before, name),
        Complaint::Column(table, column) => no_column(before, table, column),
        Complaint::Nowhere(column) => match before.dialect {
            Dialect::Postgres => format!("column \"{column}\" does not exist"),
            Dialect::MySql | Dialect::MariaDb => format!("Unknown column '{column}'"),
            Dialect::Sqlite => format!("no such column: {column}"),
        },
        Complaint::Ambiguous(column) => format!("column reference \"{column}\" is ambiguous"),
        Complaint::Operands => "the queries of a UNION must have the same number of columns".to_owned(),
        Complaint::Width(table) => format!("the INSERT has more or fewer values than columns of {}", table.name),
    }
}

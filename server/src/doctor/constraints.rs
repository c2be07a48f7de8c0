//! Rows that break a constraint: one that is there and was never held against them, or one that a pending migration adds
//! and the server will refuse. Some of the rows are shown, with the statement that takes them out of the way.

use std::time::{Duration, Instant};

use planner::dialect::Dialect;
use planner::name::ObjectName;
use planner::statement::clause::{Constraint, ConstraintKind, IndexPart};
use planner::statement::operation::Operation;
use planner::statement::parse::parse;

use super::{Complaint, Patient};
use crate::integrity::constraints as integrity;
use crate::target::{DbError, Target};

/// How long one question may take, and all of them.
const LIMITS: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(60)];

/// Rows that are shown.
const SHOWN: usize = 5;

/// A question about rows.
struct Suspicion {
    /// What they break.
    what: String,
    /// `FROM … WHERE …` of the rows; the table is `c`.
    broken: String,
    /// The statement that mends them, or where to begin.
    fix: String,
}

/// Looks.
pub(super) async fn look(patient: &mut Patient<'_>) -> Result<Vec<Complaint>, DbError> {
    let begun = Instant::now();
    let mut found = Vec::new();
    for table in &patient.schema.tables {
        for question in integrity::questions(patient.target, patient.schema, table) {
            let fix = delete(patient.target.dialect(), &question.table, &question.broken);
            let suspicion = Suspicion { what: question.name, broken: question.broken, fix };
            found.extend(ask(patient.target, &suspicion, begun).await);
        }
    }
    for suspicion in pending(patient) {
        found.extend(ask(patient.target, &suspicion, begun).await);
    }
    Ok(found)
}

/// What a question about a live table brings. What cannot be asked, or would take too long, is left out.
async fn ask(target: &mut Target, suspicion: &Suspicion, begun: Instant) -> Option<Complaint> {
    let [one, all] = LIMITS;
    if begun.elapsed() > all {
        return None;
    }
    let sql = format!("SELECT c.* {} LIMIT {}", suspicion.broken, SHOWN + 1);
    let rows = target.read_only(&sql, one).await.ok()?;
    if rows.is_empty() {
        return None;
    }
    let count = match target.read_only(&format!("SELECT count(*) {}", suspicion.broken), one).await {
        Ok(counted) => counted.into_iter().flatten().flatten().next().unwrap_or_default(),
        Err(_) => format!("at least {}", rows.len()),
    };
    let line = |row: &Vec<Option<String>>| {
        let cells = row.iter().map(|cell| cell.clone().unwrap_or_else(|| "NULL".to_owned()));
        cells.collect::<Vec<_>>().join(" | ")
    };
    let message = format!("{count} row(s) break {}.", suspicion.what);
    let rows = rows.iter().take(SHOWN).map(line).collect();
    Some(Complaint { rows, ..Complaint::error("constraints", message, suspicion.fix.clone()) })
}

fn delete(dialect: Dialect, table: &str, broken: &str) -> String {
    match dialect {
        Dialect::MySql | Dialect::MariaDb => format!("DELETE c {broken}; -- or mend them"),
        _ => {
            let rest = broken.strip_prefix(&format!("FROM {table} c ")).unwrap_or(broken);
            format!("DELETE FROM {table} AS c {rest}; -- or mend them")
        }
    }
}

/// What the pending migrations add to tables that are there.
fn pending(patient: &Patient<'_>) -> Vec<Suspicion> {
    let mut found = Vec::new();
    let dialect = patient.target.dialect();
    for statement in patient.report.plan.steps.iter().flat_map(|step| &step.statements) {
        for operation in parse(&statement.sql, dialect).0 {
            let place = format!("{}:{}", statement.file, statement.line);
            found.extend(suspect(patient.target, &operation, &place));
        }
    }
    found
}

fn suspect(target: &Target, operation: &Operation, place: &str) -> Option<Suspicion> {
    match operation {
        Operation::SetNotNull { table, column } => Some(nulls(target, table, column, place)),
        Operation::ModifyColumn { table, column, to } if !to.nullable => Some(nulls(target, table, column, place)),
        Operation::AddConstraint { table, constraint } => of_constraint(target, table, constraint, place),
        Operation::CreateIndex(create) if create.unique && create.predicate.is_none() => {
            let column = |part: &IndexPart| match part {
                IndexPart::Column(column) => Some(column.clone()),
                IndexPart::Expression(_) => None,
            };
            let columns: Option<Vec<String>> = create.columns.iter().map(column).collect();
            Some(twins(target, &create.table, &columns?, place))
        }
        _ => None,
    }
}

fn of_constraint(target: &Target, table: &ObjectName, constraint: &Constraint, place: &str) -> Option<Suspicion> {
    let name = target.quoted(table);
    match &constraint.kind {
        ConstraintKind::Unique { columns, .. } | ConstraintKind::PrimaryKey { columns } => {
            Some(twins(target, table, columns, place))
        }
        ConstraintKind::NotNull { column } => Some(nulls(target, table, column, place)),
        ConstraintKind::Check { expression } => {
            let broken = format!("FROM {name} c WHERE NOT ({expression})");
            let fix = delete(target.dialect(), &name, &broken);
            Some(Suspicion { what: format!("the check that {place} adds to {table}"), broken, fix })
        }
        ConstraintKind::ForeignKey { columns, ref_table, ref_columns, .. } if columns.len() == ref_columns.len() => {
            let quote = |column: &String| target.quoted_bare(column);
            let there: Vec<String> = columns.iter().map(|column| format!("c.{} IS NOT NULL", quote(column))).collect();
            let pairs = ref_columns.iter().zip(columns);
            let equal: Vec<String> = pairs.map(|(parent, child)| format!("p.{} = c.{}", quote(parent), quote(child))).collect();
            let broken = format!(
                "FROM {name} c WHERE {} AND NOT EXISTS (SELECT 1 FROM {} p WHERE {})",
                there.join(" AND "),
                target.quoted(ref_table),
                equal.join(" AND ")
            );
            let fix = delete(target.dialect(), &name, &broken);
            Some(Suspicion { what: format!("the foreign key to {ref_table} that {place} adds to {table}"), broken, fix })
        }
        ConstraintKind::ForeignKey { .. } | ConstraintKind::Exclude { .. } => None,
    }
}

fn nulls(target: &Target, table: &ObjectName, column: &str, place: &str) -> Suspicion {
    let what = format!("NOT NULL of {table}.{column}, which {place} sets");
    let (name, column) = (target.quoted(table), target.quoted_bare(column));
    Suspicion {
        what,
        broken: format!("FROM {name} c WHERE c.{column} IS NULL"),
        fix: format!("UPDATE {name} SET {column} = … WHERE {column} IS NULL;"),
    }
}

fn twins(target: &Target, table: &ObjectName, columns: &[String], place: &str) -> Suspicion {
    let name = target.quoted(table);
    let quoted: Vec<String> = columns.iter().map(|column| target.quoted_bare(column)).collect();
    let there: Vec<String> = quoted.iter().map(|column| format!("{column} IS NOT NULL")).collect();
    let equal: Vec<String> = quoted.iter().map(|column| format!("t.{column} = c.{column}")).collect();
    let (list, there) = (quoted.join(", "), there.join(" AND "));
    let groups = format!("SELECT {list} FROM {name} WHERE {there} GROUP BY {list} HAVING count(*) > 1");
    Suspicion {
        what: format!("the uniqueness of {table} ({}) that {place} adds", columns.join(", ")),
        broken: format!("FROM {name} c WHERE EXISTS (SELECT 1 FROM ({groups}) t WHERE {})", equal.join(" AND ")),
        fix: format!("{}; -- keep one row of each group", groups.replacen("SELECT ", "SELECT count(*), ", 1)),
    }
}

//! What a batched change is walked along: a key of the table whose columns are safe cursors.

use super::batch::Change;
use super::key::{self, KeyColumn};
use crate::catalog::Table;
use crate::dialect::Dialect;
use crate::name::{ObjectName, fold};
use crate::rule::directive;
use crate::statement::Statement;
use crate::statement::operation::{ConstraintKind, DataChange, IndexPart};

/// The key to walk along: the author's `own`, else the first of the table's that will do. `changed` are columns that the
/// statement writes.
///
/// # Errors
/// Why there is none, as the rest of a sentence.
pub fn key(
    name: &ObjectName,
    table: &Table,
    changed: &[String],
    own: &[String],
    dialect: Dialect,
) -> Result<Vec<KeyColumn>, String> {
    if !own.is_empty() {
        let columns: Vec<String> = own.iter().map(|column| fold(column, dialect)).collect();
        return usable(&columns, name, table, changed, dialect);
    }
    let mut first_reason = None;
    for columns in keys(table) {
        match usable(&columns, name, table, changed, dialect) {
            Ok(key) => return Ok(key),
            Err(reason) => first_reason = first_reason.or(Some(reason)),
        }
    }
    Err(first_reason.unwrap_or_else(|| format!("{name} has neither a primary key nor a unique key that is NOT NULL")))
}

/// Whether the filter names single rows by a key of one column: `id = 7`, `id IN (1, 2)`.
#[must_use]
pub fn names_rows(change: &DataChange, table: Option<&Table>) -> bool {
    let (Some(predicate), Some(table)) = (change.predicate.as_deref(), table) else { return false };
    let single = keys(table).into_iter().filter_map(|key| <[String; 1]>::try_from(key).ok());
    let qualifiers = [change.alias.as_deref(), Some(change.table.name.as_str())];
    single.into_iter().any(|[column]| {
        let predicate = predicate.trim();
        let bare = qualifiers.iter().flatten().find_map(|name| predicate.strip_prefix(*name)?.strip_prefix('.'));
        let Some(rest) = bare.unwrap_or(predicate).strip_prefix(column.as_str()) else { return false };
        let rest = rest.trim_start();
        if let Some(value) = rest.strip_prefix('=') {
            return is_literal(value.trim());
        }
        let list = rest.get(..2).filter(|word| word.eq_ignore_ascii_case("in")).and_then(|_| rest.get(2..));
        let inner = list.and_then(|list| list.trim().strip_prefix('(')?.strip_suffix(')'));
        inner.is_some_and(|inner| inner.split(',').all(|value| is_literal(value.trim())))
    })
}

/// A number, or a string without anything that could end it early.
fn is_literal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let inner = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    number || inner.is_some_and(|inner| !inner.contains(['\'', '\\', ',', ')']))
}

/// The statement has to be exactly what the operation says of it: words such as `ONLY` or `OR IGNORE` are not carried
/// into the batches.
///
/// # Errors
/// What is not carried, as the rest of a sentence.
pub fn plain(statement: &Statement, change: Change<'_>) -> Result<(), String> {
    let mut words = directive::without_leading_comments(&statement.sql).split_whitespace().map(str::to_ascii_lowercase);
    let mut word = || words.next().unwrap_or_default();
    let (first, second, third) = (word(), word(), word());
    let (expected, next) = match change {
        Change::Update(_) => ("update", second),
        Change::Delete(_) if second == "from" => ("delete", third),
        Change::Delete(_) => ("delete", second),
        // What it may begin with was judged with its text.
        Change::Insert(..) => return Ok(()),
    };
    if first != expected {
        return Err(format!("it does not begin with {}", expected.to_ascii_uppercase()));
    }
    if matches!(next.as_str(), "only" | "or" | "ignore" | "low_priority" | "quick") {
        return Err(format!("its {} is not carried into batches", next.to_ascii_uppercase()));
    }
    match change {
        Change::Update(change) if change.assignments.as_deref().is_none_or(|text| text.trim().is_empty()) => {
            Err("its SET list could not be read".to_owned())
        }
        _ => Ok(()),
    }
}

/// Column lists that name each row: the primary key first, then unique constraints, then unique indexes.
fn keys(table: &Table) -> Vec<Vec<String>> {
    let mut keys = Vec::new();
    if !table.primary_key().is_empty() {
        keys.push(table.primary_key().to_vec());
    }
    keys.extend(table.constraints.iter().filter_map(|constraint| match &constraint.kind {
        ConstraintKind::Unique { columns, .. } => Some(columns.clone()),
        _ => None,
    }));
    keys.extend(table.indexes.values().filter(|index| index.unique && index.valid && index.predicate.is_none()).filter_map(
        |index| {
            let columns = index.columns.iter().map(|part| match part {
                IndexPart::Column(column) => Some(column.clone()),
                IndexPart::Expression(_) => None,
            });
            columns.collect()
        },
    ));
    keys
}

fn usable(
    columns: &[String],
    of: &ObjectName,
    table: &Table,
    changed: &[String],
    dialect: Dialect,
) -> Result<Vec<KeyColumn>, String> {
    columns
        .iter()
        .map(|name| {
            let Some(column) = table.column(name) else {
                return Err(format!("{of} has no column {name}"));
            };
            // SQLite lets a primary key of another type than INTEGER hold NULL.
            let rowid = table.is_rowid(column, dialect);
            if column.nullable && !rowid {
                return Err(format!("the key column {name} may be NULL"));
            }
            if changed.contains(name) {
                return Err(format!("it changes the key column {name}"));
            }
            match key::cast(&column.data_type, rowid, dialect) {
                Some(cast) => Ok(KeyColumn { name: name.clone(), cast }),
                None => Err(format!("the key column {name} of type {} is no safe cursor", column.data_type)),
            }
        })
        .collect()
}

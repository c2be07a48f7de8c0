//! Whether a data change is cut into batches, and by which key; where not, why not.

use super::Batch;
use super::batch::{self, KeyColumn, Verb};
use super::estimate;
use crate::catalog::{Catalog, Table};
use crate::dialect::Dialect;
use crate::migration::SourceKind;
use crate::name::fold;
use crate::phase::NewObjects;
use crate::project::Request;
use crate::project::settings::Settings;
use crate::rule::Cut;
use crate::rule::context::{is_small, size};
use crate::rule::directive::{self, BatchDirective};
use crate::statement::Statement;
use crate::statement::operation::{ConstraintKind, DataChange, IndexPart, Operation};

/// Most rows a batch may have; more is no batch.
const MOST_ROWS: u32 = 1_000_000;

/// A statement that may be cut.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// `V3:2`.
    pub id: &'a str,
    /// The statement.
    pub statement: &'a Statement,
    /// Nothing else is in its migration, timeouts aside.
    pub alone: bool,
    /// The schema before it.
    pub before: &'a Catalog,
    /// What its migration made before it.
    pub new: &'a NewObjects,
    /// The environment's settings.
    pub settings: &'a Settings,
    /// Statistics and the reviewer's choices.
    pub request: &'a Request,
}

/// How the plan runs a statement, with its batches where it has some.
#[must_use]
pub fn decide(candidate: &Candidate<'_>) -> (Cut, Option<Batch>) {
    let (verb, change) = match candidate.statement.operations.as_slice() {
        [Operation::Update(change)] => (Verb::Update, change),
        [Operation::Delete(change)] => (Verb::Delete, change),
        _ => return (Cut::NoDataChange, None),
    };
    let temporary = candidate.before.table(&change.table).is_some_and(|table| table.temporary);
    if temporary || candidate.new.has_table(&change.table, candidate.before) {
        return (Cut::Small, None);
    }
    let asked = directive::batch(candidate.statement).unwrap_or_default();
    let choice = candidate.request.batches.get(candidate.id);
    if choice.is_some_and(|choice| choice.whole) {
        return (Cut::Chosen, None);
    }
    let wanted = asked.is_some() || choice.is_some();
    if !wanted && is_small(&change.table, candidate.before, &candidate.request.statistics, candidate.settings) {
        return (Cut::Small, None);
    }
    if !wanted && names_rows(change, candidate.before.table(&change.table)) {
        return (Cut::Small, None);
    }
    if !candidate.alone && asked.is_none() {
        return (Cut::Whole("it shares its migration with other statements".to_owned()), None);
    }
    if candidate.settings.flyway.group && candidate.settings.source == SourceKind::Flyway {
        return (Cut::Whole("all pending migrations run in one transaction (group)".to_owned()), None);
    }
    match key(candidate, verb, change, asked.as_ref()) {
        Ok(key) => (Cut::Batched, Some(cut(candidate, verb, change, &key, asked.as_ref()))),
        Err(reason) => (Cut::Whole(reason), None),
    }
}

fn cut(candidate: &Candidate<'_>, verb: Verb, change: &DataChange, key: &[KeyColumn], asked: Option<&BatchDirective>) -> Batch {
    let dialect = candidate.settings.dialect;
    let mut batch = batch::build(verb, change, &candidate.statement.sql, key, dialect);
    let choice = candidate.request.batches.get(candidate.id);
    let size_of = |directive: &BatchDirective| directive.size;
    let pause_of = |directive: &BatchDirective| directive.pause_ms;
    batch.size = choice.map(|choice| choice.size).or(asked.and_then(size_of)).unwrap_or(candidate.settings.batch_size);
    batch.size = batch.size.clamp(1, MOST_ROWS);
    batch.pause_ms =
        choice.map(|choice| choice.pause_ms).or(asked.and_then(pause_of)).unwrap_or(candidate.settings.batch_pause_ms);
    let measured = size(&change.table, candidate.before, &candidate.request.statistics);
    estimate::fill_batch(&mut batch, measured, dialect);
    batch
}

fn key(
    candidate: &Candidate<'_>,
    verb: Verb,
    change: &DataChange,
    asked: Option<&BatchDirective>,
) -> Result<Vec<KeyColumn>, String> {
    let dialect = candidate.settings.dialect;
    if let Some(reason) = &change.whole_because {
        return Err(reason.clone());
    }
    plain(candidate.statement, verb, change)?;
    if change.alias.is_some() && verb == Verb::Delete && matches!(dialect, Dialect::MySql | Dialect::MariaDb) {
        return Err("DELETE takes no alias on this server".to_owned());
    }
    let Some(table) = candidate.before.table(&change.table) else {
        return Err(format!("the key of {} is not known to the migrations", change.table));
    };
    let own = asked.map(|directive| directive.key.as_slice()).unwrap_or_default();
    if !own.is_empty() {
        let columns: Vec<String> = own.iter().map(|column| fold(column, dialect)).collect();
        return usable(&columns, table, change, dialect);
    }
    let mut first_reason = None;
    for columns in keys(table) {
        match usable(&columns, table, change, dialect) {
            Ok(key) => return Ok(key),
            Err(reason) => first_reason = first_reason.or(Some(reason)),
        }
    }
    Err(first_reason.unwrap_or_else(|| format!("{} has neither a primary key nor a unique key that is NOT NULL", change.table)))
}

/// Whether the filter names single rows by a key of one column: `id = 7`, `id IN (1, 2)`.
fn names_rows(change: &DataChange, table: Option<&Table>) -> bool {
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
fn plain(statement: &Statement, verb: Verb, change: &DataChange) -> Result<(), String> {
    let mut words = directive::without_leading_comments(&statement.sql).split_whitespace().map(str::to_ascii_lowercase);
    let first = words.next().unwrap_or_default();
    let second = words.next().unwrap_or_default();
    let third = words.next().unwrap_or_default();
    let (expected, next) = match verb {
        Verb::Update => ("update", second),
        Verb::Delete if second == "from" => ("delete", third),
        Verb::Delete => ("delete", second),
    };
    if first != expected {
        return Err(format!("it does not begin with {}", expected.to_ascii_uppercase()));
    }
    if matches!(next.as_str(), "only" | "or" | "ignore" | "low_priority" | "quick") {
        return Err(format!("its {} is not carried into batches", next.to_ascii_uppercase()));
    }
    if verb == Verb::Update && change.assignments.as_deref().is_none_or(|text| text.trim().is_empty()) {
        return Err("its SET list could not be read".to_owned());
    }
    Ok(())
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

fn usable(columns: &[String], table: &Table, change: &DataChange, dialect: Dialect) -> Result<Vec<KeyColumn>, String> {
    let primary = table.primary_key() == columns;
    columns
        .iter()
        .map(|name| {
            let Some(column) = table.column(name) else {
                return Err(format!("{} has no column {name}", change.table));
            };
            // SQLite lets a primary key of another type than INTEGER hold NULL.
            let rowid = primary && columns.len() == 1 && column.data_type.eq_ignore_ascii_case("integer");
            if column.nullable && !(rowid && dialect == Dialect::Sqlite) {
                return Err(format!("the key column {name} may be NULL"));
            }
            if change.columns.contains(name) {
                return Err(format!("it changes the key column {name}"));
            }
            match batch::cast(&column.data_type, rowid, dialect) {
                Some(cast) => Ok(KeyColumn { name: name.clone(), cast }),
                None => Err(format!("the key column {name} of type {} is no safe cursor", column.data_type)),
            }
        })
        .collect()
}

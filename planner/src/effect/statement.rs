//! The effect of a whole statement: all its operations, one after the other.

use std::collections::BTreeSet;

use crate::catalog::apply::{apply_all, apply_followed, passes_over};
use crate::catalog::{Catalog, call};
use crate::dialect::Dialect;
use crate::effect::draft::Draft;
use crate::effect::{Blocks, Effect, LockMode, Reversibility, duration, mysql, postgres, query, sqlite, transaction, undo};
use crate::name::ObjectName;
use crate::project::Statistics;
use crate::sort::Gather;
use crate::statement::Statement;
use crate::statement::operation::Operation;

/// The effect of a statement on the schema before it, with what the server would refuse.
#[must_use]
pub fn of_statement(statement: &Statement, before: &Catalog, statistics: &Statistics, new: &BTreeSet<ObjectName>) -> Effect {
    let mut effect = predicted(statement, before, statistics, new).effect;
    let refused = apply_all(&mut before.clone(), &statement.operations).into_iter().next();
    effect.error = refused.filter(|error| error.certain).map(|error| error.message).or(effect.error);
    effect
}

/// What a statement does, with what only estimates need.
#[derive(Clone, Debug, Default)]
pub struct Predicted {
    /// The effect, as plans carry it.
    pub effect: Effect,
    /// Milliseconds of schema work, low and high, whether or not somebody waits; absent: unknown without statistics.
    pub work_ms: Option<(u64, u64)>,
}

/// As [`of_statement`], without what the schema refuses: a walk along the migrations changes its schema in place and is
/// told then. A copy to try it on would cost more than all the rest.
///
/// `new` holds the stored names of tables that this migration made before the statement: nobody else knows them, so
/// their locks block nobody. `statistics` may be empty; then the time a lock is held stays unknown.
#[must_use]
pub fn predicted(statement: &Statement, before: &Catalog, statistics: &Statistics, new: &BTreeSet<ObjectName>) -> Predicted {
    let (dialect, version) = (before.dialect, before.version);
    let mut whole = Draft::new(before);
    let mut undone = Reversibility::Lossless;
    // Most statements are one operation, and need no copy.
    let mut between: Option<Catalog> = None;
    let passed_over = passes_over(before, &statement.operations);
    if let [.., Operation::AlterScope { table, if_exists: true, .. }] = statement.operations.as_slice()
        && !passed_over
        && before.table(table).is_none()
    {
        whole.assume(format!("{table} is there: a part that was not read may have made it"));
    }
    for (at, operation) in statement.operations.iter().enumerate().filter(|_| !passed_over) {
        let catalog = between.as_ref().unwrap_or(before);
        whole.merge(draft(operation, &statement.operations, catalog));
        undone = undone.max(undo::reversibility(operation, catalog));
        let elsewhere = call::brought_about(catalog, operation);
        if !elsewhere.is_empty() {
            undone = undone.max(follow(&mut whole, &elsewhere, catalog));
        }
        // An operation that is refused leaves the catalog as it is; the error is told below.
        // MySQL and MariaDB judge every action by the table as it was.
        if dialect.transactional_ddl() && at + 1 < statement.operations.len() {
            drop(apply_all(between.get_or_insert_with(|| before.clone()), std::slice::from_ref(operation)));
        }
    }
    if matches!(dialect, Dialect::MySql | Dialect::MariaDb) {
        mysql::settle(&mut whole, &statement.operations);
        whole.refusal = mysql::refusal(&statement.sql, before).or(whole.refusal);
        whole.refusal = whole.refusal.or_else(|| mysql::counter::refusal(statement, before).filter(|_| !passed_over));
    }
    whole.refusal = whole.refusal.or_else(|| query::refusal(statement, before).filter(|_| !passed_over));
    let takes_part = transaction::takes_part(&statement.sql, dialect, version);
    // On MySQL the words alone decide, so that rows written by a statement nobody could read are still inside.
    let by_words = !dialect.transactional_ddl() || transaction::ends_detach(&statement.sql, dialect);
    whole.transactional = takes_part && (whole.transactional || by_words);
    let commits = dialect == Dialect::Postgres && postgres::commits::ends_transaction(statement, before);
    whole.transactional &= !(statement.autocommit || commits);
    let held = whole.locks.iter().filter(|(key, _)| !new.contains(key) && !is_made_here(before, key));
    let blocks = held.map(|(_, mode)| mode.blocks()).max().unwrap_or_default();
    let work = duration::work(&whole, statistics);
    let holds = !whole.locks.is_empty() && blocks != Blocks::Nothing;
    let unseen: BTreeSet<String> = whole.locks.keys().filter(|key| new.contains(key)).map(ToString::to_string).gather();
    let mut effect = whole.finish();
    effect.unseen = effect.locks.iter().map(|lock| &lock.object).filter(|object| unseen.contains(*object)).cloned().collect();
    effect.blocks = if effect.opaque.is_some() { Blocks::Unknown } else { blocks };
    effect.lock_ms = work.as_ref().filter(|_| holds).map(|work| work.ms);
    let work_ms = work.as_ref().map(|work| work.ms);
    effect.rests_on = work.map(|work| work.rests_on).unwrap_or_default();
    effect.undo = undone;
    Predicted { effect, work_ms }
}

/// What bodies of functions, procedures and triggers do, one statement after the other. The worst way back of them.
fn follow(whole: &mut Draft<'_>, statements: &[Vec<Operation>], before: &Catalog) -> Reversibility {
    let mut catalog = before.clone();
    let mut worst = Reversibility::Lossless;
    for operations in statements {
        let mut one = Draft::new(&catalog);
        for operation in operations {
            one.merge(draft(operation, operations, &catalog));
            worst = worst.max(undo::reversibility(operation, &catalog));
        }
        if matches!(before.dialect, Dialect::MySql | Dialect::MariaDb) {
            mysql::settle(&mut one, operations);
        }
        whole.merge(one);
        // What is refused leaves the catalog as it is; the error is told of the whole statement.
        drop(apply_followed(&mut catalog, operations));
    }
    worst
}

/// Whether the statement itself makes the object.
fn is_made_here(before: &Catalog, key: &ObjectName) -> bool {
    !before.tables.contains_key(key) && !before.views.contains_key(key) && key.name != sqlite::DATABASE
}

fn draft<'a>(operation: &Operation, all: &[Operation], before: &'a Catalog) -> Draft<'a> {
    match before.dialect {
        Dialect::Postgres => postgres::draft(operation, all, before),
        Dialect::Sqlite => sqlite::draft(operation, before),
        Dialect::MySql | Dialect::MariaDb => mysql::draft(operation, all, before),
    }
}

/// The tables a migration has made so far, by stored name: those of `now` that `start` has not.
#[must_use]
pub fn made_since(start: &Catalog, now: &Catalog) -> BTreeSet<ObjectName> {
    let differing = now.tables.differing(&start.tables).into_iter();
    differing.filter(|key| now.tables.contains_key(key) && !start.tables.contains_key(key)).cloned().gather()
}

/// The strongest of some lock modes.
#[must_use]
pub fn strongest(effect: &Effect) -> Option<LockMode> {
    effect.locks.iter().map(|lock| lock.mode).max()
}

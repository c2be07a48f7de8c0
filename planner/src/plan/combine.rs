//! The effect of a statement from those of its operations.

use std::collections::BTreeMap;

use crate::catalog::Catalog;
use crate::catalog::apply::apply;
use crate::dialect::{Dialect, ServerVersion};
use crate::effect::{Effect, Lock, LockMode, mysql, postgres, sqlite};
use crate::statement::Statement;
use crate::statement::operation::Operation;

/// The effect of one statement on the schema before it: the strongest lock of its actions, one pass over each table
/// for all of them (`facts/safety.md` §2.1).
#[must_use]
pub fn of_statement(statement: &Statement, before: &Catalog, version: ServerVersion) -> Effect {
    let mut total = Effect { transactional: true, ..Effect::default() };
    if let [only] = statement.operations.as_slice() {
        return of_operation(only, before, version);
    }
    let mut locks: BTreeMap<String, LockMode> = BTreeMap::new();
    let mut during = before.clone();
    for operation in &statement.operations {
        let effect = of_operation(operation, &during, version);
        apply(&mut during, operation);
        for Lock { object, mode } in effect.locks {
            let held = locks.entry(object).or_insert(mode);
            *held = (*held).max(mode);
        }
        total.rewrites.extend(effect.rewrites);
        total.scans.extend(effect.scans);
        total.builds.extend(effect.builds);
        total.blocks = total.blocks.max(effect.blocks);
        total.transactional &= effect.transactional;
        total.undo = total.undo.max(effect.undo);
        total.error = total.error.or(effect.error);
        total.opaque = total.opaque.or(effect.opaque);
    }
    total.locks = locks.into_iter().map(|(object, mode)| Lock { object, mode }).collect();
    for list in [&mut total.rewrites, &mut total.scans, &mut total.builds] {
        list.sort();
        list.dedup();
    }
    total
}

fn of_operation(operation: &Operation, before: &Catalog, version: ServerVersion) -> Effect {
    match before.dialect {
        Dialect::Postgres => postgres::effect(operation, before, version),
        Dialect::MySql | Dialect::MariaDb => mysql::effect(operation, before, version),
        Dialect::Sqlite => sqlite::effect(operation, before, version),
    }
}

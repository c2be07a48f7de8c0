//! Flyway's `group`: all pending migrations in one transaction.

use super::{Step, TransactionMode};
use crate::dialect::Dialect;
use crate::finding::{Finding, Severity};
use crate::migration::SourceKind;
use crate::project::settings::Settings;
use crate::span::Span;

/// Whether the steps run in one transaction; where Flyway would refuse or cannot, why. Under `mixed` one step that
/// cannot be in a transaction takes all others out of it, as Flyway does.
pub fn group(steps: &mut [Step], settings: &Settings) -> (bool, Vec<Finding>) {
    if settings.source == SourceKind::Alembic {
        return (one_transaction(steps, settings), Vec::new());
    }
    if !settings.flyway.group || steps.is_empty() {
        return (false, Vec::new());
    }
    if !settings.dialect.transactional_ddl() {
        return (false, vec![no_transaction(settings)]);
    }
    let alone = |step: &Step| step.transaction != TransactionMode::Transactional;
    let Some(first) = steps.iter().position(alone) else { return (true, Vec::new()) };
    if steps.iter().all(alone) {
        return (false, Vec::new());
    }
    if !settings.flyway.mixed {
        return (false, steps.get(first).map(mixed).into_iter().collect());
    }
    for step in steps {
        step.transaction = TransactionMode::Autocommit;
    }
    (false, Vec::new())
}

/// Alembic: where `transaction_per_migration` is false in so many words, and every step can be in one.
fn one_transaction(steps: &[Step], settings: &Settings) -> bool {
    let together = |step: &Step| step.transaction == TransactionMode::Transactional && step.fallback.is_none();
    settings.alembic.transaction_per_migration == Some(false)
        && settings.dialect == Dialect::Postgres
        && steps.len() > 1
        && steps.iter().all(together)
}

fn mixed(step: &Step) -> Finding {
    let span = step.statements.first().map(|statement| Span::file(&statement.file));
    Finding::broken(
        "mixed-group",
        span,
        format!("{} cannot run in a transaction, and the other migrations of the group can.", step.migration),
        "Migrate up to the version before it first (-target=), or turn group off; mixed=true runs all of them without a \
         transaction.",
    )
    .of(&step.migration)
}

fn no_transaction(settings: &Settings) -> Finding {
    Finding {
        severity: Severity::Warning,
        blocking: false,
        effect: "After a failure the migrations before it stay applied and recorded.".into(),
        ..Finding::broken(
            "group-without-transaction",
            None,
            format!(
                "group is on, but {} commits at each schema change, so no transaction can hold them all.",
                settings.dialect.title()
            ),
            "Turn group off: each migration is recorded by itself either way.",
        )
    }
}

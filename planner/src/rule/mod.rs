//! Rules: hazards with a name, a condition, an effect and a cure. One file each, one table.
//!
//! A rule fires only where what it claims is true of the schema at that point; it is quiet on tables the migration
//! itself made and on tables known to be small. `-- flightplan:ignore <rule> <reason>` in a statement's leading
//! comments silences it there.

mod blocking_index;
mod concurrently_in_transaction;
pub mod context;
mod description_style;
pub mod directive;
mod drop_blocking_index;
mod drop_column;
mod drop_table;
pub mod edit;
mod enum_value_in_transaction;
mod large_data_change;
mod missing_fk_index;
mod missing_undo;
mod mixed_schema_and_data;
mod opaque_statement;
mod rename_breaks;
mod server_would_refuse;
mod table_rewrite;
pub mod transaction_control_in_script;
mod type_change;
mod unique_constraint_blocking;
mod unsafe_not_null;
mod unvalidated_constraint;
mod wide_grant;

use crate::finding::{Finding, Fix, Severity};
use crate::span::Span;

pub use context::{Cut, MigrationContext, StatementContext};

/// Version of the rule set; it reaches the digest, so that newer rules ask for a newer review.
pub const VERSION: u32 = 1;

/// A hazard.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Stable kebab-case name.
    pub id: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// When it fires, as a sentence.
    pub condition: &'static str,
    /// What happens, as a sentence.
    pub effect: &'static str,
    /// The cure, as a sentence.
    pub workaround: &'static str,
    /// Looks for it.
    pub check: Check,
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// One statement and the schema before it.
    Statement(fn(&StatementContext<'_>) -> Vec<Hit>),
    /// A whole migration.
    Migration(fn(&MigrationContext<'_>) -> Vec<Hit>),
}

/// One place where a rule fired.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hit {
    /// One sentence naming the object. No row counts: they change without the plan changing.
    pub message: String,
    /// Index of the statement; absent: the migration as a whole.
    pub statement: Option<usize>,
    /// Edits that cure it.
    pub fix: Option<Fix>,
    /// More exact than the rule's own effect.
    pub effect: Option<String>,
    /// More exact than the rule's own workaround.
    pub workaround: Option<String>,
    /// The migration cannot run as it is.
    pub blocking: bool,
    /// Another severity than the rule's own.
    pub severity: Option<Severity>,
}

impl Hit {
    /// A hit on the statement at hand, or on the migration as a whole.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// The same hit on one statement of the migration.
    #[must_use]
    pub fn at(mut self, statement: usize) -> Self {
        self.statement = Some(statement);
        self
    }

    /// The same hit with a cure of its own.
    #[must_use]
    pub fn cure(mut self, workaround: impl Into<String>) -> Self {
        self.workaround = Some(workaround.into());
        self
    }

    /// The same hit with edits.
    #[must_use]
    pub fn fixed(mut self, fix: Option<Fix>) -> Self {
        self.fix = fix;
        self
    }
}

/// Every rule, by id.
pub const ALL: &[&Rule] = &[
    &blocking_index::RULE,
    &concurrently_in_transaction::RULE,
    &description_style::RULE,
    &drop_blocking_index::RULE,
    &drop_column::RULE,
    &drop_table::RULE,
    &enum_value_in_transaction::RULE,
    &large_data_change::RULE,
    &missing_fk_index::RULE,
    &missing_undo::RULE,
    &mixed_schema_and_data::RULE,
    &opaque_statement::RULE,
    &rename_breaks::RULE,
    &server_would_refuse::RULE,
    &table_rewrite::RULE,
    &transaction_control_in_script::RULE,
    &type_change::RULE,
    &unique_constraint_blocking::RULE,
    &unsafe_not_null::RULE,
    &unvalidated_constraint::RULE,
    &wide_grant::RULE,
];

/// The rule of an id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.id == id)
}

/// What the statement rules say about one statement.
#[must_use]
pub fn check_statement(context: &StatementContext<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in ALL {
        let Check::Statement(check) = rule.check else { continue };
        if directive::ignores(&context.statement.sql, rule.id) {
            continue;
        }
        let span = Some(edit::body_span(context.statement));
        findings.extend(check(context).into_iter().map(|hit| finding(rule, hit, span.clone(), context.migration)));
    }
    findings
}

/// What the migration rules say about one migration.
#[must_use]
pub fn check_migration(context: &MigrationContext<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in ALL {
        let Check::Migration(check) = rule.check else { continue };
        for hit in check(context) {
            let at = context.migration.up.statements.get(hit.statement.unwrap_or(0));
            if at.is_some_and(|statement| directive::ignores(&statement.sql, rule.id)) && !hit.blocking {
                continue;
            }
            let span = match hit.statement {
                Some(_) => at.map(edit::body_span),
                None => Some(Span::file(&context.migration.path)),
            };
            findings.push(finding(rule, hit, span, context.migration));
        }
    }
    findings
}

fn finding(rule: &Rule, hit: Hit, span: Option<Span>, migration: &crate::migration::Migration) -> Finding {
    Finding {
        rule: rule.id.to_owned(),
        severity: hit.severity.unwrap_or(rule.severity),
        span,
        migration: Some(migration.id.clone()),
        message: hit.message,
        effect: hit.effect.unwrap_or_else(|| rule.effect.to_owned()),
        workaround: hit.workaround.unwrap_or_else(|| rule.workaround.to_owned()),
        fix: hit.fix,
        blocking: hit.blocking,
    }
}

//! Asks the rules, and takes out what the project or a comment silences.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::context::{MigrationContext, ProjectContext, StatementContext};
use super::{ALL, Check, Hit, Rule, directive, edit};
use crate::catalog::Catalog;
use crate::finding::Finding;
use crate::migration::Migration;
use crate::name::ObjectName;
use crate::project::glob;
use crate::project::rule_settings::RuleIgnore;
use crate::project::settings::Settings;
use crate::span::Span;
use crate::statement::Statement;
use crate::statement::operation::Operation;

/// Statements of a migration with the rules that a comment silenced there.
pub type Silenced = BTreeSet<(usize, &'static str)>;

/// What the rules say about one migration.
#[derive(Clone, Debug, Default)]
pub struct Verdicts {
    /// What they found.
    pub findings: Vec<Finding>,
    silenced: Silenced,
}

impl Verdicts {
    /// Asks the statement rules about one statement.
    pub fn statement(&mut self, context: &StatementContext<'_>) {
        for rule in ALL {
            let Check::Statement(check) = rule.check else { continue };
            for hit in check(context) {
                self.take(rule, hit.at(context.index), context.migration, context.settings, context.before);
            }
        }
    }

    /// Asks the migration rules about one migration, after all its statements.
    pub fn migration(&mut self, context: &MigrationContext<'_>) {
        for rule in ALL {
            let Check::Migration(check) = rule.check else { continue };
            for hit in check(context) {
                self.take(rule, hit, context.migration, context.settings, context.after);
            }
        }
        for rule in ALL {
            let Check::Directives(check) = rule.check else { continue };
            for hit in check(context, &self.silenced) {
                self.take(rule, hit, context.migration, context.settings, context.after);
            }
        }
    }

    fn take(&mut self, rule: &'static Rule, hit: Hit, migration: &Migration, settings: &Settings, catalog: &Catalog) {
        let at = hit.statement.unwrap_or(0);
        let statement = migration.up.statements.get(at);
        if statement.is_some_and(|statement| directive::ignores(statement, rule.id)) && !hit.blocking {
            self.silenced.insert((at, rule.id));
            return;
        }
        self.findings.extend(finding(rule, hit, migration, settings, catalog));
    }
}

/// Asks the rules that look at all migrations.
#[must_use]
pub fn project(context: &ProjectContext<'_>) -> Vec<Finding> {
    let mut verdicts = Verdicts::default();
    for rule in ALL {
        let Check::Project(check) = rule.check else { continue };
        for (at, hit) in check(context) {
            if let Some(migration) = context.migrations.get(at) {
                verdicts.take(rule, hit, migration, context.settings, context.last);
            }
        }
    }
    verdicts.findings
}

/// The finding of a hit, unless the project's settings silence it. What keeps a migration from running is always told.
fn finding(rule: &Rule, hit: Hit, migration: &Migration, settings: &Settings, catalog: &Catalog) -> Option<Finding> {
    let setting = settings.rules.rules.get(rule.id);
    let statement = hit.statement.and_then(|at| migration.up.statements.get(at));
    let off = setting.is_some_and(|setting| setting.off);
    let ignored = |ignore: &RuleIgnore| {
        ignore.rule.as_deref().is_none_or(|id| id == rule.id)
            && ignore.path.as_deref().is_none_or(|pattern| glob::path(pattern, &migration.path))
            && ignore
                .table
                .as_deref()
                .is_none_or(|pattern| statement.is_some_and(|statement| is_about(statement, pattern, catalog)))
    };
    if !hit.blocking && (off || settings.rules.ignores.iter().any(ignored)) {
        return None;
    }
    let span = match hit.statement {
        Some(_) => statement.map(edit::body_span),
        None => Some(Span::file(&migration.path)),
    };
    // A hit that is known to matter less than its rule does not matter more because the rule does.
    let configured = setting.and_then(|setting| setting.severity);
    let severity = match (hit.severity, configured) {
        (Some(own), Some(configured)) => own.min(configured),
        (own, configured) => own.or(configured).unwrap_or(rule.severity),
    };
    Some(Finding {
        rule: rule.id.to_owned(),
        severity,
        span,
        migration: Some(migration.id.clone()),
        message: hit.message,
        effect: hit.effect.map_or(Cow::Borrowed(rule.effect), Cow::Owned),
        workaround: hit.workaround.map_or(Cow::Borrowed(rule.workaround), Cow::Owned),
        fix: hit.fix,
        blocking: hit.blocking,
    })
}

/// Whether every table that a statement changes matches a pattern.
fn is_about(statement: &Statement, pattern: &str, catalog: &Catalog) -> bool {
    let mut tables = statement.operations.iter().filter_map(Operation::subject).peekable();
    let matches =
        |table: &ObjectName| glob::name(pattern, &table.name) || glob::name(pattern, &catalog.resolve(table).to_string());
    tables.peek().is_some() && tables.all(matches)
}

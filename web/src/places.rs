//! Which findings stand at which statement.

use std::collections::BTreeMap;
use std::sync::Arc;

use planner::finding::{Finding, Severity};
use planner::migration::MigrationId;
use planner::plan::Plan;

/// The statement a finding stands at, by its place among those given as file and first line: the last one that begins at
/// or before the finding's line. None where it stands before all, elsewhere or nowhere.
pub fn statement_of<'a>(finding: &Finding, statements: impl Iterator<Item = (&'a str, u32)>) -> Option<usize> {
    let span = finding.span.as_ref()?;
    let before = statements.enumerate().filter(|(_, (file, line))| *file == span.file && *line <= span.line);
    before.max_by_key(|(at, (_, line))| (*line, *at)).map(|(at, _)| at)
}

/// The findings of each step by their places in `plan.findings`: those of its migration that stand at one of its statements
/// or nowhere. A migration of several parts has one step for each.
#[must_use]
pub fn by_step(plan: &Plan) -> Vec<Vec<usize>> {
    let mut parts: BTreeMap<&MigrationId, Vec<usize>> = BTreeMap::new();
    for (at, step) in plan.steps.iter().enumerate() {
        parts.entry(&step.migration).or_default().push(at);
    }
    let mut found = vec![Vec::new(); plan.steps.len()];
    for (number, finding) in plan.findings.iter().enumerate() {
        let parts = finding.migration.as_ref().and_then(|id| parts.get(id)).map_or(&[] as &[usize], Vec::as_slice);
        let statements = || {
            let steps = parts.iter().filter_map(|part| plan.steps.get(*part).map(|step| (*part, step)));
            steps.flat_map(|(part, step)| step.statements.iter().map(move |statement| (part, statement)))
        };
        let at = statement_of(finding, statements().map(|(_, statement)| (statement.file.as_str(), statement.line)));
        let own = at.and_then(|at| statements().nth(at)).map(|(part, _)| part);
        for part in parts.iter().filter(|part| own.is_none_or(|own| own == **part)) {
            found.get_mut(*part).into_iter().for_each(|findings| findings.push(number));
        }
    }
    found
}

/// How many findings there are of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Notes.
    pub notes: usize,
}

impl Counts {
    /// Counts.
    pub fn of<'a>(findings: impl IntoIterator<Item = &'a Arc<Finding>>) -> Self {
        let mut counts = Self::default();
        findings.into_iter().for_each(|finding| counts.add(finding));
        counts
    }

    /// Together with others.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { errors: self.errors + other.errors, warnings: self.warnings + other.warnings, notes: self.notes + other.notes }
    }

    fn add(&mut self, finding: &Finding) {
        match finding.severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
            Severity::Info => self.notes += 1,
        }
    }
}

/// The findings of each migration, counted in one pass: a page of a thousand rows asks for every one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ByMigration {
    named: BTreeMap<MigrationId, Counts>,
    /// By file, of those that name no migration.
    placed: BTreeMap<String, Counts>,
}

impl ByMigration {
    /// Counts.
    #[must_use]
    pub fn of(findings: &[Arc<Finding>]) -> Self {
        let mut counted = Self::default();
        for finding in findings {
            if let Some(id) = &finding.migration {
                counted.named.entry(id.clone()).or_default().add(finding);
            } else if let Some(span) = &finding.span {
                counted.placed.entry(span.file.clone()).or_default().add(finding);
            }
        }
        counted
    }

    /// Those of one migration.
    #[must_use]
    pub fn get(&self, id: &MigrationId, path: &str) -> Counts {
        let named = self.named.get(id).copied().unwrap_or_default();
        let placed = self.placed.get(path).copied().unwrap_or_default();
        named.and(placed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use planner::span::Span;

    fn at(file: &str, line: u32) -> Finding {
        Finding::broken("r", Some(Span { line, ..Span::file(file) }), "", "")
    }

    #[test]
    fn a_finding_stands_at_the_statement_it_is_in() {
        let statements = [("a.sql", 1), ("a.sql", 4), ("b.sql", 2)];
        let place = |finding: &Finding| statement_of(finding, statements.into_iter());
        assert_eq!(place(&at("a.sql", 3)), Some(0));
        assert_eq!(place(&at("a.sql", 4)), Some(1));
        assert_eq!(place(&at("b.sql", 1)), None);
        assert_eq!(place(&Finding::broken("r", None, "", "")), None);
    }

    #[test]
    fn findings_are_counted_by_migration_or_by_file() {
        let counted = ByMigration::of(&[at("a.sql", 1).of(&"V1".into()), at("a.sql", 1), at("b.sql", 1)].map(Arc::new));
        assert_eq!(counted.get(&"V1".into(), "a.sql").errors, 2);
        assert_eq!(counted.get(&"V2".into(), "b.sql"), Counts { errors: 1, ..Counts::default() });
    }
}

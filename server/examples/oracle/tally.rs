//! The figures of a comparison, and what is told of it.

use std::collections::BTreeMap;

/// Where something was predicted wrongly.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wrong {
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) what: String,
    pub(crate) expected: String,
    pub(crate) observed: String,
}

/// Counts of one project, or of all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) migrations: usize,
    /// Statements met.
    pub(crate) statements: usize,
    /// Of which everything that was compared was as predicted.
    pub(crate) equal: usize,
    /// Of which nothing certain is predicted, or that concern what such a statement has changed.
    pub(crate) opaque: usize,
    /// Of which something was not as predicted.
    pub(crate) differing: usize,
    /// Refused for a reason in the data or the installation: nothing to compare.
    pub(crate) refused: usize,
    /// Schemas behind a migration that were as predicted.
    pub(crate) schemas_equal: usize,
    /// Schemas behind a migration that were not.
    pub(crate) schemas_wrong: usize,
    /// Objects left out because something opaque changed them.
    pub(crate) objects_opaque: usize,
    /// Expressions that differ by more than spelling and that the server could not be asked about.
    pub(crate) unjudged: Vec<Wrong>,
    pub(crate) wrong: Vec<Wrong>,
    /// Opaque statements by reason.
    pub(crate) reasons: BTreeMap<String, usize>,
    /// File, line and words of refusals that are not compared.
    pub(crate) refusals: Vec<String>,
}

impl Tally {
    /// Everything that was not as predicted.
    pub(crate) fn wrong(&self) -> usize {
        self.differing + self.schemas_wrong
    }

    /// Adds another project's figures; what was listed for it has been printed.
    pub(crate) fn add(&mut self, other: Self) {
        self.migrations += other.migrations;
        self.statements += other.statements;
        self.equal += other.equal;
        self.opaque += other.opaque;
        self.differing += other.differing;
        self.refused += other.refused;
        self.schemas_equal += other.schemas_equal;
        self.schemas_wrong += other.schemas_wrong;
        self.objects_opaque += other.objects_opaque;
        self.unjudged.extend(other.unjudged);
        for (reason, count) in other.reasons {
            *self.reasons.entry(reason).or_default() += count;
        }
    }

    /// Two lines.
    pub(crate) fn summary(&self, title: &str) -> String {
        format!(
            "{title}: {} migrations\n  statements {}: compared {}, equal {}, opaque {}, wrong {}, refused by the server {}\n  \
             schemas behind a migration: compared {}, equal {}, wrong {}; objects opaque {}, expressions not judged {}",
            self.migrations,
            self.statements,
            self.equal + self.differing,
            self.equal,
            self.opaque,
            self.differing,
            self.refused,
            self.schemas_equal + self.schemas_wrong,
            self.schemas_equal,
            self.schemas_wrong,
            self.objects_opaque,
            self.unjudged.len(),
        )
    }

    /// Figures, then every difference with file, line, expected and observed.
    pub(crate) fn print(&self, title: &str, verbose: bool) {
        println!("{}", self.summary(title));
        let show = |label: &str, list: &[Wrong]| {
            for wrong in list {
                println!("  {label} {}:{}: {}", wrong.file, wrong.line, wrong.what);
                println!("    expected {}\n    observed {}", wrong.expected, wrong.observed);
            }
        };
        show("WRONG", &self.wrong);
        if verbose {
            show("not judged", &self.unjudged);
            for (reason, count) in &self.reasons {
                println!("  opaque {count} times: {reason}");
            }
            for refusal in &self.refusals {
                println!("  refused {refusal}");
            }
        }
    }
}

//! The figures of the ways back, and what is told of them.

use std::collections::BTreeMap;

use planner::catalog::compare::Difference;

/// Where a way back did not keep its word.
#[derive(Clone, Debug)]
pub(crate) struct Wrong {
    pub(crate) migration: String,
    pub(crate) marked: &'static str,
    /// Where it showed: `down`, `up again`.
    pub(crate) at: &'static str,
    /// The server's words, or what differs.
    pub(crate) what: String,
    /// What was run.
    pub(crate) statements: Vec<String>,
}

/// Counts of one project, or of all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) migrations: usize,
    pub(crate) lossless: usize,
    /// Lossless ones with nothing to take back.
    pub(crate) empty: usize,
    pub(crate) lossy: usize,
    pub(crate) none: usize,
    pub(crate) opaque: usize,
    /// The way forth itself was refused, so there was nothing to go back from.
    pub(crate) refused: usize,
    /// The server's words of it.
    pub(crate) refusals: Vec<String>,
    /// Lossy ones that rows in the tables kept from running, as was told of them.
    pub(crate) kept: usize,
    /// Went up, down and up on a server.
    pub(crate) gone: usize,
    /// Of which with rows in the tables.
    pub(crate) with_rows: usize,
    pub(crate) wrong: Vec<Wrong>,
    /// Lossy ones behind which the schema is not what it was.
    pub(crate) changed: Vec<Wrong>,
    /// Not as promised, behind a migration that the server refused.
    pub(crate) astray: Vec<Wrong>,
    /// Why there is none, with how often.
    pub(crate) reasons: BTreeMap<String, usize>,
}

impl Tally {
    /// Adds another project's figures.
    pub(crate) fn add(&mut self, other: Self) {
        self.migrations += other.migrations;
        self.lossless += other.lossless;
        self.empty += other.empty;
        self.lossy += other.lossy;
        self.none += other.none;
        self.opaque += other.opaque;
        self.refused += other.refused;
        self.kept += other.kept;
        self.gone += other.gone;
        self.with_rows += other.with_rows;
        self.wrong.extend(other.wrong);
        self.changed.extend(other.changed);
        self.astray.extend(other.astray);
        for (reason, count) in other.reasons {
            *self.reasons.entry(reason).or_default() += count;
        }
    }

    /// Three lines.
    pub(crate) fn summary(&self, title: &str) -> String {
        let share = |count: usize| format!("{count} ({:.1} %)", 100.0 * count as f64 / self.migrations.max(1) as f64);
        format!(
            "{title}: {} migrations\n  lossless {} ({} with nothing to take back), lossy {}, none {}, opaque {}\n  \
             up, down, up {} ({} with rows): wrong {}, lossy ones with another schema {}, lossy ones that rows are in \
             the way of {}, way forth refused {}, not as promised behind a refused migration {}",
            self.migrations,
            share(self.lossless),
            self.empty,
            share(self.lossy),
            share(self.none),
            share(self.opaque),
            self.gone,
            self.with_rows,
            self.wrong.len(),
            self.changed.len(),
            self.kept,
            self.refused,
            self.astray.len(),
        )
    }

    /// Figures, then everything that is wrong.
    pub(crate) fn print(&self, title: &str, verbose: bool) {
        println!("{}", self.summary(title));
        show("WRONG", &self.wrong);
        if verbose {
            show("changed", &self.changed);
            show("astray", &self.astray);
            self.refusals.iter().for_each(|words| println!("  way forth refused {words}"));
            let mut reasons: Vec<_> = self.reasons.iter().collect();
            reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            for (reason, count) in reasons {
                println!("  no way back {count} times: {reason}");
            }
        }
    }
}

fn show(label: &str, list: &[Wrong]) {
    for wrong in list {
        println!("  {label} {} ({}) {}: {}", wrong.migration, wrong.marked, wrong.at, wrong.what);
        for statement in &wrong.statements {
            println!("      {}", statement.replace('\n', "\n      "));
        }
    }
}

/// Differences as lines.
pub(crate) fn told(differences: &[Difference]) -> String {
    let line = |one: &Difference| format!("\n    {}: {} | {}", one.object, one.first, one.second);
    let mut text: String = differences.iter().take(8).map(line).collect();
    if differences.len() > 8 {
        text.push_str(&format!("\n    and {} more", differences.len() - 8));
    }
    text
}

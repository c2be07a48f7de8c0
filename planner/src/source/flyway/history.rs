//! Files and history rows put side by side, each line with its state.
//!
//! Source: `MigrationInfoServiceImpl`, `BaseAppliedMigration.getState` and `ResolvedMigration.getState` of 9.16.2.

use crate::sort::Gather;
use std::collections::{BTreeMap, BTreeSet};

use super::pattern::Patterns;
use super::state::State;
use super::target::{self, Target};
use super::version::Version;
use crate::finding::Finding;
use crate::migration::{Migration, MigrationId, MigrationKind};
use crate::project::settings::Settings;
use crate::project::{AppliedFlyway, Request};
use crate::sort::Sort;

/// A file, a row, or both.
pub(super) struct Line<'a> {
    pub(super) row: Option<&'a AppliedFlyway>,
    pub(super) migration: Option<&'a Migration>,
    pub(super) version: Option<Version>,
    pub(super) state: State,
    /// `info` does not show it: the row that marks a version as deleted.
    pub(super) hidden: bool,
}

impl Line<'_> {
    /// Flyway's category.
    pub(super) fn category(&self) -> &'static str {
        match (self.row, self.migration) {
            (Some(row), _) if is_synthetic(&row.kind) => "",
            (Some(row), _) if is_undo(&row.kind) => "Undo",
            (Some(row), _) if is_baseline(&row.kind) => "Baseline",
            (Some(row), _) if row.version.is_none() => "Repeatable",
            (None, Some(migration)) if migration.kind == MigrationKind::Repeatable => "Repeatable",
            (None, Some(migration)) if migration.kind == MigrationKind::Baseline => "Baseline",
            _ => "Versioned",
        }
    }

    /// The type Flyway would record the file with.
    pub(super) fn file_kind(&self) -> String {
        let baseline = self.migration.is_some_and(|migration| migration.kind == MigrationKind::Baseline);
        if baseline { "SQL_BASELINE" } else { "SQL" }.to_owned()
    }
}

/// Rows Flyway writes for itself.
pub(super) fn is_synthetic(kind: &str) -> bool {
    matches!(kind, "SCHEMA" | "BASELINE" | "DELETE")
}

/// The type by its present name.
pub(super) fn current_kind(kind: &str) -> &str {
    if kind == "SPRING_JDBC" { "JDBC" } else { kind }
}

pub(super) fn is_undo(kind: &str) -> bool {
    kind.starts_with("UNDO")
}

fn is_baseline(kind: &str) -> bool {
    kind == "BASELINE" || kind.ends_with("_BASELINE")
}

/// Files and rows of one project and database.
pub(super) struct History<'a> {
    /// In the order of `info`.
    pub(super) lines: Vec<Line<'a>>,
    /// Version of the newest baseline row.
    pub(super) baseline: Option<Version>,
    /// Rows of migrations in other languages, by version.
    pub(super) code: BTreeMap<Version, &'a AppliedFlyway>,
    /// What `validate` passes over.
    pub(super) patterns: Patterns,
    /// One run applies one migration: the target is `next`.
    pub(super) one: bool,
    /// What makes the rows or the request unreadable.
    pub(super) problems: Vec<Finding>,
}

/// A row with what later rows say of it.
struct Row<'a> {
    row: &'a AppliedFlyway,
    version: Option<Version>,
    migration: Option<&'a Migration>,
    deleted: bool,
    undone: bool,
    out_of_order: bool,
}

impl Row<'_> {
    /// The row that marks a version as deleted: Flyway lists it nowhere.
    fn is_marker(&self) -> bool {
        self.row.kind == "DELETE" && self.row.success && self.version.is_some()
    }
}

struct Reading<'a> {
    files: Vec<(Option<Version>, &'a Migration)>,
    /// Versioned files, and `true` for baselines.
    by_version: BTreeMap<(Version, bool), &'a Migration>,
    by_description: BTreeMap<String, &'a Migration>,
    /// Files that a row has, and so do not run.
    applied: BTreeSet<&'a MigrationId>,
    rows: Vec<Row<'a>>,
    /// Rank of the last run of each repeatable.
    latest: BTreeMap<&'a str, i32>,
    last_resolved: Option<Version>,
    last_applied: Option<Version>,
    baseline: Option<Version>,
    out_of_order: bool,
    problems: Vec<Finding>,
}

impl<'a> History<'a> {
    pub(super) fn read(migrations: &[&'a Migration], settings: &Settings, request: &'a Request) -> Self {
        let mut reading = Reading::new(migrations, settings, request);
        reading.mark();
        let known: Vec<&Version> = reading.files.iter().filter_map(|(version, _)| version.as_ref()).collect();
        let counted = reading.rows.iter().filter(|row| !row.is_marker());
        let known: Vec<&Version> = known.into_iter().chain(counted.filter_map(|row| row.version.as_ref())).collect();
        let wanted = request.up_to.as_deref().or(settings.flyway.target.as_deref());
        let (target, problem) = target::read(wanted, &known);
        reading.problems.extend(problem);
        let one = target == Target::Next;
        let target = match target {
            Target::Next => reading.next(),
            other => other,
        };
        let mut lines: Vec<Line<'a>> = reading.rows.iter().map(|row| reading.applied(row)).collect();
        lines.extend(reading.unapplied(&target));
        lines.order_by(|a, b| place(a).cmp(&place(b)).then_with(|| repeated(a).cmp(&repeated(b))));
        let (patterns, wrong) = Patterns::read(&settings.flyway.ignore_migration_patterns);
        reading.problems.extend(wrong);
        Self { lines, baseline: reading.baseline.clone(), code: reading.code(), patterns, one, problems: reading.problems }
    }
}

/// Below the baseline, applied by rank, then by version, then repeatables.
fn place<'l>(line: &'l Line<'_>) -> (u8, i32, Option<&'l Version>, bool) {
    let baseline = || line.migration.is_some_and(|migration| migration.kind == MigrationKind::Baseline);
    match (line.row, &line.version) {
        (Some(row), _) => (1, row.rank, None, false),
        (None, Some(version)) if line.state == State::BelowBaseline => (0, 0, Some(version), baseline()),
        (None, Some(version)) => (2, 0, Some(version), baseline()),
        (None, None) => (3, 0, None, false),
    }
}

/// Repeatables stand by description as UTF-16.
fn repeated(line: &Line<'_>) -> Vec<u16> {
    let description = line.migration.filter(|_| line.row.is_none() && line.version.is_none());
    description.map_or_else(Vec::new, |migration| migration.description.encode_utf16().collect())
}

impl<'a> Reading<'a> {
    fn new(migrations: &[&'a Migration], settings: &Settings, request: &'a Request) -> Self {
        let files: Vec<_> =
            migrations.iter().map(|migration| (migration.version.as_deref().and_then(Version::parse), *migration)).collect();
        let mut applied: Vec<&AppliedFlyway> = request.applied.flyway.iter().collect();
        applied.order_by_key(|row| row.rank);
        let mut problems = Vec::new();
        let mut rows = Vec::new();
        for row in applied {
            let version = row.version.as_deref().and_then(Version::parse);
            if let (Some(text), None) = (&row.version, &version) {
                let message = format!("Row {} of the history table has the version {text:?}, which is none.", row.rank);
                problems.push(Finding::broken(
                    "corrupted-history",
                    None,
                    message,
                    "Correct the row in the history table by hand.",
                ));
            }
            rows.push(Row { row, version, migration: None, deleted: false, undone: false, out_of_order: false });
        }
        let last_resolved = files.iter().filter_map(|(version, _)| version.as_ref()).max().cloned();
        let mut by_version = BTreeMap::new();
        let mut by_description = BTreeMap::new();
        // Only rows look for their files.
        for (version, migration) in files.iter().filter(|_| !rows.is_empty()) {
            match version {
                Some(version) => by_version.insert((version.clone(), migration.kind == MigrationKind::Baseline), *migration),
                None => by_description.insert(shortened(&migration.description), *migration),
            };
        }
        Self {
            files,
            by_version,
            by_description,
            applied: BTreeSet::new(),
            rows,
            latest: BTreeMap::new(),
            last_resolved,
            last_applied: None,
            baseline: None,
            out_of_order: settings.flyway.out_of_order || request.out_of_order,
            problems,
        }
    }

    /// Works out what the rows say of each other.
    fn mark(&mut self) {
        for at in 0..self.rows.len() {
            let Some(Row { row, version, .. }) = self.rows.get(at) else { continue };
            let (row, version) = (*row, version.clone());
            if row.kind == "DELETE" && row.success {
                self.mark_earlier(at, row, version.as_ref(), false);
            } else if is_undo(&row.kind) && row.success {
                self.mark_earlier(at, row, version.as_ref(), true);
            }
            if is_baseline(&row.kind) && version > self.baseline {
                self.baseline = version;
            }
        }
        for row in &mut self.rows {
            if let Some(version) = &row.version {
                if self.last_applied.as_ref().is_some_and(|last| version <= last) {
                    row.out_of_order = true;
                } else if !(row.deleted || row.undone || row.row.kind == "DELETE" || is_undo(&row.row.kind)) {
                    self.last_applied = Some(version.clone());
                }
            } else {
                // A DELETE row counts too: what it marks is no longer the latest.
                self.latest.insert(&row.row.description, row.row.rank);
            }
            // Flyway matches rows and files by version and type, repeatables by description.
            row.migration = match (&row.version, row.row.kind.as_str()) {
                (Some(version), kind @ ("SQL" | "SQL_BASELINE")) => {
                    self.by_version.get(&(version.clone(), kind == "SQL_BASELINE")).copied()
                }
                (None, kind) if !is_synthetic(kind) => self.by_description.get(&row.row.description).copied(),
                _ => None,
            };
        }
        for row in self.rows.iter().filter(|row| !(row.deleted || row.undone)) {
            let latest = self.latest.get(row.row.description.as_str()) == Some(&row.row.rank);
            let same = |found: &&Migration| row.version.is_some() || (latest && checksum_matches(found, row.row.checksum));
            self.applied.extend(row.migration.filter(same).map(|found| &found.id));
        }
    }

    fn code(&self) -> BTreeMap<Version, &'a AppliedFlyway> {
        let counts = |row: &&Row<'a>| {
            let kind = row.row.kind.as_str();
            !(row.deleted || row.undone || is_synthetic(kind) || is_undo(kind) || matches!(kind, "SQL" | "SQL_BASELINE"))
        };
        self.rows.iter().filter(counts).filter_map(|row| Some((row.version.clone()?, row.row))).gather()
    }

    /// Marks the newest earlier row of the same version (or repeatable) as deleted or undone.
    fn mark_earlier(&mut self, at: usize, by: &AppliedFlyway, version: Option<&Version>, undo: bool) {
        let same = |row: &Row<'_>| match version {
            Some(version) => row.version.as_ref() == Some(version),
            None => row.version.is_none() && row.row.description == by.description,
        };
        let earlier = self.rows.iter_mut().take(at).rev();
        let found = earlier.into_iter().find(|row| !is_synthetic(&row.row.kind) && !is_undo(&row.row.kind) && same(row));
        match found {
            Some(row) if undo => row.undone = true,
            Some(row) if !row.deleted => row.deleted = true,
            Some(Row { version: Some(what), .. }) => {
                self.problems.push(Finding::broken(
                    "duplicate-deleted-migration",
                    None,
                    format!("The history table has several DELETE rows for {what}."),
                    format!("Remove row {} from the history table by hand.", by.rank),
                ));
            }
            Some(_) | None => {}
        }
    }

    fn applied(&self, row: &Row<'a>) -> Line<'a> {
        let hidden = row.is_marker();
        Line { row: Some(row.row), migration: row.migration, version: row.version.clone(), state: self.row_state(row), hidden }
    }

    fn row_state(&self, row: &Row<'_>) -> State {
        let AppliedFlyway { kind, success, description, checksum, rank, .. } = row.row;
        let latest = self.latest.get(description.as_str()) == Some(rank);
        match kind.as_str() {
            _ if row.undone => return State::Undone,
            _ if row.deleted => return State::Deleted,
            "DELETE" => return State::Success,
            "BASELINE" => return State::Baseline,
            _ if is_baseline(kind) && !success => return State::Failed,
            _ if is_baseline(kind) && row.migration.is_some() => return State::Baseline,
            "SCHEMA" => return State::Success,
            _ if is_undo(kind) => return if *success { State::Success } else { State::Failed },
            _ => {}
        }
        if row.migration.is_none() && (row.version.is_some() || latest) {
            let below = row.version.is_none() || row.version < self.last_resolved;
            return match (below, success) {
                (true, true) => State::Missing,
                (true, false) => State::FailedMissing,
                (false, true) => State::Future,
                (false, false) => State::FailedFuture,
            };
        }
        match row.migration {
            _ if !success => State::Failed,
            Some(migration) if row.version.is_none() && latest => {
                if checksum_matches(migration, *checksum) {
                    State::Success
                } else {
                    State::Outdated
                }
            }
            _ if row.version.is_none() => State::Superseded,
            _ if row.out_of_order => State::OutOfOrder,
            _ => State::Success,
        }
    }

    /// No version has been applied.
    fn is_new(&self) -> bool {
        self.last_applied.is_none()
    }

    /// The first version that would run without a target.
    fn next(&self) -> Target {
        let lines = self.unapplied(&Target::Latest);
        let versions = lines.into_iter().filter(|line| line.state == State::Pending).filter_map(|line| line.version);
        versions.min().map_or(Target::Current, Target::UpTo)
    }

    /// Files that are not applied.
    fn unapplied(&self, target: &Target) -> Vec<Line<'a>> {
        let baseline = self.effective_baseline(target);
        let mut lines = Vec::new();
        for (version, migration) in &self.files {
            if !self.applied.contains(&migration.id) {
                let state = self.file_state(version.as_ref(), migration, target, baseline.as_ref());
                lines.push(Line { row: None, migration: Some(migration), version: version.clone(), state, hidden: false });
            }
        }
        lines
    }

    /// The highest B file where nothing is applied, else the newest baseline row.
    fn effective_baseline(&self, target: &Target) -> Option<Version> {
        if !self.is_new() {
            return self.baseline.clone();
        }
        let baselines = self.files.iter().filter(|(_, migration)| migration.kind == MigrationKind::Baseline);
        let runs = baselines.filter(|(_, migration)| migration.up.should_execute != Some(false));
        let versions = runs.filter_map(|(version, _)| version.clone());
        versions.filter(|version| !self.above(version, target)).max()
    }

    fn above(&self, version: &Version, target: &Target) -> bool {
        match target {
            Target::UpTo(limit) => version > limit,
            Target::Current => self.last_applied.as_ref().is_none_or(|last| version > last),
            Target::Latest | Target::Next => false,
        }
    }

    fn file_state(&self, version: Option<&Version>, migration: &Migration, target: &Target, baseline: Option<&Version>) -> State {
        if migration.up.should_execute == Some(false) {
            return State::Ignored;
        }
        let Some(version) = version else { return State::Pending };
        let is_baseline = migration.kind == MigrationKind::Baseline;
        match baseline {
            Some(baseline) if version < baseline => return State::BelowBaseline,
            Some(baseline) if version == baseline && !(is_baseline && self.is_new()) => return State::BaselineIgnored,
            _ => {}
        }
        let late = self.last_applied.as_ref().is_some_and(|last| version < last) && !self.out_of_order;
        if self.above(version, target) {
            State::AboveTarget
        } else if late || (is_baseline && !self.is_new()) {
            State::Ignored
        } else {
            State::Pending
        }
    }
}

/// A description as the column can hold it: 200 characters.
pub(super) fn shortened(description: &str) -> String {
    if description.chars().count() <= 200 {
        return description.to_owned();
    }
    description.chars().take(197).chain("...".chars()).collect()
}

/// A repeatable's row may also hold the checksum before placeholder replacement.
pub(super) fn checksum_matches(migration: &Migration, applied: Option<i32>) -> bool {
    migration.checksum == applied || (migration.up.equivalent_checksum.is_some() && migration.up.equivalent_checksum == applied)
}

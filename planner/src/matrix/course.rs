//! Which releases may be live while a plan runs, and the schemas it goes through.

use std::collections::BTreeSet;

use fixedbitset::FixedBitSet;

use super::Release;
use super::build::{Built, places};
use crate::finding::Finding;
use crate::migration::{Migration, MigrationId, MigrationKind, SourceKind};
use crate::places::Places;
use crate::project::near::advice;
use crate::project::settings::Settings;
use crate::project::{AppliedFlyway, Request};
use crate::sort::Gather;

/// What is to run, seen by the releases.
#[derive(Clone, Debug)]
pub struct Course<'a> {
    /// Releases in order.
    pub releases: &'a [Release],
    /// Their schemas.
    pub built: &'a [Option<Built>],
    /// Migrations of one source, in the order they run.
    pub migrations: &'a [&'a Migration],
    /// Their places.
    places: Places<'a>,
    /// Whose.
    pub settings: &'a Settings,
    /// What the caller asks.
    pub request: &'a Request,
    /// What the target holds.
    pub applied: &'a BTreeSet<MigrationId>,
    /// Places of what is to run and a release can be built for, in order. A repeatable's text at that time is not known.
    pending: Vec<usize>,
}

impl<'a> Course<'a> {
    /// Of the migrations of one source in the order they run, with what the target holds and what is to run.
    #[must_use]
    pub fn new(
        (releases, built): (&'a [Release], &'a [Option<Built>]),
        migrations: &'a [&'a Migration],
        (settings, request): (&'a Settings, &'a Request),
        applied: &'a BTreeSet<MigrationId>,
        pending: &[MigrationId],
    ) -> Self {
        let places = places(migrations);
        let place = |id: &MigrationId| places.get(id);
        let counted = |at: &usize| migrations.get(*at).is_some_and(|migration| counts(migration));
        let pending = pending.iter().filter_map(place).filter(counted).collect();
        Self { releases, built, migrations, places, settings, request, applied, pending }
    }

    pub(super) fn release(&self, at: usize) -> &'a str {
        self.releases.get(at).map_or("", |release| release.version.as_str())
    }

    /// Pending migrations that a release can be built for, with their places.
    pub(super) fn pending(&self) -> impl Iterator<Item = (usize, &'a Migration)> {
        self.pending.iter().filter_map(|at| Some((*at, *self.migrations.get(*at)?)))
    }

    /// The schema the target is at.
    pub(super) fn start(&self) -> FixedBitSet {
        let mut start = FixedBitSet::with_capacity(self.migrations.len());
        let places = self.applied.iter().filter_map(|id| self.places.get(id));
        start.extend(places.filter(|at| self.migrations.get(*at).is_some_and(|migration| counts(migration))));
        start
    }

    /// The schema the target is at, then the one behind each pending migration.
    pub(super) fn way(&self) -> Vec<FixedBitSet> {
        let mut way = vec![self.start()];
        for at in &self.pending {
            let mut next = way.last().cloned().unwrap_or_default();
            next.grow_and_insert(*at);
            way.push(next);
        }
        way
    }

    /// Whether a schema holds the one a release was built for.
    pub(super) fn is_held(&self, at: usize, schema: &FixedBitSet) -> bool {
        self.built.get(at).and_then(Option::as_ref).is_some_and(|built| built.migrations.is_subset(schema))
    }

    /// Whether a schema of the matrix is this one.
    pub(super) fn is_schema(&self, label: &str, schema: &FixedBitSet) -> bool {
        let built = self.built.iter().flatten().find(|built| built.label == label);
        built.is_some_and(|built| built.migrations == *schema)
    }

    pub(super) fn is_named(&self, at: usize) -> bool {
        self.request.live.iter().any(|version| version == self.release(at))
    }

    /// The releases that may be live on a schema.
    pub(super) fn live(&self, schema: &FixedBitSet) -> Vec<usize> {
        let may = |at: &usize| self.releases.get(*at).is_some_and(|release| release.supported) && self.is_held(*at, schema);
        (0..self.releases.len()).filter(|at| self.is_named(*at) || may(at)).collect()
    }

    /// The release that comes: the one asked for, else the newest whose schema the plan reaches and the target has not.
    pub(super) fn next(&self, way: &[FixedBitSet]) -> Option<usize> {
        if let Some(next) = &self.request.next {
            return self.releases.iter().position(|release| release.version == *next);
        }
        let (first, last) = way.first().zip(way.last())?;
        (0..self.releases.len()).rev().find(|at| self.is_held(*at, last) && !self.is_held(*at, first) && !self.is_named(*at))
    }

    /// The oldest release built for a schema that has a migration.
    pub(super) fn first_with(&self, at: usize) -> Option<usize> {
        self.built.iter().position(|built| built.as_ref().is_some_and(|built| built.migrations.contains(at)))
    }

    /// What a schema of the matrix holds; `None`: no release was built for it, and it holds everything.
    pub(super) fn held(&self, label: &str) -> Option<&'a FixedBitSet> {
        self.built.iter().flatten().find(|built| built.label == label).map(|built| &built.migrations)
    }

    /// Migrations of a schema that a release knows nothing of.
    pub(super) fn behind<'s>(&'s self, at: usize, schema: &'s FixedBitSet) -> impl Iterator<Item = &'a Migration> {
        let built = self.built.get(at).and_then(Option::as_ref);
        let unknown = move |at: &usize| built.is_none_or(|built| !built.migrations.contains(*at));
        schema.ones().filter(unknown).filter_map(|at| self.migrations.get(at).copied())
    }
}

/// Whether a release can be built for it.
fn counts(migration: &Migration) -> bool {
    matches!(migration.kind, MigrationKind::Versioned | MigrationKind::Revision)
}

/// The request of a plan for named releases: it ends at the schema of the one that comes, and, where no database is asked,
/// starts from that of the newest that is live. Names nobody knows, and releases of no known schema, are findings.
#[must_use]
pub fn named(
    request: &Request,
    releases: &[Release],
    built: &[Option<Built>],
    migrations: &[&Migration],
    source: SourceKind,
) -> (Request, Vec<Finding>) {
    let mut request = request.clone();
    let mut findings = Vec::new();
    let mut find = |version: &String| {
        let at = releases.iter().position(|release| release.version == *version);
        let built = at.and_then(|at| built.get(at).and_then(Option::as_ref)).map(|built| (at.unwrap_or_default(), built));
        if built.is_none() {
            findings.push(unknown(version, releases, at.is_some()));
        }
        built
    };
    let live: Vec<_> = request.live.iter().filter_map(&mut find).collect();
    let next = request.next.iter().find_map(&mut find);
    if let (None, Some((at, built))) = (&request.up_to, next) {
        let release = releases.get(at);
        let revision = release.and_then(|release| release.revisions.first()).filter(|_| source == SourceKind::Alembic);
        request.up_to = Some(revision.cloned().unwrap_or_else(|| built.label.clone()));
    }
    if let (None, Some((at, built))) = (&request.target, live.iter().max_by_key(|(_, built)| built.migrations.count_ones(..))) {
        match source {
            SourceKind::Flyway => request.applied.flyway = rows(built, migrations),
            SourceKind::Alembic => {
                request.applied.alembic = releases.get(*at).into_iter().flat_map(|release| &release.revisions).cloned().gather();
            }
        }
    }
    (request, findings)
}

/// The history of a database at a schema.
fn rows(built: &Built, migrations: &[&Migration]) -> Vec<AppliedFlyway> {
    let held = built.migrations.ones().filter_map(|at| migrations.get(at));
    let row = |(at, migration): (usize, &&Migration)| AppliedFlyway::of(migration, i32::try_from(at + 1).unwrap_or(i32::MAX));
    held.enumerate().map(row).collect()
}

fn unknown(version: &str, releases: &[Release], listed: bool) -> Finding {
    if listed {
        let message = format!("Which schema release {version} was built for is not known.");
        return Finding::broken("unknown-release", None, message, "Give it a schema or revisions in releases.toml.");
    }
    let known: Vec<&str> = releases.iter().map(|release| release.version.as_str()).collect();
    let cure = if known.is_empty() { "List the releases in releases.toml.".to_owned() } else { advice(version, &known) };
    Finding::broken("unknown-release", None, format!("There is no release {version:?} in releases.toml."), cure)
}

//! Every release on every schema point.

use fixedbitset::FixedBitSet;

use super::loss::{self, Loss, Way};
use super::queries::Query;
use super::walk::{Field, Point};
use super::{Matrix, Release, Row};
use crate::catalog::Catalog;
use crate::catalog::apply::apply_all;
use crate::effect::Reversibility;
use crate::finding::{Finding, Severity};
use crate::graph::order::ancestors;
use crate::migration::{Migration, MigrationId, MigrationKind, SourceKind};
use crate::places::Places;
use crate::project::settings::Settings;
use crate::sort::Sort;

/// The schema a release was built for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Built {
    /// Version, or revisions comma separated.
    pub label: String,
    /// Migrations it holds, by their places among those of the source.
    pub migrations: FixedBitSet,
}

/// The schema of each release; `None` where it names none of this source, or one that is not there, which is a finding.
/// `migrations` are those of one source, in the order they run.
#[must_use]
pub fn built(releases: &[Release], migrations: &[&Migration], source: SourceKind) -> (Vec<Option<Built>>, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut all = Vec::new();
    let places = if releases.is_empty() { Places::default() } else { places(migrations) };
    for release in releases {
        let found = match source {
            SourceKind::Flyway => flyway(release, migrations, &places),
            SourceKind::Alembic => alembic(release, migrations, &places),
        };
        all.push(found.unwrap_or_else(|missing| {
            findings.push(unknown_schema(release, &missing));
            None
        }));
    }
    (all, findings)
}

/// Where each migration stands, by its id.
pub(super) fn places<'a>(migrations: &[&'a Migration]) -> Places<'a> {
    Places::of(migrations.iter().map(|migration| &migration.id))
}

/// The set of these migrations.
pub(super) fn held(migrations: &[&Migration], holds: impl Fn(&Migration) -> bool) -> FixedBitSet {
    let mut held = FixedBitSet::with_capacity(migrations.len());
    held.extend(migrations.iter().enumerate().filter(|(_, migration)| holds(migration)).map(|(at, _)| at));
    held
}

fn flyway(release: &Release, migrations: &[&Migration], places: &Places<'_>) -> Result<Option<Built>, String> {
    let Some(version) = release.schema.as_deref() else { return Ok(None) };
    if !release.holds.is_empty() {
        return exactly(release, version, migrations, places).map(Some);
    }
    let is_last =
        |migration: &&Migration| migration.kind == MigrationKind::Versioned && migration.version.as_deref() == Some(version);
    let last = migrations.iter().position(is_last).ok_or(version)?;
    let mut migrations_held = held(migrations, |migration| migration.kind == MigrationKind::Versioned);
    // A repeatable's text at that time is not known, so views it makes are left out on both sides.
    migrations_held.remove_range(last + 1..);
    Ok(Some(Built { label: version.to_owned(), migrations: migrations_held }))
}

/// A release of which the very migrations are known: a version may have come in later below others.
fn exactly(release: &Release, label: &str, migrations: &[&Migration], places: &Places<'_>) -> Result<Built, String> {
    let mut held = FixedBitSet::with_capacity(migrations.len());
    for id in &release.holds {
        held.insert(places.named(id).ok_or(id)?);
    }
    Ok(Built { label: label.to_owned(), migrations: held })
}

fn alembic(release: &Release, migrations: &[&Migration], places: &Places<'_>) -> Result<Option<Built>, String> {
    if release.revisions.is_empty() {
        return Ok(None);
    }
    if let Some(missing) = release.revisions.iter().find(|row| places.named(row).is_none()) {
        return Err(missing.clone());
    }
    let rows = release.revisions.iter().map(|row| MigrationId(row.clone())).collect();
    let ancestors = ancestors(migrations, rows);
    let migrations = held(migrations, |migration| ancestors.contains(&migration.id));
    Ok(Some(Built { label: release.revisions.join(", "), migrations }))
}

fn unknown_schema(release: &Release, missing: &str) -> Finding {
    Finding {
        rule: "unknown-release-schema".to_owned(),
        severity: Severity::Warning,
        span: None,
        migration: None,
        message: format!("Release {} was built for {missing}, which is no migration of this project.", release.version),
        effect: "Nothing is known about that release, and it is left out of the gates.".into(),
        workaround: "Name a version or revision that is there in releases.toml.".into(),
        fix: None,
        blocking: false,
    }
}

/// What the matrix is made of.
#[derive(Clone, Copy, Debug)]
pub struct Material<'a> {
    /// Releases in order.
    pub releases: &'a [Release],
    /// Their schemas.
    pub built: &'a [Option<Built>],
    /// Their queries.
    pub queries: &'a [Vec<Query>],
    /// Migrations of one source, in the order they run.
    pub migrations: &'a [&'a Migration],
    /// Whose.
    pub settings: &'a Settings,
}

/// The matrix of the releases on the schemas they were built for, and on what the newest migrations make.
///
/// `way` tells the way back of a statement, by migration and place.
#[must_use]
pub fn matrix<'a>(material: Material<'a>, way: &dyn Fn(&MigrationId, usize) -> Option<Way<'a>>) -> Matrix {
    let Material { releases, built, migrations, .. } = material;
    if releases.is_empty() {
        return Matrix { losses: losses(&[], migrations, way), ..Matrix::default() };
    }
    let points = points(built, migrations, material.settings);
    let losses = losses(&points, migrations, way);
    let mut field = Field::new(material, &points);
    let own = |place: usize| {
        let own = built.get(place)?.as_ref()?;
        points.iter().position(|point| point.built.label == own.label)
    };
    let (mut cells, mut rows) = (Vec::new(), Vec::new());
    let mut derived = Vec::new();
    for (place, release) in releases.iter().enumerate() {
        rows.push(Row {
            version: release.version.clone(),
            documented: release.breaking_changes.clone(),
            derived: std::mem::take(&mut derived),
            dependencies: release.requires.clone(),
        });
        if !release.supported {
            continue;
        }
        let at = own(place);
        let row = match at {
            Some(at) => {
                let (row, breaking) = field.row(at, place, own(place + 1));
                derived = breaking;
                row
            }
            None => field.nowhere(release, points.len()),
        };
        let costs = at.map(|at| backs(&losses, at, points.len())).unwrap_or_default();
        for (schema, mut cell) in row.into_iter().enumerate() {
            cell.release = index(place);
            cell.schema = index(schema);
            cell.back = at.filter(|at| schema > *at).and_then(|_| costs.get(schema).copied());
            cells.push(cell);
        }
    }
    let schemas = points.iter().map(|point| point.built.label.clone()).collect();
    let queries = index(material.queries.iter().map(Vec::len).sum());
    Matrix { releases: releases.to_vec(), schemas, reasons: field.into_reasons(), cells, rows, losses, queries, deployed: None }
}

/// A count as the matrix keeps it.
pub(super) fn index(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The schemas, oldest first.
fn points(built: &[Option<Built>], migrations: &[&Migration], settings: &Settings) -> Vec<Point> {
    let mut all: Vec<Built> = Vec::new();
    for point in built.iter().flatten() {
        if !all.iter().any(|known| known.label == point.label) {
            all.push(point.clone());
        }
    }
    all.order_by_key(|point| point.migrations.count_ones(..));
    all.extend(newest(&all, migrations));
    let mut catalog = Catalog::at_start(settings);
    let path = catalog.search_path.clone();
    let mut done: Vec<usize> = Vec::new();
    let mut points = Vec::new();
    for built in all {
        let order: Vec<usize> = built.migrations.ones().collect();
        // A point that goes on from the one before it costs only what is new.
        if !order.starts_with(&done) {
            catalog = Catalog::at_start(settings);
            done.clear();
        }
        for migration in order.iter().skip(done.len()).filter_map(|at| migrations.get(*at)) {
            if migration.source == SourceKind::Flyway {
                catalog.search_path.clone_from(&path);
            }
            for statement in &migration.up.statements {
                apply_all(&mut catalog, &statement.operations);
            }
        }
        catalog.search_path.clone_from(&path);
        done = order;
        points.push(Point { built, catalog: catalog.clone() });
    }
    points
}

/// What the newest migrations make, where no release was built for that.
fn newest(points: &[Built], migrations: &[&Migration]) -> Option<Built> {
    let counts = |migration: &Migration| {
        matches!(migration.kind, MigrationKind::Versioned | MigrationKind::Revision) && migration.id.0 != "base"
    };
    let last = migrations.iter().rfind(|migration| counts(migration))?;
    let migrations = held(migrations, counts);
    if points.is_empty() || points.iter().any(|point| migrations.is_subset(&point.migrations)) {
        return None;
    }
    let label = last.version.clone().unwrap_or_else(|| last.id.0.clone());
    Some(Built { label, migrations })
}

/// What going back over each migration loses.
fn losses<'a>(points: &[Point], migrations: &[&Migration], way: &dyn Fn(&MigrationId, usize) -> Option<Way<'a>>) -> Vec<Loss> {
    let mut all = Vec::new();
    for (at, migration) in migrations.iter().enumerate() {
        // Without releases there are no schemas to tell apart.
        let first = if points.is_empty() { Some(0) } else { points.iter().position(|point| point.built.migrations.contains(at)) };
        let Some(schema) = first else { continue };
        let renamed = loss::renamed(migration);
        for (place, statement) in migration.up.statements.iter().enumerate() {
            if loss::steps_in(statement, &renamed) {
                continue;
            }
            let Some(way) = way(&migration.id, place).filter(|way| way.reversibility > Reversibility::Lossless) else { continue };
            all.push(Loss::of(migration, statement, index(schema), way));
        }
    }
    all
}

/// What going back from each schema to a release's own costs; lossless for those that are no newer.
fn backs(losses: &[Loss], own: usize, count: usize) -> Vec<Reversibility> {
    let mut costs = vec![Reversibility::default(); count];
    for loss in losses.iter().filter(|loss| (loss.schema as usize) > own) {
        if let Some(cost) = costs.get_mut(loss.schema as usize) {
            *cost = loss.cost.max(*cost);
        }
    }
    let mut most = Reversibility::default();
    for cost in &mut costs {
        most = most.max(*cost);
        *cost = most;
    }
    costs
}

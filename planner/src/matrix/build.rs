//! Every release on every schema point.

use std::collections::{BTreeMap, BTreeSet};

use super::verdict::judge;
use super::{Cell, Matrix, Reason, Release, Row, Verdict};
use crate::catalog::Catalog;
use crate::catalog::apply::apply_all;
use crate::catalog::diff::{Change, diff};
use crate::finding::{Finding, Severity};
use crate::graph::order::ancestors;
use crate::graph::touch::touches;
use crate::migration::{Migration, MigrationId, MigrationKind, SourceKind};
use crate::project::settings::Settings;
use crate::statement::operation::Operation;
use crate::statement::touches::ObjectRef;

/// The schema a release was built for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Built {
    /// Version, or revisions comma separated.
    pub label: String,
    /// Migrations it holds.
    pub migrations: BTreeSet<MigrationId>,
}

/// The schema of each release; `None` where it names none of this source, or one that is not there, which is a finding.
/// `migrations` are those of one source, in the order they run.
#[must_use]
pub fn built(releases: &[Release], migrations: &[&Migration], source: SourceKind) -> (Vec<Option<Built>>, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut all = Vec::new();
    for release in releases {
        let found = match source {
            SourceKind::Flyway => flyway(release, migrations),
            SourceKind::Alembic => alembic(release, migrations),
        };
        all.push(found.unwrap_or_else(|missing| {
            findings.push(unknown_schema(release, &missing));
            None
        }));
    }
    (all, findings)
}

fn flyway(release: &Release, migrations: &[&Migration]) -> Result<Option<Built>, String> {
    let Some(version) = release.schema.as_deref() else { return Ok(None) };
    // A repeatable's text at that time is not known, so views it makes are left out on both sides.
    let versioned = || migrations.iter().filter(|migration| migration.kind == MigrationKind::Versioned);
    let last = versioned().position(|migration| migration.version.as_deref() == Some(version)).ok_or(version)?;
    let migrations = versioned().take(last + 1).map(|migration| migration.id.clone()).collect();
    Ok(Some(Built { label: version.to_owned(), migrations }))
}

fn alembic(release: &Release, migrations: &[&Migration]) -> Result<Option<Built>, String> {
    if release.revisions.is_empty() {
        return Ok(None);
    }
    let known: BTreeSet<&str> = migrations.iter().map(|migration| migration.id.0.as_str()).collect();
    if let Some(missing) = release.revisions.iter().find(|row| !known.contains(row.as_str())) {
        return Err(missing.clone());
    }
    let rows = release.revisions.iter().map(|row| MigrationId(row.clone())).collect();
    Ok(Some(Built { label: release.revisions.join(", "), migrations: ancestors(migrations, rows) }))
}

fn unknown_schema(release: &Release, missing: &str) -> Finding {
    Finding {
        rule: "unknown-release-schema".to_owned(),
        severity: Severity::Warning,
        span: None,
        migration: None,
        message: format!("Release {} was built for {missing}, which is no migration of this project.", release.version),
        effect: "Nothing is known about that release, and it is left out of the gates.".to_owned(),
        workaround: "Name a version or revision that is there in releases.toml.".to_owned(),
        fix: None,
        blocking: false,
    }
}

/// The matrix of the releases on the schemas they were built for.
#[must_use]
pub fn matrix(releases: &[Release], built: &[Option<Built>], migrations: &[&Migration], settings: &Settings) -> Matrix {
    let mut points: Vec<&Built> = Vec::new();
    for point in built.iter().flatten() {
        if !points.iter().any(|known| known.label == point.label) {
            points.push(point);
        }
    }
    let catalogs = catalogs(&points, migrations, settings);
    let mut cells = Vec::new();
    for (release, own) in releases.iter().zip(built) {
        let at = own.as_ref().and_then(|own| points.iter().position(|point| point.label == own.label));
        for (place, point) in points.iter().enumerate() {
            let reasons = match (at, at.and_then(|at| catalogs.get(at)), catalogs.get(place)) {
                (Some(at), Some(expected), Some(actual)) if at != place => {
                    let from = points.get(at).map(|from| &from.migrations);
                    let between = between(from, &point.migrations, migrations);
                    reasons(expected, actual, &between, place > at)
                }
                (Some(_), ..) => Vec::new(),
                (None, ..) => vec![nowhere(release)],
            };
            let verdict = reasons.iter().map(|reason| reason.verdict).max().unwrap_or_default();
            cells.push(Cell { release: release.version.clone(), schema: point.label.clone(), verdict, reasons });
        }
    }
    let schemas = points.iter().map(|point| point.label.clone()).collect();
    let rows = rows(releases, built, &cells);
    Matrix { releases: releases.to_vec(), schemas, cells, rows }
}

fn nowhere(release: &Release) -> Reason {
    Reason {
        object: release.version.clone(),
        change: "Which schema the release was built for is not known.".to_owned(),
        verdict: Verdict::Unknown,
        query: None,
        file: None,
        line: None,
    }
}

/// The schema at each point. A point that goes on from the one before it costs only what is new.
fn catalogs(points: &[&Built], migrations: &[&Migration], settings: &Settings) -> Vec<Catalog> {
    let mut catalog = Catalog::at_start(settings);
    let mut done: Vec<&MigrationId> = Vec::new();
    let mut all = Vec::new();
    for point in points {
        let order: Vec<&Migration> = migrations.iter().copied().filter(|one| point.migrations.contains(&one.id)).collect();
        let goes_on = order.len() >= done.len() && order.iter().zip(&done).all(|(one, id)| one.id == **id);
        if !goes_on {
            catalog = Catalog::at_start(settings);
            done.clear();
        }
        for migration in order.iter().skip(done.len()) {
            for statement in &migration.up.statements {
                apply_all(&mut catalog, &statement.operations);
            }
        }
        done = order.iter().map(|one| &one.id).collect();
        all.push(catalog.clone());
    }
    all
}

/// Migrations that one schema has and the other has not, in order.
fn between<'a>(from: Option<&BTreeSet<MigrationId>>, to: &BTreeSet<MigrationId>, all: &[&'a Migration]) -> Vec<&'a Migration> {
    let in_from = |id: &MigrationId| from.is_some_and(|from| from.contains(id));
    all.iter().copied().filter(|migration| in_from(&migration.id) != to.contains(&migration.id)).collect()
}

fn reasons(expected: &Catalog, actual: &Catalog, between: &[&Migration], later: bool) -> Vec<Reason> {
    let origins = origins(between);
    let mut all: Vec<Reason> = diff(expected, actual)
        .iter()
        .filter_map(|change| judge(change, actual, later).map(|(object, reason)| (aspect_of(change), object, reason)))
        .map(|(aspect, object, reason)| {
            let table = match &object {
                ObjectRef::Column(table, _) | ObjectRef::Constraint(table, _) => Some(ObjectRef::Table(table.clone())),
                _ => None,
            };
            let places = origins.get(&object).or_else(|| table.and_then(|table| origins.get(&table)));
            let place = places.and_then(|all| all.iter().rev().find(|place| place.aspect == aspect).or(all.last()));
            Reason { file: place.map(|place| place.file.clone()), line: place.map(|place| place.line), ..reason }
        })
        .collect();
    all.extend(between.iter().flat_map(|migration| opaque(migration)));
    all.sort_by(|a, b| b.verdict.cmp(&a.verdict).then_with(|| a.cmp(b)));
    all.dedup();
    all
}

/// What of an object a statement changes, so that a change of its type is not blamed on a later `SET NOT NULL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aspect {
    Existence,
    Type,
    Null,
    Default,
}

/// A statement that changed an object.
struct Place {
    aspect: Aspect,
    file: String,
    line: u32,
}

fn aspect_of(change: &Change) -> Aspect {
    match change {
        Change::TypeChanged { .. } => Aspect::Type,
        Change::MadeNotNull { .. } | Change::MadeNullable { .. } => Aspect::Null,
        Change::DefaultChanged { .. } => Aspect::Default,
        _ => Aspect::Existence,
    }
}

/// The aspect an operation changes; `None` for data, which changes no schema.
fn aspect(operation: &Operation) -> Option<Aspect> {
    match operation {
        Operation::Insert(_) | Operation::Update(_) | Operation::Delete(_) | Operation::Copy { .. } => None,
        Operation::AlterColumnType { .. } => Some(Aspect::Type),
        Operation::SetNotNull { .. } | Operation::DropNotNull { .. } => Some(Aspect::Null),
        Operation::SetDefault { .. } | Operation::DropDefault { .. } => Some(Aspect::Default),
        _ => Some(Aspect::Existence),
    }
}

/// Where each object was changed, in order.
fn origins(between: &[&Migration]) -> BTreeMap<ObjectRef, Vec<Place>> {
    let mut places: BTreeMap<ObjectRef, Vec<Place>> = BTreeMap::new();
    for migration in between {
        for statement in &migration.up.statements {
            let line = crate::rule::edit::body_span(statement).line;
            for operation in &statement.operations {
                let Some(aspect) = aspect(operation) else { continue };
                for touch in touches(operation).into_iter().filter(|touch| touch.writes) {
                    places.entry(touch.object).or_default().push(Place { aspect, file: statement.span.file.clone(), line });
                }
            }
        }
    }
    places
}

fn opaque(migration: &Migration) -> Vec<Reason> {
    let statements = migration.up.statements.iter().flat_map(|statement| {
        statement.operations.iter().filter_map(move |operation| match operation {
            Operation::Opaque { reason } => Some((&statement.span, reason)),
            _ => None,
        })
    });
    let parts = migration.up.opaque.iter().map(|part| (&part.span, &part.reason));
    statements
        .chain(parts)
        .map(|(span, reason)| Reason {
            object: migration.id.to_string(),
            change: format!("What {} does is not known: {}.", migration.id, reason.trim_end_matches('.')),
            verdict: Verdict::Unknown,
            query: None,
            file: Some(span.file.clone()),
            line: Some(span.line),
        })
        .collect()
}

/// The guide's table: what is documented, and what the release before meets on the schema of this one.
fn rows(releases: &[Release], built: &[Option<Built>], cells: &[Cell]) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut before: Option<&Release> = None;
    for (release, own) in releases.iter().zip(built) {
        let mut breaking_changes = release.breaking_changes.clone();
        let cell = before
            .zip(own.as_ref())
            .and_then(|(before, own)| cells.iter().find(|cell| cell.release == before.version && cell.schema == own.label));
        let derived = cell.into_iter().flat_map(|cell| &cell.reasons).filter(|reason| reason.verdict == Verdict::Breaks);
        breaking_changes.extend(derived.map(|reason| format!("{} (derived)", reason.change)));
        rows.push(Row { version: release.version.clone(), breaking_changes, dependencies: release.requires.clone() });
        before = Some(release);
    }
    rows
}

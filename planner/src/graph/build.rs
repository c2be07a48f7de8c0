//! Edges from declarations, order and objects.

use std::collections::{BTreeMap, BTreeSet};

use super::touch::{self, Touch, touches};
use super::{Edge, EdgeKind, Node, order};
use crate::finding::{Finding, Severity};
use crate::migration::{Migration, MigrationId, MigrationKind, SourceKind};
use crate::phase::Phase;
use crate::sort::Gather;
use crate::statement::Statement;
use crate::statement::operation::Operation;
use crate::statement::reading::{Machine, collect};
use crate::statement::touches::ObjectRef;

/// What the graph shows about each migration besides its own text.
pub trait Marks {
    /// Its phase.
    fn phase(&self, id: &MigrationId) -> Phase;
    /// Whether the target's history has it.
    fn applied(&self, id: &MigrationId) -> bool;
}

/// What leads from one migration to another, and what contradicts the order each source runs them in, which is the order they
/// are given in.
#[must_use]
pub fn edges(machine: &dyn Machine, migrations: &[Migration]) -> (Vec<Edge>, Vec<Finding>) {
    let mut edges = BTreeSet::new();
    let mut findings = Vec::new();
    for source in [SourceKind::Flyway, SourceKind::Alembic] {
        let own: Vec<&Migration> = migrations.iter().filter(|migration| migration.source == source).collect();
        declared(&own, &mut edges);
        tool_order(&own, &mut edges);
        findings.extend(objects(machine, &own, &mut edges));
    }
    (edges.into_iter().collect(), findings)
}

/// The nodes of all migrations, and whether the edges between them all point forward in some order.
#[must_use]
pub fn nodes(migrations: &[Migration], edges: &[Edge], marks: &impl Marks) -> (Vec<Node>, bool) {
    let node = |migration: &Migration| Node {
        id: migration.id.clone(),
        source: migration.source,
        kind: migration.kind,
        description: migration.description.clone(),
        checksum: migration.checksum,
        phase: marks.phase(&migration.id),
        applied: marks.applied(&migration.id),
        head: false,
        base: false,
        level: 0,
    };
    let mut nodes: Vec<Node> = migrations.iter().map(node).collect();
    let ordered = order::place(&mut nodes, edges);
    (nodes, ordered)
}

fn declared(migrations: &[&Migration], edges: &mut BTreeSet<Edge>) {
    let known: BTreeSet<&MigrationId> = migrations.iter().map(|migration| &migration.id).gather();
    for migration in migrations {
        let named = |word: &'static str| move |from: &MigrationId| (from.clone(), word);
        let parents = migration.parents.iter().map(named("down_revision"));
        let others = migration.depends_on.iter().map(named("depends_on"));
        for (from, word) in parents.chain(others).filter(|(from, _)| known.contains(from)) {
            let reason = format!("names {from} as its {word}");
            edges.insert(Edge { from, to: migration.id.clone(), kind: EdgeKind::Declared, reason });
        }
    }
}

/// Flyway: each version to the next, all repeatables after the last version.
fn tool_order(migrations: &[&Migration], edges: &mut BTreeSet<Edge>) {
    let versioned: Vec<&&Migration> = migrations.iter().filter(|migration| migration.kind == MigrationKind::Versioned).collect();
    for pair in versioned.windows(2) {
        if let [from, to] = pair {
            let reason = format!("has the next higher version after {}", from.id);
            edges.insert(Edge { from: from.id.clone(), to: to.id.clone(), kind: EdgeKind::Order, reason });
        }
    }
    let Some(last) = versioned.last() else { return };
    for repeatable in migrations.iter().filter(|migration| migration.kind == MigrationKind::Repeatable) {
        let reason = "repeatable migrations run after the last version".to_owned();
        edges.insert(Edge { from: last.id.clone(), to: repeatable.id.clone(), kind: EdgeKind::Order, reason });
    }
}

/// Who touched an object last, and how.
#[derive(Clone, Copy)]
struct Writer<'a> {
    migration: &'a MigrationId,
    verb: &'static str,
}

/// The walk that finds object edges: from the last migration that changed an object to each one that meets it.
#[derive(Default)]
struct Objects<'a> {
    creators: BTreeMap<&'a ObjectRef, &'a MigrationId>,
    writers: BTreeMap<&'a ObjectRef, Writer<'a>>,
    /// One reason a pair is enough to see why; the first one is about the largest object.
    reasons: BTreeMap<(&'a MigrationId, &'a MigrationId), String>,
    early: BTreeSet<(&'a MigrationId, &'a MigrationId)>,
    opaque: bool,
    findings: Vec<Finding>,
}

fn objects(machine: &dyn Machine, migrations: &[&Migration], edges: &mut BTreeSet<Edge>) -> Vec<Finding> {
    // A baseline makes again what the versions before it made, so its objects are theirs.
    let migrations: Vec<&Migration> =
        migrations.iter().copied().filter(|migration| migration.kind != MigrationKind::Baseline).collect();
    let mut walk = Objects::default();
    let touched: Vec<_> =
        collect(machine, migrations.len(), |at| migrations.get(at).map(|migration| touched(migration))).collect();
    let touched = || migrations.iter().copied().zip(touched.iter().flatten());
    for (migration, statements) in touched() {
        for touch in statements.iter().flatten().filter(|touch| touch.creates) {
            walk.creators.entry(&touch.object).or_insert(&migration.id);
        }
    }
    for (migration, statements) in touched() {
        for (statement, touches) in migration.up.statements.iter().zip(statements) {
            let unread = |operation: &Operation| matches!(operation, Operation::Opaque { .. } | Operation::Call { .. });
            walk.opaque |= statement.operations.iter().any(unread);
            touches.iter().for_each(|touch| walk.meet(migration, statement, touch));
        }
        walk.opaque |= !migration.up.opaque.is_empty();
    }
    let named = walk.reasons.into_iter().map(|((from, to), reason)| Edge {
        from: from.clone(),
        to: to.clone(),
        kind: EdgeKind::Object,
        reason,
    });
    edges.extend(named);
    walk.findings
}

/// What each statement of a migration touches.
fn touched(migration: &Migration) -> Vec<Vec<Touch>> {
    migration.up.statements.iter().map(|statement| statement.operations.iter().flat_map(touches).collect()).collect()
}

impl<'a> Objects<'a> {
    fn meet(&mut self, migration: &'a Migration, statement: &Statement, touch: &'a Touch) {
        match self.writers.get(&touch.object) {
            Some(writer) if *writer.migration != migration.id => {
                let reason = format!("{} {}, which {} {}", touch.verb, touch::name(&touch.object), writer.migration, writer.verb);
                self.reasons.entry((writer.migration, &migration.id)).or_insert(reason);
            }
            Some(_) => {}
            None if touch.creates || touch.tolerant || self.opaque => {}
            None => self.missing(migration, statement, touch),
        }
        // Dropping what is not there leaves nothing behind.
        let nothing = touch.tolerant && !self.writers.contains_key(&touch.object);
        if touch.writes && !nothing {
            self.writers.insert(&touch.object, Writer { migration: &migration.id, verb: touch.verb });
        }
    }

    /// Nothing has made the object so far; that contradicts the order only where a later migration makes it.
    fn missing(&mut self, migration: &'a Migration, statement: &Statement, touch: &Touch) {
        let Some(creator) = self.creators.get(&touch.object).copied().filter(|creator| **creator != migration.id) else { return };
        if !self.early.insert((&migration.id, creator)) {
            return;
        }
        let object = touch::name(&touch.object);
        self.findings.push(Finding {
            rule: "used-before-created".to_owned(),
            severity: Severity::Error,
            span: Some(statement.span.clone()),
            migration: Some(migration.id.clone()),
            message: format!("{} {} {object}, which only {creator} creates, and that runs later.", migration.id, touch.verb),
            effect: "On a database built from these migrations the server refuses it: the object is not there yet.".into(),
            workaround: format!("Let {creator} run first, or move what needs {object} behind it.").into(),
            fix: None,
            blocking: false,
        });
    }
}

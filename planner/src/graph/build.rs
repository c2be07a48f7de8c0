//! Edges from declarations, order and objects.

use std::collections::{BTreeMap, BTreeSet};

use super::touch::{Object, touches};
use super::{Edge, EdgeKind, Graph, Node, order};
use crate::finding::{Finding, Severity};
use crate::migration::{Migration, MigrationId, MigrationKind, SourceKind};
use crate::phase::Phase;

/// What the graph shows about each migration besides its own text.
pub trait Marks {
    /// Its phase.
    fn phase(&self, id: &MigrationId) -> Phase;
    /// Whether the target's history has it.
    fn applied(&self, id: &MigrationId) -> bool;
}

/// The graph of all migrations, given in the order each source runs them, and what contradicts that order.
#[must_use]
pub fn build(migrations: &[Migration], marks: &impl Marks) -> (Graph, Vec<Finding>) {
    let nodes = migrations
        .iter()
        .map(|migration| Node {
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
        })
        .collect();
    let mut edges = BTreeSet::new();
    let mut findings = Vec::new();
    for source in [SourceKind::Flyway, SourceKind::Alembic] {
        let own: Vec<&Migration> = migrations.iter().filter(|migration| migration.source == source).collect();
        declared(&own, &mut edges);
        tool_order(&own, &mut edges);
        findings.extend(objects(&own, &mut edges));
    }
    let mut graph = Graph { nodes, edges: edges.into_iter().collect() };
    order::place(&mut graph);
    (graph, findings)
}

fn declared(migrations: &[&Migration], edges: &mut BTreeSet<Edge>) {
    let known: BTreeSet<&MigrationId> = migrations.iter().map(|migration| &migration.id).collect();
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
struct Writer<'a> {
    migration: &'a MigrationId,
    verb: &'static str,
}

fn objects(migrations: &[&Migration], edges: &mut BTreeSet<Edge>) -> Vec<Finding> {
    // A baseline makes again what the versions before it made, so its objects are theirs.
    let migrations: Vec<&Migration> =
        migrations.iter().copied().filter(|migration| migration.kind != MigrationKind::Baseline).collect();
    let mut creators: BTreeMap<Object, &MigrationId> = BTreeMap::new();
    for migration in migrations.iter().rev() {
        for touch in migration.up.statements.iter().flat_map(|statement| &statement.operations).flat_map(touches) {
            if touch.creates() {
                creators.insert(touch.object, &migration.id);
            }
        }
    }
    let mut writers: BTreeMap<Object, Writer<'_>> = BTreeMap::new();
    let mut opaque = false;
    let mut findings = Vec::new();
    for migration in &migrations {
        let mut made: BTreeSet<Object> = BTreeSet::new();
        let mut early: BTreeSet<Object> = BTreeSet::new();
        for statement in &migration.up.statements {
            for touch in statement.operations.iter().flat_map(touches) {
                let object = touch.object.clone();
                if let Some(writer) = writers.get(&object).filter(|writer| *writer.migration != migration.id) {
                    let reason = format!("{} {object}, which {} {}", touch.verb, writer.migration, writer.verb);
                    edges.insert(Edge {
                        from: writer.migration.clone(),
                        to: migration.id.clone(),
                        kind: EdgeKind::Object,
                        reason,
                    });
                } else if !touch.creates() && !touch.tolerant && !made.contains(&object) && !writers.contains_key(&object) {
                    let later = creators.get(&object).filter(|creator| ***creator != migration.id);
                    if let Some(creator) = later.filter(|_| !opaque && early.insert(object.clone())) {
                        findings.push(used_before_created(migration, statement, &object, touch.verb, creator));
                    }
                }
                if touch.creates() {
                    made.insert(object.clone());
                }
                if touch.writes {
                    writers.insert(object, Writer { migration: &migration.id, verb: touch.verb });
                }
            }
            opaque |= statement
                .operations
                .iter()
                .any(|operation| matches!(operation, crate::statement::operation::Operation::Opaque { .. }));
        }
        opaque |= !migration.up.opaque.is_empty();
    }
    findings
}

fn used_before_created(
    migration: &Migration,
    statement: &crate::statement::Statement,
    object: &Object,
    verb: &str,
    creator: &MigrationId,
) -> Finding {
    Finding {
        rule: "used-before-created".to_owned(),
        severity: Severity::Error,
        span: Some(statement.span.clone()),
        migration: Some(migration.id.clone()),
        message: format!("{} {verb} {object}, which only {creator} creates, and that runs later.", migration.id),
        effect: "On a database built from these migrations the server refuses it: the object is not there yet.".to_owned(),
        workaround: format!("Let {creator} run first, or move what needs {object} behind it."),
        fix: None,
        blocking: false,
    }
}

//! Edges from declarations, order and objects.

use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};

use rustc_hash::FxHashMap;

use super::touch::{self, Touch, touches};
use super::{Edge, EdgeKind, Node, order};
use crate::finding::{Finding, Severity};
use crate::migration::{Migration, MigrationId, MigrationKind, SourceKind};
use crate::phase::Phase;
use crate::places::{Places, number};
use crate::sort::Sort;
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
    let mut edges = Vec::new();
    let mut findings = Vec::new();
    for source in [SourceKind::Flyway, SourceKind::Alembic] {
        let own: Vec<&Migration> = migrations.iter().filter(|migration| migration.source == source).collect();
        declared(&own, &mut edges);
        tool_order(&own, &mut edges);
        findings.extend(objects(machine, &own, &mut edges));
    }
    edges.order();
    edges.dedup();
    (edges, findings)
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

fn declared(migrations: &[&Migration], edges: &mut Vec<Edge>) {
    if migrations.iter().all(|migration| migration.parents.is_empty() && migration.depends_on.is_empty()) {
        return;
    }
    let known = Places::of(migrations.iter().map(|migration| &migration.id));
    for migration in migrations {
        let named = |word: &'static str| move |from: &MigrationId| (from.clone(), word);
        let parents = migration.parents.iter().map(named("down_revision"));
        let others = migration.depends_on.iter().map(named("depends_on"));
        for (from, word) in parents.chain(others).filter(|(from, _)| known.contains(from)) {
            let reason = format!("names {from} as its {word}");
            edges.push(Edge { from, to: migration.id.clone(), kind: EdgeKind::Declared, reason });
        }
    }
}

/// Flyway: each version to the next, all repeatables after the last version.
fn tool_order(migrations: &[&Migration], edges: &mut Vec<Edge>) {
    let versioned: Vec<&&Migration> = migrations.iter().filter(|migration| migration.kind == MigrationKind::Versioned).collect();
    for pair in versioned.windows(2) {
        if let [from, to] = pair {
            let reason = format!("has the next higher version after {}", from.id);
            edges.push(Edge { from: from.id.clone(), to: to.id.clone(), kind: EdgeKind::Order, reason });
        }
    }
    let Some(last) = versioned.last() else { return };
    for repeatable in migrations.iter().filter(|migration| migration.kind == MigrationKind::Repeatable) {
        let reason = "repeatable migrations run after the last version".to_owned();
        edges.push(Edge { from: last.id.clone(), to: repeatable.id.clone(), kind: EdgeKind::Order, reason });
    }
}

/// Who touched an object last, and how.
#[derive(Clone, Copy)]
struct Writer<'a> {
    migration: &'a MigrationId,
    verb: &'static str,
}

/// An object behind a number made of it, which is made once.
#[derive(PartialEq, Eq)]
struct Key<'a>(u64, &'a ObjectRef);

impl Hash for Key<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0);
    }
}

/// An object that is met, with its number.
struct Met {
    touch: Touch,
    number: u64,
}

impl Met {
    const fn key(&self) -> Key<'_> {
        Key(self.number, &self.touch.object)
    }
}

/// What is known of an object.
#[derive(Clone, Copy, Default)]
struct Known<'a> {
    /// The first that makes it, wherever that stands.
    creator: Option<&'a MigrationId>,
    /// The last so far that changed it.
    writer: Option<Writer<'a>>,
}

/// The walk that finds object edges: from the last migration that changed an object to each one that meets it.
#[derive(Default)]
struct Objects<'a> {
    known: FxHashMap<Key<'a>, Known<'a>>,
    /// Whom the migration at hand rests on already. One reason a pair is enough to see why; the first one is about the largest
    /// object.
    before: BTreeSet<&'a MigrationId>,
    early: BTreeSet<(&'a MigrationId, &'a MigrationId)>,
    opaque: bool,
    edges: Vec<Edge>,
    findings: Vec<Finding>,
}

fn objects(machine: &dyn Machine, migrations: &[&Migration], edges: &mut Vec<Edge>) -> Vec<Finding> {
    // A baseline makes again what the versions before it made, so its objects are theirs.
    let migrations: Vec<&Migration> =
        migrations.iter().copied().filter(|migration| migration.kind != MigrationKind::Baseline).collect();
    let mut walk = Objects::default();
    let touched: Vec<_> =
        collect(machine, migrations.len(), |at| migrations.get(at).map(|migration| touched(migration))).collect();
    let touched = || migrations.iter().copied().zip(touched.iter().flatten());
    for (migration, statements) in touched() {
        for met in statements.iter().flatten().filter(|met| met.touch.creates) {
            walk.known.entry(met.key()).or_default().creator.get_or_insert(&migration.id);
        }
    }
    for (migration, statements) in touched() {
        walk.before.clear();
        for (statement, touches) in migration.up.statements.iter().zip(statements) {
            let unread = |operation: &Operation| matches!(operation, Operation::Opaque { .. } | Operation::Call { .. });
            walk.opaque |= statement.operations.iter().any(unread);
            touches.iter().for_each(|met| walk.meet(migration, statement, met));
        }
        walk.opaque |= !migration.up.opaque.is_empty();
    }
    edges.append(&mut walk.edges);
    walk.findings
}

/// What each statement of a migration touches.
fn touched(migration: &Migration) -> Vec<Vec<Met>> {
    let met = |touch: Touch| Met { number: number(&touch.object), touch };
    let statements = migration.up.statements.iter();
    statements.map(|statement| statement.operations.iter().flat_map(touches).map(met).collect()).collect()
}

impl<'a> Objects<'a> {
    fn meet(&mut self, migration: &'a Migration, statement: &Statement, met: &'a Met) {
        let touch = &met.touch;
        let known = self.known.get(&met.key()).copied().unwrap_or_default();
        match known.writer {
            Some(writer) if *writer.migration != migration.id => {
                if self.before.insert(writer.migration) {
                    let (from, to) = (writer.migration.clone(), migration.id.clone());
                    let reason = format!("{} {}, which {from} {}", touch.verb, touch::name(&touch.object), writer.verb);
                    self.edges.push(Edge { from, to, kind: EdgeKind::Object, reason });
                }
            }
            Some(_) => {}
            None if touch.creates || touch.tolerant || self.opaque => {}
            None => self.missing(migration, statement, touch, known.creator),
        }
        // Dropping what is not there leaves nothing behind.
        let nothing = touch.tolerant && known.writer.is_none();
        if touch.writes && !nothing {
            let writer = Some(Writer { migration: &migration.id, verb: touch.verb });
            self.known.insert(met.key(), Known { writer, ..known });
        }
    }

    /// Nothing has made the object so far; that contradicts the order only where a later migration makes it.
    fn missing(&mut self, migration: &'a Migration, statement: &Statement, touch: &Touch, creator: Option<&'a MigrationId>) {
        let Some(creator) = creator.filter(|creator| **creator != migration.id) else { return };
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

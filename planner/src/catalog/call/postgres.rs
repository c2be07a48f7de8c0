//! Functions, procedures and triggers of PostgreSQL.

use super::{Body, DEPTH, MOST};
use crate::catalog::{Catalog, Trigger};
use crate::name::ObjectName;
use crate::statement::operation::{Called, ConstraintKind, Guard, Operation, TriggerEvent, Volatility};
use crate::statement::parse::is_builtin;

/// What an operation runs besides itself.
pub(super) fn follow(catalog: &Catalog, operation: &Operation) -> Vec<Operation> {
    let mut follower = Follower { catalog, stack: Vec::new(), fired: Vec::new(), found: Vec::new(), steps: 0 };
    follower.beside(operation);
    follower.found
}

struct Follower<'c> {
    catalog: &'c Catalog,
    /// Functions that are being followed.
    stack: Vec<ObjectName>,
    /// Triggers that were followed for a kind of change: firing them again locks nothing new.
    fired: Vec<(ObjectName, String, &'static str)>,
    found: Vec<Operation>,
    steps: usize,
}

/// The tables a change starts from: kind of change, columns written (none: all).
struct Change<'o> {
    event: TriggerEvent,
    columns: &'o [String],
}

impl Follower<'_> {
    /// What an operation runs, without the operation.
    fn beside(&mut self, operation: &Operation) {
        match operation {
            Operation::Call { calls, reason } => calls.iter().for_each(|called| self.call(called, Some(reason))),
            Operation::Insert(change) | Operation::Update(change) | Operation::Delete(change) => {
                if !change.calls.is_empty() {
                    let from = self.found.len();
                    change.calls.iter().for_each(|called| self.call(called, None));
                    self.guard(from, Guard::Unknown, "rows that the functions are called for");
                }
                let event = match operation {
                    Operation::Insert(_) => TriggerEvent::Insert,
                    Operation::Update(_) => TriggerEvent::Update,
                    _ => TriggerEvent::Delete,
                };
                self.changed(&change.table, &Change { event, columns: &change.columns });
                if change.upserts {
                    self.changed(&change.table, &Change { event: TriggerEvent::Update, columns: &change.columns });
                }
            }
            Operation::Copy { table } => self.changed(table, &Change { event: TriggerEvent::Insert, columns: &[] }),
            Operation::Truncate { table, .. } => {
                self.changed(table, &Change { event: TriggerEvent::Truncate, columns: &[] });
            }
            Operation::Guarded { operations, by, reason } => {
                let from = self.found.len();
                operations.iter().for_each(|operation| self.beside(operation));
                self.guard(from, *by, reason);
            }
            _ => {}
        }
    }

    /// Operations of a body, each with what it runs.
    fn all(&mut self, operations: &[Operation]) {
        for operation in operations {
            self.steps += 1;
            if self.steps > MOST {
                let reason = "it calls more than can be followed".to_owned();
                if !matches!(self.found.last(), Some(Operation::Opaque { .. })) {
                    self.found.push(Operation::Opaque { reason });
                }
                return;
            }
            match operation {
                Operation::Call { .. } => self.beside(operation),
                Operation::Guarded { operations, by, reason } => {
                    let from = self.found.len();
                    self.all(operations);
                    self.guard(from, *by, reason);
                }
                operation => {
                    self.found.push(operation.clone());
                    self.beside(operation);
                }
            }
        }
    }

    /// Puts what was found since `from` behind a guard.
    fn guard(&mut self, from: usize, by: Guard, reason: &str) {
        let operations = self.found.split_off(from.min(self.found.len()));
        if !operations.is_empty() {
            self.found.push(Operation::Guarded { operations, by, reason: reason.to_owned() });
        }
    }

    /// A function that is called; `reason` is told where nothing is known of it, and absent where that is no news.
    fn call(&mut self, called: &Called, reason: Option<&String>) {
        let Called::Routine { name, arguments } = called else { return };
        let catalog = self.catalog;
        let key = catalog.find(name, |key| catalog.functions.contains_key(key));
        let Some((key, function)) = key.and_then(|key| catalog.functions.get(&key).map(|function| (key, function))) else {
            self.found.extend(reason.map(|reason| Operation::Opaque { reason: reason.clone() }));
            return;
        };
        // The server lets only volatile functions change anything.
        if function.volatility != Volatility::Volatile || self.stack.contains(&key) {
            return;
        }
        let fits = |written: &&String| {
            let (least, most) = parameters(written);
            (least..=most).contains(&arguments.len())
        };
        let fitting: Vec<&Body> = function
            .overloads
            .iter()
            .filter(|(written, _)| function.overloads.len() == 1 || fits(written))
            .map(|(_, body)| body.as_ref())
            .collect();
        if let [body] = fitting.as_slice() {
            return self.run(&key, body);
        }
        for body in fitting {
            let from = self.found.len();
            self.run(&key, body);
            self.guard(from, Guard::Unknown, &format!("which of the functions {name} is called"));
        }
    }

    fn run(&mut self, key: &ObjectName, body: &Body) {
        match body.operations() {
            _ if self.stack.len() >= DEPTH => {
                self.found.push(Operation::Opaque { reason: "calls stand in calls more deeply than is followed".to_owned() });
            }
            Ok(operations) => {
                self.stack.push(key.clone());
                let from = self.found.len();
                self.all(operations);
                self.stack.pop();
                for operation in self.found.iter_mut().skip(from) {
                    told_by(operation, key);
                }
            }
            Err(why) => self.found.push(Operation::Opaque { reason: format!("what {key}() does is not known: {why}") }),
        }
    }

    /// Triggers of a table or view whose rows a command changes.
    fn changed(&mut self, table: &ObjectName, change: &Change<'_>) {
        if self.catalog.triggers.is_empty() || self.catalog.triggers_off {
            return;
        }
        let key = self.catalog.resolve(table);
        self.fire(&key, change, false, 0);
    }

    /// `rows_only`: the command named another table, so that triggers for the whole command stay quiet.
    fn fire(&mut self, key: &ObjectName, change: &Change<'_>, rows_only: bool, depth: usize) {
        if depth > DEPTH {
            return;
        }
        let catalog = self.catalog;
        for (name, trigger) in catalog.triggers_of(key) {
            self.trigger(key, name, trigger, change, rows_only);
        }
        if let Some(view) = catalog.views.get(key) {
            let instead = catalog.triggers_of(key).any(|(_, trigger)| trigger.fires_for_rows(change.event));
            for base in view.reads.iter().filter(|_| !instead) {
                self.fire(base, change, rows_only, depth + 1);
            }
            return;
        }
        let Some(table) = catalog.tables.get(key) else { return };
        // Triggers for rows of a partitioned table are those of its partitions.
        let mut above = table.partition_of.as_ref().map(|(parent, _)| parent);
        while let Some(parent) = above {
            for (name, trigger) in catalog.triggers_of(parent) {
                self.trigger(parent, name, trigger, change, true);
            }
            above = catalog.tables.get(parent).and_then(|table| table.partition_of.as_ref()).map(|(parent, _)| parent);
        }
        for below in catalog.descendants(key) {
            for (name, trigger) in catalog.triggers_of(&below) {
                self.trigger(&below, name, trigger, change, true);
            }
        }
        self.along_foreign_keys(key, change, depth);
    }

    /// Children that a foreign key deletes or changes.
    fn along_foreign_keys(&mut self, key: &ObjectName, change: &Change<'_>, depth: usize) {
        let catalog = self.catalog;
        for (child, constraint) in catalog.references_to(key) {
            let ConstraintKind::ForeignKey { columns, ref_columns, on_delete, on_update, .. } = &constraint.kind else {
                continue;
            };
            let action = match change.event {
                TriggerEvent::Delete => on_delete,
                TriggerEvent::Update if ref_columns.iter().any(|own| change.columns.contains(own)) => on_update,
                _ => continue,
            };
            let action = action.as_deref().unwrap_or_default().to_ascii_uppercase();
            let deletes = change.event == TriggerEvent::Delete && action == "CASCADE";
            let event = if deletes { TriggerEvent::Delete } else { TriggerEvent::Update };
            if action.is_empty() || action == "NO ACTION" || action == "RESTRICT" || child == key {
                continue;
            }
            let from = self.found.len();
            self.fire(child, &Change { event, columns }, false, depth + 1);
            self.guard(from, Guard::Unknown, &format!("rows of {child} that the foreign key changes"));
        }
    }

    fn trigger(&mut self, of: &ObjectName, name: &str, trigger: &Trigger, change: &Change<'_>, rows_only: bool) {
        let Some(firing) = trigger.firing.as_ref().filter(|_| !trigger.disabled) else { return };
        let hit = firing.columns.is_empty()
            || change.columns.is_empty()
            || change.event != TriggerEvent::Update
            || firing.columns.iter().any(|column| change.columns.contains(column));
        let fired = (of.clone(), name.to_owned(), word(change.event));
        if !firing.events.contains(&change.event) || !hit || (rows_only && !firing.for_rows) || self.fired.contains(&fired) {
            return;
        }
        self.fired.push(fired);
        let from = self.found.len();
        let function = self.catalog.functions.get(&firing.function);
        match function.and_then(|function| function.overloads.values().next()) {
            Some(body) => self.run(&firing.function, body),
            None if is_builtin(&firing.function.name) || is_harmless(self.catalog, &firing.function.name) => return,
            None => {
                let reason = format!("trigger {name} of {of} runs {}(), which is not known here", firing.function);
                self.found.push(Operation::Opaque { reason });
            }
        }
        let operations = settled(self.found.split_off(from), word(change.event));
        self.found.extend(operations);
        if firing.for_rows {
            self.guard(from, Guard::Unknown, &format!("rows for trigger {name} of {of}"));
        }
    }
}

/// Functions for triggers that the server or an extension of its distribution brings along, and that change the row alone.
fn is_harmless(catalog: &Catalog, function: &str) -> bool {
    let known = ["suppress_redundant_updates_trigger", "tsvector_update_trigger", "tsvector_update_trigger_column"];
    known.contains(&function) || catalog.extensions.contains(function)
}

/// Parameters that must and that may be given, by the text between the parentheses.
fn parameters(written: &str) -> (usize, usize) {
    let mut depth = 0_usize;
    let parts = written.split(|c: char| {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    let (mut least, mut most) = (0, 0);
    for part in parts.map(str::to_ascii_lowercase).filter(|part| !part.trim().is_empty()) {
        let mut words = part.split_whitespace();
        match words.next() {
            Some("out") => continue,
            Some("variadic") => return (least, usize::MAX),
            _ => {}
        }
        most += 1;
        least += usize::from(!part.contains('=') && !part.contains(" default "));
    }
    (least, most)
}

fn word(event: TriggerEvent) -> &'static str {
    match event {
        TriggerEvent::Insert => "INSERT",
        TriggerEvent::Update => "UPDATE",
        TriggerEvent::Delete => "DELETE",
        TriggerEvent::Truncate => "TRUNCATE",
    }
}

/// The operations of a trigger's function with the branches on `TG_OP` decided, and without queries that lock nothing.
fn settled(operations: Vec<Operation>, event: &str) -> Vec<Operation> {
    let mut found = Vec::new();
    for operation in operations {
        match operation {
            Operation::Guarded { operations, by, reason } => {
                let operations = settled(operations, event);
                match decided(&reason, event) {
                    Some(true) => found.extend(operations),
                    Some(false) => {}
                    None if operations.is_empty() => {}
                    None => found.push(Operation::Guarded { operations, by, reason }),
                }
            }
            Operation::Select { locks, .. } if locks.is_empty() => {}
            other => found.push(other),
        }
    }
    found
}

/// Whether `IF (TG_OP = 'INSERT' OR TG_OP = 'UPDATE')` holds.
fn decided(reason: &str, event: &str) -> Option<bool> {
    let condition = reason.strip_prefix("IF ")?.to_ascii_uppercase().replace(['(', ')', ' '], "");
    let mut holds = false;
    for part in condition.split("ORTG_OP=") {
        let value = part.strip_prefix("TG_OP=").unwrap_or(part).strip_prefix('\'')?.strip_suffix('\'')?;
        holds |= value == event;
    }
    condition.starts_with("TG_OP=").then_some(holds)
}

/// Names the function in the reasons of what stands in it.
fn told_by(operation: &mut Operation, function: &ObjectName) {
    match operation {
        Operation::Opaque { reason } if reason.ends_with("of the body)") => {
            *reason = format!("{} of {function}())", reason.trim_end_matches(" of the body)"));
        }
        Operation::Guarded { operations, .. } => operations.iter_mut().for_each(|operation| told_by(operation, function)),
        _ => {}
    }
}

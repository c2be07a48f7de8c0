//! Stored programs of MySQL and MariaDB, run on the simulated schema: what a procedure does depends on what its conditions
//! find there. MySQL 8.0 manual 15.6 (compound statements), MariaDB's "Programmatic & Compound Statements".
//!
//! A condition that the schema decides is decided; behind any other, and in a loop, statements may run or not.

use super::reader::Reader;
use super::value::{Locals, evaluate};
use super::{DEPTH, MOST, Value, prepared};
use crate::catalog::Catalog;
use crate::catalog::apply::apply_all;
use crate::name::ObjectName;
use crate::statement::operation::{Called, Guard, Operation};
use crate::statement::parse::parse;
use crate::statement::split::tokens;

type Statements = Vec<Vec<Operation>>;

/// What calls run, each statement as its operations; `reason` where a routine is not known.
pub(super) fn follow(catalog: &Catalog, calls: &[Called], reason: &str) -> Statements {
    let mut machine = Machine { catalog: catalog.clone(), found: Vec::new(), depth: 0, stopped: false };
    for called in calls {
        machine.call(called, reason, &Locals::new(), &Way::default());
    }
    machine.found
}

/// The schema as it becomes, and what made it so.
pub(super) struct Machine {
    pub(super) catalog: Catalog,
    pub(super) found: Statements,
    depth: usize,
    /// The server would have refused something: nothing behind it runs.
    pub(super) stopped: bool,
}

/// Under which conditions a statement runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Way {
    /// Not at all.
    pub(super) skipped: bool,
    /// Nobody knows; the condition.
    pub(super) maybe: Option<String>,
    /// A handler goes on after an error.
    pub(super) lenient: bool,
}

impl Machine {
    pub(super) fn call(&mut self, called: &Called, reason: &str, locals: &Locals, way: &Way) {
        self.depth += 1;
        if self.depth > DEPTH || self.found.len() > MOST {
            self.opaque("calls stand in calls more deeply than is followed".to_owned(), way);
        } else {
            match called {
                Called::Routine { name, arguments } => {
                    let place = self.catalog.place(name);
                    let same = |key: &ObjectName| key.schema == place.schema && key.name.eq_ignore_ascii_case(&place.name);
                    let found = self.catalog.functions.iter().find(|(key, _)| same(key));
                    match found.and_then(|(_, function)| function.overloads.last()) {
                        // A function changes rows at most.
                        Some((_, body)) if body.returns() => {}
                        Some((parameters, body)) => {
                            let own = bound(parameters, arguments, &self.catalog, locals);
                            let text = body.text.clone().unwrap_or_default();
                            self.run(&text, own, way);
                        }
                        None => self.opaque(reason.to_owned(), way),
                    }
                }
                Called::Prepared(_) => match prepared(&self.catalog, called).map(str::to_owned) {
                    Some(text) => self.statement(&text, way),
                    None => self.opaque(reason.to_owned(), way),
                },
                Called::Block(body) => self.run(body, locals.clone(), way),
            }
        }
        self.depth -= 1;
    }

    fn opaque(&mut self, reason: String, way: &Way) {
        self.add(vec![Operation::Opaque { reason }], way);
    }

    /// One SQL statement.
    pub(super) fn statement(&mut self, sql: &str, way: &Way) {
        if way.skipped || self.stopped {
            return;
        }
        let operations = parse(sql, self.catalog.dialect).0;
        match operations.as_slice() {
            [Operation::Call { calls, reason }] => calls.iter().for_each(|one| self.call(one, reason, &Locals::new(), way)),
            // Functions change no schema; the transaction is the caller's.
            [Operation::Select { .. } | Operation::Transaction { .. }] | [] => {}
            [Operation::SetParameter { name, .. }] if way.maybe.is_some() => {
                self.catalog.variables.insert(ObjectName::bare(name.to_ascii_lowercase()), Value::Unknown);
                self.add(vec![Operation::SetParameter { name: name.clone(), value: String::new(), local: false }], way);
            }
            _ => self.add(operations, way),
        }
    }

    fn add(&mut self, operations: Vec<Operation>, way: &Way) {
        if way.skipped || self.stopped {
            return;
        }
        let variables = operations.iter().all(|one| matches!(one, Operation::SetParameter { .. } | Operation::Prepare { .. }));
        let operations = match (&way.maybe, way.lenient) {
            _ if variables => operations,
            (Some(reason), _) => vec![Operation::Guarded { operations, by: Guard::Unknown, reason: reason.clone() }],
            (None, true) => vec![Operation::Guarded { operations, by: Guard::Undone, reason: "DECLARE HANDLER".to_owned() }],
            (None, false) => operations,
        };
        self.stopped = !apply_all(&mut self.catalog, &operations).is_empty() && !self.catalog.opaque;
        self.found.push(operations);
    }

    fn run(&mut self, body: &str, locals: Locals, way: &Way) {
        let tokens = tokens(body, self.catalog.dialect, usize::MAX);
        if !Reader::new(body, tokens, way.clone(), locals).run(self) && !self.stopped {
            self.opaque("the body of the routine cannot be followed".to_owned(), way);
        }
    }
}

/// Parameters with the values of the arguments.
fn bound(parameters: &str, arguments: &[String], catalog: &Catalog, locals: &Locals) -> Locals {
    let words = tokens(parameters, catalog.dialect, usize::MAX);
    let mut found = Locals::new();
    let mut arguments = arguments.iter();
    let mut depth = 0_usize;
    let mut fresh = true;
    for word in words {
        match word {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            "," if depth == 0 => fresh = true,
            _ if fresh && ["in", "out", "inout"].iter().any(|way| word.eq_ignore_ascii_case(way)) => {}
            _ if fresh => {
                fresh = false;
                let value = arguments.next().map_or(Value::Unknown, |argument| evaluate(catalog, locals, argument));
                found.insert(bare(word), value);
            }
            _ => {}
        }
    }
    found
}

pub(super) fn bare(word: &str) -> String {
    word.trim_matches('`').to_lowercase()
}

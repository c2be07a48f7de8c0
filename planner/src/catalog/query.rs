//! The names of a command looked up in one schema, by the servers' rules of scope.

mod scope;
mod stored;

use std::borrow::Cow;
use std::collections::BTreeSet;

use self::scope::{Bound, Frame, Listed, Look};
pub(crate) use self::stored::{columns_of, is_system, type_of};
use crate::catalog::Catalog;
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::sort::Gather;
use crate::statement::command::{Block, Change, Command, Of, Out, Source, Value, Verb, With, Written};

/// Columns of stored tables and views: relation, column.
pub type Columns = BTreeSet<(ObjectName, String)>;

/// What a command comes to in a schema.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    /// Relations in the order of the text: as written, as stored; `None`: the server's own, or one that is not there.
    pub relations: Vec<(ObjectName, Option<ObjectName>)>,
    /// Columns that an expression works on.
    pub worked_on: Columns,
    /// What goes out; absent: not known.
    pub outputs: Option<Vec<Output>>,
    /// What is wrong.
    pub complaints: Vec<Complaint>,
    /// Something could not be looked up, as words for people.
    pub gaps: Vec<&'static str>,
    /// Stored names of what is written, with the change, outermost last.
    pub changes: Vec<(Option<ObjectName>, Change)>,
    /// Columns of the tables whose rows are grouped.
    pub grouped: bool,
    /// What columns compared with a string literal are.
    pub compared: Vec<(ObjectName, String, String)>,
}

/// A column that goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its name; absent: not known.
    pub name: Option<String>,
    /// Where it comes from.
    pub from: Origin,
    /// It came by `*`.
    pub star: bool,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A stored column as it is.
    Column(ObjectName, String),
    /// An expression over these.
    Expression(Columns),
    /// Nobody knows.
    Unknown,
}

/// What the server refuses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Complaint {
    /// There is no such relation.
    Relation(ObjectName),
    /// A relation has no such column.
    Column(ObjectName, String),
    /// No relation in scope has such a column.
    Nowhere(String),
    /// Several have.
    Ambiguous(String),
    /// Operands of `UNION` and the like have different numbers of columns.
    Operands,
    /// An `INSERT` has more values than the relation has columns, or than it names.
    Width(ObjectName),
}

/// Looks everything up.
#[must_use]
pub fn resolve(command: &Command, catalog: &Catalog) -> Resolved {
    let mut look = Look { catalog, found: Resolved::default(), frames: Vec::new(), with: Vec::new() };
    look.found.gaps.clone_from(&command.gaps);
    let outputs = look.block(&command.block);
    look.found.outputs = (!outputs.open).then_some(outputs.list);
    // Literals are compared in the outermost scope; further in the names are looked for by themselves.
    look.compared(command);
    look.found
}

impl Look<'_> {
    fn block(&mut self, block: &Block) -> Listed {
        let known = self.with.len();
        block.with.iter().for_each(|with| self.with(with, block.recursive));
        let listed = if block.operands.is_empty() { self.scope(block) } else { self.operands(block) };
        self.with.truncate(known);
        listed
    }

    fn with(&mut self, with: &With, recursive: bool) {
        if recursive {
            // The first operand tells the columns that the others may use.
            let first = with.block.operands.first().unwrap_or(&with.block);
            let before = self.found.clone();
            let listed = self.block(first);
            self.found = before;
            self.with.push((with.name.clone(), renamed(listed, &with.columns)));
        }
        let listed = self.block(&with.block);
        if recursive {
            self.with.pop();
        }
        self.with.push((with.name.clone(), renamed(listed, &with.columns)));
    }

    fn operands(&mut self, block: &Block) -> Listed {
        let all: Vec<Listed> = block.operands.iter().map(|operand| self.block(operand)).collect();
        let widths: BTreeSet<usize> = all.iter().filter(|listed| !listed.open).map(|listed| listed.list.len()).gather();
        if widths.len() > 1 {
            self.found.complaints.push(Complaint::Operands);
        }
        let mut listed = Listed { list: Vec::new(), open: all.iter().any(|listed| listed.open) };
        for (at, first) in all.first().into_iter().flat_map(|first| first.list.iter().enumerate()) {
            let parts = all.iter().map(|other| other.list.get(at).map_or(Origin::Unknown, |output| output.from.clone()));
            // With one operand, a query in brackets, nothing meets.
            let from = if all.len() == 1 { first.from.clone() } else { parts.reduce(together).unwrap_or(Origin::Unknown) };
            listed.list.push(Output { from, ..first.clone() });
        }
        self.frames.push(Frame::default());
        for used in &block.uses {
            if !listed.list.iter().any(|output| self.is(output.name.as_deref(), &used.column)) && !listed.may_have_more() {
                self.name(used);
            }
        }
        block.nested.iter().for_each(|nested| drop(self.block(nested)));
        self.frames.pop();
        listed
    }

    fn scope(&mut self, block: &Block) -> Listed {
        self.frames.push(Frame { sources: Vec::new(), merged: block.merged.clone() });
        for source in &block.sources {
            let bound = self.source(source, block.change.is_some());
            if let Some(frame) = self.frames.last_mut() {
                frame.sources.push(bound);
            }
        }
        self.merged();
        self.found.grouped |= block.grouped;
        let meant: Vec<Origin> = block.uses.iter().map(|used| self.used(used, block)).collect();
        for (at, origin) in meant.iter().enumerate() {
            let alone = block.outputs.iter().any(|out| matches!(out, Out::Column { at: own, .. } if *own == at));
            if !alone {
                note(origin, &mut self.found.worked_on);
            }
        }
        for nested in &block.nested {
            // How many columns `*` gives would matter.
            if !nested.exists && nested.outputs.iter().any(|out| matches!(out, Out::Star(_))) {
                self.gap("* in a subquery");
            }
            let listed = self.block(nested);
            listed.list.iter().for_each(|output| note(&output.from, &mut self.found.worked_on));
        }
        let listed = self.outputs(block, &meant);
        let target = self.frames.pop().and_then(|frame| frame.sources.into_iter().next());
        if let Some(change) = &block.change {
            self.change(change, target);
        }
        listed
    }

    /// A column that `JOIN … USING` names stands on both sides.
    fn merged(&mut self) {
        let Some(frame) = self.frames.last() else { return };
        let has = |bound: &&Bound, name: &str| bound.columns.list.iter().any(|output| self.is(output.name.as_deref(), name));
        let missing = |name: &&String| frame.sources.iter().filter(|bound| has(bound, name)).count() < 2;
        if frame.sources.iter().any(|bound| bound.columns.may_have_more()) {
            return;
        }
        let missing: Vec<Complaint> = frame.merged.iter().filter(missing).cloned().map(Complaint::Nowhere).collect();
        self.found.complaints.extend(missing);
    }

    fn outputs(&mut self, block: &Block, meant: &[Origin]) -> Listed {
        let mut listed = Listed::default();
        for out in &block.outputs {
            match out {
                Out::Star(called) => self.star(called.as_deref(), &mut listed),
                Out::Column { name, at } => {
                    let from = meant.get(*at).cloned().unwrap_or(Origin::Unknown);
                    listed.list.push(Output { name: Some(name.clone()), from, star: false });
                }
                Out::Value { name, from, nested } => {
                    let mut parts = Origin::Expression(Columns::new());
                    for origin in meant.get(from.clone()).unwrap_or_default() {
                        parts = together(parts, origin.clone());
                    }
                    let from = if *nested { Origin::Unknown } else { parts };
                    listed.list.push(Output { name: name.clone(), from, star: false });
                }
            }
        }
        listed
    }

    fn star(&mut self, called: Option<&str>, listed: &mut Listed) {
        let Some(frame) = self.frames.last() else { return };
        let chosen: Vec<&Bound> = match called {
            Some(called) => frame.sources.iter().filter(|bound| self.same(&bound.called, called)).collect(),
            None => frame.sources.iter().filter(|bound| !bound.qualified_only).collect(),
        };
        let (none, merges) = (chosen.is_empty(), called.is_none() && !frame.merged.is_empty());
        for bound in chosen {
            listed.open |= bound.columns.open;
            listed.list.extend(bound.columns.list.iter().map(|output| Output { star: true, ..output.clone() }));
        }
        if merges {
            listed.open = true;
            self.gap("* over JOIN USING");
        }
        if none && let Some(called) = called {
            self.found.complaints.push(Complaint::Relation(ObjectName::bare(called)));
        }
    }

    fn source(&mut self, source: &Source, written: bool) -> Bound {
        let (relation, schema, listed) = match &source.of {
            Of::Relation(name) => {
                let with = self.with.iter().rev().find(|(own, _)| name.schema.is_none() && self.same(own, &name.name));
                match with {
                    Some((_, listed)) if !(written && self.frames.last().is_some_and(|frame| frame.sources.is_empty())) => {
                        (None, None, listed.clone())
                    }
                    _ => self.relation(name),
                }
            }
            Of::Query(block, lateral) => {
                // A query in FROM does not see what stands beside it.
                let own = if *lateral { None } else { self.frames.pop() };
                let listed = self.block(block);
                self.frames.extend(own);
                (None, None, listed)
            }
            Of::Unknown => (None, None, Listed { list: Vec::new(), open: true }),
        };
        let columns = renamed(listed, &source.columns);
        Bound { called: source.called.clone(), schema, relation, columns, qualified_only: source.qualified_only }
    }

    fn relation(&mut self, name: &ObjectName) -> (Option<ObjectName>, Option<String>, Listed) {
        let catalog = self.catalog;
        let known = |key: &ObjectName| {
            catalog.tables.contains_key(key) || catalog.views.contains_key(key) || catalog.sequences.contains_key(key)
        };
        let open = Listed { list: Vec::new(), open: true };
        let stored = if is_system(name, catalog.dialect) { None } else { catalog.find(name, known) };
        self.found.relations.push((name.clone(), stored.clone()));
        let Some(key) = stored else {
            if !is_system(name, catalog.dialect) {
                self.found.complaints.push(Complaint::Relation(name.clone()));
            }
            return (None, name.schema.clone(), open);
        };
        let columns = match (catalog.tables.get(&key), catalog.views.get(&key)) {
            (Some(table), _) if !table.columns_unknown => Some(Cow::Borrowed(table.columns.as_slice())),
            (None, Some(_)) => columns_of(catalog, &key),
            _ => None,
        };
        let list = columns.iter().flat_map(|columns| columns.iter()).map(|column| Output {
            name: Some(column.name.clone()),
            from: Origin::Column(key.clone(), column.name.clone()),
            star: false,
        });
        // A virtual table of SQLite's has hidden columns too.
        let hides = catalog.tables.get(&key).is_some_and(|table| table.options.contains_key("module"));
        let listed = Listed { list: list.collect(), open: columns.is_none() || hides };
        (Some(key.clone()), name.schema.clone().or(key.schema), listed)
    }

    fn change(&mut self, change: &Change, target: Option<Bound>) {
        let mut change = change.clone();
        let listed = change.source.as_ref().map(|source| {
            if change.verb == Verb::Insert && change.width.is_none() && !change.listed {
                change.written.clear();
            }
            self.block(source)
        });
        let Some(bound) = target else { return };
        let own = &bound.columns;
        let of = || bound.relation.clone().unwrap_or_else(|| ObjectName::bare(bound.called.clone()));
        // Without a list the columns are taken in their order.
        if change.verb == Verb::Insert && !change.listed && change.source.is_some() {
            let width = change.width.or(listed.as_ref().filter(|listed| !listed.open).map(|listed| listed.list.len()));
            let fits = |width: usize| match self.catalog.dialect {
                Dialect::Postgres => width <= own.list.len(),
                Dialect::Sqlite => width == own.list.len(),
                // `VALUES ()` leaves every column to its default.
                Dialect::MySql | Dialect::MariaDb => width == own.list.len() || width == 0,
            };
            if !own.open && width.is_some_and(|width| !fits(width)) {
                self.found.complaints.push(Complaint::Width(of()));
            }
            for (at, output) in own.list.iter().take(width.unwrap_or(usize::MAX)).enumerate() {
                let name = output.name.clone().unwrap_or_default();
                match change.written.iter_mut().filter(|written| !written.set).nth(at) {
                    Some(written) => written.column = name,
                    None => change.written.push(Written::new(name, Value::Typed, false)),
                }
            }
        } else {
            let given = change.width.or(listed.as_ref().filter(|listed| !listed.open).map(|listed| listed.list.len()));
            let named = change.written.iter().filter(|written| !written.set && !written.column.is_empty()).count();
            if change.source.is_some() && given.is_some_and(|given| given != named) {
                self.found.complaints.push(Complaint::Width(of()));
            }
        }
        for written in &change.written {
            let known = own.list.iter().any(|output| self.is(output.name.as_deref(), &written.column));
            if !known && !own.open && !written.column.is_empty() {
                self.found.complaints.push(Complaint::Column(of(), written.column.clone()));
            }
        }
        self.found.changes.push((bound.relation, change));
    }

    fn compared(&mut self, command: &Command) {
        let complaints = self.found.complaints.len();
        let target = self.found.changes.last().and_then(|(table, _)| table.clone());
        let mut keys: Vec<ObjectName> = self.found.relations.iter().filter_map(|(_, key)| key.clone()).collect();
        keys.extend(target);
        for (used, literal) in &command.compared {
            for key in &keys {
                let columns = self.catalog.tables.get(key).map(|table| &table.columns);
                if columns.is_some_and(|all| all.iter().any(|column| self.is(Some(&column.name), &used.column))) {
                    self.found.compared.push((key.clone(), used.column.clone(), literal.clone()));
                }
            }
        }
        self.found.complaints.truncate(complaints);
    }
}

/// Columns under the names an alias or a `WITH` query gives them.
fn renamed(mut listed: Listed, names: &[String]) -> Listed {
    for (output, name) in listed.list.iter_mut().zip(names) {
        output.name = Some(name.clone());
    }
    let more =
        names.iter().skip(listed.list.len()).map(|name| Output { name: Some(name.clone()), from: Origin::Unknown, star: false });
    let more: Vec<Output> = more.collect();
    // A function with a full list of names has no others, but whether it is full nobody knows.
    listed.list.extend(more);
    for output in &mut listed.list {
        output.star = false;
    }
    listed
}

fn together(a: Origin, b: Origin) -> Origin {
    let columns = |origin: Origin| match origin {
        Origin::Column(table, column) => Some(Columns::from([(table, column)])),
        Origin::Expression(columns) => Some(columns),
        Origin::Unknown => None,
    };
    match (columns(a), columns(b)) {
        (Some(mut a), Some(b)) => {
            a.extend(b);
            Origin::Expression(a)
        }
        _ => Origin::Unknown,
    }
}

fn note(origin: &Origin, columns: &mut Columns) {
    match origin {
        Origin::Column(table, column) => {
            columns.insert((table.clone(), column.clone()));
        }
        Origin::Expression(all) => columns.extend(all.iter().cloned()),
        Origin::Unknown => {}
    }
}

//! From the schema a release was built for to every other, one step at a time: a step judges again only what it changes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::build::{Built, Material, index};
use super::meet::{Met, Pair, meet};
use super::origin::{Aspect, Origins, of_change};
use super::resolve::{Resolved, resolve};
use super::verdict::{judge, short};
use super::{Cell, Outcome, Reason, Release, Verdict};
use crate::catalog::Catalog;
use crate::catalog::diff::{Part, changed, of_part};
use crate::name::ObjectName;
use crate::statement::command::Command;
use crate::statement::operation::Operation;

/// Cells of a matrix that is not large: all their reasons are kept.
const SMALL: usize = 2_000;
/// Reasons that are kept of a cell of a large matrix.
const KEPT: usize = 12;

/// A schema.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) built: Built,
    pub(super) catalog: Catalog,
    /// Which migrations it holds, by place.
    pub(super) has: Vec<bool>,
}

/// Something nobody can know, and what its text names.
struct Opaque<'a> {
    migration: usize,
    id: String,
    reason: &'a str,
    file: &'a str,
    line: u32,
    /// Text of the statement, where its names tell what it can touch.
    text: Option<&'a str>,
}

/// All that rows share.
pub(super) struct Field<'a> {
    material: Material<'a>,
    points: &'a [Point],
    /// What differs between each schema and the next.
    steps: Vec<BTreeSet<Part>>,
    origins: Origins,
    opaque: Vec<Opaque<'a>>,
    reasons: Vec<Reason>,
    places: BTreeMap<Reason, u32>,
    /// Reasons of a table in one form for a release that knows it in another, by the addresses of both.
    judged: BTreeMap<(usize, usize, bool), Vec<u32>>,
}

/// A query as the walk knows it.
struct Asked<'a> {
    at: usize,
    command: &'a Command,
    own: Resolved,
    /// Bare names that decide about it.
    names: BTreeSet<String>,
}

impl<'a> Field<'a> {
    pub(super) fn new(material: Material<'a>, points: &'a [Point]) -> Self {
        let steps = points
            .iter()
            .zip(points.iter().skip(1))
            .map(|(first, second)| changed(&first.catalog, &second.catalog).into_iter().collect())
            .collect();
        let (origins, opaque) = (Origins::of(material.migrations), opaque(material));
        let (reasons, places, judged) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        Self { material, points, steps, origins, opaque, reasons, places, judged }
    }

    pub(super) fn verdict(&self, reason: u32) -> Verdict {
        self.reasons.get(reason as usize).map(|reason| reason.verdict).unwrap_or_default()
    }

    pub(super) fn into_reasons(self) -> Vec<Reason> {
        self.reasons
    }

    fn place(&mut self, reason: Reason) -> u32 {
        if let Some(at) = self.places.get(&reason) {
            return *at;
        }
        let at = index(self.reasons.len());
        self.places.insert(reason.clone(), at);
        self.reasons.push(reason);
        at
    }

    /// The cells of a release whose schema is not known.
    pub(super) fn nowhere(&mut self, release: &Release, count: usize) -> Vec<Cell> {
        let reason = self.place(Reason::new(
            release.version.clone(),
            "Which schema the release was built for is not known.".to_owned(),
            Verdict::Unknown,
        ));
        (0..count).map(|_| cell(Verdict::Unknown, vec![reason], 0)).collect()
    }

    /// The cells of a release, by schema; `at` is its own.
    pub(super) fn row(&mut self, at: usize, release: usize) -> Vec<Cell> {
        let queries = self.material.queries.get(release).map(Vec::as_slice).unwrap_or_default();
        let Some(own) = self.points.get(at) else { return Vec::new() };
        let asked: Vec<Asked<'_>> = queries
            .iter()
            .enumerate()
            .filter_map(|(place, query)| {
                let command = query.command.as_ref().ok()?;
                let resolved = resolve(command, &own.catalog);
                let names = names(command, &resolved, &own.catalog);
                Some(Asked { at: place, command, own: resolved, names })
            })
            .collect();
        let unread: Vec<u32> = self.unread(release);
        let mut cells = Vec::new();
        for later in [false, true] {
            let way: Vec<usize> = if later { (at + 1..self.points.len()).collect() } else { (0..=at).rev().collect() };
            let mut state = State::default();
            for to in way {
                let found = if queries.is_empty() {
                    self.step(&mut state, (at, to), later)
                } else {
                    let mut found = self.ask(&mut state, &asked, (at, to), later, release);
                    found.extend(&unread);
                    found
                };
                cells.push((to, self.cell(found)));
            }
        }
        cells.sort_by_key(|(to, _)| *to);
        cells.into_iter().map(|(_, cell)| cell).collect()
    }

    fn cell(&self, mut found: Vec<u32>) -> Cell {
        found.sort_by_key(|at| (Reverse(self.verdict(*at)), *at));
        found.dedup();
        let verdict = found.first().map(|at| self.verdict(*at)).unwrap_or_default();
        let live = self.material.releases.iter().filter(|release| release.supported).count();
        let cells = self.points.len() * live;
        let more = if cells > SMALL { found.len().saturating_sub(KEPT) } else { 0 };
        found.truncate(found.len() - more);
        found.sort_by(|a, b| {
            let reason = |at: &u32| self.reasons.get(*at as usize);
            self.verdict(*b).cmp(&self.verdict(*a)).then_with(|| reason(a).cmp(&reason(b)))
        });
        cell(verdict, found, index(more))
    }

    /// Queries that no parser reads.
    fn unread(&mut self, release: usize) -> Vec<u32> {
        let queries = self.material.queries.get(release).map(Vec::as_slice).unwrap_or_default();
        let mut found = Vec::new();
        for query in queries {
            let Err(error) = &query.command else { continue };
            found.push(self.place(Reason {
                object: query.file.clone(),
                change: format!("The query cannot be read: {}.", error.trim_end_matches('.')),
                verdict: Verdict::Unknown,
                outcome: Some(Outcome::Unknown),
                query: Some(query.sql.clone()),
                query_file: Some(query.file.clone()),
                query_line: Some(query.line),
                file: None,
                line: None,
            }));
        }
        found
    }

    /// What changed since the schema before on the way.
    fn step_of(&self, (own, to): (usize, usize), later: bool) -> Option<&BTreeSet<Part>> {
        match (own == to, later) {
            (true, _) => None,
            (_, true) => self.steps.get(to.checked_sub(1)?),
            (_, false) => self.steps.get(to),
        }
    }

    /// The next schema on the way, without queries.
    fn step(&mut self, state: &mut State, (own, to): (usize, usize), later: bool) -> Vec<u32> {
        let Some(parts) = self.step_of((own, to), later).cloned() else { return Vec::new() };
        for part in parts {
            let reasons = self.judged(&part, (own, to), later);
            if reasons.is_empty() {
                state.parts.remove(&part);
            } else {
                state.parts.insert(part, reasons);
            }
        }
        let mut found: Vec<u32> = self.worst(state);
        found.extend(self.opaque_between((own, to), None));
        found
    }

    /// All reasons, or in a large matrix what decides.
    fn worst(&self, state: &State) -> Vec<u32> {
        state.parts.values().flatten().copied().collect()
    }

    fn judged(&mut self, part: &Part, (own, to): (usize, usize), later: bool) -> Vec<u32> {
        let points = self.points;
        let (Some(expected), Some(actual)) = (points.get(own), points.get(to)) else { return Vec::new() };
        let address =
            |catalog: &Catalog, name: &ObjectName| catalog.tables.get(name).map_or(0, |table| Arc::as_ptr(table) as usize);
        let key = match part {
            Part::Table(name) => Some((address(&expected.catalog, name), address(&actual.catalog, name), later)),
            _ => None,
        };
        if let Some(known) = key.as_ref().and_then(|key| self.judged.get(key)) {
            return known.clone();
        }
        let mut reasons = Vec::new();
        for change in of_part(&expected.catalog, &actual.catalog, part) {
            let Some((object, reason)) = judge(&change, &actual.catalog, later) else { continue };
            let place = self.origins.find(&object, of_change(&change), |at| between(expected, actual, at));
            let reason = Reason { file: place.map(|place| place.file.clone()), line: place.map(|place| place.line), ..reason };
            reasons.push(self.place(reason));
        }
        if let Some(key) = key {
            self.judged.insert(key, reasons.clone());
        }
        reasons
    }

    /// The next schema on the way, with queries: those are asked again that name what changed.
    fn ask(
        &mut self,
        state: &mut State,
        asked: &[Asked<'_>],
        (own, to): (usize, usize),
        later: bool,
        release: usize,
    ) -> Vec<u32> {
        let changed: Option<BTreeSet<String>> =
            self.step_of((own, to), later).map(|parts| parts.iter().map(|part| part.name().name.to_lowercase()).collect());
        let mut found = Vec::new();
        for query in asked {
            let opaque = self.opaque_between((own, to), Some(&query.names));
            let sure = opaque.is_empty();
            let again = changed.as_ref().is_none_or(|changed| changed.contains("") || !changed.is_disjoint(&query.names));
            let known = state.queries.get(&query.at);
            if again || known.is_none_or(|(was, _)| *was != sure) {
                let reasons = self.asked(query, (own, to), later, sure, release);
                state.queries.insert(query.at, (sure, reasons));
            }
            found.extend(state.queries.get(&query.at).into_iter().flat_map(|(_, reasons)| reasons));
            found.extend(opaque);
        }
        found
    }

    fn asked(&mut self, asked: &Asked<'_>, (own, to): (usize, usize), later: bool, sure: bool, release: usize) -> Vec<u32> {
        let points = self.points;
        let (Some(expected), Some(actual)) = (points.get(own), points.get(to)) else { return Vec::new() };
        let pair = Pair { own: &expected.catalog, other: &actual.catalog, later, sure };
        let met = meet(asked.command, &asked.own, pair);
        let queries = self.material.queries.get(release);
        let Some(query) = queries.and_then(|queries| queries.get(asked.at)) else { return Vec::new() };
        let mut reasons = Vec::new();
        for Met { outcome, object, sentence } in met {
            let place = self.origins.find(&object, aspect(&sentence), |at| own == to || between(expected, actual, at));
            reasons.push(Reason {
                object: short(&crate::graph::touch::plain(object)),
                change: sentence,
                verdict: outcome.verdict(),
                outcome: Some(outcome),
                query: Some(query.sql.clone()),
                query_file: Some(query.file.clone()),
                query_line: Some(query.line),
                file: place.filter(|_| own != to).map(|place| place.file.clone()),
                line: place.filter(|_| own != to).map(|place| place.line),
            });
        }
        reasons.into_iter().map(|reason| self.place(reason)).collect()
    }

    /// What nobody can know between two schemas; of a query only what may concern it.
    fn opaque_between(&mut self, (own, to): (usize, usize), names: Option<&BTreeSet<String>>) -> Vec<u32> {
        let points = self.points;
        let (Some(expected), Some(actual)) = (points.get(own), points.get(to)) else { return Vec::new() };
        let concerns = |one: &&Opaque<'_>| {
            between(expected, actual, one.migration)
                && names.is_none_or(|names| one.text.is_none_or(|text| mentions(text, names)))
        };
        let reasons: Vec<Reason> = self
            .opaque
            .iter()
            .filter(concerns)
            .map(|one| Reason {
                object: one.id.clone(),
                change: format!("What {} does is not known: {}.", one.id, one.reason.trim_end_matches('.')),
                verdict: Verdict::Unknown,
                outcome: None,
                query: None,
                query_file: None,
                query_line: None,
                file: Some(one.file.to_owned()),
                line: Some(one.line),
            })
            .collect();
        reasons.into_iter().map(|reason| self.place(reason)).collect()
    }
}

/// What is known on the way so far.
#[derive(Default)]
struct State {
    parts: BTreeMap<Part, Vec<u32>>,
    queries: BTreeMap<usize, (bool, Vec<u32>)>,
}

const fn cell(verdict: Verdict, reasons: Vec<u32>, more: u32) -> Cell {
    Cell { release: 0, schema: 0, verdict, reasons, more, back: None }
}

/// Whether exactly one of two schemas has a migration.
fn between(a: &Point, b: &Point, migration: usize) -> bool {
    a.has.get(migration) != b.has.get(migration)
}

/// The aspect a sentence of a query is about.
fn aspect(sentence: &str) -> Aspect {
    if sentence.contains(" instead of ") && !sentence.contains("becomes") {
        Aspect::Type
    } else if sentence.contains("NULL") && !sentence.contains("becomes") {
        Aspect::Null
    } else if sentence.contains("becomes") {
        Aspect::Default
    } else {
        Aspect::Existence
    }
}

/// Bare names that decide about a query: relations with what views read, functions, types.
fn names(command: &Command, resolved: &Resolved, catalog: &Catalog) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<ObjectName> = Vec::new();
    for (written, stored) in &resolved.relations {
        found.insert(written.name.to_lowercase());
        open.extend(stored.clone());
    }
    while let Some(name) = open.pop() {
        if let Some(view) = catalog.views.get(&name) {
            open.extend(view.reads.iter().filter(|read| !found.contains(&read.name.to_lowercase())).cloned());
        }
        let types = catalog.tables.get(&name).map(|table| table.columns.as_slice()).unwrap_or_default();
        let types = types.iter().filter_map(|column| crate::statement::parse::type_name::user_defined(&column.data_type));
        found.extend(types.map(|name| name.name.to_lowercase()));
        found.insert(name.name.to_lowercase());
    }
    let last = |call: &String| call.rsplit('.').next().unwrap_or_default().to_lowercase();
    found.extend(command.calls.iter().map(last));
    found.extend(command.types.iter().map(|name| name.name.to_lowercase()));
    found.extend(command.strings.iter().map(|text| text.trim_matches('"').to_lowercase()));
    found
}

fn opaque(material: Material<'_>) -> Vec<Opaque<'_>> {
    let mut all = Vec::new();
    for (at, migration) in material.migrations.iter().enumerate() {
        let id = migration.id.to_string();
        for statement in &migration.up.statements {
            for operation in &statement.operations {
                let (Operation::Opaque { reason } | Operation::Call { reason, .. }) = operation else { continue };
                let (file, line) = (statement.span.file.as_str(), statement.span.line);
                all.push(Opaque { migration: at, id: id.clone(), reason, file, line, text: tells(&statement.sql) });
            }
        }
        for part in &migration.up.opaque {
            let (file, line) = (part.span.file.as_str(), part.span.line);
            all.push(Opaque { migration: at, id: id.clone(), reason: &part.reason, file, line, text: None });
        }
    }
    all
}

/// The text of an opaque statement where it names all it can touch: nothing is put together at run time, nothing cascades,
/// and no routine is called.
fn tells(sql: &str) -> Option<&str> {
    let lower = sql.to_lowercase();
    let dynamic = ["execute", "cascade", "call", "perform", "format", "do "].iter().any(|word| lower.contains(word));
    (!dynamic).then_some(sql)
}

fn mentions(text: &str, names: &BTreeSet<String>) -> bool {
    let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
    words.into_iter().any(|word| names.contains(&word.to_lowercase()))
}

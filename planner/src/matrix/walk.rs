//! From the schema a release was built for to every other, one step at a time: a step judges again only what it changes.

use crate::sort::Gather;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use litemap::LiteMap;

use super::asked::{Asked, aspect, by_name, names};
use super::build::{Built, Material, index};
use super::meet::{Met, Pair, meet};
use super::opaque::{self, Opaque};
use super::origin::{Origins, of_change};
use super::queries::Query;
use super::tally::Tally;
use super::verdict::{judge, short};
use super::{Cell, Outcome, Reason, Release, Verdict};
use crate::catalog::Catalog;
use crate::catalog::diff::{Part, changed, of_part};
use crate::catalog::query::resolve;
use crate::sort::Sort;

/// Cells of a matrix that is not large: all their reasons are kept.
pub(super) const SMALL: usize = 2_000;
/// Reasons that are kept of a cell of a large matrix, at most and at least, and of all cells together.
const KEPT: usize = 12;
const FEWEST: usize = 3;
const MOST: usize = 120_000;

/// A schema.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) built: Built,
    pub(super) catalog: Catalog,
}

/// All that rows share.
pub(super) struct Field<'a> {
    material: Material<'a>,
    points: &'a [Point],
    /// Everything that differs in some step.
    parts: Vec<Part>,
    steps: Vec<Step>,
    origins: Origins,
    opaque: Vec<Opaque<'a>>,
    reasons: Vec<Reason>,
    places: BTreeMap<Reason, u32>,
    /// Reasons of a table in one form for a release that knows it in another, by the addresses of both.
    judged: BTreeMap<(usize, usize, bool), Vec<u32>>,
}

/// From a schema to the next.
struct Step {
    /// What differs.
    parts: Arc<[Differs]>,
    /// The bare names of that, in lower case; an empty one stands for what may decide about every query.
    names: Arc<BTreeSet<String>>,
    /// What nobody can know that one of the two holds and the other does not: places in [`Field::opaque`].
    opaque: Arc<[usize]>,
}

/// What differs in a step.
struct Differs {
    /// Place in [`Field::parts`].
    part: usize,
    /// Addresses of the table before and after; 0: it is none, or is not there.
    tables: (usize, usize),
}

/// The queries of a row, and which of them a name or something opaque concerns.
struct Row<'a> {
    own: usize,
    release: usize,
    later: bool,
    asked: &'a [Asked<'a>],
    by_name: &'a BTreeMap<&'a str, Vec<usize>>,
    by_opaque: &'a [Vec<usize>],
    /// Addresses of the release's own tables, by place in [`Field::parts`].
    tables: &'a [usize],
}

impl<'a> Field<'a> {
    pub(super) fn new(material: Material<'a>, points: &'a [Point]) -> Self {
        let opaque = opaque::all(material.migrations);
        let mut known: LiteMap<Part, usize> = LiteMap::new();
        let mut parts = Vec::new();
        let step = |(first, second): (&Point, &Point)| {
            let flips = |(_, one): &(usize, &Opaque<'_>)| between(first, second, one.migration);
            let (mut names, mut differ) = (BTreeSet::new(), Vec::new());
            for part in changed(&first.catalog, &second.catalog) {
                names.insert(part.name().name.to_lowercase());
                let tables = (address(&first.catalog, &part), address(&second.catalog, &part));
                let place = known.get(&part).copied().unwrap_or(parts.len());
                if place == parts.len() {
                    parts.push(part.clone());
                    known.insert(part, place);
                }
                differ.push(Differs { part: place, tables });
            }
            Step {
                names: Arc::new(names),
                parts: differ.into(),
                opaque: opaque.iter().enumerate().filter(flips).map(|(at, _)| at).collect(),
            }
        };
        let steps = points.iter().zip(points.iter().skip(1)).map(step).collect();
        let origins = Origins::of(material.migrations);
        let (reasons, places, judged) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        Self { material, points, parts, steps, origins, opaque, reasons, places, judged }
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

    /// The cells of a release, by schema; `at` is its own. Of the schema `whole` also every reason that breaks it.
    pub(super) fn row(&mut self, at: usize, release: usize, whole: Option<usize>) -> (Vec<Cell>, Vec<u32>) {
        let queries = self.material.queries.get(release).map(Vec::as_slice).unwrap_or_default();
        let Some(own) = self.points.get(at) else { return (Vec::new(), Vec::new()) };
        let ask = |(place, query): (usize, &'a Query)| {
            let command = query.command.as_ref().ok()?;
            let resolved = resolve(command, &own.catalog);
            let names = names(command, &resolved, &own.catalog);
            Some(Asked { at: place, command, own: resolved, names })
        };
        let asked: Vec<Asked<'_>> = queries.iter().enumerate().filter_map(ask).collect();
        let by_name = by_name(&asked);
        let by_opaque = self.by_opaque(&asked);
        let unread = self.unread(release);
        let tables: Vec<usize> = self.parts.iter().map(|part| address(&own.catalog, part)).collect();
        let (mut cells, mut breaking) = (Vec::new(), Vec::new());
        for later in [false, true] {
            let row = Row { own: at, release, later, asked: &asked, by_name: &by_name, by_opaque: &by_opaque, tables: &tables };
            let way: Vec<usize> = if later { (at + 1..self.points.len()).collect() } else { (0..=at).rev().collect() };
            let mut state =
                State { parts: vec![None; self.parts.len()], queries: asked.iter().map(|_| None).collect(), ..State::default() };
            state.tally.add(&unread, self);
            for to in way {
                if queries.is_empty() {
                    self.step(&mut state, &row, to);
                } else {
                    self.ask(&mut state, &row, to);
                }
                if whole == Some(to) {
                    breaking = state.tally.of(Verdict::Breaks);
                }
                cells.push((to, self.cell(&state.tally)));
            }
        }
        breaking.order_by(|a, b| self.reasons.get(*a as usize).cmp(&self.reasons.get(*b as usize)));
        cells.order_by_key(|(to, _)| *to);
        (cells.into_iter().map(|(_, cell)| cell).collect(), breaking)
    }

    fn cell(&self, tally: &Tally) -> Cell {
        let live = self.material.releases.iter().filter(|release| release.supported).count();
        let cells = self.points.len() * live;
        let most = if cells > SMALL { (MOST / cells).clamp(FEWEST, KEPT) } else { usize::MAX };
        let (verdict, mut found, more) = tally.worst(most);
        found.order_by(|a, b| {
            let reason = |at: &u32| self.reasons.get(*at as usize);
            self.verdict(*b).cmp(&self.verdict(*a)).then_with(|| reason(a).cmp(&reason(b)))
        });
        cell(verdict, found, index(more))
    }

    /// The queries that each opaque thing may concern.
    fn by_opaque(&self, asked: &[Asked<'_>]) -> Vec<Vec<usize>> {
        let concerned = |one: &Opaque<'_>| {
            let concerns = |(_, query): &(usize, &Asked<'_>)| one.concerns(&query.names);
            asked.iter().enumerate().filter(concerns).map(|(at, _)| at).collect()
        };
        self.opaque.iter().map(concerned).collect()
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

    /// The step that leads to a schema on the way; `None` at its start.
    fn step_of(&self, row: &Row<'_>, to: usize) -> Option<&Step> {
        match (row.own == to, row.later) {
            (true, _) => None,
            (_, true) => self.steps.get(to.checked_sub(1)?),
            (_, false) => self.steps.get(to),
        }
    }

    /// The next schema on the way, without queries.
    fn step(&mut self, state: &mut State, row: &Row<'_>, to: usize) {
        let Some((parts, opaque)) = self.step_of(row, to).map(|step| (step.parts.clone(), step.opaque.clone())) else { return };
        for differs in parts.iter() {
            let reasons = self.judged(differs, (row, to));
            state.tally.add(&reasons, self);
            if let Some(before) = state.parts.get_mut(differs.part).and_then(|known| known.replace(reasons)) {
                state.tally.take(&before, self);
            }
        }
        for at in opaque.iter() {
            let reason = self.unknown(*at);
            if state.flip(*at) {
                state.tally.add(&[reason], self);
            } else {
                state.tally.take(&[reason], self);
            }
        }
    }

    fn judged(&mut self, differs: &Differs, (row, to): (&Row<'_>, usize)) -> Vec<u32> {
        let (points, later) = (self.points, row.later);
        let (Some(expected), Some(actual)) = (points.get(row.own), points.get(to)) else { return Vec::new() };
        let Some(part) = self.parts.get(differs.part) else { return Vec::new() };
        let before = row.tables.get(differs.part).copied().unwrap_or_default();
        let after = if later { differs.tables.1 } else { differs.tables.0 };
        let key = matches!(part, Part::Table(_)).then_some((before, after, later));
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
    fn ask(&mut self, state: &mut State, row: &Row<'_>, to: usize) {
        let step = self.step_of(row, to).map(|step| (step.names.clone(), step.opaque.clone()));
        let all = || (0..row.asked.len()).gather();
        let mut again: BTreeSet<usize> = match &step {
            Some((names, _)) if !names.contains("") => {
                names.iter().filter_map(|name| row.by_name.get(name.as_str())).flatten().copied().gather()
            }
            _ => all(),
        };
        for at in step.iter().flat_map(|(_, opaque)| opaque.iter()) {
            let reason = self.unknown(*at);
            let on = state.flip(*at);
            let concerned = row.by_opaque.get(*at).map(Vec::as_slice).unwrap_or_default();
            again.extend(concerned);
            for _ in concerned {
                if on { state.tally.add(&[reason], self) } else { state.tally.take(&[reason], self) }
            }
        }
        if state.queries.iter().any(Option::is_none) {
            again = all();
        }
        for at in again {
            let Some(query) = row.asked.get(at) else { continue };
            let sure = !state.opaque.iter().any(|one| row.by_opaque.get(*one).is_some_and(|queries| queries.contains(&at)));
            let reasons = self.asked(query, (row.own, to), row.later, sure, row.release);
            state.tally.add(&reasons, self);
            if let Some(before) = state.queries.get_mut(at).and_then(|known| known.replace(reasons)) {
                state.tally.take(&before, self);
            }
        }
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

    /// The reason that stands for something opaque.
    fn unknown(&mut self, at: usize) -> u32 {
        let Some(one) = self.opaque.get_mut(at) else { return 0 };
        if let Some(place) = one.place {
            return place;
        }
        let reason = one.reason();
        let place = self.place(reason);
        if let Some(one) = self.opaque.get_mut(at) {
            one.place = Some(place);
        }
        place
    }
}

/// What is known on the way so far.
#[derive(Default)]
struct State {
    /// Reasons of each of [`Field::parts`], once it differed.
    parts: Vec<Option<Vec<u32>>>,
    /// Reasons of each query, once it was asked.
    queries: Vec<Option<Vec<u32>>>,
    /// What nobody can know between the release's own schema and this one.
    opaque: BTreeSet<usize>,
    tally: Tally,
}

impl State {
    /// Something opaque that one of two neighbours has is between, or no longer; whether it now is.
    fn flip(&mut self, at: usize) -> bool {
        self.opaque.insert(at) || !self.opaque.remove(&at)
    }
}

const fn cell(verdict: Verdict, reasons: Vec<u32>, more: u32) -> Cell {
    Cell { release: 0, schema: 0, verdict, reasons, more, back: None }
}

/// Where a table is kept: equal addresses are equal tables. 0: it is none, or is not there.
fn address(catalog: &Catalog, part: &Part) -> usize {
    let Part::Table(name) = part else { return 0 };
    catalog.tables.get(name).map_or(0, |table| Arc::as_ptr(table) as usize)
}

/// Whether exactly one of two schemas has a migration.
fn between(a: &Point, b: &Point, migration: usize) -> bool {
    a.built.migrations.contains(migration) != b.built.migrations.contains(migration)
}

//! The revisions of a script folder as one map, for the commands that only read the graph: nothing is rendered.

use std::collections::BTreeSet;

use super::order::topological;
use super::revision_file::{RevisionFile, read};
use super::revision_map::{Revision, RevisionMap};
use super::target::{Unresolved, resolve, scoped, upgrade_targets, walk_down_from, walk_down_or_stay};
use super::{location, map_check, migration};
use crate::finding::Finding;
use crate::migration::Migration;
use crate::project::settings::Settings;
use crate::project::{Project, Request};
use crate::sort::Gather;

pub use super::location::locations;

/// What a revision file says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Revision id.
    pub id: String,
    /// Path in the project.
    pub path: String,
    /// Docstring up to its first empty line, as it is written.
    pub summary: String,
    /// The whole docstring.
    pub docstring: String,
    /// `depends_on` as it is written.
    pub depends_on: Vec<String>,
}

/// All revisions of one script folder. Indexes of pages are those of the map: the order Alembic loads files in.
#[derive(Clone, Debug)]
pub struct Book {
    pub(super) map: RevisionMap,
    pub(super) pages: Vec<Page>,
    /// What is wrong with files and map; where one is blocking, Alembic itself stops with a traceback.
    pub findings: Vec<Finding>,
}

/// Reads the script folder. `None`: the project has none.
#[must_use]
pub fn open(project: &Project, settings: &Settings, request: &Request) -> Option<Book> {
    let (files, findings) = files(project, settings, request)?;
    let migrations: Vec<Migration> = files.iter().enumerate().map(|(at, file)| migration(at, file)).collect();
    let references: Vec<&Migration> = migrations.iter().collect();
    let map = RevisionMap::new(&references);
    let mut seen = BTreeSet::new();
    let pages = files.iter().filter(|file| seen.insert(file.id.text.clone())).map(page).collect();
    Some(Book { map, pages, findings })
}

/// The files that are revisions, and what is wrong with them.
pub(super) fn files(project: &Project, settings: &Settings, request: &Request) -> Option<(Vec<RevisionFile>, Vec<Finding>)> {
    let (candidates, mut findings) = location::candidates(project, settings, request)?;
    let mut files = Vec::new();
    for candidate in candidates {
        files.extend(read(project, candidate.file, &candidate.script, &mut findings));
    }
    findings.extend(map_check::check(&files));
    Some((files, findings))
}

fn page(file: &RevisionFile) -> Page {
    let docstring = file.docstring.trim().to_owned();
    let summary = docstring.split("\n\n").next().unwrap_or_default().to_owned();
    let depends_on = file.depends_on.iter().map(|one| one.text.clone()).collect();
    Page { id: file.id.text.clone(), path: file.path.clone(), summary, docstring, depends_on }
}

impl Book {
    /// The page of a revision.
    pub(super) fn page(&self, at: usize) -> Option<&Page> {
        self.pages.get(at)
    }

    /// The page of a revision id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.id == id)
    }

    pub(super) fn revision(&self, at: usize) -> Revision {
        self.map.revision(at).cloned().unwrap_or_default()
    }

    /// Ids of the heads, in load order; `effective`: of those that nothing depends on either.
    #[must_use]
    pub fn heads(&self, effective: bool) -> Vec<String> {
        let heads = if effective { self.map.real_heads() } else { self.map.heads() };
        heads.iter().map(|at| self.map.id(*at).to_owned()).collect()
    }

    /// `ScriptDirectory.get_revisions`: the revisions a symbol means, empty for `base`.
    ///
    /// # Errors
    /// The symbol means nothing, or several revisions where it may mean one.
    pub fn revisions(&self, symbol: &str) -> Result<Vec<String>, Box<Finding>> {
        let found = self.look_up(symbol).map_err(|why| finding(symbol, why))?;
        Ok(found.iter().map(|at| self.map.id(*at).to_owned()).collect())
    }

    pub(super) fn look_up(&self, symbol: &str) -> Result<Vec<usize>, Unresolved> {
        let (label, number) = symbol.split_once('@').map_or((None, symbol), |(label, rest)| (Some(label), rest));
        // `-N` walks down from every head.
        match number.parse::<i64>() {
            Ok(steps) if steps < 0 && self.map.get(number).is_none() => {
                let heads = self.map.real_heads();
                let on = |at: &usize| label.is_none_or(|label| self.revision(*at).labels.contains(label));
                heads.into_iter().filter(on).map(|at| walk_down_from(&self.map, at, steps)).collect()
            }
            _ => resolve(&self.map, symbol),
        }
    }

    /// `ScriptDirectory.walk_revisions`: from `upper` down to `lower`, both included, newest first. Rows of a database
    /// stand for `current`.
    pub(super) fn walk(&self, lower: &End<'_>, upper: &End<'_>) -> Result<Vec<usize>, Unresolved> {
        let lower_at = self.lower(lower)?;
        let mut targets = match upper {
            End::Rows(rows) => self.rows(rows)?,
            End::Symbol(symbol) => upgrade_targets(&self.map, &lower_at, symbol, true)?,
        };
        if let End::Symbol(lower) = lower
            && let Some((label, _)) = lower.split_once('@')
        {
            let at = scoped(&self.map, None, label)?;
            let own = self.revision(at);
            let branch = if own.id == label { own.labels.first().cloned().unwrap_or_default() } else { label.to_owned() };
            targets.retain(|at| self.revision(*at).labels.contains(&branch));
        }
        let required = self.map.ancestors(&targets, true);
        if lower_at.iter().any(|at| !required.contains(at)) {
            return Err(Unresolved {
                message: format!("Revision(s) {} is not an ancestor of revision(s) {}", lower.shown(), upper.shown()),
                cure: "Name the older end first: `-r OLDER:NEWER`.".to_owned(),
            });
        }
        let mut needs: BTreeSet<usize> = required.difference(&self.map.ancestors(&lower_at, true)).copied().gather();
        needs.extend(lower_at.iter().copied());
        if !lower_at.is_empty() {
            let below = self.map.descendants(&lower_at, false);
            needs.retain(|at| below.contains(at));
        }
        Ok(topological(&self.map, &needs, &targets))
    }

    fn rows(&self, rows: &BTreeSet<String>) -> Result<Vec<usize>, Unresolved> {
        rows.iter().map(|row| scoped(&self.map, None, row)).collect()
    }

    fn lower(&self, lower: &End<'_>) -> Result<Vec<usize>, Unresolved> {
        let symbol = match lower {
            End::Symbol(symbol) => symbol,
            End::Rows(rows) => return self.rows(rows),
        };
        // `history -r -3:` counts down from the heads, and stays at the base where that is nearer.
        let (label, number) = symbol.split_once('@').map_or((None, *symbol), |(label, rest)| (Some(label), rest));
        match number.parse::<i64>() {
            Ok(steps) if steps < 0 && self.map.get(number).is_none() => {
                let heads = self.map.real_heads();
                let on = |at: &usize| label.is_none_or(|label| self.revision(*at).labels.contains(label));
                let mut found = Vec::new();
                for head in heads.into_iter().filter(on) {
                    found.extend(walk_down_or_stay(&self.map, head, steps)?);
                }
                Ok(found)
            }
            _ => resolve(&self.map, symbol),
        }
    }

    /// `_get_all_current`: the rows and the heads they imply, without those that another one follows.
    pub(super) fn all_current(&self, rows: &BTreeSet<String>) -> Result<Vec<usize>, Unresolved> {
        let all = self.map.ancestors(&self.rows(rows)?, true);
        let followed = |at: &usize| self.map.descendants(&[*at], false).iter().any(|other| other != at && all.contains(other));
        Ok(all.iter().copied().filter(|at| !followed(at)).collect())
    }
}

/// One end of a range of revisions.
#[derive(Clone, Debug)]
pub enum End<'a> {
    /// As people write it.
    Symbol(&'a str),
    /// `current`: the rows of a database.
    Rows(&'a BTreeSet<String>),
}

impl End<'_> {
    fn shown(&self) -> String {
        match self {
            Self::Symbol(symbol) => (*symbol).to_owned(),
            Self::Rows(rows) => rows.iter().cloned().collect::<Vec<_>>().join(", "),
        }
    }
}

/// A finding from why a symbol means nothing.
pub(super) fn finding(symbol: &str, why: Unresolved) -> Box<Finding> {
    Box::new(Finding::broken("unknown-target", None, format!("`{symbol}`: {}", why.message), why.cure))
}

//! Releases on the schemas that a plan goes through, and on the one that a target has.

use std::collections::BTreeSet;

use fixedbitset::FixedBitSet;
use litemap::LiteMap;
use serde::{Deserialize, Serialize};

use super::build::{Built, Material, matrix};
use super::course::Course;
use super::{Cell, Matrix, Reason, Release, Verdict, queries};
use crate::project::Project;
use crate::sort::Gather;

/// Reasons of one release that are kept of what is deployed.
const KEPT: usize = 12;

/// What is really deployed: the history of a target against each release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployed {
    /// Environment.
    pub environment: String,
    /// Version or revisions the target is at; empty: nothing is applied.
    pub at: String,
    /// Each supported release on it, oldest first.
    pub releases: Vec<Standing>,
}

/// A release on the schema that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The release.
    pub release: String,
    /// Does it work there?
    pub verdict: Verdict,
    /// The schema it was built for is there.
    pub held: bool,
    /// Why, worst first.
    pub reasons: Vec<Reason>,
}

/// Each supported release on what the target has; `at` names that. `matrix` knows the schemas of the releases.
#[must_use]
pub fn deployed(project: &Project, course: &Course<'_>, matrix: &Matrix, at: &str) -> Option<Deployed> {
    let held = course.start();
    let known = |at: &usize| course.built.get(*at).is_some_and(Option::is_some);
    let supported = |at: &usize| course.releases.get(*at).is_some_and(|release| release.supported) && known(at);
    let all: Vec<usize> = (0..course.releases.len()).filter(supported).collect();
    if all.is_empty() {
        return None;
    }
    let same = matrix.schemas.iter().position(|label| course.is_schema(label, &held));
    let judged = match same {
        Some(_) => None,
        None => Some(Judged::new(project, course, &all, None, std::slice::from_ref(&held))),
    };
    let matrix = judged.as_ref().map_or(matrix, |judged| &judged.matrix);
    let standing = |at: usize| {
        let cell = match &judged {
            Some(judged) => judged.cell(at, 0),
            None => same.and_then(|schema| matrix.cell(at, schema)),
        };
        let reasons = cell.map(|cell| matrix.reasons(&cell.reasons).take(KEPT).cloned().collect());
        Standing {
            release: course.release(at).to_owned(),
            verdict: cell.map_or(Verdict::Unknown, |cell| cell.verdict),
            held: course.is_held(at, &held),
            reasons: reasons.unwrap_or_default(),
        }
    };
    let releases = all.into_iter().map(standing).collect();
    Some(Deployed { environment: course.settings.environment.clone(), at: at.to_owned(), releases })
}

/// What keeps a release from working on a schema.
pub(super) fn bad(matrix: &Matrix, release: usize, schema: Option<usize>) -> Vec<&Reason> {
    let cell = schema.and_then(|schema| matrix.cell(release, schema));
    let reasons = cell.map(|cell| matrix.reasons(&cell.reasons));
    reasons.into_iter().flatten().filter(|reason| reason.verdict >= Verdict::Unknown).collect()
}

/// The releases at hand on the schemas of a way.
pub(super) struct Judged {
    matrix: Matrix,
    /// Rows of the matrix, by the place of their release in the project.
    rows: LiteMap<usize, usize>,
    /// Columns of the matrix, by the steps done.
    columns: Vec<Option<usize>>,
}

impl Judged {
    pub(super) fn new(project: &Project, course: &Course<'_>, live: &[usize], next: Option<usize>, way: &[FixedBitSet]) -> Self {
        let places: Vec<usize> = live.iter().copied().chain(next).collect();
        let mut releases: Vec<Release> = Vec::new();
        let mut built: Vec<Option<Built>> = Vec::new();
        for at in &places {
            releases.extend(course.releases.get(*at).map(|release| Release { supported: true, ..release.clone() }));
            built.push(course.built.get(*at).cloned().flatten());
        }
        let (mut queries, _) = queries::load(project, &releases, course.settings.dialect);
        // Each schema on the way is that of a release nobody runs.
        for (step, migrations) in way.iter().enumerate() {
            let label = label(step);
            releases.push(Release { version: label.clone(), supported: false, ..Release::default() });
            built.push(Some(Built { label, migrations: migrations.clone() }));
            queries.push(Vec::new());
        }
        let material = Material {
            releases: &releases,
            built: &built,
            queries: &queries,
            migrations: course.migrations,
            settings: course.settings,
        };
        let matrix = matrix(material, &|_, _| None);
        let columns = (0..way.len()).map(|step| matrix.schemas.iter().position(|schema| *schema == label(step))).collect();
        let mut rows = LiteMap::new();
        for (row, at) in places.into_iter().enumerate() {
            rows.insert(at, row);
        }
        Self { matrix, rows, columns }
    }

    /// A release when so many steps are done.
    fn cell(&self, release: usize, steps: usize) -> Option<&Cell> {
        self.matrix.cell(*self.rows.get(&release)?, self.columns.get(steps).copied().flatten()?)
    }

    /// What keeps a release from working when so many steps are done.
    pub(super) fn bad(&self, release: usize, steps: usize) -> Vec<&Reason> {
        let row = self.rows.get(&release).copied();
        row.map_or_else(Vec::new, |row| bad(&self.matrix, row, self.columns.get(steps).copied().flatten()))
    }

    /// What came with the last of these steps.
    pub(super) fn new_at(&self, release: usize, steps: usize) -> Vec<&Reason> {
        let known: BTreeSet<&Reason> = steps.checked_sub(1).into_iter().flat_map(|before| self.bad(release, before)).gather();
        self.bad(release, steps).into_iter().filter(|reason| !known.contains(reason)).collect()
    }

    /// Whether it certainly does not work there, though it does on its own schema.
    pub(super) fn breaks(&self, release: usize, steps: usize) -> bool {
        let own = self.rows.get(&release).and_then(|row| Some((*row, self.matrix.own(*row)?)));
        let always: Vec<&Reason> = own.map_or_else(Vec::new, |(row, own)| bad(&self.matrix, row, Some(own)));
        self.bad(release, steps).iter().any(|reason| reason.verdict == Verdict::Breaks && !always.contains(reason))
    }

    /// Whether its queries fail on what the target has now. Without queries nobody knows what it uses.
    pub(super) fn is_broken_by_what_is_there(&self, release: usize) -> bool {
        let row = self.rows.get(&release).and_then(|row| self.matrix.releases.get(*row));
        row.is_some_and(|release| !release.queries.is_empty()) && self.breaks(release, 0)
    }
}

/// No version of a release begins so.
fn label(step: usize) -> String {
    format!("\u{0}{step}")
}

//! The text of Alembic's listing commands (`Script.cmd_format`, `Script.log_entry`), and the same as data.
//!
//! Alembic prints labels and the revisions behind a branch point in the order of a Python `set`, another one each time;
//! here labels are sorted, and revisions come in the order the files are loaded in.

use std::collections::BTreeSet;

use serde::Serialize;

use super::book::{Book, End, finding};
use crate::finding::Finding;

/// One revision of a listing. Its JSON is that of `heads`, `history`, `show`, `branches` and `current`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Revision id.
    pub revision: String,
    /// `down_revision`.
    pub parents: Vec<String>,
    /// `depends_on` as it is written.
    pub depends_on: Vec<String>,
    /// Own and inherited labels, sorted.
    pub labels: Vec<String>,
    /// Nothing names it as its parent.
    pub head: bool,
    /// Nothing depends on it either.
    pub effective_head: bool,
    /// Several name it as their parent.
    pub branch_point: bool,
    /// It has several parents.
    pub merge_point: bool,
    /// A row of the database, where one was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<bool>,
    /// Those that name it as their parent.
    pub children: Vec<String>,
    /// Docstring up to its first empty line.
    pub description: String,
    /// Path in the project.
    pub path: String,
    /// The whole docstring.
    #[serde(skip)]
    docstring: String,
}

/// Which parts a line has.
#[derive(Clone, Copy, Debug, Default)]
pub struct Parts {
    /// `parent -> ` before the id.
    pub parents: bool,
    /// Labels behind it.
    pub labels: bool,
    /// Branch and merge points behind it.
    pub points: bool,
    /// The description at the end.
    pub description: bool,
}

impl Listed {
    /// `Script._head_only`.
    #[must_use]
    pub fn line(&self, parts: Parts) -> String {
        let mut text = String::new();
        if parts.parents {
            text.push_str(&self.below());
            if !self.depends_on.is_empty() {
                text.push_str(&format!(" ({})", self.depends_on.join(", ")));
            }
            text.push_str(" -> ");
        }
        text.push_str(&self.revision);
        if parts.labels && !self.labels.is_empty() {
            text.push_str(&format!(" ({})", self.labels.join(", ")));
        }
        let marks = [
            (self.effective_head, " (head)"),
            (self.head && !self.effective_head, " (effective head)"),
            (self.current == Some(true), " (current)"),
            (parts.points && self.branch_point, " (branchpoint)"),
            (parts.points && self.merge_point, " (mergepoint)"),
        ];
        text.extend(marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark));
        if parts.description {
            text.push_str(&format!(", {}", self.description));
        }
        text
    }

    /// `Script.log_entry`; `root` is put before the path.
    #[must_use]
    pub fn entry(&self, root: &str) -> String {
        let marks = [
            (self.head, " (head)"),
            (self.branch_point, " (branchpoint)"),
            (self.merge_point, " (mergepoint)"),
            (self.current == Some(true), " (current)"),
        ];
        let marks: String = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect();
        let mut text = format!("Rev: {}{marks}\n", self.revision);
        text.push_str(&format!("{}: {}\n", if self.merge_point { "Merges" } else { "Parent" }, self.below()));
        let mut list = |name: &str, items: &[String]| {
            if !items.is_empty() {
                text.push_str(&format!("{name}: {}\n", items.join(", ")));
            }
        };
        list("Also depends on", &self.depends_on);
        if self.branch_point {
            list("Branches into", &self.children);
        }
        list("Branch names", &self.labels);
        let lines: Vec<String> = self.docstring.lines().map(|line| format!("    {line}")).collect();
        text.push_str(&format!("Path: {root}{}\n\n{}\n", self.path, lines.join("\n")));
        text
    }

    fn below(&self) -> String {
        if self.parents.is_empty() { "<base>".to_owned() } else { self.parents.join(", ") }
    }
}

impl Book {
    fn listed(&self, at: usize, rows: Option<&BTreeSet<String>>) -> Option<Listed> {
        let (page, revision) = (self.page(at)?, self.revision(at));
        let ids = |list: &[usize]| list.iter().map(|at| self.map.id(*at).to_owned()).collect::<Vec<_>>();
        Some(Listed {
            parents: ids(&revision.down),
            depends_on: page.depends_on.clone(),
            labels: revision.labels.iter().cloned().collect(),
            head: revision.next.is_empty(),
            effective_head: revision.all_next.is_empty(),
            branch_point: revision.next.len() > 1,
            merge_point: revision.down.len() > 1,
            current: rows.map(|rows| rows.contains(&revision.id)),
            children: ids(&revision.next),
            description: page.summary.clone(),
            path: page.path.clone(),
            docstring: page.docstring.clone(),
            revision: revision.id,
        })
    }

    fn all(&self, revisions: &[usize], rows: Option<&BTreeSet<String>>) -> Vec<Listed> {
        revisions.iter().filter_map(|at| self.listed(*at, rows)).collect()
    }

    /// `heads`; `effective`: with `--resolve-dependencies`.
    #[must_use]
    pub fn list_heads(&self, effective: bool) -> Vec<Listed> {
        self.all(&if effective { self.map.real_heads() } else { self.map.heads() }, None)
    }

    /// `history`, newest first.
    ///
    /// # Errors
    /// An end that means nothing, or is not above the other.
    pub fn list_history(
        &self,
        lower: &End<'_>,
        upper: &End<'_>,
        rows: Option<&BTreeSet<String>>,
    ) -> Result<Vec<Listed>, Box<Finding>> {
        let walked = self.walk(lower, upper).map_err(|why| finding("history", why))?;
        Ok(self.all(&walked, rows))
    }

    /// `branches`: the branch points, newest first, each with what branches off.
    #[must_use]
    pub fn list_branches(&self) -> Vec<(Listed, Vec<Listed>)> {
        let walked = self.walk(&End::Symbol("base"), &End::Symbol("heads")).unwrap_or_default();
        let points = walked.into_iter().filter(|at| self.revision(*at).next.len() > 1);
        points.filter_map(|at| Some((self.listed(at, None)?, self.all(&self.revision(at).next, None)))).collect()
    }

    /// `show`: the revisions a symbol means.
    ///
    /// # Errors
    /// It means nothing.
    pub fn list_shown(&self, symbol: &str) -> Result<Vec<Listed>, Box<Finding>> {
        let found = self.look_up(symbol).map_err(|why| finding(symbol, why))?;
        Ok(self.all(&found, None))
    }

    /// `current`: the rows, and the heads that these imply.
    ///
    /// # Errors
    /// A row that no file defines.
    pub fn list_current(&self, rows: &BTreeSet<String>) -> Result<Vec<Listed>, Box<Finding>> {
        let current = self.all_current(rows).map_err(|why| finding("current", why))?;
        Ok(self.all(&current, None))
    }
}

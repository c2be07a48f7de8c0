//! Names in their scopes: nearest first, and only what is visible.

use super::{Columns, Complaint, Origin, Output, Resolved};
use crate::catalog::Catalog;
use crate::catalog::apply::is_system_column;
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::command::{Block, Out, Place, Use};

/// Columns of a source, and whether it has others that are not known.
#[derive(Clone, Debug, Default)]
pub(super) struct Listed {
    pub(super) list: Vec<Output>,
    pub(super) open: bool,
}

impl Listed {
    /// Whether a name that none of the known columns bears may be one of its columns: of some not even the name is known.
    pub(super) fn may_have_more(&self) -> bool {
        self.open || self.list.iter().any(|output| output.name.is_none())
    }
}

/// A source in scope.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    pub(super) called: String,
    pub(super) schema: Option<String>,
    pub(super) relation: Option<ObjectName>,
    pub(super) columns: Listed,
    pub(super) qualified_only: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Frame {
    pub(super) sources: Vec<Bound>,
    pub(super) merged: Vec<String>,
}

pub(super) struct Look<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) found: Resolved,
    pub(super) frames: Vec<Frame>,
    pub(super) with: Vec<(String, Listed)>,
}

impl Look<'_> {
    /// A use, where names that go out may be meant too.
    pub(super) fn used(&mut self, used: &Use, block: &Block) -> Origin {
        let goes_out = |name: &str| {
            block.outputs.iter().any(|out| match out {
                Out::Column { name: own, .. } => self.same(own, name),
                Out::Value { name: Some(own), .. } => self.same(own, name),
                _ => false,
            })
        };
        let nothing = Origin::Expression(Columns::new());
        match used.place {
            Place::Order if used.qualifier.is_empty() && goes_out(&used.column) => nothing,
            Place::Group if used.qualifier.is_empty() && goes_out(&used.column) && !self.in_scope(&used.column) => nothing,
            _ => self.name(used),
        }
    }

    fn in_scope(&self, column: &str) -> bool {
        let has = |bound: &Bound| bound.columns.list.iter().any(|output| self.is(output.name.as_deref(), column));
        self.frames.iter().any(|frame| frame.sources.iter().any(has))
    }

    pub(super) fn name(&mut self, used: &Use) -> Origin {
        if used.qualifier.is_empty() { self.unqualified(&used.column) } else { self.qualified(used) }
    }

    fn qualified(&mut self, used: &Use) -> Origin {
        let called = used.qualifier.last().map(String::as_str).unwrap_or_default();
        let schema = used.qualifier.iter().rev().nth(1).map(String::as_str);
        let fits = |bound: &&Bound| {
            self.same(&bound.called, called)
                && schema.is_none_or(|schema| bound.schema.as_deref().is_none_or(|own| own == schema))
        };
        let bound = self.frames.iter().rev().find_map(|frame| frame.sources.iter().find(fits)).cloned();
        let Some(bound) = bound else {
            // `NEW`, `OLD`, a composite column: nothing that is known here.
            if self.in_scope(called) || matches!(called, "old" | "new") {
                self.gap("a field of a value");
                return Origin::Unknown;
            }
            self.found.complaints.push(Complaint::Relation(ObjectName::bare(called)));
            return Origin::Unknown;
        };
        match bound.columns.list.iter().find(|output| self.is(output.name.as_deref(), &used.column)) {
            Some(output) => output.from.clone(),
            None if bound.columns.may_have_more() || is_system_column(self.catalog, &used.column) => Origin::Unknown,
            None => {
                let of = bound.relation.unwrap_or_else(|| ObjectName::bare(bound.called));
                self.found.complaints.push(Complaint::Column(of, used.column.clone()));
                Origin::Unknown
            }
        }
    }

    fn unqualified(&mut self, column: &str) -> Origin {
        for frame in self.frames.iter().rev() {
            let visible = || frame.sources.iter().filter(|bound| !bound.qualified_only);
            let mut having = visible().filter_map(|bound| {
                bound.columns.list.iter().find(|output| self.is(output.name.as_deref(), column)).map(|output| &output.from)
            });
            if let Some(first) = having.next() {
                let first = first.clone();
                let several = having.next().is_some();
                if several && frame.merged.iter().any(|merged| self.same(merged, column)) {
                    self.gap("a column that JOIN USING merges");
                } else if several {
                    self.found.complaints.push(Complaint::Ambiguous(column.to_owned()));
                }
                return first;
            }
            if visible().any(|bound| bound.columns.may_have_more()) {
                return Origin::Unknown;
            }
            // A row as a whole: `count(t)`.
            if self.catalog.dialect == Dialect::Postgres && visible().any(|bound| bound.called == column) {
                self.gap("a whole row");
                return Origin::Unknown;
            }
        }
        if !is_system_column(self.catalog, column) {
            self.found.complaints.push(Complaint::Nowhere(column.to_owned()));
        }
        Origin::Unknown
    }

    pub(super) fn gap(&mut self, what: &'static str) {
        if !self.found.gaps.contains(&what) {
            self.found.gaps.push(what);
        }
    }

    pub(super) fn is(&self, own: Option<&str>, name: &str) -> bool {
        own.is_some_and(|own| self.catalog.same(own, name))
    }

    /// Table names: MySQL compares them by the file system's rule, aliases without case on SQLite.
    pub(super) fn same(&self, a: &str, b: &str) -> bool {
        self.catalog.same(a, b)
    }
}

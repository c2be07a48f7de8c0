//! The table that a statement changes, and the ways in which a server can change it.

use crate::catalog::Table;
use crate::dialect::{Dialect, ServerVersion};
use crate::effect::Algorithm;
use crate::effect::LockMode::{self, LockExclusive, LockNone, LockShared};
use crate::effect::draft::Draft;
use crate::name::ObjectName;
use crate::statement::operation::IndexPart;

/// A table with the draft of what is done to it.
pub(super) struct Target<'d, 'a> {
    pub(super) draft: &'d mut Draft<'a>,
    pub(super) key: ObjectName,
    /// As it was before; absent where nobody knows.
    pub(super) table: Option<&'a Table>,
}

impl<'d, 'a> Target<'d, 'a> {
    pub(super) fn new(draft: &'d mut Draft<'a>, name: &ObjectName) -> Self {
        let key = draft.key(name);
        let before = draft.before;
        let table = before.tables.get(&key).map(AsRef::as_ref);
        Self { draft, key, table }
    }

    pub(super) fn is_maria(&self) -> bool {
        self.draft.before.dialect == Dialect::MariaDb
    }

    /// MySQL of at least this version; a version without its third number is the oldest one in use, 8.0.12.
    pub(super) fn is_mysql_since(&mut self, patch: u32, gain: &str) -> bool {
        let version = self.draft.before.version;
        if self.is_maria() || version >= (ServerVersion { major: 8, minor: 0, patch }) {
            return !self.is_maria();
        }
        if version.patch == 0 {
            self.draft.assume(format!("the server is older than 8.0.{patch}; since then {gain}. --server-version takes 8.0.36"));
        }
        false
    }

    fn act(&mut self, algorithm: Algorithm, mode: LockMode) {
        self.draft.change(&self.key, algorithm, mode);
    }

    /// Only the server's own catalogs change.
    pub(super) fn instant(&mut self) {
        self.act(Algorithm::Instant, LockNone);
    }

    /// As [`Self::instant`]; MySQL does it in place.
    pub(super) fn metadata(&mut self) {
        self.act(if self.is_maria() { Algorithm::Instant } else { Algorithm::InPlace }, LockNone);
    }

    /// Indexes are built or dropped beside the table.
    pub(super) fn indexes(&mut self, mode: LockMode) {
        if self.is_innodb() {
            self.act(if self.is_maria() { Algorithm::NoCopy } else { Algorithm::InPlace }, mode);
        } else {
            self.copy();
        }
    }

    /// The table is written anew, writers go on, where nothing keeps them: a full-text index, an indexed virtual column
    /// or a spatial index cannot follow them.
    pub(super) fn rebuild(&mut self) {
        if !self.is_innodb() {
            return self.copy();
        }
        let waits = self.has_method("fulltext") || self.has_method("spatial") || self.has_indexed_virtual();
        self.rebuild_with(if waits { LockShared } else { LockNone });
    }

    /// As [`Self::rebuild`], under a lock that is known.
    pub(super) fn rebuild_with(&mut self, mode: LockMode) {
        self.act(Algorithm::InPlace, mode);
        let key = self.key.clone();
        self.draft.rewrite(&key);
    }

    /// The table is copied, writers wait.
    pub(super) fn copy(&mut self) {
        self.act(Algorithm::Copy, LockShared);
        let key = self.key.clone();
        self.draft.rewrite(&key);
    }

    /// At once, but with the table to itself.
    pub(super) fn alone(&mut self) {
        self.act(Algorithm::Instant, LockExclusive);
    }

    pub(super) fn option(&self, name: &str) -> Option<&'a str> {
        self.table?.options.get(name).map(String::as_str)
    }

    pub(super) fn is_innodb(&self) -> bool {
        self.option("engine").is_none_or(|engine| engine.eq_ignore_ascii_case("innodb"))
    }

    pub(super) fn is_compressed(&self) -> bool {
        self.option("row_format") == Some("compressed") || self.option("key_block_size").is_some_and(|size| size != "0")
    }

    pub(super) fn is_redundant(&self) -> bool {
        self.option("row_format") == Some("redundant")
    }

    /// Whether there is an index of this kind.
    pub(super) fn has_method(&self, method: &str) -> bool {
        self.table.is_some_and(|table| table.indexes.values().any(|index| index.method == method))
    }

    pub(super) fn has_index(&self, name: &str) -> bool {
        self.table.is_some_and(|table| table.index_names().any(|own| own.eq_ignore_ascii_case(name)))
    }

    /// Whether a generated column of this kind is there.
    pub(super) fn has_generated(&self, stored: bool) -> bool {
        let columns = self.table.into_iter().flat_map(|table| &table.columns);
        columns.filter_map(|column| column.generated.as_ref()).any(|generated| generated.stored == stored)
    }

    /// Whether an index goes over a virtual column.
    pub(super) fn has_indexed_virtual(&self) -> bool {
        let columns = self.table.into_iter().flat_map(|table| &table.columns);
        columns
            .filter(|column| column.generated.as_ref().is_some_and(|generated| !generated.stored))
            .any(|column| self.is_indexed(&column.name))
    }

    /// Whether a column is part of an index or key.
    pub(super) fn is_indexed(&self, column: &str) -> bool {
        let Some(table) = self.table else { return false };
        let named = |columns: &[String]| columns.iter().any(|own| own.eq_ignore_ascii_case(column));
        let of_constraint = table.constraints.iter().any(|constraint| {
            use crate::statement::operation::ConstraintKind::{ForeignKey, PrimaryKey, Unique};
            matches!(&constraint.kind, PrimaryKey { columns } | Unique { columns, .. } | ForeignKey { columns, .. } if named(columns))
        });
        of_constraint || table.indexes.values().any(|index| names(&index.columns).any(|own| own.eq_ignore_ascii_case(column)))
    }
}

/// The columns among the parts of an index.
pub(super) fn names(parts: &[IndexPart]) -> impl Iterator<Item = &str> {
    parts.iter().filter_map(|part| match part {
        IndexPart::Column(name) => Some(name.as_str()),
        IndexPart::Expression(_) => None,
    })
}

//! A column kept in step with another, and its indexes.

use super::standard::{Subject, short};
use crate::catalog::Index;
use crate::catalog::expression::{mentions, rename, token_ranges};
use crate::dialect::Dialect;
use crate::statement::operation::{ColumnDefinition, ConstraintKind, IndexPart};
use crate::undo::ddl;

/// Two columns with the same values.
pub(super) struct Copy<'a> {
    subject: &'a Subject<'a>,
    pub(super) from: &'a ColumnDefinition,
    pub(super) to: &'a ColumnDefinition,
    /// How a value of the first becomes one of the second, in the words of the first.
    using: Option<String>,
    converts: bool,
}

impl<'a> Copy<'a> {
    pub(super) fn plain(subject: &'a Subject<'a>, from: &'a ColumnDefinition, to: &'a ColumnDefinition) -> Self {
        Self { subject, from, to, using: None, converts: false }
    }

    pub(super) fn converted(
        subject: &'a Subject<'a>,
        from: &'a ColumnDefinition,
        to: &'a ColumnDefinition,
        using: Option<&str>,
    ) -> Self {
        Self { subject, from, to, using: using.map(str::to_owned), converts: true }
    }

    /// The first column's value as one of the second; `row` is `NEW.` in a trigger.
    pub(super) fn forward(&self, row: &str) -> String {
        let value = format!("{row}{}", self.subject.quote(&self.from.name));
        match &self.using {
            Some(expression) => in_row(self.subject, expression, &self.from.name, &value),
            None => self.cast(value, &self.to.data_type),
        }
    }

    /// The second column's value as one of the first.
    pub(super) fn backward(&self, row: &str) -> String {
        self.cast(format!("{row}{}", self.subject.quote(&self.to.name)), &self.from.data_type)
    }

    /// PostgreSQL converts what is assigned only where nothing can go wrong; the others always do.
    fn cast(&self, value: String, to: &str) -> String {
        match self.subject.dialect() {
            Dialect::Postgres if self.converts => format!("{value}::{to}"),
            Dialect::Sqlite if self.converts => format!("CAST({value} AS {to})"),
            _ => value,
        }
    }

    /// The second column, empty: only its triggers and the backfill write it before it is used.
    pub(super) fn add(&self) -> Vec<String> {
        let empty =
            ColumnDefinition { nullable: true, default: None, identity: None, serial: false, place: None, ..self.to.clone() };
        let place = match self.subject.dialect() {
            Dialect::MySql | Dialect::MariaDb => format!(" AFTER {}", self.subject.quote(&self.from.name)),
            Dialect::Postgres | Dialect::Sqlite => String::new(),
        };
        let column = ddl::column(&empty, self.subject.dialect());
        vec![format!("ALTER TABLE {} ADD COLUMN {column}{place}", self.subject.name())]
    }

    /// Fills the second column of old rows; each row says whether it still has to be.
    pub(super) fn fill(&self) -> String {
        let (old, new) = (self.subject.quote(&self.from.name), self.subject.quote(&self.to.name));
        format!("UPDATE {} SET {new} = {} WHERE {new} IS NULL AND {old} IS NOT NULL", self.subject.name(), self.forward(""))
    }

    fn trigger(&self, event: &str) -> String {
        self.subject.beside(&["sync", &self.subject.written.name, &self.from.name, event])
    }

    /// From here on a write of either column is one of both.
    pub(super) fn start(&self) -> Vec<String> {
        let (old, new) = (self.subject.quote(&self.from.name), self.subject.quote(&self.to.name));
        let (table, forward, backward) = (self.subject.name(), self.forward("NEW."), self.backward("NEW."));
        if self.subject.dialect() == Dialect::Postgres {
            let (function, trigger) = (self.trigger("columns"), self.bare());
            let body = format!(
                "\nBEGIN\n    IF TG_OP = 'INSERT' THEN\n        IF NEW.{new} IS NULL THEN NEW.{new} := {forward};\n        \
                 ELSE NEW.{old} := {backward};\n        END IF;\n    \
                 ELSIF NEW.{old} IS DISTINCT FROM OLD.{old} THEN NEW.{new} := {forward};\n    \
                 ELSIF NEW.{new} IS DISTINCT FROM OLD.{new} THEN NEW.{old} := {backward};\n    END IF;\n    RETURN NEW;\nEND\n"
            );
            return vec![
                format!("CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"),
                format!(
                    "CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE PROCEDURE {function}()"
                ),
            ];
        }
        // Each SET sees what the one before has set.
        let insert = format!(
            "SET NEW.{old} = if(NEW.{new} IS NULL, NEW.{old}, {backward}), NEW.{new} = if(NEW.{new} IS NULL, {forward}, NEW.{new})"
        );
        let update = format!(
            "SET NEW.{new} = if(NEW.{old} <=> OLD.{old}, NEW.{new}, {forward}), \
             NEW.{old} = if(NEW.{old} <=> OLD.{old} AND NOT (NEW.{new} <=> OLD.{new}), {backward}, NEW.{old})"
        );
        let make = |event: &str, body: &str| {
            format!("CREATE TRIGGER {} BEFORE {} ON {table} FOR EACH ROW {body}", self.trigger(event), event.to_uppercase())
        };
        vec![make("insert", &insert), make("update", &update)]
    }

    fn bare(&self) -> String {
        self.subject.quote(&short(&["sync", &self.subject.written.name, &self.from.name]))
    }

    /// The opposite of [`Self::start`].
    pub(super) fn stop(&self) -> Vec<String> {
        if self.subject.dialect() == Dialect::Postgres {
            return vec![
                format!("DROP TRIGGER {} ON {}", self.bare(), self.subject.name()),
                format!("DROP FUNCTION {}()", self.trigger("columns")),
            ];
        }
        ["insert", "update"].map(|event| format!("DROP TRIGGER {}", self.trigger(event))).to_vec()
    }
}

/// An expression over a column, over its value in a row.
pub(super) fn in_row(subject: &Subject<'_>, expression: &str, column: &str, value: &str) -> String {
    let mut text = expression.to_owned();
    let mut ranges = token_ranges(expression);
    ranges.reverse();
    for range in ranges {
        let is_it = expression.get(range.clone()).is_some_and(|token| crate::name::fold(token, subject.dialect()) == column);
        if is_it {
            text.replace_range(range, value);
        }
    }
    text
}

/// An index over the first column, as one over the second.
pub(super) struct Mirrored {
    /// Its name on the first.
    name: String,
    index: Index,
    /// It stands for a unique constraint of that name.
    constraint: bool,
    temporary: String,
}

/// The indexes that a column is part of.
pub(super) fn mirrored(subject: &Subject<'_>, from: &str, to: &str) -> Result<Vec<Mirrored>, String> {
    let dialect = subject.dialect();
    let same = |name: &str| subject.catalog.same(name, from);
    let other = |name: &String| if same(name) { to.to_owned() } else { name.clone() };
    let temporary = |name: &str| short(&[name, "new"]);
    let mut all = Vec::new();
    for (name, index) in &subject.table.indexes {
        let of = |part: &IndexPart| match part {
            IndexPart::Column(column) => same(column),
            IndexPart::Expression(text) => mentions(text, from, dialect),
        };
        let filtered = index.predicate.as_deref().is_some_and(|text| mentions(text, from, dialect));
        if !index.columns.iter().any(of) && !index.include.iter().any(|column| same(column)) && !filtered {
            continue;
        }
        let part = |part: &IndexPart| match part {
            IndexPart::Column(column) => IndexPart::Column(other(column)),
            IndexPart::Expression(text) => IndexPart::Expression(rename(text, from, to, dialect)),
        };
        let index = Index {
            columns: index.columns.iter().map(part).collect(),
            include: index.include.iter().map(other).collect(),
            predicate: index.predicate.as_deref().map(|text| rename(text, from, to, dialect)),
            ..index.clone()
        };
        all.push(Mirrored { name: name.clone(), index, constraint: false, temporary: temporary(name) });
    }
    for constraint in &subject.table.constraints {
        let (ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns, .. }) = &constraint.kind else {
            continue;
        };
        if !columns.iter().any(|column| same(column)) {
            continue;
        }
        let name = constraint.name.clone().ok_or_else(|| format!("a unique constraint of {} has no name", subject.written))?;
        let columns = columns.iter().map(|column| IndexPart::Column(other(column))).collect();
        let index = Index { unique: true, columns, valid: true, ..Index::default() };
        all.push(Mirrored { temporary: temporary(&name), name, index, constraint: true });
    }
    Ok(all)
}

impl Mirrored {
    /// Its name until the switch.
    pub(super) fn temporary(&self) -> &str {
        &self.temporary
    }

    pub(super) fn create(&self, subject: &Subject<'_>) -> String {
        ddl::index(&self.temporary, subject.written, &self.index, true, subject.dialect())
    }

    pub(super) fn drop(&self, subject: &Subject<'_>) -> String {
        let name = subject.beside(&[&self.temporary]);
        if subject.dialect() == Dialect::Postgres {
            return format!("DROP INDEX CONCURRENTLY {name}");
        }
        format!("DROP INDEX {} ON {}", subject.quote(&self.temporary), subject.name())
    }

    /// Takes the place of the first column's, which went with it.
    pub(super) fn take(&self, subject: &Subject<'_>) -> String {
        let (name, temporary) = (subject.quote(&self.name), subject.quote(&self.temporary));
        if self.constraint {
            return format!("ALTER TABLE {} ADD CONSTRAINT {name} UNIQUE USING INDEX {temporary}", subject.name());
        }
        format!("ALTER INDEX {} RENAME TO {name}", subject.beside(&[&self.temporary]))
    }

    /// Drops that of the first column, as an action of MySQL's `ALTER TABLE`.
    pub(super) fn gone(&self) -> String {
        format!("DROP INDEX {}", crate::name::quote(&self.name, Dialect::MySql))
    }

    /// The same as an action of MySQL's `ALTER TABLE`.
    pub(super) fn rename(&self) -> String {
        let quoted = |name: &str| crate::name::quote(name, Dialect::MySql);
        format!("RENAME INDEX {} TO {}", quoted(&self.temporary), quoted(&self.name))
    }
}

//! The way back from old values that a batched change kept.

use super::Batch;
use super::batch::{self, Along, Change, Visits};
use super::pre_image::{Kept, OLD, PreImage, forms, pairs};
use super::row_source::RowSource;
use crate::dialect::Dialect;
use crate::statement::operation::{DataChange, Identity};
use crate::undo::{Derived, sql};

/// A statement that restores.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WayBack {
    /// As one statement.
    pub undo: Derived,
    /// How it is cut.
    pub batch: Batch,
}

impl Kept<'_> {
    /// The written columns of the row still hold what the side table says.
    fn same_values(&self, rows: &str, prefix: &str) -> String {
        let pairs = self.of(rows, &self.named(prefix)).into_iter().zip(self.theirs(&self.own()));
        let types = self.columns.iter().map(|column| self.table.column(column).map_or("", |column| column.data_type.as_str()));
        let same = pairs.zip(types).map(|((kept, now), data_type)| same(&kept, &now, data_type, self.cutter.dialect));
        same.collect::<Vec<_>>().join(" AND ")
    }

    /// The statement that restores, in batches of the same size, and what it takes out of the side table.
    pub(super) fn restored(&self, batch: &Batch) -> WayBack {
        let dialect = self.cutter.dialect;
        let side = self.side();
        let from_side = [" FROM ", &side, " AS ", OLD, " WHERE "].concat();
        let table = &self.cutter.written().table;
        let update;
        let source;
        let insert = DataChange { table: table.clone(), ..DataChange::default() };
        let change = if self.updates() {
            let from = sql(&[&from_side, &self.same_key(OLD), ")"]);
            let set = pairs(&[], &self.own(), " = (SELECT ", &self.of(OLD, &self.named("old_"))).join(&sql(&[&from, ", "]));
            let predicate =
                ["EXISTS (SELECT 1", &from_side, &self.same_key(OLD), " AND ", &self.same_values(OLD, "new_"), ")"].concat();
            let alias = self.cutter.written().alias.clone();
            update = DataChange {
                assignments: Some(set + &from),
                predicate: Some(predicate),
                columns: self.columns.iter().map(|column| (*column).to_owned()).collect(),
                alias,
                ..insert.clone()
            };
            Change::Update(&update)
        } else {
            let names = [self.keys(), self.own()].concat().join(", ");
            let values = self.of(OLD, &[self.keys(), self.named("old_")].concat()).join(", ");
            let always = self.table.columns.iter().any(|column| column.identity == Some(Identity::Always));
            let over = if always { " OVERRIDING SYSTEM VALUE" } else { "" };
            source = RowSource {
                table: self.side.clone(),
                called: OLD.to_owned(),
                head: [
                    "INSERT INTO ",
                    &table.sql(dialect),
                    " (",
                    &names,
                    ")",
                    over,
                    " SELECT ",
                    &values,
                    " FROM ",
                    &side,
                    " AS ",
                    OLD,
                ]
                .concat(),
                predicate: Some(
                    ["NOT EXISTS (SELECT 1 FROM ", &self.cutter.target(), " WHERE ", &self.same_key(OLD), ")"].concat(),
                ),
                tail: String::new(),
            };
            Change::Insert(&insert, &source)
        };
        let mut back = batch::build(change, None, Along::Key(self.key), Visits::All, dialect);
        (back.size, back.most, back.pause_ms, back.brakes) = (batch.size, batch.most, batch.pause_ms, batch.brakes.clone());
        (back.rows, back.batches, back.lock_ms) = (batch.rows, batch.batches, batch.lock_ms);
        let rows = self.quoted(&self.side.name);
        let same = self.same_values(&self.side.name, "old_");
        let note = forms(&|lower, upper| {
            let range = self.range(&rows, lower, upper);
            let there = [
                "EXISTS (SELECT 1 FROM ",
                &self.cutter.target(),
                " WHERE ",
                &self.same_key(&self.side.name),
                " AND ",
                &same,
                ")",
            ];
            ["DELETE FROM ", &side, " WHERE ", &there.concat(), &range].concat()
        });
        back.pre_image = Some(PreImage { table: side, note, left: self.keys(), ..PreImage::default() });
        let keys: Vec<&str> = self.key.iter().map(|column| column.name.as_str()).collect();
        let text = ["-- flightplan:batch key=", &keys.join(","), "\n", &back.only_sql].concat();
        let undo = Derived {
            statements: vec![text],
            notes: vec!["Rows that others changed meanwhile keep their values, and are listed.".to_owned()],
            ..Derived::default()
        };
        WayBack { undo, batch: back }
    }
}

/// Two values are the same, NULL and letters' case counted. Types without an equality of their own are compared as text.
fn same(kept: &str, now: &str, data_type: &str, dialect: Dialect) -> String {
    const NO_EQUALITY: &[&str] = &["json", "xml", "point", "box", "circle", "lseg", "path", "polygon"];
    match dialect {
        Dialect::Postgres if NO_EQUALITY.contains(&data_type) => [kept, "::text IS NOT DISTINCT FROM ", now, "::text"].concat(),
        Dialect::Postgres => [kept, " IS NOT DISTINCT FROM ", now].concat(),
        Dialect::Sqlite => [kept, " IS ", now, " COLLATE BINARY"].concat(),
        Dialect::MySql | Dialect::MariaDb => ["CAST(", kept, " AS BINARY) <=> CAST(", now, " AS BINARY)"].concat(),
    }
}

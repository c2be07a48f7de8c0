//! Old values kept beside a batched change (`-- flightplan:batch keep`), and the way back from them.
//!
//! A side table holds, by the key of the changed row, what each written column held before (`old_…`) and holds after
//! (`new_…`); of a deleted row it holds every column. It is filled in the transaction of the batch. The way back restores
//! a row only while its columns still hold what the change wrote, so that a value of somebody else's is never lost; each
//! batch takes the rows it restored out of the side table, and what is left there was changed by others meanwhile.

use serde::{Deserialize, Serialize};

use super::Batch;
use super::batch::{Along, Change, Cutter, Visits};
use super::canonical::sha256_hex;
use super::key::KeyColumn;
use super::restore::WayBack;
use crate::catalog::{Catalog, Table};
use crate::dialect::Dialect;
use crate::effect::Reversibility;
use crate::name::{ObjectName, quote};
use crate::undo::{elsewhere, sql};

/// What the rows of the side table are called.
pub(super) const OLD: &str = "flightplan_old";

/// The column of the side table that marks the rows of the batch under way.
const FRESH: &str = "flightplan_fresh";

/// Longest name of a table on PostgreSQL (`NAMEDATALEN - 1`); MySQL allows one byte more.
const LONGEST_NAME: usize = 63;

/// The statements around each batch that keep its old values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreImage {
    /// The side table, as SQL text.
    pub table: String,
    /// Makes it before the first batch; done again they change nothing. Empty: it is there already.
    pub make: Vec<String>,
    /// Before the change of a batch, in its transaction. Empty: the change keeps the values itself (PostgreSQL). Like
    /// [`Self::note`] in the forms, and with the parameters, of [`Batch::batch_sql`], [`Batch::first_batch_sql`],
    /// [`Batch::last_sql`] and [`Batch::only_sql`], in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub save: Vec<String>,
    /// Behind the change of a batch, in its transaction.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub note: Vec<String>,
    /// The side table's key as one text a column: what is left there is listed by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<String>,
}

/// The four forms of a statement, from whether there is a lower and an upper end.
pub(super) fn forms(form: &dyn Fn(bool, bool) -> String) -> Vec<String> {
    [(true, true), (false, true), (true, false), (false, false)].map(|(lower, upper)| form(lower, upper)).into()
}

/// What is kept of whom.
pub(super) struct Kept<'a> {
    pub(super) cutter: Cutter<'a>,
    pub(super) key: &'a [KeyColumn],
    /// The side table.
    pub(super) side: ObjectName,
    /// Columns whose old values are kept.
    pub(super) columns: Vec<&'a str>,
    pub(super) table: &'a Table,
}

/// Whether a table is one of these side tables, which are no part of anybody's schema.
#[must_use]
pub fn is_side_table(name: &str) -> bool {
    name.rsplit('.').next().and_then(|name| name.strip_prefix(OLD)).is_some_and(|rest| rest.starts_with('_'))
}

/// Makes a batch keep the old values, and gives the way back from them. `id` is the statement's.
///
/// # Errors
/// Why there are none to keep, as the rest of a sentence.
pub fn keep(batch: &mut Batch, (change, along): (Change<'_>, Along<'_>), id: &str, before: &Catalog) -> Result<WayBack, String> {
    let dialect = before.dialect;
    let written = match change {
        Change::Update(change) | Change::Delete(change) | Change::Insert(change, _) => &change.table,
    };
    let Some(table) = before.table(written) else { return Err(sql(&["the columns of ", &written.name, " are not known"])) };
    let kept = Kept::new(change, along, id, table, dialect)?;
    let (mut save, mut note) = (Vec::new(), Vec::new());
    if dialect != Dialect::Postgres {
        save = forms(&|lower, upper| kept.save(lower, upper));
        note = if kept.updates() { kept.noted() } else { note };
    } else {
        batch.batch_sql = kept.change(true, true);
        batch.first_batch_sql = kept.change(false, true);
        batch.last_sql = kept.change(true, false);
        batch.only_sql = kept.change(false, false);
    }
    batch.pre_image = Some(PreImage { table: kept.side.sql(dialect), make: kept.make(), save, note, left: Vec::new() });
    let mut back = kept.restored(batch);
    let notes = elsewhere(written, matches!(change, Change::Delete(_)), before);
    if !notes.is_empty() {
        back.undo.reversibility = Reversibility::Lossy;
        back.undo.notes.extend(notes);
    }
    Ok(back)
}

impl<'a> Kept<'a> {
    fn new(change: Change<'a>, along: Along<'a>, id: &str, table: &'a Table, dialect: Dialect) -> Result<Self, String> {
        let Along::Key(key) = along else { return Err("old values are kept by key, and the table has none".to_owned()) };
        let cutter = Cutter { change, along, visits: Visits::All, dialect };
        let columns: Vec<&str> = match change {
            Change::Insert(..) => return Err("an INSERT has no old values to keep".to_owned()),
            Change::Update(change) => {
                let stamped = table.columns.iter().filter(|column| column.stamps_itself(dialect)).map(|column| &column.name);
                let stamped = stamped.filter(|name| !change.columns.contains(name));
                change.columns.iter().chain(stamped).map(String::as_str).collect()
            }
            Change::Delete(_) => {
                let others = table.columns.iter().filter(|column| column.generated.is_none());
                let others = others.map(|column| column.name.as_str());
                others.filter(|name| key.iter().all(|column| column.name != *name)).collect()
            }
        };
        if matches!(change, Change::Delete(_)) && table.columns_unknown {
            return Err("not all columns of the table are known".to_owned());
        }
        let side = ObjectName { schema: cutter.written().table.schema.clone(), name: side_name(id) };
        Ok(Self { cutter, key, side, columns, table })
    }

    pub(super) const fn updates(&self) -> bool {
        matches!(self.cutter.change, Change::Update(_))
    }

    pub(super) fn quoted(&self, name: &str) -> String {
        quote(name, self.cutter.dialect)
    }

    pub(super) fn side(&self) -> String {
        self.side.sql(self.cutter.dialect)
    }

    /// The kept columns in the side table.
    #[inline(never)]
    pub(super) fn named(&self, prefix: &str) -> Vec<String> {
        self.columns.iter().map(|column| self.quoted(&[prefix, *column].concat())).collect()
    }

    pub(super) fn keys(&self) -> Vec<String> {
        self.key.iter().map(|column| self.quoted(&column.name)).collect()
    }

    /// Columns of `rows`.
    pub(super) fn of(&self, rows: &str, columns: &[String]) -> Vec<String> {
        pairs(&[&self.quoted(rows), "."], columns, "", &[])
    }

    pub(super) fn own(&self) -> Vec<String> {
        self.named("")
    }

    pub(super) fn called(&self) -> String {
        self.cutter.called()
    }

    /// The columns of the table, written with the name its rows have in the statement.
    pub(super) fn theirs(&self, columns: &[String]) -> Vec<String> {
        pairs(&[&self.called(), "."], columns, "", &[])
    }

    /// What follows a condition: the key of `rows` between the parameters.
    #[inline(never)]
    pub(super) fn range(&self, rows: &str, lower: bool, upper: bool) -> String {
        self.cutter.range_of(rows, lower, upper).iter().fold(String::new(), |text, range| text + " AND " + range)
    }

    /// The keys of two sides are equal.
    pub(super) fn same_key(&self, rows: &str) -> String {
        pairs(&[], &self.of(rows, &self.keys()), " = ", &self.theirs(&self.keys())).join(" AND ")
    }

    fn make(&self) -> Vec<String> {
        let dialect = self.cutter.dialect;
        let (side, keys, own) = (self.side(), self.keys().join(", "), self.own());
        let mut columns = self.keys();
        columns.extend(pairs(&[], &own, " AS ", &self.named("old_")));
        if self.updates() {
            columns.extend(pairs(&[], &own, " AS ", &self.named("new_")));
        }
        if self.updates() && dialect != Dialect::Postgres {
            columns.push(["0 AS ", FRESH].concat());
        }
        let (columns, table) = (columns.join(", "), self.cutter.written().table.sql(dialect));
        if matches!(dialect, Dialect::MySql | Dialect::MariaDb) {
            let parts =
                ["CREATE TABLE IF NOT EXISTS ", &side, " (PRIMARY KEY (", &keys, ")) AS SELECT ", &columns, " FROM ", &table];
            return vec![[&parts.concat(), " WHERE false"].concat()];
        }
        let parts = ["CREATE TABLE IF NOT EXISTS ", &side, " AS SELECT ", &columns, " FROM ", &table, " WHERE 1 = 0"];
        let key_name = self.quoted(&[&self.side.name, "_key"].concat());
        let index = ["CREATE UNIQUE INDEX IF NOT EXISTS ", &key_name, " ON ", &side, " (", &keys, ")"];
        vec![parts.concat(), index.concat()]
    }

    fn conditions(&self, lower: bool, upper: bool) -> String {
        let conditions = self.cutter.conditions(lower, upper);
        if conditions.is_empty() { conditions } else { [" WHERE ", &conditions].concat() }
    }

    /// Overwrites what an earlier batch kept of the same row: it was changed since, and that is what to go back to.
    fn upsert(&self, columns: &[String]) -> String {
        let set = pairs(&[], columns, " = EXCLUDED.", columns);
        [" ON CONFLICT (", &self.keys().join(", "), ") DO UPDATE SET ", &set.join(", ")].concat()
    }

    /// PostgreSQL: one statement changes the rows and keeps what they held. The rows are locked when they are read, so
    /// what is kept is what is changed.
    fn change(&self, lower: bool, upper: bool) -> String {
        let numbered = |letter: &str, count: usize| -> Vec<String> {
            (1..=count).map(|at| ["flightplan_", letter, &at.to_string()].concat()).collect()
        };
        let (keys, old) = (numbered("k", self.key.len()), numbered("o", self.columns.len()));
        let own_keys = pairs(&[], &self.theirs(&self.keys()), " AS ", &keys);
        let own_old = pairs(&[], &self.theirs(&self.own()), " AS ", &old);
        let read = [own_keys, own_old].concat().join(", ");
        let (target, conditions) = (self.cutter.target(), self.conditions(lower, upper));
        let (mut names, mut values) = ([self.keys(), self.named("old_")].concat(), [keys.clone(), old.clone()].concat());
        let kept = values.join(", ");
        let mut overwritten = self.named("old_");
        let with = if let Change::Update(change) = self.cutter.change {
            let new = numbered("n", self.columns.len());
            let written = pairs(&[], &self.theirs(&self.own()), " AS ", &new).join(", ");
            let same_key = pairs(&[], &self.theirs(&self.keys()), " = flightplan_kept.", &keys);
            // The range once more, for the server to walk the index and not the table.
            let range = self.range(&self.called(), lower, upper);
            names.extend(self.named("new_"));
            values.extend(new);
            overwritten.extend(self.named("new_"));
            let assignments = change.assignments.as_deref().unwrap_or_default();
            [
                "WITH flightplan_kept AS (SELECT ",
                &read,
                " FROM ",
                &target,
                &conditions,
                " FOR UPDATE),\nflightplan_changed AS (UPDATE ",
                &target,
                " SET ",
                assignments,
                "\nFROM flightplan_kept WHERE ",
                &same_key.join(" AND "),
                &range,
                " RETURNING ",
                &kept,
                ", ",
                &written,
                ")",
            ]
            .concat()
        } else {
            ["WITH flightplan_changed AS (DELETE FROM ", &target, &conditions, " RETURNING ", &read, ")"].concat()
        };
        let (side, names, values) = (self.side(), names.join(", "), values.join(", "));
        let insert = ["\nINSERT INTO ", &side, " (", &names, ") SELECT ", &values, " FROM flightplan_changed"];
        sql(&[&with, &insert.concat(), &self.upsert(&overwritten)])
    }

    /// MySQL, MariaDB and SQLite: the values before the batch; what it will write is noted behind it.
    fn save(&self, lower: bool, upper: bool) -> String {
        let (mut names, mut values) =
            ([self.keys(), self.named("old_")].concat(), self.theirs(&[self.keys(), self.own()].concat()));
        if self.updates() {
            names.extend(self.named("new_").into_iter().chain([FRESH.to_owned()]));
            values.extend(self.theirs(&self.own()).into_iter().chain(["1".to_owned()]));
        }
        let (side, target, conditions) = (self.side(), self.cutter.target(), self.conditions(lower, upper));
        // SQLite has one writer at a time.
        let locked = if self.cutter.dialect == Dialect::Sqlite { "" } else { " FOR UPDATE" };
        let (names, values) = (names.join(", "), values.join(", "));
        ["REPLACE INTO ", &side, " (", &names, ") SELECT ", &values, " FROM ", &target, &conditions, locked].concat()
    }

    fn noted(&self) -> Vec<String> {
        let (side, target, same_key) = (self.side(), self.cutter.target(), self.same_key(&self.side.name));
        let from = sql(&[" FROM ", &target, " WHERE ", &same_key, "), "]);
        let new = pairs(&[], &self.named("new_"), " = (SELECT ", &self.theirs(&self.own()));
        let mut set = new.iter().fold(String::new(), |text, new| text + new + &from);
        if self.cutter.dialect != Dialect::Sqlite {
            // Assigned to itself, a timestamp of MySQL's is not set to now.
            let old = self.named("old_");
            set = pairs(&[], &old, " = ", &old).iter().fold(set, |text, old| text + old + ", ");
        }
        let rows = self.quoted(&self.side.name);
        forms(&|lower, upper| {
            let range = self.range(&rows, lower, upper);
            ["UPDATE ", &side, " SET ", &set, FRESH, " = 0 WHERE ", FRESH, " = 1", &range].concat()
        })
    }
}

/// Texts of two lists in pairs, `before` and `between` them; of the first list alone where the second is empty.
#[inline(never)]
pub(super) fn pairs(before: &[&str], first: &[String], between: &str, second: &[String]) -> Vec<String> {
    let second = |at: usize| second.get(at).map(String::as_str).unwrap_or_default();
    first.iter().enumerate().map(|(at, one)| sql(&[&sql(before), one, between, second(at)])).collect()
}

/// `flightplan_old_v7_2`, for the statement `V7:2`.
fn side_name(id: &str) -> String {
    let plain: String = id.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    let name = [OLD, "_", &plain].concat();
    // Room for the index: `_key`.
    if name.len() + 4 <= LONGEST_NAME && plain.eq_ignore_ascii_case(&id.replace(':', "_")) {
        return name;
    }
    let digest = sha256_hex(id.as_bytes());
    let (start, _) = name.split_at_checked(name.len().min(LONGEST_NAME - 13)).unwrap_or((&name, ""));
    [start, "_", digest.get(..8).unwrap_or_default()].concat()
}

//! Rows that a migration writes with their values in its text: taken out again by key, as long as they are what was written.
//!
//! A row that somebody changed meanwhile stays, so that nobody's work is lost. Where that cannot be asked for (a type without
//! equality, a value that the server makes, MySQL's comparisons, which pass over letters' case), the way back says what it
//! loses instead. Rows whose key the server made cannot be told from older ones.

use super::known::Known;
use super::{Derived, elsewhere, sql};
use crate::catalog::Table;
use crate::dialect::Dialect;
use crate::name::{ObjectName, fold};
use crate::statement::clause::{ColumnDefinition, DataChange};
use crate::statement::split::tokens;

/// Most values that are compared; a longer list makes a plan nobody reads.
const MOST: usize = 2_000;

/// Types whose values are equal to their own text, cast to the type.
const COMPARED: [&str; 16] = [
    "smallint",
    "integer",
    "bigint",
    "numeric",
    "decimal",
    "real",
    "double precision",
    "boolean",
    "text",
    "character",
    "varchar",
    "uuid",
    "date",
    "time",
    "timestamp",
    "interval",
];

/// The way back of an `INSERT`.
pub(super) fn inserted(change: &DataChange, known: &Known<'_>) -> Derived {
    let none = || Derived::none(sql(&["The rows inserted into ", &change.table.name, " cannot be told from older ones."]));
    let before = known.before;
    let key = before.resolve(&change.table);
    let plain = change.values.is_some() && !change.upserts && change.calls.is_empty() && change.reads.is_empty();
    let Some(table) = before.table(&change.table).filter(|table| plain && !before.opaque && !table.columns_unknown) else {
        return none();
    };
    let inherits = |child: &ObjectName| before.tables.get(child).is_some_and(|child| child.inherits.contains(&key));
    let inherited = before.descendants(&key).iter().any(inherits);
    if inherited || before.triggers_of(&key).next().is_some() {
        return none();
    }
    // As many rows as the parser has counted: a list that was read in part would leave the others behind.
    let whole = |rows: &Rows<'_>| u32::try_from(rows.values.len()).ok() == change.values;
    let rows = Rows::read(known, table).filter(|rows| whole(rows) && rows.name_their_key(table, known));
    let Some(rows) = rows else { return none() };
    let delete =
        |conditions: &[String]| sql(&["DELETE FROM ", &known.name(&change.table), " WHERE ", &conditions.join("\n   OR ")]);
    let exact = rows.values.iter().map(|row| rows.exact(row, table, known)).collect::<Option<Vec<String>>>();
    let lost = elsewhere(&change.table, true, before);
    match exact.filter(|_| !rows.leave_some_to_the_server(table, known)) {
        Some(exact) if lost.is_empty() => Derived::lossless(delete(&exact)),
        exact => {
            let mut back = Derived::lossless(delete(&exact.clone().unwrap_or_else(|| rows.by_key(table, known))));
            if exact.is_none() {
                back = back.losing(sql(&["Changes made to these rows of ", &change.table.name, " meanwhile are lost."]));
            }
            back.notes.extend(lost);
            back.reversibility = crate::effect::Reversibility::Lossy;
            back
        }
    }
}

/// The rows of a `VALUES` list.
struct Rows<'a> {
    /// The table's columns that they name, in their order.
    columns: Vec<&'a ColumnDefinition>,
    /// Values as written; absent: no literal.
    values: Vec<Vec<Option<String>>>,
}

impl<'a> Rows<'a> {
    /// Reads `INSERT INTO name [(columns)] VALUES (…), (…)` and nothing that says more than this.
    fn read(known: &Known<'a>, table: &'a Table) -> Option<Self> {
        let words = tokens(known.sql, known.before.dialect, MOST * 8);
        let is = |at: usize, word: &str| words.get(at).is_some_and(|found| found.eq_ignore_ascii_case(word));
        if !is(0, "insert") || !is(1, "into") {
            return None;
        }
        let open = words.iter().position(|word| *word == "(" || word.eq_ignore_ascii_case("values"))?;
        // Name, or schema and name: an alias is more.
        if !matches!(open, 3 | 5) || (open == 5 && words.get(3) != Some(&".")) {
            return None;
        }
        let (columns, mut at) = match words.get(open) {
            Some(&"(") => {
                let close = open + words.get(open..)?.iter().position(|word| *word == ")")?;
                let names = words.get(open + 1..close)?.split(|word| *word == ",");
                (names.map(|name| column(name, table, known)).collect::<Option<Vec<_>>>()?, close + 1)
            }
            _ => (table.columns.iter().filter(|column| column.generated.is_none()).collect(), open),
        };
        if !is(at, "values") {
            return None;
        }
        at += 1;
        let mut values = Vec::new();
        loop {
            let (row, behind) = row(&words, at)?;
            if row.len() != columns.len() || values.len() * row.len() > MOST {
                return None;
            }
            values.push(row);
            at = behind;
            match words.get(at) {
                Some(&",") => at += 1,
                Some(&";") | None => return words.get(at + 1).is_none().then_some(Self { columns, values }),
                Some(_) => return None,
            }
        }
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// Whether every row says its primary key.
    fn name_their_key(&self, table: &Table, known: &Known<'_>) -> bool {
        let key = table.primary_key();
        let said = |row: &Vec<Option<String>>, name: &String| {
            let place = table.columns.iter().find(|column| known.before.same(&column.name, name)).map(|column| &column.name);
            let value = place.and_then(|name| self.place(name)).and_then(|place| row.get(place)?.as_deref());
            value.is_some_and(|value| !value.eq_ignore_ascii_case("null"))
        };
        !key.is_empty() && self.values.iter().all(|row| key.iter().all(|name| said(row, name)))
    }

    /// Whether a column gets a value that nobody wrote: it holds another one when the migration runs again.
    fn leave_some_to_the_server(&self, table: &Table, known: &Known<'_>) -> bool {
        let dialect = known.before.dialect;
        let mut unsaid = table.columns.iter().filter(|column| column.generated.is_none() && self.place(&column.name).is_none());
        unsaid.any(|column| {
            let plain = column.default.as_deref().is_none_or(|default| literal(&tokens(default, dialect, 8)).is_some());
            column.identity.is_some() || column.serial || column.stamps_itself(dialect) || !plain
        })
    }

    /// The row while it is what was written; absent: that cannot be asked for.
    fn exact(&self, row: &[Option<String>], table: &Table, known: &Known<'_>) -> Option<String> {
        let dialect = known.before.dialect;
        let mut conditions = Vec::new();
        for column in table.columns.iter().filter(|column| column.generated.is_none()) {
            let value = match self.place(&column.name) {
                Some(place) => row.get(place)?.clone()?,
                None => column.default.clone().unwrap_or_else(|| "NULL".to_owned()),
            };
            let name = known.quoted(&column.name);
            conditions.push(match dialect {
                // Another collation passes over letters' case, or over spaces.
                Dialect::Sqlite if column.collation.as_ref().is_none_or(|own| own.eq_ignore_ascii_case("binary")) => {
                    sql(&[&name, " IS ", &value])
                }
                Dialect::Postgres if value.eq_ignore_ascii_case("null") => sql(&[&name, " IS NULL"]),
                Dialect::Postgres if compared(&column.data_type) => {
                    // Only `=` finds its way by the index of the key, which is never NULL.
                    let is_key = table.primary_key().contains(&column.name);
                    let equals = if is_key { " = CAST(" } else { " IS NOT DISTINCT FROM CAST(" };
                    sql(&[&name, equals, &value, " AS ", &column.data_type, ")"])
                }
                _ => return None,
            });
        }
        Some(sql(&["(", &conditions.join(" AND "), ")"]))
    }

    /// Each row by its key.
    fn by_key(&self, table: &Table, known: &Known<'_>) -> Vec<String> {
        let one = |row: &Vec<Option<String>>| {
            let named = self.columns.iter().zip(row);
            let keys = named.filter(|(column, _)| table.primary_key().iter().any(|own| known.before.same(own, &column.name)));
            let equal = |(column, value): (&&ColumnDefinition, &Option<String>)| {
                sql(&[&known.quoted(&column.name), " = ", value.as_deref().unwrap_or("NULL")])
            };
            sql(&["(", &keys.map(equal).collect::<Vec<_>>().join(" AND "), ")"])
        };
        self.values.iter().map(one).collect()
    }
}

/// The column that a list of columns names.
fn column<'a>(name: &[&str], table: &'a Table, known: &Known<'a>) -> Option<&'a ColumnDefinition> {
    let [name] = name else { return None };
    let bare = fold(name, known.before.dialect);
    table.columns.iter().find(|column| known.before.same(&column.name, &bare))
}

/// The values of a row in parentheses, and the place behind it.
fn row(words: &[&str], at: usize) -> Option<(Vec<Option<String>>, usize)> {
    if words.get(at) != Some(&"(") {
        return None;
    }
    let (mut depth, mut end) = (0_usize, at);
    let mut parts: Vec<Vec<&str>> = vec![Vec::new()];
    loop {
        let word = *words.get(end)?;
        depth = match word {
            "(" => depth + 1,
            ")" => depth - 1,
            _ => depth,
        };
        end += 1;
        match (depth, word) {
            (0, _) => break,
            (1, "(") if end == at + 1 => {}
            (1, ",") => parts.push(Vec::new()),
            _ => parts.last_mut()?.push(word),
        }
    }
    Some((parts.iter().map(|part| literal(part)).collect(), end))
}

/// A string, a number, TRUE, FALSE or NULL as written.
fn literal(words: &[&str]) -> Option<String> {
    if let [word] = words
        && (word.starts_with('\'') || ["true", "false", "null"].iter().any(|known| word.eq_ignore_ascii_case(known)))
    {
        return Some((*word).to_owned());
    }
    let number = words.concat();
    let digits = number.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '.'));
    (digits && number.parse::<f64>().is_ok()).then_some(number)
}

fn compared(data_type: &str) -> bool {
    let begins = |known: &str| data_type.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '(']));
    // What a text with a time zone means depends on the session.
    !data_type.ends_with(']') && !data_type.contains("with time zone") && COMPARED.into_iter().any(begins)
}

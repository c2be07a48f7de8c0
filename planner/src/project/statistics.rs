//! What was measured in a database: sizes, indexes, activity. `flightplan stats` writes it as JSON; severity, durations and
//! batches go by it.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::dialect::{Dialect, ServerVersion};

/// Version of the JSON shape that is written and read.
pub const FORMAT: u32 = 1;

/// Measured figures of one database. Empty: nothing is known. Its JSON is what `flightplan stats` writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Statistics {
    /// Version of this JSON shape: [`FORMAT`].
    pub format: u32,
    /// The product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialect: Option<Dialect>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_version: Option<ServerVersion>,
    /// When it was measured, ISO 8601 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured_at: Option<String>,
    /// How far the slowest replica is behind, ms; absent: there is none, or it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replica_lag_ms: Option<u64>,
    /// The tables, as `schema.table` (PostgreSQL) or `table`.
    pub tables: BTreeMap<String, TableStatistics>,
}

impl Default for Statistics {
    fn default() -> Self {
        Self {
            format: FORMAT,
            dialect: None,
            server_version: None,
            measured_at: None,
            replica_lag_ms: None,
            tables: BTreeMap::new(),
        }
    }
}

/// Figures of one table. What a product does not tell is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableStatistics {
    /// Rows; exact on SQLite and for small tables, the server's estimate elsewhere.
    pub rows: u64,
    /// Bytes of the table without its indexes, dead rows included.
    pub bytes: u64,
    /// Mean bytes of a row, as the server's statistics say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_bytes: Option<u64>,
    /// Its indexes, those of constraints included.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<IndexStatistics>,
    /// Percent of a page that inserts fill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fillfactor: Option<u32>,
    /// Rows that are gone and not vacuumed yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_rows: Option<u64>,
    /// Rows read in a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reads_per_second: Option<u64>,
    /// Rows written in a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writes_per_second: Option<u64>,
    /// When the server last gathered its statistics of the table, ISO 8601 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_analyzed: Option<String>,
    /// Columns the server has statistics of.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, ColumnStatistics>,
}

impl TableStatistics {
    /// Rows and bytes alone.
    #[must_use]
    pub fn sized(rows: u64, bytes: u64) -> Self {
        Self { rows, bytes, ..Self::default() }
    }
}

/// One index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IndexStatistics {
    /// Its name.
    pub name: String,
    /// Bytes; absent where the product does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// What the server knows of the values of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ColumnStatistics {
    /// Share of the rows where it is NULL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub null_fraction: Option<Fraction>,
    /// Distinct values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distinct: Option<u64>,
    /// Mean bytes of a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u64>,
}

/// A share from 0 to 1, kept in millionths so that it can be compared; a plain number in JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fraction(
    /// Millionths, 0 to 1,000,000.
    pub u32,
);

impl Fraction {
    const WHOLE: u32 = 1_000_000;

    /// The nearest fraction; what lies outside 0 to 1 is moved to the border.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value is between 0 and a million")]
    pub fn of(share: f64) -> Self {
        Self((share.clamp(0.0, 1.0) * f64::from(Self::WHOLE)).round() as u32)
    }

    /// That share of a count, rounded down.
    #[must_use]
    pub fn share_of(self, count: u64) -> u64 {
        let whole = u128::from(Self::WHOLE);
        u64::try_from(u128::from(count) * u128::from(self.0) / whole).unwrap_or(u64::MAX)
    }
}

impl Serialize for Fraction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(f64::from(self.0) / f64::from(Self::WHOLE))
    }
}

impl<'de> Deserialize<'de> for Fraction {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(Self::of)
    }
}

impl Statistics {
    /// Reads what `flightplan stats` has written.
    ///
    /// # Errors
    /// What is wrong with it, as a sentence with the line where there is one.
    pub fn parse(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        let head: Head =
            serde_json::from_slice(text.as_bytes()).map_err(|error| format!("it is no JSON of flightplan stats: {error}"))?;
        if head.format != FORMAT {
            return Err(format!("its format is {}, and this version reads {FORMAT}", head.format));
        }
        serde_json::from_slice(text.as_bytes()).map_err(|error| format!("it is no JSON of flightplan stats: {error}"))
    }

    /// Whether nothing is known of any table.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// The figures of a table by its stored name as text.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&TableStatistics> {
        self.tables.get(name)
    }

    /// What estimates rest on, as a sentence.
    #[must_use]
    pub fn source(&self) -> String {
        if self.is_empty() {
            return "No statistics: name the database (--url) or a file of flightplan stats (--stats).".to_owned();
        }
        let product = self.dialect.map_or("a database", Dialect::title);
        let version = self.server_version.map(|version| format!(" {version}")).unwrap_or_default();
        let when = self.measured_at.as_deref().map(|when| format!(" at {when}")).unwrap_or_default();
        format!("Sizes of {} tables, measured on {product}{version}{when}.", self.tables.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_other_formats_are_refused() {
        let mut statistics = Statistics { dialect: Some(Dialect::Postgres), ..Statistics::default() };
        let column = ColumnStatistics { null_fraction: Some(Fraction::of(0.125)), distinct: Some(3), width: None };
        let columns = BTreeMap::from([("a".to_owned(), column)]);
        statistics.tables.insert("public.t".to_owned(), TableStatistics { columns, ..TableStatistics::sized(7, 8192) });
        let text = serde_json::to_string(&statistics).unwrap_or_default();
        assert!(text.contains(r#""null_fraction":0.125"#), "{text}");
        assert_eq!(Statistics::parse(&text), Ok(statistics));
        assert!(Statistics::parse(r#"{"format":2,"tables":{}}"#).is_err_and(|error| error.contains("format is 2")));
        assert!(Statistics::parse("{\n\"tables\":").is_err_and(|error| error.contains("line 2")));
    }

    #[test]
    fn fractions_stay_between_nothing_and_all() {
        assert_eq!((Fraction::of(-1.0), Fraction::of(7.0)), (Fraction(0), Fraction(1_000_000)));
        assert_eq!(Fraction::of(0.25).share_of(1000), 250);
        assert_eq!(Fraction::of(1.0).share_of(u64::MAX), u64::MAX);
    }
}

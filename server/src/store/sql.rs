//! SQL for either product of the store, written once: parameters are `$1`, `$2` …, which SQLite reads too.
//!
//! What is bound and read keeps its type: each product's driver encodes and decodes it. Where the products differ is
//! [`super::product`].

use sqlx::postgres::{PgArguments, PgPool, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqlitePool, SqliteRow};
use sqlx::{AssertSqlSafe, Decode, Postgres, Row as _, SqlSafeStr, SqlStr, Sqlite, Type};

use crate::exit::Outcome;
use crate::store::audit::Change;
use crate::store::broken;
use crate::store::product::refused;

/// Connections to the store.
#[derive(Clone, Debug)]
pub(super) enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// A transaction in the store.
#[derive(Debug)]
pub(super) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// Where a statement goes.
pub(super) enum To<'a> {
    Pool(&'a Pool),
    Transaction(&'a mut Transaction),
}

impl<'a> From<&'a Pool> for To<'a> {
    fn from(pool: &'a Pool) -> Self {
        Self::Pool(pool)
    }
}

impl<'a> From<&'a mut Transaction> for To<'a> {
    fn from(transaction: &'a mut Transaction) -> Self {
        Self::Transaction(transaction)
    }
}

impl<'a> From<&'a mut Change<'_>> for To<'a> {
    fn from(change: &'a mut Change<'_>) -> Self {
        Self::Transaction(change.transaction())
    }
}

/// A bound value.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(Option<String>),
    Integer(Option<i64>),
    Flag(bool),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(Some(text.clone()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<&Option<String>> for Value {
    fn from(text: &Option<String>) -> Self {
        Self::Text(text.clone())
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(Some(number))
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Integer(Some(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

/// A text both products can hold: PostgreSQL knows no NUL.
pub(super) fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// A statement with its values.
#[derive(Debug)]
pub(super) struct Statement {
    text: SqlStr,
    values: Vec<Value>,
}

/// A statement.
pub(super) const fn sql(text: &'static str) -> Statement {
    Statement { text: SqlStr::from_static(text), values: Vec::new() }
}

/// A statement of as many rows as there are: `head` and then `($1, $2, $3), ($4, …`.
pub(super) fn rows(head: &str, rows: Vec<[Value; 3]>, tail: &str) -> Statement {
    let places: Vec<String> = (0..rows.len()).map(|at| format!("(${}, ${}, ${})", 3 * at + 1, 3 * at + 2, 3 * at + 3)).collect();
    let text = AssertSqlSafe(format!("{head} {} {tail}", places.join(", ")));
    Statement { text: text.into_sql_str(), values: rows.into_iter().flatten().collect() }
}

impl Statement {
    /// Binds the next value.
    pub(super) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Sends it: how many rows it touched.
    ///
    /// # Errors
    /// The store's refusal.
    pub(super) async fn run(self, to: impl Into<To<'_>>) -> Outcome<u64> {
        let done = match to.into() {
            To::Pool(Pool::Sqlite(pool)) => self.sqlite().execute(pool).await.map(|done| done.rows_affected()),
            To::Pool(Pool::Postgres(pool)) => self.postgres().execute(pool).await.map(|done| done.rows_affected()),
            To::Transaction(Transaction::Sqlite(open)) => {
                self.sqlite().execute(&mut **open).await.map(|done| done.rows_affected())
            }
            To::Transaction(Transaction::Postgres(open)) => {
                self.postgres().execute(&mut **open).await.map(|done| done.rows_affected())
            }
        };
        done.map_err(|error| refused(&error))
    }

    /// Sends it: its rows.
    ///
    /// # Errors
    /// The store's refusal.
    pub(super) async fn all(self, to: impl Into<To<'_>>) -> Outcome<Vec<Row>> {
        let of_sqlite = |rows: Vec<SqliteRow>| rows.into_iter().map(Row::Sqlite).collect();
        let of_postgres = |rows: Vec<PgRow>| rows.into_iter().map(Row::Postgres).collect();
        let rows = match to.into() {
            To::Pool(Pool::Sqlite(pool)) => self.sqlite().fetch_all(pool).await.map(of_sqlite),
            To::Pool(Pool::Postgres(pool)) => self.postgres().fetch_all(pool).await.map(of_postgres),
            To::Transaction(Transaction::Sqlite(open)) => self.sqlite().fetch_all(&mut **open).await.map(of_sqlite),
            To::Transaction(Transaction::Postgres(open)) => self.postgres().fetch_all(&mut **open).await.map(of_postgres),
        };
        rows.map_err(|error| refused(&error))
    }

    /// Sends it: its first row.
    ///
    /// # Errors
    /// The store's refusal.
    pub(super) async fn first(self, to: impl Into<To<'_>>) -> Outcome<Option<Row>> {
        Ok(self.all(to).await?.into_iter().next())
    }

    /// Sends it: the first value of its first row.
    ///
    /// # Errors
    /// The store's refusal.
    pub(super) async fn value<T: Field>(self, to: impl Into<To<'_>>) -> Outcome<Option<T>> {
        self.first(to).await?.map(|row| row.get(0)).transpose()
    }

    fn sqlite(self) -> Query<'static, Sqlite, SqliteArguments> {
        let query = sqlx::query(self.text);
        self.values.into_iter().fold(query, |query, value| match value {
            Value::Text(text) => query.bind(text),
            Value::Integer(number) => query.bind(number),
            Value::Flag(flag) => query.bind(flag),
        })
    }

    fn postgres(self) -> Query<'static, Postgres, PgArguments> {
        let query = sqlx::query(self.text);
        self.values.into_iter().fold(query, |query, value| match value {
            Value::Text(text) => query.bind(text.map(storable)),
            Value::Integer(number) => query.bind(number),
            Value::Flag(flag) => query.bind(flag),
        })
    }
}

/// A row of the answer.
#[derive(Debug)]
pub(super) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// What a column can hold.
pub(super) trait Field: Type<Sqlite> + Type<Postgres> + for<'r> Decode<'r, Sqlite> + for<'r> Decode<'r, Postgres> {}

impl<T> Field for T where T: Type<Sqlite> + Type<Postgres> + for<'r> Decode<'r, Sqlite> + for<'r> Decode<'r, Postgres> {}

impl Row {
    /// A column, from 0.
    ///
    /// # Errors
    /// It is not there, or of another type.
    pub(super) fn get<T: Field>(&self, at: usize) -> Outcome<T> {
        let value = match self {
            Self::Sqlite(row) => row.try_get(at),
            Self::Postgres(row) => row.try_get(at),
        };
        value.map_err(|error| broken(&error))
    }

    /// A column that holds JSON.
    ///
    /// # Errors
    /// As [`Self::get`]; JSON of another shape.
    pub(super) fn json<T: serde::de::DeserializeOwned>(&self, at: usize) -> Outcome<T> {
        serde_json::from_str(&self.get::<String>(at)?).map_err(|error| broken(&error))
    }
}

/// As JSON.
///
/// # Errors
/// What has no JSON.
pub(super) fn json<T: serde::Serialize + ?Sized>(value: &T) -> Outcome<String> {
    serde_json::to_string(value).map_err(|error| broken(&error))
}

//! What an operation brings about beyond its own words: bodies of functions and procedures that it calls, of triggers that
//! it fires, the text of a prepared statement.

mod information;
mod postgres;
mod program;
mod reader;
mod value;

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

pub use value::Value;

use super::{Catalog, Trigger};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::{Called, Operation, TriggerEvent};
use crate::statement::parse;

/// Operations that one call is followed to, at most: bodies that call each other twice grow without end.
const MOST: usize = 4_096;
/// Calls in calls.
const DEPTH: usize = 16;

/// The body of a function or procedure; read when it is first called, which most never are.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Body {
    text: Option<String>,
    language: Option<String>,
    #[serde(skip)]
    read: OnceLock<Result<Vec<Operation>, String>>,
}

impl PartialEq for Body {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, &self.language) == (&other.text, &other.language)
    }
}

impl Eq for Body {}

impl Body {
    /// A body as written. Without a text it is not SQL.
    #[must_use]
    pub fn new(text: Option<String>, language: Option<String>) -> Self {
        Self { text, language, read: OnceLock::new() }
    }

    /// MySQL, MariaDB: it is a function, which begins with what it returns, and no procedure.
    fn returns(&self) -> bool {
        let first = self.text.as_deref().unwrap_or_default().split_whitespace().next().unwrap_or_default();
        first.eq_ignore_ascii_case("returns")
    }

    /// What it does, on PostgreSQL; the end of a sentence where that cannot be read.
    fn operations(&self) -> Result<&[Operation], &str> {
        let read = || match (&self.text, &self.language) {
            (Some(text), Some(language)) => parse::body(text, language),
            _ => Err("its body is not SQL".to_owned()),
        };
        self.read.get_or_init(read).as_deref().map_err(String::as_str)
    }
}

impl Trigger {
    /// The stored name of the function it runs.
    #[must_use]
    pub fn runs(&self) -> Option<&ObjectName> {
        self.firing.as_ref().map(|firing| &firing.function)
    }

    /// Whether it fires for each row that such a command changes; on a view it works instead of the command.
    #[must_use]
    pub fn fires_for_rows(&self, event: TriggerEvent) -> bool {
        !self.disabled && self.firing.as_ref().is_some_and(|firing| firing.for_rows && firing.events.contains(&event))
    }
}

/// The statements that an operation runs elsewhere, in order, each as its operations. Calls and triggers in them are
/// followed too; what cannot be followed is opaque. Empty for nearly every operation, and then without any work.
#[must_use]
pub fn brought_about(catalog: &Catalog, operation: &Operation) -> Vec<Vec<Operation>> {
    match (catalog.dialect, operation) {
        (Dialect::Postgres, operation) => postgres::follow(catalog, operation).into_iter().map(|one| vec![one]).collect(),
        (Dialect::MySql | Dialect::MariaDb, Operation::Call { calls, reason }) => program::follow(catalog, calls, reason),
        (Dialect::Sqlite, Operation::Call { reason, .. }) => vec![vec![Operation::Opaque { reason: reason.clone() }]],
        _ => Vec::new(),
    }
}

/// PostgreSQL: the statements of an SQL function that the server analyses when the function is made (CREATE FUNCTION,
/// `check_function_bodies`): it refuses what names a missing table, and locks the tables as if the statements ran.
#[must_use]
pub fn analysed(catalog: &Catalog, operation: &Operation) -> Vec<Operation> {
    let Operation::CreateFunction { arguments, body: Some(body), language: Some(language), .. } = operation else {
        return Vec::new();
    };
    // With arguments of any type the types of a query are not known yet.
    let polymorphic = arguments.to_ascii_lowercase().contains("any");
    if catalog.dialect != Dialect::Postgres || catalog.bodies_unchecked || polymorphic || language != "sql" {
        return Vec::new();
    }
    parse::body(body, language).unwrap_or_default()
}

/// MySQL and MariaDB: the refusal of a `CALL` whose procedure is not there. One of another database may be.
pub(super) fn missing(catalog: &Catalog, calls: &[Called], operation: &Operation) -> Result<(), String> {
    let Operation::Call { reason, .. } = operation else { return Ok(()) };
    let [Called::Routine { name, .. }] = calls else { return Ok(()) };
    let known = catalog.functions.unordered().any(|(key, _)| key.name.eq_ignore_ascii_case(&name.name));
    if catalog.dialect == Dialect::Postgres || known || name.schema.is_some() || !reason.starts_with("CALL ") {
        return Ok(());
    }
    Err(format!("PROCEDURE {name} does not exist"))
}

/// MySQL's `SET @name = expression`.
pub(super) fn assign(catalog: &mut Catalog, name: &str, expression: &str) {
    let value = value::evaluate(catalog, &value::Locals::new(), expression);
    catalog.variables.insert(ObjectName::bare(name.to_ascii_lowercase()), value);
}

/// MySQL's `PREPARE name FROM expression`; `None`: `DEALLOCATE`.
pub(super) fn prepare(catalog: &mut Catalog, name: &str, expression: Option<&str>) {
    let name = ObjectName::bare(name.to_ascii_lowercase());
    match expression {
        Some(expression) => {
            let value = value::evaluate(catalog, &value::Locals::new(), expression);
            catalog.prepared.insert(name, value);
        }
        None => {
            catalog.prepared.remove(&name);
        }
    }
}

/// The text of a prepared statement, where it is known.
fn prepared<'a>(catalog: &'a Catalog, called: &Called) -> Option<&'a str> {
    let Called::Prepared(name) = called else { return None };
    match catalog.prepared.get(&ObjectName::bare(name.to_ascii_lowercase())) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

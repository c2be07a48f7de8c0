//! A statement of ours: sent as text, or, where the product keeps prepared statements by name, prepared once and executed
//! from then on. PostgreSQL spends on the text of a row for journal or history several times what it spends on the row.

/// A statement of the journal or the history, with the places of its values known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bookkeeping {
    /// What it is prepared as; absent: its text is another one each time.
    name: Option<&'static str>,
    /// The text around the values: one piece more than there are values.
    pieces: Vec<String>,
    values: Vec<Value>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Value {
    /// Type in the words of PostgreSQL.
    kind: &'static str,
    /// As SQL text.
    literal: String,
}

impl Bookkeeping {
    /// A statement that has, under this name, the same text in all of a session but for its values.
    #[must_use]
    pub fn named(name: &'static str, start: String) -> Self {
        Self { name: Some(name), pieces: vec![start], values: Vec::new() }
    }

    /// A statement whose text changes.
    #[must_use]
    pub fn once(sql: String) -> Self {
        Self { name: None, pieces: vec![sql], values: Vec::new() }
    }

    /// Adds a value as SQL text, with its type in the words of PostgreSQL.
    #[must_use]
    pub fn value(mut self, kind: &'static str, literal: String) -> Self {
        self.values.push(Value { kind, literal });
        self.pieces.push(String::new());
        self
    }

    /// Adds text.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        if let Some(piece) = self.pieces.last_mut() {
            piece.push_str(text);
        }
        self
    }

    /// The name it is prepared as.
    #[must_use]
    pub const fn name(&self) -> Option<&'static str> {
        self.name
    }

    /// The whole statement as text.
    #[must_use]
    pub fn sql(&self) -> String {
        self.with(|_, value| value.literal.clone())
    }

    /// The statement that prepares it; empty where it has no name.
    #[must_use]
    pub fn prepare(&self) -> String {
        let Some(name) = self.name else { return String::new() };
        let kinds: Vec<&str> = self.values.iter().map(|value| value.kind).collect();
        let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
        format!("PREPARE {name}{kinds} AS {}", self.with(|at, _| format!("${}", at + 1)))
    }

    /// The statement that executes it once it is prepared; the whole statement where it has no name.
    #[must_use]
    pub fn execute(&self) -> String {
        let Some(name) = self.name else { return self.sql() };
        let literals: Vec<&str> = self.values.iter().map(|value| value.literal.as_str()).collect();
        let literals = if literals.is_empty() { String::new() } else { format!("({})", literals.join(", ")) };
        format!("EXECUTE {name}{literals}")
    }

    fn with(&self, show: impl Fn(usize, &Value) -> String) -> String {
        let mut sql = String::new();
        for (at, piece) in self.pieces.iter().enumerate() {
            sql.push_str(piece);
            if let Some(value) = self.values.get(at) {
                sql.push_str(&show(at, value));
            }
        }
        sql
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_like_parameters_and_values_with_quotes_stay_what_they_are() {
        let row = Bookkeeping::named("flightplan_row", "INSERT INTO \"a$1\" VALUES (".to_owned())
            .value("text", "'it''s $2'".to_owned())
            .text(", now(), ")
            .value("bigint", "7".to_owned())
            .text(")");
        assert_eq!(row.sql(), "INSERT INTO \"a$1\" VALUES ('it''s $2', now(), 7)");
        assert_eq!(row.prepare(), "PREPARE flightplan_row (text, bigint) AS INSERT INTO \"a$1\" VALUES ($1, now(), $2)");
        assert_eq!(row.execute(), "EXECUTE flightplan_row('it''s $2', 7)");
        let once = Bookkeeping::once("DELETE FROM a".to_owned());
        assert_eq!([once.sql(), once.prepare(), once.execute()], ["DELETE FROM a", "", "DELETE FROM a"]);
    }
}

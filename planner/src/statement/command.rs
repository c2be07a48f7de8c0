//! A query or data change of an application as far as names go: which it uses, and in which scope each is looked up.
//!
//! Both parsers make this, one resolver reads it. What is not followed is a gap with its reason, never left out silently.

use crate::name::ObjectName;

/// One command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// Its outermost scope.
    pub block: Block,
    /// Functions called, folded, with their schema where written, each once.
    pub calls: Vec<String>,
    /// User-defined types named in casts, without array marks, each once.
    pub types: Vec<ObjectName>,
    /// Values of string literals.
    pub strings: Vec<String>,
    /// Columns compared with, or given, a string literal.
    pub compared: Vec<(Use, String)>,
    /// What is not followed, as words for people.
    pub gaps: Vec<&'static str>,
}

/// One scope: a `SELECT`, a data change, or a list of operands of `UNION` and the like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// `WITH` queries in order; they are seen here and further in.
    pub with: Vec<With>,
    /// `WITH RECURSIVE`.
    pub recursive: bool,
    /// What stands in `FROM`, and the table that is written.
    pub sources: Vec<Source>,
    /// Columns that `JOIN … USING` merges.
    pub merged: Vec<String>,
    /// Column names in the order of the text.
    pub uses: Vec<Use>,
    /// What goes out.
    pub outputs: Vec<Out>,
    /// Queries inside expressions.
    pub nested: Vec<Self>,
    /// Operands of `UNION`, `INTERSECT`, `EXCEPT`.
    pub operands: Vec<Self>,
    /// The change it makes.
    pub change: Option<Box<Change>>,
    /// It has `GROUP BY`, so that a primary key decides which columns may go out.
    pub grouped: bool,
    /// Only whether it has a row is asked (`EXISTS`).
    pub exists: bool,
}

/// A `WITH` query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct With {
    /// Its name.
    pub name: String,
    /// Names it gives its columns.
    pub columns: Vec<String>,
    /// The query.
    pub block: Block,
}

/// An item of a `FROM` list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The name its columns are qualified with; empty: none.
    pub called: String,
    /// Names it gives its columns.
    pub columns: Vec<String>,
    /// What it is.
    pub of: Of,
    /// Its columns are seen only with its name before them (`excluded`).
    pub qualified_only: bool,
}

/// What an item of a `FROM` list is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    /// A table, view or `WITH` query.
    Relation(ObjectName),
    /// A query; `true`: it sees the items before it.
    Query(Box<Block>, bool),
    /// Something whose columns are not known here: a function, a join in brackets with a name.
    Unknown,
}

/// A column name at one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// Schema and table or alias, as far as written.
    pub qualifier: Vec<String>,
    /// The column.
    pub column: String,
    /// Where it stands.
    pub place: Place,
}

/// Where a name stands, which decides what it may mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// In an expression: a column of a source.
    #[default]
    Expression,
    /// Alone in `ORDER BY` or `DISTINCT ON`: first a name that goes out.
    Order,
    /// Alone in `GROUP BY`, and in MySQL's `HAVING`: at last a name that goes out.
    Group,
}

/// What goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Out {
    /// `*`, or `t.*`.
    Star(Option<String>),
    /// A column by itself.
    Column {
        /// Name it goes out under.
        name: String,
        /// Which of the block's uses.
        at: usize,
    },
    /// A value.
    Value {
        /// Name it goes out under; absent: not known.
        name: Option<String>,
        /// Which of the block's uses it is made of.
        from: std::ops::Range<usize>,
        /// A query is part of it.
        nested: bool,
    },
}

/// Kind of a data change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `INSERT`, also `REPLACE`.
    Insert,
    /// `UPDATE`.
    Update,
    /// `DELETE`.
    Delete,
}

/// A data change of a block's first source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it does.
    pub verb: Verb,
    /// Columns written, with the values that are known from the text: those of an `INSERT`'s list, then those set.
    pub written: Vec<Written>,
    /// An `INSERT` names its columns.
    pub listed: bool,
    /// Values in each row of `VALUES`, the most of them; absent: it is no `VALUES`.
    pub width: Option<usize>,
    /// The query an `INSERT` takes its rows from.
    pub source: Option<Block>,
    /// What `ON CONFLICT` names.
    pub conflict: Conflict,
    /// `OVERRIDING SYSTEM VALUE`.
    pub overriding: bool,
    /// `IGNORE`, `OR IGNORE`: rows that are refused are passed over.
    pub ignores: bool,
}

/// A column that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its name; empty where an `INSERT` names none and the place decides.
    pub column: String,
    /// What it is given.
    pub value: Value,
    /// By `SET`, not by an `INSERT`'s list.
    pub set: bool,
    /// The literal that the only row gives it, as SQL.
    pub literal: Option<String>,
}

impl Written {
    /// A column of which only the value's kind is known.
    #[must_use]
    pub const fn new(column: String, value: Value, set: bool) -> Self {
        Self { column, value, set, literal: None }
    }
}

/// A value that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `NULL` in some row.
    Null,
    /// `DEFAULT` in every row.
    Default,
    /// A parameter: the server takes it for the column's type.
    Free,
    /// A string literal, in the only row: the server reads it as the column's type.
    Text(String),
    /// An expression, which has a type of its own.
    Typed,
}

impl Value {
    /// What a column is given by the rows of a statement, from what each of them gives it.
    #[must_use]
    pub fn joined(rows: Vec<Self>) -> Self {
        if rows.contains(&Self::Null) {
            return Self::Null;
        }
        if !rows.is_empty() && rows.iter().all(|row| *row == Self::Default) {
            return Self::Default;
        }
        if let [Self::Text(text)] = rows.as_slice() {
            return Self::Text(text.clone());
        }
        if rows.iter().all(|row| matches!(row, Self::Free | Self::Default)) { Self::Free } else { Self::Typed }
    }
}

/// The gap of a command that changes several tables of MySQL: which of them is not followed, the names in it are.
pub const SEVERAL_TABLES: &str = "a change of several tables";

/// What `ON CONFLICT` names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Conflict {
    /// Nothing.
    #[default]
    None,
    /// Columns.
    Columns(Vec<String>),
    /// A constraint.
    Constraint(String),
    /// Expressions, or columns with a predicate.
    Other,
}

impl Command {
    /// Notes a construct that is not followed.
    pub fn gap(&mut self, what: &'static str) {
        if !self.gaps.contains(&what) {
            self.gaps.push(what);
        }
    }
}

impl Change {
    /// A change of a kind that writes nothing yet.
    #[must_use]
    pub const fn of(verb: Verb) -> Self {
        Self {
            verb,
            written: Vec::new(),
            listed: false,
            width: None,
            source: None,
            conflict: Conflict::None,
            overriding: false,
            ignores: false,
        }
    }
}

impl Source {
    /// A table by the name it is called.
    #[must_use]
    pub fn relation(name: ObjectName, alias: Option<String>) -> Self {
        let called = alias.unwrap_or_else(|| name.name.clone());
        Self { called, columns: Vec::new(), of: Of::Relation(name), qualified_only: false }
    }
}

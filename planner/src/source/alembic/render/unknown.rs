//! What a part that is not followed could have done to the schema.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::catalog::objects::Objects;
use crate::name::ObjectName;
use crate::sort::Gather;
use crate::source::alembic::interpreter::value::Value;

/// Words without which a part does not change the schema, as far as its text tells.
const CHANGES: &[&str] = &[
    "op.create",
    "op.drop",
    "op.alter",
    "op.add",
    "op.rename",
    "op.batch",
    "batch_op",
    "create table",
    "alter table",
    "drop table",
    "create index",
    "create unique",
    "drop index",
    "create type",
    "alter type",
    "drop type",
    "rename ",
    ".create(",
    ".drop(",
    "create_",
    "drop_",
    "add_column",
    "alter_",
    "rename_",
    "drop constraint",
    "create view",
    "create schema",
    "drop view",
    "create_all",
    "reflect",
];

/// What a part that is not followed can change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::source::alembic) enum Reach {
    /// Rows, and no table's definition.
    Rows,
    /// These tables.
    Tables(Vec<String>),
    /// Whatever its file speaks of.
    File,
    /// The tables its file speaks of, and of them what stands elsewhere.
    Called,
}

/// What is asked of a table.
#[derive(Clone, Copy, Debug)]
pub(in crate::source::alembic) enum About<'n> {
    /// Whatever may have been changed.
    Anything,
    /// A column, index or constraint of this name.
    Part(&'n str),
    /// Whether it may have been made.
    Made,
    /// Whether it may be gone.
    Gone,
    /// Whether parts of it may have been changed that no text names.
    Unnamed,
}

impl Reach {
    /// By a word in the part's text, or because it calls something that is not known.
    pub(in crate::source::alembic) fn of(text: &str, reason: &str) -> Self {
        // A session moves rows, and so does a statement that SQLAlchemy makes.
        if ["ORM session", "ends the transaction", "is made by SQLAlchemy"].iter().any(|data| reason.contains(data)) {
            return Self::Rows;
        }
        // A session that is not known is ended as any other.
        let ends = [".close`", ".commit`", ".flush`", ".rollback`"].iter().any(|end| reason.contains(end));
        let unknown_call = reason.starts_with("what `") && reason.contains("` does is not known") && !ends;
        match speaks_of_schema(text) {
            _ if unknown_call => Self::Called,
            true => Self::File,
            false => Self::Rows,
        }
    }

    /// A statement, of which the call's text may show how it begins where the value is not known.
    pub(super) fn of_statement(statement: Option<&Value<'_>>, text: &str) -> Self {
        let moves = |sql: &str| moves_rows(sql) && !speaks_of_schema(sql);
        let rows = match statement {
            Some(Value::Text(sql)) => moves(sql),
            Some(Value::Object(object)) => match (object.kind.as_str(), object.args.first()) {
                (".bindparams" | ".execution_options", inner) => return Self::of_statement(inner, text),
                ("text", Some(Value::Text(sql))) => moves(sql),
                ("text", _) => literal_moves(text),
                (kind, _) => {
                    kind.starts_with('.') || matches!(kind, "update" | "insert" | "delete" | "select" | "postgresql.insert")
                }
            },
            _ => literal_moves(text),
        };
        match statement {
            _ if rows => Self::Rows,
            Some(Value::Text(_)) => Self::File,
            _ => Self::Called,
        }
    }
}

fn speaks_of_schema(text: &str) -> bool {
    let lower = text.to_lowercase();
    CHANGES.iter().any(|word| lower.contains(word))
}

/// Whether the first text literal of a call is a statement that moves rows.
fn literal_moves(call: &str) -> bool {
    let Some(at) = call.find(['"', '\'']) else { return false };
    let literal = call.get(at..).unwrap_or_default().trim_start_matches(['"', '\'']);
    moves_rows(literal) && !speaks_of_schema(call.get(at..).unwrap_or_default())
}

fn moves_rows(sql: &str) -> bool {
    let word = sql.split_whitespace().next().unwrap_or_default().to_uppercase();
    matches!(word.as_str(), "INSERT" | "UPDATE" | "DELETE")
}

/// The texts of the parts that were not followed. A copy costs nothing, and a question reads only the texts that have a
/// word of it: both are asked once a revision and more.
#[derive(Clone, Debug, Default)]
pub(super) struct Unfollowed {
    texts: Rc<Vec<Rc<Part>>>,
    /// Places of texts by the words they hold.
    by_word: Objects<Vec<usize>>,
    /// The file that is read now.
    pub(super) file: Rc<str>,
}

#[derive(Debug)]
struct Part {
    text: Box<str>,
    /// What it names is not all that may have been changed.
    unnamed: bool,
    /// The revision's file.
    file: Rc<str>,
}

impl Unfollowed {
    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Adds a text, unless it is the last one again.
    pub(super) fn add(&mut self, text: &str, unnamed: bool) {
        if self.texts.last().is_some_and(|last| last.text.as_ref() == text && (last.unnamed || !unnamed)) {
            return;
        }
        let at = self.texts.len();
        for word in words(text).gather::<BTreeSet<&str>>() {
            if let Some(places) = self.by_word.or_default(ObjectName::bare(word)) {
                places.push(at);
            }
        }
        let part = Rc::new(Part { text: Box::from(text), unnamed, file: self.file.clone() });
        Rc::make_mut(&mut self.texts).push(part);
    }

    /// The file of the first part that may speak of a table, and of what is asked of it.
    pub(super) fn speak_of(&self, table: &str, about: About<'_>) -> Option<&str> {
        let speaks = |part: &&Rc<Part>| mentions(&part.text, table) && (part.unnamed || is_about(&part.text, about));
        if words(table).next().is_none() {
            return self.texts.iter().find(speaks).map(|part| part.file.as_ref());
        }
        // Where a text speaks of a table it has each of the name's words as a whole word: the rarest has fewest texts.
        let places: Option<Vec<_>> = words(table).map(|word| self.by_word.get(&ObjectName::bare(word))).collect();
        let rarest = places.into_iter().flatten().min_by_key(|places| places.len());
        let found = rarest.into_iter().flatten().filter_map(|at| self.texts.get(*at)).find(speaks);
        found.map(|part| part.file.as_ref())
    }
}

/// Whether a text speaks of what is asked.
fn is_about(text: &str, about: About<'_>) -> bool {
    let any = |words: &[&str]| {
        let lower = text.to_lowercase();
        words.iter().any(|word| lower.contains(word))
    };
    match about {
        About::Anything => true,
        About::Part(name) => mentions(text, name),
        About::Made => any(&["create_table", "create table", "create_all", ".create(", "rename"]),
        About::Gone => any(&["drop_table", "drop table", "drop_all", ".drop(", "rename"]),
        About::Unnamed => false,
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Whether a text may speak of a table.
fn mentions(text: &str, table: &str) -> bool {
    // `create_jobs_table()` may well make the table `jobs`.
    let word = |c: char| c.is_alphanumeric();
    text.match_indices(table).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + table.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(word) && !after.is_some_and(word)
    })
}

#[cfg(test)]
mod tests {
    use super::{About, Unfollowed};

    #[test]
    fn a_text_speaks_of_the_tables_whose_names_stand_in_it_as_words() {
        let speak = |all: &Unfollowed, table: &str| all.speak_of(table, About::Anything).is_some();
        let mut all = Unfollowed::default();
        assert!(!speak(&all, "jobs"));
        all.add("create_jobs_table()", false);
        all.add("op.execute(\"DROP TABLE \" + a.name)", false);
        assert_eq!(
            ["jobs", "jobs_table", "job", "name", "_jobs", "", "._"].map(|table| speak(&all, table)),
            [true, true, false, true, false, true, false]
        );
        let copy = all.clone();
        all.add("users", true);
        assert!(speak(&all, "users") && !speak(&copy, "users"));
    }

    #[test]
    fn a_text_leaves_alone_what_it_does_not_name() {
        let mut all = Unfollowed::default();
        all.add("op.drop_column('jobs', 'state')", false);
        let abouts = [About::Part("state"), About::Part("id"), About::Made, About::Gone, About::Unnamed];
        assert_eq!(abouts.map(|about| all.speak_of("jobs", about).is_some()), [true, false, false, false, false]);
        all.add("op.drop_table(f'{prefix}jobs')", false);
        assert!(all.speak_of("jobs", About::Gone).is_some() && all.speak_of("jobs", About::Part("id")).is_none());
        all.add("change('jobs')", true);
        assert_eq!(abouts.map(|about| all.speak_of("jobs", about).is_some()), [true; 5]);
    }
}

//! Whether a way back comes back: the schema before a migration beside the one behind its way back.
//!
//! What cannot be told apart by its text alone is no difference: expressions as different hands spell them, the order of
//! columns, values that PostgreSQL cannot take out of an enum again.

use std::any::Any;
use std::collections::BTreeMap;

use super::{ddl, sql};
use crate::catalog::objects::Objects;
use crate::catalog::{Catalog, Table};
use crate::name::ObjectName;
use crate::statement::operation::{ConstraintKind, IndexPart};

/// What is not as it was, in words; empty: all of it is.
#[must_use]
pub fn differences(before: &Catalog, back: &Catalog) -> Vec<String> {
    let mut found = Found(Vec::new());
    let lasting = |catalog: &Catalog, name: &ObjectName| catalog.tables.get(name).filter(|table| !table.temporary).cloned();
    for name in before.tables.differing(&back.tables) {
        match (lasting(before, name), lasting(back, name)) {
            (Some(table), Some(newer)) => found.parts(&name.to_string(), &parts(&table, before), &parts(&newer, back)),
            (Some(_), None) => found.say("table ", &name.to_string(), None),
            (None, Some(_)) => found.say("table ", &name.to_string(), Some("")),
            (None, None) => {}
        }
    }
    found.names("view ", &before.views, &back.views);
    found.names("sequence ", &before.sequences, &back.sequences);
    found.names("enum ", &before.enums, &back.enums);
    found.names("type ", &before.types, &back.types);
    found.names("function ", &before.functions, &back.functions);
    for (table, trigger) in before.triggers.keys().filter(|key| !back.triggers.contains_key(*key)) {
        found.say("trigger ", &sql(&[trigger, " of ", &table.name]), None);
    }
    for (table, trigger) in back.triggers.keys().filter(|key| !before.triggers.contains_key(*key)) {
        found.say("trigger ", &sql(&[trigger, " of ", &table.name]), Some(""));
    }
    found.0
}

struct Found(Vec<String>);

impl Found {
    /// `None`: it does not come back; an empty text: it stays.
    fn say(&mut self, kind: &str, name: &str, now: Option<&str>) {
        self.0.push(match now {
            None => sql(&[kind, name, " does not come back"]),
            Some("") => sql(&[kind, name, " stays"]),
            Some(now) => sql(&[kind, name, " is ", now]),
        });
    }

    /// Objects that are known by their names.
    fn names<T>(&mut self, kind: &str, own: &Objects<T>, now: &Objects<T>)
    where
        T: Any + Send + Sync + Clone + PartialEq,
    {
        let lasting = |name: &&ObjectName| name.schema.as_deref() != Some("pg_temp");
        let differing: Vec<&ObjectName> = own.differing(now).into_iter().filter(lasting).collect();
        for name in differing.iter().filter(|name| !now.contains_key(name)) {
            self.say(kind, &name.to_string(), None);
        }
        for name in differing.iter().filter(|name| !own.contains_key(name)) {
            self.say(kind, &name.to_string(), Some(""));
        }
    }

    fn parts(&mut self, table: &str, own: &BTreeMap<String, String>, now: &BTreeMap<String, String>) {
        for (part, was) in own {
            let name = sql(&[part, " of ", table]);
            match now.get(part) {
                Some(text) if text == was => {}
                Some(text) => self.say("", &name, Some(&sql(&[text, " and was ", was]))),
                None => self.say("", &name, None),
            }
        }
        for part in now.keys().filter(|part| !own.contains_key(*part)) {
            self.say("", &sql(&[part, " of ", table]), Some(""));
        }
    }
}

/// Columns, constraints and indexes of a table, with what of them can be compared.
fn parts(table: &Table, catalog: &Catalog) -> BTreeMap<String, String> {
    let dialect = catalog.dialect;
    let mut found = BTreeMap::new();
    for column in &table.columns {
        // A default may be spelled in several ways; that there is one counts.
        let default = column.default.as_ref().filter(|text| !text.eq_ignore_ascii_case("null") && !column.serial);
        let plain = crate::statement::operation::ColumnDefinition {
            default: default.map(|_| "…".to_owned()),
            serial: false,
            generated: None,
            ..column.clone()
        };
        let text = ddl::column(&plain, dialect).to_lowercase();
        found.insert(["column ", &column.name].concat(), text);
    }
    for constraint in &table.constraints {
        // PostgreSQL makes the name of an unnamed one up, and so may another name mean the same.
        let name = constraint.name.as_deref().unwrap_or_default();
        let text = match &constraint.kind {
            ConstraintKind::Check { .. } | ConstraintKind::Exclude { .. } => String::new(),
            _ => ddl::constraint(constraint, dialect),
        };
        found.insert(["constraint ", name].concat(), text);
    }
    for (name, index) in &table.indexes {
        let plain = index.predicate.is_none() && index.columns.iter().all(|part| matches!(part, IndexPart::Column(_)));
        let text =
            if plain && !index.for_key { ddl::index(name, &ObjectName::bare(""), index, false, dialect) } else { String::new() };
        if !index.for_key {
            found.insert(["index ", name].concat(), text);
        }
    }
    found
}

//! What a command meets besides relations: functions, types, values of enums, sequences.

use super::Outcome;
use super::meet::{Meeting, Pair};
use super::verdict::plain;
use crate::catalog::Catalog;
use crate::catalog::query::Origin;
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::command::Command;
use crate::statement::parse::is_builtin;
use crate::statement::parse::type_name::user_defined;
use crate::statement::touches::ObjectRef;

impl Meeting<'_> {
    pub(super) fn routines(&mut self, command: &Command) {
        let Pair { own, other, later, .. } = self.pair;
        let gone = if later { "is gone" } else { "is not there yet" };
        let fewer = own.extensions.iter().any(|name| !other.extensions.contains(name));
        for call in &command.calls {
            let mut parts = call.rsplitn(2, '.');
            let name = parts.next().unwrap_or_default().to_owned();
            let name = ObjectName { schema: parts.next().map(str::to_owned), name };
            let find = |catalog: &Catalog| {
                let key = catalog.find(&name, |key| catalog.functions.contains_key(key))?;
                catalog.functions.get(&key).map(|function| (key, function.clone()))
            };
            match (find(own), find(other)) {
                (Some((key, _)), None) => {
                    let outcome = if is_builtin(call) { Outcome::Unknown } else { self.refused() };
                    self.add(outcome, ObjectRef::Function(key), format!("Function {call} {gone}."));
                }
                (Some((_, before)), Some((key, after))) if before != after => {
                    let sentence = format!("Function {call} has other arguments; whether the call fits is not known.");
                    self.add(Outcome::Unknown, ObjectRef::Function(key), sentence);
                }
                (None, None) if fewer && own.dialect == Dialect::Postgres && !is_builtin(call) => {
                    let sentence = format!("{call} may come from an extension that {gone}.");
                    self.add(Outcome::Unknown, ObjectRef::Function(name), sentence);
                }
                (Some((_, before)), Some((key, _))) => {
                    let worked = self
                        .here
                        .worked_on
                        .iter()
                        .any(|(table, column)| self.types_of(table, column).is_some_and(|(from, to)| from != to));
                    if worked && !before.overloads.is_empty() {
                        let sentence = format!("Types differ, and whether function {call} takes them is not known.");
                        self.add(Outcome::Unknown, ObjectRef::Function(key), sentence);
                    }
                }
                _ => {}
            }
        }
        for name in &command.types {
            let find = |catalog: &Catalog| {
                let has = |key: &ObjectName| {
                    catalog.enums.contains_key(key) || catalog.types.contains_key(key) || catalog.tables.contains_key(key)
                };
                catalog.find(name, has)
            };
            match (find(own), find(other)) {
                (Some(key), None) => {
                    let outcome = self.refused();
                    self.add(outcome, ObjectRef::Type(key), format!("Type {} {gone}.", plain(name)));
                }
                (None, None) if fewer => {
                    let sentence = format!("Type {} may come from an extension that {gone}.", plain(name));
                    self.add(Outcome::Unknown, ObjectRef::Type(name.clone()), sentence);
                }
                _ => {}
            }
        }
    }

    /// Enums whose values differ: what columns that go out may hold.
    pub(super) fn enums(&mut self) {
        let outputs = self.here.outputs.iter().flatten();
        let columns: Vec<(ObjectName, String)> = outputs
            .filter_map(|output| match &output.from {
                Origin::Column(table, column) => Some((table.clone(), column.clone())),
                _ => None,
            })
            .collect();
        for (table, column) in columns {
            let Some((from, to)) = self.types_of(&table, &column).filter(|(from, to)| from == to) else { continue };
            let (before, after) = (values(self.pair.own, &from), values(self.pair.other, &to));
            let new: Vec<String> = after.iter().filter(|value| !before.contains(value)).cloned().collect();
            if !new.is_empty() {
                let sentence =
                    format!("{}.{column} may hold {}, which the release does not know.", plain(&table), new.join(", "));
                let object = user_defined(&to).map(|name| self.pair.other.resolve(&name));
                let object = object.map_or_else(|| ObjectRef::Column(table, column), ObjectRef::Type);
                self.add(Outcome::Behaves, object, sentence);
            }
        }
    }

    /// String literals that are values of an enum, or names of sequences.
    pub(super) fn literals(&mut self, command: &Command) {
        for (table, column, literal) in &self.here.compared {
            let Some((from, to)) = self.types_of(table, column) else { continue };
            let (before, after) = (values(self.pair.own, &from), values(self.pair.other, &to));
            // MySQL compares with any text; what it refuses to write the change of the type tells.
            let mysql = matches!(self.pair.other.dialect, Dialect::MySql | Dialect::MariaDb);
            if mysql || !before.contains(literal) || after.contains(literal) {
                continue;
            }
            let mut homes = self.here.compared.iter().filter(|(_, name, _)| name == column).map(|(table, ..)| table);
            let alone = homes.next().is_some_and(|first| homes.all(|other| other == first));
            let outcome = if alone && self.pair.other.dialect == Dialect::Postgres { self.refused() } else { Outcome::Unknown };
            let sentence = format!("{literal} is no value of {}.{column}.", plain(table));
            let object = user_defined(&to).map(|name| self.pair.other.resolve(&name));
            self.add(outcome, object.map_or_else(|| ObjectRef::Column(table.clone(), column.clone()), ObjectRef::Type), sentence);
        }
        for literal in &command.strings {
            for (name, old) in self.pair.own.enums.iter() {
                let new = self.pair.other.enums.get(name);
                let dropped = old.contains(literal) && new.is_some_and(|new| !new.contains(literal));
                let told = self.here.compared.iter().any(|(_, _, known)| known == literal);
                if dropped && !told {
                    let sentence = format!("{literal} is no value of enum {}; whether it is meant is not known.", plain(name));
                    self.add(Outcome::Unknown, ObjectRef::Type(name.clone()), sentence);
                }
            }
            let written = ObjectName::bare(literal.trim_matches('"'));
            let find = |catalog: &Catalog| catalog.find(&written, |key| catalog.sequences.contains_key(key));
            if let (Some(key), None) = (find(self.pair.own), find(self.pair.other)) {
                self.add(Outcome::Unknown, ObjectRef::Sequence(key), format!("Sequence {literal} is not there."));
            }
        }
    }
}

/// Values of an enum type, or of MySQL's `enum(…)`.
fn values(catalog: &Catalog, data_type: &str) -> Vec<String> {
    if let Some(list) = data_type.strip_prefix("enum(").and_then(|rest| rest.strip_suffix(')')) {
        return list.split(',').map(|value| value.trim().trim_matches('\'').to_owned()).collect();
    }
    let name = user_defined(data_type);
    name.and_then(|name| catalog.enums.get(&catalog.resolve(&name)).cloned()).unwrap_or_default()
}

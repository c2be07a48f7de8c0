//! A query as the walk over the schemas knows it: what decides about it.

use std::collections::{BTreeMap, BTreeSet};

use super::origin::Aspect;
use crate::catalog::Catalog;
use crate::catalog::query::Resolved;
use crate::name::ObjectName;
use crate::statement::command::Command;

/// A query as the walk knows it.
pub(super) struct Asked<'a> {
    pub(super) at: usize,
    pub(super) command: &'a Command,
    pub(super) own: Resolved,
    /// Bare names that decide about it.
    pub(super) names: BTreeSet<String>,
}

/// The queries that name something.
pub(super) fn by_name<'a>(asked: &'a [Asked<'a>]) -> BTreeMap<&'a str, Vec<usize>> {
    let mut all: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, query) in asked.iter().enumerate() {
        for name in &query.names {
            all.entry(name).or_default().push(at);
        }
    }
    all
}

/// The aspect a sentence of a query is about.
pub(super) fn aspect(sentence: &str) -> Aspect {
    if sentence.contains(" instead of ") && !sentence.contains("becomes") {
        Aspect::Type
    } else if sentence.contains("NULL") && !sentence.contains("becomes") {
        Aspect::Null
    } else if sentence.contains("becomes") {
        Aspect::Default
    } else {
        Aspect::Existence
    }
}

/// Bare names that decide about a query: relations with what views read, functions, types.
pub(super) fn names(command: &Command, resolved: &Resolved, catalog: &Catalog) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<ObjectName> = Vec::new();
    for (written, stored) in &resolved.relations {
        found.insert(written.name.to_lowercase());
        open.extend(stored.clone());
    }
    while let Some(name) = open.pop() {
        if let Some(view) = catalog.views.get(&name) {
            open.extend(view.reads.iter().filter(|read| !found.contains(&read.name.to_lowercase())).cloned());
        }
        let types = catalog.tables.get(&name).map(|table| table.columns.as_slice()).unwrap_or_default();
        let types = types.iter().filter_map(|column| crate::statement::parse::type_name::user_defined(&column.data_type));
        found.extend(types.map(|name| name.name.to_lowercase()));
        found.insert(name.name.to_lowercase());
    }
    let last = |call: &String| call.rsplit('.').next().unwrap_or_default().to_lowercase();
    found.extend(command.calls.iter().map(last));
    found.extend(command.types.iter().map(|name| name.name.to_lowercase()));
    found.extend(command.strings.iter().map(|text| text.trim_matches('"').to_lowercase()));
    found
}

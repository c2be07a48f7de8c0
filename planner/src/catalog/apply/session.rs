//! `SET`: what of the session decides names and rewrites; and extended statistics.

use super::Outcome;
use crate::catalog::Catalog;
use crate::dialect::Dialect;
use crate::name::{ObjectName, fold};

pub(super) fn set(catalog: &mut Catalog, name: &str, value: &str) -> Outcome {
    if catalog.dialect != Dialect::Postgres {
        let setting = name.trim_start_matches('@').rsplit('.').next().unwrap_or_default();
        if setting.eq_ignore_ascii_case("foreign_key_checks") {
            catalog.foreign_keys_off = matches!(value.trim().to_ascii_lowercase().as_str(), "0" | "off" | "false");
        } else if setting.eq_ignore_ascii_case("sql_mode") {
            let value = value.to_ascii_lowercase();
            // What is made of the mode itself is as strict as that; a variable holds what was there before.
            if !value.contains("@@") {
                catalog.lenient = !["strict", "traditional", "@", "default"].iter().any(|word| value.contains(word));
            }
        } else if name.starts_with('@') && !name.starts_with("@@") {
            crate::catalog::call::assign(catalog, name, value);
        }
        return Ok(());
    }
    match name.to_ascii_lowercase().as_str() {
        "search_path" | "schema" => catalog.search_path = search_path(value),
        "session_replication_role" => catalog.triggers_off = value.to_ascii_lowercase().contains("replica"),
        "check_function_bodies" => {
            let value = value.trim().trim_matches('\'').to_ascii_lowercase();
            catalog.bodies_unchecked = matches!(value.as_str(), "off" | "false" | "no" | "0");
        }
        "timezone" | "time zone" => catalog.time_zone = zone(value),
        _ => {}
    }
    Ok(())
}

/// The schemas of a `search_path` value, `$user` left out. A quoted list is what `set_config` takes.
fn search_path(value: &str) -> Vec<String> {
    if value.trim().eq_ignore_ascii_case("default") {
        return vec!["public".to_owned()];
    }
    let entries = value.split(',').flat_map(|entry| entry.trim().trim_matches('\'').split(','));
    let names = entries.map(|entry| fold(entry.trim(), Dialect::Postgres));
    names.filter(|name| !name.is_empty() && name != "$user").collect()
}

fn zone(value: &str) -> Option<String> {
    let zone = value.trim().trim_matches('\'').trim_matches('"').trim();
    (!zone.is_empty() && !zone.eq_ignore_ascii_case("default") && !zone.eq_ignore_ascii_case("local")).then(|| zone.to_owned())
}

/// Commands that change no table. Extended statistics are remembered with their table.
pub(super) fn other(catalog: &mut Catalog, what: &str, tables: &[ObjectName]) -> Outcome {
    if let (Some(name), Some(table)) = (statistics_name(what, "create"), tables.first()) {
        let key = catalog.table_key(table).ok_or_else(|| super::rows::missing(catalog, table))?;
        catalog.statistics.insert(name, key);
    }
    if let Some((index, _)) = what.strip_prefix("ALTER INDEX ").and_then(|rest| rest.split_once(" ATTACH PARTITION ")) {
        super::attached::attach_index(catalog, &super::drop::type_name(index));
    }
    catalog.own_casts |= what.get(..11).is_some_and(|words| words.eq_ignore_ascii_case("create cast"));
    if let Some(name) = statistics_name(what, "drop") {
        catalog.statistics.remove(&name);
    }
    Ok(())
}

/// The table whose statistics a command drops.
pub(crate) fn dropped_statistics<'a>(catalog: &'a Catalog, what: &str) -> Option<&'a ObjectName> {
    catalog.statistics.get(&statistics_name(what, "drop")?)
}

/// The name in `CREATE/DROP STATISTICS [IF [NOT] EXISTS] name …`, without its schema.
fn statistics_name(what: &str, verb: &str) -> Option<String> {
    let mut words = what.split_whitespace();
    let first = [words.next()?, words.next()?];
    if !first[0].eq_ignore_ascii_case(verb) || !first[1].eq_ignore_ascii_case("statistics") {
        return None;
    }
    let name = words.find(|word| !["if", "not", "exists"].iter().any(|skipped| word.eq_ignore_ascii_case(skipped)))?;
    name.rsplit('.').next().map(|name| fold(name, Dialect::Postgres))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_path_is_a_list_of_folded_names() {
        assert_eq!(search_path("App, \"Mixed\", '$user', public"), ["app", "Mixed", "public"]);
        assert_eq!(search_path("'app,public'"), ["app", "public"]);
        assert!(search_path("''").is_empty());
    }
}

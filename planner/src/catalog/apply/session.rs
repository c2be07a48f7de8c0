//! `SET`: what of the session decides names and rewrites.

use super::Outcome;
use crate::catalog::Catalog;
use crate::dialect::Dialect;
use crate::name::fold;

pub(super) fn set(catalog: &mut Catalog, name: &str, value: &str) -> Outcome {
    if catalog.dialect != Dialect::Postgres {
        return Ok(());
    }
    match name.to_ascii_lowercase().as_str() {
        "search_path" | "schema" => catalog.search_path = search_path(value),
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

//! The few settings of `alembic.ini` that tell where the revisions are.

use super::path::join;
use super::settings::AlembicSettings;

/// Reads the section `[alembic]`. `folder` is the one the file stands in; `%(here)s` means it too.
pub(super) fn read(text: &str, folder: &str) -> AlembicSettings {
    let values = section(text);
    let value = |key: &str| values.iter().rev().find(|(known, _)| known == key).map(|(_, value)| value.as_str());
    let place = |written: &str| {
        let written = written.replace("%(here)s", ".").replace("%%", "%");
        // package:folder names a folder of an installed package, here one of the project.
        let written =
            written.split_once(':').map_or(written.clone(), |(package, rest)| format!("{}/{rest}", package.replace('.', "/")));
        join(folder, &written)
    };
    let defaults = AlembicSettings::default();
    AlembicSettings {
        script_location: place(value("script_location").unwrap_or("alembic")),
        version_locations: value("version_locations").map_or_else(Vec::new, |list| locations(list, separator(&value), &place)),
        recursive: value("recursive_version_locations").is_some_and(|answer| answer.eq_ignore_ascii_case("true")),
        version_table: value("version_table").map_or(defaults.version_table, str::to_owned),
        version_table_schema: None,
    }
}

/// What separates locations: `path_separator`, or its older name; without either blanks and commas.
fn separator<'a>(value: &impl Fn(&str) -> Option<&'a str>) -> &'static [char] {
    match value("path_separator").or_else(|| value("version_path_separator")) {
        Some("os" | ":") => &[':'],
        Some(";") => &[';'],
        Some("newline") => &['\n'],
        Some("space") => &[' ', '\n'],
        _ => &[' ', ',', '\n'],
    }
}

fn locations(list: &str, separator: &[char], place: &impl Fn(&str) -> String) -> Vec<String> {
    list.split(separator).map(str::trim).filter(|one| !one.is_empty()).map(place).collect()
}

/// Keys and values of `[alembic]`; indented lines continue the value before them.
fn section(text: &str) -> Vec<(String, String)> {
    let mut values: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if trimmed.starts_with('[') {
            inside = trimmed.trim_end_matches(']').trim_start_matches('[').trim() == "alembic";
            continue;
        }
        if !inside {
            continue;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = values.last_mut() {
                value.push('\n');
                value.push_str(trimmed);
            }
        } else if let Some((key, value)) = trimmed.split_once(['=', ':']) {
            values.push((key.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_read_as_alembic_reads_them() {
        let ini =
            "[alembic]\n# c\nscript_location = %(here)s/db\nversion_locations = a, b/c\n  d\n[loggers]\nscript_location = no\n";
        let read = read(ini, "app");
        assert_eq!(read.script_location, "app/db");
        assert_eq!(read.version_locations, ["app/a", "app/b/c", "app/d"]);
    }

    #[test]
    fn the_separator_may_be_named() {
        let read = read("[alembic]\npath_separator = os\nversion_locations = %(here)s/a b:c\n", "");
        assert_eq!((read.script_location.as_str(), read.version_locations), ("alembic", vec!["a b".to_owned(), "c".to_owned()]));
    }
}

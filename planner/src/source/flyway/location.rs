//! Which files of a project lie in a Flyway location.

use crate::project::glob::begins_with;
use crate::project::path::{self, inside};
use crate::project::{Project, ProjectFile};
use crate::sort::Sort;

/// Files below a location in the order of their paths, each with its path relative to the location (the
/// `script` column). Hidden folders are skipped; `*`, `?` and `**` stand for folder names as in Flyway, and a
/// script's path is then relative to the part before the first of them.
pub(super) fn files<'a>(project: &'a Project, location: &str) -> Vec<(&'a ProjectFile, String)> {
    let location = path::join("", location);
    let segments: Vec<&str> = location.split('/').filter(|segment| !segment.is_empty()).collect();
    let wild = segments.iter().position(|segment| segment.contains(['*', '?']));
    let (root, pattern) = segments.split_at(wild.unwrap_or(segments.len()));
    let absolute = if location.starts_with('/') { "/" } else { "" };
    let root = format!("{absolute}{}", root.join("/"));
    let mut found: Vec<(&ProjectFile, String)> = Vec::new();
    for file in &project.files {
        let Some(script) = inside(&file.path, &root) else { continue };
        let folders: Vec<&str> = path::folder(script).split('/').filter(|part| !part.is_empty()).collect();
        if !folders.iter().any(|part| part.starts_with('.')) && begins_with(pattern, &folders) {
            found.push((file, script.to_owned()));
        }
    }
    found.order_by(|a, b| a.0.path.cmp(&b.0.path));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(location: &str) -> Vec<String> {
        let paths = ["db/V1__a.sql", "db/.git/V2__x.sql", "db/pg/V3__a.sql", "db/my/x/V4__a.sql", "dbx/V5__a.sql", "V6__a.sql"];
        let files = paths.map(|path| ProjectFile { path: path.to_owned(), content: Vec::new() }).into();
        super::files(&Project { files }, location).into_iter().map(|(_, script)| script).collect()
    }

    #[test]
    fn locations_are_read_with_their_folders() {
        assert_eq!(found("db"), ["V1__a.sql", "my/x/V4__a.sql", "pg/V3__a.sql"]);
        assert_eq!(found("./db/pg/"), ["V3__a.sql"]);
        assert_eq!(found("").len(), 5);
        assert_eq!(found("nope"), [""; 0]);
        let outside = ["/flyway/sql/V1__a.sql", "../shared/V2__b.sql"];
        let files: Vec<_> = outside.map(|path| ProjectFile { path: path.to_owned(), content: Vec::new() }).into();
        let project = Project { files };
        assert_eq!(super::files(&project, "/flyway/sql").len() + super::files(&project, "../shared").len(), 2);
    }

    #[test]
    fn wildcards_stand_for_folders() {
        assert_eq!(found("db/*"), ["my/x/V4__a.sql", "pg/V3__a.sql"]);
        assert_eq!(found("db/p?"), ["pg/V3__a.sql"]);
        assert_eq!(found("db/**/x"), ["my/x/V4__a.sql"]);
        assert_eq!(found("*/my"), ["db/my/x/V4__a.sql"]);
    }
}

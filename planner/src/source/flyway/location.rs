//! Which files of a project lie in a Flyway location.

use crate::project::path::{self, inside};
use crate::project::{Project, ProjectFile};

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
    found.sort_by(|a, b| a.0.path.cmp(&b.0.path));
    found
}

/// Whether the first folders match the whole pattern.
fn begins_with(pattern: &[&str], folders: &[&str]) -> bool {
    // reached[n]: the pattern so far can match the first n folders.
    let mut reached = vec![false; folders.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    for segment in pattern {
        let mut next = vec![false; folders.len() + 1];
        let mut any_before = false;
        for (at, place) in next.iter_mut().enumerate() {
            let here = reached.get(at).copied().unwrap_or(false);
            if *segment == "**" {
                any_before |= here;
                *place = any_before;
            } else if let Some(before) = at.checked_sub(1) {
                let from = reached.get(before).copied().unwrap_or(false);
                *place = from && folders.get(before).is_some_and(|folder| matches(segment, folder));
            }
        }
        reached = next;
    }
    reached.contains(&true)
}

/// `*` any characters, `?` one.
fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || Some(c) == text.get(t) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    p = at + 1;
                    t = from + 1;
                    star = Some((at, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).unwrap_or(&[]).iter().all(|c| *c == '*')
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
        assert!(!matches("a*b", "ac") && matches("a*b*", "axbyb") && matches("*", ""));
    }
}

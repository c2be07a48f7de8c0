//! Files from the reader's disk to a project. Nothing leaves the browser.

pub mod browser;
pub mod link;
pub mod patch;
pub mod stream;
pub mod zip;

use crate::locale::say;
use planner::project::{Project, ProjectFile, Statistics};
use planner::sort::Sort;

/// The largest file that is read, bytes.
pub const MAX_FILE: u64 = 5_000_000;
/// The most files that are read.
pub const MAX_FILES: usize = 20_000;
/// The most bytes in all.
pub const MAX_TOTAL: u64 = 50_000_000;

/// What `flightplan stats` has written, dropped with the folder: sizes without a database.
const STATISTICS: &str = "stats.json";

const EXTENSIONS: [&str; 8] = ["sql", "py", "toml", "conf", "ini", "yml", "yaml", "properties"];

/// The statistics that were dropped with a project; the one nearest to the root counts.
#[must_use]
pub fn statistics(project: &Project) -> Option<Statistics> {
    let files = project.files.iter().filter(|file| is_statistics(&file.path));
    let nearest = files.min_by_key(|file| file.path.matches('/').count())?;
    Statistics::parse(&String::from_utf8_lossy(&nearest.content)).ok()
}

fn is_statistics(path: &str) -> bool {
    path.rsplit('/').next() == Some(STATISTICS)
}

/// The hidden folder in which sqlx keeps an application's queries.
const SQLX: &str = ".sqlx";

/// Whether a file holds the queries of a release: one of sqlx, or an export of `pg_stat_statements`.
fn holds_queries(path: &str, extension: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let of_sqlx = name.starts_with("query-") && extension == "json";
    of_sqlx || name.contains("pg_stat_statements") && matches!(extension, "json" | "csv")
}

/// Whether the planner reads a file of this path. Hidden folders and installed packages are left out.
#[must_use]
pub fn wanted(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let known = EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known));
    let hidden = |part: &str| part.starts_with('.') && part != SQLX;
    let skipped = |part: &str| hidden(part) || matches!(part, "node_modules" | "__pycache__" | "target" | "venv");
    (known || is_statistics(path) || holds_queries(path, extension)) && !path.split('/').any(skipped)
}

/// Whether a file that was given by itself is an archive of files.
#[must_use]
pub fn is_archive(path: &str) -> bool {
    !path.contains('/') && has_ending(path, &["zip"])
}

/// Whether a file that was given by itself is a patch of Git.
#[must_use]
pub fn is_patch(path: &str) -> bool {
    !path.contains('/') && has_ending(path, &["patch", "diff"])
}

/// Whether a file that was given by itself is a plan that `flightplan plan --output` wrote.
#[must_use]
pub fn is_plan(path: &str) -> bool {
    !path.contains('/') && has_ending(path, &["json"]) && !wanted(path)
}

fn has_ending(path: &str, endings: &[&str]) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| endings.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// Takes files one by one within the bounds, and tells what was left out.
#[derive(Clone, Debug, Default)]
pub struct Collection {
    files: Vec<ProjectFile>,
    total: u64,
    skipped: Vec<String>,
    /// Texts of patches, by the name of the file.
    patches: Vec<(String, String)>,
}

/// What was given: files, and patches on them or on the project in hand.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The name of the common folder; empty where there is none.
    pub root: String,
    /// The files, with paths relative to that folder.
    pub project: Project,
    /// What was left out, each with the reason.
    pub skipped: Vec<String>,
    /// Names of the files of patches, and their texts.
    pub patches: Vec<(String, String)>,
}

impl Given {
    /// The project with the patches on it, and its name: on the files that came with them, else on those in hand.
    #[must_use]
    pub fn patched(mut self, in_hand: &Project) -> (String, Project, Vec<String>) {
        let mut name = self.root;
        if name.is_empty() && !self.project.files.is_empty() {
            name = crate::words::plural(self.project.files.len(), say::files);
        }
        if self.project.files.is_empty() && !self.patches.is_empty() {
            self.project = in_hand.clone();
        }
        for (file, text) in &self.patches {
            let (project, left_out) = patch::apply(text, &self.project);
            self.project = project;
            self.skipped.extend(left_out);
            name = if name.is_empty() { file.clone() } else { say::with_patch(&name, file) };
        }
        (name, self.project, self.skipped)
    }
}

impl Collection {
    /// Whether a wanted file of this size can still be taken; if not, the reason is kept.
    pub fn admits(&mut self, path: &str, size: u64) -> bool {
        let reason = if size > MAX_FILE {
            say::too_large(path, &crate::words::bytes(MAX_FILE))
        } else if self.files.len() >= MAX_FILES {
            say::too_many(path, &crate::words::amount(MAX_FILES))
        } else if self.total + size > MAX_TOTAL {
            say::too_much(path, &crate::words::bytes(MAX_TOTAL))
        } else {
            self.total += size;
            return true;
        };
        self.skipped.push(reason);
        false
    }

    /// Keeps a file.
    pub fn add(&mut self, path: &str, content: Vec<u8>) {
        if is_statistics(path)
            && let Err(why) = Statistics::parse(&String::from_utf8_lossy(&content))
        {
            return self.skip(format!("{path}: {why}"));
        }
        self.files.push(ProjectFile { path: path.to_owned(), content });
    }

    /// Keeps the reason why a file could not be read.
    pub fn skip(&mut self, reason: String) {
        self.skipped.push(reason);
    }

    /// Keeps a patch.
    pub fn add_patch(&mut self, path: &str, content: &[u8]) {
        self.patches.push((path.to_owned(), String::from_utf8_lossy(content).into_owned()));
    }

    /// What was taken, with paths relative to the folder that all share.
    #[must_use]
    pub fn finish(self) -> Given {
        let mut files = self.files;
        let root = common_root(&files);
        if !root.is_empty() {
            for file in &mut files {
                file.path = file.path.get(root.len() + 1..).unwrap_or_default().to_owned();
            }
        }
        files.order();
        files.dedup_by(|a, b| a.path == b.path);
        Given { root, project: Project { files }, skipped: self.skipped, patches: self.patches }
    }
}

/// The first folder of all paths, where all share it: the folder that was dropped.
fn common_root(files: &[ProjectFile]) -> String {
    let first = |file: &ProjectFile| file.path.split_once('/').map(|(folder, _)| folder.to_owned());
    let mut folders = files.iter().map(first);
    match folders.next().flatten() {
        Some(root) if folders.all(|folder| folder.as_ref() == Some(&root)) => root,
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_migrations_and_configuration_are_read() {
        for path in [
            "db/V1__a.sql",
            "versions/ab.py",
            "flightplan.toml",
            "flyway.conf",
            "alembic.INI",
            "app/.sqlx/query-1f.json",
            "pg_stat_statements.csv",
        ] {
            assert!(wanted(path), "{path}");
        }
        for path in ["db/.git/a.sql", "node_modules/x/a.sql", "README.md", "a", "data.csv", "venv/lib/a.py"] {
            assert!(!wanted(path), "{path}");
        }
    }

    #[test]
    fn a_plan_is_a_json_file_by_itself() {
        assert!(is_plan("plan.json") && is_plan("release 3.JSON"));
        for path in ["stats.json", "query-1f.json", "shop/plan.json", "plan.txt"] {
            assert!(!is_plan(path), "{path}");
        }
    }

    #[test]
    fn paths_are_relative_to_the_dropped_folder() {
        let mut collection = Collection::default();
        collection.add("shop/flyway/V1__a.sql", vec![1]);
        collection.add("shop/flightplan.toml", vec![2]);
        let Given { root, project, .. } = collection.finish();
        assert_eq!(root, "shop");
        assert_eq!(
            project.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(),
            ["flightplan.toml", "flyway/V1__a.sql"]
        );
    }

    #[test]
    fn statistics_come_with_the_folder_and_broken_ones_are_told() {
        let mut collection = Collection::default();
        collection.add("shop/stats.json", br#"{"format":1,"tables":{"public.t":{"rows":7,"bytes":8192}}}"#.to_vec());
        collection.add("shop/old/stats.json", b"{}".to_vec());
        let Given { project, skipped, .. } = collection.finish();
        let rows = statistics(&project).and_then(|known| known.table("public.t").map(|table| table.rows));
        assert_eq!(rows, Some(7));
        assert!(skipped.len() == 1 && skipped.iter().all(|reason| reason.starts_with("shop/old/stats.json: ")), "{skipped:?}");
    }

    #[test]
    fn loose_files_keep_their_names() {
        let mut collection = Collection::default();
        collection.add("V1__a.sql", vec![]);
        collection.add("sub/V2__b.sql", vec![]);
        let Given { root, project, .. } = collection.finish();
        assert_eq!((root.as_str(), project.files.len()), ("", 2));
    }

    #[test]
    fn what_is_too_large_is_named() {
        let mut collection = Collection::default();
        assert!(collection.admits("a.sql", MAX_FILE));
        assert!(!collection.admits("b.sql", MAX_FILE + 1));
        for _ in 0..9 {
            assert!(collection.admits("c.sql", MAX_FILE));
        }
        assert!(!collection.admits("d.sql", 1));
        let Given { skipped, .. } = collection.finish();
        assert_eq!(skipped, ["b.sql: larger than 5 MB", "d.sql: more than 50 MB in all"]);
    }
}

//! Reads a folder into the planner's [`Project`]. The only place where project files are opened.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use planner::project::{Project, ProjectFile};

use crate::exit::{Failure, Outcome};
use crate::machine;

/// Endings of files the planner reads.
const ENDINGS: &[&str] = &["sql", "py", "toml", "conf", "ini", "yml", "yaml", "properties", "sh", "bash", "ps1", "cmd", "bat"];
/// Folders that never hold migrations and can be huge.
const SKIPPED: &[&str] = &["node_modules", "__pycache__", "target", "venv"];
/// A migration larger than this is a data load in disguise, bytes.
const MAX_FILE: u64 = 64 << 20;
/// All files together, bytes: the project is held in memory, here and in the browser.
const MAX_PROJECT: u64 = 256 << 20;
/// Files in all.
const MAX_FILES: usize = 250_000;

const CURE: &str = "Point --project at the folder that holds the migrations, or load the data with another tool.";

/// Reads every migration and configuration file below `root`, sorted by path.
///
/// # Errors
/// A folder or file that cannot be read, or a project past the size bounds, with path and cure.
pub fn read(root: &Path) -> Outcome<Project> {
    read_below(root, "")
}

/// As [`read`], but only what is below one folder of `root`; the paths still start at `root`.
///
/// # Errors
/// See [`read`].
pub fn read_below(root: &Path, folder: &str) -> Outcome<Project> {
    let root = root.canonicalize().map_err(|error| unreadable(root, &error))?;
    if !root.is_dir() {
        return Err(Failure::usage(format!("{} is not a folder.", root.display()), "Name the project's folder with --project."));
    }
    let mut project = Project::default();
    add(&root.join(folder), folder.trim_end_matches('/'), &endings(), &mut project)?;
    Ok(project)
}

/// Adds the files of [`read_below`] that end in one of Flyway's `sqlMigrationSuffixes` and in nothing that is read anyway.
///
/// # Errors
/// See [`read`].
pub fn read_suffixes(root: &Path, folder: &str, suffixes: &[String], project: &mut Project) -> Outcome<()> {
    let unread = |suffix: &&String| !suffix.is_empty() && !is_wanted(suffix, &endings());
    let suffixes: Vec<String> = suffixes.iter().filter(unread).map(|suffix| suffix.to_lowercase()).collect();
    if suffixes.is_empty() {
        return Ok(());
    }
    add(&root.join(folder), folder.trim_end_matches('/'), &suffixes, project)
}

/// Adds the Python files below `root`, which revisions may import, the options they may ask for, and `flightplan.toml`, which
/// says what is not in them. Where these are more than can be held, nothing: what a revision needs of them is opaque then,
/// and says so.
pub fn read_imports(root: &Path, project: &mut Project) {
    let mut whole = project.clone();
    if add(root, "", &[".py", ".ini", "flightplan.toml"].map(str::to_owned), &mut whole).is_ok() {
        *project = whole;
    }
}

/// Adds the files below a folder outside `root` under its own path, absolute or with leading `..`. A folder that is not
/// there adds nothing: the planner tells.
///
/// # Errors
/// See [`read`].
pub fn read_outside(root: &Path, folder: &Path, project: &mut Project) -> Outcome<()> {
    let real = root.join(folder);
    if !real.is_dir() {
        return Ok(());
    }
    add(&real, &folder.to_string_lossy().replace('\\', "/"), &endings(), project)
}

/// Adds the files below a folder that are not there yet, and sorts.
fn add(folder: &Path, prefix: &str, endings: &[String], project: &mut Project) -> Outcome<()> {
    let known: BTreeSet<&str> = project.files.iter().map(|file| file.path.as_str()).collect();
    let mut walk = Walk { endings, known, seen: BTreeSet::new(), found: Vec::new() };
    walk.folder(folder, prefix)?;
    let found = walk.found;
    let bytes = AtomicU64::new(project.files.iter().map(|file| file.content.len() as u64).sum());
    let contents: Vec<OnceLock<Outcome<Vec<u8>>>> = found.iter().map(|_| OnceLock::new()).collect();
    machine::each(found.len(), &|at| {
        if let (Some(slot), Some(file)) = (contents.get(at), found.get(at)) {
            slot.get_or_init(|| content(&file.path, &bytes));
        }
    });
    for (file, content) in found.into_iter().zip(contents) {
        if let Some(content) = content.into_inner() {
            project.files.push(ProjectFile { path: file.relative, content: content? });
        }
    }
    project.files.sort();
    Ok(())
}

/// The bytes of one file; `all` counts those of the project.
fn content(path: &Path, all: &AtomicU64) -> Outcome<Vec<u8>> {
    let open = || {
        let file = fs::File::open(path)?;
        let size = file.metadata()?.len();
        Ok((file, size))
    };
    let (file, size) = open().map_err(|error| unreadable(path, &error))?;
    if size > MAX_FILE {
        return Err(Failure::usage(format!("{} has {size} bytes; at most {MAX_FILE} are read.", path.display()), CURE));
    }
    if all.fetch_add(size, Ordering::Relaxed).saturating_add(size) > MAX_PROJECT {
        return Err(Failure::usage(format!("The project has more than {MAX_PROJECT} bytes (at {}).", path.display()), CURE));
    }
    // A file that grows meanwhile is read as far as it was.
    let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    file.take(size).read_to_end(&mut content).map_err(|error| unreadable(path, &error))?;
    Ok(content)
}

/// Adds the files and folders that `releases.toml` names as queries: they may end otherwise, and lie in hidden folders. What
/// is not there adds nothing: the planner tells.
///
/// # Errors
/// See [`read`].
pub fn read_queries(root: &Path, project: &mut Project) -> Outcome<()> {
    // With `--source` only the folder of the migrations has been read.
    one(root, "releases.toml", project)?;
    let endings = [".sql", ".json", ".csv", ".log", ".txt", ".out"].map(str::to_owned);
    for named in planner::matrix::queries::named(project) {
        let real = root.join(&named);
        if real.is_dir() {
            add(&real, named.trim_end_matches('/'), &endings, project)?;
        } else {
            one(root, &named, project)?;
        }
    }
    Ok(())
}

/// Adds one file, if it is there and not read yet.
fn one(root: &Path, name: &str, project: &mut Project) -> Outcome<()> {
    let path = root.join(name);
    if !path.is_file() || project.files.iter().any(|file| file.path == name) {
        return Ok(());
    }
    let bytes = AtomicU64::new(project.files.iter().map(|file| file.content.len() as u64).sum());
    project.files.push(ProjectFile { path: name.to_owned(), content: content(&path, &bytes)? });
    project.files.sort();
    Ok(())
}

/// A file that will be read.
struct Found {
    path: PathBuf,
    relative: String,
}

struct Walk<'a> {
    /// What the names of files that are read end in, in lower case.
    endings: &'a [String],
    /// Paths that are in the project already.
    known: BTreeSet<&'a str>,
    /// Real paths of the folders above and beside: a symbolic link back into one of them is not followed.
    seen: BTreeSet<PathBuf>,
    found: Vec<Found>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, prefix: &str) -> Outcome<()> {
        let real = folder.canonicalize().map_err(|error| unreadable(folder, &error))?;
        if !self.seen.insert(real) {
            return Ok(());
        }
        let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
        let mut all = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| unreadable(folder, &error))?;
            if let Ok(name) = entry.file_name().into_string() {
                all.push((name, entry));
            }
        }
        all.sort_by(|a, b| a.0.cmp(&b.0));
        for (name, entry) in all {
            let relative = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
            self.entry(&entry, &name, relative)?;
        }
        Ok(())
    }

    fn entry(&mut self, entry: &fs::DirEntry, name: &str, relative: String) -> Outcome<()> {
        let wanted = is_wanted(name, self.endings);
        let path = entry.path();
        // The folder tells what most entries are; only a link has to be followed.
        let kind = match entry.file_type() {
            Ok(kind) if !kind.is_symlink() => Ok(kind),
            _ => fs::metadata(&path).map(|metadata| metadata.file_type()),
        };
        let kind = match kind {
            Ok(kind) => kind,
            Err(error) if wanted => return Err(unreadable(&path, &error)),
            // A dangling link to something we would not read.
            Err(_) => return Ok(()),
        };
        if kind.is_dir() {
            let skipped = name.starts_with('.') || SKIPPED.contains(&name);
            return if skipped { Ok(()) } else { self.folder(&path, &relative) };
        }
        if !wanted || !kind.is_file() || self.known.contains(relative.as_str()) {
            return Ok(());
        }
        if self.known.len() + self.found.len() >= MAX_FILES {
            return Err(Failure::usage(format!("The project has more than {MAX_FILES} files (at {}).", path.display()), CURE));
        }
        self.found.push(Found { path, relative });
        Ok(())
    }
}

fn endings() -> Vec<String> {
    ENDINGS.iter().map(|ending| format!(".{ending}")).collect()
}

fn is_wanted(name: &str, endings: &[String]) -> bool {
    let ends = |ending: &String| {
        let end = name.len().checked_sub(ending.len()).and_then(|at| name.get(at..));
        end.is_some_and(|end| end.eq_ignore_ascii_case(ending))
            || (!name.is_ascii() && name.to_lowercase().ends_with(ending.as_str()))
    };
    endings.iter().any(ends)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let cure = match error.kind() {
        std::io::ErrorKind::NotFound if path.is_symlink() => "It is a link to nothing: mend or remove it, then run again.",
        std::io::ErrorKind::NotFound => "Name an existing folder with --project.",
        std::io::ErrorKind::PermissionDenied => "Give this user the right to read it, or move it out of the project.",
        _ => "Mend or remove it, then run again.",
    };
    Failure::usage(format!("{}: cannot be read: {error}.", path.display()), cure)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn folders_that_hold_no_migrations_are_skipped_and_links_back_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["sql/V1__a.sql", "sql/V1__a.sql.conf", "x.md", ".git/a.sql", "node_modules/a.sql", "v/__pycache__/a.py"] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path(), folder.path().join("sql/loop")).unwrap();
        let paths: Vec<_> = read(folder.path()).unwrap().files.into_iter().map(|file| file.path).collect();
        assert_eq!(paths, ["sql/V1__a.sql", "sql/V1__a.sql.conf"]);
    }
}

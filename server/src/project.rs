//! Reads a folder into the planner's [`Project`]. The only place where project files are opened.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use planner::project::{Project, ProjectFile};

use crate::exit::{Failure, Outcome};

/// Endings of files the planner reads.
const ENDINGS: &[&str] = &["sql", "py", "toml", "conf", "ini", "yml", "yaml", "properties", "sh", "bash", "ps1", "cmd", "bat"];
/// Folders that never hold migrations and can be huge.
const SKIPPED: &[&str] = &["node_modules", "__pycache__", "target", "venv"];
/// A migration larger than this is a data load in disguise, bytes.
const MAX_FILE: u64 = 64 << 20;
/// All files together, bytes: the project is held in memory, here and in the browser.
const MAX_PROJECT: u64 = 256 << 20;
/// Files in all.
const MAX_FILES: usize = 50_000;

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
    let mut walk = Walk { endings: endings(), seen: BTreeSet::new(), files: Vec::new(), bytes: 0 };
    walk.folder(&root.join(folder), folder.trim_end_matches('/'))?;
    walk.files.sort();
    Ok(Project { files: walk.files })
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
    let bytes = project.files.iter().map(|file| file.content.len() as u64).sum();
    let mut walk = Walk { endings: suffixes, seen: BTreeSet::new(), files: Vec::new(), bytes };
    walk.folder(&root.join(folder), folder.trim_end_matches('/'))?;
    project.files.extend(walk.files.into_iter().filter(|file| !is_wanted(&file.path, &endings())));
    project.files.sort();
    Ok(())
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
    let bytes = project.files.iter().map(|file| file.content.len() as u64).sum();
    let mut walk = Walk { endings: endings(), seen: BTreeSet::new(), files: Vec::new(), bytes };
    walk.folder(&real, &folder.to_string_lossy().replace('\\', "/"))?;
    let known: BTreeSet<&str> = project.files.iter().map(|file| file.path.as_str()).collect();
    walk.files.retain(|file| !known.contains(file.path.as_str()));
    project.files.append(&mut walk.files);
    project.files.sort();
    Ok(())
}

struct Walk {
    /// What the names of files that are read end in, in lower case.
    endings: Vec<String>,
    /// Real paths of the folders above and beside: a symbolic link back into one of them is not followed.
    seen: BTreeSet<PathBuf>,
    files: Vec<ProjectFile>,
    bytes: u64,
}

impl Walk {
    fn folder(&mut self, folder: &Path, prefix: &str) -> Outcome<()> {
        let real = folder.canonicalize().map_err(|error| unreadable(folder, &error))?;
        if !self.seen.insert(real) {
            return Ok(());
        }
        let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
        let mut paths = Vec::new();
        for entry in entries {
            paths.push(entry.map_err(|error| unreadable(folder, &error))?.path());
        }
        paths.sort();
        for path in paths {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let relative = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
            self.entry(&path, name, relative)?;
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, name: &str, relative: String) -> Outcome<()> {
        let wanted = is_wanted(name, &self.endings);
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if wanted => return Err(unreadable(path, &error)),
            // A dangling link to something we would not read.
            Err(_) => return Ok(()),
        };
        if metadata.is_dir() {
            let skipped = name.starts_with('.') || SKIPPED.contains(&name);
            return if skipped { Ok(()) } else { self.folder(path, &relative) };
        }
        if !wanted || !metadata.is_file() {
            return Ok(());
        }
        self.bound(path, metadata.len())?;
        let content = fs::read(path).map_err(|error| unreadable(path, &error))?;
        self.files.push(ProjectFile { path: relative, content });
        Ok(())
    }

    fn bound(&mut self, path: &Path, bytes: u64) -> Outcome<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        let cure = "Point --project at the folder that holds the migrations, or load the data with another tool.";
        if bytes > MAX_FILE {
            return Err(Failure::usage(format!("{} has {bytes} bytes; at most {MAX_FILE} are read.", path.display()), cure));
        }
        if self.bytes > MAX_PROJECT || self.files.len() >= MAX_FILES {
            return Err(Failure::usage(
                format!("The project has more than {MAX_FILES} files or {MAX_PROJECT} bytes (at {}).", path.display()),
                cure,
            ));
        }
        Ok(())
    }
}

fn endings() -> Vec<String> {
    ENDINGS.iter().map(|ending| format!(".{ending}")).collect()
}

fn is_wanted(name: &str, endings: &[String]) -> bool {
    let name = name.to_lowercase();
    endings.iter().any(|ending| name.ends_with(ending.as_str()))
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

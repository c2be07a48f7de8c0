//! Where mutation begins: the repository's own cases, rules and sample project, cut down to single texts and projects.

use std::path::{Path, PathBuf};

use planner::project::ProjectFile;

/// Texts by what they are for.
#[derive(Clone, Debug, Default)]
pub struct Corpus {
    /// SQL scripts.
    pub scripts: Vec<String>,
    /// Revision files.
    pub revisions: Vec<String>,
    /// Whole projects, in the cases' own form: `-- path --` before each file.
    pub projects: Vec<String>,
}

impl Corpus {
    /// Reads `planner/tests` and `migrations` below the root of the repository.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub fn read(root: &Path) -> std::io::Result<Self> {
        let mut corpus = Self::default();
        let mut files = Vec::new();
        for folder in ["planner/tests/cases", "planner/tests/rules", "migrations"] {
            gather(&root.join(folder), &mut files)?;
        }
        files.sort();
        for path in files {
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            match path.extension().and_then(|ending| ending.to_str()) {
                Some("txt") => corpus.case(&text),
                Some("sql") => corpus.scripts.push(text),
                Some("py") => corpus.revisions.push(text),
                _ => {}
            }
        }
        Ok(corpus)
    }

    /// Takes a case apart: as a project, and each of its files.
    fn case(&mut self, text: &str) {
        let text = text.split("-- expected --\n").next().unwrap_or_default();
        for file in files(text) {
            let content = String::from_utf8_lossy(&file.content).into_owned();
            match file.path.rsplit_once('.') {
                Some((_, "sql")) => self.scripts.push(content),
                Some((_, "py")) => self.revisions.push(content),
                _ => {}
            }
        }
        self.projects.push(text.to_owned());
    }
}

/// The files of a project in the cases' form; the request is none of them.
#[must_use]
pub fn files(text: &str) -> Vec<ProjectFile> {
    let mut files: Vec<ProjectFile> = Vec::new();
    for line in text.split_inclusive('\n') {
        match line.trim_end().strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --")) {
            Some(path) => files.push(ProjectFile { path: path.to_owned(), content: Vec::new() }),
            None => {
                if let Some(file) = files.last_mut() {
                    file.content.extend_from_slice(line.as_bytes());
                }
            }
        }
    }
    files.retain(|file| file.path != "request" && file.path != "expected");
    files.sort();
    files.dedup_by(|a, b| a.path == b.path);
    files
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { gather(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

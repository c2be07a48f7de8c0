//! Runs `tests/cases/<stage>/<name>.txt`: input files and expectation in one text.
//!
//! A case is a comment, then sections. `-- path --` starts a file of the project, `-- request --`
//! a [`planner::Request`] as JSON, `-- expected --` (last) what the stage prints.
//! `UPDATE=1 cargo test -p planner` rewrites the expectations.

use std::fs;
use std::path::{Path, PathBuf};

use planner::project::{Project, ProjectFile, Request};

mod stages;

/// A case file, taken apart.
pub(crate) struct Case {
    pub(crate) project: Project,
    pub(crate) request: Request,
}

pub(crate) struct CaseFile {
    path: PathBuf,
    head: String,
    pub(crate) case: Case,
    expected: String,
}

/// Reads a case file.
pub(crate) fn read(path: &Path) -> CaseFile {
    let text = fs::read_to_string(path).expect("case file is readable");
    let (head, expected) = text.split_once("-- expected --\n").unwrap_or((&text, ""));
    let mut project = Project::default();
    let mut request = Request::default();
    let mut section: Option<(String, String)> = None;
    let mut finish = |section: Option<(String, String)>| match section {
        Some((name, body)) if name == "request" => {
            request = serde_json::from_str(&body).unwrap_or_else(|error| panic!("{}: request: {error}", path.display()));
        }
        Some((name, body)) => project.files.push(ProjectFile { path: name, content: body.into_bytes() }),
        None => {}
    };
    for line in head.split_inclusive('\n') {
        let name = line.trim_end().strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --"));
        match (name, &mut section) {
            (Some(name), _) => finish(section.replace((name.to_owned(), String::new()))),
            (None, Some((_, body))) => body.push_str(line),
            (None, None) => {}
        }
    }
    finish(section);
    CaseFile { path: path.to_owned(), head: head.to_owned(), case: Case { project, request }, expected: expected.to_owned() }
}

/// The case files of a folder, by name.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .map(|entries| {
            entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "txt")).collect()
        })
        .unwrap_or_default();
    files.sort();
    files
}

#[test]
fn every_case_prints_what_it_expects() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = Vec::new();
    let mut count = 0;
    for (stage, render) in stages::ALL {
        for path in files(&root.join(stage)) {
            let file = read(&path);
            let printed = format!("{}\n", render(&file.case).trim_end());
            count += 1;
            if printed == file.expected {
                continue;
            }
            if update {
                fs::write(&file.path, format!("{}-- expected --\n{printed}", file.head)).expect("case file is writable");
            } else {
                wrong.push(format!("{}\n--- expected\n{}--- printed\n{printed}", path.display(), file.expected));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} cases differ; UPDATE=1 rewrites them\n\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_stage_folder_has_a_renderer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    for entry in fs::read_dir(root).expect("cases folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(stages::ALL.iter().any(|(stage, _)| *stage == name), "cases/{name} has no renderer in stages::ALL");
    }
}

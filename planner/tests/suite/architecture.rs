//! The rules of the layout that no compiler checks: one direction of imports, the size of files.

use std::fs;
use std::path::{Path, PathBuf};

/// Stages from left to right. A module may import what stands at or before its own place.
const ORDER: &[&str] = &[
    "span",
    "dialect",
    "name",
    "statement",
    "migration",
    "finding",
    "project",
    "catalog",
    "source",
    "effect",
    "phase",
    "undo",
    "rule",
    "graph",
    "sequence",
    "matrix",
    "plan",
    "protocol",
    "pipeline",
];

/// Imports against the stream that have a reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("source folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn place(module: &str) -> Option<usize> {
    ORDER.iter().position(|stage| *stage == module)
}

#[test]
fn modules_import_only_what_stands_to_their_left() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&root).expect("inside src").to_string_lossy().replace('\\', "/");
        let module = relative.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned();
        let Some(own) = place(&module) else { continue };
        let text = fs::read_to_string(&file).expect("source file");
        let text: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        for (at, _) in text.match_indices("crate::") {
            let imported: String = text[at + 7..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            let allowed = place(&imported).is_none_or(|place| place <= own)
                || EXCEPTIONS.iter().any(|(from, to, _)| *from == relative && *to == imported);
            if !allowed {
                wrong.push(format!("{relative} imports crate::{imported}"));
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "against the stream:\n{}", wrong.join("\n"));
}

#[test]
fn files_hold_one_concept() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    let long: Vec<String> = files
        .iter()
        .map(|file| (file, fs::read_to_string(file).expect("source file").lines().count()))
        .filter(|(_, lines)| *lines > 450)
        .map(|(file, lines)| format!("{} has {lines} lines", file.display()))
        .collect();
    assert!(long.is_empty(), "files over about 400 lines:\n{}", long.join("\n"));
}

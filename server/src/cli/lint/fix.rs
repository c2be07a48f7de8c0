//! `lint --fix`: writes the cures that a machine can apply into the files.
//!
//! A migration that is applied anywhere must keep its bytes, so the history is asked first. All files are written or none.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use planner::finding::{Edit, Finding};
use planner::migration::MigrationId;
use planner::project::{Project, ProjectFile};
use planner::span::LineIndex;
use planner::{Report, graph::Node};
use serde_json::json;
use similar::TextDiff;
use tempfile::NamedTempFile;

use super::json::whole;
use super::{Lint, gate, wanted};
use crate::cli::{Context, Format, look, output};
use crate::execution::Refused;
use crate::exit::{Exit, Failure, Outcome};

/// A file with its cures in it.
struct Mended {
    path: String,
    before: String,
    after: String,
    /// What was done, as the fixes name it, with the place.
    done: Vec<String>,
}

/// What is to be written, and what is not and why.
#[derive(Default)]
struct Mending {
    files: Vec<Mended>,
    refused: Vec<String>,
}

/// Runs it.
///
/// # Errors
/// No database to ask and no word that nothing is applied; a target that cannot be read; a file that has changed since it
/// was read or cannot be written; what is left at or above the gate.
pub(super) async fn run(context: &Context, command: &Lint) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let seen = look::look(&context.workspace, &context.workspace.request).await?;
    if seen.live.is_none() && !command.not_applied && !command.dry_run {
        let cure =
            "Name the database with --url, say --not-applied if these migrations have run nowhere, or look first with --dry-run.";
        return Err(Failure::usage(
            "--fix has no database to ask which migrations are applied, and these must not change.",
            cure,
        )
        .into());
    }
    let findings = wanted(seen.report.findings.clone(), &command.files);
    let applied = seen.report.graph.nodes.iter().filter(|node| node.applied).map(|node: &Node| node.id.clone()).collect();
    let mut mending = mend(&context.workspace.project, &findings, &applied);
    let rest = checked(context, &seen.request, &seen.report, &mut mending);
    let left = wanted(rest.findings, &command.files);
    if !command.dry_run {
        write(&context.workspace.root, &mending.files)?;
    }
    tell(context, &mending, &left, command.dry_run)?;
    gate(&left, Some(command.gate))
}

/// Puts the fixes into the texts; in the order of the file, the first of two that overlap.
fn mend(project: &Project, findings: &[Arc<Finding>], applied: &BTreeSet<MigrationId>) -> Mending {
    let mut mending = Mending::default();
    let mut edits: BTreeMap<&str, Vec<(&Edit, String)>> = BTreeMap::new();
    for finding in findings {
        let Some(fix) = &finding.fix else { continue };
        let what = format!("{}: {} ({})", super::listing::place(finding), fix.title, finding.rule);
        if finding.migration.as_ref().is_some_and(|id| applied.contains(id)) {
            mending.refused.push(format!("{what}: the migration is applied, so its file must stay as it is"));
        } else if let Some(reason) = fix.edits.iter().find_map(|edit| misplaced(project, edit, &edits)) {
            mending.refused.push(format!("{what}: {reason}"));
        } else {
            for edit in &fix.edits {
                edits.entry(&edit.span.file).or_default().push((edit, what.clone()));
            }
        }
    }
    for (path, mut edits) in edits {
        edits.sort_by_key(|(edit, _)| edit.span.start);
        let Some(before) = text_of(project, path) else { continue };
        let mut after = before.to_owned();
        for (edit, _) in edits.iter().rev() {
            after.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
        }
        let mut done: Vec<String> = edits.into_iter().map(|(_, what)| what).collect();
        done.dedup();
        mending.files.push(Mended { path: path.to_owned(), before: before.to_owned(), after, done });
    }
    mending
}

fn text_of<'a>(project: &'a Project, path: &str) -> Option<&'a str> {
    let file = project.files.iter().find(|file| file.path == path)?;
    std::str::from_utf8(&file.content).ok()
}

/// Why an edit cannot be made, where it cannot.
fn misplaced(project: &Project, edit: &Edit, taken: &BTreeMap<&str, Vec<(&Edit, String)>>) -> Option<&'static str> {
    let range = edit.span.start as usize..edit.span.end as usize;
    let text = text_of(project, &edit.span.file).filter(|text| text.get(range.clone()).is_some());
    let Some(text) = text else { return Some("its file is not UTF-8, so the place is not certain") };
    if LineIndex::new(text).position(text, range.start) != (edit.span.line, edit.span.column) {
        return Some("the place is not certain in its file");
    }
    let overlaps = |other: &Edit| other.span.start <= edit.span.end && edit.span.start <= other.span.end;
    let others = taken.get(edit.span.file.as_str()).into_iter().flatten();
    others.map(|(other, _)| *other).any(overlaps).then_some("it overlaps another fix; run again for it")
}

/// Takes back the fixes of a file after which something is refused that was not before. Gives the report on the rest.
fn checked(context: &Context, request: &planner::Request, before: &Report, mending: &mut Mending) -> Report {
    let hard = |report: &Report, path: &str| {
        let own = |finding: &&Arc<Finding>| finding.span.as_ref().is_some_and(|span| span.file == path);
        report.findings.iter().filter(own).filter(|finding| finding.blocking || finding.rule == "server-would-refuse").count()
    };
    loop {
        let report = planner::analyze(&with(&context.workspace.project, &mending.files), request);
        let worse = mending.files.iter().position(|file| hard(&report, &file.path) > hard(before, &file.path));
        let Some(at) = worse else { return report };
        let file = mending.files.remove(at);
        mending.refused.extend(file.done.iter().map(|what| format!("{what}: the file could not run with it")));
    }
}

/// The project with the mended files.
fn with(project: &Project, files: &[Mended]) -> Project {
    let mended = |file: &ProjectFile| {
        let own = files.iter().find(|mended| mended.path == file.path);
        own.map_or_else(|| file.clone(), |own| ProjectFile { path: file.path.clone(), content: own.after.clone().into_bytes() })
    };
    Project { files: project.files.iter().map(mended).collect() }
}

/// Writes all files or none: each beside its place first, then all into place; when one cannot be, those before it go back.
fn write(root: &Path, files: &[Mended]) -> Outcome<()> {
    let unwritten = |path: &Path, error: &dyn std::fmt::Display| {
        let message = format!("{}: cannot be written: {error}. No file was changed.", path.display());
        Failure::failed(message, "Mend its permissions or make room, and run again.")
    };
    let mut ready: Vec<(PathBuf, NamedTempFile, &Mended)> = Vec::new();
    for file in files {
        let path = root.join(&file.path);
        let path = path.canonicalize().map_err(|error| unwritten(&path, &error))?;
        if std::fs::read(&path).ok().as_deref() != Some(file.before.as_bytes()) {
            let message = format!("{} has changed since it was read. No file was changed.", path.display());
            return Err(Failure::failed(message, "Run again."));
        }
        ready.push((path.clone(), beside(&path, &file.after).map_err(|error| unwritten(&path, &error))?, file));
    }
    let mut done: Vec<(PathBuf, &Mended)> = Vec::new();
    for (path, temporary, file) in ready {
        if let Err(error) = temporary.persist(&path) {
            for (path, file) in &done {
                let back = beside(path, &file.before).map_err(|error| error.to_string());
                let back = back.and_then(|temporary| temporary.persist(path).map_err(|error| error.to_string()));
                if let Err(reason) = back {
                    let message = format!("{}: holds its fixes, and cannot be put back: {reason}.", path.display());
                    return Err(Failure::failed(message, "Take the changes back with your version control."));
                }
            }
            return Err(unwritten(&path, &error.error));
        }
        done.push((path, file));
    }
    Ok(())
}

/// A file in the same folder with the permissions of the one whose place it will take.
fn beside(path: &Path, text: &str) -> std::io::Result<NamedTempFile> {
    let permissions = std::fs::metadata(path)?.permissions();
    // What nobody may write is not to be written by way of its folder.
    std::fs::OpenOptions::new().append(true).open(path)?;
    let mut temporary = NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    temporary.write_all(text.as_bytes())?;
    temporary.as_file().sync_all()?;
    temporary.as_file().set_permissions(permissions)?;
    Ok(temporary)
}

fn tell(context: &Context, mending: &Mending, left: &[Arc<Finding>], dry: bool) -> Outcome<()> {
    if context.format == Format::Json {
        let mut value = json!(whole(left));
        let file = |file: &Mended| json!({"file": file.path, "fixes": file.done});
        value["fixed"] = mending.files.iter().map(file).collect();
        value["refused"] = json!(mending.refused);
        value["written"] = json!(!dry);
        return output::print_json(&value);
    }
    let mut text = String::new();
    for file in &mending.files {
        if dry {
            let diff = TextDiff::from_lines(&file.before, &file.after);
            let (old, new) = (format!("a/{}", file.path), format!("b/{}", file.path));
            text.push_str(&diff.unified_diff().header(&old, &new).to_string());
        } else {
            text.extend(file.done.iter().map(|what| format!("fixed {what}\n")));
        }
    }
    if text.is_empty() {
        text.push_str("Nothing to fix.\n");
    }
    output::print(&text);
    for refused in &mending.refused {
        context.tell(&format!("not fixed: {refused}."));
    }
    let tail = if dry { "would be left" } else { "left" };
    context.tell(&format!("{} finding(s) {tail}.", left.len()));
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_file_that_changed_meanwhile_keeps_all_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, on_disk: &str| {
            std::fs::write(folder.path().join(name), on_disk).unwrap();
            Mended { path: name.to_owned(), before: "old".to_owned(), after: "new".to_owned(), done: Vec::new() }
        };
        let files = [file("a.sql", "old"), file("b.sql", "edited")];
        let failure = write(folder.path(), &files).unwrap_err();
        assert!(failure.message.contains("b.sql has changed"), "{failure}");
        assert_eq!(std::fs::read_to_string(folder.path().join("a.sql")).unwrap(), "old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
        write(folder.path(), files.get(..1).unwrap_or_default()).unwrap();
        assert_eq!(std::fs::read_to_string(folder.path().join("a.sql")).unwrap(), "new");
    }

    #[test]
    fn of_two_fixes_that_overlap_the_second_is_refused() {
        let project = Project { files: vec![ProjectFile { path: "a.sql".to_owned(), content: b"CREATE INDEX i".to_vec() }] };
        let fix = |start: u32, end: u32, text: &str| {
            let span = LineIndex::new("CREATE INDEX i").span("a.sql", "CREATE INDEX i", start as usize..end as usize);
            let edit = Edit { span: span.clone(), text: text.to_owned() };
            let fix = planner::finding::Fix { title: text.trim().to_owned(), edits: vec![edit] };
            Arc::new(Finding { fix: Some(fix), ..Finding::broken("r", Some(span), "m", "w") })
        };
        let findings = [fix(12, 12, " ONE"), fix(7, 12, "TWO"), fix(13, 14, "j")];
        let mending = mend(&project, &findings, &BTreeSet::new());
        assert_eq!(mending.files.first().map(|file| file.after.as_str()), Some("CREATE INDEX ONE j"));
        assert!(matches!(mending.refused.as_slice(), [one] if one.contains("TWO") && one.contains("overlaps")));
        let applied = BTreeSet::from([MigrationId("V1".to_owned())]);
        let old = fix(12, 12, " ONE").as_ref().clone();
        let old = [Arc::new(Finding { migration: Some(MigrationId("V1".to_owned())), ..old })];
        assert!(mend(&project, &old, &applied).files.is_empty(), "an applied migration stays as it is");
    }
}

//! What is wrong with the revision map, with file, line and cure where Alembic prints a traceback.

use std::collections::{BTreeMap, BTreeSet};

use super::revision_file::{Located, RevisionFile};
use crate::finding::{Finding, Severity};
use crate::sort::{Gather, Sort};

/// Checks the files as a whole: duplicates, parents, dependencies, labels, cycles, heads.
pub(super) fn check(files: &[RevisionFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let by_id = duplicates(files, &mut findings);
    let labels = duplicate_labels(files, &by_id, &mut findings);
    for file in files {
        for parent in &file.parents {
            check_parent(file, parent, &by_id, &mut findings);
        }
        for dependency in &file.depends_on {
            check_dependency(file, dependency, &by_id, &labels, &mut findings);
        }
    }
    cycles(files, &by_id, &mut findings);
    multiple_heads(files, &by_id, &mut findings);
    findings
}

type ById<'a> = BTreeMap<&'a str, &'a RevisionFile>;

fn duplicates<'a>(files: &'a [RevisionFile], findings: &mut Vec<Finding>) -> ById<'a> {
    let mut by_id: ById<'a> = BTreeMap::new();
    for file in files {
        if let Some(first) = by_id.get(file.id.text.as_str()) {
            findings.push(
                Finding::broken(
                    "duplicate-revision",
                    Some(file.id.span.clone()),
                    format!("revision `{}` is defined twice: {} and {}", file.id.text, place(&first.id), place(&file.id)),
                    "Give one of the two files an id of its own, and check which one the others mean as parent.",
                )
                .of(&file.migration_id()),
            );
        } else {
            by_id.insert(&file.id.text, file);
        }
    }
    by_id
}

fn duplicate_labels<'a>(files: &'a [RevisionFile], by_id: &ById<'_>, findings: &mut Vec<Finding>) -> BTreeSet<&'a str> {
    let mut seen: BTreeMap<&str, &RevisionFile> = BTreeMap::new();
    for file in files {
        for label in &file.labels {
            let other = seen.get(label.text.as_str()).copied().or_else(|| by_id.get(label.text.as_str()).copied());
            match other {
                Some(other) => findings.push(
                    Finding::broken(
                        "duplicate-branch-label",
                        Some(label.span.clone()),
                        format!("branch label `{}` is taken by revision `{}` ({})", label.text, other.id.text, place(&other.id)),
                        "Rename one label; labels and revision ids share one name space.",
                    )
                    .of(&file.migration_id()),
                ),
                None => {
                    seen.insert(&label.text, file);
                }
            }
        }
    }
    seen.into_keys().gather()
}

fn check_parent(file: &RevisionFile, parent: &Located, by_id: &ById<'_>, findings: &mut Vec<Finding>) {
    if parent.text == file.id.text {
        let message = format!("revision `{}` is its own parent", file.id.text);
        let cure = "Set `down_revision` to the revision before it, or to None for a base.";
        findings.push(Finding::broken("revision-cycle", Some(parent.span.clone()), message, cure).of(&file.migration_id()));
    } else if !by_id.contains_key(parent.text.as_str()) {
        let message =
            format!("revision `{}` names `{}` as its parent, but no file defines that revision", file.id.text, parent.text);
        let cure = match nearest(&parent.text, by_id) {
            Some(near) => format!(
                "The nearest id is `{}` ({}): is that the one meant? Else restore the missing file.",
                near.id.text, near.path
            ),
            None => "Restore the missing file, or set `down_revision` to a revision that exists.".to_owned(),
        };
        findings.push(Finding::broken("missing-parent", Some(parent.span.clone()), message, cure).of(&file.migration_id()));
    }
}

fn check_dependency(
    file: &RevisionFile,
    wanted: &Located,
    by_id: &ById<'_>,
    labels: &BTreeSet<&str>,
    findings: &mut Vec<Finding>,
) {
    if by_id.contains_key(wanted.text.as_str()) || labels.contains(wanted.text.as_str()) {
        return;
    }
    let message =
        format!("revision `{}` depends on `{}`, which is no revision id and no branch label", file.id.text, wanted.text);
    let cure = match nearest(&wanted.text, by_id) {
        Some(near) => format!("Write the full id; the nearest one is `{}` ({}).", near.id.text, near.path),
        None => "Write the full id of an existing revision, or a branch label.".to_owned(),
    };
    findings.push(Finding::broken("missing-dependency", Some(wanted.span.clone()), message, cure).of(&file.migration_id()));
}

/// The existing id a person most likely meant: a shared prefix of four, else one within two edits.
fn nearest<'a>(wanted: &str, by_id: &ById<'a>) -> Option<&'a RevisionFile> {
    let shared = |id: &str| id.chars().zip(wanted.chars()).take_while(|(a, b)| a == b).count();
    let edits = |id: &str| distance(id, wanted);
    let best = by_id.iter().min_by_key(|(id, _)| (edits(id), usize::MAX - shared(id)))?;
    (edits(best.0) <= 2 || shared(best.0) >= 4).then_some(*best.1)
}

/// Levenshtein distance of two short texts; long ones count as far apart.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, right) in b.iter().enumerate() {
            let replaced = row.get(j).copied().unwrap_or(usize::MAX) + usize::from(left != right);
            let removed = row.get(j + 1).copied().unwrap_or(usize::MAX) + 1;
            let added = next.last().copied().unwrap_or(usize::MAX) + 1;
            next.push(replaced.min(removed).min(added));
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}

/// One finding a cycle, named by its smallest id, with the way round and the files.
fn cycles(files: &[RevisionFile], by_id: &ById<'_>, findings: &mut Vec<Finding>) {
    let mut reported: BTreeSet<Vec<&str>> = BTreeSet::new();
    let circling = without_end(by_id);
    for file in files.iter().filter(|file| circling.contains(file.id.text.as_str())) {
        let Some(cycle) = way_back_to(file, by_id) else { continue };
        let mut members: Vec<&str> = cycle.iter().map(|file| file.id.text.as_str()).collect();
        members.order();
        if !reported.insert(members) {
            continue;
        }
        let mut way: Vec<&str> = cycle.iter().map(|file| file.id.text.as_str()).collect();
        way.push(&file.id.text);
        let paths: Vec<String> = cycle.iter().map(|file| place(&file.id)).collect();
        let span = file.parents.first().or(file.depends_on.first()).map_or_else(|| file.id.span.clone(), |at| at.span.clone());
        findings.push(
            Finding::broken(
                "revision-cycle",
                Some(span),
                format!("revisions follow one another in a circle: {} ({})", way.join(" -> "), paths.join(", ")),
                "Set the `down_revision` of the oldest of them to the revision before the circle, or to None.",
            )
            .of(&file.migration_id()),
        );
    }
}

/// The revisions that reach a circle: what is left when bases are taken away again and again. The search for circles
/// begins only at these, since from each revision it would cost as much as there are ancestors.
fn without_end<'a>(by_id: &ById<'a>) -> BTreeSet<&'a str> {
    let before = |file: &'a RevisionFile| {
        let all = file.parents.iter().chain(&file.depends_on).map(|located| located.text.as_str());
        all.filter(|id| *id != file.id.text && by_id.contains_key(id)).gather::<BTreeSet<&str>>()
    };
    let mut waits: BTreeMap<&str, usize> = BTreeMap::new();
    let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut free = Vec::new();
    for (id, file) in by_id {
        let before = before(file);
        if before.is_empty() {
            free.push(*id);
        } else {
            waits.insert(id, before.len());
        }
        for parent in before {
            next.entry(parent).or_default().push(id);
        }
    }
    while let Some(id) = free.pop() {
        for follower in next.get(id).into_iter().flatten() {
            if let Some(count) = waits.get_mut(follower) {
                *count -= 1;
                if *count == 0 {
                    waits.remove(follower);
                    free.push(follower);
                }
            }
        }
    }
    waits.into_keys().gather()
}

/// The shortest way from a revision along parents and dependencies back to itself.
fn way_back_to<'a>(file: &'a RevisionFile, by_id: &ById<'a>) -> Option<Vec<&'a RevisionFile>> {
    let mut before: BTreeMap<&str, &str> = BTreeMap::new();
    let mut todo = std::collections::VecDeque::from([file.id.text.as_str()]);
    while let Some(id) = todo.pop_front() {
        let here = by_id.get(id)?;
        for parent in here.parents.iter().chain(&here.depends_on).filter(|parent| parent.text != here.id.text) {
            if parent.text == file.id.text {
                let mut way = vec![*here];
                let mut at = id;
                while let Some(previous) = before.get(at) {
                    way.push(by_id.get(previous)?);
                    at = previous;
                }
                way.reverse();
                return Some(way);
            }
            if by_id.contains_key(parent.text.as_str()) && !before.contains_key(parent.text.as_str()) {
                before.insert(&parent.text, id);
                todo.push_back(&parent.text);
            }
        }
    }
    None
}

fn multiple_heads(files: &[RevisionFile], by_id: &ById<'_>, findings: &mut Vec<Finding>) {
    let named: BTreeSet<&str> = files.iter().flat_map(|file| file.parents.iter().map(|parent| parent.text.as_str())).gather();
    let heads: Vec<&&RevisionFile> = by_id.values().filter(|file| !named.contains(file.id.text.as_str())).collect();
    let [first, .., last] = heads.as_slice() else { return };
    let names: Vec<&str> = heads.iter().map(|file| file.id.text.as_str()).collect();
    let places: Vec<String> = heads.iter().map(|file| place(&file.id)).collect();
    let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    findings.push(Finding {
        rule: "multiple-heads".to_owned(),
        severity: Severity::Warning,
        span: Some(last.id.span.clone()),
        migration: Some(first.migration_id()),
        message: format!("there are {} heads: {}", heads.len(), places.join(", ")),
        effect: "`upgrade head` is ambiguous and fails; `upgrade heads` runs all branches.".into(),
        workaround: format!(
            "If they shall become one line, add a merge revision with `down_revision = ({})` (`merge heads` writes it); \
             if the branches are on purpose, give each a branch label and target `label@head`.",
            quoted.join(", ")
        )
        .into(),
        fix: None,
        blocking: false,
    });
}

fn place(at: &Located) -> String {
    format!("{} in {}:{}", at.text, at.span.file, at.span.line)
}

//! A Git patch on the project in hand: what a pull request would make of it.

use std::iter::Peekable;
use std::str::Split;

use crate::locale::say;
use planner::project::{Project, ProjectFile};
use planner::sort::Sort;

/// What a patch makes of a project, and why parts of it do not fit.
#[must_use]
pub fn apply(patch: &str, project: &Project) -> (Project, Vec<String>) {
    let mut files = project.files.clone();
    let mut left_out = Vec::new();
    let mut lines = patch.split('\n').peekable();
    while let Some(line) = lines.next() {
        let Some(old) = line.strip_prefix("--- ") else { continue };
        let Some(new) = lines.next_if(|line| line.starts_with("+++ ")).and_then(|line| line.strip_prefix("+++ ")) else {
            continue;
        };
        let mut hunks = Vec::new();
        while let Some(head) = lines.next_if(|line| line.starts_with("@@ ")) {
            hunks.push(Hunk::read(head, &mut lines));
        }
        let (old, new) = (path(old, "a/"), path(new, "b/"));
        let at = old.as_ref().and_then(|old| files.iter().position(|file| file.path == *old));
        let before = at.map(|at| files.remove(at));
        let Some(new) = new else { continue };
        let text = before.as_ref().map(|file| String::from_utf8_lossy(&file.content).into_owned());
        match patched(text.as_deref().unwrap_or_default(), &hunks, old.is_some() && before.is_none()) {
            Ok(text) => {
                files.retain(|file| file.path != new);
                files.push(ProjectFile { path: new, content: text.into_bytes() });
            }
            Err(why) => {
                left_out.push([&new, ": ", why].concat());
                files.extend(before);
            }
        }
    }
    files.order();
    (Project { files }, left_out)
}

/// The path on one side; none for `/dev/null`.
fn path(written: &str, side: &str) -> Option<String> {
    let written = written.split('\t').next().unwrap_or(written).trim_end();
    (written != "/dev/null").then(|| written.strip_prefix(side).unwrap_or(written).to_owned())
}

/// A place and its lines: each with ` `, `-` or `+` before it.
struct Hunk<'a> {
    /// The first line it is about, from 1; 0: of an empty file.
    at: usize,
    lines: Vec<&'a str>,
    /// The last line of the new file ends without a line break.
    open: bool,
}

impl<'a> Hunk<'a> {
    fn read(head: &str, lines: &mut Peekable<Split<'a, char>>) -> Self {
        let mut hunk = Self { at: 0, lines: Vec::new(), open: false };
        let mut sides = head.split(' ').skip(1).map(|side| {
            let (at, count) =
                side.get(1..).unwrap_or_default().split_once(',').unwrap_or((side.get(1..).unwrap_or_default(), "1"));
            (at.parse().unwrap_or(0), count.parse().unwrap_or(0))
        });
        let (at, mut old): (usize, usize) = sides.next().unwrap_or_default();
        let (_, mut new): (usize, usize) = sides.next().unwrap_or_default();
        hunk.at = at;
        while old > 0 || new > 0 {
            let Some(line) = lines.next() else { break };
            match line.as_bytes().first() {
                Some(b'+') => new = new.saturating_sub(1),
                Some(b'-') => old = old.saturating_sub(1),
                Some(b'\\') => continue,
                _ => (old, new) = (old.saturating_sub(1), new.saturating_sub(1)),
            }
            hunk.lines.push(line);
        }
        if lines.next_if(|line| line.starts_with('\\')).is_some() {
            hunk.open = hunk.lines.last().is_some_and(|line| !line.starts_with('-'));
        }
        hunk
    }
}

fn patched(text: &str, hunks: &[Hunk<'_>], missing: bool) -> Result<String, &'static str> {
    if missing {
        return Err(say::patch_no_file());
    }
    // Not `lines`, which would take the carriage returns of a file away.
    let old: Vec<&str> = if text.is_empty() { Vec::new() } else { text.strip_suffix('\n').unwrap_or(text).split('\n').collect() };
    let mut new = String::with_capacity(text.len());
    let mut push = |line: &str| {
        new.push_str(line);
        new.push('\n');
    };
    let mut at = 0;
    for hunk in hunks {
        let begin = hunk.at.saturating_sub(1);
        old.get(at..begin.max(at)).ok_or_else(misfit)?.iter().for_each(|line| push(line));
        at = begin.max(at);
        for line in &hunk.lines {
            let (sign, rest) = line.split_at_checked(1).unwrap_or((" ", ""));
            if sign == "+" {
                push(rest);
                continue;
            }
            if old.get(at).is_none_or(|own| *own != rest) {
                return Err(misfit());
            }
            if sign == " " {
                push(rest);
            }
            at += 1;
        }
    }
    old.get(at..).unwrap_or_default().iter().for_each(|line| push(line));
    let open = if at >= old.len() { hunks.last().is_some_and(|hunk| hunk.open) } else { !text.ends_with('\n') };
    if open {
        new.pop();
    }
    Ok(new)
}

fn misfit() -> &'static str {
    say::patch_misfit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[(&str, &str)]) -> Project {
        let file = |(path, text): &(&str, &str)| ProjectFile { path: (*path).to_owned(), content: text.as_bytes().to_vec() };
        Project { files: files.iter().map(file).collect() }
    }

    const PATCH: &str = "From 1 Mon Sep 17 00:00:00 2001\nSubject: [PATCH] two\n\n---\n sql/V1__a.sql | 3 ++-\n\n\
diff --git a/sql/V1__a.sql b/sql/V1__a.sql\nindex 1..2 100644\n--- a/sql/V1__a.sql\n+++ b/sql/V1__a.sql\n@@ -1,3 +1,3 @@\n CREATE TABLE t (\n-  a int\n+  a bigint\n );\n\
diff --git a/sql/V2__b.sql b/sql/V2__b.sql\nnew file mode 100644\n--- /dev/null\n+++ b/sql/V2__b.sql\n@@ -0,0 +1,2 @@\n+-- a comment\n+DROP TABLE t;\n\\ No newline at end of file\n\
diff --git a/sql/V3__c.sql b/sql/V3__c.sql\ndeleted file mode 100644\n--- a/sql/V3__c.sql\n+++ /dev/null\n@@ -1 +0,0 @@\n-SELECT 3;\n--\n2.39\n";

    #[test]
    fn a_patch_changes_adds_and_takes_away() {
        let before =
            project(&[("sql/V1__a.sql", "CREATE TABLE t (\n  a int\n);\nSELECT 1;\n"), ("sql/V3__c.sql", "SELECT 3;\n")]);
        let (after, left_out) = apply(PATCH, &before);
        assert_eq!(left_out, Vec::<String>::new());
        assert_eq!(
            after,
            project(&[
                ("sql/V1__a.sql", "CREATE TABLE t (\n  a bigint\n);\nSELECT 1;\n"),
                ("sql/V2__b.sql", "-- a comment\nDROP TABLE t;")
            ])
        );
    }

    #[test]
    fn what_does_not_fit_is_told_and_left_as_it_is() {
        let before = project(&[("sql/V1__a.sql", "CREATE TABLE t (\n  a text\n);\n")]);
        let (after, left_out) = apply(PATCH, &before);
        assert_eq!(left_out, [["sql/V1__a.sql: ", misfit()].concat()]);
        assert_eq!(after.files.len(), 2);
        assert!(after.files.iter().any(|file| file.content == before.files[0].content));
        let (_, left_out) = apply(PATCH, &Project::default());
        assert_eq!(left_out.len(), 1, "{left_out:?}");
    }
}

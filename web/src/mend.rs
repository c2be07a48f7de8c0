//! Putting a finding's fix into the project in hand. What is mended here stands in this browser only, until it is saved.

use std::collections::BTreeMap;

use planner::Project;
use planner::finding::{Edit, Fix};

use crate::locale::say;

/// The project with the fix in it, and the files that changed.
///
/// # Errors
/// Why the fix cannot be put in, as a sentence.
pub fn apply(project: &Project, fix: &Fix) -> Result<(Project, Vec<String>), String> {
    let mut by_file: BTreeMap<&str, Vec<&Edit>> = BTreeMap::new();
    for edit in &fix.edits {
        by_file.entry(&edit.span.file).or_default().push(edit);
    }
    let mut project = project.clone();
    for (path, edits) in &mut by_file {
        let file = project.files.iter_mut().find(|file| file.path == *path);
        let file = file.ok_or_else(|| say::not_among(path))?;
        file.content = edited(path, &file.content, edits)?.into_bytes();
    }
    Ok((project, by_file.into_keys().map(str::to_owned).collect()))
}

/// The places are those of the text as the planner read it: in another encoding the bytes stand elsewhere.
fn edited(path: &str, content: &[u8], edits: &mut [&Edit]) -> Result<String, String> {
    let text = std::str::from_utf8(content).map_err(|_| say::not_utf8(path))?;
    edits.sort_by_key(|edit| edit.span.start);
    let mut out = String::with_capacity(text.len() + 64);
    let mut from = 0;
    for Edit { span, text: new } in edits.iter() {
        let kept = text.get(from..span.start as usize).filter(|_| text.is_char_boundary((span.end as usize).min(text.len())));
        out.push_str(kept.ok_or_else(|| say::places_misfit(path))?);
        out.push_str(new);
        from = span.end as usize;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use planner::project::ProjectFile;
    use planner::span::Span;

    fn fix(edits: &[(u32, u32, &str)]) -> Fix {
        let edit = |&(start, end, text): &(u32, u32, &str)| Edit {
            span: Span { start, end, ..Span::file("a.sql") },
            text: text.to_owned(),
        };
        Fix { title: "mend".to_owned(), edits: edits.iter().map(edit).collect() }
    }

    fn project(content: &[u8]) -> Project {
        Project { files: vec![ProjectFile { path: "a.sql".to_owned(), content: content.to_vec() }] }
    }

    #[test]
    fn edits_are_put_in_wherever_they_stand() {
        let (mended, files) =
            apply(&project("CREATE INDEX é ON t (a);".as_bytes()), &fix(&[(25, 25, "\n"), (12, 12, " CONCURRENTLY")]))
                .unwrap_or_default();
        assert_eq!(mended.files[0].content, "CREATE INDEX CONCURRENTLY é ON t (a);\n".as_bytes());
        assert_eq!(files, ["a.sql"]);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_file() {
        for (content, edits) in [(&b"\xe9 b"[..], &[(0, 0, "x")][..]), (b"ab", &[(9, 9, "x")]), ("é".as_bytes(), &[(0, 1, "x")])]
        {
            let refused = apply(&project(content), &fix(edits)).map(|_| ()).unwrap_err();
            assert!(refused.contains("a.sql"), "{refused}");
        }
        assert!(apply(&Project::default(), &fix(&[(0, 0, "")])).is_err());
    }
}

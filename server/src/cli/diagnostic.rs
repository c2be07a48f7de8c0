//! Findings for people: place, message, the line with a caret, effect, workaround.

use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use planner::finding::{Finding, Severity};
use planner::project::Project;
use planner::span::Span;

/// All findings, most harmful first within the planner's order of places.
#[must_use]
pub fn render(findings: &[Arc<Finding>], project: &Project, colours: bool) -> String {
    let mut text = String::new();
    // A log is no place for what such a line holds, whichever finding it is shown for.
    let holds_secret = |finding: &&Arc<Finding>| matches!(finding.rule.as_str(), "credentials-in-script" | "password-in-url");
    let secrets: Vec<&Span> = findings.iter().filter(holds_secret).filter_map(|it| it.span.as_ref()).collect();
    for finding in findings {
        let is_secret = |span: &Span| {
            secrets.iter().any(|secret| secret.file == span.file && secret.line <= span.end_line && span.line <= secret.end_line)
        };
        text.push_str(&one(finding, project, colours, finding.span.as_ref().is_some_and(is_secret)));
        text.push_str("\n\n");
    }
    text
}

fn one(finding: &Finding, project: &Project, colours: bool, is_secret: bool) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let file = finding.span.as_ref().and_then(|span| project.files.iter().find(|file| file.path == span.file));
    let source = file.filter(|_| !is_secret).and_then(|file| std::str::from_utf8(&file.content).ok()).unwrap_or_default();
    let mut group = Group::with_title(level.primary_title(&finding.message).id(&finding.rule));
    let mut place = None;
    if let Some(span) = &finding.span {
        let range = span.start as usize..(span.end as usize).max(span.start as usize);
        if !source.is_empty() && source.get(range.clone()).is_some() {
            let snippet = Snippet::source(source).line_start(1).path(&span.file);
            group = group.element(snippet.annotation(AnnotationKind::Primary.span(first_line(source, range))));
        } else {
            place = Some(format!("at {}:{}:{}", span.file, span.line, span.column));
        }
    }
    let effect = Some(finding.effect.as_ref()).filter(|text| !text.is_empty()).map(|text| format!("effect: {text}"));
    let cure = Some(finding.workaround.as_ref()).filter(|text| !text.is_empty()).map(|text| format!("workaround: {text}"));
    for note in [place.as_deref(), effect.as_deref(), cure.as_deref()].into_iter().flatten() {
        group = group.element(Level::NOTE.no_name().message(note));
    }
    let renderer = if colours { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group])
}

/// A caret under a whole script says nothing: the first line of the range is enough.
fn first_line(source: &str, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let text = source.get(range.clone()).unwrap_or_default();
    let length = text.find(['\n', '\r']).unwrap_or(text.len());
    range.start..range.start + length
}

//! The splitter: one line a piece (line numbers and text, line ends as `⏎`), its data, and the errors.

use planner::span::LineIndex;
use planner::statement::split::split;

use super::Case;

pub(crate) fn render(case: &Case) -> String {
    let dialect = case.request.dialect.unwrap_or_default();
    let mut lines = Vec::new();
    for file in &case.project.files {
        let text = String::from_utf8_lossy(&file.content);
        let index = LineIndex::new(&text);
        let (pieces, errors) = split(&text, dialect);
        lines.push(format!("{}:", file.path));
        for piece in pieces {
            let (line, _) = index.position(&text, piece.range.start);
            let (end, _) = index.position(&text, piece.range.end);
            lines.push(format!("{line}-{end} {}", text[piece.range].replace('\n', "⏎").replace('\r', "␍")));
            if let Some(data) = piece.copy_data {
                lines.push(format!("    data {:?}", &text[data]));
            }
        }
        for error in errors {
            let (line, column) = index.position(&text, error.offset);
            lines.push(format!("{} at {line}:{column}: {}. {}", error.rule, error.message, error.workaround));
        }
    }
    lines.join("\n")
}

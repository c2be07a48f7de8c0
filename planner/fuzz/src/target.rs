//! The four entry functions and what must hold in each. A broken promise panics with what was expected.

use planner::dialect::Dialect;
use planner::migration::{Migration, Script, SourceKind};
use planner::project::{Project, ProjectFile, Request, SourceSpec};
use planner::statement::operation::Operation;
use planner::statement::parse::parse;
use planner::statement::split::split;
use planner::{Alone, Report, analyze, analyze_pending};

use crate::corpus::files;

/// What is fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The splitter, each dialect.
    Splitter,
    /// The parser of the dialect that the first byte names.
    Parser,
    /// The reader and interpreter of revision files.
    Interpreter,
    /// Everything, on a project in the cases' form; the first byte says dialect and tool.
    Pipeline,
}

impl Target {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Splitter, Self::Parser, Self::Interpreter, Self::Pipeline];

    /// Its name on the command line and of its file in `fuzz_targets/`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Splitter => "splitter",
            Self::Parser => "parser",
            Self::Interpreter => "interpreter",
            Self::Pipeline => "pipeline",
        }
    }
}

const DIALECTS: [Dialect; 4] = [Dialect::Postgres, Dialect::MySql, Dialect::MariaDb, Dialect::Sqlite];

/// Holds a target to its promises.
///
/// # Panics
/// Where one is broken.
pub fn hold(target: Target, data: &[u8]) {
    let (first, rest) = data.split_first().unwrap_or((&0, &[]));
    let dialect = DIALECTS.get(usize::from(first & 3)).copied().unwrap_or_default();
    match target {
        Target::Splitter => DIALECTS.into_iter().for_each(|dialect| splitter(&String::from_utf8_lossy(data), dialect)),
        Target::Parser => parser(&String::from_utf8_lossy(rest), dialect),
        Target::Interpreter => {
            let file = ProjectFile { path: "versions/a.py".to_owned(), content: rest.to_vec() };
            pipeline(&Project { files: vec![file] }, &request(SourceKind::Alembic, dialect));
        }
        Target::Pipeline => {
            let kind = if first & 4 == 0 { SourceKind::Flyway } else { SourceKind::Alembic };
            let mut request = request(kind, dialect);
            if first & 8 != 0 {
                request.source = None;
            }
            pipeline(&Project { files: files(&String::from_utf8_lossy(rest)) }, &request);
        }
    }
}

fn request(kind: SourceKind, dialect: Dialect) -> Request {
    let mut request =
        Request { source: Some(SourceSpec { kind, folder: String::new() }), dialect: Some(dialect), ..Request::default() };
    request.placeholders.insert("a".to_owned(), "x".to_owned());
    request
}

/// Pieces are in order and disjoint and lie on characters, so with what stands between them they are the text; they are
/// trimmed and hold something; and each is again one piece.
fn splitter(text: &str, dialect: Dialect) {
    let (pieces, errors) = split(text, dialect);
    let mut joined = String::with_capacity(text.len());
    let mut behind = 0;
    for piece in &pieces {
        let range = piece.range.clone();
        assert!(range.start >= behind && range.start < range.end, "{dialect}: pieces overlap or are empty: {range:?}");
        joined.push_str(text.get(behind..range.start).unwrap_or_default());
        let sql = text.get(range.clone()).unwrap_or_else(|| panic!("{dialect}: {range:?} cuts a character"));
        assert_eq!(sql.trim_end_matches([' ', '\n', '\t', '\r']), sql, "{dialect}: a piece ends with blanks");
        joined.push_str(sql);
        behind = range.end;
        if let Some(data) = piece.copy_data.clone() {
            assert!(data.start >= behind && text.get(data.clone()).is_some(), "{dialect}: COPY data at {data:?}");
            joined.push_str(text.get(behind..data.end).unwrap_or_default());
            behind = data.end;
        }
    }
    joined.push_str(text.get(behind..).unwrap_or_default());
    assert_eq!(joined, text, "{dialect}: what was cut is not what there was");
    for error in errors {
        assert!(error.offset <= text.len() && !error.message.is_empty() && !error.workaround.is_empty(), "{dialect}: {error:?}");
    }
}

/// What cannot be read is an opaque operation with a reason, alone or among those of the statements that one delimiter ends;
/// only space and comments may mean nothing.
fn parser(text: &str, dialect: Dialect) {
    for piece in split(text, dialect).0 {
        let sql = text.get(piece.range).unwrap_or_default();
        let (operations, errors) = parse(sql, dialect);
        assert_eq!((&operations, &errors), (&parse(sql, dialect).0, &parse(sql, dialect).1), "{dialect}: read differently twice");
        if !errors.is_empty() {
            let opaque = operations.iter().any(|operation| matches!(operation, Operation::Opaque { .. }));
            assert!(opaque, "{dialect}: an error, and yet {operations:?}");
        }
        told(&operations, sql, dialect);
    }
}

/// No silence: a statement means something, and what is opaque says why.
fn told(operations: &[Operation], sql: &str, dialect: Dialect) {
    assert!(!operations.is_empty() || is_empty(sql, dialect), "{dialect}: {sql:?} means nothing");
    for operation in operations {
        if let Operation::Opaque { reason } = operation {
            assert!(!reason.trim().is_empty(), "{dialect}: opaque without a reason: {sql:?}");
        }
    }
}

/// Nothing but comments and semicolons.
fn is_empty(sql: &str, dialect: Dialect) -> bool {
    planner::statement::split::tokens(sql, dialect, 1000).into_iter().all(|token| token == ";" || token.trim().is_empty())
}

/// The report holds together, and is the same a second time.
fn pipeline(project: &Project, request: &Request) {
    let report = analyze(project, request);
    let again = analyze(project, request);
    assert_eq!(report.plan.digest, again.plan.digest, "planned differently twice");
    assert_eq!(report.findings, again.findings, "judged differently twice");
    assert_eq!(analyze_pending(&Alone, project, request).plan, report.plan, "the executor plans something else");
    assert!(serde_json::to_vec(&report).is_ok(), "the report is no JSON");
    places(project, &report);
    for migration in &report.migrations {
        script(&migration.up, migration, &report);
        if let Some(undo) = &migration.undo {
            script(undo, migration, &report);
        }
    }
}

/// Findings point into files that are there.
fn places(project: &Project, report: &Report) {
    for finding in &report.findings {
        assert!(!finding.message.is_empty() && !finding.workaround.is_empty(), "a finding without words: {finding:?}");
        let Some(span) = &finding.span else { continue };
        let Some(file) = project.files.iter().find(|file| file.path == span.file) else { continue };
        let end = usize::try_from(span.end).unwrap_or(usize::MAX);
        // UTF-16 and other encodings count in the decoded text, which may be longer.
        assert!(span.start <= span.end && end <= file.content.len() * 3, "{finding:?} is outside its file");
        assert!(span.line >= 1 && span.line <= span.end_line, "{finding:?} has no line");
    }
}

fn script(script: &Script, migration: &Migration, report: &Report) {
    for part in &script.opaque {
        assert!(!part.reason.trim().is_empty(), "{}: opaque without a reason", migration.id);
    }
    for statement in &script.statements {
        told(&statement.operations, &statement.sql, report.settings.dialect);
    }
}

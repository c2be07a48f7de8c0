//! One revision file: its header (`revision`, `down_revision`, …), its text and its syntax tree.

use ruff_python_ast::{Expr, ModModule, Stmt, StmtFunctionDef};
use ruff_python_parser::{ParseError, parse_module};
use ruff_text_size::{Ranged, TextRange};

use crate::finding::{Finding, Severity};
use crate::migration::MigrationId;
use crate::project::python::{self, DEEPEST, Literal, PythonFile, too_deep};
use crate::project::{Project, ProjectFile};
use crate::span::{LineIndex, Span};

/// Characters Alembic refuses in a revision id, because they mean something in a target (`facts/alembic.md` §1.1).
const ILLEGAL: [char; 4] = ['@', '-', '+', ':'];

/// Length of `alembic_version.version_num` in characters.
const LONGEST_ID: usize = 32;

/// A text of the header with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Located {
    pub(super) text: String,
    pub(super) span: Span,
}

/// A revision file that could be read as far as its header.
#[derive(Debug)]
pub(super) struct RevisionFile {
    /// Path in the project.
    pub(super) path: String,
    /// Path relative to its version location.
    pub(super) script: String,
    pub(super) text: String,
    pub(super) lines: LineIndex,
    pub(super) module: ModModule,
    pub(super) id: Located,
    pub(super) parents: Vec<Located>,
    pub(super) depends_on: Vec<Located>,
    pub(super) labels: Vec<Located>,
    /// Docstring up to the first blank line, on one line.
    pub(super) description: String,
    /// The docstring as Python has it.
    pub(super) docstring: String,
}

impl RevisionFile {
    pub(super) fn migration_id(&self) -> MigrationId {
        MigrationId(self.id.text.clone())
    }

    pub(super) fn span(&self, range: TextRange) -> Span {
        self.lines.span(&self.path, &self.text, range.start().to_usize()..range.end().to_usize())
    }

    /// The last definition of a function at the module's top level, as Python would look it up.
    pub(super) fn function(&self, name: &str) -> Option<&StmtFunctionDef> {
        self.module.body.iter().rev().find_map(|statement| match statement {
            Stmt::FunctionDef(function) if function.name.as_str() == name => Some(function),
            _ => None,
        })
    }
}

/// Whether Alembic takes a file of this name for a revision.
pub(super) fn counts(file_name: &str) -> bool {
    file_name.ends_with(".py") && !file_name.starts_with(".#") && !file_name.starts_with("__init__")
}

/// Reads one file. `None` where it has no usable header; the findings say why.
pub(super) fn read(project: &Project, file: &ProjectFile, script: &str, findings: &mut Vec<Finding>) -> Option<RevisionFile> {
    let text = match std::str::from_utf8(&file.content) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(),
        Err(error) => {
            findings.push(not_utf8(file, error.valid_up_to()));
            return None;
        }
    };
    let lines = LineIndex::new(&text);
    let at = |range: TextRange| lines.span(&file.path, &text, range.start().to_usize()..range.end().to_usize());
    if let Some(offset) = too_deep(&text) {
        findings.push(Finding::broken(
            "broken-python",
            Some(lines.span(&file.path, &text, offset..offset + 1)),
            format!("brackets are nested more than {DEEPEST} deep"),
            "Break the expression up with variables.",
        ));
        return None;
    }
    let module = match parse_module(&text) {
        Ok(parsed) => parsed.into_syntax(),
        Err(error) => {
            findings.push(broken_python(&error, at(error.location)));
            return None;
        }
    };
    let mut header = Header::default();
    let constant = |value: &Expr| constant(project, file, value);
    header.collect(&module.body, &at, &constant);
    let docstring = docstring(&module.body).to_owned();
    let (id, parents, depends_on, labels) = header.finish(file, script, findings)?;
    Some(RevisionFile {
        path: file.path.clone(),
        script: script.to_owned(),
        text: text.clone(),
        lines: lines.clone(),
        module,
        id,
        parents,
        depends_on,
        labels,
        description: description(&docstring),
        docstring,
    })
}

fn not_utf8(file: &ProjectFile, offset: usize) -> Finding {
    let before = String::from_utf8_lossy(file.content.get(..offset).unwrap_or_default()).into_owned();
    let byte = file.content.get(offset).copied().unwrap_or_default();
    Finding::broken(
        "invalid-utf8",
        Some(Span::of(&file.path, &before, before.len()..before.len())),
        format!("byte 0x{byte:02x} at offset {offset} is not UTF-8"),
        "Save the file as UTF-8; Python reads sources as UTF-8 unless they declare another encoding.",
    )
}

fn broken_python(error: &ParseError, span: Span) -> Finding {
    Finding::broken(
        "broken-python",
        Some(span),
        format!("Python cannot read this file: {}", error.error),
        "Correct the syntax; alembic imports every revision, so one broken file stops all commands.",
    )
}

fn docstring(body: &[Stmt]) -> &str {
    let Some(Stmt::Expr(statement)) = body.first() else { return "" };
    let Expr::StringLiteral(literal) = &*statement.value else { return "" };
    literal.value.to_str()
}

fn description(docstring: &str) -> String {
    let lines = docstring.trim().lines().map(str::trim);
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What a name comes to, where it is a constant of this file or of one that it imports.
type Constant<'c> = &'c dyn Fn(&Expr) -> Option<String>;

fn constant(project: &Project, file: &ProjectFile, value: &Expr) -> Option<String> {
    match python::literal(project, &PythonFile::parse(file)?, value, &|_| None)? {
        Literal::Text(text) => Some(text),
        _ => None,
    }
}

/// Values of the four names alembic reads from the module; the last assignment counts.
#[derive(Default)]
struct Header {
    id: Option<HeaderValue>,
    parents: Option<HeaderValue>,
    depends_on: Option<HeaderValue>,
    labels: Option<HeaderValue>,
}

/// What is assigned: the texts, or the place of what is not literal.
struct HeaderValue {
    texts: Vec<Located>,
    is_text: bool,
    not_literal: Option<Span>,
    span: Span,
}

type Head = (Located, Vec<Located>, Vec<Located>, Vec<Located>);

impl Header {
    fn collect(&mut self, body: &[Stmt], at: &impl Fn(TextRange) -> Span, constant: Constant<'_>) {
        for statement in body {
            match statement {
                Stmt::Assign(assign) => {
                    for target in &assign.targets {
                        self.assign(target, &assign.value, at, constant);
                    }
                }
                Stmt::AnnAssign(assign) => {
                    if let Some(value) = &assign.value {
                        self.assign(&assign.target, value, at, constant);
                    }
                }
                _ => {}
            }
        }
    }

    fn assign(&mut self, target: &Expr, value: &Expr, at: &impl Fn(TextRange) -> Span, constant: Constant<'_>) {
        let Expr::Name(name) = target else { return };
        let slot = match name.id.as_str() {
            "revision" => &mut self.id,
            "down_revision" => &mut self.parents,
            "depends_on" => &mut self.depends_on,
            "branch_labels" => &mut self.labels,
            _ => return,
        };
        *slot = Some(HeaderValue::of(value, at, constant));
    }

    fn finish(self, file: &ProjectFile, script: &str, findings: &mut Vec<Finding>) -> Option<Head> {
        let before = findings.len();
        let id = match self.id {
            Some(value) => value.one("revision", findings),
            None => Some(Located { text: legacy_id(script).unwrap_or_default(), span: Span::file(&file.path) }),
        };
        if let Some(id) = &id {
            check_id(id, findings);
        }
        let Some(parents) = self.parents else {
            findings.push(Finding::broken(
                "missing-down-revision",
                Some(id.as_ref().map_or_else(|| Span::file(&file.path), |id| id.span.clone())),
                format!("{} assigns no `down_revision`", file.path),
                "Add `down_revision = \"<parent id>\"`, or `down_revision = None` for a base.",
            ));
            return None;
        };
        // What cannot be read stops everything; the revision is there all the same, and others may name it.
        let parents = parents.many("down_revision", findings);
        let mut depends_on = self.depends_on.map(|value| value.many("depends_on", findings)).unwrap_or_default();
        // Alone, Alembic takes an empty text for none.
        if matches!(depends_on.as_slice(), [only] if only.text.is_empty()) {
            depends_on.clear();
        }
        let labels = self.labels.map(|value| value.many("branch_labels", findings)).unwrap_or_default();
        let usable = findings.iter().skip(before).all(|finding| finding.rule != "missing-revision-id");
        usable.then_some((id?, parents, depends_on, labels))
    }
}

impl HeaderValue {
    fn of(value: &Expr, at: &impl Fn(TextRange) -> Span, constant: Constant<'_>) -> Self {
        let mut read = Self { texts: Vec::new(), is_text: false, not_literal: None, span: at(value.range()) };
        match value {
            Expr::NoneLiteral(_) => {}
            Expr::StringLiteral(literal) => {
                read.is_text = true;
                read.texts.push(Located { text: literal.value.to_str().to_owned(), span: at(value.range()) });
            }
            Expr::Tuple(tuple) => read.items(&tuple.elts, at, constant),
            Expr::List(list) => read.items(&list.elts, at, constant),
            Expr::Set(set) => read.items(&set.elts, at, constant),
            other => match constant(other) {
                Some(text) => {
                    read.is_text = true;
                    read.texts.push(Located { text, span: at(other.range()) });
                }
                None => read.not_literal = Some(at(other.range())),
            },
        }
        read
    }

    fn items(&mut self, items: &[Expr], at: &impl Fn(TextRange) -> Span, constant: Constant<'_>) {
        for item in items {
            match item {
                Expr::StringLiteral(literal) => {
                    self.texts.push(Located { text: literal.value.to_str().to_owned(), span: at(item.range()) });
                }
                other => match constant(other) {
                    Some(text) => self.texts.push(Located { text, span: at(other.range()) }),
                    None => self.not_literal = Some(at(other.range())),
                },
            }
        }
    }

    fn one(self, name: &str, findings: &mut Vec<Finding>) -> Option<Located> {
        if let Some(span) = self.not_literal {
            findings.push(not_literal(name, span));
            return None;
        }
        match self.texts.into_iter().next() {
            Some(text) if self.is_text => Some(text),
            _ => {
                findings.push(not_literal(name, self.span));
                None
            }
        }
    }

    fn many(self, name: &str, findings: &mut Vec<Finding>) -> Vec<Located> {
        if let Some(span) = self.not_literal {
            findings.push(not_literal(name, span));
        }
        self.texts
    }
}

fn not_literal(name: &str, span: Span) -> Finding {
    Finding::broken(
        "non-literal-header",
        Some(span),
        format!("`{name}` is not a literal, so its value is only known when Python runs the file"),
        format!("Write `{name}` as a string, a tuple of strings or None."),
    )
}

/// Alembic's oldest layout: a file without `revision` whose name is a hexadecimal number.
fn legacy_id(script: &str) -> Option<String> {
    let stem = script.rsplit('/').next()?.strip_suffix(".py")?;
    let hexadecimal = !stem.is_empty() && stem.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
    hexadecimal.then(|| stem.to_owned())
}

fn check_id(id: &Located, findings: &mut Vec<Finding>) {
    if id.text.is_empty() {
        findings.push(Finding::broken(
            "missing-revision-id",
            Some(id.span.clone()),
            "the file assigns no `revision`, and its name is no revision id either",
            "Add `revision = \"<id>\"`, or move the file out of the versions folder if it is no revision.",
        ));
        return;
    }
    if let Some(illegal) = id.text.chars().find(|c| ILLEGAL.contains(c)) {
        let cure = format!("Take another id without `{illegal}`, here and in every `down_revision` that names it.");
        let message = format!("revision id `{}` has the character `{illegal}`, which alembic refuses", id.text);
        findings.push(Finding::broken("illegal-revision-id", Some(id.span.clone()), message, cure));
    }
    let length = id.text.chars().count();
    if length > LONGEST_ID {
        findings.push(Finding {
            rule: "long-revision-id".to_owned(),
            severity: Severity::Error,
            span: Some(id.span.clone()),
            migration: Some(MigrationId(id.text.clone())),
            message: format!("revision id `{}` has {length} characters; alembic_version.version_num holds 32", id.text),
            effect: "The migration runs, and then its version row is refused: \"value too long for type character varying(32)\"."
                .into(),
            workaround: "Shorten the id to 32 characters or less, here and in every `down_revision` that names it.".into(),
            fix: None,
            blocking: true,
        });
    }
}

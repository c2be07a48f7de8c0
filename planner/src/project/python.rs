//! Python files that are read and never run: their syntax, their constants, and where their imports lead.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprCall, ModModule, Stmt, StmtImportFrom};
use ruff_python_parser::parse_module;
use ruff_text_size::TextRange;

use super::path::{folder, join};
use super::{Project, ProjectFile};
use crate::sort::Gather;
use crate::span::{LineIndex, Span};

/// Brackets deeper than this are refused, so that no file can exhaust the stack.
pub(crate) const DEEPEST: usize = 200;

/// Names that lead to names are followed this far.
const LONGEST_WAY: usize = 8;

/// Offset of the first place nested too deep, counted without regard to strings: a bound, not a parse.
pub(crate) fn too_deep(text: &str) -> Option<usize> {
    let mut brackets = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => brackets += 1,
            b')' | b']' | b'}' => brackets = brackets.saturating_sub(1),
            _ => {}
        }
        if brackets > DEEPEST {
            return Some(at);
        }
    }
    None
}

/// A value that stands in the file as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Literal {
    None,
    Flag(bool),
    Text(String),
    /// Texts by text.
    Table(BTreeMap<String, String>),
}

/// A file with its syntax tree.
pub(crate) struct PythonFile<'p> {
    pub(crate) path: &'p str,
    text: String,
    lines: LineIndex,
    pub(crate) module: ModModule,
}

impl<'p> PythonFile<'p> {
    /// `None`: no Python this parser reads.
    pub(crate) fn parse(file: &'p ProjectFile) -> Option<Self> {
        let text = std::str::from_utf8(&file.content).ok()?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        if too_deep(&text).is_some() {
            return None;
        }
        let module = parse_module(&text).ok()?.into_syntax();
        Some(Self { path: &file.path, lines: LineIndex::new(&text), text, module })
    }

    pub(crate) fn span(&self, range: TextRange) -> Span {
        self.lines.span(self.path, &self.text, range.start().to_usize()..range.end().to_usize())
    }

    /// Calls a function with every statement and every expression of the file.
    pub(crate) fn visit<'a>(&'a self, each: &mut dyn FnMut(Node<'a>)) {
        let mut walk = Walk { each };
        for statement in &self.module.body {
            walk.visit_stmt(statement);
        }
    }

    /// Everything assigned to a name, at any depth.
    fn assigned<'a>(&'a self, name: &str) -> Vec<&'a Expr> {
        let mut found = Vec::new();
        self.visit(&mut |node| match node {
            Node::Statement(Stmt::Assign(assign)) if assign.targets.iter().any(|target| is_name(target, name)) => {
                found.push(&*assign.value);
            }
            Node::Statement(Stmt::AnnAssign(assign)) if is_name(&assign.target, name) => found.extend(assign.value.as_deref()),
            _ => {}
        });
        found
    }

    /// The `from … import …` that brings a name, and what it is called there.
    fn imported<'a>(&'a self, name: &str) -> Option<(&'a StmtImportFrom, &'a str)> {
        let mut found = None;
        self.visit(&mut |node| {
            if let Node::Statement(Stmt::ImportFrom(import)) = node {
                let alias = import.names.iter().find(|alias| alias.asname.as_ref().unwrap_or(&alias.name).as_str() == name);
                found = alias.map(|alias| (import, alias.name.as_str())).or(found);
            }
        });
        found
    }
}

fn is_name(expression: &Expr, wanted: &str) -> bool {
    matches!(expression, Expr::Name(name) if name.id.as_str() == wanted)
}

/// A node of the tree.
#[derive(Clone, Copy)]
pub(crate) enum Node<'a> {
    Statement(&'a Stmt),
    Expression(&'a Expr),
}

struct Walk<'f, 'a> {
    each: &'f mut dyn FnMut(Node<'a>),
}

impl<'a> Visitor<'a> for Walk<'_, 'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        (self.each)(Node::Statement(statement));
        walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        (self.each)(Node::Expression(expression));
        walk_expr(self, expression);
    }
}

/// The last name of what is called: `configure` of `context.configure(…)`.
pub(crate) fn called(call: &ExprCall) -> &str {
    match &*call.func {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => "",
    }
}

/// The file a module name means, nearest to the root; `level` counts the dots before it.
pub(crate) fn module_file<'p>(project: &'p Project, from: &str, level: u32, module: &str) -> Option<&'p ProjectFile> {
    let inside = module.replace('.', "/");
    let named = |path: &str| [format!("{path}.py"), join(path, "__init__.py")];
    if level > 0 {
        let base = (1..level).fold(folder(from), |at, _| folder(at));
        let wanted = named(&join(base, &inside));
        return project.files.iter().find(|file| wanted.contains(&file.path));
    }
    let wanted = named(&inside);
    let is = |path: &str| {
        wanted.iter().any(|end| path == end || path.strip_suffix(end.as_str()).is_some_and(|rest| rest.ends_with('/')))
    };
    project.files.iter().filter(|file| is(&file.path)).min_by_key(|file| (file.path.matches('/').count(), &file.path))
}

/// What an expression comes to if that stands in the files: literals, constants, constants that are imported.
/// `ask` answers `config.get_main_option(…)`.
pub(crate) fn literal(
    project: &Project,
    file: &PythonFile<'_>,
    expression: &Expr,
    ask: &dyn Fn(&str) -> Option<String>,
) -> Option<Literal> {
    Reader { project, ask }.read(file, expression, LONGEST_WAY)
}

struct Reader<'r> {
    project: &'r Project,
    ask: &'r dyn Fn(&str) -> Option<String>,
}

impl Reader<'_> {
    fn read(&self, file: &PythonFile<'_>, expression: &Expr, left: usize) -> Option<Literal> {
        let left = left.checked_sub(1)?;
        match expression {
            Expr::NoneLiteral(_) => Some(Literal::None),
            Expr::BooleanLiteral(flag) => Some(Literal::Flag(flag.value)),
            Expr::StringLiteral(text) => Some(Literal::Text(text.value.to_str().to_owned())),
            Expr::Dict(dict) => {
                let text = |one: &Expr| match self.read(file, one, left)? {
                    Literal::Text(text) => Some(text),
                    _ => None,
                };
                let entry = |item: &ruff_python_ast::DictItem| Some((text(item.key.as_ref()?)?, text(&item.value)?));
                dict.items.iter().map(entry).gather_all().map(Literal::Table)
            }
            Expr::Call(call) if called(call) == "get_main_option" => {
                let key = match call.arguments.args.first()? {
                    Expr::StringLiteral(text) => text.value.to_str(),
                    _ => return None,
                };
                match ((self.ask)(key), call.arguments.args.get(1)) {
                    (Some(text), _) => Some(Literal::Text(text)),
                    (None, Some(default)) => self.read(file, default, left),
                    (None, None) => Some(Literal::None),
                }
            }
            Expr::Call(call) if called(call) == "dict" && call.arguments.args.is_empty() => {
                let entry = |keyword: &ruff_python_ast::Keyword| match self.read(file, &keyword.value, left)? {
                    Literal::Text(text) => Some((keyword.arg.as_ref()?.to_string(), text)),
                    _ => None,
                };
                call.arguments.keywords.iter().map(entry).gather_all().map(Literal::Table)
            }
            Expr::Name(name) => self.constant(file, name.id.as_str(), left),
            Expr::Attribute(attribute) => {
                let Expr::Name(module) = &*attribute.value else { return None };
                let (import, original) = file.imported(module.id.as_str())?;
                let below = format!("{}.{original}", import.module.as_ref().map_or("", |module| module.as_str()));
                let found = module_file(self.project, file.path, import.level, below.trim_start_matches('.'))?;
                self.constant(&PythonFile::parse(found)?, attribute.attr.as_str(), left)
            }
            _ => None,
        }
    }

    /// The one value a name has in a file, or in the one it is imported from.
    fn constant(&self, file: &PythonFile<'_>, name: &str, left: usize) -> Option<Literal> {
        let assigned = file.assigned(name);
        if let Some((first, rest)) = assigned.split_first() {
            let value = self.read(file, first, left)?;
            return rest.iter().all(|one| self.read(file, one, left).as_ref() == Some(&value)).then_some(value);
        }
        let (import, original) = file.imported(name)?;
        let module = import.module.as_ref().map_or("", |module| module.as_str());
        let found = module_file(self.project, file.path, import.level, module)?;
        self.constant(&PythonFile::parse(found)?, original, left.checked_sub(1)?)
    }
}

/// Files that are parsed at most to find out what is imported.
const MOST_FILES: usize = 300;

/// Those of the files wanted that a file imports, or what it imports does; that file itself first.
pub(crate) fn reached<'p>(project: &'p Project, start: &'p ProjectFile, wanted: &[&ProjectFile]) -> Vec<PythonFile<'p>> {
    let mut seen: BTreeSet<&str> = std::iter::once(start.path.as_str()).gather();
    let (mut todo, mut found) = (VecDeque::from([start]), Vec::new());
    let mut left: BTreeSet<&str> = wanted.iter().map(|file| file.path.as_str()).gather();
    for _ in 0..MOST_FILES {
        let Some(file) = todo.pop_front().filter(|_| !left.is_empty()) else { break };
        let Some(parsed) = PythonFile::parse(file) else { continue };
        todo.extend(imports(project, &parsed).into_iter().filter(|file| seen.insert(file.path.as_str())));
        if left.remove(file.path.as_str()) {
            found.push(parsed);
        }
    }
    found
}

/// The project's files that one imports.
fn imports<'p>(project: &'p Project, file: &PythonFile<'_>) -> Vec<&'p ProjectFile> {
    let mut found: Vec<&ProjectFile> = Vec::new();
    file.visit(&mut |node| match node {
        Node::Statement(Stmt::ImportFrom(import)) => {
            let module = import.module.as_ref().map_or("", |module| module.as_str());
            found.extend(module_file(project, file.path, import.level, module));
            for alias in &import.names {
                let below = format!("{module}.{}", alias.name);
                found.extend(module_file(project, file.path, import.level, below.trim_start_matches('.')));
            }
        }
        Node::Statement(Stmt::Import(import)) => {
            found.extend(import.names.iter().filter_map(|alias| module_file(project, file.path, 0, alias.name.as_str())));
        }
        _ => {}
    });
    found
}

//! The project's other Python files: found by their dotted names, read once, run when a name in them is wanted.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::{Rc, Weak};

use litemap::LiteMap;
use ruff_python_ast::{ModModule, Stmt};
use ruff_python_parser::parse_module;

use super::super::revision_file::RevisionFile;
use super::value::Scope;
use crate::project::Project;
use crate::project::settings::Constant;
use crate::sort::Sort;
use crate::span::LineIndex;

/// Files larger than this are not read for a helper, bytes.
const LARGEST: usize = 1_000_000;

/// A file that was read.
#[derive(Debug)]
struct Parsed {
    text: String,
    lines: LineIndex,
    module: ModModule,
}

#[derive(Debug)]
struct Entry<'p> {
    path: &'p str,
    content: &'p [u8],
    parsed: OnceCell<Option<Parsed>>,
}

/// The Python files of the project.
#[derive(Debug)]
pub(in crate::source::alembic) struct Library<'p> {
    entries: Vec<Entry<'p>>,
    /// Files by the last part of their dotted name.
    by_name: BTreeMap<&'p str, Vec<usize>>,
    /// Folders that are packages.
    packages: BTreeSet<&'p str>,
    /// First parts of dotted names that can lead into the project.
    tops: BTreeSet<&'p str>,
    /// Texts of the `.ini` files.
    options: Vec<&'p [u8]>,
}

impl<'p> Library<'p> {
    /// The files by their names; none is read yet.
    pub(in crate::source::alembic) fn new(project: &'p Project) -> Self {
        let mut files: Vec<_> = project.files.iter().filter(|file| file.path.ends_with(".py")).collect();
        files.order_by_key(|file| (file.path.matches('/').count(), file.path.as_str()));
        let mut library = Self {
            entries: Vec::new(),
            by_name: BTreeMap::new(),
            packages: BTreeSet::new(),
            tops: BTreeSet::new(),
            options: Vec::new(),
        };
        library
            .options
            .extend(project.files.iter().filter(|file| file.path.ends_with(".ini")).map(|file| file.content.as_slice()));
        for file in files {
            let stem = module_path(&file.path);
            let (_, last) = stem.rsplit_once('/').unwrap_or(("", stem));
            library.by_name.entry(last).or_default().push(library.entries.len());
            if file.path.ends_with("/__init__.py") {
                library.packages.insert(stem);
            }
            library.tops.extend(stem.split('/'));
            let entry = Entry { path: &file.path, content: &file.content, parsed: OnceCell::new() };
            library.entries.push(entry);
        }
        library
    }

    /// The file a dotted module name stands for: `a.b` is `a/b.py` or `a/b/__init__.py` below the root or a folder
    /// that is no package.
    fn find(&self, dotted: &str) -> Option<usize> {
        let wanted = dotted.replace('.', "/");
        let (_, last) = wanted.rsplit_once('/').unwrap_or(("", &wanted));
        self.by_name.get(last)?.iter().copied().find(|at| {
            let Some(stem) = self.entries.get(*at).map(|entry| module_path(entry.path)) else { return false };
            match stem.strip_suffix(wanted.as_str()) {
                Some("") => true,
                Some(before) => before.strip_suffix('/').is_some_and(|folder| !self.packages.contains(folder)),
                None => false,
            }
        })
    }

    fn code(&self, at: usize) -> Option<Code<'_>> {
        let entry = self.entries.get(at)?;
        let parsed = entry.parsed.get_or_init(|| {
            let text = std::str::from_utf8(entry.content).ok().filter(|text| text.len() <= LARGEST)?.to_owned();
            if crate::project::python::too_deep(&text).is_some() {
                return None;
            }
            let module = parse_module(&text).ok()?.into_syntax();
            Some(Parsed { lines: LineIndex::new(&text), text, module })
        });
        let parsed = parsed.as_ref()?;
        Some(Code { path: entry.path, text: &parsed.text, lines: &parsed.lines, body: &parsed.module.body })
    }
}

/// `a/b.py` and `a/b/__init__.py` as `a/b`.
fn module_path(path: &str) -> &str {
    let stem = path.strip_suffix(".py").unwrap_or(path);
    stem.strip_suffix("/__init__").unwrap_or(stem)
}

/// A file as the interpreter runs it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code<'a> {
    pub(super) path: &'a str,
    pub(super) text: &'a str,
    pub(super) lines: &'a LineIndex,
    pub(super) body: &'a [Stmt],
}

impl<'a> From<&'a RevisionFile> for Code<'a> {
    fn from(file: &'a RevisionFile) -> Self {
        Self { path: &file.path, text: &file.text, lines: &file.lines, body: &file.module.body }
    }
}

/// A module with its names.
#[derive(Debug)]
pub(in crate::source::alembic) struct Module<'a> {
    pub(super) code: Code<'a>,
    pub(super) scope: Rc<Scope<'a>>,
    /// Packages whose names came in by `from … import *` and are not known one by one.
    pub(super) stars: RefCell<Vec<String>>,
    /// What was taken for granted while its top level ran.
    pub(super) taken: RefCell<Vec<String>>,
}

impl<'a> Module<'a> {
    pub(super) fn new(code: Code<'a>) -> Rc<Self> {
        Rc::new(Self { code, scope: Rc::default(), stars: RefCell::default(), taken: RefCell::default() })
    }

    /// The module's own dotted path from the root of the project.
    pub(super) fn dotted(&self) -> String {
        module_path(self.code.path).replace('/', ".")
    }

    /// The module's package as a dotted path from the root of the project.
    pub(super) fn package(&self) -> String {
        let folder = self.code.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        folder.replace('/', ".")
    }
}

/// Modules that have run, for all revisions of one reading.
#[derive(Debug)]
pub(in crate::source::alembic) struct Modules<'a> {
    library: &'a Library<'a>,
    /// `-x` of the command line.
    pub(super) arguments: &'a [String],
    /// `[alembic.constants]`.
    pub(super) constants: &'a BTreeMap<String, Constant>,
    /// Path of `env.py`.
    env: Option<&'a str>,
    ran: RefCell<LiteMap<usize, Rc<Module<'a>>>>,
    /// Scopes that functions of these modules keep.
    scopes: RefCell<Vec<Weak<Scope<'a>>>>,
    /// Whether a set was walked through since it was last asked.
    pub(super) set_walked: Rc<Cell<bool>>,
}

/// What a dotted path leads to.
pub(super) enum Found<'a> {
    /// A module that has run or is running, and what is left of the path.
    Ran(Rc<Module<'a>>, String),
    /// A module that has to run first.
    New(Rc<Module<'a>>, String),
}

impl<'a> Modules<'a> {
    pub(in crate::source::alembic) fn new(
        library: &'a Library<'a>,
        arguments: &'a [String],
        constants: &'a BTreeMap<String, Constant>,
        env: Option<&'a str>,
    ) -> Self {
        Self {
            library,
            arguments,
            constants,
            env,
            ran: RefCell::default(),
            scopes: RefCell::default(),
            set_walked: Rc::default(),
        }
    }

    /// Whether a configuration file of the project sets an option of this name.
    pub(super) fn mentions_option(&self, name: &str) -> bool {
        self.library.options.iter().any(|text| {
            String::from_utf8_lossy(text).lines().any(|line| {
                let key = line.split(['=', ':']).next().unwrap_or_default();
                key.trim() == name
            })
        })
    }

    /// Keeps a scope until all revisions are read.
    pub(super) fn keep(&self, scope: Weak<Scope<'a>>) {
        self.scopes.borrow_mut().push(scope);
    }

    /// `env.py` of the script folder.
    pub(super) fn environment(&self) -> Option<Found<'a>> {
        let path = self.env?;
        let at = self.library.entries.iter().position(|entry| entry.path == path)?;
        self.module(at, String::new())
    }

    /// The modules whose own name is this, at most as many as a project has reason for.
    pub(super) fn named(&self, name: &str) -> Vec<Found<'a>> {
        let places = self.library.by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        places.iter().take(8).filter_map(|at| self.module(*at, String::new())).collect()
    }

    fn module(&self, at: usize, rest: String) -> Option<Found<'a>> {
        if let Some(module) = self.ran.borrow().get(&at) {
            return Some(Found::Ran(module.clone(), rest));
        }
        let module = Module::new(self.library.code(at)?);
        self.ran.borrow_mut().insert(at, module.clone());
        Some(Found::New(module, rest))
    }

    /// The longest part of a dotted path that is a module of the project. `None`: none is.
    pub(super) fn find(&self, path: &str) -> Option<Found<'a>> {
        let top = path.split('.').next()?;
        if !self.library.tops.contains(top) || is_foreign(top) {
            return None;
        }
        let mut head = path;
        loop {
            if let Some(at) = self.library.find(head) {
                let rest = path.get(head.len()..).unwrap_or_default().trim_start_matches('.').to_owned();
                return self.module(at, rest);
            }
            head = head.rsplit_once('.')?.0;
        }
    }
}

impl Drop for Modules<'_> {
    fn drop(&mut self) {
        // Functions hold their module and modules their functions: emptied, they can be freed.
        for module in self.ran.borrow().values() {
            module.scope.names.borrow_mut().clear();
        }
        for scope in self.scopes.borrow().iter().filter_map(Weak::upgrade) {
            scope.names.borrow_mut().clear();
        }
    }
}

/// Packages that no file of a project stands for, though its name be the same.
fn is_foreign(top: &str) -> bool {
    matches!(top, "sqlalchemy" | "alembic" | "builtins" | "sqlmodel" | "sqlalchemy_utils") || super::symbol::runs_no_sql(top)
}

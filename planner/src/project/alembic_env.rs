//! What `env.py` says that changes the SQL or the version table: read over its syntax tree, never run.
//!
//! Values count where they stand in the files: as literals, as constants of `env.py` or of a file of the project that it
//! imports, or as an option of `alembic.ini` that it asks for. What is computed is asked for in `flightplan.toml`.

use std::collections::BTreeMap;

use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

use super::path::{folder, join, name};
use super::python::{self, Literal, Node, PythonFile};
use super::settings::{AlembicSettings, COMPUTED_VERSION_TABLE};
use super::{Project, ProjectFile};
use crate::finding::{Finding, Severity};
use crate::sort::Sort;
use crate::span::Span;

/// Arguments of `context.configure` that decide what runs.
const KEYS: [&str; 5] =
    ["version_table", "version_table_schema", "version_table_pk", "transaction_per_migration", "transactional_ddl"];

/// The script folder's `env.py`, if the project holds it. A bare source may name the `versions` folder itself.
pub(crate) fn file<'p>(project: &'p Project, settings: &AlembicSettings) -> Option<&'p ProjectFile> {
    let script = settings.script_location.trim_matches('/');
    let places = [join(script, "env.py"), join(folder(script), "env.py")];
    let wanted = if name(script) == "versions" { &places[..] } else { places.get(..1).unwrap_or_default() };
    wanted.iter().find_map(|path| project.files.iter().find(|file| file.path == *path))
}

/// Whether `env.py` gives Alembic no metadata, so that no convention can apply.
pub(crate) fn has_no_metadata(project: &Project, settings: &AlembicSettings) -> bool {
    let Some(env) = file(project, settings).and_then(PythonFile::parse) else { return false };
    let mut given: Vec<&Expr> = Vec::new();
    env.visit(&mut |node| {
        if let Node::Expression(Expr::Call(call)) = node {
            let metadata = call
                .arguments
                .keywords
                .iter()
                .filter(|keyword| keyword.arg.as_ref().is_some_and(|name| name.as_str() == "target_metadata"));
            given.extend(metadata.map(|keyword| &keyword.value));
        }
    });
    given.iter().all(|value| constant(project, settings, &env, value) == Some(Literal::None))
}

/// Puts what `env.py` says where `flightplan.toml` says nothing; the findings name what it computes.
pub(super) fn overlay(project: &Project, settings: &mut AlembicSettings) -> Vec<Finding> {
    let Some(start) = file(project, settings) else { return Vec::new() };
    let Some(env) = PythonFile::parse(start) else {
        let unread = Finding {
            message:
                "env.py cannot be read as Python, so which table holds the revisions is not known; `alembic_version` is taken"
                    .to_owned(),
            ..computed("version_table", Span::file(&start.path))
        };
        return if settings.gives("version_table") { Vec::new() } else { vec![unread] };
    };
    let mut findings = Vec::new();
    for (key, values) in arguments(&env) {
        let read: Vec<Option<Literal>> = values.iter().map(|value| constant(project, settings, &env, value)).collect();
        let known = read.first().cloned().flatten().filter(|first| read.iter().all(|one| one.as_ref() == Some(first)));
        let at = values.iter().zip(&read).find(|(_, read)| read.is_none()).map(|(value, _)| value).or(values.first());
        let Some(span) = at.map(|value| env.span(value.range())) else { continue };
        match known {
            Some(value) if settings.gives(key) => findings.extend(contradiction(key, &value, settings, span)),
            Some(value) => findings.extend((!put(key, &value, settings)).then(|| computed(key, span))),
            None if settings.gives(key) => {}
            None => findings.push(computed(key, span)),
        }
    }
    if !settings.gives("naming_convention") {
        naming(project, start, settings, &mut findings);
    }
    findings
}

/// Every value given to one of the keys: as an argument, in a dictionary, or to an item of one.
fn arguments<'a>(env: &'a PythonFile<'_>) -> BTreeMap<&'static str, Vec<&'a Expr>> {
    let mut found: BTreeMap<&'static str, Vec<&'a Expr>> = BTreeMap::new();
    let mut add = |name: &str, value: &'a Expr| {
        if let Some(key) = KEYS.iter().find(|key| **key == name) {
            found.entry(key).or_default().push(value);
        }
    };
    let text = |key: &'a Expr| match key {
        Expr::StringLiteral(text) => text.value.to_str(),
        _ => "",
    };
    env.visit(&mut |node| match node {
        Node::Expression(Expr::Call(call)) => {
            for keyword in &call.arguments.keywords {
                add(keyword.arg.as_ref().map_or("", |name| name.as_str()), &keyword.value);
            }
        }
        Node::Expression(Expr::Dict(dict)) => {
            for item in &dict.items {
                add(item.key.as_ref().map_or("", text), &item.value);
            }
        }
        Node::Statement(Stmt::Assign(assign)) => {
            for target in &assign.targets {
                if let Expr::Subscript(item) = target {
                    add(text(&item.slice), &assign.value);
                }
            }
        }
        _ => {}
    });
    found
}

fn constant(project: &Project, settings: &AlembicSettings, file: &PythonFile<'_>, value: &Expr) -> Option<Literal> {
    let ini = settings.config.as_ref().and_then(|path| project.files.iter().find(|file| file.path == *path));
    let ini = ini.map(|file| super::ini::Ini::parse(&String::from_utf8_lossy(&file.content)));
    let ask = |key: &str| ini.as_ref()?.value(&settings.section, &key.to_lowercase(), ".")?.ok();
    python::literal(project, file, value, &ask)
}

/// Whether the value is of the key's kind, and so counts now.
fn put(key: &str, value: &Literal, settings: &mut AlembicSettings) -> bool {
    match (key, value) {
        ("version_table", Literal::Text(text)) if !text.is_empty() => settings.version_table.clone_from(text),
        ("version_table_schema", Literal::Text(text)) => settings.version_table_schema = Some(text.clone()),
        ("version_table_pk", Literal::Flag(flag)) => settings.version_table_pk = *flag,
        ("transaction_per_migration", Literal::Flag(flag)) => settings.transaction_per_migration = Some(*flag),
        ("transactional_ddl", Literal::Flag(flag)) => settings.transactional_ddl = Some(*flag),
        ("version_table" | "version_table_schema" | "transactional_ddl", Literal::None) => {}
        _ => return false,
    }
    true
}

/// Where both files name a table and the names differ, one of them reads the wrong rows.
fn contradiction(key: &str, value: &Literal, settings: &AlembicSettings, span: Span) -> Option<Finding> {
    let set = match key {
        "version_table" => Some(settings.version_table.as_str()),
        "version_table_schema" => settings.version_table_schema.as_deref(),
        _ => return None,
    };
    let Literal::Text(known) = value else { return None };
    if set == Some(known.as_str()) {
        return None;
    }
    let set = set.map_or_else(|| "the connection's own".to_owned(), |set| format!("`{set}`"));
    let message = format!("env.py gives Alembic `{known}` as {key}; flightplan.toml says {set}");
    let cure = format!("Set {key} = \"{known}\" in [alembic] of flightplan.toml, or leave it out: env.py is read.");
    let mut finding = Finding::broken("other-version-table", Some(span), message, cure);
    finding.effect = "Rows of the wrong version table are read, and revisions that are applied would run again.".into();
    Some(finding)
}

fn computed(key: &str, span: Span) -> Finding {
    let (taken, effect) = match key {
        "version_table" => {
            ("`alembic_version` is taken", "With another table the wrong rows are read, and applied revisions would run again.")
        }
        "version_table_schema" => (
            "the connection's own is taken",
            "With another schema the wrong rows are read, and applied revisions would run again.",
        ),
        "version_table_pk" => {
            ("a primary key is taken for granted", "The version table would be made with a key Alembic leaves out.")
        }
        _ => ("Alembic's default is taken", "The script of `--sql` would have other transactions than Alembic's."),
    };
    let decides_rows = matches!(key, "version_table" | "version_table_schema");
    Finding {
        rule: if decides_rows { COMPUTED_VERSION_TABLE } else { "computed-setting" }.to_owned(),
        severity: Severity::Warning,
        span: Some(span),
        migration: None,
        message: format!("env.py computes {key}, so its value is only known when Python runs; {taken}"),
        effect: effect.into(),
        workaround: format!("Set {key} in [alembic] of flightplan.toml to what it comes to.").into(),
        fix: None,
        blocking: false,
    }
}

/// A convention found in a file: where, and what it is if that can be read.
struct Convention {
    span: Span,
    templates: Option<BTreeMap<String, String>>,
}

/// Looks for the convention in `env.py` and what it imports, which is where its metadata comes from.
fn naming(project: &Project, env: &ProjectFile, settings: &mut AlembicSettings, findings: &mut Vec<Finding>) {
    let speaking: Vec<&ProjectFile> = project.files.iter().filter(|file| speaks_of_convention(file)).collect();
    let Some(any) = speaking.first() else { return };
    let reached: Vec<PythonFile<'_>> = python::reached(project, env, &speaking);
    let mut found: Vec<Convention> = reached.iter().flat_map(|file| conventions(project, settings, file)).collect();
    found.order_by(|a, b| a.span.cmp(&b.span));
    let place = |span: &Span| format!("{}:{}", span.file, span.line);
    let Some(first) = found.first() else {
        settings.naming_unread = Some(mention(any));
        return;
    };
    let same = found.iter().all(|one| one.templates == first.templates);
    match &first.templates {
        Some(templates) if same => {
            settings.naming_convention.clone_from(templates);
            settings.naming_place = Some(place(&first.span));
        }
        _ => {
            let unclear = found.iter().find(|one| one.templates.is_none()).unwrap_or(first);
            settings.naming_unread = Some(place(&unclear.span));
            findings.push(unread_convention(unclear.span.clone(), same));
        }
    }
}

/// Whether a file's code may hold a convention: no revision, and not in a comment only.
fn speaks_of_convention(file: &ProjectFile) -> bool {
    file.path.ends_with(".py") && !file.path.contains("versions/") && line_of_convention(file).is_some()
}

fn line_of_convention(file: &ProjectFile) -> Option<usize> {
    const WORD: &str = "naming_convention";
    let text = String::from_utf8_lossy(&file.content);
    // Most files have it nowhere.
    if !text.contains(WORD) {
        return None;
    }
    let code = |line: &str| line.split('#').next().is_some_and(|code| code.contains(WORD));
    text.split('\n').position(code)
}

fn mention(file: &ProjectFile) -> String {
    format!("{}:{}", file.path, line_of_convention(file).unwrap_or_default() + 1)
}

fn unread_convention(span: Span, same: bool) -> Finding {
    let why = if same { "is computed" } else { "is not the only one that env.py imports" };
    Finding {
        rule: "computed-setting".to_owned(),
        severity: Severity::Warning,
        span: Some(span),
        migration: None,
        message: format!("this naming convention {why}, so the names Alembic gives are not known"),
        effect: "Constraints without names are left to the server, and Alembic may name them otherwise.".into(),
        workaround: "Set naming_convention in [alembic] of flightplan.toml: { pk = \"pk_%(table_name)s\", … }.".into(),
        fix: None,
        blocking: false,
    }
}

/// `MetaData(naming_convention=…)` and `metadata.naming_convention = …` of a file.
fn conventions(project: &Project, settings: &AlembicSettings, file: &PythonFile<'_>) -> Vec<Convention> {
    let mut values: Vec<&Expr> = Vec::new();
    file.visit(&mut |node| match node {
        Node::Expression(Expr::Call(call)) => {
            let keywords = call.arguments.keywords.iter();
            let of = keywords.filter(|keyword| keyword.arg.as_ref().is_some_and(|name| name.as_str() == "naming_convention"));
            values.extend(of.map(|keyword| &keyword.value));
        }
        Node::Statement(Stmt::Assign(assign)) => {
            let is = |target: &Expr| matches!(target, Expr::Attribute(it) if it.attr.as_str() == "naming_convention");
            if assign.targets.iter().any(is) {
                values.push(&assign.value);
            }
        }
        _ => {}
    });
    let convention = |value: &&Expr| Convention {
        span: file.span(value.range()),
        templates: match constant(project, settings, file, value) {
            Some(Literal::Table(templates)) => Some(templates),
            _ => None,
        },
    };
    values.iter().map(convention).collect()
}

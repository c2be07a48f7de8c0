//! The two directions of a revision file as scripts.

use ruff_python_ast::{Expr, Stmt};
use sha2::{Digest, Sha256};

use super::interpreter;
use super::interpreter::library::Modules;
use super::render::Renderer;
use super::revision_file::RevisionFile;
use crate::finding::{Finding, Severity};
use crate::migration::{Migration, Script};

/// `upgrade()`. Alembic looks it up when the step runs, so a file without one cannot be applied.
pub(super) fn up<'a>(
    file: &'a RevisionFile,
    renderer: &mut Renderer,
    modules: &Modules<'a>,
    findings: &mut Vec<Finding>,
) -> Script {
    match file.function("upgrade") {
        Some(function) => hashed(interpreter::run(file, function, renderer, modules).script, file),
        None => {
            let message = format!("revision `{}` has no `upgrade()`", file.id.text);
            let cure = "Add `def upgrade(): pass`, or what it shall do.";
            findings.push(Finding::broken("missing-upgrade", Some(file.id.span.clone()), message, cure).of(&file.migration_id()));
            Script { path: file.path.clone(), script: file.script.clone(), ..Script::default() }
        }
    }
}

/// A script with parts that only Python can run carries the hash of its file: that is what an approval covers.
fn hashed(mut script: Script, file: &RevisionFile) -> Script {
    if !script.opaque.is_empty() {
        let hash = Sha256::digest(file.text.as_bytes());
        script.file_sha256 = Some(hash.iter().map(|byte| format!("{byte:02x}")).collect());
    }
    script
}

/// `downgrade()`: nothing where it is missing or raises on purpose; an empty one only moves the version.
pub(super) fn down<'a>(
    file: &'a RevisionFile,
    renderer: &Renderer,
    modules: &Modules<'a>,
    findings: &mut Vec<Finding>,
) -> Option<Script> {
    let function = file.function("downgrade")?;
    let does_nothing = |statement: &Stmt| match statement {
        Stmt::Pass(_) => true,
        Stmt::Expr(expression) => matches!(&*expression.value, Expr::StringLiteral(_) | Expr::EllipsisLiteral(_)),
        _ => false,
    };
    if function.body.iter().all(does_nothing) {
        return Some(Script { path: file.path.clone(), script: file.script.clone(), ..Script::default() });
    }
    let outcome = interpreter::run(file, function, &mut renderer.for_downgrade(), modules);
    if let Some(range) = outcome.raises {
        findings.push(Finding {
            rule: "downgrade-raises".to_owned(),
            severity: Severity::Info,
            span: Some(file.span(range)),
            migration: Some(file.migration_id()),
            message: format!("`downgrade()` of `{}` raises on purpose", file.id.text),
            effect: "Alembic cannot take this revision back.".into(),
            workaround: "Keep it so where the way back would lose data; else write the way back.".into(),
            fix: None,
            blocking: false,
        });
        return None;
    }
    Some(hashed(outcome.script, file))
}

/// One finding that tells a reader all that the rendering of the revision took for granted.
pub(super) fn assumptions(file: &RevisionFile, migration: &Migration) -> Option<Finding> {
    let mut all: Vec<&str> = migration.up.assumptions.iter().map(String::as_str).collect();
    for assumption in migration.undo.iter().flat_map(|undo| &undo.assumptions) {
        if !all.contains(&assumption.as_str()) {
            all.push(assumption);
        }
    }
    if all.is_empty() {
        return None;
    }
    let span = file.function("upgrade").map_or_else(|| file.id.span.clone(), |function| file.span(function.range));
    Some(Finding {
        rule: "rendered-under-assumptions".to_owned(),
        severity: Severity::Info,
        span: Some(span),
        migration: Some(file.migration_id()),
        message: format!("The SQL of `{}` takes for granted: {}.", file.id.text, all.join("; ")),
        effect: "Where that does not hold, Alembic itself would send other SQL.".into(),
        workaround: "Check what is assumed; name constraints and indexes in the revision to depend on no convention.".into(),
        fix: None,
        blocking: false,
    })
}

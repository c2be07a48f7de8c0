//! What `env.py` says that changes the SQL or the version table, found by reading its text: it is never run.

use super::render::Naming;
use crate::finding::{Finding, Severity};
use crate::migration::SourceKind;
use crate::project::path::{folder, join, name};
use crate::project::settings::Settings;
use crate::project::{Project, ProjectFile, Request};
use crate::span::Span;

/// The script folder's `env.py`, if the project holds it. A source may name the folder or its `versions`.
fn file<'p>(project: &'p Project, settings: &Settings, request: &Request) -> Option<&'p ProjectFile> {
    let source = request.source.as_ref().filter(|source| source.kind == SourceKind::Alembic);
    let script = source.map_or(settings.alembic.script_location.as_str(), |source| source.folder.as_str()).trim_matches('/');
    let places = [join(script, "env.py"), join(folder(script), "env.py")];
    let wanted = if name(script) == "versions" { &places[..] } else { places.get(..1).unwrap_or_default() };
    wanted.iter().find_map(|path| project.files.iter().find(|file| file.path == *path))
}

/// How Alembic names what the revisions leave unnamed (`facts/alembic.md` §3), as far as the project tells.
pub(super) fn naming(project: &Project, settings: &Settings, request: &Request) -> Naming {
    // Models carry the convention, and env.py imports them: any Python file may.
    let mention =
        project.files.iter().filter(|file| file.path.ends_with(".py") && !file.path.contains("versions/")).find_map(|file| {
            let text = String::from_utf8_lossy(&file.content).into_owned();
            code(&text).find_map(|(line, code)| code.contains("naming_convention").then(|| format!("{}:{line}", file.path)))
        });
    if let Some(place) = mention {
        return Naming::NotApplied(format!(
            "constraint names are the server's own: {place} speaks of a naming_convention, which is not applied here, so \
             Alembic may give other names"
        ));
    }
    let Some(env) = file(project, settings, request) else {
        return Naming::NotFound(
            "constraint names are the server's own: the project holds no env.py that would show a naming convention".to_owned(),
        );
    };
    let text = String::from_utf8_lossy(&env.content).into_owned();
    let mut values = code(&text).filter_map(|(_, code)| argument(code, "target_metadata").map(str::to_owned));
    // Without metadata there is no convention.
    if values.all(|value| matches!(word(&value), "None" | "target_metadata")) {
        return Naming::None;
    }
    Naming::NotFound("constraint names are the server's own: no naming convention was found in env.py".to_owned())
}

/// Where `env.py` names another version table or schema than the settings: the wrong rows would be read.
pub(super) fn check(project: &Project, settings: &Settings, request: &Request, findings: &mut Vec<Finding>) {
    let Some(env) = file(project, settings, request) else { return };
    let text = String::from_utf8_lossy(&env.content).into_owned();
    let schema = settings.alembic.version_table_schema.as_deref();
    for (key, set) in [("version_table", Some(settings.alembic.version_table.as_str())), ("version_table_schema", schema)] {
        let values: Vec<(usize, &str)> = code(&text)
            .filter_map(|(line, code)| Some((line, argument(code, key)?)))
            .filter(|(_, value)| word(value) != "None")
            .collect();
        let Some((line, value)) = values.first().copied() else { continue };
        if values.iter().any(|(_, value)| literal(value).is_some_and(|text| Some(text) == set)) {
            continue;
        }
        let known = literal(value);
        // A value that is computed may well be what the settings say; a text that differs is not.
        if known.is_none() && set.is_some_and(|set| set != "alembic_version") {
            continue;
        }
        findings.push(other_table(env, &text, line, key, known, set));
    }
}

fn other_table(env: &ProjectFile, text: &str, line: usize, key: &str, known: Option<&str>, set: Option<&str>) -> Finding {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let end = start + text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
    let set = set.map_or_else(|| "the connection's own".to_owned(), |set| format!("`{set}`"));
    let (says, cure) = match known {
        Some(known) => (format!("`{known}`"), format!("Set {key} = \"{known}\" in [alembic] of flightplan.toml.")),
        None => {
            ("a value that is computed".to_owned(), format!("Set {key} in [alembic] of flightplan.toml to what it comes to."))
        }
    };
    let message = format!("env.py gives Alembic {says} as {key}; here it is {set}");
    let mut finding = Finding::broken("other-version-table", Some(Span::of(&env.path, text, start..end)), message, cure);
    finding.effect = "Rows of the wrong version table are read, and revisions that are applied would run again.".to_owned();
    if known.is_none() {
        finding.severity = Severity::Warning;
        finding.blocking = false;
    }
    finding
}

/// Lines with their numbers from 1, without comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split('\n').zip(1..).map(|(line, number)| (number, line.split('#').next().unwrap_or_default()))
}

/// What stands behind `key =` or `"key":` on a line.
fn argument<'t>(code: &'t str, key: &str) -> Option<&'t str> {
    code.match_indices(key).find_map(|(at, _)| {
        let before = code.get(..at)?.chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.') {
            return None;
        }
        let rest = code.get(at + key.len()..)?.trim_start_matches(['"', '\'']).trim_start();
        let rest = rest.strip_prefix('=').filter(|rest| !rest.starts_with('=')).or_else(|| rest.strip_prefix(':'))?;
        Some(rest.trim_start())
    })
}

/// The name a value begins with.
fn word(value: &str) -> &str {
    let end = value.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(value.len());
    match value.get(end..).map(str::trim_start).and_then(|rest| rest.chars().next()) {
        None | Some(',' | ')') => value.get(..end).unwrap_or_default(),
        Some(_) => value,
    }
}

/// The text of a plain string literal that is the whole value.
fn literal(value: &str) -> Option<&str> {
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (text, rest) = value.get(1..)?.split_once(quote)?;
    let ends = matches!(rest.trim_start().chars().next(), None | Some(',' | ')'));
    (ends && !text.is_empty() && !text.contains('\\')).then_some(text)
}

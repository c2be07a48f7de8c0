//! One SQL file to a script: decode, replace, cut, parse.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::dialect::Dialect;
use crate::finding::{Finding, Severity};
use crate::migration::{OpaquePart, Script};
use crate::project::near::nearest;
use crate::project::settings::FlywaySettings;
use crate::project::{ProjectFile, path};
use crate::span::{LineIndex, Span};
use crate::statement::Statement;
use crate::statement::reading::{Machine, ReadStatement, Reading};

use super::Detail;
use super::checksum::checksum;
use super::encoding::{DecodeError, decode, likely};
use super::name::{self, FileName};
use super::placeholder::{Placeholders, Problem, Replaced, Unreplaced};
use super::script_conf::{self, ScriptConf};

/// Reads the scripts of one source.
pub(super) struct Reader<'a> {
    pub(super) settings: &'a FlywaySettings,
    pub(super) dialect: Dialect,
    /// Configured values under those of the request.
    pub(super) placeholders: BTreeMap<String, String>,
    /// Values of Flyway's own placeholders, where they are known.
    pub(super) built_in: &'a BTreeMap<String, String>,
    /// The project's script configurations by path.
    pub(super) confs: FxHashMap<&'a str, &'a ProjectFile>,
    pub(super) detail: Detail,
    pub(super) machine: &'a dyn Machine,
}

/// What a file holds, and what is wrong with it.
pub(super) type Read = (Script, Vec<Finding>);

impl Reader<'_> {
    /// What a file is by its name; and what it holds, where it is a script.
    pub(super) fn read_named(&self, file: &ProjectFile, relative: &str) -> (FileName, Read) {
        let name = name::parse(path::name(&file.path), self.settings);
        let read = match name {
            FileName::Other | FileName::Invalid(..) => Read::default(),
            FileName::Callback(..) if self.settings.skip_default_callbacks => Read::default(),
            _ => self.read(file, relative, matches!(name, FileName::Repeatable(_))),
        };
        (name, read)
    }

    /// Reads a file. `relative` is its path in the location; a repeatable's checksum is that of the replaced text.
    fn read(&self, file: &ProjectFile, relative: &str, repeatable: bool) -> Read {
        let (conf, mut findings) = self.conf(file);
        let mut script = Script {
            path: file.path.clone(),
            script: relative.to_owned(),
            execute_in_transaction: conf.execute_in_transaction,
            should_execute: conf.should_execute,
            ..Script::default()
        };
        let encoding = conf.encoding.as_deref().unwrap_or(&self.settings.encoding);
        let text = match decode(&file.content, encoding) {
            Ok(text) => text,
            Err(error) => {
                let finding = undecodable(file, encoding, &error);
                script.opaque.extend(opaque(&finding));
                findings.push(finding);
                return (script, findings);
            }
        };
        let replaces = self.settings.placeholder_replacement;
        script.checksum = Some(checksum(&text));
        if repeatable && replaces {
            // Flyway 9.16 does not ask the script's own placeholderReplacement here (facts/flyway.md §2).
            script.equivalent_checksum = script.checksum;
            script.checksum = Some(checksum(&self.replaced(file, &text).text));
        }
        if self.detail == Detail::Names {
            return (script, findings);
        }
        let replaced = if replaces && conf.placeholder_replacement != Some(false) {
            self.replaced(file, &text)
        } else {
            Replaced::unchanged(&text)
        };
        self.statements(file, &text, &replaced, &mut script, &mut findings);
        (script, findings)
    }

    fn placeholders(&self, file: &ProjectFile) -> Placeholders {
        Placeholders::new(self.settings, &self.placeholders, self.built_in, path::name(&file.path))
    }

    /// The text with its placeholders replaced; most scripts have none.
    fn replaced<'a>(&self, file: &ProjectFile, text: &'a str) -> Replaced<'a> {
        if text.contains(&self.settings.placeholder_prefix) {
            self.placeholders(file).replace(text)
        } else {
            Replaced::unchanged(text)
        }
    }

    fn conf(&self, file: &ProjectFile) -> (ScriptConf, Vec<Finding>) {
        let Some(conf) = self.confs.get(format!("{}.conf", file.path).as_str()) else {
            return (ScriptConf::default(), Vec::new());
        };
        match decode(&conf.content, "UTF-8") {
            Ok(text) => script_conf::read(&conf.path, &text, &self.placeholders(file)),
            Err(error) => (ScriptConf::default(), vec![undecodable(conf, "UTF-8", &error)]),
        }
    }

    fn statements(
        &self,
        file: &ProjectFile,
        text: &str,
        replaced: &Replaced<'_>,
        script: &mut Script,
        findings: &mut Vec<Finding>,
    ) {
        let index = LineIndex::new(text);
        let span = |start: usize, end: usize| index.span(&file.path, text, replaced.original(start)..replaced.original(end));
        for unreplaced in &replaced.unreplaced {
            let at = index.span(&file.path, text, unreplaced.range.clone());
            let finding = self.placeholder_finding(unreplaced, at);
            script.opaque.extend(opaque(&finding));
            findings.push(finding);
        }
        if let Some(at) = replaced.text.find('\0') {
            let finding = nul(file, span(at, at + 1));
            script.opaque.extend(opaque(&finding));
            findings.push(finding);
            return;
        }
        let Reading { statements, errors } = self.machine.read(&replaced.text, self.dialect);
        script.statements.reserve_exact(statements.len());
        for ReadStatement { range, copy_data, operations, error } in statements {
            let sql = replaced.text.get(range.clone()).unwrap_or("").to_owned();
            // One is enough a statement, and none where a placeholder is its cause.
            if let Some(error) = error.filter(|_| !replaced.has_unreplaced(&range)) {
                let at = range.start + error.offset.min(sql.len());
                findings.push(syntax_finding(self.dialect, &error.message, span(at, range.end)));
            }
            script.statements.push(Statement {
                sql,
                span: span(range.start, range.end),
                operations,
                copy_data: copy_data.and_then(|data| replaced.text.get(data)).map(Arc::from),
                ..Statement::default()
            });
        }
        for error in errors {
            let at = span(error.offset, error.offset + 1);
            let finding = Finding::broken(error.rule, Some(at), sentence(&error.message), error.workaround);
            script.opaque.extend(opaque(&finding));
            findings.push(finding);
        }
    }

    fn placeholder_finding(&self, unreplaced: &Unreplaced, span: Span) -> Finding {
        let written = format!("{}{}{}", self.settings.placeholder_prefix, unreplaced.name, self.settings.placeholder_suffix);
        let (rule, message, cure) = match unreplaced.problem {
            Problem::Unclosed => (
                "unknown-placeholder",
                format!("The placeholder that begins here is never closed with {}.", self.settings.placeholder_suffix),
                "Close it, or set placeholderReplacement=false in the script's .conf file if it is none.".to_owned(),
            ),
            Problem::Unknown => {
                let known: Vec<&str> = self.placeholders.keys().map(String::as_str).collect();
                let cure = match nearest(&unreplaced.name, &known) {
                    Some(near) => {
                        format!("Write {}{near}{}.", self.settings.placeholder_prefix, self.settings.placeholder_suffix)
                    }
                    None => format!(
                        "Give it a value under placeholders in [flyway] of flightplan.toml, or set placeholderReplacement=false \
                         in the script's .conf file if {written} is no placeholder."
                    ),
                };
                ("unknown-placeholder", format!("No value is given for the placeholder {written}."), cure)
            }
            Problem::Unknowable => (
                "unknowable-placeholder",
                format!("The value of {written} is only known when the script runs, so no plan can show what will run."),
                "Plan against the database (--url), which tells user, database and schema; for the time use the server's own \
                 current_timestamp."
                    .to_owned(),
            ),
        };
        Finding::broken(rule, Some(span), message, cure)
    }
}

fn opaque(finding: &Finding) -> Option<OpaquePart> {
    finding.span.clone().map(|span| OpaquePart { span, reason: finding.message.clone() })
}

/// Our parser may be wrong where the server is not, so this warns loudly and leaves the statement opaque.
fn syntax_finding(dialect: Dialect, message: &str, span: Span) -> Finding {
    let mut finding = Finding::broken(
        "syntax-error",
        Some(span),
        format!("This is no {} that the planner can read: {message}.", dialect.title()),
        "Mend the statement, or try it on a server of that version: if the server takes it, the plan shows it as opaque.",
    );
    finding.effect = "What the statement does is unknown; if the server refuses it too, the migration fails there.".into();
    finding.blocking = false;
    finding.severity = Severity::Error;
    finding
}

fn undecodable(file: &ProjectFile, encoding: &str, error: &DecodeError) -> Finding {
    match error {
        DecodeError::Invalid(offset) => {
            let before = String::from_utf8_lossy(file.content.get(..*offset).unwrap_or(&[])).into_owned();
            let mut span = Span::of(&file.path, &before, before.len()..before.len());
            span.start = u32::try_from(*offset).unwrap_or(u32::MAX);
            span.end = span.start;
            let message = format!("The file is not {encoding}: the byte at offset {offset} on line {} does not fit.", span.line);
            let cure = match likely(&file.content) {
                Some(other) => format!("Save the file as UTF-8, or name its encoding in {}.conf: encoding={other}", file.path),
                None => format!(
                    "Save the file as UTF-8, or name its encoding in {}.conf: encoding=ISO-8859-1 (or windows-1252 …)",
                    file.path
                ),
            };
            Finding::broken("invalid-utf8", Some(span), message, cure)
        }
        DecodeError::Unsupported => Finding::broken(
            "unsupported-encoding",
            Some(Span::file(&file.path)),
            format!("The encoding {encoding} is not known here."),
            "Save the file as UTF-8; UTF-8, UTF-16, ISO-8859-x, windows-125x and the East Asian encodings can be read.",
        ),
    }
}

/// No server takes a NUL in SQL text, and most drivers would end the statement there.
fn nul(file: &ProjectFile, at: Span) -> Finding {
    let cure = match likely(&file.content) {
        Some(other) => format!("It looks like {other}: save it as UTF-8, or write encoding={other} into {}.conf.", file.path),
        None => "Remove it; binary data is written as text: '\\x00' or X'00'.".to_owned(),
    };
    Finding::broken("nul-byte", Some(at), "The file holds a NUL byte, which no server takes.".to_owned(), cure)
}

fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    chars.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), chars.as_str()))
}

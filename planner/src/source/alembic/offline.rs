//! The script of `--sql`, with the comments, transactions and version rows that Alembic writes (`facts/alembic.md` §4).

use crate::sort::Gather;
use std::collections::BTreeSet;

use super::render::{qualified, quote};
use super::version_rows::{self, RowChange, Rows};
use crate::dialect::Dialect;
use crate::finding::Finding;
use crate::migration::{Migration, MigrationId, Script};
use crate::project::settings::Settings;
use crate::source::alembic::book::Book;

/// The script of `upgrade FROM:TO --sql`; `from` absent: from an empty database.
///
/// # Errors
/// A revision that means nothing; one whose SQL cannot be known, so that the script would not be whole.
pub fn upgrade(revisions: &[&Migration], settings: &Settings, from: Option<&str>, to: &str) -> Result<String, Box<Finding>> {
    let start = start(revisions, from)?;
    let path = version_rows::upgrade_path(revisions, &start, Some(to))?;
    let mut rows = Rows::new(revisions, &start);
    let mut writer = Writer::new(settings);
    for revision in found(revisions, &path) {
        whole(revision, &revision.up)?;
        let before = rows.now.is_empty();
        let parents: Vec<&str> = revision.parents.iter().map(|id| id.0.as_str()).collect();
        let head = format!("upgrade {} -> {}", parents.join(", "), revision.id);
        let change = rows.upgrade(&revision.id);
        writer.step(before, &head, Some(&revision.up), &change);
    }
    Ok(writer.finish())
}

/// The script of `downgrade FROM:TO --sql`.
///
/// # Errors
/// As [`upgrade`].
pub fn downgrade(revisions: &[&Migration], settings: &Settings, from: &str, to: &str) -> Result<String, Box<Finding>> {
    let start = start(revisions, Some(from))?;
    let path = version_rows::downgrade_path(revisions, &start, to)?;
    let mut rows = Rows::new(revisions, &start);
    let mut writer = Writer::new(settings);
    for revision in found(revisions, &path) {
        if let Some(undo) = &revision.undo {
            whole(revision, undo)?;
        }
        let before = rows.now.is_empty();
        let parents: Vec<&str> = revision.parents.iter().map(|id| id.0.as_str()).collect();
        let head = format!("downgrade {} -> {}", revision.id, parents.join(", "));
        let change = rows.downgrade(&revision.id);
        writer.step(before, &head, revision.undo.as_ref(), &change);
    }
    Ok(writer.finish())
}

/// The script of `stamp [FROM:]TO… --sql`.
///
/// # Errors
/// As [`upgrade`].
pub fn stamp(book: &Book, settings: &Settings, from: Option<&str>, to: &[String]) -> Result<String, Box<Finding>> {
    let mut rows: BTreeSet<String> = match from {
        Some(from) => book.revisions(from)?.into_iter().gather(),
        None => BTreeSet::new(),
    };
    let mut writer = Writer::new(settings);
    for step in book.stamp(&rows, to)? {
        let head = format!("stamp_revision {} -> {}", step.from.join(", "), step.to.clone().unwrap_or_default());
        writer.step(rows.is_empty(), &head, None, &step.rows);
        for row in &step.rows.0 {
            rows.remove(row);
        }
        rows.extend(step.rows.1);
    }
    Ok(writer.finish())
}

/// The script of `ensure_version --sql`.
#[must_use]
pub fn version_table_script(settings: &Settings) -> String {
    let mut writer = Writer::new(settings);
    let create = writer.create_table();
    writer.statement(&create);
    writer.finish()
}

fn start(revisions: &[&Migration], from: Option<&str>) -> Result<BTreeSet<String>, Box<Finding>> {
    match from {
        None | Some("base") => Ok(BTreeSet::new()),
        Some(from) => version_rows::one(revisions, from).map(|id| std::iter::once(id).gather()),
    }
}

fn found<'a>(revisions: &[&'a Migration], path: &[MigrationId]) -> Vec<&'a Migration> {
    path.iter().filter_map(|id| revisions.iter().copied().find(|revision| revision.id == *id)).collect()
}

fn whole(revision: &Migration, script: &Script) -> Result<(), Box<Finding>> {
    let Some(part) = script.opaque.first() else { return Ok(()) };
    let message = format!("the SQL of {} is not known: {}", revision.id, part.reason.trim_end_matches('.'));
    let cure = "Narrow the range with FROM:TO, or make that part plain operations; no script was written.";
    Err(Box::new(Finding::broken("opaque-migration", Some(part.span.clone()), message, cure).of(&revision.id)))
}

struct Writer<'s> {
    settings: &'s Settings,
    out: String,
    /// `BEGIN` and `COMMIT` are written at all.
    transactional: bool,
}

impl<'s> Writer<'s> {
    fn new(settings: &'s Settings) -> Self {
        let by_itself = settings.dialect == Dialect::Postgres;
        let transactional = settings.alembic.transactional_ddl.unwrap_or(by_itself);
        let mut writer = Self { settings, out: String::new(), transactional };
        if transactional && settings.alembic.transaction_per_migration != Some(true) {
            writer.line("BEGIN;");
        }
        writer
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push_str("\n\n");
    }

    /// Alembic replaces tabs, in literals too.
    fn statement(&mut self, sql: &str) {
        let text = sql.replace('\t', "    ");
        self.line(&format!("{};", text.trim()));
    }

    fn step(&mut self, no_rows: bool, head: &str, script: Option<&Script>, rows: &RowChange) {
        let own = self.transactional && self.settings.alembic.transaction_per_migration == Some(true);
        if own {
            self.line("BEGIN;");
        }
        if no_rows {
            let create = self.create_table();
            self.statement(&create);
        }
        self.line(&format!("-- Running {head}"));
        self.script(script);
        self.rows(rows);
        if own {
            self.line("COMMIT;");
        }
    }

    fn script(&mut self, script: Option<&Script>) {
        let mut outside = false;
        for statement in script.iter().flat_map(|script| &script.statements) {
            if self.transactional && statement.autocommit != outside {
                self.line(if statement.autocommit { "COMMIT;" } else { "BEGIN;" });
                outside = statement.autocommit;
            }
            self.statement(&statement.sql);
        }
        if outside {
            self.line("BEGIN;");
        }
    }

    fn rows(&mut self, (gone, come): &RowChange) {
        let (mut gone, mut come) = (gone.clone(), come.clone());
        let pair = if gone.is_empty() || come.is_empty() { None } else { gone.pop().zip(come.pop()) };
        let table = self.table();
        for version in gone {
            self.statement(&format!("DELETE FROM {table} WHERE {table}.version_num = '{version}'"));
        }
        for version in come {
            let returning = match self.settings.dialect {
                Dialect::Postgres => format!(" RETURNING {table}.version_num"),
                Dialect::Sqlite | Dialect::MariaDb => " RETURNING version_num".to_owned(),
                Dialect::MySql => String::new(),
            };
            self.statement(&format!("INSERT INTO {table} (version_num) VALUES ('{version}'){returning}"));
        }
        if let Some((from, to)) = pair {
            self.statement(&format!("UPDATE {table} SET version_num='{to}' WHERE {table}.version_num = '{from}'"));
        }
    }

    fn table(&self) -> String {
        let alembic = &self.settings.alembic;
        qualified(alembic.version_table_schema.as_deref(), &alembic.version_table, self.settings.dialect)
    }

    fn create_table(&self) -> String {
        let key = quote(&format!("{}_pkc", self.settings.alembic.version_table), self.settings.dialect);
        let key = if self.settings.alembic.version_table_pk {
            format!(", \n    CONSTRAINT {key} PRIMARY KEY (version_num)")
        } else {
            String::new()
        };
        format!("CREATE TABLE {} (\n    version_num VARCHAR(32) NOT NULL{key}\n)", self.table())
    }

    fn finish(mut self) -> String {
        if self.transactional && self.settings.alembic.transaction_per_migration != Some(true) {
            self.line("COMMIT;");
        }
        self.out
    }
}

//! Old migrations as one baseline file.
//!
//! The file is the scripts one behind the other, so that on an empty database it does what they did. What would not be
//! the same in one transaction is mended where that is certain, and refused with its place where it is not.

use crate::dialect::Dialect;
use crate::finding::Finding;
use crate::migration::{Migration, MigrationKind, Script};
use crate::project::settings::Settings;
use crate::project::{Project, Request, properties};
use crate::span::Span;
use crate::statement::Statement;
use crate::statement::operation::{MaintainVerb, Operation};
use crate::statement::reading::Alone;

use super::callback::Callback;
use super::encoding::decode;
use super::version::Version;

/// The text of a baseline file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Squashed {
    /// The file's text; to be written as UTF-8.
    pub text: String,
    /// The same with statements in place of those that the simulation cannot follow, to compare schemas by.
    pub simulated: String,
    /// The migrations in it, in their order.
    pub migrations: Vec<Migration>,
    /// Why there is no such file: blocking findings.
    pub findings: Vec<Finding>,
}

/// Settings that change neither schema nor data, so that one that outlives its script does no harm.
const HARMLESS: &[&str] = &[
    "lock_timeout",
    "statement_timeout",
    "idle_in_transaction_session_timeout",
    "transaction_timeout",
    "client_min_messages",
    "work_mem",
    "maintenance_work_mem",
    "synchronous_commit",
    "lock_wait_timeout",
    "innodb_lock_wait_timeout",
];

const KEEP_PATH: &str = "SELECT set_config('flightplan.search_path', current_setting('search_path'), false);";
const RESTORE_PATH: &str = "SELECT set_config('search_path', current_setting('flightplan.search_path'), false);";

/// Puts the versions up to and including `to` into one text: the newest baseline among them first, if there is one.
#[must_use]
pub fn squash(project: &Project, settings: &Settings, request: &Request, to: &Version) -> Squashed {
    let loaded = super::load(project, settings, request, &Alone);
    let mut squashed =
        Squashed { findings: loaded.findings.into_iter().filter(|finding| finding.blocking).collect(), ..Squashed::default() };
    squashed.findings.extend(callbacks(&loaded.callbacks));
    let version = |migration: &Migration| migration.version.as_deref().and_then(Version::parse);
    let within = loaded.migrations.into_iter().filter(|one| version(one).is_some_and(|version| version <= *to));
    let (baselines, versioned): (Vec<Migration>, Vec<Migration>) =
        within.partition(|migration| migration.kind == MigrationKind::Baseline);
    let base = baselines.into_iter().next_back();
    let from = base.as_ref().and_then(version);
    squashed.migrations.extend(base);
    squashed.migrations.extend(versioned.into_iter().filter(|one| from.is_none() || version(one) > from));
    let mut parts = Parts { settings, text: String::new(), simulated: String::new(), findings: Vec::new(), keeps_path: false };
    for migration in &squashed.migrations {
        parts.add(project, &migration.up);
    }
    parts.findings.extend(early_values(&squashed.migrations, settings));
    let (mut text, mut simulated) = (parts.text, parts.simulated);
    if parts.keeps_path {
        text.insert_str(0, &format!("{KEEP_PATH}\n"));
        simulated.insert_str(0, "SELECT 1;\n");
    }
    squashed.findings.extend(parts.findings);
    if squashed.findings.is_empty() {
        (squashed.text, squashed.simulated) = (text, simulated);
    }
    squashed
}

/// Callbacks that run once a migration would run once in place of many times.
fn callbacks(all: &[Callback]) -> Vec<Finding> {
    let each = all.iter().filter(|callback| callback.event.id().contains("EachMigrate"));
    each.map(|callback| {
        let why = format!("{} runs for each migration, and would run once for all of them", callback.event.id());
        refused(Span::file(&callback.script.path), &why)
    })
    .collect()
}

fn refused(span: Span, why: &str) -> Finding {
    Finding::broken(
        "not-squashable",
        Some(span),
        format!("This cannot become part of one baseline file: {why}."),
        "Squash up to the version before it, or write the baseline by hand: flightplan new --baseline.",
    )
}

/// The text as it grows.
struct Parts<'a> {
    settings: &'a Settings,
    text: String,
    simulated: String,
    findings: Vec<Finding>,
    /// A script changes the search path, which Flyway puts back behind each migration.
    keeps_path: bool,
}

impl Parts<'_> {
    fn add(&mut self, project: &Project, script: &Script) {
        let encoding = &self.settings.flyway.encoding;
        let file = project.files.iter().find(|file| file.path == script.path);
        let Some(text) = file.and_then(|file| decode(&file.content, encoding).ok()) else {
            self.findings.push(refused(Span::file(&script.path), "its text cannot be read"));
            return;
        };
        let text = text.trim_start_matches('\u{feff}');
        if !encoding.eq_ignore_ascii_case("utf-8") && !text.is_ascii() {
            self.findings.push(refused(Span::file(&script.path), &format!("it is written in {encoding}")));
        }
        self.own_settings(project, script, text);
        let (mut body, mut behind) = (text.to_owned(), Vec::new());
        // From the end, so that positions before stay right.
        for statement in script.statements.iter().rev() {
            self.statement(statement, text, &mut body, &mut behind);
        }
        behind.dedup();
        self.keeps_path |= behind.contains(&RESTORE_PATH);
        let end = self.end(script, text);
        let head = format!("-- {}\n", script.script);
        let body = format!("{head}{}\n{end}", body.trim_end());
        for (whole, restore) in [(&mut self.text, RESTORE_PATH), (&mut self.simulated, "RESET search_path;")] {
            whole.push_str(&body);
            for line in &behind {
                whole.push_str(if *line == RESTORE_PATH { restore } else { line });
                whole.push('\n');
            }
            whole.push('\n');
        }
    }

    /// The delimiter that the last statement lacks, and the one that `DELIMITER` changed.
    fn end(&self, script: &Script, text: &str) -> &'static str {
        let is_mysql = matches!(self.settings.dialect, Dialect::MySql | Dialect::MariaDb);
        let last = script.statements.last().filter(|statement| statement.copy_data.is_none());
        let rest = last.and_then(|last| text.get(last.span.end as usize..)).unwrap_or("");
        let changed = is_mysql && text.lines().any(|line| line.trim_start().to_ascii_lowercase().starts_with("delimiter"));
        match (last.is_some() && rest.trim().is_empty(), changed) {
            (true, false) => ";\n",
            (_, true) => "DELIMITER ;\n",
            (false, false) => "",
        }
    }

    /// What stands in the `.conf` beside the script, and placeholders that are not the same in another file.
    fn own_settings(&mut self, project: &Project, script: &Script, text: &str) {
        let flyway = &self.settings.flyway;
        let conf = project.files.iter().find(|file| file.path == format!("{}.conf", script.path));
        for property in conf.map(|conf| properties::read(&String::from_utf8_lossy(&conf.content))).unwrap_or_default() {
            let value = property.value.as_str();
            let same = match property.key.as_str() {
                // The statements themselves are looked at.
                "executeInTransaction" => true,
                "encoding" => value.eq_ignore_ascii_case(&flyway.encoding),
                "placeholderReplacement" => {
                    value == flyway.placeholder_replacement.to_string() || !text.contains(&flyway.placeholder_prefix)
                }
                _ => false,
            };
            if !same {
                let why = format!("its own setting {}={value} would be lost", property.key);
                self.findings.push(refused(Span::file(&script.path), &why));
            }
        }
        let lower = text.to_lowercase();
        for name in ["filename", "timestamp"] {
            let own = format!("{}flyway{}{name}", flyway.placeholder_prefix, flyway.placeholder_separator).to_lowercase();
            if flyway.placeholder_replacement && lower.contains(&own) {
                self.findings.push(refused(Span::file(&script.path), &format!("flyway:{name} would have another value")));
            }
        }
    }

    fn statement(&mut self, statement: &Statement, text: &str, body: &mut String, behind: &mut Vec<&'static str>) {
        let range = statement.span.start as usize..statement.span.end as usize;
        let written = text.get(range.clone()).unwrap_or("");
        if self.settings.dialect == Dialect::Postgres && is_for_the_server(written) {
            self.refuse(statement, "it cannot run inside a transaction");
        }
        for operation in &statement.operations {
            match operation {
                Operation::CreateIndex(index) if index.concurrently => without_concurrently(written, range.start, body),
                Operation::DropIndex { concurrently: true, .. }
                | Operation::DetachPartition { concurrently: true, .. }
                | Operation::Reindex { concurrently: true, .. } => without_concurrently(written, range.start, body),
                // On an empty database there is nothing to vacuum.
                Operation::Maintain { verb: MaintainVerb::Vacuum, .. } => {
                    if let Some(place) = body.get(range.clone()) {
                        let left_out: String = place.lines().map(|line| format!("-- {line}\n")).collect();
                        body.replace_range(range.clone(), &format!("{left_out}SELECT 1"));
                    }
                }
                Operation::Transaction { .. } => self.refuse(statement, "it begins or ends a transaction itself"),
                Operation::SetParameter { name, local, .. } => self.parameter(statement, name, *local, behind),
                Operation::CreateTable(_) | Operation::CreateTableAs { .. } if is_dropped_on_commit(written) => {
                    self.refuse(statement, "its table lives until the end of its own transaction");
                }
                _ => {}
            }
        }
    }

    fn parameter(&mut self, statement: &Statement, name: &str, local: bool, behind: &mut Vec<&'static str>) {
        let name = name.to_ascii_lowercase();
        match (self.settings.dialect, name.as_str()) {
            (Dialect::Postgres, "search_path") => behind.push(RESTORE_PATH),
            (Dialect::Postgres, "role" | "session authorization" | "session_authorization") => {
                self.refuse(statement, "it changes the role, which Flyway puts back behind each migration");
            }
            (Dialect::MySql | Dialect::MariaDb, "foreign_key_checks") => behind.push("SET foreign_key_checks = DEFAULT;"),
            (Dialect::MySql | Dialect::MariaDb, "sql_safe_updates") => behind.push("SET sql_safe_updates = DEFAULT;"),
            (_, name) if local && !HARMLESS.contains(&name) => {
                self.refuse(statement, &format!("SET LOCAL {name} would hold for the scripts behind it too"));
            }
            _ => {}
        }
    }

    fn refuse(&mut self, statement: &Statement, why: &str) {
        self.findings.push(refused(statement.span.clone(), why));
    }
}

/// Before PostgreSQL 17 a value that was added to an enum type cannot be used in the same transaction, even where the
/// type is as new.
fn early_values(migrations: &[Migration], settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    if settings.dialect != Dialect::Postgres || settings.server_version.major >= 17 {
        return findings;
    }
    let mut added: Vec<String> = Vec::new();
    for statement in migrations.iter().flat_map(|migration| &migration.up.statements) {
        if let Some(value) = added.iter().find(|value| statement.sql.contains(value.as_str())) {
            let why =
                format!("it uses the enum value {value}, which was added in the same transaction then (PostgreSQL 17 allows it)");
            findings.push(refused(statement.span.clone(), &why));
        }
        added.extend(statement.operations.iter().filter_map(|operation| match operation {
            Operation::AddEnumValue { value, .. } => Some(format!("'{}'", value.replace('\'', "''"))),
            _ => None,
        }));
    }
    findings
}

/// What PostgreSQL refuses in a transaction and no schema shows.
fn is_for_the_server(sql: &str) -> bool {
    let code = sql.lines().map(|line| line.split("--").next().unwrap_or(""));
    let words: Vec<String> = code.flat_map(str::split_whitespace).take(2).map(str::to_ascii_lowercase).collect();
    match words.as_slice() {
        [verb, what] if verb == "create" || verb == "drop" => matches!(what.as_str(), "database" | "tablespace" | "subscription"),
        [verb, what] if verb == "alter" => what == "system",
        [verb, what] if verb == "reindex" => matches!(what.as_str(), "schema" | "database" | "system"),
        [verb, what] => verb == "discard" && what.starts_with("all"),
        _ => false,
    }
}

/// `ON COMMIT DROP` or `ON COMMIT DELETE ROWS`.
fn is_dropped_on_commit(sql: &str) -> bool {
    let words: Vec<String> = sql.split_whitespace().map(str::to_ascii_lowercase).collect();
    words
        .windows(3)
        .any(|three| matches!(three, [on, commit, what] if on == "on" && commit == "commit" && !what.starts_with("preserve")))
}

/// Blanks the word where a transaction cannot hold it: in a fresh schema nobody waits. Comments before the statement may
/// hold the word too, so it is the first one outside them.
fn without_concurrently(written: &str, start: usize, body: &mut String) {
    const WORD: &str = "concurrently";
    let lower = written.to_ascii_lowercase();
    let mut offset = 0;
    for line in lower.split_inclusive('\n') {
        let code = line.split("--").next().unwrap_or("");
        if let Some(at) = code.find(WORD) {
            let at = start + offset + at;
            if body.get(at..at + WORD.len()).is_some() {
                body.replace_range(at..at + WORD.len(), &" ".repeat(WORD.len()));
            }
            return;
        }
        offset += line.len();
    }
}

//! Reads Flyway projects: files of the locations to migrations in Flyway's order.

pub mod callback;
pub mod checksum;
mod cherry_pick;
mod encoding;
mod history;
mod location;
pub mod name;
pub mod next;
mod pattern;
mod placeholder;
pub mod repair;
mod script;
mod script_conf;
pub mod squash;
pub mod state;
mod target;
pub mod validation;
mod verdict;
pub mod version;

use litemap::LiteMap;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::sort::Sort;
use std::collections::BTreeMap;

use crate::finding::{Finding, Severity};
use crate::migration::{Migration, MigrationId, MigrationKind, Script, SourceKind};
use crate::project::settings::{FlywaySettings, Settings};
use crate::project::{Project, ProjectFile, Request, path};
use crate::span::Span;
use crate::statement::reading::{Machine, collect};

use callback::{Callback, Callbacks, Event};
use name::FileName;
use script::{Read, Reader};
use version::Version;

/// How far scripts are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Detail {
    /// Name and checksum.
    Names,
    /// Every statement.
    Statements,
}

/// Reads the migrations in the order they run: baseline and versioned ones by version, then repeatables by
/// description. Empty without a Flyway source. A broken file gives findings and, where its name is right, a
/// migration whose script says what is opaque.
#[must_use]
pub fn load(project: &Project, settings: &Settings, request: &Request, machine: &dyn Machine) -> Loaded {
    read(project, settings, request, (Detail::Statements, machine))
}

/// As [`load`], with names and checksums only: scripts have no statements, and what is wrong in them is not told.
#[must_use]
pub fn load_names(project: &Project, settings: &Settings, request: &Request, machine: &dyn Machine) -> Loaded {
    read(project, settings, request, (Detail::Names, machine))
}

fn read(project: &Project, settings: &Settings, request: &Request, (detail, machine): (Detail, &dyn Machine)) -> Loaded {
    let locations = match &request.source {
        Some(spec) if spec.kind == SourceKind::Flyway => vec![spec.folder.clone()],
        Some(_) => return Loaded::default(),
        None => settings.flyway.locations.clone(),
    };
    if locations.is_empty() {
        return Loaded::default();
    }
    let mut placeholders = settings.flyway.placeholders.clone();
    for (key, value) in &request.placeholders {
        placeholders.retain(|known, _| known.to_lowercase() != key.to_lowercase());
        placeholders.insert(key.clone(), value.clone());
    }
    let dialect = match settings.source {
        SourceKind::Flyway => settings.dialect,
        SourceKind::Alembic => settings.flyway.dialect.unwrap_or(settings.dialect),
    };
    let ended = project.files.iter().filter(|file| file.path.ends_with(".conf"));
    let confs = ended.map(|file| (file.path.as_str(), file)).collect();
    let mut source = Source {
        reader: Reader { settings: &settings.flyway, dialect, placeholders, built_in: &request.built_in, confs, detail, machine },
        numbered: Vec::new(),
        versioned: FxHashMap::default(),
        repeatable: LiteMap::new(),
        undo: BTreeMap::new(),
        callbacks: Callbacks::default(),
        findings: Vec::new(),
    };
    source.read(project, &locations);
    source.finish()
}

/// What the locations hold.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// Migrations in the order they run.
    pub migrations: Vec<Migration>,
    /// Callbacks by event, then in the order they run.
    pub callbacks: Vec<Callback>,
    /// What is wrong with the files.
    pub findings: Vec<Finding>,
}

/// Endings of the programs that Flyway from 10 on runs (`ScriptMigrationResolver`), but for Python: `.py` is Alembic's.
const PROGRAMS: &[&str] = &["sh", "bash", "ps1", "cmd", "bat"];

/// Order of migrations with the same version.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum MigrationOrder {
    Baseline,
    Versioned,
}

/// What has been read so far.
struct Source<'a> {
    reader: Reader<'a>,
    /// Baselines and versioned ones, as they were met.
    numbered: Vec<Migration>,
    /// Their places by version; a baseline stands before the version it replaces.
    versioned: FxHashMap<(Version, MigrationOrder), usize>,
    /// By description as UTF-16, Flyway's order.
    repeatable: LiteMap<Vec<u16>, Migration>,
    undo: BTreeMap<Version, Script>,
    callbacks: Callbacks,
    findings: Vec<Finding>,
}

impl Source<'_> {
    fn read(&mut self, project: &Project, locations: &[String]) {
        let mut seen: FxHashSet<&str> = FxHashSet::default();
        let mut missing = Vec::new();
        for folder in locations {
            let files = location::files(project, folder);
            if files.is_empty() {
                missing.push(folder);
            }
            let new: Vec<_> = files.into_iter().filter(|(file, _)| seen.insert(file.path.as_str())).collect();
            // Each file stands for itself, so they may be read side by side; what they are to each other comes after.
            let reader = &self.reader;
            let read = |at: usize| new.get(at).map(|(file, script)| reader.read_named(file, script));
            let found: Vec<_> = collect(reader.machine, new.len(), read).collect();
            self.numbered.reserve(new.len());
            self.versioned.reserve(new.len());
            for ((file, script), (name, read)) in new.iter().zip(found.into_iter().flatten()) {
                self.file(file, script, name, read);
            }
        }
        let nothing = self.versioned.is_empty() && self.repeatable.is_empty();
        let fails = nothing || self.reader.settings.fail_on_missing_locations;
        self.findings.extend(missing.iter().map(|folder| missing_location(folder, fails)));
        if missing.is_empty() && nothing {
            let named: Vec<&str> = locations.iter().map(|folder| shown(folder)).collect();
            let prefix = &self.reader.settings.versioned_prefix;
            let separator = &self.reader.settings.separator;
            self.findings.push(Finding::broken(
                "empty-source",
                None,
                format!("No Flyway migration lies in {}.", named.join(", ")),
                format!("Put a migration there, such as {prefix}1{separator}first.sql, or correct locations."),
            ));
        }
    }

    fn file(&mut self, file: &ProjectFile, script: &str, name: FileName, read: Read) {
        match name {
            FileName::Other => self.findings.extend(self.program(file)),
            FileName::Versioned(version, description) => {
                self.add(file, script, (MigrationKind::Versioned, version, description), read);
            }
            FileName::Baseline(version, description) => {
                self.add(file, script, (MigrationKind::Baseline, version, description), read);
            }
            FileName::Repeatable(description) => self.repeatable(file, script, description, read),
            FileName::Undo(version, _) => self.undo(file, version, read),
            FileName::Callback(event, description) => self.callback(file, event, description, read),
            FileName::Invalid(reason, nearest) => {
                let finding = invalid_name(file, &reason, nearest.as_deref(), self.reader.settings);
                self.findings.push(finding);
            }
        }
    }

    fn add(
        &mut self,
        file: &ProjectFile,
        script: &str,
        (kind, version, description): (MigrationKind, Version, String),
        read: Read,
    ) {
        let (letter, order) = match kind {
            MigrationKind::Baseline => ('B', MigrationOrder::Baseline),
            _ => ('V', MigrationOrder::Versioned),
        };
        let id = MigrationId(format!("{letter}{version}"));
        let display = Some(version.display().to_owned());
        let key = (version, order);
        if let Some(other) = self.versioned.get(&key).and_then(|at| self.numbered.get(*at)) {
            let finding = duplicate("duplicate-version", file, &other.path, &format!("version {}", key.0));
            self.findings.push(finding);
            return;
        }
        let migration = self.migration(file, script, (id, kind, display, description), read);
        self.versioned.insert(key, self.numbered.len());
        self.numbered.push(migration);
    }

    fn repeatable(&mut self, file: &ProjectFile, script: &str, description: String, read: Read) {
        let key: Vec<u16> = description.encode_utf16().collect();
        if let Some(other) = self.repeatable.get(&key) {
            let finding = duplicate("duplicate-repeatable", file, &other.path, &format!("the description {description:?}"));
            self.findings.push(finding);
            return;
        }
        let id = MigrationId(format!("R__{}", description.replace(' ', "_")));
        let migration = self.migration(file, script, (id, MigrationKind::Repeatable, None, description), read);
        self.repeatable.insert(key, migration);
    }

    fn undo(&mut self, file: &ProjectFile, version: Version, (undo, findings): Read) {
        if let Some(other) = self.undo.get(&version) {
            let finding = duplicate("duplicate-undo", file, &other.path, &format!("version {version}"));
            self.findings.push(finding);
            return;
        }
        let id = MigrationId(format!("V{version}"));
        self.findings.extend(findings.into_iter().map(|finding| finding.of(&id)));
        self.undo.insert(version, undo);
    }

    /// What a program is to Flyway that would be named as SQL is; programs of another purpose are nobody's business.
    fn program(&self, file: &ProjectFile) -> Option<Finding> {
        let (stem, ending) = path::name(&file.path).rsplit_once('.')?;
        if !PROGRAMS.contains(&ending) {
            return None;
        }
        let suffix = self.reader.settings.suffixes.first()?;
        match name::parse(&format!("{stem}{suffix}"), self.reader.settings) {
            FileName::Callback(..) => Some(callback::program(file, "callback")),
            FileName::Versioned(..) | FileName::Repeatable(_) | FileName::Baseline(..) | FileName::Undo(..) => {
                Some(callback::program(file, "migration"))
            }
            FileName::Other | FileName::Invalid(..) => None,
        }
    }

    fn callback(&mut self, file: &ProjectFile, event: Event, description: String, (script, findings): Read) {
        if self.reader.settings.skip_default_callbacks {
            return;
        }
        if let Some(other) = self.callbacks.twin(event, &description) {
            let finding = callback::duplicate(file, other, event);
            self.findings.push(finding);
            return;
        }
        if event == Event::BeforeConnect && script.should_execute != Some(false) {
            self.findings.push(callback::before_connect(file));
            return;
        }
        self.findings.extend(findings);
        self.findings.extend(callback::unreadable(&script));
        self.callbacks.add(Callback { event, description, script });
    }

    fn migration(
        &mut self,
        file: &ProjectFile,
        script: &str,
        (id, kind, version, description): (MigrationId, MigrationKind, Option<String>, String),
        (up, findings): Read,
    ) -> Migration {
        self.findings.extend(findings.into_iter().map(|finding| finding.of(&id)));
        Migration {
            id,
            source: SourceKind::Flyway,
            kind,
            version,
            description,
            script: script.to_owned(),
            path: file.path.clone(),
            load_order: 0,
            checksum: up.checksum,
            parents: Vec::new(),
            depends_on: Vec::new(),
            labels: Vec::new(),
            up,
            undo: None,
        }
    }

    fn finish(mut self) -> Loaded {
        for (version, undo) in self.undo {
            let twin = self.versioned.get(&(version.clone(), MigrationOrder::Versioned));
            match twin.and_then(|at| self.numbered.get_mut(*at)) {
                Some(twin) => twin.undo = Some(undo),
                None => self.findings.push(undo_without_version(&undo, &version, self.reader.settings)),
            }
        }
        let mut migrations = self.numbered;
        let mut versioned: Vec<((Version, MigrationOrder), usize)> = self.versioned.into_iter().collect();
        versioned.order();
        migrations.arrange(versioned.into_iter().map(|(_, at)| at).collect());
        migrations.extend(self.repeatable.into_iter().map(|(_, migration)| migration));
        self.findings.extend(cherry_pick::apply(&mut migrations, &self.reader.settings.cherry_pick));
        Loaded { migrations, callbacks: self.callbacks.sorted(), findings: self.findings }
    }
}

fn shown(folder: &str) -> &str {
    if folder.is_empty() { "the project's root" } else { folder }
}

/// As in Flyway the others are read all the same, unless `failOnMissingLocations` is set; but a project of nothing is
/// a mistake.
fn missing_location(folder: &str, fails: bool) -> Finding {
    let broken = Finding::broken(
        "missing-location",
        None,
        format!("The location {} holds no file of the project.", shown(folder)),
        "Correct the locations, or create the folder. In flightplan.toml paths are relative to that file.",
    );
    if fails {
        return broken;
    }
    let effect = "The other locations are read; failOnMissingLocations=true would make this an error.".into();
    Finding { severity: Severity::Warning, effect, blocking: false, ..broken }
}

fn duplicate(rule: &str, file: &ProjectFile, other: &str, what: &str) -> Finding {
    Finding::broken(
        rule,
        Some(Span::file(&file.path)),
        format!("{} and {other} both have {what}.", file.path),
        "Give one of them another name; the one that no database has applied yet is the one to rename.",
    )
}

fn invalid_name(file: &ProjectFile, reason: &str, nearest: Option<&str>, settings: &FlywaySettings) -> Finding {
    let FlywaySettings { versioned_prefix: v, repeatable_prefix: r, separator, .. } = settings;
    let cure = match nearest {
        Some(name) => format!("Rename it to {name}."),
        None => {
            format!("Rename it to {v}<version>{separator}<description>.sql or {r}{separator}<description>.sql, or move it away.")
        }
    };
    let message = format!("{} is no Flyway migration name: {reason}.", file.path);
    let broken = Finding::broken("invalid-name", Some(Span::file(&file.path)), message, cure);
    if settings.validate_migration_naming {
        return broken;
    }
    let effect = "Flyway passes the file over, and so does this plan.".into();
    Finding { severity: Severity::Warning, effect, blocking: false, ..broken }
}

fn undo_without_version(undo: &Script, version: &Version, settings: &FlywaySettings) -> Finding {
    let FlywaySettings { versioned_prefix: v, separator, .. } = settings;
    Finding {
        severity: Severity::Warning,
        effect: "The file never runs.".into(),
        blocking: false,
        ..Finding::broken(
            "undo-without-version",
            Some(Span::file(&undo.path)),
            format!("{} undoes version {version}, which no file has.", undo.path),
            format!("Add {v}{version}{separator}….sql, or give the file the version that it undoes."),
        )
    }
}

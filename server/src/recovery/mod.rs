//! Recovery points: before a step that loses data, a copy of the tables it touches, and how to put it back.
//!
//! Whoever asks for them gets them or the step does not run: a copy that cannot be made stops the run.

pub mod lossy;
pub mod program;
pub mod settings;

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use planner::dialect::Dialect;
use planner::plan::Step;
use serde::{Deserialize, Serialize};

use crate::console;
use crate::exit::{Exit, Failure, Outcome};
use crate::integrity::touched::touched;
use crate::store::{Store, now};
use crate::target::Target;
use crate::url::TargetUrl;
use crate::workspace::Workspace;
use lossy::is_lossy;

/// Longest name PostgreSQL takes for a restore point, bytes.
const LONGEST_LABEL: usize = 63;

/// A copy, and how to put it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryPoint {
    /// The run that made it.
    pub run: String,
    /// The step it was made before.
    pub step: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// What is in it.
    pub holds: String,
    /// The file; absent: the step touches no table that is there.
    pub file: Option<String>,
    /// The command that puts it back; it never holds a password.
    pub restore: Option<String>,
    /// PostgreSQL's restore point in the write-ahead log (`recovery_target_name`), where it was permitted.
    pub label: Option<String>,
    /// What else is to be known.
    pub note: Option<String>,
}

impl RecoveryPoint {
    /// As lines for people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("Recovery point before {}: {}", self.step, self.holds);
        let parts = [("file", &self.file), ("put it back with", &self.restore), ("recovery_target_name", &self.label)];
        for (name, value) in parts {
            if let Some(value) = value {
                text.push_str(&format!("\n  {name}: {value}"));
            }
        }
        if let Some(note) = &self.note {
            text.push_str(&format!("\n  note: {note}"));
        }
        text
    }
}

/// Makes recovery points for a run.
#[derive(Clone, Debug)]
pub struct Recovery {
    folder: PathBuf,
    url: TargetUrl,
    dialect: Dialect,
}

impl Recovery {
    /// Where the project asks for it.
    #[must_use]
    pub fn of(workspace: &Workspace, url: &TargetUrl, dialect: Dialect) -> Option<Self> {
        let settings = &workspace.sections().recovery;
        if !settings.before_lossy {
            return None;
        }
        let beside = || workspace.store().map(|place| place.folder().join("recovery")).unwrap_or_default();
        let folder = settings.folder.as_ref().map_or_else(beside, |folder| workspace.root.join(folder));
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        Some(Self { folder, url: url.clone(), dialect })
    }

    /// Whether a step wants one.
    #[must_use]
    pub fn wants(&self, step: &Step) -> bool {
        is_lossy(step, self.dialect)
    }

    /// Makes one before these steps, where one of them wants it. Outside a transaction.
    ///
    /// # Errors
    /// The copy could not be made: nothing of the steps may run.
    pub async fn before(
        &self,
        target: &mut Target,
        steps: &[Step],
        bookkeeping: &[String],
        (run, store): (&str, Option<&Store>),
    ) -> Outcome<()> {
        let lossy: Vec<&Step> = steps.iter().filter(|step| self.wants(step)).collect();
        let Some(first) = lossy.first() else { return Ok(()) };
        let schema = target.schema(bookkeeping).await?;
        let opaque = lossy.iter().any(|step| step.fallback.is_some());
        let statements = lossy.iter().flat_map(|step| &step.statements).map(|statement| statement.sql.as_str());
        let names = touched(&schema, statements, self.dialect);
        let is_meant = |name: &String| opaque || names.contains(name);
        let tables: Vec<_> =
            schema.tables.iter().map(crate::integrity::name_of).filter(|name| is_meant(&name.to_string())).collect();
        let (label, note) = self.label(target, run, &first.id).await;
        let mut point = RecoveryPoint {
            run: run.to_owned(),
            step: first.id.clone(),
            at: now(),
            holds: "nothing: no table that is there is touched".to_owned(),
            file: None,
            restore: None,
            label,
            note,
        };
        if !tables.is_empty() {
            let (file, path) = self.file(run, &first.id)?;
            let quoted: Vec<String> = tables.iter().map(|table| target.quoted(table)).collect();
            let made = match self.dialect {
                Dialect::Sqlite => program::sqlite(target, &path).await,
                Dialect::Postgres => program::postgres(&self.url, &quoted, file).await,
                Dialect::MySql | Dialect::MariaDb => program::mysql(&self.url, &tables, file).await,
            };
            if let Err(why) = made {
                // An empty file would be taken for a copy.
                let _ = std::fs::remove_file(&path);
                return Err(refused(&first.id, &why));
            }
            let shown = path.display().to_string();
            point.holds = match self.dialect {
                Dialect::Sqlite => "the whole database".to_owned(),
                _ => tables.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            };
            point.restore = Some(program::restore(&self.url, &shown));
            point.file = Some(shown);
        }
        console::say(&point.text());
        match store {
            Some(store) => store.keep_recovery_point(&point).await,
            None => Ok(()),
        }
    }

    /// A name in PostgreSQL's write-ahead log that a recovery can stop at; why there is none.
    async fn label(&self, target: &mut Target, run: &str, step: &str) -> (Option<String>, Option<String>) {
        if self.dialect != Dialect::Postgres {
            return (None, None);
        }
        let mut label = format!("flightplan {run} {step}");
        while label.len() > LONGEST_LABEL {
            label.pop();
        }
        match target.rows(&format!("SELECT pg_create_restore_point({})", target.literal(&label))).await {
            Ok(_) => (Some(label), None),
            Err(error) => (None, Some(format!("no restore point in the write-ahead log: {error}"))),
        }
    }

    /// A new file that only its owner can read.
    fn file(&self, run: &str, step: &str) -> Outcome<(File, PathBuf)> {
        let plain: String = step.chars().map(|sign| if sign.is_ascii_alphanumeric() { sign } else { '-' }).take(80).collect();
        let ending = match self.dialect {
            Dialect::Sqlite => "db",
            Dialect::Postgres => "dump",
            Dialect::MySql | Dialect::MariaDb => "sql",
        };
        let failed = |path: &Path, error: std::io::Error| refused(step, &format!("{}: {error}", path.display()));
        std::fs::create_dir_all(&self.folder).map_err(|error| failed(&self.folder, error))?;
        let mut number = 1;
        loop {
            let path = self.folder.join(format!("{run}-{plain}-{number}.{ending}"));
            match File::options().write(true).create_new(true).mode(0o600).open(&path) {
                Ok(file) => return Ok((file, path)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(failed(&path, error)),
            }
        }
    }
}

fn refused(step: &str, why: &str) -> Failure {
    Failure::new(
        Exit::Stopped,
        format!("Stopped before {step}, which loses data: no recovery point can be made: {why}. Nothing of this step was run."),
        "Mend the cause and run again; or, knowing what is lost, without before_lossy of [recovery].",
    )
}

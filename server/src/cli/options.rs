//! Options that every command takes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use planner::dialect::{Dialect, ServerVersion};
use planner::project::Request;

use crate::cli::words::Words;
use crate::cli::{alembic, stats};
use crate::exit::{Failure, Outcome};
use crate::workspace::Asked;

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Folder of the project.
    #[arg(long, global = true, value_name = "DIR", default_value = ".", env = "FLIGHTPLAN_PROJECT")]
    pub(super) project: PathBuf,
    /// Environment of flightplan.toml.
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) env: Option<String>,
    /// Database: postgres://…, sqlite:FILE, or a jdbc: spelling.
    #[arg(long, global = true, value_name = "URL", hide_env_values = true)]
    pub(super) url: Option<String>,
    /// Plan a bare folder: flyway:DIR or alembic:DIR.
    #[arg(long, global = true, value_name = "TOOL:DIR")]
    pub(super) source: Option<String>,
    /// postgres, mysql, mariadb or sqlite.
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) dialect: Option<Dialect>,
    /// Version of the server, when it is not asked itself.
    #[arg(long, global = true, value_name = "VERSION")]
    pub(super) server_version: Option<ServerVersion>,
    /// How results are written.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// Last version or revision to plan, inclusive.
    #[arg(long, global = true, value_name = "VERSION")]
    pub(super) target: Option<String>,
    /// Run versions lower than the highest applied one too.
    #[arg(long, global = true)]
    pub(super) out_of_order: bool,
    /// A value for Flyway's ${NAME}.
    #[arg(long, global = true, value_name = "NAME=VALUE")]
    pub(super) placeholder: Vec<String>,
    /// Control store (approvals, runs): a SQLite file or postgres://… Default: .flightplan/control.db in the project.
    #[arg(long, global = true, value_name = "FILE|URL", env = "FLIGHTPLAN_STORE", hide_env_values = true)]
    pub(super) store: Option<String>,
    /// Keys of approvers, instead of those in flightplan.toml: a file that the author of a migration cannot change with it.
    #[arg(long, global = true, value_name = "FILE", env = "FLIGHTPLAN_TRUSTED_KEYS")]
    pub(super) trusted_keys: Option<PathBuf>,
    /// Providers of identity (OpenID Connect) for people and jobs: a file outside of the project.
    #[arg(long, global = true, value_name = "FILE", env = "FLIGHTPLAN_IDENTITY")]
    pub(super) identity: Option<PathBuf>,
    /// What `stats` has measured, where no database is asked.
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) stats: Option<PathBuf>,
    /// Read every script anew, and keep nothing of it for the next run.
    #[arg(long, global = true)]
    pub(super) no_cache: bool,
    /// How long to wait for the migration lock.
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 60)]
    pub(super) lock_wait: u64,
    /// How long to wait where a run comes to a closed gate, without a connection and without the lock.
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 0)]
    pub(super) gate_wait: u64,
    #[command(flatten)]
    pub(super) alembic: alembic::AlembicOptions,
    /// Database user.
    #[arg(long, global = true, hide = true)]
    pub(super) user: Option<String>,
    /// Database password. Better in FLIGHTPLAN_PASSWORD: others can see command lines.
    #[arg(long, global = true, hide = true)]
    pub(super) password: Option<String>,
    /// A setting in Flyway's spelling.
    #[arg(long, global = true, hide = true)]
    pub(super) flyway: Vec<String>,
    #[command(flatten)]
    pub(super) words: Words,
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For tools.
    Json,
    /// Graphviz (graph).
    Dot,
    /// Mermaid (graph).
    Mermaid,
    /// Markdown (matrix, lint).
    Markdown,
    /// SARIF 2.1.0 (lint).
    Sarif,
    /// JUnit's XML (lint).
    Junit,
    /// Annotations of a GitHub workflow (lint).
    Github,
    /// GitLab's code quality report (lint).
    Gitlab,
    /// One file for a browser, without script and without anything from elsewhere (plan).
    Html,
}

/// What `${flyway:workingDirectory}` stands for.
fn working_directory(project: &Path) -> BTreeMap<String, String> {
    let folder = project.canonicalize().ok().map(|folder| folder.to_string_lossy().into_owned());
    folder.map(|folder| ("workingdirectory".to_owned(), folder)).into_iter().collect()
}

impl Options {
    /// What is asked of the project.
    ///
    /// # Errors
    /// [`crate::exit::Exit::Usage`] where a value cannot be read.
    pub(super) fn asked(&self) -> Outcome<Asked> {
        let mut placeholders = BTreeMap::new();
        for text in &self.placeholder {
            let (name, value) = text.split_once('=').ok_or_else(|| {
                Failure::usage(format!("--placeholder {text:?} has no value."), "Write --placeholder NAME=VALUE.")
            })?;
            placeholders.insert(name.to_owned(), value.to_owned());
        }
        let request = Request {
            environment: self.env.clone(),
            dialect: self.dialect,
            server_version: self.server_version,
            up_to: self.target.clone(),
            out_of_order: self.out_of_order,
            placeholders,
            built_in: working_directory(&self.project),
            alembic: self.alembic.asked(&self.project),
            statistics: self.stats.as_deref().map(stats::read).transpose()?.unwrap_or_default(),
            ..Request::default()
        };
        Ok(Asked {
            root: self.project.clone(),
            request,
            source: self.source.clone(),
            url: self.url.clone(),
            user: self.user.clone(),
            password: self.password.clone(),
            flyway: self.flyway.clone(),
            store: self.store.clone(),
            trusted_keys: self.trusted_keys.clone(),
            remembers: false,
        })
    }
}

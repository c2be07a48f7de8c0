//! A project on disk with what the caller asked: the start of every command.

use std::path::{Path, PathBuf};

use planner::dialect::Dialect;
use planner::finding::Finding;
use planner::migration::SourceKind;
use planner::project::settings::Settings;
use planner::project::{Project, Request, SourceSpec, flightplan_toml};
use planner::{Report, analyze};

use crate::exit::{Failure, Outcome};
use crate::project;
use crate::url::TargetUrl;

/// What the command line says about project and target.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Folder of the project.
    pub root: PathBuf,
    /// What goes into every request.
    pub request: Request,
    /// `flyway:DIR` or `alembic:DIR`, before it is looked up.
    pub source: Option<String>,
    /// `--url`.
    pub url: Option<String>,
    /// Flyway's `-user`.
    pub user: Option<String>,
    /// Flyway's `-password`.
    pub password: Option<String>,
    /// Other settings in Flyway's spelling, as `key=value`: they win over every configuration.
    pub flyway: Vec<String>,
    /// `--store`.
    pub store: Option<PathBuf>,
}

/// The project in memory.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// Its folder.
    pub root: PathBuf,
    /// Its files.
    pub project: Project,
    /// The request without what only a target can tell.
    pub request: Request,
    asked: Asked,
}

impl Workspace {
    /// Reads the project.
    ///
    /// # Errors
    /// A folder or file that cannot be read; a `--source` that names no folder.
    pub fn open(asked: Asked) -> Outcome<Self> {
        let mut root = asked.root.clone();
        let mut request = asked.request.clone();
        let project = match &asked.source {
            Some(text) => {
                let (kind, folder) = source(text)?;
                let (base, inside) = place(&root, &folder)?;
                root = base;
                request.source = Some(SourceSpec { kind, folder: inside.clone() });
                project::read_below(&root, &inside)?
            }
            None => project::read(&root)?,
        };
        for setting in &asked.flyway {
            let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
            request.flyway.insert(key.to_owned(), value.to_owned());
        }
        if let Some(url) = asked.url.as_deref() {
            let dialect = TargetUrl::parse(url, &root)?.dialect;
            request.dialect = request.dialect.or(Some(dialect));
        }
        Ok(Self { root, project, request, asked })
    }

    /// Reads the files again, for a server that runs on while people edit.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn reopen(&self) -> Outcome<Self> {
        Self::open(self.asked.clone())
    }

    /// The settings a request comes down to.
    #[must_use]
    pub fn settings(&self, request: &Request) -> (Settings, Vec<Finding>) {
        flightplan_toml::resolve(&self.project, request)
    }

    /// Calls the planner.
    #[must_use]
    pub fn analyze(&self, request: &Request) -> Report {
        analyze(&self.project, request)
    }

    /// Whether the caller named a database, rather than the configuration.
    #[must_use]
    pub const fn has_url_option(&self) -> bool {
        self.asked.url.is_some()
    }

    /// `--user`.
    #[must_use]
    pub fn user_option(&self) -> Option<String> {
        self.asked.user.clone()
    }

    /// Where the control store is.
    #[must_use]
    pub fn store_path(&self) -> PathBuf {
        self.asked.store.clone().unwrap_or_else(|| self.root.join(".flightplan").join("control.db"))
    }

    /// The target's address: `--url`, else the environment's variable, else the environment's URL, else Flyway's variables.
    ///
    /// # Errors
    /// Text that is no address.
    pub fn url(&self, settings: &Settings) -> Outcome<Option<TargetUrl>> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let text = self
            .asked
            .url
            .clone()
            .or_else(|| settings.url_env.as_deref().and_then(variable))
            .or_else(|| settings.url.clone())
            .or_else(|| variable("FLIGHTPLAN_URL"))
            .or_else(|| variable("FLYWAY_URL"));
        let Some(text) = text else { return Ok(None) };
        let mut url = TargetUrl::parse(&text, &self.root)?;
        let user = self.asked.user.clone().or_else(|| url.user.clone());
        url.user = user.or_else(|| variable("FLYWAY_USER"));
        if url.dialect == Dialect::Postgres {
            url.user = url.user.or_else(|| variable("PGUSER"));
        }
        let password = self.asked.password.clone().or_else(|| url.password.clone());
        let password = password.or_else(|| variable("FLIGHTPLAN_PASSWORD")).or_else(|| variable("FLYWAY_PASSWORD"));
        let client = if url.dialect == Dialect::Postgres { "PGPASSWORD" } else { "MYSQL_PWD" };
        url.password = password.or_else(|| variable(client));
        Ok(Some(url))
    }

    /// The target's address, which this command cannot do without.
    ///
    /// # Errors
    /// As [`Self::url`], and where there is none.
    pub fn require_url(&self, settings: &Settings) -> Outcome<TargetUrl> {
        let cure = match &settings.url_env {
            Some(name) => format!("Set {name}, or name the database with --url."),
            None => "Name the database with --url, or give the environment a url in flightplan.toml.".to_owned(),
        };
        self.url(settings)?
            .ok_or_else(|| Failure::usage(format!("Environment {} has no database URL.", settings.environment), cure))
    }
}

/// `flyway:DIR` or `alembic:DIR`.
fn source(text: &str) -> Outcome<(SourceKind, String)> {
    let kind = match text.split_once(':') {
        Some(("flyway", folder)) => Some((SourceKind::Flyway, folder)),
        Some(("alembic", folder)) => Some((SourceKind::Alembic, folder)),
        _ => None,
    };
    let (kind, folder) =
        kind.ok_or_else(|| Failure::usage(format!("--source {text:?} is not understood."), "Write flyway:DIR or alembic:DIR."))?;
    Ok((kind, folder.strip_prefix("filesystem:").unwrap_or(folder).to_owned()))
}

/// A folder inside the project keeps its path from the project's root; one outside is a project of its own.
fn place(root: &Path, folder: &str) -> Outcome<(PathBuf, String)> {
    let missing = |path: &Path| {
        Failure::usage(format!("{}: the source folder does not exist.", path.display()), "Mend the folder in --source.")
    };
    let root = root.canonicalize().map_err(|_| missing(root))?;
    let path = root.join(folder);
    let path = path.canonicalize().map_err(|_| missing(&path))?;
    if !path.is_dir() {
        return Err(missing(&path));
    }
    match path.strip_prefix(&root) {
        Ok(inside) => {
            let inside: Vec<_> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            Ok((root.clone(), inside.join("/")))
        }
        Err(_) => Ok((path.clone(), String::new())),
    }
}

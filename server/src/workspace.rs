//! A project on disk with what the caller asked: the start of every command.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use planner::dialect::Dialect;
use planner::finding::Finding;
use planner::migration::SourceKind;
use planner::project::connection::{self, Connection};
use planner::project::redact;
use planner::project::settings::Settings;
use planner::project::{Project, Request, SourceSpec, flightplan_toml};
use planner::{Report, analyze_on};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::exit::{Failure, Outcome};
use crate::machine::{self, Machine};
use crate::memory::{self, Memory};
use crate::outside;
use crate::project;
use crate::sections::{self, Sections};
use crate::store::place::Place;
use crate::url::TargetUrl;
use crate::url_source::UrlSource;

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
    /// `--store`: a path, a URL, or where one comes from.
    pub store: Option<String>,
    /// `--trusted-keys`.
    pub trusted_keys: Option<PathBuf>,
    /// What was read in earlier runs may be used again.
    pub remembers: bool,
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
    machine: Arc<Machine>,
    /// How to log in, by environment: the only place where a secret of a configuration file is kept.
    connections: BTreeMap<String, Connection>,
    /// What only the executor reads of `flightplan.toml`.
    sections: Arc<Sections>,
    /// Where URLs come from.
    urls: UrlSource,
    /// The database of [`Self::at`].
    instead: Option<TargetUrl>,
}

impl Workspace {
    /// Reads the project.
    ///
    /// # Errors
    /// A folder or file that cannot be read; a `--source` that names no folder.
    pub fn open(asked: Asked) -> Outcome<Self> {
        let mut root = asked.root.clone();
        let mut request = asked.request.clone();
        let urls = UrlSource::default();
        let mut project = match &asked.source {
            Some(text) => {
                let (kind, folder) = source(text)?;
                let (base, inside) = place(&root, &folder)?;
                root = base;
                request.source = Some(SourceSpec { kind, folder: inside.clone() });
                let mut project = project::read_below(&root, &inside)?;
                if kind == SourceKind::Alembic {
                    project::read_imports(&root, &mut project);
                }
                project
            }
            None => project::read(&root)?,
        };
        if let Some(url) = asked.url.as_deref() {
            let dialect = TargetUrl::parse(&urls.text(url, &root)?, &root)?.dialect;
            request.dialect = request.dialect.or(Some(dialect));
        }
        let variables = outside::environment();
        let resolved = root.canonicalize().unwrap_or_else(|_| root.clone());
        request.root = Some(outside::slashed(&resolved));
        request.flyway.extend(asked.flyway.iter().map(|setting| {
            let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
            (key.to_owned(), value.to_owned())
        }));
        let caller = |key: &str| asked.flyway.iter().rev().find_map(|setting| setting.strip_prefix(key)?.strip_prefix('='));
        let encoding = caller("configFileEncoding");
        request.layers =
            outside::layers(&resolved, caller("configFiles").or_else(|| caller("configFile")), encoding, &variables)?;
        let connections = connections(&project, &request, &variables);
        without_secrets(&mut project, &mut request, &variables);
        let suffixes = flightplan_toml::resolve(&project, &request).0.flyway.suffixes;
        let folder = request.source.as_ref().map_or("", |source| source.folder.as_str());
        project::read_suffixes(&root, folder, &suffixes, &mut project)?;
        read_outside(&root, &mut project, &request)?;
        project::read_queries(&root, &mut project)?;
        let mut sections = Sections::read(&project, &request);
        if let Some(path) = &asked.trusted_keys {
            sections.approvers = sections::trusted(path)?;
        }
        let sections = Arc::new(sections);
        let memory = memory::folder().filter(|_| asked.remembers).map(|folder| Memory::open(&folder, &root));
        let machine = Arc::new(Machine::new(memory));
        Ok(Self { root, project, request, asked, machine, connections, sections, urls, instead: None })
    }

    /// A project that is in memory only, for one database.
    #[must_use]
    pub fn in_memory(project: Project, request: Request, url: TargetUrl) -> Self {
        Self {
            root: PathBuf::new(),
            project,
            asked: Asked { request: request.clone(), ..Asked::default() },
            request,
            machine: Arc::new(Machine::new(None)),
            connections: BTreeMap::new(),
            sections: Arc::default(),
            urls: UrlSource::default(),
            instead: Some(url),
        }
    }

    /// Reads the files again, for a server that runs on while people edit.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn reopen(&self) -> Outcome<Self> {
        Self::open(self.asked.clone())
    }

    /// The same project on another database, a scratch one.
    #[must_use]
    pub fn at(&self, url: &TargetUrl) -> Self {
        let mut place = self.clone();
        place.instead = Some(url.clone());
        place.request.dialect = place.request.dialect.or(Some(url.dialect));
        if matches!(url.dialect, Dialect::MySql | Dialect::MariaDb)
            && self.settings(&self.request).0.flyway.default_schema.is_some()
        {
            // There a schema is a database, and the one that is configured is the real one.
            place.request.flyway.insert("defaultSchema".to_owned(), url.database.clone());
            place.request.flyway.insert("schemas".to_owned(), url.database.clone());
        }
        place
    }

    /// The settings a request comes down to.
    #[must_use]
    pub fn settings(&self, request: &Request) -> (Settings, Vec<Finding>) {
        flightplan_toml::resolve(&self.project, request)
    }

    /// What only the executor reads of `flightplan.toml`.
    #[must_use]
    pub fn sections(&self) -> &Sections {
        &self.sections
    }

    /// What this machine lends to the planner.
    #[must_use]
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Calls the planner for what is left to do only: the same plan, sooner.
    #[must_use]
    pub fn analyze_pending(&self, request: &Request) -> Report {
        planner::analyze_pending(self.machine(), &self.project, request)
    }

    /// The report on a target that has everything, as [`planner::up_to_date`] says.
    #[must_use]
    pub fn up_to_date(&self, request: &Request) -> Option<Report> {
        planner::up_to_date(self.machine(), &self.project, request)
    }

    /// Calls the planner.
    #[must_use]
    pub fn analyze(&self, request: &Request) -> Report {
        machine::within(|| analyze_on(self.machine(), &self.project, request))
    }

    /// What `make` makes of the planner's report, from an earlier run where nothing has changed since. `what` names the
    /// kind of it.
    #[must_use]
    pub fn remembered<T: Serialize + DeserializeOwned + Clone + Send + 'static>(
        &self,
        what: &str,
        request: &Request,
        make: impl FnOnce(Report) -> T,
    ) -> T {
        self.machine().remembered(what, &self.project, request, || make(self.analyze(request)))
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

    /// Where the control store is: `--store` or `FLIGHTPLAN_STORE`, else `[store]` of `flightplan.toml`, else a file in the
    /// project.
    ///
    /// # Errors
    /// A URL that is none, or of another product.
    pub fn store(&self) -> Outcome<Place> {
        let configured = match &self.asked.store {
            Some(asked) => Some(asked.clone()),
            None => self.sections.store.text()?,
        };
        let Some(text) = configured else { return Ok(Place::File(self.root.join(".flightplan").join("control.db"))) };
        let place = Place::parse(&self.urls.text(&text, &self.root)?, &self.root)?;
        if let Place::Server { url, .. } = &place {
            let (settings, _) = self.settings(&self.request);
            let target = self.url(&settings).ok().flatten();
            if target.is_some_and(|target| target.identity() == url.identity()) {
                return Err(Failure::usage(
                    format!("{url} is the control store and the database that is migrated."),
                    "Give the store a database of its own: what is in it would be taken for part of the migrated schema.",
                ));
            }
        }
        Ok(place)
    }

    /// The target's address: `--url`, else the environment's variable or URL in `flightplan.toml`, else `FLIGHTPLAN_URL`,
    /// else Flyway's configuration, `FLYWAY_URL` and all. User and password come the same way.
    ///
    /// # Errors
    /// Text that is no address.
    pub fn url(&self, settings: &Settings) -> Outcome<Option<TargetUrl>> {
        if self.instead.is_some() {
            return Ok(self.instead.clone());
        }
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let connection = self.connections.get(&settings.environment).cloned().unwrap_or_default();
        let configured = settings.url.clone().filter(|_| settings.url != connection.url);
        let text = self
            .asked
            .url
            .clone()
            .or_else(|| settings.url_env.as_deref().and_then(variable))
            .or(configured)
            .or_else(|| variable("FLIGHTPLAN_URL"))
            .or(connection.url);
        let Some(text) = text else { return Ok(None) };
        let mut url = TargetUrl::parse(&self.urls.text(&text, &self.root)?, &self.root)?;
        url.user = self.asked.user.clone().or_else(|| url.user.clone()).or(connection.user);
        if url.dialect == Dialect::Postgres {
            url.user = url.user.or_else(|| variable("PGUSER"));
        }
        let password = self.asked.password.clone().or_else(|| url.password.clone());
        let password = password.or_else(|| variable("FLIGHTPLAN_PASSWORD")).or(connection.password);
        let client = if url.dialect == Dialect::Postgres { "PGPASSWORD" } else { "MYSQL_PWD" };
        url.password = password.or_else(|| variable(client));
        Ok(Some(url))
    }

    /// The addresses of the replicas that the environment names, each with its variable.
    ///
    /// # Errors
    /// A variable that is not set, text that is no address.
    pub fn replicas(&self, settings: &Settings) -> Outcome<Vec<(String, TargetUrl)>> {
        let replica = |name: &String| {
            let text = std::env::var(name).ok().filter(|text| !text.is_empty()).ok_or_else(|| {
                Failure::usage(
                    format!("Environment {} has a replica in {name}, which is not set.", settings.environment),
                    format!("Set {name} to the replica's URL, or take it out of replica_url_envs."),
                )
            })?;
            Ok((name.clone(), TargetUrl::parse(&self.urls.text(&text, &self.root)?, &self.root)?))
        };
        settings.replica_url_envs.iter().map(replica).collect()
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

/// How to log in to each environment, from files and layers as they are.
fn connections(project: &Project, request: &Request, variables: &BTreeMap<String, String>) -> BTreeMap<String, Connection> {
    let request = Request { variables: Some(variables.clone()), ..request.clone() };
    let (settings, _) = flightplan_toml::resolve(project, &request);
    let names = settings.environments.iter().chain([&settings.environment]);
    names
        .map(|name| {
            // An environment that nobody asked for and that is the default one is none to ask for.
            let environment = (*name != settings.environment).then(|| name.clone()).or_else(|| request.environment.clone());
            (name.clone(), connection::read(project, &Request { environment, ..request.clone() }))
        })
        .collect()
}

/// From here on nobody sees a secret: not the planner, not the page, not a message that shows a line of a file.
fn without_secrets(project: &mut Project, request: &mut Request, variables: &BTreeMap<String, String>) {
    let named = redact::named_variables(project);
    let known = variables.iter().filter(|(name, _)| named.contains(*name));
    request.variables = Some(known.map(|(name, value)| (name.clone(), value.clone())).collect());
    project.files.iter_mut().for_each(redact::redact);
    request.layers.iter_mut().for_each(redact::redact_layer);
    request.flyway.retain(|key, _| !redact::is_secret(key));
}

/// Reads the files of locations outside the project's folder.
fn read_outside(root: &Path, project: &mut Project, request: &Request) -> Outcome<()> {
    let (settings, _) = flightplan_toml::resolve(project, request);
    for location in &settings.flyway.locations {
        let fixed = outside::fixed(location);
        if fixed.is_absolute() || fixed.starts_with("..") {
            project::read_outside(root, &fixed, project)?;
        }
    }
    Ok(())
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

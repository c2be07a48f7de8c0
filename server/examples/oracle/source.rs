//! A folder to a project that the planner has read.

use std::path::{Path, PathBuf};

use clap::Args;
use planner::Report;
use planner::dialect::Dialect;
use planner::project::{Request, flightplan_toml};
use planner::statement::operation::Operation;
use server::workspace::{Asked, Workspace};

/// Files that configure a project.
const CONFIGURATION: &[&str] = &["flightplan.toml", "flyway.conf", "flyway.toml", "alembic.ini"];
/// Spring's, which lie deeper.
const RESOURCES: &str = "src/main/resources";

/// Which projects an oracle is asked about.
#[derive(Debug, Args)]
pub(crate) struct Folders {
    /// Folders: of Flyway scripts, of an Alembic project, or a project's root with its configuration.
    #[arg(required = true)]
    pub(crate) folders: Vec<PathBuf>,
    /// Which server; without it the project's configuration says, or the spelling of its SQL.
    #[arg(long)]
    dialect: Option<Dialect>,
    /// A setting in Flyway's spelling, such as placeholders.name=value; may be given several times.
    #[arg(long = "flyway", value_name = "KEY=VALUE")]
    flyway: Vec<String>,
}

impl Folders {
    /// Reads one of them as [`open`] does.
    ///
    /// # Errors
    /// A folder that holds no migrations, as a sentence.
    pub(crate) fn open(&self, folder: &Path) -> Result<Source, String> {
        open(folder, self.dialect, &self.flyway)
    }
}

/// A project and everything predicted of it.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) folder: PathBuf,
    pub(crate) dialect: Dialect,
    pub(crate) report: Report,
}

impl Source {
    /// Folder and product.
    pub(crate) fn title(&self) -> String {
        format!("{} on {}", self.folder.display(), self.dialect.title())
    }
}

/// Reads a folder and plans all of it as if nothing were applied.
///
/// # Errors
/// A folder that holds no migrations, as a sentence.
fn open(folder: &Path, dialect: Option<Dialect>, flyway: &[String]) -> Result<Source, String> {
    let asked = Asked {
        root: folder.to_path_buf(),
        source: kind(folder),
        flyway: flyway.to_vec(),
        request: Request { dialect, ..Request::default() },
        ..Asked::default()
    };
    let fail = |failure: server::exit::Failure| format!("{} {}", failure.message, failure.cure);
    let mut workspace = Workspace::open(asked).map_err(fail)?;
    if dialect.is_none() && !says_dialect(&workspace) {
        workspace.request.dialect = Some(spoken(&workspace));
    }
    let report = workspace.analyze(&workspace.request);
    if report.plan.steps.is_empty() {
        let why: Vec<String> = report.findings.iter().filter(|finding| finding.blocking).map(|it| it.message.clone()).collect();
        return Err(format!("nothing to run. {}", why.join(" ")));
    }
    Ok(Source { folder: folder.to_path_buf(), dialect: report.settings.dialect, report })
}

/// `flyway:DIR` or `alembic:DIR` of a folder without configuration.
fn kind(folder: &Path) -> Option<String> {
    if CONFIGURATION.iter().any(|name| folder.join(name).is_file()) || folder.join(RESOURCES).is_dir() {
        return None;
    }
    if folder.join("versions").is_dir() {
        return Some(format!("alembic:{}", folder.canonicalize().ok()?.display()));
    }
    let names = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let scripts = names.filter(|name| name.to_lowercase().ends_with(".sql")).count();
    (scripts > 0).then(|| folder.canonicalize().ok().map(|path| format!("flyway:{}", path.display()))).flatten()
}

/// Whether the configuration names a product: what is resolved then does not follow the default.
fn says_dialect(workspace: &Workspace) -> bool {
    let with = |dialect: Option<Dialect>| {
        let request = Request { dialect, ..workspace.request.clone() };
        flightplan_toml::resolve(&workspace.project, &request).0
    };
    with(None).url.is_some() || with(None).dialect != Dialect::default()
}

/// The product that reads most of the scripts; PostgreSQL where they are read equally well.
fn spoken(workspace: &Workspace) -> Dialect {
    let unread = |dialect: Dialect| {
        let request = Request { dialect: Some(dialect), ..workspace.request.clone() };
        let migrations = workspace.analyze(&request).migrations;
        let statements = migrations.iter().flat_map(|migration| &migration.up.statements);
        let foreign = |sql: &str| match dialect {
            Dialect::Postgres => sql.contains('`'),
            Dialect::Sqlite => ["ENGINE=", "AUTO_INCREMENT", "::", "SERIAL"].iter().any(|word| sql.contains(word)),
            _ => ["::", "SERIAL", "AUTOINCREMENT", "TIMESTAMPTZ", "TIMESTAMP WITH"]
                .iter()
                .any(|word| sql.to_uppercase().contains(word)),
        };
        let read = |operation: &Operation| !matches!(operation, Operation::Opaque { .. });
        statements.filter(|statement| foreign(&statement.sql) || !statement.operations.iter().all(read)).count()
    };
    let products = [Dialect::Postgres, Dialect::MariaDb, Dialect::Sqlite];
    products.into_iter().min_by_key(|dialect| unread(*dialect)).unwrap_or_default()
}

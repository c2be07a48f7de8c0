//! A database that may be spoilt: beside the target on its server, a copy of a SQLite file, or on a PostgreSQL that is
//! started from local binaries where there is no target.

use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use planner::dialect::Dialect;
use uuid::Uuid;

use super::local::Server;
use crate::exit::{Failure, Outcome};
use crate::target::{Access, Target};
use crate::url::TargetUrl;

/// What the names of scratch databases begin with.
const NAME: &str = "flightplan_rehearsal_";

/// No rehearsal takes as long.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The database and what has to go with it.
#[derive(Debug)]
pub struct Scratch {
    /// Where it is.
    pub url: TargetUrl,
    /// The target it stands beside; absent: it has a place of its own.
    beside: Option<TargetUrl>,
    /// It is a copy of the target, history and rows included.
    pub copied: bool,
    _server: Option<Server>,
    _folder: Option<tempfile::TempDir>,
}

impl Scratch {
    /// Beside a target.
    ///
    /// # Errors
    /// The server refuses another database, mostly for want of the right to make one.
    pub async fn beside(url: &TargetUrl) -> Outcome<Self> {
        if url.dialect == Dialect::Sqlite {
            return Self::copy(url).await;
        }
        let mut target = Target::connect(url, "flightplan rehearse", Access::Read).await?;
        sweep(&mut target).await;
        let name = format!("{NAME}{}", Uuid::now_v7().simple());
        let like = match url.dialect {
            Dialect::Postgres => {
                "SELECT ' TEMPLATE template0 ENCODING ' || quote_literal(pg_encoding_to_char(encoding)) || ' LC_COLLATE ' || \
                 quote_literal(datcollate) || ' LC_CTYPE ' || quote_literal(datctype) FROM pg_database WHERE datname = \
                 current_database()"
            }
            _ => {
                "SELECT concat(' CHARACTER SET ', default_character_set_name, ' COLLATE ', default_collation_name) \
                 FROM information_schema.schemata WHERE schema_name = database()"
            }
        };
        let like = target.rows(like).await.map_err(Failure::from)?.into_iter().flatten().flatten().next().unwrap_or_default();
        let made = target.execute(&format!("CREATE DATABASE {}{like}", target.quoted_bare(&name))).await;
        target.close().await;
        made.map_err(|error| {
            Failure::failed(
                format!("No scratch database can be made on {url}: {error}. Nothing was changed."),
                "Rehearse as a user who may create databases, or without --url on a PostgreSQL of its own.",
            )
        })?;
        let own = TargetUrl { database: name, schema: None, ..url.clone() };
        Ok(Self { url: own, beside: Some(url.clone()), copied: false, _server: None, _folder: None })
    }

    /// A copy of a SQLite file, taken while others go on with it.
    async fn copy(url: &TargetUrl) -> Outcome<Self> {
        let folder = folder()?;
        let file = folder.path().join("rehearsal.db");
        let exists = Path::new(&url.database).exists();
        if exists {
            let mut target = Target::connect(url, "flightplan rehearse", Access::Read).await?;
            let copied = target.execute(&format!("VACUUM INTO {}", target.literal(&file.to_string_lossy()))).await;
            target.close().await;
            copied.map_err(|error| {
                let cure = "Mend what keeps it from being read; its folder is not touched.";
                Failure::failed(format!("{url} cannot be copied: {error}."), cure)
            })?;
        }
        let url = TargetUrl { database: file.to_string_lossy().into_owned(), ..url.clone() };
        Ok(Self { url, beside: None, copied: exists, _server: None, _folder: Some(folder) })
    }

    /// An empty one without a target.
    ///
    /// # Errors
    /// A product whose server is not started here; local binaries that are missing or fail.
    pub fn empty(dialect: Dialect) -> Outcome<Self> {
        match dialect {
            Dialect::Postgres => {
                let server = Server::start()?;
                let url = TargetUrl::parse(&server.url, Path::new("."))?;
                Ok(Self { url, beside: None, copied: false, _server: Some(server), _folder: None })
            }
            Dialect::Sqlite => {
                let folder = folder()?;
                let url = TargetUrl::parse(&format!("sqlite:{}", folder.path().join("rehearsal.db").display()), Path::new("."))?;
                Ok(Self { url, beside: None, copied: false, _server: None, _folder: Some(folder) })
            }
            Dialect::MySql | Dialect::MariaDb => Err(Failure::usage(
                format!("There is no {} to rehearse on.", dialect.title()),
                "Name one with --url: a scratch database is made beside the one it names, and dropped again.",
            )),
        }
    }

    /// Drops it.
    ///
    /// # Errors
    /// The server's refusal: the scratch database is named, to be dropped by hand.
    pub async fn remove(self) -> Outcome<()> {
        let Some(beside) = &self.beside else { return Ok(()) };
        let mut target = Target::connect(beside, "flightplan rehearse", Access::Read).await?;
        let sql = format!("DROP DATABASE {}", target.quoted_bare(&self.url.database));
        let dropped = target.execute(&sql).await;
        target.close().await;
        dropped.map(drop).map_err(|error| {
            let cure = format!("Drop it by hand: {sql};");
            Failure::failed(format!("The scratch database {} is still there: {error}.", self.url), cure)
        })
    }
}

/// Drops what rehearsals left that were killed: a day old, and nobody is connected. One that cannot be dropped stays.
async fn sweep(target: &mut Target) {
    let unused = match target.dialect() {
        Dialect::Postgres => {
            "SELECT datname FROM pg_database d WHERE NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datid = d.oid)"
        }
        _ => {
            "SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT IN \
             (SELECT db FROM information_schema.processlist WHERE db IS NOT NULL)"
        }
    };
    let Ok(names) = target.rows(unused).await else { return };
    for name in names.into_iter().flatten().flatten().filter(|name| is_old(name)) {
        let _ = target.execute(&format!("DROP DATABASE {}", target.quoted_bare(&name))).await;
    }
}

/// Whether a database is one of a rehearsal that began more than a day ago.
fn is_old(name: &str) -> bool {
    let begun = name.strip_prefix(NAME).and_then(|id| Uuid::parse_str(id).ok()).and_then(|id| id.get_timestamp());
    let begun = begun.and_then(|begun| UNIX_EPOCH.checked_add(Duration::from_secs(begun.to_unix().0)));
    begun.is_some_and(|begun| begun.elapsed().is_ok_and(|age| age > DAY))
}

fn folder() -> Outcome<tempfile::TempDir> {
    tempfile::Builder::new()
        .prefix("flightplan-rehearsal-")
        .tempdir()
        .map_err(|error| Failure::failed(format!("No temporary folder can be made: {error}."), "Make room in it, or set TMPDIR."))
}

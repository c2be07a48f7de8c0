//! Where a control store is: a file beside the project, or a schema on a PostgreSQL server that several nodes share.

use std::fmt;
use std::path::{Path, PathBuf};

use planner::dialect::Dialect;

use crate::exit::{Failure, Outcome};
use crate::url::TargetUrl;

/// The schema of the store on a server, where the URL names none (`currentSchema`).
const SCHEMA: &str = "flightplan";

/// Where a control store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A SQLite file.
    File(PathBuf),
    /// A schema of a PostgreSQL database.
    Server {
        /// The database, with the schema of the store.
        url: TargetUrl,
        /// Where this machine keeps what goes with the store: reports, copies.
        folder: PathBuf,
    },
}

impl Place {
    /// Reads a path or a URL; relative `sqlite:` paths are taken from the project's root.
    ///
    /// # Errors
    /// A URL of another product, or one that is none; the message never repeats a password.
    pub fn parse(text: &str, root: &Path) -> Outcome<Self> {
        if !is_url(text) {
            return Ok(Self::File(PathBuf::from(text)));
        }
        let url = TargetUrl::parse(text, root)?;
        match url.dialect {
            Dialect::Sqlite => Ok(Self::File(PathBuf::from(url.database))),
            Dialect::Postgres => Self::server(url, root),
            Dialect::MySql | Dialect::MariaDb => Err(Failure::usage(
                format!("{url} cannot be the control store: it is kept in SQLite or PostgreSQL."),
                "Name a file, or postgres://user@host:5432/database.",
            )),
        }
    }

    fn server(mut url: TargetUrl, root: &Path) -> Outcome<Self> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let schema = url.schema.get_or_insert_with(|| SCHEMA.to_owned());
        if schema.is_empty() || !schema.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
            let message = format!("{schema:?} cannot be the schema of the control store.");
            return Err(Failure::usage(message, "currentSchema takes one name of lower-case letters, digits and _."));
        }
        url.user = url.user.or_else(|| variable("PGUSER"));
        url.password = url.password.or_else(|| variable("FLIGHTPLAN_STORE_PASSWORD")).or_else(|| variable("PGPASSWORD"));
        Ok(Self::Server { url, folder: root.join(".flightplan") })
    }

    /// The folder for what goes with the store on this machine.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        match self {
            Self::File(path) => path.parent().map(Path::to_owned).unwrap_or_default(),
            Self::Server { folder, .. } => folder.clone(),
        }
    }

    /// A file that stands for the store: what lies beside it on this machine is named after it.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        match self {
            Self::File(path) => path.clone(),
            Self::Server { folder, .. } => folder.join("control.db"),
        }
    }
}

/// Without credentials.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Server { url, .. } => write!(f, "{url}"),
        }
    }
}

/// Whether it begins as a URL of a product does; `C:\store.db` does not.
fn is_url(text: &str) -> bool {
    let text = text.strip_prefix("jdbc:").unwrap_or(text);
    let Some((scheme, _)) = text.split_once(':') else { return false };
    let product = scheme.split_once('+').map_or(scheme, |(product, _)| product);
    text.contains("://") || matches!(product, "sqlite" | "sqlite3" | "postgres" | "postgresql" | "mysql" | "mariadb")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    fn place(text: &str) -> Outcome<Place> {
        Place::parse(text, Path::new("/nowhere"))
    }

    #[test]
    fn paths_and_urls_are_told_apart() {
        assert_eq!(place("a/b.db").unwrap(), Place::File(PathBuf::from("a/b.db")));
        assert_eq!(place("C:\\b.db").unwrap(), Place::File(PathBuf::from("C:\\b.db")));
        assert_eq!(place("sqlite:b.db").unwrap(), Place::File(PathBuf::from("/nowhere/b.db")));
        let Place::Server { url, folder } = place("postgres://bob:s3cret@db/governance").unwrap() else { panic!("a server") };
        assert_eq!((url.schema.as_deref(), folder), (Some("flightplan"), PathBuf::from("/nowhere/.flightplan")));
        let Place::Server { url, .. } = place("jdbc:postgresql://db/governance?currentSchema=own").unwrap() else {
            panic!("a server")
        };
        assert_eq!(url.schema.as_deref(), Some("own"));
    }

    #[test]
    fn what_cannot_be_a_store_is_refused_without_its_password() {
        for text in ["mysql://bob:s3cret@db/shop", "postgres://bob:s3cret@db/shop?currentSchema=a,b", "oracle://bob:s3cret@db/x"]
        {
            let failure = place(text).unwrap_err();
            assert!(!failure.to_string().contains("s3cret"), "{failure}");
        }
        let shown =
            format!("{:?} {}", place("postgres://bob:s3cret@db/x").unwrap(), place("postgres://bob:s3cret@db/x").unwrap());
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}

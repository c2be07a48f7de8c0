//! Database addresses: native and JDBC spellings in, credentials never out.

use std::fmt;
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;
use planner::dialect::Dialect;
use url::Url;

use crate::exit::{Failure, Outcome};

/// Where a database is and how to log in. `Display` and `Debug` leave the credentials out.
#[derive(Clone, PartialEq, Eq)]
pub struct TargetUrl {
    /// Product.
    pub dialect: Dialect,
    /// Host name or address; empty for SQLite.
    pub host: String,
    /// TCP port; 0 for SQLite.
    pub port: u16,
    /// Database name, or the absolute path of the SQLite file.
    pub database: String,
    /// User, where given.
    pub user: Option<String>,
    /// Password, where given. Read only by the connection.
    pub password: Option<String>,
    /// `sslmode` of the URL, where given; of `useSSL` and `requireSSL` what they mean.
    pub ssl_mode: Option<String>,
    /// The Unix socket, where the URL names one (MySQL and MariaDB).
    pub socket: Option<PathBuf>,
    /// `currentSchema` (JDBC) or `options=-csearch_path`, where given.
    pub schema: Option<String>,
}

impl TargetUrl {
    /// What a person types who confirms something: the database's name, or the file's.
    #[must_use]
    pub fn name(&self) -> String {
        match self.dialect {
            Dialect::Sqlite => self.database.rsplit('/').next().unwrap_or(&self.database).to_owned(),
            _ => self.database.clone(),
        }
    }

    /// Reads an address. Relative SQLite paths are taken from `folder`.
    ///
    /// # Errors
    /// Where the text is no address of a product we know; the message never repeats a password.
    pub fn parse(text: &str, folder: &Path) -> Outcome<Self> {
        let native = text.strip_prefix("jdbc:").unwrap_or(text);
        let (scheme, rest) = native.split_once(':').ok_or_else(|| unknown("it has no scheme"))?;
        // SQLAlchemy names the driver too: `postgresql+psycopg`, `mysql+pymysql`.
        let product = scheme.split_once('+').map_or(scheme, |(product, _)| product);
        match product {
            "sqlite" | "sqlite3" if product != scheme => Err(unknown("SQLite's has no driver here")),
            "sqlite" | "sqlite3" => sqlite(rest, folder),
            "postgres" | "postgresql" => server(Dialect::Postgres, &format!("postgres:{rest}"), 5432),
            "mysql" => server(Dialect::MySql, &format!("mysql:{rest}"), 3306),
            "mariadb" => server(Dialect::MariaDb, &format!("mariadb:{rest}"), 3306),
            _ => Err(unknown(&format!("the scheme {scheme:?} is not known"))),
        }
    }

    /// The address as it stands in plans and approvals: no user, no password, no options.
    #[must_use]
    pub fn identity(&self) -> String {
        match self.dialect {
            Dialect::Sqlite => format!("sqlite:{}", self.database),
            _ => format!("{}://{}:{}/{}", self.dialect.name(), self.host, self.port, self.database),
        }
    }
}

impl fmt::Display for TargetUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.identity())
    }
}

impl fmt::Debug for TargetUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TargetUrl({})", self.identity())
    }
}

fn unknown(why: &str) -> Failure {
    Failure::usage(
        format!("The database URL cannot be read: {why}."),
        "Write it as postgres://user@host:5432/database, mysql://user@host:3306/database, mariadb://user@host:3306/database or \
         sqlite:path/to/file.db; the jdbc: spellings are read too.",
    )
}

fn sqlite(rest: &str, folder: &Path) -> Outcome<TargetUrl> {
    let path = rest.split('?').next().unwrap_or_default();
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path == ":memory:" {
        return Err(Failure::usage(
            "The SQLite URL names no file.",
            "A migration has to outlive the process: write sqlite:path/to/file.db.",
        ));
    }
    let decoded = percent_decode_str(path).decode_utf8_lossy().into_owned();
    let absolute = absolute(&folder.join(decoded));
    Ok(TargetUrl {
        dialect: Dialect::Sqlite,
        host: String::new(),
        port: 0,
        database: absolute.to_string_lossy().into_owned(),
        user: None,
        password: None,
        ssl_mode: None,
        socket: None,
        schema: None,
    })
}

/// The path with its folder resolved, so that one database has one identity whichever way it was named.
fn absolute(path: &Path) -> PathBuf {
    if let Ok(resolved) = path.canonicalize() {
        return resolved;
    }
    let named = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    match (named.parent().map(Path::canonicalize), named.file_name()) {
        (Some(Ok(parent)), Some(name)) => parent.join(name),
        _ => named,
    }
}

fn server(dialect: Dialect, text: &str, default_port: u16) -> Outcome<TargetUrl> {
    let url = Url::parse(text).map_err(|error| unknown(&error.to_string()))?;
    let decode = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
    let option =
        |names: &[&str]| url.query_pairs().find(|(key, _)| names.contains(&key.as_ref())).map(|(_, value)| value.into_owned());
    let database = decode(url.path().trim_start_matches('/'));
    if database.is_empty() {
        return Err(unknown("it names no database"));
    }
    let user = Some(decode(url.username())).filter(|user| !user.is_empty()).or_else(|| option(&["user"]));
    Ok(TargetUrl {
        dialect,
        host: url.host_str().map_or_else(|| "localhost".to_owned(), |host| host.trim_matches(['[', ']']).to_owned()),
        port: url.port().unwrap_or(default_port),
        database,
        user,
        password: url.password().map(decode).or_else(|| option(&["password"])),
        ssl_mode: option(&["sslmode", "ssl-mode", "sslMode"]).or_else(|| old_ssl_words(&option)),
        socket: option(&["socket", "localSocket", "unixSocket"]).map(PathBuf::from),
        schema: option(&["currentSchema"]),
    })
}

/// The words of MySQL's older drivers. The other options of the `jdbc:` spellings (`allowPublicKeyRetrieval`,
/// `serverTimezone`, `rewriteBatchedStatements` …) steer the Java driver and mean nothing here: the session has the
/// server's time zone and sends one statement a message.
fn old_ssl_words(option: &impl Fn(&[&str]) -> Option<String>) -> Option<String> {
    let says = |name: &str| option(&[name]).map(|value| value.eq_ignore_ascii_case("true"));
    match (says("useSSL").or_else(|| says("useSsl")), says("requireSSL"), says("verifyServerCertificate")) {
        (Some(false), ..) => Some("disabled".to_owned()),
        (_, _, Some(true)) => Some("verify_ca".to_owned()),
        (_, Some(true), _) => Some("required".to_owned()),
        (Some(true), ..) => Some("preferred".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_identity_and_the_debug_text_hold_no_credentials() {
        for text in [
            "postgres://bob:s3cret@db.example:6000/shop?sslmode=require",
            "jdbc:postgresql://db.example:6000/shop?user=bob&password=s3cret",
            "postgresql://bob:s3cret@db.example:6000/shop",
        ] {
            let url = TargetUrl::parse(text, Path::new("/")).unwrap();
            assert_eq!(url.identity(), "postgres://db.example:6000/shop");
            assert_eq!(url.user.as_deref(), Some("bob"));
            assert_eq!(url.password.as_deref(), Some("s3cret"));
            assert!(!format!("{url:?} {url}").contains("s3cret"));
        }
    }

    #[test]
    fn sqlalchemys_drivers_are_passed_over() {
        for (text, dialect) in [
            ("postgresql+psycopg://h/db", Dialect::Postgres),
            ("mysql+pymysql://h/db", Dialect::MySql),
            ("mariadb+pymysql://h/db", Dialect::MariaDb),
        ] {
            assert_eq!(TargetUrl::parse(text, Path::new("/")).unwrap().dialect, dialect, "{text}");
        }
        assert!(TargetUrl::parse("sqlite+aiosqlite:///x.db", Path::new("/")).is_err(), "its slashes mean something else");
    }

    #[test]
    fn mysql_options_of_the_java_drivers_are_read() {
        let of = |text: &str| TargetUrl::parse(text, Path::new("/")).unwrap();
        let url = of("jdbc:mysql://db:3307/shop?useSSL=false&allowPublicKeyRetrieval=true&serverTimezone=UTC&user=a&password=b");
        assert_eq!((url.dialect, url.port, url.database.as_str()), (Dialect::MySql, 3307, "shop"));
        assert_eq!(
            (url.user.as_deref(), url.password.as_deref(), url.ssl_mode.as_deref()),
            (Some("a"), Some("b"), Some("disabled"))
        );
        let url = of("jdbc:mariadb://localhost/shop?localSocket=/run/mysqld/mysqld.sock&sslMode=verify-full");
        assert_eq!((url.dialect, url.port, url.ssl_mode.as_deref()), (Dialect::MariaDb, 3306, Some("verify-full")));
        assert_eq!(url.socket.as_deref(), Some(Path::new("/run/mysqld/mysqld.sock")));
        assert_eq!(of("jdbc:mysql://db/shop?useSSL=true&requireSSL=true").ssl_mode.as_deref(), Some("required"));
        assert_eq!(of("mysql://bob:s3cret@db/shop").identity(), "mysql://db:3306/shop");
    }

    #[test]
    fn a_broken_url_does_not_repeat_its_password() {
        let failure = TargetUrl::parse("postgres://bob:s3cret@[bad/shop", Path::new("/")).unwrap_err();
        assert!(!failure.to_string().contains("s3cret"), "{failure}");
    }

    #[test]
    fn sqlite_paths_are_taken_from_the_project() {
        for text in ["sqlite:a.db", "sqlite://a.db", "jdbc:sqlite:a.db", "sqlite:/nowhere/a.db?mode=rwc"] {
            assert_eq!(TargetUrl::parse(text, Path::new("/nowhere")).unwrap().identity(), "sqlite:/nowhere/a.db");
        }
    }
}

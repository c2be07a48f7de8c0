//! How a session of MySQL or MariaDB is opened, and why one was not.

use sqlx::ConnectOptions;
use sqlx::mysql::{MySqlConnectOptions, MySqlDatabaseError, MySqlSslMode};

use crate::exit::{Failure, Outcome};
use crate::url::TargetUrl;

/// How a session is opened.
///
/// # Errors
/// An `sslMode` that is not known.
pub(super) fn options(url: &TargetUrl) -> Outcome<MySqlConnectOptions> {
    let mut options = MySqlConnectOptions::new()
        .host(&url.host)
        .port(url.port)
        .database(&url.database)
        // The session is to be what any other client's is: the server's own sql_mode and time zone.
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None);
    if let Some(socket) = &url.socket {
        options = options.socket(socket);
    }
    if let Some(user) = &url.user {
        options = options.username(user);
    }
    if let Some(password) = &url.password {
        options = options.password(password);
    }
    if let Some(mode) = &url.ssl_mode {
        options = options.ssl_mode(ssl_mode(mode)?);
    }
    Ok(options.disable_statement_logging())
}

/// The words of the `mysql` client, of MySQL's JDBC driver and of MariaDB's.
fn ssl_mode(word: &str) -> Outcome<MySqlSslMode> {
    match word.to_ascii_lowercase().replace('-', "_").as_str() {
        "disabled" | "disable" | "false" => Ok(MySqlSslMode::Disabled),
        "preferred" | "prefer" => Ok(MySqlSslMode::Preferred),
        "required" | "require" | "true" | "trust" => Ok(MySqlSslMode::Required),
        "verify_ca" => Ok(MySqlSslMode::VerifyCa),
        "verify_identity" | "verify_full" => Ok(MySqlSslMode::VerifyIdentity),
        _ => Err(Failure::usage(
            format!("sslMode={word} is not known."),
            "Use disabled, preferred, required, verify_ca or verify_identity.",
        )),
    }
}

/// The server answered and said no, or nobody answered.
///
/// 1044 and 1045 are a refused login, 1698 one that the `unix_socket` plugin refuses, 1049 a missing database.
pub(super) fn refused(url: &TargetUrl, error: &sqlx::Error) -> Failure {
    let user = url.user.as_deref().unwrap_or("root");
    let database = match error {
        sqlx::Error::Database(database) => database.try_downcast_ref::<MySqlDatabaseError>(),
        _ => None,
    };
    let Some(database) = database else { return unreachable(url, &error.to_string()) };
    match database.number() {
        1044 | 1045 | 1698 => Failure::usage(
            format!("{url}: the server refused the login of {user}: {}.", database.message()),
            "Check user and password (in the URL, or FLIGHTPLAN_PASSWORD / MYSQL_PWD) and from which hosts the user may log in.",
        ),
        1049 => {
            Failure::usage(format!("{url}: {}.", database.message()), "Create the database first, or mend its name in the URL.")
        }
        _ => unreachable(url, database.message()),
    }
}

pub(super) fn unreachable(url: &TargetUrl, why: &str) -> Failure {
    Failure::failed(
        format!("{url} cannot be reached: {why}."),
        "Check that the server is up and that host, port, socket and firewall let this machine in.",
    )
}

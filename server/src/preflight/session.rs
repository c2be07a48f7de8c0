//! Whether the session is the server's own. A proxy that lends sessions for one transaction gives lock and settings to
//! whoever comes next.

use std::net::ToSocketAddrs;

use planner::dialect::Dialect;

use super::{Note, Subject, note, number, row, text};
use crate::target::{Access, Target};
use crate::url::TargetUrl;

/// Looks. Where the server says that it is where the URL leads, nothing stands between; else a second session is opened:
/// if it is given ours, or ours is another afterwards, a proxy shares them.
pub(super) async fn look(target: &mut Target, url: &TargetUrl) -> Option<Note> {
    if target.dialect() == Dialect::Sqlite || is_direct(target, url).await {
        return None;
    }
    let before = id(target).await?;
    let mut other = Target::connect(url, "flightplan preflight", Access::Read).await.ok()?;
    other.begin().await.ok()?;
    let theirs = id(&mut other).await;
    let after = id(target).await;
    other.rollback().await;
    other.close().await;
    // A connection that was cut meanwhile tells nothing of who lent it.
    let (theirs, after) = (theirs?, after?);
    if theirs != before && after == before {
        return None;
    }
    Some(note(
        Subject::Session,
        format!(
            "{}:{} is a proxy that lends a session of the server for one transaction (two connections were given the same one): \
             the migration lock would not hold.",
            url.host, url.port
        ),
        "name the server's own address with --url, or a pool in session mode".to_owned(),
    ))
}

async fn is_direct(target: &mut Target, url: &TargetUrl) -> bool {
    if url.socket.is_some() {
        return true;
    }
    let sql = match target {
        Target::Postgres(_) => "SELECT inet_server_port(), host(inet_server_addr())",
        _ => "SELECT @@port, @@bind_address",
    };
    let Some(row) = row(target, sql).await else { return false };
    if number(&row, 0) != Some(url.port.into()) {
        return false;
    }
    let (host, port) = (url.host.clone(), url.port);
    let resolved = tokio::task::spawn_blocking(move || (host.as_str(), port).to_socket_addrs().map(Iterator::collect)).await;
    let addresses: Vec<std::net::SocketAddr> = resolved.ok().and_then(Result::ok).unwrap_or_default();
    addresses.iter().any(|address| address.ip().to_string() == text(&row, 1))
}

async fn id(target: &mut Target) -> Option<u64> {
    let sql = if target.dialect() == Dialect::Postgres { "SELECT pg_backend_pid()" } else { "SELECT CONNECTION_ID()" };
    number(&row(target, sql).await?, 0)
}

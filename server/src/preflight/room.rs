//! Whether the disk has room for the tables and indexes that a plan writes anew.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use planner::project::Statistics;
use planner::statement::operation::Operation;
use planner::statement::parse::parse;

use super::{Asked, Note, Subject, note, row, text};
use crate::target::Target;
use crate::url::TargetUrl;

/// Looks where the server's files are on this machine; elsewhere nobody here can know.
pub(super) async fn look(target: &mut Target, asked: &Asked<'_>) -> Option<Note> {
    let needed = needed(asked);
    if needed == 0 {
        return None;
    }
    let folder = folder(target, asked.url).await?;
    let free = free(&folder)?;
    (free < needed).then(|| {
        note(
            Subject::Disk,
            format!(
                "The plan writes about {} MB anew, and {} has {} MB left.",
                needed.div_ceil(1 << 20),
                folder.display(),
                free >> 20
            ),
            format!("df -h {}; flightplan doctor names the largest tables", folder.display()),
        )
    })
}

/// Bytes of the largest statement: a table that is written anew keeps its old pages until the end, and so does a table
/// beside an index that is built.
fn needed(asked: &Asked<'_>) -> u64 {
    let statements = asked.plan.steps.iter().flat_map(|step| &step.statements);
    let of = |statement: &planner::plan::PlannedStatement| {
        let written: u64 = statement.effect.rewrites.iter().map(|table| bytes(asked.statistics, table, true)).sum();
        let built = if statement.effect.builds.is_empty() {
            0
        } else {
            let tables = parse(&statement.sql, asked.plan.target.dialect).0.into_iter().filter_map(|operation| match operation {
                Operation::CreateIndex(create) => Some(create.table.to_string()),
                _ => None,
            });
            // An index holds some columns of each row: half the table is more than most need.
            tables.map(|table| bytes(asked.statistics, &table, false) / 2).sum()
        };
        written + built
    };
    statements.map(of).max().unwrap_or(0)
}

fn bytes(statistics: &Statistics, table: &str, with_indexes: bool) -> u64 {
    let found = statistics.tables.iter().find(|(name, _)| {
        let bare = name.rsplit('.').next().unwrap_or(name);
        name.as_str() == table || bare == table
    });
    let Some((_, size)) = found else { return 0 };
    let indexes: u64 = if with_indexes { size.indexes.iter().filter_map(|index| index.bytes).sum() } else { 0 };
    size.bytes + indexes
}

/// Where the server keeps its files, if that is on this machine.
pub(crate) async fn folder(target: &mut Target, url: &TargetUrl) -> Option<PathBuf> {
    let here = |host: &str| host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let path = match target {
        Target::Sqlite(_) => Path::new(&url.database).parent()?.to_path_buf(),
        Target::Postgres(_) => {
            // A server behind a forwarded port has another address.
            let row = row(target, "SELECT current_setting('data_directory', true), host(inet_server_addr())").await?;
            let local = url.host.starts_with('/') || (here(&url.host) && here(text(&row, 1)));
            local.then(|| PathBuf::from(text(&row, 0)))?
        }
        Target::MySql(_) => {
            let row = row(target, "SELECT @@datadir, @@hostname").await?;
            let own = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
            let local = url.socket.is_some() || (here(&url.host) && own.trim() == text(&row, 1));
            local.then(|| PathBuf::from(text(&row, 0)))?
        }
    };
    Some(if path.as_os_str().is_empty() { PathBuf::from(".") } else { path })
}

/// Bytes that are left for users who are not root.
pub(crate) fn free(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

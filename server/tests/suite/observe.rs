//! What a statement did, as the server itself tells: locks, tables written anew, rows read, refusals. The tests and
//! `cargo xtask oracle` look with the same eyes.
//!
//! On PostgreSQL locks are the own backend's rows in `pg_locks` on relations that were there before, rewrites are changed
//! file nodes, scans are rows that sequential scans read. MariaDB tells of no lock; a table that was copied or rebuilt has
//! another id in InnoDB's dictionary. SQLite is asked for the program that it makes of a statement.

use std::collections::{BTreeMap, BTreeSet};

use planner::dialect::Dialect;
use planner::effect::Effect;
use server::target::{DbError, Target};

/// What was seen, or predicted: printed and compared as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Name and mode.
    pub(crate) locks: BTreeSet<String>,
    /// Tables.
    pub(crate) rewrites: BTreeSet<String>,
    /// Tables.
    pub(crate) scans: BTreeSet<String>,
    /// Tables of which the server does not tell whether they are written anew.
    pub(crate) hidden: BTreeSet<String>,
    /// The server told all it would do, whether or not there are rows: what is not in [`Self::scans`] is not read.
    pub(crate) whole: bool,
}

/// The server before a statement.
#[derive(Debug, Default)]
pub(crate) struct Before {
    /// Tables and views: name and file node by OID; on MariaDB the table's id by its name.
    relations: BTreeMap<String, (String, String)>,
    rows_read: BTreeMap<String, u64>,
    /// SQLite: what the program of the statement does.
    program: Option<Seen>,
}

/// Lock modes from weak to strong, as PostgreSQL numbers them.
pub(crate) const MODES: &[&str] = &[
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
];

/// Looks before a statement. On PostgreSQL the statement must run in the transaction that is open now.
///
/// # Errors
/// The server's refusal.
pub(crate) async fn before(target: &mut Target, sql: &str) -> Result<Before, DbError> {
    let program = match target.dialect() {
        Dialect::Sqlite => Some(program(target, sql).await),
        _ => None,
    };
    Ok(Before { relations: relations(target).await?, rows_read: rows_read(target).await?, program })
}

/// Looks after it.
///
/// # Errors
/// The server's refusal.
pub(crate) async fn after(target: &mut Target, before: &Before) -> Result<Seen, DbError> {
    if let Some(program) = &before.program {
        return Ok(program.clone());
    }
    let mut seen = Seen { hidden: hidden(target).await?, ..Seen::default() };
    for (oid, mode) in locks(target).await? {
        if let Some((name, _)) = before.relations.get(&oid)
            && mode > 0
        {
            seen.locks.insert(format!("{name} {}", MODES.get(mode).unwrap_or(&"")));
        }
    }
    for (oid, rows) in rows_read(target).await? {
        if rows > before.rows_read.get(&oid).copied().unwrap_or_default()
            && let Some((name, _)) = before.relations.get(&oid)
        {
            seen.scans.insert(name.clone());
        }
    }
    let now = relations(target).await?;
    let by_name = target.dialect() != Dialect::Postgres;
    // New to the dictionary: new altogether, or of another engine before.
    let new = now.iter().filter(|(oid, _)| by_name && !before.relations.contains_key(*oid));
    seen.hidden.extend(new.map(|(_, (name, _))| name.clone()));
    for (oid, (name, node)) in &before.relations {
        match now.get(oid) {
            Some((_, now)) if now != node => seen.rewrites.insert(name.clone()),
            // Gone, or written anew and then called otherwise.
            None if by_name && !now.values().any(|(_, now)| now == node) => seen.hidden.insert(name.clone()),
            _ => continue,
        };
    }
    Ok(seen)
}

/// Only InnoDB keeps a dictionary that shows its tables' ids.
async fn hidden(target: &mut Target) -> Result<BTreeSet<String>, DbError> {
    if !matches!(target.dialect(), Dialect::MySql | Dialect::MariaDb) {
        return Ok(BTreeSet::new());
    }
    let sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND engine <> 'InnoDB'";
    Ok(target.rows(sql).await?.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
}

/// What the effect says of objects that a server shows to everyone: temporary tables are left out. MariaDB shows no locks.
pub(crate) fn predicted(effect: &Effect) -> Seen {
    let shown = |name: &&String| !name.starts_with("pg_temp.");
    Seen {
        locks: effect
            .locks
            .iter()
            .filter(|lock| shown(&&lock.object))
            .map(|lock| format!("{} {:?}", lock.object, lock.mode))
            .filter(|lock| !lock.ends_with(" LockNone") && !lock.ends_with(" LockShared") && !lock.ends_with(" LockExclusive"))
            .collect(),
        rewrites: effect.rewrites.iter().filter(shown).cloned().collect(),
        scans: effect.scans.iter().filter(shown).cloned().collect(),
        ..Seen::default()
    }
}

/// The program of SQLite's machine for a statement: a transaction that writes, loops over tables, and loops that write
/// into the table they go over. A refused statement has none; the refusal itself is met when it runs.
async fn program(target: &mut Target, sql: &str) -> Seen {
    let mut seen = Seen { whole: true, ..Seen::default() };
    let roots = target
        .rows("SELECT rootpage, name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        .await
        .unwrap_or_default();
    let roots: BTreeMap<String, String> =
        roots.into_iter().filter_map(|row| Some((row.first()?.clone()?, row.get(1)?.clone()?))).collect();
    let mut cursors: BTreeMap<String, String> = BTreeMap::new();
    for row in target.rows(&format!("EXPLAIN {sql}")).await.unwrap_or_default() {
        let text = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
        let (opcode, p1, p2) = (text(1), text(2), text(3));
        match opcode.as_str() {
            "Transaction" if p1 == "0" && p2 != "0" => {
                seen.locks.insert("main DatabaseWriteLock".to_owned());
            }
            "OpenRead" | "OpenWrite" | "ReopenIdx" => {
                cursors.remove(&p1);
                if let Some(name) = roots.get(&p2) {
                    cursors.insert(p1, name.clone());
                }
            }
            // A check of the whole table runs inside a virtual one, which shows no loop.
            "VOpen" => seen.whole = false,
            "Rewind" | "Last" => seen.scans.extend(cursors.get(&p1).cloned()),
            "Insert" => seen.rewrites.extend(cursors.get(&p1).filter(|name| seen.scans.contains(*name)).cloned()),
            "Vacuum" => {
                seen.locks.insert("main DatabaseWriteLock".to_owned());
                seen.scans.extend(roots.values().cloned());
                seen.rewrites.extend(roots.values().cloned());
            }
            _ => {}
        }
    }
    seen
}

async fn relations(target: &mut Target) -> Result<BTreeMap<String, (String, String)>, DbError> {
    let sql = match target.dialect() {
        Dialect::Postgres => {
            "SELECT c.oid, n.nspname || '.' || c.relname, c.relfilenode FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname !~ '^pg_|^information'"
        }
        Dialect::MySql | Dialect::MariaDb => {
            "SELECT name, SUBSTRING_INDEX(name, '/', -1), table_id FROM information_schema.innodb_sys_tables \
             WHERE name LIKE CONCAT(DATABASE(), '/%')"
        }
        Dialect::Sqlite => return Ok(BTreeMap::new()),
    };
    let rows = target.rows(sql).await?.into_iter();
    Ok(rows
        .map(|row| {
            let mut texts = row.into_iter().map(Option::unwrap_or_default);
            let mut next = || texts.next().unwrap_or_default();
            (next(), (next(), next()))
        })
        .collect())
}

/// The strongest mode held on each relation, by OID.
async fn locks(target: &mut Target) -> Result<BTreeMap<String, usize>, DbError> {
    let mut strongest: BTreeMap<String, usize> = BTreeMap::new();
    if target.dialect() != Dialect::Postgres {
        return Ok(strongest);
    }
    let sql = "SELECT relation::oid::text, mode FROM pg_catalog.pg_locks WHERE pid = pg_backend_pid() \
         AND locktype = 'relation' AND granted \
         AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())";
    for row in target.rows(sql).await? {
        if let [Some(oid), Some(mode)] = row.as_slice() {
            let mode = MODES.iter().position(|known| known == mode).unwrap_or_default();
            let held = strongest.entry(oid.clone()).or_default();
            *held = mode.max(*held);
        }
    }
    Ok(strongest)
}

/// Rows that sequential scans read so far, by OID. The session's counters outlive a transaction for a while.
async fn rows_read(target: &mut Target) -> Result<BTreeMap<String, u64>, DbError> {
    if target.dialect() != Dialect::Postgres {
        return Ok(BTreeMap::new());
    }
    let rows = target.rows("SELECT relid::text, seq_tup_read::text FROM pg_catalog.pg_stat_xact_user_tables").await?;
    let read = rows.into_iter().filter_map(|row| match row.as_slice() {
        [Some(oid), Some(rows)] => Some((oid.clone(), rows.parse().ok()?)),
        _ => None,
    });
    Ok(read.collect())
}

/// The server's sentence alone, without detail and hint.
pub(crate) fn sentence(error: &DbError) -> String {
    match &error.refusal {
        Some(refusal) => {
            let first = refusal.message.lines().next().unwrap_or_default();
            first.strip_prefix("ERROR: ").unwrap_or(first).to_owned()
        }
        None => error.message.clone(),
    }
}

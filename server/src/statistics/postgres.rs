//! PostgreSQL: `pg_class`, `pg_index`, `pg_stats` and the cumulative statistics.

use planner::name::ObjectName;
use planner::project::statistics::{ColumnStatistics, Fraction, IndexStatistics, Statistics};

use super::{Counters, fraction, number, rows, table, text};
use crate::target::{Target, TextRow};

/// Schemas of the server's own.
const OWN: &str = "('pg_catalog', 'information_schema', 'pg_toast')";
/// Bytes of a row beside its values: header and line pointer.
const HEADER: u64 = 28;

pub(super) async fn complete(target: &mut Target, statistics: &mut Statistics) {
    tables(target, statistics).await;
    indexes(target, statistics).await;
    columns(target, statistics).await;
    let lag = "SELECT CASE WHEN pg_is_in_recovery() \
               THEN (extract(epoch FROM now() - pg_last_xact_replay_timestamp()) * 1000)::bigint \
               ELSE (SELECT (max(extract(epoch FROM replay_lag)) * 1000)::bigint FROM pg_stat_replication) END";
    statistics.replica_lag_ms = rows(target, lag).await.first().and_then(|row| number(row, 0));
}

async fn tables(target: &mut Target, statistics: &mut Statistics) {
    let sql = format!(
        "SELECT n.nspname, c.relname, \
         (SELECT option_value FROM pg_options_to_table(c.reloptions) WHERE option_name = 'fillfactor'), s.n_dead_tup, \
         to_char(greatest(s.last_analyze, s.last_autoanalyze) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') \
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid \
         WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname NOT IN {OWN}"
    );
    for row in rows(target, &sql).await {
        let Some(known) = table(statistics, name(&row)) else { continue };
        known.fillfactor = Some(number(&row, 2).and_then(|percent| u32::try_from(percent).ok()).unwrap_or(100));
        known.dead_rows = number(&row, 3);
        known.last_analyzed = text(&row, 4).map(str::to_owned);
    }
}

async fn indexes(target: &mut Target, statistics: &mut Statistics) {
    let sql = format!(
        "SELECT n.nspname, c.relname, i.relname, pg_relation_size(i.oid) FROM pg_index x \
         JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid \
         JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname NOT IN {OWN} ORDER BY 1, 2, 3"
    );
    for row in rows(target, &sql).await {
        if let (Some(known), Some(index)) = (table(statistics, name(&row)), text(&row, 2)) {
            known.indexes.push(IndexStatistics { name: index.to_owned(), bytes: number(&row, 3) });
        }
    }
}

async fn columns(target: &mut Target, statistics: &mut Statistics) {
    let sql = format!(
        "SELECT schemaname, tablename, attname, null_frac, n_distinct, avg_width FROM pg_stats \
         WHERE NOT inherited AND schemaname NOT IN {OWN} ORDER BY 1, 2, 3"
    );
    for row in rows(target, &sql).await {
        let (Some(known), Some(column)) = (table(statistics, name(&row)), text(&row, 2)) else { continue };
        let nulls = fraction(&row, 3).map(Fraction::of);
        let width = number(&row, 5);
        // Below zero: a share of the rows.
        let distinct = fraction(&row, 4).and_then(|found| match found {
            share if share < 0.0 => Some(Fraction::of(-share).share_of(known.rows)),
            _ => text(&row, 4)?.split('.').next()?.parse().ok(),
        });
        let empty = nulls.unwrap_or_default().share_of(width.unwrap_or(0));
        let own = width.unwrap_or(0).saturating_sub(empty);
        known.row_bytes = Some(known.row_bytes.unwrap_or(HEADER).saturating_add(own));
        known.columns.insert(column.to_owned(), ColumnStatistics { null_fraction: nulls, distinct, width });
    }
}

pub(super) async fn counters(target: &mut Target) -> Option<Counters> {
    let sql = format!(
        "SELECT schemaname, relname, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0), \
         n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_all_tables WHERE schemaname NOT IN {OWN}"
    );
    let rows = target.rows(&sql).await.ok()?;
    let counter = |row: &TextRow| Some((name(row)?, (number(row, 2)?, number(row, 3)?)));
    Some(rows.iter().filter_map(counter).collect())
}

/// `schema.table` from the first two columns.
fn name(row: &TextRow) -> Option<String> {
    Some(ObjectName::qualified(text(row, 0)?, text(row, 1)?).to_string())
}

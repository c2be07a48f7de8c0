//! MySQL and MariaDB: `information_schema`, InnoDB's persistent statistics, `performance_schema`.

use planner::dialect::Dialect;
use planner::project::statistics::{Fraction, IndexStatistics, Statistics};

use super::{Counters, fraction, number, rows, table, text};
use crate::target::{Target, TextRow};

/// Place of `Seconds_Behind_Source` among the columns of `SHOW REPLICA STATUS`, the same in both products since 5.5.
const SECONDS_BEHIND: usize = 32;

pub(super) async fn complete(target: &mut Target, statistics: &mut Statistics) {
    tables(target, statistics).await;
    indexes(target, statistics).await;
    columns(target, statistics).await;
    let replica = rows(target, "SHOW REPLICA STATUS").await;
    let behind = replica.iter().filter_map(|row| number(row, SECONDS_BEHIND)).max();
    statistics.replica_lag_ms = behind.map(|seconds| seconds.saturating_mul(1000));
}

async fn tables(target: &mut Target, statistics: &mut Statistics) {
    let sql = "SELECT table_name, avg_row_length FROM information_schema.tables \
               WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'";
    for row in rows(target, sql).await {
        if let Some(known) = table(statistics, name(&row)) {
            known.row_bytes = number(&row, 1).filter(|bytes| *bytes > 0);
        }
    }
    let sql = "SELECT table_name, DATE_FORMAT(CONVERT_TZ(last_update, @@session.time_zone, '+00:00'), '%Y-%m-%dT%H:%i:%sZ') \
               FROM mysql.innodb_table_stats WHERE database_name = DATABASE()";
    for row in rows(target, sql).await {
        if let Some(known) = table(statistics, name(&row)) {
            known.last_analyzed = text(&row, 1).map(str::to_owned);
        }
    }
}

/// Names for everybody, sizes for those who may read InnoDB's own table of them. The clustered index is the table.
async fn indexes(target: &mut Target, statistics: &mut Statistics) {
    let sql = "SELECT DISTINCT table_name, index_name FROM information_schema.statistics \
               WHERE table_schema = DATABASE() AND index_name <> 'PRIMARY' ORDER BY 1, 2";
    for row in rows(target, sql).await {
        if let (Some(known), Some(index)) = (table(statistics, name(&row)), text(&row, 1)) {
            known.indexes.push(IndexStatistics { name: index.to_owned(), bytes: None });
        }
    }
    let sql = "SELECT table_name, index_name, stat_value * @@innodb_page_size FROM mysql.innodb_index_stats \
               WHERE database_name = DATABASE() AND stat_name = 'size'";
    for row in rows(target, sql).await {
        let Some(known) = table(statistics, name(&row)) else { continue };
        if let Some(index) = known.indexes.iter_mut().find(|index| Some(index.name.as_str()) == text(&row, 1)) {
            index.bytes = number(&row, 2);
        }
    }
}

/// What `ANALYZE TABLE` has left: MariaDB's engine-independent statistics, MySQL's histograms; and of every index the
/// cardinality of its first column.
async fn columns(target: &mut Target, statistics: &mut Statistics) {
    let sql = "SELECT table_name, column_name, MAX(cardinality) FROM information_schema.statistics \
               WHERE table_schema = DATABASE() AND seq_in_index = 1 AND column_name IS NOT NULL GROUP BY 1, 2";
    for row in rows(target, sql).await {
        if let (Some(known), Some(column)) = (table(statistics, name(&row)), text(&row, 1)) {
            known.columns.entry(column.to_owned()).or_default().distinct = number(&row, 2);
        }
    }
    let sql = match target.dialect() {
        Dialect::MariaDb => {
            "SELECT table_name, column_name, nulls_ratio, ROUND(avg_length), avg_frequency FROM mysql.column_stats \
             WHERE db_name = DATABASE()"
        }
        _ => {
            "SELECT table_name, column_name, JSON_EXTRACT(histogram, '$.\"null-values\"'), NULL, NULL \
             FROM information_schema.column_statistics WHERE schema_name = DATABASE()"
        }
    };
    for row in rows(target, sql).await {
        let (Some(known), Some(column)) = (table(statistics, name(&row)), text(&row, 1)) else { continue };
        let (rows, column) = (known.rows, known.columns.entry(column.to_owned()).or_default());
        column.null_fraction = fraction(&row, 2).map(Fraction::of);
        column.width = number(&row, 3);
        let frequency = fraction(&row, 4).filter(|frequency| *frequency >= 1.0);
        column.distinct = frequency.map(|frequency| Fraction::of(1.0 / frequency).share_of(rows)).or(column.distinct);
    }
}

/// `None` where the server counts nothing by table.
pub(super) async fn counters(target: &mut Target) -> Option<Counters> {
    let sql = match target.dialect() {
        Dialect::MariaDb => {
            "SELECT table_name, rows_read, rows_changed FROM information_schema.table_statistics WHERE table_schema = DATABASE()"
        }
        _ => {
            "SELECT object_name, count_read, count_write FROM performance_schema.table_io_waits_summary_by_table \
             WHERE object_schema = DATABASE()"
        }
    };
    let rows = target.rows(sql).await.ok().filter(|rows| !rows.is_empty())?;
    let counter = |row: &TextRow| Some((name(row)?, (number(row, 1)?, number(row, 2)?)));
    Some(rows.iter().filter_map(counter).collect())
}

fn name(row: &TextRow) -> Option<String> {
    text(row, 0).map(str::to_owned)
}

//! SQLite: pages by `dbstat`, which reads the file once, and what `ANALYZE` has left in `sqlite_stat1`.

use planner::project::statistics::{IndexStatistics, Statistics};

use super::{number, rows, table, text};
use crate::target::Target;

/// A larger file is not read from end to end for its sizes, bytes.
const READ: u64 = 4 << 30;

pub(super) async fn complete(target: &mut Target, statistics: &mut Statistics) {
    let size = rows(target, "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()").await;
    if size.first().and_then(|row| number(row, 0)).is_some_and(|size| size <= READ) {
        sizes(target, statistics).await;
    }
    let sql = "SELECT s.tbl, i.name, s.stat FROM sqlite_stat1 s, pragma_index_info(s.idx) i WHERE i.seqno = 0";
    for row in rows(target, sql).await {
        // "rows, rows of one value of the first column, …"
        let mut words = text(&row, 2).unwrap_or_default().split(' ').map(str::parse::<u64>);
        let (Some(Ok(all)), Some(Ok(each))) = (words.next(), words.next()) else { continue };
        if let (Some(known), Some(column)) = (table(statistics, text(&row, 0).map(str::to_owned)), text(&row, 1)) {
            known.columns.entry(column.to_owned()).or_default().distinct = all.checked_div(each);
        }
    }
}

async fn sizes(target: &mut Target, statistics: &mut Statistics) {
    let sql = "SELECT m.type, m.tbl_name, m.name, s.pgsize, s.payload FROM dbstat s JOIN sqlite_master m ON m.name = s.name \
               WHERE s.aggregate = TRUE ORDER BY 2, 3";
    for row in rows(target, sql).await {
        let (Some(known), Some(bytes)) = (table(statistics, text(&row, 1).map(str::to_owned)), number(&row, 3)) else { continue };
        match text(&row, 0) {
            Some("table") => {
                known.bytes = bytes;
                known.row_bytes = number(&row, 4).and_then(|payload| payload.checked_div(known.rows));
            }
            _ => known.indexes.push(IndexStatistics { name: text(&row, 2).unwrap_or_default().to_owned(), bytes: Some(bytes) }),
        }
    }
}

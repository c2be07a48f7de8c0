//! Where the bars of the timeline stand.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use planner::effect::Blocks;
use planner::plan::{PlannedStatement, Step};
use planner::sort::Sort;

/// Rows drawn at first: more than this nobody reads.
const FIRST_ROWS: usize = 40;
/// Room for the names.
const NAME: u32 = 180;

/// All of a plan's timeline.
#[derive(Default)]
pub(super) struct Bars {
    /// Rows by object in the order of their first lock.
    pub(super) rows: Vec<Row>,
    /// Left edge of each step.
    pub(super) marks: Vec<u32>,
    /// The width of the whole.
    pub(super) width: u32,
}

/// The bars of one object.
pub(super) struct Row {
    /// Its name.
    pub(super) object: String,
    /// From left to right.
    pub(super) bars: Vec<Bar>,
}

/// One bar.
pub(super) struct Bar {
    /// Its left edge.
    pub(super) left: u32,
    /// Its width.
    pub(super) width: u32,
    /// Place of the step, of the statement in it, and of the lock among those of the statement.
    pub(super) of: (usize, usize, usize),
    /// Whom it keeps waiting.
    pub(super) blocks: Blocks,
}

impl Row {
    /// What it is judged by where not all rows are shown: the worst anyone has to wait for, and how often.
    fn harm(&self) -> (Option<Blocks>, usize) {
        (self.bars.iter().map(|bar| bar.blocks).max(), self.bars.len())
    }
}

impl Bars {
    /// Those of a plan's steps.
    pub(super) fn of(steps: &[Step]) -> Self {
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let (mut rows, mut marks): (Vec<Row>, Vec<u32>) = (Vec::new(), Vec::new());
        let mut left = NAME;
        for (at, step) in steps.iter().enumerate() {
            marks.push(left);
            let begun = left;
            for (number, statement) in step.statements.iter().enumerate() {
                let width = column(statement);
                for (lock, held) in statement.effect.locks.iter().enumerate() {
                    let blocks = statement.effect.blocked_by(held);
                    // What the migration itself made is nobody's to wait for; a batch shows where it works.
                    if blocks == Blocks::Nothing && statement.batch.is_none() {
                        continue;
                    }
                    let place = *places.entry(&held.object).or_insert_with(|| {
                        rows.push(Row { object: held.object.clone(), bars: Vec::new() });
                        rows.len() - 1
                    });
                    if let Some(row) = rows.get_mut(place) {
                        row.bars.push(Bar { left, width, of: (at, number, lock), blocks });
                    }
                }
                left += width + 2;
            }
            left = left.max(begun + 18) + 6;
        }
        Self { rows, marks, width: left + 8 }
    }

    /// The rows that are shown first, still in the order of their first lock.
    pub(super) fn worst(&self) -> Vec<&Row> {
        let mut ranked: Vec<(usize, &Row)> = self.rows.iter().enumerate().collect();
        if ranked.len() > FIRST_ROWS {
            ranked.order_by_key(|(at, row)| (Reverse(row.harm()), *at));
            ranked.truncate(FIRST_ROWS);
            ranked.order_by_key(|(at, _)| *at);
        }
        ranked.into_iter().map(|(_, row)| row).collect()
    }
}

/// Width of a statement: 8 units, and 6 more for each tenfold duration from 1 ms on.
fn column(statement: &PlannedStatement) -> u32 {
    let batched = statement.batch.as_ref().and_then(|batch| batch.duration_ms);
    let ms = batched.or(statement.effect.lock_ms).map_or(0, |(_, high)| high);
    8 + 6 * ms.checked_ilog10().map_or(0, |tenfolds| tenfolds + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_shown_first_are_the_worst_in_the_order_of_the_plan() {
        let row = |at: usize| {
            let blocks = if at.is_multiple_of(3) { Blocks::ReadsAndWrites } else { Blocks::Writes };
            Row { object: at.to_string(), bars: vec![Bar { left: 0, width: 8, of: (at, 0, 0), blocks }] }
        };
        let worst = |rows| {
            let bars = Bars { rows: (0..rows).map(row).collect(), ..Bars::default() };
            bars.worst().into_iter().map(|row| row.object.clone()).collect::<Vec<_>>()
        };
        let shown = worst(90);
        assert_eq!(shown.len(), FIRST_ROWS);
        assert!((0..30).all(|third| shown.contains(&(third * 3).to_string())), "{shown:?}");
        assert!(shown.is_sorted_by_key(|object| object.parse::<usize>().unwrap_or(0)), "{shown:?}");
        assert_eq!(worst(5).len(), 5);
    }
}

//! Which steps lose data: rows or values that are there before and not behind.

use planner::dialect::Dialect;
use planner::plan::Step;
use planner::statement::operation::Operation;
use planner::statement::parse::parse;

/// Whether a step may lose data. What cannot be read may.
#[must_use]
pub fn is_lossy(step: &Step, dialect: Dialect) -> bool {
    step.fallback.is_some() || step.statements.iter().any(|statement| takes_away(&statement.sql, dialect))
}

/// Whether a statement may.
#[must_use]
pub fn takes_away(sql: &str, dialect: Dialect) -> bool {
    parse(sql, dialect).0.iter().any(|operation| loses(operation, sql))
}

fn loses(operation: &Operation, sql: &str) -> bool {
    match operation {
        Operation::DropTable { .. }
        | Operation::DropColumn { .. }
        | Operation::DropSchema { .. }
        | Operation::Truncate { .. }
        | Operation::AlterColumnType { .. }
        | Operation::ModifyColumn { .. }
        | Operation::Update(_)
        | Operation::Delete(_)
        | Operation::Call { .. }
        | Operation::Opaque { .. } => true,
        // An upsert writes over what is there.
        Operation::Insert(_) => {
            let words = sql.to_ascii_uppercase();
            ["CONFLICT", "DUPLICATE KEY", "REPLACE"].iter().any(|word| words.contains(word))
        }
        // `DROP TYPE … CASCADE` takes columns along.
        Operation::DropType { cascade, .. } => *cascade,
        Operation::Guarded { operations, .. } => operations.iter().any(|operation| loses(operation, sql)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_rows_or_values_away_loses_them() {
        let lossy = |sql: &str| takes_away(sql, Dialect::Postgres);
        for sql in ["DROP TABLE t", "ALTER TABLE t DROP COLUMN a", "DELETE FROM t", "UPDATE t SET a = 1", "TRUNCATE t"] {
            assert!(lossy(sql), "{sql}");
        }
        assert!(lossy("INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET b = 2"));
        assert!(lossy("DO $$ BEGIN EXECUTE current_setting('a.b'); END $$"));
        for sql in ["CREATE TABLE t (a int)", "DROP INDEX i", "INSERT INTO t VALUES (1)", "ALTER TABLE t ADD COLUMN a int"] {
            assert!(!lossy(sql), "{sql}");
        }
    }
}

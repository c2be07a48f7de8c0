//! How a statement outside the step's transaction is sent.

use planner::dialect::Dialect;
use planner::plan::{PlannedStatement, Step};
use planner::statement::implicit_commit::{commits, leading_words};

/// How a statement is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// Sets something of the session: sent on every attempt, never journalled.
    Session,
    /// `LOCK TABLES`: as [`Self::Session`], with the journal's tables among the locked ones.
    Lock,
    /// In a transaction of its own, with its journal row.
    Exact,
    /// In the transaction its author opened, with its journal row.
    Within,
    /// Alone, between intent and outcome.
    Alone,
}

/// What the statements so far have done to the session's transaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manners {
    mysql: bool,
    /// The script opens and closes transactions (PostgreSQL and SQLite; there nothing else is known of them).
    own_transactions: bool,
    /// The author opened a transaction (MySQL and MariaDB).
    open: bool,
    /// The author turned autocommit off (MySQL and MariaDB).
    manual: bool,
}

impl Manners {
    pub(super) fn of(dialect: Dialect, step: &Step) -> Self {
        let mysql = matches!(dialect, Dialect::MySql | Dialect::MariaDb);
        let control = |statement: &PlannedStatement| {
            let word = leading_words(&statement.sql, 1);
            matches!(
                word.first().map_or("", String::as_str),
                "BEGIN" | "START" | "COMMIT" | "END" | "ROLLBACK" | "SAVEPOINT" | "RELEASE" | "ABORT"
            )
        };
        Self { mysql, own_transactions: !mysql && step.statements.iter().any(control), open: false, manual: false }
    }

    /// How the next statement is sent.
    pub(super) fn next(&mut self, statement: &PlannedStatement) -> Manner {
        if self.mysql { self.mysql(&statement.sql) } else { self.standard(statement) }
    }

    fn standard(self, statement: &PlannedStatement) -> Manner {
        let words = leading_words(&statement.sql, 1);
        let sets = matches!(words.first().map_or("", String::as_str), "SET" | "RESET" | "PRAGMA");
        let exact = statement.effect.transactional && statement.effect.opaque.is_none();
        match (sets, self.own_transactions, exact) {
            (true, _, _) => Manner::Session,
            (false, false, true) => Manner::Exact,
            _ => Manner::Alone,
        }
    }

    /// Transaction control is sent again on every attempt: rows and journal rows inside were committed together or not
    /// at all, so what is left of the script fits into a new transaction at the same place.
    fn mysql(&mut self, sql: &str) -> Manner {
        let words = leading_words(sql, 3);
        let word = |at: usize| words.get(at).map_or("", String::as_str);
        match word(0) {
            "SET" => {
                if words.iter().any(|word| word == "AUTOCOMMIT") {
                    let value = sql.trim_end_matches(|sign: char| !sign.is_alphanumeric()).to_ascii_uppercase();
                    self.manual = value.ends_with('0') || value.ends_with("OFF") || value.ends_with("FALSE");
                    self.open = false;
                }
                Manner::Session
            }
            "BEGIN" | "START" => {
                self.open = true;
                Manner::Session
            }
            "COMMIT" | "ROLLBACK" => {
                self.open = self.open && word(1) == "TO";
                Manner::Session
            }
            "LOCK" if matches!(word(1), "TABLE" | "TABLES") => {
                self.open = false;
                Manner::Lock
            }
            "USE" | "UNLOCK" | "PREPARE" | "DEALLOCATE" | "SAVEPOINT" | "RELEASE" => Manner::Session,
            _ if commits(sql) => {
                self.open = false;
                Manner::Alone
            }
            _ if self.open || self.manual => Manner::Within,
            _ => Manner::Exact,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manners(script: &[&str]) -> Vec<Manner> {
        let mut manners = Manners { mysql: true, own_transactions: false, open: false, manual: false };
        script.iter().map(|sql| manners.mysql(sql)).collect()
    }

    #[test]
    fn the_authors_transaction_ends_where_the_server_ends_it() {
        use Manner::{Alone, Exact, Lock, Session, Within};
        let script = ["INSERT a", "BEGIN", "INSERT a", "CREATE TABLE b", "INSERT a", "START TRANSACTION", "INSERT a", "COMMIT"];
        assert_eq!(manners(&script), [Exact, Session, Within, Alone, Exact, Session, Within, Session]);
        let script = ["/*!40101 SET autocommit=0*/;", "INSERT a", "DROP TABLE b", "DELETE a", "SET autocommit = 1", "DELETE a"];
        assert_eq!(manners(&script), [Session, Within, Alone, Within, Session, Exact]);
        assert_eq!(manners(&["LOCK TABLES a WRITE", "INSERT a", "UNLOCK TABLES"]), [Lock, Exact, Session]);
    }
}

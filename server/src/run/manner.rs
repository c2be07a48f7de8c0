//! How a statement outside the step's transaction is sent.

use planner::dialect::Dialect;
use planner::plan::PlannedStatement;
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
    /// The author opened a transaction.
    open: bool,
    /// The author turned autocommit off (MySQL and MariaDB).
    manual: bool,
}

impl Manners {
    pub(super) const fn of(dialect: Dialect) -> Self {
        Self { mysql: matches!(dialect, Dialect::MySql | Dialect::MariaDb), open: false, manual: false }
    }

    /// How the next statement is sent.
    pub(super) fn next(&mut self, statement: &PlannedStatement) -> Manner {
        if self.mysql {
            return self.mysql(&statement.sql);
        }
        self.standard(&statement.sql, statement.effect.transactional && statement.effect.opaque.is_none())
    }

    /// PostgreSQL and SQLite, where a transaction ends only where its author ends it. `exact`: the server takes the
    /// statement inside one.
    fn standard(&mut self, sql: &str, exact: bool) -> Manner {
        let words = leading_words(sql, 3);
        let has = |word: &str| words.iter().any(|found| found == word);
        match words.first().map_or("", String::as_str) {
            "SET" | "RESET" | "PRAGMA" | "SAVEPOINT" | "RELEASE" => Manner::Session,
            "BEGIN" | "START" => {
                self.open = true;
                Manner::Session
            }
            "COMMIT" | "END" | "ROLLBACK" | "ABORT" => {
                self.open = self.open && (has("TO") || (has("CHAIN") && !has("NO")));
                Manner::Session
            }
            _ if self.open => Manner::Within,
            _ if exact => Manner::Exact,
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
        let mut manners = Manners::of(Dialect::MariaDb);
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

    #[test]
    fn elsewhere_it_ends_where_its_author_ends_it() {
        use Manner::{Alone, Exact, Session, Within};
        let mut manners = Manners::of(Dialect::Postgres);
        let script =
            ["DELETE a", "COMMIT", "VACUUM a", "BEGIN", "CREATE TABLE b", "ROLLBACK TO s", "DELETE a", "END", "DELETE a"];
        let found: Vec<_> = script.iter().map(|sql| manners.standard(sql, !sql.starts_with("VACUUM"))).collect();
        assert_eq!(found, [Exact, Session, Alone, Session, Within, Session, Within, Session, Exact]);
    }
}

//! Statements that take no part in a transaction.
//!
//! PostgreSQL refuses them in a transaction block (`PreventInTransactionBlock` in its sources, read for 12 to 18), SQLite
//! refuses or passes over them, MySQL and MariaDB commit what is open before them. The words decide, so that a statement
//! the parser cannot read is judged too. `server/tests/suite/oracle_transaction.rs` asks the servers.

use crate::dialect::{Dialect, ServerVersion};
use crate::statement::implicit_commit;
use crate::statement::split::tokens;

/// Words at the head of a statement that can decide.
const HEAD: usize = 80;

/// Whether the server takes the statement inside a transaction, and leaves the transaction open.
#[must_use]
pub fn takes_part(sql: &str, dialect: Dialect, version: ServerVersion) -> bool {
    match dialect {
        Dialect::Postgres if is_plain(sql) => true,
        Dialect::Postgres => !words(sql, dialect, |words| postgres_refuses(words, version)),
        Dialect::Sqlite => !words(sql, dialect, sqlite_refuses),
        Dialect::MySql | Dialect::MariaDb => !implicit_commit::commits(sql),
    }
}

/// The statements most migrations are made of, told by two words: of these no form is refused but that of
/// [`postgres_refuses`] which has CONCURRENTLY in it.
fn is_plain(sql: &str) -> bool {
    let tokens = tokens(sql, Dialect::Postgres, 2);
    let [first, second] = tokens.as_slice() else { return false };
    let begins = |one: &str, other: &str| first.eq_ignore_ascii_case(one) && second.eq_ignore_ascii_case(other);
    begins("create", "table")
        || ((begins("alter", "table") || begins("create", "index")) && !says(sql.as_bytes(), b"concurrently"))
}

/// Whether a text has a word, in whatever case, perhaps as a part of another.
fn says(sql: &[u8], word: &[u8]) -> bool {
    sql.windows(word.len()).any(|found| found.eq_ignore_ascii_case(word))
}

fn words(sql: &str, dialect: Dialect, judge: impl Fn(&[&str]) -> bool) -> bool {
    let upper: Vec<String> = tokens(sql, dialect, HEAD).into_iter().map(str::to_ascii_uppercase).collect();
    judge(&upper.iter().map(String::as_str).collect::<Vec<_>>())
}

/// `DETACH PARTITION … FINALIZE`: the locks of the concurrent form, but inside a transaction all the same.
#[must_use]
pub fn ends_detach(sql: &str, dialect: Dialect) -> bool {
    // Nearly no statement has the word at all.
    let ends = || tokens(sql, dialect, HEAD).last().is_some_and(|word| word.eq_ignore_ascii_case("finalize"));
    dialect == Dialect::Postgres && says(sql.as_bytes(), b"finalize") && ends()
}

fn postgres_refuses(words: &[&str], version: ServerVersion) -> bool {
    let says = |word: &str| words.contains(&word);
    // REINDEX indexes alone are built concurrently by a word in front of the name, or by an option.
    match words {
        ["VACUUM", ..]
        | ["ALTER", "SYSTEM", ..]
        | ["DISCARD", "ALL", ..]
        | ["CREATE" | "DROP", "DATABASE" | "TABLESPACE", ..]
        | ["DROP", "SUBSCRIPTION", ..]
        | ["COMMIT" | "ROLLBACK", "PREPARED", ..]
        | ["CREATE", "INDEX", "CONCURRENTLY", ..]
        | ["CREATE", "UNIQUE", "INDEX", "CONCURRENTLY", ..]
        | ["DROP", "INDEX", "CONCURRENTLY", ..] => true,
        ["CLUSTER"] | ["CLUSTER", "VERBOSE"] | ["CLUSTER", "(", "VERBOSE", ")"] => true,
        ["CREATE", "SUBSCRIPTION", ..] => !is_off(words, "CREATE_SLOT") && !is_off(words, "CONNECT"),
        ["ALTER", "SUBSCRIPTION", _, "REFRESH", ..] => true,
        ["ALTER", "SUBSCRIPTION", _, "SET" | "ADD" | "DROP", "PUBLICATION", ..] => !is_off(words, "REFRESH"),
        ["ALTER", "SUBSCRIPTION", _, "SET", "(", ..] => {
            (version.major >= 17 && says("FAILOVER")) || (version.major >= 18 && says("TWO_PHASE"))
        }
        ["ALTER", "DATABASE", _, "SET", "TABLESPACE", ..] => true,
        ["REINDEX", ..] => reindex_refused(words),
        ["ALTER", "TABLE", ..] => says("DETACH") && words.last() == Some(&"CONCURRENTLY"),
        ["ALTER", "TYPE", ..] => version.major < 12 && words.windows(2).any(|pair| pair == ["ADD", "VALUE"]),
        _ => false,
    }
}

fn reindex_refused(words: &[&str]) -> bool {
    let options = words.iter().position(|word| *word == ")").filter(|_| words.get(1) == Some(&"("));
    let by_option = options.is_some_and(|end| {
        let options = words.get(2..end).unwrap_or_default();
        options.contains(&"CONCURRENTLY") && !is_off(words, "CONCURRENTLY")
    });
    let mut rest = words.get(options.map_or(1, |end| end + 1)..).unwrap_or_default().iter().filter(|word| **word != "VERBOSE");
    match (rest.next(), rest.next()) {
        (Some(&("SCHEMA" | "DATABASE" | "SYSTEM")), _) => true,
        (_, second) => by_option || second == Some(&"CONCURRENTLY"),
    }
}

/// `option = false` in one of its spellings.
fn is_off(words: &[&str], option: &str) -> bool {
    words.iter().enumerate().any(|(at, word)| {
        let value = match words.get(at + 1) {
            Some(&"=") => words.get(at + 2),
            other => other,
        };
        *word == option && value.is_some_and(|value| matches!(value.trim_matches('\''), "FALSE" | "OFF" | "0"))
    })
}

fn sqlite_refuses(words: &[&str]) -> bool {
    match words {
        ["VACUUM", ..] => true,
        ["PRAGMA", rest @ ..] => {
            let (name, value) = match rest {
                [_, ".", name, value @ ..] | [name, value @ ..] => (*name, value),
                [] => return false,
            };
            // Asked without a value they only answer. With one they are refused, or silently do nothing.
            !value.is_empty() && matches!(name, "FOREIGN_KEYS" | "JOURNAL_MODE" | "SYNCHRONOUS" | "TEMP_STORE")
        }
        _ => false,
    }
}

//! Which statements of MySQL and MariaDB end the transaction they stand in.
//!
//! Source: MySQL 8.0 manual 13.3.3 and MariaDB's "SQL statements that cause an implicit commit". Judged by the leading
//! words, because statements no parser reads have to be judged too. What is not known to stay inside is said to commit:
//! `CALL` and `EXECUTE` may run anything.

/// Whether the statement commits, or may commit, by itself.
#[must_use]
pub fn commits(sql: &str) -> bool {
    let words = leading_words(sql, 3);
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    match word(0) {
        "INSERT" | "REPLACE" | "UPDATE" | "DELETE" | "SELECT" | "WITH" | "VALUES" | "DO" | "SHOW" | "EXPLAIN" | "DESCRIBE"
        | "DESC" | "USE" | "SAVEPOINT" | "HANDLER" | "PREPARE" | "DEALLOCATE" => false,
        "SET" => {
            matches!(word(1), "PASSWORD" | "AUTOCOMMIT") || matches!((word(1), word(2)), ("SESSION" | "LOCAL", "AUTOCOMMIT"))
        }
        // They commit nothing, and a rollback takes back none of them.
        "CREATE" | "DROP" => word(1) != "TEMPORARY",
        "LOAD" => !matches!(word(1), "DATA" | "XML"),
        _ => true,
    }
}

/// The first words of a statement in capitals, at most `count`, up to the first sign that is none. Comments are left
/// out, but for `/*! … */`, which these servers execute.
#[must_use]
pub fn leading_words(sql: &str, count: usize) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = sql;
    while words.len() < count {
        rest = blank(rest);
        let end = rest.find(|sign: char| !(sign.is_alphanumeric() || sign == '_')).unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if word.is_empty() {
            break;
        }
        words.push(word.to_uppercase());
        rest = after;
    }
    words
}

/// What follows blanks, comments and the opening of an executed comment.
fn blank(sql: &str) -> &str {
    let mut rest = sql.trim_start();
    loop {
        let executed = rest.strip_prefix("/*!").or_else(|| rest.strip_prefix("/*M!"));
        let skipped = if let Some(code) = executed {
            code.trim_start_matches(|sign: char| sign.is_ascii_digit())
        } else if let Some(after) = rest.strip_prefix("*/") {
            after
        } else if let Some(comment) = rest.strip_prefix("/*") {
            comment.split_once("*/").map_or("", |(_, after)| after)
        } else if rest.starts_with('#') || rest.starts_with("--") {
            rest.split_once('\n').map_or("", |(_, after)| after)
        } else {
            return rest;
        };
        rest = skipped.trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stay_in_the_transaction_and_schemas_do_not() {
        for inside in [
            "insert into t values (1)",
            "-- why\nREPLACE t SELECT 1",
            "/*!40101 SET NAMES utf8 */",
            "CREATE TEMPORARY TABLE t (a INT)",
            "set @x = 1",
            "LOAD DATA INFILE 'x' INTO TABLE t",
        ] {
            assert!(!commits(inside), "{inside}");
        }
        for outside in [
            "CREATE TABLE t (a INT)",
            "/*!40000 ALTER TABLE t DISABLE KEYS */",
            "CALL p()",
            "EXECUTE s",
            "TRUNCATE t",
            "LOCK TABLES t WRITE",
            "SET autocommit = 1",
            "SET PASSWORD = 'x'",
            "",
            "/* open",
        ] {
            assert!(commits(outside), "{outside}");
        }
    }

    #[test]
    fn words_end_at_the_first_sign() {
        assert_eq!(leading_words("create /* a */ or replace view `v`", 9), ["CREATE", "OR", "REPLACE", "VIEW"]);
        assert_eq!(leading_words("/*!50003 CREATE*/ /*!50017 DEFINER=x*/", 9), ["CREATE", "DEFINER"]);
    }
}

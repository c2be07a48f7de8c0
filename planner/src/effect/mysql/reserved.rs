//! Words that MariaDB takes for no name unless they are quoted: `CREATE TABLE t (offset int)`.
//!
//! Source: MariaDB 10.11, asked for a column of every keyword's name; `server/tests/suite/oracle_refusals.rs` asks again.

use super::maria::{Text, syntax};

/// In order.
const RESERVED: &str = "\
    ACCESSIBLE ADD ALL ALTER ANALYZE AND AS ASC ASENSITIVE BEFORE BETWEEN BIGINT BINARY BLOB BOTH BY CALL CASCADE CASE \
    CHANGE CHAR CHARACTER CHECK COLLATE COLUMN CONDITION CONSTRAINT CONTINUE CONVERT CREATE CROSS CURRENT_DATE \
    CURRENT_ROLE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER CURSOR DATABASES DAY_HOUR DAY_MICROSECOND DAY_MINUTE \
    DAY_SECOND DEC DECIMAL DECLARE DEFAULT DELAYED DELETE DELETE_DOMAIN_ID DESC DESCRIBE DETERMINISTIC DISTINCT \
    DISTINCTROW DIV DOUBLE DO_DOMAIN_IDS DROP DUAL EACH ELSE ELSEIF ENCLOSED ESCAPED EXCEPT EXISTS EXIT EXPLAIN FALSE \
    FETCH FLOAT FLOAT4 FLOAT8 FOR FORCE FOREIGN FROM FULLTEXT GRANT GROUP HAVING HIGH_PRIORITY HOUR_MICROSECOND \
    HOUR_MINUTE HOUR_SECOND IF IGNORE IGNORE_DOMAIN_IDS IN INDEX INFILE INNER INOUT INSENSITIVE INSERT INT INT1 INT2 \
    INT3 INT4 INT8 INTEGER INTERSECT INTERVAL INTO IS ITERATE JOIN KEY KEYS KILL LEADING LEAVE LEFT LIKE LIMIT LINEAR \
    LINES LOAD LOCALTIME LOCALTIMESTAMP LOCK LONG LONGBLOB LONGTEXT LOOP LOW_PRIORITY MASTER_DEMOTE_TO_REPLICA \
    MASTER_DEMOTE_TO_SLAVE MASTER_SSL_VERIFY_SERVER_CERT MATCH MAXVALUE MEDIUMBLOB MEDIUMINT MEDIUMTEXT MIDDLEINT \
    MINUTE_MICROSECOND MINUTE_SECOND MOD MODIFIES NATURAL NOT NO_WRITE_TO_BINLOG NULL NUMERIC OFFSET ON OPTIMIZE \
    OPTIONALLY OR ORDER OUT OUTER OUTFILE OVER PAGE_CHECKSUM PARSE_VCOL_EXPR PARTITION PORTION PRECISION PRIMARY \
    PROCEDURE PURGE RANGE READ READS READ_WRITE REAL RECURSIVE REFERENCES REF_SYSTEM_ID REGEXP RELEASE RENAME REPEAT \
    REPLACE REQUIRE RESIGNAL RESTRICT RETURN RETURNING REVOKE RIGHT RLIKE ROWS ROW_NUMBER SCHEMAS SECOND_MICROSECOND \
    SELECT SENSITIVE SEPARATOR SET SHOW SIGNAL SMALLINT SPATIAL SPECIFIC SQL SQLEXCEPTION SQLSTATE SQLWARNING \
    SQL_BIG_RESULT SQL_CALC_FOUND_ROWS SQL_SMALL_RESULT SSL STARTING STATS_AUTO_RECALC STATS_PERSISTENT \
    STATS_SAMPLE_PAGES STRAIGHT_JOIN TABLE TERMINATED THEN TINYBLOB TINYINT TINYTEXT TO TRAILING TRIGGER TRUE UNDO UNION \
    UNIQUE UNLOCK UNSIGNED UPDATE USAGE USE USING UTC_DATE UTC_TIME UTC_TIMESTAMP VALUES VARBINARY VARCHAR VARCHARACTER \
    VARYING WHEN WHERE WHILE WITH WRITE XOR YEAR_MONTH ZEROFILL";

/// Whether a word in capitals is no name.
pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED.split(' ').any(|own| own == word)
}

/// The name that is none.
pub(super) fn refusal(text: &Text<'_>) -> Option<String> {
    let table = text.words.iter().take(5).position(|word| *word == "TABLE")?;
    let names = match text.at(0) {
        "CREATE" => created(text, table),
        "ALTER" => altered(text, table),
        _ => return None,
    };
    names.into_iter().map(|place| text.at(place)).find(|word| is_reserved(word)).map(refused)
}

/// What is said of a reserved word where a name should be.
pub(super) fn refused(word: &str) -> String {
    syntax(word, "the word is reserved; quote it: `…`")
}

/// Where names of columns and the table's own stand in `CREATE TABLE name (a int, b int)`.
fn created(text: &Text<'_>, table: usize) -> Vec<usize> {
    let mut name = skip(text, table + 1, &["IF", "NOT", "EXISTS"]);
    let own = Some(name).filter(|name| text.at(name + 1) != ".");
    if own.is_none() {
        // Behind a full stop any word is a name.
        name += 2;
    }
    let columns = if text.at(name + 1) == "(" { columns(text, name + 1) } else { Vec::new() };
    own.into_iter().chain(columns).collect()
}

/// The first word of every part of a list of columns that is a column, or would have to be.
fn columns(text: &Text<'_>, open: usize) -> Vec<usize> {
    let inside = text.depth(open) + 1;
    let begins = |place: &usize| text.depth(*place) == inside && matches!(text.at(place - 1), "(" | ",");
    (open + 1..text.close(open)).filter(begins).filter(|place| !is_no_column(text, *place)).collect()
}

/// Whether something else than a column begins at a place: `KEY (a)` does, `key int` does not.
fn is_no_column(text: &Text<'_>, place: usize) -> bool {
    let next = text.at(place + 1);
    match text.at(place) {
        "CHECK" => next == "(",
        "CONSTRAINT" => (1..3).any(|at| matches!(text.at(place + at), "CHECK" | "FOREIGN" | "PRIMARY" | "UNIQUE")),
        "FOREIGN" | "PRIMARY" => next == "KEY",
        "FULLTEXT" | "INDEX" | "KEY" | "SPATIAL" | "UNIQUE" => is_index(text, place),
        "PERIOD" => next == "FOR",
        "LIKE" | "SELECT" | "WITH" | "(" => text.at(place - 1) == "(",
        _ => false,
    }
}

/// Whether `KEY name USING BTREE (column` stands at a place, or a part of it.
fn is_index(text: &Text<'_>, place: usize) -> bool {
    let open = (place + 1..place + 9).find(|place| matches!(text.at(*place), "(" | ")" | "," | ""));
    open.is_some_and(|open| text.at(open) == "(" && !text.at(open + 1).starts_with(|c: char| c.is_ascii_digit()))
}

/// Where names of columns stand in `ALTER TABLE`.
fn altered(text: &Text<'_>, table: usize) -> Vec<usize> {
    let mut names = Vec::new();
    for place in text.outside().filter(|place| *place > table + 1) {
        let behind = |place: usize| skip(text, skip(text, place, &["COLUMN"]), &["IF", "NOT", "EXISTS"]);
        match text.at(place) {
            "ADD" => {
                let name = behind(place + 1);
                if text.at(name) == "(" {
                    names.extend(columns(text, name));
                } else if !matches!(text.at(name), "PARTITION" | "SYSTEM") && !is_no_column(text, name) {
                    names.push(name);
                }
            }
            "CHANGE" => names.extend([behind(place + 1), behind(place + 1) + 1]),
            "MODIFY" => names.push(behind(place + 1)),
            "RENAME" if text.at(place + 1) == "COLUMN" => names.extend([place + 2, place + 4]),
            _ => {}
        }
    }
    names
}

/// The place behind some words, those that stand there.
fn skip(text: &Text<'_>, place: usize, words: &[&str]) -> usize {
    words.iter().fold(place, |at, word| if text.at(at) == *word { at + 1 } else { at })
}

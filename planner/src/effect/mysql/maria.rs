//! What other products understand and MariaDB does not: a script written for MySQL, or for PostgreSQL, is refused.
//!
//! Source: MariaDB 10.11, asked; `server/tests/suite/oracle_refusals.rs` asks again. What MariaDB 12 has learned is not
//! known here, so nothing is said of it.

use super::reserved;
use crate::catalog::Catalog;
use crate::dialect::Dialect;
use crate::statement::split::tokens;

/// Words in a row that MariaDB has no meaning for, and what it has instead.
const SEQUENCES: &[(&[&str], &str)] = &[
    (&["-", ">"], "JSON_VALUE(column, path) and JSON_EXTRACT(column, path) do the same on both"),
    (&["MEMBER", "OF", "("], "JSON_CONTAINS does the same on both"),
    (&["LATERAL", "("], "write a join or a subquery"),
    (&[")", "NOT", "ENFORCED"], "MariaDB enforces every check"),
    (&["FOR", "SHARE"], "LOCK IN SHARE MODE does the same on both"),
    (&["FOR", "UPDATE", "OF"], "FOR UPDATE locks the rows of every table"),
    (&["VALUES", "ROW", "("], "leave ROW out"),
    (&["ALTER", "CHECK"], "MariaDB enforces every check"),
    (&["DROP", "CHECK"], "DROP CONSTRAINT does the same on both"),
    (&["DEFAULT", "ROLE", "ALL"], "SET DEFAULT ROLE role FOR user"),
    (&["FROM", "FIRST", "OVER"], "leave FROM FIRST out"),
    (&["ON", "CONFLICT"], "ON DUPLICATE KEY UPDATE or INSERT IGNORE"),
    (&[":", ":"], "CAST(value AS type) does the same"),
    (&["WITH", "TIME", "ZONE"], "TIMESTAMP keeps a point in time, DATETIME the time as written"),
    (&["WITHOUT", "TIME", "ZONE"], "DATETIME keeps the time as written, TIMESTAMP a point in time"),
    (&["SET", "INVISIBLE"], "MariaDB makes a column invisible by MODIFY COLUMN"),
    (&["SET", "VISIBLE"], "MariaDB makes a column visible by MODIFY COLUMN"),
];

/// Words a statement begins with.
const HEADS: &[&[&str]] = &[
    &["ALTER", "INSTANCE"],
    &["CLONE"],
    &["CREATE", "RESOURCE", "GROUP"],
    &["CREATE", "SPATIAL", "REFERENCE"],
    &["CREATE", "UNDO", "TABLESPACE"],
    &["EXPLAIN", "ANALYZE"],
    &["IMPORT", "TABLE"],
    &["INSTALL", "COMPONENT"],
    &["LOCK", "INSTANCE"],
    &["RESTART"],
    &["SET", "RESOURCE", "GROUP"],
    &["TABLE"],
];

/// Options of a table.
const OPTIONS: &[&str] =
    &["AUTOEXTEND_SIZE", "COMPRESSION", "ENCRYPTION", "ENGINE_ATTRIBUTE", "SECONDARY_ENGINE", "SECONDARY_ENGINE_ATTRIBUTE"];

/// Functions of MySQL 8 that are built in there alone.
const FUNCTIONS: &[&str] = &[
    "ANY_VALUE",
    "BIN_TO_UUID",
    "CAN_ACCESS_DATABASE",
    "FORMAT_BYTES",
    "FORMAT_PICO_TIME",
    "GROUPING",
    "GTID_SUBSET",
    "GTID_SUBTRACT",
    "ICU_VERSION",
    "IS_UUID",
    "JSON_SCHEMA_VALIDATION_REPORT",
    "JSON_STORAGE_FREE",
    "JSON_STORAGE_SIZE",
    "MBRCOVEREDBY",
    "MBRCOVERS",
    "PS_CURRENT_THREAD_ID",
    "PS_THREAD_ID",
    "REGEXP_LIKE",
    "ROLES_GRAPHML",
    "SOURCE_POS_WAIT",
    "STATEMENT_DIGEST",
    "STATEMENT_DIGEST_TEXT",
    "ST_COLLECT",
    "ST_FRECHETDISTANCE",
    "ST_GEOHASH",
    "ST_HAUSDORFFDISTANCE",
    "ST_ISVALID",
    "ST_LATFROMGEOHASH",
    "ST_LATITUDE",
    "ST_LINEINTERPOLATEPOINT",
    "ST_LONGFROMGEOHASH",
    "ST_LONGITUDE",
    "ST_MAKEENVELOPE",
    "ST_POINTFROMGEOHASH",
    "ST_SIMPLIFY",
    "ST_SWAPXY",
    "ST_TRANSFORM",
    "ST_VALIDATE",
    "UUID_TO_BIN",
    "WAIT_FOR_EXECUTED_GTID_SET",
];

/// Words that are looked at: a dump's INSERT has millions, and nothing behind the first rows that its first rows have not.
const MOST: usize = 20_000;

/// Parentheses in each other. The end of each is looked for, which takes time by depth.
const DEEPEST: usize = 200;

/// What MariaDB refuses the statement with; none where it would take it, as far as is known.
pub(in crate::effect) fn refusal(sql: &str, before: &Catalog) -> Option<String> {
    if before.dialect != Dialect::MariaDb || before.version.major >= 12 {
        return None;
    }
    let upper: Vec<String> = tokens(sql, Dialect::MariaDb, MOST).into_iter().map(str::to_ascii_uppercase).collect();
    let text = Text::of(upper.iter().map(String::as_str).collect());
    if text.depth.iter().any(|depth| *depth > DEEPEST) {
        return None;
    }
    let by_words = sequence(&text.words).or_else(|| head(&text.words)).or_else(|| of_table(&text.words));
    let by_place = || {
        option(&text)
            .or_else(|| quoted_table(&text))
            .or_else(|| reserved::refusal(&text))
            .or_else(|| index(&text))
            .or_else(|| json_cast(&text))
            .or_else(|| row_alias(&text))
    };
    by_words.or_else(by_place).or_else(|| behind_with(&text)).or_else(|| unknown_name(&text.words, before))
}

/// The words of a statement in capitals, and where parentheses end.
pub(super) struct Text<'a> {
    pub(super) words: Vec<&'a str>,
    /// How many parentheses are open before each word.
    depth: Vec<usize>,
}

impl<'a> Text<'a> {
    fn of(words: Vec<&'a str>) -> Self {
        let mut depth = Vec::with_capacity(words.len());
        let mut open = 0_usize;
        for word in &words {
            open = if *word == ")" { open.saturating_sub(1) } else { open };
            depth.push(open);
            open += usize::from(*word == "(");
        }
        Self { words, depth }
    }

    pub(super) fn at(&self, place: usize) -> &'a str {
        self.words.get(place).copied().unwrap_or_default()
    }

    pub(super) fn depth(&self, place: usize) -> usize {
        self.depth.get(place).copied().unwrap_or_default()
    }

    /// Where the parenthesis that opens at a place ends, or the text does.
    pub(super) fn close(&self, open: usize) -> usize {
        let depth = self.depth(open);
        let ends = |place: &usize| self.at(*place) == ")" && self.depth(*place) == depth;
        (open + 1..self.words.len()).find(ends).unwrap_or(self.words.len())
    }

    /// Places outside of parentheses.
    pub(super) fn outside(&self) -> impl Iterator<Item = usize> {
        (0..self.words.len()).filter(|place| self.depth(*place) == 0)
    }
}

/// `cure` says what to write instead.
pub(super) fn syntax(near: &str, cure: &str) -> String {
    format!("You have an error in your SQL syntax near '{near}': {cure}")
}

fn sequence(words: &[&str]) -> Option<String> {
    let stands = |(row, _): &&(&[&str], &str)| words.windows(row.len()).any(|here| here == *row);
    let near = |row: &[&str]| row.join(if row.first() == Some(&"-") { "" } else { " " });
    SEQUENCES.iter().find(stands).map(|(row, instead)| syntax(&near(row), instead))
}

fn head(words: &[&str]) -> Option<String> {
    if let Some(head) = HEADS.iter().find(|head| words.starts_with(head)) {
        return Some(syntax(&head.join(" "), "MySQL's alone, MariaDB has no such statement"));
    }
    match words {
        ["SET", word @ ("PERSIST" | "PERSIST_ONLY"), name, ..] if !matches!(*name, "=" | ":") => {
            Some(syntax(word, "SET GLOBAL and the server's configuration do it"))
        }
        _ => None,
    }
}

/// What a column cannot be there: `SRID 4326`, a type.
fn of_table(words: &[&str]) -> Option<String> {
    if !matches!(words, ["CREATE" | "ALTER", "TABLE" | "TEMPORARY", ..]) {
        return None;
    }
    words.windows(3).find_map(|row| match row {
        [_, "SRID", number] if number.starts_with(|c: char| c.is_ascii_digit()) => {
            Some(syntax(&format!("SRID {number}"), &format!("MariaDB writes REF_SYSTEM_ID={number}")))
        }
        // Behind a name it is a type, elsewhere a name.
        [before, "GEOMCOLLECTION", _] if !matches!(*before, "," | "(" | "." | "ADD" | "COLUMN" | "TABLE" | "KEY" | "INDEX") => {
            Some("Unknown data type: 'GEOMCOLLECTION': MySQL's alone; GEOMETRYCOLLECTION is the same on both".to_owned())
        }
        _ => None,
    })
}

/// A table's name in double quotes, which make a text of it.
fn quoted_table(text: &Text<'_>) -> Option<String> {
    let before = |word: &str| matches!(word, "FROM" | "INTO" | "JOIN" | "REFERENCES" | "TABLE" | "UPDATE");
    let place = text.outside().find(|place| before(text.at(*place)) && text.at(place + 1).starts_with('"'))?;
    Some(syntax(text.at(place + 1), "double quotes make a text; quote a name in backticks"))
}

/// `ENCRYPTION='Y'` and the like.
fn option(text: &Text<'_>) -> Option<String> {
    if !matches!(text.at(1), "TABLE" | "TEMPORARY") {
        return None;
    }
    let place = text.outside().find(|place| OPTIONS.contains(&text.at(*place)) && text.at(place + 1) == "=")?;
    Some(format!("Unknown option '{}': MySQL's alone; leave it out", text.at(place)))
}

/// A key over an expression, and an index that is invisible.
fn index(text: &Text<'_>) -> Option<String> {
    if !matches!(text.at(0), "CREATE" | "ALTER") {
        return None;
    }
    (1..text.words.len()).filter(|place| matches!(text.at(*place), "INDEX" | "KEY")).find_map(|place| one_index(text, place))
}

fn one_index(text: &Text<'_>, place: usize) -> Option<String> {
    let invisible = |near: &str| syntax(near, "MariaDB writes IGNORED and NOT IGNORED");
    if text.at(place - 1) == "ALTER" && matches!(text.at(place + 2), "INVISIBLE" | "VISIBLE") {
        return Some(invisible(text.at(place + 2)));
    }
    // `CREATE INDEX name USING BTREE ON a.table (`, `KEY name USING BTREE (`
    let reach = if text.at(0) == "CREATE" && place < 3 { 11 } else { 8 };
    let open = (place + 1..=place + reach).find(|place| matches!(text.at(*place), "(" | ")" | ","))?;
    if text.at(open) != "(" {
        return None;
    }
    let (close, inside) = (text.close(open), text.depth(open) + 1);
    let begins = |part: &usize| text.depth(*part) == inside && matches!(text.at(part - 1), "(" | ",");
    let parts: Vec<usize> = (open + 1..close).filter(begins).collect();
    if parts.iter().any(|part| text.at(*part) == "(") {
        return Some(syntax("((", "MySQL alone has keys over expressions; index a generated column"));
    }
    if let Some(part) = parts.into_iter().find(|part| reserved::is_reserved(text.at(*part))) {
        return Some(reserved::refused(text.at(part)));
    }
    let mut options = (close + 1..text.words.len()).map(|place| text.at(place)).take_while(|word| !matches!(*word, "," | ")"));
    options.any(|word| word == "INVISIBLE").then(|| invisible("INVISIBLE"))
}

/// `CAST(… AS JSON)`, `CONVERT(…, JSON)` and arrays.
fn json_cast(text: &Text<'_>) -> Option<String> {
    let calls = (1..text.words.len()).filter(|open| text.at(*open) == "(" && matches!(text.at(open - 1), "CAST" | "CONVERT"));
    calls.map(|open| text.close(open)).find_map(|close| {
        let last = text.at(close - 1);
        let begins = matches!(text.at(close.saturating_sub(2)), "AS" | ",");
        match last {
            "JSON" if begins => Some(syntax("JSON)", "JSON is text, and needs no cast")),
            "ARRAY" if text.at(close) == ")" => Some(syntax("ARRAY)", "MariaDB has no keys of many values")),
            _ => None,
        }
    })
}

/// `INSERT … VALUES (…) AS new ON DUPLICATE KEY UPDATE`.
fn row_alias(text: &Text<'_>) -> Option<String> {
    if !matches!(text.at(0), "INSERT" | "REPLACE") {
        return None;
    }
    let mut values = false;
    for place in text.outside() {
        match text.at(place) {
            "VALUES" | "VALUE" | "SET" => values = true,
            "SELECT" | "ON" => return None,
            "AS" if values => {
                return Some(syntax(&format!("AS {}", text.at(place + 1)), "VALUES(column) is the new value on both"));
            }
            _ => {}
        }
    }
    None
}

/// `WITH … UPDATE` and `WITH … DELETE`.
fn behind_with(text: &Text<'_>) -> Option<String> {
    let verbs = ["SELECT", "UPDATE", "DELETE", "INSERT", "VALUES", "REPLACE"];
    let first = text.outside().find(|place| verbs.contains(&text.at(*place))).filter(|_| text.at(0) == "WITH")?;
    let verb = text.at(first);
    matches!(verb, "UPDATE" | "DELETE").then(|| syntax(verb, "write the query into a join or a subquery"))
}

/// Collations, character sets and functions that are not there.
fn unknown_name(words: &[&str], before: &Catalog) -> Option<String> {
    let plain = |word: &str| word.trim_matches(['\'', '"', '`']).to_ascii_lowercase();
    // Since 11.4 some releases know these collations.
    let early = (before.version.major, before.version.minor) < (11, 4);
    let of_characters = |place: usize| place.checked_sub(1).and_then(|before| words.get(before)) == Some(&"CHARACTER");
    let named = words.iter().enumerate().filter(|(place, word)| match **word {
        "COLLATE" | "CHARSET" => true,
        "SET" => of_characters(*place),
        _ => false,
    });
    let behind = |place: usize| words.iter().skip(place + 1).find(|word| **word != "=").map(|word| plain(word));
    for name in named.filter_map(|(place, _)| behind(place)) {
        if early && name.starts_with("utf8mb4") && name.contains("_0900_") {
            return Some(format!("Unknown collation: '{name}': MySQL's alone; utf8mb4_unicode_520_ci is the nearest on both"));
        }
        if name == "gb18030" || name.starts_with("gb18030_") {
            return Some(format!("Unknown character set: '{name}': MySQL's alone; utf8mb4 has all its signs"));
        }
    }
    function(words, before)
}

/// A call of a function that MySQL has built in. Bodies are looked at when they run.
fn function(words: &[&str], before: &Catalog) -> Option<String> {
    let routine = words.first() == Some(&"CREATE")
        && words.iter().take(12).any(|word| matches!(*word, "FUNCTION" | "PROCEDURE" | "TRIGGER" | "EVENT"));
    if routine || before.opaque {
        return None;
    }
    let called = words.windows(3).filter(|row| row[2] == "(" && row[0] != ".").map(|row| row[1]);
    let mut missing = called.filter(|name| FUNCTIONS.contains(name));
    let own = |name: &str| before.functions.unordered().any(|(key, _)| key.name.eq_ignore_ascii_case(name));
    missing
        .find(|name| !own(name))
        .map(|name| format!("FUNCTION {} does not exist: it is MySQL's alone", name.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::ServerVersion;

    #[test]
    fn long_and_deep_texts_are_looked_at_as_far_as_it_pays() {
        let catalog = Catalog::new(Dialect::MariaDb, ServerVersion::new(10, 11));
        let rows = ", (1)".repeat(100_000);
        assert!(refusal(&format!("INSERT INTO t VALUES (j->'$.a'){rows}"), &catalog).is_some());
        assert_eq!(refusal(&format!("INSERT INTO t VALUES (1){rows} AS n ON DUPLICATE KEY UPDATE a = n.a"), &catalog), None);
        assert_eq!(refusal(&format!("ALTER TABLE t {}", "ADD KEY (".repeat(100_000)), &catalog), None);
    }
}

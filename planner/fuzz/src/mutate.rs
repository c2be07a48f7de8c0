//! New inputs from old ones: by bytes, by the words of SQL and Python, by nesting, by exchange with another input.

use crate::random::Random;

/// Words and marks at which readers of SQL and Python go wrong.
const WORDS: &[&str] = &[
    "'", "''", "\"", "`", "[", "]", "(", ")", "((((", "))))", ";", ";;", ",", ".", "::", ":=", "=>", "--", "#", "/*", "*/", "/*!50003 ", "/*+",
    "$$", "$a$", "$1", "E'", "e'\\'", "U&'", "N'", "X'", "B'", "\\", "\\.\n", "\\connect x\n", "\n", "\r", "\r\n", "\t", " ", "\0", "\u{feff}",
    "é", "\u{2028}", "\u{1F600}", "1", "-1", "9223372036854775808", "1e999", "0x7f", "0b1", "1_000", "NULL", "TRUE", "DEFAULT ",
    "CREATE ", "OR REPLACE ", "TABLE ", "IF NOT EXISTS ", "IF EXISTS ", "t ", "public.t ", "\"T\" ", "ALTER TABLE t ", "ADD COLUMN c ",
    "DROP COLUMN c ", "int ", "varchar(10) ", "numeric(10,2) ", "text[] ", "PRIMARY KEY ", "UNIQUE ", "REFERENCES t(id) ", "CHECK (", "NOT ",
    "NOT NULL ", "GENERATED ALWAYS AS ", "IDENTITY ", "INDEX ", "CONCURRENTLY ", "ON t (c) ", "WHERE ", "VIEW v AS ", "SELECT ", "* ", "FROM ",
    "JOIN ", "LATERAL ", "UNION ALL ", "WITH RECURSIVE ", "INSERT INTO t ", "VALUES ", "UPDATE t SET c = ", "DELETE FROM t ", "RETURNING ",
    "ON CONFLICT DO NOTHING ", "TRUNCATE ", "COPY t FROM STDIN;\n", "FUNCTION f() ", "PROCEDURE p() ", "TRIGGER g ", "BEFORE INSERT ",
    "FOR EACH ROW ", "RETURNS trigger ", "LANGUAGE plpgsql ", "AS $$ ", "BEGIN ", "BEGIN ATOMIC ", "DECLARE ", "LOOP ", "IF ", "THEN ", "ELSE ",
    "END ", "END IF; ", "END LOOP; ", "CASE ", "WHEN ", "EXECUTE ", "DO ", "DELIMITER //\n", "DELIMITER ", "//", "PARTITION BY RANGE (c) ",
    "PARTITION OF t ", "FOR VALUES IN (1) ", "ATTACH PARTITION ", "ENGINE=InnoDB ", "AUTO_INCREMENT ", "MODIFY ", "CHANGE ", "RENAME TO ",
    "SET ", "search_path ", "lock_timeout ", "COMMENT ON ", "GRANT ", "TO ", "DOMAIN ", "TYPE ", "ENUM ('a') ", "EXTENSION ", "SCHEMA ", "${a}", "${",
    "}", "-- flightplan:ignore ", "-- flightplan:batch key=id size=5 ", "PRAGMA ", "VACUUM ", "REINDEX ", "EXPLAIN ", "AND ", "OR ", "BETWEEN ",
    "def ", "upgrade", "():\n", "    ", "op.", "op.execute(", "op.add_column(", "op.create_table(", "sa.Column(", "sa.Integer(", "sa.text(", "f\"{",
    "\"\"\"", "'''", "lambda ", "for x in ", "range(", "10**10", "if ", "else:\n", "try:\n", "except:\n", "with ", "as ", "import ", "from ", "class ",
    "return ", "yield ", "while True:\n", "pass\n", "None", "revision = ", "down_revision = ", "{", "}", "[x for x in ", "*args", "**kw", "%s", "% ",
    "-- V1__a.sql --\n", "-- V2__b.sql --\n", "-- U1__a.sql --\n", "-- R__r.sql --\n", "-- B1__b.sql --\n", "-- versions/a.py --\n", "-- releases.toml --\n",
    "-- flightplan.toml --\n", "-- flyway.conf --\n", "-- alembic.ini --\n", "-- V1__a.sql.conf --\n",
];

/// An input that no one has written: `base` with up to eight changes, some of them taken from `other`.
#[must_use]
pub fn mutate(base: &str, other: &str, random: &mut Random, most: usize) -> Vec<u8> {
    let mut bytes = base.as_bytes().to_vec();
    if bytes.len() > most {
        // A piece of a long input is a better beginning than its head.
        let from = random.below(bytes.len() - most);
        bytes = bytes.get(from..from + most).unwrap_or_default().to_vec();
    }
    for _ in 0..=random.below(8) {
        change(&mut bytes, other.as_bytes(), random);
        bytes.truncate(most);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let (from, to) = range(bytes.len(), random);
    match random.below(12) {
        0 => drop(bytes.drain(from..to)),
        1 => {
            let piece = bytes.get(from..to).unwrap_or_default().to_vec();
            insert(bytes, &piece, random);
        }
        2 => {
            let (from, to) = range(other.len(), random);
            insert(bytes, other.get(from..to).unwrap_or_default(), random);
        }
        3 => {
            let at = random.below(bytes.len());
            let bit = 1_u8 << random.below(8);
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= bit;
            }
        }
        4 => bytes.truncate(from),
        5 => nest(bytes, random),
        6 => {
            if let Some(part) = bytes.get_mut(from..to) {
                part.reverse();
            }
        }
        7 => {
            let word = random.one(WORDS).unwrap_or_default().as_bytes().to_vec();
            bytes.splice(from..to, word);
        }
        _ => {
            let word = random.one(WORDS).unwrap_or_default();
            insert(bytes, word.as_bytes(), random);
        }
    }
}

/// The same mark or word many times over: what makes a recursive reader run out of stack and a careless one out of time.
fn nest(bytes: &mut Vec<u8>, random: &mut Random) {
    let word = random.one(WORDS).unwrap_or_default();
    let times = [3, 20, 150, 1500].get(random.below(4)).copied().unwrap_or(3);
    insert(bytes, word.repeat(times).as_bytes(), random);
}

fn insert(bytes: &mut Vec<u8>, piece: &[u8], random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    bytes.splice(at..at, piece.iter().copied());
}

/// A short range inside a length.
fn range(length: usize, random: &mut Random) -> (usize, usize) {
    let from = random.below(length + 1);
    let longest = if random.once_in(4) { length } else { 24 };
    (from, from + random.below((length - from).min(longest) + 1))
}

//! Options of MySQL and MariaDB tables: `ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`.

use std::collections::BTreeMap;

use super::token::{Cursor, Kind};

/// Options by their own names in small letters; the spellings of one option are one. Values are in small letters too, but
/// for texts. `None`: no option stands here. The cursor goes behind the last one.
pub(super) fn read(cursor: &mut Cursor<'_>) -> Option<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    loop {
        let mut ahead = cursor.clone();
        ahead.eat(&[","]);
        let Some((option, value)) = one(&mut ahead) else { break };
        found.insert(option, value);
        *cursor = ahead;
    }
    (!found.is_empty()).then_some(found)
}

/// Options whose names are one word. Sources: MySQL 8.4 manual 15.1.20, MariaDB's CREATE TABLE.
const NAMES: &[&str] = &[
    "algorithm",
    "auto_increment",
    "autoextend_size",
    "avg_row_length",
    "checksum",
    "comment",
    "compression",
    "connection",
    "delay_key_write",
    "encrypted",
    "encryption",
    "encryption_key_id",
    "engine",
    "engine_attribute",
    "insert_method",
    "ietf_quotes",
    "itef_quotes",
    "key_block_size",
    "lock",
    "max_rows",
    "min_rows",
    "pack_keys",
    "page_checksum",
    "page_compressed",
    "page_compression_level",
    "password",
    "row_format",
    "secondary_engine",
    "sequence",
    "stats_auto_recalc",
    "stats_persistent",
    "stats_sample_pages",
    "tablespace",
    "transactional",
    "type",
    "union",
];

fn one(cursor: &mut Cursor<'_>) -> Option<(String, String)> {
    if cursor.eat(&["with", "system", "versioning"]) || cursor.eat(&["add", "system", "versioning"]) {
        return Some(("system_versioning".to_owned(), "on".to_owned()));
    }
    if cursor.eat(&["drop", "system", "versioning"]) {
        return Some(("system_versioning".to_owned(), "off".to_owned()));
    }
    cursor.eat(&["default"]);
    let charset = [["character", "set"].as_slice(), &["char", "set"], &["charset"]];
    let option = if charset.into_iter().any(|words| cursor.eat(words)) {
        "charset".to_owned()
    } else if cursor.eat(&["collate"]) {
        "collate".to_owned()
    } else if cursor.eat(&["data", "directory"]) {
        "data_directory".to_owned()
    } else if cursor.eat(&["index", "directory"]) {
        "index_directory".to_owned()
    } else {
        let first = cursor.peek()?;
        let name = NAMES.iter().find(|name| first.is(name))?;
        cursor.next();
        (*name).to_owned()
    };
    cursor.eat(&["="]);
    Some((option, value(cursor)?))
}

fn value(cursor: &mut Cursor<'_>) -> Option<String> {
    if let Some(text) = cursor.string() {
        return Some(text);
    }
    if cursor.at(&["("]) {
        return Some(cursor.brackets()?.text().to_owned());
    }
    let token = cursor.next().filter(|token| token.kind != Kind::Mark)?;
    Some(token.text.trim_matches('`').to_lowercase())
}

//! Character sets: how many bytes a column's texts take.

use crate::catalog::Table;
use crate::statement::operation::ColumnDefinition;

/// The character set of a column, in small letters; absent where the database decides.
pub(crate) fn charset(table: Option<&Table>, column: &ColumnDefinition) -> Option<String> {
    let option = |name: &str| table.and_then(|table| table.options.get(name)).cloned();
    let of = |collation: String| collation.split('_').next().unwrap_or_default().to_lowercase();
    let own = column.charset.clone().or_else(|| column.collation.clone().map(of));
    own.or_else(|| option("charset")).or_else(|| option("collate").map(of)).map(|name| plain(&name))
}

/// The collation of a column; absent: its character set's own.
pub(crate) fn collation(table: Option<&Table>, column: &ColumnDefinition) -> Option<String> {
    let own = column.collation.clone().map(|name| name.to_lowercase());
    let own = own.or_else(|| {
        let inherits = column.charset.is_none();
        table.filter(|_| inherits).and_then(|table| table.options.get("collate")).map(|name| name.to_lowercase())
    });
    own.map(|name| plain(&name))
}

/// A character set or collation in small letters; `utf8` is an old name.
pub(crate) fn plain(name: &str) -> String {
    let name = name.to_lowercase();
    match name.strip_prefix("utf8") {
        Some(rest) if rest.is_empty() || rest.starts_with('_') => format!("utf8mb3{rest}"),
        _ => name,
    }
}

/// What a character set's own collation is called behind its name.
pub(crate) fn default_collation(charset: &str, maria: bool) -> &'static str {
    match charset {
        "latin1" => "swedish_ci",
        "utf8mb4" if !maria => "0900_ai_ci",
        _ => "general_ci",
    }
}

/// The most bytes that one character takes. Source: `information_schema.character_sets` of MariaDB 10.11.
pub(crate) fn width(charset: &str) -> u32 {
    match charset {
        "utf8mb4" | "utf16" | "utf16le" | "utf32" | "gb18030" => 4,
        "utf8mb3" | "ujis" | "eucjpms" => 3,
        "ucs2" | "big5" | "gbk" | "gb2312" | "sjis" | "cp932" | "euckr" => 2,
        _ => 1,
    }
}

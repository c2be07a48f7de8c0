//! Whether the length of a column's type is one that the server takes, and its default a value of the type: as far as a
//! literal tells.
//!
//! Source: PostgreSQL 15 and MariaDB 10.11, asked; `server/tests/suite/oracle_queries.rs` asks again. MySQL by its manual.

use super::{Outcome, default_mysql, default_postgres, known_types};
use crate::catalog::characters::{charset, width};
use crate::catalog::{Catalog, Table};
use crate::dialect::Dialect;
use crate::statement::operation::ColumnDefinition;
use crate::statement::parse::type_name::base;

/// A default that is a literal.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Literal {
    Text(String),
    Number(String),
    Truth,
    Null,
}

impl Literal {
    /// `None`: an expression, a text with a cast or an escape, or of a character set.
    pub(super) fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        let is = |word: &str| text.eq_ignore_ascii_case(word);
        if is("null") {
            return Some(Self::Null);
        }
        if is("true") || is("false") {
            return Some(Self::Truth);
        }
        if let Some(inner) = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            let plain = inner.replace("''", "");
            return (!plain.contains(['\'', '\\'])).then(|| Self::Text(inner.replace("''", "'")));
        }
        let digits = text.trim_start_matches(['-', '+']);
        let number = digits.starts_with(|c: char| c.is_ascii_digit()) && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
        number.then(|| Self::Number(text.to_owned()))
    }
}

/// The type of a new column and its default, unless something that is not read may have brought the type. A column of a primary
/// key (`in_key`) may be NOT NULL by the key alone, which no default is judged by.
pub(super) fn check(catalog: &Catalog, table: &Table, column: &ColumnDefinition, in_key: bool) -> Outcome {
    known_types::check(catalog, &column.data_type)?;
    if catalog.opaque {
        return Ok(());
    }
    match catalog.dialect {
        Dialect::Postgres => lengths_of_postgres(catalog, &column.data_type)?,
        Dialect::MySql | Dialect::MariaDb => lengths_of_mysql(catalog, table, column)?,
        Dialect::Sqlite => return Ok(()),
    }
    if in_key && column.default.as_deref().and_then(Literal::of) == Some(Literal::Null) {
        return Ok(());
    }
    default_of(catalog, column)
}

/// A default that is no value of the column's type.
pub(super) fn default_of(catalog: &Catalog, column: &ColumnDefinition) -> Outcome {
    match catalog.dialect {
        // An enum may have got values by what is not read.
        _ if catalog.opaque => Ok(()),
        Dialect::Postgres => default_postgres::check(catalog, column),
        Dialect::MySql | Dialect::MariaDb => default_mysql::check(catalog, column),
        Dialect::Sqlite => Ok(()),
    }
}

/// Numbers in the first brackets of a type.
fn numbers(data_type: &str) -> Vec<i64> {
    let inside = data_type.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(inside, _)| inside);
    inside.split(',').map_while(|number| number.trim().parse().ok()).collect()
}

pub(super) fn lengths_of_postgres(catalog: &Catalog, data_type: &str) -> Outcome {
    const LONGEST: i64 = 10_485_760;
    const LONGEST_BITS: i64 = 83_886_080;
    let numbers = numbers(data_type);
    let Some(&first) = numbers.first() else { return Ok(()) };
    let (word, longest) = match base(data_type) {
        "character varying" => ("varchar", LONGEST),
        "character" | "bpchar" => ("char", LONGEST),
        "bit varying" => ("varbit", LONGEST_BITS),
        "bit" => ("bit", LONGEST_BITS),
        "numeric" => {
            if !(1..=1000).contains(&first) {
                return Err(format!("NUMERIC precision {first} must be between 1 and 1000"));
            }
            let scale = numbers.get(1).copied().unwrap_or_default();
            let (least, most) = if catalog.version.major >= 15 { (-1000, 1000) } else { (0, first) };
            let fits = (least..=most).contains(&scale);
            return if fits { Ok(()) } else { Err(format!("NUMERIC scale {scale} must be between {least} and {most}")) };
        }
        _ => return Ok(()),
    };
    match first {
        ..1 => Err(format!("length for type {word} must be at least 1")),
        _ if first > longest => Err(format!("length for type {word} cannot exceed {longest}")),
        _ => Ok(()),
    }
}

fn lengths_of_mysql(catalog: &Catalog, table: &Table, column: &ColumnDefinition) -> Outcome {
    let name = &column.name;
    let kind = base(&column.data_type).split(' ').next().unwrap_or_default();
    let numbers = numbers(&column.data_type);
    let Some(&first) = numbers.first() else { return Ok(()) };
    let maria = catalog.dialect == Dialect::MariaDb;
    let too_long = |most: i64| {
        let message = || format!("Column length too big for column '{name}' (max = {most}); use BLOB or TEXT instead");
        if first > most { Err(message()) } else { Ok(()) }
    };
    let longest = if maria { 65_532 } else { 65_535 };
    match kind {
        "char" | "binary" => too_long(255),
        // A text takes their place.
        "varchar" | "varbinary" if catalog.lenient => Ok(()),
        "varchar" => too_long(longest / i64::from(charset(Some(table), column).map_or(1, |set| width(&set)))),
        "varbinary" => too_long(longest),
        "bit" if first > 64 => Err(format!("Display width out of range for '{name}' (max = 64)")),
        "timestamp" | "datetime" | "time" if first > 6 => Err(format!("Too big precision specified for '{name}'. Maximum is 6")),
        "decimal" | "numeric" => {
            let scale = numbers.get(1).copied().unwrap_or_default();
            let deepest = if maria { 38 } else { 30 };
            if first > 65 {
                Err(format!("Too big precision specified for '{name}'. Maximum is 65"))
            } else if scale > deepest {
                Err(format!("Too big scale specified for '{name}'. Maximum is {deepest}"))
            } else if first > 0 && scale > first {
                Err(format!("For float(M,D), double(M,D) or decimal(M,D), M must be >= D (column '{name}')"))
            } else {
                Ok(())
            }
        }
        _ => Ok(()),
    }
}

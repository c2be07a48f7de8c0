//! MySQL and MariaDB: a literal that is no value of its column's type, values named twice, what counts itself up.

use super::Outcome;
use super::definition::Literal;
use crate::catalog::Catalog;
use crate::dialect::Dialect;
use crate::statement::operation::{ColumnDefinition, Identity};
use crate::statement::parse::type_name::base;

pub(super) fn check(catalog: &Catalog, column: &ColumnDefinition) -> Outcome {
    let kind = base(&column.data_type).split(' ').next().unwrap_or_default();
    let values = values(&column.data_type);
    for (at, value) in values.iter().enumerate() {
        if !catalog.lenient && values.iter().take(at).any(|other| other.eq_ignore_ascii_case(value)) {
            let kind = kind.to_uppercase();
            return Err(format!("Column '{}' has duplicated value '{value}' in {kind}", column.name));
        }
    }
    let counts = column.identity == Some(Identity::AutoIncrement);
    if counts && NO_COUNTERS.contains(&kind) {
        return Err(format!("Incorrect column specifier for column '{}'", column.name));
    }
    let Some(literal) = column.default.as_deref().and_then(Literal::of) else { return Ok(()) };
    let long = kind.ends_with("text") || kind.ends_with("blob") || matches!(kind, "json" | "geometry");
    if long && catalog.dialect == Dialect::MySql && literal != Literal::Null {
        return Err(format!("BLOB, TEXT, GEOMETRY or JSON column '{}' can't have a default value", column.name));
    }
    let wrong = match &literal {
        Literal::Null => !column.nullable,
        _ if counts => true,
        Literal::Text(text) => !is_value(kind, &column.data_type, &values, text),
        Literal::Number(number) => match kind {
            "enum" => true,
            _ => !is_value(kind, &column.data_type, &values, number),
        },
        Literal::Truth => false,
    };
    if wrong { Err(format!("Invalid default value for '{}'", column.name)) } else { Ok(()) }
}

/// Types that do not count themselves up.
const NO_COUNTERS: &[&str] = &[
    "char",
    "varchar",
    "tinytext",
    "text",
    "mediumtext",
    "longtext",
    "blob",
    "date",
    "datetime",
    "timestamp",
    "time",
    "json",
    "enum",
    "set",
];

/// The values of an `ENUM` or `SET`; none where one of them is written in a way that is not read.
fn values(data_type: &str) -> Vec<String> {
    let lower = data_type.to_ascii_lowercase();
    let list =
        ["enum(", "set("].iter().find_map(|start| lower.starts_with(start).then(|| data_type.get(start.len()..)).flatten());
    let list = list.and_then(|list| list.rsplit_once(')')).map_or("", |(list, _)| list);
    if list.contains(['\\', '"']) || list.contains("''") {
        return Vec::new();
    }
    list.split('\'').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether a text is a value of the type: what is certainly none.
fn is_value(kind: &str, data_type: &str, values: &[String], text: &str) -> bool {
    let listed = |one: &str| values.is_empty() || values.iter().any(|value| value.eq_ignore_ascii_case(one.trim_end()));
    match kind {
        "tinyint" | "smallint" | "mediumint" | "int" | "integer" | "bigint" => {
            let unsigned = data_type.to_ascii_lowercase().contains("unsigned");
            text.trim().parse().is_ok_and(|number| within(kind, unsigned, number))
        }
        "decimal" | "numeric" | "float" | "double" => text.trim().parse::<f64>().is_ok(),
        "enum" => listed(text),
        "set" => text.is_empty() || text.parse::<u64>().is_ok() || text.split(',').all(listed),
        "char" | "varchar" => {
            let most = data_type.split_once('(').and_then(|(_, rest)| rest.split_once(')')?.0.trim().parse::<usize>().ok());
            // Blanks at its end are no part of a CHAR.
            let text = if kind == "char" { text.trim_end() } else { text };
            most.is_none_or(|most| text.chars().count() <= most)
        }
        "date" | "datetime" | "timestamp" => is_date(text),
        _ => true,
    }
}

fn within(kind: &str, unsigned: bool, number: f64) -> bool {
    let bits = match kind {
        "tinyint" => 8,
        "smallint" => 16,
        "mediumint" => 24,
        "int" | "integer" => 32,
        // Doubles do not tell the last ones apart.
        _ => return true,
    };
    let half = f64::from(2_u32.pow(bits - 1));
    if unsigned { (-0.5..half * 2.0 - 0.5).contains(&number) } else { (-half - 0.5..half - 0.5).contains(&number) }
}

/// A day that is there, where the text is written in the common form; zeros are a matter of the mode.
fn is_date(text: &str) -> bool {
    const DAYS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let text = text.trim();
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let part = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<u32>().ok());
    match (part(0, 4), text.get(4..5), part(5, 7), text.get(7..8), part(8, 10)) {
        (Some(_), Some("-"), Some(month), Some("-"), Some(day)) => {
            let most = DAYS.get((month as usize).wrapping_sub(1)).copied().unwrap_or(if month == 0 { 31 } else { 0 });
            day <= most
        }
        _ => true,
    }
}

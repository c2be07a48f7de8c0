//! PostgreSQL: a literal that is no value of its column's type.

use super::Outcome;
use super::definition::Literal;
use crate::catalog::Catalog;
use crate::statement::operation::ColumnDefinition;
use crate::statement::parse::type_name::{base, user_defined};

pub(super) fn check(catalog: &Catalog, column: &ColumnDefinition) -> Outcome {
    let Some(literal) = column.default.as_deref().and_then(Literal::of) else { return Ok(()) };
    if column.data_type.ends_with("[]") || catalog.own_casts {
        return Ok(());
    }
    let name = base(&column.data_type);
    let own = user_defined(&column.data_type).and_then(|own| catalog.find(&own, |key| catalog.enums.contains_key(key)));
    let values = own.as_ref().and_then(|own| catalog.enums.get(own));
    match literal {
        Literal::Text(text) => match values {
            Some(values) if !values.contains(&text) => Err(format!("invalid input value for enum {name}: \"{text}\"")),
            Some(_) => Ok(()),
            None if !is_input(name, &text) => Err(format!("invalid input syntax for type {name}: \"{text}\"")),
            None => Ok(()),
        },
        Literal::Number(number) => {
            let refused = values.is_some() || TAKE_NO_NUMBER.contains(&name);
            let kind = if number.contains('.') { "numeric" } else { "integer" };
            if refused { Err(of_type(column, name, kind)) } else { Ok(()) }
        }
        Literal::Truth => {
            let refused = values.is_some() || name != "boolean" && (TAKE_NO_NUMBER.contains(&name) || NUMBERS.contains(&name));
            if refused { Err(of_type(column, name, "boolean")) } else { Ok(()) }
        }
        Literal::Null => Ok(()),
    }
}

const NUMBERS: &[&str] = &["smallint", "integer", "bigint", "numeric", "real", "double precision"];

/// Types that no number is cast to.
const TAKE_NO_NUMBER: &[&str] = &[
    "boolean",
    "date",
    "timestamp without time zone",
    "timestamp with time zone",
    "time without time zone",
    "time with time zone",
    "interval",
    "uuid",
    "json",
    "jsonb",
    "bytea",
    "inet",
];

fn of_type(column: &ColumnDefinition, own: &str, given: &str) -> String {
    format!("column \"{}\" is of type {own} but default expression is of type {given}", column.name)
}

/// Whether a text may be read as a value of a type: what is certainly none.
fn is_input(name: &str, text: &str) -> bool {
    let text = text.trim().to_lowercase();
    let number = text.trim_start_matches(['-', '+']);
    let digit = number.starts_with(|c: char| c.is_ascii_digit());
    match name {
        "smallint" | "integer" | "bigint" => digit,
        "numeric" | "real" | "double precision" => digit || number.starts_with(['.', 'n', 'i']),
        "boolean" => {
            let starts = |word: &str| !text.is_empty() && word.starts_with(text.as_str());
            ["true", "false", "yes", "no"].iter().any(|word| starts(word))
                || ["on", "of", "off", "1", "0"].contains(&text.as_str())
        }
        "uuid" => text.chars().filter(char::is_ascii_hexdigit).count() == 32,
        "date" | "timestamp without time zone" | "timestamp with time zone" => {
            !text.is_empty() && !text.starts_with("0000-00-00")
        }
        "time without time zone" | "time with time zone" | "interval" | "json" | "jsonb" => !text.is_empty(),
        _ => true,
    }
}

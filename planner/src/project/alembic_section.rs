//! `[alembic]` of `flightplan.toml`.

use crate::sort::Gather;
use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::path::join;
use super::sections::put;
use super::settings::{AlembicSettings, Constant};
use super::toml_reader::{TomlReader, entries};

type Value<'i> = Spanned<DeValue<'i>>;

const ALEMBIC: &[&str] = &[
    "script_location",
    "version_locations",
    "recursive",
    "version_table",
    "version_table_schema",
    "version_table_pk",
    "transaction_per_migration",
    "transactional_ddl",
    "naming_convention",
    "types",
    "constants",
    "file_template",
    "python",
];

pub(super) fn alembic(reader: &mut TomlReader<'_>, table: &DeTable<'_>, folder: &str) -> AlembicSettings {
    let mut settings = AlembicSettings { script_location: join(folder, "alembic"), ..AlembicSettings::default() };
    for (key, value) in entries(table) {
        let name = key.get_ref().as_ref();
        match name {
            "script_location" => put(&mut settings.script_location, reader.word(name, value).map(|path| join(folder, &path))),
            "version_locations" => {
                let list = reader.strings(name, value).map(|list| list.iter().map(|path| join(folder, path)).collect());
                put(&mut settings.version_locations, list);
            }
            "recursive" => put(&mut settings.recursive, reader.boolean(name, value)),
            "version_table" => put(&mut settings.version_table, reader.word(name, value)),
            "version_table_schema" => settings.version_table_schema = reader.word(name, value),
            "version_table_pk" => put(&mut settings.version_table_pk, reader.boolean(name, value)),
            "transaction_per_migration" => settings.transaction_per_migration = reader.boolean(name, value),
            "transactional_ddl" => settings.transactional_ddl = reader.boolean(name, value),
            "naming_convention" => settings.naming_convention = convention(reader, value),
            "types" => settings.types = types(reader, value),
            "constants" => settings.constants = constants(reader, value),
            "file_template" => put(&mut settings.file_template, reader.word(name, value)),
            "python" => settings.python = reader.word(name, value),
            _ => reader.unknown("[alembic]", key, ALEMBIC, None),
        }
        settings.given.insert(name.to_owned());
    }
    settings
}

/// `naming_convention = { pk = "pk_%(table_name)s", … }`, with SQLAlchemy's keys.
fn convention(reader: &mut TomlReader<'_>, value: &Value<'_>) -> BTreeMap<String, String> {
    let Some(table) = value.get_ref().as_table() else {
        reader.wrong("naming_convention", value, "a table such as { pk = \"pk_%(table_name)s\" }");
        return BTreeMap::new();
    };
    let templates = entries(table).into_iter().filter_map(|(key, value)| {
        let name = key.get_ref().as_ref();
        Some((name.to_owned(), reader.word(name, value)?))
    });
    templates.gather()
}

/// `"module.Type" = { postgresql = "UUID", mysql = "CHAR(36)" }`.
fn types(reader: &mut TomlReader<'_>, value: &Value<'_>) -> BTreeMap<String, BTreeMap<String, String>> {
    const DIALECTS: &[&str] = &["postgresql", "mysql", "mariadb", "sqlite"];
    let Some(table) = value.get_ref().as_table() else {
        reader.wrong("types", value, "a table such as { \"app.types.GUID\" = { postgresql = \"UUID\" } }");
        return BTreeMap::new();
    };
    let mut types = BTreeMap::new();
    for (key, value) in entries(table) {
        let name = key.get_ref().as_ref();
        let Some(inner) = value.get_ref().as_table() else {
            reader.wrong(name, value, "a table such as { postgresql = \"UUID\", mysql = \"CHAR(36)\" }");
            continue;
        };
        let mut texts = BTreeMap::new();
        for (key, value) in entries(inner) {
            let dialect = key.get_ref().as_ref();
            if !DIALECTS.contains(&dialect) {
                reader.unknown("[alembic.types]", key, DIALECTS, None);
            } else if let Some(text) = reader.word(dialect, value) {
                texts.insert(dialect.to_owned(), text);
            }
        }
        types.insert(name.to_owned(), texts);
    }
    types
}

/// `"package.constants.SIZE" = 255`.
fn constants(reader: &mut TomlReader<'_>, value: &Value<'_>) -> BTreeMap<String, Constant> {
    let Some(table) = value.get_ref().as_table() else {
        reader.wrong("constants", value, "a table such as { \"package.constants.SIZE\" = 255 }");
        return BTreeMap::new();
    };
    let mut constants = BTreeMap::new();
    for (key, value) in entries(table) {
        match constant(value) {
            Some(constant) => {
                constants.insert(key.get_ref().to_string(), constant);
            }
            None => reader.wrong(key.get_ref(), value, "a whole number, a text, true, false, or a list or table of these"),
        }
    }
    constants
}

fn constant(value: &Value<'_>) -> Option<Constant> {
    Some(match value.get_ref() {
        DeValue::String(text) => Constant::Text(text.to_string()),
        DeValue::Boolean(flag) => Constant::Flag(*flag),
        DeValue::Integer(number) => Constant::Number(i64::from_str_radix(number.as_str(), number.radix()).ok()?),
        DeValue::Array(items) => Constant::List(items.iter().map(constant).collect::<Option<_>>()?),
        DeValue::Table(table) => Constant::Table(
            entries(table).into_iter().map(|(key, value)| Some((key.get_ref().to_string(), constant(value)?))).gather_all()?,
        ),
        _ => return None,
    })
}

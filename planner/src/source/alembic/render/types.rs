//! SQLAlchemy's types as SQL.

use std::rc::Rc;

use super::Renderer;
use super::identifier::qualified;
use crate::dialect::Dialect;
use crate::source::alembic::interpreter::construct_kind;
use crate::source::alembic::interpreter::value::{Object, Value};

/// A type with its variants resolved for the dialect.
#[derive(Clone, Debug)]
pub(super) struct Type<'a> {
    /// `Integer`, `postgresql.JSONB`.
    pub(super) kind: String,
    /// Absent where the class itself was given: `sa.Integer`.
    pub(super) object: Option<Rc<Object<'a>>>,
}

impl<'a> Type<'a> {
    pub(super) fn argument(&self, at: usize, name: &str) -> Option<&Value<'a>> {
        let object = self.object.as_ref()?;
        object.args.get(at).or_else(|| object.keyword(name)).filter(|value| !matches!(value, Value::None))
    }

    pub(super) fn flag(&self, at: usize, name: &str, default: bool) -> Result<bool, String> {
        self.argument(at, name).map_or(Ok(default), |value| value.truth().map_err(|reason| reason.to_string()))
    }

    pub(super) fn number(&self, at: usize, name: &str) -> Result<Option<i64>, String> {
        match self.argument(at, name) {
            None => Ok(None),
            Some(Value::Int(int)) => Ok(Some(*int)),
            Some(other) => Err(format!("`{name}` of the type is {}", other.noun())),
        }
    }

    /// The kind without the dialect it was taken from.
    pub(super) fn bare(&self) -> &str {
        self.kind.rsplit('.').next().unwrap_or(&self.kind)
    }

    /// Integer for SQLAlchemy's rules of SERIAL and AUTO_INCREMENT.
    pub(super) fn is_integer(&self) -> bool {
        matches!(
            self.bare(),
            "Integer" | "BigInteger" | "SmallInteger" | "INTEGER" | "INT" | "BIGINT" | "SMALLINT" | "TINYINT" | "MEDIUMINT"
        )
    }

    /// Date and time for SQLAlchemy's rules of MySQL.
    pub(super) fn is_date_and_time(&self) -> bool {
        matches!(self.bare(), "DateTime" | "TIMESTAMP" | "DATETIME")
    }

    pub(super) fn is_enum(&self) -> bool {
        matches!(self.bare(), "Enum" | "ENUM")
    }
}

/// How a type that is not SQLAlchemy's own becomes known.
const WHERE_TYPES_ARE_SAID: &str = "it can be said in [alembic.types] of flightplan.toml";

impl Renderer {
    /// The type a value stands for on this dialect.
    pub(super) fn resolve<'a>(&self, value: &Value<'a>) -> Result<Type<'a>, String> {
        match value {
            Value::Symbol(path) if self.maps(path) => Ok(Type { kind: format!("mapped.{path}"), object: None }),
            Value::Symbol(path) => match construct_kind(path) {
                Some(kind) => Ok(Type { kind, object: None }),
                None => Err(format!("the type `{}` is not known ({WHERE_TYPES_ARE_SAID})", path.trim_end_matches("()"))),
            },
            Value::Object(object) if object.kind == ".with_variant" => {
                let dialects = object.args.get(2..).unwrap_or_default();
                let own = dialects.iter().any(|name| matches!(name, Value::Text(name) if name.as_ref() == self.dialect_name()));
                match (object.args.first(), object.args.get(1)) {
                    (_, Some(variant)) if own => self.resolve(variant),
                    (Some(base), _) => self.resolve(base),
                    _ => Err("a variant without a type".to_owned()),
                }
            }
            Value::Object(object) if !object.kind.starts_with('.') => {
                Ok(Type { kind: object.kind.clone(), object: Some(object.clone()) })
            }
            other => Err(format!("a type is {}", other.noun())),
        }
    }

    pub(super) fn type_sql(&self, value: &Value<'_>) -> Result<String, String> {
        let data_type = self.resolve(value)?;
        self.sql_of(&data_type)
    }

    pub(super) fn sql_of(&self, data_type: &Type<'_>) -> Result<String, String> {
        let family = data_type.kind.split_once('.').map(|(dialect, _)| dialect);
        if let Some(text) = self.foreign(data_type)? {
            return Ok(text);
        }
        if let Some(text) = self.shared(data_type)? {
            return Ok(text);
        }
        let own = match (self.dialect, family) {
            (Dialect::Postgres, None | Some("postgresql")) => self.postgres(data_type)?,
            (Dialect::MySql | Dialect::MariaDb, None | Some("mysql" | "mariadb")) => {
                mysql(data_type, &|text| self.literal(text))?
            }
            (Dialect::Sqlite, None | Some("sqlite")) => None,
            _ => None,
        };
        own.ok_or_else(|| format!("the type `{}` is not known on {}", data_type.kind, self.dialect.title()))
    }

    /// Types every dialect has, each in its own words.
    fn shared(&self, t: &Type<'_>) -> Result<Option<String>, String> {
        use Dialect::{MariaDb, MySql, Postgres, Sqlite};
        let dialect = self.dialect;
        let mysql_own = t.kind.starts_with("mysql.") || t.kind.starts_with("mariadb.");
        if mysql_own {
            return Ok(None);
        }
        Ok(Some(match (t.bare(), dialect) {
            ("Integer" | "INTEGER" | "INT", _) => "INTEGER".to_owned(),
            ("BigInteger" | "BIGINT", _) => "BIGINT".to_owned(),
            ("SmallInteger" | "SMALLINT", _) => "SMALLINT".to_owned(),
            ("String" | "Unicode" | "VARCHAR" | "AutoString", MySql | MariaDb) if t.argument(0, "length").is_none() => {
                return Err(format!("`{}` needs a length on {}", t.kind, dialect.title()));
            }
            ("String" | "Unicode" | "VARCHAR", _) => string("VARCHAR", t, dialect)?,
            ("CHAR", _) => string("CHAR", t, dialect)?,
            ("NVARCHAR" | "NCHAR" | "CLOB", Postgres | Sqlite) | ("CLOB", _) => string(t.bare(), t, dialect)?,
            ("NVARCHAR", _) => string("NATIONAL VARCHAR", t, dialect)?,
            ("NCHAR", _) => string("NATIONAL CHAR", t, dialect)?,
            ("BINARY" | "VARBINARY", _) => match t.number(0, "length")? {
                Some(length) => format!("{}({length})", t.bare()),
                None if t.bare() == "BINARY" => "BINARY".to_owned(),
                None => return Err("`VARBINARY` needs a length".to_owned()),
            },
            ("Text" | "UnicodeText" | "TEXT", _) => string("TEXT", t, dialect)?,
            ("Boolean" | "BOOLEAN", MySql | MariaDb) => "BOOL".to_owned(),
            ("Boolean" | "BOOLEAN", _) => "BOOLEAN".to_owned(),
            ("Date" | "DATE", _) => "DATE".to_owned(),
            ("DateTime" | "TIMESTAMP" | "DATETIME", Postgres) if t.kind != "DATETIME" => zoned("TIMESTAMP", t)?,
            ("Time" | "TIME", Postgres) => zoned("TIME", t)?,
            ("DateTime" | "DATETIME", Sqlite | MySql | MariaDb) => "DATETIME".to_owned(),
            ("TIMESTAMP", Sqlite) => "TIMESTAMP".to_owned(),
            ("TIMESTAMP", MySql | MariaDb) => "TIMESTAMP".to_owned(),
            ("Time" | "TIME", _) => "TIME".to_owned(),
            ("Float" | "FLOAT", Sqlite) => "FLOAT".to_owned(),
            ("Float" | "FLOAT", _) => match t.number(0, "precision")?.filter(|precision| *precision != 0) {
                Some(precision) => format!("FLOAT({precision})"),
                None => "FLOAT".to_owned(),
            },
            ("Double", Postgres) | ("DOUBLE_PRECISION", _) => "DOUBLE PRECISION".to_owned(),
            ("Double" | "DOUBLE", Sqlite) => "DOUBLE".to_owned(),
            ("REAL", _) => "REAL".to_owned(),
            ("Numeric" | "NUMERIC", _) => numeric("NUMERIC", t)?,
            ("DECIMAL", _) => numeric("DECIMAL", t)?,
            ("LargeBinary" | "PickleType", Postgres) => "BYTEA".to_owned(),
            ("LargeBinary" | "BLOB", MySql | MariaDb) => match t.number(0, "length")? {
                Some(length) => format!("BLOB({length})"),
                None => "BLOB".to_owned(),
            },
            ("LargeBinary" | "PickleType" | "BLOB", Sqlite | MySql | MariaDb) => "BLOB".to_owned(),
            ("JSON", _) => "JSON".to_owned(),
            ("Interval", Sqlite | MySql | MariaDb) => "DATETIME".to_owned(),
            ("Uuid", Postgres) if t.flag(1, "native_uuid", true)? => "UUID".to_owned(),
            ("Uuid", _) => "CHAR(32)".to_owned(),
            ("UUID", _) => "UUID".to_owned(),
            ("Enum" | "ENUM", Postgres) if t.flag(usize::MAX, "native_enum", true)? => self.enum_name(t)?,
            ("Enum", MySql | MariaDb) if t.flag(usize::MAX, "native_enum", true)? => {
                let values: Vec<String> = self.enum_values(t)?.iter().map(|value| self.literal(value)).collect();
                format!("ENUM({})", values.join(","))
            }
            ("Enum", _) => {
                let longest = self.enum_values(t)?.iter().map(|value| value.chars().count()).max().unwrap_or(0);
                match t.number(usize::MAX, "length")? {
                    Some(length) => format!("VARCHAR({length})"),
                    None if longest == 0 => "VARCHAR".to_owned(),
                    None => format!("VARCHAR({longest})"),
                }
            }
            _ => return Ok(None),
        }))
    }

    fn postgres(&self, t: &Type<'_>) -> Result<Option<String>, String> {
        const PLAIN: &[&str] = &[
            "JSONB",
            "INET",
            "CIDR",
            "CITEXT",
            "MACADDR",
            "MACADDR8",
            "HSTORE",
            "TSVECTOR",
            "TSQUERY",
            "MONEY",
            "OID",
            "REGCLASS",
            "REGCONFIG",
            "BYTEA",
            "JSONPATH",
            "INT4RANGE",
            "INT8RANGE",
            "NUMRANGE",
            "DATERANGE",
            "TSRANGE",
            "TSTZRANGE",
            "INT4MULTIRANGE",
            "INT8MULTIRANGE",
            "NUMMULTIRANGE",
            "DATEMULTIRANGE",
            "TSMULTIRANGE",
            "TSTZMULTIRANGE",
        ];
        Ok(Some(match t.bare() {
            plain if PLAIN.contains(&plain) => plain.to_owned(),
            "Interval" => match t.number(1, "second_precision")? {
                Some(precision) => format!("INTERVAL ({precision})"),
                None => "INTERVAL".to_owned(),
            },
            "INTERVAL" => {
                let fields = match t.argument(1, "fields") {
                    None => String::new(),
                    Some(Value::Text(fields)) => format!(" {fields}"),
                    Some(other) => return Err(format!("`fields` of the interval is {}", other.noun())),
                };
                let precision = t.number(0, "precision")?.map(|precision| format!(" ({precision})")).unwrap_or_default();
                format!("INTERVAL{fields}{precision}")
            }
            "BIT" => {
                let varying = t.flag(1, "varying", false)?;
                let length = t.number(0, "length")?;
                match (varying, length) {
                    (true, None) => "BIT VARYING".to_owned(),
                    (true, Some(length)) => format!("BIT VARYING({length})"),
                    (false, length) => format!("BIT({})", length.unwrap_or(1)),
                }
            }
            "ARRAY" => {
                let item = t.argument(0, "item_type").ok_or("an array without a type of its items")?;
                let dimensions = usize::try_from(t.number(2, "dimensions")?.unwrap_or(1)).unwrap_or(1).min(6);
                let item = self.type_sql(item)?;
                if item.contains(" COLLATE ") {
                    return Err("an array of texts with a collation is not rendered".to_owned());
                }
                format!("{item}{}", "[]".repeat(dimensions))
            }
            _ => return Ok(None),
        }))
    }

    /// The name of a native enum type, quoted, with its schema.
    fn enum_name(&self, t: &Type<'_>) -> Result<String, String> {
        let (schema, name) = self.enum_identity(t)?;
        Ok(qualified(schema.as_deref(), &name, self.dialect))
    }
}

fn string(word: &str, t: &Type<'_>, dialect: Dialect) -> Result<String, String> {
    let length = t.number(0, "length")?.filter(|length| *length != 0).map(|length| format!("({length})")).unwrap_or_default();
    let collation = match t.argument(1, "collation") {
        None => String::new(),
        Some(Value::Text(collation)) if matches!(dialect, Dialect::MySql | Dialect::MariaDb) => format!(" COLLATE {collation}"),
        Some(Value::Text(collation)) => format!(" COLLATE \"{collation}\""),
        Some(other) => return Err(format!("`collation` of the type is {}", other.noun())),
    };
    Ok(format!("{word}{length}{collation}"))
}

fn zoned(word: &str, t: &Type<'_>) -> Result<String, String> {
    let zone = if t.flag(0, "timezone", false)? { "WITH" } else { "WITHOUT" };
    let precision = t.number(1, "precision")?.map(|precision| format!("({precision})")).unwrap_or_default();
    Ok(format!("{word}{precision} {zone} TIME ZONE"))
}

fn numeric(word: &str, t: &Type<'_>) -> Result<String, String> {
    Ok(match (t.number(0, "precision")?, t.number(1, "scale")?) {
        (None, _) => word.to_owned(),
        (Some(precision), None) => format!("{word}({precision})"),
        (Some(precision), Some(scale)) => format!("{word}({precision}, {scale})"),
    })
}

/// MySQL's own types with their options (`MySQLTypeCompiler`).
fn mysql(t: &Type<'_>, literal: &dyn Fn(&str) -> String) -> Result<Option<String>, String> {
    let bare = t.bare();
    let sized = |name: &str| -> Result<String, String> {
        let number = |at: usize, name: &str| Ok::<_, String>(t.number(at, name)?.map(|n| n.to_string()));
        let sizes = [number(0, name)?, number(1, "scale")?];
        let sizes: Vec<String> = sizes.into_iter().flatten().collect();
        Ok(if sizes.is_empty() { String::new() } else { format!("({})", sizes.join(", ")) })
    };
    let length = |name: &str| -> Result<String, String> { Ok(t.number(0, name)?.map(|n| format!("({n})")).unwrap_or_default()) };
    let on = |name: &str| t.flag(usize::MAX, name, false);
    let signs = || -> Result<String, String> {
        let unsigned = if on("unsigned")? { " UNSIGNED" } else { "" };
        Ok(format!("{unsigned}{}", if on("zerofill")? { " ZEROFILL" } else { "" }))
    };
    Ok(Some(match bare {
        "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INTEGER" | "BIGINT" => format!("{bare}{}{}", length("display_width")?, signs()?),
        "Double" => "DOUBLE".to_owned(),
        "DOUBLE" | "FLOAT" | "REAL" | "DECIMAL" | "NUMERIC" => format!("{bare}{}{}", sized("precision")?, signs()?),
        "TINYBLOB" | "MEDIUMBLOB" | "LONGBLOB" => bare.to_owned(),
        "YEAR" => format!("YEAR{}", length("display_width")?),
        "BIT" => format!("BIT{}", length("length")?),
        "BLOB" | "BINARY" | "VARBINARY" => format!("{bare}{}", length("length")?),
        "VARCHAR" | "CHAR" | "TEXT" => format!("{bare}{}{}", length("length")?, characters(t)?),
        "TINYTEXT" | "MEDIUMTEXT" | "LONGTEXT" => format!("{bare}{}", characters(t)?),
        "DATETIME" | "TIME" | "TIMESTAMP" => {
            let at = usize::from(bare != "YEAR");
            format!("{bare}{}", t.number(at, "fsp")?.map(|fsp| format!("({fsp})")).unwrap_or_default())
        }
        "BOOLEAN" | "BOOL" => "BOOL".to_owned(),
        "DATE" => "DATE".to_owned(),
        "JSON" => "JSON".to_owned(),
        "ENUM" | "SET" => {
            let values = t.object.iter().flat_map(|object| &object.args).map(|value| match value {
                Value::Text(text) => Ok(literal(text)),
                other => Err(format!("a value of the {bare} is {}", other.noun())),
            });
            format!("{bare}({}){}", values.collect::<Result<Vec<_>, String>>()?.join(","), characters(t)?)
        }
        _ => return Ok(None),
    }))
}

/// Character set and collation of a text.
fn characters(t: &Type<'_>) -> Result<String, String> {
    let word = |name: &str| match t.argument(usize::MAX, name) {
        None => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text.to_string())),
        Some(other) => Err(format!("`{name}` of the type is {}", other.noun())),
    };
    let mut text = String::new();
    if let Some(charset) = word("charset")? {
        text.push_str(&format!(" CHARACTER SET {charset}"));
    } else if t.flag(usize::MAX, "ascii", false)? {
        text.push_str(" ASCII");
    } else if t.flag(usize::MAX, "unicode", false)? {
        text.push_str(" UNICODE");
    }
    if let Some(collation) = word("collation")? {
        text.push_str(&format!(" COLLATE {collation}"));
    } else if t.flag(usize::MAX, "binary", false)? {
        text.push_str(" BINARY");
    }
    Ok(text)
}

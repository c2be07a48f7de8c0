//! Types that are not SQLAlchemy's own: the common libraries', and those the user maps in `[alembic.types]`.

use std::collections::BTreeMap;

use super::Renderer;
use super::types::Type;
use crate::dialect::Dialect;
use crate::source::alembic::interpreter::value::Value;

/// SQL by dialect name, by dotted type name.
pub(super) type TypeMap = BTreeMap<String, BTreeMap<String, String>>;

/// Libraries whose types are known here; their names as SQLAlchemy compiles them were recorded from the libraries
/// (SQLAlchemy-Utils 0.42, pgvector 0.4, GeoAlchemy2 0.18, fastapi-users-db-sqlalchemy 7, advanced-alchemy 1.12,
/// oslo.db 18).
pub(in crate::source::alembic) fn library(path: &str) -> Option<&'static str> {
    Some(match path.split('.').next()? {
        "sqlalchemy_utils" => "sqlalchemy_utils",
        "pgvector" => "pgvector",
        "geoalchemy2" => "geoalchemy2",
        "fastapi_users_db_sqlalchemy" | "fastapi_users" => "fastapi_users",
        "advanced_alchemy" | "litestar" => "advanced_alchemy",
        "oslo_db" => "oslo_db",
        "sqlmodel" => "sqlmodel",
        "alembic_postgresql_enum" => "alembic_postgresql_enum",
        "citext" | "sqlalchemy_citext" => "citext",
        _ => return None,
    })
}

impl Renderer {
    /// What the user says a type is.
    fn mapping(&self, path: &str) -> Option<&BTreeMap<String, String>> {
        let path = path.trim_end_matches("()");
        let named = |key: &str| path == key || path.strip_suffix(key).is_some_and(|before| before.ends_with('.'));
        self.types.iter().find_map(|(key, texts)| named(key).then_some(texts))
    }

    /// Whether the user says what a type of the project or of a library is.
    pub(in crate::source::alembic) fn maps(&self, path: &str) -> bool {
        self.mapping(path).is_some()
    }

    /// The SQL of a type of a library or of the user's map; nothing where it is neither.
    pub(super) fn foreign(&self, t: &Type<'_>) -> Result<Option<String>, String> {
        if let Some(path) = t.kind.strip_prefix("mapped.") {
            return self.mapped(path, t).map(Some);
        }
        if t.kind == "written type" {
            return match t.argument(0, "text") {
                Some(Value::Text(text)) => Ok(Some(text.to_string())),
                _ => Err("the text of a type is not known".to_owned()),
            };
        }
        let Some((family, name)) = t.kind.split_once('.') else { return Ok(None) };
        match family {
            "sqlalchemy_utils" => self.of_utils(name, t),
            "pgvector" => of_vectors(name, t).map(Some),
            "fastapi_users" | "advanced_alchemy" | "oslo_db" | "sqlmodel" | "citext" => self.of_frameworks(family, name, t),
            "geoalchemy2" => self.of_geometry(name, t).map(Some),
            _ => Ok(None),
        }
    }

    fn mapped(&self, path: &str, t: &Type<'_>) -> Result<String, String> {
        let texts = self.mapping(path).ok_or_else(|| format!("the type `{path}` is not known"))?;
        let names: &[&str] = match self.dialect {
            Dialect::Postgres => &["postgresql", "postgres"],
            Dialect::MySql => &["mysql"],
            Dialect::MariaDb if self.mysql_url => &["mysql", "mariadb"],
            Dialect::MariaDb => &["mariadb", "mysql"],
            Dialect::Sqlite => &["sqlite"],
        };
        let text = names.iter().find_map(|name| texts.get(*name));
        let text = text.ok_or_else(|| format!("[alembic.types] does not say what `{path}` is on {}", self.dialect.title()))?;
        if !text.contains("{length}") {
            return Ok(text.clone());
        }
        let length = t.number(0, "length")?.ok_or_else(|| format!("`{path}` is mapped with a length, and none is given"))?;
        Ok(text.replace("{length}", &length.to_string()))
    }

    fn of_utils(&self, name: &str, t: &Type<'_>) -> Result<Option<String>, String> {
        let postgres = self.dialect == Dialect::Postgres;
        Ok(Some(match name {
            "UUIDType" if postgres && t.flag(1, "native", true)? => "UUID".to_owned(),
            "UUIDType" if t.flag(0, "binary", true)? => "BINARY(16)".to_owned(),
            "UUIDType" => "CHAR(32)".to_owned(),
            "URLType" | "ScalarListType" => "TEXT".to_owned(),
            "EmailType" => format!("VARCHAR({})", t.number(0, "length")?.unwrap_or(255)),
            "IPAddressType" | "TimezoneType" => "VARCHAR(50)".to_owned(),
            "ColorType" => "VARCHAR(20)".to_owned(),
            "CountryType" => "VARCHAR(2)".to_owned(),
            "JSONType" if postgres => "JSON".to_owned(),
            "JSONType" => "TEXT".to_owned(),
            "LtreeType" if postgres => "LTREE".to_owned(),
            "TSVectorType" if postgres => "TSVECTOR".to_owned(),
            "ChoiceType" => match t.argument(1, "impl") {
                Some(inner) => self.type_sql(inner)?,
                None => "VARCHAR(255)".to_owned(),
            },
            "EncryptedType" if postgres => "BYTEA".to_owned(),
            "EncryptedType" => "BLOB".to_owned(),
            _ => return Ok(None),
        }))
    }

    fn of_frameworks(&self, family: &str, name: &str, t: &Type<'_>) -> Result<Option<String>, String> {
        let postgres = self.dialect == Dialect::Postgres;
        let mysql = matches!(self.dialect, Dialect::MySql | Dialect::MariaDb);
        Ok(Some(match (family, name) {
            ("fastapi_users" | "advanced_alchemy", "GUID") if postgres => "UUID".to_owned(),
            ("fastapi_users", "GUID") => "CHAR(36)".to_owned(),
            ("fastapi_users", "TIMESTAMPAware") if postgres && t.flag(0, "timezone", false)? => {
                "TIMESTAMP WITH TIME ZONE".to_owned()
            }
            ("fastapi_users", "TIMESTAMPAware") if postgres => "TIMESTAMP WITHOUT TIME ZONE".to_owned(),
            ("fastapi_users", "TIMESTAMPAware") => "TIMESTAMP".to_owned(),
            ("advanced_alchemy", "GUID") if t.flag(usize::MAX, "binary", true)? => "BINARY(16)".to_owned(),
            ("advanced_alchemy", "GUID") => "CHAR(32)".to_owned(),
            ("advanced_alchemy", "DateTimeUTC") if postgres => "TIMESTAMP WITH TIME ZONE".to_owned(),
            ("advanced_alchemy", "DateTimeUTC") => "DATETIME".to_owned(),
            ("advanced_alchemy", "BigIntIdentity") if self.dialect == Dialect::Sqlite => "INTEGER".to_owned(),
            ("advanced_alchemy", "BigIntIdentity") => "BIGINT".to_owned(),
            ("advanced_alchemy", "JsonB") if postgres => "JSONB".to_owned(),
            ("advanced_alchemy", "JsonB") => "JSON".to_owned(),
            ("advanced_alchemy", "EncryptedText") => "TEXT".to_owned(),
            ("oslo_db", "JsonEncodedDict" | "JsonEncodedList") if mysql && t.flag(0, "mysql_as_long", false)? => {
                "LONGTEXT".to_owned()
            }
            ("oslo_db", "JsonEncodedDict" | "JsonEncodedList") if mysql && t.flag(1, "mysql_as_medium", false)? => {
                "MEDIUMTEXT".to_owned()
            }
            ("oslo_db", "JsonEncodedDict" | "JsonEncodedList") => "TEXT".to_owned(),
            ("oslo_db", "SoftDeleteInteger") => "INTEGER".to_owned(),
            ("citext", "CIText") => "CITEXT".to_owned(),
            // It gives MySQL a length where none is given.
            ("sqlmodel", "AutoString") => match t.number(0, "length")?.filter(|length| *length != 0) {
                Some(length) => format!("VARCHAR({length})"),
                None if mysql => "VARCHAR(255)".to_owned(),
                None => "VARCHAR".to_owned(),
            },
            _ => return Ok(None),
        }))
    }

    /// Spatial columns; those with an index of their own bring `CREATE INDEX` along, which listeners of the library send.
    fn of_geometry(&self, name: &str, t: &Type<'_>) -> Result<String, String> {
        if !matches!(name, "Geometry" | "Geography") || self.dialect != Dialect::Postgres {
            return Err(format!("the type `geoalchemy2.{name}` is not known on {}", self.dialect.title()));
        }
        if t.flag(usize::MAX, "spatial_index", true)? {
            return Err("a spatial column brings an index along unless `spatial_index=False`".to_owned());
        }
        let shape = match t.argument(0, "geometry_type") {
            None => "GEOMETRY".to_owned(),
            Some(Value::Text(shape)) => shape.to_uppercase(),
            Some(other) => return Err(format!("`geometry_type` is {}", other.noun())),
        };
        Ok(format!("{}({shape},{})", name.to_lowercase(), t.number(1, "srid")?.unwrap_or(-1)))
    }
}

fn of_vectors(name: &str, t: &Type<'_>) -> Result<String, String> {
    let (word, parameter) = match name {
        "Vector" | "VECTOR" => ("VECTOR", "dim"),
        "HALFVEC" => ("HALFVEC", "dim"),
        "SPARSEVEC" => ("SPARSEVEC", "dim"),
        "BIT" => ("BIT", "length"),
        _ => return Err(format!("the type `pgvector.{name}` is not known")),
    };
    Ok(match t.number(0, parameter)? {
        Some(size) => format!("{word}({size})"),
        None => word.to_owned(),
    })
}

//! Which types the server has: a column of another one is refused.
//!
//! Source: PostgreSQL 15 and MariaDB 10.11, asked; `server/tests/suite/oracle_refusals.rs` asks again. MySQL by its manual.

use super::Outcome;
use super::object::type_exists;
use crate::catalog::Catalog;
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::parse::type_name::{base, is_builtin, user_defined};

/// Types of MySQL and MariaDB, as their catalogs name them, and older spellings that both read.
const MYSQL: &str = "bigint binary bit blob char date datetime decimal double enum float float4 float8 geometry \
    geometrycollection int int1 int2 int3 int4 int8 json linestring longblob longtext mediumblob mediumint mediumtext middleint \
    multilinestring multipoint multipolygon point polygon real set smallint text time timestamp tinyblob tinyint tinytext \
    varbinary varchar varcharacter year";

/// Types of PostgreSQL that take a length or a precision, by their first word.
const SIZED: &[&str] = &["bit", "bpchar", "character", "interval", "numeric", "time", "timestamp"];

/// A column's type must be there, unless something that is not read may have brought it.
pub(super) fn check(catalog: &Catalog, data_type: &str) -> Outcome {
    if catalog.opaque || data_type.is_empty() {
        return Ok(());
    }
    match catalog.dialect {
        Dialect::Postgres => of_postgres(catalog, data_type),
        Dialect::MySql | Dialect::MariaDb => of_mysql(catalog, data_type),
        // SQLite takes any name for a type.
        Dialect::Sqlite => Ok(()),
    }
}

fn of_postgres(catalog: &Catalog, data_type: &str) -> Outcome {
    let name = base(data_type);
    let first = name.split(' ').next().unwrap_or(name);
    if is_builtin(first) && name != "double" {
        return match data_type.contains('(') && !SIZED.contains(&first) {
            true => Err(format!("type modifier is not allowed for type \"{name}\"")),
            false => Ok(()),
        };
    }
    let foreign = || (!name.contains(['.', '"'])).then(|| ObjectName::bare(name));
    let Some(name) = user_defined(data_type).or_else(foreign) else { return Ok(()) };
    let there = |key: &_| type_exists(catalog, key) || catalog.views.contains_key(key);
    // An extension may have brought it.
    if !catalog.extensions.is_empty() || catalog.find(&name, there).is_some() {
        return Ok(());
    }
    Err(format!("type \"{name}\" does not exist"))
}

fn of_mysql(catalog: &Catalog, data_type: &str) -> Outcome {
    let version = (catalog.version.major, catalog.version.minor);
    let maria = catalog.dialect == Dialect::MariaDb;
    // What MariaDB 12 has learned is not known here.
    if maria && version.0 >= 12 {
        return Ok(());
    }
    let name = base(data_type);
    let first = name.split(' ').next().unwrap_or(name);
    let there = match first {
        "uuid" => maria && version >= (10, 7),
        "inet6" => maria && version >= (10, 5),
        "inet4" => maria && version >= (10, 10),
        "vector" => version >= if maria { (11, 7) } else { (9, 0) },
        "geomcollection" => !maria,
        _ => MYSQL.split(' ').any(|known| known == first),
    };
    if !there {
        return Err(format!("Unknown data type: '{first}'"));
    }
    if data_type.ends_with("[]") { Err("there are no arrays: syntax error near '[]'".to_owned()) } else { Ok(()) }
}

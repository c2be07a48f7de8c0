//! Types held against the words of the servers.

use super::*;

/// As written, and `format_type` of a column of that type. Source: asked of PostgreSQL 15.
const MEASURED: &[(&str, &str)] = &[
    ("int", "integer"),
    ("INT4", "integer"),
    ("integer", "integer"),
    ("int8", "bigint"),
    ("bigint", "bigint"),
    ("int2", "smallint"),
    ("smallint", "smallint"),
    ("bool", "boolean"),
    ("boolean", "boolean"),
    ("float", "double precision"),
    ("float(10)", "real"),
    ("float(24)", "real"),
    ("float(25)", "double precision"),
    ("float4", "real"),
    ("real", "real"),
    ("float8", "double precision"),
    ("double precision", "double precision"),
    ("decimal", "numeric"),
    ("dec(10)", "numeric(10,0)"),
    ("numeric(10)", "numeric(10,0)"),
    ("numeric(10,2)", "numeric(10,2)"),
    ("numeric( 10 , 2 )", "numeric(10,2)"),
    ("numeric", "numeric"),
    ("varchar", "character varying"),
    ("varchar(20)", "character varying(20)"),
    ("character varying(20)", "character varying(20)"),
    ("char varying (5)", "character varying(5)"),
    ("national character varying(7)", "character varying(7)"),
    ("nchar varying(7)", "character varying(7)"),
    ("char", "character(1)"),
    ("char(5)", "character(5)"),
    ("character", "character(1)"),
    ("character(9)", "character(9)"),
    ("nchar(3)", "character(3)"),
    ("national char(3)", "character(3)"),
    ("bpchar", "bpchar"),
    ("\"char\"", "\"char\""),
    ("text", "text"),
    ("TEXT[]", "text[]"),
    ("text[][]", "text[]"),
    ("int[3]", "integer[]"),
    ("int array", "integer[]"),
    ("int array[4]", "integer[]"),
    ("varchar(3)[]", "character varying(3)[]"),
    ("timestamp", "timestamp without time zone"),
    ("timestamp(3)", "timestamp(3) without time zone"),
    ("timestamp with time zone", "timestamp with time zone"),
    ("timestamp(3) with time zone", "timestamp(3) with time zone"),
    ("timestamp without time zone", "timestamp without time zone"),
    ("timestamptz", "timestamp with time zone"),
    ("timestamptz(0)", "timestamp(0) with time zone"),
    ("timestamptz[]", "timestamp with time zone[]"),
    ("time", "time without time zone"),
    ("time(2)", "time(2) without time zone"),
    ("timetz", "time with time zone"),
    ("timetz(4)", "time(4) with time zone"),
    ("time with time zone", "time with time zone"),
    ("date", "date"),
    ("interval", "interval"),
    ("interval(3)", "interval(3)"),
    ("interval day to second", "interval day to second"),
    ("interval day to second(3)", "interval day to second(3)"),
    ("interval year", "interval year"),
    ("interval second(2)", "interval second(2)"),
    ("bit", "bit(1)"),
    ("bit(4)", "bit(4)"),
    ("bit varying", "bit varying"),
    ("bit varying(8)", "bit varying(8)"),
    ("varbit(8)", "bit varying(8)"),
    ("uuid", "uuid"),
    ("json", "json"),
    ("jsonb", "jsonb"),
    ("bytea", "bytea"),
    ("inet", "inet"),
    ("cidr", "cidr"),
    ("macaddr", "macaddr"),
    ("money", "money"),
    ("oid", "oid"),
    ("name", "name"),
    ("xml", "xml"),
    ("tsvector", "tsvector"),
    ("tsquery", "tsquery"),
    ("int4range", "int4range"),
    ("int8multirange", "int8multirange"),
    ("numrange", "numrange"),
    ("tstzrange", "tstzrange"),
    ("daterange", "daterange"),
    ("point", "point"),
    ("box", "box"),
    ("regclass", "regclass"),
    ("pg_catalog.int4", "integer"),
    ("pg_catalog.varchar(5)", "character varying(5)"),
    ("pg_catalog.timestamptz", "timestamp with time zone"),
    ("\"int4\"", "integer"),
    ("\"varchar\"", "character varying"),
    ("\"timestamptz\"", "timestamp with time zone"),
    ("mood", "mood"),
    ("MOOD", "mood"),
    ("public.mood", "mood"),
    ("\"Mood\"", "\"Mood\""),
    ("\"Odd.Name\"", "\"Odd.Name\""),
    ("app.mood", "app.mood"),
    ("app.\"Order Kind\"", "app.\"Order Kind\""),
    ("\"user\"", "\"user\""),
    ("app.mood[]", "app.mood[]"),
    ("_int4", "integer[]"),
    ("_text", "text[]"),
];

#[test]
fn names_are_those_of_format_type() {
    let wrong: Vec<_> = MEASURED
        .iter()
        .map(|(written, server)| (written, server, canonical(written, Dialect::Postgres).name))
        .filter(|(_, server, ours)| *server != ours)
        .collect();
    assert!(wrong.is_empty(), "written, PostgreSQL, ours:\n{wrong:#?}");
}

#[test]
fn serial_is_an_integer_with_a_sequence() {
    for (written, name) in [("serial", "integer"), ("BIGSERIAL", "bigint"), ("smallserial", "smallint"), ("serial8", "bigint")] {
        assert_eq!(canonical(written, Dialect::Postgres), TypeName { name: name.to_owned(), serial: true });
    }
}

#[test]
fn types_of_the_server_are_not_the_users() {
    let own = |(written, server): &&(&str, &str)| {
        let _ = server;
        ["mood", "Mood", "MOOD", "Odd", "Order", "user"].iter().any(|name| written.contains(name))
    };
    for (_, server) in MEASURED.iter().filter(|case| !own(case)) {
        assert_eq!(user_defined(server), None, "{server}");
    }
    assert_eq!(user_defined("app.mood[]"), Some(ObjectName::qualified("app", "mood")));
    assert_eq!(user_defined("\"Odd.Name\""), Some(ObjectName::bare("Odd.Name")));
    assert_eq!(user_defined("geometry(Point,4326)"), Some(ObjectName::bare("geometry")));
}

#[test]
fn mysql_names_are_those_of_column_type() {
    // Source: information_schema.columns.column_type of MySQL 8.0.
    for (written, server) in [
        ("INTEGER", "int"),
        ("INT(11) UNSIGNED", "int unsigned"),
        ("BOOL", "tinyint(1)"),
        ("NUMERIC(10)", "decimal(10,0)"),
        ("DECIMAL(10, 2) UNSIGNED ZEROFILL", "decimal(10,2) unsigned zerofill"),
        ("CHARACTER VARYING(20)", "varchar(20)"),
        ("CHAR", "char(1)"),
        ("ENUM('a b', 'c)d')", "enum('a b','c)d')"),
        ("DOUBLE PRECISION", "double"),
    ] {
        assert_eq!(canonical(written, Dialect::MySql).name, server);
    }
}

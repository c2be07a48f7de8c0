//! PostgreSQL: what an index's method cannot do, and types and operator classes that it has not.
//!
//! Source: PostgreSQL 15, asked for each type with each method; `server/tests/suite/oracle_queries.rs` asks again.

use super::Outcome;
use crate::catalog::{Catalog, Table};
use crate::statement::operation::{CreateIndex, IndexPart};
use crate::statement::parse::type_name::{base, user_defined};

/// A method of the server's own.
struct Method {
    name: &'static str,
    /// Types of which it has, or has not, a default operator class.
    types: Types,
    /// Operator classes of it; none: they are too many to list.
    classes: &'static str,
}

enum Types {
    Only(&'static str),
    AllBut(&'static str),
}

const METHODS: [Method; 6] = [
    Method {
        name: "btree",
        types: Types::AllBut("json,jsonpath,xml,point,line,lseg,box,path,polygon,circle,xid,cid,pg_snapshot,aclitem,refcursor"),
        classes: "",
    },
    Method {
        name: "hash",
        types: Types::AllBut(
            "money,bit,bit varying,json,jsonpath,xml,point,line,lseg,box,path,polygon,circle,tsvector,tsquery,pg_snapshot,refcursor",
        ),
        classes: "",
    },
    Method { name: "gin", types: Types::Only("jsonb,tsvector"), classes: "array_ops jsonb_ops jsonb_path_ops tsvector_ops" },
    Method {
        name: "gist",
        types: Types::Only("point,box,polygon,circle,tsvector,tsquery"),
        classes: "box_ops circle_ops inet_ops multirange_ops point_ops poly_ops range_ops tsquery_ops tsvector_ops",
    },
    Method {
        name: "spgist",
        types: Types::Only("text,character varying,inet,cidr,point,box,polygon"),
        classes: "box_ops inet_ops kd_point_ops poly_ops quad_point_ops range_ops text_ops",
    },
    Method {
        name: "brin",
        types: Types::AllBut(
            "money,boolean,json,jsonb,jsonpath,xml,point,line,lseg,path,polygon,circle,tsvector,tsquery,xid,xid8,cid,aclitem,refcursor",
        ),
        classes: "",
    },
];

/// Extensions that bring no operator class and no method.
const BRING_NONE: [&str; 10] = [
    "plpgsql",
    "uuid-ossp",
    "pgcrypto",
    "pg_stat_statements",
    "unaccent",
    "dblink",
    "postgres_fdw",
    "tablefunc",
    "fuzzystrmatch",
    "pgaudit",
];

/// Whether classes and methods may be there that are not known here.
fn may_have_more(catalog: &Catalog) -> bool {
    catalog.opaque || catalog.extensions.iter().any(|extension| !BRING_NONE.contains(&extension.as_str()))
}

pub(super) fn check(catalog: &Catalog, table: &Table, create: &CreateIndex) -> Outcome {
    let name = create.method.as_deref().unwrap_or("btree");
    if may_have_more(catalog) {
        return Ok(());
    }
    let Some(method) = METHODS.iter().find(|method| method.name == name) else {
        return Err(format!("access method \"{name}\" does not exist"));
    };
    let cannot = |what: &str| Err(format!("access method \"{name}\" does not support {what}"));
    if create.unique && name != "btree" {
        return cannot("unique indexes");
    }
    let includes = matches!(name, "btree" | "gist") || name == "spgist" && catalog.version.major >= 14;
    if !create.include.is_empty() && !includes {
        return cannot("included columns");
    }
    if create.columns.len() > 1 && matches!(name, "hash" | "spgist") {
        return cannot("multicolumn indexes");
    }
    for (at, part) in create.columns.iter().enumerate() {
        let class = create.classes.get(at).map(String::as_str).unwrap_or_default();
        match part {
            _ if !class.is_empty() => {
                let known = method.classes.is_empty() || method.classes.split(' ').any(|known| known == class);
                if !known {
                    return Err(format!("operator class \"{class}\" does not exist for access method \"{name}\""));
                }
            }
            IndexPart::Column(column) => default_class(catalog, table, column, method)?,
            IndexPart::Expression(_) => {}
        }
    }
    Ok(())
}

/// The columns of a primary key or unique constraint, which a B-tree holds.
pub(super) fn of_key(catalog: &Catalog, table: &Table, columns: &[String]) -> Outcome {
    let [btree, ..] = &METHODS;
    if may_have_more(catalog) {
        return Ok(());
    }
    columns.iter().try_for_each(|column| default_class(catalog, table, column, btree))
}

fn default_class(catalog: &Catalog, table: &Table, column: &str, method: &Method) -> Outcome {
    let Some(declared) = table.column(column).map(|column| column.data_type.as_str()) else { return Ok(()) };
    let data_type = under_domains(catalog, declared);
    let name = base(data_type);
    let listed = |list: &str| list.split(',').any(|known| known == name);
    let any_of = |methods: &[&str]| methods.contains(&method.name);
    let has = match &method.types {
        _ if data_type.ends_with("[]") => any_of(&["btree", "hash", "gin"]),
        _ if is_enum(catalog, data_type) => any_of(&["btree", "hash"]),
        _ if listed(RANGES) => !any_of(&["gin"]),
        Types::AllBut(list) => !listed(list),
        // Types that somebody made may be of any kind.
        Types::Only(list) => listed(list) || !listed(PLAIN),
    };
    if has {
        return Ok(());
    }
    let name = base(declared);
    Err(format!("data type {name} has no default operator class for access method \"{}\"", method.name))
}

fn is_enum(catalog: &Catalog, data_type: &str) -> bool {
    user_defined(data_type).is_some_and(|name| catalog.find(&name, |key| catalog.enums.contains_key(key)).is_some())
}

/// The type that a domain is made of in the end.
fn under_domains<'a>(catalog: &'a Catalog, declared: &'a str) -> &'a str {
    const DEEPEST: usize = 16;
    let mut data_type = declared;
    for _ in 0..DEEPEST {
        let key = user_defined(data_type).and_then(|name| catalog.find(&name, |key| catalog.types.contains_key(key)));
        match key.and_then(|key| catalog.types.get(&key)).and_then(|own| own.base.as_deref()) {
            Some(under) => data_type = under,
            None => break,
        }
    }
    data_type
}

const RANGES: &str = "int4range,int8range,numrange,tsrange,tstzrange,daterange";

/// Types of the server's own that are of no such kind.
const PLAIN: &str = "smallint,integer,bigint,numeric,real,double precision,money,boolean,text,character varying,character,name,\"char\",\
    bytea,bit,bit varying,date,time without time zone,time with time zone,timestamp without time zone,timestamp with time zone,\
    interval,uuid,json,jsonb,jsonpath,xml,inet,cidr,macaddr,macaddr8,point,line,lseg,box,path,polygon,circle,tsvector,tsquery,oid,\
    xid,xid8,cid,tid,pg_lsn";

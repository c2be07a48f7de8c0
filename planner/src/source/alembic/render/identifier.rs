//! Identifiers as SQLAlchemy writes them: quoted only where its dialect says so.
//!
//! The word lists are those of SQLAlchemy 2.0.58, because the text has to be the text Alembic sends.

use crate::sort::Gather;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::dialect::Dialect;

/// Quotes a name where SQLAlchemy would (`IdentifierPreparer.quote`): reserved, not all lower case, or with a
/// character that needs it.
pub(in crate::source::alembic) fn quote(name: &str, dialect: Dialect) -> String {
    if !needs_quotes(name, dialect) {
        return name.to_owned();
    }
    match dialect {
        Dialect::MySql | Dialect::MariaDb => format!("`{}`", name.replace('`', "``")),
        Dialect::Postgres | Dialect::Sqlite => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

/// A table name with its schema, which is one identifier.
pub(in crate::source::alembic) fn qualified(schema: Option<&str>, name: &str, dialect: Dialect) -> String {
    match schema {
        // SQLAlchemy takes an empty schema for none.
        Some(schema) if !schema.is_empty() => format!("{}.{}", quote(schema, dialect), quote(name, dialect)),
        _ => quote(name, dialect),
    }
}

/// The same for Alembic's own `ALTER TABLE`, which takes each dotted part of the schema as an identifier.
pub(super) fn qualified_dotted(schema: Option<&str>, name: &str, dialect: Dialect) -> String {
    match schema {
        Some(schema) if !schema.is_empty() => {
            let parts: Vec<String> = schema.split('.').map(|part| quote(part, dialect)).collect();
            format!("{}.{}", parts.join("."), quote(name, dialect))
        }
        _ => quote(name, dialect),
    }
}

fn needs_quotes(name: &str, dialect: Dialect) -> bool {
    let lower = name.to_lowercase();
    let starts_ill = name.chars().next().is_none_or(|c| c.is_ascii_digit() || c == '$');
    let legal = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$');
    starts_ill || !legal || lower != name || reserved(&lower, dialect)
}

fn reserved(word: &str, dialect: Dialect) -> bool {
    // Asked for every name of every statement.
    static SETS: LazyLock<[BTreeSet<&str>; 4]> =
        LazyLock::new(|| [POSTGRES, SQLITE, MYSQL, MARIADB].map(|words| words.split_whitespace().gather()));
    let [postgres, sqlite, mysql, mariadb] = &*SETS;
    let words = match dialect {
        Dialect::Postgres => postgres,
        Dialect::Sqlite => sqlite,
        Dialect::MySql => mysql,
        Dialect::MariaDb => mariadb,
    };
    words.contains(word)
}

/// `sqlalchemy.dialects.postgresql.base.RESERVED_WORDS`.
const POSTGRES: &str = "\
    all analyse analyze and any array as asc asymmetric authorization between binary both case cast check collate \
    column constraint create cross current_catalog current_date current_role current_schema current_time \
    current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign \
    freeze from full grant group having ilike in initially inner intersect into is isnull join leading left like \
    limit localtime localtimestamp natural new not notnull null of off offset old on only or order outer over \
    overlaps placing primary references returning right select session_user similar some symmetric table then to \
    trailing true union unique user using variadic verbose when where window with";

/// `SQLiteIdentifierPreparer.reserved_words`.
const SQLITE: &str = "\
    add after all alter analyze and as asc attach autoincrement before begin between by cascade case cast check \
    collate column commit conflict constraint create cross current_date current_time current_timestamp database \
    default deferrable deferred delete desc detach distinct drop each else end escape except exclusive exists \
    explain fail false for foreign from full glob group having if ignore immediate in index indexed initially \
    inner insert instead intersect into is isnull join key left like limit match natural not notnull null of \
    offset on or order outer plan pragma primary query raise references reindex rename replace restrict right \
    rollback row select set table temp temporary then to transaction trigger true union unique update using vacuum \
    values view virtual when where";

/// `RESERVED_WORDS_MYSQL`.
const MYSQL: &str = "\
    accessible add admin all alter analyze and array as asc asensitive before between bigint binary blob both by \
    call cascade case change char character check collate column condition constraint continue convert create \
    cross cube cume_dist current_date current_time current_timestamp current_user cursor database databases \
    day_hour day_microsecond day_minute day_second dec decimal declare default delayed delete dense_rank desc \
    describe deterministic distinct distinctrow div double drop dual each else elseif empty enclosed escaped \
    except exists exit explain false fetch first_value float float4 float8 for force foreign from fulltext \
    function general generated get get_master_public_key grant group grouping groups having high_priority \
    hour_microsecond hour_minute hour_second if ignore ignore_server_ids in index infile inner inout insensitive \
    insert int int1 int2 int3 int4 int8 integer intersect interval into io_after_gtids io_before_gtids is iterate \
    join json_table key keys kill lag last_value lateral lead leading leave left like limit linear lines load \
    localtime localtimestamp lock long longblob longtext loop low_priority master_bind master_heartbeat_period \
    master_ssl_verify_server_cert match maxvalue mediumblob mediumint mediumtext member middleint \
    minute_microsecond minute_second mod modifies natural no_write_to_binlog not nth_value ntile null numeric of \
    on optimize optimizer_costs option optionally or order out outer outfile over parallel parse_gcol_expr \
    partition percent_rank persist persist_only precision primary procedure purge qualify range rank read \
    read_write reads real recursive references regexp release rename repeat replace require resignal restrict \
    return revoke right rlike role row row_number rows schema schemas second_microsecond select sensitive \
    separator set show signal slow smallint spatial specific sql sql_after_gtids sql_before_gtids sql_big_result \
    sql_calc_found_rows sql_small_result sqlexception sqlstate sqlwarning ssl starting stored straight_join system \
    table terminated then tinyblob tinyint tinytext to trailing trigger true undo union unique unlock unsigned \
    update usage use using utc_date utc_time utc_timestamp values varbinary varchar varcharacter varying virtual \
    when where while window with write xor year_month zerofill";

/// `RESERVED_WORDS_MARIADB`.
const MARIADB: &str = "\
    accessible add all alter analyze and as asc asensitive before between bigint binary blob body both by call \
    cascade case change char character check collate column condition constraint continue convert create cross \
    current_date current_role current_time current_timestamp current_user cursor database databases day_hour \
    day_microsecond day_minute day_second dec decimal declare default delayed delete desc describe deterministic \
    distinct distinctrow div do_domain_ids double drop dual each else elseif elsif enclosed escaped except exists \
    exit explain false fetch float float4 float8 for force foreign from fulltext general goto grant group having \
    high_priority history hour_microsecond hour_minute hour_second if ignore ignore_domain_ids ignore_server_ids \
    in index infile inner inout insensitive insert int int1 int2 int3 int4 int8 integer intersect interval into is \
    iterate join key keys kill leading leave left like limit linear lines load localtime localtimestamp lock long \
    longblob longtext loop low_priority master_heartbeat_period master_ssl_verify_server_cert match maxvalue \
    mediumblob mediumint mediumtext middleint minute_microsecond minute_second mod modifies natural \
    no_write_to_binlog not null numeric offset on optimize option optionally or order others out outer outfile \
    over package page_checksum parse_vcol_expr partition period position precision primary procedure purge raise \
    range read read_write reads real recursive ref_system_id references regexp release rename repeat replace \
    require resignal restrict return returning revoke right rlike row_number rows rowtype schema schemas \
    second_microsecond select sensitive separator set show signal slow smallint spatial specific sql \
    sql_big_result sql_calc_found_rows sql_small_result sqlexception sqlstate sqlwarning ssl starting \
    stats_auto_recalc stats_persistent stats_sample_pages straight_join system system_time table terminated then \
    tinyblob tinyint tinytext to trailing trigger true undo union unique unlock unsigned update usage use using \
    utc_date utc_time utc_timestamp values varbinary varchar varcharacter varying versioning when where while \
    window with without write xor year_month zerofill";

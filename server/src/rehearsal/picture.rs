//! A database as its server describes it: every object with its definition, and a fingerprint of the rows.
//!
//! More is told apart than `flightplan schema` prints: the order of columns, comments, privileges, triggers, policies,
//! bodies of functions. Nothing is simulated and nothing is parsed, but for the blanks and quotes of SQLite's texts.

use std::collections::BTreeMap;

use planner::catalog::compare::{Difference, DifferenceKind};
use planner::dialect::Dialect;
use planner::name::ObjectName;
use planner::plan::pre_image::is_side_table;
use planner::statement::split::tokens;
use sha2::{Digest, Sha256};

use crate::target::{DbError, Target};

/// Statements of one question about rows.
const TABLES_AT_ONCE: usize = 100;

/// What a database holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    /// Definitions by object: `table public.users`, `column public.users.email`.
    pub objects: BTreeMap<String, String>,
    /// Fingerprints of rows by table, and positions of sequences.
    pub rows: BTreeMap<String, String>,
}

impl Picture {
    /// Looks at a database, tables in `exclude` apart (the tools' own).
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn take(target: &mut Target, exclude: &[String]) -> Result<Self, DbError> {
        let found = match target.dialect() {
            Dialect::Postgres => postgres(target).await?,
            Dialect::MySql | Dialect::MariaDb => mysql(target).await?,
            Dialect::Sqlite => sqlite(target).await?,
        };
        let own = |relation: &str| {
            is_side_table(relation) || exclude.iter().any(|name| relation.rsplit('.').next() == name.rsplit('.').next())
        };
        let mut picture = Self::default();
        let mut tables = Vec::new();
        for Part { relation, object, definition } in found.into_iter().filter(|part| !own(&part.relation)) {
            if object.starts_with("table ") {
                tables.push(relation);
            }
            picture.objects.insert(object, definition);
        }
        picture.rows = rows(target, &tables).await?;
        if target.dialect() == Dialect::Postgres {
            let positions = "SELECT schemaname || '.' || sequencename, coalesce(last_value::text, '') FROM pg_sequences";
            for row in target.rows(positions).await? {
                if let [Some(sequence), Some(position)] = row.as_slice()
                    && !own(sequence)
                {
                    picture.rows.insert(format!("position of {sequence}"), position.clone());
                }
            }
        }
        Ok(picture)
    }

    /// What differs in the other picture, sorted by object.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<Difference> {
        let mut found = between(&self.objects, &other.objects, "");
        // Rows of a table that only one of them has are told with the table.
        let both = |rows: &BTreeMap<String, String>, twin: &BTreeMap<String, String>| -> BTreeMap<String, String> {
            rows.iter().filter(|(table, _)| twin.contains_key(*table)).map(|(a, b)| (a.clone(), b.clone())).collect()
        };
        found.extend(between(&both(&self.rows, &other.rows), &both(&other.rows, &self.rows), "rows of "));
        found
    }
}

fn between(first: &BTreeMap<String, String>, second: &BTreeMap<String, String>, what: &str) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut tell = |kind, object: &str, one: &str, two: &str| {
        let object = format!("{what}{object}");
        found.push(Difference { kind, object, first: one.to_owned(), second: two.to_owned(), certain: true });
    };
    for (object, one) in first {
        match second.get(object) {
            Some(two) if one == two => {}
            Some(two) => tell(DifferenceKind::Different, object, one, two),
            None => tell(DifferenceKind::Missing, object, one, ""),
        }
    }
    for (object, two) in second.iter().filter(|(object, _)| !first.contains_key(*object)) {
        tell(DifferenceKind::Added, object, "", two);
    }
    found
}

/// One object, with the relation that it belongs to; empty where it belongs to none.
struct Part {
    relation: String,
    object: String,
    definition: String,
}

impl Part {
    fn of(relation: &str, object: String, definition: impl Into<String>) -> Self {
        Self { relation: relation.to_owned(), object, definition: definition.into() }
    }
}

async fn postgres(target: &mut Target) -> Result<Vec<Part>, DbError> {
    // Names are told with their schemas, whatever the search path is.
    let path = target.rows("SELECT current_setting('search_path')").await?;
    target.execute("SELECT set_config('search_path', '', false)").await?;
    let rows = target.rows(include_str!("postgres.sql")).await;
    let path = path.into_iter().flatten().flatten().next().unwrap_or_default();
    let back = format!("SELECT set_config('search_path', {}, false)", target.literal(&path));
    // Where the question was refused, so is this.
    let restored = target.execute(&back).await;
    let rows = rows?;
    restored?;
    let part = |row: Vec<Option<String>>| {
        let mut fields = row.into_iter().map(Option::unwrap_or_default);
        let mut next = || fields.next().unwrap_or_default();
        Part { relation: next(), object: next(), definition: next() }
    };
    Ok(rows.into_iter().map(part).collect())
}

async fn mysql(target: &mut Target) -> Result<Vec<Part>, DbError> {
    let mut parts = Vec::new();
    let relations = "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = database()";
    for row in target.rows(relations).await? {
        let [Some(name), Some(kind)] = row.as_slice() else { continue };
        let shown = format!("SHOW CREATE {} {}", if kind == "VIEW" { "VIEW" } else { "TABLE" }, target.quoted_bare(name));
        let text = target.rows(&shown).await?.into_iter().flatten().flatten().nth(1).unwrap_or_default();
        match kind.as_str() {
            "BASE TABLE" => table_lines(name, &text, &mut parts),
            other => parts.push(Part::of(name, format!("{} {name}", other.to_lowercase()), text)),
        }
    }
    // Objects beside the tables: name and everything that makes them what they are.
    for question in [
        "SELECT event_object_table, concat('trigger ', trigger_name), concat_ws(' ', action_timing, event_manipulation, \
         action_order, action_statement) FROM information_schema.triggers WHERE trigger_schema = database()",
        "SELECT '', concat(lower(routine_type), ' ', routine_name), concat_ws(' ', dtd_identifier, is_deterministic, \
         sql_data_access, security_type, routine_comment, routine_definition, (SELECT group_concat(concat_ws(' ', \
         parameter_mode, parameter_name, dtd_identifier) ORDER BY ordinal_position) FROM information_schema.parameters p \
         WHERE p.specific_schema = r.routine_schema AND p.specific_name = r.specific_name)) \
         FROM information_schema.routines r WHERE routine_schema = database()",
        "SELECT '', concat('event ', event_name), concat_ws(' ', event_definition, interval_value, interval_field, status) \
         FROM information_schema.events WHERE event_schema = database()",
    ] {
        for row in target.rows(question).await? {
            if let [Some(relation), Some(object), definition] = row.as_slice() {
                parts.push(Part::of(relation, object.clone(), definition.clone().unwrap_or_default()));
            }
        }
    }
    Ok(parts)
}

/// `SHOW CREATE TABLE` line by line: columns with their place, keys and constraints without, for their order means nothing.
fn table_lines(name: &str, text: &str, parts: &mut Vec<Part>) {
    let mut lines = text.lines().skip(1).map(|line| line.trim().trim_end_matches(',')).enumerate();
    for (place, line) in lines.by_ref() {
        match line.strip_prefix('`').and_then(|rest| rest.split_once('`')) {
            Some((column, definition)) => {
                parts.push(Part::of(name, format!("column {name}.{column}"), format!("{}{definition}", place + 1)));
            }
            // The last line, and behind it partitions.
            None if line.starts_with(')') => {
                let counter = |word: &&str| !word.starts_with("AUTO_INCREMENT=");
                let options: Vec<&str> = line.split(' ').filter(counter).collect();
                parts.push(Part::of(name, format!("table {name}"), options.join(" ")));
                break;
            }
            None => parts.push(Part::of(name, format!("{line} of {name}"), "")),
        }
    }
    let partitions: Vec<&str> = lines.map(|(_, line)| line).collect();
    if !partitions.is_empty() {
        parts.push(Part::of(name, format!("partitions of {name}"), partitions.join("\n")));
    }
}

async fn sqlite(target: &mut Target) -> Result<Vec<Part>, DbError> {
    let question = "SELECT tbl_name, type || ' ' || name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'";
    let rows = target.rows(question).await?;
    let part = |row: &Vec<Option<String>>| match row.as_slice() {
        [Some(relation), Some(object), sql] => {
            Some(Part::of(relation, object.clone(), plain(sql.as_deref().unwrap_or_default())))
        }
        _ => None,
    };
    Ok(rows.iter().filter_map(part).collect())
}

/// SQLite keeps the text as it was written and quotes names when it changes them, so that both are told apart no more.
fn plain(sql: &str) -> String {
    let words = tokens(sql, Dialect::Sqlite, usize::MAX);
    words.into_iter().map(|word| word.trim_matches(['"', '`', '[', ']']).to_lowercase()).collect::<Vec<_>>().join(" ")
}

/// A fingerprint of the rows of each table, whatever order they lie in.
async fn rows(target: &mut Target, tables: &[String]) -> Result<BTreeMap<String, String>, DbError> {
    let mut found = BTreeMap::new();
    let name = |table: &str| match (target.dialect(), table.split_once('.')) {
        (Dialect::Postgres, Some((schema, name))) => target.quoted(&ObjectName::qualified(schema, name)),
        _ => target.quoted_bare(table),
    };
    let names: Vec<String> = tables.iter().map(|table| name(table)).collect();
    match target.dialect() {
        Dialect::Postgres => {
            for (tables, names) in tables.chunks(TABLES_AT_ONCE).zip(names.chunks(TABLES_AT_ONCE)) {
                let part = |(table, name): (&String, &String)| {
                    format!(
                        "SELECT {}, count(*) || ' ' || coalesce(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '') \
                         FROM {name} t",
                        target.literal(table)
                    )
                };
                let question: Vec<String> = tables.iter().zip(names).map(part).collect();
                found.extend(pairs(target.rows(&question.join(" UNION ALL ")).await?));
            }
        }
        Dialect::MySql | Dialect::MariaDb => {
            for names in names.chunks(TABLES_AT_ONCE) {
                let sums = target.rows(&format!("CHECKSUM TABLE {}", names.join(", "))).await?;
                let bare = |(table, sum): (String, String)| (table.rsplit('.').next().unwrap_or(&table).to_owned(), sum);
                found.extend(pairs(sums).map(bare));
            }
        }
        Dialect::Sqlite => {
            for (table, name) in tables.iter().zip(&names) {
                // As literals, for a blob is no text.
                let columns = format!("SELECT 'quote(\"' || name || '\")' FROM pragma_table_info({})", target.literal(table));
                let columns: Vec<String> = target.rows(&columns).await?.into_iter().flatten().flatten().collect();
                let mut rows = target.rows(&format!("SELECT {} FROM {name}", columns.join(", "))).await?;
                rows.sort();
                let digest: String = Sha256::digest(format!("{rows:?}")).iter().map(|byte| format!("{byte:02x}")).collect();
                found.insert(table.clone(), format!("{} {digest}", rows.len()));
            }
        }
    }
    Ok(found)
}

fn pairs(rows: Vec<Vec<Option<String>>>) -> impl Iterator<Item = (String, String)> {
    rows.into_iter().filter_map(|row| match <[Option<String>; 2]>::try_from(row) {
        Ok([Some(one), Some(two)]) => Some((one, two)),
        _ => None,
    })
}

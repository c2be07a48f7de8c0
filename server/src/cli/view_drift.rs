//! Views whose query is another one in the database than in the migrations.
//!
//! A server prints a view's query anew. PostgreSQL is asked to print that of the migrations, too, from a temporary view
//! that is rolled back; SQLite keeps the text; MySQL and MariaDB could only be asked with a view that stays, so there a
//! query that reads otherwise cannot be judged.

use planner::catalog::Catalog;
use planner::catalog::compare::{Difference, DifferenceKind};
use planner::dialect::Dialect;
use planner::name::ObjectName;
use planner::statement::operation::Operation;
use planner::statement::parse::parse;

use crate::target::{DbError, Target};

/// Name of the view that is rolled back.
const TEMPORARY: &str = "flightplan_drift";

/// The views that both have and that differ.
///
/// # Errors
/// The server's refusal to show its views.
pub(super) async fn differences(target: &mut Target, expected: &Catalog) -> Result<Vec<Difference>, DbError> {
    let mut found = Vec::new();
    for (name, view) in expected.views.iter() {
        let Some(live) = live(target, name).await? else { continue };
        if let Some(certain) = differs(target, name, &view.query, &live).await? {
            found.push(Difference {
                kind: DifferenceKind::Different,
                object: format!("view {name}"),
                first: view.query.clone(),
                second: live,
                certain,
            });
        }
    }
    Ok(found)
}

/// The query of a view as the server shows it; `None`: it is not there, or is kept from this user.
async fn live(target: &mut Target, name: &ObjectName) -> Result<Option<String>, DbError> {
    let sql = match target {
        Target::Postgres(_) => format!("SELECT pg_get_viewdef({})", regclass(target, name)),
        Target::MySql(_) => format!(
            "SELECT view_definition FROM information_schema.views WHERE table_schema = {} AND table_name = {}",
            name.schema.as_deref().map_or_else(|| "DATABASE()".to_owned(), |schema| target.literal(schema)),
            target.literal(&name.name)
        ),
        Target::Sqlite(_) => {
            format!("SELECT sql FROM sqlite_master WHERE type = 'view' AND name = {}", target.literal(&name.name))
        }
    };
    let text = target.rows(&sql).await?.into_iter().next().and_then(|row| row.into_iter().next()).flatten();
    Ok(text.map(|text| query_of(&text, target.dialect()).unwrap_or(text)).filter(|text| !text.is_empty()))
}

/// Whether the queries differ, and whether that is certain.
async fn differs(target: &mut Target, name: &ObjectName, query: &str, live: &str) -> Result<Option<bool>, DbError> {
    if matches!(target, Target::Postgres(_)) {
        return on_postgres(target, name, query, live).await;
    }
    let kept = target.dialect() == Dialect::Sqlite;
    let schema = target.current_schema().unwrap_or_default().to_lowercase();
    Ok((essence(query, &schema) != essence(live, &schema)).then_some(kept))
}

/// A star stands for the columns of the day the view was made, and a list of names stands before the query: what looks
/// different then may be the same.
async fn on_postgres(target: &mut Target, name: &ObjectName, query: &str, live: &str) -> Result<Option<bool>, DbError> {
    let Some(printed) = printed(target, query, "").await else { return Ok(Some(false)) };
    if printed == live {
        return Ok(None);
    }
    let names = format!(
        "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute \
         WHERE attrelid = {} AND attnum > 0 AND NOT attisdropped",
        regclass(target, name)
    );
    let names = target.rows(&names).await?.into_iter().flatten().flatten().next().unwrap_or_default();
    let star = query.replace("(*)", "").contains('*');
    let named = self::printed(target, query, &format!("({names})")).await;
    Ok(if named.as_deref() == Some(live) { None } else { Some(!star) })
}

/// What PostgreSQL makes of a query; `None`: it takes no such view.
async fn printed(target: &mut Target, query: &str, names: &str) -> Option<String> {
    target.begin().await.ok()?;
    let made = target.execute(&format!("CREATE TEMPORARY VIEW {TEMPORARY} {names} AS {query}")).await;
    let text = match made {
        Ok(_) => target.rows(&format!("SELECT pg_get_viewdef('pg_temp.{TEMPORARY}'::regclass)")).await.ok(),
        Err(_) => None,
    };
    target.rollback().await;
    text?.into_iter().flatten().flatten().next()
}

fn regclass(target: &Target, name: &ObjectName) -> String {
    format!("to_regclass({})", target.literal(&target.quoted(name)))
}

/// The query of a `CREATE VIEW`, or of what a server shows of one.
fn query_of(text: &str, dialect: Dialect) -> Option<String> {
    let create = if dialect == Dialect::Sqlite { text.to_owned() } else { format!("CREATE VIEW v AS {text}") };
    if dialect == Dialect::Postgres {
        return None;
    }
    parse(&create, dialect).0.into_iter().find_map(|operation| match operation {
        Operation::CreateView(view) if !view.query.is_empty() => Some(view.query),
        _ => None,
    })
}

/// A query without what a server adds when it prints it: quotes of names, qualifiers, parentheses, names that repeat.
fn essence(query: &str, schema: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut rest = query;
    while let Some(sign) = rest.chars().next() {
        let end = match sign {
            '\'' => rest.get(1..).and_then(|text| text.find('\'')).map_or(rest.len(), |at| at + 2),
            '`' | '"' => rest.get(1..).and_then(|text| text.find(sign)).map_or(rest.len(), |at| at + 2),
            _ if is_word(sign) => rest.find(|sign: char| !is_word(sign)).unwrap_or(rest.len()),
            _ => sign.len_utf8(),
        };
        let (word, left) = rest.split_at(end);
        rest = left;
        match sign {
            '(' | ')' => {}
            _ if sign.is_whitespace() => {}
            // What stands before a point says whose column or table it is.
            '.' => drop(words.pop()),
            '\'' => words.push(word.to_owned()),
            _ => words.push(word.trim_matches(['`', '"']).to_lowercase()),
        }
    }
    let repeats = |at: usize| {
        let word = |at: usize| words.get(at).map(String::as_str);
        let alias = at.checked_sub(1).is_some_and(|before| word(before) == word(at + 1)) && word(at) == Some("as");
        let named = at > 1 && word(at - 1) == Some("as") && word(at - 2) == word(at);
        alias || named || word(at) == Some(schema)
    };
    (0..words.len()).filter(|at| !repeats(*at)).filter_map(|at| words.get(at).cloned()).collect()
}

fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || matches!(sign, '_' | '$')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_adds_to_a_query_does_not_count() {
        let same = |a: &str, b: &str| essence(a, "shop") == essence(b, "shop");
        assert!(same(
            "SELECT id, n FROM a WHERE (n > 1)",
            "select `shop`.`a`.`id` AS `id`,`shop`.`a`.`n` AS `n` from `shop`.`a` where `shop`.`a`.`n` > 1"
        ));
        assert!(!same("SELECT id FROM a", "select `shop`.`a`.`n` AS `n` from `shop`.`a`"));
        assert!(!same("SELECT 'A' AS x", "select 'a' AS `x`"));
        assert!(!same("SELECT id FROM a", "SELECT id AS n FROM a"));
    }
}
